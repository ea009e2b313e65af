"""Runs of neural models: from the configuration to the finished run, and back again."""

import contextlib
import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from baseline import config
from baseline.config import Config
from baseline.errors import BaselineError
from baseline.experiments import plots
from baseline.experiments.measuring import finish
from baseline.experiments.plan import Plan, plan, portable
from baseline.tasks.base import Task, measure
from baseline.tasks.catalogue import find
from baseline.training import checkpoint, runs
from baseline.training.runs import recorded

try:
    import torch
    from torch import nn

    from baseline.tasks.objectives import base, networks
    from baseline.tasks.objectives.base import Item, Objective
    from baseline.training import defaults, parallel, pipelines, starting
    from baseline.training import loop as training
    from baseline.training.pipelines import Pipeline
except ImportError as error:
    raise BaselineError(
        f"this model needs {error.name}, which is not installed; run: pip install {error.name}  "
        "(or begin with a cheap one: python -m baseline train --model baseline)"
    ) from error

Report = Callable[..., None]
_WATCHED = 512  # validation examples that are measured during training


@dataclass(frozen=True)
class Trained:
    """A model that is ready to answer, and what its inputs and outputs mean."""

    config: Config
    run: runs.Run
    pipeline: Pipeline


def train_network(settings: Config, root: Path, report: Report) -> runs.Run:
    """Train the configured model; see `experiments.train`."""
    settings, start = starting.adopt(settings, root)
    settings = defaults.resolved(settings)
    networks.check(settings, find(settings.project.task))
    # Recorded, because a resumed run must add up its sums in the same order.
    threads = parallel.pick_threads(settings.training.threads)
    settings = replace(settings, training=replace(settings.training, threads=threads))
    torch.set_num_threads(threads)
    planned = plan(settings, root, store=True)
    torch.manual_seed(settings.training.seed)
    pipeline = pipelines.assemble(settings, planned.task, planned.dataset, start)
    with parallel.ranks(settings.training.device, settings.training.parallel) as ranks:
        folder = None
        run = planned.run
        if ranks.first:
            for note in run.notes:
                report(note)
            folder, run = runs.create(root / "runs", run, portable(settings, root))
        folder = _shared(folder, ranks)
        with recorded(folder, run) if ranks.first else contextlib.nullcontext():
            if ranks.first:
                (folder / "checkpoint").mkdir(exist_ok=True)
                pipeline.save(folder / "checkpoint")
            return _fit(planned, settings, pipeline, folder, run, root, report, ranks)


def as_begun(settings: Config, root: Path) -> Config:
    """Settings with what comes from the run that `model.start` names, as training has them."""
    return starting.adopt(settings, root)[0]


def resume(name: str, root: Path, report: Report) -> runs.Run:
    """Go on with a run that was interrupted, from its last checkpoint."""
    folder = runs.find(root / "runs", name)
    run = runs.load_run(folder)
    if run.status == "finished":
        raise BaselineError(f"{run.id} has finished; train a new run instead")
    settings = config.read_config(folder / "config.toml")
    if not checkpoint.read_index(folder / "checkpoint"):
        raise BaselineError(f"{run.id} has no checkpoint to go on from; train a new run instead")
    torch.set_num_threads(parallel.pick_threads(settings.training.threads))
    planned = plan(settings, root)
    if planned.run.examples != run.examples:
        raise BaselineError(
            f"{run.id} was trained on {run.examples} examples, but now there are "
            f"{planned.run.examples}; restore the data, or train a new run"
        )
    with parallel.ranks(settings.training.device, settings.training.parallel) as ranks:
        run = replace(run, status="running", finished="")
        if ranks.first:
            runs.save(folder, run)
        with recorded(folder, run) if ranks.first else contextlib.nullcontext():
            pipeline = pipelines.restore(settings, planned.task, folder / "checkpoint")
            return _fit(planned, settings, pipeline, folder, run, root, report, ranks, resumed=True)


def load_trained(root: Path, name: str, overrides: Sequence[str] = ()) -> Trained:
    """The best model of a run.

    Args:
        overrides: Settings to change, such as `["generation.beams=4"]`.
    """
    folder = runs.find(root / "runs", name)
    run = runs.load_run(folder)
    settings = config.read_config(folder / "config.toml", overrides)
    task = find(settings.project.task, settings.project.family)
    device = parallel.pick_device(settings.training.device)
    return Trained(settings, run, _best(settings, task, folder, device))


def _best(settings: Config, task: Task, folder: Path, device: torch.device) -> Pipeline:
    """The model of a run's best checkpoint."""
    pipeline = pipelines.restore(settings, task, folder / "checkpoint")
    weights = checkpoint.load_model(folder / "checkpoint", "best", pipeline.architecture)
    pipeline.model.load_state_dict(weights)
    pipeline.model.to(device).eval()
    return pipeline


