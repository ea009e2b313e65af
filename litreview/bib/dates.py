"""Dates as bibliographies write them, made ISO 8601 as far as they go."""

from __future__ import annotations

import re

_MONTHS = (
    ("jan", "janv", "januar", "enero", "gennaio"), ("feb", "fév", "febr", "febrero", "febbraio"),
    ("mar", "mär", "mrz", "marzo"), ("apr", "avr", "abril"), ("may", "mai", "mayo", "maggio"),
    ("jun", "juin", "giugno"), ("jul", "juil", "luglio"), ("aug", "août", "ago"),
    ("sep", "sept", "settembre"), ("oct", "okt", "ott"), ("nov",), ("dec", "dez", "déc", "dic"),
)  # fmt: skip
_YEAR = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)(?!\d)")
_NUMBERS = re.compile(r"(?<!\d)(1[5-9]\d\d|20\d\d)[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?!\d)")


def iso_date(text: str, month: str = "", day: str = "") -> str:
    """`2018-05-03`, `2018-05` or `2018`; empty if no year is there.

    Args:
        text: `2018`, `2018/05/03/`, `4-8 Aug. 2020`, `2002 Sep 12`, `in press, 2024` …
        month: In a field of its own: `5`, `may`, `May~3`.
        day: In a field of its own.
    """
    text = text[:200]
    numbers = _NUMBERS.search(text)
    year = _YEAR.search(text)
    if year is None:
        return ""
    rest = text[: year.start()] + " " + text[year.end() :]
    found_month = number_of(numbers[2]) if numbers else number_of(month[:60]) or number_of(rest)
    if not found_month:
        return year[0]
    if numbers:
        found_day = int(numbers[3] or 0)
    else:
        digits = re.search(r"(?<!\d)\d{1,2}(?!\d)", day or _words_and_day(month[:60]) or rest)
        found_day = int(digits[0]) if digits and "-" not in rest else 0
    parts = f"{year[0]}-{found_month:02}"
    return f"{parts}-{found_day:02}" if 1 <= found_day <= 31 else parts


def number_of(text: str) -> int:
    """The month that a text names, by number or in words; 0 if it names none."""
    text = text.strip().lower()
    if text.isdecimal():
        return int(text) if 1 <= int(text) <= 12 else 0
    for word in re.findall(r"[^\W\d_]{3,}", text):
        for number, names in enumerate(_MONTHS, start=1):
            if word.startswith(names):
                return number
    return 0


def _words_and_day(month: str) -> str:
    """`10~Jan` holds a day; `5` is only a month."""
    return month if re.search(r"[^\W\d_]", month) else ""
