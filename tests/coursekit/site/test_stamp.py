"""A showcase in a site with other pages: whichever builder made it, one command finishes it."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from site_teams import commit, good_team
from test_site import hostile_team

from coursekit.cli import group
from coursekit.errors import CourseError
from coursekit.site import build
from coursekit.site.engine import ENGINES
from coursekit.site.render import THEME
from coursekit.site.stamp import stamp_site

SETTINGS = {
    "site_name": "Language Models",
    "docs_dir": "docs",
    "site_dir": "site",
    "use_directory_urls": False,
    "nav": [
        {"Home": "index.md"}, {"Rules": "rules.md"}, {"Regeln": "rules-de.md"},
        {"Projects": "showcase/index.md"},
    ],
    "theme": {"name": "material", "custom_dir": "theme", "font": False},
    "extra_css": ["assets/showcase/fonts.css", "assets/showcase/showcase.css"],
    "extra_javascript": ["assets/showcase/showcase.js", "assets/showcase/search.js"],
    "plugins": [],
    "markdown_extensions": ["attr_list", "md_in_html", "tables"],
    "validation": {"omitted_files": "ignore"},
}  # fmt: skip
HOME = """# Ours

A page of our own about zebrafish.

<script>window.pwned = 1</script>
"""


def built(folder: Path, engine: str, **settings: object) -> Path:
    """A site with the showcase of two teams in it, by one builder; not stamped yet."""
    missing = [module for module in ENGINES[engine] if not importlib.util.find_spec(module)]
    if missing:
        pytest.skip(f"needs the package {missing[0]}")
    secret = folder / "secret.txt"
    secret.write_text("secret")
    commit(folder / "teams" / "good.git", good_team())
    commit(folder / "teams" / "evil.git", hostile_team(secret))
    docs = folder / "docs"
    docs.mkdir()
    (docs / "index.md").write_text(HOME)
    (docs / "rules.md").write_text("# The rules\n\n## Late work\n\nIs late.\n")
    (docs / "rules-de.md").write_text("# Die Regeln\n\nWas zu spät kommt.\n")
    build(folder / "teams", docs / "showcase", into_docs=True, slides=True)
    (folder / "theme").symlink_to(THEME, target_is_directory=True)
    facts = {**SETTINGS, **settings}
    if engine == "zensical":
        facts["theme"] = {**SETTINGS["theme"], "variant": "classic"}  # type: ignore[dict-item]
    (folder / "mkdocs.yml").write_text(json.dumps(facts))
    done = subprocess.run(
        [sys.executable, "-m", engine, "build"], cwd=folder, capture_output=True, text=True,
        env=os.environ | {"NO_MKDOCS_2_WARNING": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "site"


def policy(page: str) -> str:
    (found,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
    return str(found)


def index(site: Path) -> dict[str, list[object]]:
    """What the search knows: the entry of each page, by its address."""
    text = (site / "search" / "pages.js").read_text()
    pages = json.loads(text[text.index(",") + 1 : text.rindex(")")])["pages"]
    return {page[0]: page for page in pages}


@pytest.mark.parametrize("engine", ENGINES)
def test_any_builder_will_do(tmp_path, engine):
    """No hook and no plugin: every page is locked, and the search knows ours and the teams'."""
    site = built(tmp_path, engine)
    report = stamp_site(site)
    pages = {str(path.relative_to(site)): path.read_text() for path in site.rglob("*.html")}
    assert {"index.html", "rules.html", "showcase/teams/good.html"} <= pages.keys()
    for name, page in pages.items():
        assert "default-src 'none'" in policy(page), name
        assert page.index("Content-Security-Policy") < page.index("<title"), name
        for tag in re.findall(r"<(?:script|link|img|iframe)\b[^>]*>", page):
            assert not re.search(r'(?:src|href)="(?:https?:)?//', tag), (name, tag)
    assert "md-search" not in pages["index.html"]
    found = index(site)
    assert found["index.html"][1] == "Ours"
    assert found["rules.html"][1:3] == ["The rules", [["late-work", "Late work"]]] or (
        found["rules.html"][2][-1] == ["late-work", "Late work"]  # type: ignore[index]
    )
    assert found["showcase/teams/good.html"][1] == "Names in the News"
    assert not any(name.startswith("showcase/index") for name in found)
    assert report.pages == len(found)
    assert "zebrafish" in "".join(p.read_text() for p in (site / "search" / "w").glob("*.js"))


