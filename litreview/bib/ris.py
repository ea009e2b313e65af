"""Read and write RIS, the format of EndNote, Zotero, Mendeley and most publishers.

Reference: https://en.wikipedia.org/wiki/RIS_(file_format), https://refdb.sourceforge.net/manual
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from litreview.bib.dates import iso_date
from litreview.bib.item import Item, with_arxiv, with_titles
from litreview.bib.names import Name, from_commas
from litreview.text.clean import one_line, without_markup
from litreview.text.identifiers import find_doi, is_web_address

_LINE = re.compile(r"[\s\ufeff]{0,8}([A-Z][A-Z0-9]{1,3}) {0,2}-(?: (.*)|(.*))$")
_TYPES = {
    "JOUR": "article-journal", "EJOUR": "article-journal", "JFULL": "article-journal",
    "MGZN": "article-magazine", "NEWS": "article-newspaper", "CONF": "paper-conference",
    "CPAPER": "paper-conference", "BOOK": "book", "EBOOK": "book", "EDBOOK": "book",
    "CHAP": "chapter", "ECHAP": "chapter", "THES": "thesis", "RPRT": "report",
    "ELEC": "webpage", "WEB": "webpage", "ICOMM": "webpage", "BLOG": "post-weblog",
    "UNPB": "manuscript", "COMP": "software", "DATA": "dataset", "PAT": "patent",
    "VIDEO": "motion_picture", "GEN": "article",
}  # fmt: skip
_KINDS = {
    "article-journal": "JOUR", "article-magazine": "MGZN", "article-newspaper": "NEWS",
    "paper-conference": "CPAPER", "book": "BOOK", "chapter": "CHAP", "thesis": "THES",
    "report": "RPRT", "webpage": "ELEC", "post-weblog": "BLOG", "manuscript": "UNPB",
    "software": "COMP", "dataset": "DATA", "patent": "PAT", "motion_picture": "VIDEO",
}  # fmt: skip
_DETAILS = {
    "volume": ("VL", "VO"), "issue": ("IS", "CP"), "publisher": ("PB",), "publisher-place": ("CY",),
    "edition": ("ET",), "language": ("LA",), "collection-title": ("T3",),
}  # fmt: skip
_EDITED = ("book", "chapter", "paper-conference")
_MAX_RECORD_LINES = 5_000


def read(text: str, name: str) -> tuple[list[Item], tuple[str, ...]]:
    """Read a file; what is no RIS in it is passed over.

    Args:
        text: The file's content.
        name: What to call the file in notes.
    """
    return with_titles(((line, _item(record)) for line, record in _records(text)), name)


def _records(text: str) -> Iterator[tuple[int, dict[str, list[str]]]]:
    """Each record's first line and its values by tag; one ends at `ER` or at the next `TY`."""
    record: dict[str, list[str]] = {}
    start, last, lines = 1, "", 0
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        match = _LINE.match(line)
        if match is None:
            words = line.strip()
            if record and last and words and lines < _MAX_RECORD_LINES:
                record[last][-1] += f" {words}"
            continue
        tag, value = match[1], (match[2] or match[3] or "").strip()
        if tag in ("TY", "ER") and record:
            yield start, record
            record, last = {}, ""
        if tag == "ER":
            continue
        if not record:
            start, lines = number, 0
        lines += 1
        if lines <= _MAX_RECORD_LINES:
            record.setdefault(tag, []).append(value)
            last = tag
    if record:
        yield start, record


