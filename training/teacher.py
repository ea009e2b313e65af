"""Fine-tune a sentence encoder on whole abstracts; the small heads learn from it.

All sentences of an abstract go through the encoder together, so that its
attention sees the neighbours; the state of each separator and the mean of each
sentence feed a GRU over the sentences. A teacher trained on some folds labels
the fold it has not seen, and the abstracts that nobody labelled.
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from corpus import Abstract, report
from numpy.typing import NDArray
from torch import Tensor, nn
from transformers import AutoModel, AutoTokenizer
from vectors import ENCODER

MAX_PIECES = 500
WIDTH = 384


@dataclass(frozen=True)
class Pieces:
    """An abstract's word pieces `(T,)` and the sentence of each, -1 for the opening mark."""

    ids: NDArray[np.int64]
    owner: NDArray[np.int64]
    sentences: int


def encode(abstracts: Sequence[Abstract]) -> list[Pieces]:
    """Cut abstracts into word pieces, shortening sentences where an abstract is too long."""
    tokenizer = AutoTokenizer.from_pretrained(ENCODER)
    encoded = []
    for abstract in abstracts:
        texts = [sentence[:1500] for sentence in abstract.sentences]
        lists = tokenizer(texts, add_special_tokens=False)["input_ids"]
        limit = 100
        while sum(min(len(ids), limit) + 1 for ids in lists) >= MAX_PIECES:
            limit -= 5
        ids, owner = [tokenizer.cls_token_id], [-1]
        for number, sentence in enumerate(lists):
            kept = [*sentence[:limit], tokenizer.sep_token_id]
            ids += kept
            owner += [number] * len(kept)
        encoded.append(Pieces(np.array(ids), np.array(owner), len(lists)))
    return encoded


class Teacher(nn.Module):
    """The encoder, with its lower half frozen, and a GRU over sentences."""

    def __init__(self) -> None:
        super().__init__()
        self.encoder = AutoModel.from_pretrained(ENCODER)
        self.encoder.pooler = None
        self.dropout = nn.Dropout(0.15)
        self.project = nn.Linear(2 * WIDTH, 128)
        self.gru = nn.GRU(128 + 2, 64, bidirectional=True, batch_first=True)
        self.out = nn.Linear(128 + 128, 5)
        layers = self.encoder.encoder.layer
        for part in (self.encoder.embeddings, *layers[: len(layers) // 2]):
            part.requires_grad_(False)

    def forward(self, batch: Sequence[Pieces]) -> Tensor:
        """Score sentences, shape `(B, S, 5)`; rows beyond an abstract's end mean nothing."""
        length = max(len(item.ids) for item in batch)
        most = max(item.sentences for item in batch)
        ids = torch.zeros(len(batch), length, dtype=torch.long)
        mask = torch.zeros(len(batch), length, dtype=torch.long)
        pool = torch.zeros(len(batch), most, length)
        marks = torch.zeros(len(batch), most, dtype=torch.long)
        place = torch.zeros(len(batch), most, 2)
        real = torch.zeros(len(batch), most, 1)
        for row, item in enumerate(batch):
            n = len(item.ids)
            ids[row, :n] = torch.from_numpy(item.ids)
            mask[row, :n] = 1
            pool[row, torch.from_numpy(item.owner[1:]), torch.arange(1, n)] = 1
            for s in range(item.sentences):
                marks[row, s] = int(np.flatnonzero(item.owner == s)[-1])
                place[row, s] = torch.tensor([s / 10, (item.sentences - 1 - s) / 10])
                real[row, s] = 1
        states = self.encoder(input_ids=ids, attention_mask=mask).last_hidden_state
        mean = pool @ states / pool.sum(dim=-1, keepdim=True).clamp(min=1)
        mark = states.gather(1, marks[:, :, None].expand(-1, -1, WIDTH))
        hidden = torch.relu(self.project(self.dropout(torch.cat([mean, mark], dim=-1))))
        hidden = self.dropout(hidden)
        context, _ = self.gru(torch.cat([hidden, place], dim=-1) * real)
        return self.out(self.dropout(torch.cat([hidden, context], dim=-1)))


def train(
    abstracts: Sequence[Abstract],
    dev: list[Abstract],
    seed: int,
    *,
    epochs: int = 3,
    batch: int = 12,
    learning_rate: float = 1.5e-4,
) -> Teacher:
    """Fine-tune a teacher; prints its scores on `dev` after each epoch."""
    torch.manual_seed(seed + 1)
    shuffler = random.Random(seed)
    model = Teacher()
    encoded, dev_encoded = encode(abstracts), encode(dev)
    body = [p for p in model.encoder.parameters() if p.requires_grad]
    rest = [p for n, p in model.named_parameters() if not n.startswith("encoder.")]
    optimizer = torch.optim.AdamW(
        [{"params": body, "lr": learning_rate}, {"params": rest, "lr": 1e-3}], weight_decay=0.01
    )
    steps = epochs * math.ceil(len(abstracts) / batch) + 1
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        optimizer, [learning_rate, 1e-3], total_steps=steps, pct_start=0.1
    )
    for epoch in range(epochs):
        model.train()
        for chosen in _batches(encoded, batch, shuffler):
            scores = model([encoded[i] for i in chosen])
            loss: Tensor | float = 0.0
            total = 0.0
            for row, i in enumerate(chosen):
                weights = torch.from_numpy(abstracts[i].agreement)
                targets = torch.from_numpy(abstracts[i].targets)
                logs = torch.log_softmax(scores[row, : len(weights)], dim=-1)
                loss = loss - (weights * (targets * logs).sum(dim=1)).sum()
                total += float(weights.sum())
            optimizer.zero_grad()
            (loss / total).backward()  # type: ignore[union-attr]
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
            schedule.step()
        print(f"epoch {epoch + 1}:", report("dev", dev, predict(model, dev_encoded)), flush=True)
    return model


def predict(model: Teacher, abstracts: Sequence[Pieces]) -> list[NDArray[np.float32]]:
    """Give the probability of each role, an array `(S, 5)` for each abstract."""
    model.eval()
    tables: dict[int, NDArray[np.float32]] = {}
    order = sorted(range(len(abstracts)), key=lambda i: len(abstracts[i].ids))
    with torch.no_grad():
        for begin in range(0, len(order), 16):
            chosen = order[begin : begin + 16]
            scores = torch.softmax(model([abstracts[i] for i in chosen]), dim=-1).numpy()
            for row, i in enumerate(chosen):
                tables[i] = scores[row, : abstracts[i].sentences]
    return [tables[i] for i in range(len(abstracts))]


def _batches(encoded: list[Pieces], size: int, shuffler: random.Random) -> list[list[int]]:
    """Batches of abstracts of like length, in random order."""
    order = list(range(len(encoded)))
    shuffler.shuffle(order)
    batches = []
    for begin in range(0, len(order), size * 20):
        group = sorted(order[begin : begin + size * 20], key=lambda i: len(encoded[i].ids))
        batches += [group[k : k + size] for k in range(0, len(group), size)]
    shuffler.shuffle(batches)
    return batches
