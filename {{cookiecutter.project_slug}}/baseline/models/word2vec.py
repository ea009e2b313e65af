"""Word vectors: words that occur among the same neighbours get similar vectors.

Skip-gram with negative sampling. For each word of the text, the model must tell its true
neighbours from words drawn at random. To do so it learns two vectors per word, one for the
word in the middle and one for the word as a neighbour; the first one is what we keep.

Reference:
    Mikolov et al. (2013), arXiv:1301.3781 and arXiv:1310.4546.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional as F

_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")


@dataclass(frozen=True)
class Word2VecConfig:
    """How to learn word vectors.

    Attributes:
        window: Farthest neighbour that counts. For each word the actual distance is drawn from 1
            to this, so that near neighbours count more.
        subsample: Words with a larger share of the text than this are skipped at random, the
            more often the more frequent they are. 0 skips none.
    """

    width: int = 64  # channels D of the vectors
    window: int = 5
    negatives: int = 5  # random words per true neighbour
    min_count: int = 3  # words that occur less often are left out
    subsample: float = 1e-3
    epochs: int = 5  # how often the text is read
    batch_size: int = 1024  # pairs per step
    learning_rate: float = 0.01  # falls linearly to zero
    seed: int = 0  # the same seed gives the same vectors


@dataclass(frozen=True)
class Embeddings:
    """Words and their vectors."""

    words: tuple[str, ...]  # the vocabulary, most frequent first
    vectors: np.ndarray  # shape `(V, D)`, float32

    def index(self, word: str) -> int:
        """Row of a word.

        Raises:
            KeyError: If the word has no vector.
        """
        try:
            return self.words.index(word)
        except ValueError:
            raise KeyError(f"{word!r} has no vector; it was too rare in the text") from None


class SkipGram(nn.Module):
    """Two vectors per word, and the loss that shapes them."""

    def __init__(self, vocabulary_size: int, width: int) -> None:
        super().__init__()
        self.middle = nn.Embedding(vocabulary_size, width)
        self.neighbour = nn.Embedding(vocabulary_size, width)
        nn.init.zeros_(self.neighbour.weight)

    def loss(self, middle: Tensor, neighbour: Tensor, negatives: Tensor) -> Tensor:
        """How badly true neighbours are told from random words.

        The mean of -log σ(m·n) - Σ log σ(-m·r) over the words `middle`, `(B,)`, a true neighbour of
        each, `(B,)`, and random words for each, `(B, N)`.

        Reference:
            Mikolov et al. (2013), arXiv:1310.4546, equation 4.
        """
        m = self.middle(middle).unsqueeze(1)  # (B, 1, D)
        others = torch.cat((neighbour.unsqueeze(1), negatives), dim=1)  # (B, 1 + N)
        scores = (m * self.neighbour(others)).sum(-1)  # (B, 1 + N)
        return -(F.logsigmoid(scores[:, 0]) + F.logsigmoid(-scores[:, 1:]).sum(1)).mean()


def words_of(text: str) -> list[str]:
    """The words of a text in lower case, without punctuation and numbers."""
    return _WORD.findall(text.lower())


def train(
    sentences: Iterable[Sequence[str]],  # neighbours are looked for within a sentence
    config: Word2VecConfig | None = None,
    on_step: Callable[[int, int, float], None] | None = None,  # gets step, steps (estimated), loss
) -> Embeddings:
    """Learn a vector for each word that is frequent enough.

    Raises:
        ValueError: If fewer than two words are.
    """
    config = config or Word2VecConfig()
    texts = [list(sentence) for sentence in sentences]
    counts = Counter(word for text in texts for word in text)
    words = tuple(word for word, n in counts.most_common() if n >= config.min_count)
    if len(words) < 2:
        raise ValueError(
            f"fewer than two words occur at least {config.min_count} times; "
            "use more text or a smaller min_count"
        )
    index = {word: i for i, word in enumerate(words)}
    encoded = [np.array([index[w] for w in text if w in index], dtype=np.int64) for text in texts]
    frequency = np.array([counts[word] for word in words], dtype=np.float64)

    random = np.random.default_rng(config.seed)
    model = SkipGram(len(words), config.width)
    generator = torch.Generator().manual_seed(config.seed)
    with torch.no_grad():
        model.middle.weight.uniform_(-0.5 / config.width, 0.5 / config.width, generator=generator)
    optimizer = torch.optim.Adam(model.parameters(), lr=config.learning_rate)
    noise = torch.from_numpy(noise_probabilities(frequency))

    step = 0
    for _ in range(config.epochs):
        pairs = torch.from_numpy(_pairs(encoded, frequency, config, random))  # (P, 2)
        if len(pairs) == 0:
            continue
        batches = torch.split(pairs, config.batch_size)
        steps = len(batches) * config.epochs
        for batch in batches:
            left = 1 - min(step / steps, 0.999)
            for group in optimizer.param_groups:
                group["lr"] = config.learning_rate * left
            drawn = len(batch) * config.negatives
            negatives = torch.multinomial(noise, drawn, replacement=True, generator=generator)
            loss = model.loss(batch[:, 0], batch[:, 1], negatives.view(len(batch), -1))
            optimizer.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            step += 1
            if on_step is not None:
                on_step(step, steps, loss.item())
    return Embeddings(words, model.middle.weight.detach().numpy().copy())


def noise_probabilities(frequency: np.ndarray) -> np.ndarray:
    """How likely each word is to be drawn as a random one, `(V,)`, from how often it occurs.

    Frequent words are likelier, but rare ones are lifted: by the power of 3/4.

    Reference:
        Mikolov et al. (2013), arXiv:1310.4546, section 2.2.
    """
    lifted = frequency**0.75
    return lifted / lifted.sum()


def _pairs(
    texts: list[np.ndarray],
    frequency: np.ndarray,
    config: Word2VecConfig,
    random: np.random.Generator,
) -> np.ndarray:
    """Word and neighbour, shuffled, for one reading of the text; shape `(P, 2)`."""
    keep = np.ones(len(frequency))
    if config.subsample > 0:
        keep = np.minimum(1.0, np.sqrt(config.subsample / (frequency / frequency.sum())))
    found = [np.empty((0, 2), dtype=np.int64)]
    for text in texts:
        text = text[random.random(len(text)) < keep[text]]
        reach = random.integers(1, config.window + 1, len(text))
        for distance in range(1, config.window + 1):
            near, far = text[:-distance], text[distance:]
            # A pair counts once for each of the two words that reaches so far.
            forward, backward = reach[:-distance] >= distance, reach[distance:] >= distance
            found.append(np.stack((near[forward], far[forward]), axis=1))
            found.append(np.stack((far[backward], near[backward]), axis=1))
    pairs = np.concatenate(found)
    random.shuffle(pairs)
    return pairs


def nearest(embeddings: Embeddings, word: str, count: int = 10) -> list[tuple[str, float]]:
    """The words with the most similar vectors and their cosines, without `word` itself.

    Raises:
        KeyError: If the word has no vector.
    """
    vector = embeddings.vectors[embeddings.index(word)]
    return _closest(embeddings, vector, {word}, count)


def analogy(
    embeddings: Embeddings, word: str, like: str, to: str, count: int = 10
) -> list[tuple[str, float]]:
    """What is to `to` as `word` is to `like`: words near word - like + to.

    With good vectors, `analogy(e, "king", "man", "woman")` begins with "queen".

    Raises:
        KeyError: If one of the words has no vector.
    """
    unit = _unit(embeddings.vectors)
    a, b, c = (unit[embeddings.index(w)] for w in (word, like, to))
    return _closest(embeddings, a - b + c, {word, like, to}, count)


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / np.maximum(np.linalg.norm(vectors, axis=-1, keepdims=True), 1e-12)


def _closest(
    embeddings: Embeddings, vector: np.ndarray, without: set[str], count: int
) -> list[tuple[str, float]]:
    similarity = _unit(embeddings.vectors) @ _unit(vector)  # (V,)
    order = (int(i) for i in np.argsort(-similarity) if embeddings.words[i] not in without)
    return [(embeddings.words[i], float(similarity[i])) for i in islice(order, count)]
