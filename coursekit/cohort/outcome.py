"""What an update did, or would do, to the repositories of a course."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from coursekit.merge.tree import Finding

# The branch on which an update waits to be merged.
BRANCH = "template-update"
# States of a repository after a call.
CURRENT = "up to date"
UPDATED = "updated"
WOULD_UPDATE = "would update"
PENDING = "pending"
DECLINED = "declined"
FAILED = "failed"


@dataclass(frozen=True, slots=True)
class TeamUpdate:
    """What an update did, or would do, to one repository.

    Attributes:
        team: The slug.
        state: `up to date`, `updated`, `would update`, `pending` (a branch with
            the update waits to be merged), `declined` (the team has closed the
            proposal of this version) or `failed`.
        branch: The branch that has the update.
        changed: Files of the team that the update adds, changes or removes.
        moved: From a path of the template to the path that the team gave it.
        carried: From the path of a file to the one that the template has moved it
            to, with what the team wrote in it.
        findings: What of the template did not arrive, and why.
        problem: Why it failed.
        notes: What staff should know although it worked.
    """

    team: str
    state: str
    branch: str = ""
    changed: tuple[str, ...] = ()
    moved: tuple[tuple[str, str], ...] = ()
    carried: tuple[tuple[str, str], ...] = ()
    findings: tuple[Finding, ...] = ()
    problem: str = ""
    notes: tuple[str, ...] = ()

    @property
    def needs_attention(self) -> bool:
        """Whether something was left undone."""
        return self.state == FAILED or bool(self.findings)


@dataclass(frozen=True, slots=True)
class UpdateReport:
    """What an update did, in the order of the roster."""

    teams: tuple[TeamUpdate, ...]
    template_version: str
    dry_run: bool

    @property
    def needs_attention(self) -> tuple[TeamUpdate, ...]:
        """The repositories in which something was left undone."""
        return tuple(team for team in self.teams if team.needs_attention)

    def to_json(self) -> dict[str, Any]:
        """The report for other programs."""
        return {
            "dry_run": self.dry_run,
            "template_version": self.template_version,
            "teams": [asdict(team) for team in self.teams],
        }
