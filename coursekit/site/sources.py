"""The sources of all teams' reviews, each work once, with BibTeX."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

MAX_SOURCES = 100
MAX_FIELD = 4_000
FIELDS = ("objective", "methods", "outcomes", "relation")
_SPECIAL = re.compile(r"([&%$#_{}])")


@dataclass(frozen=True, slots=True)
class CitedSource:
    """One source as one team wrote it up; all texts are plain.

    Attributes:
        key: The work's identity: `arxiv:…`, `doi:…` or `url:…`, else its title.
        url: An http address, or empty.
        complete: Whether title, address and the three fields are there.
    """

    key: str
    title: str
    url: str
    arxiv_id: str = ""
    doi: str = ""
    objective: str = ""
    methods: str = ""
    outcomes: str = ""
    relation: str = ""
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Work:
    """A source and the teams that read it.

    Attributes:
        teams: Slugs, in the order of the teams.
    """

    key: str
    title: str
    url: str
    host: str
    teams: tuple[str, ...]
    bibtex: str


def read_sources(text: str) -> tuple[CitedSource, ...]:
    """The sources of a review README."""
    from litreview.review import parse

    if not text.strip():
        return ()
    review = parse(text)
    if review.form == "essay":
        return ()
    found = []
    for entry in review.sources[:MAX_SOURCES]:
        url = next((address for address in entry.urls if _is_web(address)), "")
        if not url and entry.arxiv_id:
            url = f"https://arxiv.org/abs/{entry.arxiv_id}"
        elif not url and entry.doi:
            url = f"https://doi.org/{entry.doi}"
        title = (entry.title or "").strip()[:300]
        if not title and not url:
            continue
        fields = {name: (getattr(entry, name) or "")[:MAX_FIELD] for name in FIELDS}
        found.append(
            CitedSource(
                key=_key(entry.arxiv_id, entry.doi, url, title),
                title=title or (urlsplit(url).hostname or url),
                url=url,
                arxiv_id=entry.arxiv_id or "",
                doi=entry.doi or "",
                complete=entry.complete,
                **fields,
            )
        )
    return tuple(found)


def collect_works(sources: Mapping[str, Sequence[CitedSource]]) -> list[Work]:
    """Every work once, those that most teams read first.

    Args:
        sources: Each team's sources, by slug.
    """
    readers: dict[str, list[str]] = {}
    first: dict[str, CitedSource] = {}
    for slug, cited in sources.items():
        for source in cited:
            teams = readers.setdefault(source.key, [])
            if slug not in teams:
                teams.append(slug)
            known = first.get(source.key)
            # Two teams may have misread a title differently; the shorter has less around it.
            if known is None or len(source.title) < len(known.title):
                first[source.key] = source
    taken: set[str] = set()
    works = [
        Work(
            key,
            source.title,
            source.url,
            (urlsplit(source.url).hostname or "").removeprefix("www."),
            tuple(readers[key]),
            _bibtex(source, taken),
        )
        for key, source in first.items()
    ]
    return sorted(works, key=lambda work: (-len(work.teams), work.title.casefold()))


def _bibtex(source: CitedSource, taken: set[str]) -> str:
    """An entry with what a review says; authors and year are not in it, so not made up."""
    words = re.findall(r"[a-z0-9]+", source.title.lower())
    stem = "".join([w for w in words if w not in ("a", "an", "the", "on", "of")][:3]) or "source"
    key = stem[:40]
    number = 2
    while key in taken:
        key = f"{stem[:40]}{number}"
        number += 1
    taken.add(key)
    title = _SPECIAL.sub(r"\\\1", source.title.replace("\\", ""))
    lines = [f"@misc{{{key},", f"  title = {{{{{title}}}}},"]
    if source.arxiv_id:
        lines += [f"  eprint = {{{source.arxiv_id}}},", "  archiveprefix = {arXiv},"]
    if source.doi:
        lines.append(f"  doi = {{{_safe(source.doi)}}},")
    if source.url:
        lines.append(f"  url = {{{_safe(source.url)}}},")
    return "\n".join([*lines, "}"])


def _safe(address: str) -> str:
    return re.sub(r"[{}\\\s]", "", address)


def _key(arxiv_id: str | None, doi: str | None, url: str, title: str) -> str:
    if arxiv_id:
        return f"arxiv:{arxiv_id}"
    if doi:
        return f"doi:{doi.lower()}"
    if url:
        parts = urlsplit(url)
        return f"url:{(parts.hostname or '').removeprefix('www.')}{parts.path.rstrip('/')}" + (
            f"?{parts.query}" if parts.query else ""
        )
    return "title:" + " ".join(re.findall(r"\w+", title.casefold()))


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False
