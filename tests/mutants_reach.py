"""Plugins of pytest for `mutants_bench`: who runs which line, and an end for what never ends.

What a fixture runs counts for every test of its file, because one that is shared runs only in the
first of them.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Generator, Iterable, Mapping
from pathlib import Path

import pytest
from coverage import Coverage

# CPU seconds that a test may take besides ten times what it took unchanged.
SPARE_SECONDS = 5.0


class Reached:
    """Note for each line of some modules which tests run it, for how long, and what was imported.

    Args:
        modules: The modules' absolute paths.
        note: The JSON file that is written at the end.
    """

    def __init__(self, modules: Iterable[str], note: Path) -> None:
        self.modules = list(modules)
        self.note = note
        self.seconds: dict[str, float] = defaultdict(float)
        self.measured = Coverage(data_file=None, include=self.modules, config_file=False)

    def pytest_sessionstart(self) -> None:
        if self.modules:
            self.measured.start()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.seconds[report.nodeid] += report.duration

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self, item: pytest.Item) -> None:
        if self.modules:
            self.measured.switch_context(item.nodeid.split("::")[0])

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self, item: pytest.Item) -> None:
        if self.modules:
            self.measured.switch_context(item.nodeid)

    def pytest_sessionfinish(self) -> None:
        lines = {}
        if self.modules:
            self.measured.stop()
            data = self.measured.get_data()
            for module in self.modules:
                if found := data.contexts_by_lineno(module):
                    lines[module] = {n: sorted(filter(None, who)) for n, who in found.items()}
        origins = {
            name: getattr(module.__spec__, "origin", None)
            for name, module in list(sys.modules.items())
            if getattr(module, "__spec__", None)
        }
        noted = {"lines": lines, "origins": origins, "seconds": self.seconds}
        self.note.write_text(json.dumps(noted), encoding="utf-8")


class Limited:
    """End the process when a test takes much longer than it should, by the CPU's clock.

    Args:
        seconds: What each test took unchanged.
    """

    def __init__(self, seconds: Mapping[str, float]) -> None:
        self.seconds = seconds

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Generator[None, bool, bool]:
        spare = SPARE_SECONDS + 10 * self.seconds.get(item.nodeid, 0.0)
        end = int(time.process_time() + spare) + 1
        hard = resource.getrlimit(resource.RLIMIT_CPU)[1]
        resource.setrlimit(resource.RLIMIT_CPU, (end, hard))
        return (yield)
