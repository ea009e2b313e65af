"""What a team shows elsewhere or in a file: slides, a demo, code, a film, a report."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from coursekit.team.files import TeamFiles, resolve_path
from coursekit.team.presentation import EXTERNAL, judge_presentation
from litreview.text.markdown import addresses

MAX_TEXT = 100_000
# Slides that a reader can open everywhere, then those that they can at least take home.
DECKS = (".pdf", ".pptx", ".ppsx", ".odp", ".ppt", ".key")
_REPORT = re.compile(r"report|bericht|paper|poster", re.I)
_DEMO = re.compile(r"\bdemo\b|\bapp\b|try it|ausprobieren", re.I)
_DEMO_HOSTS = (
    "hf.space", "gradio.live", "gradio.app", "colab.research.google.com", "streamlit.app",
    "replicate.com", "github.io", "gitlab.io", "netlify.app", "vercel.app",
)  # fmt: skip
_FILM_HOSTS = ("youtube.com", "youtu.be", "vimeo.com", "loom.com", "peertube.tv", "media.ccc.de")
_FILM = (".mp4", ".webm", ".mov")
# What a template or a hurried author leaves for an address.
_NO_ADDRESS = re.compile(r"example\.(?:com|org|net)|your[-_ ]?name|your[-_ ]?file|[\[\]{}<>]", re.I)


@dataclass(frozen=True, slots=True)
class Link:
    """A button of a team's page.

    Attributes:
        kind: `deck`, `demo`, `video` or `report`.
        path: The file in the repository; empty for an address.
        url: An https address; empty for a file.
    """

    kind: str
    path: str = ""
    url: str = ""


def find_links(files: TeamFiles) -> tuple[Link, ...]:
    """A team's own links, at most one of each kind.

    Args:
        files: Its repository.
    """
    _, readme = files.readme("")
    folder = files.folders.get("presentation", "")
    path, presentation = files.readme(folder) if folder else ("", "")
    deck = _deck(files, folder, path, presentation)
    found = [deck] if deck else []
    demo, film = _addresses(f"{readme[:MAX_TEXT]}\n\n{presentation[:MAX_TEXT]}")
    found += [Link("demo", url=demo)] if demo else []
    found += [Link("video", url=film)] if film else []
    report = next(
        (
            name
            for name in files.entries
            if name.lower().endswith(".pdf")
            and _REPORT.search(name.rpartition("/")[2])
            and name != (deck.path if deck else "")
        ),
        "",
    )
    return (*found, *([Link("report", path=report)] if report else []))


def is_address(url: str) -> bool:
    """Whether a text is an https address that leads somewhere."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return parts.scheme == "https" and "." in host and not _NO_ADDRESS.search(url)


def _deck(files: TeamFiles, folder: str, readme: str, text: str) -> Link | None:
    """The slides that the README links, else those that lie beside it."""
    judged = judge_presentation(text, files.entries.keys(), folder)
    named = resolve_path(judged.evidence, readme.rpartition("/")[0])
    last = unquote(judged.evidence.partition("?")[0]).rpartition("/")[2]
    inside = [
        name
        for name in files.entries
        if folder and name.startswith(f"{folder}/") and name.lower().endswith(DECKS)
    ]
    if named in files.entries and named.lower().endswith(DECKS):
        return Link("deck", path=named)
    if judged.state == EXTERNAL and is_address(judged.evidence) and not inside:
        return Link("deck", url=judged.evidence)
    best = min(
        inside,
        key=lambda name: (not name.endswith(f"/{last}"), _rank(name), name),
        default="",
    )
    return Link("deck", path=best) if best else None


def _rank(name: str) -> int:
    return next(number for number, end in enumerate(DECKS) if name.lower().endswith(end))


def _addresses(text: str) -> tuple[str, str]:
    """The first address of a demo and of a film."""
    demo = film = ""
    for line in text.splitlines():
        if "://" not in line:
            continue
        for url in addresses(line[:2000]):
            if not is_address(url):
                continue
            host, path = urlsplit(url).hostname or "", urlsplit(url).path.lower()
            if _ends(host, _FILM_HOSTS) or path.endswith(_FILM):
                film = film or url
            elif (
                _ends(host, _DEMO_HOSTS)
                or _DEMO.search(line[: line.find("://")])
                or (host == "huggingface.co" and path.startswith("/spaces/"))
            ):
                demo = demo or url
    return demo, film


def _ends(host: str, hosts: Iterable[str]) -> bool:
    return any(host == one or host.endswith(f".{one}") for one in hosts)
