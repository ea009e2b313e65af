"""Solutions of lesson 2."""

from __future__ import annotations

import torch
from torch import Tensor


def one_hot(numbers: Tensor, size: int) -> Tensor:
    """Vectors with a single 1, shape `(len(numbers), size)`."""
    return torch.eye(size)[numbers]


def cosine(a: Tensor, b: Tensor) -> Tensor:
    """The cosine of the angle between two vectors."""
    return a @ b / (a.norm() * b.norm())


def pairs(words: list[str], window: int) -> list[tuple[str, str]]:
    """Each word with each neighbour that is at most `window` away."""
    return [
        (word, words[j])
        for i, word in enumerate(words)
        for j in range(max(0, i - window), min(len(words), i + window + 1))
        if j != i
    ]


def analogy(words: list[str], vectors: Tensor, a: str, b: str, c: str) -> str:
    """a is to b as c is to what?"""
    at = [words.index(word) for word in (a, b, c)]
    wanted = vectors[at[1]] - vectors[at[0]] + vectors[at[2]]
    near = vectors @ wanted / (vectors.norm(dim=1) * wanted.norm())
    near[at] = -2.0
    return words[int(near.argmax())]


ANSWERS = {1: one_hot, 2: cosine, 3: pairs, 4: analogy}
