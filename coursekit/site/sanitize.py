"""Turn a team's Markdown into HTML that can do nothing but be read.

CommonMark with tables, bare links and `$math$`; then everything that is not on a
short list of tags and attributes goes, by nh3. No identifiers, no classes but
those of highlighted code, no style, and no address but https, http and mailto.
Images are shown only if `resolve` says under which name they were published.

Nothing may edit the returned HTML: its safety is that of nh3's serialisation.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from html import escape, unescape
from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeAlias

from coursekit.site.code import DIAGRAM, code_classes, highlight

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import StateBlock
    from markdown_it.rules_core import StateCore
    from markdown_it.token import Token

# A README of 35 real teams has at most 13 kB; a longer one is cut, and reported.
MAX_MARKDOWN_CHARS = 40_000
MAX_MATH_CHARS = 2_000
# Of what could open something in one paragraph; with more it is read in several goes. An
# effort is the square of their number, summed over the paragraphs of a text.
MAX_MARKS = 300
FEW_MARKS = 16
MAX_EFFORT = 2_000_000
MAX_COLUMNS = 60
MAX_BARE_LINKS = 1_000
# With more lines that could be definitions, they are lines.
MAX_DEFINITIONS = 300

# From an address as a team wrote it to the one that a page may have, or None for neither.
Resolve = Callable[[str], str | None]
TableRule: TypeAlias = "Callable[[StateBlock, int, int, bool], bool]"


def _nowhere(address: str) -> None:
    return None


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


TAGS = _names(
    """
    a abbr b blockquote br caption cite code dd del details dfn div dl dt em figcaption figure
    h3 h4 h5 h6 hr i img ins kbd li mark ol p pre q s samp small span strong sub summary sup
    table tbody td tfoot th thead tr u ul var
    """
)
# What stands between these tags is not text for a reader.
DROPPED_WITH_CONTENT = _names(
    """
    script style iframe object embed applet template noscript noembed noframes math svg title
    textarea select xmp plaintext
    """
)
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "details": {"open"},
    # Our own renderer marks math, and words in another language may be marked.
    "span": {"lang"},
}
SCHEMES = frozenset({"http", "https", "mailto"})


@dataclass(frozen=True, slots=True)
class Rendered:
    """Clean HTML and what was taken out of it.

    Attributes:
        removed: What, with how often, for the report to the staff.
        text: The words alone, for the search.
    """

    html: str
    removed: tuple[str, ...] = ()
    text: str = ""


def render_markdown(
    text: str, resolve: Resolve = _nowhere, *, link: Resolve = _nowhere, top: int = 3
) -> Rendered:
    """Render a team's Markdown.

    Args:
        text: The Markdown.
        resolve: From an image's relative address to that of its published copy,
            or None for one that is not published.
        link: From a link's relative address to one on the web, or None.
        top: The level of the highest heading; no level below it is skipped.
    """
    removed: list[str] = []
    if len(text) > MAX_MARKDOWN_CHARS:
        removed.append(f"text after the first {MAX_MARKDOWN_CHARS:,} characters")
        text = text[:MAX_MARKDOWN_CHARS]
    # Looking for bare addresses doubles the work, so only where there can be some.
    addresses = sum(text.count(sign) for sign in ("://", "www.", "@"))
    markdown = _markdown(0 < addresses <= MAX_BARE_LINKS, definitions=_has_definitions(text))
    tokens = markdown.parse(text.replace("\0", ""))
    _arrange(tokens, top)
    html = markdown.renderer.render(tokens, markdown.options, {})
    if "<" in text or "[" in text:
        return clean(html, resolve, removed, link=link)
    # Without any HTML or picture there is nothing to report, but nh3 has the last word.
    return Rendered(_gate().clean(html, resolve, link), tuple(removed), _words(tokens))


def _words(tokens: list[Token]) -> str:
    parts = []
    for token in tokens:
        children = token.children or (token,)
        # Between two lines of a paragraph stands a token without words.
        parts += [" " if child.type in _BREAKS else child.content for child in children]
        parts.append(" ")
    return " ".join("".join(parts).split())[:50_000]


def _arrange(tokens: list[Token], top: int) -> None:
    """Fit headings under those of the page, and alignment into classes."""
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    highest = min(levels, default=1)
    before = top - 1
    for place, token in enumerate(tokens):
        if token.type == "heading_open":
            before = min(6, before + 1, top + int(token.tag[1]) - highest)
            token.tag = f"h{before}"
        elif token.type == "heading_close":
            token.tag = f"h{before}"
        elif token.tag in {"td", "th"} and (style := token.attrs.pop("style", None)):
            # markdown-it aligns by an inline style, which no page here may have.
            token.attrSet("class", "ck-" + str(style).rpartition(":")[2])
        elif token.type == "inline" and tokens[place - 2].type == "list_item_open":
            _show_task(token)
        elif token.type == "inline" and tokens[place - 2].type == "blockquote_open":
            _show_alert(token)


def _show_task(token: Token) -> None:
    """A box for `[x]` at the start of a list's item, as on GitHub."""
    if token.children and (box := _TASK.match(token.content)):
        first = token.children[0]
        first.content = _BOXES[box[1].lower()] + first.content[3:]


