"""The sources of all teams' reviews, each work once, with BibTeX."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from coursekit.site.search import fold
from litreview.review.claims import entry_claims
from litreview.review.form import packaged_form
from litreview.review.labels import FIELDS

if TYPE_CHECKING:
    from litreview.review.findings import Report
    from litreview.works.source import Source

MAX_SOURCES = 100
MAX_FIELD = 4_000
MAX_LABEL = 60
# Pasted behind a scheme that was there already.
_TWICE = re.compile(r"\Ahttps?:/{1,2}(?=https?:/)")
_QUOTES = {'"': '"', "“": "”", "„": "“", "«": "»", "‘": "’", "'": "'"}
_FILLERS = frozenset({"a", "an", "the", "on", "of", "for", "in"})
_ARXIV = re.compile(r"(?:[a-z-]+(?:\.[A-Z]{2})?/)?(\d\d)[01]\d.*")
# 2020.acl-main.1, or as before 2020: N19-1423
_ANTHOLOGY = re.compile(r"^https?://(?:www\.)?aclanthology\.org/(?:(\d{4})\.|[A-Z](\d\d)-)")
_SPECIAL = re.compile(r"([&%$#_{}])")


@dataclass(frozen=True, slots=True)
class CitedSource:
    """One source as one team wrote it up; all texts are plain.

    Attributes:
        key: The work's identity: `arxiv:…`, `doi:…` or `url:…`, else its title.
        url: An http address, or empty.
        complete: Whether title, address and the three fields are there.
        labels: What the review calls a field, where that is not the template's word.
        tier: How far it was verified, in litreview's words.
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
    tier: str = ""
    labels: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Work:
    """A source and the teams that read it.

    Attributes:
        byline: Authors and year where they are known, and where it is.
        teams: Slugs, in the order of the teams.
    """

    key: str
    title: str
    url: str
    byline: str
    teams: tuple[str, ...]
    bibtex: str


def read_sources(
    review: Report, tiers: Mapping[str, str] = MappingProxyType({})
) -> tuple[CitedSource, ...]:
    """The sources of a review that has been checked.

    Args:
        review: What `check_review` found.
        tiers: How far each was verified, by the identity of its claim.
    """
    if review.form == "essay":
        return ()
    found = []
    labels = _renamed(review.labels)
    for entry in review.sources[:MAX_SOURCES]:
        addresses = (_TWICE.sub("", address) for address in entry.urls)
        url = next((address for address in addresses if _is_web(address)), "")
        if not url and entry.arxiv_id:
            url = f"https://arxiv.org/abs/{entry.arxiv_id}"
        elif not url and entry.doi:
            url = f"https://doi.org/{entry.doi}"
        title = _unquoted((entry.title or "").strip()[:300])
        if not title and not url:
            continue
        claims = entry_claims([entry])
        fields = {name: (getattr(entry, name) or "")[:MAX_FIELD] for name in FIELDS}
        found.append(
            CitedSource(
                key=_key(entry.arxiv_id, entry.doi, url, title),
                title=title
                or (f"arXiv:{entry.arxiv_id}" if entry.arxiv_id else "")
                or (urlsplit(url).hostname or url),
                url=url,
                arxiv_id=entry.arxiv_id or "",
                doi=entry.doi or "",
                complete=entry.complete,
                labels=labels,
                tier=tiers.get(claims[0].identity, "") if claims else "",
                **fields,
            )
        )
    return tuple(found)


def _unquoted(title: str) -> str:
    """A title without the quotation marks around all of it."""
    inner = title[1:-1].strip()
    closing = _QUOTES.get(title[:1])
    is_quoted = closing and title.endswith(closing) and closing not in inner and inner
    return inner if is_quoted else title


def _renamed(labels: Mapping[str, str]) -> dict[str, str]:
    """The labels that are other words than the template's, which each language has for itself."""
    usual = packaged_form().labels
    return {
        name: label[:MAX_LABEL]
        for name, label in labels.items()
        if label.casefold().rstrip("s") != usual[name].casefold().rstrip("s")
    }


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
    works = []
    listed = _reading_list(first.keys())
    for key, source in first.items():
        known_work = listed.get(key)
        title = known_work.title if known_work else source.title
        host = (urlsplit(source.url).hostname or "").removeprefix("www.")
        works.append(
            Work(
                key,
                title,
                source.url,
                " · ".join(part for part in (_byline(source, known_work), host) if part),
                tuple(readers[key]),
                _bibtex(source, known_work, taken),
            )
        )
    return sorted(works, key=lambda work: (-len(work.teams), work.title.casefold()))


def _reading_list(keys: Collection[str]) -> dict[str, Source]:
    """Those of the works that the course names: their authors and years are known."""
    from litreview.works.reading_list import works_named

    return {
        key: work
        for work in works_named([key.partition(":")[2] for key in keys])
        for key in (_key(work.arxiv_id, "", "", ""), _key("", work.doi, "", ""))
        if not key.startswith("title:")
    }


def _byline(source: CitedSource, work: Source | None) -> str:
    year = _year(source, work)
    surnames = [author.split()[-1] for author in work.authors] if work else []
    who = " and ".join(surnames) if len(surnames) < 3 else f"{surnames[0]} et al."
    return f"{who} {year}".strip()


def _year(source: CitedSource, work: Source | None) -> str:
    """When it came out: as the reading list has it, else as its address at arXiv or ACL says."""
    if work and work.year:
        return str(work.year)
    if found := _ARXIV.fullmatch(source.arxiv_id):
        # arXiv began in 1991.
        return f"{'19' if found[1] >= '91' else '20'}{found[1]}"
    if found := _ANTHOLOGY.search(source.url):
        old = found[2] and ("19" if found[2] >= "65" else "20") + found[2]
        return found[1] or old
    return ""


def _bibtex(source: CitedSource, work: Source | None, taken: set[str]) -> str:
    """An entry; without a known work only with what the review says, nothing made up."""
    title = work.title if work else source.title
    words = [w for w in re.findall(r"[a-z0-9]+", title.lower()) if w not in _FILLERS]
    stem = "".join(words[:3]) or "source"
    if work and work.authors:
        surname = re.sub(r"[^a-z]", "", fold(work.authors[0].split()[-1]))
        stem = f"{surname}{work.year or ''}{words[0] if words else ''}"
    key = stem[:40]
    number = 2
    while key in taken:
        key, number = f"{stem[:40]}{number}", number + 1
    taken.add(key)
    lines = [f"@misc{{{key},", f"  title = {{{{{_tex(title)}}}}},"]
    if work and work.authors:
        lines.append(f"  author = {{{_tex(' and '.join(work.authors))}}},")
    if year := _year(source, work):
        lines.append(f"  year = {{{year}}},")
    if source.arxiv_id:
        lines += [f"  eprint = {{{_safe(source.arxiv_id)}}},", "  archiveprefix = {arXiv},"]
    if source.doi:
        lines.append(f"  doi = {{{_safe(source.doi)}}},")
    if source.url:
        lines.append(f"  url = {{{_safe(source.url)}}},")
    return "\n".join([*lines, "}"])


def _tex(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", text.replace("\\", ""))


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
        host = parts.hostname or ""
        return parts.scheme in ("http", "https") and ("." in host or ":" in host)
    except ValueError:
        return False
