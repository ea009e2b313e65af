"""The `coursekit` command: one module of the folders beside this file per subcommand."""

from __future__ import annotations

import click

from litreview import __version__
from litreview.console import CommandFolder, run

# A further folder of commands is named here.
FOLDERS = ("course", "people", "lessons", "site")


@click.group(cls=CommandFolder, packages=[f"{__name__}.{folder}" for folder in FOLDERS])
@click.version_option(__version__, prog_name="coursekit")
def group() -> None:
    """Run a project-based course on language models, from the roster to presentation day."""


def main() -> None:
    """Run the command line; the entry point of `coursekit`."""
    run(group, "coursekit")
