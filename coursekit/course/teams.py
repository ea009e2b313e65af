"""Form teams: sizes that differ by one at most, wishes kept, the same again with the same seed."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit.course.roster import Member, Team, spoken_name
from coursekit.course.settings import raise_problems
from coursekit.course.tables import read_table, split_list
from coursekit.errors import RosterError
from litreview.files import read_text

MAX_STUDENTS = 10_000
# So many positions are tried before wishes are called impossible.
_ATTEMPTS = 20
_MAX_STEPS = 10_000
_ALIASES = {
    "name": ("student", "full name", "member", "vollständiger name", "studierende"),
    "email": ("e-mail", "mail", "email address", "e-mail address", "e-mail-adresse"),
    "github": ("github account", "account", "username", "github name"),
    "together": ("with", "together with", "zusammen", "zusammen mit"),
    "apart": ("not with", "apart from", "getrennt", "getrennt von", "nicht mit"),
}
_FIRST = ("first name", "firstname", "given name", "vorname")
_LAST = ("last name", "lastname", "surname", "family name", "nachname", "name")


@dataclass(frozen=True, slots=True)
class Student:
    """Somebody without a team yet, with the names they wish to work with, or not."""

    member: Member
    together: tuple[str, ...] = ()
    apart: tuple[str, ...] = ()
    line: int = 0


def read_students(path: Path) -> tuple[Student, ...]:
    """Read a flat list of students from a table or, if it ends in `.json`, from JSON.

    Args:
        path: A table with a column `name` (or first and last name), and
            optionally `email`, `github`, `together`, `apart`; or JSON: a list
            of names or of objects with these keys.

    Raises:
        RosterError: Naming every problem with its line (in JSON: its entry).
    """
    problems: list[tuple[int, str]] = []
    rows = _json_rows(path, problems) if path.suffix.lower() == ".json" else _table_rows(path)
    students = tuple(
        Student(
            Member(
                spoken_name(_one_line(row["name"])),
                _one_line(row["email"]),
                row["github"].lstrip("@"),
            ),
            tuple(name for name in split_list(row["together"]) if name),
            tuple(name for name in split_list(row["apart"]) if name),
            line,
        )
        for line, row in rows
    )
    _check(students, problems)
    raise_problems(path, problems, RosterError)
    return students


def form_teams(students: Sequence[Student], size: int, seed: int) -> list[list[Student]]:
    """Divide students into as few teams as possible, of sizes that differ by one at most.

    Wishes are rules here: who is listed under `together` shares a team, and so
    do the wishes of that person; who is listed under `apart` does not.

    Args:
        students: The students; their order does not matter for the result.
        size: The most members of a team.
        seed: Chooses among the possible divisions.

    Raises:
        RosterError: If the wishes cannot be kept; names a reason where it is plain.
    """
    by_name = {_key(student.member.name): student for student in students}
    groups = _groups(students, by_name, size)
    apart: dict[str, set[str]] = {name: set() for name in by_name}
    for student in students:
        for other in student.apart:
            apart[_key(student.member.name)].add(_key(other))
            apart[_key(other)].add(_key(student.member.name))
    for group in groups:
        names = {_key(student.member.name) for student in group}
        for first in sorted(names):
            for second in sorted(names & apart[first]):
                raise RosterError(
                    f"{by_name[first].member.name!r} and {by_name[second].member.name!r} are "
                    "to be both together and apart; drop one of the wishes"
                )
    count = -(-len(students) // size)
    extra = len(students) % count if count else 0
    capacities = [len(students) // count + (number < extra) for number in range(count)]
    chance = random.Random(seed)  # noqa: S311  # repeatable, and nobody's secret
    for _ in range(_ATTEMPTS):
        order = sorted(groups, key=lambda group: [_key(one.member.name) for one in group])
        chance.shuffle(order)
        # Large groups, and people with many objections, are the hardest to place.
        order.sort(key=lambda group: (-len(group), -len(_objections(group, apart))))
        teams: list[list[Student]] = [[] for _ in capacities]
        steps = [_MAX_STEPS]
        if _place(order, 0, teams, capacities, apart, chance, steps):
            chance.shuffle(teams)
            return teams
        if steps[0] > 0:
            break  # every division was tried
    raise RosterError(
        f"no division into {count} teams of at most {size} keeps all wishes; "
        "drop some of them, or choose another --team-size"
    )


def to_roster(teams: Iterable[Sequence[Student]]) -> tuple[Team, ...]:
    """Name formed teams `Team 01`, `Team 02`… and order their members by name."""
    formed = list(teams)
    width = max(2, len(str(len(formed))))
    return tuple(
        Team(
            slug=f"team-{number:0{width}}",
            title=f"Team {number:0{width}}",
            members=tuple(
                student.member for student in sorted(team, key=lambda one: _key(one.member.name))
            ),
        )
        for number, team in enumerate(formed, 1)
    )


def _place(
    order: Sequence[Sequence[Student]],
    position: int,
    teams: list[list[Student]],
    capacities: Sequence[int],
    apart: dict[str, set[str]],
    chance: random.Random,
    steps: list[int],
) -> bool:
    """Place the groups one after the other, and go back where one fits nowhere."""
    trail: list[tuple[int, Iterator[int]]] = []

    def fitting(group: Sequence[Student]) -> Iterator[int]:
        disliked = _objections(group, apart)
        numbers = [
            number
            for number, team in enumerate(teams)
            if len(team) + len(group) <= capacities[number]
            and not (disliked and disliked & {_key(mate.member.name) for mate in team})
        ]
        chance.shuffle(numbers)
        # The emptiest first; two empty teams of one size are the same choice.
        numbers.sort(key=lambda number: len(teams[number]) - capacities[number])
        empty = {capacities[number]: number for number in numbers if not teams[number]}
        return iter(
            [number for number in numbers if teams[number] or empty[capacities[number]] == number]
        )

    choices: Iterator[int] = fitting(order[position]) if order else iter(())
    while position < len(order):
        number = next(choices, None)
        steps[0] -= 1
        if steps[0] <= 0:
            return False
        if number is None:
            if not trail:
                return False
            position -= 1
            last, choices = trail.pop()
            del teams[last][-len(order[position]) :]
            continue
        teams[number].extend(order[position])
        trail.append((number, choices))
        position += 1
        if position < len(order):
            choices = fitting(order[position])
    return True


def _groups(
    students: Sequence[Student], by_name: dict[str, Student], size: int
) -> list[list[Student]]:
    """People who are to be in one team, by the wishes of any of them."""
    leader = {name: name for name in by_name}

    def find(name: str) -> str:
        while leader[name] != name:
            leader[name] = leader[leader[name]]
            name = leader[name]
        return name

    for student in students:
        for other in student.together:
            leader[find(_key(other))] = find(_key(student.member.name))
    groups: dict[str, list[Student]] = {}
    for student in students:
        groups.setdefault(find(_key(student.member.name)), []).append(student)
    for group in groups.values():
        group.sort(key=lambda student: _key(student.member.name))
        if len(group) > size:
            names = ", ".join(student.member.name for student in group)
            raise RosterError(
                f"{len(group)} people are to be together ({names}), but a team has at most {size}; "
                "drop one of the wishes, or choose another --team-size"
            )
    return list(groups.values())


def _objections(group: Sequence[Student], apart: dict[str, set[str]]) -> set[str]:
    """Who may not be in one team with any of a group."""
    return {name for student in group for name in apart[_key(student.member.name)]}


def _table_rows(path: Path) -> list[tuple[int, dict[str, str]]]:
    table = read_table(path, error=RosterError)

    def find(names: Iterable[str]) -> str:
        return next((name for name in names if name in table.columns), "")

    columns = {field: find((field, *aliases)) for field, aliases in _ALIASES.items()}
    first, last = find(_FIRST), find(_LAST)
    if not (columns["name"] or (first and last)):
        raise RosterError(
            f"{path}, line 1: there is no column 'name' (found: {', '.join(table.columns)}); "
            "name the columns name, email, github, together, apart"
        )
    rows = []
    for row in table.rows:
        cells = {field: row.get(column) if column else "" for field, column in columns.items()}
        if first and last:
            cells["name"] = f"{row.get(first)} {row.get(last)}"
        rows.append((row.line, cells))
    return rows


def _json_rows(path: Path, problems: list[tuple[int, str]]) -> list[tuple[int, dict[str, str]]]:
    try:
        data: Any = json.loads(read_text(path))
    except ValueError as error:
        raise RosterError(f"{path}: is not valid JSON ({error}); correct it") from error
    if isinstance(data, dict):
        data = data.get("students")
    if not isinstance(data, list):
        raise RosterError(f"{path}: must hold a list of names, or of objects with a name")
    rows = []
    for number, item in enumerate(data, 1):
        record = {"name": item} if isinstance(item, str) else item
        if not isinstance(record, dict) or not isinstance(record.get("name"), str):
            problems.append((number, f"entry {item!r} has no name"[:200]))
            continue
        cells = {}
        for field in _ALIASES:
            value = record.get(field, "")
            listed = value if isinstance(value, list) else [value]
            if not all(isinstance(part, str | None) for part in listed):
                problems.append((number, f"{field} is {value!r}; write a text or a list of texts"))
                listed = []
            cells[field] = "; ".join(part for part in listed if part)
        rows.append((number, cells))
    return rows


def _check(students: Sequence[Student], problems: list[tuple[int, str]]) -> None:
    names: dict[str, Student] = {}
    if not students and not problems:
        problems.append((1, "there is nobody in the list"))
    if len(students) > MAX_STUDENTS:
        problems.append((1, f"there are more than {MAX_STUDENTS:,} students"))
    for student in students:
        name = student.member.name
        if not name:
            problems.append((student.line, "there is no name"))
        elif any(mark in name for mark in ";|") or not name.isprintable():
            problems.append((student.line, f"the name {name!r} holds a mark that separates names"))
        elif (other := names.setdefault(_key(name), student)) is not student:
            problems.append(
                (student.line, f"{name!r} is already in line {other.line}; tell them apart, or "
                 "remove one")
            )  # fmt: skip
    for student in students:
        for wish in (*student.together, *student.apart):
            if _key(wish) not in names:
                problems.append((student.line, f"{wish!r} is not in the list{_near(wish, names)}"))
        if _key(student.member.name) in map(_key, student.apart):
            problems.append((student.line, f"{student.member.name!r} is to be apart from itself"))


def _near(wish: str, names: dict[str, Student]) -> str:
    import difflib

    found = difflib.get_close_matches(_key(wish), names, n=1)
    return f"; did you mean {names[found[0]].member.name!r}?" if found else "; correct the name"


def _key(name: str) -> str:
    return " ".join(name.casefold().split())


def _one_line(text: str) -> str:
    return " ".join(text.split())
