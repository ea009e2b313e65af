"""Drafted sources enter a README, and no line that a person wrote leaves it."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from review_template import template_of

from litreview.review.merge import merge
from litreview.review.placeholders import NOT_FOUND
from litreview.review.reading import read_review
from litreview.review.render import Wording, read_marker
from litreview.works.source import Source

HOSTILE = (
    "A | *b* _c_ <script>alert(1)</script> {{ 7*7 }} {% if %} [x](javascript:1)\n# 注意力 `code`"
)


def source(number: int, **changes: object) -> Source:
    base = Source(
        title=f"A study of number {number}",
        authors=("Ada Lovelace", "Alan Turing"),
        year=2020 + number,
        url=f"https://arxiv.org/abs/2001.0000{number}",
        abstract="",
        venue="ACL",
        arxiv_id=f"2001.0000{number}",
    )
    return replace(base, **changes)  # type: ignore[arg-type]


WORDING = Wording("We want to know.", "We ask 10 people.", "They agree.")


def test_sources_fill_the_empty_form_first_and_then_follow_it() -> None:
    """A team starts from three empty entries and may want more than three sources."""
    text, outcomes = merge(template_of(2), [(source(n), WORDING) for n in (1, 2, 3)])

    review = read_review(text)
    assert [outcome.action for outcome in outcomes] == ["added"] * 3
    assert [entry.number for entry in review.sources] == ["1", "2", "3"]
    assert review.slots == ()
    assert review.complete_sources == 3
    assert all(entry.relation is None for entry in review.sources)


def test_an_empty_file_gets_a_heading_and_the_sources() -> None:
    """A README may be absent or empty."""
    text, _ = merge("", [(source(1), WORDING)])

    assert text.startswith("# Literature Review\n\n**Summary of Each Work**:\n\n- **Source 1**: ")


def test_a_second_run_changes_nothing() -> None:
    """The same search finds the same works."""
    drafts = [(source(n), WORDING) for n in (1, 2)]
    once, _ = merge(template_of(3), drafts)

    twice, outcomes = merge(once, drafts)

    assert twice == once
    assert [outcome.action for outcome in outcomes] == ["unchanged", "unchanged"]


def test_only_lines_that_nobody_edited_are_refreshed() -> None:
    """A corrected sentence stays, although the tool would now write another one."""
    text, _ = merge("", [(source(1), WORDING)])
    mine = text.replace("We ask 10 people.", "They asked ten people, by mail.")
    mine = mine.replace("**Relation to the Project**:", "**Relation to the Project**: our baseline")

    fresh, (outcome,) = merge(mine, [(source(1), Wording("A new goal.", "A new way.", ""))])

    assert outcome.action == "refreshed"
    assert outcome.edited == ("methods",)
    assert "A new goal." in fresh
    assert "They asked ten people, by mail." in fresh
    assert "**Relation to the Project**: our baseline" in fresh
    assert NOT_FOUND in fresh


def test_an_edited_line_stays_edited_in_later_runs() -> None:
    """Refreshing the other lines must not adopt the edited one as the tool's."""
    text, _ = merge("", [(source(1), WORDING)])
    mine = text.replace("They agree.", "Nine of ten agree.")
    for goal in ("One.", "Two.", "Three."):
        mine, _ = merge(mine, [(source(1), Wording(goal, "M.", "Something else."))])

    assert "Nine of ten agree." in mine
    assert "Something else." not in mine


@pytest.mark.parametrize(
    "written",
    [
        "- **Source 1**: My words\n  - https://arxiv.org/abs/2001.00001v3\n  - **Methods**: mine\n",
        "## A study of number 1\n\n**Objective**: mine\n\n**Methods**: mine\n",
        "- [mine](https://arxiv.org/pdf/2001.00001?utm_source=x)\n- [b](https://x.org/b)\n",
    ],
)
def test_a_work_that_the_team_wrote_up_is_not_added_again(written: str) -> None:
    """The same work is known by its id, its address or its title."""
    text, (outcome,) = merge(written, [(source(1), WORDING)])

    assert outcome.action == "present"
    assert text == written


def test_a_slot_with_a_note_in_it_is_not_replaced() -> None:
    """Whatever is not the template's own text is somebody's."""
    form = template_of(1).replace("**Methods**:", "**Methods**: ask Steffen")

    text, _ = merge(form, [(source(1), WORDING)])

    assert "**Methods**: ask Steffen" in text
    assert [entry.number for entry in read_review(text).sources] == ["1", "2"]


