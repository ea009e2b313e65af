"""What MkDocs calls for a site that publishes a showcase together with other pages.

Adds the showcase to the navigation once it has been written, locks each page with a
security policy, and makes the search index. A builder that knows no hooks builds
the same pages without these.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

from coursekit.lessons.quiz import lesson_names
from coursekit.site.cache import DECKS
from coursekit.site.csp import on_post_page, on_post_template
from coursekit.site.lessons.deck import make_lesson_deck, talk_languages
from coursekit.site.lessons.page import deck_name, page_name
from coursekit.site.render import prune
from coursekit.site.search import SearchPage, read_page, write_index

__all__ = [
    "on_config",
    "on_files",
    "on_page_content",
    "on_post_build",
    "on_post_page",
    "on_post_template",
]
SHOWCASE = "showcase"
LESSONS = "lessons"
# The page of a lesson in another language than the manual's.
_TRANSLATED = re.compile(rf"{LESSONS}/[^/]+-([a-z]{{2}})\.md")
_pages: dict[str, SearchPage] = {}


def on_config(config: Any) -> Any:
    """Add the showcase to the navigation."""
    _pages.clear()
    folder = Path(config["docs_dir"]) / SHOWCASE
    if config["nav"] and (folder / "index.md").is_file():
        names = ("index", "leaderboard", "literature", "timeline", "programme", "quiz")
        pages = [f"{SHOWCASE}/{name}.md" for name in names if (folder / f"{name}.md").is_file()]
        config["nav"].append({"Showcase": pages})
    return config


def on_files(files: Any, *, config: Any) -> Any:
    """Make the slides of the lessons, in each language that one has a page in."""
    from mkdocs.structure.files import File

    for goal, name in enumerate(lesson_names(), 1):
        for language in talk_languages(name):
            page = f"{LESSONS}/{page_name(name, language)}"
            if files.get_file_from_path(page) is None:
                continue
            deck = make_lesson_deck(goal, language)
            back = f"../{deck_name(name, language)}"
            files.append(
                File.generated(
                    config,
                    f"{LESSONS}/slides/{deck_name(name, language)}",
                    content=deck.linked(assets="../../assets/", back=back),
                )
            )
    return files


def on_page_content(html: str, *, page: Any, config: Any, files: Any) -> str:
    """Remember what a page says, for the search, and in which language a lesson says it."""
    if not page.file.src_uri.startswith(f"{SHOWCASE}/"):
        _pages[page.file.src_uri] = read_page(page.url, str(page.title), html)
    found = _TRANSLATED.fullmatch(page.file.src_uri)
    return f'<div lang="{found[1]}">{html}</div>' if found else html


def on_post_build(*, config: Any) -> None:
    """Write the search index."""
    pages = list(_pages.values())
    kept = Path(config["docs_dir"]) / SHOWCASE / ".cache" / "search.json"
    if kept.is_file():
        for entry in json.loads(kept.read_text(encoding="utf-8")):
            sections = tuple((a, h, t) for a, h, t in entry["sections"])
            pages.append(SearchPage(f"{SHOWCASE}/{entry['url']}", entry["title"], sections))
    out = Path(config["site_dir"])
    write_index(pages, out / "search")
    decks = any((out / folder / DECKS).is_dir() for folder in (SHOWCASE, LESSONS))
    prune(out, decks=decks)
