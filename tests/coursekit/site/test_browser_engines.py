"""The same showcase, whichever site builder makes its shells."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace

import pytest
from site_browser import serve
from site_teams import commit, good_team
from test_site import course, hostile_team

from coursekit.errors import UserError
from coursekit.site import build, engine
from coursekit.site.engine import ENGINES, choose_engine


@pytest.fixture(scope="module")
def teams(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("engines")
    secret = folder / "secret.txt"
    secret.write_text("secret")
    commit(folder / "teams" / "news.git", good_team())
    commit(folder / "teams" / "evil.git", hostile_team(secret))
    return folder


def built(teams: Path, name: str) -> SimpleNamespace:
    """The showcase by one builder; made once."""
    missing = [module for module in ENGINES[name] if not importlib.util.find_spec(module)]
    if missing:
        pytest.skip(f"needs the package {missing[0]}")
    out = teams / name
    if not out.exists():
        plan = course(teams, language="en")
        plan.teams = tuple(
            SimpleNamespace(slug=n, title=n, project=n, task="", family="")
            for n in ("news", "evil", "late")
        )
        report = build(teams / "teams", out, course=plan, slides=True, engine=name)
        assert report.warnings == ()
    pages = {str(p.relative_to(out)): p.read_text("utf-8") for p in sorted(out.rglob("*.html"))}
    return SimpleNamespace(out=out, pages=pages)


def article(page: str) -> str:
    """What stands between the theme's parts: the words and their markup."""
    found = re.search(r"<article[^>]*>(.*?)</article>", page, re.S)
    return " ".join(found[1].split()) if found else ""


@pytest.mark.parametrize("name", [name for name in ENGINES if name != "mkdocs"])
def test_the_pages_and_the_search_are_those_of_mkdocs(teams, name):
    """Teams' pages are stamped here, so a builder adds the theme's frame and nothing else."""
    ours, other = built(teams, "mkdocs"), built(teams, name)
    assert other.pages.keys() == ours.pages.keys()
    for path in ("teams/news.html", "teams/evil.html", "teams/late.html", "index.html"):
        assert article(ours.pages[path])
        # What Zensical marks for those who jump over the navigation.
        frame = '<a id="__skip" tabindex="-1"></a> '
        assert article(other.pages[path]).replace(frame, "") == article(ours.pages[path])
    decks = [path for path in ours.pages if path.startswith("slides/")]
    assert decks
    assert [other.pages[path] for path in decks] == [ours.pages[path] for path in decks]
    index = sorted(p.relative_to(ours.out) for p in (ours.out / "search").rglob("*.js"))
    assert len(index) > 10
    for path in index:
        assert (other.out / path).read_bytes() == (ours.out / path).read_bytes()


@pytest.mark.parametrize("name", ENGINES)
def test_every_page_is_locked_and_asks_nobody_else(teams, name):
    """Without a hook: the policy comes first, names each inline script, and no other server."""
    found = built(teams, name)
    for path, page in found.pages.items():
        (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
        assert "default-src 'none'" in policy, path
        if path != "404.html":  # it has no script
            assert page.index("Content-Security-Policy") < page.index("<script"), path
        for tag in re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*>", page):
            assert not re.search(r'(?:src|href)="(?:https?:)?//', tag), (path, tag)
        assert "md-search" not in page, path
    assert not (found.out / "search.json").exists()
    assert (found.out / "404.html").is_file()


@pytest.mark.parametrize("name", ENGINES)
def test_a_browser_shows_it_quietly_and_finds_a_team(teams, browser, name):
    """The policy fits the builder's scripts: the console is empty, and the search opens."""
    with serve(built(teams, name).out) as address:
        for page in ("index", "teams/news", "leaderboard", "literature", "timeline"):
            browser.open(f"{address}/{page}.html")
            browser.wait("document.readyState === 'complete'")
            asked = {a for a in browser.fetched() if a.startswith("http")}
            assert {a for a in asked if not a.startswith(address)} == set()
            assert browser.complaints() == []
        browser.wait("document.querySelector('.ck-search-open')")
        browser.script("document.activeElement.blur()")
        browser.keys("/")
        browser.wait("document.querySelector('dialog.ck-search').open")
        browser.keys("names in the news")
        first = "document.querySelector('.ck-search li')?.innerText ?? ''"
        browser.wait(f"({first}).includes('Names in the News')")


def test_a_builder_that_is_not_there_is_a_sentence(monkeypatch):
    """With the command that brings it; without a wish the first that is there is taken."""
    with pytest.raises(UserError, match="'hugo' is no known site builder; use one of mkdocs, prop"):
        choose_engine("hugo")
    there = {"zensical"}
    monkeypatch.setattr(engine.importlib.util, "find_spec", lambda name: name in there or None)
    assert choose_engine() == "zensical"
    with pytest.raises(UserError, match=r"properdocs needs a package .*: pip install properdocs"):
        choose_engine("properdocs")
    there.add("properdocs")
    with pytest.raises(UserError, match=r"properdocs needs .*: pip install mkdocs-material"):
        choose_engine("properdocs")
    there.clear()
    with pytest.raises(UserError, match=r"pip install 'coursekit\[site\]'"):
        choose_engine()
