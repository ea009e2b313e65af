"""Read people and their groups from what learning platforms export.

One row per person, or one per person and group; headings in English and German;
`Last, First` in one cell or names in two; groups in a column, several in one
cell, or as a line of their own above their people. Rows that are no student are
left out and listed, and what each column was taken for can be shown.
"""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from coursekit.course.roster import Member, Team, make_slug, slug_problem
from coursekit.course.sheets import is_sheet, read_sheet
from coursekit.course.yaml_file import read_yaml
from coursekit.errors import RosterError
from litreview.files import read_text

MAX_PEOPLE = 20_000
_MAX_HEADER = 40
_ACCOUNTS = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}(?: [A-Za-z0-9][A-Za-z0-9-]{0,38}){0,19}")
_DELIMITERS = ",;\t"
_HEADINGS: dict[str, tuple[str, ...]] = {
    "given": ("first name", "firstname", "given name", "forename", "vorname", "vornamen"),
    "family": ("last name", "lastname", "surname", "family name", "nachname", "familienname"),
    "name": (
        "name", "full name", "student", "student name", "display name", "vollständiger name",
        "vor- und nachname", "member", "mitglied", "studierende", "teilnehmer", "person",
    ),
    "email": (
        "email", "e-mail", "mail", "email address", "e-mail address", "e-mail-adresse",
        "email-adresse", "mailadresse", "user email", "identifier", "roster identifier",
    ),
    "account": (
        "username", "user name", "login", "login id", "sis login id", "benutzername",
        "nutzernamen", "nutzername", "anmeldename", "kennung", "orgdefinedid",
    ),
    "github": (
        "github", "github username", "github name", "github account", "github-name",
        "github-konto", "github-account", "github konto", "github-benutzername",
    ),
    "groups": (
        "group", "groups", "group name", "groupname", "gruppe", "gruppen", "gruppenname", "team",
        "teams", "team name", "teamname", "projektgruppe", "project group", "arbeitsgruppe",
        "in welchem team bist du?", "which team are you in?",
    ),
    "title": ("titel", "title"),
    "role": ("role", "roles", "rolle", "rolle/status", "status", "rollen"),
}  # fmt: skip
# Sections of a course are its groups only where nothing else is.
_SECTIONS = ("sections", "section", "sektion", "sektionen")
_STAFF = re.compile(
    r"(?i)(?<![\w-])(admin|administrator|\w*administrator|instructor|teacher|lecturer|tutor|"
    r"dozent(?:in)?|coach(?:es)?|betreuer(?:in)?|lehrende?r?|leiter(?:in)?|lehrkraft|owner|"
    r"grader|assistant|staff)(?![\w-])"
)
_STUDENTS = re.compile(
    r"(?i)\b(students?|studierende|teilnehmer(?:innen)?|participants?|mitglieder|members)\b"
)
_NOBODY = re.compile(
    r"(?i)(points possible|student, test|test student|test, student|gesamt|total|overall average|"
    r"durchschnitt|average|summe)"
)
_TITLE = re.compile(r"(?i)\bprof\b")
_SUFFIX = re.compile(r"(?i)(jr|sr|jun|sen|ii|iii|iv|phd|md)\.?")
# What forms write where nobody had to sign in.
_ANONYMOUS = {"anonymous", "anonym"}
# A line that names the group of the people below it.
_GROUP_LINE = re.compile(r"(?i)(group name|gruppenname|name der gruppe)")
_UNGROUPED = re.compile(
    r"(?i)\W*(?:not (?:in|assigned to) (?:a|any) group|no group|ohne gruppe|"
    r"(?:in )?keiner (?:\w+ oder )?gruppe(?: zugeordnet)?|nicht in (?:einer )?gruppe)\W*"
)
_NO_GROUP = {
    "", "-", "–", "—", "n/a", "none", "no group", "keine gruppe", "[not in a group]",
    "not in a group", "[keine gruppe]", "[nicht in einer gruppe]", "nicht in einer gruppe",
    "ohne gruppe", "keine", "unassigned", "nicht zugeordnet",
}  # fmt: skip


