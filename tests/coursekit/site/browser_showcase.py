"""The showcase that browser tests look at: a hostile team among good ones."""

from __future__ import annotations

import io

from PIL import Image
from site_browser import Browser

PAGES = (
    "index",
    "leaderboard",
    "literature",
    "timeline",
    "programme",
    "quiz",
    "teams/good",
    "teams/evil",
    "teams/late",
)
DIAGRAM = """flowchart LR
  accTitle: From text to labels
  A[Raw <b>text</b>] --> B{Long?}
  B --> C[Encoder]
"""
# What a diagram can be made to do elsewhere: each in a drawing of its own, so that each is drawn.
ATTACKS = (
    'flowchart LR\n A["<img src=x onerror=window.pwned=50>"] --> B["<script>pwned=51</script>"]',
    'flowchart LR\n A["#lt;img src=x onerror=pwned=52#gt;"] --> B["&lt;svg onload=pwned=53&gt;"]',
    'flowchart LR\n A --> B\n click A call window.eval("window.pwned=54")',
    'flowchart LR\n A --> B\n click A "javascript:window.pwned=55"',
    'flowchart LR\n A --> B\n click A href "https://evil.example/click"',
    '%%{init: {"securityLevel": "loose", "htmlLabels": true}}%%\n'
    "flowchart LR\n A[\"<iframe srcdoc='<script>parent.pwned=56</script>'></iframe>\"]",
    '%%{init: {"themeCSS": ".md-header{display:none} *{background:url(https://evil.example/a)}"}}%%\n'
    "flowchart LR\n A --> B",
    "---\nconfig:\n  securityLevel: loose\n"
    '  themeCSS: "@import url(https://evil.example/b)"\n'
    "---\nsequenceDiagram\n participant A as <img src=x onerror=window.pwned=57>\n A->>A: hi",
    'classDiagram\n class S~<img src=x onerror=window.pwned=58>~\n link S "javascript:pwned=59"',
    'flowchart LR\n A@{ img: "https://evil.example/c.png", w: 60, h: 60 }',
)


def fenced(*diagrams: str) -> str:
    return "".join(f"\n```mermaid\n{text}\n```\n" for text in diagrams)


def cover() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (320, 180), (40, 90, 160)).save(out, "PNG")
    return out.getvalue()


def shown(browser: Browser) -> list[str]:
    return browser.script(
        "return [...document.querySelectorAll('.ck-card:not([hidden]) h2')].map(e => e.textContent)"
    )
