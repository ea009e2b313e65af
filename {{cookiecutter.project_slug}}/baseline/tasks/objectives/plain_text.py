"""Pre-training: learn the language from plain text before the task.

    python -m baseline pretrain
    python -m baseline train model.start=last

An encoder fills in hidden words, a decoder continues, an encoder-decoder restores what was taken
out of a text. What is hidden is drawn anew each time a text comes up, from the seed and the step,
so that a resumed run hides the same words.

Reference:
    Devlin et al. (2019), arXiv:1810.04805; Liu et al. (2019), arXiv:1907.11692, section 4.1, for
    drawing anew; Raffel et al. (2020), arXiv:1910.10683; Lewis et al. (2020), arXiv:1910.13461.
"""

import random
from collections.abc import Callable, Sequence

import torch
from torch import Tensor, nn

from baseline.config import Config, pretraining_objective
from baseline.data import objectives
from baseline.data.examples import Example
from baseline.data.tokenization import BEGIN, END, MASK, SEPARATOR, SPECIAL, Tokenizer, add_special
from baseline.errors import BaselineError
from baseline.tasks.base import Task
from baseline.tasks.metrics import Likelihood
from baseline.tasks.objectives import language
from baseline.tasks.objectives.base import (
    Batch,
    Item,
    Objective,
    Vocabulary,
    loss_of,
    mask_of,
    pad,
    total_loss,
)

Draw = Callable[[Sequence[Item], random.Random], list[Item]]


def sentinels(config: Config) -> int:
    """How many tokens span corruption needs beyond the vocabulary, to name its gaps.

    A text has one gap for every twenty tokens, see `objectives.span_corruption`.
    """
    if pretraining_objective(config) != "span-corruption":
        return 0
    return config.tokenizer.max_tokens // 10 + 2


def plain_text_objective(config: Config, task: Task, vocabulary: Vocabulary) -> Objective:
    """How to learn from plain text."""
    tokenizer, name = vocabulary.tokenizer, pretraining_objective(config)
    if name == "next-word":
        return language.language_objective(config, task, vocabulary)
    pair = config.project.family == "encoder-decoder"
    draw = _restore(config, tokenizer) if pair else _hide(tokenizer)

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        documents = tokenizer.encode_many([example.text for example in examples])
        length = config.tokenizer.max_tokens
        if name == "next-sentence":
            return _pairs(documents, length), 0
        chunks = [chunk for ids in documents for chunk in _chunks(ids, length - 2)]
        return [{"tokens": chunk if pair else add_special(chunk)} for chunk in chunks], 0

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        tokens, targets, mask = batch["tokens"], batch["targets"], batch["mask"]
        if pair:
            return loss_of(model)(tokens, batch["inputs"], targets, mask)
        if "follows" not in batch:
            return loss_of(model)(tokens, targets, mask)
        return loss_of(model)(tokens, targets, mask, batch["segments"], batch["follows"][:, 0])

    def predict(model: nn.Module, examples: Sequence[Example]) -> Likelihood:
        drawn = draw(prepare(examples)[0], random.Random(0))
        nats, count = total_loss(loss, model, drawn)
        return Likelihood([nats], [count], [sum(len(example.text) for example in examples)])

    return Objective(prepare, loss, predict, by_metric=False, draw=draw)


def _chunks(ids: list[int], size: int) -> list[list[int]]:
    """A document in pieces; a piece of one token holds nothing to guess from."""
    pieces = (ids[start : start + size] for start in range(0, len(ids), size))
    return [piece for piece in pieces if len(piece) > 1]


def _pairs(documents: Sequence[list[int]], length: int) -> list[Item]:
    """Two pieces of text in one item; half of the second ones follow the first."""
    size = max(1, (length - 3) // 2)
    pieces = [_chunks(ids, size) for ids in documents]
    if sum(bool(found) for found in pieces) < 2 or max(map(len, pieces)) < 2:
        raise BaselineError(
            'training.objective is "next-sentence", which needs several texts, and some of more '
            f'than {size} tokens; use "masked-words"'
        )
    items: list[Item] = []
    for first, second, follows in objectives.sentence_pairs(pieces, random.Random(0)):
        head, tail = [BEGIN, *first, SEPARATOR], [*second, END]
        segments = [0] * len(head) + [1] * len(tail)
        items.append({"tokens": [*head, *tail], "segments": segments, "follows": [follows]})
    return items


def _hide(tokenizer: Tokenizer) -> Draw:
    """Hide words, as BERT does."""

    def draw(items: Sequence[Item], rng: random.Random) -> list[Item]:
        rows = [item["tokens"] for item in items]
        inputs, targets = objectives.mask_tokens(
            pad(rows),
            mask_id=MASK,
            vocabulary_size=len(tokenizer),
            special_ids=range(len(SPECIAL)),
            generator=torch.Generator().manual_seed(rng.getrandbits(63)),
        )
        real = mask_of(rows).bool()
        return [
            {
                **item,
                "tokens": inputs[row][real[row]].tolist(),
                "targets": targets[row][real[row]].tolist(),
            }
            for row, item in enumerate(items)
        ]

    return draw


def _restore(config: Config, tokenizer: Tokenizer) -> Draw:
    """Take pieces out of a text, as T5 or BART do; the answer is those pieces, or the text."""
    names = range(len(tokenizer), len(tokenizer) + sentinels(config))

    def change(ids: list[int], rng: random.Random) -> tuple[list[int], list[int]]:
        if names:
            return objectives.span_corruption(ids, sentinel_ids=names, rng=rng)
        return objectives.text_infilling(ids, mask_id=MASK, rng=rng)

    def draw(items: Sequence[Item], rng: random.Random) -> list[Item]:
        drawn: list[Item] = []
        for item in items:
            source, target = change(item["tokens"], rng)
            drawn.append(
                {"tokens": [*source, END], "inputs": [BEGIN, *target], "targets": [*target, END]}
            )
        return drawn

    return draw
