"""The sentences that a team reads of its review: each whole, at its line, and when none is due."""

from __future__ import annotations

import pytest

from litreview.actions.check import check_text

ADD = (
    "at least {} are asked for; a complete source has a title, a link, objective, methods and "
    "outcomes"
)
EMPTY = (
    "nothing is written yet; add at least 2 sources "
    '(`litreview draft README.md --query "…"` makes a first draft)'
)
GOAL = "write one sentence: what did the authors want to find out or build?"
WAY = "write one sentence: which model, which data, how trained?"
USE = "write one sentence: what do you take from it for your project?"


def source(number: object = 1, drop: str = "", **changes: str) -> str:
    parts = {"Objective": "We ask.", "Methods": "We count.", "Outcomes": "They agree.",
             "Relation to the Project": f"Use {number} for us."} | changes  # fmt: skip
    title = parts.pop("title", f"A study of number {number}")
    link = parts.pop("link", f"https://x.org/{number}")
    lines = [f"- **Source {number}**: {title}", f"  - **[Link]({link})**"]
    lines += [f"  - **{label}**: {text}".rstrip() for label, text in parts.items() if label != drop]
    return "\n".join(lines) + "\n"


def said(text: str, **options: object) -> list[tuple[int, str, str]]:
    report = check_text(text, **options)  # type: ignore[arg-type]
    return [(found.line, found.level, found.message) for found in report.findings]


REST = source(2) + source(3)


@pytest.mark.parametrize(
    ("first", "line", "level", "message"),
    [
        (source(title=""), 1, "error", "source 1 has no title; write the work's title"),
        (source(title="[Title of Source 1]"), 1, "error",
         "source 1 still has the title 'Title of Source 1'; write the work's title"),
        (source(link=""), 1, "error", "source 1 has no address; link the work itself"),
        (source(Objective=""), 3, "error", f"source 1: Objective is empty; {GOAL}"),
        (source(Methods="TBD"), 4, "error", f"source 1: Methods only says 'TBD'; {WAY}"),
        (source(Methods="*not found in the abstract: please fill in*"), 4, "error",
         f"source 1: Methods was not found in the abstract; {WAY}"),
        (source(Methods="Not found in the abstract."), 4, "error",
         f"source 1: Methods was not found in the abstract; {WAY}"),
        (source(Methods="Please fill in"), 4, "error",
         f"source 1: Methods only says 'Please fill in'; {WAY}"),
        (source(drop="Objective"), 1, "error", f"source 1: Objective is missing; {GOAL}"),
        (source(drop="Relation to the Project"), 1, "warning",
         f"source 1: Relation to the Project is missing; {USE}"),
        (source(Objective="One. Two.", Outcomes="Three. Four."), 1, "hint",
         "source 1: Objective, Outcomes could be shorter; one sentence each is enough"),
        (source(**{"Relation to the Project": "We COUNT!"}), 6, "warning",
         "source 1: relation repeats Methods; say what you take from this work for your project"),
        (source(link="https://x.org/a?sig=1"), 1, "hint",
         "source 1: the address carries an access token and will stop working; link the work's own "
         "page (its DOI, arXiv or publisher)"),
        (source(link="https://localhost/a"), 1, "error",
         "source 1: the link goes to 'https://localhost/a', which is no web address; copy it from "
         "the browser again"),
        (source(link="paper.pdf"), 1, "error",
         "source 1: the link goes to 'paper.pdf', which is no web address; give one that begins "
         "with https://"),
    ],
)  # fmt: skip
def test_a_fault_is_said_in_a_sentence(first, line, level, message):
    assert said(first + REST) == [(line, level, message)]


@pytest.mark.parametrize(
    ("second", "found"),
    [
        (source(2, **{"Relation to the Project": "use 1: for us"}),
         [(12, "warning", "source 2: the relation is the one of line 6; say what this work in "
                          "particular gives you")]),
        (source(1, title="Another study of numbers", link="https://x.org/9",
                **{"Relation to the Project": "Own."}),
         [(7, "hint", "source 1 stands at line 1 already; give each source its own number")]),
        (source(2, title="a STUDY of -- number 1", link="https://y.org"),
         [(7, "warning", "source 2 is the work at line 1 again; keep one of them")]),
        (source(2, link="http://www.x.org/1/"),
         [(7, "warning", "source 2 is the work at line 1 again; keep one of them")]),
        (source(2, title="[Title of Source 2]", link="", Objective="", Methods="", Outcomes="",
                **{"Relation to the Project": ""}) + source(3),
         [(7, "hint", "source 2 is still empty; fill it in or delete it")]),
    ],
)  # fmt: skip
def test_the_second_of_two_names_the_first(second, found):
    assert said(source(1) + second) == found


