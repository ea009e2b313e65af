"""What a build keeps for the next one, in a hidden folder beside the output.

- `shells/`: the shells of all pages
- `teams.jsonl`: each team as it was read, with what its page depends on
- `state.json`: what everything depends on; it is there only while the output is
  exactly what the rest of the folder says
- `slides/`: decks on their way to the output
- `site/`: a new site on its way there

Losing any of it costs time, nothing else.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from coursekit.site.pages import Site
from coursekit.site.replace import replace_file
from coursekit.site.search import MAX_SECTION_CHARS
from coursekit.site.shells import Page
from coursekit.site.sources import CitedSource
from coursekit.site.team import Button, Progress, Section, Team
from coursekit.team.results import Result
from coursekit.team.summary import ResultsSummary
from coursekit.team.verification import SourceTiers

MARK = "showcase.json"
DECKS = "slides"
MEDIA = "media"
KnownMedia = dict[str, tuple[str, int, int, str]]


@dataclass(frozen=True, slots=True)
class Found:
    """A team as a build found it.

    Attributes:
        key: What its page depends on: the commit, and what the course says of it.
        media: The pictures that its pages show.
        page: Its new page.
        kept: Whether its pages are there already.
    """

    team: Team
    key: str
    media: tuple[str, ...] = ()
    page: Page | None = None
    kept: bool = False


class Store:
    """The folder of kept work.

    Args:
        folder: Where it is.
        out: The output that it belongs to.
        whole: Whether `out` is a site, which is put in place as a whole when everything
            is new; else it is pages in a folder of another site.
        dry_run: Keep nothing.
    """

    def __init__(self, folder: Path, out: Path, *, whole: bool, dry_run: bool = False) -> None:
        self.folder = folder
        self.out = out
        self.whole = whole
        self.shells = folder / "shells"
        self.decks = folder / DECKS
        self.dry_run = dry_run
        self._state: dict[str, Any] = {}
        self._lines: dict[str, str] = {}
        self._pictures: frozenset[str] = frozenset()
        with suppress(OSError, ValueError):
            state = json.loads((folder / "state.json").read_text(encoding="utf-8"))
            lines = (folder / "teams.jsonl").read_text(encoding="utf-8").split("\n")
            self._pictures = frozenset(path.name for path in (out / MEDIA).glob("*"))
            self._lines = {line.partition("\t")[0]: line for line in lines if line}
            self._state = state if isinstance(state, dict) else {}

    def fits(self, fingerprint: str) -> bool:
        """Whether what was kept belongs to this site, this version and this output."""
        known = (self._state.get("fingerprint"), self._state.get("marker"))
        if known != (fingerprint, _digest_of(self.out / MARK)):
            return False
        sizes: dict[str, int] = self._state["sizes"]
        return all(_size(self.out / name) == size for name, size in sizes.items())

    def clear(self) -> None:
        """Forget everything."""
        self._state, self._lines, self._pictures = {}, {}, frozenset()
        if not self.dry_run:
            shutil.rmtree(self.folder, ignore_errors=True)
            for name in () if self.whole else ("teams", MEDIA, DECKS):
                shutil.rmtree(self.out / name, ignore_errors=True)

    @property
    def is_fresh(self) -> bool:
        """Whether nothing was kept."""
        return not self._state

    def is_in_order(self, slugs: Sequence[str]) -> bool:
        """Whether the teams stood in this order when the output was written."""
        return self._state.get("order") == list(slugs)

    @property
    def target(self) -> Path:
        """Where files are written: the output itself, or what will take its place."""
        return self.folder / "site" if self.whole and self.is_fresh else self.out

    def team(self, slug: str, key: str) -> Found | None:
        """A team as it was found before, if nothing that its pages depend on has changed."""
        line = self._lines.get(slug, "").split("\t", 3)
        if len(line) != 4 or line[1] != key:
            return None
        names = tuple(line[2].split())
        if not self._pictures.issuperset(names):
            return None
        try:
            return Found(decode(json.loads(line[3])), key, names, kept=True)
        except (ValueError, TypeError, KeyError):
            return None

    def gone(self, teams: Iterable[Team]) -> set[str]:
        """Teams that had a page and are no longer there."""
        return self._lines.keys() - {team.slug for team in teams}

    def known_media(self) -> KnownMedia:
        """The pictures that were converted, or refused, before."""
        known: KnownMedia = {}
        for key, value in self._state.get("media", {}).items():
            if not value[0] or value[0] in self._pictures:
                known[key] = (str(value[0]), int(value[1]), int(value[2]), str(value[3]))
        return known

    def save_media(self, name: str, data: bytes) -> None:
        """Keep a picture."""
        if not self.dry_run:
            replace_file(self.target / MEDIA / name, data)

    def save_deck(self, slug: str, html: str) -> None:
        """Keep a team's deck until the site is put together."""
        if not self.dry_run:
            replace_file(self.decks / f"{slug}.html", html.encode("utf-8"))

    def begin(self) -> None:
        """Say that the output is about to change: a build that is interrupted is done again."""
        (self.folder / "state.json").unlink(missing_ok=True)

    def finish(
        self,
        fingerprint: str,
        marker: str,
        found: Iterable[Found],
        media: KnownMedia,
        shared: Iterable[str],
    ) -> None:
        """Remember this build.

        Args:
            fingerprint: What everything depends on.
            marker: The content of `MARK`.
            found: All teams.
            media: All pictures that were converted or refused.
            shared: Files of the theme, if they were written this time.
        """
        found = list(found)
        used = {name for one in found for name in one.media}
        sizes = {name: _size(self.out / name) for name in shared}
        lines = [self._lines[one.team.slug] if one.kept else _line(one) for one in found]
        replace_file(
            self.folder / "teams.jsonl", "".join(f"{line}\n" for line in lines).encode("utf-8")
        )
        state = {
            "fingerprint": fingerprint,
            "order": [one.team.slug for one in found],
            "marker": _digest(marker.encode("utf-8")),
            "media": {key: one for key, one in media.items() if not one[0] or one[0] in used},
            "sizes": sizes or self._state.get("sizes", {}),
        }
        replace_file(self.folder / "state.json", json.dumps(state).encode("utf-8"))


