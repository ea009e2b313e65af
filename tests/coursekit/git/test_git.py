"""Git is called without surprises, and its errors carry no secrets."""

from __future__ import annotations

import subprocess
import sys

import pytest

from coursekit.errors import GitError
from coursekit.git import git


def test_the_users_own_configuration_and_environment_do_not_matter(tmp_path, monkeypatch):
    """The same course must give the same commits on every machine."""
    config = tmp_path / ".gitconfig"
    config.write_text("[core]\n\tautocrlf = true\n[commit]\n\tgpgsign = true\n")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "other"))
    monkeypatch.setenv("GIT_CONFIG_PARAMETERS", "'core.autocrlf=true'")
    assert git.attempt("config", "core.autocrlf", cwd=tmp_path).returncode == 1
    assert git.run("config", "commit.gpgsign", cwd=tmp_path) == b"false\n"


def test_a_failure_says_where_and_why_in_one_line(tmp_path):
    with pytest.raises(GitError) as caught:
        git.run("cat-file", "blob", "HEAD:x", cwd=tmp_path)
    assert str(caught.value).startswith(f"{tmp_path}: git cat-file failed: not a git repository")
    assert "\n" not in str(caught.value)


def test_errors_hide_passwords_and_tokens():
    text = "unable to access 'https://me:ghp_abc123@github.com/o/r.git': token github_pat_11A_b"
    assert git.scrub(text) == "unable to access 'https://***@github.com/o/r.git': token ***"


def test_a_missing_git_is_one_sentence(tmp_path):
    """The first thing that goes wrong on a fresh Windows machine."""
    code = (
        "from coursekit.git import git\n"
        "from litreview.errors import UserError\n"
        "assert git.version() is None\n"
        "try:\n    git.run('status')\nexcept UserError as error:\n    print(error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], env={"PATH": str(tmp_path)}, capture_output=True, text=True
    )
    assert result.stdout.startswith("git is not installed"), result.stderr
    assert "https://git-scm.com" in result.stdout


def test_a_folder_that_has_gone_is_not_taken_for_a_missing_git(tmp_path):
    with pytest.raises(GitError, match="does not exist"):
        git.run("status", cwd=tmp_path / "gone")


def test_a_call_that_hangs_is_ended(tmp_path):
    with pytest.raises(GitError, match=r"did not end within 0\.2 s"):
        git.run("-c", "alias.wait=!sleep 20", "wait", cwd=tmp_path, timeout_seconds=0.2)
