"""Read one team's repository into what the showcase says about it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from html import escape
from urllib.parse import quote

from coursekit.git.repository import shown
from coursekit.site.figures.plots import Figure, read_figures
from coursekit.site.labels import FAMILIES
from coursekit.site.media import Media
from coursekit.site.notebook import render_notebook
from coursekit.site.sanitize import Rendered, render_markdown
from coursekit.site.sources import CitedSource, read_sources
from coursekit.team.checks import Check, with_tiers
from coursekit.team.files import (
    MAX_IMAGES,
    MAX_NOTEBOOK_BYTES,
    MILESTONES,
    TeamFiles,
    resolve_path,
)
from coursekit.team.links import find_links, is_address
from coursekit.team.milestones import HUMAN, PLACEHOLDER, MilestoneState, analyse, check_review
from coursekit.team.received import PRISTINE, Pristine, is_open, received, without_placeholders
from coursekit.team.results import MAX_BYTES as MAX_RESULTS_BYTES
from coursekit.team.results import Result, read_results
from coursekit.team.summary import ResultsSummary
from coursekit.team.verification import SourceTiers

MAX_TITLE = 160
MAX_HEADING = 200
MAX_DESCRIPTION = 600
MAX_TASK = 80
# Twice the width that a card or the top of a page has for it.
COVER_WIDTH = 640
IMAGE_WIDTH = 1200
NOTEBOOK_WIDTH = 800
MINIMUM_SOURCES = 2
_TASK_WORDS = (
    ("generative-qa", r"generative q|generative question"),
    ("question-answering", r"question.?answer|extractive q"),
    ("multi-label", r"multi.?label|several labels|mehrere klassen"),
    ("ner", r"\bner\b|named.?entity|token classif"),
    ("summarization", r"summari[sz]|zusammenfass"),
    ("translation", r"translat|übersetz"),
    ("text-classification", r"text.?classif|sentiment|textklassif|sequence classif"),
    ("regression", r"(?<!logistic )(?<!logistische )\bregression\b"),
    ("generation", r"text.?generat|language model|textgener"),
)
COMPARISON = "comparison.md"
_MARKUP = re.compile(r"[*_\[\]<>`&!#|$\\~=]|://|\n[ \t]{0,20}[-+\d]|\A\s{0,20}[-+\d]")
_TEAM = re.compile(r"[ \t]{0,20}(?:\*\*)?team(?:\*\*)?[ \t]{0,20}:\**[ \t]{0,20}(\S.*)", re.I)
_IN_BRACKETS = re.compile(r"\s{0,20}\[([^\[\]]{1,2000})\]\s{0,20}")
_TEMPLATE_TITLE = re.compile(r"(?i)\W*(?:your |my |the )?project (?:title|name)(?: here)?\W*")


@dataclass(frozen=True, slots=True)
class Progress:
    """One milestone of one team.

    Attributes:
        kind: `review`, `dataset`, `baseline`, `model` or `presentation`.
        state: `missing`, `open`, `started`, `complete` or `human` (written, but
            in a form that only a person can judge).
        open_questions: Lines that still hold the template's question.
    """

    kind: str
    state: str
    open_questions: int = 0


@dataclass(frozen=True, slots=True)
class Section:
    """One part of a team's page.

    Attributes:
        html: Sanitised; empty where nothing has been written.
            text: Its words, for the search.
        notebook: The milestone's notebook, sanitised; empty if nobody ran it.
        comparison: The table that `litreview matrix` keeps beside the review, sanitised.
    """

    kind: str
    html: str
    text: str = ""
    notebook: str = ""
    notebook_name: str = ""
    comparison: str = ""


@dataclass(frozen=True, slots=True)
class Button:
    """A link at the top of a team's page.

    Attributes:
        kind: `deck`, `demo`, `video` or `report`.
        url: An https address, or the name of a published file.
        is_file: Whether it is such a name.
    """

    kind: str
    url: str
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Team:
    """What the showcase knows about a team.

    Attributes:
        title: Plain text, as everything here but `Section.html`.
        cover: The published cover's file name; empty for none.
        updated: ISO date and time of the newest commit, or empty.
        state: `ready`, `empty` (no commits) or `unreadable`.
        tiers: How far its sources were verified.
        summary: What its README says about the results.
        buttons: Its slides, demo, film and report.
        highlight: Its best figure in a few words of the site's language.
        notes: What was refused or removed, for the staff.
    """

    slug: str
    title: str
    description: str = ""
    task: str = ""
    task_text: str = ""
    family: str = ""
    members: str = ""
    repository_url: str = ""
    cover: str = ""
    updated: str = ""
    head: str = ""
    state: str = "ready"
    progress: tuple[Progress, ...] = ()
    sections: tuple[Section, ...] = ()
    sources: tuple[CitedSource, ...] = ()
    tiers: SourceTiers = field(default_factory=SourceTiers)
    results: tuple[Result, ...] = ()
    figures: tuple[Figure, ...] = ()
    summary: ResultsSummary | None = None
    buttons: tuple[Button, ...] = ()
    highlight: str = ""
    notes: tuple[str, ...] = ()

    @property
    def done(self) -> int:
        """How many milestones are complete."""
        return sum(step.state in ("complete", "human") for step in self.progress)

    @property
    def stage(self) -> str:
        """`none`, `some` or `done`, for the filter."""
        states = {step.state for step in self.progress}
        if self.progress and states <= {"complete", "human"}:
            return "done"
        return "none" if states <= {"missing", "open"} else "some"


def read_team(
    files: TeamFiles,
    media: Media,
    *,
    title: str = "",
    prefix: str = "../media/",
    minimum_sources: int = MINIMUM_SOURCES,
    staff: str = "",
    verify: bool = False,
    members: str | None = None,
    checks: Sequence[Check] = (),
) -> Team:
    """Read everything that is shown of a team.

    Args:
        files: Its repository.
        media: Where its pictures are published.
        title: The roster's title, for a team whose README has none.
        prefix: The way from the team's page to the pictures.
        minimum_sources: How many complete sources the course asks for.
        staff: The address that the staff's own commits bear.
        verify: Whether a review is complete only once its sources have been verified.
        members: The names to show; by default those that its README names.
        checks: What the staff verified of its results.
    """
    pristine = received(files.repository, files.repository.tip(PRISTINE))
    review = check_review(files, minimum_sources)
    analysis = analyse(files, pristine, minimum_sources, review, verify=verify)
    sources = read_sources(review, dict(analysis.sources.by_identity))
    _readme_path, readme = files.readme("")
    settings = _settings(files)
    task_text = _section(readme, r"task type|aufgabe")
    if task_text.startswith("[") or task_text.count(" / ") > 1:
        task_text = ""  # the template's choice, not yet made
    sections: list[Section] = []
    for kind in MILESTONES:
        folder = files.folders.get(kind, "")
        path, text = files.readme(folder) if folder else ("", "")
        if sources and kind == "review":
            # The page shows the sources themselves; what stands around them is for the search.
            rendered = _of_sources(sources)
        else:
            rendered = _render(files, media, path, without_placeholders(text, pristine), prefix)
        html = rendered.html if _has_words(rendered) else ""
        name, notebook = _notebook(files, media, folder, prefix, pristine) if folder else ("", "")
        beside = f"{folder}/{COMPARISON}" if kind == "review" and folder else ""
        table = _render(files, media, beside, files.text(beside), prefix) if beside else None
        comparison = table.html if table and "<table" in table.html else ""
        sections.append(Section(kind, html, rendered.text, notebook, name, comparison))
    results_text = files.text("results.json", max_bytes=MAX_RESULTS_BYTES)
    results = read_results(results_text, runs=files.runs()) if results_text else None
    figures = read_figures(files, media, results.results if results else ())
    cover = _cover(files, media, pristine)
    notes = [*files.notes, *(results.problems if results else ())]
    moment = files.updated(staff)
    url = _repository_url(readme)
    buttons = _buttons(files, media)
    return Team(
        slug=files.slug,
        title=(_title(readme) or title or files.slug.replace("-", " ").strip())[:MAX_TITLE],
        description=_description(readme, pristine),
        task=_task(settings.get("task", ""), task_text),
        task_text=_cut(_plain(task_text), MAX_TASK),
        family=settings.get("family", ""),
        members=_members(readme) if members is None else members,
        repository_url=url,
        summary=analysis.results if analysis.results.best_model or analysis.results.value else None,
        buttons=buttons,
        cover=cover,
        updated=moment.isoformat() if moment else "",
        head=files.head,
        state="ready" if files.head else "empty",
        progress=tuple(_progress(state) for state in analysis.milestones),
        sections=tuple(sections),
        sources=sources,
        tiers=analysis.sources,
        results=with_tiers(files.slug, results.results, checks) if results else (),
        figures=figures,
        notes=tuple(dict.fromkeys(notes)),
    )


def _progress(found: MilestoneState) -> Progress:
    """A milestone's state under the name that the pages have for it."""
    state = {PLACEHOLDER: "open", HUMAN: "human"}.get(found.state, found.state)
    return Progress(found.kind, state, found.open_questions)


