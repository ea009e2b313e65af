"""The showcase and the slides in a real browser: what works, and what stays quiet."""

from __future__ import annotations

import base64
import io
import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from machine import chromium_path
from PIL import Image
from site_browser import Browser, serve, start, wcag_violations
from site_teams import commit, good_team, result, runs
from test_site import course, hostile_team

from coursekit.cli import group
from coursekit.site import build

PAGES = ("index", "leaderboard", "literature", "timeline", "teams/good", "teams/evil", "teams/late")


DIAGRAM = """flowchart LR
  accTitle: From text to labels
  A[Raw <b>text</b>] --> B{Long?}
  B --> C[Encoder]
"""
# What a diagram can be made to do elsewhere: each in a drawing of its own, so that each is drawn.
ATTACKS = (
    'flowchart LR\n A["<img src=x onerror=window.pwned=50>"] --> B["<script>pwned=51</script>"]',
    'flowchart LR\n A["#lt;img src=x onerror=pwned=52#gt;"] --> B["&lt;svg onload=pwned=53&gt;"]',
    'flowchart LR\n A --> B\n click A call window.eval("window.pwned=54")',
    'flowchart LR\n A --> B\n click A "javascript:window.pwned=55"',
    'flowchart LR\n A --> B\n click A href "https://evil.example/click"',
    '%%{init: {"securityLevel": "loose", "htmlLabels": true}}%%\n'
    "flowchart LR\n A[\"<iframe srcdoc='<script>parent.pwned=56</script>'></iframe>\"]",
    '%%{init: {"themeCSS": ".md-header{display:none} *{background:url(https://evil.example/a)}"}}%%\n'
    "flowchart LR\n A --> B",
    "---\nconfig:\n  securityLevel: loose\n"
    '  themeCSS: "@import url(https://evil.example/b)"\n'
    "---\nsequenceDiagram\n participant A as <img src=x onerror=window.pwned=57>\n A->>A: hi",
    'classDiagram\n class S~<img src=x onerror=window.pwned=58>~\n link S "javascript:pwned=59"',
    'flowchart LR\n A@{ img: "https://evil.example/c.png", w: 60, h: 60 }',
)


def fenced(*diagrams: str) -> str:
    return "".join(f"\n```mermaid\n{text}\n```\n" for text in diagrams)


def cover() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 180), (40, 90, 160)).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with start() as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[SimpleNamespace]:
    """A showcase with a hostile team among good ones, served on this machine."""
    if chromium_path() is None:
        pytest.skip("needs Chromium (Debian: chromium, chromium-driver)")
    folder = tmp_path_factory.mktemp("browser")
    teams = folder / "teams"
    teams.mkdir()
    secret = folder / "secret.txt"
    secret.write_text("secret")
    hostile = hostile_team(secret)
    hostile["2_BaselineModel/README.md"] = f"# Baseline\n{fenced(*ATTACKS)}"
    commit(teams / "good.git", {**good_team(), "CoverImage/cover.png": cover()})
    commit(
        teams / "decoder.git",
        {
            **good_team("Ünderdogs of Translation", 0.91, task="translation"),
            "baseline.toml": '[project]\nfamily = "decoder-only"\ntask = "translation"\n',
            "README.md": "# Ünderdogs of Translation\n\n### Task Type\n\nTranslation\n",
            **runs(*[result(value=0.9 - n / 100, seed=n, run=f"r{n}") for n in range(3)]),
        },
    )
    third = good_team("Zebra Crossing", 0.7)
    third["3_Model/README.md"] = f"# Model\n{fenced(DIAGRAM, 'nonsense ((')}"
    commit(teams / "third.git", third)
    commit(teams / "evil.git", hostile)
    plan = course(folder, language="en")
    names = ("good", "decoder", "third", "evil", "late")
    plan.teams = tuple(
        SimpleNamespace(slug=n, title=n, project=f"The {n} <b>one</b>", task="", family="")
        for n in names
    )
    build(teams, folder / "site", course=plan, slides=True)
    with serve(folder / "site") as address:
        yield SimpleNamespace(address=address, folder=folder, out=folder / "site", teams=teams)


def shown(browser: Browser) -> list[str]:
    return browser.script(
        "return [...document.querySelectorAll('.ck-card:not([hidden]) h2')].map(e => e.textContent)"
    )


