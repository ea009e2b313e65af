"""Merge three versions of a sequence of lines, and keep the team's where both changed one.

The alignment is git's own (`git merge-file`); no conflict marker ever reaches
a result. Where both sides changed the same lines, the team's stand and the
template's are returned beside them as a `Clash`.

Reference: Khanna, Kunal and Pierce (2007), "A Formal Investigation of Diff3".
"""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.errors import GitError
from coursekit.git import git

_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Clash:
    """Lines that both sides changed.

    Attributes:
        line: Where the team's lines start in the merged file, counted from 1.
        base: The lines as the template had them.
        ours: The team's lines, which stand.
        theirs: The lines as the template has them now, which did not arrive.
    """

    line: int
    base: tuple[bytes, ...]
    ours: tuple[bytes, ...]
    theirs: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class MergedText:
    """A merged file, and what of the template did not arrive."""

    content: bytes
    clashes: tuple[Clash, ...]


def merge_text(base: bytes, ours: bytes, theirs: bytes) -> MergedText:
    r"""Merge a text file whose line endings the team may have changed.

    Lines are compared without their endings, so that a file saved with `\r\n`
    merges like any other; the team's endings and byte order mark are kept.

    Args:
        base: The template's file when the two were last the same.
        ours: The team's file.
        theirs: The template's file now.

    Raises:
        GitError: If git cannot be started.
    """
    mark = _BOM if ours.startswith(_BOM) else b""
    raw = _split(ours.removeprefix(_BOM))
    keys = [_key(line) for line in raw]
    ending = _ending(raw) or _ending(_split(theirs)) or b"\n"
    merged: list[bytes] = []
    clashes: list[Clash] = []
    for region in merge_sequences(
        [_key(line) for line in _split(base.removeprefix(_BOM))],
        keys,
        [_key(line) for line in _split(theirs.removeprefix(_BOM))],
    ):
        if isinstance(region, Clash):
            clashes.append(Clash(len(merged) + 1, region.base, region.ours, region.theirs))
            merged += region.ours
        else:
            merged += region
    closed = _closed(base, ours, theirs)
    content = b"".join(_with_endings(merged, raw, keys, ending, closed=closed))
    return MergedText(mark + content, tuple(clashes))


def merge_sequences(
    base: Sequence[bytes], ours: Sequence[bytes], theirs: Sequence[bytes]
) -> list[list[bytes] | Clash]:
    """Merge three sequences of lines without line endings.

    Returns:
        In order, lists of lines on which there is agreement, and clashes
        (whose `line` is 0: the caller counts).

    Raises:
        GitError: If git cannot be started or refuses the lines.
    """
    contents = [b"".join(line + b"\n" for line in lines) for lines in (ours, base, theirs)]
    # A label that no line can hold, since it depends on all of them.
    label = hashlib.sha256(b"\0".join(contents)).hexdigest()
    size = 23
    while any(b"=" * size in content for content in contents):
        size += 1
    with tempfile.TemporaryDirectory(prefix="coursekit-merge-") as folder:
        names = ["ours", "base", "theirs"]
        for name, content in zip(names, contents, strict=True):
            (Path(folder) / name).write_bytes(content)
        result = git.attempt(
            "merge-file", "-p", "-q", "--diff3", f"--marker-size={size}",
            "-L", label, "-L", label, "-L", label, *names,
            cwd=Path(folder),
        )  # fmt: skip
    # The exit code is the number of conflicts (at most 127); above that it failed.
    if not 0 <= result.returncode < 128:
        raise GitError(f"git merge-file failed: {git.reason(result.stderr)}")
    return list(_regions(result.stdout, label.encode(), size))


def _regions(output: bytes, label: bytes, size: int) -> Iterator[list[bytes] | Clash]:
    marks = {
        b"<" * size + b" " + label: "ours",
        b"|" * size + b" " + label: "base",
        b">" * size + b" " + label: "",
    }
    middle = b"=" * size
    parts: dict[str, list[bytes]] = {}
    agreed: list[bytes] = []
    part = ""
    for line in output.split(b"\n")[:-1]:
        if line in marks:
            if agreed:
                yield agreed
                agreed = []
            part = marks[line]
            if part == "ours":
                parts = {"ours": [], "base": [], "theirs": []}
            elif part == "":
                yield from _refine(parts["base"], parts["ours"], parts["theirs"])
        elif part == "base" and line == middle:
            part = "theirs"
        elif part:
            parts[part].append(line)
        else:
            agreed.append(line)
    if agreed:
        yield agreed


def _refine(
    base: list[bytes], ours: list[bytes], theirs: list[bytes]
) -> Iterator[list[bytes] | Clash]:
    """Take neighbouring edits apart where every line still stands in its place.

    git lets changes of neighbouring lines clash. A team fills in one field
    while the staff reword the next: line by line, that is no contradiction.
    """
    if not len(base) == len(ours) == len(theirs):
        yield Clash(0, tuple(base), tuple(ours), tuple(theirs))
        return
    clash: list[tuple[bytes, bytes, bytes]] = []
    for before, mine, yours in zip(base, ours, theirs, strict=True):
        if mine != before and yours not in (before, mine):
            clash.append((before, mine, yours))
            continue
        if clash:
            yield _clash(clash)
            clash = []
        yield [yours if mine == before else mine]
    if clash:
        yield _clash(clash)


def _clash(rows: list[tuple[bytes, bytes, bytes]]) -> Clash:
    before, mine, yours = zip(*rows, strict=True)
    return Clash(0, before, mine, yours)


def _split(content: bytes) -> list[bytes]:
    return re.findall(rb"[^\n]*\n|[^\n]+", content)


def _key(line: bytes) -> bytes:
    return line.removesuffix(b"\n").removesuffix(b"\r")


def _ending(raw: Sequence[bytes]) -> bytes:
    """The line ending that most lines have, or nothing where there is no full line."""
    ended = [line for line in raw if line.endswith(b"\n")]
    windows = sum(line.endswith(b"\r\n") for line in ended)
    return b"" if not ended else b"\r\n" if 2 * windows > len(ended) else b"\n"


def _closed(base: bytes, ours: bytes, theirs: bytes) -> bool:
    """Whether the merged file's last line has an ending: three-way, like everything else."""
    before, mine, yours = (
        not content or content.endswith(b"\n") for content in (base, ours, theirs)
    )
    return yours if mine == before else mine


def _with_endings(
    merged: Sequence[bytes],
    raw: Sequence[bytes],
    keys: Sequence[bytes],
    ending: bytes,
    *,
    closed: bool,
) -> Iterator[bytes]:
    """Give each line the ending that it has in the team's file, else the usual one there."""
    place = 0
    last = len(merged) - 1
    for number, key in enumerate(merged):
        own = ending
        if place < len(keys):
            try:
                found = keys.index(key, place, place + 200)
            except ValueError:
                pass
            else:
                own = raw[found][len(key) :] or ending
                place = found + 1
        yield key if number == last and not closed else key + own
