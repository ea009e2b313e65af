"""Fill the results summary of the root README from `results.json`.

Only lines that nobody has written are filled: those that still hold the
template's hint in square brackets, and those that this command filled before
and nobody has changed since. An invisible comment below the list remembers a
checksum of each value that was filled in, so the two can be told apart.

Standard library only: the summary works on a machine without torch.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean

from baseline import config
from baseline.errors import BaselineError
from baseline.experiments.results import Result, read
from baseline.files import read_text, write_atomic

LABELS = (
    "Best Model",
    "Evaluation Metric",
    "Result",
    "Baseline Performance",
    "Improvement Over Baseline",
)
_LINE = re.compile(
    r"^(?P<head>[ \t]*[-*][ \t]+\*\*(?P<label>[^*\n:]+?)(?::\*\*|\*\*:))[ \t]*(?P<value>[^\r\n]*?)"
    r"[ \t]*(?P<end>\r?\n|\Z)",
    re.MULTILINE,
)
_HINT = re.compile(r"(?:\[.*\](?!\())?")
_MEMORY = re.compile(r"<!-- filled from results\.json: (?P<sums>[^>\r\n]*) -->(?:\r?\n)?")


@dataclass(frozen=True)
class Fill:
    """What filling a README did.

    Attributes:
        text: The README afterwards.
        filled: Labels whose value is new or changed.
        kept: Labels whose value a person wrote, which therefore stayed.
        missing: Labels that the README does not have any more.
        measured: Whether there is any result at all.
    """

    text: str
    filled: tuple[str, ...]
    kept: tuple[str, ...]
    missing: tuple[str, ...]
    measured: bool = True


def update(root: Path, *, dry_run: bool = False) -> Fill:
    """Fill the results summary of a team's README.

    Args:
        root: The team's repository.
        dry_run: Say what would change, and write nothing.

    Raises:
        BaselineError: If README.md is missing, or a file cannot be read or written.
    """
    readme = root / "README.md"
    if not readme.is_file():
        raise BaselineError(f"{readme}: does not exist; run this in the root of your repository")
    raw = readme.read_bytes()
    try:
        # Line endings stay as they are, which text mode would not grant.
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        text = read_text(readme)
    settings = root / "baseline.toml"
    task = config.read_config(settings).project.task if settings.is_file() else ""
    runs = root / "runs"
    rows = [row for row in read(root / "results.json") if (runs / row.run / "run.json").is_file()]
    done = fill(text, summarize(rows, task))
    if done.filled and not dry_run:
        write_atomic(readme, done.text)
    return done


def report(done: Fill, *, dry_run: bool = False) -> str:
    """Say in a few lines what `update` did."""
    lines = []
    if done.filled:
        verb = "would fill" if dry_run else "filled"
        lines.append(f"README.md: {verb} {', '.join(done.filled)}")
    if done.kept:
        lines.append(f"README.md: your own words stay at {', '.join(done.kept)}")
    if done.missing:
        lines.append(f"README.md: has no line for {', '.join(done.missing)}")
    if not lines:
        lines.append(
            "README.md: is up to date"
            if done.measured
            else "README.md: nothing to fill in yet; start with python -m baseline train"
        )
    return "\n".join(lines)


def summarize(results: Sequence[Result], task: str = "") -> dict[str, str]:
    """Say in five short values what was measured.

    Values are compared only within one task, data set, split and metric. Of
    those that `results` offers, the one is taken that fits `task`, has both a
    baseline and a model, and was measured on test data, in this order of
    importance; otherwise the first one that was measured. Several seeds of one
    model count as their mean.

    Args:
        results: Rows of `results.json` whose runs exist.
        task: The team's task, or "".

    Returns:
        A value for each of `LABELS` that can be told; empty if there are no results.
    """
    if not results:
        return {}
    groups: dict[tuple[str, str, str, str], list[Result]] = {}
    for row in results:
        groups.setdefault((row.task, row.dataset, row.split, row.metric), []).append(row)

    def weight(key: tuple[str, str, str, str]) -> tuple[bool, bool, bool]:
        roles = {row.role for row in groups[key]}
        return key[0] == task, {"baseline", "model"} <= roles, key[2] == "test"

    key = max(groups, key=weight)  # of equal ones, the first
    _, dataset, split, metric = key
    rows = groups[key]
    higher = rows[0].higher_is_better
    sign = 1 if higher else -1
    scored = _scores(rows)
    best = max(scored, key=lambda score: sign * score.value)
    baselines = [score for score in scored if score.role == "baseline"]
    baseline = max(baselines, key=lambda score: sign * score.value, default=None)
    values = {
        "Best Model": best.name,
        "Evaluation Metric": f"{metric} ({'higher' if higher else 'lower'} is better) on "
        f"{dataset}, {split} split",
        "Result": best.text,
    }
    if baseline:
        values["Baseline Performance"] = f"{baseline.text}, {baseline.name}"
    if baseline and len(baselines) < len(scored):
        values["Improvement Over Baseline"] = _improvement(best, baseline)
    return values


def fill(text: str, values: Mapping[str, str]) -> Fill:
    """Put values into the results summary, and leave everything else as it is.

    Args:
        text: The README.
        values: What `summarize` returns.
    """
    if not values:
        return Fill(text, (), (), (), measured=False)
    memory = _MEMORY.search(text)
    pairs = memory["sums"].split() if memory else []
    known = dict(pair.split("=", 1) for pair in pairs if "=" in pair)
    filled: list[str] = []
    kept: list[str] = []
    sums: dict[str, str] = {}

    def replace(match: re.Match[str]) -> str:
        label = _canonical(match["label"])
        if label not in values or label in sums or label in kept:
            return match[0]
        old, new = match["value"], _one_line(values[label])
        ours = known.get(_short(label)) == _checksum(old)
        if not (ours or _HINT.fullmatch(old)):
            kept.append(label)
            return match[0]
        sums[label] = _checksum(new)
        if old == new:
            return match[0]
        filled.append(label)
        return f"{match['head']} {new}{match['end']}"

    result = _LINE.sub(replace, text)
    for label in LABELS:  # filled before, and not known now: still ours to fill
        if label not in values and _short(label) in known:
            sums[label] = known[_short(label)]
    missing = tuple(label for label in values if label not in sums and label not in kept)
    return Fill(_remember(result, sums), tuple(filled), tuple(kept), missing)


@dataclass(frozen=True)
class _Score:
    name: str
    role: str
    value: float
    text: str
    seeds: int


def _scores(rows: Sequence[Result]) -> list[_Score]:
    """One score for each model: its latest value for each seed, averaged."""
    latest: dict[tuple[str, str], dict[int, Result]] = {}
    for row in sorted(rows, key=lambda row: row.date):
        latest.setdefault((row.model, row.role), {})[row.seed] = row
    scores = []
    for (name, role), seeds in latest.items():
        values = [row.value for row in seeds.values()]
        mean = fmean(values)
        if len(values) == 1:
            run = next(iter(seeds.values())).run
            text = f"{_number(mean)} (run {run})"
        else:
            text = (
                f"{_number(mean)} (mean of {len(values)} seeds, "
                f"{_number(min(values))} to {_number(max(values))})"
            )
        scores.append(_Score(name, role, mean, text, len(values)))
    return scores


def _improvement(best: _Score, baseline: _Score) -> str:
    if best.role == "baseline":
        return "none: the baseline is still the best"
    difference = best.value - baseline.value
    share = f" ({difference / abs(baseline.value):+.1%})" if baseline.value else ""
    return f"{difference:+.4g}{share}"


def _number(value: float) -> str:
    return f"{value:.4g}"


def _canonical(label: str) -> str:
    """The label as this module writes it, whatever the team's capitals and spaces."""
    wanted = " ".join(label.split()).casefold()
    return next((name for name in LABELS if name.casefold() == wanted), label)


