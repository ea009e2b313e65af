"""Read what a web page says about itself: a blog post, documentation, a paper's page.

Only metadata is read, never the page's text: the tags that scholarly sites, social
networks and search engines agree on, in this order of trust.

Reference: https://scholar.google.com/intl/en/scholar/inclusion.html, https://ogp.me,
https://schema.org/Article
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import urljoin, urlsplit

from litreview.errors import UserError
from litreview.providers.result import Context, Exchange, SearchResult
from litreview.providers.service import plain
from litreview.text.clean import one_line
from litreview.text.identifiers import find_arxiv_id, find_doi, is_web_address
from litreview.web.fetch import Fetcher
from litreview.web.gate import Answer, FetchError, RefusedError
from litreview.web.walls import stands_in
from litreview.works.query import Query
from litreview.works.source import Source

MAX_PAGE_BYTES = 5_000_000
_MAX_TEXT = 5_000
_MIN_ABSTRACT = 60
# What some sites say of themselves on each of their pages, and nothing about any of them.
_SELF_PRAISE = re.compile(
    r"(?:We’re|We're) on a journey to advance and democratize|Kaggle is the world’s largest"
    r"|Enjoy the videos and music you love|Contribute to [\w.-]+/[\w.-]+ development by creating"
)
_ABSTRACT_BLOCKS = frozenset(
    ("acl-abstract", "abstract", "abstractsection", "abstract-content", "abs1-content",
     "paper-abstract", "article-abstract")
)  # fmt: skip
_ADVICE = "check the address, or add the source by hand"
_TITLES = ("citation_title", "eprints.title", "dc.title", "dcterms.title", "og:title",
           "twitter:title")  # fmt: skip
_DATES = (
    "citation_publication_date", "citation_date", "citation_online_date", "citation_year",
    "eprints.date", "dc.date", "dc.date.issued", "dcterms.issued", "prism.publicationdate",
    "article:published_time", "og:article:published_time", "datepublished", "date",
)  # fmt: skip
_ABSTRACTS = ("citation_abstract", "eprints.abstract", "dc.description.abstract",
              "dcterms.abstract", "dc.description", "og:description", "description",
              "twitter:description")  # fmt: skip
_SITES = ("citation_journal_title", "citation_conference_title", "citation_inbook_title",
          "prism.publicationname", "og:site_name", "application-name")  # fmt: skip
_AUTHORS = ("citation_author", "citation_authors", "eprints.creators_name", "dc.creator",
            "dcterms.creator", "author", "article:author", "parsely-author")  # fmt: skip
_DOIS = ("citation_doi", "dc.identifier.doi", "prism.doi", "bepress_citation_doi", "doi",
         "dc.identifier", "dcterms.identifier", "citation_identifier_doi")  # fmt: skip


class NotAPageError(FetchError):
    """The address leads to something that is no web page."""


@dataclass
class _Page:
    meta: dict[str, list[str]] = field(default_factory=dict)
    title: str = ""
    heading: str = ""
    canonical: str = ""
    time: str = ""
    abstract: str = ""
    data: list[dict[str, Any]] = field(default_factory=list)

    def first(self, names: Iterable[str]) -> str:
        return next((self.meta[name][0] for name in names if self.meta.get(name)), "")


def search(query: Query, limit: int, context: Context) -> SearchResult:
    """The pages at the addresses of a query.

    Raises:
        UserError: If the query holds no address.
        FetchError: If a page cannot be read; of several pages those that can
            be read are returned, with a note about the others.
    """
    if not query.urls:
        if query.ids or query.dois:
            name = (query.ids + query.dois)[0]
            better = "arxiv" if query.ids else "doi"
            raise UserError(f"{name} is no web address; use --provider {better}")
        raise UserError(
            f"{query.text!r} is no web address; give one that starts with https://, or search "
            "with --provider arxiv"
        )
    fetcher = context.fetcher
    first = len(fetcher.answers)
    sources, notes = [], []
    for url in query.urls[:limit]:
        try:
            sources.append(page_at(url, fetcher))
        except FetchError as error:
            if len(query.urls) == 1:
                raise
            notes.append(str(error))
    if not sources:
        raise FetchError("none of the pages could be read: " + "; ".join(notes))
    return SearchResult(
        provider="web",
        query=query,
        compiled=" ".join(query.urls),
        sources=tuple(sources),
        total=len(sources),
        notes=tuple(notes),
        exchanges=tuple(Exchange.of(answer) for answer in fetcher.answers[first:]),
    )


def page_at(url: str, fetcher: Fetcher) -> Source:
    """The record of the page at an address.

    Raises:
        FetchError: If there is none, or a wall in its place (a `NotAPageError`).
    """
    answer = fetch_page(url, fetcher)
    page = _parse(answer)
    described = bool(page.first(_TITLES[:4]) or _article(page.data).get("headline"))
    shown = page.title or page.first(_TITLES) or page.heading
    reached = page.canonical if page.canonical.startswith("http") else answer.url
    wall = stands_in(shown, url, reached, answer.body, described=described)
    if wall:
        raise NotAPageError(
            f"{url}: {wall}; open it yourself, and give the work's DOI or arXiv id, or add the "
            "source by hand"
        )
    return read_page(answer)


def fetch_page(url: str, fetcher: Fetcher) -> Answer:
    """Download a page, if it is one."""
    host = urlsplit(url).hostname or url

    def check(answer: Answer) -> None:
        if answer.status != 200:
            reason = {404: "there is no such page", 410: "the page was removed",
                      401: "the page needs a login", 403: "the site refuses programs"}  # fmt: skip
            text = reason.get(answer.status, "the page cannot be had")
            raise RefusedError(f"{url}: {text} (HTTP {answer.status}); {_ADVICE}")
        kind = answer.content_type.partition(";")[0].strip().lower()
        if kind == "application/pdf" or answer.body.startswith(b"%PDF"):
            raise NotAPageError(
                f"{url}: is a PDF file, which says too little about itself; give the page that "
                "links to it"
            )
        if kind and "html" not in kind and "xml" not in kind:
            raise NotAPageError(f"{url}: is {kind}, not a web page; {_ADVICE}")

    return fetcher.get(
        url,
        service=host,
        max_bytes=MAX_PAGE_BYTES,
        accept="text/html,application/xhtml+xml",
        check=check,
        advice=_ADVICE,
    )


def read_page(answer: Answer) -> Source:
    """The record of a page from its metadata; what the page does not say stays empty."""
    page = _parse(answer)
    article = _article(page.data)
    host = (urlsplit(answer.url).hostname or "").removeprefix("www.")
    site = page.first(_SITES) or _name(article.get("publisher")) or host
    title = page.first(_TITLES) or _string(article.get("headline")) or page.title or page.heading
    title = _without_site(title, site, host)
    published = _date(page.first(_DATES) or _string(article.get("datePublished")) or page.time)
    canonical = urljoin(answer.url, page.canonical) if page.canonical else ""
    # A canonical address of another site would let a page pose as that site.
    same = (urlsplit(canonical).hostname or "").removeprefix("www.") == host
    url = canonical if same and is_web_address(canonical) else answer.url
    about = page.first(_ABSTRACTS[:4]) or page.abstract or page.first(_ABSTRACTS)
    about = about or _string(article.get("description"))
    notes = [] if title else ["the page has no title; its address stands in for one"]
    pdf = page.first(("citation_pdf_url",))
    doi = next(filter(None, (find_doi(text) for name in _DOIS for text in page.meta.get(name, ()))),
               "") or find_doi(answer.url)  # fmt: skip
    arxiv_id = find_arxiv_id(page.first(("citation_arxiv_id",))) or find_arxiv_id(doi)
    return Source(
        title=title or urlsplit(url).path.rstrip("/").rpartition("/")[2] or host,
        authors=_authors(page, article),
        year=int(published[:4]) if published else None,
        url=url,
        abstract="" if _SELF_PRAISE.match(about) else about,
        venue=site,
        arxiv_id=arxiv_id or find_arxiv_id(answer.url),
        doi="" if find_arxiv_id(doi) else doi,
        published=published if len(published) == 10 else "",
        pdf_url=pdf if is_web_address(pdf) else "",
        provider="web",
        notes=tuple(notes),
    )


def _parse(answer: Answer) -> _Page:
    from lxml import etree

    page = _Page()
    encoding = _encoding(answer)
    body = answer.body
    if encoding == "utf-16":
        body, encoding = body.decode("utf-16", "replace").encode(), "utf-8"
    parser = etree.HTMLParser(encoding=encoding, no_network=True)
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError):
        root = None
    if root is None:
        return page
    for element in root.iter("meta", "title", "h1", "link", "time", "script"):
        _collect(element, page)
    if "citation_title" in page.meta and not page.first(_ABSTRACTS[:4]):
        page.abstract = _shown_abstract(root)
    return page


def _shown_abstract(root: Any) -> str:
    """What stands in the page's own block for it; the description of such a page is its authors."""
    for element in root.iter("div", "section", "blockquote", "p"):
        names = f"{element.get('class') or ''} {element.get('id') or ''}".lower().split()
        if _ABSTRACT_BLOCKS & set(names):
            words = _shorten(" ".join(element.itertext()))
            if len(words) > _MIN_ABSTRACT:
                return words
    return ""


