"""The whole text after a merge, byte for byte: where sources land, and what stands around them."""

from __future__ import annotations

import re

import pytest

from litreview.review.entry import Entry
from litreview.review.merge import merge, same_work
from litreview.review.reading import read_review
from litreview.review.render import Wording
from litreview.works.source import Source

WORDING = Wording("Goal.", "Way.", "End.")
LIST = "**Summary of Each Work**:\n\n"


def work(number: int = 1, **changes: object) -> Source:
    values = {"title": f"A study of number {number}", "authors": ("Ada Lovelace",), "year": 2020,
              "url": f"https://x.org/{number}", "abstract": "", **changes}  # fmt: skip
    return Source(**values)  # type: ignore[arg-type]


def entry(number: int, place: int = 0, indent: str = "  ", goal: str = "Goal.") -> str:
    fields = (f"[Link](https://x.org/{number})**", "Authors**: Ada Lovelace", "Published**: 2020",
              f"Objective**: {goal}", "Methods**: Way.", "Outcomes**: End.",
              "Relation to the Project**:")  # fmt: skip
    head = f"- **Source {place or number}**: A study of number {number}\n{indent}<!-- -->\n\n"
    return head + "".join(f"{indent}- **{field}\n" for field in fields)


def merged(text: str, *numbers: int) -> str:
    """The text after a merge, its markers without what is in them."""
    after, _ = merge(text, [(work(number), WORDING) for number in numbers])
    return re.sub(r"<!-- litreview .*? -->", "<!-- -->", after)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("", f"# Literature Review\n\n{LIST}{entry(1)}\n{entry(2)}"),
        (" \t\n", f"# Literature Review\n\n{LIST}{entry(1)}\n{entry(2)}"),
        ("\ufeff", f"\ufeff# Literature Review\n\n{LIST}{entry(1)}\n{entry(2)}"),
        ("X", f"X\n\n{LIST}{entry(1)}\n{entry(2)}"),
        ("Hello\n", f"Hello\n\n{LIST}{entry(1)}\n{entry(2)}"),
        ("Hello\n\n", f"Hello\n\n{LIST}{entry(1)}\n{entry(2)}"),
        (f"# T\n\n{LIST}after\n", f"# T\n\n{LIST}{entry(1)}\n{entry(2)}\nafter\n"),
        (f"# T\n\n{LIST}", f"# T\n\n{LIST}{entry(1)}\n{entry(2)}\n"),
        # The template's empty entry is filled, whatever stands right above it.
        ("Mine.\n- **Source 1**: [Title of Source 1]\n  - **[Link]()**\n",
         f"Mine.\n{entry(1)}\n{entry(2)}"),
        ("- **Source 4**: Mine\n  - **Methods**: m\n## Next\n",
         "- **Source 4**: Mine\n  - **Methods**: m\n\n"
         f"{entry(1, 5)}\n{entry(2, 6)}\n## Next\n"),
    ],
)  # fmt: skip
def test_sources_land_in_their_place(before: str, after: str) -> None:
    """One empty line between any two things, none lost, none twice."""
    assert merged(before, 1, 2) == after
    if "\n" in before:  # a file from Windows stays one
        assert merged(before.replace("\n", "\r\n"), 1, 2) == after.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("written", "used"),
    [("  ", "  "), ("   ", "   "), ("    ", "    "), ("\t", "\t"), (" ", "  "), ("      ", "  ")],
)
def test_a_new_source_is_indented_as_the_others(written: str, used: str) -> None:
    """Two to five columns; anything else would fall out of the list or become code."""
    mine = f"- **Source 1**: Mine\n{written}- **Methods**: m\n{written}- **Outcomes**: o\n"
    assert merged(mine, 2).endswith(entry(2, indent=used))


def test_most_lines_decide_about_the_indentation() -> None:
    mine = "- **Source 1**: Mine\n  - **Methods**: m\n    - **Objective**: g\n    - **Outcomes**: o"
    assert merged(f"{mine}\n", 2).endswith(entry(2, indent="    "))


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_a_refreshed_line_changes_and_nothing_else(newline: str) -> None:
    """The line's indentation and its ending stay."""
    once = merge("# T\n", [(work(1), WORDING), (work(2), WORDING)])[0].replace("\n", newline)
    new = Wording("New goal.", "Way.", "End.")
    after, outcomes = merge(once, [(work(2), new), (work(1), WORDING)])
    assert [(o.action, o.number, o.edited) for o in outcomes] == [
        ("refreshed", "2", ()),
        ("unchanged", "1", ()),
    ]
    before_lines, after_lines = once.split(newline), after.split(newline)
    changed = [(a, b) for a, b in zip(before_lines, after_lines, strict=True) if a != b]
    assert changed[1:] == [("  - **Objective**: Goal.", "  - **Objective**: New goal.")]
    assert changed[0][0].split()[:4] == changed[0][1].split()[:4]  # the marker's other hashes
    assert merge(after, [(work(2), new)])[1][0].action == "unchanged"


def test_a_new_title_is_written_under_the_number_that_the_source_has_now() -> None:
    once, _ = merge("", [(work(1), WORDING)])
    mine = once.replace("- **Source 1**", "- **Source 7**")
    fresh, (outcome,) = merge(once, [(work(1, title="A better title"), WORDING)])
    assert "- **Source 1**: A better title\n" in fresh
    assert outcome.action == "refreshed"
    kept, (outcome,) = merge(mine, [(work(1, title="A better title"), WORDING)])
    assert "- **Source 7**: A study of number 1\n" in kept  # somebody renumbered, so it is theirs
    assert (outcome.action, outcome.edited) == ("unchanged", ("title",))


@pytest.mark.parametrize(
    ("source", "line", "same"),
    [
        ({"doi": "10.1000/ab"}, "https://doi.org/10.1000/AB", True),
        ({"doi": "10.1000/ab"}, "https://doi.org/10.1000/ac", False),
        ({"arxiv_id": "2001.00001"}, "https://arxiv.org/abs/2001.00001v2", True),
        ({"arxiv_id": "2001.00001", "title": "Own work here"}, "https://arxiv.org/abs/2001.00002",
         False),
        ({"url": "https://x.org/a/"}, "http://www.x.org/a", True),
        ({"url": "https://x.org/a"}, "https://x.org/b", False),
        ({"title": "own WORK, here!"}, "https://x.org/b", True),
        ({"title": "Own work"}, "https://x.org/b", False),
        ({"title": ""}, "https://x.org/b", False),
    ],
)  # fmt: skip
def test_an_entry_is_about_a_work_by_id_address_or_title(
    source: dict[str, object], line: str, same: bool
) -> None:
    """Three words of a title are enough, two are not; different arXiv ids outweigh it."""
    title = "Own work" if source.get("title") == "Own work" else "Own work here"
    found: Entry
    (found,) = read_review(f"- **Source 1**: {title}\n  - **[Link]({line})**\n").sources
    assert same_work(work(1, **{"url": "", "title": "Another", **source}), found) is same
