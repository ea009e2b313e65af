"""The works that the course names, embedded: what they are, without a way to search them."""

from __future__ import annotations

import functools
import tomllib
from importlib import resources

from litreview.works.source import Source


@functools.cache
def works() -> tuple[tuple[Source, ...], tuple[str, ...], tuple[str, ...]]:
    """All works of the list; for each, its short name and more words by which it is found."""
    text = resources.files("litreview").joinpath("data/reading_list.toml").read_text("utf-8")
    entries = tomllib.loads(text)["work"]
    sources, names, keywords = [], [], []
    for entry in entries:
        names.append(entry.pop("name", entry["title"].partition(":")[0]))
        keywords.append("; ".join([names[-1], *entry.pop("keywords", ())]))
        arxiv_id, doi = entry.get("arxiv_id", ""), entry.get("doi", "")
        entry.setdefault(
            "url", f"https://arxiv.org/abs/{arxiv_id}" if arxiv_id else f"https://doi.org/{doi}"
        )
        entry.setdefault("pdf_url", f"https://arxiv.org/pdf/{arxiv_id}" if arxiv_id else "")
        entry["abstract"] = " ".join(entry["abstract"].split())
        sources.append(Source.from_json({**entry, "provider": "reading-list"}))
    return tuple(sources), tuple(names), tuple(keywords)
