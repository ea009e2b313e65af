"""Show a course's status: as a table, as CSV, as one HTML page, as a message to each team."""

from __future__ import annotations

from collections.abc import Sequence

from coursekit.cohort.deadlines import AHEAD, LATE
from coursekit.cohort.page import format_page
from coursekit.cohort.status import READY, CourseStatus, TeamStatus
from coursekit.course.attendance import LAST_CHANCE, LOST
from coursekit.course.tables import format_table
from coursekit.git.repository import shown
from coursekit.team.files import MILESTONES
from coursekit.team.milestones import COMPLETE, HUMAN, MISSING, PLACEHOLDER, STARTED, MilestoneState
from litreview.actions.record import TIERS, VERIFIED

_SHORT = {
    MISSING: "missing", PLACEHOLDER: "template", STARTED: "started", COMPLETE: "complete",
    HUMAN: "look",
}  # fmt: skip
_NAMES = {
    "review": "literature review", "dataset": "dataset", "baseline": "baseline model",
    "model": "model", "presentation": "presentation",
}  # fmt: skip
_COLUMNS = (
    "team", "title", "state", "commits", "last commit", *MILESTONES, "results",
    *(f"sources {tier}" for tier in TIERS), "sources checked", "overdue", "silent",
    "certificates at risk",
)  # fmt: skip
_NEXT_STEP = {
    "review": "add a source with its title, link and the four fields; `litreview draft` finds some",
    "dataset": "describe where your data comes from and what one example looks like",
    "baseline": "train the first model to beat (`python -m baseline train`) and write down what it "
    "reached",
    "model": "say which model your review points to, and train it",
    "presentation": "put your slides into the folder and link them in its README",
}


