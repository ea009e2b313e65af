"""Find what still calls Python modules by a name that they had before the template moved them."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping

from coursekit.errors import RepositoryError
from coursekit.git.objects import File
from coursekit.git.repository import blob_name
from coursekit.merge.tree import OLD_NAME, Finding, TreeMerge, Version

_MAX_CODE_BYTES = 1_000_000
_MAX_FILES = 500
_MAX_NAMES = 3
_DOTTED = re.compile(r"(?<![\w.])[^\W\d]\w{0,100}(?:\.\w{1,100}){1,8}")
_FROM = re.compile(r"\bfrom[ \t]{1,9}([\w.]{1,200})[ \t]{1,9}import[ \t(]{1,9}([\w, \t]{1,300})")


def find_old_names(ours: Version, theirs: Mapping[str, File], merged: TreeMerge) -> list[Finding]:
    """Say which files of the team's own name modules that are no longer there.

    Args:
        ours: The team's files before the merge.
        theirs: The template's files now; what is as it has them is its own affair.
        merged: The merge.
    """
    after = {path for path in ours.files if merged.changes.get(path, path) is not None}
    after |= {path for path, file in merged.changes.items() if file is not None}
    gone = gone_modules(ours.files, after, merged.carried)
    if not gone:
        return []
    findings = []
    for path in sorted(path for path in after if path.endswith((".py", ".ipynb")))[:_MAX_FILES]:
        content = _own_content(path, ours, theirs, merged)
        found = list(old_names(content.decode("utf-8", "replace"), gone))
        if found:
            line = 0 if path.endswith(".ipynb") else found[0][1]
            findings.append(Finding(OLD_NAME, path, line, _sentence(found, gone)))
    return findings


def _sentence(found: list[tuple[str, int]], gone: Mapping[str, str]) -> str:
    parts = [
        f"{name}, which is now {gone[name]}" if gone[name] else f"{name}, which is gone"
        for name, _ in found[:_MAX_NAMES]
    ]
    more = f", and {len(found) - _MAX_NAMES} more" if len(found) > _MAX_NAMES else ""
    return f"still names {'; '.join(parts)}{more}; change it to the new name"


def _own_content(path: str, ours: Version, theirs: Mapping[str, File], merged: TreeMerge) -> bytes:
    """A file's content after the merge, or nothing where it is the template's or too large."""
    changed = merged.changes.get(path)
    template = theirs.get(path)
    if changed is not None:
        return b"" if template and template.content == changed.content else changed.content
    entry = ours.files[path]
    if not entry.is_file or entry.size > _MAX_CODE_BYTES:
        return b""
    if template is not None and entry.oid == blob_name(template.content):
        return b""
    try:
        return ours.read(path)
    except RepositoryError:
        return b""


def module_name(path: str) -> str:
    """What Python calls a file, or nothing where it is no module."""
    if not path.endswith(".py"):
        return ""
    parts = path.removesuffix(".py").removesuffix("/__init__").split("/")
    return ".".join(parts) if all(part.isidentifier() for part in parts) else ""


def gone_modules(
    before: Collection[str], after: Collection[str], moves: Mapping[str, str]
) -> dict[str, str]:
    """Python modules that are no longer there.

    Args:
        before: Paths before an update.
        after: Paths after it.
        moves: From an old path to its new one.

    Returns:
        From a module's old name to its new one, or to nothing where it has none.
    """
    there = {name for path in after if (name := module_name(path))}
    # A folder is a package, with an `__init__.py` or without one.
    there |= {".".join(path.split("/")[:-1]) for path in after if module_name(path)}
    names = {path: module_name(path) for path in before}
    return {
        name: module_name(moves.get(path, ""))
        for path, name in names.items()
        if name and path not in after and name not in there
    }


def old_names(text: str, gone: Mapping[str, str]) -> Iterator[tuple[str, int]]:
    """Which modules a text still calls by a name that is gone, and the first line of each."""
    seen: set[str] = set()
    for number, line in enumerate(text.splitlines(), start=1):
        for name in _named(line):
            while name and name not in gone:
                name = name.rpartition(".")[0]
            if name and name not in seen:
                seen.add(name)
                yield name, number


def _named(line: str) -> Iterator[str]:
    yield from _DOTTED.findall(line)
    for package, names in _FROM.findall(line):
        for name in names.split(","):
            if words := name.split():
                yield f"{package}.{words[0]}"
