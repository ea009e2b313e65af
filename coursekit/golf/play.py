"""Play an entry with one seed: it learns in one box, and predicts in another.

What it has learned travels as bytes, its artefact, and nothing else does. The test text never
enters a box: it is dictated, a character after each prediction.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from coursekit.golf.entry import Entry
from coursekit.verify.dictation import FILE, Texts
from coursekit.verify.packs import Store
from coursekit.verify.units import Answer, Unit
from coursekit.verify.watch import Limits
from litreview.errors import UserError

_INSIDE = Path(__file__).with_name("inside.py")
_MODULE = "golf_inside"


@dataclass(frozen=True, slots=True)
class Rules:
    """What an entry may use.

    Attributes:
        cpu_seconds: Of learning: everything before the first prediction.
        scoring_seconds: CPU time of all predictions.
        artefact_bytes: What it may keep of what it has learned.
        seeds: Which it is played with.
        memory_bytes: At any time.
    """

    cpu_seconds: float = 60.0
    scoring_seconds: float = 60.0
    artefact_bytes: int = 1_000_000
    seeds: tuple[int, ...] = (1, 2, 3)
    memory_bytes: int = 2_000_000_000

    def limits(self, cpu_seconds: float) -> Limits:
        """For one box; other programs may have the core for most of the time."""
        # Base64, and a little around it: more than that is no artefact.
        output = 2 * self.artefact_bytes + 100_000
        return Limits(cpu_seconds, 8 * cpu_seconds + 60, self.memory_bytes, 200_000_000, 16, output)


@dataclass(frozen=True, slots=True)
class Prose:
    """The text of the game.

    Attributes:
        train, validation: What an entry learns from.
        test: What is dictated.
        alphabet: All characters of all three.
    """

    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]

    @property
    def alphabet(self) -> str:
        """All characters, in the order of their code points."""
        return "".join(sorted(set("".join((*self.train, *self.validation, *self.test)))))


@dataclass(frozen=True, slots=True)
class Played:
    """What came of one seed.

    Attributes:
        bits: A character of the test text; 0 where it failed.
        learning: CPU-seconds before the first prediction, in both boxes.
        scoring: CPU-seconds of all predictions.
        artefact_bytes: What it kept.
        failed: Why there is no figure; empty where there is one.
        machine: Where it ran.
    """

    seed: int
    bits: float = 0.0
    learning: float = 0.0
    scoring: float = 0.0
    artefact_bytes: int = 0
    failed: str = ""
    machine: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """What every game needs: rules, and packs of the texts."""

    rules: Rules
    store: Store
    alphabet: str
    given: str
    dictated: str


Game = Generator[list[Unit], list[Answer], Played]


def ask_prose(code: Mapping[str, bytes], store: Store) -> Unit:
    """The unit that asks the course's own code for the built-in prose; see `read_prose`."""
    pack = store.add({**code, f"{_MODULE}.py": _INSIDE.read_bytes()})
    job = {"code": f"{pack}.tar", "packs": [], "ask": "texts", "module": _MODULE, "arguments": {}}
    return Unit(job, Limits(cpu_seconds=60))


def read_prose(answer: Answer) -> Prose:
    """What the unit of `ask_prose` gave.

    Raises:
        UserError: If it failed.
    """
    if answer.failed:
        raise UserError(f"the built-in prose cannot be read: {answer.failed}")
    found = answer.found
    return Prose(tuple(found["train"]), tuple(found["validation"]), tuple(found["test"]))


def lay(prose: Prose, rules: Rules, store: Store) -> Table:
    """Pack the texts."""
    given = {
        "train": prose.train,
        "validation": prose.validation,
        "alphabet": prose.alphabet,
        "most": rules.artefact_bytes,
    }
    texts = json.dumps(given, ensure_ascii=False).encode()
    dictated = Texts(prose.alphabet, prose.test).to_json()
    return Table(
        rules,
        store,
        prose.alphabet,
        store.add({"texts.json": texts}),
        store.add({FILE: dictated}),
    )


def play(entry: Entry, seed: int, table: Table, *, foreign: bool) -> Game:
    """Play an entry; a generator that yields what is to be run, and returns what came of it.

    Args:
        entry: The entry.
        seed: What it is given as `seed`.
        table: Rules and texts.
        foreign: Whether it needs a closed box, because somebody else wrote it.
    """
    rules = table.rules
    code = table.store.add({"entry.py": entry.source, f"{_MODULE}.py": _INSIDE.read_bytes()})
    common = {"code": f"{code}.tar", "module": _MODULE, "sealed": True}
    job = {
        **common,
        "packs": [f"{table.given}.tar"],
        "ask": "train",
        "arguments": {"seed": seed},
    }
    (answer,) = yield [Unit(job, rules.limits(rules.cpu_seconds), foreign)]
    played = Played(seed, learning=answer.cpu_seconds, machine=answer.machine)
    artefact, failed = _artefact(answer, rules)
    if failed:
        return replace(played, failed=f"learning: {failed}")
    played = replace(played, artefact_bytes=len(artefact))
    pack = table.store.add({"artefact": artefact})
    job = {
        **common,
        "packs": [f"{pack}.tar"],
        "ask": "score",
        "talks": True,
        "arguments": {"alphabet": table.alphabet},
    }
    left = rules.cpu_seconds - played.learning + rules.scoring_seconds
    (answer,) = yield [Unit(job, rules.limits(left), foreign, table.dictated)]
    return _scored(played, answer, rules)


def _artefact(answer: Answer, rules: Rules) -> tuple[bytes, str]:
    """What an entry has learned, or why that does not count."""
    if answer.failed:
        return b"", answer.failed
    if answer.cpu_seconds > rules.cpu_seconds:
        return b"", f"used more than {rules.cpu_seconds:g} CPU-seconds"
    size, text = answer.found.get("size"), answer.found.get("artefact")
    try:
        artefact = base64.b64decode(text, validate=True) if isinstance(text, str) else None
    except (binascii.Error, ValueError):
        artefact = None
    if artefact is None or len(artefact) > rules.artefact_bytes:
        told = f"{size:,}" if isinstance(size, int) else "too many"
        return b"", f"its artefact has {told} bytes, and {rules.artefact_bytes:,} are allowed"
    return artefact, ""


def _scored(played: Played, answer: Answer, rules: Rules) -> Played:
    if answer.failed:
        return replace(played, failed=f"predicting: {answer.failed}")
    heard: Mapping[str, Any] = answer.found["dictation"]
    loading = min(float(heard["loading"]), answer.cpu_seconds)
    learning, scoring = played.learning + loading, answer.cpu_seconds - loading
    played = replace(played, learning=round(learning, 2), scoring=round(scoring, 2))
    if learning > rules.cpu_seconds:
        return replace(played, failed=(
            f"used {learning:.1f} CPU-seconds before its first prediction, and "
            f"{rules.cpu_seconds:g} are allowed"
        ))  # fmt: skip
    if scoring > rules.scoring_seconds:
        return replace(played, failed=(
            f"used {scoring:.1f} CPU-seconds for its predictions, and "
            f"{rules.scoring_seconds:g} are allowed"
        ))  # fmt: skip
    return replace(played, bits=round(float(heard["bits"]), 5))
