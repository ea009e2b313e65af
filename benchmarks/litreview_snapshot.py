"""How fast a metadata snapshot is indexed and searched, against reading and parsing it.

Run with `python benchmarks/litreview_snapshot.py [FILE] [--records N]`; FILE is a sample
of arXiv's metadata snapshot (default: `$COURSEKIT_DATA/arxiv/snapshot_49.jsonl`). Larger
files are made by mixing the sentences and titles of the sample's abstracts and, where
they are there, of `$COURSEKIT_DATA/csabstruct`, so that the vocabulary stays real.
All times are CPU seconds of one process; each figure is the median of `--rounds`.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from litreview.providers.bulk import index_snapshot
from litreview.providers.result import Context
from litreview.providers.snapshot import search
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings
from litreview.works.query import parse

QUERIES = (
    "transformer translation",
    '"neural machine translation"',
    "lstm OR recurrent",
    "attention cat:math",
    "segmentation -medical since:2015",
    "significantly",
    "model",
)


def make(sample: Path, out: Path, count: int) -> None:
    """Write `count` records with the fields of the sample and mixed sentences."""
    chooser = random.Random(0)
    base = [json.loads(line) for line in sample.read_text(encoding="utf-8").splitlines()]
    sentences = [s + ".\n" for record in base for s in record["abstract"].split(". ")]
    titles = [record["title"] for record in base]
    extra = sample.parent.parent / "csabstruct" / "train.jsonl"
    if extra.is_file():
        for line in extra.read_text(encoding="utf-8").splitlines():
            found = json.loads(line)["sentences"]
            sentences += [sentence + "\n" for sentence in found]
            titles.append(found[0][:90])
    with out.open("w", encoding="utf-8") as stream:
        for number in range(count):
            record = dict(base[number % len(base)])
            record["id"] = (
                f"{7 + number // 120_000:02}{1 + number // 10_000 % 12:02}.{number % 10_000:05}"
            )
            record["title"] = chooser.choice(titles)
            abstract = "  "
            while len(abstract) < 1_000:
                abstract += chooser.choice(sentences)
            record["abstract"] = abstract
            stream.write(json.dumps(record) + "\n")


def seconds(work: Callable[[], Any]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def read_and_parse(path: Path) -> None:
    """The floor: what any program has to do with the file."""
    with path.open("rb") as stream:
        for line in stream:
            json.loads(line)


def main() -> None:
    """Measure and print one table."""
    data = Path(os.environ.get("COURSEKIT_DATA", "../shared/data"))
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("file", nargs="?", type=Path, default=data / "arxiv/snapshot_49.jsonl")
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        snapshot, index = Path(folder) / "snapshot.jsonl", Path(folder) / "index.sqlite"
        make(options.file, snapshot, options.records)
        floors, imports = [], []
        for _ in range(options.rounds):
            index.unlink(missing_ok=True)
            floors.append(seconds(lambda: read_and_parse(snapshot)))
            imports.append(seconds(lambda: index_snapshot(snapshot, index)))
        floor, full = statistics.median(floors), statistics.median(imports)
        size = snapshot.stat().st_size / 1e6
        print(
            f"{options.records:,} records, {size:.0f} MB; index {index.stat().st_size / 1e6:.0f} MB"
        )
        print(
            f"{'read and parse JSON':<42}{floor:8.2f} s {options.records / floor:12,.0f} records/s"
        )
        print(f"{'import':<42}{full:8.2f} s {options.records / full:12,.0f} records/s")
        ratio = statistics.median(a / b for a, b in zip(imports, floors, strict=True))
        print(f"{'import / read and parse':<42}{ratio:8.1f} ×")
        context = Context(Fetcher(Settings.from_environment(offline=True)), snapshot=index)
        for text in QUERIES:
            query = parse(text)
            times = [seconds(lambda q=query: search(q, 20, context)) for _ in range(11)]
            total = search(query, 20, context).total
            print(f"query {text:<36}{statistics.median(times) * 1000:8.1f} ms {total:11,} matches")


if __name__ == "__main__":
    main()
