"""A source, written into the course's review template.

A drafted source carries an invisible marker, an HTML comment with a short hash of
each line that the tool wrote. A line whose hash still fits is the tool's; any
other line is somebody's words.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote

from litreview.abstracts.summary import Extract
from litreview.review.form import Form
from litreview.review.labels import SUMMARISED
from litreview.review.placeholders import NOT_FOUND
from litreview.text.latex import to_text
from litreview.text.markdown import escape_address, escape_text
from litreview.works.source import Source

MAX_AUTHORS = 4
_MARKER = re.compile(r"<!-- litreview (\S{1,2000})((?: [a-z]{1,12}=[0-9a-f]{8}){1,12}) -->")


@dataclass(frozen=True)
class Wording:
    """What a drafted source says; an empty field becomes a note to fill it in.

    Attributes:
        objective: One sentence, or "".
        methods: Likewise.
        outcomes: Likewise.
    """

    objective: str = ""
    methods: str = ""
    outcomes: str = ""


def with_place(text: str, extract: Extract) -> str:
    """The words of a sentence, and where it stands if that is not the abstract."""
    return f"{text} (in the paper: {extract.where})" if extract.where else text


@dataclass(frozen=True)
class Marker:
    """What the tool remembers in a README about a source that it drafted.

    Attributes:
        identity: Of the source: `arxiv:1706.03762`.
        hashes: For each line that the tool wrote (`title`, `link`, `objective` …),
            the hash of what it wrote.
    """

    identity: str
    hashes: Mapping[str, str]

    def __str__(self) -> str:
        """The comment that goes into the README."""
        name = quote(self.identity, safe=":/.~").replace("--", "%2D%2D").replace("~", "%7E")
        return f"<!-- litreview {name} {' '.join(f'{k}={v}' for k, v in self.hashes.items())} -->"


def read_marker(line: str) -> Marker | None:
    """The marker in a line of a README, if there is one."""
    match = _MARKER.search(line)
    if match is None:
        return None
    hashes = dict(pair.split("=") for pair in match[2].split())
    return Marker(unquote(match[1]), hashes)


def line_hash(line: str) -> str:
    """What tells whether a line was edited; white space around it does not count."""
    return hashlib.sha256(line.strip().encode("utf-8", "surrogateescape")).hexdigest()[:8]


def source_lines(source: Source, wording: Wording, number: str, form: Form) -> dict[str, str]:
    """The lines of a drafted source by name, without indentation.

    Args:
        source: The work.
        wording: What its fields say.
        number: For `Source 1`.
        form: The labels that the README uses.
    """
    title = escape_text(to_text(source.title)) or "untitled"
    url = escape_address(source.url)
    lines = {"title": f"- **{form.source} {number}**: {title}"}
    lines["link"] = f"- **[Link]({url})**"
    if source.authors:
        lines["authors"] = f"- **Authors**: {_authors(source.authors)}"
    published = [str(source.year)] if source.year else []
    if source.venue and source.venue.casefold() not in ("arxiv", "arxiv.org"):
        published.append(escape_text(to_text(source.venue)))
    if published:
        lines["published"] = f"- **Published**: {', '.join(published)}"
    for name in SUMMARISED:
        text = getattr(wording, name)
        said = escape_text(to_text(text)) if text else f"*{NOT_FOUND}*"
        lines[name] = f"- **{form.labels[name]}**: {said}"
    return lines


def _authors(names: Sequence[str]) -> str:
    shown = [escape_text(to_text(name)) for name in names[:MAX_AUTHORS]]
    others = len(names) - len(shown)
    if others:
        return f"{', '.join(shown)} and {others} other{'s' * (others > 1)}"
    return ", ".join(shown)


def render_source(
    source: Source, wording: Wording, number: str | int, form: Form, *, indent: str = "  "
) -> list[str]:
    """Write one source into the template, with its marker and an empty relation.

    Args:
        source: The work.
        wording: What its fields say.
        number: For `Source 1`.
        form: The labels that the README uses.
        indent: What stands before each field.

    Returns:
        Lines without line breaks.
    """
    lines = source_lines(source, wording, str(number), form)
    marker = Marker(source.identity, {name: line_hash(line) for name, line in lines.items()})
    fields = [line for name, line in lines.items() if name != "title"]
    return [
        lines["title"],
        f"{indent}{marker}",
        "",
        *(f"{indent}{line}" for line in fields),
        f"{indent}- **{form.labels['relation']}**:",
    ]
