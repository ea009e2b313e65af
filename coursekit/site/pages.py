"""Say what stands on the showcase's pages; `shells` puts the theme around it.

All texts of teams pass Jinja's escaping; only `Section.html`, which nh3 made, is put
in as it is.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.site.event.outside import PREVIEW, head
from coursekit.site.event.views import Event, deck_address
from coursekit.site.figures.overview import Overview
from coursekit.site.figures.results import ResultViews, markup
from coursekit.site.labels import FAMILIES, Labels
from coursekit.site.search import SearchPage
from coursekit.site.shells import SIBLINGS, Page
from coursekit.site.sources import Work, collect_works
from coursekit.site.team import MINIMUM_SOURCES, Team, initials
from coursekit.team.ranking import Board
from litreview.review.labels import FIELDS

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

    from coursekit.course.programme import Programme

TILES = 8


@dataclass(frozen=True, slots=True)
class Site:
    """What the showcase is called.

    Attributes:
        schedule: Rows of the term: title, day (or None), deliverable, and the
            milestone (`review`, …) that the row is about, or "".
        slides: Whether each team has a deck.
        minutes: How long a talk may be.
        minimum_sources: How many complete sources a review needs.
        staff: The address of the staff's own commits.
        over: Whether the presentations have been held: what is still empty stays so.
        verify_sources: Whether a review is complete only once its sources have been verified.
        has_log: Whether the log of what was verified lies beside the pages.
        programme: Who talks when on the day of presentations, if that is known.
        address: Where the showcase will be published, with a slash at the end, or empty.
        feedback: Where the audience's feedback goes, or empty.
        quiz: Whether there is a page with the lessons' quizzes.
        engine: The site builder that makes the shells; by default the first that is installed.
    """

    title: str
    cohort: str = ""
    language: str = "en"
    schedule: tuple[tuple[str, date | None, str, str], ...] = ()
    slides: bool = False
    minutes: int = 15
    minimum_sources: int = MINIMUM_SOURCES
    staff: str = ""
    over: bool = False
    verify_sources: bool = False
    has_log: bool = False
    programme: Programme | None = None
    address: str = ""
    feedback: str = ""
    quiz: bool = False
    engine: str = ""


class Pages:
    """Renders pages in one language."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.label = Labels(site.language)
        self.environment = environment()
        self.results = ResultViews(self.label, self._render, site.over)
        self.overview = Overview(self.results)
        self.event = (
            Event(
                site.programme, site.title, site.address, site.feedback, site.slides, self.label,
                self._render,
            )
            if site.programme
            else None
        )  # fmt: skip

    def _render(self, template: str, **values: Any) -> str:
        return self.environment.get_template(template).render(
            site=self.site,
            label=self.label,
            tile=fingerprint_tile,
            arcs=tile_drawing,
            initials=_initials,
            **values,
        )

    def of(self, teams: Sequence[Team], boards: Sequence[Board]) -> Iterator[Page]:
        """The pages about all teams.

        Args:
            teams: All of them.
            boards: What `leaderboard` made of their results.
        """
        works = collect_works({team.slug: team.sources for team in teams})
        yield self._common("index", self.label("showcase"), self._home(teams, len(works)))
        yield self._common("leaderboard", self.label("results"), self.overview.page(teams, boards))
        yield self._common("literature", self.label("literature"), self._literature(works, teams))
        if self.site.schedule:
            yield self._common("timeline", self.label("timeline"), self._timeline(teams))
        if self.event:
            yield self._common("programme", self.label("programme"), self.event.page(teams))
        if self.site.quiz:
            from coursekit.site.lessons.quiz import lesson_days, showcase_quiz

            yield self._common(
                "quiz",
                self.label("quiz"),
                showcase_quiz(self.label, lesson_days(self.site.schedule)),
            )

    def _common(self, kind: str, title: str, body: str) -> Page:
        told = f"{title} · {self.site.title}"
        return Page(kind, kind, title, parts={"body": body}, head=self._head(kind, told))

    def _head(self, name: str, title: str, description: str = "", cover: str = "") -> str:
        """What a page says where somebody posts a link to it, if it is known where it will be."""
        if not self.site.address:
            return ""
        image = f"media/{cover}" if cover else PREVIEW
        return head(self.site.address, name, title, description, image)

    def _home(self, teams: Sequence[Team], works: int) -> str:
        """A card for each team."""
        label = self.label
        results = sum(len(team.results) for team in teams)
        facts = [label.count("team", len(teams))]
        facts += [label.count("source", works)] if works else []
        facts += [label.count("result", results)] if results else []
        known = {team.task for team in teams if team.task}
        tasks = sorted(((key, label.task(key)) for key in known), key=lambda pair: pair[1])
        if any(not team.task for team in teams):
            tasks.append(("other", label("other_task")))
        families = [
            (key, label.family(key)) for key in FAMILIES if any(t.family == key for t in teams)
        ]
        return self._render(
            "home.html",
            teams=teams,
            facts=facts,
            tasks=tasks,
            families=families,
        )

    def team(self, team: Team, before: str = "", after: str = "") -> Page:
        """A team's own page.

        Args:
            team: The team.
            before: The slug of the team before it, or empty.
            after: The slug of the team after it, or empty.
        """
        moment = _moment(team.updated)
        day = self.label.day(moment) if moment else ""
        siblings = markup(self.siblings(before, after))
        best = self.results.best(team)
        parts = {
            "hero": self._render("hero.html", team=team, updated=day, best=best, siblings=siblings)
        }
        if team.state == "ready":
            parts["results"] = self.results.of_team(team)
            parts["rest"] = self._render("rest.html", team=team, siblings=siblings)
            for section in team.sections:
                parts[section.kind] = self._section(team, section.kind)
        kind = "teams/ready" if team.state == "ready" else "teams/absent"
        name = f"teams/{team.slug}"
        told = self._head(name, team.title, team.description, team.cover)
        return Page(name, kind, team.title, team.description, parts, told)

    def siblings(self, before: str, after: str) -> str:
        """The links to the teams before and after one."""
        html = self._render("siblings.html", before=before, after=after)
        return f"{SIBLINGS[0]}{html.strip()}{SIBLINGS[1]}"

    def _section(self, team: Team, kind: str) -> str:
        label = self.label
        section = next(s for s in team.sections if s.kind == kind)
        step = next(s for s in team.progress if s.kind == kind)
        parts = []
        if kind == "review" and team.sources:
            checked = self.results.day(team.tiers.checked)
            parts.append(
                self._render(
                    "sources.html",
                    sources=_as_dicts(team, label),
                    tiers=team.tiers,
                    checked=checked,
                )
            )
        elif section.html:
            note = ""
            if step.open_questions:
                n = step.open_questions
                text = label("one_question_open") if n == 1 else label("questions_open", n=n)
                note = f'<p class="ck-note">{escape(text)}</p>'
            parts.append(f'<div class="ck ck-section ck-prose">\n{note}{section.html}\n</div>')
        if section.comparison:
            parts.append(
                '<details class="ck ck-notebook"><summary>'
                f"{escape(label('comparison'))}</summary>\n"
                f'<div class="ck-prose">{section.comparison}</div>\n</details>'
            )
        if section.notebook:
            name = escape(section.notebook_name)
            parts.append(
                f'<details class="ck ck-notebook"><summary>{escape(label("notebook"))}: '
                f'{name}</summary>\n<div class="ck-prose">{section.notebook}</div>\n</details>'
            )
        deck = next((b for b in team.buttons if b.kind == "deck"), None)
        if kind == "presentation" and deck:
            link = escape(f"../media/{deck.url}" if deck.is_file else deck.url)
            parts.append(
                f'<div class="ck ck-section"><p><a href="{link}" rel="noopener noreferrer '
                f'nofollow">{escape(label("button_deck"))}</a></p></div>'
            )
        if not parts and self.site.over:
            return f'<div class="ck ck-folded ck-folded-{kind}"></div>'
        if not parts:
            return f'<div class="ck ck-empty"><p>{escape(label("empty_" + kind))}</p></div>'
        return "\n\n".join(parts)

    def _literature(self, works: Sequence[Work], teams: Sequence[Team]) -> str:
        """All sources of all teams, each once."""
        titles = {team.slug: team.title for team in teams}
        return self._render("literature.html", works=works, titles=titles)

    def _timeline(self, teams: Sequence[Team]) -> str:
        """The term, with how many teams have what is due."""
        from coursekit.site.lessons.quiz import lesson_of

        rows = []
        decks = [
            {"title": team.title, "url": address}
            for team in teams
            if (address := deck_address(team, self.site.slides))
        ]
        for title, day, deliverable, kind in self.site.schedule:
            states = [s.state for team in teams for s in team.progress if s.kind == kind]
            tbd = title.upper() == "TBD"
            rows.append(
                {
                    "title": self.label("tbd").capitalize() if tbd else title,
                    "tbd": tbd,
                    "iso": day.isoformat() if day else "",
                    "day": self.label.day(day) if day else "",
                    "deliverable": "" if deliverable.upper() == "TBD" else deliverable,
                    "done": sum(state in ("complete", "human") for state in states),
                    "all": len(states),
                    "decks": decks if kind == "presentation" else (),
                    "lesson": lesson_of(kind),
                }
            )
        return self._render("timeline.html", rows=rows)


