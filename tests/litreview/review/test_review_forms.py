"""Whatever students make of the template, the review that they meant is read."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.review.labels import FIELDS
from litreview.review.reading import read_review

INTRO = (
    "# Literature Review\n\nApproaches or solutions that have been tried before on similar "
    "projects.\n\n**Summary of Each Work**:\n\n"
)
LABELS = {
    "objective": "Objective",
    "methods": "Methods",
    "outcomes": "Outcomes",
    "relation": "Relation to the Project",
}
GERMAN = {
    "objective": "Ziel",
    "methods": "Methoden",
    "outcomes": "Ergebnisse",
    "relation": "Bezug zum Projekt",
}
SOURCES = [
    {
        "title": "A time series driven model for early sepsis prediction",
        "url": "https://arxiv.org/abs/2407.13278",
        "objective": "Early detection of sepsis. It aims high.",
        "methods": "RNN, LSTM and CNN on 3 datasets.",
        "outcomes": "Accuracy 97% - it outperforms: baselines.",
        "relation": "We will replicate the results.",
    },
    {
        "title": "Deep learning for computational biology (Review), 2016",
        "url": "https://doi.org/10.15252/msb.20156651",
        "objective": "Overview of methods.",
        "methods": "Survey.",
        "outcomes": "Deep learning is a powerful complement.",
        "relation": "Helps us.",
    },
    {
        "title": "BERT: Pre-training of Deep Bidirectional Transformers",
        "url": "https://www.aclweb.org/anthology/N19-1423.pdf",
        "objective": "To pretrain models",
        "methods": "Masked LM and NSP",
        "outcomes": "SOTA on GLUE",
        "relation": "Our baseline",
    },
]
Source = dict[str, str]


def fields(source: Source, form: str, labels: dict[str, str] = LABELS) -> str:
    return "".join(form.format(labels[name], source[name]) for name in FIELDS)


# How the same three sources look in different hands; `i` is the number, `s` the source.
STYLES: dict[str, Callable[[Source, int], str]] = {
    "the template": lambda s, i: (
        f"- **Source {i}**: [{s['title']}]\n\n  - **[Link]({s['url']})**\n"
        + fields(s, "  - **{}**: {}\n")
        + "\n"
    ),
    "headings and a flat list": lambda s, i: (
        f"## Source {i}: {s['title']}\n\n- **Link**: {s['url']}\n" + fields(s, "- **{}**: {}\n")
    ),
    "a heading is the title": lambda s, i: (
        f"### {s['title']}\n\n- **Link**: [{s['url']}]({s['url']})\n" + fields(s, "- **{}:** {}\n")
    ),
    "paragraphs below bold labels": lambda s, i: (
        f"### {i}. {s['title']}\n\n[Link]({s['url']})\n\n" + fields(s, "**{}**\n\n{}\n\n")
    ),
    "headings for labels": lambda s, i: (
        f"## {s['title']}\n{s['url']}\n" + fields(s, "### {}\n{}\n")
    ),
    "numbered headings for labels": lambda s, i: (
        f"## {i}. {s['title']}\n\n{s['url']}\n\n" + fields(s, f"### {i}.1 {{}}\n{{}}\n")
    ),
    "no marks but colons": lambda s, i: (
        f"**Source {i}: {s['title']}**\n\nLink: {s['url']}\n\n" + fields(s, "{}: {}\n\n")
    ),
    "a bold title": lambda s, i: (
        f"**{s['title']}**\n\n{s['url']}\n\n" + fields(s, "- {}: {}\n") + "\n"
    ),
    "a linked title in a list": lambda s, i: (
        f"- [{s['title']}]({s['url']})\n" + fields(s, "  - **{}**: {}\n")
    ),
    "a linked heading": lambda s, i: (
        f"## [{s['title']}]({s['url']})\n" + fields(s, "**{}**: {}  \n") + "\n"
    ),
    "a numbered list": lambda s, i: (
        f"{i}. **{s['title']}**\n   - [Paper]({s['url']})\n" + fields(s, "   - *{}*: {}\n")
    ),
    "plain lines, text below": lambda s, i: (
        f"Source {i}: {s['title']}\nLink: ({s['url']})\n" + fields(s, "{}:\n{}\n") + "\n"
    ),
    "German": lambda s, i: (
        f"- **Quelle {i}**: {s['title']}\n  - **Link**: {s['url']}\n"
        + fields(s, "  - **{}**: {}\n", GERMAN)
    ),
    "a label for the title": lambda s, i: (
        f"**Title**: {s['title']}\n\n**Link**: {s['url']}\n\n" + fields(s, "**{}**: {}\n\n")
    ),
    "authors and year": lambda s, i: (
        f"## Source {i}\n\n- **Title**: {s['title']}\n- **Authors**: A. Person\n- **Year**: 2020\n"
        f"- **Link**: {s['url']}\n" + fields(s, "- **{}**: {}\n")
    ),
    "tabs and stars": lambda s, i: (
        f"*\t**Source {i}**: {s['title']}\n\n\t*\t**[Link]({s['url']})**\n"
        + fields(s, "\t*\t**{}**:\t{}\n")
    ),
    "everything in bold": lambda s, i: (
        f"- **Source {i}: {s['title']}**\n  - **Link: ({s['url']})**\n"
        + fields(s, "  - **{}: {}**\n")
    ),
    "HTML": lambda s, i: (
        f'<b>Source {i}:</b> {s["title"]}<br>\n<a href="{s["url"]}">Link</a><br>\n'
        + fields(s, "<b>{}:</b> {}<br>\n")
        + "\n"
    ),
    "the link last": lambda s, i: (
        f"- **Source {i}**: {s['title']}\n"
        + fields(s, "  - **{}**: {}\n")
        + f"  - **[Link]({s['url']})**\n\n"
    ),
    "the link in a citation, last": lambda s, i: (
        f"- **Source {i}**: {s['title']}\n"
        + fields(s, "  - **{}**: {}\n")
        + f"  - **Link**: A. Person and many others, in a long proceedings volume, {s['url']}\n"
    ),
    "dashes": lambda s, i: f"{i}) {s['title']}\n\n{s['url']}\n\n" + fields(s, "* {} - {}\n") + "\n",
    "a wrapped title, always number 3": lambda s, i: (
        f"- **Source 3**: [{s['title'].replace(' ', chr(10), 1)}]\n\n"
        f"  - **[[Link]({s['url']})]()**\n" + fields(s, "  - **{}**: {}\n")
    ),
    "the address as link text": lambda s, i: (
        f'- **Source {i}**: "{s["title"]}"\n  - **[{s["url"]}]()**\n' + fields(s, "  - **{}**:{}\n")
    ),
    "no colons": lambda s, i: (
        f"#### Source {i} - {s['title']}\n\n**Link** {s['url']}\n\n" + fields(s, "**{}** {}\n\n")
    ),
    "a quotation": lambda s, i: (
        f"> **Source {i}**: {s['title']}\n>\n> - [Link]({s['url']})\n"
        + fields(s, "> - **{}**: {}\n")
        + "\n"
    ),
    "a fold": lambda s, i: (
        f"<details><summary>Source {i}: {s['title']}</summary>\n\n- **Link**: <{s['url']}>\n"
        + fields(s, "- **{}**: {}\n")
        + "</details>\n\n"
    ),
    "the title below the number": lambda s, i: (
        f"## Source {i}\n\n{s['title']}\n\n{s['url']}\n\n" + fields(s, "- **{}**: {}\n")
    ),
    "the title in the first bullet": lambda s, i: (
        f"- **Source {i}**:\n    - {s['title']}\n    - **[Link]({s['url']})**\n"
        + fields(s, "    - **{}**: {}\n")
    ),
    "reference links": lambda s, i: (
        f"- **Source {i}**: {s['title']}\n  - [Link][{i}]\n"
        + fields(s, "  - **{}**: {}\n")
        + f"\n[{i}]: {s['url']}\n\n"
    ),
    "papers": lambda s, i: (
        f"### Paper {i}: {s['title']}\n*Link:* {s['url']}\n" + fields(s, "- *{}:* {}\n")
    ),
    "the title for a label": lambda s, i: (
        f"- **{s['title']}**: \n\n  - **[Link]({s['url']})**\n" + fields(s, "  - **{}**: {}\n")
    ),
    "other words": lambda s, i: (
        f"- **Source {i}**: {s['title']}\n\n  - **[DOI]({s['url']})**\n"
        f"  - **Objective of the study**: {s['objective']}\n  - **Methodology**: {s['methods']}\n"
        f"  - **Results**: {s['outcomes']}\n  - **Relevance to our project**: {s['relation']}\n"
    ),
    "emoji": lambda s, i: (
        f"## 📄 Source {i}: {s['title']}\n\n🔗 **Link:** {s['url']}\n\n"
        + fields(s, "🎯 **{}:** {}\n\n")
    ),
    "all labels on one line": lambda s, i: (
        f"- **Source {i}**: {s['title']}\n  - **Link**: {s['url']}\n  - "
        + fields(s, "**{}**: {} ")
        + "\n"
    ),
    "a numbered label for the title": lambda s, i: (
        f"{i}. **Source**: {s['title']}\n   - **Link**: {s['url']}\n"
        + fields(s, "   - **{}**: {}\n")
    ),
    "an image glued to the address": lambda s, i: (
        f"- **Source {i}**: {s['title']}\n  - {s['url']}![grafik](https://github.com/a/b.png)\n"
        + fields(s, "  - **{}**: {}\n")
    ),
}


def letters(text: str | None) -> str:
    return re.sub(r"[\W_]+", "", text or "").casefold()


@pytest.mark.parametrize("newline", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("style", STYLES)
def test_every_style_gives_the_same_review(style: str, newline: str) -> None:
    """Marks, places and words of labels differ; title, address and fields do not."""
    text = INTRO + "".join(STYLES[style](source, i) for i, source in enumerate(SOURCES, start=1))

    review = read_review(text.replace("\n", newline))

    assert review.form == "template"
    assert [letters(e.title) for e in review.sources] == [letters(s["title"]) for s in SOURCES]
    assert [e.urls for e in review.sources] == [(s["url"],) for s in SOURCES]
    for name in FIELDS:
        assert [letters(getattr(e, name)) for e in review.sources] == [
            letters(source[name]) for source in SOURCES
        ]
    assert review.complete_sources == 3


def full(number: int, head: str = "") -> str:
    return (
        f"{head or f'- **Source {number}**: Title number {number}'}\n"
        f"  - **[Link](https://x.org/{number})**\n  - **Objective**: o\n  - **Methods**: m\n"
        f"  - **Outcomes**: u\n  - **Relation to the Project**: r\n\n"
    )


def test_answers_that_replaced_their_labels_keep_their_places() -> None:
    """Some teams write over the label instead of behind it."""
    text = (
        "- **https://x.org/channel**: [A tutorial]\n\n  [- **[[https://x.org/video]]()**]\n"
        "  - **find the right word**:\n  - **noise and other words**:\n  - **Outcomes**:\n"
        "  - **decent**:\n"
    )

    (entry,) = read_review(text).sources

    assert entry.title == "A tutorial"
    assert entry.urls == ("https://x.org/channel", "https://x.org/video")
    assert (entry.objective, entry.methods) == ("find the right word", "noise and other words")
    assert (entry.outcomes, entry.relation) == ("decent", None)


@pytest.mark.parametrize(
    ("text", "titles"),
    [
        (f"<!--\n{full(1)}-->\n{full(2)}", ["Title number 2"]),
        (f"<!-- never closed\n\n{full(1)}", []),
        (full(1).replace("**: m", "**: a <!-- half a comment") + full(2), [1, 2]),
        (full(1).replace("**: m", "**: a <!-- b --> c") + full(2), [1, 2]),
    ],
)
def test_comments_end_where_markdown_ends_them(text: str, titles: list[str | int]) -> None:
    """One that begins a line may reach far; one within a line ends with its paragraph."""
    wanted = [title if isinstance(title, str) else f"Title number {title}" for title in titles]

    assert [entry.title for entry in read_review(text).sources] == wanted


def test_placeholders_are_no_answers() -> None:
    """TBD, dots, prompts in brackets and the template's title count as missing."""
    text = full(1).replace("Title number 1", "[Title of Source 1]").replace("**: o", "**: TBD")
    text = text.replace("**: m", "**: [Describe the methods]").replace("**: u", "**: ...")

    (entry,) = read_review(text).sources

    assert (entry.title, entry.objective, entry.methods, entry.outcomes) == (None,) * 4
    assert entry.placeholders["methods"] == "[Describe the methods]"


