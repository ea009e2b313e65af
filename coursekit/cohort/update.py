"""Bring a newer template into repositories in which teams have worked.

Every repository has a branch `template` that only this module adds to: each
commit is the template, rendered for the team and otherwise untouched. An update
adds one more, and merges the difference into the team's branch. What the team
wrote always stays: where both changed the same lines, the team's stand and the
update says so.

A trial run does all of this but the writing, so it says exactly what would happen.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace

from coursekit import lock
from coursekit.cohort.branches import (
    author_now,
    contains,
    current_branch,
    merge_base,
    refuse_worktree,
    trailers,
)
from coursekit.cohort.generate import answers, check_answers, check_git
from coursekit.cohort.messages import commit_message, team_message
from coursekit.cohort.outcome import (
    BRANCH,
    CURRENT,
    DECLINED,
    FAILED,
    PENDING,
    UPDATED,
    WOULD_UPDATE,
    TeamUpdate,
    UpdateReport,
)
from coursekit.cohort.record import (
    PROPOSED,
    RECEIVED,
    Base,
    is_adopted,
    is_proposed,
    parents_of,
    received_base,
    recording,
    renames,
    same_files,
    taken_over,
)
from coursekit.course.course import Course
from coursekit.course.roster import Team
from coursekit.errors import RepositoryError
from coursekit.git import git
from coursekit.git.locks import clear_stale
from coursekit.git.objects import File
from coursekit.git.repository import Entry, Repository, open_repository
from coursekit.hosting.base import Host
from coursekit.merge.moves import MoveFinder
from coursekit.merge.names import find_old_names
from coursekit.merge.tree import (
    CLASH,
    OLD_NAME,
    REPLACED,
    UNREADABLE,
    Finding,
    TreeMerge,
    Version,
    merge_trees,
    same_file,
)
from coursekit.team.received import PRISTINE
from coursekit.template.commits import FOLDER, VERSION, Commit, add_commits
from coursekit.template.render import Template
from coursekit.template.templates import load_template
from litreview.errors import UserError

_LEFT = "Template-Left"
# Findings that are repeated until the team changes the file.
_OPEN = (CLASH, REPLACED, UNREADABLE, OLD_NAME)
CLOSED = (
    "the team has closed the proposal of this version; the next version is proposed again, and "
    "--apply brings this one"
)


def update(
    course: Course,
    *,
    apply: bool = False,
    dry_run: bool = False,
    only: Sequence[str] = (),
    host: Host | None = None,
    jobs: int | None = None,
    on_done: Callable[[TeamUpdate], None] = lambda team: None,
) -> UpdateReport:
    """Bring the course's present template and rules into its repositories.

    Safe to repeat: a repository that has everything is left as it is.

    Args:
        course: The course with its teams.
        apply: Merge into each team's own branch; otherwise the merge waits on
            the branch `template-update`.
        dry_run: Say what would happen; write nothing.
        only: Slugs of the teams to update; all of them by default.
        host: Where the repositories are published, if anywhere beyond the
            folder: their state is fetched first (in a trial run, too), and the
            update is pushed and proposed there.
        jobs: Repositories at a time; by default one per core.
        on_done: Called with each repository's outcome as soon as it is known.

    Raises:
        UserError: If nothing can be done at all. A single repository's problem
            is in its outcome.
    """
    check_git()
    teams = course.pick(only)
    source = load_template(course.template, course.folder, course.state / "templates")
    check_answers(course, source)
    updater = Updater(course, Template(source), apply=apply, dry_run=dry_run, host=host)
    if dry_run:
        outcomes = _run(updater, teams, jobs, on_done)
    else:
        with lock.hold(course.state, "update"):
            outcomes = _run(updater, teams, jobs, on_done)
    return UpdateReport(tuple(outcomes), source.version(), dry_run)


def _run(
    updater: Updater,
    teams: Sequence[Team],
    jobs: int | None,
    on_done: Callable[[TeamUpdate], None],
) -> list[TeamUpdate]:
    # Threads: the work is done by git's own processes.
    outcomes: dict[str, TeamUpdate] = {}
    with ThreadPoolExecutor(jobs or os.cpu_count() or 1) as pool:
        try:
            futures = {pool.submit(updater.update, team): team for team in teams}
            for future in as_completed(futures):
                # Hosts ask that changes are not made in parallel.
                outcome = updater.deliver(futures[future], future.result())
                outcomes[outcome.team] = outcome
                on_done(outcome)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return [outcomes[team.slug] for team in teams]


class Updater:
    """Updates one repository after the other from one compiled template."""

    def __init__(
        self,
        course: Course,
        template: Template,
        *,
        apply: bool,
        dry_run: bool,
        host: Host | None = None,
    ) -> None:
        self.host = host
        self.course = course
        self.template = template
        self.apply = apply
        self.dry_run = dry_run
        self.author = author_now(course)
        self.finder = MoveFinder()

    def update(self, team: Team) -> TeamUpdate:
        """Update one repository; its problem, if it has one, is in the outcome."""
        path = self.course.repository(team)
        try:
            if not path.exists():
                raise RepositoryError(
                    f"{path}: does not exist; make it with `coursekit generate "
                    f"{self.course.folder}`"
                )
            with open_repository(path) as repository:
                notes = () if self.dry_run else clear_stale(repository.git_dir)
                if self.host is not None:
                    self.host.fetch(team, path)
                files = {
                    **self.template.constants,
                    **self.template.render(answers(self.course, team)),
                }
                outcome = self.update_repository(team.slug, repository, files)
                return replace(outcome, notes=outcome.notes + notes)
        except UserError as error:
            return TeamUpdate(team.slug, FAILED, problem=str(error))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            problem = f"{path}: cannot be used ({reason}); check permissions and disk space"
            return TeamUpdate(team.slug, FAILED, problem=problem)

    def deliver(self, team: Team, outcome: TeamUpdate) -> TeamUpdate:
        """Push and propose what was done, where there is a host beyond the folder."""
        if self.host is None or self.dry_run or outcome.state == FAILED:
            return outcome
        title = f"The template of {self.course.title} has changed"
        body = team_message(self.course, team, outcome)
        path = self.course.repository(team)
        try:
            taken = self.host.deliver(path, team.slug, outcome.branch, title, body)
        except UserError as error:
            return replace(outcome, state=FAILED, problem=str(error))
        return outcome if taken else replace(outcome, state=DECLINED, notes=(CLOSED,))

    def update_repository(
        self, slug: str, repository: Repository, files: dict[str, File]
    ) -> TeamUpdate:
        """Bring rendered files into one repository.

        Args:
            slug: What to call it in the outcome.
            repository: The repository.
            files: The template as it is now, rendered for the team.

        Raises:
            UserError: If the repository is in no state to be updated.
        """
        found = repository.references("refs/heads/", "refs/coursekit/")
        tips = {n.removeprefix("refs/heads/"): oid for n, oid in found.items()}
        main = current_branch(repository, tips)
        if main not in tips:
            raise RepositoryError(
                f"{repository.path}: its branch {main!r} has no commit; push one first"
            )
        pristine, folder = self._pristine(repository, tips)
        if folder:
            files = {f"{folder}/{path}": file for path, file in files.items()}
        old_template = repository.files(pristine)
        news = _changes(old_template, files)
        base = self._base(repository, tips, main, pristine)
        if not news and same_files(base.files, old_template):
            if not self.dry_run:
                self._note_all(repository, tips, main, pristine)
            left = self._left(repository, main, tips)
            return TeamUpdate(slug, CURRENT, main, findings=left)
        waiting = tips.get(BRANCH)
        if waiting and not self._is_ours(repository, waiting, tips[main]):
            raise RepositoryError(
                f"{repository.path}: the branch {BRANCH!r} has commits of somebody else; merge or "
                "delete it first"
            )
        offered = not (news or self.apply or base.set_back)
        if waiting and offered and contains(repository, waiting, pristine):
            return TeamUpdate(slug, PENDING, BRANCH, findings=self._left(repository, BRANCH, tips))
        proposal = tips.get(PROPOSED, "")
        if not waiting and offered and is_proposed(repository, proposal, pristine):
            return TeamUpdate(slug, DECLINED, main, notes=(CLOSED,))
        merged = self._merge(repository, base, tips[main], files)
        target = main if self.apply else BRANCH
        outcome = TeamUpdate(
            slug,
            WOULD_UPDATE if self.dry_run else UPDATED,
            target,
            tuple(sorted(merged.changes)),
            tuple(sorted(merged.moved.items())),
            _with_edits(merged, files),
            tuple(merged.findings),
        )
        if not self.dry_run:
            if self.apply:
                refuse_worktree(
                    repository, main, f"update it without --apply, then merge {BRANCH!r}"
                )
            self._write(repository, tips, pristine, folder, base, news, merged, target, main)
        return outcome

    def _base(self, repository: Repository, tips: dict[str, str], main: str, pristine: str) -> Base:
        """The template as the team's branch contains it."""
        if is_adopted(repository, pristine):
            return received_base(repository, tips[main], pristine, None, tips)
        ancestor = merge_base(repository, tips[main], pristine)
        if ancestor == pristine:
            return Base(repository.files(pristine), pristine, True)
        return received_base(repository, tips[main], pristine, ancestor, tips)

    def _pristine(self, repository: Repository, tips: dict[str, str]) -> tuple[str, str]:
        """The tip of the template's branch, and the folder that the template lies in."""
        tip = tips.get(PRISTINE)
        if tip is None:
            raise RepositoryError(
                f"{repository.path}: has no branch {PRISTINE!r} to start from; bring it under "
                "update with `coursekit adopt`"
            )
        found = trailers(repository, tip)
        if VERSION not in found:
            raise RepositoryError(
                f"{repository.path}: the branch {PRISTINE!r} has a commit that is not the "
                f"template's ({tip[:12]}); reset it to the last one with a line '{VERSION}:'"
            )
        return tip, found.get(FOLDER, [""])[0]

    def _is_ours(self, repository: Repository, tip: str, main: str) -> bool:
        """Whether a waiting branch holds nothing but this module's work, or is merged."""
        return VERSION in trailers(repository, tip) or contains(repository, main, tip)

    def _merge(
        self, repository: Repository, base: Base, main: str, files: dict[str, File]
    ) -> TreeMerge:
        ours = repository.files(main)
        missing = any(path not in ours for path in base.files)
        mine = Version(ours, lambda path: repository.read(path, ref=main))
        merged = merge_trees(
            Version(base.files, lambda path: repository.read_object(base.files[path].oid)),
            mine,
            files,
            renames(repository, base, main) if missing else {},
            self.finder,
        )
        merged.findings += find_old_names(mine, files, merged)
        return merged

    def _write(
        self,
        repository: Repository,
        tips: dict[str, str],
        pristine: str,
        folder: str,
        base: Base,
        news: dict[str, File | None],
        merged: TreeMerge,
        target: str,
        main: str,
    ) -> None:
        if target in tips and target == BRANCH:
            git.run(
                "update-ref", "-d", f"refs/heads/{BRANCH}", tips[BRANCH],
                git_dir=repository.git_dir,
            )  # fmt: skip
        version = f"{VERSION}: {self.template.version}"
        commits = []
        if news:
            place = f"{FOLDER}: {folder}\n" if folder else ""
            message = f"Take over the template of {self.course.title}\n\n{version}\n{place}"
            commits.append(Commit(PRISTINE, (pristine,), message, news))
        offered = ":1" if commits else pristine
        message = f"{commit_message(self.course, merged)}\n\n{version}\n{_left_lines(merged)}"
        commits.append(Commit(target, (tips[main], offered), message, merged.changes))
        note = recording(base, repository, tips.get(RECEIVED), tips[main])
        commits += [note] if note else []
        if self.apply:
            record = f":{len(commits)}" if note else tips[RECEIVED]
            commits.append(taken_over(offered, record))
        add_commits(repository.git_dir, commits, self.author)
        if not self.apply:
            git.run("update-ref", PROPOSED, f"refs/heads/{BRANCH}", git_dir=repository.git_dir)
        elif BRANCH in tips:
            # Last, so that a branch that is missing always means that the team has closed it.
            git.run(
                "update-ref", "-d", f"refs/heads/{BRANCH}", tips[BRANCH],
                git_dir=repository.git_dir,
            )  # fmt: skip

    def _note_all(
        self, repository: Repository, tips: dict[str, str], main: str, pristine: str
    ) -> None:
        """Put on record that the branch has the newest version, unless it is there."""
        record = tips.get(RECEIVED, "")
        if pristine == record or pristine in parents_of(repository, record)[:1]:
            return
        base = Base(repository.files(pristine), pristine, True)
        note = recording(base, repository, record, tips[main])
        add_commits(repository.git_dir, [note] if note else [], self.author)

    def _left(
        self, repository: Repository, branch: str, tips: dict[str, str]
    ) -> tuple[Finding, ...]:
        """What the last update could not bring in, as long as the team has not been there."""
        found = git.run(
            "log", "-1", "--first-parent", "--format=%H", f"--grep=^{VERSION}: ", tips[branch],
            "--", git_dir=repository.git_dir,
        )  # fmt: skip
        commit = found.decode("ascii", "replace").strip()
        if not commit:
            return ()
        lines = trailers(repository, commit).get(_LEFT)
        if not lines:
            return ()
        before, now = repository.files(commit), repository.files(tips[branch])
        findings = []
        for kind, _, path in (line.partition(" ") for line in lines):
            same = path in before and path in now and before[path].oid == now[path].oid
            if kind in _OPEN and same:
                message = "an earlier update did not arrive in full, and the file is unchanged"
                findings.append(Finding(kind, path, 0, message))
        return tuple(findings)


def _with_edits(merged: TreeMerge, files: dict[str, File]) -> tuple[tuple[str, str], ...]:
    """The moved files that are not simply the template's."""
    carried = sorted(merged.carried.items())
    return tuple((old, new) for old, new in carried if merged.changes[new] != files.get(new))


def _changes(entries: dict[str, Entry], files: dict[str, File]) -> dict[str, File | None]:
    """What turns one version of the template into the next."""
    changes: dict[str, File | None] = {path: None for path in entries if path not in files}
    for path, file in files.items():
        entry = entries.get(path)
        if entry is None or not same_file(entry, file):
            changes[path] = file
    return changes


def _left_lines(merged: TreeMerge) -> str:
    rows = {f"{_LEFT}: {finding.kind} {finding.path}" for finding in merged.findings}
    return "".join(f"{row}\n" for row in sorted(rows) if row.isprintable())
