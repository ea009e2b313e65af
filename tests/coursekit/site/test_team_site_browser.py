"""A team's own site in a real browser: formulas, diagrams, and nobody else who is asked."""

from __future__ import annotations

import hashlib
import io
import os
import re
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from browser_showcase import DIAGRAM, fenced
from cookiecutter.main import cookiecutter
from machine import chromium_path
from site_browser import Browser, serve, start, wcag_violations

PAGES = ("index", "0_LiteratureReview/index", "2_BaselineModel/index", "results", "MILESTONES")
FORMULAS = """
```python
print("a line of code that is too long for any page, so that one must scroll to read all of it")
```

Attention is $\\mathrm{softmax}(QK^\\top/\\sqrt{d})V$, which costs $5 and not $6.

$$
\\begin{aligned} a &= b \\\\ &= c \\end{aligned}
$$

```math
\\text{<img src=x onerror=window.pwned=1>} \\href{javascript:window.pwned=2}{x}
```
"""
RESULTS = """{"schema": 1, "results": [
 {"task": "ner", "dataset": "notes", "split": "test", "metric": "entity F1", "value": 0.71,
  "higher_is_better": true, "model": "encoder", "family": "encoder-only", "role": "model",
  "run": "r1", "seed": 1, "commit": "abc", "date": "2026-12-01T10:00:00Z"}]}
"""
HOOK = Path("docs", "hooks", "formulas_and_diagrams.py")


@pytest.fixture(scope="module")
def registry(repository_root: Path, tmp_path_factory) -> Iterator[SimpleNamespace]:
    """A package registry on this machine, with the showcase's mermaid in an archive."""
    vendored = repository_root / "coursekit/site/theme/assets/vendor/mermaid"
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name in ("dist/mermaid.tiny.js", "LICENSE"):
            archive.add(vendored / Path(name).name, f"package/{name}")
    folder = tmp_path_factory.mktemp("registry")
    path = folder / "@mermaid-js" / "tiny" / "-" / "tiny-12.0.0.tgz"
    path.parent.mkdir(parents=True)
    path.write_bytes(buffer.getvalue())
    with serve(folder) as address:
        yield SimpleNamespace(address=address, sha512=hashlib.sha512(buffer.getvalue()).hexdigest())


@pytest.fixture(scope="module")
def team(repository_root: Path, tmp_path_factory) -> Path:
    """A repository from the template, with formulas, a diagram and a result."""
    folder = tmp_path_factory.mktemp("team")
    settings = folder / "cookiecutter.yaml"
    settings.write_text(f"cookiecutters_dir: '{folder}/c'\nreplay_dir: '{folder}/r'\n")
    made = cookiecutter(
        str(repository_root), no_input=True, output_dir=str(folder), config_file=str(settings)
    )
    readme = Path(made, "2_BaselineModel", "README.md")
    text = readme.read_text(encoding="utf-8") + FORMULAS + fenced(DIAGRAM, "nonsense ((")
    readme.write_text(text, encoding="utf-8")
    Path(made, "results.json").write_text(RESULTS, encoding="utf-8")
    Path(made, "runs", "r1").mkdir(parents=True)
    Path(made, "runs", "r1", "run.json").write_text("{}")
    return Path(made)


