"""Tests run with one thread each, and can be interrupted whatever started them.

What takes long is left out, and said so, unless it is asked for: `make test-all`, which is
`python -m pytest --slow`.
"""

import os
import signal

import pytest

# Models this small are slower with more.
os.environ.setdefault("OMP_NUM_THREADS", "1")
# A job in the background ignores Ctrl-C, and its children inherit that.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Know `--slow`."""
    parser.addoption("--slow", action="store_true", help="run the tests that take long, too")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what takes long."""
    for item in items:
        if item.get_closest_marker("slow") and not config.getoption("--slow"):
            item.add_marker(pytest.mark.skip(reason="takes long: make test-all runs it"))
