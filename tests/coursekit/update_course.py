"""A tiny course with one team, whose template and repository a test can change."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.cohort import update as updating
from coursekit.cohort.generate import generate
from coursekit.cohort.outcome import TeamUpdate
from coursekit.course.course import load_course
from coursekit.git.repository import open_repository

SETTINGS = {
    "project_name": "Names",
    "project_slug": "{{ cookiecutter.project_name | lower }}",
    "description": "",
    "members": "",
    "task": ["ner", "generation"],
    "model_family": ["encoder-only", "decoder-only"],
    "course_title": "",
    "cohort": "",
    "language": ["en", "de"],
    "repository_url": "",
    "site_url": "",
    "_schedule": {"milestones": []},
    "_rules": {},
    "_copy_without_render": ["*.ipynb"],
}
COURSE = """\
[course]
title = "Course"
cohort = "2026-winter"

[template]
source = "../template"

[[milestones]]
date = 2026-11-20
title = "TBD"
"""
ROSTER = "team,slug,members\nOwls,owls,Ada\n"


def notebook(*cells: str, minor: int = 5, run: bool = False) -> str:
    """A notebook of code cells, with or without outputs."""
    made = [
        {
            "cell_type": "code",
            "execution_count": number if run else None,
            "id": f"cell{number}",
            "metadata": {},
            "outputs": [{"output_type": "stream", "name": "stdout", "text": ["1\n"]}]
            if run
            else [],
            "source": text.splitlines(keepends=True),
        }
        for number, text in enumerate(cells, start=1)
    ]
    document = {"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": minor}
    return json.dumps(document, indent=1) + "\n"


FILES: dict[str, str | bytes] = {
    "README.md": "# {{ cookiecutter.project_name }}\n\nOne\nTwo\nThree\nFour\nFive\n",
    "MILESTONES.md": "# Schedule\n{% for row in cookiecutter._schedule.milestones %}\n"
    "- {{ row.date }}: {{ row.milestone }}{% endfor %}\n",
    "3_Model/INSTRUCTIONS.md": "# Model\n\nDefine the model.\nTrain it.\n",
    "3_Model/README.md": "# Our model\n\n- Why: [Why?]\n- Result: [Which?]\n",
    "3_Model/model.ipynb": notebook("a = 1", "b = 2", "c = 3"),
    "cover.png": b"\x89PNG\0template",
}


@dataclass
class UpdateCourse:
    """The course, its template folder, and a clone in which the team works."""

    folder: Path
    files: dict[str, str | bytes] = field(default_factory=lambda: dict(FILES))
    settings: str = COURSE
    roster: str = ROSTER

    def start(self) -> None:
        """Make the course, the team's repository and its clone."""
        (self.folder / "course").mkdir(parents=True)
        (self.folder / "course" / "course.toml").write_text(self.settings, encoding="utf-8")
        (self.folder / "course" / "roster.csv").write_text(self.roster, encoding="utf-8")
        self.template({})
        report = generate(load_course(self.folder / "course"))
        assert not report.failed, report.failed
        # A relative address, so that the whole folder can be copied.
        self.git("clone", "-q", "course/repositories/owls.git", "clone", cwd=self.folder)
        self.git("remote", "set-url", "origin", "../course/repositories/owls.git")

    @property
    def clone(self) -> Path:
        return self.folder / "clone"

    @property
    def bare(self) -> Path:
        return self.folder / "course" / "repositories" / "owls.git"

    def template(self, changes: dict[str, str | bytes | None]) -> None:
        """Change the template; None removes a file."""
        for path, content in changes.items():
            if content is None:
                self.files.pop(path, None)
            else:
                self.files[path] = content
        root = self.folder / "template"
        shutil.rmtree(root, ignore_errors=True)
        project = root / "{{cookiecutter.project_slug}}"
        project.mkdir(parents=True)
        (root / "cookiecutter.json").write_text(json.dumps(SETTINGS), encoding="utf-8")
        for path, content in self.files.items():
            target = project / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content.encode() if isinstance(content, str) else content)

    def team(self, changes: dict[str, str | bytes | None], date: str = "") -> None:
        """Change files in the clone, commit (at a date) and push; None deletes a file."""
        for path, content in changes.items():
            target = self.clone / path
            if content is None:
                target.unlink()
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(content.encode() if isinstance(content, str) else content)
        self.push(date)

    def push(self, date: str = "") -> None:
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", "Work", date=date)
        self.git("push", "-q", "origin", "HEAD")

    def git(self, *arguments: str, cwd: Path | None = None, date: str = "") -> str:
        settings = ["user.name=Ada", "user.email=ada@example.org", "core.autocrlf=false"]
        options = [part for setting in settings for part in ("-c", setting)]
        dates = {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date} if date else {}
        return subprocess.run(
            ["git", *options, *arguments],
            cwd=cwd or self.clone, check=True, capture_output=True, env=os.environ | dates,
            text=True, errors="surrogateescape",
        ).stdout  # fmt: skip

    def update(self, *, apply: bool = True, dry_run: bool = False) -> TeamUpdate:
        course = load_course(self.folder / "course")
        (outcome,) = updating.update(course, apply=apply, dry_run=dry_run).teams
        return outcome

    def read(self, path: str, ref: str = "HEAD") -> bytes:
        with open_repository(self.bare) as repository:
            return repository.read(path, ref=ref)

    def paths(self, ref: str = "HEAD") -> set[str]:
        with open_repository(self.bare) as repository:
            return set(repository.files(ref))

    def tips(self) -> dict[str, str]:
        with open_repository(self.bare) as repository:
            return repository.branches()
