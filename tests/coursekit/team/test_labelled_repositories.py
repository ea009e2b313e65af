"""What staff are told about real repositories is what a fair instructor reads in them."""

from __future__ import annotations

import ast
import json
from pathlib import Path

import pytest

from coursekit.team.files import milestone_folders
from coursekit.team.presentation import judge_presentation
from coursekit.team.summary import read_summary


@pytest.fixture(scope="module")
def labelled(data_dir: Path) -> list[dict]:
    gold = json.loads((data_dir / "reviews" / "gold.json").read_text(encoding="utf-8"))
    for row in gold:
        folder = data_dir / "reviews" / row["repo"]
        row["readme"] = (folder / "readme.md").read_text(encoding="utf-8")
        row["slides"] = (folder / "presentation.md").read_text(encoding="utf-8")
        row["paths"] = [
            path_of(line)
            for line in (folder / "tree.txt").read_text(encoding="utf-8").splitlines()
            if line.strip()
        ]
    return gold


def path_of(line: str) -> str:
    """The path of a line of `git ls-tree -l`, which quotes what is not ASCII."""
    name = line.split("\t", 1)[1]
    if name.startswith('"'):
        return ast.literal_eval("b" + name).decode("utf-8", "replace")
    return name


def test_results_summaries_are_read_as_a_person_reads_them(labelled):
    """At most one of twenty may be misread: state and form of the summary."""
    wrong = []
    for row in labelled:
        found = read_summary(row["readme"])
        expected = (row["results"]["state"], row["results"]["variant"])
        if (found.state, found.variant) != expected:
            wrong.append((row["repo"], (found.state, found.variant), expected))
    assert len(wrong) <= 0.05 * len(labelled), wrong


def test_values_are_those_that_the_team_wrote(labelled):
    """Model and value, compared on letters and digits."""

    def plain(text: str | None) -> str:
        return "".join(filter(str.isalnum, (text or "").lower()))

    wrong = []
    for row in labelled:
        found = read_summary(row["readme"])
        for name in ("best_model", "value"):
            mine, theirs = plain(getattr(found, name)), plain(row["results"][name])
            # A value may be read with the words around it.
            if bool(mine) != bool(theirs) or theirs not in mine:
                wrong.append((row["repo"], name, getattr(found, name), row["results"][name]))
    assert len(wrong) <= 0.05 * 2 * len(labelled), wrong


def test_presentations_are_found_where_they_are(labelled):
    """At most one of twenty may be misjudged."""
    wrong = []
    for row in labelled:
        folder = milestone_folders(dict.fromkeys(row["paths"])).get("presentation", "")
        found = judge_presentation(row["slides"], row["paths"], folder)
        if found.state != row["presentation"]["state"]:
            wrong.append((row["repo"], found, row["presentation"]["state"]))
    assert len(wrong) <= 0.05 * len(labelled), wrong
