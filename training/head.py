"""Train a neural head: the same arithmetic as `litreview.abstracts.rolemodel`, in torch."""

from __future__ import annotations

import copy
import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from litreview.abstracts.features import ENDINGS, SHAPES, ending, normalize, shape, tokenize


@dataclass(frozen=True)
class HeadConfig:
    """Sizes and regularisation of a head; names as in `litreview.abstracts.rolemodel.Head`."""

    width: int = 48
    channels: int = 128
    dense: int = 96
    hidden: int = 64
    dropout: float = 0.4
    token_dropout: float = 0.1
    epochs: int = 6
    batch: int = 16
    learning_rate: float = 2e-3
    averaging: float = 0.998


@dataclass(frozen=True)
class Encoded:
    """An abstract as numbers: `tokens` `(T, 3)` word, shape and ending; `lengths` `(S,)`."""

    tokens: NDArray[np.int64]
    lengths: NDArray[np.int64]


@dataclass(frozen=True)
class Example:
    """An abstract with targets `(S, 5)` and the weight of each sentence `(S,)`."""

    encoded: Encoded
    targets: NDArray[np.float32]
    weights: NDArray[np.float32]


def encode(sentences: Sequence[str], words: dict[str, int]) -> Encoded:
    """Number the tokens of an abstract."""
    lists = [tokenize(sentence) for sentence in sentences]
    rows = [(words.get(normalize(t), 0), shape(t), ending(t)) for tokens in lists for t in tokens]
    return Encoded(np.array(rows), np.array([len(tokens) for tokens in lists]))


class HeadNet(nn.Module):
    """Word vectors, a convolution of three words, two GRUs over the sentences."""

    def __init__(self, config: HeadConfig, vectors: NDArray[np.float32]) -> None:
        super().__init__()
        self.config = config
        self.words = nn.Embedding(len(vectors) + 1, config.width)
        self.shapes = nn.Embedding(SHAPES, config.width)
        self.endings = nn.Embedding(ENDINGS + 1, config.width)
        nn.init.normal_(self.shapes.weight, std=0.1)
        nn.init.normal_(self.endings.weight, std=0.1)
        with torch.no_grad():
            self.words.weight[1:] = torch.from_numpy(vectors)
            self.words.weight[0] = 0
        self.convolution = nn.Linear(3 * config.width, config.channels)
        self.project = nn.Linear(config.channels + config.width, config.dense)
        self.gru = nn.GRU(config.dense + 3, config.hidden, bidirectional=True, batch_first=True)
        self.out = nn.Linear(2 * config.hidden + config.dense, 5)

    def forward(self, batch: Sequence[Encoded]) -> Tensor:
        """Score all sentences of a batch, shape `(S, 5)`."""
        config = self.config
        tokens = torch.from_numpy(np.concatenate([item.tokens for item in batch]))
        lengths = torch.from_numpy(np.concatenate([item.lengths for item in batch]))
        words = tokens[:, 0]
        if self.training:
            words = words * (torch.rand(len(words)) > config.token_dropout)
        vectors = self.words(words) + self.shapes(tokens[:, 1]) + self.endings(tokens[:, 2])
        vectors = functional.dropout(vectors, 0.2, self.training)
        owner = torch.repeat_interleave(torch.arange(len(lengths)), lengths)
        # One row of zeros before each sentence keeps the convolution inside it.
        places = torch.arange(len(words)) + owner + 1
        padded = vectors.new_zeros(len(words) + len(lengths) + 1, config.width)
        padded = padded.index_copy(0, places, vectors)
        windows = torch.cat([padded[places - 1], vectors, padded[places + 1]], dim=1)
        channels = functional.relu(self.convolution(windows))
        best = torch.segment_reduce(channels, "max", lengths=lengths)
        total = vectors.new_zeros(len(lengths), config.width).index_add(0, owner, vectors)
        mean = total / lengths[:, None]
        hidden = functional.dropout(torch.cat([best, mean], 1), config.dropout, self.training)
        hidden = functional.relu(self.project(hidden))
        hidden = functional.dropout(hidden, config.dropout, self.training)
        counts = torch.tensor([len(item.lengths) for item in batch])
        states = self._pass(hidden, counts)
        return self.out(
            functional.dropout(torch.cat([states, hidden], 1), config.dropout, self.training)
        )

    def _pass(self, hidden: Tensor, counts: Tensor) -> Tensor:
        longest = int(counts.max())
        index = torch.arange(longest).float()
        mask = index < counts[:, None]
        n = counts[:, None].float()
        place = torch.stack(
            [(index / 10).expand(len(n), -1), (n - 1 - index) / 10, index / n], dim=-1
        )
        inputs = hidden.new_zeros(len(counts), longest, hidden.shape[1] + 3)
        inputs[mask] = torch.cat([hidden, place[mask]], dim=1)
        packed = nn.utils.rnn.pack_padded_sequence(
            inputs, counts, batch_first=True, enforce_sorted=False
        )
        states, _ = nn.utils.rnn.pad_packed_sequence(
            self.gru(packed)[0], batch_first=True, total_length=longest
        )
        return states[mask]

    def arrays(self) -> dict[str, NDArray[np.float32]]:
        """The weights under the names and in the shapes of `litreview.abstracts.rolemodel.Head`."""

        def both(name: str) -> Tensor:
            return torch.stack([getattr(self.gru, name), getattr(self.gru, f"{name}_reverse")])

        width = self.config.width
        found = {
            "words": self.words.weight,
            "shapes": self.shapes.weight,
            "endings": self.endings.weight,
            "convolution": self.convolution.weight.T.reshape(3, width, -1),
            "convolution_bias": self.convolution.bias,
            "dense": self.project.weight.T,
            "dense_bias": self.project.bias,
            "gru_in": both("weight_ih_l0").transpose(1, 2),
            "gru_in_bias": both("bias_ih_l0"),
            "gru": both("weight_hh_l0").transpose(1, 2),
            "gru_bias": both("bias_hh_l0"),
            "out": self.out.weight.T,
            "out_bias": self.out.bias,
        }
        return {name: tensor.detach().numpy().copy() for name, tensor in found.items()}


