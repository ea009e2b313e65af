"""Training objectives: how plain text becomes a question and its answer.

None of them needs labels; the text itself holds the answer.

- next word (GPT): the text, and the text one token later,
- masked words (BERT): the text with words hidden, and the hidden words,
- next sentence (BERT): two sentences, and whether they follow each other,
- span corruption (T5): the text with gaps, and what was in the gaps,
- text infilling (BART): the text with gaps of unknown length, and the whole text.

Targets that do not count are -100 throughout. Label smoothing is an argument of the losses.
"""

import math
import random
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from baseline.models.losses import IGNORE


def teacher_forcing(targets: Tensor, begin_id: int, pad_id: int) -> Tensor:
    """What a decoder reads while it learns to write `targets`: the same, one step later.

    Args:
        targets: Token ids, -100 at padding, shape `(B, S)`.
        begin_id: The token that every text begins with.
        pad_id: Put in place of -100.

    Returns:
        Token ids, shape `(B, S)`.
    """
    begin = torch.full_like(targets[:, :1], begin_id)
    shifted = torch.cat((begin, targets[:, :-1]), dim=1)
    return shifted.masked_fill(shifted == IGNORE, pad_id)


def mask_tokens(
    tokens: Tensor,  # token ids, shape `(B, T)`
    *,
    mask_id: int,  # the mask token
    vocabulary_size: int,  # number of tokens V
    special_ids: Sequence[int] = (),
    share: float = 0.15,  # share of the tokens that is chosen
    generator: torch.Generator | None = None,  # makes the choice repeatable
) -> tuple[Tensor, Tensor]:
    """Hide some tokens, as BERT does.

    Of the chosen tokens, 80 % become the mask token, 10 % a random one and 10 % stay, so that
    the model cannot rely on the mask token, which it never sees later. In a text that is so short
    that none would be chosen, one is masked.

    Args:
        special_ids: Tokens that are never chosen, nor put in at random (padding, separators).

    Returns:
        Inputs, `(B, T)`, and targets, `(B, T)`: the original where a token was chosen, else -100.

    Raises:
        ValueError: If `share` is not above 0 and below 1, or every token is special.

    Reference:
        Devlin et al. (2019), arXiv:1810.04805, section 3.1.
    """
    if not 0 < share < 1:
        raise ValueError(f"share is {share}; use a share between 0 and 1, such as 0.15")
    special = torch.tensor([*special_ids, mask_id], device=tokens.device)
    ordinary = torch.ones(vocabulary_size, dtype=torch.bool, device=tokens.device)
    ordinary[special] = False
    words = ordinary.nonzero().squeeze(1)
    if len(words) == 0:
        raise ValueError("every token of the vocabulary is special: nothing can be hidden")

    chance = torch.rand(tokens.shape, generator=generator, device=tokens.device)
    can = ~torch.isin(tokens, special)
    least = chance.masked_fill(~can, 1.0).min(dim=-1, keepdim=True)
    chance = chance.scatter(-1, least.indices, least.values.where(least.values < share, 0.0))
    chosen = (chance < share) & can
    # The same number decides what happens to a chosen token: it is uniform below `share`.
    inputs = tokens.masked_fill(chosen & (chance < 0.8 * share), mask_id)
    swapped = chosen & (chance >= 0.8 * share) & (chance < 0.9 * share)
    draw = torch.randint(len(words), tokens.shape, generator=generator, device=tokens.device)
    inputs = torch.where(swapped, words[draw], inputs)
    return inputs, tokens.masked_fill(~chosen, IGNORE)


def sentence_pairs(
    documents: Sequence[Sequence[Sequence[int]]], rng: random.Random
) -> Iterator[tuple[Sequence[int], Sequence[int], int]]:
    """Pairs of sentences, half of which follow each other.

    Yields:
        First sentence, second sentence, and 0 if the second follows the first in its document,
        1 if it comes from another one.

    Raises:
        ValueError: If there are fewer than two documents with a sentence.

    Reference:
        Devlin et al. (2019), arXiv:1810.04805, section 3.1.
    """
    filled = [document for document in documents if document]
    if len(filled) < 2:
        raise ValueError("pairs of sentences need at least two documents to choose from")
    for place, document in enumerate(filled):
        for first, following in zip(document, document[1:], strict=False):
            if rng.random() < 0.5:
                yield first, following, 0
            else:
                other = rng.randrange(len(filled) - 1)
                yield first, rng.choice(filled[other + (other >= place)]), 1


