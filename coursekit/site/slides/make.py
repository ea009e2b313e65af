"""A team's talk in the order that the course prescribes, from its README files."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit.git.repository import Repository, blob_name, open_repository, shown
from coursekit.site.code import DIAGRAM
from coursekit.site.figures.plots import draw_curve
from coursekit.site.labels import Labels
from coursekit.site.media import Media
from coursekit.site.pages import Site, environment, fingerprint_tile, tile_drawing
from coursekit.site.sanitize import render_markdown
from coursekit.site.slides.deck import inline, linked, safe, standalone
from coursekit.site.slides.outline import PARTS, SHARES, Part, outline
from coursekit.site.team import COMPARISON, IMAGE_WIDTH, Team, initials, read_team
from coursekit.team.files import TeamFiles, resolve_path
from coursekit.team.links import find_links
from coursekit.team.ranking import boards_of
from litreview.errors import UserError
from litreview.review.comparison import at_a_glance

MAX_SOURCES = 4
# What a slide may hold.
EMPTY: dict[str, Any] = {
    "points": (), "extra": "", "notes": "", "sources": (), "rows": (), "table": (), "cover": "",
}  # fmt: skip
# From the name of a published picture to its address in the deck.
Address = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Talk:
    """What is said, before it has a page.

    Attributes:
        slides: Finished HTML of each slide.
        gaps: Names of the parts that nobody has written yet.
    """

    slides: tuple[str, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A team's talk, and what is to be said of it.

    Attributes:
        notes: What was left out, for the team.
        unsaved: README files with changes that are not committed, so not in it.
    """

    title: str
    talk: Talk
    notes: tuple[str, ...]
    unsaved: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Deck:
    """A finished deck.

    Attributes:
        html: One file that needs no other.
        printable: The same slides, one a page, for a printer.
        slides: How many there are.
        gaps: Parts of the talk that nobody has written yet.
        notes: What was left out, for the team.
        unsaved: README files with changes that are not committed, so not in it.
    """

    title: str
    html: str
    printable: str
    slides: int
    gaps: tuple[str, ...]
    notes: tuple[str, ...]
    unsaved: tuple[str, ...]


def make_deck(
    path: Path, *, minutes: int = 15, language: str = "en", course: str = "", title: str = ""
) -> Deck:
    """Make the deck of a team from its last commit.

    Args:
        path: The team's repository, bare or not.
        minutes: How long the talk may be; the notes show each slide's share.
        language: One of `course.languages`.
        course: Stands on the title slide.
        title: Instead of the README's.

    Raises:
        UserError: If it is no repository, or has no commit.
    """
    told = tell_talk(path, minutes=minutes, language=language, course=course, title=title)
    slides = told.talk.slides
    return Deck(
        told.title,
        standalone(told.title, slides, language),
        standalone(told.title, slides, language, presented=False),
        len(slides),
        told.talk.gaps,
        told.notes,
        told.unsaved,
    )


def tell_talk(
    path: Path,
    *,
    minutes: int,
    language: str,
    course: str,
    title: str = "",
    over: bool = False,
    defer: bool = False,
) -> Told:
    """The slides of a team's last commit, with their pictures in them.

    Args:
        path: The team's repository, bare or not.
        minutes: How long the talk may be.
        language: One of `course.languages`.
        course: Stands on the title slide.
        title: Instead of the README's.
        over: Whether what is still empty has no slide.
        defer: Whether a team with slides of its own has only a title, which says where they are.

    Raises:
        UserError: If it is no repository, or has no commit.
    """
    with open_repository(path) as repository:
        files = TeamFiles(repository, repository.name)
        if not files.head:
            raise UserError(f"{path}: has no commit yet; commit your README files first")
        pictures: dict[str, bytes] = {}
        media = Media(pictures.__setitem__)
        team = read_team(files, media, title=title)

        def embed(name: str) -> str:
            return _data_address(name, pictures[name])

        own = next((link for link in find_links(files) if link.kind == "deck"), None)
        talk = compose(
            files, media, team, embed, minutes, Labels(language), course, over=over,
            own_deck=shown(own.url or own.path) if own and defer else "",
        )  # fmt: skip
        unsaved = _unsaved(path, repository, files)
    return Told(team.title, talk, tuple(dict.fromkeys(files.notes)), unsaved)


def showcase_deck(files: TeamFiles, media: Media, team: Team, site: Site, assets: str) -> str:
    """The page of a team's deck in a showcase, in `slides/` beside `teams/` and `media/`.

    Args:
        files: The team's repository.
        media: Publishes the showcase's pictures.
        team: What was read from it.
        site: The showcase.
        assets: The way from the deck to the site's `assets` folder, with a slash.
    """
    course = ", ".join(part for part in (site.title, site.cohort) if part)
    label = Labels(site.language)
    talk = compose(files, media, team, "../media/{}".format, site.minutes, label, course,
                   over=site.over)  # fmt: skip
    back = f"../teams/{team.slug}.html"
    return linked(team.title, talk.slides, site.language, assets=assets, back=back)