def _show_alert(token: Token) -> None:
    """A bold word for `[!NOTE]` at the start of a quotation, as on GitHub."""
    if token.children and (kind := _ALERT.match(token.content)):
        first = token.children[0]
        first.type = "html_inline"
        rest = escape(first.content[kind.end() :])
        first.content = f"<strong>{kind[1].capitalize()}</strong> {rest}"


def clean(
    html: str,
    resolve: Resolve = _nowhere,
    removed: list[str] | None = None,
    *,
    link: Resolve = _nowhere,
) -> Rendered:
    """Keep only what is harmless in a piece of HTML.

    Args:
        html: Any HTML.
        resolve: See `render_markdown`.
        removed: What has been taken out already.
        link: See `render_markdown`.
    """
    # Safe here: nh3 comes after.
    published: set[str] = set()
    shown = _MEDIA_TAG.sub(lambda tag: _medium(tag, resolve, published), html)
    cleaned = _gate().clean(shown, lambda address: address if address in published else None, link)
    counts = [what + (f" (×{n})" if n > 1 else "") for what, n in _refused(html).items()]
    words = unescape(_ANY_TAG.sub(" ", cleaned)).split()
    return Rendered(cleaned, (*(removed or []), *counts), " ".join(words)[:50_000])


# A formula as GitHub has it, so that no underscore in it opens anything.
_HOST_MATH = re.compile(r"\$`([^`\n]{1,500})`\$")
_ALERT = re.compile(r"\[!(NOTE|TIP|IMPORTANT|WARNING|CAUTION)\][ \t]*", re.I)
_MARK = re.compile(r"[\[\]*_`<&~$@!]|//|www\.")
# Also in a list or a quotation.
_DEFINITION = re.compile(r"^[ \t>*+-]{0,40}[:~]", re.M)
_TASK = re.compile(r"\[([ xX])\] \S")
_BOXES = {" ": "☐", "x": "☑"}
# No pattern here looks past the next bracket, so none looks twice at the same text.
_MEDIA_TAG = re.compile(r"<(img|video|source)\b([^<>]*)", re.I)
_ANY_TAG = re.compile(r"<[^<>]*>")
_OPENING = re.compile(r"<([a-zA-Z][a-zA-Z0-9:-]{0,30})([^<>]*)")
_ATTRIBUTE = re.compile(
    r"""([^\s"'=/]{1,60})\s{0,9}=\s{0,9}("[^"]{0,2000}"|'[^']{0,2000}'|[^\s"']{1,2000})"""
)
_BREAKS = frozenset({"softbreak", "hardbreak"})
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})


