r"""Write sources as BibTeX, RIS or CSL-JSON, and read BibTeX.

Titles and names come from strangers, and LaTeX runs what it reads: everything is
turned into plain text first and then escaped, so that `$\input{…}$` in a title is
printed and not executed.

Reference: https://ctan.org/pkg/bibtex, https://github.com/citation-style-language/schema
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from litreview.bib.bibfile import read_entries
from litreview.errors import UserError
from litreview.text.clean import one_line
from litreview.text.identifiers import find_arxiv_id, find_doi, is_web_address, split_arxiv_id
from litreview.text.latex import to_text
from litreview.works.source import Source
from litreview.works.vocabulary import STOP_WORDS

FORMATS = ("bibtex", "ris", "csl")
_CONFERENCE = re.compile(
    r"\b(?:conference|proceedings|proc\.|workshop|symposium|meeting|demonstrations|neurips|nips|"
    r"icml|iclr|acl|naacl|eacl|emnlp|coling|conll|aaai|ijcai|cvpr|iccv|eccv|icassp|interspeech|"
    r"kdd|sigir|lrec)\b",
    re.IGNORECASE,
)
_JOURNAL = re.compile(r"\b(?:journal|transactions|letters|review|annals|jmlr)\b", re.IGNORECASE)
_PARTICLES = {"van", "von", "der", "den", "de", "da", "del", "della", "di", "du", "la", "le", "ter"}


@dataclass(frozen=True)
class Bibliography:
    """A parsed BibTeX file.

    Attributes:
        sources: The entries that could be read, in order.
        notes: What could not be read or stands there twice, each with its line.
    """

    sources: tuple[Source, ...]
    notes: tuple[str, ...]


def export(sources: Sequence[Source], form: str) -> str:
    """Sources in one of `FORMATS`.

    Raises:
        UserError: If the format is unknown.
    """
    if form == "bibtex":
        return to_bibtex(sources)
    if form == "ris":
        return to_ris(sources)
    if form == "csl":
        return json.dumps(to_csl(sources), ensure_ascii=False, indent=2) + "\n"
    raise UserError(f"--format {form!r} is unknown; choose one of {', '.join(FORMATS)}")


def to_bibtex(sources: Sequence[Source]) -> str:
    """BibTeX entries with unique keys, safe to give to LaTeX."""
    return "\n".join(
        _bibtex_entry(source, key) for source, key in zip(sources, keys(sources), strict=True)
    )


def keys(sources: Sequence[Source]) -> list[str]:
    """Citation keys such as `vaswani2017attention`: ASCII, unique, stable for the same list."""
    found: list[str] = []
    taken: set[str] = set()
    for source in sources:
        words = [_ascii(word) for word in re.findall(r"\w+", to_text(source.title))]
        word = next((w for w in words if w and w not in STOP_WORDS), "work")
        author = _ascii(_family(source.authors[0])[0]) if source.authors else ""
        base = f"{author or 'anonymous'}{source.year or ''}{word}"[:60]
        key, number = base, 1
        while key in taken:
            number += 1
            key = f"{base}{_letters(number)}"
        taken.add(key)
        found.append(key)
    return found


def to_ris(sources: Sequence[Source]) -> str:
    """RIS records, as reference managers import them."""
    lines = []
    kinds = {"article": "JOUR", "inproceedings": "CPAPER", "techreport": "RPRT", "misc": "GEN"}
    for source in sources:
        kind = "ELEC" if source.provider == "web" else kinds[_kind(source)]
        fields = [("TY", kind), ("TI", to_text(source.title))]
        fields += [("AU", _family_first(author)) for author in source.authors]
        fields += [
            ("PY", str(source.year or "")),
            ("DA", source.published.replace("-", "/")),
            ("T2", to_text(source.venue)),
            ("DO", source.doi),
            ("AN", f"arXiv:{source.arxiv_id}" if source.arxiv_id else ""),
            ("UR", source.url),
            ("L1", source.pdf_url),
            ("AB", to_text(source.abstract)),
        ]
        lines += [f"{tag}  - {one_line(value)}" for tag, value in fields if value]
        lines += ["ER  - ", ""]
    return "\r\n".join(lines) + ("\r\n" if lines else "")


def to_csl(sources: Sequence[Source]) -> list[dict[str, Any]]:
    """CSL-JSON items, as pandoc and Zotero read them."""
    kinds = {"article": "article-journal", "inproceedings": "paper-conference",
             "techreport": "report", "misc": "article"}  # fmt: skip
    items = []
    for source, key in zip(sources, keys(sources), strict=True):
        day: list[int | None] = [int(part) for part in source.published.split("-") if part]
        item = {
            "id": key,
            "type": "webpage" if source.provider == "web" else kinds[_kind(source)],
            "title": to_text(source.title),
            "author": [_csl_name(author) for author in source.authors],
            "issued": {"date-parts": [day or [source.year]]} if day or source.year else None,
            "container-title": to_text(source.venue),
            "DOI": source.doi,
            "number": f"arXiv:{source.arxiv_id}" if source.arxiv_id else "",
            "URL": source.url,
            "abstract": to_text(source.abstract),
        }
        items.append({name: value for name, value in item.items() if value})
    return items


def read_bibtex(text: str, name: str = "the file") -> Bibliography:
    """Read BibTeX; a broken entry costs only itself.

    Args:
        text: The file's content.
        name: What to call the file in notes.

    Raises:
        UserError: If no entry could be read.
    """
    entries, notes = read_entries(text, name)
    sources = [_from_entry(entry) for entry in entries]
    found = tuple(source for source in sources if source.title)
    if not found:
        raise UserError(
            f"{name}: holds no BibTeX entry with a title; one looks like "
            "@article{key, title = {…}, author = {…}, year = {…}}"
        )
    return Bibliography(found, notes)


def _from_entry(entry: Mapping[str, str]) -> Source:
    fields = {name: one_line(value) for name, value in entry.items()}
    text = {name: to_text(_without_braces(value)) for name, value in fields.items()}
    eprint = fields.get("eprint", "")
    arxiv_id, version = split_arxiv_id(eprint)
    if not arxiv_id:
        joined = " ".join(fields.get(n, "") for n in ("url", "note", "journal", "howpublished"))
        arxiv_id = next(filter(None, map(find_arxiv_id, joined.split())), "")
        arxiv_id = arxiv_id or find_arxiv_id(joined)
    address = re.search(
        r"https?://[^\s{}]+", fields.get("url", "") or fields.get("howpublished", "")
    )
    doi = find_doi(fields.get("doi", "")) or find_doi(fields.get("url", ""))
    url = address[0].replace("\\_", "_").replace("\\%", "%") if address else ""
    if not is_web_address(url):
        url = (
            f"https://arxiv.org/abs/{arxiv_id}"
            if arxiv_id
            else f"https://doi.org/{doi}"
            if doi
            else ""
        )
    year = re.search(r"\b(1[5-9]|20)\d\d\b", fields.get("year", "") or fields.get("date", ""))
    venue = next(
        (text[n] for n in ("journal", "journaltitle", "booktitle", "institution", "publisher")
         if text.get(n)), "",
    )  # fmt: skip
    names = [one_line(a) for a in re.split(r"\s+and\s+", fields.get("author", "")) if a.strip()]
    return Source(
        title=text.get("title", ""),
        authors=tuple(
            to_text(_without_braces(_given_first(name))) for name in names if name != "others"
        ),
        year=int(year[0]) if year else None,
        url=url,
        abstract=text.get("abstract", ""),
        venue=venue,
        arxiv_id=arxiv_id,
        doi="" if doi.startswith("10.48550/") else doi,
        provider="bibtex",
        version=version,
    )


def _bibtex_entry(source: Source, key: str) -> str:
    kind = _kind(source)
    venue = {"article": "journal", "inproceedings": "booktitle", "techreport": "institution",
             "misc": "howpublished"}[kind]  # fmt: skip
    given = "" if source.venue == "arXiv" else source.venue
    fields = [
        ("title", _protected(source.title)),
        ("author", " and ".join(_bibtex_name(author) for author in source.authors)),
        ("year", str(source.year or "")),
        (venue, _escaped(given)),
        ("doi", _raw(source.doi)),
        ("eprint", _raw(source.arxiv_id)),
        ("archiveprefix", "arXiv" if source.arxiv_id else ""),
        (
            "primaryclass",
            _raw(source.categories[0]) if source.arxiv_id and source.categories else "",
        ),
        ("url", _raw(source.url)),
        ("abstract", _escaped(source.abstract)),
    ]
    lines = [f"  {name} = {{{value}}}," for name, value in fields if value]
    return "\n".join([f"@{kind}{{{key},", *lines, "}", ""])


def _kind(source: Source) -> str:
    venue = source.venue
    if "technical report" in venue.lower():
        return "techreport"
    if not venue or venue == "arXiv" or source.provider == "web":
        return "misc"
    if _CONFERENCE.search(venue) and not _JOURNAL.search(venue):
        return "inproceedings"
    return "article"


def _escaped(text: str) -> str:
    """Plain text for LaTeX, which reads letters of every script as they are (UTF-8)."""
    return one_line(to_text(text)).translate(_COMMANDS)


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
    words = one_line(to_text(title)).split(" ")
    return " ".join(
        f"{{{_escaped(word)}}}" if re.search(r"\w.*[A-Z]|\d", word) else _escaped(word)
        for word in words
    )


def _bibtex_name(name: str) -> str:
    family, given = _family(name)
    if not given or re.search(r"\band\b", name) or family.lower() == "others":
        return f"{{{_escaped(name)}}}"
    return f"{_escaped(family)}, {_escaped(given)}"


def _raw(text: str) -> str:
    """An identifier or address, with what would end the field percent-encoded."""
    return re.sub(r"[{}\\\s\"<>^`|]", lambda match: f"%{ord(match[0]) % 256:02X}", text)


def _family(name: str) -> tuple[str, str]:
    """The family name with its particles, and the given names."""
    name = one_line(to_text(name))
    if name.count(",") == 1:
        family, given = (part.strip() for part in name.split(","))
        return family, given
    words = name.split()
    if len(words) < 2:
        return name, ""
    start = len(words) - 1
    if re.fullmatch(r"(?:jr|sr|ii|iii|iv)\.?", words[start], re.I) and start > 1:
        start -= 1
    while start > 1 and words[start - 1].lower() in _PARTICLES:
        start -= 1
    return " ".join(words[start:]), " ".join(words[:start])


def _family_first(name: str) -> str:
    family, given = _family(name)
    return f"{family}, {given}" if given else family


def _csl_name(name: str) -> dict[str, str]:
    family, given = _family(name)
    return {"family": family, "given": given} if given else {"literal": family}


def _given_first(name: str) -> str:
    parts = [part.strip() for part in name.split(",")]
    return f"{parts[-1]} {parts[0]}".strip() if len(parts) in (2, 3) else name


def _ascii(text: str) -> str:
    table = str.maketrans({"ß": "ss", "ø": "o", "ł": "l", "æ": "ae", "œ": "oe", "đ": "d", "ı": "i"})
    plain = unicodedata.normalize("NFKD", text.casefold().translate(table))
    return re.sub(r"[^a-z0-9]", "", plain)


def _letters(number: int) -> str:
    """2 → b, 3 → c, …, 27 → ba: what a second work with the same key gets."""
    number -= 1
    letters = ""
    while True:
        letters = chr(ord("a") + number % 26) + letters
        number = number // 26
        if number == 0:
            return letters


def _without_braces(text: str) -> str:
    """Braces that only protect capitals go; those of a command's argument stay."""
    return re.sub(r"(?<![\\\w^_]){([^{}\\]*)}", r"\1", text)