def _render(files: TeamFiles, media: Media, path: str, text: str, prefix: str) -> Rendered:
    folder = path.rpartition("/")[0]
    used: set[str] = set()

    def resolve(address: str) -> str | None:
        target = resolve_path(address, folder)
        if len(used) >= MAX_IMAGES and target not in used:
            return None
        name = media.publish(files, target, IMAGE_WIDTH) if target else ""
        used.add(target)
        return prefix + name if name else None

    if not text:
        return Rendered("")
    rendered = render_markdown(text, resolve, link=partial(_on_host, files, folder))
    _note_removed(files, path, rendered)
    return rendered


def _notebook(
    files: TeamFiles, media: Media, folder: str, prefix: str, pristine: Pristine
) -> tuple[str, str]:
    """The first notebook of a folder that has been run: its name and its HTML."""
    for path in files.inside(folder, ".ipynb")[:3]:
        if files.entries[path].oid in pristine.blobs:
            continue
        text = files.text(path, max_bytes=MAX_NOTEBOOK_BYTES)

        def keep(data: bytes, suffix: str, name: str) -> str:
            published = media.publish_data(data, suffix, name, NOTEBOOK_WIDTH)
            return prefix + published if published else ""

        def resolve(address: str) -> str | None:
            target = resolve_path(address, folder)
            published = media.publish(files, target, NOTEBOOK_WIDTH) if target else ""
            return prefix + published if published else None

        link = partial(_on_host, files, folder)
        rendered = render_notebook(text, resolve, keep, link=link) if text else Rendered("")
        _note_removed(files, path, rendered)
        if rendered.html:
            return shown(path.rpartition("/")[2]), rendered.html
    return "", ""