def compose(
    files: TeamFiles,
    media: Media,
    team: Team,
    address: Address,
    minutes: int,
    label: Labels,
    course: str,
    *,
    over: bool = False,
    own_deck: str = "",
) -> Talk:
    """Spread what a team wrote and measured over the slides.

    Args:
        files: The team's repository.
        media: Publishes its pictures.
        team: What was read from it.
        address: Where a published picture lies, seen from the deck.
        minutes: How long the talk may be.
        label: The words of the deck.
        course: Stands on the title slide.
        over: Whether the talk has been held: what is still empty has no slide then.
        own_deck: Where the team's own slides are, which follow the title instead of ours.
    """
    readmes = {}
    for kind in ("dataset", "baseline", "model"):
        folder = files.folders.get(kind, "")
        path, text = files.readme(folder) if folder else ("", "")
        readmes[kind] = (path.rpartition("/")[0], text)
    _, presentation = files.readme(files.folders.get("presentation", "-"))
    parts = outline(presentation, readmes)
    template = environment().get_template("slide.html")
    made: list[tuple[Part, dict[str, Any], bool]] = []
    gaps = []
    for key in ("title",) if own_deck else PARTS:
        part = parts[key]
        content = _content(part, files, media, team, address, label)
        filled = any(content[name] for name in ("points", "extra", "sources", "rows"))
        always = key in ("title", "questions")
        if not filled and not always:
            gaps.append(label(f"slide_{key}"))
        if filled or always or not over:
            made.append((part, content, filled))
        compared = f"{files.folders.get('review', '-')}/{COMPARISON}"
        if key == "review" and (told := at_a_glance(files.text(compared))):
            made.append((Part("comparison"), {**EMPTY, "table": told}, True))
    total = sum(SHARES[part.key] for part, _, _ in made)
    slides = [
        template.render(
            label=label,
            key=part.key,
            team=team,
            course=course,
            tile=fingerprint_tile(team),
            arcs=tile_drawing(team),
            initials=safe(initials(team.title)),
            seconds=round(minutes * 60 * SHARES[part.key] / total),
            gaps=part.gaps,
            filled=filled,
            own_deck=own_deck,
            # A picture beside a line of words would be small for nothing.
            stacked=sum(map(len, content["points"])) < 140 and not content["rows"],
            # Few words may be large.
            sparse=sum(map(len, content["points"])) < 320
            and not content["sources"]
            and not content["rows"]
            and not content["table"],
            **content,
        )
        for part, content, filled in made
    ]
    return Talk(tuple(slides), tuple(gaps))


def _content(
    part: Part,
    files: TeamFiles,
    media: Media,
    team: Team,
    address: Address,
    label: Labels,
) -> dict[str, Any]:
    resolve = _resolver(files, media, part.folder, address)
    points = [inline(bullet) for bullet in part.bullets]
    extra = safe(render_markdown(part.extra, resolve).html) if part.extra else ""
    notes = render_markdown(part.notes).html if part.notes else ""
    content: dict[str, Any] = EMPTY | {
        "points": points,
        "extra": extra,
        # Who speaks needs a diagram's words, not megabytes that draw it a second time.
        "notes": safe(notes.replace(f'<pre class="{DIAGRAM}">', "<pre>")),
    }
    if part.key == "title" and team.cover:
        content["cover"] = address(team.cover)
    if part.key == "introduction" and not points and team.description:
        content["points"] = [inline(team.description)]
    if part.key == "review":
        content["sources"] = [
            (source.title, _first(source.outcomes or source.objective))
            for source in team.sources[:MAX_SOURCES]
        ]
    if part.key == "results":
        content |= _results(team, label)
    return content


def _results(team: Team, label: Labels) -> dict[str, Any]:
    rows = []
    for board in boards_of(team.slug, team.results):
        standing = board.standings[0]
        arrow = "↑" if board.higher_is_better else "↓"
        gain = "" if standing.gain is None else label.decimal(standing.gain)
        if standing.gain is not None and standing.gain > 0:
            gain = f"+{gain}"
        rows.append(
            (
                f"{board.metric} {arrow} ({board.split})",
                label.measure(standing.baseline.value, board.unit) if standing.baseline else "–",
                "–"
                if standing.best is standing.baseline
                else label.measure(standing.best.value, board.unit),
                gain,
            )
        )
    if not rows and team.summary is not None:
        told = team.summary
        metric = told.metric if told.metric and told.metric != told.value else label("results")
        value = " · ".join(part for part in (told.value, told.best_model) if part)
        rows = [(metric, told.baseline or "–", value, label("reported_short"))]
    curve = next((figure for figure in team.figures if figure.kind == "curve"), None)
    drawing = draw_curve(curve, label("learning_curve"), label) if curve else ""
    return {"rows": rows[:5], "extra": safe(drawing)} if rows else {"rows": ()}


def _first(text: str) -> str:
    from litreview.text.sentences import split

    spans = split(text)
    first = spans[0].text if spans else text
    return first if len(first) < 180 else first[:180].rpartition(" ")[0] + " …"


def _resolver(
    files: TeamFiles, media: Media, folder: str, address: Address
) -> Callable[[str], str | None]:
    def resolve(written: str) -> str | None:
        target = resolve_path(written, folder)
        name = media.publish(files, target, IMAGE_WIDTH) if target else ""
        return address(name) if name else None

    return resolve


def _data_address(name: str, data: bytes) -> str:
    kind = {"svg": "svg+xml", "jpg": "jpeg"}.get(name.rpartition(".")[2], "webp")
    return f"data:image/{kind};base64,{base64.b64encode(data).decode()}"


def _unsaved(path: Path, repository: Repository, files: TeamFiles) -> tuple[str, ...]:
    """README files of a working tree that differ from the commit."""
    if repository.git_dir == path.resolve():
        return ()
    found = []
    for name, entry in files.entries.items():
        file = path / name
        if not name.endswith("README.md") or not entry.is_file or file.is_symlink():
            continue
        try:
            data = file.read_bytes() if file.stat().st_size < 1_000_000 else b""
        except OSError:
            continue
        # Git may have changed the line endings on the way to the disk.
        texts = (data, data.replace(b"\r\n", b"\n"))
        oids = {blob_name(text) for text in texts}
        if entry.oid not in oids:
            found.append(name)
    return tuple(found)
