"""The quiz page in a real browser: by keyboard, read aloud, printed, without scripts."""

from __future__ import annotations

import pytest
from selenium.webdriver.common.keys import Keys

FIRST = "#quiz-1-language-model"
STATES = "[...document.querySelectorAll('[data-quiz-state]')].map(e => e.dataset.quizState)"


@pytest.fixture
def quiz(browser, site):
    """The page, opened and ready."""
    browser.open(f"{site.address}/quiz.html")
    browser.wait("document.querySelectorAll('.quiz-check').length === 45")
    return browser


def verdict(browser, question):
    return browser.script(f"return document.querySelector('{question} .quiz-verdict')?.textContent")


def test_a_question_is_answered_by_keyboard_alone(quiz):
    """Tab to the choices, arrows to choose, Tab to the button, Enter; the result is announced."""
    quiz.script(f"document.querySelector('{FIRST} input').focus()")
    quiz.keys(Keys.ARROW_DOWN)
    assert quiz.script("return document.activeElement.id") == "quiz-1-language-model-2"
    assert quiz.script("return document.activeElement.checked")
    quiz.keys(Keys.TAB)
    assert quiz.script("return document.activeElement.textContent") == "Check"
    quiz.keys(Keys.ENTER)
    assert verdict(quiz, FIRST) == "Right."
    status = f"document.querySelector('{FIRST} .quiz-feedback')"
    assert quiz.script(f"return {status}.getAttribute('role')") == "status"
    said = quiz.script(f"return {status}.textContent")
    assert "The chain rule turns the text into predictions" in said
    assert "Grammatical sentences" not in said


def test_a_wrong_choice_says_why_and_not_what_is_right(quiz):
    """Somebody who is wrong may think again."""
    quiz.click(f"{FIRST}-4")
    quiz.click(f"{FIRST} .quiz-check")
    assert verdict(quiz, FIRST) == "Not right."
    said = quiz.script(f"return document.querySelector('{FIRST} .quiz-feedback').textContent")
    assert "A frequent error is more probable than a rare truth." in said
    assert "chain rule" not in said
    quiz.click(f"{FIRST}-2")
    quiz.click(f"{FIRST} .quiz-check")
    assert verdict(quiz, FIRST) == "Right."


def test_several_right_ones_and_nothing_chosen(quiz):
    """One of two is told from a wrong one; no choice is no answer."""
    question = "#quiz-1-recall"
    quiz.click(f"{question} .quiz-check")
    feedback = f"return document.querySelector('{question} .quiz-feedback').textContent"
    assert quiz.script(feedback) == "Choose an answer first."
    quiz.click(f"{question}-2")
    quiz.click(f"{question} .quiz-check")
    assert verdict(quiz, question) == "What you chose is right, but something is missing."
    quiz.click(f"{question}-3")
    quiz.click(f"{question} .quiz-check")
    assert verdict(quiz, question) == "Right."
    quiz.click(f"{question}-1")
    quiz.click(f"{question} .quiz-check")
    assert verdict(quiz, question) == "Not right."


def test_the_score_counts_first_tries_and_starts_again(quiz):
    """Whoever corrects an answer learns, and the score stays honest."""
    quiz.script(
        "const quiz = document.querySelector('.quiz');"
        "for (const question of quiz.querySelectorAll('.quiz-question')) {"
        "  const right = [...question.querySelectorAll('.quiz-answer li')]"
        "    .map(item => 'quizSolution' in item.dataset);"
        "  const inputs = [...question.querySelectorAll('input')];"
        "  if (question.id === 'quiz-1-bits') {"
        "    inputs[0].checked = true; question.querySelector('.quiz-check').click(); }"
        "  inputs.forEach((input, place) => input.checked = right[place]);"
        "  question.querySelector('.quiz-check').click();"
        "}"
    )
    score = "document.querySelector('.quiz .quiz-score').textContent"
    assert quiz.script(f"return {score}") == "8 of 9 right at the first try."
    assert quiz.script(f"return {STATES}") == ["right"] * 9
    quiz.click(".quiz .quiz-again")
    assert quiz.script(f"return {score}") == ""
    assert quiz.script(f"return {STATES}") == []
    assert quiz.script("return document.activeElement.id") == "quiz-1-language-model-1"
    assert quiz.script("return document.querySelectorAll('.quiz :checked').length") == 0


def test_nothing_leaves_the_page(quiz, site):
    """What somebody answered is nobody else's business."""
    quiz.fetched()
    quiz.click(f"{FIRST}-1")
    quiz.click(f"{FIRST} .quiz-check")
    assert quiz.fetched() == []
    assert quiz.complaints() == []
    assert quiz.script("return Object.keys(localStorage).filter(k => k.includes('quiz'))") == []


def test_an_answer_opens_without_the_scripts(quiz):
    """The solution is a folded part of the page, not made by a script."""
    assert quiz.script(
        f"return document.querySelector('{FIRST} details:not([open]) [data-quiz-solution] strong')"
        ".textContent"
    ) == "Right:"  # fmt: skip
    names = quiz.script(
        "return [...document.querySelectorAll('.quiz input')].filter(i => i.labels.length !== 1)"
    )
    assert names == []


def test_printed_it_is_a_sheet_of_questions(quiz):
    """No buttons, and no answer that somebody did not open."""
    quiz.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    try:
        shown = quiz.script(
            "return ['.quiz-check', '.quiz-answer', '.quiz-feedback', '.quiz-choice', 'legend']"
            f".map(s => getComputedStyle(document.querySelector('{FIRST} ' + s)).display)"
        )
    finally:
        quiz.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
    assert shown[:3] == ["none"] * 3
    assert "none" not in shown[3:]
