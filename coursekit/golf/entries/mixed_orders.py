"""Many counts at once, weighed by what each of them was worth so far.

A character is a path in a Huffman tree. At each node of the path, every context (the last 1, 2, …
characters, the word, the column, the line above) has its own estimate of where the path goes on,
and a small logistic regression mixes them; which of its weights are used depends on how often a
context was seen. All of it is learned while the text is read, once.

Reference:
    Mahoney (2005), Adaptive weighing of context models for lossless data compression; Knoll and de
    Freitas (2012), A machine learning perspective on predictive coding with PAQ, arXiv:1108.3298.
"""

from __future__ import annotations

import heapq
import json
import lzma
from collections import Counter
from collections.abc import Generator

import numpy as np
from numpy.typing import NDArray

NAME = "mixed orders"
CLAIM = 1.56
ADAPTS = True

ORDERS = (1, 2, 3, 4, 5, 6, 8, 11)
EXTRA = 8  # contexts beside those of the last characters
SLOTS = 22  # as a power of two
LEARNING_RATE = 0.006
SLOWEST = 1 / 30  # how fast an estimate moves, however often it was seen
BUCKETS = 8
STREAMS = 16  # places in the texts that are read at the same time, which is quicker
COLUMNS = 96
_M = (1 << 64) - 1
_A, _B, _C = 0x9E3779B97F4A7C15, 0xD6E8FEB86659FD93, 0x2545F4914F6CDD1D


def train(texts: list[str], validation: list[str], alphabet: str, seed: int) -> bytes:
    """Keep the texts; reading them is the training."""
    return lzma.compress(json.dumps([*texts, *validation]).encode())


def predict(artefact: bytes, alphabet: str) -> Generator[np.ndarray, str | None, None]:
    """Yield a probability for each character, and be sent the one that came."""
    texts = json.loads(lzma.decompress(artefact))
    mixer = Mixer(alphabet, texts)
    mixer.read(texts)
    while True:
        came = yield mixer.distribution()
        if came is None:
            mixer.begin()
        else:
            mixer.learn(came)


def huffman(counts: list[float]) -> list[list[tuple[int, int]]]:
    """For each character its path: numbers of nodes, and which way it goes there."""
    size = len(counts)
    heap = [(count, place) for place, count in enumerate(counts)]
    heapq.heapify(heap)
    paths: list[list[tuple[int, int]]] = [[] for _ in range(size)]
    below: dict[int, list[int]] = {place: [place] for place in range(size)}
    for node in range(size - 1):
        one, other = heapq.heappop(heap), heapq.heappop(heap)
        for way, (_, child) in enumerate((one, other)):
            for leaf in below[child]:
                paths[leaf].append((node, way))
        below[size + node] = below.pop(one[1]) + below.pop(other[1])
        heapq.heappush(heap, (one[0] + other[0], size + node))
    return paths


class Context:
    """What came before, as one number for each kind of context."""

    def __init__(self, alphabet: str) -> None:
        self.ids = {character: place + 1 for place, character in enumerate(alphabet)}
        self.orders = [0] * (max(ORDERS) + 1)
        self.begin()

    def begin(self) -> None:
        """A new text."""
        self.last = [0, 0, 0, 0]
        self.word = self.word1 = self.word2 = 0
        self.line: list[int] = []
        self.above: list[int] = []
        self.indent, self.leading = 0, True

    def read(self, character: str) -> None:
        """Go one character further."""
        own = self.ids[character]
        orders = self.orders
        for n in range(len(orders) - 1, 0, -1):
            mixed = (orders[n - 1] + own) * _C & _M
            orders[n] = mixed ^ mixed >> 29
        self.last = [own, *self.last[:3]]
        if character.isalnum() or character == "_":
            self.word = (self.word + ord(character.lower())) * _A + 1 & _M
        elif self.word:
            self.word2, self.word1, self.word = self.word1, self.word, 0
        if character == "\n":
            self.above, self.line, self.indent, self.leading = self.line, [], 0, True
            return
        self.line.append(own)
        if self.leading:
            self.leading = character == " "
            self.indent += self.leading

    def rows(self) -> tuple[int, int]:
        """Which weights are used: by the last character, and by the column."""
        size = len(self.ids)
        return size + self.last[0], 2 * size + 1 + min(len(self.line), COLUMNS - 1)

    def hashes(self) -> list[int]:
        """One number for each context."""
        one, two, three, four = self.last
        column = len(self.line)
        above = self.above[column] if column < len(self.above) else 0
        word, before = self.word, self.word1
        found = [
            *(self.orders[n] for n in ORDERS),
            word * _B + one,
            (word + 3 * before) * _B + 1,
            (word + 3 * before + 7 * self.word2) * _B + 2,
            (column << 8 | one) * _B + 3,
            (above << 8 | one) * _B + 4,
            (((self.indent << 1 | self.leading) << 7) + min(column, 100)) * _B + 5,
            (two << 8 | three) * _B + 6,
            ((two << 8 | three) << 8 | four) * _B + 7,
            0,
        ]
        return [(n + 1) * _A + value & _M for n, value in enumerate(found)]


