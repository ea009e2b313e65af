"""The slides in a real browser: what works, and what stays quiet."""

from __future__ import annotations

import json
import re
from types import SimpleNamespace

import pypdf
import pytest
from click.testing import CliRunner
from site_browser import wcag_violations
from site_teams import commit, good_team
from test_slides import compared

from coursekit.cli import group
from coursekit.site.slides.make import make_deck


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


@pytest.mark.parametrize("screen", [(1600, 900), (1024, 768)])
def test_a_comparison_fits_on_wide_and_on_old_beamers(browser, tmp_path, screen):
    """At 16:9 and at 4:3: no cell leaves the slide, and the words are large enough to be read."""
    files = {**good_team(), "0_LiteratureReview/comparison.md": compared()}
    told = make_deck(commit(tmp_path / "team.git", files))
    page = tmp_path / "talk.html"
    page.write_text(told.html, encoding="utf-8")
    browser.size(*screen)
    try:
        browser.open(page.as_uri() + "#/3")
        browser.wait("document.querySelector('section.present.slide-comparison')")
        browser.wait("document.querySelector('.reveal.ready')")
        slide, cells, size, width = browser.script(
            "const s = document.querySelector('section.present');"
            "const box = e => { const r = e.getBoundingClientRect(); return [r.left, r.top,"
            " r.right, r.bottom]; };"
            "const cells = [...s.querySelectorAll('.compared th, .compared td')];"
            "return [box(s), cells.map(box), parseFloat(getComputedStyle(cells[5]).fontSize),"
            " Math.max(...cells.map(c => c.scrollWidth - c.clientWidth))];"
        )
        assert len(cells) == 20
        assert all(left >= slide[0] and right <= slide[2] + 1 for left, _, right, _ in cells)
        assert all(bottom <= slide[3] - 10 for *_, bottom in cells)
        assert size >= 20
        assert width <= 1
        assert wcag_violations(browser) == []
    finally:
        browser.size(1280, 900)


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
    browser.click(".ck-actions a[href*='/slides/']")
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
    assert browser.sheets() == 11
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
    # Tagged, with a language and a title: for who has it read aloud.
    pdf = pypdf.PdfReader(out.with_suffix(".pdf"))
    root = pdf.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/StructTreeRoot"]["/K"]
    assert root["/Lang"] == "en"
    assert pdf.metadata.title == "Names in the News"
