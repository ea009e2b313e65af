"""The lists of a snapshot give BM25 over everything, whatever the words and the parts."""

from __future__ import annotations

import contextlib
import json
import random
import sqlite3
from collections import Counter

import pytest

from litreview.actions.find import find
from litreview.providers.offline import bulk
from litreview.providers.offline.bulk import index_snapshot
from litreview.providers.offline.postings import Postings, folded
from litreview.works.rank import bm25, weighted, words

NAMES = [
    "owl",
    "model",
    "night",
    "graph",
    "parse",
    "tree",
    "word",
    "vector",
    "small",
    "large",
    "deep",
    "proof",
]


def write(folder, works, size=25_000, monkeypatch=None):
    """An index of (title, abstract, authors, categories, day) in parts of `size`."""
    if monkeypatch is not None:
        monkeypatch.setattr(bulk, "BATCH_RECORDS", size)
    lines = [
        json.dumps(
            {
                "id": f"2001.{number:05}", "title": title, "abstract": abstract,
                "authors": authors, "categories": categories,
                "versions": [{"version": "v1", "created": f"Thu, {day} Jan 2020 17:01:56 GMT"}],
            }
        )
        for number, (title, abstract, authors, categories, day) in enumerate(works)
    ]  # fmt: skip
    (folder / "s.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    index_snapshot(folder / "s.jsonl", folder / "i.sqlite")
    return folder / "i.sqlite"


def work(title, abstract="", authors="A. Person", categories="cs.CL", day=2):
    return title, abstract, authors, categories, day


@pytest.mark.parametrize("size", [7, 25_000])
def test_scores_are_those_of_bm25_over_all_works(tmp_path, monkeypatch, size):
    """Nothing is estimated and nothing left out: no search is worse than plain BM25."""
    chooser = random.Random(1)
    works = [
        work(" ".join(chooser.choices(NAMES, k=3)), " ".join(chooser.choices(NAMES, k=12)))
        for _ in range(40)
    ]
    index = write(tmp_path, works, size, monkeypatch)
    wanted = Counter(words("a small owl at night, a deep deep graph and a zebra"))

    with contextlib.closing(sqlite3.connect(index)) as database:
        found = Postings(database).scores(wanted)

    documents = [weighted(title, abstract) for title, abstract, *_ in works]
    assert found.tolist() == pytest.approx(bm25(documents, wanted), abs=1e-5)


def test_counts_beyond_what_a_byte_holds_stay_the_largest(tmp_path):
    """A work that holds a word a thousand times is not thereby one that hardly does."""
    index = write(tmp_path, [work("owl " * 300, "owl " * 300), work("owl", "owl"), work("bats")])
    with contextlib.closing(sqlite3.connect(index)) as database:
        lists = Postings(database)
        often, once, never = lists.scores({"owl": 1.0})
        assert lists.holding("owl") == 2
        assert lists.mean_words == (900 + 3 + 2) / 3
    assert often > once > never == 0.0


def test_where_a_word_stands_is_known(tmp_path):
    works = [work("Owls", "bats"), work("Bats", "owls"), work("Mice", "x", "Ann Owl", "math.CO")]
    index = write(tmp_path, works)
    with contextlib.closing(sqlite3.connect(index)) as database:
        lists = Postings(database)
        assert lists.mask("owl").tolist() == [True, True, True]
        assert lists.mask("owl", "ti").tolist() == [True, False, False]
        assert lists.mask("owl", "abs").tolist() == [False, True, False]
        assert lists.mask("cat:math").tolist() == lists.mask("cat:math.co").tolist()
        assert lists.mask("cat:math").tolist() == [False, False, True]
        assert lists.scores({"owl": 1.0})[2] == 0.0
        assert lists.days().tolist() == [20200102] * 3


@pytest.mark.parametrize(
    ("typed", "numbers"),
    [
        ("naive bayes", ["1", "0"]), ("naïve bayes", ["1", "0"]), ("networks muller", ["2"]),
        ("神经", ["3"]), ("bayes cat:stat.ML", ["1"]), ("bayes cat:stat", ["1"]),
        ("title:bayes", ["1"]), ("abstract:bayes -naive", ["0"]), ("cat:math", ["4", "2"]),
    ],
)  # fmt: skip
def test_conditions_are_met(tmp_path, typed, numbers):
    """Accents need not be typed; a bearer of a name is found with the words beside it."""
    works = [
        work("Priors", "Bayes is at work."), work("Naïve Bayes", "Simple.", "P. One", "stat.ML"),
        work("Networks", "Small.", "Jörg Müller", "math.CO"), work("神经网络", "深"),
        work("Groups", "Order.", categories="math.GR cs.CL"),
    ]  # fmt: skip
    found = find(typed, "snapshot", 5, snapshot=write(tmp_path, works))
    assert [source.arxiv_id[-1] for source in found.sources] == numbers


def test_dates_are_kept_apart_from_words(tmp_path):
    index = write(tmp_path, [work("Owls", day=2), work("Owls", day=9), work("Bats", day=12)])
    found = find("owls", "snapshot", 5, snapshot=index)
    assert [source.arxiv_id[-1] for source in found.sources] == ["1", "0"]
    found = find("owls until:2020-01-05", "snapshot", 5, snapshot=index)
    assert [source.arxiv_id[-1] for source in found.sources] == ["0"]
    found = find("since:2020-01-05", "snapshot", 5, snapshot=index)
    assert [source.arxiv_id[-1] for source in found.sources] == ["2", "1"]


def test_a_common_phrase_is_looked_for_among_the_newest_and_that_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr("litreview.providers.offline.snapshot.MAX_MATCHES", 2)
    index = write(tmp_path, [work("Barn owls at night")] * 4)
    found = find('"barn owls"', "snapshot", 5, snapshot=index)
    assert [source.arxiv_id[-1] for source in found.sources] == ["3", "2"]
    assert "of the works with “barn owls” the newest 2 were looked at" in found.notes


def test_folding_keeps_syllables_whole():
    assert folded("ÉCOLE Müller 한국") == "ecole muller 한국"
