"""A deck's page: one file that needs no other, or one that shares the showcase's files."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from coursekit.site.code import DIAGRAM
from coursekit.site.labels import Labels
from coursekit.site.pages import environment
from coursekit.site.sanitize import render_markdown

THEME = Path(__file__).resolve().parents[1] / "theme" / "assets"
_REVEAL = ("vendor/reveal/reveal.css", "vendor/reveal/reveal.js")
_FONTS = "showcase/fonts.css"
_STYLE = "showcase/deck.css"
_SCRIPT = "showcase/deck.js"
_MERMAID = "vendor/mermaid/mermaid.tiny.js"
_DIAGRAMS = "showcase/diagrams.js"
_KATEX = ("vendor/katex/katex.min.css", "vendor/katex/katex.min.js")


def standalone(title: str, slides: Sequence[str], language: str, *, presented: bool = True) -> str:
    """A deck with everything in it, to be carried on a stick.

    Args:
        title: Plain text.
        slides: Finished HTML; pictures are in it, too.
        language: One of `course.languages`.
        presented: For the screen; else one slide a page, for a printer.
    """
    body = "\n".join(slides)
    styles = [_latin_font(), _inline(_STYLE)]
    scripts = []
    if presented:
        styles.insert(0, _inline(_REVEAL[0]))
        scripts.append(_inline(_REVEAL[1]))
    if _has_math(body):
        styles.append(_katex_style())
        scripts.append(_inline(_KATEX[1]))
    scripts.append(_inline(_SCRIPT))
    if _has_diagram(body):
        scripts += [_inline(_MERMAID), _inline(_DIAGRAMS)]
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
        for s in scripts
    )
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )
    return _render(
        title, body, language, policy, presented=presented, styles=styles, scripts=scripts
    )


def linked(title: str, slides: Sequence[str], language: str, *, assets: str, back: str) -> str:
    """A deck of the showcase: all decks share one copy of scripts, styles and fonts.

    Args:
        title: Plain text.
        slides: Finished HTML.
        language: One of `course.languages`.
        assets: The way from the deck to the site's `assets` folder, with a slash.
        back: The way to the team's page.
    """
    body = "\n".join(slides)
    styles = [_REVEAL[0], _FONTS, _STYLE]
    scripts = [_REVEAL[1]]
    if _has_math(body):
        styles.append(_KATEX[0])
        scripts.append(_KATEX[1])
    scripts.append(_SCRIPT)
    if _has_diagram(body):
        scripts.append(_DIAGRAMS)
    policy = (
        "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data:; font-src 'self'; base-uri 'none'; form-action 'none'"
    )
    return _render(
        title,
        body,
        language,
        policy,
        back=back,
        icon=assets + "images/favicon.png",
        sheets=[assets + name for name in styles],
        sources=[assets + name for name in scripts],
    )


def _render(
    title: str,
    body: str,
    language: str,
    policy: str,
    *,
    presented: bool = True,
    styles: Sequence[str] = (),
    scripts: Sequence[str] = (),
    sheets: Sequence[str] = (),
    sources: Sequence[str] = (),
    back: str = "",
    icon: str = "",
) -> str:
    label = Labels(language)
    return (
        environment()
        .get_template("deck.html")
        .render(
            language=label.language,
            words=label.script_words(),
            title=title,
            policy=safe(escape(policy, quote=False)),
            styles=[safe(style) for style in styles],
            scripts=[safe(script) for script in scripts],
            sheets=sheets,
            sources=sources,
            back=back,
            icon=icon,
            body=safe(body),
            presented=presented,
        )
    )


def safe(html: str) -> Any:
    """HTML that nh3 or this package made, as Jinja must not escape it."""
    from markupsafe import Markup

    return Markup(html)  # noqa: S704


def inline(markdown: str) -> Any:
    """A bullet's or a heading's Markdown without the paragraph around it."""
    html = render_markdown(markdown).html.strip()
    inner = re.fullmatch(r"<p>(.*)</p>", html, re.S)
    return safe(inner[1] if inner and "<p>" not in inner[1] else html)


def _has_math(body: str) -> bool:
    return 'class="ck-math' in body


def _has_diagram(body: str) -> bool:
    return f'<pre class="{DIAGRAM}"' in body


@lru_cache(maxsize=16)
def _inline(name: str) -> str:
    text = (THEME / name).read_text(encoding="utf-8")
    # Neither end tag may stand inside an inline script or style.
    return re.sub(r"</(?=script|style)", r"<\\/", text, flags=re.I)


@lru_cache(maxsize=1)
def _latin_font() -> str:
    data = base64.b64encode((THEME / "vendor/inter/inter-latin-wght-normal.woff2").read_bytes())
    return (
        '@font-face{font-family:"Inter";font-weight:100 900;src:url(data:font/woff2;base64,'
        f'{data.decode()}) format("woff2")}}'
    )


@lru_cache(maxsize=1)
def _katex_style() -> str:
    def embed(found: re.Match[str]) -> str:
        font = THEME / "vendor/katex" / found[1]
        data = base64.b64encode(font.read_bytes()).decode()
        return f'src:url(data:font/woff2;base64,{data}) format("woff2")'

    return re.sub(
        r'src:url\((fonts/[\w-]+\.woff2)\) format\("woff2"\)(?:,url\([^)]*\) format\("\w+"\))*',
        embed,
        _inline(_KATEX[0]),
    )
