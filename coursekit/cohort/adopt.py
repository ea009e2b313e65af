"""Bring repositories under update that were not made by `generate`.

A repository made by "Use this template", as a fork, by upload or by hand is compared
with the versions of its template; the one that it began with goes on record, and
no file of the team and no commit of theirs is touched. What is sure is recorded;
what is only likely waits for a person's yes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from coursekit import lock
from coursekit.cohort.branches import author_now, current_branch
from coursekit.cohort.generate import answers, check_git
from coursekit.cohort.likeness import LIKELY, SURE, Candidate, Likeness, compare, fork_point
from coursekit.cohort.preview import Preview, preview
from coursekit.cohort.record import ADOPTED_FROM, RECEIVED
from coursekit.course.course import Course, TemplateReference
from coursekit.course.roster import Team
from coursekit.errors import RepositoryError, TemplateError
from coursekit.git import git
from coursekit.git.history import History, read_history
from coursekit.git.locks import clear_stale
from coursekit.git.objects import File
from coursekit.git.repository import Entry, Repository, blob_name, open_repository
from coursekit.hosting.base import Host
from coursekit.merge.base import spellings
from coursekit.team.received import PRISTINE
from coursekit.template.commits import FOLDER, VERSION, Commit, add_commits, is_templates
from coursekit.template.render import Rendered, Template
from coursekit.template.templates import SETTINGS_FILE, open_source, read_tree
from litreview.errors import UserError

ADOPTED = "adopted"
WOULD_ADOPT = "would adopt"
MANAGED = "under update already"
UNKNOWN = "cannot tell"
FAILED = "failed"
_ADOPTING = "refs/coursekit/adopting"
_MAX_VERSIONS = 1_000
_MAX_BYTES = 100_000_000


@dataclass(frozen=True, slots=True)
class Adoption:
    """What became of one repository.

    Attributes:
        team: The slug.
        state: `adopted`, `would adopt`, `under update already`, `likely` (waits for
            a yes), `cannot tell` or `failed`.
        candidates: The best version, and the runner-up where there is one.
        certainty: `sure`, `likely`, `by hand`, or nothing.
        preview: What the first update would do, where that was asked for.
        problem: What to do where it was not adopted.
    """

    team: str
    state: str
    candidates: tuple[Candidate, ...] = ()
    certainty: str = ""
    preview: Preview | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AdoptReport:
    """What `adopt` did, in the order of the roster."""

    teams: tuple[Adoption, ...]
    dry_run: bool

    @property
    def left_out(self) -> tuple[Adoption, ...]:
        """The repositories that need somebody."""
        return tuple(team for team in self.teams if team.state in (LIKELY, UNKNOWN, FAILED))

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {"dry_run": self.dry_run, "teams": [asdict(team) for team in self.teams]}


def adopt(
    course: Course,
    source: str,
    *,
    only: Sequence[str] = (),
    version: str = "",
    yes: bool = False,
    dry_run: bool = False,
    host: Host | None = None,
    on_done: Callable[[Adoption], None] = lambda adoption: None,
) -> AdoptReport:
    """Find the template version of each repository and record it.

    Safe to repeat: a repository that is under update already is left alone, unless
    a version is named.

    Args:
        course: The course; its repositories lie in its folder as bare ones.
        source: The Git repository of the template that they were made from: a
            folder or an address. Its files may be the template themselves, or
            it may be a cookiecutter template.
        only: Slugs of the teams; all of them by default.
        version: Take this tag or commit, whatever the files say.
        yes: Take what is only likely, too.
        dry_run: Say what would happen, and what the first update would do; write nothing.
        host: Where the repositories are published, if anywhere beyond the folder.
        on_done: Called with each outcome as soon as it is known.

    Raises:
        UserError: If nothing can be done at all. A single repository's problem
            is in its outcome.
    """
    check_git()
    teams = course.pick(only)
    reference = TemplateReference(source, version)
    path = open_source(reference, course.folder, course.state / "templates")
    outcomes = []
    with open_repository(path) as repository:
        adopter = _Adopter(course, repository, version, yes=yes, dry_run=dry_run, host=host)

        def run() -> None:
            for team in teams:
                outcomes.append(adopter.adopt(team))
                on_done(outcomes[-1])

        if dry_run:
            run()
        else:
            with lock.hold(course.state, "adopt"):
                run()
    return AdoptReport(tuple(outcomes), dry_run)


@dataclass
class _Source:
    """The template's repository: its versions, and all names that their contents may have."""

    repository: Repository
    wanted: str
    versions: list[_Version] = field(default_factory=list)
    commits: dict[str, str] = field(default_factory=dict)
    _names: dict[str, frozenset[str]] = field(default_factory=dict)

    def names(self, oid: str) -> frozenset[str]:
        """The names of a content with other line endings."""
        if oid not in self._names:
            content = self.repository.read_object(oid, max_bytes=_MAX_BYTES)
            self._names[oid] = spellings(content)
        return self._names[oid]


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of the template: its contents' names by path, or one that must be rendered."""

    commit: str
    tree: str
    blobs: Mapping[str, str]
    sizes: Mapping[str, int]
    template: Template | None


