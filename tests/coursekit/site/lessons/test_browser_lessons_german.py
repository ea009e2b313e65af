"""The lessons' German pages in a real browser: read aloud, by keyboard, dark and on paper."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

FIRST = "#quiz-1-language-model"


@pytest.mark.parametrize("page", ["index-de", "3_attention-de", "quiz-de"])
def test_german_is_read_out_as_german(browser, manual, page):
    """The manual's menus are English; a reader's voice has to change for the text."""
    browser.open(f"{manual}/lessons/{page}.html")
    assert browser.script("return document.querySelector('h1').closest('[lang]').lang") == "de"
    assert browser.script("return document.documentElement.lang") == "en"


def test_a_german_question_is_answered_by_keyboard_alone(browser, manual):
    """The verdict and the reason are German, too."""
    browser.open(f"{manual}/lessons/quiz-de.html")
    browser.wait("document.querySelectorAll('.quiz-check').length === 45")
    browser.script(f"document.querySelector('{FIRST} input').focus()")
    browser.keys(Keys.ARROW_DOWN)
    browser.keys(Keys.TAB)
    assert browser.script("return document.activeElement.textContent") == "Prüfen"
    browser.keys(Keys.ENTER)
    said = browser.script(f"return document.querySelector('{FIRST} .quiz-feedback').textContent")
    assert said.startswith("Richtig.")
    assert "Kettenregel" in said
    assert browser.complaints() == []


def test_a_german_quiz_on_paper_is_a_sheet_of_questions(browser, manual):
    """No buttons, and no answer that nobody opened."""
    browser.open(f"{manual}/lessons/quiz-de.html")
    browser.wait("document.querySelectorAll('.quiz-check').length === 45")
    browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        shown = browser.script(
            "return ['.quiz-check', '.quiz-answer', '.quiz-choice', 'legend']"
            f".map(s => getComputedStyle(document.querySelector('{FIRST} ' + s)).display)"
        )
    finally:
        browser.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown[:2] == ["none", "none"]
    assert "none" not in shown[2:]


def test_a_lessons_page_leads_to_its_slides_and_back(browser, manual):
    """By the links that a reader sees; the deck fetches the manual's own files alone."""
    browser.open(f"{manual}/lessons/3_attention-de.html")
    browser.click("a[href='slides/3_attention-de.html']")
    browser.wait("document.querySelector('.reveal.ready')")
    browser.keys("\ue014")
    browser.wait(
        "document.querySelector('section.present h2').textContent.startsWith('Das Problem')"
    )
    assert browser.complaints() == []
    browser.click("a.back")
    browser.wait("location.pathname.endsWith('/lessons/3_attention-de.html')")
