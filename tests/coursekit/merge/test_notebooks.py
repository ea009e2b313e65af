"""Notebooks as real tools save them: cells without identifiers, with new ones, in any layout."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import pytest

from coursekit.merge.notebook import merge_notebook

DATA = Path(os.environ.get("COURSEKIT_DATA", "../shared/data")) / "notebooks"
needs_data = pytest.mark.skipif(not DATA.is_dir(), reason=f"{DATA} is not there")
NEW = "## Licence of the data\n"


def notebook(*sources: str, minor: int = 4, ids: str = "") -> bytes:
    cells: list[dict[str, Any]] = [
        {"cell_type": "markdown", "metadata": {}, "source": text} for text in sources
    ]
    for number, cell in enumerate(cells):
        if ids:
            cell["id"] = f"{ids}{number}"
    return save({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": minor})


def save(document: dict[str, Any], indent: int = 1) -> bytes:
    return (json.dumps(document, indent=indent, ensure_ascii=False) + "\n").encode(
        "utf-8", "surrogatepass"
    )


def sources(content: bytes) -> list[str]:
    return ["".join(cell["source"]) for cell in json.loads(content)["cells"]]


BASE = ("# Data", "load the file\nand look at it", "plot the lengths", "write what you saw")


@pytest.mark.parametrize("ids", ["", "a"], ids=["without identifiers", "with identifiers"])
@pytest.mark.parametrize("place", range(5))
@pytest.mark.parametrize("edited", range(4))
def test_new_cell_arrives_at_its_place_whatever_cell_the_team_edited(ids, place, edited):
    """Appended, prepended or between, without a false clash."""
    ours = list(BASE)
    ours[edited] += "\nour own words"
    theirs = [*BASE[:place], "a new cell", *BASE[place:]]
    merged = merge_notebook(
        notebook(*BASE, ids=ids), notebook(*ours, ids=ids), notebook(*theirs, ids=ids)
    )
    assert sources(merged.content) == [*ours[:place], "a new cell", *ours[place:]]
    assert merged.clashes == ()


def test_cell_that_the_team_has_rewritten_is_known_by_its_place():
    """What the template changes in it is a clash there, and nowhere else."""
    merged = merge_notebook(
        notebook("one", "two", "three"), notebook("one", "zwei", "three"),
        notebook("one", "deux", "three and more"),
    )  # fmt: skip
    assert sources(merged.content) == ["one", "zwei", "three and more"]
    assert [(clash.cell, clash.theirs) for clash in merged.clashes] == [(2, "deux")]


def test_removed_cell_goes_unless_the_team_has_worked_in_it():
    merged = merge_notebook(
        notebook(*BASE), notebook(*BASE[:3], BASE[3] + "\nthat most are short"), notebook(BASE[0])
    )
    assert sources(merged.content) == [BASE[0], BASE[3] + "\nthat most are short"]
    assert [(clash.cell, clash.theirs) for clash in merged.clashes] == [(2, "")]


def test_change_of_a_cell_that_the_team_deleted_is_said():
    merged = merge_notebook(
        notebook(*BASE), notebook(*BASE[:1], *BASE[2:]),
        notebook(BASE[0], BASE[1] + "\ntwice", *BASE[2:]),
    )  # fmt: skip
    assert sources(merged.content) == [BASE[0], *BASE[2:]]
    assert [clash.theirs for clash in merged.clashes] == [BASE[1] + "\ntwice"]


def test_cells_with_new_identifiers_are_known_by_their_text():
    """Some tools number every cell anew when they save."""
    merged = merge_notebook(
        notebook(*BASE, ids="a", minor=5), notebook(*BASE, ids="b", minor=5),
        notebook(*BASE[:3], BASE[3] + "\ntoday", ids="a", minor=5),
    )  # fmt: skip
    assert sources(merged.content) == [*BASE[:3], BASE[3] + "\ntoday"]
    assert [cell["id"] for cell in json.loads(merged.content)["cells"]] == ["b0", "b1", "b2", "b3"]


@pytest.mark.parametrize(("minor", "ids"), [(0, ""), (4, ""), (5, "b")])
def test_new_cell_has_an_identifier_exactly_where_the_format_asks_for_it(minor, ids):
    """Before 4.5 none; from then on one, unlike all others."""
    merged = merge_notebook(
        notebook("x", ids="a", minor=5), notebook("x", ids=ids, minor=minor),
        notebook("x", "new", ids="b", minor=5),
    )  # fmt: skip
    document = json.loads(merged.content)
    names = [cell.get("id") for cell in document["cells"]]
    assert document["nbformat_minor"] == minor
    assert names == [None, None] if minor < 5 else len({*names, None}) == 3


@pytest.mark.parametrize("indent", [1, 2, 4])
def test_file_keeps_its_form(indent):
    """Only what arrives differs."""
    document = json.loads(notebook("Grün", "b"))
    merged = merge_notebook(
        notebook("Grün", "b"), save(document, indent), notebook("Grün", "b", "c")
    )
    document["cells"].append({"cell_type": "markdown", "metadata": {}, "source": "c"})
    assert merged.content == save(document, indent)


@pytest.mark.parametrize("text", ["import pandas as pd\ndf = 1\n", ["import pandas\n", "df"]])
def test_notebook_in_which_nothing_arrives_keeps_every_byte(text):
    """Even where both changed the same cell, and with odd spaces in the file."""
    document = json.loads(notebook("import polars as pl\n"))
    document["cells"][0]["source"] = text
    ours = json.dumps(document, indent=3).encode() + b"\n\n"
    merged = merge_notebook(notebook("import pandas as pd\n"), ours, notebook("import numpy\n"))
    assert merged.content == ours
    assert len(merged.clashes) == 1


def test_many_equal_cells_take_little_time():
    """A notebook may hold thousands of empty cells."""
    empty = [""] * 4000
    merged = merge_notebook(notebook(*empty), notebook(*empty, "ours"), notebook("new", *empty))
    assert sources(merged.content) == ["new", *empty, "ours"]


def edited_notebooks() -> list[Path]:
    return sorted(p for p in DATA.rglob("*.ipynb") if "template" not in p.parts)


@needs_data
def test_appended_cell_arrives_in_every_real_notebook_and_no_word_is_lost():
    """Colab's, older Jupyter's, rewritten from the first cell to the last."""
    arrived = 0
    for path in edited_notebooks():
        ours = path.read_bytes()
        for base_path in sorted((DATA / "template").rglob("*.ipynb")):
            if base_path.name != path.name:
                continue
            base = base_path.read_bytes()
            document = json.loads(base)
            document["cells"].append(
                {"cell_type": "markdown", "metadata": {}, "source": [NEW], "id": "licence"}
            )
            merged = merge_notebook(base, ours, save(document))
            found = sources(merged.content)
            assert found.count(NEW) == 1, path
            assert [text for text in found if text != NEW] == sources(ours), path
            assert merged.clashes == (), path
            assert merge_notebook(base, ours, base).content == ours
            arrived += 1
    assert arrived >= 8


@pytest.mark.slow
@needs_data
def test_no_word_of_a_real_notebook_is_lost_when_the_template_changes_anywhere():
    """The template's own versions, and a hundred changes of each."""
    chance = random.Random(1)
    for path in edited_notebooks():
        ours = path.read_bytes()
        bases = [p.read_bytes() for p in sorted((DATA / "template").rglob(path.name))]
        for base in bases:
            for _ in range(20):
                document = json.loads(base)
                cells = document["cells"]
                place = chance.randrange(len(cells) + 1)
                cells.insert(place, {"cell_type": "markdown", "metadata": {}, "source": [NEW]})
                del cells[chance.randrange(len(cells))]
                merged = merge_notebook(base, ours, save(document))
                kept = sources(merged.content)
                gone = [text for text in sources(ours) if text not in kept]
                assert all(text in sources(base) for text in gone), path
