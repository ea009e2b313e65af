"""Say what the first update would do to a repository, before anything is recorded in it."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from coursekit.cohort.branches import author_now
from coursekit.cohort.generate import answers
from coursekit.cohort.outcome import TeamUpdate
from coursekit.cohort.record import RECEIVED
from coursekit.cohort.update import Updater
from coursekit.course.course import Course
from coursekit.course.roster import Team
from coursekit.git import git
from coursekit.git.repository import Repository, open_repository
from coursekit.template.commits import Commit, add_commits
from coursekit.template.render import Template
from coursekit.template.templates import load_template
from litreview.errors import UserError

# More new files than this are seldom what anybody wants.
_MANY = 20


@dataclass(frozen=True, slots=True)
class Preview:
    """What the first update would do.

    Attributes:
        added: Files that it would add.
        changed: Files of the team that it would change.
        removed: Files that it would remove.
        findings: Places that it would leave as the team has them.
        problem: Why it cannot be said.
    """

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    findings: int = 0
    problem: str = ""

    def sentence(self) -> str:
        """In one sentence, for people."""
        if self.problem:
            return f"the first update cannot be foreseen: {self.problem}"
        counts = ((len(self.added), "add"), (len(self.changed), "change"),
                  (len(self.removed), "remove"))  # fmt: skip
        parts = [f"{verb} {count}" for count, verb in counts if count]
        text = f"the first update would {', '.join(parts)} files" if parts else (
            "the first update would change nothing"
        )  # fmt: skip
        if self.findings:
            what = (
                "1 place as it is" if self.findings == 1 else f"{self.findings} places as they are"
            )
            text += f" and leave {what}"
        if len(self.added) > _MANY:
            text += (
                "; so many new files mean that [template] in course.toml is not the template that "
                "this repository was made from"
            )
        return text


def preview(
    course: Course, team: Team, repository: Repository, tip: str, record: Commit, folder: str
) -> Preview:
    """Try the first update in a repository of ours that borrows the team's objects.

    Args:
        course: The course, with the template that updates bring.
        team: The team.
        repository: Its repository, which is not written to.
        tip: The tip of its branch.
        record: The commit that adoption would record.
        folder: The folder of the repository that the template lies in.
    """
    try:
        template = _compiled(course)
        files = {**template.constants, **template.render(answers(course, team))}
        with tempfile.TemporaryDirectory(prefix="coursekit-preview-") as place:
            outcome = _try(course, team, Path(place) / "r.git", repository, tip, record, template)
    except UserError as error:
        return Preview(problem=str(error))
    ours = repository.files(tip)
    places = {f"{folder}/{path}" if folder else path for path in files}
    changed = [path for path in outcome.changed if path in ours]
    return Preview(
        tuple(path for path in outcome.changed if path not in ours),
        tuple(path for path in changed if path in places or path in dict(outcome.moved).values()),
        tuple(p for p in changed if p not in places and p not in dict(outcome.moved).values()),
        len(outcome.findings),
        outcome.problem,
    )


def _try(
    course: Course,
    team: Team,
    path: Path,
    repository: Repository,
    tip: str,
    record: Commit,
    template: Template,
) -> TeamUpdate:
    git.run("init", "--quiet", "--bare", path)
    objects = (repository.git_dir / "objects").absolute()
    (path / "objects" / "info" / "alternates").write_text(f"{objects}\n", encoding="utf-8")
    with open_repository(path) as trial:
        git.run("update-ref", "refs/heads/main", tip, git_dir=trial.git_dir)
        add_commits(trial.git_dir, [record], author_now(course), {RECEIVED: ":1"})
        updater = Updater(course, template, apply=True, dry_run=True)
        files = {**template.constants, **template.render(answers(course, team))}
        return updater.update_repository(team.slug, trial, files)


def _compiled(course: Course) -> Template:
    return Template(load_template(course.template, course.folder, course.state / "templates"))
