"""The lessons' slides in a real browser: nothing is cut off, and paper shows each of them."""

from __future__ import annotations

import pytest
from site_browser import wcag_violations

from coursekit.site.lessons.deck import make_lesson_deck

# What of a slide reaches beyond its edges, but for what only a screen reader gets.
BEYOND = """
const found = [];
for (const slide of document.querySelectorAll(".slide")) {
  const frame = slide.getBoundingClientRect();
  for (const part of slide.querySelectorAll("*")) {
    if (part.closest(".notes, .title-art, .katex-mathml, svg") || !part.checkVisibility()) continue;
    const box = part.getBoundingClientRect();
    if (box.right > frame.right + 1 || box.bottom > frame.bottom + 1)
      found.push([slide.querySelector("h1, h2").textContent, part.textContent.slice(0, 60)]);
  }
}
return found;
"""


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("lesson", range(1, 6))
def test_every_slide_fits(browser, tmp_path, lesson, language):
    """At 16:9, with its formulas and diagrams, one sheet for each."""
    deck = make_lesson_deck(lesson, language)
    path = tmp_path / "deck.html"
    path.write_text(deck.standalone(presented=False), encoding="utf-8")
    browser.open(path.as_uri())
    drawn = "document.documentElement.dataset.diagrams === 'drawn'"
    browser.wait(f"!document.querySelector('pre.mermaid-source') || {drawn}", 20)
    browser.wait("document.fonts.status === 'loaded'")
    assert browser.script(BEYOND) == []
    assert browser.script("return document.querySelectorAll('.katex-error').length") == 0
    assert browser.sheets() == len(deck.slides)


def test_a_lessons_deck_is_shown_by_keyboard(browser, tmp_path):
    """From one file, without a server, and nothing is fetched."""
    path = tmp_path / "deck.html"
    path.write_text(make_lesson_deck(3, "de").standalone(), encoding="utf-8")
    browser.open(path.as_uri())
    browser.wait("document.querySelector('.reveal.ready')")
    browser.keys("\ue014")
    now = "document.querySelector('section.present h2')?.textContent"
    browser.wait(f"{now} === 'Das Problem: ein Vektor für einen ganzen Satz'")
    assert browser.fetched() == [path.as_uri()]
    assert browser.complaints() == []
    assert wcag_violations(browser) == []
