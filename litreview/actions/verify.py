"""Ask the registries whether each source exists, is as it is cited, and still stands.

Each source gets one tier: `verified`, `differs`, `retracted`, `not found` or
`unchecked`. First its identity is looked up (arXiv ids together, a DOI at its agency
and then at OpenAlex; without either the title at Crossref and then at OpenAlex), then
the fields are compared. A source costs two requests at most, and none for a day after.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from typing import Any

from litreview.actions.claims import (
    ALIKE,
    Difference,
    authors_compared,
    differences,
    is_of_year,
    is_titled,
)
from litreview.actions.record import TIERS
from litreview.providers import registry
from litreview.providers.arxiv_feed import ErrorFeedError
from litreview.review.claims import Claim
from litreview.text.identifiers import host_of
from litreview.web.fetch import Fetcher
from litreview.web.gate import (
    FetchError,
    NoNetworkError,
    RateLimitedError,
    RefusedError,
    SlowError,
)
from litreview.works.people import compare_authors
from litreview.works.registered import UPDATES, Registered, Update
from litreview.works.titles import likeness

ARXIV_IDS_PER_REQUEST = 50
_MIN_TITLE_WORDS = 2
_RETRACTED = frozenset({"retraction", "withdrawal"})
# Hosts where scholarly works lie; on others an unregistered page is simply a page.
_SCHOLARLY = re.compile(
    r"(?:^|\.)(?:aclanthology\.org|aclweb\.org|openreview\.net|ieee\.org|acm\.org|springer\.com"
    r"|sciencedirect\.com|wiley\.com|tandfonline\.com|mdpi\.com|nature\.com|science\.org|mlr\.press"
    r"|jmlr\.org|neurips\.cc|nips\.cc|thecvf\.com|aaai\.org|semanticscholar\.org|plos\.org"
    r"|frontiersin\.org|biorxiv\.org|medrxiv\.org|ncbi\.nlm\.nih\.gov|researchgate\.net"
    r"|sagepub\.com|oup\.com|cambridge\.org|jstor\.org|pnas\.org|bmj\.com|elsevier\.com"
    r"|ssrn\.com|iopscience\.iop\.org|aip\.org|aps\.org|degruyter\.com|isca-(?:speech|archive)\.org"
    r"|scholar\.google\.com|dl\.acm\.org|hindawi\.com|emerald\.com|igi-global\.com)$"
)


@dataclass(frozen=True)
class Verification:
    """What the registries say about one source.

    Attributes:
        claim: The source as cited.
        tier: One of `TIERS`.
        reason: Why, in one sentence.
        registry: Which registry decided, or all that were asked.
        url: The address of the record, or empty.
        differences: What is not as registered.
        notes: Corrections, concerns, and versions, in sentences.
    """

    claim: Claim
    tier: str
    reason: str
    registry: str = ""
    url: str = ""
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def fails(self) -> bool:
        """Whether the source may not stay as it is cited."""
        grave = any(difference.grave for difference in self.differences)
        return self.tier in ("retracted", "not found") or grave

    def to_json(self) -> dict[str, Any]:
        """The verification as plain JSON data."""
        return {**asdict(self), "identity": self.claim.identity, "fails": self.fails}


def verify(
    claims: Sequence[Claim],
    fetcher: Fetcher,
    progress: Callable[[int], None] = lambda steps: None,
) -> tuple[Verification, ...]:
    """Give each source its tier.

    Args:
        claims: The sources as cited.
        fetcher: Makes the requests.
        progress: Called with the number of sources just done.

    Returns:
        One verification for each claim, in order. A registry that cannot be asked makes
        a source `unchecked`, never `not found`.
    """
    ids = list(dict.fromkeys(filter(None, (claim.named_arxiv_id for claim in claims))))
    arxiv = _Arxiv(ids, fetcher)
    known: dict[Claim, Verification] = {}
    down: dict[str, FetchError] = {}
    found = []
    for claim in claims:
        if claim not in known:
            known[claim] = _verify(claim, arxiv, fetcher, down)
        found.append(known[claim])
        progress(1)
    return tuple(found)


def count_tiers(verifications: Sequence[Verification]) -> dict[str, int]:
    """How many sources there are of each tier, in the order of `TIERS`."""
    counts = Counter(item.tier for item in verifications)
    return {tier: counts[tier] for tier in TIERS}


@dataclass
class _Asked:
    """Who was asked about one source, and who could not be.

    Attributes:
        down: Registries that could not be reached for an earlier source, and why: they are
            not asked again in this run, so that nobody waits for each source anew.
    """

    down: dict[str, FetchError]
    names: list[str] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    def ask(self, name: str, question: Callable[[], Any]) -> Any:
        try:
            if name in self.down:
                raise self.down[name]
            answer = question()
        except FetchError as error:
            if isinstance(error, NoNetworkError | RateLimitedError | SlowError):
                self.down[name] = error
            self.failures.append(str(error))
            return None
        self.names.append(name)
        return answer

    @property
    def told(self) -> str:
        return " and ".join(dict.fromkeys(self.names))


class _Arxiv:
    """All arXiv ids of one run, asked for together when the first is needed."""

    def __init__(self, ids: Sequence[str], fetcher: Fetcher) -> None:
        self.fetcher = fetcher
        self.batches = {
            name: tuple(ids[start : start + ARXIV_IDS_PER_REQUEST])
            for start in range(0, len(ids), ARXIV_IDS_PER_REQUEST)
            for name in ids[start : start + ARXIV_IDS_PER_REQUEST]
        }
        self.answers: dict[tuple[str, ...], dict[str, Registered] | FetchError] = {}

    def get(self, name: str) -> Registered | None:
        """What arXiv has under an id.

        Raises:
            FetchError: If arXiv cannot be asked.
        """
        batch = self.batches[name]
        if batch not in self.answers:
            try:
                self.answers[batch] = registry.by_arxiv_ids(batch, self.fetcher)
            except FetchError as error:
                self.answers[batch] = error
        answer = self.answers[batch]
        if isinstance(answer, FetchError):
            # One odd id spoils the answer for all of them.
            if len(batch) == 1 or not isinstance(answer, RefusedError | ErrorFeedError):
                raise answer
            return registry.by_arxiv_ids((name,), self.fetcher).get(name)
        return answer.get(name)


def _verify(
    claim: Claim, arxiv: _Arxiv, fetcher: Fetcher, down: dict[str, FetchError]
) -> Verification:
    doi, arxiv_id = claim.named_doi, claim.named_arxiv_id
    if not doi and not arxiv_id:
        return _by_title(claim, fetcher, down)
    asked = _Asked(down)
    records: list[Registered] = []
    if arxiv_id:
        record = asked.ask("arXiv", lambda: arxiv.get(arxiv_id))
        if record is None and asked.failures and not doi:
            own = f"10.48550/arxiv.{arxiv_id}"
            record = asked.ask("DataCite", lambda: registry.by_doi("DataCite", own, fetcher))
            asked.failures = asked.failures if record is None else []
        records += [record] if record is not None else []
    if doi and not (arxiv_id and not records and asked.names):
        for name in (registry.registry_of(doi), "OpenAlex"):
            record = asked.ask(name, partial(registry.by_doi, name, doi, fetcher))
            if record is not None:
                records.append(record)
                break
            if arxiv_id:
                break
    missing = arxiv_id and not any(record.arxiv_id == arxiv_id for record in records)
    if records and not (missing and "arXiv" in asked.names):
        return _judged(claim, records, asked)
    if asked.failures:
        return Verification(claim, "unchecked", asked.failures[0], asked.told)
    return _without_record(claim, asked, fetcher)


def _without_record(claim: Claim, asked: _Asked, fetcher: Fetcher) -> Verification:
    """An identifier that nobody has; the title may still be somebody's."""
    doi, arxiv_id = claim.named_doi, claim.named_arxiv_id
    name = f"the arXiv id {arxiv_id}" if arxiv_id else f"the DOI {doi}"
    reason = f"{asked.told} has no work with {name}"
    if " and " in asked.told:
        reason = f"neither {asked.told.replace(' and ', ' nor ')} has a work with {name}"
    if len(asked.names) < 2 and len(claim.title.split()) >= _MIN_TITLE_WORDS:
        found = asked.ask(
            "Crossref",
            lambda: registry.by_title("Crossref", claim.title, claim.authors, fetcher),
        )
        same = next((other for other in found or () if is_titled(claim, other.titles)), None)
        if same is not None:
            hint = f"a work of this title is registered as {same.url}"
            return Verification(
                claim, "not found", f"{reason}; {hint}", asked.told, same.url, notes=(hint,)
            )
    return Verification(claim, "not found", f"{reason}; perhaps it was invented", asked.told)


