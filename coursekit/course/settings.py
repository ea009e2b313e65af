"""Read a TOML file section by section, and say on which line something is wrong."""

from __future__ import annotations

import datetime as dt
import difflib
import re
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from litreview.errors import UserError
from litreview.files import read_text

MAX_PROBLEMS = 20
_MAX_CHARACTERS = 500


class Document:
    """A TOML file; its sections collect what is wrong so that all is reported at once.

    Args:
        path: The file.
        error: The class of the errors.

    Raises:
        UserError: (of the class `error`) if it is missing or not TOML.
    """

    def __init__(self, path: Path, error: type[UserError]) -> None:
        self.path = path
        self.error = error
        self.text = read_text(path)
        self.problems: list[tuple[int, str]] = []
        try:
            self.data: dict[str, Any] = tomllib.loads(self.text)
        except tomllib.TOMLDecodeError as problem:
            place = re.search(r"\(at line (\d+), column \d+\)", str(problem))
            line = f", line {place[1]}" if place else ""
            what = re.sub(r" \(at .*\)$", "", str(problem))
            raise error(
                f"{path}{line}: is not valid TOML ({what}); texts need quotation marks, and "
                "each setting a line of its own"
            ) from problem

    def section(self, name: str) -> Section:
        """A `[name]` table; an absent one is empty."""
        values = self.data.get(name, {})
        if not isinstance(values, dict):
            self.report(self.line(name), f"{name} is {values!r}; write it as a section [{name}]")
            values = {}
        return Section(self, name, values)

    def sections(self, name: str) -> list[Section]:
        """The `[[name]]` tables in order."""
        values = self.data.get(name, [])
        if not isinstance(values, list) or not all(isinstance(item, dict) for item in values):
            self.report(self.line(name), f"{name} must be written as sections [[{name}]]")
            return []
        return [Section(self, name, item, number) for number, item in enumerate(values)]

    def only(self, names: Sequence[str]) -> None:
        """Report sections that nobody reads."""
        for name in self.data:
            if name not in names:
                self.report(self.line(name), f"there is no section {name!r}{_guess(name, names)}")

    def report(self, line: int, problem: str) -> None:
        """Remember a problem."""
        self.problems.append((line, problem))

    def check(self) -> None:
        """Raise what was reported, in the order of lines.

        Raises:
            UserError: (of the document's class) if anything was.
        """
        raise_problems(self.path, self.problems, self.error)

    def line(self, name: str, key: str | None = None, index: int = 0) -> int:
        """The line of a section, or of a setting in it; 1 where it cannot be found."""
        header = re.compile(rf"\s*\[\[?\s*{re.escape(name)}\s*\]\]?\s*(#.*)?$")
        setting = re.compile(rf"\s*[\"']?{re.escape(key or '')}[\"']?\s*=")
        inside, seen, found = False, -1, 1
        for number, text in enumerate(self.text.splitlines(), 1):
            if header.match(text):
                seen += 1
                inside = seen == index
                found = number if inside else found
            elif re.match(r"\s*\[", text):
                inside = False
            elif inside and key is not None and setting.match(text):
                return number
            elif seen < 0 and re.match(rf"\s*{re.escape(name)}\s*[=.]", text):
                found = number
        return found


class Section:
    """One table of a document; every getter reports a wrong value and returns the default."""

    def __init__(
        self, document: Document, name: str, values: Mapping[str, Any], index: int = 0
    ) -> None:
        self.document = document
        self.name = name
        self.values = values
        self.index = index
        self._known: list[str] = []

    def line(self, key: str | None = None) -> int:
        """Where the section, or a setting of it, stands."""
        return self.document.line(self.name, key, self.index)

    def report(self, key: str | None, problem: str) -> None:
        """Remember a problem with a setting."""
        self.document.report(self.line(key), problem)

    def text(self, key: str, default: str = "", *, choices: Sequence[str] = ()) -> str:
        """A line of text, stripped."""
        value = self._get(key, default)
        if not isinstance(value, str):
            self.report(key, f"{key} is {value!r}; write a text in quotation marks")
            return default
        value = " ".join(value.split())
        if choices and value not in choices:
            listed = ", ".join(repr(choice) for choice in choices)
            self.report(key, f"{key} is {value!r}; use one of {listed}")
            return default
        if len(value) > _MAX_CHARACTERS or not value.isprintable():
            self.report(key, f"{key} is too long or holds control characters; shorten it")
            return default
        return value

    def texts(self, key: str) -> tuple[str, ...]:
        """A list of texts."""
        value = self._get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.report(key, f'{key} is {value!r}; write a list such as ["one", "two"]')
            return ()
        return tuple(item.strip() for item in value)

    def integer(self, key: str, default: int, *, low: int, high: int) -> int:
        """A whole number between `low` and `high`."""
        value = self._get(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            self.report(key, f"{key} is {value!r}; use a whole number from {low} to {high}")
            return default
        return value

    def flag(self, key: str, default: bool) -> bool:
        """`true` or `false`."""
        value = self._get(key, default)
        if not isinstance(value, bool):
            self.report(key, f"{key} is {value!r}; use true or false")
            return default
        return value

    def date(self, key: str) -> dt.date | None:
        """A day (`2026-10-30`, also as text or as `30.10.2026`), or None for "TBD"."""
        value = self._get(key, "TBD")
        if isinstance(value, dt.datetime):
            return value.date()
        if isinstance(value, dt.date):
            return value
        try:
            return parse_date(str(value))
        except ValueError:
            self.report(key, f'{key} is {value!r}; write a day such as 2026-10-30, or "TBD"')
            return None

    def finish(self) -> None:
        """Report settings that nobody has asked for: usually a slip of the pen."""
        for key in self.values:
            if key not in self._known:
                self.report(
                    key, f"there is no setting {key!r} in [{self.name}]{_guess(key, self._known)}"
                )

    def _get(self, key: str, default: Any) -> Any:
        self._known.append(key)
        return self.values.get(key, default)


def parse_date(text: str) -> dt.date | None:
    """Read a day as people write it; "TBD", "?" and an empty text are None.

    Raises:
        ValueError: If it is no day.
    """
    text = text.strip()
    if text.upper() in ("TBD", "TBA", "?", "-", "–", ""):
        return None
    for form in ("%Y-%m-%d", "%d.%m.%Y", "%d.%m.%y", "%d/%m/%Y", "%Y/%m/%d"):
        try:
            return dt.datetime.strptime(text, form).date()
        except ValueError:
            continue
    raise ValueError(text)


def raise_problems(path: Path, problems: Sequence[tuple[int, str]], error: type[UserError]) -> None:
    """Raise one error that names every problem with its line, if there is any.

    Raises:
        UserError: (of the class `error`) if `problems` is not empty.
    """
    if not problems:
        return
    shown = [f"{path}, line {line}: {text}" for line, text in sorted(set(problems))]
    more = len(shown) - MAX_PROBLEMS
    if more > 0:
        shown = [*shown[:MAX_PROBLEMS], f"and {more} more"]
    raise error("\n       ".join(shown))


def _guess(name: str, names: Sequence[str]) -> str:
    near = difflib.get_close_matches(name, names, n=1)
    listed = ", ".join(names)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {listed}"
