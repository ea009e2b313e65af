"""What `litreview check` tells a team, on the command line and to other programs."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from replay_server import ReplayServer, Reply
from review_template import template_of

from litreview.actions.check import check, check_text
from litreview.actions.draft import draft
from litreview.actions.links import (
    link_state,
    reading_list_titles,
    recorded_titles,
)
from litreview.cli.check import command
from litreview.errors import UserError
from litreview.review.findings import as_github, as_junit
from litreview.review.readme import find_review
from litreview.web.fetch import Fetcher
from litreview.works.titles import title_agreement


def written(number: int, **changes: str) -> str:
    parts = {
        "title": f"A study of number {number}",
        "link": f"https://x.org/{number}",
        "objective": "We ask.",
        "methods": "We count.",
        "outcomes": "They agree.",
        "relation": f"Use {number} for us.",
    } | changes
    return (
        f"- **Source {number}**: {parts['title']}\n\n  - **[Link]({parts['link']})**\n"
        f"  - **Objective**: {parts['objective']}\n  - **Methods**: {parts['methods']}\n"
        f"  - **Outcomes**: {parts['outcomes']}\n"
        f"  - **Relation to the Project**: {parts['relation']}\n\n"
    )


def codes(text: str, **options: object) -> list[tuple[int, str, str]]:
    report = check_text(text, **options)  # type: ignore[arg-type]
    return [(finding.line, finding.level, finding.code) for finding in report.findings]


GOOD = written(1) + written(2)


def test_two_complete_sources_are_enough() -> None:
    """The course asks for two."""
    report = check_text(GOOD)

    assert (report.verdict, report.complete_sources, report.findings) == (True, 2, ())


def test_the_minimum_is_the_courses() -> None:
    """Another course may ask for more."""
    report = check_text(GOOD, minimum=3)

    assert report.verdict is False
    assert [finding.code for finding in report.findings] == ["too-few-sources"]


BAD = {
    "no title": (written(1, title=""), (1, "error", "no-title")),
    "the form's title": (
        written(1, title="[Title of Source 1]"),
        (1, "error", "placeholder-title"),
    ),
    "no address": (written(1, link=""), (1, "error", "no-address")),
    "a file for an address": (written(1, link="paper.pdf"), (1, "error", "not-an-address")),
    "twice https": (written(1, link="https://https://x.org/a"), (1, "error", "not-an-address")),
    "no host": (written(1, link="https://localhost/a"), (1, "error", "not-an-address")),
    "an empty field": (written(1, methods=""), (5, "error", "empty-field")),
    "a placeholder": (written(1, outcomes="TBD"), (6, "error", "placeholder-field")),
    "a missing field": (
        written(1).replace("  - **Methods**: We count.\n", ""),
        (1, "error", "missing-field"),
    ),
    "no relation": (written(1, relation=""), (7, "warning", "no-relation")),
    "the objective for a relation": (
        written(1, relation="We ask."),
        (7, "warning", "relation-copied"),
    ),
    "an access token": (
        written(1, link="https://x.org/a.pdf?casa_token=abc"),
        (1, "hint", "expiring-address"),
    ),
    "many sentences": (written(1, methods="One. Two. Three. Four."), (1, "hint", "long-field")),
}


@pytest.mark.parametrize("case", BAD)
def test_a_fault_is_found_at_its_line(case: str) -> None:
    """Line, level and code are what other programs rely on."""
    text, expected = BAD[case]

    assert codes(text + written(2) + written(3)) == [expected]


def test_copied_relations_duplicates_and_numbers_are_found_at_the_second_source() -> None:
    """Whoever reads the second one knows the first."""
    again = written(1, relation="Use 1 for us.")

    assert codes(written(1) + again) == [
        (9, "hint", "duplicate-number"),
        (9, "warning", "duplicate-source"),
        (15, "warning", "relation-copied"),
    ]


def test_a_title_that_belongs_to_another_work_is_a_warning() -> None:
    """Invented sources often have a real address."""
    text = written(1, link="https://arxiv.org/abs/1706.03762v5") + written(2)

    found = check_text(text, known_title=reading_list_titles().get).findings

    assert [finding.code for finding in found] == ["title-mismatch"]
    assert "Attention Is All You Need" in found[0].message


@pytest.mark.parametrize(
    ("title", "same"),
    [
        ("Attention is all you need", True),
        ("Vaswani et al. (2017). Attention is all you need. NeurIPS.", True),
        ("Attention", True),
        ("The impact of learning on language education: a review", False),
        ("A survey of attention in vision", False),
    ],
)
def test_titles_agree_in_words_not_in_letters(title: str, same: bool) -> None:
    """Students shorten titles and paste whole citations."""
    assert (title_agreement(title, "Attention Is All You Need") >= 0.5) is same


def test_an_essay_needs_a_human_and_fails_nothing(tmp_path: Path) -> None:
    """A good essay must not be rejected by a program."""
    readme = tmp_path / "README.md"
    readme.write_text("# Literature Review\n\n" + "Many words say little about much. " * 60)

    result = CliRunner().invoke(command, [str(readme)])

    assert result.exit_code == 0
    assert "needs a human" in result.stdout


def test_the_empty_form_says_what_to_do_once() -> None:
    """One finding is enough where nothing is written yet."""
    assert codes(template_of(3)) == [(1, "error", "empty-review")]


def test_an_unused_entry_of_the_form_is_a_hint() -> None:
    """Two sources are enough; the third entry may go."""
    slot = "- **Source 3**: [Title of Source 3]\n\n  - **[Link]()**\n  - **Objective**:\n"

    assert codes(GOOD + slot) == [(17, "hint", "unused-slot")]


def test_json_has_the_documented_shape(tmp_path: Path) -> None:
    """Other programs read it."""
    readme = tmp_path / "README.md"
    readme.write_text(written(1, link="https://doi.org/10.1000/x1") + written(2, methods=""))

    result = CliRunner().invoke(command, [str(readme), "--json"])

    data = json.loads(result.stdout)
    assert result.exit_code == 1
    assert list(data) == ["form", "verdict", "complete_sources", "sources", "findings"]
    assert data["sources"][0] == {
        "title": "A study of number 1",
        "urls": ["https://doi.org/10.1000/x1"],
        "arxiv_id": None,
        "doi": "10.1000/x1",
        "objective": "We ask.",
        "methods": "We count.",
        "outcomes": "They agree.",
        "relation": "Use 1 for us.",
        "line": 1,
    }
    assert set(data["findings"][0]) == {"line", "level", "code", "message"}


def test_warnings_fail_only_the_strict_check(tmp_path: Path) -> None:
    """A draft lacks its relations at first, and that stops nobody's build."""
    readme = tmp_path / "README.md"
    readme.write_text(GOOD.replace("Use 1 for us.", ""))

    assert CliRunner().invoke(command, [str(readme)]).exit_code == 0
    assert CliRunner().invoke(command, [str(readme), "--strict"]).exit_code == 1