def test_a_script_in_the_text_gets_no_permission(tmp_path):
    """The policy names the theme's scripts, and nothing that came in with a text."""
    import base64
    import hashlib

    site = built(tmp_path, "mkdocs")
    stamp_site(site)
    page = (site / "index.html").read_text()
    assert "window.pwned = 1" in page
    digest = base64.b64encode(hashlib.sha256(b"window.pwned = 1").digest()).decode()
    assert digest not in policy(page)
    assert policy(page).count("sha256-") >= 2


def test_a_second_time_changes_nothing(tmp_path):
    """Who is not sure whether it was done does it again."""
    site = built(tmp_path, "mkdocs")
    first = stamp_site(site)
    content = {path: path.read_bytes() for path in site.rglob("*") if path.is_file()}
    again = stamp_site(site)
    assert first.locked >= 8
    assert (again.locked, again.pages) == (0, first.pages)
    assert {path: path.read_bytes() for path in site.rglob("*") if path.is_file()} == content


def test_a_translation_says_its_language(tmp_path):
    """`rules-de` beside `rules` is German, and whoever hears the page hears German."""
    site = built(tmp_path, "mkdocs")
    stamp_site(site)
    assert '<article lang="de" class=' in (site / "rules-de.html").read_text()
    assert "<article lang" not in (site / "rules.html").read_text()


def test_the_missing_page_needs_no_file_unless_the_address_is_known(tmp_path):
    """At `/course/a/b` a link that starts from the server's root would find nothing."""
    site = built(tmp_path, "mkdocs")
    stamp_site(site)
    page = (site / "404.html").read_text()
    assert "<h1>There is no such page</h1>" in page
    assert "Language Models" in page
    assert re.findall(r'(?:href|src)="([^"]*)"', page) == []


def test_with_an_address_the_missing_page_looks_like_the_others(tmp_path):
    site = built(tmp_path, "mkdocs", site_url="https://name.github.io/course/")
    stamp_site(site)
    page = (site / "404.html").read_text()
    assert 'href="/course/assets/showcase/showcase.css"' in page
    assert "default-src 'none'" in policy(page)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("address", ["", "https://name.github.io/course/"])
def test_the_missing_page_of_a_showcase(tmp_path, address, engine):
    """The same for a showcase that is a site of its own."""
    from coursekit.site.pages import Site
    from coursekit.site.render import render_shells

    if any(not importlib.util.find_spec(module) for module in ENGINES[engine]):
        pytest.skip(f"needs the package {engine}")
    site = Site("Models", address=address, engine=engine)
    render_shells(site, tmp_path / "shells", tmp_path / "out")
    page = (tmp_path / "out" / "404.html").read_text()
    found = [a for a in re.findall(r'(?:href|src)="([^"]*)"', page) if not a.startswith("#")]
    assert "default-src 'none'" in policy(page)
    if address:
        assert "/course/assets/showcase/showcase.css" in found
        assert [a for a in found if not a.startswith(("/course/", "javascript"))] == []
        assert re.search('"base": ?"/course/"', page)
        assert 'new URL("/course/"' in page
    else:
        assert found == []


def test_the_command_tells_and_keeps_its_hands_off(tmp_path):
    """`--dry-run` writes nothing, JSON is for programs, and a slip gets one sentence."""
    site = built(tmp_path, "mkdocs")
    before = (site / "index.html").read_bytes()
    told = CliRunner().invoke(group, ["site", "--stamp", str(site), "--dry-run", "--json"])
    facts = SimpleNamespace(**json.loads(told.stdout))
    assert facts.site == str(site)
    assert (site / "index.html").read_bytes() == before
    assert not (site / "search").exists()
    told = CliRunner().invoke(group, ["site", "--stamp", str(site)])
    assert told.output == f"{site}: {facts.locked} pages locked, {facts.pages} in the search\n"
    with pytest.raises(CourseError, match=r"docs: holds no index\.html; build the site first"):
        stamp_site(tmp_path / "docs")
    told = CliRunner().invoke(group, ["site", str(tmp_path), "--stamp", str(site)])
    assert "--stamp finishes a site that is there" in str(told.exception)
