"""A plugin of pytest: note for each line of one module which tests run it.

What a fixture runs counts for every test of its file, because one that is shared runs only in the
first of them.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from collections import defaultdict
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

MODULE = os.environ["MUTANTS_MODULE"]
NOTE = Path(os.environ["MUTANTS_NOTE"])
lines: dict[int, set[str]] = defaultdict(set)
running = ""


def _in_module(frame: FrameType, event: str, argument: Any) -> Any:
    lines[frame.f_lineno].add(running)
    return _in_module


def _anywhere(frame: FrameType, event: str, argument: Any) -> Any:
    return _in_module(frame, event, argument) if frame.f_code.co_filename == MODULE else None


@contextmanager
def _noted(name: str) -> Generator[None]:
    global running
    running = name
    threading.settrace(_anywhere)
    sys.settrace(_anywhere)
    try:
        yield
    finally:
        sys.settrace(None)
        threading.settrace(None)  # type: ignore[arg-type]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    with _noted(item.nodeid.split("::")[0]):
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None]:
    with _noted(item.nodeid):
        return (yield)


def pytest_sessionfinish() -> None:
    NOTE.write_text(
        json.dumps({line: sorted(tests) for line, tests in sorted(lines.items())}),
        encoding="utf-8",
    )
