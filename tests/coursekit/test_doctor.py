"""`coursekit doctor` is what one runs when something does not work."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib

import pytest

from coursekit.doctor import examine


def run(**settings) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "coursekit", "doctor", "--json"],
        capture_output=True, text=True, **settings,
    )  # fmt: skip


def test_a_working_machine_is_called_healthy():
    report = examine()
    assert report.healthy, [check for check in report.checks if check.required and not check.ok]
    assert [check.required for check in report.checks] == sorted(
        (check.required for check in report.checks), reverse=True
    )


def test_every_extra_is_looked_at_and_explained(repository_root):
    """An extra that is added later must not be forgotten here."""
    project = tomllib.loads((repository_root / "pyproject.toml").read_text(encoding="utf-8"))
    checks = {check.name: check for check in examine().checks}
    for extra in project["project"]["optional-dependencies"]:
        check = checks[f"packages of [{extra}]"]
        assert check.needed_for, extra
        assert check.ok or f"pip install 'coursekit[{extra}]'" == check.remedy


def test_without_git_it_says_so_and_where_to_get_it(tmp_path):
    result = run(env={"PATH": str(tmp_path)})
    assert result.returncode == 1, result.stderr
    (check,) = [one for one in json.loads(result.stdout)["checks"] if one["name"] == "git"]
    assert (check["ok"], check["found"]) == (False, "not found")
    assert "https://git-scm.com" in check["remedy"]


def test_an_old_git_is_not_good_enough(tmp_path):
    """Debian's last but one stable release has one that cannot merge without a checkout."""
    fake = tmp_path / "git"
    fake.write_text("#!/bin/sh\necho git version 2.30.2\n")
    fake.chmod(0o755)
    result = run(env={"PATH": str(tmp_path)})
    (check,) = [one for one in json.loads(result.stdout)["checks"] if one["name"] == "git"]
    assert (check["ok"], check["found"]) == (False, "2.30.2")
    assert "2.38" in check["remedy"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has bubblewrap")
def test_a_box_that_cannot_be_made_is_named_with_the_remedy(tmp_path):
    """Without it, no team's own code is run again; everything else works."""
    (tmp_path / "git").symlink_to(shutil.which("git"))
    result = run(env={"PATH": str(tmp_path)})
    assert result.returncode == 0, result.stderr
    (check,) = [c for c in json.loads(result.stdout)["checks"] if c["name"].startswith("box")]
    assert not check["ok"]
    assert not check["required"]
    assert check["found"] == "bubblewrap is missing; install it: apt-get install bubblewrap"
    assert check["remedy"].startswith("apt-get install bubblewrap")


def test_a_token_is_seen_but_never_shown():
    result = run(env=os.environ | {"GITHUB_TOKEN": "ghp_secret"})
    assert "in GITHUB_TOKEN" in result.stdout
    assert "secret" not in result.stdout
