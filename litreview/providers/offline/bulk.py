"""Index a snapshot of arXiv's metadata once, to search it without a network.

The snapshot is a file of JSON lines, about three million of them, plain or
gzip. It is read as a stream, in constant memory; every batch is committed with
the place in the file that it reaches, so that an interrupted import goes on
there. The index is an SQLite file with full-text search.

Reference: https://info.arxiv.org/help/bulk_data.html, https://sqlite.org/fts5.html
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litreview.errors import UserError
from litreview.providers.offline import postings
from litreview.providers.offline.snapshot_file import TAIL_BYTES, SnapshotStream
from litreview.text.identifiers import split_arxiv_id
from litreview.works.stems import stem

# What a part of the lists holds; memory grows with it.
BATCH_RECORDS = 25_000
_HEAD_BYTES = 65_536
LAYOUT = "4"
_MONTHS = {
    name: number
    for number, name in enumerate(("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep",
                                   "Oct", "Nov", "Dec"), 1)
}  # fmt: skip
_SCHEMA = f"""
{postings.SCHEMA}
CREATE TABLE IF NOT EXISTS state (name TEXT PRIMARY KEY, value TEXT);
CREATE TABLE IF NOT EXISTS works (
    number INTEGER PRIMARY KEY, arxiv_id TEXT, created INTEGER, version INTEGER, title TEXT,
    authors TEXT, abstract TEXT, categories TEXT, doi TEXT, journal TEXT, comments TEXT
);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
    title, authors, abstract, categories,
    content='works', content_rowid='number', tokenize='unicode61'
);
CREATE VIRTUAL TABLE IF NOT EXISTS spelled USING fts5vocab('words', 'row');
CREATE TABLE IF NOT EXISTS vocabulary (
    stem TEXT, word TEXT, works INTEGER, PRIMARY KEY (stem, word)
) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Import:
    """What an import did.

    Attributes:
        index: The file that can be searched.
        records: How many works it holds.
        added: How many of them this run read.
        skipped: Lines that are no record.
        first_skipped: Number of the first such line, or 0.
        cut: Whether the file ends in the middle of a record.
        resumed: Whether an earlier run's work was continued.
    """

    index: Path
    records: int
    added: int
    skipped: int = 0
    first_skipped: int = 0
    cut: bool = False
    resumed: bool = False


def index_snapshot(
    snapshot: Path, index: Path, advance: Callable[[int], None] | None = None
) -> Import:
    """Build the index of a snapshot, or go on building it.

    The index appears under its name only when it is complete; an older one
    stays usable until then. A file that was indexed already is not read again.

    Args:
        snapshot: JSON lines, plain or gzip.
        index: The SQLite file to make.
        advance: Called with the number of bytes of the file just read.

    Raises:
        UserError: If the file is missing, empty or of another kind, or the
            index cannot be written.
    """
    size, mark = _fingerprint(snapshot)
    done = _state(index)
    if done.get("layout") != LAYOUT:
        done = {}
    if done.get("complete") == "1" and (done["mark"], done["size"]) == (mark, str(size)):
        return Import(index, int(done["records"]), 0, int(done["skipped"]))
    partial = index.with_name(index.name + ".partial")
    if done.get("mark") == mark and done.get("complete") == "0" and not partial.exists():
        shutil.copyfile(index, partial)  # the file was cut then, and may be longer now
    previous = _state(partial, mode="rw")
    if previous.get("mark") != mark or previous.get("layout") != LAYOUT:
        previous = {}
        _remove(partial)
    try:
        partial.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.closing(sqlite3.connect(partial, isolation_level=None)) as database:
            job = _Indexer(database, previous, advance or (lambda count: None))
            try:
                report = job.run(snapshot, index, size, mark)
            except _OtherFileError:
                report = None
        if report is None:
            # The beginning is the same and the rest is not: another edition of the snapshot.
            _remove(partial)
            return index_snapshot(snapshot, index, advance)
        if report.records:
            partial.replace(index)
        else:
            _remove(partial)
    except (sqlite3.Error, OSError) as error:
        raise UserError(
            f"{index}: the index cannot be written ({error}); check permissions and disk space, "
            "then run the same command again"
        ) from error
    if not report.records:
        raise UserError(
            f"{snapshot}: holds no arXiv record; give the metadata snapshot, a file with one "
            "JSON object per line"
        )
    return report


class _OtherFileError(Exception):
    """The part of the file that was read earlier is not the same any more."""


