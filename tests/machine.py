"""What this machine cannot test, and the one command that changes it; `make test` prints it first.

Needs nothing but Python, because it runs before anything is installed. `--install` prints only
the command, for `.ci/run`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
NO_BROWSER = "needs Chromium"
NO_BOX = "needs bubblewrap"
Which = Callable[[str], str | None]


@dataclass(frozen=True)
class Gap:
    """Something that will not be tested here, and Debian's packages that would change it."""

    sentence: str
    packages: tuple[str, ...] = ()


def chromium_path(which: Which = shutil.which) -> str | None:
    """Where a Chromium or Chrome is, if there is one."""
    return next((found for name in BROWSERS if (found := which(name))), None)


def data_folder() -> Path:
    """Where the recorded feeds and real reviews are looked for."""
    return Path(os.environ.get("COURSEKIT_DATA", ROOT.parent / "shared" / "data"))


def gaps(which: Which = shutil.which) -> list[Gap]:
    """Everything that this machine lacks."""
    found = []
    if chromium_path(which) is None or which("chromedriver") is None:
        found.append(
            Gap(
                "The tests in a browser will be skipped: Chromium or chromedriver is missing.",
                ("chromium", "chromium-driver"),
            )
        )
    if sys.platform == "linux" and which("bwrap") is None:
        found.append(
            Gap("The tests in a box will be skipped: bubblewrap is missing.", ("bubblewrap",))
        )
    elif sys.platform == "linux" and not _may_unshare():
        found.append(
            Gap("The tests in a box will fail: this system forbids bubblewrap its namespaces.")
        )
    if not data_folder().is_dir():
        found.append(
            Gap(
                f"The tests on recorded feeds and real reviews will be skipped: {data_folder()} is "
                "missing. These are not public; the tests on invented ones run."
            )
        )
    return found


def command(found: Sequence[Gap], which: Which = shutil.which) -> str:
    """The one command that installs what is missing; empty where none can."""
    packages = [name for gap in found for name in gap.packages]
    if not packages or which("apt-get") is None:
        return ""
    sudo = "" if _is_root() else "sudo "
    return f"{sudo}apt-get update && {sudo}apt-get install -y {' '.join(packages)}"


def report(found: Sequence[Gap], install: str) -> str:
    """What `make test` prints before it begins."""
    if not found:
        return "Everything can be tested on this machine."
    lines = [gap.sentence for gap in found]
    if install:
        lines.append(f"To test it too:  {install}")
    elif missing := ", ".join(name for gap in found for name in gap.packages):
        lines.append(f"To test it too, install what Debian calls {missing}.")
    return "\n".join(lines)


def _may_unshare() -> bool:
    done = subprocess.run(
        ["bwrap", "--unshare-all", "--ro-bind", "/", "/", "true"], capture_output=True, check=False
    )
    return done.returncode == 0


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


if __name__ == "__main__":
    missing = gaps()
    if "--install" in sys.argv[1:]:
        print(command(missing))
    else:
        print(report(missing, command(missing)))
