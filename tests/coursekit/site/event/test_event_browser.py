"""The timer and the feedback form as people use them: by the keyboard, on a phone, in the dark."""

from __future__ import annotations

import shutil
from types import SimpleNamespace

import pytest
from machine import chromium_path
from site_browser import serve, wcag_violations

from coursekit.course.programme import Programme, Slot
from coursekit.site.pages import Pages, Site
from coursekit.site.render import THEME
from coursekit.site.team import Team

SLOTS = (
    Slot("red", "", 1, 1, "14:00", "14:02"),
    Slot("", "Coffee", 10, 0, "14:02", "14:12"),
    Slot("blue", "", 12, 5, "14:12", "14:29"),
)
TEAMS = [Team("red", "Red"), Team("blue", "Blue " * 30)]


@pytest.fixture(scope="module")
def day(tmp_path_factory):
    """The two pages with what they need, served on this machine."""
    if chromium_path() is None:
        pytest.skip("needs Chromium (Debian: chromium, chromium-driver)")
    folder = tmp_path_factory.mktemp("day")
    shutil.copytree(THEME / "assets", folder / "assets")
    event = Pages(Site("Course", programme=Programme(SLOTS))).event
    for name, text in event.files(TEAMS).items():
        (folder / name).write_text(text, encoding="utf-8")
    with serve(folder) as address:
        yield SimpleNamespace(address=address, folder=folder)


CLOCK = "document.getElementById('clock').textContent"
TITLE = "document.getElementById('title').textContent"


def test_the_timer_is_run_by_the_keyboard(browser, day):
    """Space starts and pauses, arrows change the talk, R goes back."""
    browser.open(f"{day.address}/timer.html")
    browser.wait(f"{CLOCK} === '1:00'")
    assert browser.script(f"return {TITLE}") == "Red"
    browser.keys(" ")
    browser.wait(f"{CLOCK} === '0:58'")
    browser.keys(" ")
    browser.keys("\ue014")
    assert browser.script(f"return [{TITLE}, {CLOCK}]") == ["Coffee", "10:00"]
    assert "next: Blue" in browser.script("return document.getElementById('next').textContent")
    browser.keys("\ue012")
    assert browser.script(f"return [{TITLE}, {CLOCK}]") == ["Red", "1:00"]


def test_the_timer_warns_then_counts_questions_then_says_that_time_is_over(browser, day):
    """And it goes on where it was after a reload."""
    for spent, clock, phase, style in (
        (0, "1:00", "", "timer warning"),
        (90, "0:30", "questions", "timer"),
        (150, "+0:30", "time is over", "timer over"),
    ):
        browser.script(
            "sessionStorage.setItem('ck-timer', JSON.stringify("
            f"{{now: 0, spent: {spent * 1000}, since: null}}))"
        )
        browser.open(f"{day.address}/timer.html")
        browser.wait(f"{CLOCK} === '{clock}'")
        assert browser.script("return document.getElementById('phase').textContent") == phase
        assert browser.script("return document.body.className") == style
    browser.script("sessionStorage.clear()")


def test_the_timer_works_without_a_server(browser, day):
    """The hall's network is down on the day."""
    browser.open((day.folder / "timer.html").as_uri())
    browser.wait(f"{CLOCK} === '1:00'")
    assert all(address.startswith("file:") for address in browser.fetched())


def test_feedback_is_about_the_team_of_the_link_and_can_be_kept(browser, day):
    browser.open(f"{day.address}/feedback.html#blue")
    assert browser.script("return document.getElementById('project').value") == "blue"
    browser.script(
        "window.kept = []; URL.createObjectURL = blob => { window.kept.push(blob); return '#'; };"
    )
    browser.click("#good")
    browser.keys("The <b>figures</b>")
    browser.click("#save")
    text = browser.driver.execute_async_script("window.kept[0].text().then(arguments[0])")
    assert text.startswith("Feedback for 14:12 Blue")
    assert "What was convincing?\nThe <b>figures</b>\n" in text
    assert browser.script("return document.getElementById('told').textContent").startswith("Saved")


@pytest.mark.parametrize("page", ["timer", "feedback"])
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (1280, "dark"), (390, "dark")])
def test_no_violation_of_wcag_and_nothing_to_scroll_sideways(browser, day, page, width, scheme):
    browser.scheme(scheme)
    with browser.of_width(width):
        browser.open(f"{day.address}/{page}.html")
        browser.wait("document.readyState === 'complete'")
        assert browser.script("return document.documentElement.scrollWidth") <= width
        assert wcag_violations(browser) == []
    browser.scheme("light")
