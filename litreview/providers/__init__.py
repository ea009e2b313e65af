"""Where sources come from: one file for each provider, and the one list of them.

A further provider is a file with a function `search`, and a line here.
"""

from __future__ import annotations

from litreview.providers import (
    acl,
    arxiv,
    bibliography,
    crossref,
    datacite,
    doi,
    openalex,
    openreview,
    reading_list,
    semantic_scholar,
    web,
)
from litreview.providers.offline import snapshot
from litreview.providers.result import Provider

__all__ = ["PROVIDERS"]

PROVIDERS: dict[str, Provider] = {
    "arxiv": arxiv.search,
    "openalex": openalex.search,
    "semantic-scholar": semantic_scholar.search,
    "crossref": crossref.search,
    "datacite": datacite.search,
    "doi": doi.search,
    "acl": acl.search,
    "openreview": openreview.search,
    "web": web.search,
    "reading-list": reading_list.search,
    "snapshot": snapshot.search,
    "bibtex": bibliography.search,
}
