r"""Expand a paper's own macros and the files that it includes, within bounds.

This is no TeX: conditions are not computed and registers do not exist. `\newcommand`,
`\def` with plain parameters and `\input` are what papers need to be readable. A macro that
loops stops after a number of steps, and then macros stay as they are.
"""

# Lists of many short words are read more easily as one string.
# ruff: noqa: SIM905

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import PurePosixPath

MAX_EXPANSIONS = 100_000
MAX_EXPANDED_CHARACTERS = 6_000_000
MAX_DEPTH = 60
MAX_INPUTS = 300
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%[^\n]*(?:\n[ \t]*(?=[^\s]))?")
_TOKEN = re.compile(r"\\([A-Za-z@]+)\*?[ \t]*\n?(?!\s*\n\s*\n)|\\.|[^\\]+", re.DOTALL)
_RAW = ("verbatim", "verbatim*", "Verbatim", "lstlisting", "minted", "filecontents",
        "filecontents*")  # fmt: skip
_SWITCHED_OFF = ((r"\iffalse", r"\fi"), (r"\if0", r"\fi"),
                 (r"\begin{comment}", r"\end{comment}"))  # fmt: skip
_VERB = re.compile(r"\\(?:verb\*?|lstinline)([^A-Za-z\s*{\[])([^\n]{0,300}?)\1")
_LITERAL = re.compile(r"[\\{}$&%#_]")
_ACCENTS = frozenset("uvHrcdbk")
_SPACES = re.compile(r"\s*")
_BLANKS = re.compile(r"[ \t]*")
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)
_BRACKET = re.compile(r"[{}\]]")
_ONE = re.compile(r"\\(?:[A-Za-z@]+|.)|[^{}]", re.DOTALL)
_DEFINES = frozenset(
    "newcommand renewcommand providecommand DeclareRobustCommand def gdef edef DeclareMathOperator "
    "newcommandx long".split()
)
# What the reader below knows how to read must keep its meaning, whatever a class does with it.
_KEPT = frozenset(
    "section subsection subsubsection paragraph subparagraph chapter part title caption footnote "
    "begin end item cite citep citet ref label abstract author emph textbf textit url href "
    "bibitem input include appendix maketitle bibliography".split()
)