class _Indexer:
    """One run over a snapshot."""

    def __init__(
        self, database: sqlite3.Connection, state: dict[str, str], advance: Callable[[int], None]
    ) -> None:
        self.database = database
        self.advance = advance
        self.resumed = bool(state.get("offset"))
        self.offset = int(state.get("offset", "0"))
        self.known_tail = state.get("tail", "")
        self.tail = b""
        self.line = int(state.get("line", "0"))
        self.records = int(state.get("records", "0"))
        self.skipped = int(state.get("skipped", "0"))
        self.first_skipped = int(state.get("first_skipped", "0"))
        self.cut = False

    def run(self, snapshot: Path, index: Path, size: int, mark: str) -> Import:
        """Read what is not read yet, and finish the index."""
        database = self.database
        # Safe against the end of the process, not of the power; a damaged part is rebuilt.
        database.execute("PRAGMA synchronous=OFF")
        # A list of thousands of works lies on few pages then, and is read in few steps.
        database.execute("PRAGMA page_size=16384")
        database.execute("PRAGMA cache_size=-100000")
        database.executescript(_SCHEMA)
        # Large segments (128 MB of memory), merged late: merging small ones takes a third longer.
        database.execute("INSERT INTO words(words, rank) VALUES('hashsize', 134217728)")
        database.execute("INSERT INTO words(words, rank) VALUES('automerge', 0)")
        before = self.records
        with (
            snapshot.open("rb", buffering=1 << 20) as raw,
            SnapshotStream(raw, self.advance) as stream,
        ):
            self._skip_to_offset(stream)
            self._save(layout=LAYOUT, mark=mark, complete=0)
            for batch in self._batches(stream, snapshot):
                self._store(batch)
        if self.records:
            database.execute("BEGIN")
            database.execute("CREATE INDEX IF NOT EXISTS by_id ON works(arxiv_id)")
            # Which spellings a word has: what a phrase needs to know before it is asked for.
            database.execute("DELETE FROM vocabulary")
            database.executemany(
                "INSERT INTO vocabulary VALUES(?, ?, ?)",
                (
                    (stem(word), word, works)
                    for word, works in database.execute("SELECT term, doc FROM spelled")
                ),
            )
            self._save(complete=0 if self.cut else 1, size=size)
            database.execute("COMMIT")
        return Import(
            index, self.records, self.records - before, self.skipped, self.first_skipped,
            self.cut, self.resumed,
        )  # fmt: skip

    def _skip_to_offset(self, stream: SnapshotStream) -> None:
        if not self.offset:
            return
        tail = stream.skip(self.offset)
        if hashlib.sha256(tail).hexdigest() != self.known_tail:
            raise _OtherFileError
        self.tail = tail

    def _batches(self, stream: SnapshotStream, snapshot: Path) -> Iterator[list[tuple[Any, ...]]]:
        batch: list[tuple[Any, ...]] = []
        for line in stream.lines():
            record = _record(line)
            if record is None and not line.endswith(b"\n"):
                self.cut = True
                break
            self.line += 1
            self.offset += len(line)
            self.tail = line[-TAIL_BYTES:]
            if record is not None:
                batch.append(record)
            elif line.strip():
                self.skipped += 1
                self.first_skipped = self.first_skipped or self.line
                if self.skipped > 1000 and self.skipped > 9 * (self.records + len(batch)):
                    raise UserError(
                        f"{snapshot}: hardly any of the first {self.line} lines is a record of "
                        "arXiv; give the metadata snapshot, a file with one JSON object per line"
                    )
            if len(batch) >= BATCH_RECORDS:
                yield batch
                batch = []
        self.cut = self.cut or stream.cut
        if batch:
            yield batch

    def _store(self, batch: list[tuple[Any, ...]]) -> None:
        self.database.execute("BEGIN")
        try:
            self._insert(batch)
        except (
            UnicodeEncodeError,
            OverflowError,
            sqlite3.InterfaceError,
            sqlite3.ProgrammingError,
        ):
            # Some value is no text that can be stored; be strict with this batch only.
            self.database.execute("ROLLBACK")
            self.database.execute("BEGIN")
            self._insert([_storable(record) for record in batch])
        self.records += len(batch)
        self._save()
        self.database.execute("COMMIT")

    def _insert(self, batch: list[tuple[Any, ...]]) -> None:
        rows = [(number, *record) for number, record in enumerate(batch, self.records + 1)]
        self.database.executemany(f"INSERT INTO works VALUES({','.join('?' * 11)})", rows)
        texts = [tuple(value if isinstance(value, str) else "" for value in r[4:8]) for r in rows]
        postings.store(self.database, self.records, texts, [row[2] for row in rows])
        self.database.executemany(
            "INSERT INTO words(rowid, title, authors, abstract, categories) VALUES(?,?,?,?,?)",
            [(row[0], *row[4:8]) for row in rows],
        )

    def _save(self, **more: object) -> None:
        values = {
            "offset": self.offset, "tail": hashlib.sha256(self.tail).hexdigest(),
            "line": self.line, "records": self.records, "skipped": self.skipped,
            "first_skipped": self.first_skipped, **more,
        }  # fmt: skip
        self.database.executemany(
            "INSERT OR REPLACE INTO state VALUES(?, ?)",
            [(name, str(value)) for name, value in values.items()],
        )


