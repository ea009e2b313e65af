"""What finding sources costs: starting up, requests, cache, joining, ranking, packages.

Run with `python benchmarks/litreview_find.py`. arXiv's answers are replayed by a server
on this machine from `$COURSEKIT_DATA/arxiv`. Times are CPU seconds, medians of `--rounds`.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from importlib import metadata
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "litreview"))

from packaging.requirements import Requirement  # noqa: E402
from replay_server import ArxivReplay, ReplayServer  # noqa: E402

from litreview.actions.find import find  # noqa: E402
from litreview.works.dedupe import dedupe  # noqa: E402
from litreview.works.query import parse  # noqa: E402
from litreview.works.rank import rank  # noqa: E402


def process_seconds(*arguments: str) -> float:
    """CPU seconds of a command in a process of its own."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def seconds(work: Callable[[], Any]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def needed_packages() -> set[str]:
    """The distributions that installing the project without extras brings, itself not counted."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    found: set[str] = set()
    waiting = list(project["dependencies"])
    while waiting:
        requirement = Requirement(waiting.pop())
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        name = requirement.name.lower().replace("_", "-")
        if name not in found:
            found.add(name)
            waiting += metadata.requires(name) or []
    return found


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds

    def median(work: Callable[[], float]) -> float:
        return statistics.median(work() for _ in range(rounds))

    def row(what: str, value: str) -> None:
        print(f"{what:<56}{value:>16}")

    bare = median(lambda: process_seconds("-c", "pass"))
    started = median(lambda: process_seconds("-m", "litreview", "--help"))
    row("python -c pass", f"{bare * 1000:.0f} ms")
    row("litreview --help", f"{started * 1000:.0f} ms")
    row("litreview --help / python -c pass", f"{started / bare:.1f} ×")
    row("packages that installing the core brings", str(len(needed_packages())))

    data = Path(os.environ.get("COURSEKIT_DATA", ROOT.parent / "shared" / "data"))
    server = ReplayServer()
    server.answer = ArxivReplay(data / "arxiv")
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {
            "LITREVIEW_ARXIV_URL": f"{server.url}/api/query",
            "LITREVIEW_CACHE_DIR": folder,
            "LITREVIEW_REQUEST_INTERVAL": "0",
            "NO_PROXY": "127.0.0.1",
        }
        find("transformers", "arxiv", 5)  # imports
        first = seconds(lambda: find("testing", "arxiv", 100))
        requests = len(server.requests)
        again = median(lambda: seconds(lambda: find("testing", "arxiv", 100)))
        row("search of 100 works, first time", f"{first * 1000:.0f} ms")
        row("the same again, from the cache", f"{again * 1000:.0f} ms")
        row("requests of the repeated searches", str(len(server.requests) - requests))
        sources = find("testing", "arxiv", 100).sources
    server.stop()
    many = [
        replace(
            source, arxiv_id=f"{20 + copy:02}01.{number:05}", url="", title=f"{source.title} {copy}"
        )
        for copy in range(10)
        for number, source in enumerate(sources)
    ]
    query = parse("software testing of deep learning")
    row("joining 1,000 records", f"{median(lambda: seconds(lambda: dedupe(many))) * 1000:.0f} ms")
    project = "We test neural networks."
    ranking = median(lambda: seconds(lambda: rank(many, query, project)))
    row("ranking 1,000 works by query and project", f"{ranking * 1000:.0f} ms")


if __name__ == "__main__":
    main()
