"""The pages of presentation day, from the programme and what the teams have.

The audience's page is one of the showcase's. The timer and the feedback form stand by
themselves: they are opened on other devices, and work where there is no network.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from coursekit.site.event.qr import draw_qr
from coursekit.site.figures.results import markup
from coursekit.site.labels import Labels
from coursekit.site.team import Team

if TYPE_CHECKING:
    from coursekit.course.programme import Programme

TIMER, FEEDBACK = "timer.html", "feedback.html"
# The presenter is warned so long before the end.
WARNING_SECONDS = 120


@dataclass(frozen=True, slots=True)
class Event:
    """Says a day of presentations in one language.

    Attributes:
        programme: Who talks when.
        title: The course's.
        address: Where the showcase will be published, with a slash at the end, or empty.
        feedback: An https address or an e-mail address of the staff, or empty.
        slides: Whether decks were made for teams without one of their own.
        label: The words.
        render: Fills a template.
    """

    programme: Programme
    title: str
    address: str
    feedback: str
    slides: bool
    label: Labels
    render: Callable[..., str]

    def page(self, teams: Sequence[Team]) -> str:
        """What the audience reads, and prints on one sheet."""
        day = self.programme.date
        return self.render(
            "programme.html",
            slots=self._slots(teams),
            day=self.label.day(day) if day else "",
            iso=day.isoformat() if day else "",
            rooms=sorted({slot.room for slot in self.programme.slots if slot.room}),
            has_codes=bool(self.address),
        )

    def files(self, teams: Sequence[Team]) -> dict[str, str]:
        """The pages that stand by themselves, by name."""
        slots = self._slots(teams)
        talks = [
            {
                "title": slot["title"], "start": slot["start"],
                "minutes": slot["minutes"], "questions": slot["questions"],
                "break": not slot["team"], "room": slot["room"],
            }
            for slot in slots
        ]  # fmt: skip
        return {
            TIMER: self._alone(
                "timer.html", "timer", talks=markup(_as_data(talks)), action="'none'"
            ),
            FEEDBACK: self._alone(
                "feedback.html",
                "feedback",
                slots=[slot for slot in slots if slot["team"]],
                target=self.feedback if "@" not in self.feedback else f"mailto:{self.feedback}",
                mail="@" in self.feedback,
                action=_form_action(self.feedback),
            ),
        }

    def _alone(self, template: str, title: str, *, action: str, **values: Any) -> str:
        policy = (
            "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
            f"img-src 'self'; base-uri 'none'; form-action {action}"
        )
        words = {name: self.label(name) for name in _SCRIPT_WORDS}
        return self.render(
            template,
            language=self.label.language,
            course=self.title,
            heading=self.label(title),
            policy=policy,
            words=json.dumps(words, ensure_ascii=False),
            warning=WARNING_SECONDS,
            **values,
        )

    def _slots(self, teams: Sequence[Team]) -> list[dict[str, Any]]:
        known: Mapping[str, Team] = {team.slug: team for team in teams}
        found = []
        for slot in self.programme.slots:
            team = known.get(slot.team)
            page = f"teams/{slot.team}.html" if team else ""
            found.append(
                {
                    "team": slot.team,
                    "title": team.title if team else slot.title or slot.team,
                    "members": team.members if team else "",
                    "start": slot.start,
                    "end": slot.end,
                    "minutes": slot.minutes,
                    "questions": slot.questions,
                    "room": slot.room,
                    "page": page,
                    "deck": deck_address(team, self.slides) if team else "",
                    "code": team.repository_url if team else "",
                    "qr": draw_qr(self.address + page) if page and self.address else "",
                }
            )
        return found


def deck_address(team: Team, slides: bool) -> str:
    """A team's own deck, else the one that was made for it, seen from the site's root.

    Args:
        team: The team.
        slides: Whether decks were made.
    """
    own = next((button for button in team.buttons if button.kind == "deck"), None)
    if own:
        return f"media/{own.url}" if own.is_file else own.url
    return f"slides/{team.slug}.html" if slides and team.state == "ready" else ""


_SCRIPT_WORDS = (
    "timer_questions", "timer_over", "timer_end", "timer_next", "timer_break", "feedback_for",
    "feedback_saved",
)  # fmt: skip


def _as_data(value: Any) -> str:
    """JSON that can stand in a page, whatever a team is called."""
    return json.dumps(value).replace("<", "\\u003c")


def _form_action(feedback: str) -> str:
    """Where a form may send what was written: to the staff's address, and nowhere else."""
    if "@" in feedback:
        return "mailto:"
    if not feedback:
        return "'none'"
    parts = urlsplit(feedback)
    return f"{parts.scheme}://{parts.netloc}"
