"""A metadata snapshot of any size and in any state becomes a searchable index."""

from __future__ import annotations

import contextlib
import gzip
import json
import sqlite3
import subprocess
import sys

import pytest

from litreview.actions.find import find
from litreview.errors import UserError
from litreview.providers.offline import bulk
from litreview.providers.offline.bulk import index_snapshot
from litreview.providers.result import NothingFoundError


@pytest.fixture
def sample(arxiv_folder):
    (path,) = arxiv_folder.glob("snapshot*.jsonl")
    return path


def record(number: int, title: str = "On Words", abstract: str = "We count words.", **more) -> str:
    values = {
        "id": f"2001.{number:05}", "title": title, "abstract": abstract, "authors": "A. Person",
        "authors_parsed": [["Person", "Ann", "Jr."]], "categories": "cs.CL cs.LG", "doi": None,
        "journal-ref": None, "comments": None,
        "versions": [{"version": "v1", "created": "Thu, 2 Jan 2020 17:01:56 GMT"}],
    }  # fmt: skip
    return json.dumps({**values, **more})


def write(path, lines, end="\n"):
    path.write_text("\n".join(lines) + end, encoding="utf-8")
    return path


def indexed(folder, lines):
    """An index of a snapshot with these lines."""
    index = folder / "i.sqlite"
    index_snapshot(write(folder / "s.jsonl", lines), index)
    return index


@pytest.mark.parametrize("packed", [False, True])
def test_recorded_records_are_indexed_and_found(sample, tmp_path, packed):
    """Plain or gzip, by their content and not by their name."""
    snapshot = tmp_path / "snapshot.data"
    data = sample.read_bytes()
    snapshot.write_bytes(gzip.compress(data) if packed else data)
    index = tmp_path / "i.sqlite"

    report = index_snapshot(snapshot, index)
    assert not report.skipped
    assert not report.cut
    if sample.name == "snapshot.jsonl":
        assert report.records == 12
        (first,) = find("speech recognisers", "snapshot", 5, snapshot=index).sources
        assert (first.arxiv_id, first.title) == (
            "2005.05004", "Testing speech recognisers with property tests"
        )  # fmt: skip
        assert (first.authors, first.published) == (("Chiara Příklad",), "2020-01-06")
        assert (first.categories, first.doi) == (("stat.ML", "cs.LG"), "")
        return
    result = find("random polynomials", "snapshot", 5, snapshot=index)
    assert report.records == 49
    first = result.sources[0]
    assert first.arxiv_id == "2212.11867"
    assert first.authors == ("Marcus Michelen", "Xuan-Truong Vu")
    assert first.title.startswith("Zeros of a growing number of derivatives of random polynomials")
    assert "\n" not in first.abstract
    assert first.published == "2022-12-22"
    assert first.categories == ("math.PR", "math.CA", "math.CV")


def test_a_file_that_was_indexed_is_not_read_again(sample, tmp_path):
    """The command can stand in a script."""
    index = tmp_path / "i.sqlite"
    index_snapshot(sample, index)
    before = index.stat().st_mtime_ns

    assert index_snapshot(sample, index).added == 0
    assert index.stat().st_mtime_ns == before


@pytest.mark.parametrize("packed", [False, True])
def test_interrupted_import_goes_on_where_it_stopped(tmp_path, monkeypatch, packed):
    """Three million records take minutes; Ctrl-C must not cost them."""
    monkeypatch.setattr(bulk, "BATCH_RECORDS", 10)
    text = "\n".join(record(number) for number in range(35)) + "\n"
    snapshot = tmp_path / "s"
    snapshot.write_bytes(gzip.compress(text.encode()) if packed else text.encode())
    index = tmp_path / "i.sqlite"
    store = bulk._Indexer._store

    def interrupted(self, batch):
        if self.records >= 20:
            raise KeyboardInterrupt
        store(self, batch)

    monkeypatch.setattr(bulk._Indexer, "_store", interrupted)
    with pytest.raises(KeyboardInterrupt):
        index_snapshot(snapshot, index)
    assert not index.exists()
    monkeypatch.setattr(bulk._Indexer, "_store", store)
    report = index_snapshot(snapshot, index)

    assert report.resumed
    assert report.added == 15
    assert report.records == 35
    assert len(find("words", "snapshot", 100, snapshot=index).sources) == 35


