"""The one error class that a user is shown, and what is said where a library is missing."""

from importlib import import_module
from typing import Any


class BaselineError(Exception):
    """Something that the user can put right.

    The message is one sentence that says where, what, the value and the remedy. The command line
    prints it and exits with code 2. Whatever reads what people wrote can raise it; docstrings name
    other errors only.
    """


def library(module: str, package: str, user: str, otherwise: str, extra: str = "") -> Any:
    """Import what not every machine has.

    Args:
        user: What needs it, as the message begins.
        otherwise: What can be done without it.
        extra: The extra of this repository that brings it, if any does.
    """
    what = f"'.[{extra}]'" if extra else package
    try:
        return import_module(module)
    except ImportError as error:
        raise BaselineError(
            f"{user} needs {package}, which is not installed; run: pip install {what}  "
            f"(or {otherwise})"
        ) from error
