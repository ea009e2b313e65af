r"""Try many patterns on many sentences, but each only where its words stand.

`Prefilter` takes patterns apart at their top-level alternatives and reads from each what
every match must contain: of `\b(?:future|further)\s\w+\swork` a word `future` or
`further` and a word that holds `work`. A word of a text then tells at once, by one look-up,
which alternatives it may be part of; only those are searched for. The answers are those of
searching with every pattern.

Reference: Cox (2012), https://swtch.com/~rsc/regexp/regexp4.html, "Regular expression
matching with a trigram index", does the same with trigrams.
"""

from __future__ import annotations

import functools
import itertools
import operator
import re
from collections.abc import Iterator, Mapping, Sequence
from re import _constants as op  # type: ignore[attr-defined]
from re import _parser  # type: ignore[attr-defined]
from typing import Any

# What a pattern needs is asked in so many ways at most; the choosiest are kept.
CLAUSES = 4
MAX_STRINGS = 400
# A digit is about as rare as a word of so many letters.
_DIGIT_COUNTS = 5
# Words that most sentences hold, and letters that stand in many words.
_COMMON = frozenset(
    re.findall(
        r"\w+",
        "the of and to in is are was were be been for with this that these those we our has have "
        "not also most more its it as on by an at or from which can us",
    )
)
_COMMON_COUNTS = 3
# What a word may be part of is kept for so many words.
MAX_KNOWN_WORDS = 50_000
# No letters in a row that a pattern names are more.
MAX_RUN = 24
_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzäöüß")
_WORD = re.compile(r"[a-zäöüß]+")
_DIGIT = re.compile(r"\d")
_RUN = re.compile(r"[a-zäöüß]+|\S")
_CONSTRUCTS = re.compile(r"\\.|\[\^?\]?(?:\\.|[^\]\\])*\]|[()|]", re.DOTALL)


# Letters that a word has to hold, `^` its start and `$` its end; or `0`, any digit; or a sign.
Need = str
Clause = frozenset[Need]
# The parts of a parsed pattern, each a kind and what belongs to it.
Tree = list[tuple[Any, Any]]


class Prefilter:
    """Named patterns over text in lower case, letters a to z, ä, ö, ü and ß.

    Args:
        patterns: Pairs of a name and a pattern in the verbose form; a name may come twice.
    """

    def __init__(self, patterns: Sequence[tuple[str, str]]) -> None:
        parts = [(name, part) for name, whole in patterns for part in alternatives(whole)]
        self._names = [name for name, _ in parts]
        self._parts = [part for _, part in parts]
        self._opens = [part.lstrip().startswith("^") for _, part in parts]
        self._patterns: list[re.Pattern[str] | None] = [None] * len(parts)
        own: dict[str, int] = {}
        for number, name in enumerate(self._names):
            own[name] = own.get(name, 0) | 1 << number
        # What is left to try when a name was found.
        self._others = [~own[name] for name in self._names]
        needs: dict[Need, int] = {}
        openings: dict[Need, int] = {}
        size = len(parts)
        self._every = (1 << size) - 1
        self._shifts = [size * place for place in range(1, CLAUSES)]
        self._always = 0
        # Those whose first word is known are tried at such words alone.
        self._local = 0
        for number, (_, part) in enumerate(parts):
            tree = _parsed(part)
            clauses: list[Clause | None] = [*needed(tree)]
            clauses += [None] * (CLAUSES - len(clauses))
            for place, clause in enumerate(clauses):
                bit = 1 << place * size + number
                if not clause:
                    self._always |= bit
                for need in clause or ():
                    needs[need] = needs.get(need, 0) | bit
            starts = _openings(tree)
            self._local |= bool(starts) << number
            for need in starts or ():
                openings[need] = openings.get(need, 0) | 1 << number
        self._anywhere = self._every & ~self._local
        self._digit = needs.pop("0", 0)
        signs = [need for need in needs if not _WORD.search(need)]
        self._signs = [(sign, needs.pop(sign)) for sign in signs]
        self._needed_by = _Known(needs)
        self._opened_by = _Known(openings)

    def find(self, text: str) -> frozenset[str]:
        """The names of the patterns that match somewhere."""
        words = _WORD.findall(text)
        mask = functools.reduce(operator.or_, map(self._needed_by.__getitem__, words), self._always)
        for sign, may in self._signs:
            if sign in text:
                mask |= may
        if self._digit and _DIGIT.search(text):
            mask |= self._digit
        left = mask & self._every
        for shift in self._shifts:
            left &= mask >> shift
        found: list[str] = []
        if left & self._local:
            left = self._find_at_words(text, words, left, found)
        left &= self._anywhere
        while left:
            number = (left & -left).bit_length() - 1
            pattern = self._patterns[number] or self._compile(number)
            # `search` would try what stands at the start alone at every place.
            if pattern.match(text) if self._opens[number] else pattern.search(text):
                found.append(self._names[number])
                left &= self._others[number]
            else:
                left &= left - 1
        return frozenset(found)

    def _find_at_words(self, text: str, words: list[str], left: int, found: list[str]) -> int:
        """Try patterns at the words that open them; what is left of others afterwards."""
        local = left & self._local
        behind = 0
        for word, may in zip(words, map(self._opened_by.__getitem__, words), strict=True):
            here = may & local
            if not here:
                continue
            start = text.index(word, behind)
            while not _stands_alone(text, start, start + len(word)):
                start = text.index(word, start + 1)
            behind = start + len(word)
            here &= left
            while here:
                number = (here & -here).bit_length() - 1
                pattern = self._patterns[number] or self._compile(number)
                if pattern.match(text, start):
                    found.append(self._names[number])
                    left &= self._others[number]
                    here &= left
                else:
                    here &= here - 1
        return left

    def _compile(self, number: int) -> re.Pattern[str]:
        pattern = re.compile(self._parts[number], re.VERBOSE)
        self._patterns[number] = pattern
        return pattern


