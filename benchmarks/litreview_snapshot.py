"""How fast a metadata snapshot is indexed and searched, against reading and parsing it.

Run with `python benchmarks/litreview_snapshot.py [FILE] [--records N]`; FILE is a sample
of arXiv's metadata snapshot (default: `$COURSEKIT_DATA/arxiv/snapshot_49.jsonl`). Larger
files are made by mixing the sentences and titles of the sample's abstracts and, where
they are there, of `$COURSEKIT_DATA/csabstruct`, so that the vocabulary stays real.
All times are CPU seconds of one process; each figure is the median of `--rounds`. With
`--index INDEX` nothing is made, and an index that is there is asked.
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
from functools import partial
from pathlib import Path
from typing import Any

from litreview.providers.offline.bulk import index_snapshot
from litreview.providers.offline.snapshot import search
from litreview.providers.result import Context
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings
from litreview.works.query import parse

# Of rare and of common words, with and without demands.
QUERIES = (
    "transformer translation",
    '"neural machine translation"',
    "lstm OR recurrent",
    "attention cat:math",
    "segmentation -medical since:2015",
    "significantly",
    "model",
    "learning",
    "method results show",
    "random polynomials zeros",
    "How do we predict sepsis in the ICU with recurrent networks?",
    "a new method to learn models of large data sets that improves results",
    "deep learning model training data performance",
    "title:learning model",
    '"deep learning" results',
    "gravity waves since:2015",
    "graph* networks",
    "dark matter cat:astro-ph",
    "pre-training of language models",
)
# As many as `litreview search` asks for.
LIMIT = 50


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


def ask(index: Path) -> None:
    """Print what each query costs; starting the process is not counted."""
    with tempfile.TemporaryDirectory() as folder, Fetcher(Settings(Path(folder))) as fetcher:
        context = Context(fetcher, snapshot=index)
        medians = []
        for text in QUERIES:
            query = parse(text)
            search(query, LIMIT, context)  # what is read once a process
            times = [seconds(partial(search, query, LIMIT, context)) for _ in range(7)]
            medians.append(statistics.median(times) * 1000)
            total = search(query, LIMIT, context).total
            print(f"query {text:<52}{medians[-1]:8.1f} ms {total:11,} matches")
    print(
        f"{'median, and the slowest':<58}{statistics.median(medians):8.1f}, {max(medians):.1f} ms"
    )


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
    parser.add_argument("--index", type=Path)
    options = parser.parse_args()
    if options.index:
        ask(options.index)
        return
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
        ask(index)


if __name__ == "__main__":
    main()
