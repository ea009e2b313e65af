"""Train one model on one task, measure it, and leave a complete run behind; or several of them.

`--try training.learning_rate=1e-3,3e-3` trains an experiment for each value.
"""

import itertools
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from baseline.config import Config
from baseline.data import loading
from baseline.errors import BaselineError
from baseline.experiments import identity, plots
from baseline.experiments.measuring import finish
from baseline.experiments.plan import Plan, baseline_of, named, plan, portable
from baseline.tasks.base import measure
from baseline.tasks.baselines import base
from baseline.tasks.catalogue import find
from baseline.training import runs

Report = Callable[[str], None]
_MOST = 100  # trainings by one command


def train(config: Config, root: Path, report: Report) -> runs.Run:
    """Train, measure on validation and test, and write `runs/<id>/` and `results.json`.

    Returns:
        The finished run.

    Raises:
        KeyboardInterrupt: If the user interrupts; the run is then marked so.
    """
    config = named(config)
    if not config.model.cheap:
        from baseline.experiments import neural

        return neural.train_network(config, root, report)
    planned = plan(config, root, store=True)
    for note in planned.run.notes:
        report(note)
    folder, run = runs.create(root / "runs", planned.run, portable(config, root))
    with runs.recorded(folder, run):
        return _fit(planned, config, folder, run, root, report)


def _fit(
    planned: Plan, config: Config, folder: Path, run: runs.Run, root: Path, report: Report
) -> runs.Run:
    task, dataset = planned.task, planned.dataset
    baseline, metric = baseline_of(config)[1], task.metrics[0].name
    report(f"{run.model} on {dataset.name}: fitting {len(dataset.train):,} examples")
    wall, cpu = time.perf_counter(), time.process_time()
    log = runs.Log(folder)
    curve = []
    # The learning curve of a model without steps: more and more of the training data.
    shuffled = list(dataset.train)
    random.Random(run.seed).shuffle(shuffled)
    for share in (8, 4, 2, 1):
        # In an order of their own, so that the same examples always give the same model.
        examples = sorted(shuffled[: max(1, len(shuffled) // share)], key=repr)
        model = baseline.fit(examples, config.model)
        outputs = baseline.predict(model, dataset.validation)
        values = measure(task, dataset.validation, outputs)
        shown = metric if metric in values else next(iter(values))
        log.write(step=len(examples), **{f"validation {k}": v for k, v in values.items()})
        curve.append((len(examples), values[shown]))
        report(f"  {len(examples):>6,} examples: validation {shown} {values[shown]:.4g}")
    plots.learning_curve(
        {"validation": curve},
        folder / "learning_curve.svg",
        title=f"{run.model}: {shown} with more training data",
        x_label="training examples",
        y_label=shown,
    )
    base.save(examples, folder / "checkpoint")
    run = replace(
        run,
        parameters=baseline.parameters(model),
        steps=len(dataset.train),
        seconds=round(time.perf_counter() - wall, 3),
        cpu_seconds=round(time.process_time() - cpu, 3),
        environment=runs.environment(),
    )
    return finish(planned, folder, run, root, lambda part: baseline.predict(model, part))


def combinations(tries: Sequence[str]) -> list[list[str]]:
    """Every combination of the values that are tried, as overrides; the last one varies fastest.

    Each of `tries` is `section.key=value,value,…`; without any, there is one empty combination.
    """
    parts = []
    for text in tries:
        name, equals, values = text.partition("=")
        found = list(dict.fromkeys(v.strip() for v in values.split(",") if v.strip()))
        if not equals or len(found) < 2:
            raise BaselineError(
                f"--try {text!r} names fewer than two values; write section.key=value,value, "
                "for example training.learning_rate=1e-3,3e-3"
            )
        parts.append([f"{name.strip()}={value}" for value in found])
    count = 1
    for part in parts:
        count *= len(part)
    if count > _MOST:
        raise BaselineError(f"--try asks for {count} trainings; {_MOST} are allowed at once")
    return [list(chosen) for chosen in itertools.product(*parts)]


def finished(config: Config, root: Path) -> str:
    """The run that did exactly this already; empty where there is none."""
    config = portable(named(config), root)
    if config.model.start:
        from baseline.experiments import neural

        config = neural.as_begun(config, root)
    dataset = loading.load_dataset(find(config.project.task).form, config.data, root)
    mine = identity.identity(config, loading.fingerprint(dataset))
    for file in sorted((root / "runs").glob("*/run.json")):
        run = runs.load_run(file.parent)
        if (run.identity, run.seed, run.status) == (mine, config.training.seed, "finished"):
            return run.id
    return ""
