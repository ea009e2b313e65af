"""Let a site builder and its theme make what all pages share: shells, styles, scripts.

It renders one page of each kind, and `shells` stamps the real ones out of these: the
same result at a tenth of the cost, in memory that hardly grows with the number of teams.
A later build of the same site finds the shells where the first one left them, and starts
neither the builder nor the theme's templates.
"""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from coursekit.site.csp import add_policy
from coursekit.site.engine import choose_engine, run_engine, without_search
from coursekit.site.labels import Labels
from coursekit.site.pages import Site, environment
from coursekit.site.shells import KINDS, shell
from litreview.errors import UserError

THEME = Path(__file__).resolve().parent / "theme"
# Parts of the theme that no site uses, and what only its decks do.
_UNUSED = (
    "assets/javascripts/lunr",
    "assets/javascripts/workers",
    "assets/stylesheets/modern",
)
_FOR_DECKS = "assets/vendor/reveal"
MISSING = "404.html"
# Where a builder writes the root: in links, in its settings for scripts, in a script.
_FROM_ROOT = re.compile(r'((?:href|src)="|"base": ?"|new URL\("|base_url ?= ?")/(?!/)')
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
        UserError: If no builder is installed with its theme, or a folder cannot be written.
    """
    engine = choose_engine(site.engine)
    work = folder.with_name(f"{folder.name}.part").absolute()
    shutil.rmtree(work, ignore_errors=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        for kind in _kinds(site):
            path = work / "docs" / f"{kind}.md"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(shell(kind, Labels(site.language)), encoding="utf-8")
        warnings = run_engine(engine, configuration(site), work)
        made = work / "made"
        for kind in _kinds(site):
            path = work / "shells" / f"{kind}.html"
            path.parent.mkdir(parents=True, exist_ok=True)
            _lock(made / f"{kind}.html", site.language).rename(path)
        missing = made / MISSING
        page = without_search(missing.read_text(encoding="utf-8"))
        missing.write_text(
            make_missing(page, site.title, site.language, site.address), encoding="utf-8"
        )
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


def make_missing(page: str, title: str, language: str, address: str = "") -> str:
    """The finished page for addresses that lead nowhere; a server shows it at any of them.

    It cannot know how deep in the site it stands, so its links start from the site's root. Where
    that is a folder, only the site's address tells which. Without one, the page needs no other
    file: a style that fails to load would fail silently.

    Args:
        page: What the builder made, without a policy.
        title: What the site is called.
        language: Its language.
        address: Where it will be published, with a slash at the end, or empty.
    """
    if address:
        folder = urlsplit(address).path or "/"
        return add_policy(_FROM_ROOT.sub(rf"\g<1>{folder}", page), "", language)
    label = Labels(language)
    alone = environment().get_template("missing.html").render(label=label, title=title)
    return add_policy(alone, "", language)


def _lock(path: Path, language: str) -> Path:
    """Give a builder's page its policy; nobody but us has written on it yet."""
    html = without_search(path.read_text(encoding="utf-8"))
    path.write_text(add_policy(html, "", language), encoding="utf-8")
    return path


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
    (folder / "search.json").unlink(missing_ok=True)
    sitemap = folder / "sitemap.xml"
    # Without the site's address a site map holds none.
    if sitemap.is_file() and "<loc>" not in sitemap.read_text(encoding="utf-8"):
        sitemap.unlink()
        (folder / "sitemap.xml.gz").unlink(missing_ok=True)


def configuration(site: Site) -> dict[str, Any]:
    """The settings of a showcase, as MkDocs and its successors read them."""
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
