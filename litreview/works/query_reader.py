"""Read what people type into a search: words, phrases, fields, operators, dates, identifiers."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta

from litreview.errors import UserError
from litreview.text.identifiers import find_arxiv_id, find_doi, is_web_address
from litreview.works.terms import And, Node, Or, Term, negated
from litreview.works.vocabulary import CATEGORIES, SEARCH_FIELDS, STOP_WORDS, SYNONYMS

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<range>(?i:submitted_?date):\s*\[
          \s*(?P<low>\d+|\*)\s*(?:TO|to|\+TO\+)\s*(?P<high>\d+|\*)\s*\])
    | (?P<operator>(?:AND\s+NOT|ANDNOT|AND|OR|NOT)(?=[\s()]|$)|\|\|?|&&?)
    | (?P<open>-?\(|(?P<group>[A-Za-z_]+):\()
    | (?P<close>\))
    | (?P<minus>-(?=["\w]))?(?:(?P<field>[A-Za-z_]+):(?=["\w-]))?
      (?:"(?P<phrase>[^"]*)(?:"|$)|(?P<word>[^\s()"|]+))
    | (?P<other>.)
    """,
    re.VERBOSE,
)


class QueryReader:
    """A recursive-descent reader that never gives up on what people type."""

    def __init__(self, text: str) -> None:
        text = re.sub(r"[“”„«»‟]", '"', text)
        self.notes: list[str] = []
        self.ids: list[str] = []
        self.dois: list[str] = []
        self.urls: list[str] = []
        self.since: date | None = None
        self.until: date | None = None
        self.tokens: list[re.Match[str]] = []
        # Addresses and DOIs may hold brackets, bars and colons, so they are taken out first.
        text = " ".join(chunk for chunk in text.split() if not self._address(chunk))
        if text.count('"') % 2:
            self.notes.append("a quotation mark was not closed; the phrase goes to the end")
        for match in _TOKEN.finditer(text):
            if match["space"] is None and match["other"] is None:
                self.tokens.append(match)
        self.position = 0
        self.depth = 0

    def read(self) -> Node | None:
        """Read everything, as if surplus closing parentheses were not there."""
        parts = []
        while self.position < len(self.tokens):
            node = self._alternatives("all")
            if node is not None:
                parts.append(node)
            if self.position < len(self.tokens):
                self.position += 1
                self.notes.append("a closing parenthesis without an opening one was dropped")
        return self._joined(parts)

    def _alternatives(self, field: str) -> Node | None:
        options = [self._conjunction(field)]
        while self._operator() in ("OR", "|", "||"):
            self.position += 1
            options.append(self._conjunction(field))
        found = [option for option in options if option is not None]
        if len(found) > 1:
            return Or(tuple(found))
        return found[0] if found else None

    def _conjunction(self, field: str) -> Node | None:
        parts: list[Node] = []
        while self.position < len(self.tokens):
            token = self.tokens[self.position]
            operator = self._operator()
            if token["close"] or operator in ("OR", "|", "||"):
                break
            self.position += 1
            if operator in ("AND", "&", "&&"):
                continue
            if operator:  # NOT, ANDNOT, AND NOT
                node = negated(self._one(field))
            else:
                self.position -= 1
                node = self._one(field)
            if node is not None:
                parts.append(node)
        return self._joined(parts)

    def _one(self, field: str) -> Node | None:
        """Read one term or one group; the position moves past it."""
        if self.position >= len(self.tokens):
            return None
        token = self.tokens[self.position]
        if token["close"] or token["operator"]:
            return None
        self.position += 1
        if token["open"]:
            return self._group(token, field)
        if token["range"]:
            self._dates(token["low"], token["high"])
            return None
        node = self._term(token, field)
        return negated(node) if token["minus"] else node

    def _group(self, token: re.Match[str], field: str) -> Node | None:
        name = token["group"]
        inner = SEARCH_FIELDS.get(name.lower(), field) if name else field
        self.depth += 1
        if self.depth > 50:
            raise UserError("the query has more than 50 parentheses in one another; simplify it")
        node = self._alternatives(inner)
        self.depth -= 1
        if self.position < len(self.tokens) and self.tokens[self.position]["close"]:
            self.position += 1
        else:
            self.notes.append("a parenthesis was not closed; it goes to the end")
        return negated(node) if token["open"].startswith("-") else node

    def _term(self, token: re.Match[str], field: str) -> Node | None:
        name, raw = (token["field"] or ""), token["phrase"]
        known = SEARCH_FIELDS.get(name.lower(), "")
        if raw is not None:
            if name and not known:
                raw = f"{name} {raw}"
            phrase = _clean_term(raw, known or field)
            exact = phrase is not None and " " in phrase.text
            return replace(phrase, exact=True) if phrase is not None and exact else phrase
        word = token["word"]
        whole = f"{name}:{word}" if name else word
        if known in ("since", "until", "year"):
            if re.match(r"\d", word):
                self._dates(*_range(word, known))
                return None
            known = ""  # "from: Boyan" is no date
        if self._identifier(whole, known, word):
            return None
        if not known:
            word = whole
        known = known or field
        if known == "cat":
            return Term(check_category(word), "cat")
        if "/" in word.strip("/") and known != "id":
            options = [_clean_term(part, known) for part in word.split("/")]
            found = tuple(option for option in options if option is not None)
            if len(found) > 1:
                self.notes.append(f"{word!r} means one or the other, so its parts are joined by OR")
                return Or(found)
        term = _clean_term(word, known)
        if term is not None and " " in term.text and re.search(r"\w-\w", word):
            term = replace(term, hyphened=True)
            self.notes.append(
                f'{word!r} became the phrase "{term.text}", because arXiv reads a hyphen as NOT'
            )
        return term

    def _address(self, chunk: str) -> bool:
        if re.match(r"(?:doi:\s*)?(?:https?://|10\.\d{4,9}/)", chunk, re.IGNORECASE) is None:
            return False
        return self._identifier(chunk.rstrip(",;"), "", chunk)

    def _identifier(self, whole: str, known: str, word: str) -> bool:
        if known == "doi" or re.match(r"(?:doi:|https?://(?:dx\.)?doi\.org/|10\.\d)", whole, re.I):
            doi = find_doi(whole)
            arxiv_id = find_arxiv_id(whole)
            if arxiv_id:
                self.ids.append(arxiv_id)
            elif doi:
                self.dois.append(doi)
            return bool(arxiv_id or doi)
        candidate = word if known == "id" else whole
        arxiv_id = find_arxiv_id(candidate.strip(",;."))
        if arxiv_id:
            self.ids.append(arxiv_id)
            return True
        if known == "id":
            raise UserError(
                f"{word!r} is not an arXiv id; one looks like 1706.03762 or math/0601001"
            )
        if is_web_address(whole):
            self.urls.append(whole)
            return True
        return False

    def _joined(self, parts: list[Node]) -> Node | None:
        flat: list[Node] = []
        for part in parts:
            flat += part.parts if isinstance(part, And) else (part,)
        flat = self._without_stop_words(flat)
        flat = self._synonyms(list(dict.fromkeys(flat)))
        if len(flat) > 1:
            return And(tuple(flat))
        return flat[0] if flat else None

    def _without_stop_words(self, parts: list[Node]) -> list[Node]:
        def is_stop(node: Node) -> bool:
            return isinstance(node, Term) and node.text.lower() in STOP_WORDS

        kept = [part for part in parts if not is_stop(part)]
        if not kept or len(kept) == len(parts):
            return parts
        dropped = [part.text for part in parts if isinstance(part, Term) and is_stop(part)]
        self.notes.append(f"left out, because they are in every text: {', '.join(dropped)}")
        if any(word in ("or", "not") for word in dropped):
            self.notes.append("OR and NOT count as operators only in capital letters")
        return kept

    def _synonyms(self, parts: list[Node]) -> list[Node]:
        """Join by OR what means the same: bare words are ANDed, which would narrow."""
        for group in SYNONYMS:
            present = [(name, _find_words(parts, name)) for name in group]
            found = [(name, where) for name, where in present if where]
            if len(found) < 2 or {i for _, w in found[:1] for i in w} & set(found[1][1]):
                continue
            taken = {index for _, where in found for index in where}
            first = min(taken)
            joined = Or(tuple(Term(name) for name, _ in found))
            parts = [
                joined if index == first else part
                for index, part in enumerate(parts)
                if index == first or index not in taken
            ]
            names = " and ".join(f'"{name}"' for name, _ in found)
            self.notes.append(f"{names} mean the same, so they are joined by OR")
        return parts

    def _operator(self) -> str:
        if self.position >= len(self.tokens):
            return ""
        return re.sub(r"\s+", " ", self.tokens[self.position]["operator"] or "")

    def _dates(self, low: str, high: str) -> None:
        if low and low != "*":
            self.since = read_day(
                _without_time(low), end=False, option="the start of the date range"
            )
        if high and high != "*":
            self.until = read_day(_without_time(high), end=True, option="the end of the date range")


