"""What a roster, a replay file or a person may hand in when a repository is made."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from cookiecutter.exceptions import CookiecutterException
from jinja2.exceptions import TemplateError

REFUSED = {
    "path upwards": ({"project_slug": "../evil"}, "is no folder name"),
    "absolute path": ({"project_slug": "/tmp/evil-of-the-test"}, "is no folder name"),
    "Windows path": ({"project_slug": "..\\evil"}, "is no folder name"),
    "dot": ({"project_slug": ".git"}, "is no folder name"),
    "space": ({"project_slug": "my project"}, "is no folder name"),
    "capital": ({"project_slug": "MyProject"}, "is no folder name"),
    "option": ({"project_slug": "--help"}, "is no folder name"),
    "name of Windows": ({"project_slug": "con"}, "reserved by Windows"),
    "port of Windows": ({"project_slug": "com1"}, "reserved by Windows"),
    "long slug": ({"project_slug": "a" * 61}, "use at most 60"),
    "name of a package": ({"project_slug": "torch"}, "Python package"),
    "no title": ({"project_name": " ", "project_slug": "fine"}, "is empty"),
    "line break": ({"project_name": "One\nTwo", "project_slug": "fine"}, "line break"),
    "control character": ({"description": "bell \x07"}, "control character"),
    "turned text": ({"project_name": "abc \u202ecba", "project_slug": "fine"}, "direction mark"),
    "curly bracket": ({"description": "a {b} c"}, "curly bracket"),
    "long text": ({"description": "a" * 1001}, "use at most 1000"),
    "script address": ({"repository_url": "javascript:alert(1)"}, "is no web address"),
    "address with markup": ({"site_url": "https://a.b/'><script>"}, "is no web address"),
    "schedule of text": ({"_schedule": "soon"}, "_schedule"),
    "row of text": ({"_schedule": {"milestones": ["soon"]}}, "row 1"),
    "cell over two lines": (
        {"_schedule": {"milestones": [{"date": "a\nb"}]}},
        "_schedule, row 1, date",
    ),
    "language without labels": ({"language": "xx"}, "'xx' has no labels; choose one of de, en"),
    "language of two lines": ({"language": "en\nhooks: [evil]"}, "has no labels; choose one of"),
    "rule of text": ({"_rules": {"minimum_sources": "two"}}, "minimum_sources"),
}


@pytest.mark.parametrize(("answers", "reason"), REFUSED.values(), ids=REFUSED)
def test_a_bad_answer_is_refused_in_a_sentence_and_leaves_nothing(
    generate: Any,
    tmp_path: Path,
    capfd: pytest.CaptureFixture[str],
    answers: dict[str, Any],
    reason: str,
) -> None:
    """Answers come from rosters that strangers filled in."""
    with pytest.raises(CookiecutterException):
        generate(**answers)

    message = capfd.readouterr().err
    assert reason in message
    assert "Traceback" not in message
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "cookiecutter.yaml",
        "out",
        "replay",
    ]
    assert list((tmp_path / "out").iterdir()) == []
    assert not Path("/tmp/evil-of-the-test").exists()


@pytest.mark.parametrize("name", ["task", "model_family"])
def test_a_choice_that_is_not_offered_is_refused(generate: Any, tmp_path: Path, name: str) -> None:
    """Cookiecutter checks choices itself, and before anything is written."""
    with pytest.raises(ValueError, match="the choices are"):
        generate(**{name: "everything"})

    assert not list((tmp_path / "out").iterdir())


@pytest.mark.parametrize("text", ["{% if", "{{ 7*", "{{ nothing.at_all }}"])
def test_broken_jinja_in_an_answer_stops_before_anything_is_written(
    generate: Any, tmp_path: Path, text: str
) -> None:
    """Cookiecutter renders the values that a program passes, before any hook sees them."""
    with pytest.raises((TemplateError, CookiecutterException)):
        generate(project_name=text, project_slug="fine")

    assert not list((tmp_path / "out").iterdir())


def test_jinja_typed_at_the_prompt_is_refused_and_not_run(
    repository_root: Path, tmp_path: Path
) -> None:
    """What a person types reaches the files as it is, so it must not be template code."""
    answers = ["{{ 7*7 }}", "fine", *[""] * 9]
    environment = {**os.environ, "HOME": str(tmp_path), "USERPROFILE": str(tmp_path)}

    done = subprocess.run(
        [sys.executable, "-m", "cookiecutter", str(repository_root), "-o", str(tmp_path / "out")],
        input="\n".join(answers) + "\n",
        capture_output=True,
        text=True,
        env=environment,
        cwd=tmp_path,
        check=False,
    )

    assert done.returncode != 0
    assert "project_name: '{{ 7*7 }}' contains a curly bracket; leave it out" in done.stderr
    assert not (tmp_path / "out" / "fine").exists()


AWKWARD = """Ünï "quoted" & 'single' <b>#1</b>: yes | no — 100 % 🙂 \\n $(x) `y`"""


