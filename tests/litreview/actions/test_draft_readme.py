"""`litreview draft`, from recorded answers of arXiv to the README."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from replay_server import ReplayServer, Reply
from review_template import template_of

from litreview.actions.check import check
from litreview.actions.draft import draft, write_sources
from litreview.cli.add import command as add_command
from litreview.cli.draft import command
from litreview.errors import UserError
from litreview.providers import searchlog
from litreview.review.placeholders import NOT_FOUND
from litreview.works.source import Source


@pytest.fixture
def readme(tmp_path: Path) -> Path:
    """A team's untouched review in its repository."""
    folder = tmp_path / "team" / "0_LiteratureReview"
    folder.mkdir(parents=True)
    path = folder / "README.md"
    path.write_text(template_of(3), encoding="utf-8")
    return path


def test_recorded_answers_of_arxiv_become_a_complete_review(
    arxiv_server: ReplayServer, environment: dict[str, str], readme: Path
) -> None:
    """Title, authors, year, link and sentences are what arXiv really sent."""
    report = draft(readme, "language models", limit=5)

    assert report.count("added") == 5
    checked = check(readme)
    assert checked.form == "template"
    assert len(checked.sources) == 5
    assert all(entry.title and entry.arxiv_id and entry.urls for entry in checked.sources)
    assert {finding.code for finding in checked.findings} <= {
        "no-relation",
        "placeholder-field",
        "too-few-sources",
    }
    text = readme.read_text(encoding="utf-8")
    assert "- **Authors**: " in text
    assert "- **Published**: 20" in text


def test_fields_are_distinct_sentences_of_the_abstract_with_their_places(
    arxiv_server: ReplayServer, environment: dict[str, str], readme: Path
) -> None:
    """A reader can find each sentence again."""
    report = draft(readme, "language models", limit=10)

    for drafted in report.to_json()["sources"]:
        abstract = drafted["source"]["abstract"]
        found = [drafted[name] for name in ("objective", "methods", "outcomes") if drafted[name]]
        assert all(abstract[item["start"] : item["end"]] == item["text"] for item in found)
        assert len({item["start"] for item in found}) == len(found)


def test_a_second_draft_makes_no_request_and_changes_nothing(
    arxiv_server: ReplayServer, environment: dict[str, str], readme: Path
) -> None:
    """The day's cache answers."""
    draft(readme, "language models", limit=3)
    before = readme.read_bytes()
    asked = len(arxiv_server.requests)

    report = draft(readme, "language models", limit=3)

    assert len(arxiv_server.requests) == asked
    assert readme.read_bytes() == before
    assert report.count("unchanged") == 3


def test_a_dry_run_shows_the_change_and_makes_none(readme: Path) -> None:
    """The diff is what a real run would do."""
    before = readme.read_bytes()

    result = CliRunner().invoke(
        command, [str(readme), "-q", "bert", "--provider", "reading-list", "--dry-run"]
    )

    assert result.exit_code == 0
    assert "\n+- **Source 1**: " in result.stdout
    assert "nothing was written (--dry-run)" in result.stdout
    assert readme.read_bytes() == before
    assert list(readme.parent.iterdir()) == [readme]


def test_json_tells_what_was_written(readme: Path) -> None:
    """For other programs."""
    result = CliRunner().invoke(
        command, [str(readme), "-q", "bert", "--provider", "reading-list", "-n", "2", "--json"]
    )

    data = json.loads(result.stdout)
    assert (data["changed"], data["written"]) == (True, True)
    assert [source["action"] for source in data["sources"]] == ["added", "added"]


def test_pick_shows_candidates_with_what_speaks_for_them(readme):
    """A person chooses better among three sentences than among two hundred words."""
    arguments = [str(readme), "-q", "bert", "--provider", "reading-list", "-n", "1", "--dry-run"]
    shown = CliRunner().invoke(command, [*arguments, "--pick"]).stdout
    plain = CliRunner().invoke(command, arguments).stdout
    answer = json.loads(CliRunner().invoke(command, [*arguments, "--json"]).stdout)

    (source,) = answer["sources"]
    for name in ("objective", "methods", "outcomes"):
        offered = source["candidates"][name]
        assert 1 <= len(offered) <= 3
        assert [item["score"] for item in offered[1:]] == sorted(
            (item["score"] for item in offered[1:]), reverse=True
        )
        for number, item in enumerate(offered, start=1):
            assert source["source"]["abstract"][item["start"] : item["end"]] == item["text"]
            assert f"{number}. {' '.join(item['text'].split())}" in shown
            assert all(reason in shown for reason in item["reasons"])
        assert source[name] is None or source[name]["text"] == offered[0]["text"]
    assert "* 1." in shown
    assert "* 1." not in plain


