"""Check a review README: what is missing, what is doubtful, and what to do about it.

A review is complete with enough complete sources (title, address, objective,
methods and outcomes). An essay is never failed: a person has to read it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from litreview.files import decode_text, read_bytes
from litreview.review.entry import Entry
from litreview.review.findings import Finding, Report
from litreview.review.labels import FIELDS, SUMMARISED
from litreview.review.placeholders import ABSENT
from litreview.review.reading import MAX_LINES, Review, read_review
from litreview.review.readme import find_review
from litreview.text.identifiers import is_web_address, normalise_url
from litreview.text.markdown import addresses
from litreview.text.sentences import split

if TYPE_CHECKING:
    from litreview.web.fetch import Fetcher

KnownTitle = Callable[[str], str | None]

MINIMUM_SOURCES = 2
LONG_FIELD_SENTENCES = 1
_QUESTIONS = {
    "objective": "what did the authors want to find out or build?",
    "methods": "which model, which data, how trained?",
    "outcomes": "what came out? Take a number with its metric where there is one",
    "relation": "what do you take from it for your project?",
}
_EXPIRING = re.compile(
    r"[?&](?:x-amz-signature|signature|expires|casa_token|token|sig|key-pair-id|ssotoken)=",
    re.IGNORECASE,
)


def check(
    path: Path,
    *,
    minimum: int = MINIMUM_SOURCES,
    known_title: KnownTitle | None = None,
    fetcher: Fetcher | None = None,
    progress: Callable[[int], None] = lambda steps: None,
) -> Report:
    """Check a review on disk.

    Args:
        path: A README, a milestone folder or a team's repository.
        minimum: How many complete sources are asked for.
        known_title: Looks up the title that belongs to an identity such as
            `arxiv:1706.03762`; without it titles are not compared.
        fetcher: Visits the addresses; without it none is visited.
        progress: Called with the number of addresses just visited.

    Raises:
        UserError: If there is no review at the path, or it is no text.
    """
    readme = find_review(path)
    text = decode_text(read_bytes(readme), str(readme))
    return check_text(
        text,
        name=readme.as_posix(),
        minimum=minimum,
        known_title=known_title,
        fetcher=fetcher,
        progress=progress,
    )


def check_text(
    text: str,
    *,
    name: str = "README.md",
    minimum: int = MINIMUM_SOURCES,
    known_title: KnownTitle | None = None,
    fetcher: Fetcher | None = None,
    progress: Callable[[int], None] = lambda steps: None,
) -> Report:
    """Check a review's text; the arguments are those of `check`."""
    review = read_review(text)
    verdict = "human" if review.form == "essay" else review.complete_sources >= minimum
    findings = [*_whole(review, minimum), *_duplicates(review.sources)]
    if review.form != "essay":
        for entry in review.sources:
            findings += _entry(entry, review)
        findings += _relations(review)
        findings += _numbers(review.sources)
        if review.sources:
            findings += [_slot(slot) for slot in review.slots]
    for entry in review.sources:
        findings += _addresses(entry)
    if known_title is not None:
        findings += [found for entry in review.sources for found in _title(entry, known_title)]
    if fetcher is not None:
        findings += _links(review.sources, fetcher, progress)
    if text.count("\n") > MAX_LINES:
        message = f"only the first {MAX_LINES:,} lines were read; a review has a few hundred"
        findings.append(Finding(MAX_LINES, "warning", "too-long", message))
    return Report(
        path=name,
        form=review.form,
        verdict=verdict,
        complete_sources=review.complete_sources,
        sources=review.sources,
        findings=tuple(sorted(set(findings))),
        labels=review.labels,
    )


