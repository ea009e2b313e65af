"""The languages that a course can have: those that there is a file of labels for."""

from __future__ import annotations

from pathlib import Path

from litreview.errors import UserError

# One file for each language, by its code; the showcase reads the words in them.
FOLDER = Path(__file__).resolve().parents[1] / "site" / "languages"
DEFAULT = "en"


def languages() -> tuple[str, ...]:
    """The codes of the languages, the default first."""
    found = {path.stem for path in FOLDER.glob("*.toml")}
    return tuple(sorted(found, key=lambda code: (code != DEFAULT, code)))


def check_language(name: str) -> None:
    """Raise `UserError` where there is no file for a language."""
    if name not in languages():
        raise UserError(
            f"the language {name!r} has no labels; use {', '.join(languages())}, or add "
            f"{FOLDER / 'NAME.toml'}"
        )