def test_a_process_that_is_killed_costs_no_more_than_a_batch(tmp_path):
    """Nothing can be tidied up then; what was being written is undone by the next run."""
    snapshot = write(tmp_path / "s", [record(number) for number in range(35)])
    index = tmp_path / "i.sqlite"
    killed = f"""
import os
from pathlib import Path
from litreview.providers.offline import bulk
bulk.BATCH_RECORDS = 10
insert = bulk._Indexer._insert
def dying(self, batch):
    insert(self, batch)
    if self.records == 20:
        self.database.execute("PRAGMA cache_spill = 1")
        self.database.execute("PRAGMA cache_size = 1")
        self.database.execute("CREATE TABLE more AS SELECT randomblob(100000) FROM works")
        os._exit(9)
bulk._Indexer._insert = dying
bulk.index_snapshot(Path({str(snapshot)!r}), Path({str(index)!r}))
"""
    assert subprocess.run([sys.executable, "-c", killed], check=False).returncode == 9
    assert (tmp_path / "i.sqlite.partial-journal").stat().st_size

    report = index_snapshot(snapshot, index)

    assert (report.resumed, report.added, report.records) == (True, 15, 35)
    assert find("words", "snapshot", 100, snapshot=index).total == 35


def test_another_edition_of_the_file_starts_anew(tmp_path, monkeypatch):
    """A resumed import must not mix two editions."""
    monkeypatch.setattr(bulk, "BATCH_RECORDS", 10)
    monkeypatch.setattr(bulk, "_HEAD_BYTES", 100)
    snapshot = write(tmp_path / "s", [record(number) for number in range(25)])
    index = tmp_path / "i.sqlite"
    store = bulk._Indexer._store

    def interrupted(self, batch):
        if self.records >= 20:
            raise KeyboardInterrupt
        store(self, batch)

    monkeypatch.setattr(bulk._Indexer, "_store", interrupted)
    with pytest.raises(KeyboardInterrupt):
        index_snapshot(snapshot, index)
    monkeypatch.setattr(bulk._Indexer, "_store", store)
    write(snapshot, [record(number, "On Other Words") for number in range(25)])
    write(snapshot, [record(0), *(record(n, "On Other Words") for n in range(1, 25))])
    report = index_snapshot(snapshot, index)

    assert not report.resumed
    assert report.records == 25
    assert find("title:other", "snapshot", 5, snapshot=index).total == 24


@pytest.mark.parametrize("packed", [False, True])
def test_file_cut_in_the_middle_of_a_line_is_indexed_as_far_as_it_goes(tmp_path, packed):
    """A download that broke off is used, said to be cut, and continued when the rest is there."""
    text = "\n".join(record(number, abstract=f"Word {number * 7919}.") for number in range(400))
    whole = gzip.compress(text.encode() + b"\n") if packed else text.encode() + b"\n"
    snapshot, index = tmp_path / "s", tmp_path / "i.sqlite"
    snapshot.write_bytes(whole[: len(whole) * 2 // 3])

    first = index_snapshot(snapshot, index)
    assert first.cut
    assert 100 < first.records < 400
    assert find("words", "snapshot", 5, snapshot=index).total == first.records
    if packed:
        return  # the beginning of a gzip file may differ, so it is read anew
    snapshot.write_bytes(whole)
    second = index_snapshot(snapshot, index)

    assert not second.cut
    assert second.resumed
    assert second.records == 400


def test_last_line_without_an_end_counts(tmp_path):
    """Not every complete file ends in a line break."""
    snapshot = write(tmp_path / "s", [record(1), record(2)], end="")

    report = index_snapshot(snapshot, tmp_path / "i.sqlite")
    assert report.records == 2
    assert not report.cut


def test_bad_lines_are_counted_and_named(tmp_path):
    """They cost only themselves."""
    bad = ["not json", "[1, 2]", '{"id": "2001.99999"}', "", '{"id": 5, "title": "x"}']
    snapshot = write(tmp_path / "s", [record(1), *bad, record(2)])

    report = index_snapshot(snapshot, tmp_path / "i.sqlite")
    assert report.records == 2
    assert report.skipped == 4
    assert report.first_skipped == 2


@pytest.mark.parametrize(
    "odd",
    [{"title": "lone \ud800 surrogate"}, {"doi": {"a": 1}}, {"comments": ["x"]}, {"title": 7},
     {"versions": []}, {"versions": [{"created": "soon"}]}, {"authors_parsed": []},
     {"journal-ref": 10**30}, {"abstract": "x" * 100_000}, {"categories": None}],
)  # fmt: skip
def test_odd_values_do_not_stop_the_import(tmp_path, odd):
    """One record in three million is always strange."""
    snapshot = write(tmp_path / "s", [record(1), record(2, **odd), record(3)])
    index = tmp_path / "i.sqlite"

    assert index_snapshot(snapshot, index).records >= 2
    assert find("2001.00001 2001.00003", "snapshot", 5, snapshot=index).total == 2
    find("2001.00002 2001.00003", "snapshot", 5, snapshot=index)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "is empty"), (b"\x00\x01\x02" * 100, "holds no arXiv record"),
     (b"hello\n" * 20, "holds no arXiv record"), (b"PK\x03\x04rest", "ZIP archive"),
     (b"x\n" * 5000, "hardly any"), (None, "is not a file"),
     (b"\x1f\x8b\x08broken", "holds no arXiv record")],
)  # fmt: skip
def test_other_files_get_a_sentence_and_leave_nothing(tmp_path, content, sentence):
    """The wrong file is the first mistake that people make."""
    snapshot, index = tmp_path / "s", tmp_path / "i.sqlite"
    if content is not None:
        snapshot.write_bytes(content)

    with pytest.raises(UserError, match=sentence):
        index_snapshot(snapshot, index)
    assert not index.exists()