def test_awkward_but_honest_answers_survive_everywhere(generate: Any) -> None:
    """Titles contain quotes, colons and umlauts; none of them may break a file."""
    made = generate(
        project_name=AWKWARD,
        project_slug="awkward",
        description=AWKWARD,
        members="Zoë O'Neil, Łukasz",
        course_title=AWKWARD,
        cohort="2026/27",
        repository_url="https://github.com/team/awkward",
        site_url="https://team.github.io/awkward/",
    )

    site = yaml.safe_load((made / "mkdocs.yml").read_text(encoding="utf-8"))
    readme = (made / "README.md").read_text(encoding="utf-8")
    assert site["site_name"] == AWKWARD.replace("<", "&lt;")
    assert site["site_url"] == "https://team.github.io/awkward/"
    assert tomllib.loads((made / "pyproject.toml").read_text())["project"]["name"] == "awkward"
    assert readme.startswith("# " + AWKWARD.replace("<", "&lt;"))
    assert "Team: Zoë O'Neil, Łukasz" in readme
    assert "<https://github.com/team/awkward>" in readme


def test_the_courses_own_schedule_replaces_the_default_rows(generate: Any) -> None:
    """Course rules are data: fewer rows, other columns and awkward cells arrive as they are."""
    rows = [
        {"date": "2027-04-01", "milestone": "Kick-off | start", "deliverable": "<none>"},
        {"date": "TBD", "milestone": "", "deliverable": "Slides", "folder": "4_Presentation"},
    ]

    made = generate(_schedule={"milestones": rows}, _rules={"minimum_sources": 5})

    table = [
        line
        for line in (made / "MILESTONES.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("|")
    ]
    assert table[2:] == [
        r"| 2027-04-01 | Kick-off \| start | &lt;none> | – |",
        "| TBD | TBD | Slides | [4_Presentation](4_Presentation/README.md) |",
    ]
    instructions = (made / "0_LiteratureReview" / "INSTRUCTIONS.md").read_text(encoding="utf-8")
    assert "**5 sources**" in instructions


def test_the_default_schedule_is_the_terms(repository: Path, repository_root: Path) -> None:
    """In its order; TBD stays TBD until the staff set it."""
    lines = (repository / "MILESTONES.md").read_text(encoding="utf-8").splitlines()
    rows = [[cell.strip() for cell in line.split("|")[1:3]] for line in lines if "| 202" in line]
    answers = json.loads((repository_root / "cookiecutter.json").read_text(encoding="utf-8"))
    wanted = [[row["date"], row["milestone"]] for row in answers["_schedule"]["milestones"]]

    assert rows == wanted
    assert rows == sorted(rows)
    assert rows[:3] == [
        ["2026-10-30", "Form groups"],
        ["2026-11-06", "Literature review I"],
        ["2026-11-13", "Literature review II"],
    ]
    assert [name for _, name in rows].count("TBD") == 5
