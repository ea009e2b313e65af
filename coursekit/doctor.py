"""What is installed, what is missing for which command, and how to get it."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import re
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from coursekit.git import git
from coursekit.hosting.open_host import TOKENS
from coursekit.template import templates
from coursekit.verify.box import why_no_box
from litreview.errors import UserError

DISTRIBUTION = "coursekit"
OLDEST_PYTHON = (3, 11)
# What each optional part is for; their packages are read from the installation itself.
_PURPOSES = {
    "site": "coursekit demo, site, slides; a team's own site",
    "github": "coursekit generate, update with repositories on GitHub",
    "lists": "rosters and lists from spreadsheets (XLSX, ODS, XLS)",
    "gitlab": "coursekit generate, update with repositories on GitLab",
    "baseline": "training transformers (the count-based baselines need nothing)",
    "llm": "litreview draft --rewrite with a local model",
    "semantic": "litreview search --semantic",
    "strong": "the cheap strong baselines of the demo (coursekit demo)",
    "cluster": "coursekit verify --on ray",
    "papers": "litreview questions on a PDF",
    "forms": "coursekit quiz results with what Microsoft Forms exports",
}
_REQUIREMENT = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)")
_EXTRA = re.compile(r"extra\s*==\s*['\"]([\w-]+)['\"]")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at.

    Attributes:
        name: What it is.
        ok: Whether it is there and good.
        required: Whether nothing works without it.
        found: The version or the place, or what is missing.
        needed_for: Commands that need it.
        remedy: How to get it; empty if it is there.
    """

    name: str
    ok: bool
    required: bool
    found: str
    needed_for: str
    remedy: str = ""


@dataclass(frozen=True, slots=True)
class DoctorReport:
    """All checks, the required ones first."""

    checks: tuple[Check, ...]

    @property
    def healthy(self) -> bool:
        """Whether all that is required is there."""
        return all(check.ok for check in self.checks if check.required)

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {"healthy": self.healthy, "checks": [asdict(check) for check in self.checks]}


def examine() -> DoctorReport:
    """Look at this machine; nothing is changed, and nobody is contacted."""
    checks = [_python(), _git(), _template(), _temporary(), *_packages(), _token(), _box()]
    return DoctorReport(tuple(sorted(checks, key=lambda check: not check.required)))


def _python() -> Check:
    found = platform.python_version()
    ok = sys.version_info >= OLDEST_PYTHON
    needed = ".".join(map(str, OLDEST_PYTHON))
    remedy = "" if ok else f"install Python {needed} or newer from https://www.python.org"
    return Check("Python", ok, True, found, "everything", remedy)


def _git() -> Check:
    found = git.version()
    oldest = ".".join(map(str, git.OLDEST_VERSION))
    shown = ".".join(map(str, found)) if found else "not found"
    ok = found is not None and found >= git.OLDEST_VERSION
    remedy = "" if ok else f"install git {oldest} or newer from https://git-scm.com"
    return Check("git", ok, True, shown, "all of coursekit (not litreview)", remedy)


def _template() -> Check:
    needed_for = "coursekit generate, update, demo"
    try:
        source = templates.read_folder(templates.builtin_folder())
    except UserError as error:
        remedy = f"pip install --force-reinstall {DISTRIBUTION}"
        return Check("template", False, True, str(error), needed_for, remedy)
    return Check("template", True, True, f"version {source.version()}", needed_for)


def _temporary() -> Check:
    needed_for = "coursekit generate, update"
    try:
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "probe").write_bytes(b"x")
            return Check("temporary folder", True, True, tempfile.gettempdir(), needed_for)
    except OSError as error:
        remedy = "free some disk space, or set TMPDIR to a folder that can be written"
        return Check("temporary folder", False, True, str(error), needed_for, remedy)


def _packages() -> Iterator[Check]:
    try:
        requirements = importlib.metadata.requires(DISTRIBUTION) or []
    except importlib.metadata.PackageNotFoundError:
        remedy = "install it from its folder: pip install -e ."
        yield Check(DISTRIBUTION, False, True, "runs without being installed", "all", remedy)
        return
    parts: dict[str, list[str]] = {"": []}
    for requirement in requirements:
        package, marker = _REQUIREMENT.match(requirement), requirement.partition(";")[2]
        part = _EXTRA.search(marker)
        if package and (part or "sys_platform" not in marker or sys.platform == "win32"):
            parts.setdefault(part[1] if part else "", []).append(package[1])
    for extra, names in parts.items():
        versions = {name: _version(name) for name in names}
        missing = sorted(name for name, version in versions.items() if version is None)
        found = ", ".join(f"{name} {version}" for name, version in versions.items() if version)
        target = f"'{DISTRIBUTION}[{extra}]'" if extra else DISTRIBUTION
        yield Check(
            name=f"packages of [{extra}]" if extra else "packages",
            ok=not missing,
            required=not extra,
            found=f"missing: {', '.join(missing)}" if missing else found,
            needed_for=_PURPOSES.get(extra, "") if extra else "everything",
            remedy=f"pip install {target}" if missing else "",
        )


def _version(name: str) -> str | None:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return None


def _box() -> Check:
    problem = why_no_box()
    return Check(
        name="box for teams' code",
        ok=not problem,
        required=False,
        found=problem or "bubblewrap",
        needed_for="coursekit verify, where a team has changed its baseline/",
        remedy="apt-get install bubblewrap; see docs/verifying.md" if problem else "",
    )


def _token() -> Check:
    variables = list(dict.fromkeys(name for names in TOKENS.values() for name in names))
    found = [name for name in variables if os.environ.get(name)]
    return Check(
        name="token of a forge",
        ok=bool(found),
        required=False,
        found=f"in {', '.join(found)}" if found else "not set",
        needed_for="coursekit generate, update, sync with repositories on GitHub, GitLab, Forgejo",
        remedy=""
        if found
        else f"put a token into the environment variable {variables[0]}, "
        "GITLAB_TOKEN or FORGEJO_TOKEN",
    )
