"""`coursekit golf`: the fewest bits a character after a minute on one core."""

from __future__ import annotations

import click

from litreview.console import CommandFolder


@click.group(cls=CommandFolder, packages=["coursekit.cli.lessons.golf"])
def command() -> None:
    """CPU golf, an optional task: the fewest bits a character after a minute on one core."""
