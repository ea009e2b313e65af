"""A draft chooses among more works than it needs, and records how."""

from __future__ import annotations

import pytest

from litreview.actions.draft import draft
from litreview.actions.replay import replay
from litreview.bib.formats import export
from litreview.errors import UserError
from litreview.providers import searchlog
from litreview.works.reading_list import works


@pytest.fixture
def readme(tmp_path):
    folder = tmp_path / "team" / "0_LiteratureReview"
    folder.mkdir(parents=True)
    (tmp_path / "team" / "README.md").write_text(
        "We detect depression in posts of social networks.", encoding="utf-8"
    )
    path = folder / "README.md"
    path.write_text("# Literature review\n", encoding="utf-8")
    return path


def test_the_best_of_more_works_are_drafted(arxiv_server, environment, readme):
    """The order of the provider alone is not what a project needs, and one page costs no more."""
    report = draft(readme, "deep learning", limit=2)

    titles = [drafted.outcome.source.title for drafted in report.sources]
    assert len(titles) == 2
    assert "depression" in titles[0].casefold()
    assert len(arxiv_server.requests) == 1
    assert "max_results=50" in arxiv_server.requests[0]


def test_search_is_recorded_beside_the_review_once(arxiv_server, environment, readme):
    """How many were found, looked at and chosen; a repeated draft adds no line."""
    draft(readme, "deep learning", limit=2)
    draft(readme, "deep learning", limit=2)

    (entry,) = searchlog.read_searches(readme)
    assert entry.counts == {
        "identified": 20, "deduplicated": 20, "screened": 20, "included": 2,
    }  # fmt: skip
    assert len(entry.included) == 2
    assert replay(entry, offline=True).same


def test_dry_run_records_nothing(arxiv_server, environment, readme):
    """It writes nothing at all."""
    draft(readme, "deep learning", limit=2, dry_run=True)

    assert [path.name for path in readme.parent.iterdir()] == ["README.md"]


def test_failed_search_leaves_everything_as_it_was(server, environment, readme):
    """No half draft, no record of a search that did not happen."""
    server.stop()
    before = readme.read_bytes()

    with pytest.raises(UserError, match="--provider reading-list"):
        draft(readme, "deep learning")
    assert readme.read_bytes() == before
    assert [path.name for path in readme.parent.iterdir()] == ["README.md"]


def test_named_works_are_taken_as_named(environment, readme):
    """Ids are no search: exactly these, and no others."""
    report = draft(readme, "1706.03762 1810.04805", provider="reading-list", limit=5)

    assert {drafted.outcome.source.arxiv_id for drafted in report.sources} == {
        "1706.03762", "1810.04805",
    }  # fmt: skip


def test_several_providers_are_joined_into_one_draft(environment, readme, tmp_path):
    """A work that the team's own bibliography holds too is drafted once, and the join is told."""
    bib = tmp_path / "refs.bib"
    bib.write_text(export(works()[0], "bibtex"), encoding="utf-8")

    report = draft(readme, "BERT", provider="reading-list,bibtex", limit=3, bib=bib)

    identities = [drafted.outcome.source.identity for drafted in report.sources]
    assert len(set(identities)) == 3
    assert any("joined 2 records" in note for note in report.notes)


def test_works_that_hold_few_of_the_words_are_not_taken_by_themselves(environment, readme):
    """A search always answers; a review should hold what fits, or what a person took."""
    before = readme.read_text()
    words = "How do owls attend to mice at night?"
    with pytest.raises(UserError) as caught:
        draft(readme, words, provider="reading-list")
    assert "none holds 3 of the words owls, attend, mice, night" in str(caught.value)
    assert "Nothing was written: use other words, choose with --pick" in str(caught.value)
    assert readme.read_text() == before
    assert [path.name for path in readme.parent.iterdir()] == ["README.md"]

    report = draft(readme, words, provider="reading-list", anyway=True)
    assert report.count("added") == 1


def test_those_that_fit_are_taken_and_the_others_are_told(environment, readme):
    report = draft(readme, "named entity recognition LSTM", provider="reading-list", limit=5)
    titles = [drafted.outcome.source.title for drafted in report.sources]
    assert "Neural Architectures for Named Entity Recognition" in titles
    assert len(titles) < 5
    assert any("without 3 of the words named, entity, recognition, LSTM" in n for n in report.notes)
    assert {source.title for source in report.candidates}.isdisjoint(titles)
    assert report.candidates
