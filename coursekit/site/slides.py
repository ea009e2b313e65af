"""A team's deck in the order that the course prescribes, as one HTML file and as PDF."""

from __future__ import annotations

import base64
import hashlib
import re
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from pathlib import Path
from typing import Any

from coursekit.repository import Repository, blob_name, open_repository
from coursekit.results import leaderboard
from coursekit.site.collect import TeamFiles, resolve_path
from coursekit.site.labels import Labels
from coursekit.site.outline import PARTS, Part, outline
from coursekit.site.pages import environment, fingerprint_tile, tile_drawing
from coursekit.site.plots import draw_curve
from coursekit.site.sanitize import render_markdown
from coursekit.site.team import Media, Team, initials, read_team
from litreview.errors import UserError
from litreview.files import write_atomic

THEME = Path(__file__).resolve().parent / "theme" / "assets"
MAX_SOURCES = 4
PRINT_SECONDS = 90
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")


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
        language: `en` or `de`.
        course: Stands on the title slide.
        title: Instead of the README's.

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
        slides, gaps = _slides(files, media, team, pictures, minutes, Labels(language), course)
        unsaved = _unsaved(path, repository, files)
    return Deck(
        team.title,
        _document(team, slides, language, presented=True),
        _document(team, slides, language, presented=False),
        len(slides),
        gaps,
        tuple(dict.fromkeys(files.notes)),
        unsaved,
    )


def write_pdf(deck: Deck, out: Path) -> bool:
    """Print a deck with an installed Chromium.

    Returns:
        Whether there is one.

    Raises:
        UserError: If it is there and fails.
    """
    browser = next((found for name in BROWSERS if (found := shutil.which(name))), None)
    if browser is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "deck.html"
        target = Path(folder) / "deck.pdf"
        source.write_text(deck.printable, encoding="utf-8")
        command = [
            browser,
            "--headless",
            "--disable-gpu",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-quic",
            "--disable-dev-shm-usage",
            f"--user-data-dir={folder}/profile",
            "--no-pdf-header-footer",
            "--virtual-time-budget=10000",
            f"--print-to-pdf={target}",
        ]
        if _is_root():
            command.append("--no-sandbox")
        try:
            subprocess.run(
                [*command, source.as_uri()], capture_output=True, timeout=PRINT_SECONDS, check=True
            )
        except (subprocess.SubprocessError, OSError) as error:
            raise UserError(
                f"{out}: {Path(browser).name} could not print the deck; open the HTML file and "
                "print it from there"
            ) from error
        if not target.is_file():
            raise UserError(f"{out}: {Path(browser).name} wrote no PDF; print the HTML file")
        write_atomic(out, target.read_bytes())
    return True


def _is_root() -> bool:
    import os

    return hasattr(os, "geteuid") and os.geteuid() == 0


def _slides(
    files: TeamFiles,
    media: Media,
    team: Team,
    pictures: dict[str, bytes],
    minutes: int,
    label: Labels,
    course: str,
) -> tuple[list[str], tuple[str, ...]]:
    readmes = {}
    for kind in ("dataset", "baseline", "model"):
        folder = files.folders.get(kind, "")
        path, text = files.readme(folder) if folder else ("", "")
        readmes[kind] = (path.rpartition("/")[0], text)
    _, presentation = files.readme(files.folders.get("presentation", "-"))
    parts = outline(presentation, readmes)
    template = environment().get_template("slide.html")
    slides = []
    gaps = []
    total = sum(PARTS.values())
    for key, share in PARTS.items():
        part = parts[key]
        content = _content(part, files, media, team, pictures, label)
        filled = bool(content["points"] or content["extra"] or content["sources"])
        if key not in ("title", "questions") and not filled:
            gaps.append(label(f"slide_{key}"))
        slides.append(
            template.render(
                label=label,
                key=key,
                team=team,
                course=course,
                tile=fingerprint_tile(team),
                arcs=tile_drawing(team),
                initials=_safe(initials(team.title)),
                seconds=round(minutes * 60 * share / total),
                gaps=part.gaps,
                filled=filled,
                # Few words may be large.
                sparse=sum(map(len, content["points"])) < 320
                and not content["sources"]
                and not content["rows"],
                **content,
            )
        )
    return slides, tuple(gaps)


