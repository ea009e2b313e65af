"""The manual in a real browser."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from site_browser import serve, wcag_violations


@pytest.fixture(scope="module")
def manual(repository_root, tmp_path_factory) -> Iterator[str]:
    """The documentation, which has the showcase's theme."""
    out = tmp_path_factory.mktemp("manual")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(out)],
        cwd=repository_root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        check=True,
    )
    with serve(out) as address:
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("page", ["index", "students", "reference/commands", "reference/template"])
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
