"""Turn the showcase's Markdown into HTML with MkDocs and Material.

All teams' pages differ only in their title and their parts. So MkDocs renders one
page with slots, a shell, and each team's page is stamped out of it: the same
result at a tenth of the cost, in memory that hardly grows with the number of teams.
A later build stamps only the teams that changed.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.site.labels import Labels
from coursekit.site.pages import Pages, Site, search_pages
from coursekit.site.search import write_index
from coursekit.site.team import Team
from litreview.errors import UserError

if TYPE_CHECKING:
    from coursekit.site.cache import Store

THEME = Path(__file__).resolve().parent / "theme"
HOOKS = Path(__file__).resolve().parent / "csp.py"
# The two pages that teams' pages are made of: with sections, and without.
SHELLS = {"ck-shell-ready": True, "ck-shell-absent": False}
# Parts of the theme that no site uses, and what only its decks do.
_UNUSED = (
    "assets/javascripts/lunr",
    "assets/javascripts/workers",
)
_FOR_DECKS = "assets/vendor/reveal"
# Finished HTML that waits for its page; the hook runs in this process.
PARKED: dict[str, str] = {}
STYLES = ("assets/showcase/fonts.css", "assets/showcase/showcase.css")
SCRIPTS = ("assets/showcase/showcase.js", "assets/showcase/search.js")


def render_site(
    pages: Pages,
    store: Store,
    out: Path,
    teams: Sequence[Team],
    changed: Sequence[Team],
    marker: str,
) -> tuple[str, ...]:
    """Render the pages that `store` holds into `out`.

    Args:
        pages: Renders the teams' parts; has the parked HTML of the common pages.
        store: Has the Markdown of the common pages and of the teams' shells.
        out: The finished site.
        teams: All teams.
        changed: Those whose page is not there yet.
        marker: The content of `showcase.json`.

    Returns:
        Warnings of the builder.

    Raises:
        UserError: If MkDocs or its theme is not installed, or `out` cannot be written.
    """
    staging = store.folder / "site"
    shutil.rmtree(staging, ignore_errors=True)
    PARKED.clear()
    PARKED.update(pages.parked or {})
    try:
        warnings = _run(pages.site, store, staging)
        if changed:
            _stamp(pages, staging / "teams", changed)
        prune(staging, decks=pages.site.slides)
        (staging / "showcase.json").write_text(marker, encoding="utf-8")
        write_index(search_pages(teams, pages.label), staging / "search")
        if store.is_fresh:
            _swap(staging, out)
        else:
            # Words that are gone leave no file behind.
            shutil.rmtree(out / "search", ignore_errors=True)
            _merge(staging, out)
            for slug in store.gone(teams):
                (out / "teams" / f"{slug}.html").unlink(missing_ok=True)
        store.publish_decks(out, teams)
    except OSError as error:
        raise UserError(
            f"{out}: cannot be written ({error.strerror}); check permissions and disk space"
        ) from error
    finally:
        PARKED.clear()
        shutil.rmtree(staging, ignore_errors=True)
    return tuple(dict.fromkeys(warnings))


def _stamp(pages: Pages, folder: Path, teams: Sequence[Team]) -> None:
    """Write the teams' pages out of the shells, and remove these."""
    shells = {}
    for name, ready in SHELLS.items():
        path = folder / f"{name}.html"
        shells[ready] = path.read_text(encoding="utf-8")
        path.unlink()
    for team in teams:
        html = pages.stamp(shells[team.state == "ready"], team)
        (folder / f"{team.slug}.html").write_text(html, encoding="utf-8")


def prune(folder: Path, *, decks: bool) -> None:
    """Remove what the theme brings and this site does not use.

    Args:
        folder: The site.
        decks: Whether it has any.
    """
    for name in (*_UNUSED, *(() if decks else (_FOR_DECKS,))):
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in (folder / "assets").rglob("*.map"):
        path.unlink()
    sitemap = folder / "sitemap.xml"
    # Without the site's address a site map holds none.
    if sitemap.is_file() and "<loc>" not in sitemap.read_text(encoding="utf-8"):
        sitemap.unlink()
        (folder / "sitemap.xml.gz").unlink(missing_ok=True)


