"""A language model that only counts: n-grams with interpolated Kneser-Ney smoothing.

The probability of the next token is read off how often it followed the last few tokens. What
was never seen is estimated from shorter and shorter contexts: each order gives up a little of
its mass (the discount) to the order below. Lower orders do not ask "how often did this occur?"
but "after how many different tokens did this occur?", which is Kneser and Ney's idea.

The counts are stored as a tree in flat arrays. An n-gram is the pair (its prefix, its last
token), written as one integer `prefix_index * V + token`; each order keeps these integers
sorted. A look-up is a binary search, and training is a handful of `numpy.unique`. This needs
numpy and nothing else, on a laptop it reads half a million characters in about a second.

Reference:
    Chen and Goodman (1999), An empirical study of smoothing techniques for language modeling,
    https://doi.org/10.1006/csla.1999.0128, sections 2.7 and 3.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

BEGIN, END, UNKNOWN = 0, 1, 2
SPECIAL = ("<begin>", "<end>", "<unknown>")


@dataclass(frozen=True)
class NgramConfig:
    """How to count."""

    order: int = 7  # longest n-gram, in tokens; order 7 looks at the six tokens before the next one

    def __post_init__(self) -> None:
        if self.order < 1:
            raise ValueError(f"order is {self.order}; an n-gram has at least one token")


@dataclass(frozen=True)
class Level:
    """All n-grams of one order.

    Attributes:
        keys: `prefix_index * V + token`, ascending, shape `(N,)`. `prefix_index` is the place of
            the n-gram's prefix among the keys of the order below (0 for single tokens).
        backoff: Mass that the prefix leaves to the order below; one value for every key of the
            order below, 1 where the prefix never continues.
    """

    keys: np.ndarray
    share: np.ndarray  # discounted probability of the n-gram's last token after its prefix, `(N,)`
    backoff: np.ndarray


@dataclass(frozen=True)
class Ngram:
    """A trained model: its configuration, its vocabulary and one `Level` per order."""

    config: NgramConfig
    vocabulary: tuple[str, ...]
    levels: tuple[Level, ...]

    @property
    def parameters(self) -> int:
        """Number of stored n-grams of all orders."""
        return sum(len(level.keys) for level in self.levels)


def train(texts: Iterable[str], config: NgramConfig | None = None) -> Ngram:
    """Count the n-grams of documents and smooth them; none crosses from one into the next.

    Raises:
        ValueError: If the texts hold no token at all.
    """
    config = config or NgramConfig()
    documents = list(texts)
    vocabulary = (*SPECIAL, *sorted(set().union(*documents)))
    if len(vocabulary) == len(SPECIAL):
        raise ValueError("there is nothing to count: every training text is empty")
    index = _index(vocabulary)

    encoded = [_encode(document, index) for document in documents]
    tokens = np.concatenate(encoded)
    # How many tokens are left in the document from each place on: an n-gram must fit in.
    left = np.concatenate([np.arange(len(document), 0, -1) for document in encoded])
    return Ngram(config, vocabulary, tuple(_levels(tokens, left, len(vocabulary), config)))


def _index(vocabulary: Sequence[str]) -> dict[str, int]:
    """Token to id. A text cannot spell a special token, whatever it contains."""
    return {token: i for i, token in enumerate(vocabulary) if i >= len(SPECIAL)}


def _encode(text: str, index: dict[str, int]) -> np.ndarray:
    ids = [BEGIN, *(index.get(character, UNKNOWN) for character in text), END]
    return np.asarray(ids, dtype=np.int64)


def _levels(
    tokens: np.ndarray, left: np.ndarray, size: int, config: NgramConfig
) -> Iterator[Level]:
    """Yield the `Level` of order 1, 2, … for the concatenated documents `tokens`."""
    # 1. The distinct n-grams of each order, how often each occurs, and where.
    place = np.zeros(len(tokens), dtype=np.int64)  # index of the n-gram that starts here
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []  # keys, counts, first position
    places: list[np.ndarray] = []
    for order in range(1, config.order + 1):
        starts = np.flatnonzero(left >= order)
        if len(starts) == 0:
            break  # every document is shorter than this order
        pairs = place[starts] * size + tokens[starts + order - 1]
        keys, first, inverse, counts = np.unique(
            pairs, return_index=True, return_inverse=True, return_counts=True
        )
        place = np.full(len(tokens), -1, dtype=np.int64)
        place[starts] = inverse
        found.append((keys, counts, starts[first]))
        places.append(place)

    # 2. Below the highest order, count how many different tokens stand before the n-gram.
    for order, (keys, counts, first) in enumerate(found, start=1):
        if order < len(found):
            extended = found[order][2]  # where each distinct longer n-gram starts
            suffix = places[order - 1][extended + 1]
            before = np.bincount(suffix, minlength=len(keys))
            # Nothing stands before the beginning of a document: those keep their own counts.
            counts = np.where(tokens[first] == BEGIN, counts, before)
        below = len(found[order - 2][0]) if order > 1 else 1
        yield _smooth(keys, counts, size, below)


def _smooth(keys: np.ndarray, counts: np.ndarray, size: int, contexts: int) -> Level:
    """Turn the counts of one order into shares and back-off masses."""
    prefix, last = np.divmod(keys, size)
    counts = np.where(last == BEGIN, 0, counts).astype(np.float64)  # never predicted
    discount = np.minimum(_discounts(counts)[np.minimum(counts, 3).astype(int)], counts)
    total = np.bincount(prefix, weights=counts, minlength=contexts)
    given_up = np.bincount(prefix, weights=discount, minlength=contexts)
    seen = total > 0
    backoff = np.divide(given_up, total, out=np.ones(contexts), where=seen)
    share = (counts - discount) / np.where(seen, total, 1.0)[prefix]
    return Level(keys, share, backoff)


def _discounts(counts: np.ndarray) -> np.ndarray:
    """Discounts for counts of 0, 1, 2 and 3 or more, from how many counts are 1, 2, 3 and 4.

    Reference:
        Chen and Goodman (1999), equations 17 and 26.
    """
    n1, n2, n3, n4 = (int(np.count_nonzero(counts == c)) for c in (1, 2, 3, 4))
    share = n1 / (n1 + 2 * n2) if n1 and n2 else 0.5  # too few counts to estimate it
    three = [1 - 2 * share * n2 / n1] if n1 and n2 else [0.5]
    three.append(2 - 3 * share * n3 / n2 if n2 and n3 else 1.0)
    three.append(3 - 4 * share * n4 / n3 if n3 and n4 else 1.5)
    return np.array([0.0, *(min(max(d, 0.05), c) for d, c in zip(three, (1, 2, 3), strict=True))])


def log_probabilities(model: Ngram, text: str) -> np.ndarray:
    """Natural logarithm of the probability of every token of `text`, and of its end, `(T + 1,)`."""
    size = len(model.vocabulary)
    tokens = _encode(text, _index(model.vocabulary))
    steps = len(tokens) - 1
    # Begin with equal chances for all that can come next (everything but the beginning).
    probability = np.full(steps, 1.0 / (size - 1))
    # `context[i]` is the index of the n-gram of the order below that starts at i, or -1.
    context = np.zeros(len(tokens), dtype=np.int64)
    for order, level in enumerate(model.levels, start=1):
        # The n-gram that ends at token t (t = 1 … steps) starts at t - order + 1.
        start = np.arange(1, len(tokens)) - order + 1
        fits = start >= 0
        prefix = np.where(fits, context[np.maximum(start, 0)], -1)
        known = prefix >= 0
        keys = np.where(known, prefix * size + tokens[1:], -1)
        found, hit = _find(level.keys, keys)
        share = np.where(hit, level.share[found], 0.0)
        smoothed = share + level.backoff[np.maximum(prefix, 0)] * probability
        probability = np.where(known, smoothed, probability)
        # Every n-gram of this order, for the next one.
        ends = np.arange(len(tokens)) + order - 1
        inside = (ends < len(tokens)) & (context >= 0)
        keys = np.where(inside, context * size + tokens[np.minimum(ends, len(tokens) - 1)], -1)
        found, hit = _find(level.keys, keys)
        context = np.where(hit, found, -1)
    return np.log(probability)


def _find(keys: np.ndarray, wanted: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Place of each wanted key, and whether it is there."""
    place = np.minimum(np.searchsorted(keys, wanted), len(keys) - 1)
    return place, keys[place] == wanted