def _stands_alone(text: str, start: int, end: int) -> bool:
    """Whether the letters from start to end are a whole word of the text."""
    before = text[start - 1] if start else " "
    behind = text[end] if end < len(text) else " "
    return before not in _LETTERS and behind not in _LETTERS


class _Known(dict[str, int]):
    """What a word may be part of, worked out when it is first met.

    Args:
        needs: For each need the parts that have it, a bit each.
    """

    def __init__(self, needs: Mapping[Need, int]) -> None:
        super().__init__()
        self._needs = needs
        self._longest = max(map(len, needs), default=0)

    def __missing__(self, word: str) -> int:
        mask = 0
        marked = f"^{word}$"
        for start in range(len(marked)):
            for end in range(start + 1, min(len(marked), start + self._longest) + 1):
                mask |= self._needs.get(marked[start:end], 0)
        if len(self) >= MAX_KNOWN_WORDS:
            self.clear()
        self[word] = mask
        return mask


def alternatives(pattern: str) -> list[str]:
    """Take a pattern apart at the bars that stand in no group, and in its first group.

    What is put together again matches the same: `a(?:b|c)d` is `abd|acd`.
    """
    parts = []
    for part in _split(pattern):
        start, end = _first_group(part)
        branches = _split(part[start + 3 : end - 1])
        if end == 0 or part[end : end + 1] in tuple("?*+{") or len(branches) == 1:
            parts.append(part)
        elif _sequence(_parsed(part[start:end])) is not None:
            parts.append(part)  # words alone; they are told apart as needs
        else:
            parts += [f"{part[:start]}(?:{branch}){part[end:]}" for branch in branches]
    return parts


def _split(pattern: str) -> list[str]:
    parts, depth, start = [], 0, 0
    for match in _CONSTRUCTS.finditer(pattern):
        sign = match.group()
        depth += (sign == "(") - (sign == ")")
        if sign == "|" and depth == 0:
            parts.append(pattern[start : match.start()])
            start = match.end()
    return [*parts, pattern[start:]]


def _first_group(pattern: str) -> tuple[int, int]:
    """Where the first `(?:` begins that stands in no group, and where it ends."""
    depth, start = 0, -1
    for match in _CONSTRUCTS.finditer(pattern):
        sign = match.group()
        if sign == "(":
            if depth == 0 and pattern.startswith("(?:", match.start()) and start < 0:
                start = match.start()
            depth += 1
        elif sign == ")":
            depth -= 1
            if depth == 0 and start >= 0:
                return start, match.end()
    return 0, 0


def _parsed(pattern: str) -> Tree:
    return list(_parser.parse(pattern, re.VERBOSE))


def needed(tree: Tree) -> list[Clause]:
    """What a text must hold for a pattern to match: of each clause at least one need."""
    found = [clause for clause in _clauses(tree) if clause]
    return sorted(set(found), key=_choosiness, reverse=True)[:CLAUSES]


def _choosiness(clause: Clause) -> tuple[int, int]:
    """Long needs are seldom met by chance, and few of them more seldom than many."""
    return min(map(_length, clause)), -len(clause)


def _length(need: Need) -> int:
    if need.strip("^$") in _COMMON:
        return _COMMON_COUNTS
    return _DIGIT_COUNTS if need == "0" else len(need)


