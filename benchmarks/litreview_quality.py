"""How well searches are answered: nDCG@10 of requests whose right answer is known.

Run with `python benchmarks/litreview_quality.py`. Three sets are made of `$COURSEKIT_DATA`
(abstracts of SciTLDR and CSAbstruct, 3,900 together): human one-line summaries as requests for
their abstracts, the same without the rare words that both share, and first sentences of abstracts
as requests for the rest of them. Each is searched in an index of all abstracts and compared with
plain BM25 over everything. With `--corpus` fewer abstracts are searched, as many as are asked
for; each is read for its meaning once, however many requests find it.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest import mock

import numpy as np

from litreview.actions.order import order
from litreview.errors import UserError
from litreview.providers.offline.bulk import index_snapshot
from litreview.providers.offline.snapshot import search
from litreview.providers.result import Context
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings
from litreview.works import semantic as meaning
from litreview.works.encoder import Floats
from litreview.works.query import parse
from litreview.works.rank import bm25, rank, words

ROOT = Path(__file__).resolve().parent.parent
CANDIDATES = 100
Requests = list[tuple[str, int]]


def sets(data: Path) -> dict[str, tuple[list[str], Requests]]:
    """For each set the documents, and requests with the number of the right one."""
    lines = [
        line
        for name in ("scitldr/train.jsonl", "csabstruct/train.jsonl", "csabstruct/dev.jsonl")
        for line in (data / name).read_text(encoding="utf-8").splitlines()
    ]
    records = [json.loads(line) for line in lines]
    whole = [" ".join(record["sentences"]) for record in records]
    rest = [" ".join(record["sentences"][1:]) for record in records]
    summaries = []
    for number, record in enumerate(records):
        summary = record.get("tldr")
        if summary:
            summaries.append((summary if isinstance(summary, str) else summary[0], number))
    firsts = [(r["sentences"][0], n) for n, r in enumerate(records) if len(r["sentences"]) > 3]
    return {
        "summaries": (whole, summaries),
        "summaries in other words": (whole, in_other_words(whole, summaries)),
        "first sentences": (rest, firsts),
    }


def part_of(documents: Sequence[str], requests: Requests, count: int) -> tuple[list[str], Requests]:
    """Every so many of the documents, about `count`, and the requests for them."""
    kept = list(range(0, len(documents), max(1, len(documents) // count)))[:count]
    places = {number: place for place, number in enumerate(kept)}
    some = [(text, places[wanted]) for text, wanted in requests if wanted in places]
    return [documents[number] for number in kept], some


def remembered(read: Callable[[Sequence[str]], Floats]) -> Callable[[Sequence[str]], Floats]:
    """The same vectors, each text read once."""
    vectors: dict[str, Floats] = {}

    def encode(texts: Sequence[str]) -> Floats:
        new = [text for text in dict.fromkeys(texts) if text not in vectors]
        if new:
            vectors.update(zip(new, read(new), strict=True))
        return np.stack([vectors[text] for text in texts])

    return encode


def in_other_words(documents: Sequence[str], requests: Requests) -> Requests:
    """Requests without the four rarest words that they share with the right document."""
    known = [set(words(text)) for text in documents]
    holding = Counter(word for own in known for word in own)
    found = []
    for text, wanted in requests:
        shared = sorted(set(words(text)) & known[wanted], key=lambda word: (holding[word], word))
        rare = set(shared[:4])
        left = [word for word in text.split() if not rare & set(words(word))]
        found.append((" ".join(left), wanted))
    return found


def gain(place: int | None) -> float:
    """nDCG@10 where one work is right."""
    return 1 / math.log2(place + 2) if place is not None and place < 10 else 0.0


def place_of(wanted: int, ids: Sequence[str]) -> int | None:
    """Where a work stands in a list of arXiv ids that are its number."""
    name = f"2001.{wanted:05}"
    return ids.index(name) if name in ids else None


def build(documents: Sequence[str], folder: Path) -> Path:
    """An index of documents without titles."""
    snapshot, index = folder / "s.jsonl", folder / "i.sqlite"
    with snapshot.open("w", encoding="utf-8") as stream:
        for number, text in enumerate(documents):
            record = {"id": f"2001.{number:05}", "title": "", "abstract": text, "authors": ""}
            stream.write(json.dumps(record) + "\n")
    index_snapshot(snapshot, index)
    return index


def main() -> None:
    """Measure and print one table for each set."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--every", type=int, default=8, help="Ask every so many requests.")
    parser.add_argument("--corpus", type=int, default=10_000, help="Search so many abstracts.")
    options = parser.parse_args()
    data = Path(os.environ.get("COURSEKIT_DATA", ROOT.parent / "shared" / "data"))
    with mock.patch.object(meaning, "encode", remembered(meaning.encode)):
        for name, (documents, requests) in sets(data).items():
            some, asked = part_of(documents, requests, options.corpus)
            with tempfile.TemporaryDirectory() as folder:
                index = build(some, Path(folder))
                context = Context(Fetcher(Settings(Path(folder))), index)
                measure(name, some, asked[:: options.every], context)


def measure(
    name: str,
    documents: Sequence[str],
    requests: Requests,
    context: Context,
) -> None:
    """Print the table of one set."""
    texts = [words(document) for document in documents]
    gains: dict[str, list[float]] = defaultdict(list)
    spent = read = 0.0
    for text, wanted in requests:
        scores = bm25(texts, Counter(words(text)))
        better = sum(score > scores[wanted] for score in scores)
        gains["plain BM25 over everything"].append(gain(better))
        start = time.process_time()
        try:
            result = search(parse(text), CANDIDATES, context)
        except UserError:
            gains["search"].append(0.0)
            gains["search --semantic"].append(0.0)
            continue
        ids = [
            item.source.arxiv_id for item in rank(result.sources, result.query, "", result.corpus)
        ]
        spent += time.process_time() - start
        found = gain(place_of(wanted, ids))
        gains["search"].append(found)
        told = result.notes[0] if len(result.notes) > 1 else "all words"
        rung = next((r for r in ("any word", "all words but") if r in told), "all words")
        gains[f"  answered with {rung}"].append(found)
        start = time.process_time()
        mixed = order(result, result.query, semantic=True)
        read += time.process_time() - start
        ids = [item.source.arxiv_id for item in mixed]
        gains["search --semantic"].append(gain(place_of(wanted, ids)))
    print(f"{name}: {len(documents):,} documents, {len(requests)} requests; nDCG@10")
    for label, values in gains.items():
        print(f"  {label:<34}{sum(values) / len(values):7.3f}  ({len(values)} requests)")
    print(f"  {'CPU for a search':<34}{spent / len(requests) * 1000:7.1f} ms")
    print(f"  {'CPU for --semantic':<34}{read / len(requests) * 1000:7.1f} ms")
    both = zip(gains["search"], gains["search --semantic"], strict=True)
    gained = [after - before for before, after in both]
    mean = statistics.fmean(gained)
    half = 1.96 * statistics.stdev(gained) / math.sqrt(len(gained))
    interval = f"95 %: {mean - half:+.3f} to {mean + half:+.3f}"
    print(f"  {'gain of --semantic':<34}{mean:+7.3f}  ({interval})")


if __name__ == "__main__":
    main()