def bits_per_token(model: Ngram, texts: Iterable[str]) -> float:
    """Average surprise per token in bits; the end of each text counts as one token.

    Raises:
        ValueError: If there is no text.
    """
    nats, tokens = 0.0, 0
    for text in texts:
        values = log_probabilities(model, text)
        nats -= float(values.sum())
        tokens += len(values)
    if tokens == 0:
        raise ValueError("there is no text to evaluate on")
    return nats / tokens / math.log(2)


def next_probabilities(model: Ngram, text: str) -> np.ndarray:
    """Distribution over what comes after `text`, `(V,)`, in the order of `model.vocabulary`."""
    index = _index(model.vocabulary)
    return _distribution(model, _encode(text, index)[:-1])


def _distribution(model: Ngram, history: np.ndarray) -> np.ndarray:
    size = len(model.vocabulary)
    probability = np.full(size, 1.0 / (size - 1))
    probability[BEGIN] = 0.0
    for order, level in enumerate(model.levels, start=1):
        if order - 1 > len(history):
            break
        prefix = 0
        for depth, token in enumerate(history[len(history) - order + 1 :]):
            place, hit = _find(model.levels[depth].keys, np.asarray(prefix * size + token))
            if not hit:
                return probability  # a context that was never seen has no longer ones
            prefix = int(place)
        low, high = np.searchsorted(level.keys, (prefix * size, (prefix + 1) * size))
        probability *= level.backoff[prefix]
        probability[level.keys[low:high] - prefix * size] += level.share[low:high]
    return probability


def generate(
    model: Ngram,
    prompt: str = "",
    *,
    max_tokens: int = 200,
    temperature: float = 1.0,  # below 1 prefers likely tokens; 0 takes the likeliest
    seed: int | None = None,  # makes the draw repeatable
) -> Iterator[str]:
    """Continue `prompt`, one character at a time, until the model ends the text.

    Raises:
        ValueError: If `temperature` is negative.
    """
    if temperature < 0:
        raise ValueError(f"temperature is {temperature}; use 0 (likeliest) or more")
    random = np.random.default_rng(seed)
    index = _index(model.vocabulary)
    history = _encode(prompt, index)[:-1]
    for _ in range(max_tokens):
        probability = _distribution(model, history)
        probability[UNKNOWN] = 0.0  # it has no spelling
        if temperature == 0:
            token = int(np.argmax(probability))
        else:
            with np.errstate(divide="ignore"):
                weights = np.exp((np.log(probability) - np.log(probability.max())) / temperature)
            token = int(random.choice(len(weights), p=weights / weights.sum()))
        if token == END:
            return
        yield model.vocabulary[token]
        history = np.append(history, token)[-model.config.order :]
