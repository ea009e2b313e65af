"""What both command lines share: exit codes, progress and machine-readable output."""

from __future__ import annotations

import contextlib
import gc
import json
import os
import sys
from collections.abc import Callable, Iterator
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


def run(group: click.Command, name: str) -> None:
    """Run a command line and end the process with the documented exit code.

    0 is success, 1 means that a check found something, 2 is the user's mistake
    (one sentence on stderr), 130 an interruption.
    """
    # Commands make many objects and hardly a cycle: look for garbage every so many, not every 700.
    gc.set_threshold(50_000)
    for stream in (sys.stdout, sys.stderr):
        # A pipe on Windows is not UTF-8 by default, and titles come in every script.
        if not stream.isatty() and hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
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
    except BrokenPipeError:
        # The reader (`| head`) has left; writing to it at exit would fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = 0
    # The process ends: looking for garbage among everything that it holds is wasted time.
    gc.freeze()
    sys.exit(code if isinstance(code, int) else 0)


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
    """A group whose commands are the modules of a package, one file per command.

    Each module `<package>/<name>.py` defines `command`; an underscore in the
    file name is a hyphen in the command's. A module is imported only when its
    command runs or when the help lists it, and imports what is heavy inside
    its function.
    """

    def __init__(self, *args: Any, package: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.package = package

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Name the commands, alphabetically."""
        import importlib
        import pkgutil

        folder = importlib.import_module(self.package).__path__
        names = (module.name for module in pkgutil.iter_modules(folder))
        return sorted(name.replace("_", "-") for name in names if not name.startswith("_"))

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one command's module."""
        import importlib

        if cmd_name not in self.list_commands(ctx):
            return None
        module = importlib.import_module(f"{self.package}.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command
