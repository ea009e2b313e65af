"""The answer as a part of the text: where does it start, where does it end?

A text that is too long is read in overlapping windows; the window with the surest answer wins.

Where the training data hold questions that their text does not answer, "none" is a possible
answer: its score is that of the first token, which no answer contains.

Reference:
    Devlin et al. (2019), arXiv:1810.04805, sections 4.2 and 4.3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from baseline.config import Config
from baseline.data.examples import Example
from baseline.data.tokenization import BEGIN, END, SEPARATOR
from baseline.decoding.spans import best_spans
from baseline.tasks.base import Task
from baseline.tasks.objectives.base import (
    NO_ANSWER,
    Batch,
    Item,
    Objective,
    Vocabulary,
    collate,
    device_of,
    in_batches,
    loss_of,
    to_device,
)

_BATCH = 32


class Answers:
    """The surest answer to each question, over all windows of its text.

    Args:
        count: Number of questions.
        margin: How much surer "none" must be than an answer; None where there always is one.
    """

    def __init__(self, count: int, margin: float | None) -> None:
        self._margin = margin
        self._best: list[tuple[float, str]] = [(-math.inf, "")] * count
        self._none = [math.inf] * count

    def offer(self, number: int, text: str, score: float, none: float) -> None:
        """Tell what one window holds.

        Args:
            number: The question.
            text: The window's surest answer.
            score: Its score.
            none: The score of the window holding no answer; the least one of all windows counts.
        """
        self._none[number] = min(self._none[number], none)
        if score > self._best[number][0]:
            self._best[number] = score, text

    def texts(self) -> list[object]:
        """The answers, "" for none."""
        return [
            "" if self._margin is not None and none - score > self._margin else text
            for (score, text), none in zip(self._best, self._none, strict=True)
        ]


@dataclass(frozen=True)
class Window:
    """A question with a part of its text."""

    tokens: list[int]  # begin, question, separator, part of the text, end; length T
    segments: list[int]  # 0 up to the separator, then 1; length T
    first: int  # place of the part's first token
    offsets: list[tuple[int, int]]  # characters of each of the part's tokens in the text


def span_objective(config: Config, task: Task, vocabulary: Vocabulary) -> Objective:
    """How to learn to mark answers."""
    tokenizer = vocabulary.tokenizer
    length = config.tokenizer.max_tokens
    margin = config.generation.no_answer if NO_ANSWER in vocabulary.labels else None
    segmented = config.project.family == "encoder-only" and not config.model.name.startswith("lstm")

    def windows(example: Example) -> list[Window]:
        question = tokenizer.ids(example.question)[: min(length // 2, length - 4)]
        text = tokenizer.encode(example.text)
        room = length - len(question) - 3
        step = max(1, room // 2)
        starts = range(0, max(1, len(text.ids) - room + step), step)
        found = []
        for start in starts:
            part = text.ids[start : start + room]
            head = [BEGIN, *question, SEPARATOR]
            found.append(
                Window(
                    [*head, *part, END],
                    [0] * len(head) + [1] * (len(part) + 1),
                    len(head),
                    text.offsets[start : start + room],
                )
            )
        return found

    def item(window: Window) -> Item:
        made: Item = {"tokens": window.tokens}
        return {**made, "segments": window.segments} if segmented else made

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        items, cut = [], 0
        for example in examples:
            found = windows(example)
            cut += len(found) > 1
            for window in found:
                items.append({**item(window), "targets": _target(window, example)})
        return items, cut

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        return loss_of(model)(
            batch["tokens"], batch["targets"], batch["mask"], batch.get("segments")
        )

    @torch.inference_mode()
    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        found = [windows(example) for example in examples]
        flat = [(number, window) for number, part in enumerate(found) for window in part]
        answers = Answers(len(examples), margin)
        model.eval()
        for places, part in in_batches([item(window) for _, window in flat], _BATCH):
            batch = to_device(collate(part), device_of(model))
            logits = model(batch["tokens"], batch["mask"], batch.get("segments"))  # (B, T, 2)
            inside = torch.zeros(logits.shape[:2], dtype=torch.long)
            for row, place in enumerate(places):
                window = flat[place][1]
                inside[row, window.first : window.first + len(window.offsets)] = 1
            spans, scores = best_spans(logits.float().cpu(), inside)
            none = logits[:, 0].float().sum(-1)  # (B,)
            for place, (start, end), score, silence in zip(
                places, spans.tolist(), scores.tolist(), none.tolist(), strict=True
            ):
                number, window = flat[place]
                if window.offsets:
                    left = window.offsets[start - window.first][0]
                    right = window.offsets[end - window.first][1]
                    text = examples[number].text[left:right].strip()
                    answers.offer(number, text, score, silence)
        return answers.texts()

    return Objective(prepare, loss, predict, by_metric=True)


def _target(window: Window, example: Example) -> list[int]:
    """First and last token of the answer; the begin token twice if it is not in the window."""
    if not example.target:
        return [0, 0]
    end = example.start + len(example.target)
    inside = [
        place
        for place, (left, right) in enumerate(window.offsets)
        if left < end and right > example.start
    ]
    if not inside:
        return [0, 0]
    whole = window.offsets[inside[0]][0] <= example.start and window.offsets[inside[-1]][1] >= end
    return [window.first + inside[0], window.first + inside[-1]] if whole else [0, 0]