class _Gate(threading.local):
    """nh3 with our list; making it costs more than cleaning a page, so each thread has one."""

    def __init__(self) -> None:
        import nh3

        self.resolve: Resolve = _nowhere
        self.link: Resolve = _nowhere
        self.cleaner = nh3.Cleaner(
            tags=set(TAGS),
            clean_content_tags=set(DROPPED_WITH_CONTENT),
            attributes={tag: set(names) for tag, names in ATTRIBUTES.items()},
            attribute_filter=self.attribute,
            url_schemes=set(SCHEMES),
            allowed_classes={
                "span": set(code_classes()) | {"ck-math", "ck-math-block"},
                "pre": {DIAGRAM},
                "td": {"ck-right", "ck-center"},
                "th": {"ck-right", "ck-center"},
            },
            set_tag_attribute_values={"img": {"loading": "lazy"}},
            link_rel="noopener noreferrer nofollow",
        )

    def attribute(self, tag: str, name: str, value: str) -> str | None:
        """What becomes of an attribute that is on the list."""
        if tag == "img" and name == "src":
            return self.resolve(value)
        if tag == "a" and name == "href" and not _absolute(value):
            return self.link(value)
        if name in {"width", "height", "colspan", "rowspan", "start"}:
            return value if value.isdecimal() and len(value) < 5 else None
        return value

    def clean(self, html: str, resolve: Resolve, link: Resolve) -> str:
        """The HTML with nothing in it that is not on the list."""
        before = self.resolve, self.link
        self.resolve, self.link = resolve, link
        try:
            return self.cleaner.clean(html)
        finally:
            self.resolve, self.link = before


@lru_cache(maxsize=1)
def _gate() -> _Gate:
    return _Gate()


def _absolute(address: str) -> bool:
    scheme, colon, _ = address.strip().partition(":")
    return bool(colon) and scheme.lower() in SCHEMES


def _has_definitions(text: str) -> bool:
    return 0 < len(_DEFINITION.findall(text)) <= MAX_DEFINITIONS


@lru_cache(maxsize=8)
def _markdown(linkify: bool = False, words: bool = True, definitions: bool = True) -> MarkdownIt:
    from markdown_it import MarkdownIt
    from markdown_it.rules_block import table
    from mdit_py_plugins.deflist import deflist_plugin
    from mdit_py_plugins.dollarmath import dollarmath_plugin
    from mdit_py_plugins.footnote import footnote_plugin

    markdown = MarkdownIt(
        "commonmark", {"html": True, "linkify": linkify, "maxNesting": 40, "highlight": highlight}
    ).enable(["table", "strikethrough", *(["linkify"] if linkify else [])])
    markdown.core.ruler.at("inline", _parse_inline)
    markdown.block.ruler.at("table", _narrow(table), {"alt": ["paragraph", "reference"]})
    dollarmath_plugin(
        markdown, allow_space=False, allow_digits=False, double_inline=True, renderer=_math
    )
    # The plugin wraps displayed formulas in its own `div`; ours is a marked span.
    markdown.add_render_rule("math_block", _math_block)
    markdown.add_render_rule("math_inline", _math_inline)
    markdown.add_render_rule("math_inline_double", _math_block)
    markdown.add_render_rule("fence", _fence)
    footnote_plugin(markdown, inline=False)
    if definitions:
        deflist_plugin(markdown)
    # It tells of each rule that it tries at each line; nobody listens.
    for name in list(logging.root.manager.loggerDict):
        if name.startswith("markdown_it."):
            logging.getLogger(name).disabled = True
    if not words:
        markdown.disable(["inline", "text_join", "footnote_tail"])
    return markdown


def parse_blocks(text: str) -> list[Token]:
    """The blocks of a team's Markdown as a page has them; the words of each stay as written.

    Args:
        text: The Markdown; what is longer than a page shows is cut.
    """
    text = text[:MAX_MARKDOWN_CHARS].replace("\0", "")
    return _markdown(words=False, definitions=_has_definitions(text)).parse(text)


