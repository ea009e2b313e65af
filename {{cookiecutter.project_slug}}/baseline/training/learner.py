"""One optimizer step, and everything that it changes: weights, moments, and the running loss."""

import contextlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from baseline.config import Training
from baseline.errors import BaselineError
from baseline.tasks.objectives.base import Batch, to_device
from baseline.training import checkpoint, parallel
from baseline.training.batches import count_targets, count_tokens
from baseline.training.optimizers import make_optimizers, pick_precision, set_rates
from baseline.training.parallel import Ranks


class Wrapped(nn.Module):
    """Runs any work on a model inside one `forward`, as DDP and FSDP need it."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, work: Callable[[], Any]) -> Any:
        """Do the work, and return what it returns."""
        return work()


class Learner:
    """A model and its optimizers."""

    def __init__(
        self,
        model: nn.Module,  # on its device
        loss: Callable[[nn.Module, Batch], Tensor],  # mean loss of a batch
        settings: Training,  # `[training]`
        ranks: Ranks,  # this process among all
    ) -> None:
        self.model, self.loss, self.settings, self.ranks = model, loss, settings, ranks
        self._whole = Wrapped(model)
        self._called = parallel.wrap(self._whole, ranks)
        self._optimizers = make_optimizers(model, settings, ranks)
        self._dtype = pick_precision(settings.precision, ranks.device)
        needed = self._dtype == torch.float16
        self._scaler = torch.amp.GradScaler(ranks.device.type, enabled=needed)
        # Sums since the last evaluation stay on the device: reading them makes a GPU wait.
        self._loss_sum = torch.zeros((), device=ranks.device)
        self._loss_count = torch.zeros((), device=ranks.device)
        self._steps = 0
        self._first_bad = torch.full((), -1, device=ranks.device, dtype=torch.long)

    def step(self, parts: Sequence[Batch], rate: float) -> int:
        """Learn from batches whose gradients are added up; every target counts the same.

        Args:
            parts: Batches, not yet on the device.
            rate: Share of the highest learning rate.

        Returns:
            How many tokens all processes read.
        """
        self._steps += 1
        set_rates(self._optimizers, rate)
        counts = [count_targets(part) for part in parts]
        read = sum(count_tokens(part) for part in parts)
        everything = torch.tensor([sum(counts), read], device=self.ranks.device)
        count, tokens = parallel.total(everything, self.ranks).tolist()
        self._called.train()
        for number, (part, part_count) in enumerate(zip(parts, counts, strict=True), start=1):
            batch = to_device(part, self.ranks.device)
            with self._synchronised(last=number == len(parts)), self._autocast():
                mean = self._called(lambda batch=batch: self.loss(self.model, batch))
                # The mean of all processes' targets, wherever batches are cut.
                share = part_count / max(count, 1) * self.ranks.world
                self._scaler.scale(mean * share).backward()
            self._note(mean.detach(), part_count)
        for optimizer in self._optimizers:
            self._scaler.unscale_(optimizer)
        if self.settings.clip:
            nn.utils.clip_grad_norm_(self.model.parameters(), self.settings.clip)
        for optimizer in self._optimizers:
            self._scaler.step(optimizer)
            optimizer.zero_grad(set_to_none=True)
        self._scaler.update()
        return int(tokens)

    def _note(self, mean: Tensor, count: int) -> None:
        """Add a batch's loss to the running sums."""
        self._loss_sum += mean * count
        self._loss_count += count
        fine = torch.isfinite(mean) | (self._first_bad >= 0)
        self._first_bad = torch.where(fine, self._first_bad, self._steps)

    def mean_loss(self, step: int, folder: Path, *, reset: bool = False) -> float:
        """The mean loss since the last reset.

        Args:
            reset: Begin new sums.
        """
        mine = torch.stack((self._loss_sum, self._loss_count, (self._first_bad >= 0).float()))
        total, count, ruined = parallel.total(mine, self.ranks).tolist()
        if ruined:  # on any process: all stop together
            bad = int(self._first_bad)
            raise self._ruined(step - self._steps + bad if bad >= 0 else step, "the loss", folder)
        if reset:
            self._loss_sum.zero_()
            self._loss_count.zero_()
        return float(total / max(count, 1))

    def evaluate(
        self, work: Callable[[], tuple[dict[str, float], float]]
    ) -> tuple[dict[str, float], float]:
        """Measure on the first process; under FSDP on all, since each holds a part of the weights.

        Returns:
            Values by name, and a score that all processes agree on; larger is better.
        """
        values: dict[str, float] = {}
        score = 0.0
        cut_up = self.ranks.world > 1 and self.ranks.kind == "fsdp"
        if self.ranks.first or cut_up:
            self.model.eval()
            values, score = self._called(work) if cut_up else work()
        return values, parallel.agreed(score, self.ranks)

    def save(
        self,
        folder: Path,
        state: Mapping[str, Any],
        architecture: Mapping[str, object],
        *,
        best: bool,
    ) -> None:
        """Write a checkpoint; see `checkpoint.save`."""
        weights = parallel.full_state(self.model, self.ranks)
        moments = parallel.optimizer_state(self._whole, self._optimizers, self.ranks)
        if self.ranks.first:
            # A gradient can be no number where the loss still is one.
            if not all(bool(value.isfinite().all()) for value in weights.values()):
                raise self._ruined(state["step"], "a weight", folder)
            values = {**state, "scale": dict(self._scaler.state_dict())}
            step = int(state["step"])
            checkpoint.save(folder, step, weights, moments, values, architecture, best=best)
        parallel.wait(self.ranks)

    def load(self, folder: Path) -> dict[str, Any]:
        """Take the moments of the last checkpoint, and return where training stood.

        The weights have to be there already: they are cut up as soon as the model is wrapped.
        """
        moments, state = checkpoint.load_state(folder)
        parallel.load_optimizer(self._whole, self._optimizers, moments, self.ranks)
        if state.get("scale"):
            self._scaler.load_state_dict(state["scale"])
        return state

    def _ruined(self, step: int, what: str, folder: Path) -> BaselineError:
        """What to tell the user when training went wrong."""
        kept = checkpoint.read_index(folder).get("last", "")
        remedy = (
            f"the checkpoint of step {int(kept[5:])} is kept" if kept else "no checkpoint is kept"
        )
        return BaselineError(
            f"step {step}: {what} is no longer a number; {remedy}; lower training.learning_rate "
            f"(now {self.settings.learning_rate:g}) or set training.clip"
        )

    @contextlib.contextmanager
    def _synchronised(self, *, last: bool) -> Iterator[None]:
        """Processes exchange gradients once a step, with the last of the added batches."""
        no_sync: Any = getattr(self._called, "no_sync", None)
        with contextlib.nullcontext() if last or no_sync is None else no_sync():
            yield

    def _autocast(self) -> contextlib.AbstractContextManager[Any]:
        if self._dtype == torch.float32:
            return contextlib.nullcontext()
        return torch.autocast(self.ranks.device.type, self._dtype)
