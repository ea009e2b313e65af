"""The split of a team's data, decided once and kept in the repository as `splits/NAME.json`.

    {"format": 1, "files": ["data/mails.csv"], "report": ["…"],
     "parts": {"train": ["0f3a…"], "validation": […], "test": […]}}

A text is named by a hash of its letters and digits, so that the file tells nothing about it, and
spelling it in capitals changes nothing. Every task on the same files, and pre-training, uses the
same split.
"""

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from baseline.data import alike
from baseline.data.examples import SPLITS, Example
from baseline.data.splits import text_key
from baseline.errors import BaselineError
from baseline.files import read_text, write_atomic

FOLDER = "splits"


def path_of(root: Path, sources: Sequence[str]) -> Path:
    """Where the split of these files or hub names lies."""
    names = [re.sub(r"[^\w.-]+", "-", source).strip("-.") for source in sources]
    return root / FOLDER / f"{'+'.join(names)[:120]}.json"


def read_split(path: Path) -> dict[str, str]:
    """From the key of each text to its part; empty where nothing was stored yet."""
    if not path.is_file():
        return {}
    try:
        parts = json.loads(read_text(path))["parts"]
        return {str(key): split for split in SPLITS for key in parts[split]}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BaselineError(
            f"{path}: is no stored split ({error!r}); restore it with git, or remove it to split "
            "anew, which makes earlier results incomparable"
        ) from error


def read_report(path: Path) -> list[str]:
    """What was found when the split was made; nothing where none is stored."""
    if not path.is_file():
        return []
    try:
        return [str(sentence) for sentence in json.loads(read_text(path)).get("report", [])]
    except (ValueError, AttributeError, TypeError):
        return []


def write_split(
    path: Path,
    parts: Mapping[str, Sequence[Example]],
    sources: Sequence[str],
    report: Sequence[str],
) -> None:
    """Store which text is in which part; nothing is written where it is stored already."""
    keys = {
        split: sorted({alike.key(text_key(example)) for example in parts[split]})
        for split in SPLITS
    }
    content = {"format": 1, "files": list(sources), "report": list(report), "parts": keys}
    text = json.dumps(content, indent=0, ensure_ascii=False) + "\n"
    if not path.is_file() or read_text(path) != text:
        write_atomic(path, text)


def held_back(root: Path) -> set[str]:
    """The keys of all texts that a stored split of this repository keeps for measuring."""
    found: set[str] = set()
    for path in sorted((root / FOLDER).glob("*.json")):
        found |= {key for key, split in read_split(path).items() if split != "train"}
    return found
