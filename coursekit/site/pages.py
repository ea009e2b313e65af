"""Say what stands on the showcase's pages; `shells` puts the theme around it.

All texts of teams pass Jinja's escaping; only `Section.html`, which nh3 made, is put
in as it is.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.site.labels import FAMILIES, Labels
from coursekit.site.plots import draw_curve
from coursekit.site.search import SearchPage
from coursekit.site.shells import Page
from coursekit.site.sources import Work, collect_works
from coursekit.site.team import MINIMUM_SOURCES, Team, initials
from coursekit.team.ranking import Board, Score, leaderboard

if TYPE_CHECKING:
    from jinja2 import BytecodeCache, Environment

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
    """

    title: str
    cohort: str = ""
    language: str = "en"
    schedule: tuple[tuple[str, date | None, str, str], ...] = ()
    slides: bool = False
    minutes: int = 15
    minimum_sources: int = MINIMUM_SOURCES


class Pages:
    """Renders pages in one language."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.label = Labels(site.language)
        self.environment = environment()

    def _render(self, template: str, **values: Any) -> str:
        return self.environment.get_template(template).render(
            site=self.site,
            label=self.label,
            tile=fingerprint_tile,
            arcs=tile_drawing,
            initials=_initials,
            **values,
        )

    def of(self, teams: Sequence[Team]) -> Iterator[Page]:
        """The pages about all teams."""
        works = collect_works({team.slug: team.sources for team in teams})
        yield self._common("index", self.label("showcase"), self._home(teams, len(works)))
        yield self._common("leaderboard", self.label("leaderboard"), self._leaderboard(teams))
        yield self._common("literature", self.label("literature"), self._literature(works, teams))
        if self.site.schedule:
            yield self._common("timeline", self.label("timeline"), self._timeline(teams))

    @staticmethod
    def _common(kind: str, title: str, body: str) -> Page:
        return Page(kind, kind, title, parts={"body": body})

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
        parts = {"hero": self._render("hero.html", team=team, updated=day)}
        if team.state == "ready":
            parts["results"] = self._results(team)
            for section in team.sections:
                parts[section.kind] = self._section(team, section.kind)
        kind = "teams/ready" if team.state == "ready" else "teams/absent"
        return Page(f"teams/{team.slug}", kind, team.title, team.description, parts)

    def _section(self, team: Team, kind: str) -> str:
        label = self.label
        section = next(s for s in team.sections if s.kind == kind)
        step = next(s for s in team.progress if s.kind == kind)
        parts = []
        if kind == "review" and team.sources:
            parts.append(self._render("sources.html", sources=_as_dicts(team)))
        elif section.html:
            note = ""
            if step.open_questions:
                n = step.open_questions
                text = label("one_question_open") if n == 1 else label("questions_open", n=n)
                note = f'<p class="ck-note">{escape(text)}</p>'
            parts.append(f'<div class="ck ck-section ck-prose">\n{note}{section.html}\n</div>')
        if section.notebook:
            name = escape(section.notebook_name)
            parts.append(
                f'<details class="ck ck-notebook"><summary>{escape(label("notebook"))}: '
                f'{name}</summary>\n<div class="ck-prose">{section.notebook}</div>\n</details>'
            )
        if not parts:
            return f'<div class="ck ck-empty"><p>{escape(label("empty_" + kind))}</p></div>'
        return "\n\n".join(parts)

    def _results(self, team: Team) -> str:
        label = self.label
        rows = []
        gains = []
        for board in leaderboard({team.slug: team.results}):
            standing = board.standings[0]
            for role, score in (("model", standing.best), ("baseline", standing.baseline)):
                if score is None or (role == "model" and score is standing.baseline):
                    continue
                rows.append(self._result_row(board, role, score))
            if standing.gain is not None and board.refusal == "":
                gains.append(
                    {
                        "name": f"{board.metric} ({board.split})",
                        "before": self._score(standing.baseline, board.unit),
                        "after": self._score(standing.best, board.unit),
                        "change": self._signed(standing.gain),
                        "sign": _sign(standing.gain),
                    }
                )
        figures = []
        for figure in team.figures:
            name = (
                label("learning_curve") if figure.kind == "curve" else figure.name.replace("_", " ")
            )
            title = f"{name.capitalize()}: {figure.model}"
            figures.append(
                {
                    "title": title,
                    "media": figure.media,
                    "svg": _markup(draw_curve(figure, title, label))
                    if figure.kind == "curve"
                    else "",
                    "legend": [series.name for series in figure.series],
                }
            )
        return self._render("results.html", rows=rows, gains=gains, figures=figures)

    def _result_row(self, board: Board, role: str, score: Score) -> dict[str, Any]:
        return {
            "metric": board.metric,
            "higher": board.higher_is_better,
            "value": self._score(score, board.unit),
            "sort": repr(score.value),
            "model": score.model,
            "role": self.label(f"role_{role}"),
            "split": board.split,
            "dataset": board.dataset,
            "seeds": score.seeds,
            **self._origin(score),
        }

    def _leaderboard(self, teams: Sequence[Team]) -> str:
        """All results, ranked where they can be compared."""
        titles = {team.slug: team.title for team in teams}
        boards = leaderboard({team.slug: team.results for team in teams if team.results})
        groups: dict[str, dict[str, Any]] = {}
        for board in boards:
            heading = self.label.task(board.task)
            group = groups.setdefault(
                heading,
                {"heading": heading, "id": f"task-{len(groups) + 1}", "boards": []},
            )
            group["boards"].append(self._board(board, titles))
        return self._render("leaderboard.html", groups=list(groups.values()))

    def _board(self, board: Board, titles: Mapping[str, str]) -> dict[str, Any]:
        label = self.label
        ranked = not board.refusal and len(board.standings) > 1
        note = ""
        if board.refusal:
            note = label(f"refused_{board.refusal}")
        elif not ranked:
            note = label("alone")
        named = [("rank", True)] if ranked else []
        named += [("team", False), ("best", False), ("value", True), ("baseline", True)]
        named += [("gain", True), ("seeds", True), ("run", False)]
        columns = [{"name": label(name), "right": right} for name, right in named]
        rows = []
        for standing in board.standings:
            only_baseline = standing.best is standing.baseline
            gain = None if board.refusal == "direction" else standing.gain
            rows.append(
                {
                    "rank": standing.rank,
                    "team": standing.team,
                    "title": titles.get(standing.team, standing.team),
                    "model": standing.best.model,
                    "family": standing.best.family if standing.best.family in FAMILIES else "",
                    "value": self._score(standing.best, board.unit),
                    "sort": repr(standing.best.value),
                    "baseline": self._score(standing.baseline, board.unit),
                    "baseline_sort": repr(standing.baseline.value) if standing.baseline else "",
                    "gain": self._signed(gain) if gain is not None else "",
                    "gain_sort": repr(gain) if gain is not None else "",
                    "gain_sign": _sign(gain),
                    "gain_note": ""
                    if board.refusal == "direction"
                    else label("baseline_only" if only_baseline else "no_baseline"),
                    "seeds": standing.best.seeds,
                    **self._origin(standing.best),
                }
            )
        return {
            "name": f"{board.metric}, {board.dataset}, {board.split}",
            "metric": board.metric,
            "dataset": board.dataset,
            "split": board.split,
            "unit": label.unit(board.unit),
            "higher": board.higher_is_better,
            "note": note,
            "refused": bool(board.refusal),
            "ranked": ranked,
            "columns": columns,
            "rows": rows,
        }

    def _origin(self, score: Score) -> dict[str, str]:
        return {
            "date": self.label.day(score.date) if score.date else "–",
            "iso": score.date.isoformat() if score.date else "",
            "commit": score.commit[:7],
            "run": ", ".join(score.runs),
        }

    def _literature(self, works: Sequence[Work], teams: Sequence[Team]) -> str:
        """All sources of all teams, each once."""
        titles = {team.slug: team.title for team in teams}
        return self._render("literature.html", works=works, titles=titles)

    def _timeline(self, teams: Sequence[Team]) -> str:
        """The term, with how many teams have what is due."""
        rows = []
        decks = [team for team in teams if self.site.slides and team.state == "ready"]
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
                }
            )
        return self._render("timeline.html", rows=rows)

    def highlight(self, team: Team) -> str:
        """A team's best figure in a few words, for its card."""
        for board in leaderboard({team.slug: team.results}):
            standing = board.standings[0]
            if board.split.lower() == "test" and not board.refusal:
                text = f"{board.metric} {self.label.measure(standing.best.value, board.unit)}"
                if standing.gain is not None:
                    # A bare sign would read as the change of the value, not of its worth.
                    word = "better" if standing.gain >= 0 else "worse"
                    text += f" ({self.label(word, by=self.label.decimal(abs(standing.gain)))})"
                return text
        return ""

    def _score(self, score: Score | None, unit: str) -> str:
        if score is None:
            return "–"
        text = self.label.measure(score.value, unit)
        return text if score.spread is None else f"{text} ± {self.label.decimal(score.spread)}"

    def _signed(self, value: float) -> str:
        text = self.label.decimal(value)
        return text if text.startswith("−") or value == 0 else f"+{text}"


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


def _as_dicts(team: Team) -> list[dict[str, str]]:
    return [
        {
            "title": source.title,
            "url": source.url,
            "objective": source.objective,
            "methods": source.methods,
            "outcomes": source.outcomes,
            "relation": source.relation,
        }
        for source in team.sources
    ]


def fingerprint_tile(team: Team) -> int:
    """Which of the colours a team without a cover gets."""
    return hashlib.sha256(team.slug.encode()).digest()[0] % TILES


def _initials(title: str) -> Any:
    return _markup(initials(title))


def tile_drawing(team: Team) -> Any:
    """A small drawing of who attends to whom, for a team without a cover."""
    seed = hashlib.sha256(b"arcs" + team.slug.encode()).digest()
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
    return _markup("".join(parts))


def _markup(html: str) -> Any:
    from markupsafe import Markup

    return Markup(html)  # noqa: S704  # only for HTML that this package wrote


def _sign(value: float | None) -> str:
    if value is None or value == 0:
        return "none"
    return "up" if value > 0 else "down"


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
