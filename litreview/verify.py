"""Compare a review with the world: do addresses open, do titles belong to them?

Links are visited politely (one request at a time, a pause for each host, a
time-out, at most a few kilobytes) and with care: a student's README decides
where the request goes, so addresses inside the reader's own network are refused.
"""

from __future__ import annotations

import ipaddress
import re
import socket
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from litreview import __version__

KnownTitle = Callable[[str], str | None]

TITLE_AGREES = 0.5
TIMEOUT_SECONDS = 10.0
PAUSE_SECONDS = 1.0
MAX_REDIRECTS = 5
# Publishers answer programs with these although the page is there.
_NO_ANSWER_FOR_PROGRAMS = frozenset({401, 402, 403, 405, 406, 418, 425, 429, 451, 999})
_STOP = frozenset(
    {"a", "an", "the", "of", "for", "and", "in", "on", "to", "with", "by", "from", "using"}
)
_last_visit: dict[str, float] = {}


@dataclass(frozen=True)
class LinkState:
    """Whether an address opens.

    Attributes:
        dead: True only where a person would not see the page either.
        reason: What happened, in a few words.
    """

    dead: bool
    reason: str


def title_agreement(written: str, real: str) -> float:
    """How much of one title's words the other has, from 0 to 1.

    A written title may be shorter (no subtitle) or longer (a whole citation).
    """
    left, right = _words(written), _words(real)
    if not left or not right:
        return 1.0
    shared = len(left & right)
    return max(shared / len(right), shared / len(left) if len(left) >= 3 or left <= right else 0.0)


def _words(title: str) -> set[str]:
    return {word for word in re.findall(r"\w+", title.casefold()) if word not in _STOP}


def reading_list_titles() -> Mapping[str, str]:
    """Identity to title of the embedded works: a comparison that needs no network."""
    from litreview.providers.reading_list import works

    sources, _, _ = works()
    titles = {source.identity: source.title for source in sources}
    titles |= {f"doi:{source.doi}": source.title for source in sources if source.doi}
    return titles


def online_titles(identities: Iterable[str]) -> Mapping[str, str]:
    """Ask arXiv and Crossref for the titles of works; what cannot be had is left out."""
    from litreview.errors import UserError
    from litreview.providers import find

    wanted = sorted(set(identities))
    arxiv = [identity.removeprefix("arxiv:") for identity in wanted if identity[:6] == "arxiv:"]
    dois = [identity.removeprefix("doi:") for identity in wanted if identity[:4] == "doi:"]
    titles: dict[str, str] = {}
    jobs = [(" ".join(arxiv), "arxiv", len(arxiv))] if arxiv else []
    jobs += [(doi, "doi", 1) for doi in dois]
    for text, provider, count in jobs:
        try:
            result = find(text, provider, limit=count)
        except UserError:
            continue
        for source in result.sources:
            titles[source.identity] = source.title
            if source.doi:
                titles[f"doi:{source.doi}"] = source.title
    return titles


def link_state(url: str, *, allow_private: bool = False) -> LinkState:
    """Visit an address.

    Args:
        url: An http or https address.
        allow_private: Whether addresses of this machine and its network may be
            visited; only for tests.

    Returns:
        Whether the page is gone. A refusal (403, 429 …), a time-out or a broken
        connection proves nothing and counts as alive.
    """
    import requests

    # requests-cache may have patched nothing here: a plain session, always fresh.
    with requests.Session() as session:
        session.headers["User-Agent"] = f"litreview/{__version__} (link check)"
        session.max_redirects = MAX_REDIRECTS
        try:
            return _follow(session, url, allow_private)
        except requests.exceptions.SSLError:
            return LinkState(False, "its certificate is not trusted here")
        except requests.Timeout:
            return LinkState(False, "no answer in time")
        except (requests.exceptions.InvalidURL, requests.exceptions.InvalidSchema, UnicodeError):
            return LinkState(True, "the address is malformed")
        except (requests.RequestException, OSError, ValueError) as error:
            return LinkState(False, f"no connection ({type(error).__name__})")


def _follow(session, url: str, allow_private: bool) -> LinkState:  # type: ignore[no-untyped-def]
    for _ in range(MAX_REDIRECTS + 1):
        host = urlsplit(url).hostname or ""
        resolved = _addresses_of(host)
        if resolved is None:
            return _unknown_host(host)
        if not allow_private and not all(ip.is_global for ip in resolved):
            return LinkState(False, "not visited: it lies in a private network")
        _wait(host)
        with session.get(
            url, timeout=TIMEOUT_SECONDS, stream=True, allow_redirects=False
        ) as response:
            status = response.status_code
            target = response.headers.get("Location")
        if status in (301, 302, 303, 307, 308) and target:
            url = urljoin(url, target)
            continue
        if status in _NO_ANSWER_FOR_PROGRAMS or status < 400 or status >= 500:
            return LinkState(False, f"HTTP {status}")
        return LinkState(True, f"HTTP {status}")
    return LinkState(False, "too many redirects")


def _addresses_of(
    host: str,
) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address] | None:
    """The addresses of a host; None if the name is not known."""
    try:
        found = socket.getaddrinfo(host, None, proto=socket.IPPROTO_TCP)
    except (socket.gaierror, UnicodeError):
        return None
    return [ipaddress.ip_address(str(entry[4][0]).partition("%")[0]) for entry in found]


def _unknown_host(host: str) -> LinkState:
    """Without any network no name is known; that says nothing about the page."""
    if _addresses_of("arxiv.org") is None and _addresses_of("doi.org") is None:
        return LinkState(False, "no network")
    return LinkState(True, f"the host {host} does not exist")


def _wait(host: str) -> None:
    """Leave a pause between two visits to one host."""
    earliest = _last_visit.get(host, float("-inf")) + PAUSE_SECONDS
    delay = earliest - time.monotonic()
    if delay > 0:
        time.sleep(delay)
    _last_visit[host] = time.monotonic()
