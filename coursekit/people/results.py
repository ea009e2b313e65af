"""What each person has reached: sessions, milestones and the presentation of the team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from coursekit.cohort.status import CourseStatus, TeamStatus
from coursekit.course.attendance import LOST, Attendance
from coursekit.course.course import Course
from coursekit.course.membership import any_order
from coursekit.course.roster import Member, Team
from coursekit.team.files import MILESTONES
from coursekit.team.milestones import COMPLETE, HUMAN

PASSED = "yes"
FAILED = "no"
LOOK = "look"
PRESENTATION = "presentation"


@dataclass(frozen=True, slots=True)
class PersonResult:
    """One person.

    Attributes:
        member: The person.
        team: The team.
        present: Sessions attended; None where the course keeps no list, or lacks the person.
        absent: Sessions missed.
        milestones: From a milestone's kind to its state now.
        passed: `yes`, `no`, or `look` where only a person can judge.
        reasons: Why not, or what to look at.
    """

    member: Member
    team: Team
    present: int | None = None
    absent: int | None = None
    milestones: Mapping[str, str] = field(default_factory=dict)
    passed: str = PASSED
    reasons: tuple[str, ...] = ()

    @property
    def complete(self) -> int:
        """How many milestones are complete."""
        return sum(state == COMPLETE for state in self.milestones.values())


def person_results(course: Course, status: CourseStatus) -> tuple[PersonResult, ...]:
    """What everybody of the roster has reached, in its order.

    Whoever missed no more sessions than permitted, in a team whose milestones, as the
    schedule names them, are complete, has passed.

    Args:
        course: The course.
        status: The state of all teams.
    """
    teams = {team.team: team for team in status.teams}
    present = {any_order(p.name): p for team in status.teams for p in team.attendance}
    has_list = bool(present or status.unmatched)
    return tuple(
        _result(
            course, team, member, teams[team.slug], present.get(any_order(member.name)), has_list
        )
        for team in course.teams
        for member in team.members
    )


def _result(
    course: Course,
    team: Team,
    member: Member,
    status: TeamStatus,
    attendance: Attendance | None,
    has_list: bool,
) -> PersonResult:
    reasons, verdict = [], PASSED
    needed = {deadline.kind for deadline in status.deadlines if deadline.kind}
    states = {one.kind: one.state for one in status.milestones}
    for kind in (kind for kind in MILESTONES if kind in needed):
        state = states.get(kind, "missing")
        if state == HUMAN:
            verdict = LOOK if verdict == PASSED else verdict
            reasons.append(f"{kind}: needs a human")
        elif state != COMPLETE:
            verdict = FAILED
            reasons.append(f"{kind}: {state}")
    if attendance is not None and attendance.certificate == LOST:
        verdict = FAILED
        reasons.append(f"missed {attendance.absent} sessions of {course.permitted_absences}")
    elif attendance is None and has_list:
        verdict = LOOK if verdict == PASSED else verdict
        reasons.append("is not in the attendance list")
    return PersonResult(
        member,
        team,
        attendance.present if attendance else None,
        attendance.absent if attendance else None,
        {kind: states.get(kind, "missing") for kind in MILESTONES if kind in needed},
        verdict,
        tuple(reasons),
    )