def _short(label: str) -> str:
    return label.casefold().replace(" ", "-")


def _checksum(value: str) -> str:
    return hashlib.sha256(value.encode()).hexdigest()[:12]


def _one_line(value: str) -> str:
    """Text that can only be read as text: no line break, no Markdown or HTML of its own."""
    return re.sub(r"([\\`*_\[\]<>|])", r"\\\1", " ".join(value.split()))


def _remember(text: str, sums: Mapping[str, str]) -> str:
    """Write the checksums into the comment below the list, where it is or where it belongs."""
    text_without = _MEMORY.sub("", text, count=1)
    if not sums:
        return text_without
    pairs = " ".join(f"{_short(label)}={value}" for label, value in sums.items())
    newline = "\r\n" if "\r\n" in text_without else "\n"
    comment = f"<!-- filled from results.json: {pairs} -->{newline}"
    ends = [m.end() for m in _LINE.finditer(text_without) if _canonical(m["label"]) in sums]
    if not ends:
        return text_without
    # Below the whole list, so that the comment does not cut it in two.
    block = re.compile(r"(?:[^\r\n]+(?:\r?\n|\Z))*").match(text_without, ends[-1])
    end = block.end() if block else ends[-1]
    lead = "" if text_without[:end].endswith("\n") else newline
    return text_without[:end] + lead + comment + text_without[end:]
