"""`coursekit certificate`: give certificates, and check one."""

from __future__ import annotations

import click

from litreview.console import CommandFolder


@click.group(cls=CommandFolder, packages=["coursekit.cli.people.certificate"])
def command() -> None:
    """Give certificates to all who passed, and check one that somebody shows."""