def _find_words(parts: Sequence[Node], name: str) -> tuple[int, ...]:
    """Where a synonym stands: as one term, or spelled out over neighbouring words."""
    words = name.split()
    texts = [
        part.text.lower() if isinstance(part, Term) and part.field == "all" else "\0"
        for part in parts
    ]
    if name in texts:
        return (texts.index(name),)
    for start in range(len(texts) - len(words) + 1):
        if texts[start : start + len(words)] == words:
            return tuple(range(start, start + len(words)))
    return ()


def _clean_term(text: str, field: str) -> Term | None:
    """Keep letters and digits; anything else separates the words of a phrase."""
    if field == "cat":
        return Term(check_category(text), "cat")
    if field == "au":
        text = person_name(text)
    wildcard = re.fullmatch(r"[^\W_]{3,}\*", text.strip())
    if wildcard:
        return Term(wildcard[0], field)
    words = re.findall(r"[^\W_]+", re.sub(r"(?<=\w)['’](?=\w)", "", text))
    return Term(" ".join(words), field) if words else None


def person_name(name: str) -> str:
    """`Vaswani, Ashish` and `vaswani_a` as arXiv wants them: given name first, no signs."""
    name = name.strip().strip('"')
    if name.count(",") == 1:
        family, given = name.split(",")
        name = f"{given.strip()} {family.strip()}"
    return " ".join(re.findall(r"[^\W_]+", name))