def _item(record: dict[str, list[str]]) -> Item:
    def first(*tags: str) -> str:
        return next(
            (without_markup(v) for tag in tags for v in record.get(tag, ()) if v.strip()), ""
        )

    kind = _TYPES.get(first("TY").upper(), "article")
    titles = ("TI", "T1", "CT", "ST") + (("BT", "T2") if kind == "book" else ())
    start, end = first("SP"), first("EP")
    links = [value for tag in ("UR", "L2", "LK") for value in record.get(tag, ())]
    words = [word for value in links for word in re.split(r"\s+|;(?=https?:)", value)]
    addresses = [word.rstrip(";") for word in words if is_web_address(word)]
    elsewhere = ("UR", "M3", "L3", "N1", "ID", "AN", "U4")
    dois = [first("DO", "DI"), *(v for tag in elsewhere for v in record.get(tag, ()))]
    series = first("T3") if kind not in ("book",) else first("T3", "T2")
    numbers = [without_markup(value) for value in record.get("SN", ()) if value]
    values = {
        "type": kind,
        "title": first(*titles),
        "container-title": ""
        if kind == "book" and first("PB")
        else first("T2", "JF", "JO", "BT", "JA", "J2", "T3"),
        "issued": next(filter(None, (iso_date(first(tag)) for tag in ("DA", "PY", "Y1"))), ""),
        "page": f"{start}-{end}" if start and end and "-" not in start else start,
        "abstract": first("AB", "N2"),
        "DOI": next(filter(None, map(find_doi, filter(None, dois))), ""),
        "URL": addresses[0] if addresses else "",
        "keyword": ", ".join(map(without_markup, record.get("KW", ())))[:2000],
        "ISBN": next(filter(_is_isbn, numbers), ""),
        "ISSN": next((number for number in numbers if not _is_isbn(number)), ""),
    }
    if kind == "thesis":
        values["genre"] = first("M3")
    year = first("PY", "Y1")[:4]
    if not values["issued"].startswith(year) and iso_date(year):
        values["issued"] = iso_date(first("PY", "Y1"))
    values |= {ours: first(*theirs) for ours, theirs in _DETAILS.items()}
    values["collection-title"] = series if series != values["container-title"] else ""
    authors = [_name(v) for tag in ("AU", "A1") for v in record.get(tag, ()) if v.strip(" ,;")]
    editor_tags = ("ED", "A2") if kind in _EDITED else ("ED",)
    item = Item(
        values={name: value for name, value in values.items() if value},
        authors=authors,
        editors=[_name(v) for t in editor_tags for v in record.get(t, ()) if v.strip(" ,;")],
        pdf_url=next((v for v in record.get("L1", ()) if is_web_address(v)), ""),
    )
    tags = ("AN", "UR", "M1", "M3", "JO", "JF", "T2", "VL", "ID", "N1")
    return with_arxiv(item, *(value for tag in tags for value in record.get(tag, ())[:3]))


def _name(text: str) -> Name:
    text = without_markup(text).strip(" ;")
    return from_commas(text) if "," in text else Name.of(text)


def _is_isbn(number: str) -> bool:
    first = re.split(r"[\s;,]", number.strip(), maxsplit=1)[0]
    return len(re.sub(r"[^\dXx]", "", first)) in (10, 13)


def write(items: Sequence[Item], keys: Sequence[str]) -> str:
    """Records as reference managers import them."""
    lines = []
    for item, key in zip(items, keys, strict=True):
        start, _, end = item["page"].partition("-")
        year = item["issued"][:4]
        editor_tag = "A2" if item["type"] in _EDITED else "ED"
        fields = [
            ("TY", _KINDS.get(item["type"], "GEN")),
            ("ID", key),
            ("TI", item["title"]),
            *(("AU", _written(name)) for name in item.authors),
            *((editor_tag, _written(name)) for name in item.editors),
            ("PY", year),
            ("DA", item["issued"].replace("-", "/") if len(item["issued"]) > 4 else ""),
            ("T2", item["container-title"]),
            *((theirs[0], item[ours]) for ours, theirs in _DETAILS.items()),
            ("SP", start),
            ("EP", end.lstrip("-")),
            ("SN", item["ISBN"]),
            ("SN", item["ISSN"]),
            ("DO", item["DOI"]),
            ("AN", f"arXiv:{item.arxiv_id}" if item.arxiv_id else ""),
            ("M3", item["genre"]),
            ("UR", item["URL"]),
            ("L1", item.pdf_url),
            ("KW", item["keyword"]),
            ("AB", item["abstract"]),
        ]
        lines += [f"{tag}  - {one_line(value)}" for tag, value in fields if value]
        lines += ["ER  - ", ""]
    return "\r\n".join(lines) + ("\r\n" if lines else "")


def _written(name: Name) -> str:
    if not name.given and " " in name.family:
        return f"{name.family},"  # the comma says that there is no given name to look for
    return ", ".join(filter(None, (name.family, name.given, name.suffix)))
