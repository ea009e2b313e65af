"""The training loop: the same for every model, on one process or many.

Batches and dropout depend on the seed and the step alone. A run that was killed goes on from
its last checkpoint and ends with the same weights as one that was not.
"""

from __future__ import annotations

import contextlib
import math
import random
import signal
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from baseline.config import Training
from baseline.errors import BaselineError
from baseline.tasks.objectives.base import IGNORE, Batch, Item, as_they_are, collate, to_device
from baseline.training import checkpoint, parallel
from baseline.training.parallel import Ranks
from baseline.training.runs import Log

# How often the loss is looked at between evaluations; reading it makes a GPU wait.
_WATCH_STEPS = 20


class Learner(nn.Module):
    """Runs any work on a model inside one `forward`, as DDP and FSDP need it.

    Args:
        model: The model that the work uses.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, work: Callable[[], Any]) -> Any:
        """Do the work, and return what it returns."""
        return work()


@dataclass(frozen=True)
class State:
    """Where training stands; what a resumed run begins with.

    Attributes:
        step: Optimizer steps done.
        seconds: Wall-clock time so far.
        cpu_seconds: CPU time so far.
        tokens: Tokens learned from so far.
        best: The best validation score so far; larger is better.
        waited: Evaluations since then.
        evaluated: Evaluations so far.
        scale: Loss scale of 16-bit floats.
    """

    step: int = 0
    seconds: float = 0.0
    cpu_seconds: float = 0.0
    tokens: int = 0
    best: float = -math.inf
    waited: int = 0
    evaluated: int = 0
    scale: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """Everything that the loop needs.

    Attributes:
        model: On its device.
        items: What is learned from.
        loss: Mean loss of a batch.
        draw: Decides what is asked about the items of a batch, see `Objective`.
        evaluate: Measures on the validation data: values to log, and a score (larger is better).
        settings: `[training]`.
        ranks: This process among all.
        folder: The run's checkpoint folder.
        architecture: What the weights fit.
        log: The run's `metrics.jsonl`.
        report: Tells the user a line; transient lines may be overwritten.
    """

    model: nn.Module
    items: Sequence[Item]
    loss: Callable[[nn.Module, Batch], Tensor]
    evaluate: Callable[[], tuple[dict[str, float], float]]
    settings: Training
    ranks: Ranks
    folder: Path
    architecture: Mapping[str, object]
    log: Log
    report: Callable[..., None]
    draw: Callable[[Sequence[Item], random.Random], Sequence[Item]] = as_they_are


def fit(job: Job, *, resume: bool = False) -> State:
    """Train until the budget is spent, patience ends, or the user interrupts.

    Args:
        job: The model, its data and the settings.
        resume: Go on from the last checkpoint in `job.folder`.

    Returns:
        Where training stands at the end. The best weights are in the best checkpoint.

    Raises:
        BaselineError: If the loss is no longer a number; the last good checkpoint stays.
        KeyboardInterrupt: On Ctrl-C or SIGTERM, after a checkpoint was written.
    """
    settings, ranks, device = job.settings, job.ranks, job.ranks.device
    learner = Learner(job.model)
    state = State()
    if resume:
        weights = checkpoint.load_model(job.folder, "last", job.architecture)
        job.model.load_state_dict(weights)
    called = parallel.wrap(learner, ranks)
    optimizer = make_optimizer(job.model, settings, device)
    if resume:
        moments, saved = checkpoint.load_state(job.folder)
        parallel.load_optimizer(learner, optimizer, moments, ranks)
        state = State(**saved)
        if ranks.first:
            job.log.cut(state.step)
    dtype = pick_precision(settings.precision, device)
    scaler = torch.amp.GradScaler(device.type, enabled=dtype == torch.float16)
    if state.scale:
        scaler.load_state_dict(state.scale)

    batches = Batches(job.items, settings, state.step)
    clock = _Clock(state)
    loss_sum, loss_count = torch.zeros((), device=device), torch.zeros((), device=device)
    first_bad = torch.full((), -1, device=device, dtype=torch.long)
    reported, since = time.perf_counter(), (state.tokens, clock.seconds())
    logged = state.step
    measuring = 0.0

    def save(*, best: bool) -> None:
        model_state = parallel.full_state(job.model, ranks)
        moments = parallel.optimizer_state(learner, optimizer, ranks)
        if ranks.first:
            # A gradient can be no number where the loss still is one.
            if not all(bool(value.isfinite().all()) for value in model_state.values()):
                raise _ruined(job, state.step, "a weight")
            values = replace(state, scale=dict(scaler.state_dict())).__dict__
            checkpoint.save(
                job.folder, state.step, model_state, moments, values, job.architecture, best=best
            )
        parallel.wait(ranks)

    def look(*, reset: bool = True) -> float:
        """Read the mean loss since the last reset off the device; stop if it is no number."""
        nonlocal logged
        mine = torch.stack((loss_sum, loss_count, (first_bad >= 0).float()))
        total, count, bad = parallel.total(mine, ranks).tolist()
        if bad:  # on any process: all stop together
            raise _ruined(job, int(first_bad) if first_bad >= 0 else state.step, "the loss")
        if reset:
            loss_sum.zero_()
            loss_count.zero_()
            logged = state.step
        return total / max(count, 1)

    with _interruptible() as interrupted:
        while True:
            spent = parallel.agreed(clock.seconds(), ranks)
            done = share_done(settings, state.step, spent)
            stop = done >= 1 or bool(parallel.agreed(float(interrupted()), ranks))
            due = math.floor(done * settings.evaluations) > state.evaluated or stop
            if not settings.steps and not stop:
                # A short time budget goes into training: a quarter of it at most is measuring.
                due = bool(parallel.agreed(due and measuring < 0.25 * spent, ranks))
            if due and state.step > 0 and state.step > logged:
                training_loss = look()
                began = time.perf_counter()
                values, score = _evaluate(job, called, ranks)
                better = score > state.best
                state = replace(
                    state,
                    best=max(score, state.best),
                    waited=0 if better else state.waited + 1,
                    evaluated=math.floor(done * settings.evaluations),
                    seconds=clock.seconds(),
                    cpu_seconds=clock.cpu_seconds(),
                )
                save(best=better)
                if ranks.first:
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
                if settings.patience and state.waited >= settings.patience:
                    job.report(f"stopped early: no gain in {state.waited} evaluations")
                    return state
                since = (state.tokens, clock.seconds())
                measuring += time.perf_counter() - began
            if stop:
                if interrupted():
                    raise KeyboardInterrupt
                return state

            rate = learning_rate(settings, done)
            for group in optimizer.param_groups:
                group["lr"] = rate
            torch.manual_seed(_mix(settings.seed, state.step, ranks.rank))
            # Drawn before it is shared out: many processes ask what one would.
            rng = random.Random(_mix(settings.seed, state.step, -2))
            drawn = [job.draw(next(batches), rng) for _ in range(settings.accumulate)]
            parts = [collate(_share(items, ranks)) for items in drawn]
            counts = [int((part["targets"] != IGNORE).sum()) for part in parts]
            everything = torch.tensor(
                [sum(counts), sum(_tokens(part) for part in parts)], device=device
            )
            count, tokens = parallel.total(everything, ranks).tolist()
            called.train()
            for number, (part, part_count) in enumerate(zip(parts, counts, strict=True)):
                batch = to_device(part, device)
                last = number == len(parts) - 1
                with _sync(called, last), _autocast(device, dtype):
                    mean = called(lambda batch=batch: job.loss(job.model, batch))
                    # Every target counts the same, wherever batches are cut.
                    loss = mean * (part_count / max(count, 1)) * ranks.world
                    scaler.scale(loss).backward()
                loss_sum += mean.detach() * part_count
                loss_count += part_count
                finite = torch.isfinite(mean.detach())
                first_bad = torch.where(finite | (first_bad >= 0), first_bad, state.step + 1)
            if settings.clip:
                scaler.unscale_(optimizer)
                nn.utils.clip_grad_norm_(job.model.parameters(), settings.clip)
            scaler.step(optimizer)
            scaler.update()
            optimizer.zero_grad(set_to_none=True)
            state = replace(state, step=state.step + 1, tokens=state.tokens + int(tokens))
            if state.step % _WATCH_STEPS == 0:
                look(reset=False)
            if ranks.first and time.perf_counter() - reported > 0.5:
                reported = time.perf_counter()
                rate_now = (state.tokens - since[0]) / max(clock.seconds() - since[1], 1e-9)
                job.report(_progress(settings, state, clock.seconds(), rate_now), transient=True)


def _ruined(job: Job, step: int, what: str) -> BaselineError:
    """What to tell the user when training went wrong."""
    kept = checkpoint.read_index(job.folder).get("last", "")
    remedy = f"the checkpoint of step {int(kept[5:])} is kept" if kept else "no checkpoint is kept"
    return BaselineError(
        f"step {step}: {what} is no longer a number; {remedy}; lower training.learning_rate "
        f"(now {job.settings.learning_rate:g}) or set training.clip"
    )


def _evaluate(job: Job, called: nn.Module, ranks: Ranks) -> tuple[dict[str, float], float]:
    """Measure on the first process; under FSDP on all, since each holds a part of the weights."""
    values: dict[str, float] = {}
    score = 0.0
    if ranks.first or ranks.kind == "fsdp":
        job.model.eval()
        if ranks.world > 1 and ranks.kind == "fsdp":
            values, score = called(job.evaluate)
        else:
            values, score = job.evaluate()
    return values, parallel.agreed(score, ranks)


# ------------------------------------------------------------------------ the schedule


def share_done(settings: Training, step: int, seconds: float) -> float:
    """How much of the budget is spent, from 0 to 1; the tighter limit counts."""
    by_step = step / settings.steps if settings.steps else 0.0
    by_time = seconds / settings.seconds if settings.seconds else 0.0
    return min(1.0, max(by_step, by_time))


def learning_rate(settings: Training, done: float) -> float:
    """Rising linearly during the warm-up, then falling to a tenth along a cosine.

    Args:
        settings: `[training]`.
        done: Share of the budget that is spent.

    Reference:
        Loshchilov and Hutter (2017), SGDR, arXiv:1608.03983, equation 5.
    """
    if done < settings.warmup:
        # Not 0 in the very first step, which would be lost.
        return settings.learning_rate * max(done / settings.warmup, 0.01)
    rest = (done - settings.warmup) / (1 - settings.warmup)
    return settings.learning_rate * (0.1 + 0.45 * (1 + math.cos(math.pi * rest)))


def make_optimizer(
    model: nn.Module, settings: Training, device: torch.device
) -> torch.optim.Optimizer:
    """AdamW; matrices are decayed, biases and normalisations are not.

    Token vectors are decayed like other matrices: in most models here, they are the output layer,
    too.

    Reference:
        Loshchilov and Hutter (2019), arXiv:1711.05101.
    """
    decayed: list[Tensor] = []
    free: list[Tensor] = []
    for name, weight in model.named_parameters():
        if weight.requires_grad:
            # Transformer-XL has a bias per head: several rows, but a bias.
            (decayed if weight.dim() > 1 and not name.endswith("bias") else free).append(weight)
    groups = [
        {"params": decayed, "weight_decay": settings.weight_decay},
        {"params": free, "weight_decay": 0.0},
    ]
    fused = device.type in ("cpu", "cuda")
    return torch.optim.AdamW(
        [group for group in groups if group["params"]],
        lr=settings.learning_rate,
        betas=(0.9, 0.98),
        fused=fused,
    )


def pick_precision(name: str, device: torch.device) -> torch.dtype:
    """The type of matrix products; 16 bits where the device is fast with them.

    Raises:
        BaselineError: If the device cannot compute with it.
    """
    if name == "auto":
        good = device.type == "cuda" and torch.cuda.is_bf16_supported()
        return torch.bfloat16 if good else torch.float32
    if name == "float16" and device.type == "cpu":
        raise BaselineError(
            'training.precision is "float16", which this processor cannot train with; use "auto"'
        )
    return {"float32": torch.float32, "bfloat16": torch.bfloat16, "float16": torch.float16}[name]


class Batches:
    """Endless batches of item numbers that depend on the seed and the step alone.

    Within an epoch every item occurs once. Items of similar length share a batch, which saves
    padding, and batches come in random order.

    Args:
        items: What is learned from.
        settings: `[training]`: batch size, accumulation and seed.
        step: Steps that were done before.
    """

    def __init__(self, items: Sequence[Item], settings: Training, step: int = 0) -> None:
        self._items = items
        self._settings = settings
        self._per_epoch = math.ceil(len(items) / settings.batch_size)
        self._next = step * settings.accumulate
        self._epoch = -1
        self._order: list[list[int]] = []

    def __iter__(self) -> Iterator[list[Item]]:
        return self

    def __next__(self) -> list[Item]:
        epoch, place = divmod(self._next, self._per_epoch)
        if epoch != self._epoch:
            self._epoch, self._order = epoch, self._shuffle(epoch)
        self._next += 1
        return [self._items[number] for number in self._order[place]]

    def _shuffle(self, epoch: int) -> list[list[int]]:
        rng = random.Random(_mix(self._settings.seed, epoch, -1))
        numbers = list(range(len(self._items)))
        rng.shuffle(numbers)
        size = self._settings.batch_size
        pool = size * 16
        batches = []
        for start in range(0, len(numbers), pool):
            part = sorted(numbers[start : start + pool], key=lambda n: _length(self._items[n]))
            batches += [part[i : i + size] for i in range(0, len(part), size)]
        rng.shuffle(batches)
        return batches


def _length(item: Item) -> int:
    return sum(len(ids) for ids in item.values())


def _tokens(batch: Batch) -> int:
    """Tokens that are read, padding not counted."""
    read = int(batch["mask"].sum()) if "mask" in batch else 0
    return read + (int((batch["targets"] != IGNORE).sum()) if "inputs" in batch else 0)


def _mix(*numbers: int) -> int:
    """One seed from several numbers; close numbers give unrelated seeds."""
    return random.Random(repr(numbers)).getrandbits(63)


def _share(items: Sequence[Item], ranks: Ranks) -> list[Item]:
    """This process's items of a batch. One that has none repeats an item that counts nothing."""
    mine = list(items[ranks.rank :: ranks.world])
    if mine:
        return mine
    empty = dict(items[0])
    empty["targets"] = [IGNORE] * len(items[0]["targets"])
    return [empty]


