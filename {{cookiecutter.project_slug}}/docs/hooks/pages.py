"""Make the site's pages from the files of this repository.

MkDocs calls the functions that start with `on_`. The README files of the
milestone folders become pages where they are, so their links and pictures
work on the site as they do in the repository. A page of results is made from
`results.json`. Nothing here needs torch, and nothing is ever written outside
of the built site.
"""

from __future__ import annotations

import html
import json
import math
import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

PICTURES = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg")
PUBLISHED = (*PICTURES, ".md", ".pdf", ".ipynb", ".csv", ".bib")
LARGEST_BYTES = 10_000_000
MILESTONES = "MILESTONES.md"
RESULTS = "results.md"
LESSONS = "lessons"
REFLECTION = "REFLECTION.md"

LABELS = {
    "en": {
        "README": "Overview",
        "LiteratureReview": "Literature review",
        "DatasetCharacteristics": "Dataset",
        "BaselineModel": "Baseline",
        "Model": "Model",
        "Presentation": "Slides",
        "results": "Results",
        "milestones": "Milestones",
        "lessons": "Lessons",
        "quiz": "Quiz",
        "reflection": "What we learned",
        "progress": "Progress",
        "filled": "{done} of {total} fields filled",
        "empty": "not started",
        "complete": "complete",
        "no results": "No result yet. `python -m baseline train` writes the first one.",
        "columns": ("Model", "Role", "Dataset", "Split", "Value", "Seed", "Run", "Date"),
        "baseline": "baseline",
        "model": "model",
        "curves": "Figures of the runs",
        "higher": "higher is better",
        "lower": "lower is better",
        "opened": "test part opened {}×",
    },
    "de": {
        "README": "Überblick",
        "LiteratureReview": "Literatur",
        "DatasetCharacteristics": "Daten",
        "BaselineModel": "Baseline",
        "Model": "Modell",
        "Presentation": "Folien",
        "results": "Ergebnisse",
        "milestones": "Meilensteine",
        "lessons": "Lektionen",
        "quiz": "Quiz",
        "reflection": "Was wir gelernt haben",
        "progress": "Stand",
        "filled": "{done} von {total} Feldern ausgefüllt",
        "empty": "noch nicht begonnen",
        "complete": "vollständig",
        "no results": "Noch kein Ergebnis. `python -m baseline train` schreibt das erste.",
        "columns": ("Modell", "Rolle", "Daten", "Teil", "Wert", "Seed", "Lauf", "Datum"),
        "baseline": "Baseline",
        "model": "Modell",
        "curves": "Abbildungen der Läufe",
        "higher": "höher ist besser",
        "lower": "niedriger ist besser",
        "opened": "Testteil {}-mal geöffnet",
    },
}


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Set the menu: overview, milestone folders in their order, results, milestones."""
    root, labels = _root(config), _labels(config)
    entries: list[dict[str, str]] = [{labels["README"]: "README.md"}]
    for folder in _milestone_folders(root):
        name = folder.name.split("_", 1)[1]
        label = labels.get(name) or re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name.replace("_", " "))
        if name == "Presentation":
            entries.append({labels["results"]: RESULTS})
        entries.append({label: f"{folder.name}/README.md"})
    if not any(RESULTS in entry.values() for entry in entries):
        entries.append({labels["results"]: RESULTS})
    if (root / MILESTONES).is_file():
        entries.append({labels["milestones"]: MILESTONES})
    config.nav = [*entries, *_lessons(root, labels, bool(config.extra.get("reflections")))]
    return config


def _lessons(root: Path, labels: dict, reflections: bool) -> list[dict[str, list]]:
    """The menu of the lessons: their overview, and of each the page, quiz and reflection."""
    if not (root / LESSONS / "README.md").is_file():
        return []
    found: list[dict[str, str]] = [{labels["README"]: f"{LESSONS}/README.md"}]
    names = {"README": "", "QUIZ": labels["quiz"]}
    names |= {"REFLECTION": labels["reflection"]} if reflections else {}
    for folder in _milestone_folders(root / LESSONS):
        number = folder.name.partition("_")[0]
        for name, label in names.items():
            path = folder / f"{name}.md"
            if path.is_file():
                title = f"{number}. {label or _title(path)}"
                found.append({title: path.relative_to(root).as_posix()})
    return [{labels["lessons"]: found}]


def _title(path: Path) -> str:
    """A page's first heading, or its folder's name."""
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        if line.startswith("# "):
            return line[2:].strip()
    return path.parent.name


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the repository's pages and pictures to those in docs/."""
    root = _root(config)
    for path in _publishable(root):
        if path.name == REFLECTION and not config.extra.get("reflections"):
            continue
        files.append(
            File.generated(config, path.relative_to(root).as_posix(), abs_src_path=str(path))
        )
    if not (root / "README.md").is_file():
        files.append(File.generated(config, "README.md", content=f"# {config.site_name}\n"))
    files.append(File.generated(config, RESULTS, content=_results_page(root, _labels(config))))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn what was written for GitHub into what a visitor of the site should see."""
    source = page.file.src_uri
    if source == RESULTS:
        return markdown
    markdown = re.sub(r"(?ms)^<!-- not on the site -->.*?(?:^<!-- end -->|\Z)", "", markdown)
    if source == "README.md":
        markdown = _overview(markdown)
    if source == MILESTONES:
        markdown = _with_progress(markdown, _root(config), _labels(config))
    return nested_lists(_mark_gaps(markdown))


def _root(config: MkDocsConfig) -> Path:
    return Path(config.config_file_path).resolve().parent


def _labels(config: MkDocsConfig) -> dict:
    return LABELS.get(str(config.theme["language"]), LABELS["en"])


def _milestone_folders(root: Path) -> list[Path]:
    """The folders 0_… to 9_… that have a README, in their order."""
    return sorted(
        path
        for path in root.iterdir()
        if re.match(r"\d+_\w", path.name)
        and path.is_dir()
        and not path.is_symlink()
        and (path / "README.md").is_file()
    )


def _publishable(root: Path) -> list[Path]:
    """Files that a page may show or link to: small, of a known kind, and no symbolic link."""
    found = [root / name for name in ("README.md", MILESTONES)]
    for folder in (
        *_milestone_folders(root),
        root / "CoverImage",
        root / LESSONS,
        root / "notebooks",
    ):
        found += folder.rglob("*")
    found += [*root.glob("runs/*/*.svg"), *root.glob("runs/*/run.json")]
    return sorted(
        path
        for path in set(found)
        if (path.suffix.lower() in PUBLISHED or path.name == "run.json")
        and path.is_file()
        and path.stat().st_size <= LARGEST_BYTES
        and not any(part.is_symlink() for part in (path, *path.parents) if root in part.parents)
        and not any(part.startswith(".") for part in path.relative_to(root).parts)
    )


# Markdown ----------------------------------------------------------------------------------------

_ITEM = re.compile(r"^(?P<indent> *)(?P<bullet>[-*+]|\d{1,9}[.)])(?P<space> +)(?=\S)")
_FENCE = re.compile(r"^ *(```|~~~)")


def nested_lists(markdown: str) -> str:
    """Write lists the way MkDocs needs them: four spaces a level, a blank line before.

    GitHub nests a list that is indented by two spaces, and begins one right
    below a paragraph; Python-Markdown would flatten the first and miss the
    second. The text itself is not changed.

    Args:
        markdown: As it is shown on GitHub.
    """
    lines: list[str] = []
    levels: list[tuple[int, int]] = []  # of each open item: its indent, where its text starts
    fence, fence_indent = "", 0

    def close(indent: int) -> None:
        while levels and indent < min(levels[-1][1], levels[-1][0] + 2):
            levels.pop()

    for line in markdown.expandtabs(4).split("\n"):
        indent = len(line) - len(line.lstrip(" "))
        mark, item = _FENCE.match(line), _ITEM.match(line)
        above = lines[-1].strip() if lines else ""
        if fence or mark:
            if not fence:
                close(indent)
                fence_indent = indent
                if levels and above:
                    lines.append("")
            lines.append("    " * len(levels) + line[min(indent, fence_indent) :])
            if mark:
                fence = "" if fence == mark[1] else fence or mark[1]
                if not fence and levels:
                    lines.append("")
        elif not line.strip():
            lines.append("")
        elif item and (levels or indent < 4):
            was_open = bool(levels)
            close(indent)
            interrupts = item["bullet"] in "-*+" or item["bullet"][:-1] == "1"
            if not was_open and above and interrupts:
                lines.append("")
            lines.append("    " * len(levels) + line[indent:])
            levels.append((indent, item.end()))
        else:
            if not above or line.startswith("#"):
                close(indent)
            text_start = levels[-1][1] if levels else 0
            extra = max(indent - text_start, 0)
            lines.append("    " * len(levels) + " " * extra + line[indent:])
    return "\n".join(lines)


def _overview(markdown: str) -> str:
    """The root README with its cover on top, and without an address that nobody has set."""
    cover = re.search(r"^!\[[^\]]*\]\([^)\s]+\)$", markdown, re.MULTILINE)
    markdown = re.sub(
        r"(?ms)^## Repository Link\s*\n\s*\[https?://[^\]]*\]\s*?\n(?=\n?## )", "", markdown
    )
    if cover:
        picture = cover[0]
        markdown = re.sub(r"(?m)^## Cover Image *\n", "", markdown.replace(picture, "", 1))
        title = re.compile(r"\A\s*# .*$", re.MULTILINE)
        markdown = title.sub(lambda match: f"{match[0]}\n\n{picture}", markdown, count=1)
    return markdown


def _mark_gaps(markdown: str) -> str:
    """Show a hint that nobody has replaced as what it is: an open question."""
    lines = []
    for line in markdown.split("\n"):
        match = _FIELD.match(line)
        value = _value(match) if match else line.strip()
        if _GAP.match(value):
            hint = value[1:-1]
            line = line[: line.rindex(value)] + f'<span class="gap" markdown>{hint}</span>'
        lines.append(line.replace("[Link]()", '<span class="gap">Link</span>'))
    return "\n".join(lines)


# Milestones --------------------------------------------------------------------------------------

_FIELD = re.compile(
    r"^\s*[-*]\s+\*\*[^*]+\*\*\s*:?(?P<value>.*)$|^\s*[-*]\s+\*\*[^*]+:\*\*(?P<other>.*)$"
)
_LINK_FIELD = re.compile(r"^\s*[-*]\s+\*\*\[[^\]]*\]\([^)\s]+\)\*\*")
_GAP = re.compile(r"^\[[^\]]*(\[[^\]]*\][^\]]*)*\]$")


def fields(text: str) -> tuple[int, int]:
    """Count the filled fields of a milestone README, and all of them.

    A field is a line such as `- **Result:** 0.8`, or a question's answer. It is
    a gap while it is empty or holds only the hint in square brackets.

    Args:
        text: The README.

    Returns:
        Filled fields and all fields.
    """
    done = total = 0
    lines = text.splitlines()
    for number, line in enumerate(lines):
        match = _FIELD.match(line)
        if match:
            value = _value(match)
            follows = lines[number + 1].strip() if number + 1 < len(lines) else ""
            if not value and follows and not follows.startswith(("-", "*", "#")):
                value = follows  # the answer begins on the next line
        elif _GAP.match(line.strip()):
            value = line.strip()
        else:
            continue
        total += 1
        linked = _LINK_FIELD.match(line)
        done += bool(linked or (value and not _GAP.match(value)))
    return done, total


def _value(match: re.Match[str]) -> str:
    return (match["value"] if match["value"] is not None else match["other"]).strip()


def _with_progress(markdown: str, root: Path, labels: dict) -> str:
    lines = []
    for line in markdown.splitlines():
        if line.startswith("|") and line.rstrip().endswith("|"):
            line = line.rstrip() + f" {_progress_cell(line, root, labels)} |"
        lines.append(line)
    return "\n".join(lines) + "\n"


def _progress_cell(line: str, root: Path, labels: dict) -> str:
    if re.fullmatch(r"[|\s:-]+", line.strip()):
        return "---"
    if line.lower().lstrip("| ").startswith("date"):
        return labels["progress"]
    link = re.search(r"\]\(([\w.-]+)/README\.md\)", line)
    readme = root / link[1] / "README.md" if link else None
    if readme is None or not readme.is_file() or readme.is_symlink():
        return ""
    done, total = fields(readme.read_text(encoding="utf-8", errors="replace"))
    if total == 0 or done == total:
        text = labels["complete"]
    elif done == 0:
        text = labels["empty"]
    else:
        text = labels["filled"].format(done=done, total=total)
    share = 100 if total == 0 else round(100 * done / total)
    return f'<span class="progress" style="--share: {share}%">{text}</span>'


# Results -----------------------------------------------------------------------------------------


def _results_page(root: Path, labels: dict) -> str:
    rows = read_results(root)
    lines = [f"# {labels['results']}", ""]
    if not rows:
        return "\n".join([*lines, labels["no results"], ""])
    groups: dict[tuple, list[dict]] = {}
    for row in rows:
        key = (str(row["task"]), str(row["metric"]), bool(row.get("higher_is_better", True)))
        groups.setdefault(key, []).append(row)
    for (task, metric, higher), group in sorted(groups.items()):
        direction = labels["higher" if higher else "lower"]
        lines += [f"## {_cell(task)}: {_cell(metric)}", "", f"*{direction}*", ""]
        lines += [
            "| " + " | ".join(labels["columns"]) + " |",
            "| --- | --- | --- | --- | ---: | ---: | --- | --- |",
        ]
        for row in sorted(group, key=lambda row: row["value"], reverse=higher):
            cells = (
                _cell(row.get("name") or row.get("model")),
                labels.get(str(row.get("role")), ""),
                _cell(row.get("dataset")),
                _cell(row.get("split")),
                _figure(row, labels),
                _cell(row.get("seed")),
                f"[{_cell(row['run'])}](runs/{row['run']}/run.json)",
                _cell(str(row.get("date", ""))[:10]),
            )
            lines.append("| " + " | ".join(cells) + " |")
        lines.append("")
    return "\n".join([*lines, *_figures(root, rows, labels), ""])


def _figure(row: dict, labels: dict) -> str:
    """A figure with its interval, and how often the test part had been opened."""
    text = f"{row['value']:.4g}"
    ends = row.get("interval")
    if isinstance(ends, list) and len(ends) == 2 and all(map(_is_number, ends)):
        text += f" ({ends[0]:.3g}–{ends[1]:.3g})"
    openings = row.get("openings")
    if isinstance(openings, int) and not isinstance(openings, bool) and openings > 0:
        text += f"; {labels['opened'].format(openings)}"
    return text


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def read_results(root: Path) -> list[dict]:
    """Read the measured results whose run is in the repository; anything else is left out.

    Args:
        root: The repository.
    """
    try:
        document = json.loads((root / "results.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    rows = document.get("results", []) if isinstance(document, dict) else []
    return [row for row in rows if _is_result(row, root)] if isinstance(rows, list) else []


def _is_result(row: object, root: Path) -> bool:
    if not isinstance(row, dict) or not row.get("task") or not row.get("metric"):
        return False
    value, run = row.get("value"), row.get("run")
    return (
        _is_number(value)
        and isinstance(run, str)
        and re.fullmatch(r"[\w][\w.-]*", run) is not None
        and (root / "runs" / run / "run.json").is_file()
    )


def _figures(root: Path, rows: list[dict], labels: dict) -> list[str]:
    published = set(_publishable(root))
    lines: list[str] = []
    for run in dict.fromkeys(row["run"] for row in rows):
        for path in sorted((root / "runs" / run).glob("*.svg")):
            if path in published:
                name = path.stem.replace("_", " ")
                lines += [f"![{name}, {run}](runs/{run}/{path.name})", "", f"*{name}, {run}*", ""]
    return [f"## {labels['curves']}", "", *lines] if lines else []


def _cell(value: object) -> str:
    """Text of a table cell that can be nothing but text."""
    text = "" if value is None else str(value)
    text = html.escape(" ".join(text.split())[:200])
    return re.sub(r"[|\\`*_\[\]{}!#]", lambda match: f"&#{ord(match[0])};", text)
