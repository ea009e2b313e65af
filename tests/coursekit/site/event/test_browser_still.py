"""What is left of a page without its scripts, and without motion: all of its words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from site_browser import Browser

PAGES = ("index", "leaderboard", "programme", "timer", "feedback", "teams/good")
OURS = ".ck, .ck *, body.timer *, body.feedback *"


@contextmanager
def without_scripts(browser: Browser) -> Iterator[None]:
    """As for somebody who has switched them off."""
    browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": True})
    try:
        yield
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setScriptExecutionDisabled", {"value": False})


@contextmanager
def motion(browser: Browser, preference: str) -> Iterator[None]:
    feature = {"name": "prefers-reduced-motion", "value": preference}
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    try:
        yield
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": []})


def words(browser: Browser, selector: str = "body") -> str:
    """What a reader sees there."""
    return browser.driver.find_element("css selector", selector).text


def visible(browser: Browser, selector: str) -> list[str]:
    found = browser.driver.find_elements("css selector", selector)
    return [element.text for element in found if element.is_displayed()]


def test_the_programme_needs_no_script(browser, site):
    """Times, names and the ways on are there, and the codes are drawings."""
    with without_scripts(browser):
        browser.open(f"{site.address}/programme.html")
        said = words(browser, ".ck-programme")
        assert "14:00" in said
        assert "Names in the News" in said
        assert "Coffee" in said
        assert said.index("Names in the News") < said.index("Coffee")
        links = browser.driver.find_elements("css selector", ".ck-talk h2 a")
        assert links[0].get_dom_attribute("href") == "teams/good.html"
        assert len(browser.driver.find_elements("css selector", ".ck-code svg")) == 3


def test_the_timer_says_that_it_needs_scripts_and_offers_no_dead_button(browser, site):
    with without_scripts(browser):
        browser.open(f"{site.address}/timer.html")
        said = words(browser)
        assert words(browser, "h1") == "Timer"
        assert "needs JavaScript" in said
        assert visible(browser, "button") == []
        assert visible(browser, "footer a") == ["Programme"]


def test_feedback_without_scripts_says_what_to_do(browser, site):
    """Without an address it can only be saved, which takes a script; no button pretends else."""
    with without_scripts(browser):
        browser.open(f"{site.address}/feedback.html")
        assert visible(browser, "button") == []
        assert visible(browser, "noscript p")
        options = browser.driver.find_elements("css selector", "#project option")
        assert [option.get_dom_attribute("value") for option in options] == ["good", "evil", "late"]
        assert len(visible(browser, "textarea")) == 3


def test_the_results_are_a_table_without_scripts(browser, site):
    """Every row, in the order that counts; what only a script can do is not offered."""
    with without_scripts(browser):
        browser.open(f"{site.address}/leaderboard.html")
        heads = visible(browser, ".ck-overview thead th")
        assert heads[:4] == ["Project", "Task", "Dataset", "Metric"]
        rows = visible(browser, ".ck-overview tbody tr")
        assert len(rows) >= 3
        assert any("Names in the News" in row and "0.88" in row for row in rows)
        assert visible(browser, ".ck-filters, .ck-sort") == []


@pytest.mark.parametrize("page", PAGES)
def test_nothing_of_ours_moves_for_who_wants_no_motion(browser, site, page):
    """No animation, no transition, no smooth scrolling."""
    # The theme gives links and buttons a transition of colour, which moves nothing.
    colours = "a, a *, button, button *, summary, input, select, label, h1, h2, h3"
    moving = (
        "return [...document.querySelectorAll(arguments[0])].filter(e => {"
        " const s = getComputedStyle(e);"
        " return s.animationName !== 'none' || s.scrollBehavior === 'smooth'"
        " || (!e.matches(arguments[1])"
        " && s.transitionDuration.split(',').some(d => parseFloat(d) > 0)); })"
        ".map(e => e.outerHTML.slice(0, 80))"
    )
    with motion(browser, "reduce"):
        browser.open(f"{site.address}/{page}.html")
        browser.wait("document.readyState === 'complete'")
        found = browser.script(moving, OURS, colours)
        assert found == []


def test_a_card_lifts_only_for_who_likes_it(browser, site):
    """The one movement of ours."""
    lifts = (
        "return getComputedStyle(document.querySelector('.ck-card')).transitionProperty"
        ".includes('transform')"
    )
    for preference, expected in (("reduce", False), ("no-preference", True)):
        with motion(browser, preference):
            browser.open(f"{site.address}/index.html")
            browser.wait("document.readyState === 'complete'")
            assert browser.script(lifts) is expected
