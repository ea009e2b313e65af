"""Markdown as students write it: the text and the addresses in it, and text made safe for it.

Nothing here builds a syntax tree: half-open links, nested brackets and stray
asterisks are what people leave behind, and a person still sees a title and an
address in them. Every pattern is bounded, so that a file of brackets costs no
more than any other file of its size.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_left
from collections.abc import Iterator

from litreview.text.identifiers import find_arxiv_id, find_doi, is_web_address

_IMAGE = re.compile(r"!\[[^\]\n]{0,300}\]\([^()\n]{0,2000}(?:\([^()\n]{0,300}\)[^()\n]{0,300})?\)")
_BLANK_LINE = re.compile(r"\n[ \t]*(?=\n)")
_ADDRESS = re.compile(r"(?:https?:/{1,2}|(?<![\w./@-])www\.)[^\s<>\"“”`\\]{1,4000}", re.IGNORECASE)
# `arxiv.org/abs/…` or `youtu.be/…`: a host and a path, with the scheme forgotten.
_BARE_ADDRESS = re.compile(
    r"(?<![\w./@:=&?%-])(?:[a-z0-9-]{1,60}\.){1,5}[a-z]{2,12}/[^\s<>\"“”`\\]{1,2000}", re.IGNORECASE
)
_LINK = re.compile(
    r"\[([^\[\]\n]{0,1000})\]\(([^()\s]{0,4000}(?:\([^()\s]{0,300}\)[^()\s]{0,300})*)"
    r"(?:\s+\"[^\"\n]{0,300}\")?\s*\)"
)
_TARGET = re.compile(r"\]\(\s*<?([^()\s<>]{1,2000})>?\s*\)")
_INLINE_TAG = re.compile(
    r"</?(?:abbr|b|big|cite|code|del|em|font|i|ins|kbd|mark|q|s|small|span|strike|strong|sub|sup|tt"
    r"|u|wbr)(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_TAG = re.compile(
    r"</?(?:a|address|article|aside|audio|blockquote|br|caption|center|col|dd|details|dialog|div|dl"
    r"|dt|fieldset|figcaption|figure|footer|form|h[1-6]|header|hgroup|hr|iframe|img|legend|li|main"
    r"|menu|nav|ol|p|picture|pre|section|source|summary|table|tbody|td|tfoot|th|thead|tr|ul|video)"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_PRIVATE = 0xE000
_PRIVATE_USE = re.compile(f"[{chr(_PRIVATE + 0x21)}-{chr(_PRIVATE + 0x7E)}]")
# What no plain sentence has; a text without it is read as it stands.
_MARKED = re.compile(f"[\\\\!\\[\\]<>*`~_&{chr(_PRIVATE + 0x21)}-{chr(_PRIVATE + 0x7E)}]")
_DIGIT = re.compile(r"\d")
_LANDING_PAGE = re.compile(
    r"(?:/(?:full|pdf|epdf|abstract|abs|meta|html|fulltext|summary|pdfdirect|references|xml"
    r"|suppl_file))+(?:/\w*)?$|\.(?:pdf|html?|full|abstract)$",
    re.IGNORECASE,
)
_REFERENCE = re.compile(
    r"^ {0,3}\[([^\]\n]{1,60})\]:\s*<?(\S{1,2000}?)>?\s*(?:[\"'(].{0,300})?$", re.M
)


def without_comments(text: str) -> str:
    """Blank out HTML comments; every line keeps its number."""
    kept: list[str] = []
    end = 0
    for start, stop in _comments(text):
        kept += [text[end:start], re.sub(r"[^\r\n]", "", text[start:stop])]
        end = stop
    return "".join([*kept, text[end:]])


def unclosed_comment(text: str) -> int | None:
    """The line of a comment that hides everything behind it, if there is one."""
    for start, stop in _comments(text):
        if stop == len(text) and not text.endswith("-->"):
            return text.count("\n", 0, start) + 1
    return None


def _comments(text: str) -> Iterator[tuple[int, int]]:
    """Where comments begin and end, as Markdown sees them.

    One that begins a line goes on to its end, or to the end of the file; one
    within a line does not reach beyond its paragraph.
    """
    gaps = [match.start() for match in _BLANK_LINE.finditer(text)]
    position = close = 0
    while (start := text.find("<!--", position)) >= 0:
        if close >= 0 and close < start + 4:
            close = text.find("-->", start + 4)
        line = text.rfind("\n", 0, start) + 1
        if re.fullmatch(r"\ufeff?[\s>]*(?:[-*+]\s+)?", text[line : min(start, line + 80)]):
            stop = len(text) if close < 0 else close + 3
        else:
            index = bisect_left(gaps, start)
            paragraph = gaps[index] if index < len(gaps) else len(text)
            if close < 0 or close > paragraph:
                position = start + 4
                continue
            stop = close + 3
        yield start, stop
        position = stop


def resolve_references(text: str) -> str:
    """Put the addresses of `[text][1]` links where they are used; every line keeps its number."""
    targets = {
        match[1].casefold(): match[2]
        for match in _REFERENCE.finditer(text)
        if not match[1].startswith("^") and (is_web_address(match[2]) or "www." in match[2])
    }
    if not targets:
        return text

    def replace(match: re.Match[str]) -> str:
        target = targets.get((match[2] or match[1]).casefold())
        return f"[{match[1]}]({target})" if target else match[0]

    text = _REFERENCE.sub(lambda match: "" if match[1].casefold() in targets else match[0], text)
    return re.sub(r"\[([^\[\]\n]{1,300})\] ?\[([^\[\]\n]{0,60})\]", replace, text)


def plain(text: str) -> str:
    """The words that a reader sees: no link targets, emphasis, tags or escapes, in one line."""
    if not _MARKED.search(text):
        return " ".join(text.split())
    # Escaped characters are no markup: out of the way until everything else is done.
    text = _ESCAPE.sub(lambda match: chr(_PRIVATE + ord(match[1])), text)
    text = _IMAGE.sub(" ", text)
    for _ in range(3):
        text, count = _LINK.subn(r"\1 ", text)
        if not count:
            break
    text = re.sub(r"\]\(\s*\)", "]", text)
    text = _TAG.sub(" ", _INLINE_TAG.sub("", text))
    text = re.sub(r"\*{1,3}|`+|~~", "", text)
    text = re.sub(r"(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)", "", text)
    text = re.sub(r"\s+", " ", html.unescape(text)).strip()
    return _PRIVATE_USE.sub(lambda match: chr(ord(match[0]) - _PRIVATE), text)


def addresses(text: str) -> tuple[str, ...]:
    """Find the web addresses in a piece of Markdown, in order and without repeats.

    An address may be a link's target, a link's text (`[https://…]()`), bare, in
    bold, or without its scheme. The address of an embedded image is no source.
    """
    if "/" not in text and "www." not in text.lower():
        return ()
    text = re.sub(r"<a\s[^<>]{0,300}?href=[\"']?([^\"'\s<>]{1,2000})[^<>]{0,300}>", r" \1 ", text)
    text = _IMAGE.sub(" ", text).replace("&amp;", "&")
    text = re.sub(r"\\([_*~#&()\[\]-])", r"\1", text)
    text = re.sub(r"\]\(", "] (", text)
    found = [match[0] for match in _ADDRESS.finditer(text)]
    rest = _ADDRESS.sub(" ", text)
    found += [match[0] for match in _BARE_ADDRESS.finditer(rest) if _looks_like_host(match[0])]
    trimmed = (_trim(address) for address in found)
    unique = dict.fromkeys(
        address for address in trimmed if re.search(r"\w\.\w|://\[[\da-fA-F:]{2,45}\]", address)
    )
    return tuple(unique)


def link_targets(text: str) -> tuple[str, ...]:
    """What stands in the parentheses of links, addresses or not."""
    return tuple(match[1] for match in _TARGET.finditer(_IMAGE.sub(" ", text)))


def _looks_like_host(address: str) -> bool:
    host = address.split("/", 1)[0].lower()
    ending = host.rsplit(".", 1)[-1]
    files = {"md", "py", "pdf", "ipynb", "csv", "json", "png", "jpg", "jpeg", "txt", "html", "js"}
    return ending not in files and not re.match(r"(?:e\.g|i\.e|vs|etc)\b", host)


def _trim(address: str) -> str:
    """Cut what Markdown or a sentence has glued to the end of an address."""
    address = re.split(r"\*\*|\]\(|!\[|'\)", address, maxsplit=1)[0]
    while address:
        last = address[-1]
        if (
            last in ".,;:!?*_'’|~»„"
            or (last in ")]}" and address.count(last) > address.count("([{"[")]}".index(last)]))
            or last in "([{"
        ):
            address = address[:-1]
        else:
            break
    # `[…](u](u)`: nothing after an unopened bracket is part of the address.
    depth = 0
    for index, character in enumerate(address):
        depth += (character in "([") - (character in ")]")
        if depth < 0:
            return _trim(address[:index])
    return address


def doi_of(address: str) -> str:
    """The DOI in an address as it is written there, without the name of a page behind it."""
    lowered = find_doi(address)
    if not lowered:
        return ""
    from urllib.parse import unquote

    decoded = unquote(address)
    start = decoded.lower().find(lowered)
    doi = decoded[start : start + len(lowered)] if start >= 0 else lowered
    return _LANDING_PAGE.sub("", doi)


def identifiers(text: str) -> tuple[str, str]:
    """The arXiv id (without its version) and the DOI that a text or an address names."""
    if not _DIGIT.search(text):
        return "", ""
    return find_arxiv_id(text), doi_of(text)


# Entities and not backslashes where Python-Markdown knows no escape: it would show `\<` as
# a backslash and open the tag.
_ENTITIES = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "|": "&#124;",
    "~": "&#126;",
    "$": "&#36;",
    # An escaped brace would still begin a tag of Jinja.
    "{": "&#123;",
    "}": "&#125;",
}
_SPECIAL = re.compile(r"[&<>|~$\\`*\[\]{}]|(?<![^\W_])_|_(?![^\W_])|^[#+-]|^\d+(?=[.)])|!(?=\[)")


def escape(text: str) -> str:
    """Make a text show as itself in Markdown, in one line, whatever it holds.

    Neither HTML, links, tables, emphasis, attribute lists nor template tags of
    Jinja survive; control characters and the marks that reverse the direction of
    text are dropped.
    """
    text = re.sub(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+", " ", text).strip()
    text = re.sub(r"[\u200b\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff\x80-\x9f]", "", text)
    text = "".join(character for character in text if not 0xD800 <= ord(character) <= 0xDFFF)

    def replace(match: re.Match[str]) -> str:
        character = match[0]
        if character in _ENTITIES:
            return _ENTITIES[character]
        return f"{character}\\" if character.isdigit() else f"\\{character}"

    return _SPECIAL.sub(replace, text)


# A formula that only LaTeX can say; GitHub and the site set it. Nothing in it can become
# a tag, a link, code, a table or a template.
_FORMULA = re.compile(r"\$(?=[^$\n]{0,300}\\[A-Za-z])[^$\n<>`|!]{1,300}\$")


def escape_text(text: str) -> str:
    """Make a text show as itself like `escape`, but leave its formulas to be set.

    Args:
        text: Plain text, as `latex.to_text` gives it.
    """
    pieces: list[str] = []
    end = 0
    text = " ".join(text.split())
    for match in _FORMULA.finditer(text):
        if "](" in match[0] or "://" in match[0]:
            continue
        before = text[end : match.start()]
        pieces += [escape(before), " " * before.endswith(" ")]
        pieces.append(re.sub(r"\{(?=[{%#])", "{ ", match[0]))
        end = match.end()
        pieces.append(" " * text[end : end + 1].isspace())
    pieces.append(escape(text[end:]))
    return "".join(pieces).strip()


def escape_address(url: str) -> str:
    """An address that cannot leave the parentheses of a Markdown link; empty if it is none."""
    from urllib.parse import quote

    url = url.strip()
    if not is_web_address(url) or re.search(r"[\x00-\x20]", url):
        return ""
    return quote(url, safe="!#$%&'+,-./:;=?@_~").replace("&", "&amp;").replace("{{", "%7B%7B")
