"""Compare experiments on validation: one row each, however many seeds, and what differs."""

import contextlib
from dataclasses import dataclass
from pathlib import Path

from baseline.config import Config, read_config
from baseline.errors import BaselineError
from baseline.experiments import identity, results
from baseline.experiments.results import Group, Score


@dataclass(frozen=True)
class Comparison:
    """Ranked experiments.

    Attributes:
        differing: For each experiment's identity, the settings in which its group is not alike.
    """

    groups: dict[Group, list[Score]]  # experiments that may be compared, the best first
    differing: dict[tuple[Group, str], str]
    absent: tuple[str, ...]  # runs that `results.json` names and that are not here

    def lines(self) -> list[str]:
        """The comparison as text."""
        if not self.groups:
            return ["There are no results yet; start with: python -m baseline train"]
        found = []
        data = {key[:3] for key in self.groups}
        for key, scores in self.groups.items():
            task, dataset, fingerprint, metric = key
            better = "higher" if scores[0].first.higher_is_better else "lower"
            several = sum(one[:2] == (task, dataset) for one in data) > 1
            version = f" (data {fingerprint or 'unknown'})" if several else ""
            title = f"{task}, {dataset}{version}: {metric} on validation ({better} is better)"
            found += ["", title]
            width = min(40, max(len(score.name) for score in scores))
            rank, last = 0, None
            for place, score in enumerate(scores, 1):
                if score.value != last:  # equal values share a rank
                    rank, last = place, score.value
                spread = f"± {score.spread:.4f}" if len(score.rows) > 1 else ""
                line = (
                    f"  {rank:>2}. {score.value:>9.4f} {spread:<8}  {score.seeds:<8} "
                    f"{score.name:<{width}}  {score.first.role:<8}  {self.differs(key, score)}"
                )
                found.append(line.rstrip())
        return found

    def differs(self, group: Group, score: Score) -> str:
        """The settings of an experiment in which those of its group are not alike."""
        return self.differing.get((group, score.first.experiment), "")

    def as_json(self) -> list[dict[str, object]]:
        """One object for each experiment and metric."""
        return [
            dict(zip(("task", "dataset", "data", "metric"), key, strict=True))
            | {
                "name": score.name,
                "identity": score.first.identity,
                "role": score.first.role,
                "value": score.value,
                "spread": score.spread,
                "unit": score.first.unit,
                "higher_is_better": score.first.higher_is_better,
                "seeds": [row.seed for row in score.rows],
                "runs": [row.run for row in score.rows],
                "differs": self.differs(key, score),
            }
            for key, scores in self.groups.items()
            for score in scores
        ]


def compare(root: Path) -> Comparison:
    """Rank the experiments of a repository on validation."""
    known = results.rebuild(root)
    rows = [row for row in known if (root / "runs" / row.run / "run.json").is_file()]
    groups = results.ranked(rows)
    differing = {}
    for key, scores in groups.items():
        configs = [_config(root, score) for score in scores]
        for score, text in zip(scores, identity.varying(configs), strict=True):
            differing[key, score.first.experiment] = text
    absent = sorted({row.run for row in known} - {row.run for row in rows})
    return Comparison(groups, differing, tuple(absent))


def _config(root: Path, score: Score) -> Config | None:
    with contextlib.suppress(BaselineError):  # of another version
        return read_config(root / "runs" / score.first.run / "config.toml")
    return None
