"""How fast a field is surveyed, and papers are answered, beside splitting into sentences.

    OMP_NUM_THREADS=1 python benchmarks/field.py [--whole 100000]

Reads the abstracts of `csabstruct/train.jsonl` under COURSEKIT_DATA, best of three, in CPU time.
The ratio to the splitter travels between machines, the milliseconds do not. With `--whole` it
also writes a snapshot of so many records (the same texts under other ids) and surveys it with
`litreview map`: CPU time and memory of all its processes.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from litreview.papers.remote import paper_of_abstract
from litreview.questions.answers import answers
from litreview.questions.field import Abstract, count
from litreview.text.sentences import split
from litreview.works.source import Source

ROOT = Path(__file__).resolve().parent.parent


def best(run: Callable[[], Any], times: int = 3) -> float:
    """The least CPU seconds of several runs."""
    taken = []
    for _ in range(times):
        start = time.process_time()
        run()
        taken.append(time.process_time() - start)
    return min(taken)


def whole(texts: list[str], count: int) -> None:
    """Survey a snapshot of so many records as a user does, in processes of its own."""
    with tempfile.TemporaryDirectory() as folder:
        snapshot = Path(folder) / "snapshot.jsonl"
        with snapshot.open("w", encoding="utf-8") as stream:
            for number in range(count):
                record = {
                    "id": f"{10 + number % 10}{1 + number % 12:02}.{number // 120:05}",
                    "title": f"A learning model, number {number}",
                    "abstract": texts[number % len(texts)],
                }
                stream.write(json.dumps(record) + "\n")
        command = [sys.executable, "-m", "litreview", "map", "learning model", "--snapshot"]
        done = subprocess.run([*command, str(snapshot)], capture_output=True, text=True, check=True)
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(done.stdout.splitlines()[0])
    print(f"litreview map: {usage.ru_utime + usage.ru_stime:.1f} CPU-s, "
          f"largest process {usage.ru_maxrss / 1024:.0f} MB")  # fmt: skip


def main() -> None:
    """Print milliseconds an abstract and the ratio to splitting."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--whole", type=int, default=0, metavar="RECORDS")
    options = parser.parse_args()
    data = Path(os.environ.get("COURSEKIT_DATA", ROOT.parent / "shared" / "data"))
    lines = (data / "csabstruct" / "train.jsonl").read_text(encoding="utf-8").splitlines()
    texts = [" ".join(json.loads(line)["sentences"]) for line in lines]
    works = [Abstract(str(number), 2020, text) for number, text in enumerate(texts)]
    papers = [paper_of_abstract(Source("", (), 2020, "", text)) for text in texts[:300]]
    splitting = best(lambda: [split(text) for text in texts]) / len(texts)
    rows = {
        "splitting into sentences": splitting,
        "counting for a map": best(lambda: count(works)) / len(works),
        "answering all questions": best(lambda: [answers(p) for p in papers], 1) / len(papers),
    }
    for name, seconds in rows.items():
        print(f"{name:28}{seconds * 1000:8.3f} ms an abstract, {seconds / splitting:6.2f} x")
    print(f"100,000 abstracts: {rows['counting for a map'] * 100_000:.0f} CPU-s")
    if options.whole:
        whole(texts, options.whole)


if __name__ == "__main__":
    main()
