"""Build the showcase over all teams' repositories.

Each team is read once per commit; what was read is kept beside the output, so that
a later build renders only what changed. A repository that is missing, empty or
broken still has its card, and never stops the others.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, date, datetime
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError, LockedError, RepositoryError
from coursekit.fence import NORMAL, Limits
from coursekit.git.repository import find_repositories, shown
from coursekit.lock import hold
from coursekit.site import shells
from coursekit.site.cache import MARK, Found, Store, fingerprint
from coursekit.site.engine import choose_engine
from coursekit.site.event.outside import FEED, PREVIEW, draw_preview, write_feed
from coursekit.site.figures.overview import as_json, set_aside
from coursekit.site.pages import Pages, Site, search_pages
from coursekit.site.publish import publish
from coursekit.site.reading.reader import Place, Reader
from coursekit.site.render import open_shells, render_shells
from coursekit.site.replace import replace_file
from coursekit.team.checks import CHECKS_FILE, Check, read_checks
from coursekit.team.files import milestone_folders
from coursekit.team.ranking import Board, leaderboard

if TYPE_CHECKING:
    from coursekit.course.course import Course
    from coursekit.course.roster import Team as RosterTeam

# How long a build waits for another one into the same folder.
PATIENCE_SECONDS = 120


@dataclass(frozen=True, slots=True)
class SiteReport:
    """What a build did.

    Attributes:
        out: The folder of the finished site (or of the pages).
        teams: How many teams it shows.
        read: Teams whose repository was read this time.
        reused: Teams that had not changed.
        unreadable: Teams whose repository could not be read, with the reason.
        removed: For each team what was left out of its page, and why.
        warnings: What the site builder complained about.
    """

    out: Path
    teams: int = 0
    read: tuple[str, ...] = ()
    reused: tuple[str, ...] = ()
    unreadable: dict[str, str] = field(default_factory=dict)
    removed: dict[str, tuple[str, ...]] = field(default_factory=dict)
    warnings: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {**asdict(self), "out": str(self.out)}


def build(
    repositories: Path,
    out: Path,
    *,
    course: Course | None = None,
    title: str = "",
    language: str = "",
    into_docs: bool = False,
    slides: bool = False,
    engine: str = "",
    fresh: bool = False,
    dry_run: bool = False,
    limits: Limits = NORMAL,
    on_team: Callable[[str], None] = lambda slug: None,
) -> SiteReport:
    """Build the showcase.

    Args:
        repositories: A folder of team repositories, bare or not.
        out: The site's folder; a folder with anything else in it is refused.
        course: Gives the title, the language, the schedule, and the teams that
            should be there.
        title: Instead of the course's.
        language: One of `course.languages`, instead of the course's.
        into_docs: Write only the pages (Markdown and pictures), for a MkDocs
            project that publishes them together with its own.
        slides: Make every team's deck, too, and link it from its page.
        engine: The site builder, one of `ENGINES`; by default the first that is installed.
        fresh: Build everything anew.
        dry_run: Read, and write nothing.
        limits: What reading one team may cost.
        on_team: Called after each team.

    Raises:
        LockedError: If somebody else builds into `out`, for long.
        UserError: If there is no such folder, or `out` holds something else.
    """
    places = _in_a_row(_places(repositories, course))
    _check_out(out)
    site = _site(course, title, language, slides)
    if not into_docs:
        site = replace(site, engine=choose_engine(engine))
    # MkDocs publishes no hidden folder, so pages may lie beside what was kept.
    kept = out / ".cache" if into_docs else out.with_name(f".{out.name}-cache")
    with contextlib.nullcontext() if dry_run else _alone(out):
        store = Store(kept, out, whole=not into_docs, dry_run=dry_run)
        return _build(places, site, store, fresh, limits, on_team)


def _build(
    places: list[Place],
    site: Site,
    store: Store,
    fresh: bool,
    limits: Limits,
    on_team: Callable[[str], None],
) -> SiteReport:
    known = {} if not store.whole else open_shells(site, store.shells)
    if fresh or not store.fits(fingerprint(site, known)):
        store.clear()
    reader = Reader(site, Pages(site), store, store.known_media())
    found = reader.all(places, limits, on_team)
    boards = leaderboard({one.team.slug: one.team.results for one in found})
    shared: list[str] = []
    warnings: list[str] = []
    if not store.dry_run:
        if store.is_fresh and store.whole:
            shared, warnings = render_shells(site, store.shells, store.target)
            known = open_shells(site, store.shells)
        marker = _marker(site, found)
        teams = [one.team for one in found]
        files: dict[str, str | bytes] = {"results.json": as_json(site.title, boards)}
        if site.address:
            language = reader.pages.label.language
            files[FEED] = write_feed(site.title, language, site.address, teams)
            files[PREVIEW] = draw_preview(site.title, site.cohort)
        if site.has_log:
            files[CHECKS_FILE] = "".join(_as_log(place.checks) for place in places)
        if reader.pages.event:
            files |= reader.pages.event.files(teams)
        _publish(reader, places, found, boards, marker, known, files)
        store.finish(fingerprint(site, known), marker, found, reader.known, shared)
    return _report(store.out, found, boards, reader.unreadable, tuple(warnings))


@contextlib.contextmanager
def _alone(out: Path) -> Iterator[None]:
    """Wait for another build into the same folder, and say who is at it if that takes long."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while True:
        with contextlib.ExitStack() as stack:
            try:
                stack.enter_context(hold(out.with_name(f".{out.name}-lock"), "site", what=out))
            except LockedError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)
                continue
            yield
            return


