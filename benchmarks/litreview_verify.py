"""How many invented references `litreview verify` finds, and how many real ones it accuses.

Run with `python benchmarks/litreview_verify.py`. `$COURSEKIT_DATA/scholar` holds invented and real
references and the recorded answers of the registries, which a server on this machine replays.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "litreview"))

from registry_replay import RegistryReplay  # noqa: E402
from replay_server import ReplayServer  # noqa: E402

from litreview.actions.record import TIERS  # noqa: E402
from litreview.actions.verify import Verification, verify  # noqa: E402
from litreview.review.claims import Claim  # noqa: E402
from litreview.web.fetch import Fetcher  # noqa: E402
from litreview.web.gate import Settings  # noqa: E402


def claim(record: dict[str, Any]) -> Claim:
    """A line of the files as what is cited."""
    source = record["source"]
    return Claim(
        title=source["title"] or "",
        authors=tuple(source["authors"] or ()),
        year=source["year"],
        venue=source["venue"] or "",
        doi=source["doi"] or "",
        arxiv_id=source["arxiv_id"] or "",
        url=source["url"] or "",
    )


def told(item: Verification, record: dict[str, Any]) -> str:
    """One line about a source that was judged wrongly."""
    changed = record.get("mutation") or record.get("noise")
    return f"  {record['kind']}: {item.tier}: {item.reason[:300]}\n     {changed}"


def main() -> None:
    """Measure and print one table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--show", action="store_true", help="Print what was judged wrongly.")
    show = parser.parse_args().show
    data = Path(os.environ.get("COURSEKIT_DATA", ROOT.parent / "shared" / "data")) / "scholar"
    server = ReplayServer()
    server.answer = RegistryReplay(data)
    os.environ |= server.answer.environment(server.url)
    print(f"{'':<26}{'sources':>8}{''.join(f'{tier:>13}' for tier in TIERS)}{'fail':>6}")
    rates, records, requests = {}, {}, {}
    with tempfile.TemporaryDirectory() as folder:
        os.environ["LITREVIEW_CACHE_DIR"] = folder
        for name in ("fabricated", "real"):
            lines = (data / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
            records[name] = [json.loads(line) for line in lines]
            first = len(server.requests)
            with Fetcher(Settings.from_environment()) as fetcher:
                found = verify([claim(record) for record in records[name]], fetcher)
            requests[name] = len(server.requests) - first
            groups: dict[str, list[Verification]] = {}
            for item, record in zip(found, records[name], strict=True):
                groups.setdefault(record["kind"], []).append(item)
            for kind, items in sorted(groups.items()):
                counts = Counter(item.tier for item in items)
                cells = "".join(f"{counts[tier]:>13}" for tier in TIERS)
                print(f"{kind:<26}{len(items):>8}{cells}{sum(i.fails for i in items):>6}")
            wanted = name == "real"
            wrong = [
                (item, record)
                for item, record in zip(found, records[name], strict=True)
                if (item.tier == "verified") != wanted
            ]
            rates[name] = len(wrong) / len(found)
            if show:
                print("\n".join(told(item, record) for item, record in wrong))
        many = [[claim(record) for record in lines] for lines in records.values()]
        start, first = time.process_time(), len(server.requests)
        with Fetcher(Settings.from_environment()) as fetcher:
            for claims in many:
                verify(claims, fetcher)
        cached = time.process_time() - start
        again = len(server.requests) - first
        count = sum(map(len, many))
    print(f"{'invented that are found':<44}{1 - rates['fabricated']:>10.1%}")
    print(f"{'false alarms on the real':<44}{rates['real']:>10.1%}")
    for name, sent in requests.items():
        print(f"requests a source, {name:<25}{sent / len(records[name]):>10.2f}")
    print(f"{'requests when repeated':<44}{again:>10}")
    print(f"{f'CPU for {count} sources, from the cache':<44}{cached:>8.2f} s")
    server.stop()


if __name__ == "__main__":
    main()
