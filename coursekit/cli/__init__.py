"""The `coursekit` command: one module of this package per subcommand."""

from __future__ import annotations

import click

from litreview import __version__
from litreview.console import CommandFolder, run


@click.group(cls=CommandFolder, package="coursekit.cli")
@click.version_option(__version__, prog_name="coursekit")
def group() -> None:
    """Run a project-based course on language models, from the roster to presentation day."""


def main() -> None:
    """Run the command line; the entry point of `coursekit`."""
    run(group, "coursekit")
