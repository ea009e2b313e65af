"""Colour a team's code, and mark its diagrams for the browser to draw."""

from __future__ import annotations

from functools import lru_cache
from html import escape
from typing import Any

MAX_CODE_CHARS = 20_000
DIAGRAM = "mermaid-source"


def highlight(code: str, language: str, attributes: str) -> str:
    """Colour a piece of code; unknown languages stay plain.

    Returns:
        HTML with a class for each token, or the empty string (which markdown-it
        takes for "do it plainly"). A mermaid diagram is marked for the browser to draw.
    """
    from pygments import highlight as colour

    if not language or len(code) > MAX_CODE_CHARS:
        return ""
    if language.lower() == "mermaid":
        return f'<pre class="{DIAGRAM}"><code>{escape(code)}</code></pre>\n'
    lexer = _lexer(language[:40])
    return str(colour(code, lexer, _formatter())) if lexer else ""


@lru_cache(maxsize=64)
def _lexer(language: str) -> Any:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(language, stripnl=False)
    except ClassNotFound:
        return None


@lru_cache(maxsize=1)
def _formatter() -> Any:
    from pygments.formatters import HtmlFormatter

    return HtmlFormatter(nowrap=True)


@lru_cache(maxsize=1)
def code_classes() -> frozenset[str]:
    """The classes that coloured code has."""
    from pygments.token import STANDARD_TYPES

    return frozenset(name for name in STANDARD_TYPES.values() if name)
