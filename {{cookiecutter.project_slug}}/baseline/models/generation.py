"""Writing text: choose a token, feed it back, repeat.

Every model here has `step(tokens, state)`, which reads tokens and predicts the one after the
last; the state holds what was read before, so that nothing is computed twice. The functions
below need no more than that and work with all families: a decoder starts from `model.start()`,
an encoder-decoder from `model.start(source, source_mask)`.

Reference:
    Holtzman et al. (2020), arXiv:1904.09751, for top-p; Fan et al. (2018), arXiv:1805.04833,
    section 5.4, for top-k; Keskar et al. (2019), arXiv:1909.05858, section 4.1, for the
    repetition penalty; Wu et al. (2016), arXiv:1609.08144, section 7, for beam search.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.models.linear import packed


class Stepper(Protocol):
    """What generation needs of a model."""

    max_length: int | None

    def start(self, *args: Any, **kwargs: Any) -> Any:
        """A fresh state."""

    def step(self, tokens: Tensor, state: Any) -> tuple[Tensor, Any]:
        """Read `(B, n)` tokens; logits `(B, V)` of the one after the last, and the state."""


@dataclass(frozen=True)
class Sampling:
    """How to choose the next token.

    Attributes:
        temperature: Below 1 prefers likely tokens, above 1 flattens; 0 takes the likeliest.
        top_k: Choose among the k likeliest tokens only; None for all.
        top_p: Choose among the fewest likeliest tokens that together have this probability.
        repetition_penalty: Above 1 makes tokens that already occurred less likely.
    """

    temperature: float = 1.0
    top_k: int | None = None
    top_p: float = 1.0
    repetition_penalty: float = 1.0

    def __post_init__(self) -> None:
        if self.temperature < 0:
            raise ValueError(f"temperature is {self.temperature}; use 0 (likeliest) or more")
        if self.top_k is not None and self.top_k < 1:
            raise ValueError(f"top_k is {self.top_k}; use 1 or more, or None for all tokens")
        if not 0 < self.top_p <= 1:
            raise ValueError(f"top_p is {self.top_p}; use a probability above 0, up to 1")
        if self.repetition_penalty <= 0:
            raise ValueError(
                f"repetition_penalty is {self.repetition_penalty}; 1 means none, 1.2 is usual"
            )


GREEDY = Sampling(temperature=0.0)


def penalise(logits: Tensor, history: Tensor, penalty: float) -> Tensor:
    """Lower the logits of tokens that occurred before.

    Args:
        logits: Shape `(B, V)`.
        history: Tokens so far, shape `(B, T)`.
        penalty: Positive logits are divided by it, negative ones multiplied.

    Returns:
        Shape `(B, V)`.
    """
    old = logits.gather(1, history)
    new = torch.where(old > 0, old / penalty, old * penalty)
    return logits.scatter(1, history, new)


def keep_top_k(logits: Tensor, k: int) -> Tensor:
    """Set all but the k largest logits of each row to -inf. Equal ones stay together."""
    smallest = logits.topk(min(k, logits.shape[-1])).values[:, -1:]
    return logits.masked_fill(logits < smallest, -math.inf)


def keep_top_p(logits: Tensor, p: float) -> Tensor:
    """Keep the fewest likeliest tokens that reach probability p; the others get -inf.

    The likeliest token always stays.
    """
    ordered, places = logits.sort(descending=True)
    probability = ordered.softmax(-1)
    dropped = probability.cumsum(-1) - probability >= p  # the likelier ones reach p already
    return logits.masked_fill(dropped.scatter(1, places, dropped), -math.inf)


def choose(
    logits: Tensor,
    sampling: Sampling,
    history: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Tensor:
    """Choose one token per row.

    Args:
        logits: Shape `(B, V)`.
        sampling: How.
        history: Tokens so far, `(B, T)`; needed for the repetition penalty.
        generator: Makes the draw repeatable.

    Returns:
        Token ids, shape `(B,)`.
    """
    if sampling.repetition_penalty != 1.0 and history is not None:
        logits = penalise(logits, history, sampling.repetition_penalty)
    if sampling.temperature == 0:
        return logits.argmax(dim=-1)
    logits = logits / sampling.temperature
    if sampling.top_k is not None:
        logits = keep_top_k(logits, sampling.top_k)
    if sampling.top_p < 1:
        logits = keep_top_p(logits, sampling.top_p)
    return torch.multinomial(logits.softmax(-1), 1, generator=generator).squeeze(-1)


# Packing the weights costs about as much as five steps.
_LONG_ENOUGH_TO_PACK = 32


def _packed(model: Stepper, rows: int, steps: int) -> AbstractContextManager[None]:
    worth_it = steps >= _LONG_ENOUGH_TO_PACK and isinstance(model, nn.Module)
    return packed(model, rows) if worth_it else nullcontext()


def _read(model: Stepper, tokens: Tensor, state: Any, mask: Tensor | None) -> tuple[Tensor, Any]:
    """A step in which tokens may be padding; models that read a source know no such."""
    return model.step(tokens, state) if mask is None else model.step(tokens, state, mask)


@torch.inference_mode()
def stream(
    model: Stepper,
    prompt: Tensor,
    *,
    max_new_tokens: int,
    sampling: Sampling = GREEDY,
    end_id: int | None = None,
    state: Any = None,
    mask: Tensor | None = None,
    generator: torch.Generator | None = None,
) -> Iterator[Tensor]:
    """Write token by token, handing out each as soon as it is chosen.

    Long texts are written from weights that are packed for it, see `linear.packed`; do not train
    the model before the text is finished.

    Args:
        model: In evaluation mode (`model.eval()`), or dropout makes it stumble.
        prompt: What to continue, shape `(B, n)`; for an encoder-decoder, the begin token.
        max_new_tokens: Stop after so many.
        sampling: How tokens are chosen.
        end_id: Rows that produced this token are finished; the end token is repeated for them.
        state: What the model read before the prompt, from `model.start(…)`. If None, a decoder
            starts afresh, and where the text outgrows `model.max_length`, it goes on from the
            last half of that.
        mask: 1 for a token, 0 for padding, shape `(B, n)`; prompts of different lengths are
            padded on the left.
        generator: Makes the draw repeatable.

    Yields:
        The next token of every row, shape `(B,)`.

    Raises:
        ValueError: If the prompt is empty, or padded on the right.
    """
    if prompt.shape[1] == 0:
        raise ValueError("the prompt is empty; give at least a begin token")
    if mask is not None and not bool(mask[:, -1].all()):
        raise ValueError("prompts must be padded on the left, so that each ends in a token")
    with _packed(model, len(prompt), max_new_tokens):
        yield from _stream(model, prompt, max_new_tokens, sampling, end_id, state, mask, generator)


def _stream(
    model: Stepper,
    prompt: Tensor,
    max_new_tokens: int,
    sampling: Sampling,
    end_id: int | None,
    state: Any,
    mask: Tensor | None,
    generator: torch.Generator | None,
) -> Iterator[Tensor]:
    restart = state is None
    longest = model.max_length
    if restart:
        state = model.start()
        if longest is not None and prompt.shape[1] >= longest:
            prompt = prompt[:, -(longest // 2) :]
            mask = None if mask is None else mask[:, -(longest // 2) :]
    logits, state = _read(model, prompt, state, mask)
    history, read = [prompt], prompt.shape[1]
    done = torch.zeros(len(prompt), dtype=torch.bool, device=prompt.device)
    for new in range(1, max_new_tokens + 1):
        everything = torch.cat(history, dim=1) if sampling.repetition_penalty != 1 else None
        token = choose(logits, sampling, everything, generator)  # (B,)
        if end_id is not None:
            token = token.masked_fill(done, end_id)
            done |= token == end_id
        yield token
        if new == max_new_tokens or (end_id is not None and bool(done.all())):
            return
        history.append(token.unsqueeze(1))
        if longest is None or read < longest:
            logits, state = model.step(token.unsqueeze(1), state)
            read += 1
        elif restart:
            tail = torch.cat(history, dim=1)[:, -(longest // 2) :]
            read = tail.shape[1]
            if mask is not None:  # what was written since then is no padding
                mask = F.pad(mask, (0, new), value=1)[:, -read:]
            logits, state = _read(model, tail, model.start(), mask)
        else:
            return


def generate(model: Stepper, prompt: Tensor, **options: Any) -> Tensor:
    """Continue `prompt`; the options are those of `stream`.

    Returns:
        Prompt and continuation, shape `(B, n + new)`.
    """
    tokens = [prompt]
    tokens += [token.unsqueeze(1) for token in stream(model, prompt, **options)]
    return torch.cat(tokens, dim=1)


@dataclass(frozen=True)
class Hypothesis:
    """A finished text of beam search.

    Attributes:
        tokens: What was written after the prompt, including the end token if it was reached.
        score: Its log-probability, divided by its length to the power of the length penalty.
    """

    tokens: tuple[int, ...]
    score: float


@torch.inference_mode()
def beam_search(
    model: Stepper,
    prompt: Tensor,
    *,
    beams: int = 4,
    max_new_tokens: int,
    end_id: int,
    length_penalty: float = 1.0,
    state: Any = None,
    mask: Tensor | None = None,
) -> list[list[Hypothesis]]:
    """Follow several texts at once and keep the likeliest.

    The search for a row ends when no unfinished text can still overtake the worst of its
    finished ones.

    Args:
        model: In evaluation mode.
        prompt: What to continue, shape `(B, n)`; for an encoder-decoder, the begin token.
        beams: Number of texts that are followed per row.
        max_new_tokens: Longest continuation; texts that reach it count as finished.
        end_id: The token that ends a text.
        length_penalty: 0 prefers short texts, since each token costs probability; 1 compares the
            average per token.
        state: What the model read before the prompt, from `model.start(…)`.
        mask: 1 for a token, 0 for padding on the left, shape `(B, n)`.

    Returns:
        For every row at most `beams` hypotheses, best first.

    Raises:
        ValueError: If `beams` or `max_new_tokens` is less than 1.
    """
    if beams < 1 or max_new_tokens < 1:
        raise ValueError(f"beams ({beams}) and max_new_tokens ({max_new_tokens}) must be positive")
    rows, longest = len(prompt), model.max_length
    limit = max_new_tokens
    if longest is not None:
        limit = min(limit, longest - prompt.shape[1] + 1)
    if limit < 1:
        raise ValueError(f"a prompt of {prompt.shape[1]} tokens leaves no room in {longest}")

    state = model.start() if state is None else state
    with _packed(model, rows * beams, limit):
        return _beam_search(model, prompt, beams, limit, end_id, length_penalty, state, mask)


def _beam_search(
    model: Stepper,
    prompt: Tensor,
    beams: int,
    limit: int,
    end_id: int,
    length_penalty: float,
    state: Any,
    mask: Tensor | None,
) -> list[list[Hypothesis]]:
    rows = len(prompt)
    logits, state = _read(model, prompt, state, mask)  # (B, V)
    size = logits.shape[-1]
    finished: list[list[Hypothesis]] = [[] for _ in range(rows)]
    open_rows = [True] * rows
    # Every row starts with one text, and is spread over its beams in the first step.
    scores = logits.new_full((rows, beams), -math.inf)
    scores[:, 0] = 0.0
    written = prompt.new_zeros(rows, beams, 0)
    first_rows = torch.arange(rows, device=prompt.device).repeat_interleave(beams)
    state.reorder(first_rows)
    logits = logits[first_rows]  # (B·K, V)

    for length in range(1, limit + 1):
        log_p = logits.log_softmax(-1).view(rows, beams, size)
        total = (scores.unsqueeze(-1) + log_p).flatten(1)  # (B, K·V)
        # At most `beams` of twice as many candidates end here: enough go on.
        best, places = total.topk(min(2 * beams, total.shape[1]))
        parents, tokens = places // size, places % size  # (B, 2K)
        candidates = zip(best.tolist(), parents.tolist(), tokens.tolist(), strict=True)
        chosen = []  # for every row, the places of the K candidates to go on with
        for row, (score, parent_of, token_of) in enumerate(candidates):
            ends = [token == end_id for token in token_of]
            chosen.append([place for place, end in enumerate(ends) if not end][:beams])
            if not open_rows[row]:
                continue
            for place in range(beams):  # a text must be among the best K to finish
                if (ends[place] or length == limit) and score[place] > -math.inf:
                    text = (*written[row, parent_of[place]].tolist(), token_of[place])
                    finished[row].append(Hypothesis(text, score[place] / length**length_penalty))
            finished[row].sort(key=lambda hypothesis: -hypothesis.score)
            del finished[row][beams:]
            # The best that an unfinished text can still reach.
            reach = limit if length_penalty > 0 else length
            ceiling = score[chosen[row][0]] / reach**length_penalty
            full = len(finished[row]) == beams
            open_rows[row] = not (full and finished[row][-1].score >= ceiling)
        if length == limit or not any(open_rows):
            break
        picks = torch.tensor(chosen, device=prompt.device)  # (B, K), into the candidates
        parent, token = parents.gather(1, picks), tokens.gather(1, picks)
        scores = best.gather(1, picks)
        written = torch.cat(
            (
                written.gather(1, parent.unsqueeze(-1).expand(-1, -1, length - 1)),
                token.unsqueeze(-1),
            ),
            dim=-1,
        )
        state.reorder(
            (parent + torch.arange(rows, device=prompt.device).unsqueeze(1) * beams).flatten()
        )
        logits, state = model.step(token.reshape(-1, 1), state)
    return finished
