"""What teams claim: every run whose figures stand in a `results.json`, with what it was made from.

Read from git's objects; nothing is checked out, and no link is followed.
"""

from __future__ import annotations

import json
import posixpath
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from coursekit.errors import GitError
from coursekit.git import git
from coursekit.git.objects import File
from coursekit.git.repository import Entry, Repository
from coursekit.merge.base import spellings
from coursekit.team.files import TeamFiles, list_files
from coursekit.team.results import Result, read_results
from litreview.errors import UserError

LOCK = "data.lock"
CODE = "baseline/"
_RUNS = (".py", ".toml", ".tsv", ".css", "_card.md")  # the program, and the data that it reads
_MAX_FILE_BYTES = 50_000_000
_MAX_BYTES = 200_000_000
_MAX_CHAIN = 4


def course_code(files: Mapping[str, File]) -> dict[str, bytes]:
    """What runs of the course's own `baseline/`, from path to content.

    Args:
        files: The template's.
    """
    return {
        path: file.content
        for path, file in files.items()
        if path.startswith(CODE) and path.endswith(_RUNS)
    }


@dataclass(frozen=True, slots=True)
class Step:
    """A run that is needed for another one, or the run itself.

    Attributes:
        run: Its folder below `runs/`.
        config: Its `config.toml`.
        record: Its `run.json`.
    """

    run: str
    config: str
    record: Mapping[str, Any]

    @property
    def settings(self) -> Mapping[str, Any]:
        """The configuration's tables; empty where it is none."""
        try:
            return tomllib.loads(self.config)
        except tomllib.TOMLDecodeError:
            return {}

    def setting(self, section: str, key: str) -> Any:
        """A value of the configuration, or None."""
        table = self.settings.get(section)
        return table.get(key) if isinstance(table, dict) else None


@dataclass(frozen=True, slots=True)
class Shown:
    """A run and the figures that a team shows of it.

    Attributes:
        team: The slug.
        run: The folder below `runs/`.
        results: Its rows of `results.json`.
        siblings: How many seeds of its experiment the team shows, this one included.
    """

    team: str
    run: str
    results: tuple[Result, ...]
    siblings: int = 1


@dataclass(frozen=True, slots=True)
class Claim:
    """What a run was made from.

    Attributes:
        shown: The run and its figures.
        steps: The runs that it begins with, and at the end itself.
        commit: Whose code and data are run.
        files: What that commit holds, and of splits and data also what came later.
        notes: What the reader of a difference should know.
    """

    shown: Shown
    steps: tuple[Step, ...]
    commit: str
    files: Mapping[str, Entry] = field(repr=False)
    notes: tuple[str, ...] = ()

    @property
    def record(self) -> Mapping[str, Any]:
        """The run's own `run.json`."""
        return self.steps[-1].record

    @property
    def cpu_seconds(self) -> float:
        """What the runs took, as they say themselves."""
        return sum(number(step.record.get("cpu_seconds")) for step in self.steps)

    def recorded(self, result: Result) -> float | None:
        """What the run itself says of one of its figures."""
        values = self.record.get("results")
        part = values.get(result.split) if isinstance(values, dict) else None
        value = part.get(result.metric) if isinstance(part, dict) else None
        return float(value) if isinstance(value, int | float) else None


def number(value: Any) -> float:
    """A number of a file that somebody else wrote; 0 where it is none, or absurd."""
    fine = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9
    return float(value) if fine else 0.0


def list_shown(repository: Repository, slug: str) -> list[Shown]:
    """The runs of a team whose figures are shown, in the order of `results.json`.

    Raises:
        UserError: If the repository cannot be read.
    """
    head = repository.head()
    if head is None:
        return []
    files = TeamFiles(repository, slug, head)
    by_run: dict[str, list[Result]] = {}
    seeds: dict[str, set[str]] = {}
    for row in read_results(files.text("results.json"), runs=files.runs()).results:
        by_run.setdefault(row.run, []).append(row)
        seeds.setdefault(row.experiment, set()).add(row.run)
    return [
        Shown(slug, run, tuple(rows), len(seeds[rows[0].experiment]))
        for run, rows in by_run.items()
    ]