def fingerprint(site: Site, shells: Mapping[str, str]) -> str:
    """What every page depends on: the site's facts, its shells, and the code that makes it."""
    facts = json.dumps([asdict(site), shells], default=str, sort_keys=True)
    return _digest(f"{facts}\n{_code()}".encode())


@lru_cache(maxsize=1)
def _code() -> str:
    """Our own code and templates as they lie there, and the versions of the packages beside it."""
    import litreview

    digest = hashlib.sha256()
    for package in (Path(__file__).parents[1], Path(litreview.__file__).parent):
        for name, found in sorted(_files(str(package))):
            # Reading all of it would take longer than reading a changed team.
            digest.update(f"{name}\0{found.st_size}\0{found.st_mtime_ns}\n".encode())
    cleaner = importlib.util.find_spec("nh3")
    if cleaner is not None and cleaner.origin:
        names = sorted(path.name for path in Path(cleaner.origin).parents[1].glob("*-info"))
        digest.update("\n".join(names).encode())
    return digest.hexdigest()


def _files(folder: str) -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            if entry.is_dir():
                yield from _files(entry.path)
            elif entry.name.endswith((".py", ".html", ".css", ".js", ".json", ".toml")):
                yield entry.path, entry.stat()


def for_later(team: Team) -> Team:
    """A team without what only its own page shows."""
    sections = tuple(Section(one.kind, "", one.text[:MAX_SECTION_CHARS]) for one in team.sections)
    return replace(team, sections=sections, figures=())


def encode(team: Team) -> str:
    """A team as one line of JSON, without what only its own page shows, since that is there."""
    return json.dumps(_plain(for_later(team)), ensure_ascii=False, default=_plain)


def decode(facts: dict[str, Any]) -> Team:
    """A team out of `encode`.

    Raises:
        TypeError: If it was written by another version.
    """
    facts["progress"] = tuple(Progress(**item) for item in facts["progress"])
    facts["sources"] = tuple(CitedSource(**item) for item in facts["sources"])
    facts["results"] = tuple(
        Result(
            **{
                **item,
                "date": datetime.fromisoformat(item["date"]) if item["date"] else None,
                "interval": tuple(item["interval"]) if item["interval"] else None,
            }
        )
        for item in facts["results"]
    )
    pairs = {name: tuple(map(tuple, facts["tiers"][name])) for name in ("counts", "by_identity")}
    facts["tiers"] = SourceTiers(**{**facts["tiers"], **pairs})
    facts["sections"] = tuple(Section(**item) for item in facts["sections"])
    facts["figures"] = ()
    facts["buttons"] = tuple(Button(**item) for item in facts["buttons"])
    facts["summary"] = ResultsSummary(**facts["summary"]) if facts["summary"] else None
    facts["notes"] = tuple(facts["notes"])
    return Team(**facts)


def _line(found: Found) -> str:
    return "\t".join((found.team.slug, found.key, " ".join(found.media), encode(found.team)))


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return -1


def _digest_of(path: Path) -> str:
    try:
        return _digest(path.read_bytes())
    except OSError:
        return ""


def _plain(value: Any) -> Any:
    """A dataclass or a moment as JSON has it; `asdict` would copy everything, too."""
    if isinstance(value, datetime):
        return value.isoformat()
    return {name: getattr(value, name) for name in value.__slots__}
