"""Copy a course for research: the same people under other names, everywhere and for good.

The stand-ins come from a secret key that stays with the staff: with it, a later copy has
the same ones; without it, nobody can go back from a stand-in to a person.
"""

from __future__ import annotations

import json
import re
import secrets
import shutil
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coursekit import lock
from coursekit.course.attendance import NAME_COLUMNS, OTHER_COLUMNS
from coursekit.course.course import (
    ATTENDANCE_FILE,
    COURSE_FILE,
    ROSTER_FILE,
    Course,
)
from coursekit.course.membership import read_membership
from coursekit.course.record import LOG_FILE, rows
from coursekit.course.roster import Member, Team, format_roster
from coursekit.course.tables import format_table, read_table
from coursekit.git import git
from coursekit.people.identity import DOMAIN, Identities, pseudonyms
from coursekit.people.rewrite import copy_repository
from litreview.errors import UserError
from litreview.files import read_bytes, read_text, write_atomic

KEY_FILE = "anonymize.key"
# Sections of course.toml that say where the course lives, and who holds it.
_PRIVATE = ("hosting", "mail", "commit")
_STAFF = "Course staff <staff@invalid>"
_PARTIAL = ".partial"


@dataclass(frozen=True, slots=True)
class AnonymousCopy:
    """What was copied, and what was not.

    Attributes:
        folder: The copy.
        teams: Slugs in the copy.
        people: How many people have another name.
        left_out: How many files of repositories are no text, and were left out.
        not_copied: Files of the course's folder that are not in the copy.
    """

    folder: str
    teams: tuple[str, ...]
    people: int
    left_out: int
    not_copied: tuple[str, ...]
    dry_run: bool

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return asdict(self)


def anonymize(
    course: Course,
    target: Path,
    *,
    key_file: Path | None = None,
    dry_run: bool = False,
    on_done: Callable[[str], None] = lambda slug: None,
) -> AnonymousCopy:
    """Copy a course under other names.

    Safe to repeat: what has been copied whole is left alone, as long as the key is the same.

    Args:
        course: The course.
        target: The folder of the copy; it must be new, empty, or such a copy.
        key_file: The secret key; made in the course's own state by default.
        dry_run: Say what would be copied; write nothing.
        on_done: Called with each team that is done.

    Raises:
        UserError: If something cannot be read or written.
    """
    if target.resolve() == course.folder.resolve():
        raise UserError(f"{target}: is the course itself; name another folder")
    if target.exists() and not _may_be_ours(target):
        raise UserError(f"{target}: exists and is no anonymous copy; name a new folder")
    key_path = key_file or course.state / KEY_FILE
    key = secret_key(key_path, dry_run)
    identities = Identities(pseudonyms(key))
    people = _everybody(course, identities)
    teams = tuple(_team(team, identities) for team in course.teams)
    copied = {COURSE_FILE, course.roster.name, ATTENDANCE_FILE, LOG_FILE, course.hosting.folder}
    others = sorted(
        path.name
        for path in course.folder.iterdir()
        if path.name not in copied and not path.name.startswith(".")
    )
    left_out = 0
    if not dry_run:
        with lock.hold(course.state, "anonymize"):
            _write_course(course, teams, identities, target)
            for team, stand_in in zip(course.teams, teams, strict=True):
                left_out += _copy(course, team, stand_in, identities, target)
                on_done(team.slug)
    return AnonymousCopy(
        str(target), tuple(team.slug for team in teams), people, left_out, tuple(others), dry_run
    )


def _may_be_ours(target: Path) -> bool:
    if not target.is_dir():
        return False
    names = {path.name for path in target.iterdir() if not path.name.startswith(".")}
    ours = {COURSE_FILE, ROSTER_FILE, ATTENDANCE_FILE, LOG_FILE, "repositories"}
    if not names:
        return True
    roster = target / ROSTER_FILE
    return names <= ours and (not roster.exists() or DOMAIN in read_text(roster))


def secret_key(path: Path, dry_run: bool) -> bytes:
    """The key in a file that only its owner reads; made where it is missing.

    Raises:
        UserError: If it cannot be read or written, or is no key.
    """
    if path.exists():
        key = read_bytes(path, max_bytes=10_000).strip()
        if len(key) < 32:
            raise UserError(f"{path}: is no key; it needs 32 characters that nobody can guess")
        return key
    key = secrets.token_hex(32).encode()
    if not dry_run:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            path.write_bytes(key + b"\n")
        except OSError as error:
            raise UserError(f"{path}: cannot be written ({error.strerror})") from error
    return key


