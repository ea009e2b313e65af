"""Write sessions, milestones and marks as Moodle and Canvas import them.

The platform's own export of its grades is the model: it says who is who there, and an
import only takes rows that it knows. Marks are the staff's, in `marks.csv`: a line for each
team or person, a column for each mark.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.course.course import Course
from coursekit.course.exports import read_export
from coursekit.course.membership import any_order
from coursekit.course.tables import Row, format_table, read_table
from coursekit.people.results import PersonResult
from litreview.errors import UserError

MARKS_FILE = "marks.csv"
SESSIONS = "Sessions attended"
MILESTONES = "Milestones complete"
_POINTS = "points possible"
# Canvas' first columns, which an import must repeat.
_CANVAS = ("student", "id", "sis user id", "sis login id", "section")
_HEADINGS = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section")
_KEYS = ("team", "slug", "name", "email", "member", "student")


@dataclass(frozen=True, slots=True)
class MarksTable:
    """A file for the platform, and who could not be matched.

    Attributes:
        text: The file.
        platform: `Canvas` or `Moodle`.
        unknown: People of the roster whom the platform's export lacks.
        rest: How many people of the export are not in the roster.
    """

    text: str
    platform: str
    unknown: tuple[str, ...]
    rest: int


def export_marks(course: Course, results: Sequence[PersonResult], model: Path) -> MarksTable:
    """Fill in the platform's table.

    Args:
        course: The course.
        results: What everybody has reached.
        model: The platform's export of its grades: Canvas' gradebook, or Moodle's CSV.

    Raises:
        UserError: If the export or `marks.csv` cannot be read.
    """
    marks, names = _marks(course, results)
    columns = [SESSIONS, MILESTONES, *names]
    values = {
        number: [
            "" if result.present is None else str(result.present),
            str(result.complete),
            *(marks[number].get(name, "") for name in names),
        ]
        for number, result in enumerate(results)
    }
    table = read_table(model)
    if set(_CANVAS[:2]) <= set(table.columns):
        return _canvas(course, results, values, columns, table.rows)
    return _moodle(results, values, columns, model)


def _canvas(
    course: Course,
    results: Sequence[PersonResult],
    values: Mapping[int, list[str]],
    columns: Sequence[str],
    rows: Sequence[Row],
) -> MarksTable:
    found: list[list[str]] = []
    used: set[int] = set()
    most = [str(course.sessions), str(max((len(r.milestones) for r in results), default=0))]
    head = ["    Points Possible", "", "", "", "", *most, *[""] * (len(columns) - 2)]
    rest = 0
    for row in rows:
        name = row.get("student").strip()
        if name.lower() == _POINTS or name.lower() in ("student, test", "test student"):
            continue
        number = _match(results, name, row.get("sis login id"), used)
        if number is None:
            rest += 1
            continue
        used.add(number)
        found.append([row.get(column) for column in _CANVAS] + values[number])
    unknown = tuple(r.member.name for n, r in enumerate(results) if n not in used)
    text = format_table([*_HEADINGS, *columns], [head, *found])
    return MarksTable(text, "Canvas", unknown, rest)


def _moodle(
    results: Sequence[PersonResult],
    values: Mapping[int, list[str]],
    columns: Sequence[str],
    model: Path,
) -> MarksTable:
    found: list[list[str]] = []
    used: set[int] = set()
    rest = 0
    for person in read_export(model).people:
        number = _match(results, person.name, person.email or person.account, used)
        if number is None:
            rest += 1
            continue
        used.add(number)
        found.append([person.email, *values[number]])
    unknown = tuple(r.member.name for n, r in enumerate(results) if n not in used)
    text = format_table(["Email address", *columns], found)
    return MarksTable(text, "Moodle", unknown, rest)


def _match(results: Sequence[PersonResult], name: str, account: str, used: set[int]) -> int | None:
    """The one person of the roster whom a row means, or None."""
    key = account.casefold()
    by_address = [
        n for n, r in enumerate(results)
        if key and key in (r.member.email.casefold(), r.member.email.casefold().partition("@")[0])
    ]  # fmt: skip
    by_name = [n for n, r in enumerate(results) if any_order(r.member.name) == any_order(name)]
    free = [n for n in by_address or by_name if n not in used]
    # Two people of one name are not told apart by it.
    return free[0] if len(free) == 1 else None


def _marks(
    course: Course, results: Sequence[PersonResult]
) -> tuple[list[dict[str, str]], list[str]]:
    """Each person's marks, and the marks' names."""
    path = course.folder / MARKS_FILE
    blank: list[dict[str, str]] = [{} for _ in results]
    if not path.exists():
        return blank, []
    table = read_table(path)
    key = next((name for name in table.columns if name in _KEYS), "")
    if not key:
        raise UserError(f"{path}, line 1: has no column 'team' or 'name'; add one")
    names = [name for name in table.columns if name not in _KEYS and not name.startswith("note")]
    for row in table.rows:
        wanted = any_order(row.get(key))
        hits = [n for n, r in enumerate(results) if wanted in {
            any_order(text)
            for text in (r.team.slug, r.team.title, r.member.name, r.member.email)
            if text
        }]  # fmt: skip
        if not hits:
            raise UserError(
                f"{path}, line {row.line}: nobody in the roster is {row.get(key)!r}; correct it"
            )
        for number in hits:
            blank[number] |= {name: row.get(name) for name in names if row.get(name)}
    return blank, names
