"""A search index in small pieces, so that a reader fetches only what the query needs.

    search/pages.js       address, title and headings of every page, and which letters are deep
    search/words.js       all words, for parts of compounds and for slips; fetched only for these
    search/w/<x>.js       the words that begin with a letter, and where they stand; for a letter
                          with many words (a deep one) a file for each second letter
    search/p/<id>.js      a page's text, for the excerpts of the few best hits

Each piece is a call of one function, because a script may be loaded where a page is
opened from a folder, and a fetch may not. All content is JSON with nothing but
ASCII, so no text can end the script or the string that it is in.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from coursekit.site.replace import replace_file

MAX_SECTION_CHARS = 6_000
MAX_WORD_CHARS = 32
# Shorter words are no part that anybody looks for, and a slip makes too many of them.
MIN_PART_CHARS = 4
# Above this a letter is deep.
MAX_SHARD_BYTES = 50_000
_WORD = re.compile(r"[^\W_]+")
_SPELLED_OUT = re.compile(r"([aou])e")
_ASCII_GAPS = str.maketrans({c: " " for c in map(chr, range(128)) if not c.isalnum()})


@dataclass(frozen=True, slots=True)
class SearchPage:
    """A page as the search knows it.

    Attributes:
        url: Relative to the site's root.
        sections: Anchor (may be empty), heading and plain text of each part.
    """

    url: str
    title: str
    sections: tuple[tuple[str, str, str], ...]


def fold(text: str) -> str:
    """Lower case without accents: what the browser does with a query, too."""
    if text.isascii():
        return text.lower()
    decomposed = unicodedata.normalize("NFKD", text.replace("ß", "ss").replace("ẞ", "ss"))
    return "".join(c for c in decomposed if not unicodedata.combining(c)).lower()


def words(text: str) -> set[str]:
    """The different words of a text, folded."""
    folded = fold(text)
    # The same words, several times as fast.
    found = folded.translate(_ASCII_GAPS).split() if folded.isascii() else _WORD.findall(folded)
    return {word[:MAX_WORD_CHARS] for word in set(found) if len(word) > 1}


def collapse(word: str) -> str:
    """A folded word with umlauts as one letter, however they were written: `ae` as `ä` is."""
    return _SPELLED_OUT.sub(r"\1", word)


def write_index(
    pages: Sequence[SearchPage], folder: Path, same: Collection[str] = frozenset()
) -> None:
    """Replace the index in `folder`.

    Args:
        pages: All pages of the site.
        folder: `search` in the site's root.
        same: Addresses of pages whose text is as it was when the folder was written.
    """
    there = {path.name for path in (folder / "p").glob("*.js")}
    pieces: dict[str, bytes | None] = {}
    postings: dict[str, list[int]] = defaultdict(list)
    table = []
    for number, page in enumerate(pages):
        # The title is section 0; a page has at most 31 sections more.
        for word in words(page.title):
            postings[word].append(number * 32)
        sections = page.sections[:31]
        texts = [text[:MAX_SECTION_CHARS] for _, _, text in sections]
        for section, ((_, heading, _), text) in enumerate(zip(sections, texts, strict=True), 1):
            place = number * 32 + section
            for word in words(f"{heading} {text}"):
                postings[word].append(place)
        name = hashlib.sha256(page.url.encode()).hexdigest()[:12]
        table.append([page.url, page.title, [[a, h] for a, h, _ in sections], name])
        is_there = page.url in same and f"{name}.js" in there
        pieces[f"p/{name}"] = None if is_there else _piece(f"p/{name}", texts)
    for word in [word for word in postings if "e" in word and collapse(word) != word]:
        same_word = collapse(word)
        postings[same_word] = sorted({*postings.get(same_word, ()), *postings[word]})
    deep, shards = _shards(postings)
    pieces |= shards
    parts = sorted(word for word in postings if len(word) >= MIN_PART_CHARS)
    pieces["words"] = _piece("words", " ".join(parts))
    pieces["pages"] = _piece("pages", {"deep": deep, "pages": table})
    for name, data in pieces.items():
        if data is not None:
            replace_file(folder / f"{name}.js", data)
    # Pages and words that are gone leave no file behind.
    for path in folder.glob("[pw]/*"):
        if f"{path.parent.name}/{path.stem}" not in pieces:
            path.unlink()


def _shards(postings: Mapping[str, Sequence[int]]) -> tuple[str, dict[str, bytes]]:
    """The deep letters, and the pieces with the words."""
    by_prefix: dict[str, dict[str, list[int]]] = defaultdict(dict)
    for word in sorted(postings):
        by_prefix[word[0]][word] = _deltas(postings[word])
    pieces = {_shard_name(prefix): _shard(prefix, shard) for prefix, shard in by_prefix.items()}
    deep = [p for p in by_prefix if len(pieces[_shard_name(p)]) > MAX_SHARD_BYTES]
    for letter in deep:
        del pieces[_shard_name(letter)]
        finer: dict[str, dict[str, list[int]]] = defaultdict(dict)
        for word, deltas in by_prefix[letter].items():
            finer[word[:2]][word] = deltas
        pieces |= {_shard_name(prefix): _shard(prefix, shard) for prefix, shard in finer.items()}
    return "".join(deep), pieces


def _shard_name(prefix: str) -> str:
    return f"w/{prefix.encode('utf-8').hex()}"


def _shard(prefix: str, shard: Mapping[str, list[int]]) -> bytes:
    return _piece(_shard_name(prefix), shard)


def _deltas(numbers: Sequence[int]) -> list[int]:
    """Each of some rising numbers as its distance from the one before: fewer digits to fetch."""
    return [number - before for before, number in zip([0, *numbers], numbers, strict=False)]


def _piece(name: str, data: Any) -> bytes:
    body = json.dumps(data, separators=(",", ":")).replace("<", "\\u003c")
    return f"ckSearch({json.dumps(name)},{body});\n".encode("ascii")


def read_page(url: str, title: str, html: str) -> SearchPage:
    """What a finished page of documentation says, by its headings."""
    reader = _Reader()
    reader.feed(html)
    reader.close()
    sections = [(a, " ".join(h.split()), " ".join(t.split())) for a, h, t in reader.sections]
    return SearchPage(url, title, tuple(s for s in sections if s[1] or s[2]))


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.sections: list[list[str]] = [["", "", ""]]
        self.in_heading = False
        self.hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if tag in ("h2", "h3") and values.get("id"):
            self.sections.append([values["id"] or "", "", ""])
            self.in_heading = True
        if tag in ("script", "style", "svg") or "headerlink" in (values.get("class") or ""):
            self.hidden += 1

    def handle_endtag(self, tag: str) -> None:
        if tag in ("h2", "h3"):
            self.in_heading = False
        if tag in ("script", "style", "svg") or (tag == "a" and self.hidden):
            self.hidden = max(0, self.hidden - 1)

    def handle_data(self, data: str) -> None:
        if not self.hidden:
            self.sections[-1][1 if self.in_heading else 2] += data + " "