def test_identifiers_come_from_addresses_without_version_or_page() -> None:
    """An id names the work, not the version or the page that was open."""
    text = full(1).replace("https://x.org/1", "https://arxiv.org/pdf/1706.03762v7?utm_source=x")
    text += full(2).replace(
        "https://x.org/2", "https://www.frontiersin.org/articles/10.3389/fpls.2016.01419/full"
    )
    text += full(3).replace("https://x.org/3", "https://arxiv.org/abs/math/0601001")

    entries = read_review(text).sources

    assert [entry.arxiv_id for entry in entries] == ["1706.03762", None, "math/0601001"]
    assert [entry.doi for entry in entries] == [None, "10.3389/fpls.2016.01419", None]


MARKUP = st.sampled_from(
    [*"*_[]()<>#|`:-+!\\\n\r\t .", "**", "](", "<!--", "-->", "Source 1", "https://x.org/",
     "Methods", "\n  - ", "\n## ", "中", "\ufeff", "|---|---|", "1. ", "<b>", "TBD"]
)  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(st.lists(MARKUP, max_size=60).map("".join))
def test_any_markup_is_read(text: str) -> None:
    """Half-open markup is what editors leave behind; it never stops the check."""
    review = read_review(text)

    assert review.form in {"template", "list", "essay", "empty"}
    lines = text.replace("\r\n", "\n").replace("\r", "\n").count("\n") + 1
    assert all(1 <= entry.line <= entry.end <= lines for entry in review.sources)
