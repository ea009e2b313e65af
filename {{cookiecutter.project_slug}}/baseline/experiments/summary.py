"""Fill the results summary of the root README from `results.json`.

Only lines that nobody has written are filled: those that still hold the
template's hint in square brackets, and those that this command filled before
and nobody has changed since. An invisible comment below the list remembers a
checksum of each value that was filled in, so the two can be told apart.

Standard library only: the summary works on a machine without torch.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from baseline import config
from baseline.errors import BaselineError
from baseline.experiments.results import Result, Score, read, scores, times
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
    """What filling a README did."""

    text: str  # the README afterwards
    filled: tuple[str, ...]  # labels whose value is new or changed
    kept: tuple[str, ...]  # labels whose value a person wrote, which therefore stayed
    missing: tuple[str, ...]  # labels that the README does not have any more
    measured: bool = True  # whether there is any result at all


def update(root: Path, *, dry_run: bool = False) -> Fill:
    """Fill the results summary of a team's README."""
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
    said = {
        "would fill" if dry_run else "filled": done.filled,
        "your own words stay at": done.kept,
        "has no line for": done.missing,
    }
    lines = [f"README.md: {verb} {', '.join(labels)}" for verb, labels in said.items() if labels]
    if not done.measured:
        return "README.md: nothing to fill in yet; start with python -m baseline train"
    return "\n".join(lines or ["README.md: is up to date"])


def summarize(results: Sequence[Result], task: str = "") -> dict[str, str]:
    """Say in five short values what was measured.

    One experiment is named, with figures of its own only: the best one on validation among those
    of one task, one data set and one metric. Of several such groups the one is taken that fits
    `task`, is of a whole data set, has both a baseline and a model, and is the newest, in this
    order of importance. Where the chosen experiment was opened on the test part, its figures from
    there are shown, and otherwise those on validation, which say so.

    Args:
        results: Rows of `results.json` whose runs exist.
        task: The team's task, or "".
    """
    groups = _groups(results)
    if not groups:
        return {}

    def weight(rows: Sequence[Result]) -> tuple[bool, bool, bool, str]:
        roles = {row.role for row in rows}
        whole = "at most" not in rows[0].dataset
        newest = max(row.date for row in rows)
        return rows[0].task == task, whole, {"baseline", "model"} <= roles, newest

    rows = max(groups, key=weight)
    split = "validation" if any(row.split == "validation" for row in rows) else "test"
    chosen = max(scores(row for row in rows if row.split == split), key=lambda s: s.rank)
    tested = {s.first.experiment: s for s in scores(row for row in rows if row.split == "test")}
    shown = tested.get(chosen.first.experiment, chosen)
    where = shown.first.split
    rivals = scores(row for row in rows if row.split == split)
    baseline = max(
        (s for s in rivals if s.first.role == "baseline"), key=lambda s: s.rank, default=None
    )
    if baseline and where == "test":
        baseline = tested.get(baseline.first.experiment)
    direction = "higher" if shown.first.higher_is_better else "lower"
    values = {
        "Best Model": chosen.name,
        "Evaluation Metric": f"{shown.first.metric} ({direction} is better) on "
        f"{shown.first.dataset}, {where} split",
        "Result": _described(shown),
    }
    if where == "validation":
        values["Result"] += "; the test part is still sealed"
    if baseline:
        values["Baseline Performance"] = f"{_described(baseline)}, {baseline.name}"
        if chosen.first.role == "baseline":
            if len(rivals) > 1:
                values["Improvement Over Baseline"] = "none: the baseline is still the best"
        else:
            values["Improvement Over Baseline"] = _improvement(shown, baseline)
    return values


def _groups(results: Sequence[Result]) -> list[list[Result]]:
    """Results that may be compared: of one task, one data set, and its first metric."""
    first: dict[tuple[str, str, str], str] = {}
    groups: dict[tuple[str, str, str], list[Result]] = {}
    for row in results:
        key = (row.task, row.dataset, row.data)
        if row.metric == first.setdefault(key, row.metric):
            groups.setdefault(key, []).append(row)
    return list(groups.values())


def fill(text: str, values: Mapping[str, str]) -> Fill:
    """Put values into the results summary, and leave everything else as it is."""
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


def _described(score: Score) -> str:
    """A figure with what is known about how far it holds."""
    values = [row.value for row in score.rows]
    first = score.first
    if len(values) > 1:
        about = [f"mean of {len(values)} seeds, {min(values):.4g} to {max(values):.4g}"]
    else:
        about = [f"run {first.run}"]
        if first.interval:
            low, high = first.interval
            about.append(f"95 % interval {low:.4g} to {high:.4g}")
    if first.openings:
        about.append(f"test part opened {times(first.openings)}")
    return f"{score.value:.4g} ({'; '.join(about)})"


def _improvement(best: Score, baseline: Score) -> str:
    difference = best.value - baseline.value
    share = f" ({difference / abs(baseline.value):+.1%})" if baseline.value else ""
    return f"{difference:+.4g}{share}"


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