def _fit(
    planned: Plan,
    settings: Config,
    pipeline: Pipeline,
    folder: Path,
    run: runs.Run,
    root: Path,
    report: Report,
    ranks: parallel.Ranks,
    *,
    resumed: bool = False,
) -> runs.Run:
    task, dataset = planned.task, planned.dataset
    objective, model = pipeline.objective, pipeline.model.to(ranks.device)
    items, cut = objective.prepare(dataset.train)
    watched, _ = objective.prepare(dataset.validation[:_WATCHED])
    if not items:
        raise BaselineError(
            f"{dataset.name}: no training text is long enough to learn from; give longer ones"
        )
    if cut:
        note = (
            f"{cut} of {len(dataset.train)} training texts are longer than "
            f"tokenizer.max_tokens = {settings.tokenizer.max_tokens}: "
            + ("read in windows" if task.kind == "span" and objective.by_metric else "cut there")
        )
        run = replace(run, notes=[*dataset.notes, note])
        if ranks.first:
            report(note)
    run = replace(run, parameters=networks.parameters(model))
    log = runs.Log(folder, tensorboard=settings.training.tensorboard)
    if ranks.first:
        runs.save(folder, run)
        verb = "going on with" if resumed else "training"
        report(
            f"{verb} {run.model} ({run.parameters:,} parameters) on {dataset.name}: "
            f"{len(items):,} pieces, {pipeline.tokens}, {ranks.device.type}"
        )

    def evaluate() -> tuple[dict[str, float], float]:
        loss = mean_loss(objective, model, watched)
        values = {"validation loss": loss}
        if not objective.by_metric:
            return values, -loss
        part = dataset.validation[:_WATCHED]
        found = measure(task, part, objective.predict(model, part))
        metric = task.metrics[0]
        value = found[metric.name]
        score = value if metric.higher_is_better else -value
        return {**values, f"validation {metric.name}": value}, score

    job = training.Job(
        model=model,
        items=items,
        loss=objective.loss,
        draw=objective.draw,
        evaluate=evaluate,
        settings=settings.training,
        ranks=ranks,
        folder=folder / "checkpoint",
        architecture=pipeline.architecture,
        log=log,
        report=report if ranks.first else _silent,
    )
    try:
        state = training.fit(job, resume=resumed)
    except KeyboardInterrupt as error:
        if checkpoint.read_index(folder / "checkpoint"):
            raise KeyboardInterrupt(
                "the last checkpoint is kept; go on with: "
                f"python -m baseline train --resume {run.id}"
            ) from error
        raise
    run = replace(
        run,
        steps=state.step,
        tokens=state.tokens,
        seconds=round(state.seconds, 3),
        cpu_seconds=round(state.cpu_seconds, 3),
        environment={**runs.environment(str(ranks.device)), "processes": ranks.world},
    )
    if not ranks.first:
        return run
    draw(folder, run, task.metrics[0].name)
    # The model that is measured is the best one, on one process and unwrapped.
    best = _best(settings, task, folder, ranks.device)
    return finish(planned, folder, run, root, lambda part: best.objective.predict(best.model, part))


def mean_loss(objective: Objective, model: nn.Module, items: Sequence[Item]) -> float:
    """Mean loss over all targets of items; what chance decides is the same at each call."""
    total, count = base.total_loss(objective.loss, model, objective.draw(items, random.Random(0)))
    return total / count if count else math.nan


def draw(folder: Path, run: runs.Run, metric: str) -> None:
    """Draw the learning curve, and the metric's where it was logged."""
    rows = runs.read_log(folder)

    def points(name: str) -> list[tuple[float, float]]:
        return [(row["step"], row[name]) for row in rows if row.get(name) is not None]

    curves: Mapping[str, list[tuple[float, float]]] = {
        "training loss": points("loss"),
        "validation loss": points("validation loss"),
    }
    if any(curves.values()):
        plots.learning_curve(
            curves,
            folder / "learning_curve.svg",
            title=f"{run.model}: loss while training",
            x_label="steps",
            y_label="loss (nats)",
        )
    if measured := points(f"validation {metric}"):
        plots.learning_curve(
            {f"validation {metric}": measured},
            folder / "metric_curve.svg",
            title=f"{run.model}: {metric} while training",
            x_label="steps",
            y_label=metric,
        )


def _shared(folder: Path | None, ranks: parallel.Ranks) -> Path:
    """The run's folder, told by the first process to all others."""
    if ranks.world == 1:
        assert folder is not None
        return folder
    import torch.distributed as dist

    box = [str(folder)]
    dist.broadcast_object_list(box, src=0)
    return Path(box[0])


def _silent(*arguments: object, **options: object) -> None:
    """Only the first process talks."""
