"""Read and write CSL-JSON, as Zotero, pandoc and registries speak it.

Reference: https://github.com/citation-style-language/schema
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from litreview.bib.dates import iso_date
from litreview.bib.item import DETAILS, Item, with_arxiv
from litreview.bib.names import Name
from litreview.text.clean import without_markup

_ARRAYS = ("ISBN", "ISSN")


def read(text: str, name: str) -> tuple[list[Item], tuple[str, ...]]:
    """Read a file: a list of items, one item, or an object that holds them as `items`.

    Args:
        text: The file's content.
        name: What to call the file in notes.

    Raises:
        ValueError: If it is no JSON.
    """
    data = json.loads(text.lstrip("\ufeff"))
    if isinstance(data, dict):
        data = data.get("items", [data])
    items, notes = [], []
    for number, entry in enumerate(data if isinstance(data, list) else (), start=1):
        item = from_json(entry) if isinstance(entry, dict) else None
        if item is not None and item["title"]:
            items.append(item)
        else:
            notes.append(f"{name}, item {number}: has no title and is left out")
    return items, tuple(notes)


def from_json(entry: Mapping[str, Any]) -> Item:
    """One item; what has a wrong type is passed over."""
    values = {key: _text(entry.get(key)) for key in DETAILS if key != "issued"}
    values |= {
        "title": _text(entry.get("title")),
        "abstract": _text(entry.get("abstract")),
        "DOI": _text(entry.get("DOI")),
        "URL": _text(entry.get("URL")),
        "issued": _date(entry.get("issued")),
    }
    item = Item(
        values={name: value for name, value in values.items() if value},
        authors=_names(entry.get("author")),
        editors=_names(entry.get("editor")),
    )
    keys = ("number", "note", "DOI", "URL", "container-title", "archive_location")
    return with_arxiv(item, *(_text(entry.get(key)) for key in keys))


def write(items: Sequence[Item], keys: Sequence[str]) -> str:
    """A list of items with the given ids."""
    written = [to_json(item, key) for item, key in zip(items, keys, strict=True)]
    return json.dumps(written, ensure_ascii=False, indent=2) + "\n"


def to_json(item: Item, key: str) -> dict[str, Any]:
    """One item with its id."""
    # `iso_date` gave the parts, so they are numbers with leading zeros.
    parts = [int(part) for part in item["issued"].split("-") if part.isdecimal()]
    data = {
        "id": key,
        "type": item["type"],
        "title": item["title"],
        "author": [_written(name) for name in item.authors],
        "editor": [_written(name) for name in item.editors],
        "issued": {"date-parts": [parts]} if parts else None,
        **{name: item[name] for name in DETAILS if name not in ("type", "issued")},
        "DOI": item["DOI"],
        "number": f"arXiv:{item.arxiv_id}" if item.arxiv_id else "",
        "URL": item["URL"],
        "abstract": item["abstract"],
    }
    return {name: value for name, value in data.items() if value}


def _names(value: object) -> list[Name]:
    names = []
    for entry in value if isinstance(value, list) else ():
        if not isinstance(entry, dict):
            continue
        part = {key: _text(entry.get(key)) for key in
                ("family", "given", "suffix", "literal", "dropping-particle",
                 "non-dropping-particle")}  # fmt: skip
        particles = (part["dropping-particle"], part["non-dropping-particle"])
        family = " ".join(filter(None, (*particles, part["family"])))
        if family or part["literal"] or part["given"]:
            literal = part["literal"] or part["given"]
            names.append(Name(family, part["given"], part["suffix"]) if family else Name(literal))
    return names


def _written(name: Name) -> dict[str, str]:
    if not name.given:
        return {"literal": name.shown}
    parts = {"family": name.family, "given": name.given, "suffix": name.suffix}
    return {key: value for key, value in parts.items() if value}


def _date(value: object) -> str:
    if isinstance(value, str):
        return iso_date(value)
    if not isinstance(value, dict):
        return ""
    lists = value.get("date-parts")
    parts = lists[0] if isinstance(lists, list) and lists and isinstance(lists[0], list) else []
    try:
        numbers = [int(part) for part in parts[:3]]
    except (TypeError, ValueError):
        numbers = []
    if numbers and 1000 <= numbers[0] <= 2999:
        month, day = (*numbers[1:], 0, 0)[:2]
        text = str(numbers[0])
        if 1 <= month <= 12:  # beyond, CSL counts the seasons
            text += f"-{month:02}" + (f"-{day:02}" if 1 <= day <= 31 else "")
        return text
    return iso_date(_text(value.get("raw")) or _text(value.get("literal")))


def _text(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = str(value)
    return without_markup(value) if isinstance(value, str) else ""