def test_short_titles_are_no_sign_of_one_work():
    """Thirteen letters and spaces are the fewest that say it."""
    pairs = {"Twelve chars": [], "Twelve chars!": [], "Thirteen char": [7]}
    for title, lines in pairs.items():
        text = source(1, title=title) + source(2, title=title)
        assert [line for line, _, _ in said(text)] == lines, title


@pytest.mark.parametrize(
    ("text", "minimum", "verdict", "complete", "level", "message"),
    [
        ("", 2, False, 0, "error", EMPTY),
        (source(1), 2, False, 1, "error", "1 of 1 sources are complete, " + ADD.format(2)),
        (source(1) + source(2, drop="Methods"), 2, False, 1, "error",
         "1 of 2 sources are complete, " + ADD.format(2)),
        (source(1) + source(2), 2, True, 2, "", None),
        (source(1) + source(2), 3, False, 2, "error",
         "2 of 2 sources are complete, " + ADD.format(3)),
        ("Many words say little about much. " * 60, 2, "human", 0, "warning",
         "this is running text, which only a person can judge; for a check, list each source with "
         "its link and the four fields"),
    ],
)  # fmt: skip
def test_the_whole_is_judged_by_complete_sources(text, minimum, verdict, complete, level, message):
    report = check_text(text, minimum=minimum)
    assert (report.verdict, report.complete_sources) == (verdict, complete)
    first = [(found.level, found.message) for found in report.findings if found.line == 1]
    assert first[:1] == ([(level, message)] if message else [])


@pytest.mark.parametrize(
    ("address", "is_one"),
    [
        ("https://x.org", True),
        ("https://x.org:8080/a", True),
        ("https://me@x.org/a", True),
        ("https://x.org./a", True),
        ("https://x.org?a", True),
        ("https://x.org#a@b", True),
        ("https://me@you@x.org/a", True),
        ("https://me@x/a", False),
        ("HTTPS://HTTPS:/x.org/a", False),
        ("https://[2001:db8::1]:80/a", True),
        ("https://x..org/a", False),
        ("https://x/a", False),
        ("https://http://x.org/a", False),
        ("https://web.archive.org/web/https://x.org/a", True),
        ("https://x.org/a?sig=1&b=2", True),
    ],
)
def test_an_address_names_a_host(address, is_one):
    codes = {found.code for found in check_text(source(1, link=address) + REST).findings}
    assert ("not-an-address" not in codes) is is_one


def test_titles_are_compared_by_the_first_identity():
    """An arXiv id goes before a DOI; a title that agrees, or is not known, says nothing."""
    asked: list[str] = []
    texts = [
        source(1, link="https://arxiv.org/abs/2001.00001v2"),
        source(2, link="https://doi.org/10.1000/AB"),
        source(3),
    ]

    def known(identity: str) -> str:
        asked.append(identity)
        return {"doi:10.1000/ab": "Quite another work"}.get(identity, "")

    found = said("".join(texts), known_title=known)
    assert asked == ["arxiv:2001.00001", "doi:10.1000/ab"]
    assert found == [
        (7, "warning", "source 2: the address leads to “Quite another work”, not to “A study of "
                       "number 2”; correct the title or the link"),
    ]  # fmt: skip


def test_what_stands_behind_a_jump_within_the_page_is_still_looked_at():
    """A link to a heading says nothing about the work, nor does one to a person."""
    links = "[up](#top) [Link](https://x.org/1) [mail](mailto:a@x.org) [text](paper.pdf)"
    text = source(1).replace("**[Link](https://x.org/1)**", links)
    assert said(text + REST) == [
        (1, "warning", "source 1: the link goes to 'paper.pdf', which is no web address; give one "
                       "that begins with https://"),
    ]  # fmt: skip
