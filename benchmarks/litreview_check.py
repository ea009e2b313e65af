"""How well `litreview check` reads real reviews, measured against labels made by hand.

Run with `python benchmarks/litreview_check.py [FOLDER]`; FOLDER holds `gold.json` and
`<project>/review.md` (default: `$COURSEKIT_DATA/reviews`). `--errors` lists what differs.
"""

from __future__ import annotations

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from litreview.actions.check import check

FIELDS = ("objective", "methods", "outcomes", "relation")


def letters(text: str | None) -> str:
    """Letters and digits only, which is how the labels are meant to be compared."""
    return re.sub(r"[\W_]+", "", text or "").casefold()


def f1(hits: int, found: int, wanted: int) -> float:
    """The harmonic mean of precision and recall."""
    return 2 * hits / (found + wanted) if found + wanted else 1.0


def measure(folder: Path) -> tuple[dict[str, float], list[str]]:
    """Compare every labelled review; returns the figures and what differs."""
    gold: list[dict[str, Any]] = json.loads((folder / "gold.json").read_text(encoding="utf-8"))
    right = {"form": 0, "verdict": 0, "form and verdict": 0, "sources": 0, "complete": 0}
    fields, texts, urls, ids = [0, 0, 0], [0, 0], [0, 0, 0], [0, 0]
    titles = [0, 0]
    errors: list[str] = []
    for wanted in gold:
        found = check(folder / wanted["repo"] / "review.md").to_json()
        name = wanted["repo"][:30]
        form = found["form"] == wanted["form"]
        verdict = found["verdict"] == wanted["meets_requirement"]
        right["form"] += form
        right["verdict"] += verdict
        right["form and verdict"] += form and verdict
        right["sources"] += len(found["sources"]) == len(wanted["sources"])
        right["complete"] += found["complete_sources"] == wanted["complete_sources"]
        if not form or not verdict:
            errors.append(f"{name}: form {found['form']}, verdict {found['verdict']}")
        if len(found["sources"]) != len(wanted["sources"]):
            errors.append(f"{name}: {len(found['sources'])} sources, not {len(wanted['sources'])}")
        if found["complete_sources"] != wanted["complete_sources"]:
            errors.append(f"{name}: complete {found['complete_sources']}")
        longest = max(len(found["sources"]), len(wanted["sources"]))
        for index in range(longest):
            mine = found["sources"][index] if index < len(found["sources"]) else {}
            true = wanted["sources"][index] if index < len(wanted["sources"]) else {}
            for field in FIELDS:
                have, want = bool(mine.get(field)), bool(true.get(field))
                fields[0] += have and want
                fields[1] += have
                fields[2] += want
                if have != want:
                    errors.append(f"{name} {index + 1} {field}: {mine.get(field)!r}")
                if have and want:
                    same = letters(mine[field]).startswith(letters(true[field])[:50])
                    texts[0] += same
                    texts[1] += 1
                    if not same:
                        errors.append(f"{name} {index + 1} {field}: {mine[field][:60]!r}")
            have_urls, want_urls = set(mine.get("urls", [])), set(true.get("urls", []))
            urls[0] += len(have_urls & want_urls)
            urls[1] += len(have_urls)
            urls[2] += len(want_urls)
            if have_urls != want_urls:
                errors.append(f"{name} {index + 1} urls: {sorted(have_urls ^ want_urls)}")
            same_title = letters(mine.get("title")) == letters(true.get("title"))
            titles[0] += same_title
            titles[1] += 1
            if not same_title:
                errors.append(f"{name} {index + 1} title: {mine.get('title')!r}")
            for key in ("arxiv_id", "doi"):
                ids[0] += mine.get(key) == true.get(key)
                ids[1] += 1
                if mine.get(key) != true.get(key):
                    errors.append(f"{name} {index + 1} {key}: {mine.get(key)!r}")
    figures = {f"{key} right": value / len(gold) for key, value in right.items()}
    figures["field presence F1"] = f1(*fields)
    figures["addresses F1"] = f1(*urls)
    figures["field text right"] = texts[0] / max(1, texts[1])
    figures["titles right"] = titles[0] / max(1, titles[1])
    figures["identifiers right"] = ids[0] / max(1, ids[1])
    return figures, errors


def main() -> None:
    """Print the figures as a table."""
    arguments = [argument for argument in sys.argv[1:] if not argument.startswith("-")]
    default = Path(__file__).resolve().parent.parent / ".." / "shared" / "data"
    data = Path(os.environ.get("COURSEKIT_DATA", default)) / "reviews"
    figures, errors = measure(Path(arguments[0]) if arguments else data)
    for name, value in figures.items():
        print(f"{name:24} {value:7.3f}")
    if "--errors" in sys.argv:
        print("\n".join(errors))


if __name__ == "__main__":
    main()