def test_annotations_cannot_be_forged_by_a_title() -> None:
    """A title is a student's, a workflow command is ours."""
    report = check_text(written(1, title="a %0A::error::b, c: d") + written(1), name="a,b:c.md")

    lines = as_github(report).splitlines()

    assert len(lines) == len(report.findings)
    assert all(line.startswith(("::error ", "::warning ", "::notice ")) for line in lines)
    assert all("file=a%2Cb%3Ac.md,line=" in line for line in lines)
    assert all("%0A::error" not in line for line in lines)


def test_junit_counts_a_failure_per_broken_source() -> None:
    """CI services show cases and failures; titles may hold what XML forbids."""
    text = written(1, methods="", outcomes="") + written(2, title="a <b> & \x0c c", relation="")

    root = ElementTree.fromstring(as_junit([check_text(text)]))

    (suite,) = root
    assert suite.attrib["tests"] == "3"
    assert suite.attrib["failures"] == "2"
    assert [case.find("failure") is not None for case in suite] == [True, True, False]


@pytest.mark.parametrize("folder", ["0_LiteratureReview", "0_literature_review", "1_Literatur"])
def test_the_review_is_found_in_renamed_folders(tmp_path: Path, folder: str) -> None:
    """Teams rename and renumber milestone folders."""
    (tmp_path / "3_Model").mkdir()
    (tmp_path / "README.md").write_text("# Project\n")
    (tmp_path / folder).mkdir()
    readme = tmp_path / folder / "Readme.md"
    readme.write_text(GOOD)

    assert find_review(tmp_path) == readme
    assert find_review(tmp_path / folder) == readme
    assert check(tmp_path).verdict is True


def test_a_repository_that_is_called_literature_is_still_a_repository(tmp_path: Path) -> None:
    """Its own README is the project's, not the review."""
    repository = tmp_path / "literature-review-bot"
    review = repository / "0_LiteratureReview" / "README.md"
    review.parent.mkdir(parents=True)
    review.write_text(GOOD)
    (repository / "README.md").write_text("# Project\n")

    assert find_review(repository) == review


