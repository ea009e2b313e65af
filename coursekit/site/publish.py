"""Bring what a build made to where the site is.

A first build puts a whole new folder in the place of the old one. A later one replaces
single files, each in one step, and removes what is no longer shown.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

from coursekit.site.cache import DECKS, MEDIA, Found, Store
from coursekit.site.event.outside import FEED, PREVIEW
from coursekit.site.event.views import FEEDBACK, TIMER
from coursekit.site.replace import replace_file
from coursekit.site.search import SearchPage, write_index
from coursekit.team.checks import CHECKS_FILE
from litreview.errors import UserError

# For the index of a site with other pages; `stamp` reads it there.
SEARCH = "search-pages.json"
# What may lie beside the pages; what a build does not make is removed.
BESIDE = ("results.json", CHECKS_FILE, TIMER, FEEDBACK, FEED, PREVIEW)


def publish(
    store: Store,
    pages: Iterable[tuple[str, str]],
    found: Sequence[Found],
    search: Sequence[SearchPage],
    files: Mapping[str, str | bytes],
) -> None:
    """Publish a site of its own, or the pages in Markdown for a MkDocs project.

    Args:
        store: Says which of the two, and where it is, and has the decks.
        pages: Name and text of the pages that are new.
        found: All teams.
        search: What the search knows of each page.
        files: What lies beside the pages, by name; `MARK` comes last.

    Raises:
        UserError: If the site cannot be written.
    """
    target = store.target
    store.begin()
    try:
        _publish(store, pages, found)
        if store.whole:
            same = {f"teams/{one.team.slug}.html" for one in found if one.kept}
            write_index(search, target / "search", same)
        else:
            entries = [asdict(page) for page in search]
            replace_file(target / SEARCH, json.dumps(entries, ensure_ascii=False).encode("utf-8"))
        for name in BESIDE:
            if name not in files:
                (target / name).unlink(missing_ok=True)
        for name, content in files.items():
            data = content.encode("utf-8", "replace") if isinstance(content, str) else content
            replace_file(target / name, data)
        if target != store.out:
            _swap(target, store.out)
    except OSError as error:
        raise UserError(
            f"{store.out}: cannot be written ({error.strerror}); check permissions and disk space"
        ) from error


def _publish(store: Store, pages: Iterable[tuple[str, str]], found: Sequence[Found]) -> None:
    for name, text in pages:
        replace_file(store.target / name, text.encode("utf-8", "replace"))
    for slug in store.gone(one.team for one in found):
        for path in (store.target / "teams").glob(f"{slug}.*"):
            path.unlink()
    used = {name for one in found for name in one.media}
    for path in (store.target / MEDIA).glob("*"):
        if path.name not in used:
            path.unlink()
    _publish_decks(store, store.target / DECKS, found)


def _publish_decks(store: Store, target: Path, found: Sequence[Found]) -> None:
    kept = {f"{one.team.slug}.html": one.kept for one in found if one.team.state == "ready"}
    for path in target.glob("*.html"):
        if path.name not in kept:
            path.unlink()
    for name in (name for name, is_kept in kept.items() if not is_kept):
        if (store.decks / name).is_file():
            target.mkdir(parents=True, exist_ok=True)
            (store.decks / name).replace(target / name)


def _swap(new: Path, out: Path) -> None:
    """Put a finished folder in the place of an older one."""
    out.parent.mkdir(parents=True, exist_ok=True)
    old = new.with_name("replaced")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)