@pytest.mark.parametrize("page", PAGES)
def test_a_page_asks_nobody_else_and_runs_nothing_foreign(browser, site, page):
    """The network log holds this site alone, the console no error, and no attack has run."""
    browser.open(f"{site.address}/{page}.html")
    browser.wait("document.readyState === 'complete'")
    browser.script("window.scrollTo(0, document.body.scrollHeight)")
    assert {a for a in browser.fetched() if not a.startswith((site.address, "data:"))} == set()
    assert browser.complaints() == []
    assert browser.script("return window.pwned") is None
    assert browser.script("return document.querySelector('.md-header').offsetHeight") > 0


def test_the_policy_stops_what_the_sanitiser_would_miss(browser, site):
    """Both locks hold by themselves: a script that gets in all the same does not run."""
    page = site.out / "teams" / "third.html"
    attack = "<script>window.pwned=1</script><img src=x onerror='window.pwned=2'>"
    text = page.read_text(encoding="utf-8").replace("<h1", f"{attack}<h1", 1)
    (site.out / "attacked.html").write_text(text, encoding="utf-8")
    browser.open(f"{site.address}/attacked.html")
    browser.wait("document.readyState === 'complete'")
    assert browser.script("return window.pwned") is None
    assert any("Content Security Policy" in line for line in browser.complaints())


def test_filters_filter_and_can_be_sent_to_somebody(browser, site):
    """The address remembers, so a filtered page is a link."""
    browser.open(f"{site.address}/index.html")
    browser.wait("!document.querySelector('[data-ck-filters]').hidden")
    assert len(shown(browser)) == 5
    browser.script(
        "const f = document.querySelector('[data-ck-filter=family]'); f.value = 'decoder-only';"
        "f.dispatchEvent(new Event('input'))"
    )
    assert shown(browser) == ["Ünderdogs of Translation"]
    assert browser.script("return document.querySelector('[data-ck-count]').textContent") == (
        "1 of 5 projects"
    )
    address = browser.driver.current_url
    assert address.endswith("?family=decoder-only")
    browser.open(address)
    browser.wait("!document.querySelector('[data-ck-filters]').hidden")
    assert shown(browser) == ["Ünderdogs of Translation"]


def test_the_text_filter_forgives_accents_and_offers_a_way_back(browser, site):
    """Nothing found is a dead end without a button."""
    browser.open(f"{site.address}/index.html")
    browser.wait("!document.querySelector('[data-ck-filters]').hidden")
    browser.type("[data-ck-filter=text]", "underdogs")
    assert shown(browser) == ["Ünderdogs of Translation"]
    browser.type("[data-ck-filter=text]", "nothing like this")
    assert shown(browser) == []
    browser.click("[data-ck-reset]")
    assert len(shown(browser)) == 5


def test_the_leaderboard_sorts_by_every_column(browser, site):
    """Numbers sort as numbers, and the head says how."""
    browser.open(f"{site.address}/leaderboard.html")
    browser.wait("document.querySelector('.ck-sort')")
    values = (
        "[...[...document.querySelectorAll('.ck-board')].find(b => b.querySelector('.ck-rank'))"
        ".querySelectorAll('tbody .ck-value')].map(e => Number(e.dataset.value))"
    )
    click = (
        "[...document.querySelectorAll('.ck-board')].find(b => b.querySelector('.ck-rank'))"
        ".querySelectorAll('.ck-sort')[3].click()"
    )
    before = browser.script(f"return {values}")
    assert before == sorted(before, reverse=True)
    browser.script(click)
    assert browser.script(f"return {values}") == sorted(before)
    browser.script(click)
    assert browser.script(f"return {values}") == sorted(before, reverse=True)
    assert browser.script("return document.querySelector('th[aria-sort]').ariaSort") == "descending"


def test_search_finds_by_the_keyboard_alone(browser, site):
    """A slash opens it, words narrow it, Enter goes there."""
    browser.open(f"{site.address}/index.html")
    browser.wait("document.querySelector('.ck-search-open')")
    browser.script("document.activeElement.blur()")
    browser.keys("/")
    browser.wait("document.querySelector('dialog.ck-search').open")
    browser.keys("zebra cross")
    browser.wait("document.querySelectorAll('.ck-search li').length === 1")
    assert "Zebra Crossing" in browser.script(
        "return document.querySelector('.ck-search li').innerText"
    )
    browser.keys("\ue007")
    browser.wait("location.pathname.endsWith('/teams/third.html')")