@pytest.mark.parametrize("folder", ["0_LiteratureReview", "3_Model"])
def test_a_repository_without_a_review_is_a_users_mistake(tmp_path: Path, folder: str) -> None:
    """The sentence says what was looked for; the project's README does not stand in."""
    (tmp_path / folder).mkdir()
    (tmp_path / "README.md").write_text("# Project\n")

    with pytest.raises(UserError, match=r"0_LiteratureReview/README\.md"):
        check(tmp_path)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"\x00\x01PNG", "binary"), (b"a" * 50_000_000, "larger than 5 MB"), (None, "does not exist")],
    ids=["binary", "large", "missing"],
)
def test_what_is_no_readme_is_said_in_one_sentence(
    tmp_path: Path, content: bytes | None, said: str
) -> None:
    """In a process of its own: exit code 2, one line on stderr, no traceback."""
    readme = tmp_path / "README.md"
    if content is not None:
        readme.write_bytes(content)

    result = subprocess.run(
        [sys.executable, "-m", "litreview", "check", str(readme)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert result.returncode == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert len(result.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("encoding", ["utf-8-sig", "cp1252", "utf-16"])
def test_any_editors_encoding_is_read(tmp_path: Path, encoding: str) -> None:
    """Excel, Notepad and old editors all save text."""
    readme = tmp_path / "README.md"
    readme.write_bytes(GOOD.replace("study", "Prüfung").encode(encoding))

    assert check(readme).sources[0].title == "A Prüfung of number 1"


def test_a_missing_page_is_dead_and_a_refused_one_is_not(
    server: ReplayServer, fetcher: Fetcher
) -> None:
    """Publishers answer programs with 403 although the page is there."""
    answers = {"/gone": Reply(b"", 404), "/closed": Reply(b"", 403), "/there": Reply(b"ok")}
    server.answer = lambda path: answers[path]

    states = {path: link_state(server.url + path, fetcher).dead for path in answers}

    assert states == {"/gone": True, "/closed": False, "/there": False}


def test_online_reports_the_dead_link(server: ReplayServer, fetcher: Fetcher) -> None:
    """The finding names the address and stands at its source."""
    server.answer = lambda path: Reply(b"", 410 if path == "/2" else 200)
    text = (written(1) + written(2)).replace("https://x.org", server.url)
    steps: list[int] = []

    report = check_text(text, fetcher=fetcher, progress=steps.append)

    assert [(f.line, f.code) for f in report.findings] == [(9, "dead-link")]
    assert steps == [1, 1]


def test_online_asks_arxiv_for_the_titles_of_all_ids_at_once(
    arxiv_server: ReplayServer, arxiv_folder: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    """A bare id counts as an address, and its real title is known to arXiv."""
    readme = tmp_path / "README.md"
    ids = ("2008.11708", "2008.11649")
    other, right = (
        "Sina Weibo",
        "Discrete Word Embedding for Logical Natural Language Understanding",
    )
    if arxiv_folder.parent.name == "recorded":
        ids, other = ("1505.11480", "1606.11517"), "Testing parsers with adversarial typos"
        right = "Testing taggers with adversarial typos"
    readme.write_text(
        written(1, title="Cats and how they sleep all day").replace(
            "[Link](https://x.org/1)", f"arXiv:{ids[0]}"
        )
        + written(2, title=right).replace("[Link](https://x.org/2)", f"arXiv:{ids[1]}")
    )

    result = CliRunner().invoke(command, [str(readme), "--online", "--json"])

    findings = json.loads(result.stdout)["findings"]
    assert [(found["line"], found["code"]) for found in findings] == [(1, "title-differs")]
    assert other in findings[0]["message"]
    assert len(arxiv_server.requests) == 1


def test_a_recorded_search_knows_titles_without_a_network(tmp_path: Path) -> None:
    """What was found once need not be asked again."""
    readme = tmp_path / "README.md"
    draft(readme, "bert", provider="reading-list", limit=1)

    titles = recorded_titles(readme)

    assert "arxiv:1810.04805" in titles


def test_links_never_lead_into_the_local_network(server: ReplayServer, fetcher: Fetcher) -> None:
    """A student's README must not make the staff's machine ask its own services."""
    from dataclasses import replace

    guarded = Fetcher(replace(fetcher.settings, private_addresses=False))

    with guarded:
        state = link_state(f"{server.url}/admin", guarded)

    assert not state.dead
    assert server.requests == []


def test_every_code_is_documented(repository_root: Path) -> None:
    """Programs and people look codes up."""
    source = (repository_root / "litreview" / "actions" / "check.py").read_text(encoding="utf-8")
    emitted = set(re.findall(r'"((?:[a-z]+-)+[a-z]+)"', source))
    page = (repository_root / "docs" / "reference" / "reviews.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if re.match(r"\| `[a-z]+-", line)]

    documented = {code for row in rows for code in re.findall(r"`([a-z-]+)`", row.split("|")[1])}

    assert documented == emitted
