"""Solutions of lesson 1."""

from __future__ import annotations

import math


def bigram_probability(text: str, first: str, second: str) -> float:
    """How often `second` follows `first`, as a share."""
    followers = [b for a, b in zip(text, text[1:], strict=False) if a == first]
    return followers.count(second) / len(followers) if followers else 0.0


def bits_per_character(probabilities: list[float]) -> float:
    """The mean surprise in bits."""
    return sum(-math.log2(p) for p in probabilities) / len(probabilities)


def perplexity(bits: float) -> float:
    """Between how many equally likely characters a model is undecided."""
    return 2**bits


def mix(long: dict[str, float], short: dict[str, float], share: float) -> dict[str, float]:
    """Two models' probabilities, mixed."""
    return {c: share * long.get(c, 0.0) + (1 - share) * short.get(c, 0.0) for c in {*long, *short}}


ANSWERS = {1: bigram_probability, 2: bits_per_character, 3: perplexity, 4: mix}
