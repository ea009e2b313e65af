"""What an update tells: in its commit, and to the team."""

from __future__ import annotations

from coursekit.cohort.outcome import BRANCH, TeamUpdate
from coursekit.course.course import Course
from coursekit.course.roster import Team
from coursekit.git.repository import shown
from coursekit.merge.tree import TreeMerge


def commit_message(course: Course, merged: TreeMerge) -> str:
    """The message of the commit that brings the template in."""
    lines = [f"Bring in the newer template of {course.title}"]
    if merged.changes:
        lines += ["", "Changed:"]
        lines += [f"- {shown(path)}" for path in sorted(merged.changes)]
    if merged.findings:
        lines += ["", "Left as the team has it:"]
        for finding in merged.findings:
            place = f" ({finding.line})" if finding.line else ""
            lines.append(f"- {shown(finding.path)}{place}: {finding.message}")
    return "\n".join(lines)


def team_message(course: Course, team: Team, outcome: TeamUpdate) -> str:
    """A message to the team in Markdown: what has changed, and what they may want to look at."""
    lines = [f"Hello {team.title},", ""]
    where = (
        f"in the branch `{BRANCH}`; merge it when you are ready"
        if outcome.branch == BRANCH
        else "in your repository"
    )
    lines += [f"the template of {course.title} has changed. The changes are {where}.", ""]
    lines += [f"- `{shown(path)}`" for path in outcome.changed]
    if outcome.carried:
        lines += ["", "These files have moved, with what you wrote in them:", ""]
        lines += [f"- `{shown(old)}` is now `{shown(new)}`" for old, new in outcome.carried]
    if outcome.findings:
        lines += ["", "Nothing of yours was overwritten; please look at these places:", ""]
        for finding in outcome.findings:
            place = f", line {finding.line}" if finding.line else ""
            lines.append(f"- `{shown(finding.path)}`{place}: {finding.message}")
            lines += [f"  > {row}" for row in finding.theirs.splitlines()[:8]]
    return "\n".join(lines) + "\n"