def _on_host(files: TeamFiles, folder: str, address: str) -> str | None:
    """Where a file of the repository can be read: on its host, if that is known."""
    path = "" if address.startswith("#") else resolve_path(address, folder)
    _, readme = files.readme("")
    base = _repository_url(readme).rstrip("/").removesuffix(".git")
    host = base.partition("://")[2].partition("/")[0]
    is_there = path in files.entries or any(name.startswith(f"{path}/") for name in files.entries)
    if not path or not is_there or host not in ("github.com", "gitlab.com"):
        return None
    kind = "blob" if path in files.entries else "tree"
    return f"{base}/{kind}/HEAD/{quote(shown(path))}"


def _buttons(files: TeamFiles, media: Media) -> tuple[Button, ...]:
    found = []
    for link in find_links(files):
        if link.url:
            found.append(Button(link.kind, link.url))
        elif name := media.publish_document(files, link.path):
            found.append(Button(link.kind, name, is_file=True))
    return tuple(found)


def _note_removed(files: TeamFiles, path: str, rendered: Rendered) -> None:
    for what in rendered.removed:
        files.note(path, f"removed {what}")


def _of_sources(sources: tuple[CitedSource, ...]) -> Rendered:
    texts = ((s.title, s.objective, s.methods, s.outcomes, s.relation) for s in sources)
    return Rendered("", text=" ".join(part for text in texts for part in text if part))