def _publish(
    reader: Reader,
    places: list[Place],
    found: list[Found],
    boards: Sequence[Board],
    marker: str,
    known: dict[str, str],
    files: dict[str, str | bytes],
) -> None:
    """Write what is new, out of the known shells."""
    pages, store = reader.pages, reader.store
    teams = [one.team for one in found]
    search = search_pages(teams, pages.label)
    new = chain((one.page for one in found if one.page and not one.kept), pages.of(teams, boards))
    if store.whole:
        texts = ((f"{page.name}.html", shells.stamp(known[page.kind], page)) for page in new)
    else:
        texts = ((f"{page.name}.md", shells.write(page, pages.label)) for page in new)
    publish(store, texts, found, search, {**files, MARK: marker})
    _follow(reader, found, places)


def _follow(reader: Reader, found: list[Found], places: list[Place]) -> None:
    """Make the pages that were kept link the teams that are their neighbours now."""
    store = reader.store
    if store.is_in_order([place.slug for place in places]):
        return
    suffix = "html" if store.whole else "md"
    for one, place in zip(found, places, strict=True):
        if one.kept:
            path = store.out / "teams" / f"{place.slug}.{suffix}"
            old = path.read_text(encoding="utf-8")
            new = shells.with_siblings(old, reader.pages.siblings(place.before, place.after))
            if new != old:
                replace_file(path, new.encode("utf-8"))


def _marker(site: Site, found: list[Found]) -> str:
    """The file that says what a site shows, and that the folder may be replaced."""
    teams = [one.team for one in found]
    facts = {
        "generator": "coursekit",
        "title": site.title,
        "teams": [{"slug": t.slug, "title": t.title, "commit": t.head} for t in teams],
    }
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def _as_log(checks: Sequence[Check]) -> str:
    return "".join(json.dumps(asdict(check), ensure_ascii=False) + "\n" for check in checks)


def _report(
    out: Path,
    found: list[Found],
    boards: Sequence[Board],
    unreadable: dict[str, str],
    warnings: tuple[str, ...],
) -> SiteReport:
    aside = set_aside(boards)
    notes = {
        one.team.slug: (*map(shown, one.team.notes), *map(shown, aside.get(one.team.slug, ())))
        for one in found
    }
    readable = [one for one in found if one.team.slug not in unreadable]
    return SiteReport(
        out,
        len(found),
        tuple(one.team.slug for one in readable if not one.kept),
        tuple(one.team.slug for one in readable if one.kept),
        unreadable,
        {slug: told for slug, told in notes.items() if told},
        warnings,
    )


