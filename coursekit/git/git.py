"""Run git so that a repository that somebody else filled cannot run anything here.

A repository can name programs in its configuration (hooks, `core.fsmonitor`,
`gpg.program`, an SSH command, a pager, helpers for remotes) and so can the
environment of the person who runs this. Every call here starts from an
environment without any `GIT_*` variable, without the user's and the system's
configuration, and with those settings overridden. What cannot be overridden by
name (filters, merge and text conversion drivers) is not reached by the
commands that this package uses: it never checks out a team's files.

Reference: https://git-scm.com/docs/git, "Environment Variables"; git-config(1).
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from coursekit.errors import GitError

# git reads this name as the empty file on Windows too.
NO_FILE = "/dev/null"
TIMEOUT_SECONDS = 600.0
# `git merge-tree --write-tree` and safe handling of bare repositories came with 2.38.
OLDEST_VERSION = (2, 38)
NO_PROTOCOL = "none"
PROTOCOLS = "file:git:http:https:ssh"

_SETTINGS = {
    "core.hooksPath": NO_FILE,
    "core.fsmonitor": "false",
    "core.attributesFile": NO_FILE,
    "core.excludesFile": NO_FILE,
    "core.untrackedCache": "false",
    "core.sshCommand": "ssh",
    "core.gitProxy": "",
    "core.askPass": "",
    "core.pager": "cat",
    "core.editor": ":",
    "core.quotePath": "false",
    "credential.helper": "",
    "diff.external": "",
    "gpg.program": "false",
    "gpg.ssh.program": "false",
    "commit.gpgSign": "false",
    "tag.gpgSign": "false",
    "push.gpgSign": "false",
    "log.showSignature": "false",
    "gc.auto": "0",
    "maintenance.auto": "false",
    "submodule.recurse": "false",
    "protocol.ext.allow": "never",
    "uploadpack.packObjectsHook": "",
    "init.templateDir": "",
    "init.defaultBranch": "main",
}
_CREDENTIALS = re.compile(r"(?i)([a-z][a-z0-9+.-]*://)[^/\s@]+@")
_TOKENS = re.compile(r"\b(?:gh[pousr]_|github_pat_|glpat-)[A-Za-z0-9_-]+")


def environment(
    *,
    protocols: str = NO_PROTOCOL,
    personal: bool = False,
    secrets: Sequence[tuple[str, str]] = (),
) -> dict[str, str]:
    """The environment for a git process.

    Args:
        protocols: The transports it may use, separated by colons (`file`,
            `https:ssh`). None by default, so that a partial clone cannot make
            git contact, or start, its remote.
        personal: Let git use the proxy, the SSH command and the credential
            helpers of the user's own configuration: for addresses that the
            user has named.
        secrets: More settings. The environment, unlike an argument list, is
            not shown to other users of the machine.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    settings = list(_SETTINGS.items())
    if personal:
        settings += _personal_settings()
    settings += secrets
    if not personal:
        kept |= {"GIT_CONFIG_GLOBAL": NO_FILE, "GIT_CONFIG_NOSYSTEM": "1"}
    pairs = {
        f"GIT_CONFIG_{part}_{number}": text
        for number, pair in enumerate(settings)
        for part, text in zip(("KEY", "VALUE"), pair, strict=True)
    }
    return kept | pairs | {
        "GIT_CONFIG_COUNT": str(len(settings)),
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",
        "GIT_ALLOW_PROTOCOL": protocols,
        "LC_ALL": "C",
        "SSH_ASKPASS_REQUIRE": "never",
    }  # fmt: skip


@lru_cache(maxsize=1)
def _personal_settings() -> list[tuple[str, str]]:
    """The user's own programs for reaching a host, which outrank those of a repository."""
    found = []
    for name in ("core.sshCommand", "core.askPass", "core.gitProxy", "credential.helper"):
        values = subprocess.run(
            ["git", "config", "--global", "--includes", "--get-all", name],
            capture_output=True, check=False, stdin=subprocess.DEVNULL,
        ).stdout  # fmt: skip
        found += [(name, value) for value in values.decode("utf-8", "replace").splitlines()]
    if command := os.environ.get("GIT_SSH_COMMAND"):
        found.append(("core.sshCommand", command))
    return found