def without_comments(text: str) -> str:
    r"""Drop comments, as TeX does: with the line's end and the next line's indentation.

    What stands in a listing is no TeX and is dropped; what stands in `\verb` is kept as letters.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    for name in _RAW:
        text = _without(text, f"\\begin{{{name}}}", f"\\end{{{name}}}")
    text = _VERB.sub(lambda match: _LITERAL.sub(_literally, match[2]), text)
    text = _COMMENT.sub(r"\1", text)
    for begin, end in _SWITCHED_OFF:
        text = _without(text, begin, end)
    return text


def _literally(match: re.Match[str]) -> str:
    return "\\textbackslash{}" if match[0] == "\\" else f"\\{match[0]}"


def _without(text: str, begin: str, end: str) -> str:
    """Drop what stands between two marks."""
    pieces = []
    position = 0
    while (start := text.find(begin, position)) >= 0:
        stop = text.find(end, start)
        if stop < 0:
            break
        pieces.append(text[position:start])
        position = stop + len(end)
    return "".join([*pieces, text[position:]])


class Source:
    """A stack of texts that are read from the top, each with a position."""

    def __init__(self, text: str) -> None:
        self.stack: list[list[object]] = [[text, 0]]

    def push(self, text: str) -> None:
        """Read this next."""
        self.stack.append([text, 0])

    def top(self) -> tuple[str, int]:
        """The text that is read now, and where; texts at their end are dropped."""
        while self.stack:
            text, position = self.stack[-1]
            assert isinstance(text, str)  # noqa: S101 - for the type checker
            assert isinstance(position, int)  # noqa: S101
            if position < len(text) or len(self.stack) == 1:
                return text, position
            self.stack.pop()
        return "", 0

    def move(self, position: int) -> None:
        """Go on from here in the text on top."""
        self.stack[-1][1] = position


def group(text: str, start: int) -> tuple[str, int] | None:
    """The balanced `{…}` that begins at or behind `start`, and the offset behind it."""
    begin = _SPACES.match(text, start).end()  # type: ignore[union-attr] # matches always
    if begin >= len(text) or text[begin] != "{":
        return None
    end = _braces(text).get(begin)
    if end is None:
        return None
    return text[begin + 1 : end], end + 1


@lru_cache(maxsize=256)
def _braces(text: str) -> dict[int, int]:
    """Where the brace that is opened at an offset is closed: once for a text, in linear time."""
    closed = {}
    opened: list[int] = []
    for match in _BRACE.finditer(text):
        if match[0] == "{":
            opened.append(match.start())
        elif match[0] == "}" and opened:
            closed[opened.pop()] = match.start()
    return closed


def bracket(text: str, start: int) -> tuple[str, int] | None:
    """The `[…]` that begins at or behind `start` on the same line, and the offset behind it."""
    begin = _BLANKS.match(text, start).end()  # type: ignore[union-attr] # matches always
    if begin >= len(text) or text[begin] != "[":
        return None
    depth = 0
    for match in _BRACKET.finditer(text, begin, begin + 2_000):
        depth += {"{": 1, "}": -1}.get(match[0], 0)
        if match[0] == "]" and depth <= 0:
            return text[begin + 1 : match.start()], match.end()
    return None


def argument(text: str, start: int) -> tuple[str, int]:
    """What TeX takes as an argument: a group, a command or one character."""
    found = group(text, start)
    if found:
        return found
    start = _SPACES.match(text, start).end()  # type: ignore[union-attr] # matches always
    match = _ONE.match(text, start)
    return (match[0], match.end()) if match else ("", start)


class Expander:
    """Expands one paper.

    Attributes:
        notes: What could not be expanded, a sentence each.
    """

    def __init__(self, files: Mapping[str, str]) -> None:
        self.files = files
        self.macros: dict[str, tuple[int, str | None, str]] = {}
        self.notes: list[str] = []
        self.inputs = 0
        self.steps = 0

    def expand(self, text: str) -> str:
        """The text with own macros and included files put in."""
        source = Source(self.prepared(text))
        out: list[str] = []
        length = 0
        while True:
            top, position = source.top()
            match = _TOKEN.match(top, position)
            if match is None:
                if position < len(top):  # a lone backslash at the end
                    source.move(len(top))
                    continue
                break
            source.move(match.end())
            name = match[1]
            if name is None or not self.command(name, match, top, source):
                out.append(match[0])
                length += len(match[0])
            if length > MAX_EXPANDED_CHARACTERS:
                self.note("its macros expand without end, so it was read in part")
                break
        return "".join(out)

    def prepared(self, text: str) -> str:
        """A file's text without comments and without the branches that are switched off."""
        return without_comments(text)

    def command(self, name: str, match: re.Match[str], top: str, source: Source) -> bool:
        """Handle a command that is a definition, an inclusion or an own macro."""
        if name in _DEFINES:
            end = self.define(name, top, match.end())
            if end is not None:
                source.move(end)
                return True
            return False
        if name in ("input", "include", "subfile", "subimport", "import"):
            return self.include(name, top, match.end(), source)
        if name in self.macros and name not in _KEPT:
            return self.use(name, match, top, source)
        return False

    def use(self, name: str, match: re.Match[str], top: str, source: Source) -> bool:
        """Put a macro's text in its place."""
        self.steps += 1
        if self.steps > MAX_EXPANSIONS or len(source.stack) > MAX_DEPTH:
            self.note("its macros call themselves without end, so they stay as they are")
            return False
        count, default, body = self.macros[name]
        end = match.end()
        values = []
        if default is not None and count:
            found = bracket(top, end)
            values.append(found[0] if found else default)
            end = found[1] if found else end
        while len(values) < count:
            value, end = argument(top, end)
            values.append(value)
        if not count:
            # The white space behind the name is eaten by TeX unless {} stands there.
            end = match.end() + 2 if top.startswith("{}", match.end()) else match.end()
        source.move(end)
        text = re.sub(
            r"#(\d)", lambda m: values[int(m[1]) - 1] if 0 < int(m[1]) <= len(values) else "", body
        )
        if len(text) > MAX_EXPANDED_CHARACTERS // 10:
            self.note("its macros expand without end, so it was read in part")
            return True
        spaced = match[0][-1:].isspace() and r"\xspace" in body
        source.push(text.replace(r"\xspace", "") + (" " if spaced else ""))
        return True

    def define(self, kind: str, text: str, start: int) -> int | None:
        """Remember a definition; the offset behind it, or None if it is none."""
        if kind == "long":
            return start
        name_match = re.compile(r"\s*\{?\s*\\([A-Za-z@]+|.)\s*\}?").match(text, start)
        if name_match is None:
            return None
        name, end = name_match[1], name_match.end()
        count, default = 0, None
        if kind.endswith("def"):
            parameters = re.compile(r"((?:#\d)*)\s*(?=\{)").match(text, end)
            if parameters is None:
                return None
            count, end = len(parameters[1]) // 2, parameters.end()
        else:
            found = bracket(text, end)
            if found and found[0].strip().isdigit():
                count, end = int(found[0]), found[1]
                found = bracket(text, end)
                if found:
                    default, end = found
        body = group(text, end)
        if body is None:
            return None
        value = rf"\mathrm{{{body[0]}}}" if kind == "DeclareMathOperator" else body[0]
        if f"\\{name}" in value and re.search(rf"\\{re.escape(name)}(?![A-Za-z@])", value):
            self.note("its macros call themselves without end, so they stay as they are")
        elif name.isalpha() and name not in _ACCENTS and count <= 9:
            self.macros[name] = (count, default, value)
        return body[1]

    def include(self, kind: str, text: str, start: int, source: Source) -> bool:
        """Read an included file next."""
        folder = ""
        if kind in ("import", "subimport"):
            folder, start = argument(text, start)
        found = group(text, start)
        if found is None:
            match = re.compile(r"\s*([^\s\\{}]{1,200})").match(text, start)
            if match is None:
                return False
            found = match[1], match.end()
        name, end = str(PurePosixPath(folder.strip(), found[0].strip().strip('"'))), found[1]
        source.move(end)
        self.inputs += 1
        if self.inputs > MAX_INPUTS or len(source.stack) > MAX_DEPTH:
            self.note("its files include each other without end, so they were read in part")
            return True
        content = self.file(name)
        if content is None:
            self.note(f"{name[:80]!r}, which it includes, is not beside it and was not read")
        else:
            source.push(self.prepared(content))
        return True

    def file(self, name: str) -> str | None:
        """A file of the paper, by the name that TeX is given."""
        for candidate in (name, f"{name}.tex"):
            if candidate.endswith((".tex", ".bbl", ".ltx")):
                text = self.files.get(candidate)
                if text is not None:
                    return text
        return None

    def note(self, sentence: str) -> None:
        """Say something once."""
        if sentence not in self.notes:
            self.notes.append(sentence)