def test_search_finds_words_inside_reviews_and_shows_where(browser, site):
    """The excerpt is text; markup of a team stays text."""
    browser.open(f"{site.address}/teams/good.html")
    browser.wait("document.querySelector('.ck-search-open')")
    browser.click(".ck-search-open")
    browser.keys("bidirectional")
    browser.wait("document.querySelectorAll('.ck-search li mark').length > 1")
    link = browser.script("return document.querySelector('.ck-search li a').href")
    assert "#review" in link
    browser.script("document.querySelector('.ck-search input').select()")
    browser.keys("nosuchword")
    browser.wait("document.querySelector('.ck-search-status').textContent.includes('nosuchword')")
    assert browser.script("return window.pwned") is None


def test_copying_gives_bibtex(browser, site):
    """The button copies one entry, the other one all that are shown."""
    browser.open(f"{site.address}/literature.html")
    browser.wait("document.querySelector('[data-ck-copy]')")
    for permission in ("clipboard-read", "clipboard-write"):
        browser.driver.execute_cdp_cmd(
            "Browser.setPermission",
            {"permission": {"name": permission}, "setting": "granted", "origin": site.address},
        )
    browser.type("[data-ck-rows]", "bidirectional")
    browser.wait("document.querySelector('[data-ck-count]').textContent.startsWith('1 of')")
    for selector in ("tr:not([hidden]) [data-ck-copy]", "[data-ck-copy-all]"):
        browser.click(selector)
        browser.wait("document.querySelector('[data-ck-copy-all]') && document.hasFocus()")
        text = browser.driver.execute_async_script(
            "const done = arguments[0];"
            "setTimeout(() => navigator.clipboard.readText().then(done, e => done(String(e))), 150)"
        )
        assert text.startswith("@misc{devlin2018bert,")
        assert text.count("@misc") == 1


def test_formulas_are_typeset(browser, site):
    """By the vendored KaTeX, which only pages with formulas fetch."""
    browser.open(f"{site.address}/teams/good.html")
    browser.wait("document.querySelector('.ck-math .katex')")
    assert any("katex.min.js" in address for address in browser.fetched())
    browser.open(f"{site.address}/index.html")
    browser.wait("document.readyState === 'complete'")
    assert not any("katex" in address for address in browser.fetched())


def test_diagrams_are_drawn_in_the_pages_colours(browser, site):
    """As pictures, with their text at hand; what cannot be drawn stays text."""
    drawn = "document.documentElement.dataset.diagrams"
    browser.open(f"{site.address}/teams/third.html")
    browser.wait(drawn)
    assert browser.complaints() == []
    image = "document.querySelector('.mermaid-figure img')"
    assert browser.script(f"return [{image}.alt, {image}.naturalWidth > 100]") == [
        "From text to labels",
        True,
    ]
    assert browser.script("return document.querySelectorAll('.mermaid-figure').length") == 1
    assert "Raw <b>text</b>" in browser.script(
        "return document.querySelector('.mermaid-figure details').textContent"
    )
    light = browser.script(f"return {image}.src")
    browser.script("document.body.dataset.mdColorScheme = 'slate'")
    browser.wait(f"{image}.src !== {json.dumps(light)}")
    browser.open(f"{site.address}/teams/good.html")
    browser.wait("document.readyState === 'complete'")
    assert not any("mermaid" in address for address in browser.fetched())


@pytest.mark.parametrize("page", ["teams/evil", "slides/evil"])
def test_a_hostile_diagram_does_nothing(browser, site, page):
    """A drawing is a picture: no script, no link, no style of the page, no request."""
    browser.open(f"{site.address}/{page}.html")
    browser.wait("document.documentElement.dataset.diagrams")
    assert browser.script("return document.querySelectorAll('.mermaid-figure').length") >= 1
    assert browser.script("return window.pwned") is None
    assert {a for a in browser.fetched() if not a.startswith(site.address)} == set()
    assert browser.complaints() == []
    assert (
        browser.script("return document.querySelectorAll('.mermaid-figure :is(a, svg)').length")
        == 0
    )
    if page == "teams/evil":
        assert browser.script("return document.querySelector('.md-header').offsetHeight") > 0
        shown = browser.script("return document.querySelectorAll('.mermaid-figure').length")
        assert shown == len(ATTACKS) - 1, "all but the one that asks for a picture are drawn"


