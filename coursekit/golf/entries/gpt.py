"""A small GPT, trained by a recipe for one minute on one core.

What makes it learn fast: Muon for the matrices, a learning rate that falls to nothing, layers that
begin by doing nothing, and a vector for each of the last two and three characters together, so that
no layer has to find these first. Attention sees how far away a character is, and nothing else about
its place. PyTorch trains it; NumPy, which starts in a tenth of the time, predicts.

Reference:
    Radford et al. (2019), GPT-2; Jordan et al. (2024), Muon; Press et al. (2022), ALiBi,
    arXiv:2108.12409; So et al. (2021), Primer, arXiv:2109.08668, for the squared ReLU.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Generator
from typing import Any

import numpy as np

NAME = "GPT with Muon"
CLAIM = 1.88
ADAPTS = False

WIDTH, LAYERS, HEADS, HIDDEN = 128, 2, 4, 512
LENGTH, BATCH = 128, 8
PAIRS = 2048  # vectors for the last two characters together, and as many for the last three
RATE, MUON_RATE = 6e-3, 0.02
CPU_SECONDS = 50.0  # of training, with the start of PyTorch; the rest is for another machine
_SLOPES = [2.0 ** -(1 + 2 * head) for head in range(HEADS)]  # of attention, with the distance
_EPSILON = 1e-5


def train(texts: list[str], validation: list[str], alphabet: str, seed: int) -> bytes:
    """Train until the time is up; returns 8-bit weights."""
    import torch
    from torch import Tensor
    from torch.nn import functional as F

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    begin = len(alphabet)
    places = {character: place for place, character in enumerate(alphabet)}
    ids = torch.tensor([n for t in texts for n in (begin, *(places[c] for c in t))])
    twos, threes = (torch.from_numpy(table) for table in combined(ids.numpy()))

    def matrix(rows: int, columns: int, scale: float = 1.0) -> Tensor:
        weight: Tensor = torch.randn(rows, columns) * scale * columns**-0.5
        return weight.requires_grad_()

    def table(rows: int, deviation: float) -> Tensor:
        return (torch.randn(rows, WIDTH) * deviation).requires_grad_()

    weights: dict[str, Tensor] = {
        "tokens": table(begin + 1, 0.06), "twos": table(PAIRS, 0.02), "threes": table(PAIRS, 0.02),
        "head": table(begin + 1, 0.02),
    }  # fmt: skip
    for layer in range(LAYERS):
        weights[f"{layer}.qkv"] = matrix(3 * WIDTH, WIDTH)
        weights[f"{layer}.out"] = matrix(WIDTH, WIDTH, 0.0)
        weights[f"{layer}.expand"] = matrix(HIDDEN, WIDTH)
        weights[f"{layer}.contract"] = matrix(WIDTH, HIDDEN, 0.0)
    matrices = [weight for name, weight in weights.items() if "." in name]
    tables = [weight for name, weight in weights.items() if "." not in name]
    adam = torch.optim.AdamW(tables, lr=RATE, betas=(0.9, 0.98), weight_decay=0.0, fused=True)
    momenta = [torch.zeros_like(weight) for weight in matrices]
    far = torch.arange(LENGTH)[:, None] - torch.arange(LENGTH)
    bias = torch.where(far >= 0, -far.abs() * torch.tensor(_SLOPES)[:, None, None], -math.inf)

    def loss_of(starts: Tensor) -> Tensor:
        index = starts[:, None] + torch.arange(LENGTH)
        x = F.embedding(ids[index], weights["tokens"]) + F.embedding(twos[index], weights["twos"])
        x = x + F.embedding(threes[index], weights["threes"])
        for layer in range(LAYERS):
            y = F.linear(F.rms_norm(x, (WIDTH,), eps=_EPSILON), weights[f"{layer}.qkv"])
            q, k, v = y.view(len(starts), LENGTH, 3, HEADS, -1).permute(2, 0, 3, 1, 4)
            y = F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
            x = x + F.linear(y.transpose(1, 2).flatten(2), weights[f"{layer}.out"])
            y = F.linear(F.rms_norm(x, (WIDTH,), eps=_EPSILON), weights[f"{layer}.expand"])
            x = x + F.linear(F.relu(y).square(), weights[f"{layer}.contract"])
        logits = F.linear(F.rms_norm(x, (WIDTH,), eps=_EPSILON), weights["head"])
        return F.cross_entropy(logits.flatten(0, 1), ids[index + 1].flatten())

    def direction(gradient: Tensor) -> Tensor:
        tall = len(gradient) > gradient.shape[1]
        x: Tensor = gradient.T if tall else gradient
        x = x / (x.norm() + 1e-7)
        for _ in range(3):  # Newton's method: all singular values move towards 1
            square = x @ x.T
            x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
        x *= max(1.0, gradient.shape[0] / gradient.shape[1]) ** 0.5
        return x.T if tall else x

    starts: list[int] = []
    while (done := time.process_time() / CPU_SECONDS) < 1:
        if len(starts) < BATCH:  # every place once, then other places
            shift = int(torch.randint(LENGTH, ()))
            cut = torch.arange(shift, len(ids) - LENGTH - 1, LENGTH)
            starts += cut[torch.randperm(len(cut))].tolist()
        batch, starts = torch.tensor(starts[:BATCH]), starts[BATCH:]
        torch.autograd.backward(loss_of(batch))
        share = min(1.0, done / 0.03 + 0.02) * min(1.0, (1 - done) / 0.6)
        with torch.no_grad():
            for group in adam.param_groups:
                group["lr"] = RATE * share
            adam.step()
            for weight, momentum in zip(matrices, momenta, strict=True):
                gradient: Any = weight.grad
                momentum.lerp_(gradient, 0.05)
                weight.mul_(1 - MUON_RATE * share * 0.1)
                weight.add_(direction(gradient.lerp(momentum, 0.95)), alpha=-MUON_RATE * share)
                weight.grad = None
        adam.zero_grad()
    return packed({name: weight.detach().numpy() for name, weight in weights.items()})


def combined(ids: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For each place a number of the last two characters together, and of the last three."""
    before = np.concatenate([[0], ids[:-1]]).astype(np.int64)
    earlier = np.concatenate([[0, 0], ids[:-2]]).astype(np.int64)
    pairs = ids * 7919 + before * 104729
    return pairs % PAIRS, (pairs + earlier * 1299709) * 31 % (PAIRS - 3)


