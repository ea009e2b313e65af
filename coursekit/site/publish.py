"""Bring what a build made to where the site is.

A first build puts a whole new folder in the place of the old one. A later one replaces
single files, each in one step, and removes what is no longer shown.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path

from coursekit.site.cache import DECKS, MARK, Found, Store, place
from coursekit.site.render import Frame
from coursekit.site.search import SearchPage, write_index
from litreview.errors import UserError

# For the hook that makes the index of a site with other pages.
SEARCH = ".cache/search.json"


def publish_site(
    store: Store,
    out: Path,
    frame: Frame,
    pages: Iterable[tuple[str, str]],
    found: Sequence[Found],
    search: Sequence[SearchPage],
    marker: str,
) -> None:
    """Publish a site of its own.

    Args:
        store: Has the pictures and the decks.
        out: The site's folder.
        frame: What all pages share.
        pages: Name and HTML of the pages that are new.
        found: All teams.
        search: What the search knows of each page.
        marker: The content of `MARK`.

    Raises:
        UserError: If `out` cannot be written.
    """
    target = store.folder / "site" if store.is_fresh else out
    store.begin()
    try:
        if store.is_fresh:
            shutil.rmtree(target, ignore_errors=True)
        _complete(frame.files, target)
        _publish(store, target, pages, found)
        same = {f"teams/{one.team.slug}.html" for one in found if one.kept}
        write_index(search, target / "search", same)
        place(target / MARK, marker.encode("utf-8"))
        if store.is_fresh:
            _swap(target, out)
    except OSError as error:
        raise _unwritable(out, error) from error


def publish_pages(
    store: Store,
    out: Path,
    pages: Iterable[tuple[str, str]],
    found: Sequence[Found],
    search: Sequence[SearchPage],
    marker: str,
) -> None:
    """Publish the pages in Markdown for a MkDocs project; see `publish_site`."""
    store.begin()
    try:
        if store.is_fresh:
            for name in ("teams", "media", DECKS):
                shutil.rmtree(out / name, ignore_errors=True)
        _publish(store, out, pages, found)
        entries = [asdict(page) for page in search]
        place(out / SEARCH, json.dumps(entries, ensure_ascii=False).encode("utf-8"))
        place(out / MARK, marker.encode("utf-8"))
    except OSError as error:
        raise _unwritable(out, error) from error


def _publish(
    store: Store, target: Path, pages: Iterable[tuple[str, str]], found: Sequence[Found]
) -> None:
    for name, text in pages:
        place(target / name, text.encode("utf-8"))
    for slug in store.gone(one.team for one in found):
        for path in (target / "teams").glob(f"{slug}.*"):
            path.unlink()
    _publish_media(store, target / "media", {name for one in found for name in one.media})
    _publish_decks(store, target / DECKS, found)


def _publish_media(store: Store, target: Path, used: set[str]) -> None:
    """Bring the pictures that are shown, and take out those that are not any more."""
    there = {path.name for path in target.glob("*")}
    if used - there:
        target.mkdir(parents=True, exist_ok=True)
    for name in sorted(used - there):
        shutil.copyfile(store.media / name, target / name)
    for name in there - used:
        (target / name).unlink()


def _publish_decks(store: Store, target: Path, found: Sequence[Found]) -> None:
    there = {path.name for path in target.glob("*.html")}
    shown = set()
    for one in found:
        name = f"{one.team.slug}.html"
        source = store.decks / name
        if one.team.state == "ready":
            shown.add(name)
            if not one.kept and source.is_file():
                target.mkdir(parents=True, exist_ok=True)
                source.replace(target / name)
    for name in there - shown:
        (target / name).unlink()


def _complete(source: Path, target: Path) -> None:
    """Copy every file that is not there, or not as it should be."""
    target.mkdir(parents=True, exist_ok=True)
    for path in source.iterdir():
        copy = target / path.name
        if path.is_dir():
            _complete(path, copy)
        elif not copy.is_file() or copy.stat().st_size != path.stat().st_size:
            shutil.copyfile(path, copy)


def _swap(new: Path, out: Path) -> None:
    """Put a finished folder in the place of an older one."""
    out.parent.mkdir(parents=True, exist_ok=True)
    old = new.with_name("replaced")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _unwritable(out: Path, error: OSError) -> UserError:
    return UserError(
        f"{out}: cannot be written ({error.strerror}); check permissions and disk space"
    )