def read_claim(repository: Repository, shown: Shown) -> Claim:
    """What a shown run was made from.

    Raises:
        UserError: If its record is not complete, or leads out of the repository.
    """
    head = repository.head() or ""
    try:
        return _Reader(repository, head, TeamFiles(repository, shown.team, head)).claim(shown)
    except ValueError as error:
        raise UserError(str(error)) from error


class _Reader:
    def __init__(self, repository: Repository, head: str, files: TeamFiles) -> None:
        self.repository = repository
        self.head = head
        self.shown = files

    def claim(self, shown: Shown) -> Claim:
        steps = tuple(self._steps(shown.run))
        commit, notes = self._commit(steps[-1])
        files = dict(list_files(self.repository, commit, skip=frozenset()))
        # A split is stored while training, and data are often committed with the result.
        wanted = {path for step in steps for path in data_files(step)} | {LOCK}
        for path, entry in self.shown.entries.items():
            if path.startswith("splits/") or path in wanted:
                files.setdefault(path, entry)
        return Claim(shown, steps, commit, files, notes)

    def _steps(self, run: str) -> Iterator[Step]:
        """The run, after those whose weights it begins with."""
        chain: list[Step] = []
        while run:
            if len(chain) == _MAX_CHAIN or run in {step.run for step in chain}:
                raise ValueError(f"runs/{run}: begins with too many other runs")
            config = self.shown.text(f"runs/{run}/config.toml")
            try:
                record = json.loads(self.shown.text(f"runs/{run}/run.json"))
            except (ValueError, RecursionError):
                record = None
            if not config or not isinstance(record, dict):
                raise ValueError(
                    f"runs/{run}: its config.toml or run.json is not in the repository"
                )
            step = Step(run, config, record)
            chain.append(step)
            run = str(step.setting("model", "start") or "")
        yield from reversed(chain)

    def _commit(self, step: Step) -> tuple[str, tuple[str, ...]]:
        """The commit whose code the run ran, or the one that brought its record."""
        named = str(step.record.get("commit") or "")
        changed = bool(step.record.get("uncommitted_changes"))
        if named and not changed and self.repository.resolve(named) == named:
            return named, ()
        try:
            brought = git.run(
                "log", "--diff-filter=A", "--format=%H", "-1", self.head, "--",
                f"runs/{step.run}/run.json", git_dir=self.repository.git_dir,
            )  # fmt: skip
        except GitError:
            brought = b""
        note = (
            "files had changed that were not committed when it was trained"
            if changed
            else "the commit that the run names is not in the repository"
        )
        return brought.decode("ascii", "replace").strip() or self.head, (note,)


def data_files(step: Step) -> list[str]:
    """The paths of the data that a configuration names, inside of the repository.

    Raises:
        ValueError: If one leads out of it.
    """
    found = []
    for key in ("train", "validation", "test"):
        path = step.setting("data", key)
        if isinstance(path, str) and path:
            plain = posixpath.normpath(path)
            if plain.startswith(("/", "..")) or ":" in plain:
                raise ValueError(f"data.{key} is {path[:80]!r}, which is outside of the repository")
            found.append(plain)
    return found


def is_unchanged(files: Mapping[str, Entry], code: Mapping[str, bytes]) -> bool:
    """Whether a team has the course's `baseline/` word for word, line endings aside.

    Args:
        files: What the team's commit holds.
        code: The course's files, by path.
    """
    return all(path in files and files[path].oid in _names(code[path]) for path in code)


def _names(content: bytes) -> frozenset[str]:
    if content not in _KNOWN:
        _KNOWN[content] = spellings(content)
    return _KNOWN[content]


_KNOWN: dict[bytes, frozenset[str]] = {}


def contents(
    repository: Repository, files: Mapping[str, Entry], wanted: Mapping[str, str]
) -> dict[str, bytes]:
    """The contents of some files.

    Args:
        repository: The team's.
        files: What its commit holds.
        wanted: From path in the repository to path in the result.

    Raises:
        UserError: If one is a link, or they are too large.
    """
    found: dict[str, bytes] = {}
    room = _MAX_BYTES
    for path, name in wanted.items():
        entry = files[path]
        if not entry.is_file:
            raise UserError(f"{path}: is no ordinary file, and is not followed")
        found[name] = repository.read_object(entry.oid, max_bytes=min(room, _MAX_FILE_BYTES))
        room -= len(found[name])
    return found
