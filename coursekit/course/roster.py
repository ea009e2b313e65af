"""The roster: which teams there are, and who is in them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.course.settings import raise_problems
from coursekit.course.tables import Row, column_name, format_table, read_table, split_list
from coursekit.errors import RosterError

MAX_NAME_CHARACTERS = 100
MAX_DESCRIPTION_CHARACTERS = 1_000
MAX_SLUG_CHARACTERS = 60
MAX_TEAMS = 5_000
SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
# Windows cannot make a folder of one of these names.
RESERVED = frozenset(
    ["con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))]
)
# A project of this name would hide a Python package that the repository uses.
TAKEN = frozenset(["baseline", "tests", "torch", "transformers", "numpy", "tokenizers", "mkdocs"])
COLUMNS = (
    "team", "slug", "members", "emails", "github", "project", "description", "task", "family",
)  # fmt: skip
_ALIASES = {
    "team": ("team name", "teamname", "group", "group name", "gruppe", "gruppenname", "name"),
    "slug": ("repository", "repo", "folder", "ordner"),
    "members": ("mitglieder", "students", "studierende", "names", "namen", "member names"),
    "emails": ("email", "e-mail", "e-mails", "mail", "mails"),
    "github": ("github accounts", "github names", "accounts", "account", "username", "usernames"),
    "project": ("project name", "project title", "title", "topic", "projekt", "titel", "thema"),
    "description": ("beschreibung", "about", "summary"),
    "task": ("task type", "aufgabe"),
    "family": ("model family", "model", "modell", "modellfamilie"),
    "consent": ("shown", "show name", "einwilligung", "einverstanden"),
}
_YES = frozenset(["yes", "y", "true", "1", "x", "ja"])
_NO = frozenset(["no", "n", "false", "0", "nein", ""])
_MEMBER_COLUMN = re.compile(r"(?:member|mitglied|student|person)s? ?\d+")
_GITHUB_ACCOUNT = re.compile(r"[A-Za-z0-9](?:-?[A-Za-z0-9]){0,38}")
# GitLab, Forgejo and Gitea take points and underlines, too.
_ACCOUNT = re.compile(r"[A-Za-z0-9_](?:[.-]?[A-Za-z0-9_]){0,126}")
_FORGES = {"gitlab": "GitLab", "forgejo": "Forgejo", "gitea": "Gitea"}


@dataclass(frozen=True, slots=True)
class Member:
    """A person of a team; the address and the account may be empty.

    Attributes:
        consent: Whether the name may be shown to the public.
    """

    name: str
    email: str = ""
    github: str = ""
    consent: bool = False


@dataclass(frozen=True, slots=True)
class Team:
    """A team: one line of the roster, one repository.

    Attributes:
        slug: The repository's name: lowercase letters, digits and single hyphens.
        title: The team's name as people say it.
        members: At most as many as the course allows.
        project: The project's name; the team's where it has none yet.
        description: One sentence about the project.
        task: The kind of task, as the template names it; empty for its default.
        family: The model family, as the template names it; empty for its default.
        line: Where it stands in the roster.
    """

    slug: str
    title: str
    members: tuple[Member, ...] = ()
    project: str = ""
    description: str = ""
    task: str = ""
    family: str = ""
    line: int = 0


def read_roster(
    path: Path, *, max_size: int, allow_empty: bool = False, forge: str = ""
) -> tuple[Team, ...]:
    """Read and check the roster as a whole.

    Args:
        path: A table with the columns of `COLUMNS`, of which only `team` must
            be there; members may also stand in columns `member 1`, `member 2`….
        max_size: The most members that a team may have.
        allow_empty: Accept a roster without any team.
        forge: Where the accounts of the column `github` are, if not on GitHub.

    Raises:
        RosterError: Naming every problem with its line.
    """
    table = read_table(path, error=RosterError)
    known = {name: _find(name, table.columns) for name in (*COLUMNS, "consent")}
    single = [name for name in table.columns if _MEMBER_COLUMN.fullmatch(name)]
    used = {column for column in known.values() if column} | set(single)
    problems: list[tuple[int, str]] = []
    if not known["team"]:
        raise RosterError(
            f"{path}, line 1: there is no column 'team' (found: {', '.join(table.columns)}); "
            f"name the columns {', '.join(COLUMNS)}"
        )
    for column in table.columns:
        if column not in used and not column.startswith(("column ", "note", "comment", "bemerk")):
            problems.append((1, f"nobody reads the column {column!r}; rename it or call it 'note'"))
    teams = [_team(row, known, single, max_size, problems, forge) for row in table.rows]
    _check_unique(teams, problems)
    if not teams and not allow_empty:
        problems.append((1, "there is no team; write one line per team below the header"))
    if len(teams) > MAX_TEAMS:
        problems.append((1, f"there are {len(teams):,} teams; at most {MAX_TEAMS:,} are taken"))
    raise_problems(path, problems, RosterError)
    return tuple(teams)


def format_roster(teams: Iterable[Team]) -> str:
    """Write teams as a roster that `read_roster` reads back."""
    teams = list(teams)
    if not any(member.consent for team in teams for member in team.members):
        return format_table(COLUMNS, (_cells(team) for team in teams))
    rows = (
        (*_cells(team), "; ".join("yes" if one.consent else "no" for one in team.members))
        for team in teams
    )
    return format_table((*COLUMNS, "consent"), rows)


def make_slug(title: str) -> str:
    """Turn a name into a slug: `Team Äpfel & Co` becomes `team-aepfel-co`."""
    from slugify import slugify

    german = [["ä", "ae"], ["ö", "oe"], ["ü", "ue"], ["Ä", "ae"], ["Ö", "oe"], ["Ü", "ue"]]
    slug: str = slugify(title, replacements=german, max_length=MAX_SLUG_CHARACTERS)
    return slug


def slug_problem(slug: str) -> str:
    """What is wrong with a slug, or an empty text."""
    if not slug:
        return "is empty"
    if not SLUG.fullmatch(slug):
        return "is not made of lowercase letters, digits and single hyphens"
    if len(slug) > MAX_SLUG_CHARACTERS:
        return f"is longer than {MAX_SLUG_CHARACTERS} characters"
    if slug in RESERVED:
        return "is a name that Windows reserves"
    if slug in TAKEN:
        return "is the name of a Python package that the repository uses"
    return ""


def column_of(name: str, header: Sequence[str]) -> int:
    """Where a header has one of `COLUMNS`, under whichever heading; -1 where it has not."""
    names = [column_name(cell) for cell in header]
    found = _find(name, names)
    return names.index(found) if found else -1


def is_member_column(heading: str) -> bool:
    """Whether a column holds one member (`member 1`)."""
    return bool(_MEMBER_COLUMN.fullmatch(column_name(heading)))


def _find(name: str, columns: Sequence[str]) -> str:
    return next((column for column in (name, *_ALIASES[name]) if column in columns), "")


def _team(
    row: Row,
    known: dict[str, str],
    single: Sequence[str],
    max_size: int,
    problems: list[tuple[int, str]],
    forge: str,
) -> Team:
    def cell(name: str, limit: int = MAX_NAME_CHARACTERS) -> str:
        text = " ".join(row.get(known[name]).split()) if known[name] else ""
        if len(text) > limit:
            problems.append(
                (row.line, f"the {name} has {len(text)} characters; use at most {limit}")
            )
        return text[:limit]

    title = cell("team")
    if not title:
        problems.append((row.line, "the team has no name; fill in the column 'team'"))
    slug = cell("slug") or make_slug(title)
    if title and (problem := slug_problem(slug)):
        problems.append(
            (row.line, f"team {title!r} has slug {slug!r}, which {problem}; write another one "
             "into the column 'slug', such as 'team-01'")
        )  # fmt: skip
    members = _members(row, known, single, title, problems, forge)
    if len(members) > max_size:
        problems.append(
            (row.line, f"team {title!r} has {len(members)} members; at most {max_size} may work "
             "together (max_size in course.toml)")
        )  # fmt: skip
    return Team(
        slug=slug,
        title=title,
        members=members,
        project=cell("project"),
        description=cell("description", MAX_DESCRIPTION_CHARACTERS),
        task=_choice(cell("task")),
        family=_choice(cell("family")),
        line=row.line,
    )


def _members(
    row: Row,
    known: dict[str, str],
    single: Sequence[str],
    title: str,
    problems: list[tuple[int, str]],
    forge: str,
) -> tuple[Member, ...]:
    listed = [name for name in split_list(row.get(known["members"])) if name]
    listed += [" ".join(row.get(column).split()) for column in single if row.get(column)]
    names = [spoken_name(name) for name in listed]
    lists: dict[str, tuple[str, ...]] = {}
    for column in ("emails", "github"):
        parts = split_list(row.get(known[column])) if known[column] else ("",)
        if len(parts) not in (0, len(names)) and any(parts):
            problems.append(
                (row.line, f"team {title!r} has {len(names)} members but {len(parts)} entries in "
                 f"{column!r}; give one per member in the same order (an empty one is fine)")
            )  # fmt: skip
        lists[column] = (*parts, *[""] * len(names))[: len(names)]
    agreed = _consent(row, known["consent"], len(names), title, problems)
    members = []
    facts = zip(names, lists["emails"], lists["github"], agreed, strict=True)
    for name, email, account, consent in facts:
        account = account.lstrip("@")
        if len(name) > MAX_NAME_CHARACTERS:
            problems.append((row.line, f"the name {name[:30]!r}… is too long; shorten it"))
        if email and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", email):
            problems.append((row.line, f"{email!r} is no e-mail address; correct or empty it"))
        pattern = _ACCOUNT if forge in _FORGES else _GITHUB_ACCOUNT
        if account and not pattern.fullmatch(account):
            where = _FORGES.get(forge, "GitHub")
            problems.append((row.line, f"{account!r} is no {where} account; correct or empty it"))
        members.append(Member(name, email, account, consent))
    for number, name in enumerate(names):
        if name in names[:number]:
            problems.append((row.line, f"team {title!r} lists {name!r} twice; remove one"))
    return tuple(members)


def _consent(
    row: Row, column: str, count: int, title: str, problems: list[tuple[int, str]]
) -> list[bool]:
    """Who may be named in public: one answer for each member, or one for all of them."""
    answers = [answer.casefold() for answer in split_list(row.get(column))] if column else []
    wrong = [answer for answer in answers if answer not in _YES | _NO]
    if wrong or len(answers) not in (0, 1, count):
        problems.append(
            (row.line, f"team {title!r} has the consent {row.get(column)!r}; write yes or no, once "
             "for all or for each member in the same order")
        )  # fmt: skip
        return [False] * count
    if len(answers) == 1:
        answers *= count
    return [answer in _YES for answer in answers] if answers else [False] * count


def spoken_name(name: str) -> str:
    """`Lovelace, Ada` as `Ada Lovelace`; the template separates members by commas."""
    last, comma, first = name.partition(",")
    return f"{first.strip()} {last.strip()}".replace(",", "").strip() if comma else name


def _choice(text: str) -> str:
    return re.sub(r"[\s_]+", "-", text.lower())


def _check_unique(teams: Sequence[Team], problems: list[tuple[int, str]]) -> None:
    slugs: dict[str, Team] = {}
    people: dict[tuple[str, str], Team] = {}
    for team in teams:
        other = slugs.setdefault(team.slug, team) if team.slug else team
        if other is not team:
            problems.append(
                (team.line, f"team {team.title!r} has the slug {team.slug!r} of the team in "
                 f"line {other.line}; write another one into the column 'slug'")
            )  # fmt: skip
        for member in team.members:
            for kind, value in (("e-mail address", member.email), ("account", member.github)):
                first = people.setdefault((kind, value.lower()), team) if value else team
                if first is not team:
                    problems.append(
                        (team.line, f"the {kind} {value!r} is also in the team of line "
                         f"{first.line}; a person is in one team")
                    )  # fmt: skip


def _cells(team: Team) -> tuple[str, ...]:
    def joined(values: Sequence[str]) -> str:
        return "; ".join(values) if any(values) else ""

    return (
        team.title,
        team.slug,
        joined([member.name for member in team.members]),
        joined([member.email for member in team.members]),
        joined([member.github for member in team.members]),
        team.project,
        team.description,
        team.task,
        team.family,
    )
