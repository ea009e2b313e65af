"""How fast abstracts are tagged and summarised, beside floors measured in the same run.

Usage: `OMP_NUM_THREADS=1 python benchmarks/litreview_tagger.py [FILE.jsonl]`.
The file holds abstracts as `litreview tag` reads them; the default is
`csabstruct/train.jsonl` under COURSEKIT_DATA.
"""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import json

from litreview.abstracts.roles import tag
from litreview.abstracts.summary import summarize
from litreview.text.sentences import split

REPEATS = 5


def cpu_seconds(work: Callable[[], object]) -> float:
    """Median CPU time of some runs, after one that fills the caches."""
    work()
    times = []
    for _ in range(REPEATS):
        begin = time.process_time()
        work()
        times.append(time.process_time() - begin)
    return statistics.median(times)


def main() -> None:
    """Print a table: abstracts a second, and the time as a multiple of a plain word split."""
    default = Path(os.environ.get("COURSEKIT_DATA", "../shared/data")) / "csabstruct/train.jsonl"
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else default
    lines = path.read_text(encoding="utf-8").splitlines()
    abstracts = [json.loads(line)["sentences"] for line in lines]
    texts = [" ".join(sentences) for sentences in abstracts]

    begin = time.process_time()
    summarize(texts[:1])
    start = time.process_time() - begin
    begin = time.process_time()
    tag(abstracts)
    first = time.process_time() - begin
    floor = cpu_seconds(lambda: [text.split() for text in texts])
    rows = {
        "floor: str.split": floor,
        "floor: parse the JSON": cpu_seconds(lambda: [json.loads(line) for line in lines]),
        "split into sentences": cpu_seconds(lambda: [split(text) for text in texts]),
        "tag, every word new": first,
        "tag, words seen before": cpu_seconds(lambda: tag(abstracts)),
        "summarize abstracts": cpu_seconds(lambda: summarize(texts)),
    }
    print(f"{len(abstracts)} abstracts, median CPU time of {REPEATS} runs")
    print(f"start-up (numpy, weights): {start:.2f} s")
    print(f"{'work':24}{'abstracts/s':>14}{'ms per 1,000':>14}{'x floor':>10}")
    for name, seconds in rows.items():
        rate = len(abstracts) / seconds
        print(f"{name:24}{rate:14,.0f}{1e6 / rate:14.1f}{seconds / floor:10.1f}")


if __name__ == "__main__":
    main()
