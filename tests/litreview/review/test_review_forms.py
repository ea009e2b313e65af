"""Whatever students make of the template, the review that they meant is read."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from review_template import template_of

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


PROSE = (
    "The transformer has changed natural language processing since it was introduced, and most "
    "later work builds on it. Recurrent networks came before that and remain a sensible baseline. "
)
LINKS = ["https://arxiv.org/abs/1706.03762", "https://arxiv.org/abs/1810.04805"]
SLOT = template_of(1).split("**Summary of Each Work**:\n\n")[1]
FORMS = {
    "the untouched form": (template_of(3), "empty", 0),
    "nothing": ("", "empty", 0),
    "only the heading": ("# Literature Review\n", "empty", 0),
    "only the introduction": (INTRO, "empty", 0),
    "one title, empty fields": (
        INTRO + SLOT.replace("[Title of Source 1]", "A real title"),
        "template",
        1,
    ),
    "titles and links, empty fields": (
        INTRO
        + "".join(
            SLOT.replace("[Title of Source 1]", f"Title of number {link[-5:]}").replace(
                "()", f"({link})"
            )
            for link in LINKS
        ),
        "template",
        2,
    ),
    "a list of links": (f"# L\n\n- [Attention]({LINKS[0]})\n- [BERT]({LINKS[1]})\n", "list", 2),
    "bare addresses": (f"# L\n\n{LINKS[0]}\n\n{LINKS[1]}\n", "list", 2),
    "bare addresses in a row": (f"# L\n{LINKS[0]}\n{LINKS[1]}\n", "list", 2),
    "a title above each address": (
        f"# L\n\nAttention is all\n{LINKS[0]}\n\nBERT\n{LINKS[1]}\n",
        "list",
        2,
    ),
    "a section for each work": (
        f"# L\n\n## Attention\n{LINKS[0]}\n\n{PROSE * 3}\n\n## BERT\n[x]({LINKS[1]})\n{PROSE * 3}",
        "list",
        2,
    ),
    "numbered sources without fields": (
        INTRO + f"- **Source 1**: [A]({LINKS[0]})\n- **Source 2**: [B]({LINKS[1]})\n",
        "list",
        2,
    ),
    "an essay": (f"# L\n\n{PROSE * 4}\n\n## Approach\n\n{PROSE * 4}", "essay", 0),
    "an essay with a paper's headings": (
        f"# L\n\n## Introduction\n{PROSE * 2}\n## Methods\n{PROSE * 4}\n## Results\n{PROSE * 3}",
        "essay",
        0,
    ),
    "an essay with references": (
        f"# L\n\n{PROSE * 4}\n\n## References\n\n1. Vaswani, A. (2017). Attention is all you need. "
        f"NeurIPS. {LINKS[0]}\n2. Devlin, J. (2019). BERT. NAACL.\n",
        "essay",
        2,
    ),
    "an essay with links in its sentences": (
        f"# L\n\n{PROSE * 3}See [Attention]({LINKS[0]}).\n\n{PROSE * 3}As [BERT]({LINKS[1]}) says.",
        "essay",
        2,
    ),
    "an essay with numbered sources": (
        f"# L\n\n{PROSE * 6}\n\n## Sources\n\n- Source 1: {LINKS[0]}\n- Source 2: {LINKS[1]}\n",
        "essay",
        2,
    ),
    "a long entry for each number": (
        f"1. Vaswani (2017). Attention. {LINKS[0]}\n\n{PROSE * 3}\n\n"
        f"2. Devlin (2019). BERT. {LINKS[1]}\n\n{PROSE * 3}\n",
        "list",
        2,
    ),
    "a long entry below each bold title": (
        f"**Attention is all**\n\n{PROSE * 3}\n{LINKS[0]}\n\n**BERT**\n\n{PROSE * 3}\n{LINKS[1]}\n",
        "list",
        2,
    ),
    "links under topics": (
        f"## Papers\n\n- [Attention]({LINKS[0]}): {PROSE * 2}\n"
        f"- [BERT]({LINKS[1]}): {PROSE * 2}\n\n"
        f"## Blogs\n\n- [A blog](https://x.org/a): {PROSE}\n- [B blog](https://x.org/b): {PROSE}\n",
        "list",
        4,
    ),
    "an essay with long references": (
        f"# L\n\n## Before\n{PROSE * 3}\n\n## Today\n{PROSE * 3}\n\n## References\n\n"
        f"1. Vaswani, A. (2017). Attention is all you need.\n   NeurIPS. {LINKS[0]}\n"
        f"2. Devlin, J. (2019). BERT.\n   NAACL. {LINKS[1]}\n"
        "3. Radford, A. (2019). GPT-2.\n   https://x.org/gpt2\n",
        "essay",
        3,
    ),
    "a table": (
        "| Source | Objective | Methods | Outcomes |\n|---|---|---|---|\n"
        f"| [Attention]({LINKS[0]}) | a b | c d | e f |\n| [BERT]({LINKS[1]}) | a | b | c |\n",
        "template",
        2,
    ),
}


@pytest.mark.parametrize("case", FORMS)
def test_form_and_number_of_sources_are_recognised(case: str) -> None:
    """A list is told from an essay, and the empty form from a filled one."""
    text, form, count = FORMS[case]

    review = read_review(text)

    assert (review.form, len(review.sources)) == (form, count)


def full(number: int, head: str = "") -> str:
    return (
        f"{head or f'- **Source {number}**: Title number {number}'}\n"
        f"  - **[Link](https://x.org/{number})**\n  - **Objective**: o\n  - **Methods**: m\n"
        f"  - **Outcomes**: u\n  - **Relation to the Project**: r\n\n"
    )


AROUND = {
    "a summary with labels of its own": (
        INTRO + full(1) + full(2) + "## Summary\n\n**Methods**: ours\n\n**Results**: none\n"
    ),
    "a conclusion": "".join(full(i, f"### Title number {i}") for i in (1, 2))
    + "## Conclusion\n\nx",
    "mentions of sources": INTRO
    + full(1)
    + full(2)
    + "## So\n\n- Source 1: BERT\n- Source 2 says 3",
    "a table of contents": (
        "- [Source 1: T](#source-1)\n- [Source 2: T](#source-2)\n\n"
        + full(1, "## Source 1: Title number 1")
        + full(2, "## Source 2: Title number 2")
    ),
    "more links below": INTRO + full(1) + full(2) + "- **Other stuff**:\n  - https://z.org/a\n",
    "a comment with a source in it": INTRO + full(1) + f"<!-- {full(3)} -->\n" + full(2),
    "details below a field": INTRO
    + "".join(
        full(i).replace("**: u", "**:\n    - u\n    - Method: this\n    - **Result**: that")
        for i in (1, 2)
    ),
    "an overwritten head": full(1) + full(2, "- **Title number 2**:"),
}


@pytest.mark.parametrize("case", AROUND)
def test_what_stands_around_the_sources_is_no_source(case: str) -> None:
    """Summaries, tables of contents and further links neither add sources nor leak into them."""
    review = read_review(AROUND[case])

    assert [entry.title for entry in review.sources] == ["Title number 1", "Title number 2"]
    assert [entry.relation for entry in review.sources] == ["r", "r"]
    assert [entry.urls for entry in review.sources] == [("https://x.org/1",), ("https://x.org/2",)]
    assert all((entry.outcomes or "").startswith("u") for entry in review.sources)


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
