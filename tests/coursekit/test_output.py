"""Standard output that is closed, full or left early ends in one sentence or in silence."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys

import pytest

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="redirections of a POSIX shell")


@pytest.mark.parametrize("arguments", ["--help", "doctor"])
@pytest.mark.parametrize(
    ("redirection", "says"),
    [
        (">&-", ""),
        pytest.param(
            "> /dev/full",
            "Error: the output cannot be written (No space left on device); send it elsewhere "
            "and run the command again\n",
            marks=pytest.mark.skipif(not os.path.exists("/dev/full"), reason="has no /dev/full"),  # noqa: PTH110
        ),
        ("| head -n 1 > /dev/null", ""),
    ],
    ids=["closed", "full", "left early"],
)
def test_no_traceback_whatever_becomes_of_the_output(arguments, redirection, says):
    """Staff pipe into other programs, and disks are full."""
    command = f"{shlex.quote(sys.executable)} -m coursekit {arguments} {redirection}"
    done = subprocess.run(["sh", "-c", command], capture_output=True, text=True)
    assert (done.stdout, done.stderr) == ("", says)
