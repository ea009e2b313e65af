"""Keep what was made of small objects, because a cohort's repositories have most of them in common.

An object's name is a hash of its content, which was checked when it was read, so what one
repository had under a name is right for all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

_T = TypeVar("_T")

MAX_BYTES = 8_000
MAX_OBJECTS = 2_000


class Recent(Generic[_T]):
    """What was made of the objects that were read last, by their names."""

    def __init__(self) -> None:
        self._made: dict[str, _T] = {}

    def get(self, oid: str, read: Callable[[], bytes], make: Callable[[bytes], _T]) -> _T:
        """What `make` makes of an object, kept if the object is small.

        Args:
            oid: The object's full name.
            read: Reads it.
            make: Returns a value that nobody changes.
        """
        made = self._made.get(oid)
        if made is None:
            content = read()
            made = make(content)
            if len(content) <= MAX_BYTES:
                if len(self._made) >= MAX_OBJECTS:
                    self._made.clear()
                self._made[oid] = made
        return made
