"""Text to text: summaries, translations, answers, and labels as words.

An encoder-decoder reads the source and writes the target. A decoder reads the source as a
prompt, then a separator, and goes on with the target; only the target is learned.
"""

import difflib
import os
from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor, nn

from baseline.config import Config
from baseline.data.examples import Example
from baseline.data.tokenization import BEGIN, END, SEPARATOR, Tokenizer
from baseline.decoding.beam_search import beam_search
from baseline.decoding.sampling import Sampling
from baseline.decoding.stream import generate, stream
from baseline.tasks.base import Task
from baseline.tasks.objectives.base import (
    IGNORE,
    Batch,
    Item,
    Objective,
    Say,
    Vocabulary,
    device_of,
    loss_of,
    mask_of,
    pad,
)

_BATCH = 64


def writing_objective(config: Config, task: Task, vocabulary: Vocabulary) -> Objective:
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
            return loss_of(model)(batch["tokens"], batch["targets"])
        return loss_of(model)(
            batch["tokens"],
            batch["inputs"],
            batch["targets"],
            batch["mask"],
            label_smoothing=smoothing if model.training else 0.0,
        )

    def row(example: Example) -> list[int]:
        ids, _ = source(example)
        return [*ids, END] if pair else [BEGIN, *ids, SEPARATOR]

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        written = write(model, [row(example) for example in examples], config, pair=pair)
        texts = [tokenizer.text(ids).strip() for ids in written]
        return [_label(text, vocabulary.answers.labels) for text in texts]

    def answer(model: nn.Module, example: Example, say: Say) -> str:
        return say_one(model, row(example), config, tokenizer, say, pair=pair).strip()

    # A label that is written may have to be corrected, so it is not said before it is complete.
    by_word = answer if not vocabulary.answers.labels else None
    return Objective(prepare, loss, predict, by_metric=False, write=by_word)


def _label(text: str, labels: tuple[str, ...]) -> str:
    """The label that was written, if labels are asked for; one wrong letter is forgiven."""
    if not labels or text in labels:
        return text
    close = difflib.get_close_matches(text, labels, n=1, cutoff=0.8)
    return close[0] if close else text


def write(model: Any, rows: Sequence[list[int]], config: Config, *, pair: bool) -> list[list[int]]:
    """Let a model write what follows each row.

    Args:
        model: A decoder, or an encoder-decoder if `pair`.
        rows: Prompts, or sources if `pair`; each a list of token ids.
        config: `[generation]` says how; the `[training]` seed makes draws repeatable.
        pair: Whether the rows are sources that the model encodes.

    Returns:
        The ids that were written, without the end token.
    """
    options = config.generation
    sampling, generator = _sampling(model, config)
    written: list[list[int]] = [[] for _ in rows]
    model.eval()
    for places in _groups(rows, padded=pair or not config.model.name.startswith("lstm")):
        prompt, state, mask = _begin(model, [rows[place] for place in places], pair=pair)
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


def say_one(
    model: Any,  # a decoder, or an encoder-decoder if `pair`
    row: list[int],
    config: Config,  # as for `write`
    tokenizer: Tokenizer,  # turns ids into text
    say: Say,
    *,
    pair: bool,  # whether the row is a source that the model encodes
) -> str:
    """Let a model write what follows one row, and say each word as soon as it is complete.

    Args:
        row: Prompt, or source if `pair`: token ids.
        say: Called with the pieces of the text; beams are compared when they end, so they come
            in one piece.

    Returns:
        The whole text.
    """
    if config.generation.beams > 1:
        text = tokenizer.text(write(model, [row], config, pair=pair)[0])
        say(text)
        return text
    sampling, generator = _sampling(model, config)
    model.eval()
    prompt, state, _ = _begin(model, [row], pair=pair)
    teller = Teller(say, tokenizer.text)
    for token in stream(
        model,
        prompt,
        max_new_tokens=config.generation.max_new_tokens,
        sampling=sampling,
        end_id=END,
        state=state,
        generator=generator,
    ):
        teller.put(token)
    return teller.end()


class Teller:
    """Says a text while its tokens come, but nothing that a later token could change.

    The bytes of half a character are no text yet, and "do" and "n't" may become "don't".
    """

    def __init__(self, say: Say, spell: Callable[[list[int]], str]) -> None:
        self._say, self._spell = say, spell
        self._ids: list[int] = []
        self._text, self._said = "", 0

    def put(self, tokens: Tensor) -> None:
        """Take more tokens, of any shape."""
        self._ids += tokens.flatten().tolist()
        before, self._text = self._text, self._spell(self._ids)
        self._tell(os.path.commonprefix((before, self._text)).rstrip("\ufffd"))

    def end(self) -> str:
        """Say what is left, and return the whole text."""
        self._tell(self._text)
        return self._text

    def _tell(self, text: str) -> None:
        if len(text) > self._said:
            self._say(text[self._said :])
            self._said = len(text)


def _sampling(model: nn.Module, config: Config) -> tuple[Sampling, torch.Generator]:
    """How tokens are chosen, and the source of chance, which the seed makes repeatable."""
    options = config.generation
    sampling = Sampling(
        options.temperature, options.top_k or None, options.top_p, options.repetition_penalty
    )
    return sampling, torch.Generator(device_of(model)).manual_seed(config.training.seed)


@torch.inference_mode()
def _begin(
    model: Any, rows: Sequence[list[int]], *, pair: bool
) -> tuple[Tensor, Any, Tensor | None]:
    """What generation begins with: a prompt, the state of an encoded source, and a mask."""
    device = device_of(model)
    if pair:
        state = model.start(pad(rows).to(device), mask_of(rows).to(device))
        return torch.full((len(rows), 1), BEGIN, device=device), state, None
    prompt = pad(rows, left=True).to(device)
    equal = len({len(row) for row in rows}) == 1
    return prompt, None, None if equal else mask_of(rows, left=True).to(device)


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