def _everybody(course: Course, identities: Identities) -> int:
    """Everybody of the roster, of the log and of the lists, and all authors."""
    found: set[str] = set()
    for team in course.teams:
        found |= {identities.add(member, distinct=True) for member in team.members}
    membership = read_membership(course)
    for past in (*membership.teams.values(), *membership.dissolved.values()):
        found |= {identities.add(member) for member in past.members}
    for _, row in rows(course):
        for one in row.get("members") or ():
            found.add(identities.add(Member(one["name"], one["email"], one["github"])))
    found |= {identities.add(Member(name)) for name in _attending(course)}
    for team in course.teams:
        path = course.repository(team)
        if not path.exists():
            continue
        listing = git.run("log", "--all", "--format=%an%x00%ae%x00%cn%x00%ce", git_dir=path)
        for line in set(listing.decode("utf-8", "replace").splitlines()):
            name, email, other, address = [*line.split("\0"), "", "", ""][:4]
            for who, where in ((name, email), (other, address)):
                if where.casefold() != course.commit.email.casefold():
                    found.add(identities.author(who, where))
    return len(found)


def _attending(course: Course) -> list[str]:
    path = course.folder / ATTENDANCE_FILE
    if not path.exists():
        return []
    table = read_table(path)
    column = next((name for name in table.columns if name in NAME_COLUMNS), table.columns[0])
    return [row.get(column) for row in table.rows if row.get(column)]


def _team(team: Team, identities: Identities) -> Team:
    members = []
    for member in team.members:
        name = identities.add(member)
        account = name.lower() if member.github else ""
        address = f"{name.lower()}@{DOMAIN}"
        members.append(Member(name, address, account, member.consent))
    return Team(
        slug=identities.replace(team.slug).lower(),
        title=identities.replace(team.title),
        members=tuple(members),
        project=identities.replace(team.project),
        description=identities.replace(team.description),
        task=team.task,
        family=team.family,
    )


def _write_course(
    course: Course, teams: tuple[Team, ...], identities: Identities, target: Path
) -> None:
    write_atomic(target / COURSE_FILE, _rules(course, identities))
    write_atomic(target / ROSTER_FILE, format_roster(teams))
    path = course.folder / ATTENDANCE_FILE
    if path.exists():
        table = read_table(path)
        column = next((name for name in table.columns if name in NAME_COLUMNS), table.columns[0])
        kept = [n for n in table.columns if n == column or n not in OTHER_COLUMNS]
        cells = [
            [
                identities.add(Member(row.get(n)))
                if n == column
                else identities.replace(row.get(n))
                for n in kept
            ]
            for row in table.rows
            if row.get(column)
        ]
        write_atomic(target / ATTENDANCE_FILE, format_table(kept, cells))
    if (course.folder / LOG_FILE).exists():
        lines = [
            json.dumps(_changed(row, identities), ensure_ascii=False) for _, row in rows(course)
        ]
        write_atomic(target / LOG_FILE, "".join(f"{line}\n" for line in lines))


def _changed(value: Any, identities: Identities) -> Any:
    """A line of the log, or a part of it."""
    if isinstance(value, dict) and {"name", "email", "github"} <= value.keys():
        member = Member(str(value["name"]), str(value["email"]), str(value["github"]))
        name = identities.add(member)
        account = name.lower() if member.github else ""
        return {"name": name, "email": f"{name.lower()}@{DOMAIN}", "github": account}
    if isinstance(value, dict):
        return {key: _changed(one, identities) for key, one in value.items()}
    if isinstance(value, list):
        return [_changed(one, identities) for one in value]
    return identities.replace(value) if isinstance(value, str) else value


def _rules(course: Course, identities: Identities) -> str:
    """The rules without the sections that name people and places, and without comments."""
    kept, inside = [], True
    for line in read_text(course.folder / COURSE_FILE).splitlines():
        if found := re.match(r"\s*\[\[?\s*([\w-]+)", line):
            inside = found[1] not in _PRIVATE
        if inside and not line.lstrip().startswith("#") and not re.match(r"\s*roster\s*=", line):
            kept.append(identities.replace(line))
    template = course.template.source
    text = "\n".join(kept)
    if not template.startswith(("builtin", "http", "ssh", "git")) and ".." in template:
        # The copy lies elsewhere.
        full = (course.folder / template).resolve().as_posix()
        text = text.replace(f'"{template}"', f'"{full}"')
    return text + "\n"


def _copy(course: Course, team: Team, stand_in: Team, identities: Identities, target: Path) -> int:
    source = course.repository(team)
    goal = target / "repositories" / f"{stand_in.slug}.git"
    if not source.exists() or goal.exists():
        return 0
    partial = goal.with_name(f".{goal.name}{_PARTIAL}")
    shutil.rmtree(partial, ignore_errors=True)
    partial.parent.mkdir(parents=True, exist_ok=True)

    def person(name: str, email: str) -> str:
        if email.casefold() == course.commit.email.casefold():
            return _STAFF
        found = identities.author(name, email)
        return f"{found} <{found.lower()}@{DOMAIN}>"

    try:
        left_out = copy_repository(source, partial, identities.replace, person)
        partial.rename(goal)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    return left_out
