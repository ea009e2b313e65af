"""What both command lines share: exit codes, progress and machine-readable output."""

from __future__ import annotations

import contextlib
import gc
import io
import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from litreview.errors import UserError

if TYPE_CHECKING:
    from rich.progress import Progress

EXIT_FINDINGS = 1
EXIT_USER_ERROR = 2
EXIT_INTERRUPTED = 130

json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Say what would be done, and write nothing."
)

format_option = click.option(
    "--format",
    "output",
    type=click.Choice(["text", "github", "junit"]),
    default="text",
    show_default=True,
    help="For people, as annotations in a GitHub workflow, or as JUnit XML.",
)


def cache_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--offline` and `--refresh`, for every command that asks a service."""
    offline = click.option("--offline", is_flag=True, help="Answer from the cache only.")
    refresh = click.option(
        "--refresh", is_flag=True, help="Ask again although the answer is in the cache."
    )
    return offline(refresh(function))


class OutputError(Exception):
    """Standard output takes no more: its reader has left, or its disk is full."""


class _Pipe(io.FileIO):
    """Standard output or error as a file, whose failures are told from all others.

    A message that standard error does not take is lost; there is nowhere left to say so.
    """

    def write(self, data: Any, /) -> int:
        """Write, or raise `OutputError`."""
        try:
            return super().write(data) or 0
        except OSError as error:
            if self.fileno() == 2:
                return len(memoryview(data).cast("B"))
            raise OutputError from error


def _open_streams() -> None:
    """Make standard output and error fit for titles in every script, and for any redirection.

    A closed one (`>&-`) is replaced by the null device: otherwise the next file that is
    opened would get its number, and with it whatever a program prints.
    """
    for number in (0, 1, 2):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    for number, name in ((1, "stdout"), (2, "stderr")):
        stream = getattr(sys, name)
        if stream is not None and (stream.isatty() or not hasattr(stream, "buffer")):
            continue
        if stream is not None:
            stream.flush()
        # A pipe on Windows is not UTF-8 by default.
        raw = io.BufferedWriter(_Pipe(number, "w", closefd=False))
        text = io.TextIOWrapper(raw, "utf-8", "backslashreplace", line_buffering=number == 2)
        setattr(sys, name, text)


def run(group: click.Command, name: str) -> None:
    """Run a command line and end the process with the documented exit code.

    0 is success, 1 means that a check found something, 2 is the user's mistake
    (one sentence on stderr), 130 an interruption.
    """
    # Commands make many objects and hardly a cycle: look for garbage every so many, not every 700.
    gc.set_threshold(50_000)
    _open_streams()
    try:
        code = _run(group, name)
        sys.stdout.flush()
    except OutputError as error:
        # Whatever is still waiting to be written must not fail once more at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        code = 0
        reason = error.__cause__
        if not isinstance(reason, BrokenPipeError):
            said = reason.strerror if isinstance(reason, OSError) else None
            click.echo(
                f"Error: the output cannot be written ({said or reason}); send it elsewhere and "
                "run the command again",
                err=True,
            )
            code = EXIT_USER_ERROR
    # The process ends: looking for garbage among everything that it holds is wasted time.
    gc.freeze()
    sys.exit(code)


def _run(group: click.Command, name: str) -> int:
    try:
        code = group.main(prog_name=name, standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except UserError as error:
        click.echo(f"Error: {error}", err=True)
        code = EXIT_USER_ERROR
    except (KeyboardInterrupt, click.Abort):
        click.echo("\nInterrupted; run the same command again to go on.", err=True)
        code = EXIT_INTERRUPTED
    except SystemExit as error:
        code = error.code
    return code if isinstance(code, int) else 0


def print_json(data: Any) -> None:
    """Print JSON for other programs: UTF-8, stable, indented."""
    click.echo(json.dumps(data, ensure_ascii=False, indent=2))


@contextlib.contextmanager
def progress(description: str, total: int | None = None) -> Iterator[Callable[[int], None]]:
    """Show a progress bar on stderr while a block runs.

    On a terminal it is a bar with a count and the time left; elsewhere (a log,
    CI) only one line at the start, so that logs stay readable.

    Args:
        description: What is being done.
        total: How many steps there are, if known.

    Yields:
        A function that is called with the number of steps just done.
    """
    if not sys.stderr.isatty():
        click.echo(f"{description} …", err=True)
        yield lambda steps: None
        return
    with _bar() as bar:
        task = bar.add_task(description, total=total)
        yield lambda steps: bar.advance(task, steps)


def _bar() -> Progress:
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    )


class CommandFolder(click.Group):
    """A group whose commands are the modules of one or more packages, one file per command.

    Each module `<package>/<name>.py` defines `command`; an underscore in the
    file name is a hyphen in the command's. A module is imported only when its
    command runs or when the help lists it, and imports what is heavy inside
    its function.
    """

    def __init__(self, *args: Any, packages: Sequence[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.packages = tuple(packages)

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, alphabetically."""
        return sorted(self._modules())

    def _modules(self) -> dict[str, str]:
        """Each command's module."""
        import importlib
        import pkgutil

        return {
            module.name.replace("_", "-"): f"{package}.{module.name}"
            for package in self.packages
            for module in pkgutil.iter_modules(importlib.import_module(package).__path__)
            if not module.name.startswith("_")
        }

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command's module."""
        import importlib

        name = self._modules().get(cmd_name)
        if name is None:
            return None
        module = importlib.import_module(name)
        command: click.Command = module.command
        return command
