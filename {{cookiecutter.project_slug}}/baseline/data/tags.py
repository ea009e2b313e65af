"""The ways to write which words belong to an entity, all turned into BIO.

BIO: `B-PER I-PER O`; BIOES, also called BILOU: the last word is `E-PER` or `L-PER`, an entity of
one word `S-PER` or `U-PER`; IO: `PER PER O`, where words of one type in a row are one entity.
"""

from collections.abc import Sequence

_PREFIXES = {"B": "B", "I": "I", "E": "I", "L": "I", "M": "I", "S": "B", "U": "B"}


def as_bio(tags: Sequence[str]) -> tuple[str, ...]:
    """Tags in BIO, whichever of the ways they are written in.

    Raises:
        ValueError: If a tag is of none of the ways.
    """
    found: list[str] = []
    before = "O"
    for tag in tags:
        prefix, dash, name = tag.partition("-")
        if tag.upper() in ("O", "OUTSIDE") or tag == "_":
            found.append("O")
        elif dash and prefix in _PREFIXES and name:
            found.append(f"{_PREFIXES[prefix]}-{name}")
        elif _is_plain(tag):
            found.append(f"I-{tag}" if before == tag else f"B-{tag}")
        else:
            raise ValueError(f"the tag {tag!r} is not O, B-… or I-…; correct it")
        before = tag
    return tuple(found)


def _is_plain(tag: str) -> bool:
    """A type without a prefix, as in IO: letters, perhaps with a part after a mark."""
    return tag[:1].isalpha() and all(c.isalnum() or c in "_./:&" for c in tag)
