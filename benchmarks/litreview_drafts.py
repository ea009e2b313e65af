"""How good drafts are, by field of science, and how fast they are made.

Usage: `OMP_NUM_THREADS=1 python benchmarks/litreview_drafts.py [--show] [FILE.jsonl]`.
The file holds abstracts with the sentences that a fair reader accepts for each field
(`abstract`, `field`, `sentences`, `objective`, `methods`, `outcomes`, `optional`); the
default is `drafts/dev.jsonl` under COURSEKIT_DATA.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

from litreview.abstracts.summary import Extract, Summary, summarize

FIELDS = ("objective", "methods", "outcomes")
Row = Mapping[str, Any]


def letters(text: str) -> str:
    """What two copies of a sentence share, whatever became of spaces and signs."""
    return "".join(char for char in text.lower() if char.isalnum())


def sentence_of(row: Row, extract: Extract | None) -> int | None:
    """The number of the row's sentence that holds most of an extract."""
    if extract is None:
        return None
    wanted = letters(extract.text)
    shared = [
        len(wanted) if wanted in own else len(own) if own in wanted else 0
        for own in map(letters, row["sentences"])
    ]
    best = max(range(len(shared)), key=shared.__getitem__)
    return best if shared[best] else -1


def judge(row: Row, summary: Summary) -> dict[str, str]:
    """Say for each field: right, wrong, missed, invented, or well left out."""
    given = {name: sentence_of(row, getattr(summary, name)) for name in FIELDS}
    said = {given[name] for name in FIELDS if given[name] in row[name]}
    verdicts = {}
    for name in FIELDS:
        accepted, number = row[name], given[name]
        if number is None:
            left_out = not accepted or name in row["optional"] or set(accepted) <= said
            verdicts[name] = "left out" if left_out else "missed"
        elif not accepted:
            verdicts[name] = "invented"
        else:
            verdicts[name] = "right" if number in accepted else "wrong"
    return verdicts


def percent(part: int, whole: int) -> str:
    """A share, or a dash where there is nothing to share."""
    return f"{100 * part / whole:6.1f}" if whole else "     –"


def line(name: str, rows: Sequence[Row], verdicts: Sequence[Mapping[str, str]]) -> str:
    """One row of the table."""
    cells = []
    for field in FIELDS:
        counts = Counter(verdict[field] for verdict in verdicts)
        stated = sum(bool(row[field]) and field not in row["optional"] for row in rows)
        given = counts["right"] + counts["wrong"] + counts["invented"]
        absent = sum(not row[field] for row in rows)
        cells.append(
            percent(counts["right"], given)
            + percent(counts["missed"], stated)
            + percent(counts["invented"], absent)
        )
    return f"{name:24}{len(rows):4}  " + "  |".join(cells)


def main() -> None:
    """Print precision at 1, missed and invented in percent by field, and the speed."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    default = Path(os.environ.get("COURSEKIT_DATA", "../shared/data")) / "drafts/dev.jsonl"
    parser.add_argument("file", nargs="?", type=Path, default=default)
    parser.add_argument("--show", action="store_true", help="print each mistake")
    options = parser.parse_args()
    rows = [json.loads(text) for text in options.file.read_text(encoding="utf-8").splitlines()]
    abstracts = [row["abstract"] for row in rows]
    summaries = summarize(abstracts)
    verdicts = [judge(row, summary) for row, summary in zip(rows, summaries, strict=True)]

    print(f"{'':30}" + "  |".join(f"{name:18}" for name in FIELDS))
    print(f"{'field of science':24}{'n':>4}  " + "  |".join(["   P@1  miss  inv."] * 3))
    groups: dict[str, list[int]] = defaultdict(list)
    for number, row in enumerate(rows):
        groups[row["field"]].append(number)
        if row.get("structured"):
            groups["(structured)"].append(number)
    for name, numbers in sorted(groups.items()):
        print(line(name, [rows[n] for n in numbers], [verdicts[n] for n in numbers]))
    print(line("all", rows, verdicts))

    many = abstracts * 10
    begin = time.process_time()
    summarize(many)
    spent = time.process_time() - begin
    begin = time.process_time()
    for abstract in many:
        abstract.split()
    floor = time.process_time() - begin
    print(f"\n{len(many) / spent:,.0f} abstracts a second, {spent / floor:.0f} x str.split")
    if options.show:
        for row, summary, verdict in zip(rows, summaries, verdicts, strict=True):
            for name in FIELDS:
                if verdict[name] in ("wrong", "missed", "invented"):
                    extract = getattr(summary, name)
                    text = extract.text[:200] if extract else ""
                    print(f"{row['id']} [{row['field']}] {name} {verdict[name]}: {text}")


if __name__ == "__main__":
    main()
