"""What Crossref, OpenAlex, DataCite and arXiv really answered, replayed by one local server.

Works come from recorded answers, single ones and those on pages of search results. A search for
a title is answered as the registries do: with the works that share its words, the nearest first.
arXiv's own answers were not recorded for these works: its feed is written from what OpenAlex and
Semantic Scholar recorded about them.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from replay_server import Reply

_FEED = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom" '
    'xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
    "<opensearch:totalResults>{0}</opensearch:totalResults>"
    "<opensearch:startIndex>0</opensearch:startIndex>"
    "<opensearch:itemsPerPage>{0}</opensearch:itemsPerPage>{1}</feed>"
)
_ENTRY = (
    "<entry><id>http://arxiv.org/abs/{id}v1</id><title>{title}</title><summary>-</summary>"
    "<published>{year}-01-02T00:00:00Z</published><updated>{year}-01-02T00:00:00Z</updated>"
    '{authors}<category term="cs.CL"/></entry>'
)


class RegistryReplay:
    """Answers under `/crossref`, `/openalex`, `/datacite` and `/api/query`."""

    def __init__(self, folder: Path) -> None:
        self.works: dict[str, dict[str, dict[str, Any]]] = {
            "crossref": {}, "openalex": {}, "datacite": {},
        }  # fmt: skip
        self.arxiv: dict[str, tuple[str, int, list[str]]] = {}
        for path in sorted((folder / "crossref").glob("*.json")):
            self._read_crossref(_message(path))
        for path in sorted((folder / "openalex").glob("*.json")):
            self._read_openalex(_body(path))
        for path in sorted((folder / "datacite").glob("*.json")):
            data = _body(path).get("data")
            for item in data if isinstance(data, list) else [data]:
                if isinstance(item, dict) and isinstance(item.get("attributes"), dict):
                    doi = item["attributes"].get("doi") or item.get("id") or ""
                    self.works["datacite"].setdefault(doi.lower(), item)
        for path in sorted((folder / "semanticscholar").glob("*.json")):
            self._read_semantic_scholar(_body(path))
        self.words = {
            name: {doi: _words(_title(item)) for doi, item in works.items()}
            for name, works in self.works.items()
        }

    @staticmethod
    def environment(address: str) -> dict[str, str]:
        """The variables that lead every registry to the server at an address."""
        return {
            "LITREVIEW_CROSSREF_URL": f"{address}/crossref",
            "LITREVIEW_OPENALEX_URL": f"{address}/openalex",
            "LITREVIEW_DATACITE_URL": f"{address}/datacite",
            "LITREVIEW_ARXIV_URL": f"{address}/api/query",
            "LITREVIEW_REQUEST_INTERVAL": "0",
            "NO_PROXY": "127.0.0.1",
        }

    def __call__(self, path: str) -> Reply:
        parts = urlsplit(path)
        values = {name: items[0] for name, items in parse_qs(parts.query).items()}
        if parts.path == "/api/query":
            return self._feed(values.get("id_list", "").split(","))
        name, _, tail = parts.path.lstrip("/").partition("/")
        works = self.works.get(name)
        if works is None:
            return Reply(b"Resource not found.", 404, "text/plain")
        if tail:
            doi = re.sub(r"^(?:https?:/+doi\.org/|doi:)", "", unquote(tail)).lower()
            item = works.get(doi)
            if item is None:
                return Reply(b"Resource not found.", 404, "text/plain")
            answer = {"crossref": {"status": "ok", "message": item}, "datacite": {"data": item}}
            return _json(answer.get(name, item))
        title = values.get("query.bibliographic") or values.get("filter", "").partition(":")[2]
        items = [works[doi] for doi in self._nearest(name, title)]
        if name == "crossref":
            return _json({"message": {"items": items, "total-results": len(items)}})
        return _json({"results": items, "meta": {"count": len(items)}})

    def _nearest(self, name: str, title: str) -> list[str]:
        wanted = _words(title)
        scores = Counter(
            {doi: len(wanted & words) for doi, words in self.words[name].items() if wanted & words}
        )
        return [doi for doi, _ in scores.most_common(5)]

    def _feed(self, ids: list[str]) -> Reply:
        entries = ""
        for name in ids:
            if name in self.arxiv:
                title, year, people = self.arxiv[name]
                authors = "".join(f"<author><name>{escape(p)}</name></author>" for p in people)
                entries += _ENTRY.format(id=name, title=escape(title), year=year, authors=authors)
        return Reply(_FEED.format(entries.count("<entry>"), entries).encode())

    def _read_crossref(self, message: dict[str, Any]) -> None:
        items = message.get("items")
        for item in items if isinstance(items, list) else [message]:
            if isinstance(item, dict) and item.get("DOI") and item.get("title"):
                known = self.works["crossref"].get(item["DOI"].lower())
                # Pages may have been asked for a few fields only: the fullest record counts.
                if known is None or len(item) > len(known):
                    self.works["crossref"][item["DOI"].lower()] = item

    def _read_openalex(self, body: dict[str, Any]) -> None:
        results = body.get("results")
        for item in results if isinstance(results, list) else [body]:
            if isinstance(item, dict) and item.get("doi") and item.get("title"):
                doi = item["doi"].removeprefix("https://doi.org/").lower()
                self.works["openalex"].setdefault(doi, item)
                people = [a["author"]["display_name"] for a in item.get("authorships", [])]
                year = item.get("publication_year") or 2000
                if doi.startswith("10.48550/arxiv."):
                    self.arxiv[doi.removeprefix("10.48550/arxiv.")] = (item["title"], year, people)

    def _read_semantic_scholar(self, body: dict[str, Any]) -> None:
        items = body.get("data")
        for item in items if isinstance(items, list) else [body]:
            ids = item.get("externalIds") if isinstance(item, dict) else None
            if ids and ids.get("ArXiv") and item.get("authors") and item.get("year"):
                people = [person["name"] for person in item["authors"]]
                self.arxiv.setdefault(ids["ArXiv"], (item["title"], item["year"], people))


def _body(path: Path) -> dict[str, Any]:
    try:
        body = json.loads(json.loads(path.read_text(encoding="utf-8"))["body"])
    except (ValueError, TypeError, KeyError):
        return {}
    return body if isinstance(body, dict) else {}


def _message(path: Path) -> dict[str, Any]:
    body = _body(path)
    message = body.get("message", body)
    return message if isinstance(message, dict) else {}


def _json(data: object) -> Reply:
    return Reply(json.dumps(data).encode(), 200, "application/json")


def _title(item: dict[str, Any]) -> str:
    title = item.get("title")
    if isinstance(title, list):
        title = title[0] if title else ""
    return title if isinstance(title, str) else ""


def _words(title: str) -> set[str]:
    return set(re.findall(r"[^\W_]{3,}", title.casefold()))
