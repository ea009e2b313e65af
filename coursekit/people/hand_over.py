"""Put what other teams say of a project into its repository, as a file on the team's branch.

A team may do with it what it likes: what it has changed or removed is left so.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from coursekit import lock
from coursekit.cohort.branches import author_now, current_branch, refuse_worktree
from coursekit.course.course import Course
from coursekit.course.record import append, rows
from coursekit.course.roster import Team, make_slug
from coursekit.errors import RepositoryError
from coursekit.git.history import read_history
from coursekit.git.objects import File
from coursekit.git.repository import Repository, blob_name, open_repository
from coursekit.hosting.base import Host
from coursekit.people.peer_review import FOLDER, what_was_said
from coursekit.template.commits import Commit, add_commits
from litreview.errors import UserError

WRITTEN = "written"
WOULD_WRITE = "would write"
THERE = "there already"
LEFT = "left"
FAILED = "failed"
_KIND = "handed over"


@dataclass(frozen=True, slots=True)
class HandedOver:
    """What became of the reviews of one team.

    Attributes:
        team: The slug.
        state: `written`, `would write`, `there already`, `left` (the team has changed or
            removed the file) or `failed`.
        note: The file, or what to do.
    """

    team: str
    state: str
    note: str


def hand_over_in_repositories(
    course: Course,
    name: str,
    *,
    anonymous: bool,
    host: Host | None = None,
    dry_run: bool = False,
    on_done: Callable[[], None] = lambda: None,
) -> list[HandedOver]:
    """Commit the reviews of a round to the repositories of the teams that they are about.

    Safe to repeat, also after a run that was killed; more reviews that came since are added.

    Args:
        course: The course.
        name: The round's name.
        anonymous: Without the reviewers' names.
        host: Where the repositories are published, if anywhere beyond the folder.
        dry_run: Write nothing.
        on_done: Called after each team.

    Raises:
        UserError: If nothing can be done at all; a single team's problem is in its outcome.
    """
    said = what_was_said(course, name, anonymous=anonymous)
    found = []
    for team in course.teams:
        if team.slug in said:
            text = f"# What other teams say: {name}\n\n{said[team.slug]}"
            try:
                with lock.hold(course.state, "peer-review"):
                    found.append(_hand_over(course, team, name, text, host, dry_run))
            except UserError as error:
                found.append(HandedOver(team.slug, FAILED, str(error)))
        on_done()
    return found


def _hand_over(
    course: Course, team: Team, name: str, text: str, host: Host | None, dry_run: bool
) -> HandedOver:
    path = course.repository(team)
    with open_repository(path) as repository:
        if host is not None:
            host.fetch(team, path)
        branch = current_branch(repository)
        outcome = _commit(course, team, name, text.encode(), repository, branch, dry_run)
        if host is not None and not dry_run and outcome.state in (WRITTEN, THERE):
            # What was committed before a run was killed may not be pushed yet.
            host.deliver(path, team.slug, branch, "", "")
    return outcome


def _commit(
    course: Course,
    team: Team,
    name: str,
    content: bytes,
    repository: Repository,
    branch: str,
    dry_run: bool,
) -> HandedOver:
    place = f"{FOLDER}/{make_slug(name)}.md"
    tip = repository.tip(branch)
    if tip is None:
        raise RepositoryError(f"{repository.path}: its branch {branch!r} has no commit")
    ours = {
        str(row.get("blob"))
        for _, row in rows(course)
        if (row.get("kind"), row.get("team"), row.get("place")) == (_KIND, team.slug, place)
    }
    files, blob = repository.files(tip), blob_name(content)
    present = files.get(place)
    outcome = HandedOver(team.slug, WOULD_WRITE, f"{place} on {branch}")
    if present is not None and present.oid == blob:
        return replace(outcome, state=THERE)
    if FOLDER in files:
        return replace(outcome, state=LEFT, note=f"the team has a file {FOLDER!r}")
    if present is not None and present.oid not in ours:
        return replace(outcome, state=LEFT, note=f"{place}: the team has changed it")
    if present is None and read_history(repository, tip).places.get(place, set()) & ours:
        return replace(outcome, state=LEFT, note=f"{place}: the team has removed it")
    if dry_run:
        return outcome
    refuse_worktree(repository, branch, "hand the reviews over as messages, with --out")
    # Before the commit: a file that is there is then known to be ours.
    append(course, {"kind": _KIND, "team": team.slug, "place": place, "blob": blob})
    message = f"Hand over what other teams say: {name}\n"
    add_commits(
        repository.git_dir,
        [Commit(branch, (tip,), message, {place: File(content)})],
        author_now(course),
    )
    return replace(outcome, state=WRITTEN)
