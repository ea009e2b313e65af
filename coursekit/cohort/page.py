"""The status of a course as one self-contained page, in the showcase's look.

It works without its script, which adds a filter, sorting and how long ago a day was. The policy
lets nothing else run, and nothing is fetched.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from html import escape
from importlib import resources

from coursekit.cohort.status import CourseStatus, TeamStatus
from coursekit.team.files import MILESTONES
from coursekit.team.milestones import COMPLETE, HUMAN, MISSING, PLACEHOLDER, STARTED
from litreview.actions.record import VERIFIED

# From what needs somebody to what is done.
_ORDER = (MISSING, PLACEHOLDER, STARTED, HUMAN, COMPLETE)


def format_page(
    status: CourseStatus,
    names: dict[str, str],
    remarks: Mapping[str, Mapping[str, Sequence[str]]],
    attention: Sequence[str],
) -> str:
    """The page.

    Args:
        status: What was found.
        names: What each milestone is called.
        remarks: For each team and milestone, what its state rests on, as text.
        attention: What needs somebody, in sentences.
    """
    heads = "".join(f"<th scope=col>{escape(names[kind].capitalize())}</th>" for kind in MILESTONES)
    needs = "".join(f"<li>{escape(line)}</li>" for line in attention)
    script = _file("status.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _PAGE.format(
        policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'",
        title=escape(status.title), at=escape(status.at[:16].replace("T", " ")),
        style=_file("status.css"), script=script, heads=heads, count=len(status.teams),
        rows="\n".join(_row(team, remarks.get(team.team, {})) for team in status.teams),
        attention=f"<section><h2>Needs somebody</h2><ul class=needs>{needs}</ul></section>"
        if needs
        else "",
    )  # fmt: skip


def _row(team: TeamStatus, remarks: Mapping[str, Sequence[str]]) -> str:
    states = {one.kind: one for one in team.milestones}
    cells = []
    for kind in MILESTONES:
        one = states.get(kind)
        if one is None:
            cells.append('<td class=none data-value="-1">–</td>')
            continue
        items = "".join(f"<li>{escape(text)}</li>" for text in remarks.get(kind, ()))
        style = one.state.split()[0]
        cells.append(
            f'<td class={style} data-value="{_ORDER.index(one.state)}"><details><summary>'
            f"{escape(one.state)}</summary><ul>{items}</ul></details></td>"
        )
    day = escape(team.last_commit[:10])
    last = f"<time datetime={day}>{day}</time>" if day else "never"
    results = escape(team.results.state) if team.results else "–"
    found, all_sources = team.sources.count(VERIFIED), team.sources.total
    told = escape(team.sources.told()) or "–"
    return (
        f"<tr><th scope=row>{escape(team.title)}<br><small>{escape(team.team)}</small></th>"
        f"<td class=number>{team.commits}</td>"
        f'<td class=date data-value="{day}">{last}</td>{"".join(cells)}<td>{results}</td>'
        f'<td data-value="{found - all_sources}">{told}</td></tr>'
    )


def _file(name: str) -> str:
    return resources.files("coursekit").joinpath("data", name).read_text(encoding="utf-8")


_PAGE = """\
<!doctype html>
<html lang=en>
<meta charset=utf-8>
<meta http-equiv=Content-Security-Policy content="{policy}">
<meta name=viewport content="width=device-width, initial-scale=1">
<title>Status of {title}</title>
<style>{style}</style>
<header><p class=kicker>Status</p><h1>{title}</h1>
<p>As of {at}. Open a state to see what it rests on.</p></header>
<main>
{attention}
<p class=filter hidden><label>Filter <input type=search id=filter autocomplete=off></label>
<span id=count role=status data-all="{count}"></span></p>
<div class=wide tabindex=0 role=region aria-label="Status of every team">
<table>
<thead><tr><th scope=col>Team</th><th scope=col>Commits</th><th scope=col>Last</th>{heads}\
<th scope=col>Results</th><th scope=col>Sources</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>
</div>
</main>
<script>{script}</script>
</html>
"""
