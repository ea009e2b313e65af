"""Compare a review with the world: do addresses open, do titles belong to them?

Links are visited politely (one request at a time, a pause for each host, a day's
cache) and with care: a student's README decides where the request goes, so
addresses inside the reader's own network are refused.
"""

from __future__ import annotations

import socket
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from litreview.errors import UserError
from litreview.providers.searchlog import read_searches
from litreview.text.identifiers import host_of
from litreview.web.fetch import Fetcher
from litreview.web.gate import Answer, FetchError, NoNetworkError, TooLargeError
from litreview.works.reading_list import works

PAUSE_SECONDS = 1.0
MAX_PAGE_BYTES = 3_000_000
# Publishers answer programs with these although the page is there.
_NO_ANSWER_FOR_PROGRAMS = frozenset({401, 402, 403, 405, 406, 418, 425, 429, 451, 999})


@dataclass(frozen=True)
class LinkState:
    """Whether an address opens.

    Attributes:
        dead: True only where a person would not see the page either.
        reason: What happened, in a few words.
    """

    dead: bool
    reason: str


def reading_list_titles() -> Mapping[str, str]:
    """Identity to title of the embedded works: a comparison that needs no network."""
    sources, _, _ = works()
    titles = {source.identity: source.title for source in sources}
    titles |= {f"doi:{source.doi}": source.title for source in sources if source.doi}
    return titles


def recorded_titles(review: Path) -> Mapping[str, str]:
    """Identity to title of what the searches recorded beside a review have found."""
    try:
        records = read_searches(review)
    except UserError:
        return {}
    sources = [source for record in records for source in record.sources]
    titles = {f"doi:{source.doi}": source.title for source in sources if source.doi}
    return titles | {source.identity: source.title for source in sources if source.title}


def link_state(url: str, fetcher: Fetcher) -> LinkState:
    """Visit an address.

    Args:
        url: An http or https address.
        fetcher: Makes the request: queued, with a cache of a day, and never into
            the local network.

    Returns:
        Whether the page is gone. A refusal (403, 429 …), a time-out or a broken
        connection proves nothing and counts as alive.
    """
    host = host_of(url)
    status = 0

    def check(answer: Answer) -> None:
        nonlocal status
        status = answer.status

    try:
        fetcher.get(
            url,
            service=host,
            max_bytes=MAX_PAGE_BYTES,
            interval_seconds=PAUSE_SECONDS,
            check=check,
        )
    except TooLargeError:
        return LinkState(False, "a large file")
    except NoNetworkError:
        return _unknown_host(host)
    except FetchError as error:
        return LinkState(False, str(error))
    if status >= 400 and status not in _NO_ANSWER_FOR_PROGRAMS:
        return LinkState(True, f"HTTP {status}")
    return LinkState(False, f"HTTP {status}")


def _unknown_host(host: str) -> LinkState:
    """Tell a host that is gone from a missing network, in which no name is known."""
    if _has_address(host):
        return LinkState(False, "no connection")
    if not (_has_address("arxiv.org") or _has_address("doi.org")):
        return LinkState(False, "no network")
    return LinkState(True, f"the host {host} does not exist")


def _has_address(host: str) -> bool:
    try:
        return bool(socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP))
    except (OSError, UnicodeError):
        return False