def configuration(site: Site, docs: Path, out: Path) -> dict[str, Any]:
    """The MkDocs settings of a showcase."""
    label = Labels(site.language)
    nav = [
        {label("showcase"): "index.md"},
        {label("leaderboard"): "leaderboard.md"},
        {label("literature"): "literature.md"},
    ]
    if site.schedule:
        nav.append({label("timeline"): "timeline.md"})
    return {
        "site_name": site.title,
        # MkDocs takes relative paths from where its settings lie.
        "docs_dir": str(docs.resolve()),
        "site_dir": str(out.resolve()),
        "use_directory_urls": False,
        "nav": nav,
        "theme": {
            "name": "material",
            "custom_dir": str(THEME),
            "language": label.language,
            "font": False,
            "features": ["navigation.tabs", "navigation.top", "toc.follow"],
            "palette": palette(label),
        },
        "extra": {"generator": False},
        "extra_css": list(STYLES),
        "extra_javascript": list(SCRIPTS),
        "plugins": [],
        "hooks": [str(HOOKS)],
        "markdown_extensions": ["attr_list", {"toc": {"toc_depth": "2-2"}}],
        "validation": {"omitted_files": "ignore", "unrecognized_links": "ignore"},
    }


def palette(label: Labels) -> list[dict[str, Any]]:
    """Light and dark, following the system until the reader chooses."""
    return [
        {
            "media": f"(prefers-color-scheme: {mode})",
            "scheme": scheme,
            "primary": "custom",
            "accent": "custom",
            "toggle": {"icon": icon, "name": label(name)},
        }
        for mode, scheme, icon, name in (
            ("light", "default", "material/weather-night", "to_dark"),
            ("dark", "slate", "material/weather-sunny", "to_light"),
        )
    ]


def _run(site: Site, store: Store, out: Path) -> list[str]:
    os.environ["NO_MKDOCS_2_WARNING"] = "1"
    try:
        from mkdocs.commands.build import build
        from mkdocs.config import load_config
        from mkdocs.exceptions import Abort, ConfigurationError
    except ImportError as error:
        raise UserError(
            "the showcase needs MkDocs with its theme; install it with: "
            "pip install 'coursekit[site]'"
        ) from error
    settings = store.folder / "mkdocs.yml"
    # JSON is YAML.
    settings.write_text(json.dumps(configuration(site, store.docs, out)), encoding="utf-8")
    logger = logging.getLogger("mkdocs")
    found: list[str] = []
    handler = _Collector(found)
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    try:
        build(load_config(str(settings)))
    except ConfigurationError as error:
        raise UserError(
            "the showcase needs the theme Material for MkDocs; install it with: "
            f"pip install 'coursekit[site]' ({error})"
        ) from error
    except Abort as error:
        reason = "; ".join(found[-3:]) or str(error)
        raise UserError(f"{out}: MkDocs could not build the showcase: {reason}") from error
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
    return found


class _Collector(logging.Handler):
    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.found = found

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())


def _swap(new: Path, out: Path) -> None:
    """Put a finished folder in the place of an older one."""
    out.parent.mkdir(parents=True, exist_ok=True)
    old = new.with_name("replaced")
    shutil.rmtree(old, ignore_errors=True)
    if out.exists():
        out.rename(old)
    new.rename(out)
    shutil.rmtree(old, ignore_errors=True)


def _merge(new: Path, out: Path) -> None:
    """Move every file to its place; each one is replaced in a single step."""
    for path in sorted(new.rglob("*")):
        target = out / path.relative_to(new)
        if path.is_dir():
            target.mkdir(parents=True, exist_ok=True)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            path.replace(target)
