"""A headless Chromium on a folder that is served on this machine, with a log of what it fetches."""

from __future__ import annotations

import base64
import functools
import http.server
import json
import re
import shutil
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from machine import chromium_path

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-default-apps",
    "--disable-dev-shm-usage",
    "--force-prefers-reduced-motion",
    # A mouse, which a machine without a screen does not have: the theme asks for one.
    "--blink-settings=primaryHoverType=2,availableHoverTypes=2",
)
# The newest axe-core in a Python package knows no rule of WCAG 2.2.
AXE = Path(__file__).parent / "axe" / "axe.min.js"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:
        pass


@contextmanager
def serve(folder: Path) -> Iterator[str]:
    """Serve a folder on a free port of this machine."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


class Browser:
    """A Chromium with the few calls that the tests need."""

    def __init__(self, driver: Any) -> None:
        self.driver = driver

    def open(self, address: str) -> None:
        self.driver.get_log("performance")
        self.driver.get_log("browser")
        self.driver.get(address)

    def script(self, code: str, *arguments: Any) -> Any:
        return self.driver.execute_script(code, *arguments)

    def wait(self, condition: str, seconds: float = 10) -> Any:
        """Wait until a JavaScript expression is true, and return it."""
        from selenium.webdriver.support.ui import WebDriverWait

        return WebDriverWait(self.driver, seconds, 0.05).until(
            lambda driver: driver.execute_script(f"return ({condition})"), condition
        )

    def click(self, selector: str) -> None:
        self.driver.find_element("css selector", selector).click()

    def type(self, selector: str, text: str) -> None:
        element = self.driver.find_element("css selector", selector)
        element.clear()
        element.send_keys(text)

    def keys(self, text: str) -> None:
        self.driver.switch_to.active_element.send_keys(text)

    def fetched(self) -> list[str]:
        """Every address that the page asked for since `open`, but what it held itself."""
        entries = (json.loads(e["message"])["message"] for e in self.driver.get_log("performance"))
        found = (
            entry["params"]["request"]["url"]
            for entry in entries
            if entry["method"] == "Network.requestWillBeSent"
        )
        return [address for address in found if not address.startswith("data:")]

    def complaints(self) -> list[str]:
        """Errors and blocked things in the console since `open`."""
        return [e["message"] for e in self.driver.get_log("browser") if e["level"] == "SEVERE"]

    def size(self, width: int, height: int) -> None:
        self.driver.execute_cdp_cmd(
            "Emulation.setDeviceMetricsOverride",
            {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500},
        )

    @contextmanager
    def of_width(self, width: int) -> Iterator[None]:
        """A window (below 500 pixels a phone) of this width meanwhile."""
        self.size(width, 844)
        try:
            yield
        finally:
            self.size(1280, 900)

    def scheme(self, name: str) -> None:
        """Prefer light or dark."""
        self.driver.execute_cdp_cmd(
            "Emulation.setEmulatedMedia",
            {"features": [{"name": "prefers-color-scheme", "value": name}]},
        )

    def sheets(self) -> int:
        """How many sheets of paper the page would need, in the size that it asks for."""
        printed = self.driver.execute_cdp_cmd("Page.printToPDF", {"preferCSSPageSize": True})
        return len(re.findall(rb"/Type\s*/Page\b", base64.b64decode(printed["data"])))

    def screenshot(self, path: Path, *, full: bool = False) -> None:
        import base64

        shot = self.driver.execute_cdp_cmd(
            "Page.captureScreenshot", {"format": "png", "captureBeyondViewport": full}
        )
        path.write_bytes(base64.b64decode(shot["data"]))


def wcag_violations(browser: Browser) -> list[list[Any]]:
    """What axe-core finds against WCAG 2.2 A and AA: each rule with the places."""
    code = AXE.read_text(encoding="utf-8")
    browser.driver.execute_cdp_cmd("Runtime.evaluate", {"expression": code})
    return browser.driver.execute_async_script(  # type: ignore[no-any-return]
        "const done = arguments[1];"
        "axe.run({runOnly: arguments[0]}).then(r => done(r.violations.map(v => "
        "[v.id, v.nodes.map(n => n.html.slice(0, 200))])))",
        ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"],
    )


@contextmanager
def start() -> Iterator[Browser]:
    """Start a browser; skips the test where there is none."""
    webdriver = pytest.importorskip("selenium.webdriver", reason="selenium is not installed")
    program, driver_path = chromium_path(), shutil.which("chromedriver")
    if program is None or driver_path is None:
        pytest.skip("needs Chromium and chromedriver (Debian: chromium, chromium-driver)")
    with tempfile.TemporaryDirectory() as profile:
        options = webdriver.ChromeOptions()
        options.binary_location = program
        for flag in (*FLAGS, f"--user-data-dir={profile}", "--window-size=1280,900"):
            options.add_argument(flag)
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        service = webdriver.ChromeService(executable_path=driver_path)
        driver = webdriver.Chrome(options=options, service=service)
        try:
            driver.set_page_load_timeout(60)
            yield Browser(driver)
        finally:
            driver.quit()
