"""Where units are run: here, on a Ray cluster, or by Slurm; and how claims are taken through.

Scheduling, retrying and placing are the cluster's business. Here, as many claims are worked on as
there are cores; on a cluster of Ray twice as many as it has; Slurm is given one array of jobs for
each round of questions.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from typing import Protocol, TypeVar

from coursekit.verify.box import Box
from coursekit.verify.units import Answer, Unit, run_unit

T = TypeVar("T")
R = TypeVar("R")
# Asks for units, is sent their answers, and returns what came of them.
Asking = Generator[list[Unit], list[Answer], R]
# A claim that is being worked on, whatever the caller calls it.
Named = tuple[T, Asking[R]]


class InterruptedWork(Exception):
    """Nothing more is run, because the call was interrupted."""


class Runner(Protocol):
    """Runs units somewhere."""

    @property
    def parallel(self) -> int:
        """How many claims are worked on at a time; 0 where all are asked at once."""
        ...

    def run(self, units: Sequence[Unit]) -> list[Answer]:
        """Run units and return the answers in their order; several threads may ask."""
        ...

    def close(self) -> None:
        """Leave nothing behind that runs."""
        ...


@dataclass(frozen=True, slots=True)
class Here:
    """Processes on this machine.

    Attributes:
        box: Where they run.
        pack: Says where a pack lies.
        jobs: How many at a time; one for each core by default.
        stopping: Set where all of it is to end.
    """

    box: Box
    pack: Callable[[str], Path]
    jobs: int = 0
    stopping: Event = field(default_factory=Event)

    @property
    def parallel(self) -> int:
        """One for each core."""
        return self.jobs or len(os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity")
                                else range(os.cpu_count() or 1))  # fmt: skip

    def run(self, units: Sequence[Unit]) -> list[Answer]:
        """One after the other: other threads work on other claims."""
        answers = []
        for unit in units:
            if self.stopping.is_set():
                raise InterruptedWork
            answers.append(run_unit(unit, self.pack, self.box, self.stopping))
        return answers

    def close(self) -> None:
        """End what is still running."""
        self.stopping.set()


def drive(works: Iterable[Named[T, R]], runner: Runner) -> Iterator[tuple[T, R]]:
    """Take claims through, and yield what was found as soon as it is.

    Args:
        works: The claims; taken only when there is room to work on them.
        runner: Where their units are run.
    """
    if runner.parallel == 0:
        yield from _in_rounds(works, runner)
        return
    waiting: dict[Future[R], T] = {}
    pool = ThreadPoolExecutor(runner.parallel)
    try:
        for name, work in works:
            waiting[pool.submit(_through, work, runner)] = name
            while len(waiting) >= runner.parallel:
                yield from _done(waiting)
        while waiting:
            yield from _done(waiting)
    except BaseException:
        runner.close()  # what is running is not waited for
        raise
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _done(waiting: dict[Future[R], T]) -> Iterator[tuple[T, R]]:
    for future in wait(waiting, return_when=FIRST_COMPLETED).done:
        yield waiting.pop(future), future.result()


def _through(work: Asking[R], runner: Runner) -> R:
    try:
        units = next(work)
        while True:
            units = work.send(runner.run(units))
    except StopIteration as end:
        found: R = end.value
        return found


def _in_rounds(works: Iterable[Named[T, R]], runner: Runner) -> Iterator[tuple[T, R]]:
    """Ask the next question of all claims at once, until none has any."""
    open_works = [(name, work, list[Answer]()) for name, work in works]
    first = True
    while open_works:
        asked: list[tuple[T, Asking[R], list[Unit]]] = []
        for name, work, answers in open_works:
            try:
                asked.append((name, work, next(work) if first else work.send(answers)))
            except StopIteration as end:
                yield name, end.value
        first = False
        every = runner.run([unit for _, _, units in asked for unit in units]) if asked else []
        answered = iter(every)
        open_works = [(name, work, [next(answered) for _ in units]) for name, work, units in asked]