def _record(line: bytes) -> tuple[Any, ...] | None:
    """A line as a row of `works` without its number, or None if it is no record."""
    try:
        data = json.loads(line)
        name, version = data["id"], len(data.get("versions") or ()) or None
        authors = data.get("authors_parsed")
        return (
            name if len(name) == 10 else split_arxiv_id(name)[0] or name[:40],
            _created(data),
            version,
            data["title"],
            "; ".join([_name(author) for author in authors])
            if authors
            else data.get("authors") or "",
            data["abstract"],
            data.get("categories") or "",
            data.get("doi") or "",
            data.get("journal-ref") or "",
            data.get("comments") or "",
        )
    except (ValueError, KeyError, TypeError, AttributeError, IndexError, RecursionError):
        return None


def _name(parts: list[str]) -> str:
    return f"{parts[1]} {parts[0]} {parts[2]}".strip() if len(parts) > 2 else " ".join(parts[::-1])


def _created(data: dict[str, Any]) -> int:
    """The day of the first version as a number, 20170612, or 0 if nobody knows."""
    try:
        # "Mon, 12 Jun 2017 17:57:34 GMT"
        day, month, year = data["versions"][0]["created"].split(" ", 4)[1:4]
        return int(year) * 10_000 + _MONTHS[month] * 100 + int(day)
    except (ValueError, KeyError, TypeError, AttributeError, IndexError):
        date = data.get("update_date")
        digits = date.replace("-", "") if isinstance(date, str) else ""
        return int(digits) if len(digits) == 8 and digits.isdecimal() else 0


def _storable(record: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same row with every odd value as a text of valid characters."""
    return tuple(
        value
        if value is None or (isinstance(value, int) and abs(value) < 1 << 62)
        else str(value).encode("utf-8", "replace").decode()
        for value in record
    )


def _fingerprint(snapshot: Path) -> tuple[int, str]:
    try:
        if not snapshot.is_file():
            raise UserError(f"{snapshot}: is not a file; give the metadata snapshot of arXiv")
        with snapshot.open("rb") as stream:
            head = stream.read(_HEAD_BYTES)
        size = snapshot.stat().st_size
    except OSError as error:
        raise UserError(f"{snapshot}: cannot be read ({error.strerror})") from error
    if not head:
        raise UserError(f"{snapshot}: is empty; download the snapshot again")
    if head[:4] == b"PK\x03\x04":
        raise UserError(f"{snapshot}: is a ZIP archive; unpack it and give the file in it")
    return size, hashlib.sha256(head).hexdigest()


def _state(index: Path, mode: str = "ro") -> dict[str, str]:
    """What an index says of itself; with mode `rw` what a killed process left is undone first."""
    if not index.is_file():
        return {}
    try:
        address = f"{index.resolve().as_uri()}?mode={mode}"
        with contextlib.closing(sqlite3.connect(address, uri=True)) as database:
            return dict(database.execute("SELECT name, value FROM state"))
    except sqlite3.Error:
        return {}


def _remove(index: Path) -> None:
    for suffix in ("", "-journal", "-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError, NotADirectoryError):
            index.with_name(index.name + suffix).unlink()


def default_index() -> Path:
    """Where the index lies if nothing else is said: `LITREVIEW_SNAPSHOT`, or the user's data."""
    import platformdirs

    chosen = os.environ.get("LITREVIEW_SNAPSHOT")
    return (
        Path(chosen) if chosen else Path(platformdirs.user_data_dir("litreview")) / "arxiv.sqlite"
    )
