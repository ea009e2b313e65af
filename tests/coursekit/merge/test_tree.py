"""Three versions of a repository's files: what changes in the team's, and what is said of it."""

from __future__ import annotations

import pytest

from coursekit.errors import RepositoryError
from coursekit.git.objects import File
from coursekit.git.repository import Entry, blob_name
from coursekit.merge.tree import Finding, TreeMerge, Version, merge_trees

OLD = b"".join(b"a line of the template, number %d\n" % n for n in range(10))
NEW = OLD.replace(b"number 0", b"number zero")
MINE = OLD.replace(b"number 8", b"number eight")
BOTH = NEW.replace(b"number 8", b"number eight")
CLASHING = OLD.replace(b"number 0", b"number null")
PLAIN, RUNS, LINK = "100644", "100755", "120000"
Tree = dict[str, bytes | tuple[bytes, str]]


def version(tree: Tree, broken: str = "") -> Version:
    pairs = {p: (c, PLAIN) if isinstance(c, bytes) else c for p, c in tree.items()}

    def read(path: str) -> bytes:
        if path == broken:
            raise RepositoryError("it is damaged")
        return pairs[path][0]

    files = {path: Entry(blob_name(c), len(c), mode) for path, (c, mode) in pairs.items()}
    return Version(files, read)


def merged(
    base: Tree, ours: Tree, theirs: Tree, renames: dict[str, str] | None = None, broken: str = ""
) -> TreeMerge:
    files = {p: (c, PLAIN) if isinstance(c, bytes) else c for p, c in theirs.items()}
    return merge_trees(
        version(base),
        version(ours, broken),
        {path: File(content, mode == RUNS) for path, (content, mode) in files.items()},
        renames or {},
    )


def contents(found: TreeMerge) -> dict[str, object]:
    """From path to new content, with `(content, "x")` where it can be executed."""
    return {
        path: file and ((file.content, "x") if file.executable else file.content)
        for path, file in found.changes.items()
    }


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "changes"),
    [
        # Nothing new, something new, and what both have.
        ({"a": OLD}, {"a": MINE}, {"a": OLD}, {}),
        ({"a": OLD}, {"a": OLD}, {"a": NEW}, {"a": NEW}),
        ({"a": OLD}, {"a": NEW}, {"a": NEW}, {}),
        ({"a": OLD}, {"a": MINE}, {"a": NEW}, {"a": BOTH}),
        ({}, {}, {"a": NEW}, {"a": NEW}),
        ({}, {"a": NEW}, {"a": NEW}, {}),
        ({}, {"b/c": OLD}, {"b/a": NEW}, {"b/a": NEW}),
        # Removed by the template: gone where the team has not worked in it, endings aside.
        ({"a": OLD}, {"a": OLD}, {}, {"a": None}),
        ({"a": OLD}, {"a": OLD.replace(b"\n", b"\r\n")}, {}, {"a": None}),
        ({"a": OLD}, {}, {}, {}),
        # The permission to execute, three-way.
        ({"a": OLD}, {"a": OLD}, {"a": (OLD, RUNS)}, {"a": (OLD, "x")}),
        ({"a": OLD}, {"a": MINE}, {"a": (OLD, RUNS)}, {"a": (MINE, "x")}),
        ({"a": OLD}, {"a": MINE}, {"a": (NEW, RUNS)}, {"a": (BOTH, "x")}),
        ({"a": OLD}, {"a": (MINE, RUNS)}, {"a": NEW}, {"a": (BOTH, "x")}),
        ({"a": (OLD, RUNS)}, {"a": MINE}, {"a": (NEW, RUNS)}, {"a": BOTH}),
        ({"a": (OLD, RUNS)}, {"a": (OLD, RUNS)}, {"a": OLD}, {"a": OLD}),
        ({"a": OLD}, {"a": (OLD, RUNS)}, {"a": NEW}, {"a": (NEW, "x")}),
        # Several paths at once.
        ({"a": OLD, "b": OLD}, {"a": OLD, "b": OLD}, {"a": NEW, "c": b"else\n" * 40},
         {"a": NEW, "b": None, "c": b"else\n" * 40}),
    ],
)  # fmt: skip
def test_what_arrives(base, ours, theirs, changes):
    found = merged(base, ours, theirs)
    assert contents(found) == changes
    assert (found.findings, found.moved, found.carried) == ([], {}, {})


