"""Closed and full output: one sentence or silence, and never a traceback."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from review_template import TEMPLATE

pytestmark = pytest.mark.skipif(os.name == "nt", reason="redirects as a POSIX shell does")
COMMANDS = {
    "text": ("search", "attention", "--provider", "reading-list"),
    "json": ("search", "attention", "--provider", "reading-list", "--json"),
    "help": ("--help",),
}
FULL = (
    "Error: the output cannot be written (No space left on device); send it elsewhere and run "
    "the command again\n"
)


def shell(arguments, redirect, folder):
    """Run a command with a shell's redirections; what it says comes back."""
    return subprocess.run(
        ["bash", "-o", "pipefail", "-c", f'"$@" {redirect}', "bash", sys.executable, "-m",
         "litreview", *arguments],
        cwd=folder, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
@pytest.mark.parametrize("redirect", [">&-", "2>&-", ">&- 2>&-", "<&- >&- 2>&-", "2>/dev/full"])
def test_closed_output_is_silence(arguments, redirect, tmp_path):
    """Whoever closes the output wants none; the command still does its work."""
    result = shell(arguments, redirect, tmp_path)

    assert (result.returncode, "Traceback" in result.stderr) == (0, False)
    assert bool(result.stdout) == (">&-" not in redirect.replace("2>&-", ""))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
@pytest.mark.parametrize("arguments", COMMANDS.values(), ids=COMMANDS)
def test_full_output_is_one_sentence(arguments, tmp_path):
    """Half of a JSON document must not look like success."""
    result = shell(arguments, "> /dev/full", tmp_path)

    assert (result.returncode, result.stdout, result.stderr) == (2, "", FULL)


def test_a_reader_that_leaves_ends_the_command_silently(tmp_path):
    """`| head -1` is everyday use."""
    result = shell((*COMMANDS["json"], "-n", "39"), "| head -1", tmp_path)

    assert (result.returncode, result.stdout, result.stderr) == (0, "{\n", "")


@pytest.mark.slow
def test_a_closed_output_s_number_goes_to_no_other_file(tmp_path):
    """What is printed must not end up in the next file that is opened."""
    readme = tmp_path / "README.md"
    readme.write_text(TEMPLATE, encoding="utf-8")
    arguments = ("draft", "README.md", "--query", "attention", "--provider", "reading-list")

    first = shell((*arguments, "--limit", "1"), ">&-", tmp_path)

    assert first.returncode == 0
    assert "written" not in readme.read_text(encoding="utf-8")
    assert readme.read_text(encoding="utf-8").count("<!-- litreview") == 1
