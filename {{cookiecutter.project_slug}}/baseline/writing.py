"""Text to text: summaries, translations, answers, and labels as words.

An encoder-decoder reads the source and writes the target. A decoder reads the source as a
prompt, then a separator, and goes on with the target; only the target is learned.
"""

from __future__ import annotations

import difflib
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from baseline.config import Config
from baseline.data import Example
from baseline.recipes import (
    IGNORE,
    Batch,
    Item,
    Recipe,
    Vocabulary,
    device_of,
    mask_of,
    pad,
)
from baseline.tasks import Task
from baseline.tokenization import BEGIN, END, SEPARATOR

_BATCH = 64


def recipe(config: Config, task: Task, vocabulary: Vocabulary) -> Recipe:
    """How to learn to write."""
    tokenizer = vocabulary.tokenizer
    pair = config.project.family == "encoder-decoder"
    length = config.tokenizer.max_tokens
    smoothing = config.training.label_smoothing

    def source(example: Example) -> tuple[list[int], bool]:
        """The source's ids, and whether it was cut. The question comes first, and stays."""
        text = tokenizer.ids(example.text)
        if example.question:
            question = tokenizer.ids(example.question)
            text = [*question, *([SEPARATOR, *text] if text else [])]
        # A decoder has to leave room for what it writes.
        room = length - 2 if pair else max(1, length * 3 // 4 - 2)
        return text[:room], len(text) > room

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        items, cut = [], 0
        for example in examples:
            read, shortened = source(example)
            room = length - 1 if pair else length - len(read) - 2
            ids = tokenizer.ids(example.target)
            cut += shortened or len(ids) > room
            written = [*ids[:room], END]
            if pair:
                item = {
                    "tokens": [*read, END],
                    "inputs": [BEGIN, *written[:-1]],
                    "targets": written,
                }
            else:
                prompt = [BEGIN, *read, SEPARATOR]
                whole = [*prompt, *written]
                targets = [IGNORE] * (len(prompt) - 1) + written
                item = {"tokens": whole[:-1], "targets": targets}
            items.append(item)
        return items, cut

    def loss(model: nn.Module, batch: Batch) -> Tensor:
        if not pair:
            return model.loss(batch["tokens"], batch["targets"])
        return model.loss(
            batch["tokens"],
            batch["inputs"],
            batch["targets"],
            batch["mask"],
            label_smoothing=smoothing if model.training else 0.0,
        )

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        read = [source(example)[0] for example in examples]
        rows = [[*ids, END] if pair else [BEGIN, *ids, SEPARATOR] for ids in read]
        written = write(model, rows, config, pair=pair)
        texts = [tokenizer.text(ids).strip() for ids in written]
        return [_label(text, vocabulary.labels) for text in texts]

    return Recipe(prepare, loss, predict, by_metric=False)


def _label(text: str, labels: tuple[str, ...]) -> str:
    """The label that was written, if labels are asked for; one wrong letter is forgiven."""
    if not labels or text in labels:
        return text
    close = difflib.get_close_matches(text, labels, n=1, cutoff=0.8)
    return close[0] if close else text


def write(
    model: nn.Module, rows: Sequence[list[int]], config: Config, *, pair: bool
) -> list[list[int]]:
    """Let a model write what follows each row.

    Args:
        model: A decoder, or an encoder-decoder if `pair`.
        rows: Prompts, or sources if `pair`; each a list of token ids.
        config: `[generation]` says how; the `[training]` seed makes draws repeatable.
        pair: Whether the rows are sources that the model encodes.

    Returns:
        The ids that were written, without the end token.
    """
    from baseline.generation import Sampling, beam_search, generate

    options = config.generation
    sampling = Sampling(
        options.temperature, options.top_k or None, options.top_p, options.repetition_penalty
    )
    device = device_of(model)
    generator = torch.Generator(device=device).manual_seed(config.training.seed)
    written: list[list[int]] = [[] for _ in rows]
    model.eval()
    for places in _groups(rows, padded=pair or not config.model.name.startswith("lstm")):
        chosen = [rows[place] for place in places]
        state, mask = None, None
        if pair:
            with torch.inference_mode():
                state = model.start(pad(chosen).to(device), mask_of(chosen).to(device))
            prompt = torch.full((len(chosen), 1), BEGIN, device=device)
        else:
            prompt = pad(chosen, left=True).to(device)
            if len({len(row) for row in chosen}) > 1:
                mask = mask_of(chosen, left=True).to(device)
        common = {"max_new_tokens": options.max_new_tokens, "end_id": END, "state": state}
        if options.beams > 1:
            found = beam_search(
                model,
                prompt,
                beams=options.beams,
                length_penalty=options.length_penalty,
                mask=mask,
                **common,
            )
            texts = [list(hypotheses[0].tokens) if hypotheses else [] for hypotheses in found]
        else:
            tokens = generate(
                model, prompt, sampling=sampling, mask=mask, generator=generator, **common
            )
            texts = tokens[:, prompt.shape[1] :].tolist()
        for place, ids in zip(places, texts, strict=True):
            written[place] = ids[: ids.index(END)] if END in ids else ids
    return written


def _groups(rows: Sequence[list[int]], *, padded: bool) -> list[list[int]]:
    """Places of rows that are written together: of similar length, or of equal length."""
    order = sorted(range(len(rows)), key=lambda place: len(rows[place]))
    groups: list[list[int]] = []
    for place in order:
        full = not groups or len(groups[-1]) == _BATCH
        if full or (not padded and len(rows[groups[-1][0]]) != len(rows[place])):
            groups.append([])
        groups[-1].append(place)
    return groups