def train(
    net: HeadNet,
    examples: Sequence[Example],
    seed: int,
    after_epoch: Callable[[int, HeadNet], None] | None = None,
) -> HeadNet:
    """Train a head and return the running average of its weights.

    Args:
        net: Freshly made.
        examples: Labelled abstracts, and unlabelled ones with a teacher's targets.
        seed: Of the order and the dropout.
        after_epoch: Called with the number of the epoch and the averaged head.
    """
    config = net.config
    torch.manual_seed(seed)
    shuffler = random.Random(seed)
    optimizer = torch.optim.AdamW(net.parameters(), lr=config.learning_rate, weight_decay=1e-4)
    steps = config.epochs * math.ceil(len(examples) / config.batch)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, config.learning_rate, total_steps=steps + 1, pct_start=0.15
    )
    average = copy.deepcopy(net)
    step = 0
    for epoch in range(config.epochs):
        net.train()
        order = list(range(len(examples)))
        shuffler.shuffle(order)
        for begin in range(0, len(order), config.batch):
            batch = [examples[i] for i in order[begin : begin + config.batch]]
            log_probabilities = torch.log_softmax(net([item.encoded for item in batch]), dim=-1)
            targets = torch.from_numpy(np.concatenate([item.targets for item in batch]))
            weights = torch.from_numpy(np.concatenate([item.weights for item in batch]))
            loss = -(weights[:, None] * targets * log_probabilities).sum() / weights.sum()
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(net.parameters(), 5.0)
            optimizer.step()
            schedule.step()
            step += 1
            decay = min(config.averaging, (1 + step) / (10 + step))
            with torch.no_grad():
                for mean, value in zip(average.parameters(), net.parameters(), strict=True):
                    mean.mul_(decay).add_(value, alpha=1 - decay)
        if after_epoch is not None:
            after_epoch(epoch, average)
    return average


def predict(net: HeadNet, abstracts: Sequence[Encoded]) -> list[NDArray[np.float32]]:
    """Give the probability of each role, an array `(S, 5)` for each abstract."""
    net.eval()
    tables = []
    with torch.no_grad():
        for begin in range(0, len(abstracts), 64):
            batch = abstracts[begin : begin + 64]
            table = torch.softmax(net(batch), dim=-1).numpy()
            ends = np.cumsum([len(item.lengths) for item in batch])
            tables += np.split(table, ends[:-1])
    return tables
