"""Bring repositories under update that were not made by `generate`.

A repository made by "Use this template" (or by hand, from cookiecutter) shares
no history with its template. The version that it was made from is the one whose
files stand in its first commits: it is recorded as the branch `template`, and
joined to the team's branch without changing a single file. From then on
`coursekit update` works as for any other.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coursekit import lock
from coursekit.cohort.generate import answers, check_git
from coursekit.cohort.update import author_now, current_branch
from coursekit.course.course import Course, TemplateReference
from coursekit.course.roster import Team
from coursekit.errors import RepositoryError, TemplateError
from coursekit.git import git
from coursekit.git.objects import File
from coursekit.git.repository import Repository, blob_name, open_repository
from coursekit.team.received import PRISTINE
from coursekit.template.commits import VERSION, Commit, add_commits
from coursekit.template.render import Template
from coursekit.template.templates import SETTINGS_FILE, open_source, read_tree
from litreview.errors import UserError

ADOPTED = "adopted"
WOULD_ADOPT = "would adopt"
MANAGED = "under update already"
AMBIGUOUS = "ambiguous"
NO_MATCH = "no match"
FAILED = "failed"
_MAX_VERSIONS = 1_000
_MAX_ROOTS = 20
# Below this share of the template's files, a likeness is chance.
_LEAST_SHARE = 0.5


@dataclass(frozen=True, slots=True)
class Candidate:
    """A version of the template and how well a repository matches it.

    Attributes:
        commit: The template's commit.
        tree: The name of what it holds; equal for equal versions.
        matching: How many of its files the repository began with.
        files: How many files it has.
    """

    commit: str
    tree: str
    matching: int
    files: int


@dataclass(frozen=True, slots=True)
class Adoption:
    """What became of one repository.

    Attributes:
        team: The slug.
        state: `adopted`, `would adopt`, `under update already`, `ambiguous`,
            `no match` or `failed`.
        candidates: The best matching version; several where it is ambiguous.
        problem: What to do where it was not adopted.
    """

    team: str
    state: str
    candidates: tuple[Candidate, ...] = ()
    problem: str = ""


@dataclass(frozen=True, slots=True)
class AdoptReport:
    """What `adopt` did, in the order of the roster."""

    teams: tuple[Adoption, ...]
    dry_run: bool

    @property
    def left_out(self) -> tuple[Adoption, ...]:
        """The repositories that need somebody."""
        return tuple(team for team in self.teams if team.state in (AMBIGUOUS, NO_MATCH, FAILED))

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {"dry_run": self.dry_run, "teams": [asdict(team) for team in self.teams]}


@dataclass(frozen=True, slots=True)
class _Version:
    """A version of the template: its blobs' names by path, or one that must be rendered."""

    commit: str
    tree: str
    blobs: Mapping[str, str]
    template: Template | None


