"""A course folder: `course.toml`, `roster.csv` and what follows from them.

All rules of a course (schedule, sizes, absences, sources) are data in
`course.toml`; nothing here or elsewhere in the code knows a date or a limit.
"""

from __future__ import annotations

import dataclasses
import datetime as dt
import re
import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from coursekit.course.languages import DEFAULT, languages
from coursekit.course.roster import Team, read_roster
from coursekit.course.schedule import Milestone, check_order, read_milestone
from coursekit.course.settings import Document, Section
from coursekit.errors import CourseError, RosterError

COURSE_FILE = "course.toml"
ROSTER_FILE = "roster.csv"
ATTENDANCE_FILE = "attendance.csv"
STATE_FOLDER = ".coursekit"
BUILTIN = "builtin"
# What of the lessons the teams do not receive.
LESSONS = {"complete": (), "without solutions": ("lessons/solutions",)}
_SECTIONS = (
    "course", "teams", "attendance", "review", "presentation", "site", "template", "hosting",
    "mail", "commit", "milestones",
)  # fmt: skip
_PASSWORD = re.compile(r"[a-z+]+://[^/@:]*:[^/@]*@")
# GitHub's words for what a team may do; other forges have fewer levels, and the next one is taken.
PERMISSIONS = ("pull", "triage", "push", "maintain", "admin")
# Where repositories may live, with the addresses of each one's interface and pages; a forge
# without its own must be named.
_ADDRESSES = {
    "folder": ("", ""),
    "github": ("https://api.github.com", "https://github.com"),
    "gitlab": ("https://gitlab.com", "https://gitlab.com"),
    "forgejo": ("", ""),
    "gitea": ("", ""),
}
_ORGANIZATIONS = {
    "github": r"[A-Za-z0-9-]{1,39}",
    "gitlab": r"[\w][\w.-]{0,254}(?:/[\w][\w.-]{0,254}){0,20}",
    "forgejo": r"[\w][\w.-]{0,39}",
    "gitea": r"[\w][\w.-]{0,39}",
}


@dataclass(frozen=True, slots=True)
class TemplateReference:
    """Where the template comes from (`builtin`, a folder, a Git address), and without what."""

    source: str = BUILTIN
    ref: str = ""
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class HostingSettings:
    """Where the repositories live.

    Attributes:
        kind: `folder`, `github`, `gitlab`, `forgejo` or `gitea`.
        folder: The folder of bare repositories, relative to the course's.
        address: Where teams reach that folder (`ssh://git@host/llm`), if anywhere.
        organization: The organisation, or the full path of GitLab's group.
        visibility: `private` or `public`.
        permission: What the team may do, one of `PERMISSIONS`.
        protect_main: Forbid force pushes to and deletion of `main`.
        pages: Publish each repository's site.
        topics: Topics of each repository.
        api_url: The forge's interface; another one for a server of your own.
        web_url: The forge's pages and Git addresses.
    """

    kind: str = "folder"
    folder: str = "repositories"
    address: str = ""
    organization: str = ""
    visibility: str = "private"
    permission: str = "push"
    protect_main: bool = True
    pages: bool = False
    topics: tuple[str, ...] = ()
    api_url: str = "https://api.github.com"
    web_url: str = "https://github.com"


@dataclass(frozen=True, slots=True)
class DaySettings:
    """How a day of presentations runs.

    Attributes:
        minutes: The longest talk.
        questions: Minutes for questions after it.
        start: When the first talk begins, as `HH:MM`.
        room: Where; may be empty.
        feedback: Where the audience's feedback goes: an https address or an e-mail address
            of the staff; empty for a file that the reader keeps.
    """

    minutes: int = 15
    questions: int = 5
    start: str = "14:00"
    room: str = ""
    feedback: str = ""


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """What the showcase is told.

    Attributes:
        address: Where it will be published, with a slash at the end; may be empty.
        members: Whose names are shown: those who consent in the roster ("consent"), those
            that a team's README names ("readme"), or nobody's ("none").
    """

    address: str = ""
    members: str = "consent"


@dataclass(frozen=True, slots=True)
class CommitSettings:
    """Who the generated commits are by, and when: the same for everybody, so reproducible."""

    author: str
    email: str
    date: dt.datetime


@dataclass(frozen=True, slots=True)
class MailSettings:
    """How messages are sent.

    Attributes:
        server: The mail server; empty where there is none.
        port: Its port.
        security: `tls`, `starttls` or `none`.
        user: The account; the password is read from the environment.
        sender: The address that messages come from.
        per_minute: The most messages in a minute.
    """

    server: str = ""
    port: int = 587
    security: str = "starttls"
    user: str = ""
    sender: str = ""
    per_minute: int = 20