def build(team: Path, registry: str, sha512: str) -> str:
    """`mkdocs build --strict` with a registry; returns what it printed."""
    hook = team / HOOK
    text = re.sub(r"(?s)SHA512 = \(.*?\)", f'SHA512 = "{sha512}"', hook.read_text(encoding="utf-8"))
    text = re.sub(r'SHA512 = "\w*"', f'SHA512 = "{sha512}"', text)
    hook.write_text(text, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-B", "-m", "mkdocs", "build", "--strict"],
        cwd=team,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1", "NPM_CONFIG_REGISTRY": registry},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with start() as found:
        yield found


@pytest.fixture(scope="module")
def site(team: Path, registry: SimpleNamespace) -> Iterator[str]:
    if chromium_path() is None:
        pytest.skip("needs Chromium (Debian: chromium, chromium-driver)")
    build(team, registry.address, registry.sha512)
    with serve(team / "site") as address:
        yield address


def test_formulas_are_typeset(browser: Browser, site: str) -> None:
    """GitHub shows them in the repository, so the site must, too."""
    browser.open(f"{site}/2_BaselineModel/index.html")
    browser.wait("document.documentElement.dataset.formulas")
    shown = browser.script(
        "return [...document.querySelectorAll('math')].map(m => m.getAttribute('display'))"
    )
    assert len(shown) == 3
    assert shown.count("block") == 2
    assert browser.script("return document.querySelectorAll('math mtable').length") == 1
    assert "costs $5 and not $6" in browser.script("return document.body.innerText")
    assert browser.script("return window.pwned") is None
    assert (
        browser.script("return document.querySelectorAll('math :is(img, a[href^=java])').length")
        == 0
    )


def test_diagrams_are_drawn_by_what_the_site_brings(browser: Browser, site: str) -> None:
    """The visitor's browser asks this site alone."""
    browser.open(f"{site}/2_BaselineModel/index.html")
    browser.wait("document.documentElement.dataset.diagrams")
    assert browser.script("return document.querySelectorAll('.mermaid-figure img').length") == 1
    assert "nonsense ((" in browser.script("return document.body.innerText")
    assert {a for a in browser.fetched() if not a.startswith(site)} == set()
    assert browser.complaints() == []


def test_pages_without_formulas_fetch_nothing_for_them(browser: Browser, site: str) -> None:
    """Most pages have none."""
    browser.open(f"{site}/index.html")
    browser.wait("document.readyState === 'complete'")
    fetched = browser.fetched()
    assert not [a for a in fetched if "temml" in a or "mermaid" in a]
    assert {a for a in fetched if not a.startswith(site)} == set()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_no_violation_of_wcag(browser: Browser, site: str, page: str, scheme: str) -> None:
    """WCAG 2.2 A and AA, as far as axe-core can tell."""
    browser.scheme(scheme)
    browser.open(f"{site}/{page}.html")
    browser.script("localStorage.clear()")
    browser.open(f"{site}/{page}.html")
    browser.wait("document.readyState === 'complete'")
    found = wcag_violations(browser)
    browser.scheme("light")
    assert found == []


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", PAGES)
def test_no_page_scrolls_sideways(browser: Browser, site: str, page: str, width: int) -> None:
    """Wide tables and formulas scroll by themselves, also for who has no mouse."""
    with browser.of_width(width):
        browser.open(f"{site}/{page}.html")
        browser.wait("document.readyState === 'complete'")
        assert browser.script("return document.documentElement.scrollWidth") <= width
        if width < 500:
            assert wcag_violations(browser) == []


@pytest.mark.parametrize("trouble", ["no network", "another file"])
def test_without_the_right_file_a_diagram_stays_text(
    team: Path, registry: SimpleNamespace, tmp_path: Path, trouble: str
) -> None:
    """A site must build on a train, and never publish what nobody checked."""
    import shutil

    copy = tmp_path / "team"
    shutil.copytree(team, copy, ignore=shutil.ignore_patterns(".cache", "site"))
    address = "http://127.0.0.1:9" if trouble == "no network" else registry.address
    printed = build(copy, address, "0" * 128)
    page = (copy / "site" / "2_BaselineModel" / "index.html").read_text(encoding="utf-8")

    assert "Diagrams stay text" in printed
    assert 'class="mermaid-source"' in page
    assert not (copy / "site" / "vendor" / "mermaid").exists()
    assert not (copy / ".cache").exists()


def test_both_sites_draw_diagrams_alike(repository_root: Path) -> None:
    """The script is in the template and in the showcase; a fix in one belongs into the other."""
    ours = repository_root / "coursekit/site/theme/assets/showcase/diagrams.js"
    theirs = repository_root / "{{cookiecutter.project_slug}}/docs/javascripts/diagrams.js"
    assert ours.read_bytes() == theirs.read_bytes()
