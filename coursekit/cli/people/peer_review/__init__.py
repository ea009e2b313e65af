"""`coursekit peer-review`: teams review each other."""

from __future__ import annotations

import click

from litreview.console import CommandFolder


@click.group(cls=CommandFolder, packages=["coursekit.cli.people.peer_review"])
def command() -> None:
    """Let teams review each other: assign, ask for reviews, hand over what was said.

    Forms lie in reviews/ROUND/ of the course's folder, where only staff see them.
    """