def _read_source(repository: Repository, wanted: str) -> _Source:
    source = _Source(repository, wanted)
    start = [wanted] if wanted else ["--branches", "--tags", "--remotes", "HEAD"]
    count = "1" if wanted else str(_MAX_VERSIONS)
    result = git.attempt(
        "log", f"--max-count={count}", "--format=%H %T", *start, "--", git_dir=repository.git_dir
    )
    if result.returncode != 0 or not result.stdout.strip():
        what = f"no tag, branch or commit {wanted!r}" if wanted else "no commits"
        raise TemplateError(f"{repository.path}: has {what}; check it with `git log`")
    source.commits = dict(line.split() for line in result.stdout.decode("ascii").splitlines())
    source.versions = list(_versions(repository, source.commits))
    return source


def _versions(repository: Repository, commits: Mapping[str, str]) -> Iterator[_Version]:
    """The versions of a template, newest first, each content once."""
    seen = set()
    for commit, tree in commits.items():
        if tree in seen:
            continue
        seen.add(tree)
        entries = repository.files(commit)
        template = None
        if SETTINGS_FILE in entries:
            try:
                template = Template(read_tree(repository, commit))
            except TemplateError:
                continue  # An old version that never worked.
        files = {path: entry for path, entry in entries.items() if entry.is_file}
        blobs = {path: entry.oid for path, entry in files.items()}
        yield _Version(commit, tree, blobs, {p: e.size for p, e in files.items()}, template)


