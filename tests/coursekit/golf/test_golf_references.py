"""The course's own entries learn, give proper chances, and begin each text anew."""

from __future__ import annotations

import itertools
import math
from importlib import import_module
from types import SimpleNamespace

import pytest

TEXTS = ["the cat sat on the mat\n" * 20, "a dog ran to a log\n" * 20]
ALPHABET = "".join(sorted({*"".join(TEXTS), "z"}))


def bits(name: str, text: str, artefact: bytes) -> list[float]:
    """What an entry makes of each character of a text, every prediction checked."""
    predictor = import_module(f"coursekit.golf.entries.{name}").predict(artefact, ALPHABET)
    next(predictor)
    found, chances = [], predictor.send(None)
    for character in text:
        assert len(chances) == len(ALPHABET)
        assert min(chances) > 0
        assert sum(map(float, chances)) == pytest.approx(1, abs=1e-4)
        found.append(-math.log2(float(chances[ALPHABET.index(character)])))
        chances = predictor.send(character)
    return found


@pytest.mark.parametrize("name", ["kneser_ney", "mixed_orders"])
def test_counting_knows_what_it_has_read_and_doubts_what_it_has_not(name):
    artefact = import_module(f"coursekit.golf.entries.{name}").train(TEXTS, [], ALPHABET, 1)
    known = bits(name, "the cat sat on the mat\n", artefact)
    assert sum(known[1:]) / len(known[1:]) < 0.4
    assert bits(name, "the z", artefact)[-1] > 5


def test_only_what_adapts_gains_from_what_it_has_just_read():
    new = "zebra " * 12
    gain = {}
    for name in ("kneser_ney", "mixed_orders"):
        artefact = import_module(f"coursekit.golf.entries.{name}").train(TEXTS, [], ALPHABET, 1)
        found = bits(name, new.replace("b", "g").replace("e", "o"), artefact)
        gain[name] = sum(found[6:12]) - sum(found[-6:])
    assert gain["mixed_orders"] > 10
    assert abs(gain["kneser_ney"]) < 1


@pytest.mark.parametrize("name", ["lstm", "gpt"])
def test_a_network_learns_within_its_time(name, monkeypatch):
    """A uniform guess costs 4 bits; letters alone a little less. The clock goes on at each look."""
    pytest.importorskip("torch")
    entry = import_module(f"coursekit.golf.entries.{name}")
    looks = itertools.count()
    clock = SimpleNamespace(process_time=lambda: next(looks) * entry.CPU_SECONDS / 120)
    monkeypatch.setattr(entry, "time", clock)
    artefact = entry.train(TEXTS, [], ALPHABET, 1)
    assert len(artefact) < 1_000_000
    found = bits(name, "the cat sat on the mat\n", artefact)
    assert sum(found) / len(found) < 2.5