@dataclass(frozen=True, slots=True)
class Course:
    """A course with its rules and teams; see `course.toml` for what each setting means."""

    folder: Path
    roster: Path
    title: str
    cohort: str
    language: str
    timezone: str
    milestones: tuple[Milestone, ...]
    teams: tuple[Team, ...]
    max_team_size: int
    sessions: int
    permitted_absences: int
    minimum_sources: int
    recommended_sources: int
    verify_sources: bool
    day: DaySettings
    site: SiteSettings
    template: TemplateReference
    hosting: HostingSettings
    commit: CommitSettings
    mail: MailSettings = MailSettings()

    @property
    def repositories(self) -> Path:
        """The folder of bare repositories."""
        return self.folder / self.hosting.folder

    @property
    def state(self) -> Path:
        """The folder for locks and caches."""
        return self.folder / STATE_FOLDER

    def pick(self, slugs: Sequence[str]) -> tuple[Team, ...]:
        """The teams with these slugs, in the order of the roster; all of them for none.

        Raises:
            RosterError: If the roster has no such team.
        """
        known = {team.slug for team in self.teams}
        if unknown := [slug for slug in slugs if slug not in known]:
            raise RosterError(
                f"{self.roster}: has no team {unknown[0]!r}; use a slug that it lists"
            )
        return tuple(team for team in self.teams if not slugs or team.slug in slugs)

    def repository(self, team: Team) -> Path:
        """A team's bare repository."""
        return self.repositories / f"{team.slug}.git"


def load_course(folder: Path, *, allow_empty: bool = False) -> Course:
    """Read `course.toml` and `roster.csv` and check them as a whole.

    Args:
        folder: The course folder.
        allow_empty: Accept a roster without any team.

    Raises:
        CourseError: If `course.toml` is missing or wrong; names every problem
            with its line.
        RosterError: The same for `roster.csv`.
    """
    course = load_rules(folder)
    teams = read_roster(
        course.roster,
        max_size=course.max_team_size,
        allow_empty=allow_empty,
        forge=course.hosting.kind,
    )
    return dataclasses.replace(course, teams=teams)


def load_rules(folder: Path) -> Course:
    """Read `course.toml` alone: the course without its teams.

    Raises:
        CourseError: If it is missing or wrong; names every problem with its line.
    """
    path = folder / COURSE_FILE
    if not path.is_file():
        raise CourseError(
            f"{path}: does not exist; give the folder of a course, or start one with "
            f"`coursekit init {folder}`"
        )
    document = Document(path, CourseError)
    document.only(_SECTIONS)
    about, teams = document.section("course"), document.section("teams")
    attendance, review = document.section("attendance"), document.section("review")
    max_size = teams.integer("max_size", 4, low=1, high=50)
    timezone = _timezone(about)
    milestones = tuple(read_milestone(section) for section in document.sections("milestones"))
    check_order(document, milestones)
    sessions = attendance.integer("sessions", len(milestones), low=0, high=366)
    minimum = review.integer("minimum_sources", 2, low=0, high=100)
    course = Course(
        folder=folder,
        roster=folder / teams.text("roster", ROSTER_FILE),
        title=about.text("title", "Language Models in Practice"),
        cohort=about.text("cohort"),
        language=about.text("language", DEFAULT, choices=languages()),
        timezone=timezone,
        milestones=milestones,
        teams=(),
        max_team_size=max_size,
        sessions=sessions,
        permitted_absences=attendance.integer("permitted_absences", 2, low=0, high=366),
        minimum_sources=minimum,
        recommended_sources=review.integer("recommended_sources", max(3, minimum), low=0, high=100),
        verify_sources=review.flag("verify_sources", default=False),
        day=_day(document.section("presentation")),
        site=_site(document.section("site")),
        template=_template(document.section("template")),
        hosting=_hosting(document.section("hosting")),
        commit=_commit(document.section("commit"), milestones),
        mail=_mail(document.section("mail")),
    )
    for section in (about, teams, attendance, review):
        section.finish()
    document.check()
    return course


def _day(section: Section) -> DaySettings:
    default = DaySettings()
    settings = DaySettings(
        minutes=section.integer("minutes", default.minutes, low=1, high=600),
        questions=section.integer("questions", default.questions, low=0, high=120),
        start=section.text("start", default.start),
        room=section.text("room"),
        feedback=section.text("feedback"),
    )
    if not re.fullmatch(r"([01]\d|2[0-3]):[0-5]\d", settings.start):
        section.report("start", f"start is {settings.start!r}; write a time such as '14:00'")
    is_mail = re.fullmatch(r"[^\s@<>\"'?&]+@[^\s@<>\"'?&]+\.[^\s@<>\"'?&]+", settings.feedback)
    if settings.feedback and not is_mail and not _is_https(settings.feedback):
        section.report(
            "feedback",
            f"feedback is {settings.feedback!r}; give an https address or an e-mail address",
        )
    section.finish()
    return settings


