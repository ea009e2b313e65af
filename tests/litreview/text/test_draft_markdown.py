"""Text made safe for Markdown, and read back from it."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown import markdown

from litreview.text.latex import to_text
from litreview.text.markdown import addresses, escape, escape_text, plain


def page(text: str) -> str:
    """What the site makes of a line."""
    return markdown(f"- **Source 1**: {text}", extensions=["tables", "attr_list", "md_in_html"])


@given(st.text(st.characters(codec="utf-8"), max_size=60))
def test_any_text_comes_back_as_it_was(text: str) -> None:
    """Escaping loses white space, control characters and nothing else."""
    again = plain(escape(text))

    assert _visible(again) == _visible(text)


def _visible(text: str) -> str:
    return "".join(c for c in text if c.isprintable() and not c.isspace())


@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "[x](javascript:alert(1))",
        "![x](https://evil.example/pixel.png)",
        "{: onclick=alert(1) }",
        "&lt;script&gt;",
        "**bold** _it_ `code` ~~gone~~",
        "a | b\n---|---",
        "{{ 7*7 }} {% include 'x' %} {# c #}",
        "$\\frac{1}{2} <b>$ and $\\alpha [x](javascript:1)$ and ${{7*7}} \\beta$",
        "<!-- litreview arxiv:1 title=00000000 -->",
    ],
)
def test_hostile_text_stays_text(text: str) -> None:
    """On the site as on GitHub; no template engine finds its brackets either."""
    safe = escape_text(text)

    html = page(safe)
    assert not any(mark in html for mark in ("<script", "<img", "<a ", "<code", "<table", "<!--"))
    assert not re.search(r"<[^>]*onclick", html)
    assert not any(mark in safe for mark in ("{{", "{%", "{#"))
    assert "\n" not in safe


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("A rate of $\\frac{a}{b_i}$ or so", "A rate of $\\frac{a}{b_i}$ or so"),
        ("A cost of $5 and $6.", "A cost of &#36;5 and &#36;6."),
        ("Up to $10^{-3}$ faster", "Up to 10⁻³ faster"),
    ],
)
def test_only_formulas_keep_their_dollar_signs(text: str, shown: str) -> None:
    """What plain text can say is plain text; money is money."""
    assert escape_text(to_text(text)) == shown


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("**[Link](https://x.org/a)**", ["https://x.org/a"]),
        ("[[Link](https://x.org/a)]()", ["https://x.org/a"]),
        ("[https://x.org/a\\_b]()", ["https://x.org/a_b"]),
        ("**https://x.org/a**", ["https://x.org/a"]),
        ("(see https://x.org/a_(b)).", ["https://x.org/a_(b)"]),
        ("[a](https://x.org/a) [b](https://x.org/b)", ["https://x.org/a", "https://x.org/b"]),
        ("[https://x.org/a](https://x.org/a)", ["https://x.org/a"]),
        ("<https://x.org/a>", ["https://x.org/a"]),
        ('<a href="https://x.org/a">x</a>', ["https://x.org/a"]),
        ("https://x.org/a![image](https://x.org/b.png)", ["https://x.org/a"]),
        ("[Link](arxiv.org/abs/1706.03762)", ["arxiv.org/abs/1706.03762"]),
        ("www.x.org, e.g./i.e. data/train.csv and a@b.org/c", ["www.x.org"]),
        ("https://x.org/?a=1&amp;b=2", ["https://x.org/?a=1&b=2"]),
        ("[paper](paper.pdf) and [here](#top)", []),
    ],
)
def test_addresses_are_found_wherever_people_put_them(text: str, found: list[str]) -> None:
    """In links, in their text, bare, in bold, glued to an image."""
    assert list(addresses(text)) == found
