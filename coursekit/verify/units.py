"""A unit of work: one run in one box, with its inputs packed by content. It can be sent anywhere.

What comes back is a file of its own, with a checksum, where units are run on other machines.
"""

from __future__ import annotations

import hashlib
import json
import math
import platform
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from threading import Event
from typing import Any

from coursekit.verify.box import Box
from coursekit.verify.dictation import Dictation, read_texts
from coursekit.verify.inside import MARK
from coursekit.verify.watch import Limits, Outcome
from litreview.errors import UserError

_MAX_SENTENCE = 240


@dataclass(frozen=True, slots=True)
class Unit:
    """What one box is given to do.

    Attributes:
        job: What `inside.py` reads; packs are named `SHA-256.tar` in it.
        limits: What it may use.
        foreign: Whether the code is a team's own, so that it needs a closed box.
        dictated: The pack of texts that stays outside of the box, and is dictated into it; see
            `dictation.py`.
    """

    job: Mapping[str, Any]
    limits: Limits
    foreign: bool = False
    dictated: str = ""

    @property
    def name(self) -> str:
        """The same for the same work."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()

    @property
    def packs(self) -> tuple[str, ...]:
        """The packs that it needs."""
        names = (self.job["code"], *self.job["packs"], *([self.dictated] if self.dictated else []))
        return tuple(dict.fromkeys(name.removesuffix(".tar") for name in names))

    def to_json(self) -> str:
        """The unit as text."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Unit:
        """The unit that `to_json` wrote."""
        content = json.loads(text)
        return cls(
            content["job"],
            Limits(**content["limits"]),
            bool(content["foreign"]),
            str(content.get("dictated", "")),
        )


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of a unit.

    Attributes:
        found: What `inside.py` returned; empty where it failed.
        failed: Why it did, in one line; empty where it did not.
        seconds: How long it took.
        cpu_seconds: What it used.
        machine: Where it ran.
    """

    found: Mapping[str, Any]
    failed: str
    seconds: float
    cpu_seconds: float
    machine: str

    def to_json(self) -> str:
        """The answer as text."""
        return json.dumps(asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Answer:
        """The answer that `to_json` wrote."""
        return cls(**json.loads(text))


def run_unit(
    unit: Unit, pack: Callable[[str], Path], box: Box, stop: Event | None = None
) -> Answer:
    """Run a unit in a box.

    Args:
        unit: The work.
        pack: Says where a pack lies.
        box: Where it runs.
        stop: Set to end it from another thread.

    Raises:
        UserError: If the code is a team's own and the box is none.
    """
    if unit.foreign and not box.closed:
        raise UserError("a team's own code runs in a closed box only; this machine can make none")
    with tempfile.TemporaryDirectory(prefix="coursekit-job-") as folder:
        job = Path(folder) / "job.json"
        job.write_text(json.dumps(unit.job), encoding="utf-8")
        Path(folder).chmod(0o755)
        files = {f"{name}.tar": pack(name) for name in unit.packs if name != unit.dictated}
        dictation = Dictation(read_texts(pack(unit.dictated))) if unit.dictated else None
        outcome = box.run(
            {"job.json": job, **files},
            unit.limits,
            stop,
            dictation,
            sealed=bool(unit.job.get("sealed")),
        )
    answer = read_answer(outcome)
    if dictation is None or answer.failed:
        return answer
    if not dictation.is_complete:
        return replace(answer, found={}, failed="ended before the texts did")
    return replace(answer, found={**answer.found, "dictation": dictation.found()})


def read_answer(outcome: Outcome) -> Answer:
    """What a box printed, or why it printed nothing that can be used."""
    machine = f"{platform.system()} {platform.machine()}"
    _, found, text = outcome.output.rpartition(f"\n{MARK}".encode())
    content: Any = None
    if found:
        try:
            content = json.loads(text)
        except (ValueError, RecursionError):
            content = None
    failed = outcome.stopped
    if not failed and not isinstance(content, dict):
        failed = f"ended with code {outcome.code}: {last_line(outcome.errors)}"
    elif not failed and content.get("failed"):
        failed = f"{content['failed']}: {last_line(outcome.errors)}"
    told = content.get("cpu_seconds") if isinstance(content, dict) else 0
    if not isinstance(told, int | float) or not math.isfinite(told) or told < 0:
        told = 0.0
    used = max(outcome.cpu_seconds, min(told, outcome.seconds * 1024))
    return Answer({} if failed else content, failed[:_MAX_SENTENCE], round(outcome.seconds, 2),
                  round(used, 3), machine)  # fmt: skip


def last_line(errors: str) -> str:
    """The line that says what went wrong, in letters that may be printed anywhere."""
    lines = [line.strip() for line in errors.splitlines() if line.strip()]
    telling = [line for line in lines if line.startswith("error: ")] or lines or ["it said nothing"]
    return "".join(c if c.isprintable() else "?" for c in telling[-1].removeprefix("error: "))
