"""Open the game: each team gets a branch with the rules and an entry to begin with."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.cohort.branches import author_now, current_branch
from coursekit.course.course import Course
from coursekit.git.objects import File
from coursekit.git.repository import open_repository
from coursekit.golf.entry import PATH
from coursekit.hosting.base import Host
from coursekit.template.commits import Commit, add_commits
from litreview.errors import UserError
from litreview.files import read_bytes

BRANCH = "golf"
OPENED, WOULD, WAITS, PLAYS, FAILED = "opened", "would open", "open", "plays", "failed"
_README = "golf/README.md"
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Opened:
    """What became of a team.

    Attributes:
        state: `opened`, `would open`, `open` (its branch waits), `plays` (it has an entry), or
            `failed`.
        note: Why it failed.
    """

    team: str
    state: str
    note: str = ""


def open_game(
    course: Course,
    *,
    only: Sequence[str] = (),
    host: Host | None = None,
    dry_run: bool = False,
    on_done: Callable[[Opened], None] = lambda one: None,
) -> tuple[Opened, ...]:
    """Give each team the rules and a first entry, on a branch that it merges if it wants to play.

    Safe to repeat: a team that plays, or has the branch, is left alone.

    Args:
        course: The course.
        only: Slugs of the teams; all of them by default.
        host: Where the repositories are published, if anywhere beyond the folder.
        dry_run: Write nothing.
        on_done: Called with each team.
    """
    found = []
    for team in course.pick(only):
        try:
            path = course.repository(team)
            if host is not None:
                host.fetch(team, path)
            one = Opened(team.slug, _open(course, path, dry_run=dry_run))
            if host is not None and one.state == OPENED:
                title = f"CPU golf: an optional task of {course.title}"
                body = f"{_told()}\n\nThe branch `{BRANCH}` has it; merge it if you want to play.\n"
                host.deliver(path, team.slug, BRANCH, title, body)
                host.announce(team.slug, "coursekit-golf", title, body)
        except UserError as error:
            one = Opened(team.slug, FAILED, str(error))
        on_done(one)
        found.append(one)
    return tuple(found)


def _open(course: Course, path: Path, *, dry_run: bool) -> str:
    with open_repository(path) as repository:
        tips = repository.branches()
        main = current_branch(repository, tips)
        if main not in tips:
            raise UserError(f"{path}: its branch {main!r} has no commit; push one first")
        if PATH in repository.files(tips[main]):
            return PLAYS
        if BRANCH in tips:
            return WAITS
        if dry_run:
            return WOULD
        files = {_README: File(_told().encode()), PATH: File(starter())}
        message = f"Offer CPU golf, an optional task of {course.title}\n"
        commit = Commit(BRANCH, (tips[main],), message, files)
        add_commits(repository.git_dir, [commit], author_now(course))
    return OPENED


def starter() -> bytes:
    """The entry that a team begins with: counting."""
    source = read_bytes(_HERE / "entries" / "kneser_ney.py")
    return source.replace('NAME = "Kneser–Ney, order 10"'.encode(), b'NAME = "our first entry"')


def _told() -> str:
    return read_bytes(_HERE / "rules.md").decode()
