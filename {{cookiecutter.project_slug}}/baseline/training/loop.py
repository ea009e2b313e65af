"""The training loop: the same for every model, on one process or many.

Batches and dropout depend on the seed and the step alone. A run that was killed goes on from
its last checkpoint and ends with the same weights as one that was not.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import torch
from torch import Tensor, nn

from baseline.config import Training
from baseline.tasks.objectives.base import Batch, Item, as_they_are, collate
from baseline.training import checkpoint, parallel
from baseline.training.batches import Batches, mixed_seed, share_of
from baseline.training.learner import Learner
from baseline.training.optimizers import rate_share
from baseline.training.parallel import Ranks
from baseline.training.runs import Log
from baseline.training.watch import Clock, Progress, interruptible

# How often the loss is looked at between evaluations; reading it makes a GPU wait.
_WATCH_STEPS = 20


@dataclass(frozen=True)
class State:
    """Where training stands; what a resumed run begins with."""

    step: int = 0  # optimizer steps done
    seconds: float = 0.0  # wall-clock time so far
    cpu_seconds: float = 0.0  # CPU time so far
    tokens: int = 0  # tokens learned from so far
    best: float = -math.inf  # the best validation score so far; larger is better
    waited: int = 0  # evaluations since then
    evaluated: int = 0  # evaluations so far
    scale: dict[str, float] = field(default_factory=dict)  # loss scale of 16-bit floats


@dataclass(frozen=True)
class Job:
    """Everything that the loop needs.

    Attributes:
        draw: Decides what is asked about the items of a batch, see `Objective`.
        evaluate: Measures on the validation data: values to log, and a score (larger is better).
    """

    model: nn.Module  # on its device
    items: Sequence[Item]  # what is learned from
    loss: Callable[[nn.Module, Batch], Tensor]  # mean loss of a batch
    evaluate: Callable[[], tuple[dict[str, float], float]]
    settings: Training  # `[training]`
    ranks: Ranks  # this process among all
    folder: Path  # the run's checkpoint folder
    architecture: Mapping[str, object]  # what the weights fit
    log: Log  # the run's `metrics.jsonl`
    report: Callable[..., None]  # tells the user a line; transient lines may be overwritten
    draw: Callable[[Sequence[Item], random.Random], Sequence[Item]] = as_they_are


def fit(job: Job, *, resume: bool = False) -> State:
    """Train until the budget is spent, patience ends, or the user interrupts.

    Args:
        job: The model, its data and the settings.
        resume: Go on from the last checkpoint in `job.folder`.

    Returns:
        Where training stands at the end. The best weights are in the best checkpoint.

    Raises:
        KeyboardInterrupt: On Ctrl-C or SIGTERM, after a checkpoint was written.
    """
    settings, ranks = job.settings, job.ranks
    if resume:
        job.model.load_state_dict(checkpoint.load_model(job.folder, "last", job.architecture))
    learner = Learner(job.model, job.loss, settings, ranks)
    state = _resume(job, learner) if resume else State()
    batches = Batches(job.items, settings, state.step)
    clock = Clock(state.seconds, state.cpu_seconds)
    progress = Progress(job.report, clock, state.tokens)
    measured_at = state.step

    with interruptible() as interrupted:
        while True:
            done = parallel.agreed(share_done(settings, state.step, clock), ranks)
            stop = done >= 1 or bool(parallel.agreed(float(interrupted()), ranks))
            if state.step > measured_at and (stop or _due(job, state, done, clock)):
                with clock.measuring():
                    state = _measure(job, learner, state, done, clock)
                measured_at = state.step
                progress.restart(state.tokens)
                if settings.patience and state.waited >= settings.patience:
                    job.report(f"stopped early: no gain in {state.waited} evaluations")
                    return state
            if stop:
                if interrupted():
                    raise KeyboardInterrupt
                return state

            torch.manual_seed(mixed_seed(settings.seed, state.step, ranks.rank))
            # Drawn before it is shared out: many processes ask what one would.
            rng = random.Random(mixed_seed(settings.seed, state.step, -2))
            drawn = [job.draw(next(batches), rng) for _ in range(settings.accumulate)]
            parts = [collate(share_of(items, ranks)) for items in drawn]

            tokens = learner.step(parts, rate_share(settings, done))
            state = replace(state, step=state.step + 1, tokens=state.tokens + tokens)
            if state.step % _WATCH_STEPS == 0:
                learner.mean_loss(state.step, job.folder)
            if ranks.first:
                progress.show(done, state.step, state.tokens)


def share_done(settings: Training, step: int, clock: Clock) -> float:
    """How much of the budget is spent, from 0 to 1; the tightest limit counts."""
    spent = (
        (step, settings.steps),
        (clock.seconds(), settings.seconds),
        (clock.cpu_seconds(), settings.cpu_seconds),
    )
    return min(1.0, max(used / limit if limit else 0.0 for used, limit in spent))


def _resume(job: Job, learner: Learner) -> State:
    """Everything but the weights as it was at the last checkpoint."""
    state = State(**learner.load(job.folder))
    if job.ranks.first:
        job.log.cut(state.step)
    return state


def _due(job: Job, state: State, done: float, clock: Clock) -> bool:
    """Whether it is time for the next evaluation."""
    due = math.floor(done * job.settings.evaluations) > state.evaluated
    if job.settings.steps:
        return due
    # A short budget of time goes into training: a quarter of it at most is measuring.
    return bool(parallel.agreed(float(due and not clock.measured_too_much()), job.ranks))


def _measure(job: Job, learner: Learner, state: State, done: float, clock: Clock) -> State:
    """Measure on the validation data, write a checkpoint, and log what came out."""
    training_loss = learner.mean_loss(state.step, job.folder, reset=True)
    values, score = learner.evaluate(job.evaluate)
    better = score > state.best
    state = replace(
        state,
        best=max(score, state.best),
        waited=0 if better else state.waited + 1,
        evaluated=math.floor(done * job.settings.evaluations),
        seconds=clock.seconds(),
        cpu_seconds=clock.cpu_seconds(),
    )
    learner.save(job.folder, state.__dict__, job.architecture, best=better)
    if job.ranks.first:
        job.log.write(
            step=state.step,
            seconds=state.seconds,
            cpu_seconds=state.cpu_seconds,
            tokens=state.tokens,
            loss=training_loss,
            **values,
        )
        shown = " · ".join(f"{name} {value:.4g}" for name, value in values.items())
        job.report(f"step {state.step:,} · loss {training_loss:.4g} · {shown}")
    return state
