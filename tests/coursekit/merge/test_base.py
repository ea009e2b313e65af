"""Which version of the template each path of a team's branch holds, told by contents alone."""

from __future__ import annotations

import pytest

from coursekit.git.history import History
from coursekit.git.repository import Entry, blob_name
from coursekit.merge.base import Proposal, find_base, spellings

LONG = b"a line that is long enough to be no accident, number %d\n"
MARK = b"\xef\xbb\xbf"
Tree = dict[str, bytes]


def text(*numbers: int) -> bytes:
    return b"".join(LONG % number for number in numbers)


class Shelf:
    """Contents by their names, and what was read of them."""

    def __init__(self) -> None:
        self.contents: dict[str, bytes] = {}

    def entries(self, tree: Tree, mode: str = "100644") -> dict[str, Entry]:
        found = {}
        for path, content in tree.items():
            name = blob_name(content)
            self.contents[name] = content
            found[path] = Entry(name, len(content), mode)
        return found


def base_of(
    versions: list[Tree],
    ours: Tree,
    had: list[tuple[str, bytes]],
    record: Tree | None = None,
    proposal: tuple[int, Tree] | None = None,
    mode: str = "100644",
) -> Tree:
    """The base's contents; `had` is what the branch had, the newest first, besides what it has."""
    shelf = Shelf()
    order: dict[str, int] = {}
    places: dict[str, set[str]] = {}
    for path, content in [*ours.items(), *had]:
        order.setdefault(blob_name(content), len(order))
        places.setdefault(path, set()).add(blob_name(content))
    found = find_base(
        [shelf.entries(version, mode) for version in versions],
        shelf.entries(ours, mode),
        History(order, places),
        lambda entry: shelf.contents[entry.oid],
        None if record is None else shelf.entries(record, mode),
        proposal
        and Proposal(
            proposal[0], {path: blob_name(content) for path, content in proposal[1].items()}
        ),
    )
    return {path: shelf.contents[entry.oid] for path, entry in found.items()}


ONE, TWO, THREE = text(1, 2, 3), text(1, 2, 4), text(1, 5, 6)
A, B, C = {"a": ONE}, {"a": TWO}, {"a": THREE}


