"""Read NBIB (MEDLINE), the format in which PubMed exports.

Reference: https://www.nlm.nih.gov/bsd/mms/medlineelements.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from litreview.bib.dates import iso_date
from litreview.bib.item import Item, with_titles
from litreview.bib.names import Name, from_commas
from litreview.text.clean import without_markup

_LINE = re.compile(r"([A-Z]{2,4}) {0,3}- ?(.*)$")
_TYPES = (
    ("Book Chapter", "chapter"), ("Book", "book"), ("Preprint", "article"),
    ("Dataset", "dataset"), ("Technical Report", "report"), ("Academic Dissertation", "thesis"),
)  # fmt: skip


def read(text: str, name: str) -> tuple[list[Item], tuple[str, ...]]:
    """Read a file.

    Args:
        text: The file's content.
        name: What to call the file in notes.
    """
    return with_titles(((line, _item(record)) for line, record in _records(text)), name)


def _records(text: str) -> Iterator[tuple[int, dict[str, list[str]]]]:
    record: dict[str, list[str]] = {}
    start, last = 1, ""
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), start=1):
        match = _LINE.match(line)
        if match is None:
            if last and line[:1] in " \t" and line.strip():
                record[last][-1] += f" {line.strip()}"
            continue
        tag, value = match[1], match[2].strip()
        if tag == "PMID" and record:
            yield start, record
            record = {}
        if not record:
            start = number
        record.setdefault(tag, []).append(value)
        last = tag
    if record:
        yield start, record


def _item(record: dict[str, list[str]]) -> Item:
    def first(*tags: str) -> str:
        return next((without_markup(v) for tag in tags for v in record.get(tag, ()) if v), "")

    kinds = record.get("PT", [])
    retracted = "Retracted Publication" in kinds
    notes = ["PubMed says that this work was retracted"] if retracted else []
    if "Retraction of Publication" in kinds:
        notes.append("this is the notice of a retraction, not a work")
    title = first("TI", "BTI").removesuffix(".")
    if title.startswith("[") and title.endswith("]"):
        title = title[1:-1].removesuffix(".")  # so PubMed marks what it has translated
    authors = [_name(value) for value in record.get("FAU", ()) or record.get("AU", ()) if value]
    authors += [Name(without_markup(value)) for value in record.get("CN", ()) if value]
    # In brackets stands what kind of identifier it is.
    doi = next((value.removesuffix(" [doi]") for tag in ("LID", "AID")
                for value in record.get(tag, ()) if value.endswith("[doi]")), "")  # fmt: skip
    pmid = first("PMID")
    values = {
        "type": next((ours for theirs, ours in _TYPES if theirs in kinds), "article-journal"),
        "title": title,
        "container-title": first("JT", "TA") or (first("BTI") if first("TI") else ""),
        "issued": iso_date(first("DP", "DEP")),
        "abstract": first("AB"),
        "DOI": doi,
        "URL": f"https://pubmed.ncbi.nlm.nih.gov/{pmid}/" if pmid.isdecimal() and not doi else "",
        "PMID": pmid,
        "volume": first("VI"),
        "issue": first("IP"),
        "page": first("PG"),
        "publisher": first("PB"),
        "publisher-place": first("PL") if "Book" in kinds else "",
        "language": first("LA"),
        "keyword": ", ".join(map(without_markup, record.get("OT", ())))[:2000],
        "ISSN": first("IS").partition(" ")[0],
    }
    return Item(
        values={name: value for name, value in values.items() if value},
        authors=authors,
        editors=[_name(value) for value in record.get("FED", ()) if value],
        notes=notes,
        withdrawn=retracted,
    )


def _name(text: str) -> Name:
    text = without_markup(text).strip(" ,;")
    if "," in text:
        return from_commas(text)
    family, _, initials = text.rpartition(" ")
    return Name(family, initials) if family and initials.isupper() else Name(text)