def check_category(name: str) -> str:
    """The category in arXiv's spelling; an archive alone means all of it."""
    text = name.strip().strip('"')
    archive, _, subject = text.partition(".")
    known = {key.lower(): key for key in CATEGORIES}
    if archive.lower() not in known:
        close = difflib.get_close_matches(text.lower(), [*known, *_all_categories()], n=1)
        hint = f"did you mean {close[0]}?" if close else "examples: cs.CL, cs.LG, stat.ML"
        raise UserError(f"{text!r} is not a category of arXiv; {hint}")
    archive = known[archive.lower()]
    subjects = {item.lower(): item for item in CATEGORIES[archive]}
    if not subjects:
        return archive
    if not subject or subject == "*":
        return f"{archive}.*"
    if subject.lower() not in subjects:
        close = difflib.get_close_matches(subject.lower(), subjects, n=3, cutoff=0.4)
        names = [f"{archive}.{subjects[item]}" for item in close or list(subjects)[:3]]
        raise UserError(f"{text!r} is not a category of arXiv; did you mean {' or '.join(names)}?")
    return f"{archive}.{subjects[subject.lower()]}"


def _all_categories() -> list[str]:
    return [f"{archive}.{subject}" for archive, items in CATEGORIES.items() for subject in items]


def _without_time(day: str) -> str:
    """ArXiv writes the time behind a day, 202001310000."""
    return day[:8] if day.isdecimal() else day


def _range(word: str, field: str) -> tuple[str, str]:
    if field == "since":
        return word, ""
    if field == "until":
        return "", word
    low, mark, high = word.partition("..")
    if not mark and re.fullmatch(r"\d{4}-\d{4}", word):
        low, high = word.split("-")
        mark = "-"
    return (low, high) if mark else (word, word)


def read_day(text: str, *, end: bool, option: str) -> date:
    """The day that a text names; of a year or month the first or the last one."""
    text = text.strip()
    match = (
        re.fullmatch(r"(?P<y>\d{4})(?:[-/.](?P<m>\d{1,2})(?:[-/.](?P<d>\d{1,2}))?)?", text)
        or re.fullmatch(r"(?P<y>\d{4})(?P<m>\d{2})(?P<d>\d{2})?", text)
        or re.fullmatch(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})", text)
    )
    try:
        if match is None:
            raise ValueError
        year, month, day = int(match["y"]), match["m"], match["d"]
        if day:
            return date(year, int(month), int(day))
        if not end:
            return date(year, int(month or 1), 1)
        after = date(year + 1, 1, 1) if not month or int(month) == 12 else None
        return (after or date(year, int(month) + 1, 1)) - timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise UserError(
            f"{option}: {text!r} is not a date; write it as 2020, 2020-05 or 2020-05-31"
        ) from error