def test_an_older_index_stays_until_the_new_one_is_complete(tmp_path):
    """A wrong file must not cost the index that works."""
    index = tmp_path / "i.sqlite"
    index_snapshot(write(tmp_path / "a", [record(1)]), index)
    bad = tmp_path / "b"
    bad.write_bytes(b"x\n" * 5000)

    with pytest.raises(UserError):
        index_snapshot(bad, index)
    assert find("words", "snapshot", 5, snapshot=index).total == 1


def test_unwritable_place_gets_a_sentence(sample, tmp_path):
    """The folder may be a file, or read-only."""
    blocked = tmp_path / "file"
    blocked.write_text("x")

    with pytest.raises(UserError, match="cannot be written"):
        index_snapshot(sample, blocked / "i.sqlite")


@pytest.fixture
def index(tmp_path):
    rows = [
        record(1, "Attention for Translation", "We translate with transformers."),
        record(2, "Parsing", "We parse; attention helps a transformer."),
        record(3, "Neural Machine Translation Survey", "A survey.", categories="cs.AI",
               versions=[{"created": "Mon, 5 Jul 2021 00:00:00 GMT"}] * 3),
        record(4, "Withdrawn work", comments="This paper has been withdrawn", categories="stat.ML"),
        record(5, "Müller's Naïve \"Quotes\" OR NOT", authors_parsed=[["Müller", "Jörg", ""]]),
    ]  # fmt: skip
    place = tmp_path / "i.sqlite"
    index_snapshot(write(tmp_path / "s", rows), place)
    return place


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("attention", {1, 2}),
        ("transformer", {1, 2}),
        ("translation -survey", {1}),
        ('"machine translation"', {3}),
        ("title:attention", {1}),
        ("author:Müller", {5}),
        ("author:muller", {5}),
        ("parsing OR survey", {2, 3}),
        ("transl*", {1, 3}),
        ("translation since:2021", {3}),
        ("until:2020", {1, 2, 4, 5}),
        ("translation cat:cs.AI", {3}),
        ("withdrawn cat:stat", {4}),
        ("2001.00003 2001.00001", {1, 3}),
        ('"OR NOT"', {5}),
    ],
)
def test_queries_mean_what_they_mean_at_arxiv(index, query, numbers):
    """One query language, whoever answers."""
    found = find(query, "snapshot", 10, snapshot=index)

    assert {int(source.arxiv_id[-1]) for source in found.sources} == numbers
    assert found.total == len(numbers)


def test_title_matches_come_first(index):
    """A word in the title says more than one in the abstract."""
    found = find("attention", "snapshot", 10, snapshot=index).sources

    assert [source.arxiv_id for source in found] == ["2001.00001", "2001.00002"]


