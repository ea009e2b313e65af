"""Run a program within limits that the kernel does not keep for a group of processes.

Time, processes, memory and CPU time of all of them together, and what they print, are looked at
ten times a second; what is over a limit is ended, with all that it started.

Reference: proc(5).
"""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Protocol

from litreview.errors import UserError

INTERRUPTED = "was interrupted"
_LAST_ERRORS = 4_000
# How often the processes are looked at.
_WATCH_SECONDS = 0.1


@dataclass(frozen=True, slots=True)
class Limits:
    """What a program in a box may use.

    Attributes:
        cpu_seconds: Of all its processes together.
        seconds: From start to end.
        memory_bytes: Of all its processes together, without files.
        disk_bytes: All files that it writes; they lie in memory.
        processes: At a time, threads counted.
        output_bytes: What it prints.
    """

    cpu_seconds: float = 600.0
    seconds: float = 1200.0
    memory_bytes: int = 4_000_000_000
    disk_bytes: int = 1_000_000_000
    processes: int = 64
    output_bytes: int = 50_000_000


@dataclass(frozen=True, slots=True)
class Outcome:
    """How a program ended.

    Attributes:
        code: Its exit code; negative for a signal.
        output: What it printed.
        errors: The end of what it wrote on standard error.
        stopped: The limit that ended it; empty for none.
        seconds: How long it took.
        cpu_seconds: What it used, with all its processes.
    """

    code: int
    output: bytes
    errors: str
    stopped: str
    seconds: float
    cpu_seconds: float


class Listener(Protocol):
    """Hears what a program prints, and answers on its standard input."""

    def hear(self, data: bytes, used: Callable[[], float]) -> tuple[bytes, bytes]:
        """Take what was printed.

        Args:
            data: The next bytes.
            used: Asks for the CPU-seconds that the program has used.

        Returns:
            What to tell the program, and what of the bytes is ordinary output.

        Raises:
            UserError: If the program is to be ended; the sentence says why.
        """
        ...


def run_watched(
    command: Sequence[str],
    limits: Limits,
    *,
    folder: Path,
    environment: Mapping[str, str],
    stop: Event | None = None,
    apart: Path | None = None,
    listener: Listener | None = None,
) -> Outcome:
    """Start a program, read what it prints, and end it when it uses too much.

    Args:
        command: The program and its arguments.
        limits: What may be used.
        folder: Where it starts.
        environment: All its variables.
        stop: Set to end the program from another thread.
        apart: A file in which the program writes the number of a process that works for it but
            is not below it, as a container is not: what that uses counts, too.
        listener: Talks with the program; without one, its standard input is empty.
    """
    started = time.monotonic()
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE if listener else subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(environment), cwd=folder,
        start_new_session=True,
    )  # fmt: skip
    watch = _Watch(process, limits, started, stop or Event(), apart, listener)
    try:
        watch.read()
        return watch.end()
    finally:
        watch.kill()
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


