"""The works that the course names, embedded: what they are, without a way to search them."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Collection
from importlib import resources
from typing import Any

from litreview.works.source import Source


@functools.cache
def works() -> tuple[tuple[Source, ...], tuple[str, ...], tuple[str, ...]]:
    """All works of the list; for each, its short name and more words by which it is found."""
    sources, names, keywords = [], [], []
    for entry in tomllib.loads(_text())["work"]:
        names.append(entry.get("name", entry["title"].partition(":")[0]))
        keywords.append("; ".join([names[-1], *entry.get("keywords", ())]))
        sources.append(_source(entry))
    return tuple(sources), tuple(names), tuple(keywords)


def works_named(identifiers: Collection[str]) -> tuple[Source, ...]:
    """The works with one of some arXiv ids or DOIs (in lower case); only these are read.

    Args:
        identifiers: Without prefixes.
    """
    wanted = frozenset(identifiers)
    tables = _text().split("[[work]]")[1:]
    # An identifier stands between quotation marks; other words that do are told apart below.
    near = (table for table in tables if not wanted.isdisjoint(table.lower().split('"')))
    found = [_source(tomllib.loads(table)) for table in near]
    return tuple(one for one in found if not wanted.isdisjoint((one.arxiv_id, one.doi.lower())))


def _text() -> str:
    return resources.files("litreview").joinpath("data/reading_list.toml").read_text("utf-8")


def _source(entry: dict[str, Any]) -> Source:
    facts = {name: value for name, value in entry.items() if name not in ("name", "keywords")}
    arxiv_id, doi = facts.get("arxiv_id", ""), facts.get("doi", "")
    facts.setdefault(
        "url", f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else f"https://doi.org/{doi}"
    )
    facts.setdefault("pdf_url", f"https://arxiv.org/pdf/{arxiv_id}" if arxiv_id else "")
    facts["abstract"] = " ".join(facts["abstract"].split())
    return Source.from_json({**facts, "provider": "reading-list"})
