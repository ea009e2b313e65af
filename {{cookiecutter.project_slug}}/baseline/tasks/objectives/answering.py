"""The answer as a part of the text: where does it start, where does it end?

A text that is too long is read in overlapping windows; the window with the surest answer wins.

Where the training data hold questions that their text does not answer, "none" is a possible
answer: its score is that of the first token, which no answer contains.

Reference:
    Devlin et al. (2019), arXiv:1810.04805, sections 4.2 and 4.3.
"""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import nn

from baseline.data.examples import Example
from baseline.decoding.spans import best_spans
from baseline.tasks.objectives.base import Item, Objective
from baseline.tasks.objectives.reading import Reader, logits_of, loss


@dataclass(frozen=True)
class Window:
    """A question with a part of its text."""

    number: int  # the question's
    item: Item  # what the model reads
    first: int  # place of the part's first token
    offsets: list[tuple[int, int]]  # characters of each of the part's tokens in the text


@dataclass
class _Best:
    """The surest answer to a question so far, over all windows of its text."""

    text: str = ""
    score: float = -math.inf  # sum of the logits of start and end
    share: float = 0.0  # probability of start times that of end, in its window
    none: float = math.inf  # the least score of a window holding no answer


def span_objective(reader: Reader, margin: float | None) -> Objective:
    """How to learn to mark answers.

    `margin` says how much surer "none" must be than an answer; it is None where there always is
    one.
    """

    def windows(examples: Sequence[Example]) -> list[Window]:
        questions = reader.tokens.encode_many([example.question for example in examples])
        found = []
        for number, (ids, example) in enumerate(zip(questions, examples, strict=True)):
            question, text = reader.shortened(ids), reader.tokens.encode(example.text)
            room = reader.pair_room(question)
            step = max(1, room // 2)
            for start in range(0, max(1, len(text.ids) - room + step), step):
                item, first = reader.two(question, text.ids[start : start + room])
                found.append(Window(number, item, first, text.offsets[start : start + room]))
        return found

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        found = windows(examples)
        items = [{**one.item, "targets": _target(one, examples[one.number])} for one in found]
        several = Counter(one.number for one in found)
        return items, sum(count > 1 for count in several.values())

    def answered(model: nn.Module, examples: Sequence[Example]) -> list[_Best]:
        answers = [_Best() for _ in examples]
        found = windows(examples)
        for row, window in zip(logits_of(model, [one.item for one in found]), found, strict=True):
            best, size = answers[window.number], len(window.offsets)
            best.none = min(best.none, float(row[0].sum()))
            if not size:
                continue
            inside = torch.zeros(1, len(row), dtype=torch.long)
            inside[0, window.first : window.first + size] = 1
            spans, scores = best_spans(row.unsqueeze(0), inside)
            if float(scores) > best.score:
                start, end = (int(place) - window.first for place in spans[0])
                left, right = window.offsets[start][0], window.offsets[end][1]
                shares = row.softmax(0)  # (T, 2)
                best.share = float(shares[spans[0, 0], 0] * shares[spans[0, 1], 1])
                best.text = examples[window.number].text[left:right].strip()
                best.score = float(scores)
        return answers

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return [
            "" if margin is not None and best.none - best.score > margin else best.text
            for best in answered(model, examples)
        ]

    def probabilities(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return [round(best.share, 4) for best in answered(model, examples)]

    return Objective(prepare, loss, predict, by_metric=True, probabilities=probabilities)


def _target(window: Window, example: Example) -> list[int]:
    """First and last token of the answer; the first token twice if it is not in the window."""
    end = example.start + len(example.target)
    inside = [
        place
        for place, (left, right) in enumerate(window.offsets)
        if left < end and right > example.start
    ]
    if not inside or not example.target:
        return [0, 0]
    whole = window.offsets[inside[0]][0] <= example.start and window.offsets[inside[-1]][1] >= end
    return [window.first + inside[0], window.first + inside[-1]] if whole else [0, 0]
