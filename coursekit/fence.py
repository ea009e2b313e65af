"""A fence around each team: what one repository costs or breaks stays its own.

Teams are read in worker processes with limits of CPU time, time and memory. Python alone
cannot stop a pattern or a decoder that does not come back, so the system does: a worker
beyond a limit ends. Then whoever was being read with it is read again, alone, and who ends
a worker twice has no page but a card, and a line in the report.
"""

from __future__ import annotations

import contextlib
import faulthandler
import gc
import os
import sys
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

Job = TypeVar("Job")
Done = TypeVar("Done")


@dataclass(frozen=True, slots=True)
class Limits:
    """What reading one team may cost.

    Attributes:
        cpu_seconds: Of one core.
        seconds: On the clock.
        memory: Bytes on top of what the program itself has; held only on Linux.
    """

    cpu_seconds: int = 20
    seconds: int = 60
    memory: int = 1_500_000_000

    def __str__(self) -> str:
        return (
            f"{self.cpu_seconds} s of CPU time, {self.seconds} s and "
            f"{self.memory / 1e9:g} GB of memory"
        )


NORMAL = Limits()
# How many new objects there are before Python looks for circles among them.
_RARELY = (50_000, 20, 20)


@dataclass(frozen=True, slots=True)
class Broken(Generic[Job]):
    """A job that ended its worker, or raised what nobody expected."""

    job: Job
    reason: str


def run_fenced(
    work: Callable[[Job], Done],
    jobs: Sequence[Job],
    limits: Limits = NORMAL,
    again: Callable[[Job], Job] = lambda job: job,
    workers: int | None = None,
) -> Iterator[Done | Broken[Job]]:
    """Do some jobs in workers, and go on whatever becomes of one.

    Args:
        work: A function of a module; what it raises is its own job's end only.
        jobs: What it gets, one by one.
        limits: For each job.
        again: From a job in whose company a worker ended to its second try.
        workers: Jobs at a time; by default one per core.

    Yields:
        What `work` returned, or why it did not, in the order in which jobs end.
    """
    waiting = deque(jobs)
    suspects: list[Job] = []
    while waiting:
        yield from _run(work, waiting, suspects, limits, min(workers or _cores(), len(waiting)))
    for job in suspects:
        guilty: list[Job] = []
        yield from _run(work, deque([again(job)]), guilty, limits, 1)
        if guilty:
            yield Broken(job, f"cannot be read within {limits}")


def _run(
    work: Callable[[Job], Done],
    waiting: deque[Job],
    suspects: list[Job],
    limits: Limits,
    workers: int,
) -> Iterator[Done | Broken[Job]]:
    """Do what is waiting until a worker ends; those that it may have ended by are suspects."""
    # Loaded where there is something to do.
    import multiprocessing
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    # A fork starts in milliseconds with everything loaded; elsewhere it is not safe.
    kind = "fork" if sys.platform == "linux" else "spawn"
    context = multiprocessing.get_context(kind)
    running: dict[Future[Done], Job] = {}
    prepare = partial(_begin, work, limits)
    with ProcessPoolExecutor(workers, context, prepare) as pool:
        try:
            while waiting or running:
                # Only as many as there are workers: so few are suspected when one ends.
                while waiting and len(running) < workers:
                    running[pool.submit(_work, waiting[0])] = waiting[0]
                    waiting.popleft()
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    job = running.pop(future)
                    error = future.exception()
                    if isinstance(error, BrokenProcessPool):
                        suspects.append(job)
                    elif isinstance(error, Exception):
                        yield Broken(job, f"cannot be read ({_said(error)})")
                    else:
                        yield future.result()
                if suspects:
                    break
        except BrokenProcessPool:
            pass
    suspects.extend(running.values())


_held: list[tuple[Callable[[Any], Any], Limits]] = []


def _begin(work: Callable[[Any], Any], limits: Limits) -> None:
    """Prepare a worker."""
    _held[:] = [(work, limits)]
    threading.Thread(target=_end_with_parent, daemon=True).start()
    # What the parent has loaded stays, so looking through it again and again finds nothing.
    gc.freeze()
    gc.set_threshold(*_RARELY)
    if sys.platform == "linux":
        import resource

        _set_limit(resource.RLIMIT_AS, _size() + limits.memory)
        _set_limit(resource.RLIMIT_CORE, 0)


def _end_with_parent() -> None:
    """Who is killed cannot end its workers; these would wait for the next job for ever."""
    from multiprocessing import parent_process

    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _work(job: Any) -> Any:
    work, limits = _held[0]
    with Path(os.devnull).open("w", encoding="utf-8") as nowhere:
        # A thread of C ends the process then, also where Python does not come to its senses.
        faulthandler.dump_traceback_later(limits.seconds, exit=True, file=nowhere)
        if sys.platform != "win32":
            import resource

            used = resource.getrusage(resource.RUSAGE_SELF)
            spent = used.ru_utime + used.ru_stime
            _set_limit(resource.RLIMIT_CPU, int(spent) + 1 + limits.cpu_seconds)
        try:
            return work(job)
        finally:
            faulthandler.cancel_dump_traceback_later()


def _set_limit(kind: int, value: int) -> None:
    if sys.platform != "win32":
        import resource

        _, hard = resource.getrlimit(kind)
        with contextlib.suppress(ValueError, OSError):
            resource.setrlimit(kind, (min(value, hard) if hard >= 0 else value, hard))


def _size() -> int:
    """The bytes of address space that this process has."""
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[0]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


def _cores() -> int:
    if sys.platform == "linux":
        return max(1, len(os.sched_getaffinity(0)))
    return os.cpu_count() or 1


def _said(error: Exception) -> str:
    text = " ".join(str(error).split())[:200]
    return f"{type(error).__name__}: {text}" if text else type(error).__name__