def _whole(review: Review, minimum: int) -> Iterator[Finding]:
    if review.form == "essay":
        yield Finding(
            1,
            "warning",
            "needs-a-human",
            "this is running text, which only a person can judge; "
            "for a check, list each source with its link and the four fields",
        )
    elif review.form == "empty":
        yield Finding(
            1,
            "error",
            "empty-review",
            f"nothing is written yet; add at least {minimum} sources "
            '(`litreview draft README.md --query "…"` makes a first draft)',
        )
    elif review.complete_sources < minimum:
        yield Finding(
            1,
            "error",
            "too-few-sources",
            f"{review.complete_sources} of {len(review.sources)} sources are complete, "
            f"at least {minimum} are asked for; a complete source has a title, a link, "
            "objective, methods and outcomes",
        )


def _label(entry: Entry) -> str:
    if entry.number:
        return f"source {entry.number}"
    return f"“{entry.title[:60]}”" if entry.title else "this source"


def _entry(entry: Entry, review: Review) -> Iterator[Finding]:
    label = _label(entry)
    fields = [review.labels[name] for name in FIELDS]
    if not entry.title:
        kept = entry.placeholders.get("title")
        code = "placeholder-title" if kept else "no-title"
        what = f"still has the title {kept!r}" if kept else "has no title"
        yield Finding(entry.line, "error", code, f"{label} {what}; write the work's title")
    if not (entry.urls or entry.arxiv_id or entry.doi or entry.targets):
        yield Finding(
            entry.line, "error", "no-address", f"{label} has no address; link the work itself"
        )
    if review.form == "list" and not any(getattr(entry, name) for name in FIELDS):
        yield Finding(
            entry.line,
            "error",
            "no-fields",
            f"{label} is only named; add {', '.join(fields[:-1])} and {fields[-1]}",
        )
        return
    for name in FIELDS:
        if getattr(entry, name) is None:
            yield _missing(entry, name, label, review.labels[name])
    long = [
        review.labels[name]
        for name in SUMMARISED
        if len(split(getattr(entry, name) or "")) > LONG_FIELD_SENTENCES
    ]
    if long:
        yield Finding(
            entry.line,
            "hint",
            "long-field",
            f"{label}: {', '.join(long)} could be shorter; one sentence each is enough",
        )


def _missing(entry: Entry, name: str, label: str, asked: str) -> Finding:
    line = entry.lines.get(name, entry.line)
    level = "warning" if name == "relation" else "error"
    kept = entry.placeholders.get(name)
    if kept and kept.casefold().startswith(ABSENT):
        what, code = "was not found in the abstract", "placeholder-field"
    elif kept:
        what, code = f"only says {kept[:40]!r}", "placeholder-field"
    elif name in entry.lines:
        what, code = "is empty", "empty-field"
    else:
        what, code = "is missing", "missing-field"
    code = "no-relation" if name == "relation" else code
    return Finding(
        line, level, code, f"{label}: {asked} {what}; write one sentence: {_QUESTIONS[name]}"
    )


def _slot(slot: Entry) -> Finding:
    return Finding(
        slot.line, "hint", "unused-slot", f"{_label(slot)} is still empty; fill it in or delete it"
    )


def _numbers(sources: Sequence[Entry]) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for entry in sources:
        if entry.number and entry.number in seen:
            yield Finding(
                entry.line,
                "hint",
                "duplicate-number",
                f"source {entry.number} stands at line {seen[entry.number]} already; "
                "give each source its own number",
            )
        seen.setdefault(entry.number, entry.line)


def _duplicates(sources: Sequence[Entry]) -> Iterator[Finding]:
    seen: dict[str, Entry] = {}
    for entry in sources:
        keys = [f"id:{entry.arxiv_id}"] if entry.arxiv_id else []
        keys += [f"id:{entry.doi.lower()}"] if entry.doi else []
        keys += [f"url:{normalise_url(url)}" for url in entry.urls]
        words = re.sub(r"[\W_]+", " ", (entry.title or "").casefold()).strip()
        keys += [f"title:{words}"] if len(words) > 12 else []
        first = next((seen[key] for key in keys if key in seen), None)
        if first is not None:
            yield Finding(
                entry.line,
                "warning",
                "duplicate-source",
                f"{_label(entry)} is the work at line {first.line} again; keep one of them",
            )
        for key in keys:
            seen.setdefault(key, entry)


