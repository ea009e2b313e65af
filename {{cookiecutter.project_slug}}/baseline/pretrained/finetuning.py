"""How published models learn to write: as they were trained, and by the library's `generate`.

Labels, tags and answers in a text are asked for as in our own models, see `reading`.
"""

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from baseline.config import Config
from baseline.data.examples import Example
from baseline.pretrained.instructions import instruct
from baseline.pretrained.published import Pretrained
from baseline.pretrained.reading import reader_of
from baseline.tasks.base import Task
from baseline.tasks.metrics import Likelihood
from baseline.tasks.objectives.base import (
    IGNORE,
    Answers,
    Batch,
    Item,
    Objective,
    Say,
    device_of,
    in_batches,
    likelihood,
    mask_of,
    pad,
)
from baseline.tasks.objectives.language import windows
from baseline.tasks.objectives.marking import MARKING, marking_objective
from baseline.tasks.objectives.reading import loss
from baseline.tasks.objectives.writing import Teller

_BATCH = 32


def published_objective(
    config: Config,
    task: Task,
    tokenizer: Any,
    answers: Answers,
    inner: Any,
) -> Objective:
    """The objective for a task and a tokenizer of transformers."""
    prefix = instruct(config, task, tokenizer, inner)
    length = config.tokenizer.max_tokens
    positions = getattr(inner.config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        length = min(length, positions - (2 if inner.config.model_type == "roberta" else 0))
    if task.kind in MARKING:
        return marking_objective(config, task, reader_of(tokenizer, length), answers)
    if task.kind == "language":
        return _language(config, tokenizer, length, prefix)
    if config.project.family == "encoder-decoder":
        return _pair(config, tokenizer, length, prefix)
    return _prompt(config, tokenizer, length, prefix)


def _language(config: Config, tokenizer: Any, length: int, prefix: str) -> Objective:
    begin = tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.pad_token_id
    end = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else begin
    if prefix:  # CTRL's control code stands where others have a begin token
        begin = tokenizer(prefix.strip(), add_special_tokens=False)["input_ids"][-1]

    def pieces(text: str, overlap: int) -> list[Item]:
        ids = tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"]
        return windows(ids, length, overlap, begin=begin, end=end)

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        return [item for example in examples for item in pieces(example.text, 0)], 0

    def predict(model: nn.Module, examples: Sequence[Example]) -> Likelihood:
        texts = [example.text for example in examples]
        cut = [pieces(text, length // 2) for text in texts]
        return likelihood(loss, model, texts, cut, _BATCH)

    def write(model: nn.Module, example: Example, say: Say) -> str:
        ids = tokenizer(example.text, add_special_tokens=False)["input_ids"]
        ids = [begin, *ids] if prefix else ids or [begin]
        return _say_one(model, ids, config, tokenizer, say, prompted=True)

    return Objective(prepare, loss, predict, by_metric=False, write=write)


def _ask(example: Example, prefix: str) -> str:
    """The source as one text; what T5 was trained with, and clear enough for others."""
    if not example.question:
        return prefix + example.text
    return f"{prefix}question: {example.question} context: {example.text}".removesuffix(
        " context: "
    )


def _pair(config: Config, tokenizer: Any, length: int, prefix: str) -> Objective:
    smoothing = config.training.label_smoothing

    def sources(examples: Sequence[Example]) -> list[list[int]]:
        texts = [_ask(example, prefix) for example in examples]
        found: list[list[int]] = tokenizer(texts, truncation=True, max_length=length)["input_ids"]
        return found

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        targets = tokenizer(
            text_target=[example.target for example in examples], truncation=True, max_length=length
        )["input_ids"]
        rows = sources(examples)
        items: list[Item] = [
            {"tokens": row, "targets": target} for row, target in zip(rows, targets, strict=True)
        ]
        cut = sum(len(a) == length or len(b) == length for a, b in zip(rows, targets, strict=True))
        return items, cut

    def pair_loss(model: Any, batch: Batch) -> Tensor:
        return model.pair_loss(
            batch["tokens"], batch["mask"], batch["targets"], smoothing if model.training else 0.0
        )

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return _write_all(model, sources(examples), config, tokenizer, prompted=False)

    def write(model: nn.Module, example: Example, say: Say) -> str:
        return _say_one(model, sources([example])[0], config, tokenizer, say, prompted=False)

    return Objective(prepare, pair_loss, predict, by_metric=False, write=write)


def _prompt(config: Config, tokenizer: Any, length: int, prefix: str) -> Objective:
    """A decoder reads the source and the word "answer:", and goes on."""
    end = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else tokenizer.pad_token_id

    def plain(text: str, **options: Any) -> list[int]:
        return list(tokenizer(text, add_special_tokens=False, **options)["input_ids"])

    def prompts(examples: Sequence[Example]) -> tuple[list[list[int]], int]:
        cue = plain("\nanswer:")
        room = max(1, length * 3 // 4 - len(cue))
        rows, cut = [], 0
        for example in examples:
            ids = plain(_ask(example, prefix), verbose=False)
            cut += len(ids) > room
            rows.append([*ids[:room], *cue])
        return rows, cut

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        rows, cut = prompts(examples)
        items: list[Item] = []
        for row, example in zip(rows, examples, strict=True):
            target = plain(f" {example.target}")
            whole = [*row, *target[: length - len(row) - 1], end]
            targets = [*[IGNORE] * (len(row) - 1), *whole[len(row) :]]
            items.append({"tokens": whole[:-1], "targets": targets})
        return items, cut

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return _write_all(model, prompts(examples)[0], config, tokenizer, prompted=True)

    def write(model: nn.Module, example: Example, say: Say) -> str:
        return _say_one(model, prompts([example])[0][0], config, tokenizer, say, prompted=True)

    return Objective(prepare, loss, predict, by_metric=False, write=write)


def _write_all(
    model: nn.Module, rows: Sequence[list[int]], config: Config, tokenizer: Any, *, prompted: bool
) -> list[object]:
    """What the model writes for each row, see `_generate`."""
    texts: list[object] = [""] * len(rows)
    for places, part in in_batches([{"tokens": row} for row in rows], _BATCH):
        ids = [item["tokens"] for item in part]
        written = _generate(model, ids, config, tokenizer, prompted=prompted)
        for place, text in zip(places, written, strict=True):
            texts[place] = text
    return texts


@torch.inference_mode()
def _generate(
    model: nn.Module,
    rows: Sequence[list[int]],
    config: Config,
    tokenizer: Any,
    *,
    prompted: bool,  # whether rows are prompts that are continued, and no sources
    streamer: Any = None,
) -> list[str]:
    """Texts that the model writes for a few rows, without their prompts."""
    assert isinstance(model, Pretrained)
    options = config.generation
    torch.manual_seed(config.training.seed)
    model.eval()
    settings: dict[str, Any] = {
        "max_new_tokens": options.max_new_tokens,
        "num_beams": options.beams,
        "do_sample": options.temperature > 0,
        "repetition_penalty": options.repetition_penalty,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if options.temperature > 0:
        settings |= {name: getattr(options, name) for name in ("temperature", "top_k", "top_p")}
    if options.beams > 1:
        settings["length_penalty"] = options.length_penalty
    tokens = pad(rows, left=prompted).to(device_of(model))
    mask = mask_of(rows, left=prompted).to(tokens.device)
    written = model.inner.generate(
        input_ids=model.padded(tokens, mask), attention_mask=mask, streamer=streamer, **settings
    )
    after = tokens.shape[1] if prompted else 0
    texts: list[str] = tokenizer.batch_decode(written[:, after:], skip_special_tokens=True)
    return [text.strip() for text in texts]


class _Streamer(Teller):
    """A `Teller` as transformers wants one: the first tokens it gets are the prompt."""

    prompted = False

    def put(self, tokens: Tensor) -> None:
        if self.prompted:
            super().put(tokens)
        self.prompted = True


def _say_one(
    model: nn.Module, ids: list[int], config: Config, tokenizer: Any, say: Say, *, prompted: bool
) -> str:
    """Write one text, word by word; beams are compared when they end, so they come at once."""

    def spell(ids: list[int]) -> str:
        return str(tokenizer.decode(ids, skip_special_tokens=True))

    streamer = _Streamer(say, spell) if config.generation.beams == 1 else None
    text = _generate(model, [ids], config, tokenizer, prompted=prompted, streamer=streamer)[0]
    if streamer is None:
        say(text)
    return text
