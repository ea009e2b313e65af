"""How pretrained models learn a task: the objectives of `transformers` models.

They differ from ours in who adds special tokens: here the published tokenizer does it, because
the model was trained with its habits.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from baseline.config import Config
from baseline.data.examples import Example
from baseline.decoding.spans import best_spans
from baseline.errors import BaselineError
from baseline.pretrained.instructions import instruct
from baseline.pretrained.published import Pretrained
from baseline.tasks.base import Task
from baseline.tasks.metrics import Likelihood
from baseline.tasks.objectives.answering import Answers
from baseline.tasks.objectives.base import (
    IGNORE,
    NO_ANSWER,
    Batch,
    Item,
    Objective,
    Say,
    by_label,
    collate,
    device_of,
    in_batches,
    likelihood,
    mask_of,
    pad,
    to_device,
)
from baseline.tasks.objectives.language import windows
from baseline.tasks.objectives.writing import Teller

_BATCH = 32


def published_objective(
    config: Config, task: Task, tokenizer: Any, labels: Sequence[str], inner: Any
) -> Objective:
    """The objective for a task and a tokenizer of transformers."""
    prefix = instruct(config, task, tokenizer, inner)
    length = config.tokenizer.max_tokens
    positions = getattr(inner.config, "max_position_embeddings", None)
    if isinstance(positions, int) and positions > 0:
        length = min(length, positions - (2 if inner.config.model_type == "roberta" else 0))
    makers = {"label": _label, "tags": _tags}
    if task.kind in makers:
        return makers[task.kind](tokenizer, tuple(labels), length)
    if task.kind == "span":
        return _span(config, tokenizer, tuple(labels), length)
    if task.kind == "language":
        return _language(config, tokenizer, length, prefix)
    if config.project.family == "encoder-decoder":
        return _pair(config, tokenizer, length, prefix)
    return _prompt(config, tokenizer, length, prefix)


def _logits(model: nn.Module, items: Sequence[Item]) -> list[Tensor]:
    """The model's logits for each item, padding cut off, on the processor."""
    found: list[Tensor] = [torch.empty(0)] * len(items)
    model.eval()
    with torch.inference_mode():
        for places, part in in_batches(items, _BATCH):
            batch = to_device(collate(part), device_of(model))
            logits = model(batch["tokens"], batch["mask"], batch.get("segments"))
            for place, row in zip(places, logits.float().cpu(), strict=True):
                found[place] = row
    return found


def _loss(model: Any, batch: Batch) -> Tensor:
    return model.loss(batch["tokens"], batch["targets"], batch["mask"], batch.get("segments"))


