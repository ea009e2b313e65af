"""What a person watches while training: time, progress, and the way to stop it."""

import contextlib
import signal
import time
from collections.abc import Callable, Iterator
from typing import Any


class Clock:
    """Time of this process on top of what the run took before.

    Args:
        seconds: Wall-clock time so far.
        cpu_seconds: CPU time so far, all threads together.
    """

    def __init__(self, seconds: float = 0.0, cpu_seconds: float = 0.0) -> None:
        self._wall = time.perf_counter() - seconds
        self._cpu = time.process_time() - cpu_seconds
        self._measuring = 0.0

    def seconds(self) -> float:
        """Wall-clock time of the run."""
        return time.perf_counter() - self._wall

    def cpu_seconds(self) -> float:
        """CPU time of the run."""
        return time.process_time() - self._cpu

    @contextlib.contextmanager
    def measuring(self) -> Iterator[None]:
        """Count the time inside as time that was not spent on training."""
        began = time.perf_counter()
        yield
        self._measuring += time.perf_counter() - began

    def measured_too_much(self) -> bool:
        """Whether more than a quarter of the time went into evaluations."""
        return self._measuring >= 0.25 * self.seconds()


# Of the budget: before, what is left would be guessed from the first steps, which are slow.
_KNOWN = 0.02


class Progress:
    """One line that is overwritten: how far, how fast, how long still."""

    def __init__(self, report: Callable[..., None], clock: Clock, tokens: int) -> None:
        self._report, self._clock = report, clock
        self._shown = time.perf_counter()
        self._first: tuple[float, float] | None = None  # share done, and seconds, at the first line
        self.restart(tokens)

    def restart(self, tokens: int) -> None:
        """Measure the speed from here on."""
        self._since = tokens, self._clock.seconds()

    def show(self, done: float, step: int, tokens: int) -> None:
        """Show the line, twice a second at most.

        `done` is the share of the budget that is spent, after `step` steps and `tokens` tokens.
        """
        if time.perf_counter() - self._shown < 0.5:
            return
        self._shown = time.perf_counter()
        before, began = self._since
        seconds = self._clock.seconds()
        filled = int(done * 20)
        self._report(
            f"{'█' * filled}{'·' * (20 - filled)} {done:4.0%} · step {step:,} · "
            f"{(tokens - before) / max(seconds - began, 1e-9):,.0f} tokens/s{self._left(done)}",
            transient=True,
        )

    def _left(self, done: float) -> str:
        """How long still, from how long it took since the first line; nothing before that tells."""
        seconds = self._clock.seconds()
        self._first = self._first or (done, seconds)
        share = done - self._first[0]
        if share < _KNOWN:
            return ""
        left = int((seconds - self._first[1]) * (1 - done) / share + 0.5)
        hours, minutes = left // 3600, left // 60 % 60
        shown = f"{hours}:{minutes:02d}:{left % 60:02d}" if hours else f"{minutes}:{left % 60:02d}"
        return f" · {shown} left"


@contextlib.contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Let a step finish after Ctrl-C or SIGTERM; a second Ctrl-C stops at once."""
    seen: list[int] = []

    def note(number: int, frame: object) -> None:
        if seen:
            raise KeyboardInterrupt
        seen.append(number)

    old: dict[int, Any] = {}
    with contextlib.suppress(ValueError):  # not in the main thread: signals are not ours
        for kind in (signal.SIGINT, signal.SIGTERM):
            old[kind] = signal.signal(kind, note)
    try:
        yield lambda: bool(seen)
    finally:
        for number, handler in old.items():
            signal.signal(number, handler)