def _collect(element: Any, page: _Page) -> None:
    get = element.get
    if element.tag == "meta":
        name = (get("name") or get("property") or get("itemprop") or "").strip().lower()
        name = name.removeprefix("bepress_")
        content = _shorten(get("content"))
        if name and content and len(page.meta) < 500:
            page.meta.setdefault(name, []).append(content)
    elif element.tag == "title":
        page.title = page.title or _shorten("".join(element.itertext()))
    elif element.tag == "h1":
        page.heading = page.heading or _shorten("".join(element.itertext()))
    elif element.tag == "link" and get("itemprop") == "name" and get("content"):
        page.meta.setdefault("author", []).append(_shorten(get("content")))
    elif element.tag == "link" and (get("rel") or "").lower() == "canonical":
        page.canonical = page.canonical or (get("href") or "").strip()
    elif element.tag == "time":
        page.time = page.time or (get("datetime") or "").strip()
    elif element.tag == "script" and (get("type") or "").lower() == "application/ld+json":
        try:
            data = json.loads("".join(element.itertext()))
        except (ValueError, RecursionError):
            return
        for item in data if isinstance(data, list) else [data]:
            if isinstance(item, dict):
                graph = item.get("@graph")
                page.data += (
                    [i for i in graph if isinstance(i, dict)] if isinstance(graph, list) else [item]
                )


