"""The slides of the lessons: what a deck holds, in each language, and the command that makes it."""

from __future__ import annotations

import json
import re

import pytest
from click.testing import CliRunner

from coursekit.cli import group
from coursekit.lessons.quiz import lesson_names
from coursekit.site.lessons.deck import TALKS, make_lesson_deck, talk_languages
from coursekit.site.lessons.page import lesson_readme
from coursekit.site.slides.outline import split_sections
from litreview.errors import UserError

LESSONS = range(1, 6)


def run(*arguments: str):
    return CliRunner().invoke(group, ["slides", *arguments])


def words(html: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def test_a_deck_is_the_talk_between_goal_and_recap():
    """The page and the deck of a lesson cannot say different things: both read the README."""
    deck = make_lesson_deck(3)
    heads = [re.findall(r"<h[12][^>]*>(.*?)</h[12]>", slide)[0] for slide in deck.slides]
    assert heads == [
        "Attention and transformers",
        "The problem: one vector for a whole sentence",
        "A look-up that is soft",
        "Plain self-attention",
        "Nothing in it can be learned",
        "Three learned roles",
        "Is one attention enough?",
        "What is still missing",
        "Why it is great, and its price",
        "In the breakout session",
        "In one screen",
        "Your turn",
    ]
    assert "You can compute attention by hand, say what several heads" in words(deck.slides[0])
    assert "Is one attention enough? What would a second one look at?" in words(deck.slides[9])
    assert "the table of shares grows with the square of the length" in words(deck.slides[10])
    assert "lessons/3_attention" in deck.slides[11]


def test_what_is_said_stands_in_the_notes_and_not_on_the_slide():
    """A speaker reads them aloud; the room does not."""
    slide = make_lesson_deck(3).slides[3]
    shown, _, notes = slide.partition('<aside class="notes"')
    assert "which box has weights?" in notes
    assert "which box has weights?" not in shown
    assert "what is its problem with regard to learning?" in shown


def test_the_minutes_are_shared_out():
    """The speaker's clock needs each slide's share."""
    slides = make_lesson_deck(3, minutes=11).slides
    assert [re.search(r'data-seconds="(\d+)"', slide)[1] for slide in slides] == ["60"] * 11 + ["0"]


@pytest.mark.parametrize("lesson", LESSONS)
def test_both_languages_show_the_same_figures(lesson):
    """A figure that is corrected in one language only would be wrong in the other."""
    name = lesson_names()[lesson - 1]
    assert talk_languages(name) == ("de", "en")
    english, german = (
        split_sections((TALKS / f"{name}.{language}.md").read_text(encoding="utf-8"))
        for language in ("en", "de")
    )
    assert len(english) == len(german) >= 7

    def figures(body: str) -> list[str]:
        plain = re.sub(r"(?<=\d)[.,](?=\d{3}\b)", "", body.replace("{,}", "."))
        return sorted(re.findall(r"\d+(?:[.,]\d+)?", plain.replace(",", ".")))

    for (_, one), (head, other) in zip(english, german, strict=True):
        assert figures(one) == figures(other), head
        assert one.count("$") == other.count("$"), head
        assert one.count("\n- ") == other.count("\n- "), head


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("language", ["en", "de"])
def test_no_mark_of_the_source_is_left_on_a_slide(lesson, language):
    """Neither a comment, nor the template's switch of languages, nor a bare star or dollar."""
    deck = make_lesson_deck(lesson, language)
    shown = " ".join(words(slide) for slide in deck.slides)
    assert not re.search(r"<!--|\{%|\*\*|\$|@\w+@", shown)
    assert deck.title == lesson_readme(lesson_names()[lesson - 1], language)[2:].partition("\n")[0]


def test_the_command_writes_a_deck_that_needs_no_other_file(tmp_path):
    """On a stick, in the language of the course; a dry run writes nothing."""
    out = tmp_path / "talk.html"
    done = run("--lesson", "3", "--language", "de", "--out", str(out), "--dry-run")
    assert (done.exit_code, done.output) == (0, f"{out}: 12 slides would be written\n")
    assert list(tmp_path.iterdir()) == []
    done = run("--lesson", "3", "--language", "de", "--out", str(out), "--no-pdf", "--json")
    assert json.loads(done.output) == {
        "title": "Attention und Transformer", "html": str(out), "pdf": None, "slides": 12,
    }  # fmt: skip
    html = out.read_text(encoding="utf-8")
    assert '<html lang="de">' in html
    assert "default-src 'none'; script-src 'sha256-" in html


def test_a_mistake_is_named():
    """A lesson that does not exist, a language without a talk, two things asked for at once."""
    with pytest.raises(UserError, match="lesson 9 has no quiz; there are 1, 2, 3, 4, 5"):
        make_lesson_deck(9)
    with pytest.raises(UserError, match="lesson 3 has no slides in 'fr'; it has de, en"):
        make_lesson_deck(3, "fr")
    done = run("somewhere", "--lesson", "3")
    assert done.exit_code == 2
    assert "--lesson makes the course's own slides; leave out REPOSITORY" in done.output
