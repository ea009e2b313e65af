"""Run units on a Ray cluster: placing them and asking again when a machine is lost is Ray's work.

Packs travel as bytes, each once; a unit runs in the box of the machine that it comes to.

Reference: https://docs.ray.io/en/latest/ray-core/fault_tolerance/tasks.html
"""

from __future__ import annotations

import logging
import tempfile
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from coursekit.verify.box import Box
from coursekit.verify.packs import Store, check
from coursekit.verify.units import Answer, Unit, run_unit
from litreview.errors import UserError

# A machine that is lost costs a unit its place; it is tried anew so many times.
RETRIES = 5


class RayCluster:
    """A cluster of Ray, which is joined, or started on this machine.

    Args:
        box: The box of every machine.
        store: Where packs lie here.
        address: Of the cluster's head; empty for one of this machine's own.

    Raises:
        UserError: If Ray is not installed, or there is no such cluster.
    """

    def __init__(self, box: Box, store: Store, address: str = "") -> None:
        try:
            import ray
        except ImportError as error:
            raise UserError(
                "--on ray needs Ray, which is not installed; run: pip install 'coursekit[cluster]'"
            ) from error
        self._ray = ray
        self.box = box
        self.store = store
        self._sent: dict[str, Any] = {}
        self._sending = threading.Lock()
        self._started = not ray.is_initialized()
        if self._started:
            try:
                ray.init(
                    address=address or None, log_to_driver=False, logging_level=logging.ERROR,
                    include_dashboard=None if address else False,
                )  # fmt: skip
            except (ConnectionError, RuntimeError, ValueError) as error:
                reason = str(error).strip().splitlines()[0][:200]
                raise UserError(f"--on ray:{address}: cannot be joined ({reason})") from error
        self._task = ray.remote(num_cpus=1, max_retries=RETRIES)(_run_there)

    @property
    def parallel(self) -> int:
        """Twice as many claims as there are cores, so that none of them waits for questions."""
        known: Any = self._ray
        return max(2, 2 * int(known.cluster_resources().get("CPU", 1)))

    def run(self, units: Sequence[Unit]) -> list[Answer]:
        """Send units, and wait for their answers."""
        asked = [
            self._task.remote(
                unit.to_json(), self.box, list(unit.packs), *[self._send(n) for n in unit.packs]
            )
            for unit in units
        ]
        try:
            return [Answer.from_json(text) for text in self._ray.get(asked)]
        except self._ray.exceptions.RayError as error:
            reason = str(error).strip().splitlines()[-1][:200]
            raise UserError(
                f"a unit failed on the cluster, also when it was tried anew ({reason}); "
                "run the command again to go on"
            ) from error

    def _send(self, name: str) -> Any:
        """A pack in the cluster's own store; each is put there once."""
        with self._sending:
            if name not in self._sent:
                self._sent[name] = self._ray.put(self.store.read(name))
            return self._sent[name]

    def close(self) -> None:
        """Leave the cluster, and stop it where it was started here."""
        self._sent.clear()
        if self._started:
            self._ray.shutdown()


def _run_there(text: str, box: Box, names: Sequence[str], *packs: bytes) -> str:
    """On a machine of the cluster: check the packs, run the unit."""
    with tempfile.TemporaryDirectory(prefix="coursekit-packs-") as folder:
        Path(folder).chmod(0o755)
        for name, data in zip(names, packs, strict=True):
            check(name, data)
            (Path(folder) / f"{name}.tar").write_bytes(data)
        return run_unit(Unit.from_json(text), Store(Path(folder)).path, box).to_json()
