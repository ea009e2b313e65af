"""Go through an expanded LaTeX document once and keep what is printed."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from litreview.papers.paper import Builder, Paper
from litreview.papers.tex_bibliography import Entry, cited
from litreview.papers.tex_commands import (
    DROPPED,
    FLOATS,
    KEPT_LAST,
    LEVELS,
    MATH,
    NOT_READ,
    REF_WORDS,
    REFERENCES,
    TABLES,
)
from litreview.papers.tex_macros import argument, bracket, group
from litreview.text.latex import is_known, to_text

_TOKEN = re.compile(
    r"\\(?P<name>[A-Za-z@]+)\*?|\\(?P<sign>.)|(?P<math>\$\$?)|(?P<gap>\n[ \t]*\n\s*)"
    r"|(?P<text>[^\\$\n]+|\n)",
    re.DOTALL,
)
_COLUMN = re.compile(r"(?<!\\)&")
_MARK = "\ue000"  # around a label whose number is known only at the end
MAX_NESTING = 100
MAX_TOKENS = 2_000_000
MAX_SEARCHED = 100_000_000  # characters that were looked through for the ends of environments


@dataclass
class _Block:
    """Something printed whose references to other parts are not known yet."""

    kind: str
    text: str
    level: int = 0
    rows: list[list[str]] = field(default_factory=list)


class Reader:
    """Reads an expanded document in one pass."""

    def __init__(self, known: dict[str, Entry]) -> None:
        self.known = known
        self.builder = Builder("latex")
        self.blocks: list[_Block] = []
        self.labels: dict[str, str] = {}
        self.counters = {"section": 0, "subsection": 0, "subsubsection": 0, "table": 0,
                         "figure": 0, "equation": 0, "footnote": 0}  # fmt: skip
        self.appendix = False
        self.current = ("section", "")
        self.footnotes: list[str] = []
        self.floats: list[str] = []
        self.tokens = 0
        self.searched = 0

    def preamble(self, text: str) -> None:
        """Take the title, which may stand before the document."""
        for match in re.finditer(r"\\(?:icml|)title(?![A-Za-z])\*?", text):
            self.title(text, match.end())

    def title(self, text: str, start: int) -> int:
        """Take the title behind its command; the offset behind it."""
        short = bracket(text, start)
        found = group(text, short[1] if short else start)
        if found is None:
            return start
        plain = self.plain(found[0])
        if plain and not self.builder.title:
            self.builder.title = plain
        return found[1]

    def read(self, text: str) -> None:
        """Read text in vertical order; blocks are collected."""
        pieces: list[str] = []
        self.run(text, pieces, 0)
        self.flush(pieces)

    def run(self, text: str, pieces: list[str], depth: int) -> None:
        """Go through a text token by token."""
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                position += 1
                continue
            self.tokens += 1
            if self.tokens > MAX_TOKENS:
                self.builder.note("it is longer than a paper, so it was read in part")
                return
            position = match.end()
            if match["text"]:
                # A tie is a space, but not in an address.
                pieces.append(re.sub(r"(?<!/)~", " ", match["text"]))
            elif match["gap"]:
                self.flush(pieces)
            elif match["math"]:
                position = self.formula(text, position, match["math"], pieces)
            elif match["sign"]:
                position = self.sign(text, position, match["sign"], pieces)
            elif depth < MAX_NESTING:
                position = self.command(match["name"], match[0], text, position, pieces, depth)

    def formula(self, text: str, start: int, mark: str, pieces: list[str]) -> int:
        """Take a formula between dollars."""
        last = start + 5_000
        end = text.find(mark, start, last)
        while end > 0 and text[end - 1] == "\\":
            end = text.find(mark, end + 1, last)
        if end < 0:
            return start
        pieces.append(_math(text[start:end]))
        return end + len(mark)

    def sign(self, text: str, position: int, sign: str, pieces: list[str]) -> int:
        r"""Take a control sign: `\[`, `\(`, an accent, a line break."""
        closing = {"[": r"\]", "(": r"\)"}.get(sign)
        if closing:
            end = text.find(closing, position, position + 20_000)
            if end >= 0:
                pieces.append(_math(text[position:end]))
                return end + 2
            return position
        if sign == "\\":
            skip = bracket(text, position)
            pieces.append(" ")
            return skip[1] if skip else position
        pieces.append("\\" + sign)
        return position

    def command(
        self, name: str, whole: str, text: str, position: int, pieces: list[str], depth: int
    ) -> int:
        """Handle one command; the offset to go on from."""
        if name == "begin":
            return self.environment(text, position, pieces, depth)
        if name in LEVELS:
            return self.heading(name, whole, text, position, pieces)
        if name in ("footnote", "footnotetext", "thanks"):
            value, end = argument(text, position)
            if name != "thanks":
                self.footnotes.append(value)
            return end
        if "cite" in name.lower() and name not in ("nocite", "citestyle"):
            return self.citation(name, text, position, pieces)
        if name in REFERENCES:
            value, end = argument(text, position)
            kind = "word:" if name in ("autoref", "cref", "Cref", "vref") else ""
            pieces.append(f"{_MARK}{kind}{value}{_MARK}")
            return end
        if name == "label":
            value, end = argument(text, position)
            self.labels[value] = f"{self.current[0]} {self.current[1]}"
            return end
        if name == "caption":
            return self.caption(text, position)
        if name in ("title", "icmltitle"):
            return self.title(text, position)
        if name == "appendix":
            self.appendix = True
            self.counters["section"] = 0
            return position
        if name == "twocolumn":  # what stands in its brackets is printed over both columns
            return position + text.startswith("[", position)
        if name in ("item", "par", "newline", "linebreak", "newpage", "maketitle", "bibitem"):
            if name in ("item", "par", "newpage"):
                self.flush(pieces)
            skip = bracket(text, position) if name == "item" else None
            if skip:
                pieces.append(skip[0] + " ")
                return skip[1]
            return position
        if name in ("abstract", "acks", "acknowledgments", "acknowledgements"):
            self.flush(pieces)
            self.block("heading", name.capitalize(), 1)
            return position
        return self.other(name, text, position, pieces, depth)

    def other(self, name: str, text: str, position: int, pieces: list[str], depth: int) -> int:
        """Handle a command that only sets type, or one that nobody knows."""
        if name in DROPPED:
            for _ in range(DROPPED[name]):
                while (skip := bracket(text, position)) is not None:
                    position = skip[1]
                paired = re.compile(r"\s*\([^()]{0,20}\)").match(text, position)
                found = group(text, paired.end() if paired else position)
                if found is None:
                    break
                position = found[1]
            return position
        if name in KEPT_LAST:
            value = ""
            for _ in range(KEPT_LAST[name]):
                skip = bracket(text, position)
                value, position = argument(text, skip[1] if skip else position)
            self.run(value, pieces, depth + 1)
            return position
        # A font or an unknown command: what it prints is most likely its last argument.
        pieces.append(f"\\{name}" if is_known(name) else " ")
        skip = bracket(text, position)
        found = group(text, skip[1] if skip else position)
        if found is None:
            if text[position : position + 1].isalnum() or text[position : position + 1] == "\\":
                pieces.append(" ")
            return position
        pieces.append("{" if is_known(name) else "")
        self.run(found[0], pieces, depth + 1)
        pieces.append("}" if is_known(name) else "")
        return found[1]

    def environment(self, text: str, position: int, pieces: list[str], depth: int) -> int:
        """Read from `begin` to its `end`."""
        name, start = argument(text, position)
        bare = name.strip().rstrip("*")
        if self.searched > MAX_SEARCHED:
            return start
        end, after = _end_of(text, start, name)
        self.searched += after - start
        inner = text[start:end]
        if bare in MATH:
            self.counters["equation"] += not name.endswith("*")
            for label in re.findall(r"\\label\{([^{}]{1,100})\}", inner):
                self.labels[label] = f"equation {self.counters['equation']}"
            if len(inner) < 20_000:
                pieces.append(_math(re.sub(r"\\label\{[^{}]{1,100}\}", "", inner)))
        elif bare in TABLES or (bare not in FLOATS | NOT_READ and _is_table(inner)):
            self.tabular(inner)
        elif bare in FLOATS:
            self.floating(bare, inner, depth)
        elif bare in NOT_READ:
            pass
        else:
            self.plain_environment(bare, inner, pieces, depth)
        return after

    def plain_environment(self, name: str, inner: str, pieces: list[str], depth: int) -> None:
        """Read an environment of running text."""
        skip = bracket(inner, 0)
        inner = inner[skip[1] :] if skip else inner
        if name in ("minipage", "multicols", "adjustbox", "spacing", "tabularx", "CCSXML"):
            inner = argument(inner, 0)[0] and inner[argument(inner, 0)[1] :]
        if name == "CCSXML":
            return
        named = {"abstract": "Abstract", "acks": "Acknowledgments"}.get(name)
        self.flush(pieces)
        if named:
            self.block("heading", named, 1)
        self.run(inner, pieces, depth + 1)
        self.flush(pieces)

    def floating(self, kind: str, inner: str, depth: int) -> None:
        """Read a table or figure; its caption is given to what it holds."""
        kind = "table" if "table" in kind else "figure" if "figure" in kind else "other"
        before = len(self.blocks)
        self.floats.append(kind)
        saved, self.current = self.current, (kind, str(self.counters.get(kind, 0) + 1))
        side: list[str] = []
        self.run(inner, side, depth + 1)
        self.current = saved
        self.floats.pop()
        captions = [b for b in self.blocks[before:] if b.kind == "caption"]
        tables = [b for b in self.blocks[before:] if b.kind == "table"]
        others = [b for b in self.blocks[before:] if b.kind not in ("caption", "table")]
        del self.blocks[before:]
        caption = " ".join(block.text for block in captions)
        if tables or kind == "table":
            for table in tables or [_Block("table", "")]:
                table.text = table.text or caption
                self.blocks.append(table)
        elif caption:
            self.blocks.append(_Block("figure", caption))
        self.blocks += others
        plain = "".join(side)
        if len(to_text(plain[:5_000]).split()) > 12:
            self.blocks.append(_Block("paragraph", plain))

    def caption(self, text: str, position: int) -> int:
        """Take a caption, with the number that is printed before it."""
        short = bracket(text, position)
        value, end = argument(text, short[1] if short else position)
        kind = self.floats[-1] if self.floats else "figure"
        number = ""
        if kind in ("table", "figure"):
            self.counters[kind] += 1
            number = f"{kind.capitalize()} {self.counters[kind]}: "
        self.blocks.append(_Block("caption", number + self.sub(value)))
        return end

    def tabular(self, inner: str) -> None:
        """Read the cells of a table."""
        if inner.lstrip().startswith("["):
            inner = inner[inner.index("]") + 1 :] if "]" in inner[:100] else inner
        first = group(inner, 0)
        inner = inner[first[1] :] if first else inner
        second = group(inner, 0)  # tabularx has its width first
        if second and re.fullmatch(r"[\s|lcrpXm@{}\d.\\a-z>*!<()=-]{1,300}", second[0]):
            inner = inner[second[1] :]
        rows = []
        for row in re.split(r"\\\\(?:\[[^\]]{0,20}\])?|\\tabularnewline\b", inner)[:5_000]:
            row = re.sub(r"\\(?:hline|toprule|midrule|bottomrule|endhead|endfoot)\b", "", row)
            cells = re.split(r"(?<!\\)&", row)
            rows.append([self.sub(cell) for cell in cells[:200]])
        self.blocks.append(_Block("table", "", rows=rows))

    def heading(self, kind: str, whole: str, text: str, position: int, pieces: list[str]) -> int:
        """Begin a section, with its number."""
        self.flush(pieces)
        short = bracket(text, position)
        value, end = argument(text, short[1] if short else position)
        number = ""
        if kind in ("section", "subsection", "subsubsection") and not whole.endswith("*"):
            names = ["section", "subsection", "subsubsection"]
            place = names.index(kind)
            self.counters[kind] += 1
            for lower in names[place + 1 :]:
                self.counters[lower] = 0
            counts = [self.counters[name] for name in names[: place + 1]]
            first = chr(64 + counts[0]) if self.appendix and 0 < counts[0] < 27 else str(counts[0])
            number = ".".join([first, *map(str, counts[1:])])
            self.current = (kind, number)
        self.block("heading", f"{number} {self.sub(value)}".strip(), LEVELS[kind])
        return end

    def citation(self, name: str, text: str, position: int, pieces: list[str]) -> int:
        """Print a citation."""
        while (skip := bracket(text, position)) is not None:
            position = skip[1]
        found = group(text, position)
        if found is None:
            return position
        shown = cited(name, found[0].split(","), self.known)
        if pieces and not pieces[-1][-1:].isspace() and pieces[-1][-1:] not in "~(":
            pieces.append(" ")
        # Underscores in keys are no formula.
        pieces.append(shown.replace("_", r"\_"))
        return found[1]

    def sub(self, text: str) -> str:
        """What an argument prints, its footnotes left to the paragraph."""
        pieces: list[str] = []
        kept = self.blocks
        self.blocks = []
        self.run(text, pieces, MAX_NESTING - 8)
        inside, self.blocks = self.blocks, kept
        return " ".join([*(block.text for block in inside if block.kind == "paragraph"),
                         "".join(pieces)])  # fmt: skip

    def plain(self, text: str) -> str:
        """A short text, its references to other parts resolved or dropped."""
        return to_text(self.resolved(self.sub(text)))

    def flush(self, pieces: list[str]) -> None:
        """End a paragraph; its footnotes follow."""
        text = "".join(pieces)
        pieces.clear()
        if text.strip(" \n\t{}~"):
            self.block("paragraph", text)
        notes, self.footnotes = self.footnotes, []
        for note in notes:
            self.block("paragraph", self.sub(note))

    def block(self, kind: str, text: str, level: int = 0) -> None:
        """Add a finished block."""
        self.blocks.append(_Block(kind, text, level))

    def resolved(self, text: str) -> str:
        """Put the numbers of labels in."""
        if _MARK not in text:
            return text

        def number(match: re.Match[str]) -> str:
            label = match[1].removeprefix("word:")
            numbers = []
            for name in label.split(","):
                kind, _, value = self.labels.get(name.strip(), "").partition(" ")
                with_word = f"{REF_WORDS.get(kind, '')} {value}".strip()
                numbers.append(with_word if "word:" in match[1] else value)
            return ", ".join(n for n in numbers if n) or "??"

        return re.sub(f"{_MARK}([^{_MARK}]{{0,500}}){_MARK}", number, text)

    def finish(self) -> Paper:
        """Write down everything, now that all numbers are known."""
        build = self.builder
        for block in self.blocks:
            text = _readable(self.resolved(block.text))
            if block.kind == "heading":
                build.heading(text, block.level)
            elif block.kind in ("paragraph", "caption"):
                build.paragraph(text)
            elif block.kind == "figure":
                build.figure(text)
            else:
                rows = [[_readable(self.resolved(cell)) for cell in row] for row in block.rows]
                build.table(text, rows)
        for entry in self.known.values():
            build.reference(entry.printed)
        return build.paper()


def _is_table(inner: str) -> bool:
    r"""Tell whether an environment that nobody knows holds rows: `a & b \\`."""
    if r"\begin{" in inner or len(inner) > 100_000:
        return False
    return len(_COLUMN.findall(inner)) >= 2 and inner.count("\\\\") >= 2


def _readable(text: str) -> str:
    plain = to_text(text)
    return re.sub(r"\s+([,.;:)])", r"\1", plain)


def _math(text: str) -> str:
    """A formula for `to_text`: one line between dollars."""
    text = re.sub(r"\\(?:nonumber|notag|label\{[^{}]{0,100}\})|(?<!\\)\$", "", text)
    return f" ${' '.join(text.split())}$ " if len(text) > 60 else f"${' '.join(text.split())}$"


def _end_of(text: str, start: int, name: str) -> tuple[int, int]:
    """Where an environment's content ends, and the offset behind its end."""
    depth = 1
    marks = re.compile(rf"\\(begin|end)\s*\{{\s*{re.escape(name)}\s*\}}")
    for match in marks.finditer(text, start):
        depth += 1 if match[1] == "begin" else -1
        if depth == 0:
            return match.start(), match.end()
    return len(text), len(text)
