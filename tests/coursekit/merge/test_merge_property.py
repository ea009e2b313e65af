"""Whatever a team and the template do: no word is lost, every change is accounted for."""

from __future__ import annotations

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from coursekit.git.objects import File
from coursekit.git.repository import Entry, blob_name
from coursekit.merge.tree import Finding, TreeMerge, Version, merge_trees

BASE = {
    "README.md": [f"line {number}" for number in range(8)],
    "1_Data/README.md": [f"field {number}: [empty]" for number in range(5)],
    "1_Data/work.ipynb": ["a = 1", "b = 2", "c = 3", "d = 4"],
}
# Edits of one file: replace or remove a line, insert before it; positions may repeat.
EDITS = st.lists(
    st.tuples(st.sampled_from(["replace", "insert", "remove"]), st.integers(0, 7)), max_size=4
)
FATES = st.sampled_from(["edit", "edit", "edit", "edit", "delete", "replace"])
SIDE = st.fixed_dictionaries({path: st.tuples(FATES, EDITS) for path in BASE})
LAYOUT = st.tuples(st.booleans(), st.booleans(), st.sampled_from([b"\n", b"\r\n"]))


def edited(lines: list[str], edits: list[tuple[str, int]], author: str) -> list[str]:
    """Apply edits; every line that they write names its author and is unique."""
    result = list(lines)
    for number, (kind, place) in enumerate(edits):
        place = min(place, len(result))
        word = f"{author} wrote {number}"
        if kind == "insert" or place == len(result):
            result.insert(place, word)
        elif kind == "replace":
            result[place] = word
        else:
            del result[place]
    return result


def side(plan: dict[str, tuple[str, list[tuple[str, int]]]], author: str) -> dict[str, list[str]]:
    made = {}
    for path, (fate, edits) in plan.items():
        if fate == "edit":
            made[path] = edited(BASE[path], edits, author)
        elif fate == "replace":
            made[path] = [f"{author} wrote it anew", f"{author} and again"]
    return made


def encode(path: str, lines: list[str], ending: bytes = b"\n") -> bytes:
    if not path.endswith(".ipynb"):
        return b"".join(line.encode() + ending for line in lines)
    cells = [
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": [line]} for line in lines
    ]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}).encode()


def decode(path: str, content: bytes) -> list[str]:
    if path.endswith(".ipynb"):
        cells = json.loads(content)["cells"]
        return [line for cell in cells for line in "".join(cell["source"]).splitlines()]
    return content.decode().splitlines()


def version(files: dict[str, bytes]) -> Version:
    entries = {
        path: Entry(blob_name(content), len(content), "100644") for path, content in files.items()
    }
    return Version(entries, files.__getitem__)


def about(result: TreeMerge, path: str) -> list[Finding]:
    return [finding for finding in result.findings if finding.path == path]


@pytest.mark.slow
@settings(max_examples=2000, deadline=None, suppress_health_check=list(HealthCheck))
@given(ours=SIDE, theirs=SIDE, layout=LAYOUT)
def test_every_word_of_the_team_stays_and_every_change_is_accounted_for(ours, theirs, layout):
    """The promise that staff and teams rely on."""
    renamed, extra, ending = layout
    folder = "2_Dataset" if renamed else "1_Data"
    places = {path: path.replace("1_Data", folder) for path in BASE}
    team, template = side(ours, "team"), side(theirs, "template")
    if extra:
        template["1_Data/NEW.md"] = ["template wrote a new file"]
    mine = {places[path]: encode(path, lines, ending) for path, lines in team.items()}
    # What git would find: files that are still alike.
    renames = {
        path: places[path]
        for path, (fate, edits) in ours.items()
        if renamed and path != places[path] and fate == "edit" and len(edits) < 3
    }

    result = merge_trees(
        version({path: encode(path, lines) for path, lines in BASE.items()}),
        version(mine),
        {path: File(encode(path, lines)) for path, lines in template.items()},
        renames,
    )

    after = dict(mine)
    for path, file in result.changes.items():
        if file is None:
            del after[path]
        else:
            after[path] = file.content
    for path, lines in team.items():
        place = places[path]
        written = [line for line in lines if line.startswith("team")]
        if place not in after:
            assert not written, f"{place} was removed"
            continue
        kept = decode(path, after[place])
        assert [line for line in kept if line.startswith("team")] == written
        assert len(kept) == len(set(kept)), "a line stands twice"
    arrived = {line for path, content in after.items() for line in decode(path, content)}
    for path, lines in template.items():
        place = result.moved.get(path, path)
        proposals = "\n".join(finding.theirs for finding in about(result, place))
        silent = [finding for finding in about(result, place) if not finding.theirs]
        for line in lines:
            if line.startswith("template") and line not in arrived:
                assert line in proposals or silent, f"{path}: {line!r} vanished without a word"
    for path, lines in BASE.items():
        place = result.moved.get(path, path)
        unchanged = team.get(path) == lines and path not in renames and not renamed
        if unchanged and path not in template:
            assert place not in after, f"{place} should be gone"
        if unchanged and path in template:
            assert decode(path, after[place]) == template[path]
            assert not about(result, place)
