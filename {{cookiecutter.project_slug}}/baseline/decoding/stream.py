"""Writing text: choose a token, feed it back, repeat.

Every model here has `step(tokens, state)`, which reads tokens and predicts the one after the
last; the state holds what was read before, so that nothing is computed twice. `stream` and
`beam_search` need no more than that and work with all families: a decoder starts from
`model.start()`, an encoder-decoder from `model.start(source, source_mask)`.
"""

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, Protocol

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.decoding.layout import laid_out
from baseline.decoding.sampling import GREEDY, Sampling, choose

# Laying the weights out costs about as much as five steps.
_LONG_ENOUGH_TO_LAY_OUT = 32


class Stepper(Protocol):
    """What generation needs of a model."""

    max_length: int | None

    def start(self, *args: Any, **kwargs: Any) -> Any:
        """A fresh state."""

    def step(self, tokens: Tensor, state: Any, *mask: Tensor) -> tuple[Tensor, Any]:
        """Read `(B, n)` tokens; logits `(B, V)` of the one after the last, and the state."""


def prepared(model: Stepper, rows: int, steps: int) -> AbstractContextManager[None]:
    """The model laid out for `rows` texts, where `steps` tokens are enough to make up for it."""
    if steps >= _LONG_ENOUGH_TO_LAY_OUT and isinstance(model, nn.Module):
        return laid_out(model, rows)
    return nullcontext()


def read(model: Stepper, tokens: Tensor, state: Any, mask: Tensor | None) -> tuple[Tensor, Any]:
    """A step in which tokens may be padding; models that read a source know no such."""
    return model.step(tokens, state) if mask is None else model.step(tokens, state, mask)


@torch.inference_mode()
def stream(
    model: Stepper,  # in evaluation mode (`model.eval()`), or dropout makes it stumble
    prompt: Tensor,  # what to continue, shape `(B, n)`; for an encoder-decoder, the begin token
    *,
    max_new_tokens: int,  # stop after so many
    sampling: Sampling = GREEDY,  # how tokens are chosen
    end_id: int | None = None,
    state: Any = None,
    mask: Tensor | None = None,
    generator: torch.Generator | None = None,  # makes the draw repeatable
) -> Iterator[Tensor]:
    """Write token by token, handing out each as soon as it is chosen.

    For long texts the model is laid out anew, see `layout`; do not train it meanwhile.

    Args:
        end_id: Rows that produced this token are finished; the end token is repeated for them.
        state: What the model read before the prompt, from `model.start(…)`. If None, a decoder
            starts afresh, and where the text outgrows `model.max_length`, it goes on from the
            last half of that.
        mask: 1 for a token, 0 for padding, shape `(B, n)`; prompts of different lengths are
            padded on the left.

    Yields:
        The next token of every row, shape `(B,)`.

    Raises:
        ValueError: If the prompt is empty, or padded on the right.
    """
    if prompt.shape[1] == 0:
        raise ValueError("the prompt is empty; give at least a begin token")
    if mask is not None and not bool(mask[:, -1].all()):
        raise ValueError("prompts must be padded on the left, so that each ends in a token")
    with prepared(model, len(prompt), max_new_tokens):
        restart = state is None
        longest = model.max_length
        if restart:
            state = model.start()
            if longest is not None and prompt.shape[1] >= longest:
                prompt = prompt[:, -(longest // 2) :]
                mask = None if mask is None else mask[:, -(longest // 2) :]
        logits, state = read(model, prompt, state, mask)
        history, seen = [prompt], prompt.shape[1]
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
            if longest is None or seen < longest:
                logits, state = model.step(token.unsqueeze(1), state)
                seen += 1
            elif restart:
                tail = torch.cat(history, dim=1)[:, -(longest // 2) :]
                seen = tail.shape[1]
                if mask is not None:  # what was written since then is no padding
                    mask = F.pad(mask, (0, new), value=1)[:, -seen:]
                logits, state = read(model, tail, model.start(), mask)
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
