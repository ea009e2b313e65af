"""The commands as a student types them, in a process of their own."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import platformdirs
import pytest

REVIEW = """# Literature review

## Source 1: Attention Is All You Need
- **[Link](https://arxiv.org/abs/1706.03762v5)**
- **Objective**: Build a model without recurrence.
- **Methods**: Attention.
- **Outcomes**: Better BLEU.
- **Relation to the Project**: We use it.

## Source 2: A Post
- **[Link](https://example.org/post)**
- **Objective**: Explain.
- **Methods**: Words.
- **Outcomes**: Insight.
- **Relation to the Project**: We read it.
"""


@pytest.fixture
def litreview(environment, tmp_path):
    def run(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
        result = subprocess.run(
            [sys.executable, "-m", "litreview", *map(str, arguments)],
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=tmp_path,
            env={**os.environ, "LITREVIEW_SNAPSHOT": str(tmp_path / "default.sqlite")},
        )
        assert result.returncode == code, result.stderr
        assert "Traceback" not in result.stderr
        return result

    return run


@pytest.fixture
def review(tmp_path):
    folder = tmp_path / "0_LiteratureReview"
    folder.mkdir()
    (folder / "README.md").write_text(REVIEW, encoding="utf-8")
    return folder


@pytest.mark.slow
def test_search_asks_once_and_says_how_the_order_came_about(litreview, arxiv_server):
    """The second run is answered from the cache, with the same list."""
    first = litreview("search", "testing", "-n", 10)
    second = litreview("search", "testing", "-n", 10)

    assert first.stdout == second.stdout
    assert "Testing " in first.stdout
    assert re.search(r"score \d\.\d\d = query \d\.\d\d \+ order \d\.\d\d", first.stdout)
    assert "1 request, 0 from the cache" in first.stderr
    assert "0 requests, 1 from the cache" in second.stderr
    assert len(arxiv_server.requests) == 1


def test_search_json_is_for_programs(litreview):
    """Score parts, identities and totals are in it, and nothing else is printed."""
    data = json.loads(litreview("search", "BERT", "--provider", "reading-list", "--json").stdout)

    assert data["provider"] == "reading-list"
    assert data["sources"][0]["identity"] == "arxiv:1810.04805"
    assert set(data["sources"][0]["score_parts"]) == {"query", "meaning", "project", "order"}


def test_explain_searches_nothing(litreview, server):
    """It is free, also without a network."""
    result = litreview("search", "pre-training", "--since", "2020", "--explain")

    assert 'all:"pre training"' in result.stdout
    assert "hyphen" in result.stdout
    assert not server.requests


def test_project_readme_takes_part_in_the_order(litreview, tmp_path, review):
    """In a team's repository the root README is used without being asked for."""
    (tmp_path / "README.md").write_text("We do named entity recognition.", encoding="utf-8")

    data = json.loads(
        litreview("search", "model", "--provider", "reading-list", "--json", "-n", 39).stdout
    )
    assert any(source["score_parts"]["project"] > 0 for source in data["sources"])


def test_no_network_is_one_sentence(litreview, server):
    """Exit code 2, the reason, and the way on."""
    server.stop()

    result = litreview("search", "anything", code=2)
    (line,) = result.stderr.splitlines()
    assert line.startswith("Error: arXiv")
    assert "--provider reading-list" in line
    assert not result.stdout


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["search"], "query is empty"),
        (["search", "x1", "--provider", "nonsense"], "choose one of arxiv"),
        (["search", "x1", "-n", "0"], "--limit 0"),
        (["search", "x1", "-c", "cs.XX"], "not a category"),
        (["search", "x1", "--since", "never"], "not a date"),
        (["search", "x1", "--provider", "snapshot"], "litreview index FILE"),
        (["search", "x1", "--bib", "no.bib"], "does not exist"),
        (["search", "some words", "--provider", "web"], "no web address"),
        (["search", "file:///etc/passwd", "--provider", "web"], "no web address"),
        (["index", "nothing.jsonl"], "is not a file"),
        (["replay", "nowhere"], "no search is recorded"),
        (["export", "nowhere"], "nowhere"),
    ],
)
def test_mistakes_get_one_sentence(litreview, arguments, sentence):
    """Never a traceback, never a silent empty result."""
    result = litreview(*arguments, code=2)

    assert sentence in result.stderr
    assert len(result.stderr.strip().splitlines()) <= 2