class _Adopter:
    """Adopts one repository after the other from one template."""

    def __init__(
        self,
        course: Course,
        source: Repository,
        version: str,
        *,
        yes: bool,
        dry_run: bool,
        host: Host | None,
    ) -> None:
        self.course = course
        self.source = _read_source(source, version)
        self.yes = yes
        self.dry_run = dry_run
        self.host = host
        self.sizes: dict[str, int] = {}
        # By tree of a version: the names of the contents that are the same for every team.
        self._shared: dict[str, dict[str, frozenset[str]]] = {}
        self._entries: dict[str, dict[str, Entry]] = {}

    def adopt(self, team: Team) -> Adoption:
        """Adopt one repository; its problem, if it has one, is in the outcome."""
        path = self.course.repository(team)
        try:
            if not path.exists():
                raise RepositoryError(
                    f"{path}: does not exist; put the team's repository there with "
                    f"`git clone --bare ADDRESS {path}`"
                )
            with open_repository(path) as repository:
                if not self.dry_run:
                    clear_stale(repository.git_dir)
                if self.host is not None:
                    self.host.fetch(team, path)
                adoption = self._adopt(team, repository)
            if self.host is not None and adoption.state == ADOPTED:
                self.host.share_record(path, team.slug)
            return adoption
        except UserError as error:
            return Adoption(team.slug, FAILED, problem=str(error))
        except OSError as error:
            reason = error.strerror or type(error).__name__
            return Adoption(team.slug, FAILED, problem=f"{path}: cannot be used ({reason})")

    def _adopt(self, team: Team, repository: Repository) -> Adoption:
        found = repository.references("refs/heads/", "refs/coursekit/")
        tips = {n.removeprefix("refs/heads/"): oid for n, oid in found.items()}
        main = current_branch(repository, tips)
        if main not in tips:
            raise RepositoryError(f"{repository.path}: its branch {main!r} has no commit")
        if PRISTINE in tips and not is_templates(repository.git_dir, tips[PRISTINE]):
            raise RepositoryError(
                f"{repository.path}: has a branch {PRISTINE!r} of the team's own, whose name is "
                f"needed; rename it first: git branch -m {PRISTINE} ours"
            )
        if PRISTINE in tips and not self.source.wanted:
            return Adoption(team.slug, MANAGED)
        history = read_history(repository, tips[main])
        likeness = self._likeness(team, history)
        if self.source.wanted:
            likeness = replace(likeness, certainty="by hand")
        if not likeness.certainty:
            return Adoption(
                team.slug, UNKNOWN, likeness.candidates,
                problem=_unlike(repository.path, team.slug, likeness),
            )  # fmt: skip
        best = likeness.candidates[0]
        version = next(v for v in self.source.versions if v.tree == best.tree)
        files = self._files(version, team, best.folder, history)
        adoption = Adoption(team.slug, ADOPTED, likeness.candidates, likeness.certainty)
        waits = likeness.certainty == LIKELY and not self.yes
        if self.dry_run or waits:
            foreseen = preview(
                self.course, team, repository, tips[main], _record(best, files), best.folder
            )
            adoption = replace(adoption, state=WOULD_ADOPT, preview=foreseen)
        if waits:
            return replace(
                adoption, state=LIKELY, problem=_uncertain(repository.path, team.slug, likeness)
            )
        if not self.dry_run:
            self._write(repository, tips, best, files)
        return adoption

    def _likeness(self, team: Team, history: History) -> Likeness:
        fork = fork_point(history.commits, self.source.commits)
        trees = {version.tree: version for version in self.source.versions}
        if fork is not None and self.source.commits[fork] in trees:
            version = trees[self.source.commits[fork]]
            if version.template is None:
                count = len(version.blobs)
                candidate = Candidate(fork, version.tree, count, count)
                return Likeness(SURE, (candidate,))
        shared: Rendered = {}
        names = lru_cache(maxsize=None)(spellings)
        rows = [
            (v.commit, v.tree, self._spellings(v, team, shared, names))
            for v in self.source.versions
        ]
        return compare(rows, history, lambda path: self.sizes.get(path, 0))

    def _spellings(
        self,
        version: _Version,
        team: Team,
        shared: Rendered,
        names: Callable[[bytes], frozenset[str]],
    ) -> dict[str, frozenset[str]]:
        """The names of a version's contents; most files are the same in the next version."""
        template = version.template
        if version.tree not in self._shared:
            self._shared[version.tree] = (
                {path: self.source.names(oid) for path, oid in version.blobs.items()}
                if template is None
                else {path: spellings(file.content) for path, file in template.constants.items()}
            )
            constants = template.constants.items() if template else ()
            self.sizes |= version.sizes if template is None else {
                path: len(file.content) for path, file in constants
            }  # fmt: skip
        if template is None:
            return self._shared[version.tree]
        own = template.render(answers(self.course, team), shared)
        self.sizes |= {path: len(file.content) for path, file in own.items()}
        return self._shared[version.tree] | {p: names(f.content) for p, f in own.items()}

    def _files(
        self, version: _Version, team: Team, folder: str, history: History
    ) -> dict[str, File | Entry]:
        """The files of a version; those that the repository has by their names alone."""
        files: dict[str, File | Entry]
        if version.template is not None:
            template = version.template
            if version.tree not in self._entries:
                self._entries[version.tree] = _entries(template.constants)
            own = template.render(answers(self.course, team))
            known = {
                path: entry
                for path, entry in (self._entries[version.tree] | _entries(own)).items()
                if entry.oid in history.order
            }
            files = {**template.constants, **own, **known}
        else:
            repository = self.source.repository
            entries = repository.files(version.commit)
            files = {
                path: File(
                    repository.read_object(oid, max_bytes=_MAX_BYTES),
                    entries[path].mode == "100755",
                )
                for path, oid in version.blobs.items()
            }
        return {f"{folder}/{path}" if folder else path: file for path, file in files.items()}

    def _write(
        self,
        repository: Repository,
        tips: Mapping[str, str],
        best: Candidate,
        files: Mapping[str, File | Entry],
    ) -> None:
        commit = _record(best, files)
        author = author_now(self.course)
        if PRISTINE not in tips and RECEIVED not in tips:
            add_commits(repository.git_dir, [commit], author, {RECEIVED: ":1"})
            return
        # A version that was wrong is replaced: both references at once, and the old stay readable.
        git.run("update-ref", "-d", _ADOPTING, git_dir=repository.git_dir)
        add_commits(repository.git_dir, [replace(commit, branch=_ADOPTING)], author)
        commands = (
            f"update refs/heads/{PRISTINE} {_ADOPTING}\n"
            f"update {RECEIVED} {_ADOPTING}\ndelete {_ADOPTING}\n"
        )
        git.run("update-ref", "--stdin", git_dir=repository.git_dir, stdin=commands.encode())