class Mixer:
    """Estimates at the nodes of the tree, and the weights that mix them."""

    def __init__(self, alphabet: str, texts: list[str]) -> None:
        counts = Counter("".join(texts))
        self.places = {character: place for place, character in enumerate(alphabet)}
        paths = huffman([counts[character] + 0.5 for character in alphabet])
        self.paths = [np.array([node for node, _ in path]) for path in paths]
        self.ways = [np.array([way for _, way in path], np.float32) for path in paths]
        size = len(alphabet)
        self.to = np.zeros((2, size, size - 1), np.float32)  # [way, character, node]
        for place, path in enumerate(paths):
            for node, way in path:
                self.to[way, place, node] = 1
        self.alphabet, self.context = alphabet, Context(alphabet)
        self.kinds = len(ORDERS) + EXTRA + 1
        self.estimates = np.full(1 << SLOTS, 0.5, np.float32)
        self.seen = np.zeros(1 << SLOTS, np.uint8)
        seen = np.arange(256)
        self.rates = np.maximum(1 / (seen + 1.6), SLOWEST).astype(np.float32)
        edges = (1, 2, 3, 4, 6, 12, 40)
        self.bucket = np.searchsorted(edges, seen, side="right").astype(np.int64)
        self.nodes = np.arange(size - 1, dtype=np.uint64) * np.uint64(_C)
        # Three sets of weights: by node, by the last character, by column.
        rows = 2 * size + 1 + COLUMNS
        self.weights = np.full(rows * BUCKETS * self.kinds, 0.25, np.float32)
        self.final = np.full((size - 1, 3), 1 / 3, np.float32)
        self.columns = np.arange(self.kinds)

    def begin(self) -> None:
        """A new text."""
        self.context.begin()

    def read(self, texts: list[str]) -> None:
        """Learn from texts, in several places at a time."""
        characters = [c for text in texts for c in (None, *text)]
        length = -(-len(characters) // STREAMS)
        contexts = [Context(self.alphabet) for _ in range(STREAMS)]
        for step in range(length):
            places, hashes, rows = [], [], []
            for number, context in enumerate(contexts):
                at = number * length + step
                if at >= len(characters):
                    continue
                character = characters[at]
                if character is None:
                    context.begin()
                    continue
                places.append(self.places[character])
                hashes.append(context.hashes())
                rows.append(context.rows())
                context.read(character)
            if places:
                self._learn(places, np.array(hashes, np.uint64), np.array(rows))

    def _look(
        self,
        nodes: NDArray[np.int64],
        hashes: NDArray[np.uint64],
        rows: NDArray[np.int64],
    ) -> tuple[np.ndarray, ...]:
        """Slots, how often each was seen, inputs, weights and what each set makes of them.

        Args:
            nodes: Of the tree, `(N,)`.
            hashes: Of the contexts of each, `(N or 1, kinds)`.
            rows: Of the weights, by last character and column, `(N or 1, 2)`.
        """
        mixed = (hashes ^ self.nodes[nodes][:, None]) * np.uint64(0xFF51AFD7ED558CCD)
        slots = (mixed >> np.uint64(64 - SLOTS)).astype(np.int64)
        seen, chance = self.seen[slots], self.estimates[slots]
        bucket = self.bucket[seen]
        x = np.log(chance / (1 - chance))
        base = bucket * self.kinds + self.columns
        width = BUCKETS * self.kinds
        of_sets = np.empty((3, len(nodes)), np.int64)
        of_sets[0], of_sets[1], of_sets[2] = nodes, rows[:, 0], rows[:, 1]
        places = of_sets[:, :, None] * width + base
        weights = self.weights[places]  # (3, N, inputs)
        logits = np.clip((weights * x).sum(2), -12, 12)  # (3, N)
        return slots, seen, chance, x, places, logits

    def distribution(self) -> NDArray[np.float32]:
        """A probability for each character."""
        self.looked = self._look(np.arange(len(self.nodes)), *self._here())
        logits = self.looked[-1]
        z = np.clip((self.final * logits.T).sum(1), -9.5, 9.5)
        sure = np.log1p(np.exp(np.stack([z, -z])))  # minus the logarithms of both ways
        costs: NDArray[np.float32] = self.to[0] @ sure[0] + self.to[1] @ sure[1]
        return np.exp(-costs)

    def learn(self, character: str) -> None:
        """Learn from the character that came after the last `distribution`, and go on."""
        place = self.places[character]
        nodes = self.paths[place]
        of_path = [part[nodes] for part in self.looked[:4]]
        self._correct(nodes, self.ways[place], *of_path, *(p[:, nodes] for p in self.looked[4:]))
        self.context.read(character)

    def _here(self) -> tuple[NDArray[np.uint64], NDArray[np.int64]]:
        context = self.context
        return np.array([context.hashes()], np.uint64), np.array([context.rows()])

    def _learn(
        self, characters: list[int], hashes: NDArray[np.uint64], rows: NDArray[np.int64]
    ) -> None:
        nodes = np.concatenate([self.paths[place] for place in characters])
        ways = np.concatenate([self.ways[place] for place in characters])
        owner = np.repeat(np.arange(len(characters)), [len(self.ways[p]) for p in characters])
        self._correct(nodes, ways, *self._look(nodes, hashes[owner], rows[owner]))

    def _correct(
        self,
        nodes: NDArray[np.int64],
        ways: NDArray[np.float32],
        slots: np.ndarray,
        seen: np.ndarray,
        chance: np.ndarray,
        x: np.ndarray,
        places: np.ndarray,
        logits: np.ndarray,
    ) -> None:
        """Move weights and estimates towards the ways that were taken."""
        error = (ways - 1 / (1 + np.exp(-logits))) * np.float32(LEARNING_RATE)
        np.add.at(self.weights, places, error[:, :, None] * x)
        final = self.final[nodes]
        mixed = 1 / (1 + np.exp(-(final * logits.T).sum(1)))
        np.add.at(self.final, nodes, (np.float32(0.002) * (ways - mixed))[:, None] * logits.T)
        moved = chance + (ways[:, None] - chance) * self.rates[seen]
        self.estimates[slots] = np.clip(moved, 1e-3, 1 - 1e-3)
        self.seen[slots] = seen + (seen < 255)
