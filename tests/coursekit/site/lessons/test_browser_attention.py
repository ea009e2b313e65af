"""The attention page of lesson 3 in a real browser, from a folder, without a server."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import Select
from site_browser import wcag_violations

PAGE = Path("{{cookiecutter.project_slug}}/lessons/3_attention/attention_page.html")
SAYS = "return document.getElementById('says').textContent"


@pytest.fixture
def page(browser, repository_root):
    """The page as somebody opens it by a double click."""
    browser.open((repository_root / PAGE).as_uri())
    browser.wait("document.querySelectorAll('#map tbody tr').length > 0")
    return browser


@pytest.fixture(scope="module")
def data(repository_root):
    """The shares that the page was made of."""
    text = (repository_root / PAGE).read_text(encoding="utf-8")
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', text)
    return json.loads(found[1])


def cells(page):
    return page.script(
        "return [...document.querySelectorAll('#map tbody tr')]"
        ".map(r => [...r.querySelectorAll('td')].map(c => c.textContent))"
    )


def choose(page, name, index):
    Select(page.driver.find_element("id", name)).select_by_index(index)


def test_every_share_that_counts_stands_in_the_table(page, data):
    """Text, layer and head are chosen by the reader; the numbers are those of the model."""
    for text, layer, head in ((0, 0, 0), (1, 1, 1), (4, 1, 0)):
        choose(page, "text", text)
        choose(page, "layer", layer)
        page.script(f"document.querySelectorAll('#heads input')[{head}].click()")
        wanted = data["texts"][text]["layers"][layer]["heads"][head]
        assert cells(page) == [[str(s) if s >= 5 else "" for s in row] for row in wanted]


def test_a_row_is_read_out_by_keyboard(page, data):
    """Whoever hears the page gets the largest shares as a sentence."""
    choose(page, "text", 0)
    page.script("document.querySelectorAll('#map tbody button')[5].focus()")
    page.keys(Keys.ENTER)
    text = data["texts"][0]
    row = text["layers"][0]["heads"][0][5]
    best = max(range(len(row)), key=lambda place: row[place])
    said = page.script(SAYS)
    assert said.startswith(f"“{text['tokens'][5]}” (place 6) looks at “{text['tokens'][best]}”")
    assert f"(place {best + 1}) {row[best]} %" in said
    assert page.script("return document.getElementById('says').getAttribute('role')") == "status"


def test_a_small_map_chooses_its_layer_and_head(page):
    """The overview is a way to the large map, and says which one is shown."""
    page.script("document.querySelectorAll('#all button')[3].click()")
    assert page.script("return document.getElementById('layer').selectedIndex") == 1
    assert page.script("return document.querySelectorAll('#heads input')[1].checked")
    pressed = "return [...document.querySelectorAll('#all button')].map(b => b.ariaPressed)"
    assert page.script(pressed) == ["false", "false", "false", "true"]


def test_the_page_asks_nobody_for_anything(page):
    """One file, also under its own security policy."""
    assert [one for one in page.fetched() if not one.startswith("file:")] == []
    assert page.complaints() == []
    assert page.script("return !document.getElementById('places').hidden")


def test_the_page_speaks_german_to_whoever_chooses_it(page, data):
    """By keyboard; texts, names of the maps, what is read out, and the page's own language."""
    page.script("document.querySelector('[data-language=de]').focus()")
    page.keys(Keys.ENTER)
    assert page.script("return document.documentElement.lang") == "de"
    assert page.script("return document.title") == "Attention zum Ansehen"
    first = "[...document.querySelectorAll('#all button')].map(b => b.textContent)"
    assert page.script(f"return {first}")[3] == "Schicht 2, Head 2"
    assert page.script("return document.getElementById('scroll').ariaLabel") == "Wer auf wen blickt"
    page.script("document.querySelectorAll('#map tbody button')[5].focus()")
    page.keys(Keys.ENTER)
    token = data["texts"][0]["tokens"][5]
    assert page.script(SAYS).startswith(f"„{token}“ (Stelle 6) blickt auf „")
    assert "103.040 Gewichte" in page.script("return document.querySelector('h1 + p').textContent")
    assert wcag_violations(page) == []
    page.click("[data-language=en]")
    assert page.script("return document.querySelector('h1').textContent") == "Attention to look at"
    assert page.script(f"return {first}")[3] == "Layer 2, head 2"


def test_the_shipped_page_is_made_of_these_parts(repository_root):
    """A script that was changed beside its page would not be the one that is tested."""
    folder = (repository_root / PAGE).parent.parent
    text = (repository_root / PAGE).read_text(encoding="utf-8")
    for name in ("attention_page.js", "attention_page.css"):
        assert (folder / name).read_text(encoding="utf-8") in text
    frame = (folder / "attention_page.body.html").read_text(encoding="utf-8")
    for part in re.split(r"\[\[\w+\]\]", frame):
        assert part in text


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_violates_no_rule_of_wcag(browser, repository_root, scheme):
    """Contrast of the numbers on their colours, names of the choices, in both schemes."""
    browser.scheme(scheme)
    browser.open((repository_root / PAGE).as_uri())
    browser.wait("document.querySelectorAll('#map tbody tr').length > 0")
    found = wcag_violations(browser)
    browser.scheme("light")
    assert found == []
