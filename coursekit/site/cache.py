"""What a build keeps for the next one, in a hidden folder beside the output.

`teams.jsonl` holds each team as it was read, with its commit; `docs/` the pages'
Markdown; `docs/media/` the published pictures; `slides/` decks on their way to the
output. Losing it costs time, nothing else.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from coursekit.results import Result
from coursekit.site.pages import Site
from coursekit.site.plots import Figure, Series
from coursekit.site.search import MAX_SECTION_CHARS
from coursekit.site.sources import CitedSource
from coursekit.site.team import Progress, Section, Team
from litreview.errors import UserError
from litreview.files import write_atomic

DECKS = "slides"
KnownMedia = dict[str, tuple[str, int, int, str]]


class Store:
    """The folder of kept work.

    Args:
        folder: Where it is.
        dry_run: Keep nothing.
    """

    def __init__(self, folder: Path, *, dry_run: bool = False) -> None:
        self.folder = folder
        self.docs = folder / "docs"
        self.decks = folder / DECKS
        self.dry_run = dry_run
        self._teams: dict[str, Team] = {}
        self._lines: dict[str, str] = {}
        self._state: dict[str, Any] = {}
        try:
            self._state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            with (folder / "teams.jsonl").open(encoding="utf-8") as stream:
                for line in stream:
                    slug, _, rest = line.partition("\t")
                    self._lines[slug] = rest
        except (OSError, ValueError):
            self._state, self._lines = {}, {}

    def fits(self, fingerprint: str, out: Path) -> bool:
        """Whether what was kept belongs to this site and this version."""
        return self._state.get("fingerprint") == fingerprint and (out / "showcase.json").is_file()

    def clear(self) -> None:
        """Forget everything."""
        self._state, self._lines = {}, {}
        if not self.dry_run:
            shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def is_fresh(self) -> bool:
        """Whether nothing was kept."""
        return not self._state

    def team(self, slug: str, head: str) -> Team | None:
        """A team as it was read at this commit."""
        line = self._lines.get(slug, "")
        if not head or not line.startswith(f"{head}\t"):
            return None
        try:
            team = decode(json.loads(line.partition("\t")[2]))
        except (ValueError, TypeError, KeyError):
            return None
        self._teams[slug] = team
        return team

    def changed(self, teams: Sequence[Team]) -> set[str]:
        """The teams whose page must be rendered."""
        states = self._state.get("states", {})
        return {
            team.slug
            for team in teams
            if team.slug not in self._teams and states.get(team.slug) != _absence(team)
        }

    def gone(self, teams: Sequence[Team]) -> set[str]:
        """Teams that had a page and are no longer there."""
        return set(self._state.get("pages", [])) - {team.slug for team in teams}

    def known_media(self) -> KnownMedia:
        """The pictures that were converted before."""
        known: KnownMedia = {}
        for key, value in self._state.get("media", {}).items():
            known[key] = (str(value[0]), int(value[1]), int(value[2]), str(value[3]))
        return known

    def save_media(self, name: str, data: bytes) -> None:
        """Keep a picture."""
        if self.dry_run:
            return
        path = self.docs / "media" / name
        if not path.exists():
            _write(path, data)

    def save_deck(self, slug: str, html: str) -> None:
        """Keep a team's deck until the site is put together."""
        if not self.dry_run:
            _write(self.decks / f"{slug}.html", html.encode("utf-8"))

    def publish_decks(self, out: Path, teams: Sequence[Team]) -> None:
        """Bring the new decks into a site's folder, and take those of absent teams out of it."""
        present = {team.slug for team in teams if team.state == "ready"}
        for slug in {team.slug for team in teams} | self.gone(teams):
            source, target = (folder / f"{slug}.html" for folder in (self.decks, out / DECKS))
            if slug not in present:
                target.unlink(missing_ok=True)
            elif source.is_file():
                target.parent.mkdir(parents=True, exist_ok=True)
                source.replace(target)

    def write_pages(self, pages: Mapping[str, str]) -> None:
        """Replace the pages that are to be rendered next."""
        for path in [*self.docs.glob("*.md"), *self.docs.glob("teams/*.md")]:
            path.unlink()
        for name, text in pages.items():
            _write(self.docs / name, text.encode("utf-8"))

    def copy_pages(self, out: Path, teams: Sequence[Team]) -> None:
        """Bring the written pages and all pictures into a MkDocs project's folder."""
        if self.is_fresh:
            for name in ("teams", "media", DECKS):
                shutil.rmtree(out / name, ignore_errors=True)
        for source in sorted(self.docs.rglob("*")):
            if source.is_file():
                target = out / source.relative_to(self.docs)
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
        for slug in self.gone(teams):
            (out / "teams" / f"{slug}.md").unlink(missing_ok=True)

    def finish(self, fingerprint: str, teams: Sequence[Team], media: KnownMedia) -> None:
        """Remember this build."""
        lines = []
        for team in teams:
            if team.state == "ready":
                kept = self._lines.get(team.slug, "") if team.slug in self._teams else ""
                body = kept.rstrip("\n") or f"{team.head}\t{encode(team)}"
                lines.append(f"{team.slug}\t{body}\n")
        _write(self.folder / "teams.jsonl", "".join(lines).encode("utf-8"))
        state = {
            "fingerprint": fingerprint,
            "pages": [team.slug for team in teams],
            "states": {team.slug: _absence(team) for team in teams if team.state != "ready"},
            "media": media,
        }
        write_atomic(self.folder / "state.json", json.dumps(state))


def fingerprint(site: Site, into_docs: bool) -> str:
    """What every page depends on: the site's facts and the code and theme that make it."""
    facts = json.dumps([asdict(site), into_docs], default=str, sort_keys=True)
    return hashlib.sha256(f"{facts}\n{_code()}".encode()).hexdigest()


@lru_cache(maxsize=1)
def _code() -> str:
    digest = hashlib.sha256()
    package = Path(__file__).resolve().parent
    for path in sorted([*package.rglob("*"), package.parent / "results.py"]):
        if path.is_file() and path.suffix in (".py", ".html", ".css", ".js"):
            digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def encode(team: Team) -> str:
    """A team as one line of JSON; the pages' HTML is not kept, since the page is there."""
    facts = asdict(team)
    for section in facts["sections"]:
        section["html"] = section["notebook"] = ""
        section["text"] = section["text"][:MAX_SECTION_CHARS]
    facts["figures"] = []
    return json.dumps(facts, ensure_ascii=False, default=_iso)


def decode(facts: dict[str, Any]) -> Team:
    """A team out of `encode`.

    Raises:
        TypeError: If it was written by another version.
    """
    facts["progress"] = tuple(Progress(**item) for item in facts["progress"])
    facts["sources"] = tuple(CitedSource(**item) for item in facts["sources"])
    facts["results"] = tuple(
        Result(**{**item, "date": datetime.fromisoformat(item["date"]) if item["date"] else None})
        for item in facts["results"]
    )
    facts["sections"] = tuple(Section(**item) for item in facts["sections"])
    facts["figures"] = tuple(
        Figure(**{**item, "series": tuple(Series(**s) for s in item["series"])})
        for item in facts["figures"]
    )
    facts["notes"] = tuple(facts["notes"])
    return Team(**facts)


def _absence(team: Team) -> str:
    return f"{team.state}:{team.title}" if team.state != "ready" else ""


def _iso(value: object) -> str:
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} cannot be kept")


def _write(path: Path, data: bytes) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise UserError(
            f"{path}: cannot be written ({error.strerror}); check permissions and disk space"
        ) from error