@pytest.mark.parametrize(
    ("versions", "ours", "had", "expected"),
    [
        # What is the same in all versions is there anyway.
        ([A, A], {"a": text(9)}, [], A),
        ([A, A], {}, [], A),
        # The newest version that the path has had, whatever was written since.
        ([A, B, C], {"a": text(9)}, [("a", TWO)], B),
        ([A, B, C], {"a": text(9)}, [("a", TWO), ("a", ONE)], B),
        ([A, B, C], {"a": ONE}, [], A),
        ([A, B, C], {"a": THREE}, [], C),
        ([A, B, C], {"a": text(9)}, [], A),
        # Endings and a mark at the beginning are no other content.
        ([A, B], {"a": TWO.replace(b"\n", b"\r\n")}, [], B),
        ([A, B], {"a": MARK + TWO.replace(b"\n", b"\r\n")}, [], B),
        # At another path, where it is long and its own is gone.
        ([A, B], {"moved": TWO}, [], B),
        ([A, B], {"moved": TWO, "a": text(9)}, [], A),
        ([{"a": b"1" * 40}, {"a": b"2" * 40}], {"moved": b"2" * 40}, [], {"a": b"2" * 40}),
        ([{"a": b"1" * 39}, {"a": b"2" * 39}], {"moved": b"2" * 39}, [], {"a": b"1" * 39}),
        # The template went back to what it was: what came last tells.
        ([A, B, A], {"a": text(9)}, [("a", TWO), ("a", ONE)], B),
        ([A, B, A], {"a": text(9)}, [("a", ONE), ("a", TWO)], A),
        ([A, B, A, C], {"a": text(9)}, [("a", ONE)], A),
        # What is new in a version has arrived or not.
        ([{}, A], {}, [], {}),
        ([{}, A], {"a": text(9)}, [("a", ONE)], A),
        ([A, {}], {"a": ONE}, [], A),
        # Half of a version has arrived, so the rest of it has, where it is nearer.
        ([{"a": ONE, "b": ONE}, {"a": TWO, "b": TWO}],
         {"a": TWO, "b": text(1, 2, 4, 9)}, [], {"a": TWO, "b": TWO}),
        ([{"a": ONE, "b": ONE}, {"a": TWO, "b": TWO}],
         {"a": TWO, "b": text(1, 2, 3, 9)}, [], {"a": TWO, "b": ONE}),
        ([{"a": ONE, "b": ONE, "c": ONE}, {"a": TWO, "b": TWO, "c": TWO}],
         {"a": TWO, "b": text(1, 2, 4, 9), "c": text(1, 2, 4, 9)}, [],
         {"a": TWO, "b": ONE, "c": ONE}),
        ([{"a": ONE, "b": ONE}, {"a": TWO, "b": TWO}], {"a": TWO}, [("b", ONE)],
         {"a": TWO, "b": TWO}),
        ([{"a": ONE, "b": ONE}, {"a": TWO, "b": TWO}], {"a": TWO, "b": ONE}, [],
         {"a": TWO, "b": ONE}),
        ([{"a": ONE, "b": ONE}, {"a": TWO}], {"a": TWO}, [("b", ONE)], {"a": TWO}),
        ([{"a": ONE}, {"a": TWO, "b": TWO}], {"a": TWO, "b": text(8)}, [], {"a": TWO, "b": TWO}),
    ],
)  # fmt: skip
def test_a_path_has_received_the_newest_version_that_its_history_holds(
    versions, ours, had, expected
):
    assert base_of(versions, ours, had) == expected


@pytest.mark.parametrize(
    ("old", "new", "mine", "is_new"),
    [
        (text(1, 2, 3), text(1, 2), text(1, 9), True),
        (text(1, 2, 3), text(1, 2), text(1, 2, 3, 9), False),
        (text(1, 3, 4), text(1), text(1, 3, 9), False),
        (text(1, 3, 4, 5), text(1), text(1, 3, 9), True),
        (text(1, 2), text(1, 2, 3), text(1, 3, 9), True),
        (text(1, 2), text(1, 2, 3), text(1, 9), False),
        (text(1), text(1, 3, 4), text(1, 3, 9), False),
        (text(1), text(1, 3, 4, 5), text(1, 3, 5, 9), True),
        (ONE, TWO, text(1, 2, 9), False),
        (ONE, TWO, text(1, 2, 3, 4), False),
        (text(1, 3, 5), text(1, 4, 6), text(3, 5, 4, 9), False),
        (text(1, 3, 5), text(1, 4, 6), text(3, 6, 4, 9), True),
        (ONE, TWO, b"".join(b"  " + line[:-1] + b",  \r\n" for line in [LONG % 1, LONG % 4]), True),
        (ONE, ONE[::-1] + ONE[::-1], ONE[:-1], False),
    ],
)  # fmt: skip
def test_a_file_without_a_trace_belongs_to_the_version_it_is_nearer_to(old, new, mine, is_new):
    """By the lines that only one of the two has."""
    versions = [{"a": ONE, "b": old}, {"a": TWO, "b": new}]
    found = base_of(versions, {"a": TWO, "b": mine}, [])
    assert found == {"a": TWO, "b": new if is_new else old}


def test_a_path_that_a_team_has_moved_has_the_history_of_both_places():
    shelf = Shelf()
    versions = [shelf.entries({"a": ONE}), shelf.entries({"a": TWO}), shelf.entries({"a": THREE})]
    ours = shelf.entries({"b": text(9)})
    history = History({}, {"b": {blob_name(TWO)}, "a": {blob_name(ONE)}})

    def found(moved: dict[str, str]) -> bytes:
        base = find_base(
            versions, ours, history, lambda e: shelf.contents[e.oid], moved=moved
        )  # fmt: skip
        return shelf.contents[base["a"].oid]

    assert found({}) == ONE
    assert found({"a": "b"}) == TWO
    assert found({"a": "nowhere"}) == ONE


