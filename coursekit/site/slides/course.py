"""One deck of a whole course: every team's talk in the order of the day, in one file.

For the computer in the room: no switching between files, and nothing to be fetched. A team
with slides of its own has its title slide here, which says where they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.course.course import Course
from coursekit.course.programme import read_programme
from coursekit.course.roster import Team as RosterTeam
from coursekit.fence import NORMAL, Broken, Limits, run_fenced
from coursekit.site.labels import Labels
from coursekit.site.slides.deck import standalone
from coursekit.site.slides.make import Told, tell_talk
from litreview.errors import UserError


@dataclass(frozen=True, slots=True)
class CourseDeck:
    """The decks of all teams as one.

    Attributes:
        html: One file that needs no other.
        printable: The same slides, one a page, for a printer.
        slides: How many there are.
        teams: Whose talks it holds, in their order.
        missing: For each team without one, why.
        notes: For each team what was left out.
    """

    title: str
    html: str
    printable: str
    slides: int
    teams: tuple[str, ...]
    missing: dict[str, str]
    notes: dict[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class _Job:
    """A team whose talk is to be made."""

    slug: str
    path: Path
    title: str
    minutes: int
    language: str
    course: str


def course_deck(
    course: Course,
    *,
    language: str = "",
    limits: Limits = NORMAL,
    on_team: Callable[[str], None] = lambda slug: None,
) -> CourseDeck:
    """Make one deck of all teams, in the order of the programme, else of the roster.

    Args:
        course: Whose teams.
        language: Instead of the course's.
        limits: What reading one team may cost.
        on_team: Called after each team.

    Raises:
        UserError: If no team has anything to show.
    """
    language = language or course.language
    where = ", ".join(part for part in (course.title, course.cohort) if part)
    teams = _in_order(course)
    jobs = [
        _Job(
            team.slug, course.repository(team).absolute(), team.project or team.title,
            course.day.minutes, language, where,
        )
        for team in teams
    ]  # fmt: skip
    told: dict[str, Told] = {}
    missing: dict[str, str] = {}
    for done in run_fenced(_read, jobs, limits):
        if isinstance(done, Broken):
            slug = done.job.slug
            missing[slug] = done.reason
        else:
            slug, talk = done
            if isinstance(talk, str):
                missing[slug] = talk
            else:
                told[slug] = talk
        on_team(slug)
    order = [team.slug for team in teams if team.slug in told]
    if not order:
        raise UserError(
            f"{course.folder}: no team has anything to show yet; "
            "`coursekit status` says what is missing"
        )
    slides = [slide for slug in order for slide in told[slug].talk.slides]
    title = where or Labels(language)("slides")
    return CourseDeck(
        title,
        standalone(title, slides, language),
        standalone(title, slides, language, presented=False),
        len(slides),
        tuple(order),
        missing,
        {slug: told[slug].notes for slug in order if told[slug].notes},
    )


def _in_order(course: Course) -> Sequence[RosterTeam]:
    programme = read_programme(course)
    by_slug = {team.slug: team for team in course.teams}
    slugs = [slot.team for slot in programme.slots if slot.team] if programme else [*by_slug]
    return [by_slug[slug] for slug in slugs if slug in by_slug]


def _read(job: _Job) -> tuple[str, Told | str]:
    try:
        return job.slug, tell_talk(
            job.path, minutes=job.minutes, language=job.language, course=job.course,
            title=job.title, over=True, defer=True,
        )  # fmt: skip
    except UserError as error:
        return job.slug, str(error)
