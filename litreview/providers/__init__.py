"""Where sources come from: one file for each provider, and the one list of them.

A further provider is a file with a function `search`, and a line here.
"""

from __future__ import annotations

from litreview.providers import arxiv, bibliography, doi, reading_list, snapshot, web
from litreview.providers.result import Provider

__all__ = ["PROVIDERS"]

PROVIDERS: dict[str, Provider] = {
    "arxiv": arxiv.search,
    "doi": doi.search,
    "web": web.search,
    "reading-list": reading_list.search,
    "snapshot": snapshot.search,
    "bibtex": bibliography.search,
}
