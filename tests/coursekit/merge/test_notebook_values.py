"""What stands in a merged notebook, cell by cell and byte by byte, and which clash is where."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from coursekit.merge.notebook import MergedNotebook, NotebookError, merge_notebook

A, B, C = "# Data", "load the file\nand look at it", "plot the lengths"


def cell(text: Any, kind: str = "markdown", **more: Any) -> dict[str, Any]:
    return {"cell_type": kind, "metadata": {}, "source": text} | more


def notebook(*cells: Any, minor: int | None = 4, **metadata: Any) -> dict[str, Any]:
    whole = [cell(one) if isinstance(one, str) else one for one in cells]
    found = {"cells": whole, "metadata": metadata, "nbformat": 4}
    return found | ({} if minor is None else {"nbformat_minor": minor})


def saved(document: Any, **layout: Any) -> bytes:
    return (json.dumps(document, ensure_ascii=False, **({"indent": 1} | layout)) + "\n").encode()


def merged(base: Any, ours: Any, theirs: Any) -> tuple[list[Any], list[tuple[int, str]]]:
    """The merged cells, and the clashes."""
    found = merge_notebook(saved(base), saved(ours), saved(theirs))
    return json.loads(found.content)["cells"], clashes(found)


def clashes(found: MergedNotebook) -> list[tuple[int, str]]:
    return [(clash.cell, clash.theirs) for clash in found.clashes]


def texts(cells: list[Any]) -> list[str]:
    return ["".join(one["source"]) for one in cells]


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is not valid JSON"),
        (b"[" * 100_000, "is not valid JSON"),
        (b"[]", "is not a notebook of format 4"),
        (saved({"cells": [], "nbformat": 3}), "is not a notebook of format 4"),
        (saved({"nbformat": 4}), "has cells that are none"),
        (saved(notebook(1)), "has cells that are none"),
        (saved(notebook(cell("x"), cell("x", kind=1))), "has cells that are none"),
        (saved(notebook(cell(1))), "has cells that are none"),
        (saved(notebook(cell(["x", 1]))), "has cells that are none"),
    ],
)
@pytest.mark.parametrize("place", range(3))
def test_what_is_no_notebook_is_named(content, problem, place):
    """Whichever of the three it is."""
    three = [saved(notebook(A))] * 3
    three[place] = content
    with pytest.raises(NotebookError, match=f"^{problem}$"):
        merge_notebook(*three)


def test_the_least_that_is_a_notebook_is_merged():
    """Without metadata, without a minor version, and with a cell that holds nothing."""
    least = {"cells": [{"cell_type": "raw"}], "nbformat": 4}
    theirs = {"cells": [{"cell_type": "raw"}, cell("new", id="n")], "nbformat": 4}
    found = json.loads(merge_notebook(saved(least), saved(least), saved(theirs)).content)
    assert found == {"cells": [{"cell_type": "raw"}, cell("new")], "nbformat": 4, "metadata": {}}


@pytest.mark.parametrize("place", range(4))
def test_several_new_cells_arrive_together_and_in_their_order(place):
    base = [A, B, C]
    theirs = [*base[:place], "first", "second", "third", *base[place:]]
    found, missed = merged(notebook(*base), notebook(*base, "ours"), notebook(*theirs))
    expected = [*base[:place], "first", "second", "third", *base[place:], "ours"]
    assert (texts(found), missed) == (expected, [])


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "expected", "missed"),
    [
        # What the team has copied already comes once less.
        ([A], [A, "new"], [A, "new"], [A, "new"], []),
        ([A], [A, "new"], [A, "new", "new"], [A, "new", "new"], []),
        ([A], [A, "new"], [A, "new", "new", "new"], [A, "new", "new", "new"], []),
        # Nothing of the template is left: what stood last comes last, the rest first.
        ([A, B], ["ours", "more"], ["new", A, B], ["new", "ours", "more"], []),
        ([A, B], ["ours", "more"], [A, B, "new"], ["ours", "more", "new"], []),
        # The team has removed what the template changes: said at the cell before it.
        ([A, B, C], [B, C], [f"{A}!", B, C], [B, C], [(1, f"{A}!")]),
        ([A, B, C], [A, C], [A, f"{B} twice", C], [A, C], [(1, f"{B} twice")]),
        ([A, B, C], [A, B], [A, B, f"{C} twice"], [A, B], [(2, f"{C} twice")]),
        ([A, B, C], [A], [A, f"{B} twice", f"{C} twice"], [A],
         [(1, f"{B} twice"), (1, f"{C} twice")]),
        # The template has removed what the team has worked in; what it left alone goes.
        ([A, B, C], [A, f"{B} ours", C], [C], [f"{B} ours", C], [(1, "")]),
        ([A, B], [A, B, "ours"], [], ["ours"], []),
        # Both have removed it, or one of them what the other left alone.
        ([A, B], [A], [A], [A], []),
        ([A, B], [A], [A, B], [A], []),
        # Both changed it, in different lines, in the same one, and in the same way.
        (["1\n2\n3\n4\n5"], ["one\n2\n3\n4\n5"], ["1\n2\n3\n4\nfive"], ["one\n2\n3\n4\nfive"], []),
        (["1\n2\n3\n4\n5"], ["1\n2\nour\n4\n5"], ["1\n2\nnew\n4\n5"], ["1\n2\nour\n4\n5"],
         [(1, "new")]),
        ([A, "1\n2"], [A, "1\n2\n3"], [A, "1\n2\n3"], [A, "1\n2\n3"], []),
    ],
)  # fmt: skip
def test_cells_merge_to_these_and_say_this(base, ours, theirs, expected, missed):
    found, said = merged(notebook(*base), notebook(*ours), notebook(*theirs))
    assert (texts(found), said) == (expected, missed)


def test_a_merged_source_is_a_list_of_lines_with_their_ends():
    """The form in which Jupyter saves it, so that a later difference is small."""
    found, _ = merged(notebook("1\n2\n3\n4"), notebook("one\n2\n3\n4"), notebook("1\n2\n3\nfour"))
    assert found[0]["source"] == ["one\n", "2\n", "3\n", "four"]


def test_a_cell_that_the_team_gave_another_kind_is_not_merged_by_lines():
    base, ours = (notebook(cell("x = 1", "code"), A), notebook(cell("x = 2"), A))
    found, said = merged(base, ours, notebook(cell("x = 3", "code"), A))
    assert (found[0], said) == (cell("x = 2"), [(1, "x = 3")])


def test_a_cell_that_the_team_left_alone_becomes_the_templates_under_its_own_identifier():
    """With what the template's run printed; only the identifier is the notebook's."""
    printed = {"outputs": [{"text": "7"}], "execution_count": 3}
    base, ours = (notebook(cell("x = 1", "code", id=name), minor=5) for name in ("old", "mine"))
    new = cell("x = 2", "code", id="new") | printed
    found, _ = merged(base, ours, notebook(new, minor=5))
    assert found == [new | {"id": "mine"}]
    found, _ = merged(base, notebook(cell("x = 1", "code"), minor=4), notebook(new, minor=5))
    assert found == [{name: value for name, value in new.items() if name != "id"}]


def digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:12]


@pytest.mark.parametrize(
    ("minor", "ours", "new", "names"),
    [
        (5, ["a"], "b", ["a", "b"]),
        (5, ["a"], "a", ["a", digest("a1")]),
        (5, ["a"], None, ["a", digest("None1")]),
        (6, ["a"], None, ["a", digest("None1")]),
        # A cell of the team's that lacks one is the team's own affair.
        (5, [None], "b", [None, "b"]),
        # Before 4.5 there are none, unless the notebook has some all the same.
        (4, [None], "b", [None, None]),
        (4, ["a"], "b", ["a", "b"]),
        (None, [None], "b", [None, None]),
        ("5", [None], "b", [None, None]),
    ],
)
def test_a_new_cell_has_the_identifier_that_the_version_asks_for(minor, ours, new, names):
    def named(text: str, name: str | None) -> dict[str, Any]:
        return cell(text) | ({"id": name} if name else {})

    mine = notebook(*(named("x", name) for name in ours), minor=minor)
    theirs = notebook(named("x", "of theirs"), named("new", new), minor=5)
    found, _ = merged(notebook("x"), mine, theirs)
    assert [one.get("id") for one in found] == names


@pytest.mark.parametrize(
    ("old", "mine", "new", "expected"),
    [
        ({}, {}, {"a": 1}, {"a": 1}),
        ({"a": 1}, {"a": 1}, {"a": 2}, {"a": 2}),
        ({"a": 1}, {"a": 3}, {"a": 2}, {"a": 3}),
        ({"a": 1}, {"a": 3}, {"a": 1}, {"a": 3}),
        ({"a": 1}, {"a": 1}, {}, {}),
        ({"a": 1}, {"a": 3}, {}, {"a": 3}),
        ({}, {"a": 3}, {}, {"a": 3}),
        ({"a": 1}, {}, {"a": 1}, {}),
        ({"a": 1}, {}, {"a": 2}, {}),
        ({"a": {"b": 1, "c": 1}}, {"a": {"b": 2, "c": 1}}, {"a": {"b": 1, "c": 3}},
         {"a": {"b": 2, "c": 3}}),
        ({"a": {"b": 1}}, {"a": 2}, {"a": {"b": 3}}, {"a": 2}),
        ({"a": 1}, {"a": 1}, {"a": {"b": 3}}, {"a": {"b": 3}}),
        ({"a": [1]}, {"a": [1]}, {"a": [1, 2]}, {"a": [1, 2]}),
    ],
)  # fmt: skip
def test_settings_merge_key_by_key_and_the_teams_stand(old, mine, new, expected):
    """Those of the notebook, and those of a cell."""
    three = [saved(notebook(A, **settings)) for settings in (old, mine, new)]
    assert json.loads(merge_notebook(*three).content)["metadata"] == expected
    cells = [notebook(cell(A, metadata=settings)) for settings in (old, mine, new)]
    assert merged(*cells)[0][0]["metadata"] == expected


@pytest.mark.parametrize(
    ("layout", "end", "line"),
    [
        ({"indent": 1}, "\n", "\n"),
        ({"indent": 8}, "\n", "\n"),
        ({"indent": 2}, "", "\n"),
        ({"indent": 4}, "\n", "\r\n"),
        ({"indent": 1, "ensure_ascii": True}, "\n", "\n"),
    ],
)
def test_the_file_keeps_its_layout(layout, end, line):
    """Indentation, the last line's end, Windows' line ends, and letters written as escapes."""

    def laid_out(*cells: str) -> bytes:
        text = json.dumps(notebook(*cells), **({"ensure_ascii": False} | layout)) + end
        return text.replace("\n", line).encode()

    found = merge_notebook(saved(notebook("Grün")), laid_out("Grün"), saved(notebook("Grün", "b")))
    assert found.content == laid_out("Grün", "b")


def test_a_file_without_lines_gets_some():
    """A notebook on one line cannot be read as a difference, so the next version can."""
    ours = json.dumps(notebook(A)).encode()
    found = merge_notebook(saved(notebook(A)), ours, saved(notebook(A, B)))
    assert found.content == saved(notebook(A, B))


def test_half_an_emoji_in_a_cell_is_merged_as_it_is():
    """Some editors save one; it is no reason to refuse a notebook."""
    base, ours = (json.dumps(notebook(text)).encode() for text in ("1\n2\n3", "\ud83d\n2\n3"))
    found = merge_notebook(base, ours, saved(notebook("1\n2\nthree")))
    assert texts(json.loads(found.content)["cells"]) == ["\ud83d\n2\nthree"]