def _content(
    part: Part,
    files: TeamFiles,
    media: Media,
    team: Team,
    pictures: dict[str, bytes],
    label: Labels,
) -> dict[str, Any]:
    resolve = _embed(files, media, part.folder, pictures)
    points = [_inline(bullet) for bullet in part.bullets]
    extra = _safe(render_markdown(part.extra, resolve).html) if part.extra else ""
    content: dict[str, Any] = {
        "points": points,
        "extra": extra,
        "notes": _safe(render_markdown(part.notes, lambda address: None).html),
        "sources": (),
        "rows": (),
        "cover": "",
    }
    if part.key == "title" and team.cover:
        content["cover"] = _data(team.cover, pictures)
    if part.key == "introduction" and not points and team.description:
        content["points"] = [_inline(team.description)]
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
    for board in leaderboard({team.slug: team.results}):
        standing = board.standings[0]
        arrow = "↑" if board.higher_is_better else "↓"
        gain = "" if standing.gain is None else label.decimal(standing.gain)
        if standing.gain is not None and standing.gain > 0:
            gain = f"+{gain}"
        rows.append(
            (
                f"{board.metric} {arrow} ({board.split})",
                label.decimal(standing.baseline.value) if standing.baseline else "–",
                "–" if standing.best is standing.baseline else label.decimal(standing.best.value),
                gain,
            )
        )
    curve = next((figure for figure in team.figures if figure.kind == "curve"), None)
    drawing = draw_curve(curve, label("learning_curve"), label("step")) if curve else ""
    return {"rows": rows[:5], "extra": _safe(drawing)} if rows else {"rows": ()}


def _first(text: str) -> str:
    from litreview.sentences import split

    spans = split(text)
    first = spans[0].text if spans else text
    return first if len(first) < 180 else first[:180].rpartition(" ")[0] + " …"


def _inline(markdown: str) -> Any:
    """A bullet's Markdown without the paragraph around it."""
    html = render_markdown(markdown).html.strip()
    inner = re.fullmatch(r"<p>(.*)</p>", html, re.S)
    return _safe(inner[1] if inner and "<p>" not in inner[1] else html)


def _safe(html: str) -> Any:
    from markupsafe import Markup

    return Markup(html)  # noqa: S704  # nh3 or this package made it


def _embed(
    files: TeamFiles, media: Media, folder: str, pictures: dict[str, bytes]
) -> Callable[[str], str | None]:
    def resolve(address: str) -> str | None:
        target = resolve_path(address, folder)
        name = media.publish(files, target, 1200) if target else ""
        return _data(name, pictures) if name else None

    return resolve


def _data(name: str, pictures: dict[str, bytes]) -> str:
    kind = {"svg": "svg+xml", "jpg": "jpeg"}.get(name.rpartition(".")[2], "webp")
    return f"data:image/{kind};base64,{base64.b64encode(pictures[name]).decode()}"


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


def _document(team: Team, slides: list[str], language: str, *, presented: bool) -> str:
    body = "\n".join(slides)
    has_math = 'class="ck-math' in body
    scripts = []
    styles = [_fonts(), _asset("showcase/deck.css")]
    if presented:
        styles.insert(0, _asset("vendor/reveal/reveal.css"))
        scripts.append(_asset("vendor/reveal/reveal.js"))
    if has_math:
        styles.append(_katex_style())
        scripts.append(_asset("vendor/katex/katex.min.js"))
    scripts.append(_asset("showcase/deck.js"))
    hashes = " ".join(
        f"'sha256-{base64.b64encode(hashlib.sha256(s.encode()).digest()).decode()}'"
        for s in scripts
    )
    policy = (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data:; "
        "font-src data:; base-uri 'none'; form-action 'none'"
    )
    return (
        environment()
        .get_template("deck.html")
        .render(
            language="de" if language == "de" else "en",
            title=team.title,
            policy=_safe(escape(policy, quote=False)),
            styles=[_safe(style) for style in styles],
            scripts=[_safe(script) for script in scripts],
            body=_safe(body),
            presented=presented,
        )
    )


@lru_cache(maxsize=16)
def _asset(name: str) -> str:
    text = (THEME / name).read_text(encoding="utf-8")
    # Neither end tag may stand inside an inline script or style.
    return re.sub(r"</(?=script|style)", r"<\\/", text, flags=re.I)


@lru_cache(maxsize=1)
def _fonts() -> str:
    data = base64.b64encode((THEME / "vendor/inter/inter-latin-wght-normal.woff2").read_bytes())
    return (
        '@font-face{font-family:"Inter";font-weight:100 900;src:url(data:font/woff2;base64,'
        f'{data.decode()}) format("woff2")}}'
    )


@lru_cache(maxsize=1)
def _katex_style() -> str:
    def embed(found: re.Match[str]) -> str:
        font = THEME / "vendor/katex" / found[1]
        data = base64.b64encode(font.read_bytes()).decode()
        return f'src:url(data:font/woff2;base64,{data}) format("woff2")'

    style = _asset("vendor/katex/katex.min.css")
    return re.sub(
        r'src:url\((fonts/[\w-]+\.woff2)\) format\("woff2"\)(?:,url\([^)]*\) format\("\w+"\))*',
        embed,
        style,
    )