def test_names_in_latex_become_letters(tmp_path):
    """The snapshot writes accents as commands; a bibliography should not."""
    place = tmp_path / "i.sqlite"
    names = [["Erd\\H{o}s", "Paul", ""], ['M\\"uller', 'J\\"org', ""]]
    index_snapshot(write(tmp_path / "s", [record(1, authors_parsed=names)]), place)

    (source,) = find("words", "snapshot", 5, snapshot=place).sources
    assert source.authors == ("Paul Erdős", "Jörg Müller")


def test_withdrawn_and_versions_are_kept(index):
    """The snapshot knows both."""
    found = {
        s.arxiv_id: s for s in find("2001.00003 2001.00004", "snapshot", 5, snapshot=index).sources
    }

    assert found["2001.00003"].version == 3
    assert found["2001.00004"].withdrawn


@pytest.mark.parametrize(
    "query", ["'; DROP TABLE works; --", '" OR 1=1', "title:* NEAR(", "^x {y}"]
)
def test_queries_cannot_reach_the_database(index, query):
    """Whatever is typed is data."""
    with contextlib.suppress(NothingFoundError):
        find(query, "snapshot", 5, snapshot=index)
    assert find("attention", "snapshot", 5, snapshot=index).total == 2


@pytest.mark.parametrize("kind", ["missing", "text", "foreign"])
def test_what_is_no_index_gets_a_sentence(tmp_path, kind):
    """The message names the command that makes one."""
    place = tmp_path / "i.sqlite"
    if kind == "text":
        place.write_text("hello " * 1000)
    if kind == "foreign":
        sqlite3.connect(place).execute("CREATE TABLE x (y)").connection.close()

    with pytest.raises(UserError, match="litreview index FILE"):
        find("x", "snapshot", 5, snapshot=place)


def test_a_question_in_plain_words_is_answered_and_what_was_dropped_is_told(tmp_path):
    """Of twenty ordinary questions nine found nothing, because one word was nowhere."""
    lines = [
        record(1, "Early warning of sepsis", "A classifier of vital signs in intensive care."),
        record(2, "Vital signs", "A monitor of breath."),
        record(3, "Sums of primes", "We count."),
    ]
    index = indexed(tmp_path, lines)

    result = find(
        "How can transformers predict sepsis from vital signs?", "snapshot", 5, snapshot=index
    )

    assert [source.arxiv_id[-1] for source in result.sources] == ["1", "2"]
    assert result.total == 2
    assert "no work holds all words of “How can transformers predict sepsis" in result.notes[0]
    assert "any word: 2 works" in result.notes[0]
    with pytest.raises(NothingFoundError, match="use other words"):
        find("quantum zebra", "snapshot", 5, snapshot=index)


def test_the_forms_of_words_are_found_and_news_is_no_plural(tmp_path):
    """Entity and entities are one word, news and new are two; pre-training is pretraining."""
    lines = [
        record(1, "Entities in news", "Recognised."),
        record(2, "New entity types", "Made."),
        record(3, "Pretraining at home", "Slow."),
    ]
    index = indexed(tmp_path, lines)

    def numbers(query):
        return {
            source.arxiv_id[-1] for source in find(query, "snapshot", 5, snapshot=index).sources
        }

    assert numbers("entity") == numbers("entities") == {"1", "2"}
    assert numbers("news") == {"1"}
    assert numbers('"pre training"') == {"3"}


def test_the_order_is_that_of_bm25_over_everything(tmp_path):
    """The rare word decides, not the work that holds a common word often."""
    lines = [record(n, "Models", "A model of a model of models.") for n in range(1, 40)]
    lines.append(record(40, "Owls", "A model of owls at night."))
    index = indexed(tmp_path, lines)

    result = find("model owls", "snapshot", 3, snapshot=index)

    assert result.sources[0].arxiv_id == "2001.00040"
    assert result.corpus.works == 40
    assert result.corpus.holding == {"model": 40, "owl": 1}


def test_an_index_of_another_version_is_told_and_made_again(tmp_path):
    """It lacks what a search needs; that is no damage."""
    snapshot, index = write(tmp_path / "s.jsonl", [record(1)]), tmp_path / "i.sqlite"
    index_snapshot(snapshot, index)
    with contextlib.closing(sqlite3.connect(index)) as database, database:
        database.execute("UPDATE state SET value = '1' WHERE name = 'layout'")

    with pytest.raises(UserError, match="made by another version"):
        find("words", "snapshot", 5, snapshot=index)
    assert index_snapshot(snapshot, index).added == 1
    assert find("words", "snapshot", 5, snapshot=index).total == 1