def test_sections_behind_the_sources_stay_behind_them() -> None:
    """New sources join the list and do not land in the guiding questions."""
    form = template_of(1) + "\n## What we learned\n\nNothing yet.\n"

    text, _ = merge(form, [(source(n), WORDING) for n in (1, 2)])

    assert text.endswith("\n\n## What we learned\n\nNothing yet.\n")
    assert len(read_review(text).sources) == 2


def test_line_endings_and_byte_order_mark_stay() -> None:
    """Files from Windows stay files from Windows."""
    form = "\ufeff" + template_of(1).replace("\n", "\r\n")

    text, _ = merge(form, [(source(n), WORDING) for n in (1, 2)])

    assert text.startswith("\ufeff# Literature Review\r\n")
    assert re.search(r"(?<!\r)\n", text) is None
    assert len(read_review(text).sources) == 2


def test_hostile_titles_show_as_themselves() -> None:
    """A title is data: it opens no tag, link, table, heading or template."""
    from markdown import markdown

    hostile = source(1, title=HOSTILE, authors=("<b>Bo</b>",), venue="a](b)")

    text, _ = merge("", [(hostile, Wording(HOSTILE, HOSTILE, HOSTILE))])

    (entry,) = read_review(text).sources
    assert entry.title is not None
    assert "<script>alert(1)</script>" in entry.title
    assert "注意力" in entry.title
    page = markdown(text, extensions=["tables", "attr_list", "fenced_code"])
    assert not re.search(r"<(?:script|b>|table|h2|code|em>A)", page)
    assert 'href="javascript' not in page
    assert "{{" not in text
    assert "{%" not in text


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "https://x.org/a) [b](https://y.org",
        "https://x.org/ a",
        "file:///etc",
    ],
)
def test_hostile_addresses_do_not_leave_their_link(url: str) -> None:
    """Addresses come from the network, too."""
    text, _ = merge("", [(source(1, url=url), WORDING)])

    (line,) = [line for line in text.splitlines() if "[Link]" in line]
    assert re.fullmatch(r"  - \*\*\[Link\]\((https://x\.org/[^\s()]*)?\)\*\*", line)


def test_markers_hold_any_identity() -> None:
    """An identity may hold what would end a comment."""
    odd = source(1, arxiv_id="", url="https://x.org/a--b-->c d?e=~f")

    text, _ = merge("", [(odd, WORDING)])
    again, (outcome,) = merge(text, [(odd, WORDING)])

    markers = [marker for line in text.splitlines() if (marker := read_marker(line))]
    assert [marker.identity for marker in markers] == [odd.identity]
    assert outcome.action == "unchanged"
    assert again == text


def skeleton(line: str) -> bool:
    """Whether a line belongs to the empty form, which drafted sources may replace."""
    return bool(
        re.fullmatch(
            r"\s*(- \*\*(Source \d+\*\*: \[Title of Source \d+\]"
            r"|\[Link\]\(\)\*\*|(Objective|Methods|Outcomes|Relation to the Project)\*\*:))?\s*",
            line.lstrip("\ufeff"),
        )
    )


PIECES = st.sampled_from(
    [
        *"abc \t*_[]()<>|#`-:.\n\r",
        "\r\n",
        "\n\n",
        template_of(1),
        "- **Source 2**: A title\n\n  - **[Link](https://x.org/a)**\n  - **Methods**: some\n",
        "- **Source 1**: [Title of Source 1]\n\n  - **[Link]()**\n  - **Objective**:\n",
        "  - **Relation to the Project**: we use it\n",
        "## What we learned\n",
        "https://arxiv.org/abs/2001.00002\n",
        "<!-- note -->\n",
        "\ufeff",
        "\udcff",
        "中文",
        "| a | b |\n|---|---|\n",
    ]
)


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.lists(PIECES, max_size=15).map("".join), st.integers(0, 3))
def test_every_line_that_a_person_wrote_survives(text: str, count: int) -> None:
    """In order, byte for byte; and a second run changes nothing."""
    drafts = [(source(n), WORDING) for n in range(1, count + 1)]

    after, _ = merge(text, drafts)

    kept = iter(re.split(r"\r\n|\r|\n", after))
    for line in re.split(r"\r\n|\r|\n", text):
        assert skeleton(line) or line in kept
    assert merge(after, drafts)[0] == after
