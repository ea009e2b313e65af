"""Build the showcase over all teams' repositories.

Each team is read once per commit; what was read is kept beside the output, so that
a later build renders only what changed. A repository that is missing, empty or
broken still has its card, and never stops the others.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.collect import TeamFiles, milestone_folders
from coursekit.errors import CourseError, GitError, RepositoryError
from coursekit.repository import Repository, find_repositories, open_repository
from coursekit.site import cache as caches
from coursekit.site.pages import Pages, Site, search_pages
from coursekit.site.render import SHELLS, render_site
from coursekit.site.slides import showcase_deck
from coursekit.site.sources import collect_works
from coursekit.site.team import Media, Team, read_team
from litreview.errors import UserError
from litreview.files import write_atomic

if TYPE_CHECKING:
    from coursekit.course import Course

MARK = "showcase.json"
# For the hook that makes the index of a site with other pages.
SEARCH = ".cache/search.json"
AGGREGATES = ("index", "leaderboard", "literature", "timeline")


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


@dataclass(frozen=True, slots=True)
class _Place:
    slug: str
    path: Path
    title: str = ""
    task: str = ""
    family: str = ""


def build(
    repositories: Path,
    out: Path,
    *,
    course: Course | None = None,
    title: str = "",
    language: str = "",
    into_docs: bool = False,
    slides: bool = False,
    fresh: bool = False,
    dry_run: bool = False,
    on_team: Callable[[str], None] = lambda slug: None,
) -> SiteReport:
    """Build the showcase.

    Args:
        repositories: A folder of team repositories, bare or not.
        out: The site's folder; a folder with anything else in it is refused.
        course: Gives the title, the language, the schedule, and the teams that
            should be there.
        title: Instead of the course's.
        language: `en` or `de`, instead of the course's.
        into_docs: Write only the pages (Markdown and pictures), for a MkDocs
            project that publishes them together with its own.
        slides: Make every team's deck, too, and link it from its page.
        fresh: Build everything anew.
        dry_run: Read, and write nothing.
        on_team: Called after each team.

    Raises:
        UserError: If there is no such folder, or `out` holds something else.
    """
    places = _places(repositories, course)
    _check_out(out)
    site = _site(course, title, language, slides)
    # MkDocs publishes no hidden folder, so pages may lie beside what was kept.
    kept = out / ".cache" if into_docs else out.with_name(f".{out.name}-cache")
    store = caches.Store(kept, dry_run=dry_run)
    fingerprint = caches.fingerprint(site, into_docs)
    if fresh or not store.fits(fingerprint, out):
        store.clear()
    media = Media(store.save_media, store.known_media())
    teams: list[Team] = []
    read: list[str] = []
    unreadable: dict[str, str] = {}

    def deck(files: TeamFiles, team: Team) -> None:
        if slides and team.head:
            # In a folder of another site the showcase lies one level deeper.
            assets = "../../assets/" if into_docs else "../assets/"
            store.save_deck(team.slug, showcase_deck(files, media, team, site, assets))

    for place in places:
        team, was_read = _read(place, store, media, unreadable, deck)
        teams.append(team)
        if was_read:
            read.append(team.slug)
        on_team(place.slug)
    report = SiteReport(
        out,
        len(teams),
        tuple(read),
        tuple(team.slug for team in teams if team.slug not in set(read) | set(unreadable)),
        unreadable,
        {team.slug: team.notes for team in teams if team.notes},
    )
    if dry_run:
        return report
    parked: dict[str, str] = {}
    pages = Pages(site, None if into_docs else parked)
    changed = [team for team in teams if team.slug in store.changed(teams)]
    written = _write(pages, teams)
    if into_docs:
        written |= {f"teams/{team.slug}.md": pages.team(team) for team in changed}
    elif changed:
        written |= {f"teams/{name}.md": pages.shell(ready) for name, ready in SHELLS.items()}
    store.write_pages(written)
    marker = json.dumps(
        {
            "generator": "coursekit",
            "title": site.title,
            "teams": [{"slug": t.slug, "title": t.title, "commit": t.head} for t in teams],
        },
        ensure_ascii=False,
        indent=2,
    )
    if into_docs:
        store.copy_pages(out, teams)
        store.publish_decks(out, teams)
        entries = [asdict(page) for page in search_pages(teams, pages.label)]
        write_atomic(out / SEARCH, json.dumps(entries, ensure_ascii=False))
        write_atomic(out / MARK, marker + "\n")
        warnings: tuple[str, ...] = ()
    else:
        warnings = render_site(pages, store, out, teams, changed, marker + "\n")
    store.finish(fingerprint, teams, media.known)
    return SiteReport(
        out, len(teams), report.read, report.reused, unreadable, report.removed, warnings
    )


def _places(repositories: Path, course: Course | None) -> list[_Place]:
    if course is not None:
        return [
            _Place(
                team.slug,
                _existing(repositories, team.slug),
                team.project or team.title,
                team.task,
                team.family,
            )
            for team in course.teams
        ]
    folders = find_repositories(repositories)
    # A folder that looks like a repository but is none deserves its card, and a line.
    folders += [
        path
        for path in sorted(repositories.iterdir())
        if path.name.endswith(".git") and not path.name.startswith(".") and path not in folders
    ]
    found: dict[str, _Place] = {}
    for path in sorted(folders):
        slug = _slug(path.name)
        number = 2
        while slug in found:
            slug, number = f"{_slug(path.name)}-{number}", number + 1
        found[slug] = _Place(slug, path)
    if not found:
        raise RepositoryError(
            f"{repositories}: holds no repository; give the folder that `coursekit generate` filled"
        )
    return list(found.values())


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
    schedule = []
    for milestone in course.milestones:
        folder = milestone.folder
        kinds = milestone_folders({f"{folder}/README.md": None}) if folder else {}  # type: ignore[dict-item]
        kind = next(iter(kinds), "")
        schedule.append((milestone.title, milestone.date, milestone.deliverable, kind))
    return Site(
        title or course.title,
        course.cohort,
        language or course.language,
        tuple(schedule),
        slides,
        course.presentation_minutes,
    )


def _check_out(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise CourseError(f"{out}: is a file; give a folder for the site")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise CourseError(
            f"{out}: holds files that are not a showcase, which a build would replace; "
            "give another folder, or empty this one"
        )


def _read(
    place: _Place,
    store: caches.Store,
    media: Media,
    unreadable: dict[str, str],
    also: Callable[[TeamFiles, Team], None],
) -> tuple[Team, bool]:
    try:
        with open_repository(place.path) as repository:
            head = _head(repository)
            if (known := store.team(place.slug, head)) is not None:
                return known, False
            if not head and repository.branches():
                raise RepositoryError(f"{place.path}: its newest commit is damaged; fetch it again")
            files = TeamFiles(repository, place.slug, head)
            team = read_team(files, media, title=place.title)
            also(files, team)
    except (RepositoryError, GitError) as error:
        unreadable[place.slug] = str(error)
        return _absent(place), False
    except UserError as error:
        unreadable[place.slug] = str(error)
        return _absent(place), False
    if not team.head:
        return _absent(place, "empty"), True
    return team, True


def _head(repository: Repository) -> str:
    """The newest commit, from the file that names it where that is plain to see.

    Most of the work of a build in which nothing changed would be starting git.
    """
    try:
        folder = repository.git_dir
        pointer = (folder / "HEAD").read_bytes()[:1000].decode("utf-8").strip()
        reference = pointer.removeprefix("ref: ")
        parts = reference.split("/")
        if pointer != reference and parts[:2] == ["refs", "heads"] and ".." not in parts:
            name = (folder / reference).read_bytes()[:100].decode("ascii").strip()
            if re.fullmatch(r"[0-9a-f]{40}|[0-9a-f]{64}", name):
                return name
    except (OSError, UnicodeDecodeError):
        pass  # packed, linked or unusual: git knows
    return repository.resolve() or ""


def _absent(place: _Place, state: str = "unreadable") -> Team:
    return Team(
        place.slug,
        place.title or place.slug,
        task=place.task,
        family=place.family,
        state=state,
    )


def _write(pages: Pages, teams: Sequence[Team]) -> dict[str, str]:
    """The Markdown of the pages about all teams, by name."""
    works = collect_works({team.slug: team.sources for team in teams})
    highlights = {t.slug: text for t in teams if t.results and (text := pages.highlight(t))}
    written = {
        "index.md": pages.home(teams, highlights, len(works)),
        "leaderboard.md": pages.leaderboard(teams),
        "literature.md": pages.literature(works, teams),
    }
    if pages.site.schedule:
        written["timeline.md"] = pages.timeline(teams)
    return written