@dataclass
class Person:
    """Somebody in an export.

    Attributes:
        given: Given names.
        family: Family name; empty for people with one name.
        email: The address, or empty.
        account: The account at the platform, or empty.
        github: The GitHub account, or empty.
        groups: The groups, in the file's order.
        line: Where the person stands first.
    """

    given: str
    family: str
    email: str = ""
    account: str = ""
    github: str = ""
    groups: list[str] = field(default_factory=list)
    line: int = 0

    @property
    def name(self) -> str:
        """The name as it is spoken."""
        return " ".join(f"{self.given} {self.family}".replace(",", " ").split())


@dataclass(frozen=True, slots=True)
class Export:
    """What an export holds.

    Attributes:
        people: The students, in the file's order.
        groups: All groups, also empty ones.
        columns: From what is known to the heading that it was read from.
        left_out: Rows that are no student, with their line and the reason.
        has_groups: Whether the file says who is in which group.
    """

    people: tuple[Person, ...]
    groups: tuple[str, ...]
    columns: dict[str, str]
    left_out: tuple[str, ...]
    has_groups: bool


def read_export(path: Path) -> Export:
    """Read an export.

    Args:
        path: Text with commas, semicolons or tabs between cells.

    Raises:
        RosterError: If there is no column with people in it, or there are too many.
    """
    return _Reader(path).read()


def to_teams(export: Export) -> tuple[tuple[Team, ...], tuple[str, ...]]:
    """Turn groups into teams.

    Returns:
        The teams in natural order (Team 2 before Team 10), and remarks: who is in no
        group, who is in two, which groups are empty.
    """
    members: dict[str, list[Person]] = {}
    remarks = []
    for person in export.people:
        if not person.groups:
            remarks.append(f"line {person.line}: {person.name} is in no group, so in no team")
            continue
        first, *others = person.groups
        members.setdefault(first, []).append(person)
        if others:
            remarks.append(
                f"line {person.line}: {person.name} is also in {', '.join(map(repr, others))}; "
                f"taken for {first!r}, since a person is in one team"
            )
    remarks += [f"group {g!r} is empty, so no team" for g in export.groups if g not in members]
    taken: set[str] = set()
    teams = []
    for number, group in enumerate(sorted(members, key=_natural), start=1):
        slug = make_slug(group)
        if slug_problem(slug) or slug in taken:
            slug = f"team-{number:02}"
        taken.add(slug)
        people = tuple(Member(p.name, p.email, p.github) for p in members[group])
        title = " ".join(re.sub(r"[;|]", " ", group).split())
        teams.append(Team(slug, title, people))
    return tuple(teams), tuple(remarks)