def test_bytes_that_are_no_utf8_survive(readme: Path) -> None:
    """An umlaut from an old editor is still the student's."""
    old = "# Literaturübersicht\r\n\r\nÄltere Notizen\x80\r\n".encode("latin-1")
    readme.write_bytes(old)

    draft(readme, "bert", provider="reading-list", limit=1)

    assert readme.read_bytes().startswith(old)


def test_the_project_description_decides_between_equals(readme: Path) -> None:
    """What the root README says of the project ranks the works."""
    (readme.parent.parent / "README.md").write_text(
        "# Summaries\n\nWe write abstractive summaries of news articles with pointer networks.\n"
    )

    report = draft(
        readme, "attention translation", provider="reading-list", limit=6, dry_run=True, anyway=True
    )

    assert "Pointer-Generator" in report.sources[0].outcome.source.title


def test_without_a_network_the_readme_stays_and_one_sentence_says_what_helps(
    tmp_path: Path, readme: Path
) -> None:
    """In a process of its own, with an address at which nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    before = readme.read_bytes()
    environment = {
        **os.environ,
        "LITREVIEW_ARXIV_URL": f"http://127.0.0.1:{port}/api/query",
        "LITREVIEW_CACHE_DIR": str(tmp_path / "cache"),
        "LITREVIEW_REQUEST_INTERVAL": "0",
        "LITREVIEW_TIMEOUT": "2",
        "NO_PROXY": "127.0.0.1",
    }

    result = subprocess.run(
        [sys.executable, "-m", "litreview", "draft", str(readme), "--query", "language models"],
        capture_output=True,
        text=True,
        timeout=60,
        env=environment,
        check=False,
    )

    error = result.stderr.strip().splitlines()[-1]
    assert result.returncode == 2
    assert "--provider reading-list" in error
    assert "Traceback" not in result.stderr
    assert readme.read_bytes() == before
    assert list(readme.parent.iterdir()) == [readme]


def test_a_failing_server_leaves_the_readme_alone(
    server: ReplayServer, environment: dict[str, str], readme: Path
) -> None:
    """Nothing is written before everything was read."""
    server.answer = lambda path: Reply(b"<html>down for maintenance</html>", 200, "text/html")
    before = readme.read_bytes()

    with pytest.raises(UserError):
        draft(readme, "language models")

    assert readme.read_bytes() == before


def test_a_change_made_meanwhile_is_not_overwritten(
    monkeypatch: pytest.MonkeyPatch, readme: Path
) -> None:
    """Somebody may save the file in an editor while abstracts are read."""
    from litreview.actions import draft as module

    original = module.summarize

    def slow(abstracts: list[str]) -> object:
        readme.write_text("# saved by a student\n")
        return original(abstracts)

    monkeypatch.setattr(module, "summarize", slow)

    with pytest.raises(UserError, match="was changed while"):
        draft(readme, "bert", provider="reading-list")
    assert readme.read_text() == "# saved by a student\n"


def work(**changes: object) -> Source:
    values = {
        "title": "A title",
        "authors": ("A. Person",),
        "year": 2020,
        "url": "https://arxiv.org/abs/2001.00001",
        "abstract": "",
        "arxiv_id": "2001.00001",
    }
    return Source(**(values | changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("abstract", ["", "Too short.", "数据"])
def test_without_an_abstract_each_field_asks_to_be_filled_in(readme: Path, abstract: str) -> None:
    """Better an honest gap than a wrong sentence."""
    write_sources(readme, [work(abstract=abstract)])

    assert readme.read_text(encoding="utf-8").count(f"*{NOT_FOUND}*") == 3
    assert check(readme).complete_sources == 0


def test_a_withdrawn_work_is_left_out_with_a_note(readme: Path) -> None:
    """Nobody should build on it."""
    report = write_sources(readme, [work(withdrawn=True)])

    assert not report.changed
    assert "withdrawn" in report.notes[0]


@pytest.mark.parametrize(
    ("target", "said"),
    [
        ("missing/0_LiteratureReview/README.md", "does not exist"),
        ("empty", "has no literature review"),
    ],
)
def test_a_wrong_path_is_named(tmp_path: Path, target: str, said: str) -> None:
    """The folder has to exist; a README may be new."""
    (tmp_path / "empty").mkdir()

    with pytest.raises(UserError, match=said):
        draft(tmp_path / target, "bert", provider="reading-list")


def test_a_new_readme_is_made_in_its_folder(tmp_path: Path) -> None:
    """A team may have deleted the form."""
    folder = tmp_path / "0_LiteratureReview"
    folder.mkdir()

    report = draft(folder, "bert", provider="reading-list", limit=2)

    assert report.path == folder / "README.md"
    assert check(tmp_path).verdict is True


def test_the_search_is_recorded_beside_the_review(readme: Path) -> None:
    """A reader can repeat it; the log says what was chosen out of how many."""
    report = draft(readme, "bert", provider="reading-list", limit=2)
    draft(readme, "bert", provider="reading-list", limit=2)

    (entry,) = searchlog.read_searches(readme)
    assert entry.included == sorted(
        (drafted.outcome.source.identity for drafted in report.sources),
        key=[work["identity"] for work in entry.found].index,
    )
    assert entry.counts["identified"] > entry.counts["included"] == 2


def test_a_dry_run_records_nothing(readme: Path) -> None:
    """It writes nothing at all."""
    draft(readme, "bert", provider="reading-list", dry_run=True)

    assert list(readme.parent.iterdir()) == [readme]


def test_a_source_that_the_team_took_out_stays_out(readme: Path) -> None:
    """Deleting is an edit, too; the next best work takes its place."""
    first = draft(readme, "bert", provider="reading-list", limit=2)
    text = readme.read_text(encoding="utf-8")
    start, end = text.index("- **Source 1**"), text.index("- **Source 2**")
    readme.write_text(text[:start] + text[end:], encoding="utf-8")
    gone = first.sources[0].outcome.source

    again = draft(readme, "bert", provider="reading-list", limit=2)

    assert gone.title not in readme.read_text(encoding="utf-8")
    assert [drafted.outcome.action for drafted in again.sources] == ["unchanged", "added"]
    assert any(gone.title in note and "litreview add" in note for note in again.notes)


def test_a_fresh_form_starts_anew_in_spite_of_the_log(readme: Path) -> None:
    """Whoever restores the empty form wants a new draft."""
    form = readme.read_bytes()
    draft(readme, "bert", provider="reading-list", limit=2)
    readme.write_bytes(form)

    assert draft(readme, "bert", provider="reading-list", limit=2).count("added") == 2


def test_named_works_are_added_from_the_reading_list_and_from_arxiv(
    arxiv_server: ReplayServer, environment: dict[str, str], readme: Path
) -> None:
    """Ids, old ids, addresses with tracking parameters."""
    result = CliRunner().invoke(
        add_command,
        [str(readme), "1706.03762v5", "https://arxiv.org/abs/1810.04805?utm_source=x", "--json"],
    )

    data = json.loads(result.stdout)
    assert [source["source"]["arxiv_id"] for source in data["sources"]] == [
        "1706.03762",
        "1810.04805",
    ]
    assert arxiv_server.requests == []
    assert check(readme).complete_sources == 2


def test_a_name_that_is_none_is_a_users_mistake(readme: Path) -> None:
    """The sentence shows what a name looks like."""
    before = readme.read_bytes()

    result = CliRunner().invoke(add_command, [str(readme), "attention"])

    assert isinstance(result.exception, UserError)
    assert "1706.03762" in str(result.exception)
    assert readme.read_bytes() == before


def test_an_open_comment_would_hide_the_draft(readme: Path) -> None:
    """GitHub shows nothing behind it; the sentence names its line."""
    readme.write_text("# Literature Review\n\n<!-- our notes\n\nmore\n")
    before = readme.read_bytes()

    with pytest.raises(UserError, match=r"line 3: a comment begins .* close it with -->"):
        draft(readme, "bert", provider="reading-list")
    assert readme.read_bytes() == before


def test_old_bytes_in_an_address_do_no_harm(readme: Path) -> None:
    """An umlaut of Windows-1252 inside a link."""
    old = b"- **Source 1**: Mine\n  - https://x.org/?q=M\xfcnchen\n  - **Methods**: some\n"
    readme.write_bytes(old)

    assert draft(readme, "bert", provider="reading-list", limit=1).count("added") == 1
    assert readme.read_bytes().startswith(old)