def _relations(review: Review) -> Iterator[Finding]:
    seen: dict[str, int] = {}
    for entry in review.sources:
        words = _words(entry.relation)
        if not words:
            continue
        line = entry.lines.get("relation", entry.line)
        same = [review.labels[n] for n in SUMMARISED if words == _words(getattr(entry, n))]
        if same:
            message = f"repeats {same[0]}; say what you take from this work for your project"
            yield Finding(
                line, "warning", "relation-copied", f"{_label(entry)}: relation {message}"
            )
        elif words in seen:
            yield Finding(
                line,
                "warning",
                "relation-copied",
                f"{_label(entry)}: the relation is the one of line {seen[words]}; "
                "say what this work in particular gives you",
            )
        seen.setdefault(words, line)


def _words(text: str | None) -> str:
    return re.sub(r"[\W_]+", " ", (text or "").casefold()).strip()


def _addresses(entry: Entry) -> Iterator[Finding]:
    for url in entry.urls:
        if not _names_a_host(url):
            yield Finding(
                entry.line,
                "error" if len(entry.urls) == 1 else "warning",
                "not-an-address",
                f"{_label(entry)}: {url[:80]!r} is no web address; copy it from the browser again",
            )
        elif _EXPIRING.search(url):
            yield Finding(
                entry.line,
                "hint",
                "expiring-address",
                f"{_label(entry)}: the address carries an access token and will stop working; "
                "link the work's own page (its DOI, arXiv or publisher)",
            )
    for target in entry.targets:
        if entry.urls and re.match(r"#|mailto:", target):
            continue
        known = target.lower().startswith(("http://", "https://"))
        remedy = "copy it from the browser again" if known else "give one that begins with https://"
        yield Finding(
            entry.line,
            "warning" if entry.urls else "error",
            "not-an-address",
            f"{_label(entry)}: the link goes to {target[:80]!r}, which is no web address; {remedy}",
        )


def _names_a_host(url: str) -> bool:
    if not url.lower().startswith("http"):
        return bool(addresses(url))
    if not is_web_address(url) or re.match(r"https?://https?:?/", url, re.IGNORECASE):
        return False
    host = re.sub(r"^https?:/+", "", url, flags=re.IGNORECASE)
    host = re.split(r"[/?#]", host)[0].rpartition("@")[2]
    return bool(
        re.fullmatch(r"[^\s.]+(?:\.[^\s.]+)+\.?(?::\d+)?|\[[0-9a-f:.]+\](?::\d+)?", host, re.I)
    )


def _title(entry: Entry, known_title: KnownTitle) -> Iterator[Finding]:
    from litreview.works.titles import TITLE_AGREES, title_agreement

    identity = f"arxiv:{entry.arxiv_id}" if entry.arxiv_id else ""
    identity = identity or (f"doi:{entry.doi.lower()}" if entry.doi else "")
    if not (identity and entry.title):
        return
    real = known_title(identity)
    if real and title_agreement(entry.title, real) < TITLE_AGREES:
        yield Finding(
            entry.line,
            "warning",
            "title-mismatch",
            f"{_label(entry)}: the address leads to “{real}”, not to “{entry.title[:80]}”; "
            "correct the title or the link",
        )


def _links(
    sources: Sequence[Entry], fetcher: Fetcher, progress: Callable[[int], None]
) -> Iterator[Finding]:
    from litreview.actions.links import link_state

    for entry in sources:
        for url in entry.urls:
            if not _names_a_host(url):
                continue
            address = url if url.lower().startswith("http") else f"https://{url}"
            state = link_state(address, fetcher)
            progress(1)
            if state.dead:
                yield Finding(
                    entry.line,
                    "error" if len(entry.urls) == 1 else "warning",
                    "dead-link",
                    f"{_label(entry)}: {url[:120]} does not open ({state.reason}); "
                    "look for the work's new address",
                )