class _Reader:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.columns: dict[str, int] = {}
        self.people: dict[str, Person] = {}
        self.cells: list[tuple[Person, str]] = []
        self.groups: dict[str, None] = {}
        self.left_out: list[str] = []
        self.header: list[str] = []

    def read(self) -> Export:
        if self.path.suffix.lower() in (".yml", ".yaml"):
            return self._teams()
        rows = list(self._rows())
        self._find_header([cells for _, cells in rows])
        if not self.columns and self._are_accounts(rows):
            return self._accounts(rows)
        group, section, staff, begun = "", "", False, False
        for line, cells in rows if self.columns else ():
            filled = [cell for cell in cells if cell]
            if not begun or cells == self.header:
                begun = begun or cells == self.header
                if len(filled) > 1 and _GROUP_LINE.fullmatch(cells[0]):
                    group = section = cells[1]
                elif len(filled) == 1:
                    staff = bool(_STAFF.search(filled[0]))
                continue
            if len(filled) > 1 and _GROUP_LINE.fullmatch(cells[0]):
                group = section = cells[1]
            elif len(filled) == 1 and len(cells) == 1 and len(self.header) > 2:
                # A line of its own: the heading of a group, or of a kind of people.
                staff = bool(_STAFF.search(filled[0]))
                section = group if staff or _STUDENTS.fullmatch(filled[0]) else filled[0]
            elif len(filled) > len(self.header):
                self.left_out.append(
                    f"line {line}: has {len(cells)} cells under {len(self.header)} headings, so "
                    "it cannot be read"
                )
            else:
                self._row(line, cells, section, staff)
        if not self.columns:
            raise RosterError(
                f"{self.path}: there is no column with names or addresses; the first line names "
                "the columns, such as First name, Last name, Email address, Groups"
            )
        if len(self.people) > MAX_PEOPLE:
            raise RosterError(
                f"{self.path}: holds {len(self.people):,} people; at most {MAX_PEOPLE:,} are taken"
            )
        self._assign_groups()
        return Export(
            tuple(self.people.values()),
            tuple(self.groups),
            {what: self.header[at] for what, at in self.columns.items()},
            tuple(self.left_out),
            "groups" in self.columns or bool(self.groups),
        )

    def _rows(self) -> Iterator[tuple[int, list[str]]]:
        if is_sheet(self.path):
            for line, record in read_sheet(self.path):
                cells = [_cleaned(cell) for cell in record]
                if any(cells):
                    yield line, cells
            return
        text = unicodedata.normalize("NFC", read_text(self.path)).lstrip("\ufeff")
        lines = text.splitlines()
        head = next((row for row in lines if sum(map(row.count, _DELIMITERS)) > 0), "")
        delimiter = max(_DELIMITERS, key=head.count)
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
        try:
            for record in reader:
                cells = [_cleaned(cell) for cell in record]
                if any(cells):
                    yield reader.line_num, cells
        except csv.Error as error:
            raise RosterError(
                f"{self.path}, line {reader.line_num}: cannot be read as a table ({error})"
            ) from error

    def _find_header(self, rows: Sequence[Sequence[str]]) -> None:
        """The first line that names people, else the first one with addresses or accounts."""
        for wanted in ({"name", "given", "family"}, {"email", "github", "account"}):
            for cells in rows[:_MAX_HEADER]:
                found = self._columns_of(cells)
                if wanted & set(found):
                    self.columns, self.header = found, list(cells)
                    return

    @staticmethod
    def _are_accounts(rows: Sequence[tuple[int, list[str]]]) -> bool:
        """Whether each line is a team of accounts, with spaces between."""
        lines = [cells[0] for _, cells in rows if len(cells) == 1]
        return len(lines) == len(rows) > 0 and all(_ACCOUNTS.fullmatch(line) for line in lines)

    def _accounts(self, rows: Sequence[tuple[int, list[str]]]) -> Export:
        for number, (line, cells) in enumerate(rows, start=1):
            for account in cells[0].split():
                key = account.casefold()
                person = self.people.setdefault(key, Person(account, "", github=account, line=line))
                person.groups.append(f"Team {number:02}")
        groups = tuple(f"Team {number:02}" for number in range(1, len(rows) + 1))
        return Export(tuple(self.people.values()), groups, {"github": "each word"}, (), True)

    def _teams(self) -> Export:
        """RepoBee's form: from a team's name to its members' accounts."""
        found = read_yaml(self.path)
        if not isinstance(found, dict):
            raise RosterError(f"{self.path}: must hold teams, each with a list of members")
        for group, about in found.items():
            members = about.get("members") if isinstance(about, dict) else about
            if not isinstance(members, list) or not all(isinstance(m, str | int) for m in members):
                self.left_out.append(f"{str(group)[:60]!r} has no list of members, so is no team")
                continue
            self.groups.setdefault(str(group))
            for account in map(str, members):
                known = Person(account, "", github=account)
                person = self.people.setdefault(account.casefold(), known)
                if str(group) not in person.groups:
                    person.groups.append(str(group))
        people, groups = tuple(self.people.values()), tuple(self.groups)
        columns = {"groups": "each key", "github": "members"}
        return Export(people, groups, columns, tuple(self.left_out), True)

    def _columns_of(self, cells: Sequence[str]) -> dict[str, int]:
        names = [
            re.sub(r" \([^()]*\)$", "", cell.strip("\"'# ").replace("_", " ").casefold())
            for cell in cells
        ]
        found: dict[str, int] = {}
        for what, headings in _HEADINGS.items():
            at = next((names.index(one) for one in headings if one in names), None)
            if at is not None:
                found[what] = at
        if "groups" not in found:
            at = next((names.index(one) for one in _SECTIONS if one in names), None)
            if at is not None and "orgdefinedid" in names:
                found["groups"] = at
        asked = next((at for at, name in enumerate(names) if re.search(r"\bgithub\b", name)), None)
        if "github" not in found and "account" not in found and asked is not None:
            # A form's question, such as "Wie heißt dein GitHub-Konto?"
            found["github"] = asked
        if "github id" in names and "github" not in found and "account" in found:
            found["github"] = found.pop("account")
        if "name" in found and "given" in found and "family" not in found:
            # German lists call the family name just "Name".
            found["family"] = found.pop("name")
        return found

    def _cell(self, cells: Sequence[str], what: str) -> str:
        at = self.columns.get(what)
        text = cells[at] if at is not None and at < len(cells) else ""
        return text.lstrip("#").strip() if what in ("email", "account") else text

    def _row(self, line: int, cells: Sequence[str], section: str, staff: bool) -> None:
        given, family = self._cell(cells, "given"), self._cell(cells, "family")
        name, email = self._cell(cells, "name"), self._cell(cells, "email")
        account, github = self._cell(cells, "account"), _account(self._cell(cells, "github"))
        group, role = self._cell(cells, "groups"), self._cell(cells, "role")
        if not (given or family) and name:
            given, family = _split_name(name)
        given, family = (("" if part in ("-", "–", ".") else part) for part in (given, family))
        if email.casefold() in _ANONYMOUS:
            email = ""
            if not (given or family or account):
                who = f" (account {github!r})" if github else ""
                self.left_out.append(f"line {line}: somebody answered without a name{who}")
                return
        if email and "@" not in email:
            account, email = account or email, ""
        if not (given or family or email or account or github):
            if group.casefold() not in _NO_GROUP:
                self.groups.setdefault(group)
            return
        shown = name or f"{given} {family}".strip() or email or account
        if _NOBODY.fullmatch(shown.strip()):
            self.left_out.append(f"line {line}: {shown!r} is no person")
            return
        if staff or _STAFF.search(role):
            self.left_out.append(f"line {line}: {shown} is {role or 'staff'}, no student")
            return
        title = self._cell(cells, "title")
        if _TITLE.search(title):
            self.left_out.append(f"line {line}: {title} {shown} is perhaps staff; add them by hand")
            return
        key = (email or account or github or f"{given} {family}").casefold()
        person = self.people.setdefault(key, Person(given, family, email, account, github))
        person.line = person.line or line
        for text in (group, section):
            if text.casefold() not in _NO_GROUP and not _UNGROUPED.fullmatch(text):
                self.cells.append((person, text))

    def _assign_groups(self) -> None:
        """Take cells with several groups apart; a group's name may hold a comma itself."""
        known = {text for _, text in self.cells} | set(self.groups)
        parts = {text: _parts(text, known) for text in known}
        for person, text in self.cells:
            for group in parts[text]:
                self.groups.setdefault(group)
                if group not in person.groups:
                    person.groups.append(group)