@contextlib.contextmanager
def _sync(model: nn.Module, last: bool) -> Iterator[None]:
    """Processes exchange gradients once a step, with the last of the accumulated batches."""
    if last or not hasattr(model, "no_sync"):
        yield
    else:
        with model.no_sync():
            yield


def _autocast(device: torch.device, dtype: torch.dtype) -> contextlib.AbstractContextManager[Any]:
    if dtype == torch.float32:
        return contextlib.nullcontext()
    return torch.autocast(device.type, dtype)


class _Clock:
    """Time of this process on top of what the run took before."""

    def __init__(self, state: State) -> None:
        self._wall = time.perf_counter() - state.seconds
        self._cpu = time.process_time() - state.cpu_seconds

    def seconds(self) -> float:
        return time.perf_counter() - self._wall

    def cpu_seconds(self) -> float:
        return time.process_time() - self._cpu


@contextlib.contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Let a step finish after Ctrl-C or SIGTERM; a second Ctrl-C stops at once."""
    seen: list[int] = []

    def note(number: int, frame: object) -> None:
        if seen:
            raise KeyboardInterrupt
        seen.append(number)

    old: dict[int, Any] = {}
    with contextlib.suppress(ValueError):  # not in the main thread: signals are not ours
        for number in (signal.SIGINT, signal.SIGTERM):
            old[number] = signal.signal(number, note)
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)


def _progress(settings: Training, state: State, seconds: float, tokens_per_second: float) -> str:
    done = share_done(settings, state.step, seconds)
    left = seconds * (1 - done) / done if done else 0.0
    filled = int(done * 20)
    bar = "█" * filled + "·" * (20 - filled)
    minutes, rest = divmod(int(left + 0.5), 60)
    return (
        f"{bar} {done:4.0%} · step {state.step:,} · {tokens_per_second:,.0f} tokens/s · "
        f"{minutes}:{rest:02d} left"
    )