def _has_words(rendered: Rendered) -> bool:
    return bool(rendered.text.strip()) or "<img" in rendered.html


def _settings(files: TeamFiles) -> dict[str, str]:
    try:
        project = tomllib.loads(files.text("baseline.toml", max_bytes=100_000)).get("project", {})
    except (tomllib.TOMLDecodeError, RecursionError):
        files.note("baseline.toml", "is not valid TOML")
        return {}
    if not isinstance(project, dict):
        return {}
    known = {key: str(project.get(key, "")) for key in ("task", "family")}
    return {"task": known["task"], "family": known["family"] if known["family"] in FAMILIES else ""}


def _task(setting: str, text: str) -> str:
    keys = {key for key, _ in _TASK_WORDS}
    for key, words in _TASK_WORDS:
        # What a team writes under "Task Type" outweighs a setting that nobody changed.
        if re.search(words, text, re.I):
            return key
    return setting if setting in keys and not text else ""


def _title(readme: str) -> str:
    for line in readme.splitlines():
        if line.startswith("# "):
            title = _plain(line[2:])
            return "" if _TEMPLATE_TITLE.fullmatch(title) else title
    return ""


def _section(readme: str, words: str) -> str:
    """What stands below the first heading with one of some words, up to the next heading."""
    found: list[str] | None = None
    for line in readme.splitlines():
        if found is not None:
            if line.startswith("#"):
                break
            found.append(line)
        elif re.match(r"#{2,4}[ \t]", line) and re.search(words, line[:MAX_HEADING], re.I):
            found = []
    return "\n".join(found or ()).strip()


def _description(readme: str, pristine: Pristine) -> str:
    text = _section(readme, "description|beschreibung")
    lines = [
        line
        for line in text.splitlines()
        if not re.match(r"\s*(team|course|kurs)\s*:", line, re.I)
        and not is_open(line)
        and not (line.strip() in pristine.lines and _IN_BRACKETS.fullmatch(line))
    ]
    # Some write their answer into the brackets of the question.
    answers = [found[1] if (found := _IN_BRACKETS.fullmatch(line)) else line for line in lines]
    return _cut(_plain("\n".join(answers)), MAX_DESCRIPTION)


def _cut(text: str, most: int) -> str:
    """A text of at most about so many characters, without half a word at its end."""
    if len(text) <= most:
        return text
    return (text[:most].rpartition(" ")[0] or text[:most]) + " …"


def _members(readme: str) -> str:
    found = next((match for line in readme.splitlines() if (match := _TEAM.match(line))), None)
    text = _plain(found[1][:1000]) if found else ""
    return "" if text.startswith("[") else text[:200]


def _repository_url(readme: str) -> str:
    text = _section(readme, "repository link|repository")
    found = re.search(r"https://[^\s<>\"'\])]{4,200}", text)
    return found[0] if found and is_address(found[0]) else ""


def _plain(markdown: str) -> str:
    """The words of a short piece of Markdown, without any mark-up."""
    if not _MARKUP.search(markdown):
        return " ".join(markdown.split())
    text = (
        re.sub(r"[\[\]]", "", markdown) if re.fullmatch(r"\s*\[[^\]]*\]\s*", markdown) else markdown
    )
    return " ".join(render_markdown(text[:4000]).text.split())


def _cover(files: TeamFiles, media: Media, pristine: Pristine) -> str:
    path = files.cover()
    if not path or files.entries[path].oid in pristine.blobs:
        return ""
    return media.publish(files, path, COVER_WIDTH)


def initials(title: str) -> str:
    """Two letters that stand for a project without a cover."""
    words = re.findall(r"[^\W_]+", title)
    letters = "".join(word[0] for word in words[:2]) if len(words) > 1 else "".join(words)[:2]
    return escape(letters.upper())