def search_pages(teams: Sequence[Team], label: Labels, prefix: str = "") -> list[SearchPage]:
    """What the search knows of each team.

    Args:
        teams: All teams.
        label: The words of the site.
        prefix: The way from the site's root to the showcase.
    """
    found = []
    for team in teams:
        about = " ".join((team.description, team.members, label.task(team.task), team.family))
        results = " ".join(f"{r.metric} {r.dataset} {r.model}" for r in team.results)
        sections = [("", "", about), ("results", label("results"), results)]
        sections += [(s.kind, label(s.kind), s.text) for s in team.sections]
        kept = tuple(section for section in sections if section[2].strip())
        found.append(SearchPage(f"{prefix}teams/{team.slug}.html", team.title, kept))
    return found


def _as_dicts(team: Team, label: Labels) -> list[dict[str, Any]]:
    return [
        {
            "title": source.title,
            "url": source.url,
            # Under the course's own labels, where it has renamed the template's.
            "fields": [
                (source.labels.get(name) or label(name), text)
                for name in FIELDS
                if (text := getattr(source, name))
            ],
            "tier": source.tier if team.tiers.checked else "",
        }
        for source in team.sources
    ]


def fingerprint_tile(team: Team) -> int:
    """Which of the colours a team without a cover gets."""
    return hashlib.sha256(team.slug.encode()).digest()[0] % TILES


