"""One team's repository, read in a worker into what the showcase says about it."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

from coursekit.errors import GitError, RepositoryError
from coursekit.fence import Broken, Limits, run_fenced
from coursekit.git.repository import Repository, open_repository, shown
from coursekit.site.cache import DECKS, Found, KnownMedia, Store, for_later
from coursekit.site.media import Media
from coursekit.site.pages import Pages, Site
from coursekit.site.team import Team, read_team
from coursekit.team.checks import Check
from coursekit.team.files import TeamFiles
from coursekit.team.received import PRISTINE
from litreview.errors import UserError

# For so few teams nothing is loaded that only pays with many.
FEW = 4


@dataclass(frozen=True, slots=True)
class Place:
    """Where a team's repository is (or should be), and what the course says of it.

    Attributes:
        before: The slug of the team before it, or empty.
        after: The slug of the team after it, or empty.
        members: The names that may be shown; None for those that its README names.
        checks: What the staff verified of its results.
    """

    slug: str
    path: Path
    title: str = ""
    task: str = ""
    family: str = ""
    before: str = ""
    after: str = ""
    members: str | None = None
    checks: tuple[Check, ...] = ()

    def key(self, *states: str | None) -> str:
        """A digest of what the team's pages depend on."""
        checks = [asdict(check) for check in self.checks]
        facts = json.dumps([self.title, self.task, self.family, self.members, checks, *states])
        return hashlib.sha256(facts.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Job:
    """A team that has to be read: its place, what its pages depend on, and its commit.

    Attributes:
        quick: Whether it is read without git; not where a worker has ended over it, or
            beside it, and not where loading what that needs takes longer than starting git.
    """

    place: Place
    key: str
    head: str
    quick: bool = True


@dataclass(frozen=True, slots=True)
class Read:
    """What a worker hands back: the team, and the pictures that it converted or refused."""

    found: Found
    known: KnownMedia


@dataclass(frozen=True, slots=True)
class Reader:
    """What every team is read with; each worker has a copy."""

    site: Site
    pages: Pages
    store: Store
    known: KnownMedia
    unreadable: dict[str, str] = field(default_factory=dict)

    def look(self, place: Place) -> Found | Job:
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
                return self._kept(place, key) or Job(place, key, head)
        except (UserError, GitError) as error:
            return self.refuse(place, str(error))

    def read(self, job: Job) -> Read | str:
        """A team as its repository has it, with its page; or why it cannot be read."""
        media = Media(self.store.save_media, dict(self.known))
        try:
            # A crafted pack can hang the quick way; the page need not be lost for that.
            with open_repository(job.place.path, quick=job.quick) as repository:
                found = self._read(job, repository, media)
        except (UserError, GitError) as error:
            return str(error)
        new = {key: value for key, value in media.known.items() if key not in self.known}
        return Read(found, new)

    def _read(self, job: Job, repository: Repository, media: Media) -> Found:
        place = job.place
        files = TeamFiles(repository, place.slug, job.head)
        minimum = self.site.minimum_sources
        team = read_team(
            files, media, title=place.title, minimum_sources=minimum, staff=self.site.staff,
            verify=self.site.verify_sources, members=place.members, checks=place.checks,
        )  # fmt: skip
        if self.site.slides:
            from coursekit.site.slides.make import showcase_deck

            # In a folder of another site the showcase lies one level deeper.
            assets = "../assets/" if self.store.whole else "../../assets/"
            deck = showcase_deck(files, media, team, self.site, assets)
            self.store.save_deck(team.slug, deck)
        team = replace(team, highlight=self.pages.results.highlight(team))
        page = self.pages.team(team, place.before, place.after)
        return Found(for_later(team), job.key, tuple(sorted(media.used)), page)

    def refuse(self, place: Place, reason: str) -> Found:
        """The card of a team whose repository cannot be read, and a line for the staff."""
        self.unreadable[place.slug] = shown(reason)
        return self.absent(place, "unreadable")

    def absent(self, place: Place, state: str) -> Found:
        """A team without anything to read."""
        key = place.key(state)
        title = place.title or place.slug
        team = Team(place.slug, title, task=place.task, family=place.family, state=state)
        page = self.pages.team(team, place.before, place.after)
        return self._kept(place, key) or Found(team, key, page=page)

    def _kept(self, place: Place, key: str) -> Found | None:
        found = self.store.team(place.slug, key)
        suffix = "html" if self.store.whole else "md"
        pages = [self.store.out / "teams" / f"{place.slug}.{suffix}"]
        if self.site.slides and found is not None and found.team.state == "ready":
            pages.append(self.store.out / DECKS / f"{place.slug}.html")
        return found if all(page.is_file() for page in pages) else None

    def all(
        self, places: list[Place], limits: Limits, on_team: Callable[[str], None]
    ) -> list[Found]:
        """Every team, those that changed in workers."""
        found: dict[str, Found] = {}
        jobs = []
        for place in places:
            one = self.look(place)
            if isinstance(one, Job):
                jobs.append(one)
            else:
                found[place.slug] = one
                on_team(place.slug)
        by_slug = {job.place.slug: job.place for job in jobs}
        if len(jobs) > FEW:
            _preload()
        else:
            jobs = [replace(job, quick=False) for job in jobs]
        for done in run_fenced(InWorker(self), jobs, limits, _once_more):
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


def _preload() -> None:
    """Load once what each worker would load by itself; where there is a fork, all have it."""
    for name in (
        "markdown_it", "nh3", "linkify_it", "pygments.lexers", "pygit2", "PIL.ImageOps",
        "PIL.JpegImagePlugin", "PIL.PngImagePlugin", "PIL.WebPImagePlugin", "PIL.GifImagePlugin",
    ):  # fmt: skip
        with contextlib.suppress(ImportError):
            importlib.import_module(name)


def _once_more(job: Job) -> Job:
    return replace(job, quick=False)


@dataclass(frozen=True, slots=True)
class InWorker:
    """Reads a team, and says whose the answer is."""

    reader: Reader

    def __call__(self, job: Job) -> tuple[str, Read | str]:
        """What `Reader.read` returns, with the team's slug."""
        return job.place.slug, self.reader.read(job)