def format_status(status: CourseStatus) -> str:
    """A table for the terminal, followed by what needs somebody."""
    head = ("team", "commits", "last", *MILESTONES, "results", "sources")
    rows = [head, *(_row(team) for team in status.teams)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    lines += ["", *_attention(status)]
    return "\n".join(lines).rstrip()


def format_csv(status: CourseStatus) -> str:
    """The same as CSV, in which no cell can act as a formula."""
    return format_table(_COLUMNS, (_cells(team) for team in status.teams))


def format_html(status: CourseStatus) -> str:
    """One self-contained page."""
    remarks = {
        team.team: {one.kind: _remarks(one) for one in team.milestones} for team in status.teams
    }
    return format_page(status, _NAMES, remarks, _attention(status))


def team_message(status: CourseStatus, team: TeamStatus) -> str:
    """A message to one team in Markdown: what is there, what is next, what is due."""
    lines = [f"Hello {_text(team.title)},", ""]
    if team.state != READY:
        lines += [
            f"there is no commit of yours yet in your repository for {_text(status.title)}. "
            "The first one can be small: put your project's name into the README, save, commit, "
            "push. Tell us if something is in the way.",
        ]
        return "\n".join(lines) + "\n"
    done = [_NAMES[one.kind] for one in team.milestones if one.state == COMPLETE]
    lines.append(f"this is how your project for {_text(status.title)} looks to us.")
    if done:
        lines += ["", f"**Done:** {', '.join(done)}. Well done."]
    todo = [one for one in team.milestones if one.state not in (COMPLETE, HUMAN)]
    overdue = {deadline.kind for deadline in team.overdue()}
    todo.sort(key=lambda one: one.kind not in overdue)
    if todo:
        lines += ["", f"**Next:** {_NAMES[todo[0].kind]}: {_NEXT_STEP[todo[0].kind]}."]
        lines += [f"- {_text(text)}" for text in _remarks(todo[0])]
    if human := [_NAMES[one.kind] for one in team.milestones if one.state == HUMAN]:
        lines += ["", f"We will read your {', '.join(human)} ourselves."]
    # Of several deadlines for the same work, the last one is named.
    for deadline in {one.kind: one for one in team.overdue()}.values():
        text = f"{_text(deadline.title)} was due on {deadline.date}; it is {deadline.now}."
        lines += ["", f"**Late:** {text} Please bring it in as soon as you can."]
    if ahead := [d for d in team.deadlines if d.verdict == AHEAD and d.kind]:
        lines += ["", f"**Due next:** {_text(ahead[0].title)} on {ahead[0].date}."]
    return "\n".join(lines) + "\n"


def _row(team: TeamStatus) -> tuple[str, ...]:
    states = {one.kind: _SHORT[one.state] for one in team.milestones}
    results = team.results.state if team.results else ""
    return (
        team.team,
        str(team.commits) if team.state != "unreadable" else "?",
        team.last_commit[:10] or "never",
        *(states.get(kind, "-") for kind in MILESTONES),
        results or "-",
        _verified(team),
    )


def _verified(team: TeamStatus) -> str:
    """How many of a team's sources a registry has, or that nobody looked."""
    if not team.sources.checked:
        return f"{team.sources.total} unchecked" if team.sources.total else "-"
    return f"{team.sources.count(VERIFIED)} of {team.sources.total} {VERIFIED}"


def _cells(team: TeamStatus) -> Sequence[str]:
    states = {one.kind: one.state for one in team.milestones}
    risk = [person.name for person in team.attendance if person.certificate in (LAST_CHANCE, LOST)]
    return (
        team.team, team.title, team.state, str(team.commits), team.last_commit,
        *(states.get(kind, "") for kind in MILESTONES),
        team.results.state if team.results else "",
        *(str(team.sources.count(tier)) for tier in TIERS), team.sources.checked,
        "; ".join(deadline.title for deadline in team.overdue()),
        "; ".join(team.silent), "; ".join(risk),
    )  # fmt: skip


def _attention(status: CourseStatus) -> list[str]:
    """What needs somebody, the most urgent first."""
    lines = []
    for team in status.teams:
        if team.problem:
            lines.append(f"{team.team}: {_text(team.problem)}")
        elif team.state != READY:
            lines.append(f"{team.team}: no commit of the team yet")
        for deadline in team.overdue():
            lines.append(f"{team.team}: {deadline.title} ({deadline.date}) is overdue")
        late = [deadline.title for deadline in team.deadlines if deadline.verdict == LATE]
        if late:
            lines.append(f"{team.team}: came late: {', '.join(late)}")
        lines += [
            f"{team.team}: {deadline.title} ({deadline.date}): {deadline.note}; look at it"
            for deadline in team.deadlines
            if deadline.note
        ]
        for one in team.milestones:
            if one.state == HUMAN:
                lines.append(f"{team.team}: {_NAMES[one.kind]}: {'; '.join(_remarks(one))}")
        if team.sources.checked and team.sources.count(VERIFIED) < team.sources.total:
            since = "" if team.sources.current else "; the review has changed since"
            when = f"on {team.sources.checked}{since}"
            lines.append(f"{team.team}: sources: {team.sources.told()} ({when})")
        if team.state == READY and team.silent:
            lines.append(f"{team.team}: no commit by {', '.join(map(_text, team.silent))}")
    people = [person for team in status.teams for person in team.attendance]
    for person in [*people, *status.unmatched]:
        if person.certificate == LOST:
            lines.append(f"{person.name}: missed {person.absent} sessions, no certificate")
        elif person.certificate == LAST_CHANCE:
            lines.append(f"{person.name}: missed {person.absent} sessions, may miss no other")
    lines += [f"{person.name}: attends, but is in no team" for person in status.unmatched]
    return lines


def _remarks(one: MilestoneState) -> list[str]:
    found = []
    for evidence in one.evidence:
        place = f"{shown(evidence.path)}:{evidence.line}" if evidence.line else shown(evidence.path)
        found.append(f"{place}: {_text(evidence.remark)}" if place else _text(evidence.remark))
    return found


def _text(text: str) -> str:
    """Somebody else's words on one line, without what would steer a terminal or a page."""
    return shown(" ".join(text.split())).replace("<", "‹").replace(">", "›")