def command(arguments: Sequence[str | Path], git_dir: Path | None = None) -> list[str]:
    """The argument list of a git call.

    Naming the folder (`--git-dir`) skips git's search for one, and with it the
    check of who owns it: files on a shared drive belong to somebody else.
    """
    start = ["git"] if git_dir is None else ["git", f"--git-dir={git_dir}"]
    return [*start, *map(str, arguments)]


def run(
    *arguments: str | Path,
    git_dir: Path | None = None,
    cwd: Path | None = None,
    stdin: bytes = b"",
    protocols: str = NO_PROTOCOL,
    personal: bool = False,
    secrets: Sequence[tuple[str, str]] = (),
    extra: Mapping[str, str] | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> bytes:
    """Run git and return what it printed.

    Args:
        *arguments: The subcommand and its arguments; a value that comes from
            data belongs behind `--` or `--end-of-options`.
        git_dir: The repository's git folder.
        cwd: The folder to run in.
        stdin: What git reads.
        protocols: Transports that are allowed; see `environment`.
        personal: Use what the user has configured for reaching hosts; see `environment`.
        secrets: Settings that must not be seen; see `environment`.
        extra: More environment variables (dates, an index file).
        timeout_seconds: After this long the process is ended.

    Raises:
        GitError: If git is missing, fails or takes too long. The message holds
            git's last line without addresses' credentials.
    """
    result = attempt(
        *arguments,
        git_dir=git_dir,
        cwd=cwd,
        stdin=stdin,
        protocols=protocols,
        personal=personal,
        secrets=secrets,
        extra=extra,
        timeout_seconds=timeout_seconds,
    )
    if result.returncode != 0:
        where = git_dir or cwd or Path.cwd()
        raise GitError(f"{where}: git {_name(arguments)} failed: {reason(result.stderr)}")
    return result.stdout


def attempt(
    *arguments: str | Path,
    git_dir: Path | None = None,
    cwd: Path | None = None,
    stdin: bytes = b"",
    protocols: str = NO_PROTOCOL,
    personal: bool = False,
    secrets: Sequence[tuple[str, str]] = (),
    extra: Mapping[str, str] | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> subprocess.CompletedProcess[bytes]:
    """Run git and return its outcome, also a failed one; see `run` for the arguments.

    Raises:
        GitError: If git is missing or takes too long.
    """
    try:
        return subprocess.run(
            command(arguments, git_dir),
            cwd=cwd,
            input=stdin,
            capture_output=True,
            env=environment(protocols=protocols, personal=personal, secrets=secrets)
            | dict(extra or {}),
            timeout=timeout_seconds,
            check=False,
        )
    except FileNotFoundError as error:
        raise missing(cwd) from error
    except subprocess.TimeoutExpired as error:
        where = git_dir or cwd or Path.cwd()
        raise GitError(
            f"{where}: git {_name(arguments)} did not end within {timeout_seconds:g} s; "
            "check the disk and the network, then run the command again"
        ) from error


def missing(cwd: Path | None = None) -> GitError:
    """The error for a git (or a folder to run it in) that is not there."""
    if cwd is not None and not cwd.is_dir():
        return GitError(f"{cwd}: the folder does not exist (any more); check the path")
    return GitError("git is not installed or not on PATH; get it from https://git-scm.com")


def reason(stderr: bytes) -> str:
    """The line of git's output that says what went wrong, without credentials."""
    lines = [line.strip() for line in stderr.decode("utf-8", "replace").splitlines()]
    telling = [line for line in lines if line.startswith(("fatal:", "error:"))]
    line = (telling or [line for line in lines if line] or ["it gave no reason"])[0]
    return scrub(line.removeprefix("fatal: ").removeprefix("error: "))


def scrub(text: str) -> str:
    """Take passwords and access tokens out of a text."""
    return _TOKENS.sub("***", _CREDENTIALS.sub(r"\1***@", text))


def version() -> tuple[int, ...] | None:
    """The version of the installed git, or None without one."""
    if shutil.which("git") is None:
        return None
    found = re.search(rb"(\d+)\.(\d+)(?:\.(\d+))?", run("--version"))
    return tuple(int(part) for part in found.groups() if part) if found else (0,)


def _name(arguments: Sequence[str | Path]) -> str:
    return next((str(word) for word in arguments if not str(word).startswith("-")), "")
