"""Certificates: who passed, as a table and a page for each, and whether one is ours.

A certificate's number is computed from what it says and a secret key of the course, so
that a changed name or date does not fit it any more; no network and no register is needed.
"""

from __future__ import annotations

import base64
import datetime as dt
import hashlib
import hmac
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from string import Template

from coursekit import lock
from coursekit.course.course import Course
from coursekit.course.record import append, rows
from coursekit.course.roster import Member, Team, make_slug
from coursekit.course.tables import format_table
from coursekit.people.anonymize import secret_key
from coursekit.people.results import PASSED, PersonResult
from litreview.errors import UserError
from litreview.files import read_text, write_atomic

KEY_FILE = "certificate.key"
PAGE_FILE = "certificate.html"
TABLE_FILE = "certificates.csv"
_KIND = "certificate"
_FACTS = re.compile(r'<script type="application/json" id="certificate">([^<]{1,2000})</script>')
NUMBER = re.compile(r"[A-Z2-7]{4}(?:-[A-Z2-7]{4}){3}", re.I)
_COLUMNS = (
    "name", "email", "team", "present", "absent", "milestones complete", "passed", "reasons",
    "certificate",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Certificate:
    """What one certificate says.

    Attributes:
        name: The person.
        project: The team's project.
        course: The course's title.
        cohort: Its cohort.
        date: The day, as ISO 8601.
        number: Its number.
    """

    name: str
    project: str
    course: str
    cohort: str
    date: str
    number: str = ""


def give(
    course: Course,
    results: Sequence[PersonResult],
    folder: Path,
    date: dt.date,
    *,
    dry_run: bool = False,
) -> tuple[Certificate, ...]:
    """Write the table of all people, and a page for each who passed.

    Safe to repeat: whoever has a certificate keeps its number and date.

    Args:
        course: The course.
        results: What everybody has reached.
        folder: Where the files go.
        date: The day on the certificates.
        dry_run: Write nothing.

    Raises:
        UserError: If the template or a file cannot be read or written.
    """
    key = secret_key(course.state / KEY_FILE, dry_run)
    earlier = {str(row.get("person")): str(row.get("date")) for row in _given(course)}
    found: dict[int, Certificate] = {}
    for number, result in enumerate(results):
        if result.passed == PASSED:
            person = _person(result.member, result.team)
            day = earlier.get(person, date.isoformat())
            found[number] = _numbered(_plain(course, result.member, result.team, day), key)
            if not dry_run and person not in earlier:
                with lock.hold(course.state, "certificate"):
                    append(course, {"kind": _KIND, "person": person, "date": day})
    if dry_run:
        return tuple(found.values())
    page = _page(course)
    for certificate in found.values():
        path, text = page_path(folder, certificate), page.safe_substitute(_values(certificate))
        # A page that is there already stays, and so does what was printed of it.
        if not path.exists() or read_text(path) != text:
            write_atomic(path, text)
    table = (_cells(result, found.get(number)) for number, result in enumerate(results))
    # Excel takes a file without a byte order mark for Windows-1252.
    write_atomic(folder / TABLE_FILE, "\ufeff" + format_table(_COLUMNS, table))
    return tuple(found.values())


def page_path(folder: Path, certificate: Certificate) -> Path:
    """Where the page of a certificate lies."""
    name = make_slug(certificate.name) or "certificate"
    return folder / f"{name}-{certificate.number[:4].lower()}.html"


def find(course: Course, number: str) -> Certificate:
    """The certificate of this course that has a number, for one that was printed.

    Raises:
        UserError: If nobody of the roster has been given one with this number.
    """
    wanted = number.strip().upper()
    key = secret_key(_key_path(course), True)
    days = {str(row.get("person")): str(row.get("date")) for row in _given(course)}
    for team in course.teams:
        for member in team.members:
            day = days.get(_person(member, team))
            found = _numbered(_plain(course, member, team, day), key) if day else None
            if found and hmac.compare_digest(found.number.encode(), wanted.encode()):
                return found
    raise UserError(
        f"{number[:40]!r}: nobody of the roster was given a certificate with this number; a name "
        "or a project that has changed since has another: compare certificates.csv"
    )


def check(course: Course, path: Path) -> Certificate:
    """Check that a page is a certificate of this course, and says what it said.

    Raises:
        UserError: If it is none, or something in it was changed.
    """
    text = read_text(path)
    found = _FACTS.search(text)
    if not found:
        raise UserError(f"{path}: is no certificate of coursekit; give the page as it was sent")
    key_path = _key_path(course)
    try:
        certificate = Certificate(**json.loads(unescape(found[1])))
        right = _numbered(certificate, secret_key(key_path, True)).number
    except (ValueError, TypeError, AttributeError) as error:
        raise UserError(f"{path}: is damaged ({error}); ask for the page as it was sent") from error
    if not hmac.compare_digest(right, str(certificate.number)):
        raise UserError(
            f"{path}: was not given by this course, or was changed: the number "
            f"{str(certificate.number)[:40]!r} does not belong to {certificate.name[:100]!r}"
        )
    if text.strip() != _page(course).safe_substitute(_values(certificate)).strip():
        raise UserError(
            f"{path}: was changed, or certificate.html was since: its number was given to "
            f"{certificate.name} on {certificate.date}; compare what it shows"
        )
    return certificate


def _person(member: Member, team: Team) -> str:
    """How the log names a person."""
    return member.email or f"{member.name} ({team.slug})"


def _plain(course: Course, member: Member, team: Team, day: str) -> Certificate:
    return Certificate(member.name, team.project or team.title, course.title, course.cohort, day)


def _key_path(course: Course) -> Path:
    path = course.state / KEY_FILE
    if not path.exists():
        raise UserError(f"{path}: does not exist; only who has the key can check certificates")
    return path


def _given(course: Course) -> list[dict[str, object]]:
    return [row for _, row in rows(course) if row.get("kind") == _KIND]


def _numbered(one: Certificate, key: bytes) -> Certificate:
    facts = json.dumps([one.name, one.project, one.course, one.cohort, one.date])
    digest = hmac.new(key, facts.encode(), hashlib.sha256).digest()
    text = base64.b32encode(digest[:10]).decode()
    number = "-".join(text[k : k + 4] for k in range(0, 16, 4))
    return Certificate(one.name, one.project, one.course, one.cohort, one.date, number)


def _values(one: Certificate) -> dict[str, str]:
    facts = {
        "name": one.name, "project": one.project, "course": one.course, "cohort": one.cohort,
        "date": one.date, "number": one.number,
    }  # fmt: skip
    values = {key: escape(value) for key, value in facts.items()}
    data = escape(json.dumps(facts, ensure_ascii=False), quote=False)
    values["facts"] = f'<script type="application/json" id="certificate">{data}</script>'
    return values


def _page(course: Course) -> Template:
    path = course.folder / PAGE_FILE
    text = read_text(path) if path.exists() else _PAGE
    for name in ("name", "number", "facts"):
        if f"${name}" not in text and f"${{{name}}}" not in text:
            raise UserError(f"{path}: lacks ${name}; without it nobody can check the certificate")
    return Template(text)


def _cells(result: PersonResult, certificate: Certificate | None) -> tuple[str, ...]:
    def count(value: int | None) -> str:
        return "" if value is None else str(value)

    return (
        result.member.name, result.member.email, result.team.title, count(result.present),
        count(result.absent), f"{result.complete} of {len(result.milestones)}", result.passed,
        "; ".join(result.reasons), certificate.number if certificate else "",
    )  # fmt: skip


_PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Certificate of $name</title>
<style>
@page { size: A4 landscape; margin: 0 }
body { font: 18px/1.6 Georgia, serif; color: #222; background: #fff; margin: 0; }
main { max-width: 48rem; margin: 10vh auto; padding: 3rem; border: 3px double #345; }
h1 { font-size: 2.4rem; margin: .5rem 0; }
small { font: 14px/1.5 system-ui, sans-serif; color: #555; }
</style>
<main>
<p>Certificate</p>
<h1>$name</h1>
<p>has completed the course <strong>$course</strong> ($cohort) with the project
<em>$project</em>: with regular attendance, all milestones and a presentation.</p>
<p>$date</p>
<small>Number $number</small>
</main>
$facts
</html>
"""
