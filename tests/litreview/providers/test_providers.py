"""A provider is one function in one dictionary."""

from __future__ import annotations

import pytest

from litreview.actions.find import find
from litreview.errors import UserError
from litreview.providers import PROVIDERS
from litreview.providers.result import Context, SearchResult
from litreview.works.query import Query
from litreview.works.source import Source

WORK = Source("Of shelves", ("Ada Example",), 1999, "https://example.org/shelves", "")


def shelf(query: Query, limit: int, context: Context) -> SearchResult:
    return SearchResult("shelf", query, f"{query.text}/{limit}", (WORK,), total=1)


def test_a_further_provider_needs_one_line(monkeypatch, environment):
    """It is searched alone, beside others, and named in the message about a wrong one."""
    monkeypatch.setitem(PROVIDERS, "shelf", shelf)

    alone = find("books", "shelf", 3)
    beside = find("attention", "reading-list,shelf", 2)

    assert (alone.compiled, alone.sources) == ("books/3", (WORK,))
    assert (beside.provider, beside.sources[1]) == ("reading-list,shelf", WORK)
    with pytest.raises(UserError, match=r"'cupboard' is unknown; choose one of arxiv, .*shelf"):
        find("books", "cupboard")