def _by_title(claim: Claim, fetcher: Fetcher, down: dict[str, FetchError]) -> Verification:
    if len(claim.title.split()) < _MIN_TITLE_WORDS:
        return Verification(claim, "unchecked", "there is no DOI, arXiv id or title to look for")
    host = host_of(claim.url)
    if host and not _SCHOLARLY.search(host):
        return Verification(
            claim, "unchecked", f"a page of {host}, which no registry of works holds"
        )
    asked = _Asked(down)
    candidates: list[Registered] = []
    for name in ("Crossref", "OpenAlex"):
        found = asked.ask(
            name,
            partial(registry.by_title, name, claim.title, claim.authors, fetcher),
        )
        same = [record for record in found or () if is_titled(claim, record.titles)]
        candidates += found or ()
        best = min(same, key=lambda record: _distance(claim, record), default=None)
        if best is not None and (name == "OpenAlex" or _distance(claim, best) < 2):
            return _judged(claim, [best], asked)
    same = [record for record in candidates if is_titled(claim, record.titles)]
    if same:
        return _judged(claim, [min(same, key=lambda record: _distance(claim, record))], asked)
    if asked.failures:
        return Verification(claim, "unchecked", asked.failures[0], asked.told)
    near = [
        record
        for record in candidates
        if likeness(claim.title, record.titles) >= ALIKE
        and compare_authors(claim.authors, record.authors).shared
    ]
    if near:
        best = max(near, key=lambda record: likeness(claim.title, record.titles))
        return _judged(claim, [best], asked)
    told = asked.told.replace(" and ", " nor ")
    return Verification(
        claim, "not found", f"neither {told} has a work of this title; perhaps it was invented",
        asked.told,
    )  # fmt: skip