def _record(best: Candidate, files: Mapping[str, File | Entry]) -> Commit:
    message = (
        "Record the template that this repository began with\n\n"
        f"{VERSION}: {ADOPTED_FROM}{best.commit[:16]}\n"
    )
    if best.folder:
        message += f"{FOLDER}: {best.folder}\n"
    return Commit(PRISTINE, (), message, files)


def _entries(files: Mapping[str, File]) -> dict[str, Entry]:
    return {
        path: Entry(
            blob_name(file.content), len(file.content), "100755" if file.executable else "100644"
        )
        for path, file in files.items()
    }


def _unlike(path: Path, slug: str, likeness: Likeness) -> str:
    best = likeness.candidates[0] if likeness.candidates else None
    what = (
        f"the best, {best.commit[:12]}, shares {best.matching} of {best.files} files"
        if best
        else "it has no version that works"
    )
    return (
        f"{path}: no version of the template is like it ({what}); name the version with "
        f"--team {slug} --version, or another template with --from"
    )


def _uncertain(path: Path, slug: str, likeness: Likeness) -> str:
    best, *others = likeness.candidates
    without = f" (never had {', '.join(best.missing[:3])})" if best.missing else ""
    second = (
        f"; next {others[0].commit[:12]} with {others[0].matching} of {others[0].files}"
        if others
        else ""
    )
    return (
        f"{path}: likely {best.commit[:12]} with {best.matching} of {best.files} files{without}"
        f"{second}; take it with --team {slug} --yes, or name another with --version"
    )


def described(adoption: Adoption, folder: Path) -> str:
    """What to say about an outcome, for people."""
    if adoption.problem:
        text = adoption.problem
    elif not adoption.candidates:
        text = str(folder)
    else:
        best = adoption.candidates[0]
        where = f" in {best.folder}/" if best.folder else ""
        text = (
            f"made from {best.commit[:12]}{where}: {best.matching} of {best.files} files "
            f"({adoption.certainty})"
        )
    return text if adoption.preview is None else f"{text}\n{'':<22}{adoption.preview.sentence()}"
