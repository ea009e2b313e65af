"""The models and data sets of Hugging Face, and the papers that their cards name.

Reference: https://huggingface.co/docs/hub/api
"""

from __future__ import annotations

import re
from urllib.parse import quote

from litreview.providers.service import Service, plain, record, text
from litreview.text.identifiers import find_arxiv_id, find_doi
from litreview.web.fetch import Fetcher
from litreview.works.source import Source

SERVICE = Service(
    "Hugging Face", "LITREVIEW_HUGGINGFACE_URL", "https://huggingface.co", 0.5,
    advice="try again in a few minutes, or add the source by hand",
)  # fmt: skip
_OWN_PAGES = frozenset(
    ("blog", "docs", "papers", "spaces", "learn", "collections", "organizations", "join", "login",
     "settings", "pricing", "models", "tasks", "posts", "api", "course", "chat", "inference")
)  # fmt: skip
_REPOSITORY = re.compile(
    r"(?:huggingface\.co|hf\.co)/(?:(datasets)/)?([\w.-]+)(?:/([\w.-]+))?(?:/(?:tree|blob|resolve)/"
    r"\S{0,200})?/?(?:[?#]\S*)?$",
    re.IGNORECASE,
)


def repository(url: str) -> tuple[str, str]:
    """`models` or `datasets`, and the name there; two empty texts if it is another page."""
    match = _REPOSITORY.search(url)
    if match is None or match[2].lower() in _OWN_PAGES or match[2].lower() == "datasets":
        return "", ""
    return "datasets" if match[1] else "models", "/".join(filter(None, (match[2], match[3])))


def by_name(kind: str, name: str, fetcher: Fetcher) -> Source | None:
    """The record of a model or a data set, or None.

    Args:
        kind: `models` or `datasets`.
        name: With its owner, or alone for the old ones.
        fetcher: Makes the request.

    Raises:
        FetchError: If Hugging Face does not answer as it should.
    """
    data = SERVICE.json(f"/api/{kind}/{quote(name)}", fetcher, holds="id")
    if data is None:
        return None
    tags = [tag for tag in data.get("tags") or () if isinstance(tag, str)]
    papers = [tag.removeprefix("arxiv:") for tag in tags if tag.startswith("arxiv:")]
    papers = [paper for paper in dict.fromkeys(papers) if find_arxiv_id(paper)]
    doi = next((find_doi(tag) for tag in tags if tag.startswith("doi:")), "")
    card = record(data.get("cardData"))
    title = text(card.get("pretty_name")) or text(data.get("id")) or name
    owner = text(data.get("author")) or name.partition("/")[0] * ("/" in name)
    day = text(data.get("createdAt"))[:10]
    notes = []
    if papers:
        notes.append(
            f"its card names {'the paper' if len(papers) == 1 else 'the papers'} "
            f"{', '.join(f'arXiv:{paper}' for paper in papers[:5])}; add that too if you mean it"
        )
    what = "dataset" if kind == "datasets" else "model"
    return Source(
        title=plain(title),
        authors=(owner,) if owner else (),
        families=(owner,) if owner else (),
        year=int(day[:4]) if re.fullmatch(r"\d{4}-\d\d-\d\d", day) else None,
        url=f"https://huggingface.co/{'datasets/' if what == 'dataset' else ''}{name}",
        abstract=plain(text(data.get("description")))[:5_000],
        venue="Hugging Face",
        doi=doi,
        provider="web",
        notes=tuple(notes),
        details={"type": "dataset" if what == "dataset" else "software"},
    )
