"""Send each team its message, once for each occasion, by mail or as an issue on the host.

Messages are files, `TEAM.md`, as `status --messages` and `update --messages` write them;
staff can read and change them before. The log knows what has been sent. By mail, it is told
before and after: a message that may or may not have left is never sent again unasked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coursekit import lock
from coursekit.course.course import Course
from coursekit.course.record import append, rows
from coursekit.course.roster import Team
from coursekit.hosting.base import Host
from coursekit.people.mail import Mailer, RefusedError
from litreview.errors import UserError
from litreview.files import read_text

SENT = "sent"
WOULD_SEND = "would send"
BEFORE = "sent before"
UNSURE = "perhaps sent"
NOBODY = "no address"
FAILED = "failed"
_MESSAGE = "message"
_MAX_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Sending:
    """What became of one team's message.

    Attributes:
        team: The slug.
        state: `sent`, `would send`, `sent before`, `perhaps sent`, `no address` or `failed`.
        to: The addresses, or the repository.
        note: Who was not reached, or what to do.
    """

    team: str
    state: str
    to: tuple[str, ...] = ()
    note: str = ""


@dataclass(frozen=True, slots=True)
class SendReport:
    """What became of all messages, and the files that are no team's."""

    teams: tuple[Sending, ...]
    strangers: tuple[str, ...]
    dry_run: bool

    @property
    def needs_attention(self) -> bool:
        """Whether somebody was not reached."""
        bad = (UNSURE, NOBODY, FAILED)
        return bool(self.strangers) or any(one.state in bad or one.note for one in self.teams)

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return asdict(self)


def send(
    course: Course,
    folder: Path,
    *,
    subject: str = "",
    occasion: str = "",
    only: Sequence[str] = (),
    again: bool = False,
    host: Host | None = None,
    mailer: Mailer | None = None,
    dry_run: bool = False,
    on_done: Callable[[Sending], None] = lambda one: None,
) -> SendReport:
    """Send the messages of a folder.

    Args:
        course: The course with its teams.
        folder: One file for each team, `SLUG.md`.
        subject: The subject; the course's title by default.
        occasion: What they are about; the folder's name by default. No team is told twice.
        only: Slugs of the teams; all of them by default.
        again: Send also what was sent before, or perhaps.
        host: Open issues there.
        mailer: Send mail through it; not needed for a trial run.
        dry_run: Say what would be sent.
        on_done: Called with each outcome.

    Raises:
        UserError: If nothing can be sent at all. A single team's problem is in the report.
    """
    if not folder.is_dir():
        raise UserError(
            f"{folder}: is no folder; write messages with `coursekit status --messages {folder}`"
        )
    occasion = " ".join((occasion or folder.resolve().name).split())[:200]
    subject = subject or course.title
    teams = course.pick(only)
    known = {f"{team.slug}.md" for team in course.teams}
    strangers = tuple(sorted(p.name for p in folder.glob("*.md") if p.name not in known))
    way = "issue" if host is not None else "mail"
    earlier = {} if again else _earlier(course, occasion, way)
    sender = _Sender(course, subject, occasion, host, mailer, dry_run)
    found = []
    for team in teams:
        path = folder / f"{team.slug}.md"
        if not path.exists():
            continue
        found.append(sender.send(team, path, earlier.get(team.slug, "")))
        on_done(found[-1])
    return SendReport(tuple(found), strangers, dry_run)


def _earlier(course: Course, occasion: str, way: str) -> dict[str, str]:
    """From team to `begun` or `sent`, for one occasion."""
    return {
        str(row.get("team")): str(row.get("state"))
        for _, row in rows(course)
        if row.get("kind") == _MESSAGE and row.get("occasion") == occasion and row.get("by") == way
    }


@dataclass(frozen=True, slots=True)
class _Sender:
    course: Course
    subject: str
    occasion: str
    host: Host | None
    mailer: Mailer | None
    dry_run: bool

    def send(self, team: Team, path: Path, earlier: str) -> Sending:
        """Send one message; its problem, if it has one, is in the outcome."""
        to = tuple(member.email for member in team.members if member.email)
        without = [member.name for member in team.members if not member.email]
        note = f"no address of {', '.join(without)}" if without else ""
        if self.host is not None:
            to, note = (team.slug,), ""
        if earlier == "sent":
            return Sending(team.slug, BEFORE, to)
        if earlier == "begun" and self.host is None:
            hint = "ask the team, then repeat with --team and --again if it has not arrived"
            return Sending(team.slug, UNSURE, to, f"a run ended in the middle of it; {hint}")
        if not to:
            return Sending(team.slug, NOBODY, (), note or "the team has no members")
        try:
            text = read_text(path, max_bytes=_MAX_BYTES)
            if self.dry_run:
                return Sending(team.slug, WOULD_SEND, to, note)
            refused = self._post(team, to, text)
        except UserError as error:
            if self.host is None and not isinstance(error, RefusedError):
                raise
            return Sending(team.slug, FAILED, to, str(error))
        if refused:
            note = "; ".join([f"refused for {', '.join(refused)}", *([note] if note else [])])
        return Sending(team.slug, SENT, to, note)

    def _post(self, team: Team, to: tuple[str, ...], text: str) -> tuple[str, ...]:
        with lock.hold(self.course.state, "send"):
            if self.host is not None:
                self.host.announce(team.slug, self.occasion, self.subject, text)
                self._log(team, "issue", "sent")
                return ()
            if self.mailer is None:
                raise UserError("there is no mail server to send with")
            self.mailer.connect()
            self._log(team, "mail", "begun")
            try:
                refused = self.mailer.send(to, self.subject, text, self.occasion)
            except RefusedError:
                self._log(team, "mail", "refused")
                raise
            self._log(team, "mail", "sent")
            return refused

    def _log(self, team: Team, way: str, state: str) -> None:
        row = {"kind": _MESSAGE, "team": team.slug, "occasion": self.occasion, "by": way}
        append(self.course, {**row, "state": state})