def _parts(text: str, known: Iterable[str]) -> list[str]:
    """A cell's groups: itself, or names that stand alone elsewhere, with marks between."""
    names = set(known) - {text}
    pieces = re.split(r"(\s*[,;]\s*|\s+[/|]\s+)", text)
    words, marks = pieces[::2], pieces[1::2]
    if len(words) > 60:
        return [text]
    best: list[list[str] | None] = [None] * (len(words) + 1)
    best[0] = []
    for end in range(1, len(words) + 1):
        for start in range(end - 1, -1, -1):
            before = best[start]
            glued = words[start] + "".join(
                mark + word
                for mark, word in zip(marks[start : end - 1], words[start + 1 : end], strict=True)
            )
            if before is not None and glued in names:
                best[end] = [*before, glued]
                break
    whole = best[-1]
    return whole if whole else [text]


def _account(text: str) -> str:
    """An account as people write it: `@name`, an address of its page, with spaces."""
    text = re.sub(r"(?i)^(https?://)?(www\.)?github\.com/", "", text.strip()[:200])
    return "".join(text.strip("/ ").lstrip("@").split()) if "/" not in text.strip("/ ") else ""


def _cleaned(cell: str) -> str:
    return " ".join(unicodedata.normalize("NFC", cell).replace("\xa0", " ").split())


def _split_name(name: str) -> tuple[str, str]:
    """Given and family name; `Lovelace, Ada` has them the other way round."""
    last, comma, first = name.rpartition(",")
    if comma and _SUFFIX.fullmatch(first.strip()):
        given, family = _split_name(last)
        return given, f"{family}, {first.strip()}"
    if comma and first.strip():
        return first.strip(), last.strip()
    first, _, last = name.strip().rpartition(" ")
    return (first, last) if first else (last, "")


def _natural(text: str) -> list[tuple[int, int, str]]:
    parts = re.split(r"(\d{1,18})", text.casefold())
    return [(0, int(part), "") if part.isdigit() else (1, 0, part) for part in parts if part]
