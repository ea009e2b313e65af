"""Survey a field: read every abstract of a snapshot that matches, in several processes."""

from __future__ import annotations

import json
import logging
import os
import re
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from pathlib import Path

from litreview.errors import UserError
from litreview.papers.open import paper_files, read_paper
from litreview.providers.offline import snapshot
from litreview.providers.offline.snapshot_file import SnapshotStream
from litreview.providers.result import Context
from litreview.questions.answers import answers
from litreview.questions.field import Abstract, Tally, count
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings
from litreview.works.query import Query, parse
from litreview.works.stems import stem
from litreview.works.vocabulary import STOP_WORDS

CHUNK = 1_000
# A machine that is lost costs a chunk its place; it is counted anew so many times.
RETRIES = 5
# So many chunks are on their way on a cluster, so that memory does not grow with the snapshot.
MAX_WAITING = 256
Advance = Callable[[int], None]


def survey(
    query: str,
    file: Path,
    *,
    papers: Path | None = None,
    workers: int = 0,
    on: str = "",
    advance: Advance = lambda steps: None,
    notify: Callable[[str], None] = lambda sentence: None,
) -> Tally:
    """Count what the abstracts on a topic name.

    Args:
        query: What to look for.
        file: An index that `litreview index` made, or arXiv's snapshot itself, also packed.
        papers: A folder of whole papers that are counted as well.
        workers: How many processes; 0 for as many as there are processors.
        on: `ray` or `ray:ADDRESS` to count on a cluster.
        advance: Called with the number of abstracts just read.
        notify: Called with a sentence about a file that could not be read.

    Raises:
        UserError: If the file cannot be read, nothing matches, or there is no cluster.
    """
    chunks = _chunks(_matching(query, file))
    total = Tally()
    for part in _counted(chunks, workers or os.cpu_count() or 1, on):
        total.add(part)
        advance(part.read)
    if papers is not None:
        total.add(_whole(papers, notify))
    if not total.read:
        raise UserError(f"{file}: no abstract matches {query!r}; use fewer or other words")
    return total


def _counted(chunks: Iterator[list[Abstract]], workers: int, on: str) -> Iterator[Tally]:
    """The tallies of all chunks, in any order."""
    if on:
        yield from _on_ray(chunks, on)
    elif workers == 1:
        yield from map(count, chunks)
    else:
        with ProcessPoolExecutor(workers) as pool:
            # A few chunks in advance are enough, so that memory does not grow with the snapshot.
            while batch := list(islice(chunks, 8 * workers)):
                yield from pool.map(count, batch)


def _on_ray(chunks: Iterator[list[Abstract]], on: str) -> Iterator[Tally]:
    """Count on a cluster of Ray; what a lost machine had is counted anew."""
    if not re.fullmatch(r"ray(?::\S+)?", on):
        raise UserError(f"--on is {on!r}; say ray, or ray:ADDRESS for a cluster that runs")
    try:
        import ray
    except ImportError as error:
        raise UserError(
            "--on ray needs Ray, which is not installed; run: pip install 'coursekit[cluster]'"
        ) from error
    started = not ray.is_initialized()
    address = on.partition(":")[2]
    if started:
        try:
            ray.init(address=address or None, log_to_driver=False, logging_level=logging.ERROR)
        except (ConnectionError, RuntimeError, ValueError) as error:
            reason = str(error).strip().splitlines()[0][:200]
            raise UserError(f"--on {on}: cannot be joined ({reason})") from error
    try:
        task = ray.remote(num_cpus=1, max_retries=RETRIES)(count)
        waiting = [task.remote(chunk) for chunk in islice(chunks, MAX_WAITING)]
        while waiting:
            ready, waiting = ray.wait(waiting)
            waiting += [task.remote(chunk) for chunk in islice(chunks, len(ready))]
            yield from ray.get(ready)
    finally:
        if started:
            ray.shutdown()


def _chunks(abstracts: Iterable[Abstract]) -> Iterator[list[Abstract]]:
    iterator = iter(abstracts)
    while chunk := list(islice(iterator, CHUNK)):
        yield chunk


def _matching(query: str, file: Path) -> Iterator[Abstract]:
    """The abstracts of a snapshot or its index that match."""
    try:
        with file.open("rb") as stream:
            head = stream.read(16)
    except OSError as error:
        raise UserError(
            f"{file}: cannot be read ({error.strerror}); give arXiv's snapshot or its index"
        ) from error
    if head.startswith(b"SQLite format 3"):
        return _of_index(parse(query), file)
    return _of_snapshot(query, file)


def _of_index(query: Query, file: Path) -> Iterator[Abstract]:
    with Fetcher(Settings.from_environment(offline=True)) as fetcher:
        for source in snapshot.matching(query, Context(fetcher, snapshot=file)):
            yield Abstract(source.identity, source.year or 0, f"{source.title}. {source.abstract}")


def _of_snapshot(query: str, file: Path) -> Iterator[Abstract]:
    """The works in whose title or abstract every word of the query stands, by its stem."""
    words = [word for word in re.findall(r"[^\W_]+", query.lower()) if word not in STOP_WORDS]
    stems = [stem(word) for word in words]
    if not stems:
        raise UserError("the query is empty; say what to look for")
    with file.open("rb") as raw, SnapshotStream(raw, lambda steps: None) as stream:
        for line in stream.lines():
            lower = line.lower()
            if not all(piece.encode() in lower for piece in stems):
                continue
            try:
                record = json.loads(line)
            except ValueError:
                continue
            if not isinstance(record, dict):
                continue
            name = str(record.get("id", ""))[:60]
            text = f"{record.get('title', '')}. {record.get('abstract', '')}"
            small = text.lower()
            if all(piece in small for piece in stems):
                yield Abstract(f"arxiv:{name}", _year(name), text)


def _year(arxiv_id: str) -> int:
    """The year in an arXiv id: 2007 in 0704.0001, 1996 in math/9605001."""
    match = re.search(r"(?:^|/)(\d\d)\d\d", arxiv_id)
    if not match:
        return 0
    year = int(match[1])
    return 1900 + year if year > 90 else 2000 + year


def _whole(folder: Path, notify: Callable[[str], None]) -> Tally:
    """Count what the papers of a folder say, by the same rules as `litreview questions`."""
    tally = Tally()
    for path in paper_files(folder):
        try:
            found = answers(read_paper(path))
        except UserError as error:
            notify(f"Note: {error}")
            continue
        tally.read += 1
        tally.years[0] += 1
        for value in found["models"].values:
            tally.models[value][0] += 1
            tally.examples[value] = [*tally.examples[value], path.name][:3]
    return tally
