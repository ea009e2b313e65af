"""Every search behind a review can be read, counted and repeated."""

from __future__ import annotations

import json

import pytest

from litreview.actions.find import find
from litreview.actions.replay import replay
from litreview.errors import UserError
from litreview.providers import searchlog
from litreview.works.reading_list import works


@pytest.fixture
def review(tmp_path):
    folder = tmp_path / "0_LiteratureReview"
    folder.mkdir()
    return folder / "README.md"


def test_record_holds_what_a_reader_needs_to_repeat_it(arxiv_server, environment, review):
    """Query, day, provider, totals, the counts of each step, and the hash of every answer."""
    result = find("testing", "arxiv", 10)
    included = [source.identity for source in result.sources[:3]]

    searchlog.record_search(review, result, limit=10, included=included)
    (entry,) = searchlog.read_searches(review)

    assert entry.query == "testing"
    assert entry.compiled == "all:testing"
    assert entry.provider == "arxiv"
    assert entry.total == result.total > 1000
    assert entry.counts == {
        "identified": 10, "deduplicated": 10, "screened": 10, "included": 3,
    }  # fmt: skip
    assert entry.included == included
    assert entry.responses[0]["sha256"] == result.exchanges[0].sha256
    assert entry.sources[0].title == result.sources[0].title
    assert entry.sources[0].authors == result.sources[0].authors


def test_counts_follow_the_joining_of_records(environment, review, tmp_path):
    """Identified before joining, deduplicated after."""
    from litreview.bib.formats import export

    bib = tmp_path / "refs.bib"
    bib.write_text(export(works()[0][:20], "bibtex"), encoding="utf-8")
    result = find("attention", "reading-list,bibtex", 5, bib=bib)

    entry = searchlog.record_search(review, result, limit=5, included=())

    assert entry.counts["identified"] > entry.counts["deduplicated"]
    assert entry.merges


def test_repeated_search_is_recorded_once(arxiv_server, environment, review):
    """A repeated draft leaves the folder as it is."""
    for _ in range(2):
        searchlog.record_search(review, find("testing", "arxiv", 10), limit=10, included=())
    before = searchlog.log_path(review).read_bytes()
    searchlog.record_search(review, find("testing", "arxiv", 5), limit=5, included=())

    assert len(before.splitlines()) == 1
    assert len(searchlog.read_searches(review)) == 2


def test_replay_finds_the_same(arxiv_server, environment, review):
    """From the cache the answers are the same byte for byte, with no request at all."""
    searchlog.record_search(review, find("testing", "arxiv", 10), limit=10, included=())

    (entry,) = searchlog.read_searches(review)
    again = replay(entry, offline=True)

    assert again.same
    assert again.same_answers is True
    assert len(arxiv_server.requests) == 1


def test_replay_with_open_dates_asks_the_recorded_question(arxiv_server, environment, review):
    """`--since` alone ends at the day of the search, not at the day of the replay."""
    from datetime import date

    result = find("testing since:2020", "arxiv", 10, today=date(2024, 5, 6))
    searchlog.record_search(review, result, limit=10, included=(), today=date(2024, 5, 6))

    (entry,) = searchlog.read_searches(review)
    assert "TO 202405062359" in entry.compiled
    assert replay(entry, offline=True).same_answers is True


def test_replay_says_what_changed(server, arxiv_server, environment, review):
    """New and vanished works are told apart."""
    from replay_server import Reply

    result = find("testing", "arxiv", 10)
    searchlog.record_search(review, result, limit=10, included=())
    (entry,) = searchlog.read_searches(review)
    other = find("transformers", "arxiv", 3).sources[0]
    body = arxiv_server.answer("/api/query?search_query=other&max_results=1").body
    server.answer = lambda path: Reply(body)
    from litreview.web.gate import Settings

    (Settings.from_environment().cache_folder / "answers.sqlite").unlink()
    again = replay(entry)

    assert not again.same
    assert again.new == (other.identity,)
    assert set(again.gone) == {source.identity for source in result.sources}


def test_replay_offline_without_the_answer_says_so(arxiv_server, environment, review, monkeypatch):
    """It never guesses."""
    searchlog.record_search(review, find("testing", "arxiv", 10), limit=10, included=())
    monkeypatch.setenv("LITREVIEW_CACHE_DIR", environment["LITREVIEW_CACHE_DIR"] + "2")

    (entry,) = searchlog.read_searches(review)
    again = replay(entry, offline=True)

    assert not again.same
    assert "cache does not hold" in again.error


def test_missing_log_names_the_commands_that_make_one(review):
    """A new team has none."""
    with pytest.raises(UserError, match="no search is recorded here yet"):
        searchlog.read_searches(review)


@pytest.mark.parametrize(
    "line",
    ["{", "[]", "3", "{}", '{"date": 3}', "[" * 10_000, '{"date":"2020-01-01","provider":[]}'],
)
def test_damaged_line_is_named_by_number(review, line):
    """Students resolve merge conflicts in this file."""
    searchlog.record_search(review, find("BERT", "reading-list", 3), limit=3, included=())
    path = searchlog.log_path(review)
    path.write_text(path.read_text("utf-8") + line + "\n", encoding="utf-8")

    with pytest.raises(UserError, match=r"line 2: is not the record of a search"):
        searchlog.read_searches(review)


@pytest.mark.parametrize("end", ["", "\n", "\r\n"])
def test_recording_keeps_every_earlier_line(review, end):
    """Also one that this version cannot read, or that has no line end."""
    path = searchlog.log_path(review)
    path.write_bytes(b'{"from": "the future"}' + end.encode())

    searchlog.record_search(review, find("BERT", "reading-list", 3), limit=3, included=())

    lines = path.read_bytes().splitlines()
    assert lines[0] == b'{"from": "the future"}'
    assert json.loads(lines[1])["query"] == "BERT"
