"""Run a claim again, and say what came of it.

Where the team has the course's `baseline/` word for word, the course's own code runs the team's
settings and data, and nothing of the team is executed. Changed code runs in a closed box alone: on
data whose test answers are hidden from it, where the task allows that, and the course's code
decides what is right.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coursekit.git.repository import open_repository
from coursekit.team.tiers import DIFFERS, REPRODUCED
from coursekit.verify.claims import (
    CODE,
    LOCK,
    Claim,
    contents,
    data_files,
    is_unchanged,
    number,
)
from coursekit.verify.data import Locked, read_lock
from coursekit.verify.findings import (
    Figure,
    Found,
    Rerun,
    figures,
    is_exact,
    other_data,
    read_rerun,
    tampered,
)
from coursekit.verify.packs import Store
from coursekit.verify.units import Answer, Unit
from coursekit.verify.watch import Limits
from litreview.errors import UserError
from litreview.files import decode_text

COURSE, TEAM = "course", "team"
_SETTINGS = "verify.toml"
# A repetition may take so many times what the run took, and a little more to begin with.
_PATIENCE, _START_SECONDS = 4.0, 60.0
# Other programs may have the cores for most of the time.
_WALL = 8.0


@dataclass(frozen=True, slots=True)
class Kit:
    """What every claim of a course needs.

    Attributes:
        code: The course's own `baseline/`, by path.
        store: Where packs are kept.
        limits: The most that a run may use.
        no_box: Why there is no closed box; empty where there is one.
        fetch: Fetches what `data.lock` names.
        new_seeds: How many seeds are tried that the team has not shown.
    """

    code: Mapping[str, bytes]
    store: Store
    limits: Limits
    no_box: str
    fetch: Callable[[Locked], bytes]
    new_seeds: int = 2


Work = Generator[list[Unit], list[Answer], Found]


def examine(claim: Claim, repository: Path, kit: Kit) -> Work:
    """Run a claim again.

    A generator: it yields what is to be run next, is sent the answers, and returns what was found.

    Args:
        claim: The claim.
        repository: The team's.
        kit: What every claim needs.
    """
    changed = [figure for row in claim.shown.results if (figure := tampered(claim, row))]
    if len(changed) == len(claim.shown.results):
        return Found(tuple(changed))
    try:
        found = yield from _Examiner(claim, repository, kit).run()
    except UserError as error:
        return Found(tuple(changed), skipped=str(error))
    wrong = {id(figure.result): figure for figure in changed}
    return replace(found, figures=tuple(wrong.get(id(one.result), one) for one in found.figures))


class _Examiner:
    def __init__(self, claim: Claim, repository: Path, kit: Kit) -> None:
        self.claim = claim
        self.repository = repository
        self.kit = kit
        self.record = claim.record
        self.tested = any(row.split == "test" for row in claim.shown.results)
        self.answers: list[Answer] = []

    def run(self) -> Work:
        _refuse_unknown_weights(self.claim)
        if is_unchanged(self.claim.files, self.kit.code):
            code = self.kit.store.add(self.kit.code)
            answers = yield from self._ask(self._units(code, self._data(), foreign=False))
            return self._found(COURSE, [read_rerun(answer) for answer in answers])
        if self.kit.no_box:
            raise UserError(
                "its baseline/ is not the course's present one (changed, or an earlier version), "
                f"and there is no box: {self.kit.no_box}"
            )
        return (yield from self._team())

    def _team(self) -> Work:
        """Run the team's own code, with the answers of the test part hidden from it."""
        course, team = self.kit.store.add(self.kit.code), self._team_code()
        data = self._data()
        question = {"config": _SETTINGS}
        (hidden,) = yield from self._ask([self._question(course, data, "hide", question)])
        if hidden.failed:
            return self._found(TEAM, [Rerun(hidden.failed)])
        if changed := other_data(self.claim, hidden.found.get("data")):
            return self._found(TEAM, [Rerun("", other_data=changed)])
        files, settings = hidden.found.get("files"), hidden.found.get("set") or []
        if not isinstance(files, dict) or len(self.claim.steps) > 1 or not self.tested:
            answers = yield from self._ask(self._units(team, data, foreign=True))
            own = "measured by the code in the repository, which is not the course's present one"
            return self._found(TEAM, [read_rerun(answer) for answer in answers], own)
        sealed = self.kit.store.add({path: text.encode() for path, text in files.items()})
        answers = yield from self._ask(
            self._units(team, sealed, foreign=True, settings=settings, predictions=True)
        )
        scores: list[Rerun] = []
        for answer in answers:
            rerun = read_rerun(answer)
            if not rerun.failed:
                lines = answer.found.get("predictions")
                asked = {"config": _SETTINGS, "lines": lines}
                (score,) = yield from self._ask([self._question(course, data, "score", asked)])
                values = {"test": score.found.get("values", {})}
                results = {**rerun.results, **values}
                rerun = replace(rerun, failed=score.failed, results=results, data="")
            scores.append(rerun)
        found = self._found(TEAM, scores, "with the test answers hidden from the team's code")
        if not any(f.tier == DIFFERS and f.result.split == "test" for f in found.figures):
            return found
        # Told apart: does it reach the figure where it can see the answers?
        answers = yield from self._ask(self._units(team, data, foreign=True)[:1])
        open_figures = self._found(TEAM, [read_rerun(answer) for answer in answers]).figures
        return self._found_leaks(found, open_figures)

    def _found_leaks(self, found: Found, seen: Sequence[Figure]) -> Found:
        told = []
        for hidden, shown in zip(found.figures, seen, strict=True):
            if (hidden.tier, shown.tier) == (DIFFERS, REPRODUCED):
                reached = "nothing" if hidden.figure is None else f"{hidden.figure:.4g}"
                why = (
                    f"the team's code reaches {hidden.result.value:.4g} only where it can see the "
                    f"answers of the test part, and {reached} where they are hidden: it has "
                    "learned from the test part"
                )
                hidden = replace(hidden, reason=why)
            told.append(hidden)
        spent = sum(answer.cpu_seconds for answer in self.answers)
        return replace(found, figures=tuple(told), cpu_seconds=spent)

    def _ask(self, units: list[Unit]) -> Generator[list[Unit], list[Answer], list[Answer]]:
        answers = yield units
        self.answers += answers
        return answers

    def _question(self, code: str, data: str, ask: str, arguments: Mapping[str, Any]) -> Unit:
        job = {
            "code": f"{code}.tar",
            "packs": [f"{data}.tar"],
            "files": {_SETTINGS: self.claim.steps[-1].config},
            "ask": ask,
            "arguments": arguments,
        }
        return Unit(job, self.kit.limits)

    def _units(
        self,
        code: str,
        data: str,
        *,
        foreign: bool,
        settings: Sequence[str] = (),
        predictions: bool = False,
    ) -> list[Unit]:
        """A unit for the run's own seed, and one for each new one."""
        chain, own = self.claim.steps, int(number(self.record.get("seed")))
        seeds = [own]
        if not is_exact(self.claim) and self.claim.shown.siblings < 3:
            seeds += [own + 1 + n for n in range(self.kit.new_seeds)]
        units = []
        for seed in seeds:
            last = [f"training.seed={seed}"]
            steps = [
                {
                    "config": step.config,
                    "start": place > 0,
                    "set": [*_same_length(step), *settings, *(last if step is chain[-1] else ())],
                }
                for place, step in enumerate(chain)
            ]
            job = {
                "code": f"{code}.tar",
                "packs": [f"{data}.tar"],
                "steps": steps,
                "final": self.tested,
                "predictions": predictions,
            }
            units.append(Unit(job, self._limits(), foreign))
        return units

    def _limits(self) -> Limits:
        most = self.kit.limits
        allowed = _PATIENCE * self.claim.cpu_seconds + _START_SECONDS
        cpu = min(most.cpu_seconds, allowed)
        return replace(
            most, cpu_seconds=cpu, seconds=min(most.seconds, _WALL * cpu + _START_SECONDS)
        )

    def _data(self) -> str:
        """The pack of the data and of how they are split."""
        files = self.claim.files
        wanted = {path: path for path in files if path.startswith("splits/")}
        elsewhere: dict[str, bytes] = {}
        with open_repository(self.repository) as repository:
            locked: dict[str, Locked] = {}
            if LOCK in files:
                found = contents(repository, files, {LOCK: LOCK})
                locked = read_lock(decode_text(found[LOCK], LOCK))
            for path in {path for step in self.claim.steps for path in data_files(step)}:
                if path in files:
                    wanted[path] = path
                elif path in locked:
                    elsewhere[path] = self.kit.fetch(locked[path])
                else:
                    raise UserError(
                        f"{path} is not in the repository, and data.lock names no place"
                    )
            return self.kit.store.add(contents(repository, files, wanted) | elsewhere)

    def _team_code(self) -> str:
        """The pack of the team's own code."""
        files = self.claim.files
        wanted = {
            path: path
            for path, entry in files.items()
            if entry.is_file and (path.startswith(CODE) or path.endswith(".py"))
        }
        if f"{CODE}cli.py" not in wanted:
            raise UserError("there is no baseline/cli.py in its commit, so nothing can be run")
        with open_repository(self.repository) as repository:
            return self.kit.store.add(contents(repository, files, wanted))

    def _found(self, code: str, reruns: Sequence[Rerun], remark: str = "") -> Found:
        return Found(
            figures(self.claim, reruns, remark),
            code,
            cpu_seconds=sum(answer.cpu_seconds for answer in self.answers),
            machine=next((a.machine for a in reversed(self.answers)), ""),
            versions=reruns[0].versions,
        )


def _same_length(step: Any) -> list[str]:
    """A budget of time ends somewhere else on each machine; the steps that were done do not."""
    steps = int(number(step.record.get("steps")))
    if step.record.get("family") == "count-based" or step.setting("training", "steps") == steps:
        return []
    return [f"training.steps={steps}", "training.seconds=0", "training.cpu_seconds=0"]


def _refuse_unknown_weights(claim: Claim) -> None:
    """Stop at weights whose training nobody can repeat.

    Raises:
        UserError: If a run begins with such.
    """
    for step in claim.steps:
        name = step.setting("model", "pretrained")
        if step.setting("model", "name") != "pretrained" or step.setting("model", "from_scratch"):
            continue
        inside = any(path.startswith(f"{str(name).strip('./')}/") for path in claim.files)
        origin = "in the repository, of which no run tells what they have seen" if inside else (
            "published elsewhere, which a box without a network cannot fetch"
        )  # fmt: skip
        raise UserError(f"it begins with weights {origin} ({str(name)[:60]})")
