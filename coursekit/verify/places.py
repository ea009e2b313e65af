"""Which machines units are run on, by the name that the command line has for them."""

from __future__ import annotations

from coursekit.verify.box import Box
from coursekit.verify.packs import Store
from coursekit.verify.queue import Here, Runner
from coursekit.verify.ray_cluster import RayCluster
from coursekit.verify.slurm import Slurm
from litreview.errors import UserError


def open_place(name: str, box: Box, store: Store, jobs: int = 0) -> Runner:
    """Make ready to run units.

    Args:
        name: `here`, `ray`, `ray:ADDRESS` or `slurm`.
        box: The box that each of them runs in.
        store: Where their inputs are kept.
        jobs: How many at a time, here; one for each core by default.

    Raises:
        UserError: If there is no such place, or it cannot be reached.
    """
    kind, _, address = name.partition(":")
    if name == "here":
        return Here(box, store.path, jobs)
    if kind == "ray":
        return RayCluster(box, store, address)
    if name == "slurm":
        return Slurm(box, store, store.folder.parent / "slurm")
    raise UserError(f"--on is {name!r}; choose here, ray, ray:ADDRESS or slurm")