@pytest.mark.parametrize(
    ("ours", "had", "record", "expected"),
    [
        # What is on record, where the history tells nothing.
        ({"a": text(9)}, [], B, B),
        ({"a": text(9)}, [], {}, A),
        ({}, [], B, B),
        # A later record than what the history holds counts where the file is nearer to it.
        ({"a": text(1, 2, 4, 9)}, [("a", ONE)], B, B),
        ({"a": text(1, 2, 3, 9)}, [("a", ONE)], B, A),
        ({"a": THREE}, [], A, C),
        # The branch stands before the record: somebody has set it back.
        ({"a": ONE}, [("a", TWO)], C, A | {"a": TWO}),
        ({"a": ONE}, [], B, A),
    ],
)
def test_a_record_tells_what_the_history_does_not(ours, had, record, expected):
    assert base_of([A, B, C], ours, had, record) == expected


def test_one_path_that_was_set_back_is_enough_beside_many_that_are_gone():
    others = [f"{number}" for number in range(8)]
    versions = [dict.fromkeys(["a", *others], content) for content in (ONE, TWO, THREE)]
    found = base_of(versions, {"a": ONE}, [("a", TWO)], record=versions[2])
    assert found["a"] == TWO


def test_a_proposal_that_was_taken_over_counts_as_its_version():
    merged = text(1, 2, 4, 9)
    later = text(7)
    versions, had = [A, B], [("a", merged), ("a", text(1, 2, 3, 9))]
    assert base_of(versions, {"a": later}, had, proposal=(1, {"a": merged})) == B
    assert base_of(versions, {"a": later}, had, proposal=(1, {"a": text(8)})) == A
    assert base_of(versions, {"a": later}, had, proposal=(-1, {"a": merged})) == A


def test_what_is_no_file_is_known_by_its_name_alone():
    versions = [{"a": ONE, "b": ONE}, {"a": TWO, "b": TWO}]
    windows = TWO.replace(b"\n", b"\r\n")
    assert base_of(versions, {"a": windows, "b": windows}, [], mode="120000") == versions[0]
    half = {"a": TWO, "b": text(1, 2, 3, 9)}
    assert base_of(versions, half, []) == {"a": TWO, "b": ONE}
    assert base_of(versions, half, [], mode="120000") == versions[1]


@pytest.mark.parametrize(
    ("content", "others"),
    [
        (b"a\nb\n", [b"a\r\nb\r\n", MARK + b"a\r\nb\r\n"]),
        (b"a\r\nb\n", [b"a\nb\n", b"a\r\nb\r\n", MARK + b"a\r\nb\r\n"]),
        (MARK + b"a\n", [b"a\n", b"a\r\n", MARK + b"a\r\n"]),
        (b"a\0\n", []),
        (b"\n" * 5_000_001, []),
    ],
)
def test_a_content_has_these_spellings(content, others):
    assert spellings(content) == {blob_name(text) for text in (content, *others)}


def test_five_million_bytes_are_still_read():
    assert len(spellings(b"\n" + b"a" * 4_999_999)) == 3


@pytest.mark.parametrize(("size", "is_known"), [(5_000_000, True), (5_000_001, False)])
def test_other_line_ends_are_looked_for_in_contents_of_five_million_bytes(size, is_known):
    old, new = (b"%d" % number + b"a" * (size - 2) + b"\n" for number in (1, 2))
    found = base_of([{"a": old}, {"a": new}], {"a": new.replace(b"\n", b"\r\n")}, [])
    assert found == {"a": new if is_known else old}