def _label(tokenizer: Any, labels: tuple[str, ...], length: int) -> Objective:
    place = {label: number for number, label in enumerate(labels)}

    def encode(examples: Sequence[Example]) -> tuple[list[Item], int]:
        texts = [example.text for example in examples]
        rows = tokenizer(texts, truncation=True, max_length=length)["input_ids"]
        items: list[Item] = [{"tokens": row or [tokenizer.pad_token_id]} for row in rows]
        return items, sum(len(row) == length for row in rows)

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        items, cut = encode(examples)
        for item, example in zip(items, examples, strict=True):
            item["targets"] = [place.get(example.target, IGNORE)]
        return items, cut

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return [labels[int(row.argmax())] for row in _logits(model, encode(examples)[0])]

    def probabilities(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        return by_label(_logits(model, encode(examples)[0]), labels)

    return Objective(prepare, _loss, predict, by_metric=True, probabilities=probabilities)


def _tags(tokenizer: Any, labels: tuple[str, ...], length: int) -> Objective:
    place = {label: number for number, label in enumerate(labels)}

    def encode(example: Example) -> tuple[list[int], list[int], bool]:
        """Ids, the place of each word's first piece (-1 if it has none), whether words were cut."""
        pieces = [
            tokenizer(f" {word}" if number else word, add_special_tokens=False)["input_ids"]
            or [tokenizer.unk_token_id if tokenizer.unk_token_id is not None else 0]
            for number, word in enumerate(example.words)
        ]
        lead, tail = _frame(tokenizer)
        ids, first, cut = list(lead), [-1] * len(pieces), False
        for number, piece in enumerate(pieces):
            if len(ids) + len(piece) + len(tail) > length:
                cut = True
                break
            first[number] = len(ids)
            ids += piece
        return [*ids, *tail], first, cut

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        items: list[Item] = []
        shortened = 0
        for example in examples:
            ids, first, cut = encode(example)
            targets = [IGNORE] * len(ids)
            for position, tag in zip(first, example.tags, strict=True):
                if position >= 0 and tag in place:
                    targets[position] = place[tag]
            items.append({"tokens": ids, "targets": targets})
            shortened += cut
        return items, shortened

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        encoded = [encode(example) for example in examples]
        rows = _logits(model, [{"tokens": ids} for ids, _, _ in encoded])
        return [
            tuple(labels[int(row[p].argmax())] if p >= 0 else "O" for p in first)
            for row, (_, first, _) in zip(rows, encoded, strict=True)
        ]

    return Objective(prepare, _loss, predict, by_metric=True)


def _frame(tokenizer: Any) -> tuple[list[int], list[int]]:
    """The special tokens that the tokenizer puts before and after a text."""
    plain = tokenizer("a", add_special_tokens=False)["input_ids"]
    whole = tokenizer("a")["input_ids"]
    start = next((i for i in range(len(whole)) if whole[i : i + len(plain)] == plain), 0)
    return whole[:start], whole[start + len(plain) :]


def _span(config: Config, tokenizer: Any, labels: tuple[str, ...], length: int) -> Objective:
    margin = config.generation.no_answer if NO_ANSWER in labels else None

    room = length - tokenizer.num_special_tokens_to_add(pair=True)
    if room < 4:
        raise BaselineError(
            f"tokenizer.max_tokens is {config.tokenizer.max_tokens}, which leaves {room} tokens "
            "for question and text; give 32 or more"
        )

    def asked(question: str) -> str:
        """The question, cut where it would take more than half of the room."""
        found = tokenizer(
            question, add_special_tokens=False, return_offsets_mapping=True, verbose=False
        )["offset_mapping"]
        return question[: found[room // 2 - 1][1]] if len(found) > room // 2 else question

    def windows(examples: Sequence[Example]) -> tuple[list[Item], list[dict[str, Any]]]:
        found = tokenizer(
            [asked(example.question) for example in examples],
            [example.text for example in examples],
            truncation="only_second",
            max_length=length,
            stride=room // 4,
            return_overflowing_tokens=True,
            return_offsets_mapping=True,
        )
        items: list[Item] = []
        about = []
        for number, ids in enumerate(found["input_ids"]):
            item: Item = {"tokens": ids}
            if "token_type_ids" in found:
                item["segments"] = found["token_type_ids"][number]
            items.append(item)
            about.append(
                {
                    "example": found["overflow_to_sample_mapping"][number],
                    "offsets": found["offset_mapping"][number],
                    "inside": [part == 1 for part in found.sequence_ids(number)],
                }
            )
        return items, about

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        items, about = windows(examples)
        for item, window in zip(items, about, strict=True):
            example = examples[window["example"]]
            end = example.start + len(example.target)
            touched = [
                place
                for place, (left, right) in enumerate(window["offsets"])
                if window["inside"][place] and left < end and right > example.start
            ]
            whole = touched and (
                window["offsets"][touched[0]][0] <= example.start
                and window["offsets"][touched[-1]][1] >= end
            )
            item["targets"] = [touched[0], touched[-1]] if whole else [0, 0]
        return items, len(items) - len(examples)

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        items, about = windows(examples)
        answers = Answers(len(examples), margin)
        for row, window in zip(_logits(model, items), about, strict=True):
            inside = torch.zeros(1, len(row), dtype=torch.long)
            inside[0, : len(window["inside"])] = torch.tensor(window["inside"], dtype=torch.long)
            spans, scores = best_spans(row.unsqueeze(0), inside)
            number = window["example"]
            start, end = spans[0].tolist()
            left, right = window["offsets"][start][0], window["offsets"][end][1]
            text = examples[number].text[left:right].strip()
            answers.offer(number, text, float(scores), float(row[0].sum()))
        return answers.texts()

    return Objective(prepare, _loss, predict, by_metric=True)


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
        return likelihood(_loss, model, texts, cut, _BATCH)

    def write(model: nn.Module, example: Example, say: Say) -> str:
        ids = tokenizer(example.text, add_special_tokens=False)["input_ids"]
        ids = [begin, *ids] if prefix else ids or [begin]
        return _say_one(model, ids, config, tokenizer, say, after=len(ids))

    return Objective(prepare, _loss, predict, by_metric=False, write=write)


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

    def loss(model: Any, batch: Batch) -> Tensor:
        return model.pair_loss(
            batch["tokens"], batch["mask"], batch["targets"], smoothing if model.training else 0.0
        )

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        rows = sources(examples)
        texts: list[object] = [""] * len(rows)
        for places, part in in_batches([{"tokens": row} for row in rows], _BATCH):
            batch = to_device(collate(part), device_of(model))
            written = _generate(model, batch["tokens"], batch["mask"], config, tokenizer)
            for place, text in zip(places, written, strict=True):
                texts[place] = text
        return texts

    def write(model: nn.Module, example: Example, say: Say) -> str:
        return _say_one(model, sources([example])[0], config, tokenizer, say)

    return Objective(prepare, loss, predict, by_metric=False, write=write)


def _prompt(config: Config, tokenizer: Any, length: int, prefix: str) -> Objective:
    """A decoder reads the source and the word "answer:", and goes on."""
    ask = "\nanswer:"
    end = tokenizer.eos_token_id if tokenizer.eos_token_id is not None else tokenizer.pad_token_id

    def prompts(examples: Sequence[Example]) -> tuple[list[list[int]], int]:
        cue = tokenizer(ask, add_special_tokens=False)["input_ids"]
        room = max(1, length * 3 // 4 - len(cue))
        rows, cut = [], 0
        for example in examples:
            ids = tokenizer(_ask(example, prefix), add_special_tokens=False, verbose=False)[
                "input_ids"
            ]
            cut += len(ids) > room
            rows.append([*ids[:room], *cue])
        return rows, cut

    def prepare(examples: Sequence[Example]) -> tuple[list[Item], int]:
        rows, cut = prompts(examples)
        items: list[Item] = []
        for row, example in zip(rows, examples, strict=True):
            target = tokenizer(f" {example.target}", add_special_tokens=False)["input_ids"]
            whole = [*row, *target[: length - len(row) - 1], end]
            targets = [*[IGNORE] * (len(row) - 1), *whole[len(row) :]]
            items.append({"tokens": whole[:-1], "targets": targets})
        return items, cut

    def predict(model: nn.Module, examples: Sequence[Example]) -> list[object]:
        rows, _ = prompts(examples)
        texts: list[object] = [""] * len(rows)
        for places, part in in_batches([{"tokens": row} for row in rows], _BATCH):
            ids = [item["tokens"] for item in part]
            device = device_of(model)
            tokens = pad(ids, left=True).to(device)
            mask = mask_of(ids, left=True).to(device)
            written = _generate(model, tokens, mask, config, tokenizer, after=tokens.shape[1])
            for place, text in zip(places, written, strict=True):
                texts[place] = text
        return texts

    def write(model: nn.Module, example: Example, say: Say) -> str:
        row = prompts([example])[0][0]
        return _say_one(model, row, config, tokenizer, say, after=len(row))

    return Objective(prepare, _loss, predict, by_metric=False, write=write)


@torch.inference_mode()
def _generate(
    model: nn.Module,
    tokens: Tensor,
    mask: Tensor,
    config: Config,
    tokenizer: Any,
    after: int = 0,
    streamer: Any = None,
) -> list[str]:
    """Texts that the model writes, from token `after` on."""
    assert isinstance(model, Pretrained)
    options = config.generation
    torch.manual_seed(config.training.seed)
    model.eval()
    drawn = options.temperature > 0
    settings: dict[str, Any] = {
        "max_new_tokens": options.max_new_tokens,
        "num_beams": options.beams,
        "do_sample": drawn,
        "repetition_penalty": options.repetition_penalty,
        "pad_token_id": tokenizer.pad_token_id,
    }
    if drawn:
        settings |= {
            "temperature": options.temperature,
            "top_k": options.top_k,
            "top_p": options.top_p,
        }
    if options.beams > 1:
        settings["length_penalty"] = options.length_penalty
    written = model.inner.generate(
        input_ids=model.padded(tokens, mask), attention_mask=mask, streamer=streamer, **settings
    )
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
    model: nn.Module, ids: list[int], config: Config, tokenizer: Any, say: Say, after: int = 0
) -> str:
    """Write one text, word by word; beams are compared when they end, so they come at once."""

    def spell(ids: list[int]) -> str:
        text: str = tokenizer.decode(ids, skip_special_tokens=True)
        return text

    streamer = _Streamer(say, spell) if config.generation.beams == 1 else None
    tokens = torch.tensor([ids], device=device_of(model))
    mask = torch.ones_like(tokens)
    text = _generate(model, tokens, mask, config, tokenizer, after, streamer)[0]
    if streamer is None:
        say(text)
    return text