def _site(section: Section) -> SiteSettings:
    members = section.text("members", "consent", choices=("readme", "consent", "none"))
    address = section.text("address")
    if _PASSWORD.match(address):
        section.report("address", "address holds a password; keep it out of files")
    elif address and not _is_https(address):
        section.report(
            "address", f"address is {address!r}; give the https address of the published showcase"
        )
    section.finish()
    return SiteSettings(f"{address.rstrip('/')}/" if address else "", members)


def _is_https(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return parts.scheme == "https" and bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False


def _timezone(section: Section) -> str:
    name = section.text("timezone", "Europe/Berlin")
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        section.report("timezone", f"timezone is {name!r}; use a name such as 'Europe/Berlin'")
        return "UTC"
    return name


def _template(section: Section) -> TemplateReference:
    left_out = LESSONS[section.text("lessons", "complete", choices=tuple(LESSONS))]
    source = section.text("source", BUILTIN) or BUILTIN
    reference = TemplateReference(source, section.text("ref"), left_out)
    if reference.source == BUILTIN and reference.ref:
        section.report("ref", "ref needs a template of your own in source; remove one of the two")
    if reference.ref.startswith("-") or reference.source.startswith("-"):
        section.report(None, "source and ref cannot start with a hyphen")
    if _PASSWORD.match(reference.source):
        section.report("source", "source holds a password; keep it out of files, use SSH keys")
    section.finish()
    return reference


def _hosting(section: Section) -> HostingSettings:
    default = HostingSettings()
    kind = section.text("kind", default.kind, choices=tuple(_ADDRESSES))
    api_url, web_url = _ADDRESSES[kind]
    web_url = section.text("web_url", web_url or default.web_url).rstrip("/")
    if kind in ("gitlab", "forgejo", "gitea"):
        # A server of one's own has its interface below the same address.
        api_url = web_url
    settings = HostingSettings(
        kind=kind,
        folder=section.text("folder", default.folder),
        address=section.text("address").rstrip("/"),
        organization=section.text("organization"),
        visibility=section.text("visibility", default.visibility, choices=("private", "public")),
        permission=section.text("permission", default.permission, choices=PERMISSIONS),
        protect_main=section.flag("protect_main", default.protect_main),
        pages=section.flag("pages", default.pages),
        topics=section.texts("topics"),
        api_url=section.text("api_url", api_url or default.api_url).rstrip("/"),
        web_url=web_url,
    )
    if Path(settings.folder).is_absolute() or ".." in Path(settings.folder).parts:
        section.report("folder", f"folder is {settings.folder!r}; use a folder inside the course's")
    if not re.fullmatch(_ORGANIZATIONS.get(kind, ".*"), settings.organization):
        what = "full path of the GitLab group" if kind == "gitlab" else "name of the organisation"
        section.report(
            "organization", f"organization is {settings.organization!r}; give the {what}"
        )
    if kind in ("forgejo", "gitea") and web_url == default.web_url:
        section.report("web_url", f"{kind} needs web_url, such as 'https://codeberg.org'")
    for key in ("address", "api_url", "web_url"):
        if _PASSWORD.match(getattr(settings, key)):
            section.report(key, f"{key} holds a password; keep it out of files, use SSH keys")
    for topic in settings.topics:
        if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,49}", topic):
            section.report("topics", f"topic {topic!r}: use lowercase letters, digits and hyphens")
    section.finish()
    return settings


def _mail(section: Section) -> MailSettings:
    default = MailSettings()
    security = section.text("security", default.security, choices=("tls", "starttls", "none"))
    settings = MailSettings(
        server=section.text("server"),
        port=section.integer("port", 465 if security == "tls" else 587, low=1, high=65_535),
        security=security,
        user=section.text("user"),
        sender=section.text("sender"),
        per_minute=section.integer("per_minute", default.per_minute, low=1, high=10_000),
    )
    if settings.server and not re.fullmatch(r"[\w.:-]+", settings.server):
        section.report("server", f"server is {settings.server!r}; give a name such as mail.uni.de")
    if settings.server and not re.fullmatch(r"[^@\s<>,;]+@[^@\s<>,;]+", settings.sender):
        section.report("sender", f"sender is {settings.sender!r}; give an address")
    here = re.fullmatch(r"localhost|127\.[\d.]+|", settings.server)
    if settings.user and security == "none" and not here:
        section.report("security", "security 'none' would show the password; use 'starttls'")
    section.finish()
    return settings


def _commit(section: Section, milestones: tuple[Milestone, ...]) -> CommitSettings:
    first = min((row.date for row in milestones if row.date), default=dt.date(2000, 1, 1))
    day = section.date("date") or first
    author, email = section.text("author", "Course staff"), section.text("email", "staff@invalid")
    for key, text in (("author", author), ("email", email)):
        if not text or re.search(r"[<>\n]", text):
            section.report(key, f"{key} is {text!r}; write it without angle brackets")
    section.finish()
    return CommitSettings(author, email, dt.datetime.combine(day, dt.time(8), dt.UTC))