@pytest.mark.slow
def test_snapshot_is_indexed_and_searched(litreview, arxiv_folder):
    """Once indexed, the default place is enough."""
    (snapshot,) = arxiv_folder.glob("snapshot*.jsonl")
    query, count, found_id = "random polynomials", 49, "2212.11867"
    if snapshot.name == "snapshot.jsonl":
        query, count, found_id = "speech recognisers", 12, "2005.05004"

    assert "nothing was written" in litreview("index", snapshot, "--dry-run").stdout
    litreview("search", query, "--provider", "snapshot", code=2)
    assert f"{count} works" in litreview("index", snapshot).stdout
    assert "up to date" in litreview("index", snapshot).stdout
    found = litreview("search", query, "--provider", "snapshot")
    assert f"arxiv.org/abs/{found_id}" in found.stdout


@pytest.mark.slow
def test_export_knows_the_works_of_the_review(litreview, review, tmp_path):
    """What is known completes what the team wrote; the rest keeps its title and address."""
    result = litreview("export", review / "README.md")

    assert "@inproceedings{vaswani2017attention" in result.stdout
    assert "author = {Vaswani, Ashish and Shazeer, Noam" in result.stdout
    assert "title = {A Post}" in result.stdout
    assert "“A Post”: authors and year are not known; --online looks them up" in result.stderr

    assert "nothing was written" in litreview("export", "--out", "r.ris", "--dry-run").stdout
    assert not (tmp_path / "r.ris").exists()
    litreview("export", "--out", "r.ris")
    assert (tmp_path / "r.ris").read_text("utf-8").startswith("TY  - CPAPER")
    assert json.loads(litreview("export", "--format", "csl").stdout)[0]["id"]


def test_export_of_an_empty_review_is_a_sentence(litreview, review):
    """There is nothing to export, and nobody wants an empty file."""
    (review / "README.md").write_text("", encoding="utf-8")

    assert "names no source yet" in litreview("export", review, code=2).stderr


@pytest.mark.slow
def test_search_is_logged_and_replayed(litreview, arxiv_server, review, tmp_path):
    """Repeating it offline gives the same works, byte for byte; nothing is written."""
    litreview("search", "testing", "-n", 10, "--log", review / "README.md")
    before = {path: path.read_bytes() for path in review.iterdir()}
    result = litreview("replay", "--offline")

    assert "50 identified → 50 deduplicated → 50 screened → 0 included" in result.stdout
    assert "the same works, byte for byte" in result.stdout
    assert {path: path.read_bytes() for path in review.iterdir()} == before
    assert json.loads(litreview("replay", "--offline", "--json").stdout)[0]["same"] is True


@pytest.mark.slow
def test_replay_with_other_works_is_a_finding(litreview, arxiv_server, arxiv_folder, review):
    """Exit code 1, so that CI can notice."""
    litreview("search", "testing", "-n", 10, "--log", review)
    log = review / "searches.jsonl"
    name = "2107.10222" if arxiv_folder.parent.name == "recorded" else "2202.12139"
    log.write_text(log.read_text("utf-8").replace(name, "2202.99999"), encoding="utf-8")

    result = litreview("replay", "--offline", code=1)
    assert "1 new, 1 gone" in result.stdout
    assert f"new  arxiv:{name}" in result.stdout


@pytest.mark.slow
@pytest.mark.parametrize(
    ("options", "third"),
    [((), "Distributed Representations of"), (("--about", "methods"), "Neural Architectures for")],
)
def test_draft_takes_what_search_puts_first(litreview, options, third):
    """The same words and options order the same works alike in both commands."""
    words = "how do models learn word vectors"
    asked = ("--provider", "reading-list", "-n", 4, "--json", *options)
    found = json.loads(litreview("search", words, *asked).stdout)["sources"]
    drafted = json.loads(litreview("draft", "r.md", "-q", words, "--dry-run", *asked).stdout)
    titles = [source["title"] for source in found]
    assert titles == [item["source"]["title"] for item in drafted["sources"]]
    assert titles[2].startswith(third)


def test_the_help_names_where_answers_are_kept(litreview):
    """The page on privacy says that it does."""
    shown = " ".join(litreview("--help").stdout.split())
    home, folder = Path.home(), Path(platformdirs.user_cache_dir("litreview"))
    assert f"~/{folder.relative_to(home).as_posix()} on" in shown
    assert "LITREVIEW_CACHE_DIR" in shown