def _distance(claim: Claim, record: Registered) -> int:
    """How far a record of the right title is from what is cited: authors first, then the year."""
    authors = authors_compared(claim, [record])
    apart = 0 if authors is None or authors.agree else 1 if authors.shared else 2
    if claim.year and record.years and not is_of_year(claim, [record]):
        apart += 1
    return apart


def _judged(claim: Claim, records: Sequence[Registered], asked: _Asked) -> Verification:
    """Compare a source with its records; those of a preprint and of its publication are one."""
    first = records[0]
    for record in records:
        bad = next((update for update in record.updates if update.kind in _RETRACTED), None)
        if bad is not None:
            return Verification(
                claim, "retracted", _retraction(bad, record), record.registry, record.url,
                differences(claim, records), _notes(records),
            )  # fmt: skip
    doi = claim.named_doi
    found = differences(claim, records)
    if doi and registry.registry_of(doi) in asked.names and not any(r.doi == doi for r in records):
        # The work is known by its arXiv id; the DOI beside it leads nowhere.
        known = next((record.doi for record in records if record.doi), "no DOI")
        found = (*found, Difference("identifier", doi, known, grave=False))
    notes = _notes(records)
    names = " and ".join(dict.fromkeys(record.registry for record in records))
    if asked.failures and len(asked.names) < 2:
        notes += tuple(f"not compared: {failure}" for failure in asked.failures)
    if not found:
        return Verification(
            claim, "verified", f"{names} has this work", names, first.url, (), notes
        )
    parts = "; ".join(
        f"{item.field}: “{item.written}” is registered as “{item.registered}”" for item in found
    )
    reason = f"not as {names} has it: {parts}"
    return Verification(claim, "differs", reason, names, first.url, found, notes)


def _retraction(update: Update, record: Registered) -> str:
    day = f" on {update.day}" if update.day else ""
    where = f"; the notice is https://doi.org/{update.doi}" if update.doi else ""
    who = "withdrawn by its authors" if update.kind == "withdrawal" else "retracted"
    return f"{who}{day}, says {record.registry}{where}"


def _notes(records: Sequence[Registered]) -> tuple[str, ...]:
    found: dict[str, None] = {}
    for record in records:
        for notice in record.notices:
            found.setdefault(f"this is a notice about another work, https://doi.org/{notice.doi}")
        for update in record.updates:
            if update.kind in UPDATES and update.kind not in _RETRACTED:
                day = f" of {update.day}" if update.day else ""
                at = f", https://doi.org/{update.doi}" if update.doi != record.doi else ""
                found.setdefault(f"there is {UPDATES[update.kind]}{day}{at if update.doi else ''}")
    return tuple(found)