def _clauses(items: Tree) -> Iterator[Clause]:
    """What a sequence needs: that of each of its parts."""
    strings, first = [""], 0
    for place, (kind, value) in enumerate(items):
        more = _strings(kind, value)
        if more is not None and len(strings) * len(more) <= MAX_STRINGS:
            strings = [left + right for left in strings for right in more]
            continue
        starts = first > 0 and _is_edge(items[first - 1])
        yield from _told(strings, starts, _is_edge((kind, value)))
        strings, first = [""], place + 1
        if more is not None:
            strings, first = more, place
        elif kind is op.SUBPATTERN:
            yield from _clauses(list(value[3]))
        elif kind in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0] > 0:
            yield from _clauses(list(value[2]))
        elif kind is op.BRANCH:
            choices = []
            for branch in value[1]:
                clauses = [clause for clause in _clauses(list(branch)) if clause]
                choices.append(max(clauses, key=_choosiness, default=frozenset()))
            if all(choices):
                yield frozenset[Need]().union(*choices)
    yield from _told(strings, first > 0 and _is_edge(items[first - 1]), False)


def _openings(items: Tree) -> Clause | None:
    """How the first word of a match begins, if each match begins where a word does."""
    bounded = list(itertools.dropwhile(lambda item: item == (op.AT, op.AT_BOUNDARY), items))
    return _first_words(bounded) if len(bounded) < len(items) else None


def _first_words(items: Tree) -> Clause | None:
    strings, place = [""], 0
    for place, (kind, value) in enumerate(items):  # noqa: B007
        more = _strings(kind, value)
        if more is None or len(strings) * len(more) > MAX_STRINGS:
            break
        strings = [left + right for left in strings for right in more]
    else:
        place = len(items)
    if strings == [""] and place < len(items):
        kind, value = items[place]
        branches = value[1] if kind is op.BRANCH else [value[3]] if kind is op.SUBPATTERN else []
        each = [_first_words(list(branch)) for branch in branches]
        joined = [need for needs in each if needs is not None for need in needs]
        return frozenset(joined) if each and None not in each else None
    found = []
    for string in strings:
        word = _WORD.match(string)
        if word is None or word.end() > MAX_RUN:
            return None
        ends = word.end() < len(string) or (place < len(items) and _is_edge(items[place]))
        found.append(f"^{word.group()}" + "$" * ends)
    return frozenset(found)


def _told(strings: Sequence[str], starts: bool, ends: bool) -> Iterator[Clause]:
    """Of each string the letters in a row that say most; and those that say second most."""
    needs = [sorted(_needs(text, starts, ends), key=_length, reverse=True) for text in strings]
    for place in range(min(map(len, needs))):
        yield frozenset(found[place] for found in needs)


def _needs(string: str, starts: bool, ends: bool) -> list[Need]:
    found = []
    for run in _RUN.finditer(string):
        letters = run.group()
        if not _WORD.match(letters):
            found.append("0" if letters.isdecimal() else letters)
        elif len(letters) <= MAX_RUN:
            before = starts or run.start() > 0
            behind = ends or run.end() < len(string)
            found.append("^" * before + letters + "$" * behind)
    return found


def _strings(kind: Any, value: Any) -> list[str] | None:
    """All that a part can match, if that is a short list."""
    if kind is op.LITERAL:
        return [chr(value)]
    if kind is op.IN:
        if all(inner is op.LITERAL for inner, _ in value):
            return [chr(code) for _, code in value]
        if value == [(op.CATEGORY, op.CATEGORY_DIGIT)]:
            return ["0"]
        return [" "] if _is_edge((kind, value)) else None
    if kind is op.AT:
        return None
    if kind is op.SUBPATTERN:
        return _sequence(list(value[3]))
    if kind is op.BRANCH:
        every = [_sequence(list(branch)) for branch in value[1]]
        joined = [text for some in every if some is not None for text in some]
        return joined if None not in every and len(joined) <= MAX_STRINGS else None
    if kind in (op.MAX_REPEAT, op.MIN_REPEAT) and value[0] == 0 and value[1] == 1:
        some = _sequence(list(value[2]))
        return None if some is None else ["", *some]
    return None


def _sequence(items: Tree) -> list[str] | None:
    strings = [""]
    for kind, value in items:
        more = _strings(kind, value)
        if more is None or len(strings) * len(more) > MAX_STRINGS:
            return None
        strings = [left + right for left in strings for right in more]
    return strings


def _is_edge(item: tuple[Any, Any]) -> bool:
    """Whether a part ends the words on both its sides: a boundary, white space, a sign."""
    kind, value = item
    if kind is op.AT:
        return value in (op.AT_BOUNDARY, op.AT_BEGINNING, op.AT_END)
    if kind is op.LITERAL:
        return not chr(value).isalnum() and chr(value) != "_"
    return kind is op.IN and all(
        (inner is op.CATEGORY and code is op.CATEGORY_SPACE)
        or (inner is op.LITERAL and not chr(code).isalnum() and code != ord("_"))
        for inner, code in value
    )
