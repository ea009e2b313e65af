"""What the pages of a kind share, and how a page is made of it.

All pages of a kind differ only in their title and in a few parts. So the site builder
renders one page of each kind, a shell, in which slots stand for what differs; every
page is stamped out of its shell, in a first build and in all later ones. The same
parts make a page in Markdown, for a site with other pages.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html import escape

from coursekit.site.labels import Labels
from coursekit.team.files import MILESTONES

# Every kind of page and what the theme hides on it. A shell lies where such a page would lie,
# because its addresses are relative.
KINDS = {
    "index": ("navigation", "toc"),
    "leaderboard": ("navigation", "toc"),
    "literature": ("navigation", "toc"),
    "timeline": ("navigation", "toc"),
    "programme": ("navigation", "toc"),
    "quiz": ("navigation",),
    "teams/ready": ("navigation",),
    "teams/absent": ("navigation",),
}
SIBLINGS = ("<!--ck-siblings-->", "<!--/ck-siblings-->")
_TITLE = "ckslotoftitle"
_DESCRIPTION = "ckslotofdescription"
_SLOT = re.compile(rf'<(div|h1) data-ck-slot="(\w+)"></\1>|{_TITLE}|{_DESCRIPTION}')


@dataclass(frozen=True, slots=True)
class Page:
    """A page without the theme around it.

    Attributes:
        name: Where it lies in the site, without a suffix.
        kind: One of `KINDS`.
        title: Plain text.
        description: Plain text for search engines; may be empty.
        parts: Finished HTML by the name of its slot.
        head: Finished HTML for its head.
    """

    name: str
    kind: str
    title: str
    description: str = ""
    parts: dict[str, str] = field(default_factory=dict)
    head: str = ""


def shell(kind: str, label: Labels) -> str:
    """The Markdown that the site builder makes the shell of a kind from."""
    slots = {name: f'<div data-ck-slot="{name}"></div>' for name in _slots(kind)}
    # The theme adds a title of its own to a page without one.
    first = _slots(kind)[0]
    slots[first] = f'<h1 data-ck-slot="{first}"></h1>'
    return write(Page("", kind, _TITLE, _DESCRIPTION, slots), label)


def stamp(html: str, page: Page) -> str:
    """A finished page out of its finished shell.

    All slots are filled in one pass, so nothing that a team wrote is taken for a slot.
    """
    if page.head:
        html = html.replace("</head>", f"{page.head}</head>", 1)
    values = page.parts | {_TITLE: escape(page.title), _DESCRIPTION: escape(page.description)}
    return _SLOT.sub(lambda found: values[found[2] or found[0]], html)


def with_siblings(html: str, siblings: str) -> str:
    """A finished page with other links to the teams before and after it.

    No team's text can hold the marks between which they stand: the sanitiser drops comments.
    """
    before, first, rest = html.partition(SIBLINGS[0])
    _, last, after = rest.partition(SIBLINGS[1])
    return f"{before}{siblings}{after}" if first and last else html


def write(page: Page, label: Labels) -> str:
    """A page in Markdown: headings, for the table of contents, between blocks of HTML."""
    # The theme prints titles as they are, so they are escaped here.
    front = {"title": escape(page.title), "hide": list(KINDS[page.kind])}
    if page.description:
        front["description"] = escape(page.description)
    # JSON is YAML too, and leaves no room for a title that looks like a key.
    lines = "".join(f"{key}: {json.dumps(value)}\n" for key, value in front.items())
    body = []
    for name in _slots(page.kind):
        if name in ("results", *MILESTONES):
            body.append(f"## {label(name)} {{ #{name} }}")
        body.append(page.parts[name])
    return f"---\n{lines}---\n\n" + "\n\n".join(body) + "\n"


def _slots(kind: str) -> tuple[str, ...]:
    if kind == "teams/ready":
        talk = MILESTONES.index("presentation")
        return ("hero", *MILESTONES[:talk], "results", *MILESTONES[talk:], "rest")
    return ("hero",) if kind == "teams/absent" else ("body",)