def _article(data: list[dict[str, Any]]) -> dict[str, Any]:
    for item in data:
        kind = item.get("@type")
        kinds = kind if isinstance(kind, list) else [kind]
        if any(
            isinstance(name, str) and re.search(r"Article|Posting|Report", name) for name in kinds
        ):
            return item
    return {}


def _authors(page: _Page, article: dict[str, Any]) -> tuple[str, ...]:
    for name in _AUTHORS:
        found = [text for text in page.meta.get(name, []) if not is_web_address(text)]
        if found:
            break
    else:
        listed = article.get("author")
        found = [_name(item) for item in (listed if isinstance(listed, list) else [listed])]
    if len(found) == 1 and ";" in found[0]:
        found = found[0].split(";")
    people = (_person(text) for text in found)
    return tuple(dict.fromkeys(person for person in people if person and person.lower() != "admin"))


def _person(text: str) -> str:
    text = one_line(text).removeprefix("@")
    if text.count(",") == 1:
        family, given = text.split(",")
        text = f"{given.strip()} {family.strip()}"
    return text[:200]


def _date(text: str) -> str:
    """`2019-10-29`, or `2019` if no more is known, of the forms that pages use."""
    match = re.search(r"\b((?:19|20)\d\d)[-/.](\d{1,2})[-/.](\d{1,2})", text)
    if match:
        try:
            return datetime(int(match[1]), int(match[2]), int(match[3])).date().isoformat()
        except ValueError:
            return match[1]
    for form in ("%B %d, %Y", "%b %d, %Y", "%d %B %Y", "%d %b %Y"):
        try:
            return datetime.strptime(text.strip(), form).date().isoformat()
        except ValueError:
            continue
    year = re.search(r"\b(?:19|20)\d\d\b", text)
    return year[0] if year else ""


def _without_site(title: str, site: str, host: str) -> str:
    """`A Post | The Blog` without the blog's name, which is kept elsewhere."""
    title = re.sub(r"^GitHub - (?=[\w.-]+/[\w.-]+)", "", title)
    for mark in (" | ", " - ", " – ", " — ", " · "):
        head, found, tail = title.rpartition(mark)
        name = re.sub(r"\W", "", tail).casefold()
        known = tail.strip().casefold() == site.casefold() or (
            len(name) > 1 and name in re.sub(r"[^\w.]", "", host)
        )
        if found and head and known:
            return head.strip()
    return title


def _encoding(answer: Answer) -> str | None:
    """How a page is written; None leaves it to what the page says of itself.

    Reference: https://encoding.spec.whatwg.org/#names-and-labels
    """
    body = answer.body
    if body[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    try:
        # What reads as UTF-8 is UTF-8, whatever a server that knows one charset claims.
        if not body.decode("utf-8").isascii():
            return "utf-8"
    except UnicodeDecodeError:
        pass
    match = re.search(r"charset=[\"']?([\w-]+)", answer.content_type)
    try:
        named = codecs.lookup(match[1]).name if match else ""
    except LookupError:
        named = ""
    if named in ("iso8859-1", "ascii", "utf-8"):
        return "windows-1252"  # as browsers read the first two; and the third it is not
    if named:
        return named
    return None if b"charset" in body[:2048].lower() else "windows-1252"


def _name(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else None
    return _string(value.get("name")) if isinstance(value, dict) else _string(value)


def _string(value: object) -> str:
    return _shorten(value) if isinstance(value, str) else ""


def _shorten(text: str | None) -> str:
    words = plain((text or "")[: 2 * _MAX_TEXT])[:_MAX_TEXT]
    return re.sub(r"^(?:ABSTRACT|Abstract|SUMMARY)\b[:.]?\s+(?=[A-Z])", "", words)
