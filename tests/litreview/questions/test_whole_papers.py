"""What an abstract leaves open comes from the whole paper, with its place."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner
from replay_server import Reply

from litreview.abstracts.summary import Summary, summarize
from litreview.actions.draft import write_sources
from litreview.cli import group
from litreview.papers.open import parse
from litreview.questions.whole import completed, paper_reader
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings
from litreview.works.source import Source

ABSTRACT = (
    "In this paper we investigate how irony in film reviews can be recognised. "
    "Irony is common in reviews and hard to see for any word list."
)
OWN_METHOD = "We train a bidirectional LSTM on 4,200 reviews that three people annotated."
OWN_FINDING = "Our experiments show that the network finds 81 % of the ironic reviews."
TITLE = "Irony in film reviews"
PAGE = f"""<html><body><h1>{TITLE}</h1>
<h2>1 Introduction</h2>
<p>Irony has been studied for decades. Earlier work has shown that word lists reach 60 % accuracy.
In a previous study we found that emphasis helps. {OWN_METHOD}
We expect that long reviews are easier. Section 3 describes how we train the network.</p>
<h2>2 Data</h2><p>{"The reviews were collected from three sites. " * 40}</p>
<h2>5 Conclusion</h2><p>Irony can be learned. {OWN_FINDING}</p>
<h2>6 Future work</h2><p>We show in the next paper that it reaches 99 % on songs.</p>
</body></html>"""
PAPER = parse(PAGE.encode())


def test_open_fields_come_from_the_paper_with_their_place():
    """A quote can be found again: by its offsets in the paper's text, and by its section."""
    before = summarize([ABSTRACT])[0]
    assert (before.methods, before.outcomes) == (None, None)

    after = completed(before, PAPER)
    assert after.objective == before.objective
    assert after.objective.where == ""
    assert (after.methods.text, after.methods.where) == (OWN_METHOD, "1 Introduction")
    assert (after.outcomes.text, after.outcomes.where) == (OWN_FINDING, "5 Conclusion")
    for extract in (after.methods, after.outcomes):
        assert PAPER.text[extract.start : extract.end] == extract.text
    assert after.candidates["outcomes"][0] == after.outcomes


def test_what_the_abstract_says_stays():
    """The authors' own summary comes first, and a whole one needs no paper."""
    whole = summarize([f"{ABSTRACT} {OWN_METHOD} We find that irony is rare in 3 of 4 reviews."])[0]
    assert whole.outcomes is not None
    assert completed(whole, PAPER) is whole


def test_others_findings_and_outlooks_are_none_of_the_authors():
    """The introduction reports earlier results, and the last section what may come."""
    page = PAGE.replace(OWN_FINDING, "").replace(OWN_METHOD, "")
    found = completed(Summary(), parse(page.encode()))
    assert (found.objective, found.methods, found.outcomes) == (None, None, None)


