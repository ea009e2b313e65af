"""What was made of small objects is kept for the next repository that has them, within bounds."""

from __future__ import annotations

import pytest

from coursekit.git import recent
from coursekit.git.recent import MAX_BYTES, MAX_OBJECTS, Recent


class Shelf:
    """An object's content, and how often it was read."""

    def __init__(self, content: bytes) -> None:
        self.content = content
        self.times = 0

    def read(self) -> bytes:
        self.times += 1
        return self.content


@pytest.mark.parametrize(("size", "times"), [(0, 1), (MAX_BYTES, 1), (MAX_BYTES + 1, 2)])
def test_a_small_object_is_read_once(size, times):
    """A large one is read again: a hostile repository must not fill the memory."""
    shelf, kept = Shelf(b"a" * size), Recent[int]()
    assert [kept.get("name", shelf.read, len) for _ in range(2)] == [size, size]
    assert shelf.times == times


def test_objects_are_told_apart_by_their_names():
    kept = Recent[bytes]()
    found = [kept.get(name, lambda: name.encode(), bytes) for name in ("a", "b", "a")]  # noqa: B023
    assert found == [b"a", b"b", b"a"]


def test_so_many_are_kept_and_then_it_begins_again(monkeypatch):
    assert MAX_OBJECTS * MAX_BYTES <= 16_000_000
    monkeypatch.setattr(recent, "MAX_OBJECTS", 3)
    shelf, kept = Shelf(b"a"), Recent[int]()
    for name in "abcabc":
        kept.get(name, shelf.read, len)
    assert shelf.times == 3
    kept.get("d", shelf.read, len)
    kept.get("d", shelf.read, len)
    kept.get("a", shelf.read, len)
    assert shelf.times == 5


def test_what_cannot_be_read_is_asked_for_again():
    kept = Recent[int]()

    def fail() -> bytes:
        raise OSError("gone")

    for _ in range(2):
        with pytest.raises(OSError, match="gone"):
            kept.get("name", fail, len)
    assert kept.get("name", lambda: b"ab", len) == 2
