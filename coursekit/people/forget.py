"""Remove a person from a course: everything but Git's history, and what remains is said."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from coursekit import lock
from coursekit.course.attendance import NAME_COLUMNS
from coursekit.course.course import ATTENDANCE_FILE, Course, load_course
from coursekit.course.membership import any_order, plain
from coursekit.course.record import LOG_FILE, rows
from coursekit.course.roster import Member, Team
from coursekit.course.roster_file import drop_rows, take_out
from coursekit.course.tables import read_table
from coursekit.errors import RosterError
from coursekit.git import git
from coursekit.git.repository import open_repository
from coursekit.hosting.base import Host
from coursekit.people.identity import Identities
from coursekit.people.sync import Step, sync
from litreview.errors import UserError
from litreview.files import read_bytes, write_atomic

FORGOTTEN = "a former member"
_MAX_BYTES = 20_000_000
_MAX_FILES = 100_000
_CACHES = ("status.json",)


@dataclass
class Forgetting:
    """What is removed of somebody, and what remains.

    Attributes:
        dry_run: Whether nothing was written.
        name: The person.
        removed: A sentence for each place that they are removed from.
        steps: What follows for repositories and access.
        remains: A sentence for each place where they still are, and what to do.
    """

    dry_run: bool
    name: str
    removed: list[str] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    remains: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return asdict(self)


def forget(
    course: Course,
    person: str,
    *,
    apply: bool = False,
    dry_run: bool = False,
    host: Host | None = None,
) -> Forgetting:
    """Remove a person from roster, attendance list, log, caches, READMEs and the host.

    Safe to repeat: a second run goes on where one was killed, and says what remains. Whoever
    is on no list (any more) is only looked for.

    Args:
        course: The course.
        person: A name, address or account, as the roster, the log or the list has it.
        apply: Merge READMEs into the teams' branches.
        dry_run: Say what would be removed; write nothing.
        host: Where the repositories are published, if anywhere beyond the folder.

    Raises:
        UserError: If there is more than one such person.
    """
    who = _find(course, person)
    identities = Identities(lambda key: "Pffffffff")
    for one in who or [_called(person)]:
        identities.add(one)
    if not who:
        found = Forgetting(dry_run, person)
        _look(course, identities, found)
        return found
    name = who[0].name
    found = Forgetting(dry_run, name)
    team = next((t for t in course.teams if any(_is(m, who) for m in t.members)), None)
    if team is not None:
        found.removed.append(f"{course.roster}, line {team.line}: {name}")
        _leave(course, team, who, found, apply, host)
    elif any(_is(one, who) for one in _logged(course)):
        # A run that was killed has taken them out of the roster; README and access may be open.
        report = sync(course, apply=apply, dry_run=dry_run, host=host)
        found.steps += report.steps
        found.remains += report.notes
    _caches(course, found)
    _list(course, who, found)
    # Last, since from then on nobody can be found any more.
    _log(course, who, found)
    _look(course, identities, found)
    return found


def _find(course: Course, person: str) -> list[Member]:
    """All that is on record of one person, the roster's first; nothing of whom no list knows."""
    wanted = plain(person.lstrip("@"))

    def fits(member: Member) -> bool:
        return wanted in (plain(member.name), member.email.casefold(), member.github.casefold())

    members = [(team, member) for team in course.teams for member in team.members]
    here = [(team, member) for team, member in members if fits(member)]
    if len(here) > 1:
        teams = " and ".join(team.slug for team, _ in here)
        raise RosterError(
            f"{course.roster}: {person!r} is in {teams}; name the person by address or account"
        )
    known = [here[0][1]] if here else []
    for member in _logged(course):
        if member not in known and (fits(member) or (known and _is(member, known))):
            known.append(member)
    known = [one for one in known if plain(one.name) != FORGOTTEN]
    if not known and any_order(person) in map(any_order, _listed(course)):
        known = [Member(person)]
    return known


def _called(person: str) -> Member:
    """Somebody of whom only this name, address or account is known."""
    if person.startswith("@"):
        return Member("", github=person[1:])
    return Member("", person) if "@" in person else Member(person)


def _logged(course: Course) -> Iterator[Member]:
    """Everybody whom the log names as a member, as often as it does."""
    for _, row in rows(course):
        for one in row.get("members") or ():
            yield Member(str(one["name"]), str(one["email"]), str(one["github"]))


def _is(member: Member, who: list[Member]) -> bool:
    """Whether somebody is one of them, by address or account, else by name."""
    for one in who:
        pairs = ((one.email, member.email), (one.github, member.github))
        given = [(a.casefold(), b.casefold()) for a, b in pairs if a and b]
        if any(a == b for a, b in given):
            return True
        if not given and plain(one.name) == plain(member.name):
            return True
    return False


def _leave(
    course: Course,
    team: Team,
    who: list[Member],
    found: Forgetting,
    apply: bool,
    host: Host | None,
) -> None:
    """Take somebody out of the roster; README and access follow, while the log still knows."""
    member = next(one for one in team.members if _is(one, who))
    text = take_out(course.roster, team.line, member.name)
    if found.dry_run:
        found.steps.append(Step("updated", team.slug, "README.md, without the name"))
        if host is not None and member.github.lower() in host.members(team.slug):
            found.steps.append(Step("access withdrawn", team.slug, member.github.lower()))
        return
    with lock.hold(course.state, "forget"):
        write_atomic(course.roster, text)
    report = sync(load_course(course.folder), apply=apply, host=host)
    found.steps += report.steps
    found.remains += report.notes