def test_the_site_works_from_a_folder(browser, site):
    """Staff double-click index.html; filters and search work there, too."""
    browser.open((site.out / "index.html").as_uri())
    browser.wait("!document.querySelector('[data-ck-filters]').hidden")
    browser.type("[data-ck-filter=text]", "zebra")
    assert shown(browser) == ["Zebra Crossing"]
    browser.click(".ck-search-open")
    browser.keys("zebra")
    browser.wait("document.querySelectorAll('.ck-search li').length === 1")


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("page", PAGES)
def test_no_page_scrolls_sideways(browser, site, page, width):
    """A long title or a wide table must not push a phone's page aside."""
    with browser.of_width(width):
        browser.open(f"{site.address}/{page}.html")
        browser.wait("document.readyState === 'complete'")
        assert browser.script("return document.documentElement.scrollWidth") <= width
        if width < 500:
            assert wcag_violations(browser) == []


def test_the_colours_follow_the_system_and_the_readers_choice(browser, site):
    """Dark where the system is dark, light after a click, also on the next page."""
    scheme = "document.body.dataset.mdColorScheme"
    browser.scheme("dark")
    browser.open(f"{site.address}/index.html")
    browser.script("localStorage.clear()")
    browser.open(f"{site.address}/index.html")
    browser.wait(f"{scheme} === 'slate'")
    browser.click("[data-md-component=palette] label:not([hidden])")
    browser.wait(f"{scheme} === 'default'")
    browser.open(f"{site.address}/leaderboard.html")
    browser.wait(f"{scheme} === 'default'")
    browser.script("localStorage.clear()")
    browser.scheme("light")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
def test_no_violation_of_wcag(browser, site, page, scheme):
    """WCAG 2.2 A and AA, as far as axe-core can tell."""
    browser.scheme(scheme)
    browser.open(f"{site.address}/{page}.html")
    browser.script("localStorage.clear()")
    browser.open(f"{site.address}/{page}.html")
    browser.wait("document.readyState === 'complete'")
    found = wcag_violations(browser)
    browser.scheme("light")
    assert found == []


@pytest.fixture(scope="module")
def manual(repository_root, tmp_path_factory) -> Iterator[str]:
    """The documentation, which has the showcase's theme."""
    out = tmp_path_factory.mktemp("manual")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(out)],
        cwd=repository_root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        check=True,
    )
    with serve(out) as address:
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["index", "students", "reference/commands", "reference/template"])
def test_no_page_of_the_manual_violates_wcag(browser, manual, page, scheme):
    """Links among words, code in colours, and code that is wider than the page."""
    browser.scheme(scheme)
    browser.open(f"{manual}/{page}.html")
    browser.script("localStorage.clear()")
    browser.open(f"{manual}/{page}.html")
    browser.wait("document.readyState === 'complete'")
    found = wcag_violations(browser)
    browser.scheme("light")
    assert found == []
    assert {a for a in browser.fetched() if not a.startswith(manual)} == set()


@pytest.fixture(scope="module")
def deck(site) -> SimpleNamespace:
    """The deck of a team that has written half of it, and that of the hostile team."""
    files = {}
    for slug in ("good", "evil"):
        out = site.folder / f"{slug}.html"
        arguments = ["slides", str(site.teams / f"{slug}.git"), "--out", str(out), "--no-pdf"]
        done = CliRunner().invoke(group, [*arguments, "--json"], catch_exceptions=False)
        assert done.exit_code == 0, done.output
        files[slug] = (out, json.loads(done.stdout))
    return SimpleNamespace(**files)


def test_slides_advance_and_speak(browser, deck):
    """Arrows move; S opens a window with the notes, which follows."""
    path, facts = deck.good
    browser.open(path.as_uri())
    browser.wait("document.querySelector('.reveal.ready')")
    now = "document.querySelector('section.present').className"
    assert "slide-title" in browser.script(f"return {now}")
    for _ in range(3):
        browser.keys("\ue014")
    browser.wait(f"{now}.includes('slide-dataset')")
    assert "12,000 film reviews" in browser.script(
        "return document.querySelector('section.present').innerText"
    )
    assert browser.fetched() == [path.as_uri()]
    assert browser.complaints() == []
    first = browser.driver.current_window_handle
    browser.keys("s")
    browser.wait("true")
    (second,) = set(browser.driver.window_handles) - {first}
    browser.driver.switch_to.window(second)
    try:
        browser.wait("document.querySelector('.speaker-panel')")
        browser.wait(
            "document.querySelector('.speaker-panel').innerText.includes('split by author')"
        )
        assert "Slide ends at" in browser.script("return document.body.innerText")
    finally:
        browser.driver.close()
        browser.driver.switch_to.window(first)
    assert facts["slides"] == 11
    assert "Challenges" in facts["gaps"]


