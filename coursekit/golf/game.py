"""Play all entries of a course that were not played yet, and make the board of them."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass

from coursekit import lock
from coursekit.course.course import Course, TemplateReference
from coursekit.git.repository import open_repository
from coursekit.golf.board import LOG_FILE, Row, append_played, board, read_played
from coursekit.golf.entry import MOST_BYTES, PATH, Entry, read_entry, reference_entries
from coursekit.golf.play import (
    Game,
    Played,
    Prose,
    Rules,
    Table,
    ask_prose,
    lay,
    play,
    read_prose,
)
from coursekit.hosting.base import Host
from coursekit.template.templates import TemplateSource, load_template
from coursekit.verify.claims import course_code
from coursekit.verify.packs import Store
from coursekit.verify.queue import Runner, drive
from litreview.errors import UserError


@dataclass(frozen=True, slots=True)
class Options:
    """How a course is played.

    Attributes:
        rules: What entries may use.
        no_box: Why there is no closed box, which entries of teams need; empty where there is one.
        versions: Of what the entries run with; another one is another game.
        only: Slugs of the teams; all of them by default.
        references: Whether the course's own entries are played.
        dry_run: Play nothing, write nothing.
    """

    rules: Rules
    no_box: str
    versions: Mapping[str, str]
    only: Sequence[str] = ()
    references: bool = True
    dry_run: bool = False


def game_of(rules: Rules, prose: Prose, versions: Mapping[str, str]) -> str:
    """A name for rules, text and interpreter: figures of another game are not compared."""
    kept = {name: versions[name] for name in ("python", "numpy", "torch") if name in versions}
    content = json.dumps([asdict(rules), asdict(prose), kept], sort_keys=True)
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def course_prose(course: Course, runner: Runner, store: Store) -> Prose:
    """The built-in prose, as the course's own code has it.

    Raises:
        UserError: If it cannot be read.
    """
    return _prose(
        load_template(course.template, course.folder, course.state / "templates"), runner, store
    )


def builtin_prose(runner: Runner, store: Store) -> Prose:
    """The same by the template that comes with coursekit, where there is no course.

    Raises:
        UserError: If it cannot be read.
    """
    template = load_template(TemplateReference(), store.folder, store.folder / "templates")
    return _prose(template, runner, store)


def _prose(template: TemplateSource, runner: Runner, store: Store) -> Prose:
    (answer,) = runner.run([ask_prose(course_code(template.files), store)])
    return read_prose(answer)


def find_entries(
    course: Course, only: Sequence[str], host: Host | None
) -> tuple[list[Entry], dict[str, str]]:
    """The entries of the teams, and from slug to why there is none where there should be one."""
    found: list[Entry] = []
    refused: dict[str, str] = {}
    for team in course.pick(only):
        path = course.repository(team)
        try:
            if host is not None:
                host.fetch(team, path)
            with open_repository(path) as repository:
                head = repository.head() or ""
                entry = repository.files(head).get(PATH) if head else None
                if entry is None:
                    continue
                if not entry.is_file:
                    raise UserError(f"{PATH}: is no ordinary file, and is not followed")
                source = repository.read_object(entry.oid, max_bytes=4 * MOST_BYTES)
                found.append(read_entry(source, PATH, team=team.slug, commit=head))
        except UserError as error:
            refused[team.slug] = str(error)
    return found, refused


def rank(
    course: Course,
    runner: Runner,
    store: Store,
    prose: Prose,
    options: Options,
    *,
    host: Host | None = None,
    on_total: Callable[[int], None] = lambda total: None,
    on_played: Callable[[Entry, Played], None] = lambda entry, played: None,
) -> list[Row]:
    """Play what was not played yet, and return the board.

    Safe to repeat: each seed is written down as soon as it was played, and not played again.

    Args:
        course: The course with its teams.
        runner: Where entries are played.
        store: Where their inputs are kept.
        prose: The text.
        options: Rules, teams.
        host: Where the repositories are published, if anywhere beyond the folder.
        on_total: Called with the number of seeds to be played.
        on_played: Called with each of them.

    Raises:
        UserError: If the course or its log cannot be read or written.
    """
    entries, refused = find_entries(course, options.only, host)
    if options.no_box:
        refused |= {entry.team: f"there is no box: {options.no_box}" for entry in entries}
        entries = []
    if options.references:
        entries += reference_entries()
    log = course.folder / LOG_FILE
    game = game_of(options.rules, prose, options.versions)
    with contextlib.ExitStack() as stack:
        if not options.dry_run:
            stack.enter_context(lock.hold(course.state / "golf", "golf", what=course.folder))
        played = read_played(log, game)
        waiting = list(_waiting(entries, played, options.rules.seeds))
        on_total(len(waiting))
        if not options.dry_run:
            table = lay(prose, options.rules, store)
            for (entry, _), one in drive(_games(waiting, table), runner):
                append_played(log, entry, game, one)
                played.setdefault(entry.digest, {})[one.seed] = one
                on_played(entry, one)
    return board(entries, played, options.rules.seeds, refused)


def _waiting(
    entries: Sequence[Entry], played: Mapping[str, Mapping[int, Played]], seeds: Sequence[int]
) -> Iterator[tuple[Entry, int]]:
    """What is to be played; teams' entries first, and no entry further that has failed."""
    for entry in entries:
        known = played.get(entry.digest, {})
        if not any(one.failed for one in known.values()):
            yield from ((entry, seed) for seed in seeds if seed not in known)


def _games(
    waiting: Sequence[tuple[Entry, int]], table: Table
) -> Iterator[tuple[tuple[Entry, int], Game]]:
    for entry, seed in waiting:
        yield (entry, seed), play(entry, seed, table, foreign=bool(entry.team))


def measure(
    entry: Entry, runner: Runner, prose: Prose, rules: Rules, store: Store
) -> Iterator[Played]:
    """Play a file of one's own with each seed, without a course."""
    table = lay(prose, rules, store)
    games = (((entry, seed), play(entry, seed, table, foreign=False)) for seed in rules.seeds)
    for _, played in drive(games, runner):
        yield played
