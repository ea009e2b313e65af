"""Keep where each team's branch stood when a deadline ended, so that nothing moves it later.

The commit is written into the course's log, and a reference keeps it from being thrown
away after a forced push. The team's clones do not see the reference, and cannot push to it.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coursekit import lock
from coursekit.cohort.commits import positions, read_commits
from coursekit.course.course import Course
from coursekit.course.record import append, read_extensions, rows
from coursekit.course.roster import Team, make_slug
from coursekit.errors import RepositoryError
from coursekit.git import git
from coursekit.git.repository import open_repository
from coursekit.hosting.base import DEADLINES, Host
from litreview.errors import UserError

KEPT = "kept"
WOULD_KEEP = "would keep"
BEFORE = "kept before"
FAILED = "failed"
_KIND = "deadline"
_HIDDEN = "receive.hideRefs"


@dataclass(frozen=True, slots=True)
class Keeping:
    """What became of one deadline of one team.

    Attributes:
        team: The slug.
        state: `kept`, `would keep`, `kept before` or `failed`.
        milestone: Its title.
        date: The last day, as ISO 8601; the team's own where it has an extension.
        commit: Where the branch stood; empty where it had no commit.
        problem: Why it failed.
    """

    team: str
    state: str
    milestone: str = ""
    date: str = ""
    commit: str = ""
    problem: str = ""

    def to_json(self) -> dict[str, Any]:
        """For other programs."""
        return asdict(self)


def read_kept(course: Course) -> dict[str, dict[tuple[str, str], str]]:
    """From team to milestone's title and day to the commit; the first that was kept counts."""
    found: dict[str, dict[tuple[str, str], str]] = {}
    for _, row in rows(course):
        if row.get("kind") == _KIND:
            key = (str(row.get("milestone")), str(row.get("date")))
            found.setdefault(str(row.get("team")), {}).setdefault(key, str(row.get("commit")))
    return found


def keep(
    course: Course,
    *,
    now: dt.datetime | None = None,
    only: Sequence[str] = (),
    host: Host | None = None,
    dry_run: bool = False,
    on_done: Callable[[str], None] = lambda slug: None,
) -> tuple[Keeping, ...]:
    """Keep all deadlines that have ended.

    Safe to repeat: what is kept never changes.

    Args:
        course: The course.
        now: The moment; now by default.
        only: Slugs of the teams; all of them by default.
        host: Where the repositories are published: their state is fetched first.
        dry_run: Say what would be kept; write nothing.
        on_done: Called with each team that is done.

    Raises:
        UserError: If nothing can be done at all. A single team's problem is in its outcome.
    """
    teams = course.pick(only)
    now = now or dt.datetime.now(dt.UTC)
    known, extensions = read_kept(course), read_extensions(course)
    found: list[Keeping] = []
    for team in teams:
        try:
            found += _keep(
                course, team, now, known.get(team.slug, {}), extensions.get(team.slug, {}), host,
                dry_run,
            )  # fmt: skip
        except UserError as error:
            found.append(Keeping(team.slug, FAILED, problem=str(error)))
        on_done(team.slug)
    return tuple(found)


def _keep(
    course: Course,
    team: Team,
    now: dt.datetime,
    known: dict[tuple[str, str], str],
    extensions: dict[str, dt.date],
    host: Host | None,
    dry_run: bool,
) -> list[Keeping]:
    ended = []
    for row in course.milestones:
        later = extensions.get(row.title)
        mine = row.on(later) if later and row.date and later > row.date else row
        end = mine.deadline(course.timezone)
        if row.is_set and end is not None and end < now:
            ended.append((row.title, end))
    path = course.repository(team)
    if not path.exists():
        raise RepositoryError(
            f"{path}: does not exist; make it with `coursekit generate {course.folder}`"
        )
    if host is not None:
        host.fetch(team, path)
    found = []
    with open_repository(path) as repository:
        line = positions(
            read_commits(repository, repository.head(), course.commit.email), now.timestamp()
        )
        for title, end in ended:
            date = end.date().isoformat()
            if (title, date) in known:
                found.append(Keeping(team.slug, BEFORE, title, date, known[title, date]))
                continue
            there = next((one for one in line if one.seconds <= end.timestamp()), None)
            commit = there.commit.oid if there else ""
            state = WOULD_KEEP if dry_run else KEPT
            found.append(Keeping(team.slug, state, title, date, commit))
            if dry_run:
                continue
            with lock.hold(course.state, "deadlines"):
                if commit:
                    name = f"{DEADLINES}{date}-{make_slug(title) or 'milestone'}"
                    _hide(repository.git_dir)
                    git.run("update-ref", name, commit, git_dir=repository.git_dir)
                append(
                    course,
                    {"kind": _KIND, "team": team.slug, "milestone": title, "date": date,
                     "commit": commit},
                )  # fmt: skip
    return found


def _hide(git_dir: Path) -> None:
    """Let git refuse pushes to the references, where teams push into this very repository."""
    prefix = DEADLINES.rstrip("/")
    there = git.attempt("config", "--get-all", _HIDDEN, git_dir=git_dir).stdout.decode()
    if prefix not in there.split():
        git.run("config", "--add", _HIDDEN, prefix, git_dir=git_dir)