def _initials(title: str) -> Any:
    return markup(initials(title))


def tile_drawing(team: Team) -> Any:
    """A small drawing of who attends to whom, for a team without a cover."""
    return arcs(team.slug)


def arcs(name: str) -> Any:
    """A drawing of who attends to whom, another one for each name."""
    seed = hashlib.sha256(b"arcs" + name.encode()).digest()
    parts = ['<svg viewBox="0 0 320 180" preserveAspectRatio="xMidYMax slice" aria-hidden="true">']
    for number in range(7):
        start = seed[2 * number] % 13
        end = seed[2 * number + 1] % 13
        if start == end:
            end = (start + 5) % 13
        a, b = sorted((16 + 24 * start, 16 + 24 * end))
        radius = (b - a) / 2
        width = 1 + seed[16 + number] % 3
        height = min(radius, 130)
        parts.append(
            f'<path d="M{a} 150A{radius:g} {height:g} 0 0 1 {b} 150" stroke-width="{width}"/>'
        )
    parts.append('<path class="ck-dots" d="M16 150h289"/></svg>')
    return markup("".join(parts))


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The templates, with every value escaped."""
    from jinja2 import Environment, PackageLoader, StrictUndefined

    return Environment(
        loader=PackageLoader("coursekit.site", "templates"),
        bytecode_cache=_bytecode_cache(),
        autoescape=True,
        auto_reload=False,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _bytecode_cache() -> BytecodeCache | None:
    """Keep compiled templates where Python keeps compiled modules, if it may keep any.

    Not beside the site: whoever can write there must not be able to run anything here.
    """
    from jinja2 import FileSystemBytecodeCache

    folder = Path(__file__).parent / "templates" / "__pycache__"
    if sys.dont_write_bytecode or not os.access(folder.parent, os.W_OK):
        return None
    folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder))