def _listed(course: Course) -> list[str]:
    path = course.folder / ATTENDANCE_FILE
    if not path.exists():
        return []
    table = read_table(path)
    column = next((name for name in table.columns if name in NAME_COLUMNS), table.columns[0])
    return [row.get(column) for row in table.rows]


def _list(course: Course, who: list[Member], found: Forgetting) -> None:
    path = course.folder / ATTENDANCE_FILE
    names = {any_order(one.name) for one in who}
    # A namesake who is still in the course keeps their line.
    names -= {any_order(m.name) for t in course.teams for m in t.members if not _is(m, who)}
    if not names & set(map(any_order, _listed(course))):
        return
    found.removed.append(f"{path}: the line of {who[0].name}")
    if not found.dry_run:
        write_atomic(path, drop_rows(path, NAME_COLUMNS, lambda name: any_order(name) in names))


def _log(course: Course, who: list[Member], found: Forgetting) -> None:
    """Rewrite the log without the person; that a team had one more member stays."""
    path = course.folder / LOG_FILE
    accounts = {one.github.lower() for one in who if one.github}
    lines, count = [], 0
    for _, row in rows(course):
        changed = dict(row)
        if row.get("members"):
            changed["members"] = [
                {"name": FORGOTTEN, "email": "", "github": ""}
                if _is(Member(one["name"], one["email"], one["github"]), who)
                else one
                for one in row["members"]
            ]
        if row.get("accounts"):
            changed["accounts"] = [one for one in row["accounts"] if one not in accounts]
        if (person := row.get("person")) and _names(str(person), who):
            changed["person"] = FORGOTTEN
        count += changed != row
        lines.append(json.dumps(changed, ensure_ascii=False) + "\n")
    if not count:
        return
    found.removed.append(f"{path}: {count} lines")
    if not found.dry_run:
        with lock.hold(course.state, "forget"):
            write_atomic(path, "".join(lines))


def _names(person: str, who: list[Member]) -> bool:
    """Whether a certificate in the log is of somebody: by address, or by name and team."""
    name = person.rpartition(" (")[0] or person
    addresses = {one.email.casefold() for one in who if one.email}
    return name.casefold() in addresses or any_order(name) in {any_order(o.name) for o in who}


def _caches(course: Course, found: Forgetting) -> None:
    for name in _CACHES:
        path = course.state / name
        if path.exists():
            found.removed.append(f"{path}: all of it; it is made again when needed")
            if not found.dry_run:
                path.unlink()


def _look(course: Course, identities: Identities, found: Forgetting) -> None:
    """Say where the person still is: other files of the folder, repositories, commits."""
    done = {course.roster, course.folder / ATTENDANCE_FILE, course.folder / LOG_FILE}
    for path in _files(course):
        if found.dry_run and path in done:
            continue
        try:
            text = read_bytes(path, max_bytes=_MAX_BYTES).decode("utf-8", "replace")
        except UserError:
            found.remains.append(f"{path}: is too large to look into; look yourself")
            continue
        if identities.mentions(text) or identities.mentions(path.name):
            found.remains.append(f"{path}: names them; change or delete it")
    for team in course.teams:
        path = course.repository(team)
        if path.exists():
            _look_into(path, team.slug, identities, found)


def _files(course: Course) -> Iterator[Path]:
    repositories = course.repositories.resolve()
    count = 0
    for path in sorted(course.folder.rglob("*")):
        inside = path.resolve().is_relative_to(repositories)
        if path.is_file() and not path.is_symlink() and not inside and path.name != "lock":
            count += 1
            if count > _MAX_FILES:
                return
            yield path


def _look_into(path: Path, slug: str, identities: Identities, found: Forgetting) -> None:
    listing = git.run("log", "--all", "--format=%an <%ae>%x00%cn <%ce>%x00%B%x00", git_dir=path)
    commits = listing.decode("utf-8", "replace").split("\0\n")
    count = sum(identities.mentions(text) for text in commits)
    if count:
        found.remains.append(
            f"{slug}: {count} commits name them; only rewriting the history of the repository, and "
            "of each clone, removes that"
        )
    with open_repository(path) as repository:
        files = repository.files("HEAD") if repository.head() else {}
        named = []
        follows = {step.team for step in found.steps} if found.dry_run else set()
        for name, entry in files.items():
            if name == "README.md" and slug in follows:
                continue
            if not entry.is_file or entry.size > _MAX_BYTES:
                continue
            content = repository.read_object(entry.oid, max_bytes=_MAX_BYTES)
            if identities.mentions(name) or (
                b"\0" not in content and identities.mentions(content.decode("utf-8", "replace"))
            ):
                named.append(name)
    if named:
        more = f" and {len(named) - 5} more" if len(named) > 5 else ""
        found.remains.append(
            f"{slug}: {', '.join(named[:5])}{more} name them; that is the team's text, so ask it"
        )
