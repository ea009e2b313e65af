"""The words that the showcase itself says: one file for each language, in `languages/`."""

from __future__ import annotations

import json
import tomllib
from datetime import date, datetime
from functools import lru_cache
from typing import Any

from coursekit.course import languages as course_languages
from coursekit.course.languages import DEFAULT, languages

FAMILIES = ("encoder-only", "decoder-only", "encoder-decoder")
# The language that has every word.
_COMPLETE = DEFAULT


@lru_cache(maxsize=32)
def _language(name: str) -> dict[str, Any]:
    """A language's file, with English in place of what it lacks."""
    found = _read(_COMPLETE)
    if name != _COMPLETE:
        own = _read(name)
        found = {section: {**words, **own.get(section, {})} for section, words in found.items()}
    return found


def _read(name: str) -> dict[str, Any]:
    return tomllib.loads((course_languages.FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


class Labels:
    """Looks words up in one language; one that has no file is English."""

    def __init__(self, language: str = _COMPLETE) -> None:
        self.language = language if language in languages() else _COMPLETE
        found = _language(self.language)
        self._words: dict[str, str] = found["words"]
        self._script: dict[str, str] = found["script"]
        self._tasks: dict[str, str] = found["tasks"]
        self._families: dict[str, str] = found["families"]
        self._format: dict[str, Any] = found["format"]
        self._separators = str.maketrans(
            {",": self._format["thousands"], ".": self._format["decimal"], "-": "−"}
        )

    def __call__(self, key: str, **values: object) -> str:
        """The text of a key, with its blanks filled in."""
        text = self._words[key]
        return text.format(**values) if values else text

    def script_words(self) -> str:
        """What the page's scripts say, as JSON; it stands in the page's head."""
        return json.dumps(self._script, ensure_ascii=False)

    def count(self, key: str, number: int) -> str:
        """A text that counts, such as "1 project" or "3 projects"."""
        if number == 1:
            return self(f"one_{key}")
        return self(f"n_{key}s", n=self.number(number))

    def number(self, value: int) -> str:
        """A whole number with the language's thousands separator."""
        return f"{value:,}".replace(",", self._format["thousands"])

    def decimal(self, value: float, digits: int = 4) -> str:
        """A measured value, with as many digits as tell something."""
        if value != 0 and (abs(value) >= 1e6 or abs(value) < 1e-4):
            text = f"{value:.2e}"
        else:
            text = f"{value:,.{digits if abs(value) < 10 else 2}f}"
        return text.translate(self._separators)

    def measure(self, value: float, unit: str) -> str:
        """A measured value with its unit, where the number alone could mislead."""
        text = self.decimal(value)
        return f"{text}\u00a0%" if unit == "percent" else text

    def unit(self, name: str) -> str:
        """What a value counts, in words."""
        return self._words.get(f"unit_{name}", name)

    def tick(self, value: float) -> str:
        """A number beside an axis, as short as it can be."""
        tiny_or_huge = value and (abs(value) >= 1e6 or abs(value) < 1e-3)
        text = f"{value:.0e}" if tiny_or_huge else f"{value:,.4g}"
        return text.translate(self._separators)

    def day(self, value: date | datetime) -> str:
        """A date as people write it."""
        pattern: str = self._format["day"]
        name = self._format["months"][value.month - 1]
        return pattern.format(day=value.day, month=value.month, year=value.year, month_name=name)

    def task(self, key: str) -> str:
        """A task's name."""
        return self._tasks.get(key, key)

    def family(self, key: str) -> str:
        """A model family's name."""
        return self._families.get(key, key)