def _places(repositories: Path, course: Course | None) -> list[Place]:
    if course is not None:
        checks = read_checks(course.folder / CHECKS_FILE)
        return [
            Place(
                team.slug,
                _existing(repositories, team.slug),
                team.project or team.title,
                team.task,
                team.family,
                members=_members(course, team),
                checks=tuple(check for check in checks if check.team == team.slug),
            )
            for team in course.teams
        ]
    folders = set(find_repositories(repositories))
    # A folder that looks like a repository but is none deserves its card, and a line.
    folders |= {path for path in repositories.glob("*.git") if not path.name.startswith(".")}
    found: dict[str, Place] = {}
    for path in sorted(folders):
        slug = _slug(path.name)
        number = 2
        while slug in found:
            slug, number = f"{_slug(path.name)}-{number}", number + 1
        found[slug] = Place(slug, path)
    if not found:
        raise RepositoryError(
            f"{repositories}: holds no repository; give the folder that `coursekit generate` filled"
        )
    return list(found.values())


def _members(course: Course, team: RosterTeam) -> str | None:
    """The names that may be shown; None for those that the team's README names."""
    if course.site.members == "readme":
        return None
    shown_names = [one.name for one in team.members if one.consent]
    return ", ".join(shown_names) if course.site.members == "consent" else ""


def _in_a_row(places: list[Place]) -> list[Place]:
    slugs = ["", *(place.slug for place in places), ""]
    return [
        replace(place, before=before, after=after)
        for place, before, after in zip(places, slugs, slugs[2:], strict=False)
    ]


def _existing(repositories: Path, slug: str) -> Path:
    bare = repositories / f"{slug}.git"
    return repositories / slug if not bare.exists() and (repositories / slug).exists() else bare


def _slug(name: str) -> str:
    """A name that is safe in an address and as a file."""
    stem = name.removesuffix(".git").lower()
    kept = "".join(c if c.isascii() and (c.isalnum() or c in "-_") else "-" for c in stem)
    return "-".join(part for part in kept.split("-") if part)[:80] or "team"


def _site(course: Course | None, title: str, language: str, slides: bool) -> Site:
    if course is None:
        return Site(title or "Showcase", "", language or "en", slides=slides)
    from coursekit.course.programme import read_programme
    from coursekit.site.lessons.quiz import lesson_kind

    schedule: list[tuple[str, date | None, str, str]] = []
    for milestone in course.milestones:
        folder = milestone.folder
        kinds = milestone_folders({f"{folder}/README.md": None}) if folder else {}  # type: ignore[dict-item]
        kind = lesson_kind(milestone.lesson) if milestone.lesson else next(iter(kinds), "")
        schedule.append((milestone.title, milestone.date, milestone.deliverable, kind))
    return Site(
        title or course.title,
        course.cohort,
        language or course.language,
        tuple(schedule),
        slides,
        course.day.minutes,
        course.minimum_sources,
        course.commit.email,
        _is_over(schedule),
        course.verify_sources,
        (course.folder / CHECKS_FILE).is_file(),
        read_programme(course),
        course.site.address,
        course.day.feedback,
        quiz=True,
    )


def _is_over(schedule: list[tuple[str, date | None, str, str]]) -> bool:
    """Whether the presentations have been held."""
    days = [day for _, day, _, kind in schedule if day and kind == "presentation"]
    return bool(days) and max(days) < datetime.now(UTC).date()


def _check_out(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise CourseError(f"{out}: is a file; give a folder for the site")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise CourseError(
            f"{out}: holds files that are not a showcase, which a build would replace; "
            "give another folder, or empty this one"
        )