def span_corruption(
    tokens: Sequence[int],  # token ids of the text, at least two
    *,
    sentinel_ids: Sequence[int],  # the tokens <0>, <1>, …; one more than gaps is needed
    rng: random.Random,  # source of chance
    share: float = 0.15,  # share of the tokens that is cut out
    mean_length: float = 3.0,  # average length of a gap, in tokens
) -> tuple[list[int], list[int]]:
    """Cut gaps into a text; the answer is what was in them.

    "a b c d e f" with the gaps "b c" and "e" becomes "a <0> d <1> f"; the answer is
    "<0> b c <1> e <2>".

    Returns:
        Inputs and targets. Together they hold every token once.

    Raises:
        ValueError: If the text is too short, or there are too few sentinels.

    Reference:
        Raffel et al. (2020), arXiv:1910.10683, section 3.1.4.
    """
    length = len(tokens)
    if length < 2:
        raise ValueError(f"a text of {length} tokens is too short to cut a gap into")
    cut = min(max(round(length * share), 1), length - 1)
    gaps = min(max(round(cut / mean_length), 1), cut, length - cut)
    if gaps + 1 > len(sentinel_ids):
        raise ValueError(
            f"{gaps} gaps need {gaps + 1} sentinel tokens, but there are {len(sentinel_ids)}"
        )
    # A text may begin or end with a gap, so the outer kept pieces may be empty.
    first, *kept_lengths = _random_parts(length - cut + 2, gaps + 1, rng)
    cut_lengths = _random_parts(cut, gaps, rng)
    kept_lengths[-1] -= 1
    inputs = list(tokens[: first - 1])
    targets: list[int] = []
    place = first - 1
    for sentinel, gone, kept in zip(sentinel_ids, cut_lengths, kept_lengths, strict=False):
        inputs += [sentinel, *tokens[place + gone : place + gone + kept]]
        targets += [sentinel, *tokens[place : place + gone]]
        place += gone + kept
    targets.append(sentinel_ids[gaps])
    return inputs, targets


def _random_parts(total: int, parts: int, rng: random.Random) -> list[int]:
    """Split `total` into `parts` positive numbers, all splits being equally likely."""
    borders = sorted(rng.sample(range(1, total), parts - 1))
    return [b - a for a, b in zip([0, *borders], [*borders, total], strict=True)]


def text_infilling(
    tokens: Sequence[int],  # token ids of the text, at least one
    *,
    mask_id: int,  # the mask token
    rng: random.Random,  # source of chance
    share: float = 0.3,  # share of the tokens that is replaced
    mean_length: float = 3.0,  # average length of a piece; lengths follow a Poisson distribution
) -> tuple[list[int], list[int]]:
    """Replace pieces of a text by one mask token each; the answer is the whole text.

    A piece may be empty: then a mask is put in where nothing is missing. So the model must
    also learn how much is missing.

    Returns:
        Inputs and targets.

    Raises:
        ValueError: If the text is empty or `share` is not from 0 to 1.

    Reference:
        Lewis et al. (2020), arXiv:1910.13461, section 2.2.
    """
    length = len(tokens)
    if length == 0:
        raise ValueError("an empty text has no piece to replace")
    if not 0 <= share <= 1:
        raise ValueError(f"share is {share}; use a share from 0 to 1, such as 0.3")
    left = round(length * share)
    pieces: list[int] = []  # lengths; 0 stands for a mask that replaces nothing
    while left > 0:
        piece = min(_poisson(mean_length, rng), left)
        pieces.append(piece)
        left -= piece
    # Lay the pieces and the single kept tokens out in random order.
    kept = length - sum(pieces)
    slots = [-1] * kept + pieces
    rng.shuffle(slots)
    inputs: list[int] = []
    place = 0
    for slot in slots:
        if slot < 0:
            inputs.append(tokens[place])
            place += 1
        else:
            inputs.append(mask_id)
            place += slot
    return inputs, list(tokens)


def _poisson(mean: float, rng: random.Random) -> int:
    """Draw from a Poisson distribution by multiplying uniform numbers (Knuth)."""
    number, product, threshold = 0, rng.random(), math.exp(-mean)
    while product > threshold:
        number += 1
        product *= rng.random()
    return number
