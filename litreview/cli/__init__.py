"""The `litreview` command: one module of this package per subcommand."""

from __future__ import annotations

import click

from litreview import __version__
from litreview.console import CommandFolder, run


@click.group(cls=CommandFolder, package="litreview.cli")
@click.version_option(__version__, prog_name="litreview")
def group() -> None:
    """Find sources on arXiv, draft the literature review, and check what was written."""


def main() -> None:
    """Run the command line; the entry point of `litreview`."""
    run(group, "litreview")
