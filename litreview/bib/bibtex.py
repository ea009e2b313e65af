r"""Read and write BibTeX and BibLaTeX.

Titles and names come from strangers, and LaTeX runs what it reads: everything is
turned into plain text first and then escaped, so that `$\input{…}$` in a title is
printed and not executed.

Reference: https://ctan.org/pkg/bibtex, https://ctan.org/pkg/biblatex
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from litreview.bib.bibfile import Entry, read_entries
from litreview.bib.dates import iso_date
from litreview.bib.item import Item, with_arxiv
from litreview.bib.names import Name, from_bibtex
from litreview.text.clean import one_line, without_markup
from litreview.text.identifiers import find_arxiv_id, find_doi, is_web_address
from litreview.text.latex import to_text

_TYPES = {
    "article": "article-journal", "inproceedings": "paper-conference",
    "conference": "paper-conference", "incollection": "chapter", "inbook": "chapter",
    "book": "book", "mvbook": "book", "collection": "book", "proceedings": "book",
    "phdthesis": "thesis", "mastersthesis": "thesis", "thesis": "thesis", "techreport": "report",
    "report": "report", "unpublished": "manuscript", "online": "webpage", "electronic": "webpage",
    "www": "webpage", "dataset": "dataset", "software": "software", "patent": "patent",
}  # fmt: skip
_GENRES = {"phdthesis": "PhD thesis", "mastersthesis": "Master's thesis"}
_KINDS = {
    "article-journal": "article", "paper-conference": "inproceedings", "chapter": "incollection",
    "book": "book", "thesis": "phdthesis", "report": "techreport", "manuscript": "unpublished",
}  # fmt: skip
# Where each kind of entry names what the work stands in, or who brought it out.
_CONTAINER = {"article": "journal", "inproceedings": "booktitle", "incollection": "booktitle"}
_PUBLISHER = {"phdthesis": "school", "mastersthesis": "school", "techreport": "institution"}
_DETAILS = {
    "volume": "volume", "issue": "number", "page": "pages", "collection-title": "series",
    "edition": "edition", "publisher-place": "address", "ISBN": "isbn", "ISSN": "issn",
    "PMID": "pmid", "language": "language", "keyword": "keywords",
}  # fmt: skip
_ADDRESS_FIELDS = ("url", "howpublished", "link", "ee", "bdsk-url-1", "eprint", "note")
_DOI_FIELDS = ("doi", "url", "ee", "bdsk-url-1", "note", "howpublished")
_LATEX_IN_ADDRESS = re.compile(r"\\([_%&#~$])|\{?\\textasciitilde\s?\}?|\$\\sim\$|\\url|[{}]")


def read(text: str, name: str) -> tuple[list[Item], tuple[str, ...]]:
    """Read a file; a broken entry costs only itself.

    Args:
        text: The file's content.
        name: What to call the file in notes.
    """
    entries, notes = read_entries(text, name)
    items, without = [], []
    for entry in entries:
        item = _item(entry)
        if item["title"]:
            items.append(item)
        elif entry.fields:
            without.append(f"{name}, line {entry.line}: {entry.key or 'an entry'} has no title "
                           "and is left out")  # fmt: skip
    return items, (*notes, *without)


def _item(entry: Entry) -> Item:
    raw = {name: one_line(value) for name, value in entry.fields.items()}
    text = {name: without_markup(to_text(_without_braces(value))) for name, value in raw.items()
            if name not in ("author", "editor")}  # fmt: skip
    kind = _TYPES.get(entry.kind, "")
    title = ": ".join(filter(None, (text.get("title"), text.get("subtitle"))))
    if not title and kind == "book":
        title = text.get("booktitle", "")
    container = _first(text, "journal", "journaltitle", "booktitle")
    publisher = _first(text, "school", "institution", "organization", "publisher")
    howpublished = text.get("howpublished", "")
    if not container and howpublished and "://" not in howpublished:
        container = howpublished
    authors, others = from_bibtex(raw.get("author", ""))
    values = {
        "type": kind,
        "genre": _GENRES.get(entry.kind, "") or (text.get("type", "") if kind == "thesis" else ""),
        "title": title,
        "container-title": container,
        "publisher": publisher,
        "issued": iso_date(
            text.get("date") or text.get("year", ""), text.get("month", ""), text.get("day", "")
        ),
        "DOI": _doi(raw, text),
        "URL": next(filter(None, (_address(raw.get(name, "")) for name in _ADDRESS_FIELDS)), ""),
        "abstract": text.get("abstract", ""),
    }
    values |= {ours: text.get(theirs, "") for ours, theirs in _DETAILS.items()}
    values["publisher-place"] = values["publisher-place"] or text.get("location", "")
    item = Item(
        values={name: value for name, value in values.items() if value},
        authors=authors,
        editors=from_bibtex(raw.get("editor", ""))[0],
        others=others,
        arxiv_id=_eprint(raw),
        pdf_url=_address(raw.get("pdf", "")),
    )
    fields = ("url", "journal", "journaltitle", "volume", "note", "howpublished", "ee", "number")
    return with_arxiv(item, *(raw.get(name, "") for name in fields))


def _eprint(raw: dict[str, str]) -> str:
    kind = (raw.get("archiveprefix") or raw.get("eprinttype") or "arxiv").lower()
    eprint = raw.get("eprint", "")
    if kind != "arxiv" or not find_arxiv_id(eprint):
        return ""
    return eprint


def _doi(raw: dict[str, str], text: dict[str, str]) -> str:
    given = _LATEX_IN_ADDRESS.sub(lambda match: match[1] or "", raw.get("doi", ""))
    doi = find_doi(given)
    return doi or next(filter(None, (find_doi(text.get(name, "")) for name in _DOI_FIELDS)), "")


def _address(value: str) -> str:
    match = re.search(r"https?://[^\s<>\"]{1,2000}", value)
    if match is None:
        return ""
    url = _LATEX_IN_ADDRESS.sub(lambda m: m[1] or ("~" if "s" in m[0][1:] else ""), match[0])
    return url.rstrip(",;") if is_web_address(url) else ""


def _first(fields: dict[str, str], *names: str) -> str:
    return next((fields[name] for name in names if fields.get(name)), "")


def _without_braces(text: str) -> str:
    """Braces that only protect capitals go; those of a command's argument stay."""
    return re.sub(r"(?<![\\\w^_]){([^{}\\]*)}", r"\1", text)