def test_an_abstract_that_no_registry_has_is_read_in_the_paper():
    """Crossref lacks many; the paper's own abstract is then asked first."""
    page = PAGE.replace("<h2>1 Intro", f"<h2>Abstract</h2><p>{ABSTRACT}</p><h2>1 Intro")
    found = completed(Summary(), parse(page.encode()))
    assert found.objective.text == ABSTRACT.split(". ")[0] + "."
    assert found.objective.where == "Abstract"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of papers, one of them broken, and a bibliography with the work."""
    papers = tmp_path / "papers"
    papers.mkdir()
    (papers / "a_broken.pdf").write_bytes(b"%PDF-1.7 nothing")
    (papers / "download (3).html").write_text(PAGE, encoding="utf-8")
    (tmp_path / "own.bib").write_text(
        f"@article{{a, title={{{TITLE}}}, author={{Lovelace, Ada}}, year={{2020}}, "
        f"url={{https://example.org/irony}}, abstract={{{ABSTRACT}}}}}\n",
        encoding="utf-8",
    )
    return tmp_path


def test_draft_completes_from_a_folder(folder, environment, monkeypatch):
    """The README says where the sentence stands; the JSON has the offsets."""
    monkeypatch.chdir(folder)
    arguments = ["draft", "README.md", "-q", "irony reviews", "--provider", "bibtex"]
    arguments += ["--bib", "own.bib", "--papers", "papers"]
    shown = CliRunner().invoke(group, [*arguments, "--json"], catch_exceptions=False)
    (drafted,) = json.loads(shown.stdout)["sources"]
    assert drafted["methods"]["where"] == "1 Introduction"
    assert drafted["objective"]["where"] == ""
    assert "a_broken.pdf" in shown.stderr
    text = (folder / "README.md").read_text(encoding="utf-8")
    assert f"{OWN_METHOD} (in the paper: 1 Introduction)" in text
    again = CliRunner().invoke(group, arguments, catch_exceptions=False)
    assert "unchanged" in again.stdout
    assert (folder / "README.md").read_text(encoding="utf-8") == text


def test_a_work_without_its_paper_stays_open_and_says_so(tmp_path):
    """No other paper of the folder is taken for it."""
    (tmp_path / "other.html").write_text(PAGE.replace(TITLE, "Irony in songs"), encoding="utf-8")
    source = Source(TITLE, (), 2020, "https://example.org/irony", ABSTRACT)
    reader = paper_reader(tmp_path, None, lambda said: None)
    report = write_sources(tmp_path / "README.md", [source], reader=reader, dry_run=True)
    (drafted,) = report.sources
    assert drafted.summary.methods is None
    assert drafted.notes == (
        "no paper of the folder has this title, so methods and outcomes stay open",
    )


def test_an_arxiv_id_in_the_files_name_tells_the_paper(tmp_path):
    """As arXiv names what one downloads; the title on the page may differ."""
    name = tmp_path / "2001.00001v2.html"
    name.write_text(PAGE.replace(TITLE, "IRONY"), encoding="utf-8")
    source = Source(TITLE, (), 2020, "https://arxiv.org/abs/2001.00001", ABSTRACT,
                    arxiv_id="2001.00001")  # fmt: skip
    reader = paper_reader(tmp_path, None, lambda said: None)
    summary, notes = reader(source, summarize([ABSTRACT])[0])
    assert (summary.methods.text, tuple(notes)) == (OWN_METHOD, ())


def test_an_open_paper_of_the_web_completes_it(server, environment):
    """One request for the text of a work whose abstract leaves a field open, none for others."""
    page = PAGE.replace("<h2>5", f"<p>{'This sentence says nothing. ' * 40}</p><h2>5")
    server.answer = lambda request: (
        Reply(page.encode(), content_type="text/html")
        if "/text/html/2001.00001" in request
        else Reply(status=404, content_type="text/plain")
    )
    source = Source(TITLE, (), 2020, "https://arxiv.org/abs/2001.00001", ABSTRACT,
                    arxiv_id="2001.00001")  # fmt: skip
    with Fetcher(Settings.from_environment()) as fetcher:
        reader = paper_reader(None, fetcher, lambda said: None)
        summary, notes = reader(source, summarize([ABSTRACT])[0])
        assert (summary.outcomes.text, tuple(notes)) == (OWN_FINDING, ())
        asked = len(server.requests)
        whole = summarize([f"{ABSTRACT} {OWN_METHOD} We find that irony is rare in 3 of 4."])[0]
        assert reader(source, whole) == (whole, ())
        assert len(server.requests) == asked


def test_without_an_open_text_the_draft_says_why(server, environment):
    """The field stays open; nothing is invented."""
    source = Source(TITLE, (), 2020, "https://example.org/irony", ABSTRACT)
    with Fetcher(Settings.from_environment()) as fetcher:
        summary, notes = paper_reader(None, fetcher, lambda said: None)(
            source, summarize([ABSTRACT])[0]
        )
    assert summary.methods is None
    assert notes == (
        "the paper was not read for methods and outcomes: no open text is known of it",
    )
