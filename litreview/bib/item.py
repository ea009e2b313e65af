"""One record between all formats: a CSL item, and the `Source` that it stands for.

Every reader makes an item and every writer is given one, so that a field that one
format knows is not lost on the way to another.

Reference: https://docs.citationstyles.org/en/stable/specification.html#appendix-iv-variables
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from litreview.bib.names import Name, shown
from litreview.text.clean import one_line
from litreview.text.identifiers import (
    doi_address,
    find_arxiv_id,
    find_doi,
    is_web_address,
    split_arxiv_id,
)
from litreview.text.latex import to_text
from litreview.works.source import Source

# What a `Source` keeps of an item beside its own fields, by the names that CSL gives them.
DETAILS = (
    "type", "genre", "container-title", "collection-title", "publisher", "publisher-place",
    "volume", "issue", "page", "edition", "ISBN", "ISSN", "PMID", "language", "keyword", "issued",
)  # fmt: skip
_CONFERENCE = re.compile(
    r"\b(?:conference|proceedings|proc\.|workshop|symposium|meeting|demonstrations|neurips|nips|"
    r"icml|iclr|acl|naacl|eacl|emnlp|coling|conll|aaai|ijcai|cvpr|iccv|eccv|icassp|interspeech|"
    r"kdd|sigir|lrec)\b",
    re.IGNORECASE,
)
_JOURNAL = re.compile(r"\b(?:journal|transactions|letters|review|annals|jmlr)\b", re.IGNORECASE)
_ARXIV_VENUE = re.compile(r"\s*(?:arxiv\b.*|corr|computing research repository)\s*", re.I | re.S)


@dataclass(frozen=True)
class Item:
    """A bibliographic record.

    Attributes:
        values: Single values by their CSL names, `title`, `abstract`, `DOI`, `URL` and the like.
        authors: In order.
        editors: In order.
        others: Whether there are more authors than are named.
        arxiv_id: With or without its version.
        pdf_url: Address of a PDF.
        notes: What a reader should know about the record.
        withdrawn: Whether the record says that the work was retracted.
    """

    values: Mapping[str, str]
    authors: Sequence[Name] = ()
    editors: Sequence[Name] = ()
    others: bool = False
    arxiv_id: str = ""
    pdf_url: str = ""
    notes: Sequence[str] = ()
    withdrawn: bool = field(default=False)

    def __getitem__(self, name: str) -> str:
        return self.values.get(name, "")


def with_titles(read: Iterable[tuple[int, Item]], name: str) -> tuple[list[Item], tuple[str, ...]]:
    """The items that have a title, and a note for each that has none.

    Args:
        read: Each item with the line that its record begins at.
        name: What to call the file in notes.
    """
    items, notes = [], []
    for line, item in read:
        if item["title"]:
            items.append(item)
        else:
            notes.append(f"{name}, line {line}: a record has no title and is left out")
    return items, tuple(notes)


def to_source(item: Item) -> Source:
    """The record of a work as the rest of the program knows it."""
    authors, families = shown(item.authors or item.editors)
    details = {name: item[name] for name in DETAILS if item[name]}
    if item.authors and item.editors:
        details["editor"] = "; ".join(_family_first(name) for name in item.editors)
    elif item.editors:
        details["author-role"] = "editor"
    if item.others:
        details["others"] = "yes"
    year, published = _date(item["issued"])
    if published or re.fullmatch(r"\d{4}", item["issued"]):
        details.pop("issued", None)
    container = item["container-title"]
    arxiv_id, version = split_arxiv_id(item.arxiv_id)
    if _ARXIV_VENUE.fullmatch(container):
        arxiv_id = arxiv_id or find_arxiv_id(container)
        details.pop("container-title", None)
        container = "arXiv" if arxiv_id else container
    doi = find_doi(item["DOI"]) or find_doi(item["URL"])
    arxiv_id = arxiv_id or find_arxiv_id(doi) or find_arxiv_id(item["URL"])
    doi = "" if doi.startswith("10.48550/") else doi
    if item["type"] == "book":
        container = item["publisher"] or container
    elif arxiv_id and not container and item["type"] in ("", "article", "article-journal"):
        container = "arXiv"
    return Source(
        title=item["title"],
        authors=authors,
        year=year,
        url=_address(item["URL"], arxiv_id, doi),
        abstract=item["abstract"],
        venue=container or item["publisher"],
        arxiv_id=arxiv_id,
        doi=doi,
        published=published,
        pdf_url=item.pdf_url if is_web_address(item.pdf_url) else "",
        provider="bibtex",
        version=version,
        withdrawn=item.withdrawn,
        notes=tuple(item.notes),
        families=families,
        details=details,
    )


def to_item(source: Source) -> Item:
    """What a `Source` gives a writer; LaTeX in its texts becomes plain text."""
    details = dict(source.details)
    names = _names(source)
    editors = [Name.of(name) for name in details.get("editor", "").split("; ") if name]
    if details.get("author-role") == "editor":
        names, editors = [], names
    venue = to_text(source.venue)
    values = {name: details.get(name, "") for name in DETAILS}
    values["type"] = values["type"] or guess_type(source)
    if not values["container-title"] and venue != values["publisher"]:
        own = values["type"] in ("report", "thesis", "book")
        values["publisher" if own and not values["publisher"] else "container-title"] = venue
    values |= {
        "title": to_text(source.title),
        "abstract": to_text(source.abstract),
        "DOI": source.doi,
        "URL": source.url,
        "issued": _issued(source, values["issued"]),
    }
    return Item(
        values={name: one_line(value) for name, value in values.items() if value},
        authors=names,
        editors=editors,
        others=details.get("others") == "yes",
        arxiv_id=source.arxiv_id,
        pdf_url=source.pdf_url,
    )


def guess_type(source: Source) -> str:
    """The CSL type of a work whose record does not say it."""
    venue = source.venue
    if "technical report" in venue.lower():
        return "report"
    if source.provider == "web":
        return "webpage"
    if not venue or venue == "arXiv":
        return "article"
    if _CONFERENCE.search(venue) and not _JOURNAL.search(venue):
        return "paper-conference"
    return "article-journal"


def with_arxiv(item: Item, *texts: str) -> Item:
    """The item with the arXiv id that one of its other fields names, if it has none yet."""
    if item.arxiv_id:
        return item
    found = next(filter(None, (_named_arxiv(text) for text in texts)), "")
    return replace(item, arxiv_id=found)


def _named_arxiv(text: str) -> str:
    for word in text.split()[:200]:
        name, version = split_arxiv_id(word.strip("[](){},.;"))
        if name:
            return f"{name}v{version}" if version else name
    return find_arxiv_id(text)


def _names(source: Source) -> list[Name]:
    families = source.families if len(source.families) == len(source.authors) else ()
    if not families:
        return [Name.of(name) for name in source.authors]
    return [Name.of(*both) for both in zip(source.authors, families, strict=True)]


def _family_first(name: Name) -> str:
    if not name.given and " " in name.family:
        return f"{name.family},"  # an organisation; the comma keeps it in one piece
    return ", ".join(filter(None, (name.family, name.given, name.suffix)))


def _date(text: str) -> tuple[int | None, str]:
    """The year, and the whole day where it is known."""
    day = re.fullmatch(r"(1[5-9]\d\d|20\d\d)-(\d\d)-(\d\d)", text)
    year = re.search(r"(?<!\d)(1[5-9]|20)\d\d(?!\d)", text)
    return (int(year[0]) if year else None), (text if day else "")


def _issued(source: Source, known: str) -> str:
    """The most exact date that does not contradict the year."""
    year = str(source.year or "")
    return next((date for date in (source.published, known) if date.startswith(year) and date),
                year)  # fmt: skip


def _address(url: str, arxiv_id: str, doi: str) -> str:
    if is_web_address(url):
        return url
    if arxiv_id:
        return f"https://arxiv.org/abs/{arxiv_id}"
    return doi_address(doi)