def write(items: Sequence[Item], keys: Sequence[str]) -> str:
    """Entries with the given keys, safe to give to LaTeX."""
    return "\n".join(_written(item, key) for item, key in zip(items, keys, strict=True))


def _written(item: Item, key: str) -> str:
    kind = _KINDS.get(item["type"], "misc")
    if kind == "phdthesis" and "master" in item["genre"].lower():
        kind = "mastersthesis"
    arxiv = item.arxiv_id
    container = "" if arxiv and item["container-title"] == "arXiv" else item["container-title"]
    year, _, rest = item["issued"].partition("-")
    month, _, day = rest.partition("-")
    fields = [
        ("title", _protected(item["title"])),
        ("author", _people(item.authors, others=item.others)),
        ("editor", _people(item.editors)),
        ("year", _escaped(year)),
        ("month", str(int(month)) if month.isdecimal() else ""),
        ("day", str(int(day)) if day.isdecimal() else ""),
        (_CONTAINER.get(kind, "howpublished"), _escaped(container)),
        (_PUBLISHER.get(kind, "publisher"), _escaped(item["publisher"])),
        *((theirs, _escaped(item[ours])) for ours, theirs in _DETAILS.items()),
        ("type", _escaped(item["genre"]) if kind.endswith("thesis") else ""),
        ("doi", _raw(item["DOI"], also="<>")),
        ("eprint", _raw(arxiv)),
        ("archiveprefix", "arXiv" if arxiv else ""),
        ("primaryclass", _raw(item["primaryclass"]) if arxiv else ""),
        ("url", _raw(item["URL"])),
        ("abstract", _escaped(item["abstract"])),
    ]
    lines = [f"  {name} = {{{value}}}," for name, value in fields if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _escaped(text: str) -> str:
    """Plain text for LaTeX, which reads letters of every script as they are (UTF-8)."""
    return one_line(text).translate(_COMMANDS)


# BibTeX counts braces even behind a backslash, so a brace in a text needs a name.
_COMMANDS = str.maketrans(
    {
        "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}",
        "~": r"{\textasciitilde}", "^": r"{\textasciicircum}", "$": r"{\$}", "%": r"{\%}",
        "&": r"{\&}", "#": r"{\#}", "_": r"{\_}", '"': r"{\textquotedbl}",
        "`": r"{\textasciigrave}",
    }
)  # fmt: skip


def _protected(title: str) -> str:
    """A title in which BibTeX styles keep the capitals of names such as BERT."""
    words = one_line(title).split(" ")
    return " ".join(
        f"{{{_escaped(word)}}}" if re.search(r"\w.*[A-Z]|\d", word) else _escaped(word)
        for word in words
    )


def _people(names: Sequence[Name], *, others: bool = False) -> str:
    written = [_name(name) for name in names]
    return " and ".join([*written, "others"] if others and written else written)


def _name(name: Name) -> str:
    if not name.given:
        # Braces keep an organisation in one piece.
        return f"{{{_escaped(name.shown)}}}"
    parts = (name.family, name.suffix, name.given) if name.suffix else (name.family, name.given)
    return ", ".join(_guarded(part) for part in parts)


def _guarded(part: str) -> str:
    text = _escaped(part)
    return (
        f"{{{text}}}" if re.search(r"\band\b|,", part, re.I) or part.lower() == "others" else text
    )


def _raw(text: str, also: str = "") -> str:
    """An identifier or address, with what would end the field percent-encoded.

    Args:
        text: The identifier.
        also: What may stay as it is, although no address may hold it.
    """
    return re.sub(
        r"[{}\\\s\"<>^`|]",
        lambda match: match[0] if match[0] in also else f"%{ord(match[0]) % 256:02X}",
        text,
    )
