"""The board: what was played, who ranks where, and which entries nobody beats in less time."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import mean
from typing import Any

from coursekit.course.lines import append_line, read_lines
from coursekit.golf.entry import Entry
from coursekit.golf.play import Played
from coursekit.team.clean import clean_text
from coursekit.team.tiers import DIFFERS, MEASURED, REPRODUCED
from coursekit.verify.verdict import judge

LOG_FILE = "golf.jsonl"
# Figures are compared as they are shown.
DIGITS = 3
# A minute is worth more on a faster machine: so far a claim may be from what comes out here.
SLACK = 0.02


@dataclass(frozen=True, slots=True)
class Row:
    """An entry on the board.

    Attributes:
        name: What its file calls it.
        team: The slug; empty for the course's own.
        tier: `reproduced`, `differs` or `measured`.
        rank: Its place; 0 where it has none. Entries with the same figure share one.
        bits: A character, mean of the seeds; 0 without a figure.
        spread: Between the best seed and the worst.
        claim: What its file says.
        learning, scoring: CPU-seconds, means of the seeds.
        artefact_bytes: Of the largest artefact.
        adapts: Whether it learns from the test text as it goes on.
        frontier: Whether no ranked entry is better in as little time.
        reason: Why it is not ranked.
    """

    name: str
    team: str
    tier: str
    rank: int = 0
    bits: float = 0.0
    spread: float = 0.0
    claim: float = 0.0
    learning: float = 0.0
    scoring: float = 0.0
    artefact_bytes: int = 0
    adapts: bool = False
    frontier: bool = False
    reason: str = ""

    @property
    def cpu_seconds(self) -> float:
        """Of learning and predicting together."""
        return self.learning + self.scoring


def append_played(path: Path, entry: Entry, game: str, played: Played) -> None:
    """Write down what came of a seed.

    Args:
        path: The log, `LOG_FILE` in the course's folder.
        entry: What was played.
        game: The name of rules, text and interpreter; see `game_of`.
        played: What came of it.

    Raises:
        UserError: If it cannot be written.
    """
    now = dt.datetime.now(dt.UTC).isoformat(timespec="seconds")
    known = {"at": now, "team": entry.team, "name": entry.name, "commit": entry.commit}
    append_line(path, {**known, "entry": entry.digest, "game": game, **asdict(played)})


def read_played(path: Path, game: str) -> dict[str, dict[int, Played]]:
    """What was played before: from an entry's digest to what came of each seed.

    Raises:
        UserError: If the log cannot be read.
    """
    found: dict[str, dict[int, Played]] = {}
    for _, row in read_lines(path):
        if row.get("game") == game and (played := _played(row)) is not None:
            found.setdefault(str(row.get("entry")), {})[played.seed] = played
    return found


def _played(row: Mapping[str, Any]) -> Played | None:
    """A line of the log; None where it is none."""
    try:
        played = Played(
            int(row["seed"]),
            float(row["bits"]),
            float(row["learning"]),
            float(row["scoring"]),
            int(row["artefact_bytes"]),
            str(row.get("failed") or ""),
            str(row.get("machine") or ""),
        )
    except (KeyError, TypeError, ValueError, OverflowError):
        return None
    numbers = played.bits, played.learning, played.scoring
    return played if all(math.isfinite(n) and n >= 0 for n in numbers) else None


def board(
    entries: Iterable[Entry],
    played: Mapping[str, Mapping[int, Played]],
    seeds: Sequence[int],
    refused: Mapping[str, str] | None = None,
) -> list[Row]:
    """All entries: ranked ones first, by their figures, then the others with the reason.

    Args:
        entries: What there is now.
        played: What came of each.
        seeds: Which seeds count.
        refused: From team to why its file is no entry.
    """
    rows = [_row(entry, played.get(entry.digest, {}), seeds) for entry in entries]
    rows += [
        Row(team, team, MEASURED, reason=clean_text(why)) for team, why in (refused or {}).items()
    ]
    ranked = sorted(
        (row for row in rows if row.tier == REPRODUCED),
        key=lambda row: (round(row.bits, DIGITS), row.cpu_seconds, row.team, row.name),
    )
    others = sorted(
        (row for row in rows if row.tier != REPRODUCED), key=lambda row: (row.team, row.name)
    )
    figures = [round(row.bits, DIGITS) for row in ranked]
    shown = [
        replace(
            row,
            rank=1 + figures.index(figure),
            frontier=not any(_beats(other, row) for other in ranked),
        )
        for row, figure in zip(ranked, figures, strict=True)
    ]
    return [*shown, *others]


def _beats(other: Row, row: Row) -> bool:
    better, faster = other.bits - row.bits, other.cpu_seconds - row.cpu_seconds
    return better <= 0 and faster <= 0 and (better < 0 or faster < 0)


def _row(entry: Entry, played: Mapping[int, Played], seeds: Sequence[int]) -> Row:
    about = {
        "name": entry.name, "team": entry.team, "claim": entry.claim, "adapts": entry.adapts,
    }  # fmt: skip
    games = [played[seed] for seed in seeds if seed in played]
    failed = next((f"seed {game.seed}: {game.failed}" for game in games if game.failed), "")
    if failed or len(games) < len(seeds):
        missing = f"{len(games)} of {len(seeds)} seeds were played"
        return Row(tier=MEASURED, reason=clean_text(failed) or missing, **about)  # type: ignore[arg-type]
    bits = [game.bits for game in games]
    same, words = judge(
        entry.claim,
        bits[0],
        tuple(bits[1:]),
        higher_is_better=False,
        count=0,
        interval=((1 - SLACK) * entry.claim, (1 + SLACK) * entry.claim),
        exact=False,
    )
    same = same or max(bits) <= entry.claim  # a faster machine may be better than was claimed
    return Row(
        tier=REPRODUCED if same else DIFFERS,
        bits=mean(bits),
        spread=max(bits) - min(bits),
        learning=mean(game.learning for game in games),
        scoring=mean(game.scoring for game in games),
        artefact_bytes=max(game.artefact_bytes for game in games),
        reason="" if same else f"claims {entry.claim:g}: {words}",
        **about,  # type: ignore[arg-type]
    )


def table(rows: Sequence[Row]) -> list[str]:
    """The board, in lines for a terminal."""
    lines = [
        f"{'rank':>4}  {'bits':>6}  {'spread':>6}  {'CPU-s':>11}  {'artefact':>9}  adapts  entry"
    ]
    for row in rows:
        who = f"{row.name} ({row.team})" if row.team and row.team != row.name else row.name
        if row.tier != REPRODUCED:
            lines.append(f"{'–':>4}  {row.tier}: {who}: {row.reason}")
            continue
        mark = " *" if row.frontier else ""
        cpu = f"{row.learning:.1f} + {row.scoring:.1f}"
        lines.append(
            f"{row.rank:>4}  {row.bits:6.3f}  {row.spread:6.3f}  {cpu:>11}  "
            f"{row.artefact_bytes / 1000:6.0f} kB  {'yes' if row.adapts else 'no':<6}  {who}{mark}"
        )
    if any(row.frontier for row in rows):
        lines.append("* on the frontier: no entry is better in as little time")
    return lines