def _parse_inline(state: StateCore) -> None:
    """Parse the text of each block, a long one with very many marks in several goes.

    Brackets and stars that nobody closes make the parser look for their ends again and
    again, so it gets no more of them at a time than any real paragraph has.
    """
    budget = MAX_EFFORT
    for token in state.tokens:
        if token.type != "inline":
            continue
        token.children = []
        token.content = _HOST_MATH.sub(r"$\1$", token.content)
        marks = [found.start() for found in _MARK.finditer(token.content)]
        budget -= len(marks) ** 2
        few = len(marks) <= MAX_MARKS and budget > 0
        cuts = [] if few else marks[FEW_MARKS::FEW_MARKS]
        for start, end in pairwise([0, *cuts, len(token.content)]):
            piece: list[Token] = []
            state.md.inline.parse(token.content[start:end], state.md, state.env, piece)
            token.children += piece


def _narrow(table: TableRule) -> TableRule:
    """A rule for tables that none is for which is wider than any page.

    Each of its short rows would be filled up to its width.
    """

    def parse(state: StateBlock, start: int, end: int, silent: bool) -> bool:
        wide = state.src.count("|", state.bMarks[start], state.eMarks[start]) > MAX_COLUMNS
        return not wide and table(state, start, end, silent)

    return parse


def _math(content: str, options: dict[str, Any]) -> str:
    return escape(content)


def _math_inline(renderer: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    return f'<span class="ck-math">{escape(tokens[index].content[:MAX_MATH_CHARS])}</span>'


def _math_block(renderer: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    content = escape(tokens[index].content.strip()[:MAX_MATH_CHARS])
    return f'<p><span class="ck-math-block">{content}</span></p>'


def _fence(renderer: Any, tokens: list[Token], index: int, options: Any, env: Any) -> str:
    if tokens[index].info.strip().lower() == "math":
        return _math_block(renderer, tokens, index, options, env)
    return str(renderer.fence(tokens, index, options, env))


def _medium(tag: re.Match[str], resolve: Resolve, published: set[str]) -> str:
    """A picture or film as a page can have it: what is not published becomes its words.

    The tag's own end follows, so a tag that nh3 drops comes last where there is no picture.
    """
    found = _ATTRIBUTE.findall(tag[2][:10_000])
    values = {name.lower(): value.strip("\"'") for name, value in found}
    source, words = values.get("src", ""), values.get("alt", "").replace('"', "&quot;")
    link = source.replace('"', "&quot;")
    address = unescape(source)
    if tag[1].lower() != "img":
        poster = resolve(unescape(values.get("poster", ""))) or ""
        published.add(poster)
        picture = f'<img alt="" src="{escape(poster)}">' if poster else ""
        return f'<a href="{link}">{picture}▶ video</a><x ' if _absolute(address) else tag[0]
    if found_address := resolve(address) if address else None:
        published.add(found_address)
        size = "".join(
            f' {name}="{escape(values[name])}"' for name in ("width", "height") if name in values
        )
        # A picture that nobody described is decoration.
        return f'<img src="{escape(found_address)}" alt="{words}"{size} '
    if _absolute(address) and address[:4].lower() == "http":
        return f'<a href="{link}">{words or "picture"}</a><x '
    return f"<em>{words}</em><x " if words else "<x "


def _refused(html: str) -> Counter[str]:
    """What the sanitiser will take out, in words that a person understands."""
    found: Counter[str] = Counter()
    for opening in _OPENING.finditer(html):
        tag = opening[1].lower()
        if tag not in TAGS and tag not in _HEADINGS | {"center", "font", "tt", "section"}:
            found[f"<{tag}>"] += 1
        for name, value in _ATTRIBUTE.findall(opening[2][:10_000]):
            if what := _refused_attribute(tag, name.lower(), unescape(value.strip("\"'"))):
                found[what] += 1
        if len(found) > 50:
            break
    return found


def _refused_attribute(tag: str, name: str, value: str) -> str:
    if name.startswith("on"):
        return f"{name[:30]}= handler on <{tag}>"
    if name == "style":
        return "style="
    if name not in {"href", "src", "action", "formaction", "srcset", "poster", "data"}:
        return ""
    squeezed = "".join(value.split()).lower()
    scheme = squeezed.partition(":")[0] if ":" in squeezed else ""
    if scheme in {"javascript", "data", "vbscript", "file", "blob"}:
        return f"{scheme}: address"
    if tag == "img" and (scheme or squeezed.startswith("//")):
        return "image from another site"
    return ""
