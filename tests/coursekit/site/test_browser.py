"""The showcase in a real browser: what works, and what stays quiet."""

from __future__ import annotations

import json

import pytest
from browser_showcase import ATTACKS, PAGES, shown
from site_browser import serve, wcag_violations


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


@pytest.mark.parametrize("query", ["ossing", "zerba", "crosing", "zebraa"])
def test_search_finds_parts_of_words_and_forgives_a_slip(browser, site, query):
    """German puts words together, and everybody types beside a key."""
    browser.open(f"{site.address}/index.html")
    browser.wait("document.querySelector('.ck-search-open')")
    browser.click(".ck-search-open")
    browser.keys(query)
    browser.wait("document.querySelectorAll('.ck-search li').length === 1")
    assert "Zebra Crossing" in browser.script(
        "return document.querySelector('.ck-search li').innerText"
    )
    browser.open(f"{site.address}/index.html?text={query}")
    shown = (
        "return [...document.querySelectorAll('.ck-card:not([hidden]) h2')].map(h => h.innerText)"
    )
    assert browser.script(shown) == ["Zebra Crossing"]


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


@pytest.mark.parametrize("width", [320, 390, 1280])
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
    # Nobody has chosen yet, so a system that changes is followed, also after a visit.
    browser.scheme("light")
    browser.wait(f"{scheme} === 'default'")
    browser.scheme("dark")
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


def test_the_cards_are_printed_side_by_side_and_nothing_is_empty(browser, site, tmp_path):
    """One card on each sheet was a ream for a course; a short page had an empty sheet behind it."""
    browser.open(f"{site.address}/index.html")
    cards = browser.script("return document.querySelectorAll('.ck-card').length")
    assert browser.sheets() == 1 + (cards > 3) + (cards > 9)
    (tmp_path / "showcase").symlink_to(site.out)  # where it will be published
    with serve(tmp_path) as address:
        browser.open(f"{address}/showcase/404.html")
        assert browser.sheets() == 1
