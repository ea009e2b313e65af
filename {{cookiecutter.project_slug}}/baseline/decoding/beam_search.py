"""Beam search: follow several texts at once and keep the likeliest.

Reference:
    Wu et al. (2016), arXiv:1609.08144, section 7.
"""

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from baseline.decoding.stream import Stepper, prepared, read


@dataclass(frozen=True)
class Hypothesis:
    """A finished text of beam search.

    Attributes:
        tokens: What was written after the prompt, including the end token if it was reached.
    """

    tokens: tuple[int, ...]
    score: float  # its log-probability, divided by its length to the power of the length penalty


@torch.inference_mode()
def beam_search(
    model: Stepper,  # in evaluation mode
    prompt: Tensor,  # what to continue, shape `(B, n)`; for an encoder-decoder, the begin token
    *,
    beams: int = 4,  # number of texts that are followed per row
    max_new_tokens: int,  # longest continuation; texts that reach it count as finished
    end_id: int,  # the token that ends a text
    length_penalty: float = 1.0,
    state: Any = None,  # what the model read before the prompt, from `model.start(…)`
    mask: Tensor | None = None,  # 1 for a token, 0 for padding on the left, shape `(B, n)`
) -> list[list[Hypothesis]]:
    """Follow several texts at once and keep the likeliest.

    The search for a row ends when no unfinished text can still overtake the worst of its
    finished ones.

    Args:
        length_penalty: 0 prefers short texts, since each token costs probability; 1 compares the
            average per token.

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
    with prepared(model, rows * beams, limit):
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
    logits, state = read(model, prompt, state, mask)  # (B, V)
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
