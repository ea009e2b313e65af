"""Let MkDocs and Material make what all pages of a site share: shells, styles, scripts.

MkDocs renders one page of each kind, and `shells` stamps the real ones out of these: the
same result at a tenth of the cost, in memory that hardly grows with the number of teams.
A later build of the same site finds the shells where the first one left them, and starts
neither MkDocs nor the theme's templates.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
from pathlib import Path
from typing import Any

from coursekit.site.labels import Labels
from coursekit.site.pages import Site
from coursekit.site.shells import KINDS, shell
from litreview.errors import UserError

THEME = Path(__file__).resolve().parent / "theme"
HOOKS = Path(__file__).resolve().parent / "csp.py"
# Parts of the theme that no site uses, and what only its decks do.
_UNUSED = (
    "assets/javascripts/lunr",
    "assets/javascripts/workers",
)
_FOR_DECKS = "assets/vendor/reveal"
STYLES = tuple(f"assets/showcase/{name}.css" for name in ("fonts", "showcase", "quiz"))
SCRIPTS = tuple(f"assets/showcase/{name}.js" for name in ("showcase", "search", "quiz"))


def render_shells(site: Site, folder: Path, target: Path) -> tuple[list[str], list[str]]:
    """Make the shells of a site, and what else its pages share.

    Args:
        site: What it is called.
        folder: Where the shells go; they are there only when they are complete.
        target: Where the theme's files go.

    Returns:
        The names of the theme's files, and what the builder complained about.

    Raises:
        UserError: If MkDocs or its theme is not installed, or a folder cannot be written.
    """
    work = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        for kind in _kinds(site):
            path = work / "docs" / f"{kind}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(shell(kind, Labels(site.language)), encoding="utf-8")
        warnings = _run(site, work)
        made = work / "made"
        for kind in _kinds(site):
            path = work / "shells" / f"{kind}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            (made / f"{kind}.html").rename(path)
        (made / "teams").rmdir()
        prune(made, decks=site.slides)
        shared = [str(path.relative_to(made)) for path in made.rglob("*") if path.is_file()]
        target.mkdir(parents=True, exist_ok=True)
        for path in made.iterdir():
            path.rename(target / path.name)
        (work / "shells").rename(folder)
    except OSError as error:
        raise UserError(
            f"{target}: cannot be written ({error.strerror}); check permissions and disk space"
        ) from error
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return shared, list(dict.fromkeys(warnings))


def open_shells(site: Site, folder: Path) -> dict[str, str]:
    """The shells that `render_shells` made, by kind; empty if one of them is not there."""
    try:
        return {
            kind: (folder / f"{kind}.html").read_text(encoding="utf-8") for kind in _kinds(site)
        }
    except (OSError, UnicodeDecodeError):
        return {}


def _kinds(site: Site) -> list[str]:
    absent = {"timeline"} if not site.schedule else set()
    absent |= {"programme"} if site.programme is None else set()
    absent |= set() if site.quiz else {"quiz"}
    return [kind for kind in KINDS if kind not in absent]


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
        {label("results"): "leaderboard.md"},
        {label("literature"): "literature.md"},
    ]
    if site.schedule:
        nav.append({label("timeline"): "timeline.md"})
    if site.programme is not None:
        nav.append({label("programme"): "programme.md"})
    if site.quiz:
        nav.append({label("quiz"): "quiz.md"})
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
    """As the system has it, also when it changes, until the reader chooses light or dark."""
    follow: dict[str, Any] = {
        "media": "(prefers-color-scheme)",
        "primary": "custom",
        "accent": "custom",
        "toggle": {"icon": "material/theme-light-dark", "name": label("to_light")},
    }
    return [
        follow,
        *(
            {
                **follow,
                "media": f"(prefers-color-scheme: {mode})",
                "scheme": scheme,
                "toggle": {"icon": icon, "name": label(name)},
            }
            for mode, scheme, icon, name in (
                ("light", "default", "material/weather-sunny", "to_dark"),
                ("dark", "slate", "material/weather-night", "to_system"),
            )
        ),
    ]


def _run(site: Site, work: Path) -> list[str]:
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
    settings = work / "mkdocs.yml"
    # JSON is YAML.
    facts = configuration(site, work / "docs", work / "made")
    settings.write_text(json.dumps(facts), encoding="utf-8")
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
        raise UserError(f"{work}: MkDocs could not build the showcase: {reason}") from error
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
