"""A team's notebook as something to read: text, code, and outputs without their scripts."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import re
from collections.abc import Callable
from html import escape
from typing import Any
from urllib.parse import unquote

from coursekit.site.code import highlight
from coursekit.site.sanitize import Rendered, Resolve, clean, render_markdown
from coursekit.team.clean import clean_text

MAX_CELLS = 150
MAX_OUTPUT_CHARS = 4_000
MAX_HTML_CHARS = 60_000
MAX_PICTURES = 12
MAX_TOTAL_CHARS = 400_000
_INLINE_PICTURE = re.compile(r"data:image/(png|jpeg|gif|webp);base64,", re.I)
_PLOTLY = "application/vnd.plotly.v1+json"
_PICTURES = {"image/png": ".png", "image/jpeg": ".jpg", "image/svg+xml": ".svg"}
# Takes a picture's bytes and suffix; gives its address, or nothing for a refused one.
Keep = Callable[[bytes, str, str], str]


def render_notebook(
    text: str, resolve: Resolve, keep: Keep, *, link: Resolve = lambda address: None
) -> Rendered:
    """Render a notebook.

    Args:
        text: The `.ipynb` file.
        resolve: For pictures that a Markdown cell names; see `render_markdown`.
        keep: Publishes a picture of an output.
        link: For links that a Markdown cell has; see `render_markdown`.

    Returns:
        HTML in which nothing runs, and what was removed; empty HTML for a file
        that is no notebook or has no cell with an output.
    """
    try:
        cells = json.loads(text)["cells"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return Rendered("", ("it is not a valid notebook",))
    if not isinstance(cells, list) or not any(_has_output(cell) for cell in cells):
        return Rendered("")
    parts: list[str] = []
    removed: list[str] = []
    pictures = [0]

    def keep_some(data: bytes, suffix: str, name: str) -> str:
        pictures[0] += 1
        return keep(data, suffix, name) if pictures[0] <= MAX_PICTURES else ""

    for cell in cells[:MAX_CELLS]:
        if not isinstance(cell, dict):
            continue
        source = _text(cell.get("source"))
        if cell.get("cell_type") == "markdown":
            resolve_here = _resolver(cell, resolve, keep_some)
            rendered = render_markdown(source, resolve_here, link=link, top=4)
            removed += rendered.removed
            parts.append(rendered.html)
        elif cell.get("cell_type") == "code" and source.strip():
            coloured = clean(highlight(source, "python", "") or escape(source)).html
            parts.append(f"<pre><code>{coloured}</code></pre>")
            for output in _outputs(cell):
                html, gone = _output(output, keep_some)
                parts.append(html)
                removed += gone
        if sum(map(len, parts)) > MAX_TOTAL_CHARS:
            removed.append("the rest of a very long notebook")
            break
    return Rendered("\n".join(part for part in parts if part), tuple(dict.fromkeys(removed)))


def _outputs(cell: dict[str, Any]) -> list[Any]:
    """A cell's outputs; what it printed bit by bit is one."""
    joined: list[Any] = []
    outputs = cell.get("outputs")
    for output in outputs if isinstance(outputs, list) else []:
        if isinstance(output, dict) and output.get("output_type") == "stream":
            output = {**output, "text": _text(output.get("text"))}
            if joined and joined[-1].get("output_type") == "stream":
                joined[-1]["text"] += output["text"]
                continue
        if isinstance(output, dict):
            joined.append(output)
    return joined


def _resolver(cell: dict[str, Any], resolve: Resolve, keep: Keep) -> Resolve:
    """Also finds the pictures that lie in the cell itself."""
    attachments = cell.get("attachments")

    def find(address: str) -> str | None:
        if inline := _INLINE_PICTURE.match(address):
            return _picture(address[inline.end() :], f".{inline[1].lower()}", keep) or None
        name = unquote(address.removeprefix("attachment:"))
        if name == address or not isinstance(attachments, dict):
            return resolve(address)
        kinds: Any = attachments.get(name)
        if not isinstance(kinds, dict):
            return None
        for kind, suffix in _PICTURES.items():
            if kind in kinds:
                return _picture(_text(kinds[kind]), suffix, keep) or None
        return None

    return find


def _has_output(cell: object) -> bool:
    return isinstance(cell, dict) and bool(cell.get("outputs"))


def _output(output: object, keep: Keep) -> tuple[str, tuple[str, ...]]:
    if not isinstance(output, dict):
        return "", ()
    if output.get("output_type") == "stream":
        return _plain(_text(output.get("text"))), ()
    if output.get("output_type") == "error":
        return _plain(f"{output.get('ename')}: {output.get('evalue')}"), ()
    data = output.get("data")
    if not isinstance(data, dict):
        return "", ()
    for kind, suffix in _PICTURES.items():
        if kind in data:
            address = _picture(_text(data[kind]), suffix, keep)
            if address:
                alt = escape(_text(data.get("text/plain"))[:100] or "output")
                return f'<p><img src="{escape(address)}" alt="{alt}" loading="lazy"></p>', ()
    if "text/html" in data:
        html = _text(data["text/html"])
        if len(html) <= MAX_HTML_CHARS:
            found = clean(html)
            if found.text.strip():
                return f"<div>{found.html}</div>", found.removed
    if "text/markdown" in data or "text/latex" in data:
        written = _text(data.get("text/markdown") or data.get("text/latex"))
        found = render_markdown(written[:MAX_OUTPUT_CHARS], top=4)
        return f"<div>{found.html}</div>", found.removed
    if _PLOTLY in data:
        return "<p><em>Plotly</em></p>", ("an interactive figure",)
    gone = ("a script in an output",) if "application/javascript" in data else ()
    return _plain(_text(data.get("text/plain"))), gone


def _picture(text: str, suffix: str, keep: Keep) -> str:
    try:
        data = text.encode() if suffix == ".svg" else base64.b64decode(text, validate=False)
    except (binascii.Error, ValueError):
        return ""
    return keep(data, suffix, hashlib.sha256(data).hexdigest()[:40])


def _plain(text: str) -> str:
    # A progress bar writes over its own line: what it wrote last is what one saw.
    lines = (line.rstrip("\r").rpartition("\r")[2] for line in text.split("\n"))
    text = "\n".join(lines).strip("\n")
    if not text.strip():
        return ""
    if len(text) > MAX_OUTPUT_CHARS:
        text = text[:MAX_OUTPUT_CHARS] + "\n…"
    return f'<div class="ck-output"><pre><code>{escape(text)}</code></pre></div>'


def _text(value: Any) -> str:
    if isinstance(value, list):
        value = "".join(part for part in value if isinstance(part, str))
    return clean_text(value) if isinstance(value, str) else ""
