"""A team's page that shows its model live, in a real browser, as on presentation day."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from site_browser import wcag_violations

TEMPLATE = Path(__file__).resolve().parents[4] / "{{cookiecutter.project_slug}}"
MAILS = ["text,label"] + [
    f"{words} {n},{label}"
    for n in range(30)
    for label, words in (("good", "a warm and lovely one"), ("bad", "late cold and broken"))
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """The program as a team starts it, with a model that a second of fitting made."""
    pytest.importorskip("sklearn", reason="naive Bayes needs scikit-learn")
    root = tmp_path_factory.mktemp("team")
    (root / "mails.csv").write_text("\n".join(MAILS) + "\n", encoding="utf-8")
    env = os.environ | {"PYTHONPATH": str(TEMPLATE), "PYTHONDONTWRITEBYTECODE": "1"}

    def baseline(*arguments):
        return [sys.executable, "-m", "baseline", arguments[0], "--root", str(root), *arguments[1:]]

    settings = ["project.task=text-classification", "data.name=files", "data.train=mails.csv"]
    train = baseline("train", "--model", "naive-bayes", *settings)
    subprocess.run(train, env=env, check=True, capture_output=True)
    server = subprocess.Popen(
        baseline("app", "--port", "0"), env=env, stdout=subprocess.PIPE, text=True
    )
    line = server.stdout.readline()
    yield line.split()[1]
    server.send_signal(signal.SIGINT)
    server.wait(30)
    server.stdout.close()


def asked(browser, text):
    browser.type("#text", text)
    browser.click("button")
    browser.wait("document.getElementById('answer').textContent.replace('…', '')", 30)
    return browser.script("return document.getElementById('answer').textContent")


def test_a_text_is_answered_with_its_probabilities(browser, address):
    browser.open(address)
    assert asked(browser, "what a lovely, warm <b>day</b>") == "good"
    rows = browser.script("return [...document.querySelectorAll('.bar')].map(r => r.textContent)")
    assert [row.split(" ")[0].rstrip("0123456789") for row in rows] == ["good", "bad"]
    shares = [int(row.strip("godba %")) for row in rows]
    assert shares[0] > 90
    assert sum(shares) in (99, 100, 101)
    widths = browser.script(
        "return [...document.querySelectorAll('.bar i')].map(i => parseFloat(i.style.width))"
    )
    assert widths == pytest.approx(shares, abs=0.6)
    assert asked(browser, "late again") == "bad"
    assert not browser.complaints()
    assert {one.rpartition(":")[0] for one in browser.fetched()} == {"http://127.0.0.1"}


def test_a_wrong_question_is_answered_in_words(browser, address):
    """Spaces pass the browser's own check."""
    browser.open(address)
    assert asked(browser, " ") == "the input is empty; give a text"


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_use_it(browser, address, scheme):
    browser.open(address)
    browser.scheme(scheme)
    asked(browser, "a lovely one")
    assert wcag_violations(browser) == []
    assert browser.script("return document.getElementById('question').checkVisibility()") is False


def test_it_fits_on_a_phone(browser, address):
    with browser.of_width(320):
        browser.open(address)
        asked(browser, "a lovely one")
        assert browser.script("return document.documentElement.scrollWidth") <= 320
