"""A tag for every word. A word's first piece carries its tag; the other pieces carry none."""

from collections.abc import Sequence

from torch import nn

from baseline.data.examples import Example
from baseline.tasks.objectives.base import IGNORE, Item, Objective
from baseline.tasks.objectives.reading import Reader, logits_of, loss


def tag_objective(reader: Reader, labels: Sequence[str]) -> Objective:
    """How to learn to tag words; words beyond the configured length are tagged O."""
    place = {label: number for number, label in enumerate(labels)}

    def read(words: Sequence[str]) -> tuple[Item, list[int], bool]:
        """Ids, the place of each word's first piece (-1 if it was cut), whether any was."""
        found = reader.tokens.encode(list(words))
        first = [-1] * len(words)
        for position, word in enumerate(found.words[: reader.room]):
            if first[word] < 0:
                first[word] = position + len(reader.lead)
        return reader.one(found.ids), first, len(found.ids) > reader.room

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        items, cut = [], 0
        for example in examples:
            item, first, shortened = read(example.words)
            cut += shortened
            targets = [IGNORE] * len(item["tokens"])
            for position, tag in zip(first, example.tags, strict=True):
                if position >= 0 and tag in place:
                    targets[position] = place[tag]
            items.append({**item, "targets": targets})
        return items, cut

    def tagged(model: nn.Module, examples: Sequence[Example]) -> list[list[tuple[str, float]]]:
        """A tag for every word, and its probability."""
        found = [read(example.words) for example in examples]
        outputs = []
        for row, (_, first, _) in zip(
            logits_of(model, [one[0] for one in found]), found, strict=True
        ):
            shares, best = row.softmax(-1).max(-1)  # (T,) each
            sure, tags = shares.tolist(), [labels[number] for number in best.tolist()]
            outputs.append([(tags[p], round(sure[p], 4)) if p >= 0 else ("O", 0.0) for p in first])
        return outputs

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return [tuple(tag for tag, _ in row) for row in tagged(model, examples)]

    def probabilities(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return [[share for _, share in row] for row in tagged(model, examples)]

    return Objective(prepare, loss, predict, by_metric=True, probabilities=probabilities)
