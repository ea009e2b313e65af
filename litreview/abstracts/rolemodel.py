"""The sentence-role model: a linear-chain CRF averaged with a small neural head, in numpy.

Both read an abstract as a whole, because what a sentence does depends on its
neighbours. The CRF sees words, word pairs, word beginnings and endings, shapes
and the first words of a sentence; a head sees word vectors through a
convolution of three words and two GRUs that pass over the sentences in both
directions. The weights are trained by `training/` and lie in `data/roles.npz`.

Reference:
    Lafferty et al. (2001), ICML, for the CRF; Cho et al. (2014), arXiv:1406.1078,
    for the GRU; Cohan et al. (2019), arXiv:1909.04054, for the task and its data.
"""

from __future__ import annotations

import functools
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litreview.abstracts.features import (
    Ints,
    context_keys,
    ending,
    normalize,
    shape,
    token_keys,
    tokenize,
    word_key,
)

Floats = NDArray[np.float32]

ROLE_COUNT = 5
# Beyond this many distinct tokens the table of a process starts afresh.
MAX_CACHED_TOKENS = 20_000
BATCH_SENTENCES = 2048


@dataclass(frozen=True)
class Crf:
    """Weights of the CRF: those of feature `keys[k]` are `weights[k]`.

    Shapes: `keys` `(F,)`, sorted; `weights` `(F + 1, 5)`, the last row zero for
    unknown features; `transitions` `(5, 5)`; `first` and `last` `(5,)`.
    """

    keys: Ints
    weights: Floats
    transitions: Floats
    first: Floats
    last: Floats

    def look_up(self, keys: Ints) -> Floats:
        """Return the weights of features, shape `(len(keys), 5)`."""
        index = np.searchsorted(self.keys, keys)
        index[index == len(self.keys)] = 0
        return self.weights[np.where(self.keys[index] == keys, index, len(self.keys))]


@dataclass(frozen=True)
class Head:
    """Weights of a neural head; `D` vector width, `C` channels, `W` and `H` hidden widths.

    Shapes: `words` `(V + 1, D)`, row 0 for unknown words; `shapes` `(7, D)`;
    `endings` `(2001, D)`; `convolution` `(3, D, C)`; `dense` `(C + D, W)`;
    `gru_in` `(2, W + 3, 3H)`, `gru` `(2, H, 3H)` and their biases, gates in the
    order reset, update, new; `out` `(2H + W, 5)`.
    """

    words: Floats
    shapes: Floats
    endings: Floats
    convolution: Floats
    convolution_bias: Floats
    dense: Floats
    dense_bias: Floats
    gru_in: Floats
    gru_in_bias: Floats
    gru: Floats
    gru_bias: Floats
    out: Floats
    out_bias: Floats