DELETED = "the team has deleted it; it stays deleted"
OWN = "the team has a file of its own there, which stays"
KEPT = "the template no longer has it, but the team has worked in it; it stays"
SHORT = NEW.decode()[:300].rstrip() + " …"
BINARY = b"\0" + OLD


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "finding"),
    [
        ({"a": OLD}, {}, {"a": NEW}, Finding("deleted", "a", 0, DELETED, SHORT)),
        ({"a": OLD}, {"a": MINE}, {}, Finding("kept", "a", 0, KEPT)),
        ({"a": OLD}, {"a": (b"x", LINK)}, {}, Finding("kept", "a", 0, KEPT)),
        ({}, {"a": MINE}, {"a": NEW}, Finding("occupied", "a", 0, OWN, SHORT)),
        ({}, {"a": MINE}, {"a": b"new\n"}, Finding("occupied", "a", 0, OWN, "new\n")),
        ({}, {"A": MINE}, {"a": b"n"},
         Finding("occupied", "a", 0, "the team's 'A' is in its place and stays", "n")),
        ({}, {"a": MINE}, {"a/b/c": b"n"},
         Finding("occupied", "a/b/c", 0, "the team's 'a' is in its place and stays", "n")),
        ({}, {"A/b": MINE}, {"a": b"n"},
         Finding("occupied", "a", 0, "the team's 'a' is in its place and stays", "n")),
        ({"a": OLD}, {"a": (b"x", LINK)}, {"a": NEW},
         Finding("occupied", "a", 0, "the team has a link or a submodule there, which stays",
                 SHORT)),
        ({"a": OLD}, {"a": BINARY}, {"a": NEW},
         Finding("replaced", "a", 0,
                 "the team has replaced it with a file of its own, which stays", SHORT)),
        ({"a": OLD}, {"a": MINE}, {"a": BINARY},
         Finding("replaced", "a", 0,
                 "the team has replaced it with a file of its own, which stays")),
        ({"a": OLD}, {"a": CLASHING}, {"a": NEW},
         Finding("clash", "a", 1, "both changed these lines; the team's stand",
                 "a line of the template, number zero")),
        ({"a.ipynb": b"{}"}, {"a.ipynb": b"{"}, {"a.ipynb": b"[]"}, None),
        ({"a": OLD}, {"a": b"m" * 5_000_001}, {"a": NEW},
         Finding("unreadable", "a", 0, "has 5 MB, too much to merge; it stays", SHORT)),
    ],
)  # fmt: skip
def test_what_does_not_arrive_is_said_and_the_teams_stays(base, ours, theirs, finding):
    found = merged(base, ours, theirs)
    assert found.changes == {}
    if finding is None:
        (only,) = found.findings
        assert (only.kind, only.path, only.theirs) == ("unreadable", "a.ipynb", "")
        assert only.message.endswith("; it stays")
    else:
        assert found.findings == [finding]


def test_a_file_that_cannot_be_read_stays():
    found = merged({"a": OLD}, {"a": MINE}, {"a": NEW}, broken="a")
    said = "cannot be read (it is damaged); it stays"
    assert found.findings == [Finding("unreadable", "a", 0, said, SHORT)]
    assert found.changes == {}


@pytest.mark.parametrize(
    ("base", "ours", "theirs", "renames", "changes", "moved", "carried", "kinds"),
    [
        # The template has moved a file: it goes along, with what the team wrote.
        ({"a": OLD}, {"a": OLD}, {"b": OLD}, {}, {"a": None, "b": OLD}, {}, {"a": "b"}, []),
        ({"a": OLD}, {"a": MINE}, {"b": NEW}, {}, {"a": None, "b": BOTH}, {}, {"a": "b"}, []),
        ({"a": OLD}, {}, {"b": OLD}, {}, {}, {}, {}, [("deleted", "b")]),
        ({"a": OLD}, {"a": MINE, "b": b"own"}, {"b": OLD}, {}, {}, {}, {}, [("occupied", "b")]),
        ({"a": OLD}, {"b": MINE}, {"b": NEW}, {"a": "b"}, {"b": BOTH}, {"a": "b"}, {}, []),
        ({"a": OLD}, {"c": MINE}, {"b": OLD}, {"a": "c"}, {"b": OLD}, {"a": "c"}, {},
         [("kept", "c")]),
        ({"a": OLD}, {"a": (b"x", LINK)}, {"b": OLD}, {}, {"b": OLD}, {}, {},
         [("occupied", "a")]),
        # The team has moved a file, or a folder.
        ({"a": OLD}, {"c": MINE}, {"a": NEW}, {"a": "c"}, {"c": BOTH}, {"a": "c"}, {}, []),
        ({"d/a": OLD, "d/b": MINE}, {"e/a": OLD, "e/b": MINE}, {"d/a": OLD, "d/b": MINE,
         "d/c": b"new"}, {"d/a": "e/a", "d/b": "e/b"}, {"e/c": b"new"}, {"d/c": "e/c"}, {}, []),
        ({"d/a": OLD, "d/b": MINE}, {"e/a": OLD, "d/b": MINE}, {"d/a": OLD, "d/b": MINE,
         "d/c": b"new"}, {"d/a": "e/a"}, {"d/c": b"new"}, {}, {}, []),
        ({"d/a": OLD, "d/f/b": MINE}, {"e/a": OLD, "e/f/b": MINE}, {"d/a": OLD, "d/f/b": NEW},
         {"d/a": "e/a"}, {"e/f/b": BOTH.replace(b"eight", b"8")}, {"d/f/b": "e/f/b"}, {}, None),
        ({"a": OLD}, {"e/a": OLD}, {"a": OLD, "c": b"new"}, {"a": "e/a"}, {"c": b"new"}, {}, {},
         []),
    ],
)  # fmt: skip
def test_moves_are_followed(base, ours, theirs, renames, changes, moved, carried, kinds):
    found = merged(base, ours, theirs, renames)
    if kinds is not None:
        assert contents(found) == changes
        assert [(one.kind, one.path) for one in found.findings] == kinds
    assert found.moved == moved
    assert found.carried == carried
