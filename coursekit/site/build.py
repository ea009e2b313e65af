"""Build the showcase over all teams' repositories.

Each team is read once per commit; what was read is kept beside the output, so that
a later build renders only what changed. A repository that is missing, empty or
broken still has its card, and never stops the others.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field, replace
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coursekit.errors import CourseError, GitError, LockedError, RepositoryError
from coursekit.git.repository import Repository, find_repositories, open_repository, shown
from coursekit.lock import hold
from coursekit.site import shells
from coursekit.site.cache import DECKS, MARK, Found, KnownMedia, Store, fingerprint, for_later
from coursekit.site.fence import NORMAL, Broken, Limits, run_fenced
from coursekit.site.media import Media
from coursekit.site.pages import Pages, Site, search_pages
from coursekit.site.publish import publish
from coursekit.site.render import open_shells, render_shells
from coursekit.site.team import Team, read_team
from coursekit.team.files import TeamFiles, milestone_folders
from coursekit.team.received import PRISTINE
from litreview.errors import UserError

if TYPE_CHECKING:
    from coursekit.course.course import Course

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


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a team's repository is (or should be), and what the course says of it.

    Attributes:
        before: The slug of the team before it, or empty.
        after: The slug of the team after it, or empty.
    """

    slug: str
    path: Path
    title: str = ""
    task: str = ""
    family: str = ""
    before: str = ""
    after: str = ""

    def key(self, *states: str | None) -> str:
        """A digest of what the team's pages depend on."""
        facts = json.dumps([self.title, self.task, self.family, self.before, self.after, *states])
        return hashlib.sha256(facts.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class _Job:
    """A team that has to be read: its place, what its pages depend on, and its commit."""

    place: _Place
    key: str
    head: str


@dataclass(frozen=True, slots=True)
class _Read:
    """What a worker hands back: the team, and the pictures that it converted or refused."""

    found: Found
    known: KnownMedia


@dataclass(frozen=True, slots=True)
class _Reader:
    """What every team is read with; each worker has a copy."""

    site: Site
    pages: Pages
    store: Store
    known: KnownMedia
    unreadable: dict[str, str] = field(default_factory=dict)

    def look(self, place: _Place) -> Found | _Job:
        """A team as it was kept, if nothing of it has changed; else what is to be read."""
        try:
            with open_repository(place.path) as repository:
                head = repository.head()
                if head is None and repository.branches():
                    raise RepositoryError(
                        f"{place.path}: its newest commit is damaged; fetch it again"
                    )
                if head is None:
                    return self.absent(place, "empty")
                key = place.key(head, repository.tip(PRISTINE))
                return self._kept(place, key) or _Job(place, key, head)
        except (UserError, GitError) as error:
            return self.refuse(place, str(error))

    def read(self, job: _Job) -> _Read | str:
        """A team as its repository has it, with its page; or why it cannot be read."""
        media = Media(self.store.save_media, dict(self.known))
        try:
            with open_repository(job.place.path) as repository:
                found = self._read(job, repository, media)
        except (UserError, GitError) as error:
            return str(error)
        new = {key: value for key, value in media.known.items() if key not in self.known}
        return _Read(found, new)

    def _read(self, job: _Job, repository: Repository, media: Media) -> Found:
        place = job.place
        files = TeamFiles(repository, place.slug, job.head)
        minimum = self.site.minimum_sources
        team = read_team(files, media, title=place.title, minimum_sources=minimum)
        if self.site.slides:
            from coursekit.site.slides.make import showcase_deck

            # In a folder of another site the showcase lies one level deeper.
            assets = "../assets/" if self.store.whole else "../../assets/"
            deck = showcase_deck(files, media, team, self.site, assets)
            self.store.save_deck(team.slug, deck)
        team = replace(team, highlight=self.pages.highlight(team))
        page = self.pages.team(team, place.before, place.after)
        return Found(for_later(team), job.key, tuple(sorted(media.used)), page)

    def refuse(self, place: _Place, reason: str) -> Found:
        """The card of a team whose repository cannot be read, and a line for the staff."""
        self.unreadable[place.slug] = shown(reason)
        return self.absent(place, "unreadable")

    def absent(self, place: _Place, state: str) -> Found:
        """A team without anything to read."""
        key = place.key(state)
        title = place.title or place.slug
        team = Team(place.slug, title, task=place.task, family=place.family, state=state)
        page = self.pages.team(team, place.before, place.after)
        return self._kept(place, key) or Found(team, key, page=page)

    def _kept(self, place: _Place, key: str) -> Found | None:
        found = self.store.team(place.slug, key)
        suffix = "html" if self.store.whole else "md"
        pages = [self.store.out / "teams" / f"{place.slug}.{suffix}"]
        if self.site.slides and found is not None and found.team.state == "ready":
            pages.append(self.store.out / DECKS / f"{place.slug}.html")
        return found if all(page.is_file() for page in pages) else None

    def all(
        self, places: list[_Place], limits: Limits, on_team: Callable[[str], None]
    ) -> list[Found]:
        """Every team, those that changed in workers."""
        found: dict[str, Found] = {}
        jobs = []
        for place in places:
            one = self.look(place)
            if isinstance(one, _Job):
                jobs.append(one)
            else:
                found[place.slug] = one
                on_team(place.slug)
        by_slug = {job.place.slug: job.place for job in jobs}
        for done in run_fenced(_InWorker(self), jobs, limits):
            if isinstance(done, Broken):
                slug = done.job.place.slug
                reason = f"{done.job.place.path}: {done.reason}"
                found[slug] = self.refuse(by_slug[slug], reason)
            else:
                slug, read = done
                if isinstance(read, str):
                    found[slug] = self.refuse(by_slug[slug], read)
                else:
                    found[slug] = read.found
                    self.known.update(read.known)
            on_team(slug)
        return [found[place.slug] for place in places]


@dataclass(frozen=True, slots=True)
class _InWorker:
    """Reads a team, and says whose the answer is."""

    reader: _Reader

    def __call__(self, job: _Job) -> tuple[str, _Read | str]:
        return job.place.slug, self.reader.read(job)


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
        language: One of `labels.languages()`, instead of the course's.
        into_docs: Write only the pages (Markdown and pictures), for a MkDocs
            project that publishes them together with its own.
        slides: Make every team's deck, too, and link it from its page.
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
    # MkDocs publishes no hidden folder, so pages may lie beside what was kept.
    kept = out / ".cache" if into_docs else out.with_name(f".{out.name}-cache")
    with contextlib.nullcontext() if dry_run else _alone(out):
        store = Store(kept, out, whole=not into_docs, dry_run=dry_run)
        return _build(places, site, store, fresh, limits, on_team)


def _build(
    places: list[_Place],
    site: Site,
    store: Store,
    fresh: bool,
    limits: Limits,
    on_team: Callable[[str], None],
) -> SiteReport:
    known = {} if not store.whole else open_shells(site, store.shells)
    if fresh or not store.fits(fingerprint(site, known)):
        store.clear()
    reader = _Reader(site, Pages(site), store, store.known_media())
    found = reader.all(places, limits, on_team)
    shared: list[str] = []
    warnings: list[str] = []
    if not store.dry_run:
        if store.is_fresh and store.whole:
            shared, warnings = render_shells(site, store.shells, store.target)
            known = open_shells(site, store.shells)
        marker = _marker(site, found)
        _publish(reader, found, marker, known)
        store.finish(fingerprint(site, known), marker, found, reader.known, shared)
    return _report(store.out, found, reader.unreadable, tuple(warnings))


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


def _publish(reader: _Reader, found: list[Found], marker: str, known: dict[str, str]) -> None:
    """Write what is new, out of the known shells."""
    pages, store = reader.pages, reader.store
    teams = [one.team for one in found]
    search = search_pages(teams, pages.label)
    new = chain((one.page for one in found if one.page and not one.kept), pages.of(teams))
    if store.whole:
        texts = ((f"{page.name}.html", shells.stamp(known[page.kind], page)) for page in new)
    else:
        texts = ((f"{page.name}.md", shells.write(page, pages.label)) for page in new)
    publish(store, texts, found, search, marker)


def _marker(site: Site, found: list[Found]) -> str:
    """The file that says what a site shows, and that the folder may be replaced."""
    teams = [one.team for one in found]
    facts = {
        "generator": "coursekit",
        "title": site.title,
        "teams": [{"slug": t.slug, "title": t.title, "commit": t.head} for t in teams],
    }
    return json.dumps(facts, ensure_ascii=False, indent=2) + "\n"


def _report(
    out: Path, found: list[Found], unreadable: dict[str, str], warnings: tuple[str, ...]
) -> SiteReport:
    readable = [one for one in found if one.team.slug not in unreadable]
    return SiteReport(
        out,
        len(found),
        tuple(one.team.slug for one in readable if not one.kept),
        tuple(one.team.slug for one in readable if one.kept),
        unreadable,
        {one.team.slug: tuple(map(shown, one.team.notes)) for one in found if one.team.notes},
        warnings,
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
    folders = set(find_repositories(repositories))
    # A folder that looks like a repository but is none deserves its card, and a line.
    folders |= {path for path in repositories.glob("*.git") if not path.name.startswith(".")}
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


def _in_a_row(places: list[_Place]) -> list[_Place]:
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
        course.minimum_sources,
    )


def _check_out(out: Path) -> None:
    if out.exists() and not out.is_dir():
        raise CourseError(f"{out}: is a file; give a folder for the site")
    if out.is_dir() and any(out.iterdir()) and not (out / MARK).is_file():
        raise CourseError(
            f"{out}: holds files that are not a showcase, which a build would replace; "
            "give another folder, or empty this one"
        )