class _Watch:
    """What is known of a running box."""

    def __init__(
        self,
        process: subprocess.Popen[bytes],
        limits: Limits,
        started: float,
        stop: Event,
        apart: Path | None,
        listener: Listener | None,
    ) -> None:
        self.process = process
        self.limits = limits
        self.started = started
        self.stop = stop
        self.apart = apart
        self.listener = listener
        self.output = bytearray()
        self.errors = bytearray()
        self.stopped = ""
        self.seen = Usage()
        self.cpu_seconds = 0.0

    def read(self) -> None:
        """Read until both streams end, or a limit is reached."""
        streams = [s for s in (self.process.stdout, self.process.stderr) if s is not None]
        looked = self.started
        if self.process.stdin is not None:
            os.set_blocking(self.process.stdin.fileno(), False)
        with selectors.DefaultSelector() as selector:
            for stream in streams:
                os.set_blocking(stream.fileno(), False)
                selector.register(stream, selectors.EVENT_READ)
            while selector.get_map() and not self.stopped:
                for key, _ in selector.select(_WATCH_SECONDS):
                    data = os.read(key.fd, 1 << 16)
                    if not data:
                        selector.unregister(key.fileobj)
                    elif key.fileobj is self.process.stdout:
                        self._keep(data)
                    else:
                        self.errors += data
                        del self.errors[:-_LAST_ERRORS]
                now = time.monotonic()
                if now - looked >= _WATCH_SECONDS:
                    looked = now
                    self.stopped = self.stopped or self._exceeded(now)

    def _keep(self, data: bytes) -> None:
        if self.listener is not None:
            try:
                told, data = self.listener.hear(data, self._used)
                self._tell(told)
            except UserError as error:
                self.stopped = str(error)
        self.output += data
        if len(self.output) > self.limits.output_bytes:
            self.stopped = f"printed more than {self.limits.output_bytes / 1e6:g} MB"

    def _used(self) -> float:
        return self._usage().cpu_seconds

    def _tell(self, data: bytes) -> None:
        """Write to a program that reads, and wait for none that does not."""
        if data and self.process.stdin is not None:
            try:
                written = os.write(self.process.stdin.fileno(), data)
            except BlockingIOError:
                written = 0
            except OSError:  # it has closed its input, or ended: its last words say more
                return
            if written < len(data):
                self.stopped = "did not read what it was told"

    def _exceeded(self, now: float) -> str:
        limits = self.limits
        if self.stop.is_set():
            return INTERRUPTED
        if now - self.started > limits.seconds:
            return f"took longer than {limits.seconds:g} s"
        found = self._usage()
        # A container's processes are gone before the program that waits for it.
        self.seen = found if found.cpu_seconds >= self.seen.cpu_seconds else self.seen
        if found.threads > limits.processes + 2:  # bubblewrap itself is two
            return f"had more than {limits.processes} processes"
        if found.memory_bytes > limits.memory_bytes:
            return f"needed more than {limits.memory_bytes / 1e9:g} GB of memory"
        if found.cpu_seconds > limits.cpu_seconds:
            return self._too_much_cpu()
        return ""

    def _usage(self) -> Usage:
        if self.apart is None:
            return usage(self.process.pid)
        try:
            return usage(int(self.apart.read_text("ascii")))
        except (OSError, ValueError):
            return Usage()  # not begun yet, or on the other side of a virtual machine

    def _too_much_cpu(self) -> str:
        return f"used more than {self.limits.cpu_seconds:g} CPU-seconds"

    def end(self) -> Outcome:
        """Wait for the end, or bring it about."""
        # Whoever closes both streams and stays is watched all the same.
        while not self.stopped and not self._has_ended():
            time.sleep(_WATCH_SECONDS)
            self.stopped = self._exceeded(time.monotonic())
        self.kill()
        code = self.process.returncode or 0
        if not self.stopped and code in (-signal.SIGXCPU, 128 + signal.SIGXCPU):
            self.stopped = self._too_much_cpu()
        return Outcome(
            code,
            bytes(self.output[: self.limits.output_bytes]),
            self.errors.decode("utf-8", "replace"),
            self.stopped,
            time.monotonic() - self.started,
            max(self.cpu_seconds, self.seen.cpu_seconds),
        )

    def kill(self) -> None:
        """End everything in the box: with its first process, the kernel ends all others."""
        if self.process.returncode is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self._has_ended(wait=True)

    def _has_ended(self, *, wait: bool = False) -> bool:
        """Whether the program has ended; what it and all that it waited for used is kept."""
        if self.process.returncode is None:
            pid, status, used = os.wait4(self.process.pid, 0 if wait else os.WNOHANG)
            if pid == 0:
                return False
            self.process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu_seconds = used.ru_utime + used.ru_stime
        return True


@dataclass(frozen=True, slots=True)
class Usage:
    """What a process and all below it use at a moment."""

    threads: int = 0
    memory_bytes: int = 0
    cpu_seconds: float = 0.0


def usage(pid: int) -> Usage:
    """Add up a process and all below it; what has gone meanwhile counts nothing."""
    page, tick = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
    waiting, threads, memory, ticks = [pid], 0, 0, 0
    while waiting and threads < 100_000:
        folder = Path("/proc", str(waiting.pop()))
        with contextlib.suppress(OSError, ValueError, IndexError):
            fields = (folder / "stat").read_text("utf-8", "replace").rpartition(")")[2].split()
            threads += int(fields[17])
            ticks += sum(int(fields[n]) for n in (11, 12, 13, 14))
            pages = (folder / "statm").read_text("ascii").split()
            memory += (int(pages[1]) - int(pages[2])) * page
            for task in (folder / "task").iterdir():
                waiting += [int(n) for n in (task / "children").read_text("ascii").split()]
    return Usage(threads, memory, ticks / tick)