def adopt(
    course: Course,
    source: str,
    *,
    only: Sequence[str] = (),
    version: str = "",
    dry_run: bool = False,
    on_done: Callable[[Adoption], None] = lambda adoption: None,
) -> AdoptReport:
    """Find the template version of each repository and record it.

    Safe to repeat: a repository that is under update already is left alone.

    Args:
        course: The course; its repositories lie in its folder as bare ones.
        source: The Git repository of the template that they were made from: a
            folder or an address. Its files may be the template themselves, or
            it may be a cookiecutter template.
        only: Slugs of the teams; all of them by default.
        version: Take this tag or commit instead of the best match.
        dry_run: Say what would happen; write nothing.
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
        versions = list(_versions(repository, version))
        if dry_run:
            for team in teams:
                outcomes.append(_adopt(course, team, repository, versions, dry_run=True))
                on_done(outcomes[-1])
        else:
            with lock.hold(course.state, "adopt"):
                for team in teams:
                    outcomes.append(_adopt(course, team, repository, versions, dry_run=False))
                    on_done(outcomes[-1])
    return AdoptReport(tuple(outcomes), dry_run)


def _versions(repository: Repository, wanted: str) -> Iterator[_Version]:
    """The versions of a template, newest first, each content once."""
    start = [wanted] if wanted else ["--branches", "--tags", "--remotes"]
    count = "1" if wanted else str(_MAX_VERSIONS)
    result = git.attempt(
        "log", f"--max-count={count}", "--format=%H %T", *start, "--", git_dir=repository.git_dir
    )
    if result.returncode != 0 or not result.stdout.strip():
        what = f"no tag, branch or commit {wanted!r}" if wanted else "no commits"
        raise TemplateError(f"{repository.path}: has {what}; check it with `git log`")
    seen = set()
    for line in result.stdout.decode("ascii").splitlines():
        commit, tree = line.split()
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
        yield _Version(commit, tree, {p: e.oid for p, e in entries.items() if e.is_file}, template)


def _adopt(
    course: Course,
    team: Team,
    source: Repository,
    versions: Sequence[_Version],
    *,
    dry_run: bool,
) -> Adoption:
    path = course.repository(team)
    try:
        if not path.exists():
            raise RepositoryError(
                f"{path}: does not exist; put the team's repository there with "
                f"`git clone --bare ADDRESS {path}`"
            )
        with open_repository(path) as repository:
            if PRISTINE in repository.branches():
                return Adoption(team.slug, MANAGED)
            return _adopt_repository(course, team, repository, source, versions, dry_run=dry_run)
    except UserError as error:
        return Adoption(team.slug, FAILED, problem=str(error))
    except OSError as error:
        reason = error.strerror or type(error).__name__
        return Adoption(team.slug, FAILED, problem=f"{path}: cannot be used ({reason})")


def _adopt_repository(
    course: Course,
    team: Team,
    repository: Repository,
    source: Repository,
    versions: Sequence[_Version],
    *,
    dry_run: bool,
) -> Adoption:
    main = current_branch(repository)
    tip = repository.branches().get(main)
    if tip is None:
        raise RepositoryError(f"{repository.path}: its branch {main!r} has no commit")
    began = _first_files(repository, tip)
    found: list[tuple[Candidate, _Version]] = []
    for version in versions:
        blobs = _blobs(version, course, team)
        matching = sum((path, oid) in began for path, oid in blobs.items())
        candidate = Candidate(version.commit, version.tree, matching, len(blobs))
        found.append((candidate, version))
    # As many files as possible match, and as few as possible do not.
    found.sort(key=lambda pair: (-pair[0].matching, pair[0].files))
    best = found[0][0]
    if best.matching < _LEAST_SHARE * best.files or best.matching == 0:
        problem = (
            f"{repository.path}: no version of the template is like its first commits (the best, "
            f"{best.commit[:12]}, shares {best.matching} of {best.files} files); name the version "
            "with --version, or another template with --from"
        )
        return Adoption(team.slug, NO_MATCH, (best,), problem)
    tied = [
        candidate
        for candidate, _ in found
        if (candidate.matching, candidate.files) == (best.matching, best.files)
    ]
    if len(tied) > 1:
        listed = ", ".join(candidate.commit[:12] for candidate in tied[:5])
        problem = (
            f"{repository.path}: {len(tied)} versions of the template match equally well "
            f"({listed}); choose one with --team {team.slug} --version"
        )
        return Adoption(team.slug, AMBIGUOUS, tuple(tied), problem)
    if dry_run:
        return Adoption(team.slug, WOULD_ADOPT, (best,))
    files = _files(found[0][1], source, course, team)
    version_line = f"{VERSION}: adopted from {best.commit[:16]}"
    add_commits(
        repository.git_dir,
        [
            Commit(
                PRISTINE, (), f"Record the template that this repository began with\n\n"
                f"{version_line}\n", files,
            ),
            Commit(
                main, (tip, ":1"), "Join the template's history\n\nNo file is changed.\n\n"
                f"{version_line}\n", {},
            ),
        ],
        author_now(course),
    )  # fmt: skip
    return Adoption(team.slug, ADOPTED, (best,))


def _first_files(repository: Repository, tip: str) -> set[tuple[str, str]]:
    """What stands where in the first commits: that is what the team received."""
    listing = git.run(
        "rev-list", "--max-parents=0", f"--max-count={_MAX_ROOTS}", tip,
        git_dir=repository.git_dir,
    )  # fmt: skip
    found = set()
    for commit in listing.decode("ascii").split():
        found |= {(path, entry.oid) for path, entry in repository.files(commit).items()}
    return found


def _blobs(version: _Version, course: Course, team: Team) -> Mapping[str, str]:
    if version.template is None:
        return version.blobs
    return {
        path: blob_name(file.content)
        for path, file in _rendered(version.template, course, team).items()
    }


def _files(version: _Version, source: Repository, course: Course, team: Team) -> Mapping[str, File]:
    if version.template is not None:
        return _rendered(version.template, course, team)
    entries = source.files(version.commit)
    return {
        path: File(source.read_object(oid, max_bytes=100_000_000), entries[path].mode == "100755")
        for path, oid in version.blobs.items()
    }


def _rendered(template: Template, course: Course, team: Team) -> dict[str, File]:
    return {**template.constants, **template.render(answers(course, team))}


def described(adoption: Adoption, folder: Path) -> str:
    """One line about an outcome, for people."""
    if adoption.problem:
        return adoption.problem
    if not adoption.candidates:
        return str(folder)
    best = adoption.candidates[0]
    return f"made from {best.commit[:12]}: {best.matching} of {best.files} files"
