"""The manual in a real browser."""

from __future__ import annotations

import pytest
from site_browser import wcag_violations

PAGES = [
    "index", "students", "reference/commands", "reference/template",
    *(f"lessons/{name}-de" for name in ("index", "3_attention", "quiz", "slides/3_attention")),
]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", PAGES)
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
