"""One process or many: what changes under torchrun.

    torchrun --nproc-per-node 2 -m baseline train
    accelerate launch --multi_gpu --num_processes 2 -m baseline train

Both tell each process its rank through the environment. Every batch is shared out, gradients
are averaged (DDP) or weights are cut up as well (FSDP), and the result is that of one process
with the same batch size.
"""

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.optim import Optimizer

from baseline.errors import BaselineError


@dataclass(frozen=True)
class Ranks:
    """This process among all of them."""

    rank: int  # its number; 0 writes files and talks
    world: int  # how many there are
    device: torch.device  # where it computes
    kind: str = "ddp"  # "ddp" or "fsdp"; without meaning for one process

    @property
    def first(self) -> bool:
        """Whether this process writes files and talks."""
        return self.rank == 0


def pick_device(name: str) -> torch.device:
    """The device called `name`; "auto" takes CUDA, then MPS, then the processor."""
    if name == "auto":
        if torch.cuda.is_available():
            return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        return torch.device("mps" if torch.backends.mps.is_available() else "cpu")
    if name == "cuda" and not torch.cuda.is_available():
        raise BaselineError('training.device is "cuda", but torch sees no GPU; use "cpu" or "auto"')
    if name == "mps" and not torch.backends.mps.is_available():
        raise BaselineError('training.device is "mps", but this is no such Mac; use "auto"')
    if name == "cuda":
        return torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
    return torch.device(name)


def pick_threads(wanted: int) -> int:
    """How many threads to compute with: `wanted`, or as many processors as are idle if 0.

    Threads that wait for a busy processor make a small model several times slower.
    """
    if wanted:
        return wanted
    usual = torch.get_num_threads()
    if "OMP_NUM_THREADS" in os.environ or not hasattr(os, "getloadavg"):
        return usual
    busy = os.getloadavg()[0]
    return max(1, min(usual, round((os.cpu_count() or 1) - busy)))


@contextlib.contextmanager
def ranks(device_name: str, kind: str) -> Iterator[Ranks]:
    """Join the other processes, if torchrun started any, and leave them at the end."""
    device = pick_device(device_name)
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Ranks(0, 1, device)
        return
    import torch.distributed as dist

    if device.type == "cuda":
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo")
    try:
        yield Ranks(dist.get_rank(), world, device, kind)
    finally:
        dist.destroy_process_group()


def wrap(model: nn.Module, ranks: Ranks) -> nn.Module:
    """The model as it has to be called in training."""
    if ranks.world == 1:
        return model
    if ranks.kind == "fsdp":
        from torch.distributed.device_mesh import init_device_mesh
        from torch.distributed.fsdp import fully_shard

        mesh = init_device_mesh(ranks.device.type, (ranks.world,))
        fully_shard(model, mesh=mesh)  # in place
        return model
    from torch.nn.parallel import DistributedDataParallel

    devices = [ranks.device] if ranks.device.type == "cuda" else None
    return DistributedDataParallel(model, device_ids=devices)


def total(values: Tensor, ranks: Ranks) -> Tensor:
    """The sum over all processes."""
    if ranks.world > 1:
        import torch.distributed as dist

        values = values.clone()
        dist.all_reduce(values)
    return values


def agreed(value: float, ranks: Ranks) -> float:
    """The first process's value, so that all take the same decision."""
    if ranks.world == 1:
        return value
    import torch.distributed as dist

    # NCCL sends from GPUs only; float32 is what MPS has.
    box = torch.tensor([value], dtype=torch.float32, device=ranks.device)
    dist.broadcast(box, src=0)
    return float(box)


def wait(ranks: Ranks) -> None:
    """Let no process go on before all are here."""
    if ranks.world > 1:
        import torch.distributed as dist

        dist.barrier()


def full_state(model: nn.Module, ranks: Ranks) -> dict[str, Tensor]:
    """All weights, put together from the processes where they were cut up."""
    if ranks.world == 1 or ranks.kind == "ddp":
        return dict(model.state_dict())
    from torch.distributed.checkpoint.state_dict import StateDictOptions, get_model_state_dict

    options = StateDictOptions(full_state_dict=True, cpu_offload=True)
    found: dict[str, Any] = get_model_state_dict(model, options=options)
    return found


def optimizer_state(
    model: nn.Module, optimizers: Sequence[Optimizer], ranks: Ranks
) -> dict[str, Any]:
    """The optimizers' states as one, put together from the processes where they were cut up."""
    if ranks.world > 1 and ranks.kind == "fsdp":
        from torch.distributed.checkpoint.state_dict import (
            StateDictOptions,
            get_optimizer_state_dict,
        )

        options = StateDictOptions(full_state_dict=True, cpu_offload=True)
        return dict(get_optimizer_state_dict(model, list(optimizers), options=options))
    states = [optimizer.state_dict() for optimizer in optimizers]
    return {
        "state": {
            f"{number}.{weight}": moments
            for number, state in enumerate(states)
            for weight, moments in state["state"].items()
        },
        "param_groups": [
            {**group, "optimizer": number}
            for number, state in enumerate(states)
            for group in state["param_groups"]
        ],
    }


def load_optimizer(
    model: nn.Module, optimizers: Sequence[Optimizer], saved: dict[str, Any], ranks: Ranks
) -> None:
    """Give optimizers the state that `optimizer_state` returned."""
    if ranks.world > 1 and ranks.kind == "fsdp":
        from torch.distributed.checkpoint.state_dict import (
            StateDictOptions,
            set_optimizer_state_dict,
        )

        options = StateDictOptions(full_state_dict=True)
        set_optimizer_state_dict(model, list(optimizers), saved, options=options)
        return
    for number, optimizer in enumerate(optimizers):
        groups = [group for group in saved["param_groups"] if group["optimizer"] == number]
        moments = {}
        for key, values in saved["state"].items():
            of, _, weight = key.partition(".")
            if of == str(number):
                moments[int(weight)] = values
        optimizer.load_state_dict({"state": moments, "param_groups": groups})