def packed(weights: dict[str, np.ndarray]) -> bytes:
    """Each row as numbers from -127 to 127, and a scale."""
    stream, parts = io.BytesIO(), {}
    for name, weight in weights.items():
        scale = np.abs(weight).max(1, keepdims=True) / 127 + 1e-12
        parts[name] = np.round(weight / scale).astype(np.int8)
        parts[f"{name}:scale"] = scale.astype(np.float32)
    np.savez_compressed(stream, **parts)
    return stream.getvalue()


class Reader:
    """The network, one character after the other."""

    def __init__(self, artefact: bytes) -> None:
        with np.load(io.BytesIO(artefact)) as file:
            self.weights = {
                name: file[name] * file[f"{name}:scale"]
                for name in file.files
                if not name.endswith(":scale")
            }
        far = np.arange(LENGTH - 1, -1, -1, dtype=np.float32)
        self.bias = -far * np.array(_SLOPES, np.float32)[:, None]
        self.begin = len(self.weights["tokens"]) - 1
        self.start()

    def start(self) -> None:
        """Before a text."""
        shape = LAYERS, HEADS, 0, WIDTH // HEADS
        self.keys, self.values = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
        self.last = [0, 0]

    def step(self, own: int) -> np.ndarray:
        """Read a character; returns logits of the next one."""
        w, size = self.weights, WIDTH // HEADS
        pairs, triples = combined(np.array([self.last[1], self.last[0], own]))
        self.last = [own, self.last[0]]
        x = w["tokens"][own] + w["twos"][pairs[-1]] + w["threes"][triples[-1]]
        keys, values = [], []
        for layer in range(LAYERS):
            q, k, v = (w[f"{layer}.qkv"] @ norm(x)).reshape(3, HEADS, 1, size)
            keys.append(np.concatenate([self.keys[layer][:, 1 - LENGTH :], k], 1))
            values.append(np.concatenate([self.values[layer][:, 1 - LENGTH :], v], 1))
            scores = (keys[-1] @ q.transpose(0, 2, 1))[:, :, 0] * size**-0.5
            scores += self.bias[:, LENGTH - scores.shape[1] :]
            shares = np.exp(scores - scores.max(1, keepdims=True))
            shares /= shares.sum(1, keepdims=True)
            x = x + w[f"{layer}.out"] @ (shares[:, None] @ values[-1]).ravel()
            y = np.maximum(w[f"{layer}.expand"] @ norm(x), 0)
            x = x + w[f"{layer}.contract"] @ (y * y)
        self.keys, self.values = np.stack(keys), np.stack(values)
        logits: np.ndarray = w["head"] @ norm(x)
        return logits[: self.begin]


def norm(x: np.ndarray) -> np.ndarray:
    """The vector at its usual length."""
    scaled: np.ndarray = x * (np.float32(np.dot(x, x) / len(x)) + np.float32(_EPSILON)) ** -0.5
    return scaled


def predict(artefact: bytes, alphabet: str) -> Generator[np.ndarray, str | None, None]:
    """Yield a probability for each character, and be sent the one that came."""
    reader = Reader(artefact)
    places = {character: place for place, character in enumerate(alphabet)}
    logits = reader.step(reader.begin)
    while True:
        chances = np.exp(logits - logits.max())
        came = yield chances / chances.sum()
        if came is None:
            reader.start()
            logits = reader.step(reader.begin)
        else:
            logits = reader.step(places[came])
