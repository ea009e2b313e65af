"""Finish a built site that holds a showcase among other pages.

Whatever built it (MkDocs, ProperDocs, Zensical), its pages get the security policy, and the
site the search over all of them; neither needs a hook or a plugin in the builder's settings.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coursekit.course.languages import languages
from coursekit.errors import CourseError
from coursekit.lessons.quiz import lesson_names
from coursekit.site.cache import DECKS, MARK
from coursekit.site.csp import add_policy, is_locked
from coursekit.site.engine import without_search
from coursekit.site.lessons.deck import make_lesson_deck, talk_languages
from coursekit.site.lessons.page import deck_name, page_name
from coursekit.site.publish import SEARCH
from coursekit.site.render import MISSING, make_missing, prune
from coursekit.site.replace import replace_file
from coursekit.site.search import SearchPage, read_page, write_index
from litreview.errors import UserError

LESSONS = "lessons"
_ARTICLE = re.compile(r"<article\b([^>]*)>")
_LANGUAGE = re.compile(r"<html[^>]*\blang=\"?([A-Za-z-]+)")
_HEADING = re.compile(r"<h1\b[^>]*>(.*?)</h1>", re.S)
_TITLE = re.compile(r"<title>(.*?)</title>", re.S)
_TRANSLATED = re.compile(r"(.+)-([a-z]{2})\.html")


@dataclass(frozen=True, slots=True)
class StampReport:
    """What was done to a site.

    Attributes:
        pages: How many pages the search knows.
        locked: How many got a policy; a page that has one keeps it.
        decks: How many decks of lessons were written.
    """

    site: Path
    pages: int
    locked: int
    decks: int

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {**asdict(self), "site": str(self.site)}


def stamp_site(site: Path, *, dry_run: bool = False) -> StampReport:
    """Lock each page of a built site, and write its search; may be repeated.

    Args:
        site: The folder that a builder filled.
        dry_run: Read, and write nothing.

    Raises:
        UserError: If there is no such site, or it cannot be written.
    """
    if not (site / "index.html").is_file():
        raise CourseError(
            f"{site}: holds no index.html; build the site first, and give the folder that it is in"
        )
    try:
        showcases = [path.parent for path in sorted(site.rglob(MARK))]
        found: list[SearchPage] = []
        locked = 0
        for path in sorted(site.rglob("*.html")):
            text = path.read_text(encoding="utf-8")
            if not is_locked(text):
                locked += 1
                # With an address the builder has written the missing page's links from there.
                if path == site / MISSING and not _has_address(site):
                    text = make_missing(text, _title(text), _language(text))
                else:
                    text = _locked(path, text)
                if not dry_run:
                    replace_file(path, text.encode("utf-8"))
            if path.name != MISSING and not any(path.is_relative_to(one) for one in showcases):
                found += _read(path.relative_to(site).as_posix(), text)
        for folder in showcases:
            found += _of_showcase(folder, site)
        decks = list(_lesson_decks(site))
        if not dry_run:
            for path, text in decks:
                replace_file(path, text.encode("utf-8"))
            write_index(found, site / "search")
            prune(site, decks=bool(decks) or any((one / DECKS).is_dir() for one in showcases))
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{site}: cannot be read or written ({error}); build it again") from error
    return StampReport(site, len(found), locked, len(decks))


def _locked(path: Path, text: str) -> str:
    text = without_search(text)
    translated = _TRANSLATED.fullmatch(path.name)
    # A page beside the one that it translates says in which language it is.
    if (
        translated
        and translated[2] in languages()
        and path.with_name(f"{translated[1]}.html").is_file()
    ):
        text = _ARTICLE.sub(rf'<article lang="{translated[2]}"\1>', text, count=1)
    return add_policy(text, _article(text), _language(text))


def _article(text: str) -> str:
    """What comes from Markdown; scripts in there get no permission."""
    start = _ARTICLE.search(text)
    end = text.rfind("</article>")
    return text[start.end() : end] if start and end > start.end() else ""


def _language(text: str) -> str:
    found = _LANGUAGE.search(text[:2000])
    return found[1] if found else ""


def _read(address: str, text: str) -> Iterator[SearchPage]:
    article = _article(text)
    if article:
        heading = _HEADING.search(article)
        title = _words(heading[1]) if heading else _title(text)
        yield read_page(address, title or address, article)


def _title(text: str) -> str:
    found = _TITLE.search(text)
    return _words(found[1]) if found else ""


def _words(html: str) -> str:
    """The words of a heading, without the sign that links it."""
    sections = read_page("", "", html).sections
    return sections[0][2].rstrip("¶ ") if sections else ""


def _of_showcase(folder: Path, site: Path) -> Iterator[SearchPage]:
    """What the search knows of the teams, as the showcase itself says."""
    prefix = folder.relative_to(site).as_posix().removeprefix(".").removesuffix("/")
    kept = folder / SEARCH
    for entry in json.loads(kept.read_text(encoding="utf-8")) if kept.is_file() else ():
        sections = tuple((a, h, t) for a, h, t in entry["sections"])
        url = f"{prefix}/{entry['url']}" if prefix else entry["url"]
        yield SearchPage(url, entry["title"], sections)


def _has_address(site: Path) -> bool:
    """Whether the builder knew where the site will be: then its site map has addresses."""
    sitemap = site / "sitemap.xml"
    return sitemap.is_file() and "<loc>" in sitemap.read_text(encoding="utf-8")


def _lesson_decks(site: Path) -> Iterator[tuple[Path, str]]:
    """The slides of the lessons, in each language that one has a page in."""
    for goal, name in enumerate(lesson_names(), 1):
        for language in talk_languages(name):
            page = site / LESSONS / page_name(name, language).replace(".md", ".html")
            if page.is_file():
                file = deck_name(name, language)
                deck = make_lesson_deck(goal, language)
                yield (
                    page.parent / DECKS / file,
                    deck.linked(assets="../../assets/", back=f"../{file}"),
                )