def test_a_gap_shows_its_question_and_no_filler(browser, deck):
    """What nobody wrote stays visibly open."""
    path, _ = deck.good
    browser.open(path.as_uri() + "#/7")
    browser.wait("document.querySelector('section.present.slide-challenges')")
    text = browser.script("return document.querySelector('section.present').innerText")
    assert "Not written yet." in text
    assert "What went wrong, and what did you do?" in text


def test_a_hostile_deck_does_nothing(browser, deck):
    """The staff make decks of teams' files, and open them."""
    path, _ = deck.evil
    browser.open(path.as_uri())
    browser.wait("document.querySelector('.reveal.ready')")
    assert browser.script("return window.pwned") is None
    assert browser.fetched() == [path.as_uri()]


def test_a_deck_of_the_showcase_is_a_click_away_and_leads_back(browser, site):
    """With the site's own files alone, and by the keyboard."""
    browser.open(f"{site.address}/teams/good.html")
    browser.click(".ck-actions a")
    browser.wait("document.querySelector('.reveal.ready')")
    for _ in range(4):
        browser.keys("\ue014")
    browser.wait("document.querySelector('section.present.slide-baseline .katex')")
    assert {a for a in browser.fetched() if not a.startswith(site.address)} == set()
    assert browser.complaints() == []
    assert browser.script(
        "return [...document.fonts].some(f => f.family.includes('Inter') && f.status === 'loaded')"
    )
    browser.click("a.back")
    browser.wait("location.pathname.endsWith('/teams/good.html')")


def test_printing_a_deck_from_the_browser_gives_every_slide(browser, site):
    """Not the one that is shown; and afterwards the talk goes on where it was."""
    browser.open(f"{site.address}/slides/good.html#/4")
    browser.wait("document.querySelector('.reveal.ready')")
    printed = browser.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
    pages = re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed["data"]))
    assert len(pages) == 11
    browser.wait("document.querySelector('.reveal.ready section.present.slide-baseline')")


def test_a_deck_on_a_phone_is_a_text_to_scroll(browser, site):
    """A slide of 1280 pixels shrunk to 390 cannot be read."""
    with browser.of_width(390):
        browser.open(f"{site.address}/slides/good.html")
        browser.wait("document.body.classList.contains('reading')")
        sizes = browser.script(
            "return [...document.querySelectorAll('.slide li, .slide td, .slide dd')]"
            ".filter(e => e.checkVisibility()).map(e => parseFloat(getComputedStyle(e).fontSize))"
        )
        assert min(sizes) >= 14
        assert browser.script("return document.documentElement.scrollWidth") <= 390
        assert wcag_violations(browser) == []


def test_a_hostile_deck_of_the_showcase_does_nothing(browser, site):
    """It stands on the same server as every other team's page."""
    browser.open(f"{site.address}/slides/evil.html")
    browser.wait("document.querySelector('.reveal.ready')")
    assert browser.script("return window.pwned") is None
    assert {a for a in browser.fetched() if not a.startswith(site.address)} == set()


@pytest.mark.parametrize("page", ["slides/good", "slides/third"])
def test_no_slide_violates_wcag(browser, site, page):
    """Each slide by itself, since only the shown one is there for a reader."""
    browser.open(f"{site.address}/{page}.html")
    browser.wait("document.querySelector('.reveal.ready')")
    found = {}
    for number in range(11):
        browser.wait(f"document.querySelectorAll('section.past').length === {number}")
        if violations := wcag_violations(browser):
            found[number] = violations
        browser.keys("\ue014")
    assert found == {}


def test_the_pdf_has_a_page_for_each_slide(site):
    """No trailing blank page, none cut."""
    out = site.folder / "pdf" / "talk.html"
    done = CliRunner().invoke(group, ["slides", str(site.teams / "good.git"), "--out", str(out)])
    assert done.exit_code == 0, done.output
    data = out.with_suffix(".pdf").read_bytes()
    assert data.startswith(b"%PDF")
    assert len(re.findall(rb"/Type\s*/Page\b", data)) == 11
