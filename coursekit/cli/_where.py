"""Options of the commands that run what teams have trained: where, and by which Python."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, TypeVar

import click

_Command = TypeVar("_Command", bound=Callable[..., Any])


def on_option(command: _Command) -> _Command:
    """Add `--on`."""
    return click.option(
        "--on",
        default="here",
        metavar="WHERE",
        help="here, ray, ray:ADDRESS, or slurm (default: here).",
    )(command)


def python_option(what: str) -> Callable[[_Command], _Command]:
    """Add `--python`; `what` is run by it."""
    return click.option(
        "--python", default=sys.executable, help=f"The Python that has torch for {what}."
    )
