"""Which sentence is chosen for which field, on texts of many kinds written for this test."""

from __future__ import annotations

import pytest

from litreview.abstracts.summary import REASONS, Summary, summarize


def numbers(sentences: list[str], summary: Summary) -> tuple[int | None, ...]:
    """The place of each field's sentence in the text."""
    found: list[int | None] = []
    for extract in (summary.objective, summary.methods, summary.outcomes):
        hits = [i for i, s in enumerate(sentences) if extract is not None and extract.text in s]
        found.append(hits[0] if hits else None)
    return tuple(found)


TEXTS = {
    "an outlook is no outcome": (
        [
            "Rain gauges are sparse in the mountains.",
            "We propose a network that fills gaps in hourly rain records.",
            "It is trained on radar images of four summers by masking random hours.",
            "On held-out valleys the error falls by 18% against kriging.",
            "This opens new avenues for flood warning and may help local authorities.",
        ],
        (1, 2, 3),
    ),
    "a finding that opens with experiments is an outcome": (
        [
            "Graphs are everywhere.",
            "In this paper we propose Twig, a pooling layer for small graphs.",
            "Twig is built from a sparse attention over the edges of each node.",
            "Our experiments show that Twig reaches state-of-the-art accuracy on six tasks.",
            "In addition, it has other desirable properties.",
        ],
        (1, 2, 3),
    ),
    "a property of the own method is no method": (
        [
            "This paper introduces Moss, a scheduler for sensor nodes.",
            "Moss is simple, scalable and easy to use.",
            "We derive its timetable by solving an integer program with column generation.",
            "Battery life increased from 9 to 14 days compared with round robin.",
        ],
        (0, 2, 3),
    ),
    "background before the aim is neither method nor outcome": (
        [
            "Previous work trained recurrent networks on phonemes and achieved 4% error.",
            "However, such networks are slow.",
            "Here we investigate whether whispered speech can be recognised without phonemes.",
            "We recorded 60 speakers and fine-tuned a convolutional encoder on their syllables.",
            "Syllables were recognised with 91% accuracy.",
        ],
        (2, 3, 4),
    ),
    "a problem pointed at is no aim when the aim follows": (
        [
            "Tensor programs are hard to tune.",
            "In this work, we study this problem for embedded devices.",
            "We present a cost model that predicts the run time of a loop nest from its source.",
            "The model is trained on 40,000 kernels measured on three boards.",
            "It finds schedules that are 1.7 times faster than hand-written ones.",
        ],
        (2, 3, 4),
    ),
    "an illustration without a finding is no outcome": (
        [
            "We develop a test for equal forecasts of two panels.",
            "The test is based on the bootstrap of block means.",
            "We prove that it has the right size if the panels are stationary.",
            "We apply our test to the inflation of twelve countries from 1980 to 2010.",
        ],
        (0, 1, 2),
    ),
    "a theorem is an outcome": (
        [
            "Let G be a finite group with a faithful action on a tree.",
            "We show that G has a fixed vertex if and only if its order is odd.",
        ],
        (None, None, 1),
    ),
    "nothing is stated by advertisement": (
        ["Our platform is the future of learning.", "Join thousands of happy learners today."],
        (None, None, None),
    ),
    "a post": (
        [
            "Everybody talks about small language models.",
            "In this post we show how to run one on a laptop.",
            "We quantise the weights to four bits using a public tool and write a small server.",
            "By the end you will know how to serve your own model.",
        ],
        (1, 2, None),
    ),
    "a model card": (
        [
            "This model is a fine-tuned version of a small encoder on German product reviews.",
            "It was trained for three epochs with a learning rate of 3e-5 using mixed precision.",
            "It reaches an accuracy of 93.1% on the held-out reviews.",
        ],
        (0, 1, 2),
    ),
    "German": (
        [
            "Windparks liefern zunehmend Strom.",
            "Ziel dieser Arbeit ist es, den Ertrag eines Windparks für den nächsten Tag "
            "vorherzusagen.",
            "Dazu wurde ein rekurrentes Netz mit den Messwerten von acht Jahren trainiert.",
            "Die Ergebnisse zeigen, dass der mittlere Fehler um 12 % sinkt.",
            "Künftige Arbeiten sollten weitere Standorte einbeziehen.",
        ],
        (1, 2, 3),
    ),
    "German without a result": (
        [
            "Chatbots werden häufig eingesetzt.",
            "In diesem Beitrag stellen wir ein Werkzeug vor, mit dem Lehrende eigene Chatbots "
            "bauen.",
        ],
        (1, None, None),
    ),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_sentence_that_says_it_is_chosen(name):
    """Precision counts: a wrong sentence costs a team more than an empty field."""
    sentences, expected = TEXTS[name]
    assert numbers(sentences, summarize([" ".join(sentences)])[0]) == expected


STRUCTURED = {
    "PLOS": (
        "Background: Gulls follow ships. Methodology/Principal Findings: We tagged 31 gulls with "
        "loggers and tracked them for one summer. Gulls spent 22% of the day within 5 km of a "
        "ship. "
        "Conclusions/Significance: Fisheries shape how gulls forage.",
        (None, "We tagged 31 gulls", "Gulls spent 22%"),
    ),
    "bold": (
        "**Aims:** To compare two diets for hens. **Methods:** 80 hens were assigned to two "
        "diets for "
        "ten weeks. **Results:** Eggs were 4 g heavier under the second diet. **Conclusion:** "
        "Diet matters.",
        ("To compare two diets", "80 hens were assigned", "Eggs were 4 g heavier"),
    ),
    "glued": (
        "AbstractBackgroundFrost harms vines.ObjectiveTo test whether smoke protects vines "
        "from frost."
        "MethodsWe burned straw beside six vineyards in April.ResultsLosses were 30% lower "
        "near smoke.",
        ("To test whether smoke", "We burned straw", "Losses were 30% lower"),
    ),
    "a line each": (
        "OBJECTIVE\nTo describe sleep among bus drivers.\nMETHODS\nTwo hundred drivers filled in a "
        "questionnaire.\nRESULTS\nDrivers slept 5.9 hours on work days.\n",
        ("To describe sleep", "Two hundred drivers", "Drivers slept 5.9 hours"),
    ),
    "numbered": (
        "(1) Background: Moss grows on roofs; (2) Methods: we sampled 25 roofs in two towns; "
        "(3) Results: "
        "nineteen species were found; (4) Conclusions: roofs are habitats.",
        (None, "we sampled 25 roofs", "nineteen species were found"),
    ),
    "German headings": (
        "Hintergrund: Lärm stört den Schlaf. Ziel: Den Schlaf an zwei Flughäfen zu "
        "vergleichen. Methoden: Es "
        "wurden 90 Personen befragt. Ergebnisse: Am größeren Flughafen wachten 40 % nachts auf.",
        ("Den Schlaf an zwei", "wurden 90 Personen befragt", "Am größeren Flughafen"),
    ),
    "a label that says nothing": (
        "SUMMARY: We present Plume, a Python module that draws wind fields from station data. "
        "AVAILABILITY: It is free for everybody at the usual place.",
        ("We present Plume", None, None),
    ),
}


@pytest.mark.parametrize("name", STRUCTURED)
def test_what_stands_under_a_heading_has_its_role(name):
    """And the heading itself is cut off, in all its dresses."""
    text, expected = STRUCTURED[name]
    summary = summarize([text])[0]
    for extract, opening in zip(
        (summary.objective, summary.methods, summary.outcomes), expected, strict=True
    ):
        if opening is None:
            continue
        assert extract is not None, opening
        assert opening in extract.text
        assert not extract.text.startswith(("*", "Abstract", "Method", "Result", "SUMMARY", "("))
        assert text[extract.start : extract.end] == extract.text


def test_an_announcement_is_no_part_of_an_extract():
    """Feeds put their own header before the abstract."""
    (summary,) = summarize(
        [
            "arXiv:2401.00000v1 Announce Type: new  Abstract: We propose a parser for tables in "
            "reports."
        ]
    )
    assert summary.objective is not None
    assert summary.objective.text == "We propose a parser for tables in reports."


def test_up_to_three_candidates_are_offered_with_reasons():
    """A person picks from them; the given sentence stands first."""
    sentences, _ = TEXTS["an outlook is no outcome"]
    summary = summarize([" ".join(sentences)])[0]
    for name in ("objective", "methods", "outcomes"):
        offered = summary.candidates[name]
        assert 1 <= len(offered) <= 3
        assert offered[0] == getattr(summary, name)
        assert len({extract.start for extract in offered}) == len(offered)
        assert set(offered[0].reasons) <= set(REASONS.values())
        assert offered[0].reasons