class RoleModel:
    """The trained model, with a table of the tokens that this process has met.

    Args:
        arrays: The contents of the weights file; see `training/pack.py`.
    """

    def __init__(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        self._crf = Crf(
            arrays["crf_keys"].astype(np.int64),
            _with_zero_row(_restore(arrays, "crf_weights")),
            *(
                arrays[f"crf_{name}"].astype(np.float32)
                for name in ("transitions", "first", "last")
            ),
        )
        self._heads = [
            Head(**{name: _restore(arrays, f"head{k}_{name}") for name in Head.__annotations__})
            for k in range(int(arrays["heads"]))
        ]
        self._crf_share = float(arrays["crf_share"])
        self._odds = arrays["role_odds"].astype(np.float32)
        # The weights of the three places of a window side by side.
        self._projections = [np.concatenate(list(h.convolution), axis=1) for h in self._heads]
        words = bytes(arrays["words"]).decode("utf-8").split("\n")
        self._words = {word: number for number, word in enumerate(words, start=1)}
        # The token table is shared by the threads of a process.
        self._lock = threading.Lock()
        self._forget()

    def probabilities(self, abstracts: Sequence[Sequence[str]]) -> list[Floats]:
        """Give the probability of each role for each sentence.

        Args:
            abstracts: The sentences of each abstract, none of them without a sentence.

        Returns:
            An array of shape `(sentences, 5)` for each abstract.
        """
        tables: list[Floats] = []
        batch: list[Sequence[str]] = []
        size = 0
        with self._lock:
            for sentences in abstracts:
                batch.append(sentences)
                size += len(sentences)
                if size >= BATCH_SENTENCES:
                    tables += self._batch(batch)
                    batch, size = [], 0
            return tables + (self._batch(batch) if batch else [])

    def _batch(self, abstracts: Sequence[Sequence[str]]) -> list[Floats]:
        counts = np.array([len(sentences) for sentences in abstracts], dtype=np.int64)
        tokens, starts = self._encode([s for sentences in abstracts for s in sentences])
        order = Order(counts)
        lengths = np.diff(np.append(starts, len(tokens)))
        columns = Order(lengths)
        scores = add_columns(self._token_scores, tokens, columns)
        owners, keys = context_keys(self._token_keys[tokens], starts, counts)
        found = self._crf.look_up(keys)
        for role in range(ROLE_COUNT):
            scores[:, role] += np.bincount(owners, found[:, role], len(starts))
        mixed = self._crf_share * crf_marginals(self._crf, scores, order)
        for head, rows in zip(self._heads, self._token_rows, strict=True):
            seen = read_words(head, rows, tokens, columns)
            logits = head_logits(head, seen, counts, order)
            mixed += (1 - self._crf_share) / len(self._heads) * _softmax(logits)
        mixed *= self._odds
        mixed /= mixed.sum(axis=1, keepdims=True)
        ends = np.cumsum(counts)
        return [mixed[end - count : end] for end, count in zip(ends, counts, strict=True)]

    def _forget(self) -> None:
        self._rows: dict[str, int] = {}
        self._token_keys = np.zeros(0, dtype=np.int64)
        self._token_scores = np.zeros((0, ROLE_COUNT), dtype=np.float32)
        self._token_rows = [
            np.zeros((0, head.words.shape[1] + projection.shape[1]), dtype=np.float32)
            for head, projection in zip(self._heads, self._projections, strict=True)
        ]

    def _encode(self, sentences: Sequence[str]) -> tuple[Ints, Ints]:
        """Number the tokens of all sentences; return them and where each sentence begins."""
        if len(self._rows) > MAX_CACHED_TOKENS:
            self._forget()
        lists = [tokenize(sentence) for sentence in sentences]
        flat = [token for tokens in lists for token in tokens]
        rows = self._rows
        unseen = [token for token in dict.fromkeys(flat) if token not in rows]
        if unseen:
            self._learn(unseen)
        numbers = np.fromiter(map(rows.__getitem__, flat), dtype=np.int64, count=len(flat))
        lengths = np.fromiter(map(len, lists), dtype=np.int64, count=len(lists))
        return numbers, np.cumsum(lengths) - lengths

    def _learn(self, tokens: list[str]) -> None:
        """Extend the token table."""
        known = len(self._rows)
        for token in tokens:
            self._rows[token] = len(self._rows)
        keys = [token_keys(token) for token in tokens]
        starts = np.cumsum([0] + [len(found) for found in keys[:-1]])
        weights = self._crf.look_up(np.array([key for found in keys for key in found]))
        scores = np.add.reduceat(weights, starts, axis=0)
        self._token_scores = _extend(self._token_scores, known, scores)
        hashes = np.array([word_key(token) for token in tokens], dtype=np.int64)
        self._token_keys = _extend(self._token_keys, known, hashes)
        words = np.array([self._words.get(normalize(token), 0) for token in tokens])
        shapes = np.array([shape(token) for token in tokens])
        endings = np.array([ending(token) for token in tokens])
        for number, head in enumerate(self._heads):
            vectors = head.words[words] + head.shapes[shapes] + head.endings[endings]
            rows = np.concatenate([vectors, vectors @ self._projections[number]], axis=1)
            self._token_rows[number] = _extend(self._token_rows[number], known, rows)


def _extend(table: NDArray[Any], used: int, rows: NDArray[Any]) -> NDArray[Any]:
    """Write rows behind the used ones; the table doubles, so that growing it stays cheap."""
    need = used + len(rows)
    if need > len(table):
        larger = np.zeros((max(need, 2 * len(table), 4096), *table.shape[1:]), dtype=table.dtype)
        larger[:used] = table[:used]
        table = larger
    table[used:need] = rows
    return table


class Order:
    """Sequences sorted by length, so that one step handles a place of all of them at once.

    Attributes:
        longest: The sequences, longest first.
        forward: For step `t`, the rows of the `t`-th items of those that are long enough.
        backward: The same, counted from the end.
    """

    def __init__(self, counts: Ints) -> None:
        starts = np.cumsum(counts) - counts
        self.longest = np.argsort(-counts, kind="stable")
        counts, starts = counts[self.longest], starts[self.longest]
        active = np.searchsorted(-counts, -np.arange(int(counts[0])), side="left")
        self.forward = [starts[:n] + step for step, n in enumerate(active)]
        ends = starts + counts - 1
        self.backward = [ends[:n] - step for step, n in enumerate(active)]


def add_columns(table: Floats, tokens: Ints, columns: Order) -> Floats:
    """Add the rows of `table` of each sentence's tokens, shape `(S, table width)`."""
    total = np.zeros((len(columns.longest), table.shape[1]), dtype=np.float32)
    for here in columns.forward:
        total[: len(here)] += table[tokens[here]]
    return _unsort(total, columns.longest)


def read_words(head: Head, table: Floats, tokens: Ints, columns: Order) -> Floats:
    """Run the convolution over all sentences, a place at a time.

    Args:
        head: Its weights.
        table: For each known token its vector and what it gives to the window around
            the next token, its own and the one before: `(N, D + 3C)`.
        tokens: Rows of `table`, for all sentences, shape `(T,)`.
        columns: The order of the sentences by their number of tokens.

    Returns:
        The largest value of each channel, and the mean vector: `(S, C + D)`.
    """
    width, channels = head.convolution.shape[1:]
    sentences = len(columns.longest)
    best = np.full((sentences, channels), -np.inf, dtype=np.float32)
    total = np.zeros((sentences, width), dtype=np.float32)
    lengths = np.zeros((sentences, 1), dtype=np.float32)
    # The window around the last place still lacks what this place gives it.
    window = np.zeros((0, channels), dtype=np.float32)
    before = np.zeros((sentences, channels), dtype=np.float32)
    for here in columns.forward:
        n = len(here)
        given = table[tokens[here]]
        total[:n] += given[:, :width]
        lengths[:n] += 1
        # Sentences that have ended lack nothing any more.
        window[:n] += given[: len(window), width + 2 * channels :]
        np.maximum(best[: len(window)], window, out=best[: len(window)])
        window = given[:, width + channels : width + 2 * channels] + before[:n]
        before = given[:, width : width + channels]
    np.maximum(best[: len(window)], window, out=best[: len(window)])
    best = np.maximum(best + head.convolution_bias, 0)
    return _unsort(np.concatenate([best, total / lengths], axis=1), columns.longest)


def _unsort(values: Floats, longest: Ints) -> Floats:
    result = np.empty_like(values)
    result[longest] = values
    return result


def crf_marginals(crf: Crf, scores: Floats, order: Order) -> Floats:
    """Turn scores of single sentences into probabilities that mind the neighbours.

    Args:
        crf: For the transitions.
        scores: Sum of the weights of each sentence, shape `(S, 5)`.
        order: Of the abstracts.

    Returns:
        Marginal probabilities, shape `(S, 5)`.
    """
    step = np.exp(crf.transitions)
    local = np.exp(scores - scores.max(axis=1, keepdims=True))
    alpha = _pass(local, order.forward, step, np.exp(crf.first))
    beta = _pass(local, order.backward, step.T, np.exp(crf.last))
    both = alpha * beta / local
    return np.asarray(both / both.sum(axis=1, keepdims=True), dtype=np.float32)


def _pass(local: Floats, rows: list[Ints], step: Floats, edge: Floats) -> Floats:
    """Run one direction; each row is scaled to sum 1, so that nothing under- or overflows."""
    result = np.empty_like(local)
    for number, here in enumerate(rows):
        before = edge if number == 0 else result[rows[number - 1][: len(here)]] @ step
        message = local[here] * before
        result[here] = message / message.sum(axis=1, keepdims=True)
    return np.maximum(result, 1e-30)


def head_logits(head: Head, seen: Floats, counts: Ints, order: Order) -> Floats:
    """Run what a head does with whole sentences.

    Args:
        head: Its weights.
        seen: From `read_words`, shape `(S, C + D)`.
        counts: How many sentences each abstract has, with sum `S`.
        order: Of the abstracts.

    Returns:
        Scores before the softmax, shape `(S, 5)`.
    """
    sentences = len(seen)
    hidden = np.maximum(seen @ head.dense + head.dense_bias, 0)
    n = np.repeat(counts, counts).astype(np.float32)
    i = (np.arange(sentences) - np.repeat(np.cumsum(counts) - counts, counts)).astype(np.float32)
    place = np.stack([i / 10, (n - 1 - i) / 10, i / n], axis=1)
    inputs = np.concatenate([hidden, place], axis=1)
    states = [
        _gru(inputs @ head.gru_in[way] + head.gru_in_bias[way], rows, head.gru[way], bias)
        for way, rows, bias in zip(
            (0, 1), (order.forward, order.backward), head.gru_bias, strict=True
        )
    ]
    return np.asarray(np.concatenate([*states, hidden], axis=1) @ head.out + head.out_bias)


def _gru(inputs: Floats, rows: list[Ints], weights: Floats, bias: Floats) -> Floats:
    width = weights.shape[0]
    states = np.empty((len(inputs), width), dtype=np.float32)
    state = np.zeros((len(rows[0]), width), dtype=np.float32)
    for here in rows:
        state = state[: len(here)]
        given = inputs[here]
        passed = state @ weights + bias
        gates = _sigmoid(given[:, : 2 * width] + passed[:, : 2 * width])
        reset, update = gates[:, :width], gates[:, width:]
        new = np.tanh(given[:, 2 * width :] + reset * passed[:, 2 * width :])
        state = new + update * (state - new)
        states[here] = state
    return states


def _sigmoid(values: Floats) -> Floats:
    # By way of tanh, which does not overflow.
    return np.asarray(0.5 * np.tanh(0.5 * values) + 0.5)


def _softmax(logits: Floats) -> Floats:
    exponent = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(exponent / exponent.sum(axis=1, keepdims=True))


def _restore(arrays: Mapping[str, NDArray[Any]], name: str) -> Floats:
    """Undo the 8-bit quantisation: one scale for each column."""
    values = arrays[name].astype(np.float32)
    scale = f"{name}_scale"
    return values * arrays[scale].astype(np.float32) if scale in arrays else values


def _with_zero_row(weights: Floats) -> Floats:
    return np.concatenate([weights, np.zeros((1, weights.shape[1]), dtype=np.float32)])


@functools.cache
def load_role_model() -> RoleModel:
    """Load the shipped weights, once a process."""
    with (
        resources.files("litreview").joinpath("data/roles.npz").open("rb") as stream,
        np.load(stream, allow_pickle=False) as arrays,
    ):
        return RoleModel(dict(arrays))
