"""Peer review between teams: who reviews whom, forms, what is still open, and handing over.

Every team gives and gets the same number of reviews. Forms lie in the course's own folder,
`reviews/ROUND/REVIEWER/REVIEWED.md`, where only staff see them; what a reviewed team is told
is written from there, with the reviewers' names or without, as a message or (`hand_over`) as a
file of its repository.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit import lock
from coursekit.course.course import Course
from coursekit.course.record import append_all, rows
from coursekit.course.roster import Team, make_slug
from coursekit.errors import RosterError
from coursekit.hosting.base import addresses
from litreview.errors import UserError
from litreview.files import read_text, write_atomic

FOLDER = "reviews"
OPEN = "open"
STARTED = "started"
DONE = "done"
_KIND = "review"
_QUESTIONS = (
    "What is the project about, and what did you learn from it?",
    "What is convincing, and why?",
    "What would you question or check again: data, baseline, model, figures?",
    "What should the team do next?",
)
_HOLDER = "*(your answer)*"
_MAX_BYTES = 200_000


@dataclass(frozen=True, slots=True)
class Review:
    """One review.

    Attributes:
        round: The round's name.
        by: The slug of the reviewing team.
        of: The slug of the reviewed team.
        state: `open`, `started` or `done`.
    """

    round: str
    by: str
    of: str
    state: str = OPEN


def assign(
    course: Course, name: str, each: int, *, seed: int = 0, dry_run: bool = False
) -> tuple[tuple[Review, ...], tuple[str, ...]]:
    """Say who reviews whom in a round, and write the forms that are missing.

    Safe to repeat: a round that is assigned stays as it is, and no form is written over.

    Args:
        course: The course.
        name: The round's name.
        each: How many reviews each team gives and gets.
        seed: Another one gives other pairs.
        dry_run: Write nothing.

    Returns:
        The reviews, and remarks about teams that came or went since.

    Raises:
        UserError: If there are too few teams, or something cannot be written.
    """
    if not make_slug(name):
        raise UserError(f"{name!r} is no name for a round; use letters or digits")
    known = [review for review in read_reviews(course) if review.round == name]
    slugs = [team.slug for team in course.teams]
    remarks = []
    if known:
        given = {review.by for review in known}
        remarks += [
            f"{slug}: came after {name!r} was assigned" for slug in slugs if slug not in given
        ]
        remarks += [f"{slug}: is no team any more" for slug in sorted(given - set(slugs))]
        pairs = [(review.by, review.of) for review in known]
    else:
        pairs = pair(slugs, each, seed)
    if not dry_run:
        with lock.hold(course.state, "peer-review"):
            if not known:
                # All at once: a round of which only a part is on record would stay so.
                append_all(
                    course,
                    [{"kind": _KIND, "round": name, "by": by, "of": of} for by, of in pairs],
                )
            for by, of in pairs:
                path = _path(course, Review(name, by, of))
                if not path.exists():
                    write_atomic(path, _form(course, name, of))
    return tuple(_seen(course, Review(name, by, of)) for by, of in pairs), tuple(remarks)


def pair(slugs: Sequence[str], each: int, seed: int) -> list[tuple[str, str]]:
    """Pairs of reviewing and reviewed team, the same again with the same seed.

    In a shuffled circle everybody reviews those who follow; so two teams review each
    other only where no other way is left (half of the teams or more).

    Raises:
        RosterError: If there are too few teams.
    """
    if not 1 <= each < len(slugs):
        raise RosterError(
            f"{len(slugs)} teams cannot give {each} reviews each; choose 1 to {len(slugs) - 1}"
        )
    circle = sorted(slugs)
    random.Random(seed).shuffle(circle)  # noqa: S311  # repeatable, and nobody's secret
    count = len(circle)
    found = [
        (by, circle[(at + step) % count])
        for at, by in enumerate(circle)
        for step in range(1, each + 1)
    ]
    return sorted(found)


def read_reviews(course: Course) -> list[Review]:
    """All reviews of the log with their state, in its order."""
    found = []
    for _, row in rows(course):
        if row.get("kind") == _KIND:
            review = Review(str(row.get("round")), str(row.get("by")), str(row.get("of")))
            if all(re.fullmatch(r"[a-z0-9-]{1,60}", slug) for slug in (review.by, review.of)):
                found.append(_seen(course, review))
    return found


def open_reviews(course: Course) -> list[str]:
    """A sentence about each review that is not done."""
    return [
        f"{one.by}: the review of {one.of} is {one.state} ({one.round})"
        for one in read_reviews(course)
        if one.state != DONE
    ]


def ask(course: Course, name: str, folder: Path, *, dry_run: bool = False) -> int:
    """Write a message to each reviewing team, with the forms; returns how many."""
    teams = {team.slug: team for team in course.teams}
    mine: dict[str, list[str]] = {}
    for one in read_reviews(course):
        if one.round == name and one.by in teams and one.state != DONE:
            mine.setdefault(one.by, []).append(one.of)
    for by, others in mine.items():
        parts = [
            f"Hello {teams[by].title},\n\nplease review {_count(len(others))} for {name}. Answer "
            "in a few sentences each, as you would like to be answered, and send it back to us.\n"
        ]
        parts += [_form(course, name, of) for of in others]
        if not dry_run:
            write_atomic(folder / f"{by}.md", "\n".join(parts))
    return len(mine)


def hand_over(
    course: Course, name: str, folder: Path, *, anonymous: bool, dry_run: bool = False
) -> int:
    """Write to each reviewed team what the others say; returns how many teams."""
    teams = {team.slug: team for team in course.teams}
    found = what_was_said(course, name, anonymous=anonymous)
    for of, text in found.items():
        head = f"Hello {teams[of].title},\n\nthis is what other teams say in {name}.\n"
        if not dry_run:
            write_atomic(folder / f"{of}.md", f"{head}\n{text}")
    return len(found)


def what_was_said(course: Course, name: str, *, anonymous: bool) -> dict[str, str]:
    """From the slug of each reviewed team to the reviews of it that are done, in Markdown."""
    teams = {team.slug: team for team in course.teams}
    found: dict[str, list[str]] = {}
    for one in read_reviews(course):
        if one.round != name or one.of not in teams or one.state != DONE:
            continue
        parts = found.setdefault(one.of, [])
        who = f"Review {len(parts) + 1}" if anonymous else _title(teams, one.by)
        answers = _answers(read_text(_path(course, one), max_bytes=_MAX_BYTES))
        body = "\n".join(f"**{q}**\n\n{a}\n" for q, a in zip(_QUESTIONS, answers, strict=True))
        parts.append(f"## {who}\n\n{body}")
    return {of: "\n".join(parts) for of, parts in found.items()}


def _seen(course: Course, review: Review) -> Review:
    path = _path(course, review)
    if not path.exists():
        return review
    try:
        answers = _answers(read_text(path, max_bytes=_MAX_BYTES))
    except UserError:
        return review
    count = sum(bool(answer) for answer in answers)
    state = DONE if count == len(_QUESTIONS) else STARTED if count else OPEN
    return Review(review.round, review.by, review.of, state)


def _answers(text: str) -> list[str]:
    """What stands below each question; nothing where the placeholder still does."""
    places = [text.find(f"### {question}") for question in _QUESTIONS]
    found = []
    for number, (place, question) in enumerate(zip(places, _QUESTIONS, strict=True)):
        following = [other for other in places[number + 1 :] if other > place]
        end = min(following, default=len(text))
        answer = text[place + len(question) + 4 : end].replace(_HOLDER, "") if place >= 0 else ""
        found.append(answer.strip())
    return found


def _form(course: Course, name: str, of: str) -> str:
    team = next((team for team in course.teams if team.slug == of), None)
    title = (team.project or team.title) if team else of
    address = addresses(course.hosting, of)[0]
    lines = [f"## {name}: {title}", ""]
    lines += [f"Repository: {address}", ""] if address else []
    for question in _QUESTIONS:
        lines += [f"### {question}", "", _HOLDER, ""]
    return "\n".join(lines)


def _path(course: Course, review: Review) -> Path:
    return course.folder / FOLDER / make_slug(review.round) / review.by / f"{review.of}.md"


def _title(teams: dict[str, Team], slug: str) -> str:
    return teams[slug].title if slug in teams else slug


def _count(number: int) -> str:
    return "another team's project" if number == 1 else f"{number} other teams' projects"
