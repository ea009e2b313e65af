"""Attention: every position looks at others and takes a weighted average of what it finds.

`attention` is the formula, to be read. `attend` is the same mathematics by PyTorch's fused
kernel, which never stores the weights and is what training uses; a test holds the two equal.
`SelfAttention` and `CrossAttention` add the learned projections and the heads.

Masks are boolean throughout: True where a query may look at a key.

Reference:
    Vaswani et al. (2017), Attention is all you need, arXiv:1706.03762, section 3.2.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from baseline.models.positions import rotate


def attention(
    query: Tensor,  # shape `(..., S, d)`
    key: Tensor,  # shape `(..., T, d)`
    value: Tensor,  # shape `(..., T, d)`
    allowed: Tensor | None = None,  # where a query may look at a key, like `(..., S, T)`
    bias: Tensor | None = None,  # added to the scores, broadcastable to `(..., S, T)`
) -> tuple[Tensor, Tensor]:
    """Scaled dot-product attention, written out: softmax(Q Kᵀ / √d) V.

    Returns:
        The averages, `(..., S, d)`, and the weights, `(..., S, T)`. Weights of a row sum to one;
        a query that may look at nothing (padding) gets zeros instead.
    """
    scores = query @ key.transpose(-2, -1) / math.sqrt(query.shape[-1])  # (..., S, T)
    if bias is not None:
        scores = scores + bias
    if allowed is None:
        weights = scores.softmax(dim=-1)
    else:
        weights = scores.masked_fill(~allowed, -math.inf).softmax(dim=-1)
        weights = weights.masked_fill(~allowed, 0.0)  # a row without any key is 0/0
    return weights @ value, weights


def attend(
    query: Tensor,  # shape `(B, H, S, d)`
    key: Tensor,  # shape `(B, H, T, d)`
    value: Tensor,  # shape `(B, H, T, d)`
    allowed: Tensor | None = None,  # where a query may look at a key, like `(B, H, S, T)`
    bias: Tensor | None = None,  # added to the scores, broadcastable to `(B, H, S, T)`
    *,
    causal: bool = False,  # query i sees keys 0 … i; only without mask and bias, and for S = T
    dropout: float = 0.0,  # share of the weights that is set to zero
) -> Tensor:
    """The averages of `attention`, `(B, H, S, d)`, by the fused kernel, equal up to rounding."""
    mask = allowed
    if bias is not None:
        mask = bias if allowed is None else bias.masked_fill(~allowed, -math.inf)
    return F.scaled_dot_product_attention(
        query, key, value, attn_mask=mask, is_causal=causal, dropout_p=dropout
    )


def causal_mask(queries: int, keys: int, device: torch.device | None = None) -> Tensor:
    """True where a key is not later than the query, shape `(S, T)`.

    The queries are the last S of the T positions, as in generation with a cache.
    """
    ones = torch.ones(queries, keys, dtype=torch.bool, device=device)
    return ones.tril(diagonal=keys - queries)


def padding_mask(mask: Tensor) -> Tensor:
    """From 1 for a token and 0 for padding, `(B, T)`, to what `allowed` wants, `(B, 1, 1, T)`."""
    return mask.bool()[:, None, None, :]


def extended_mask(old: Tensor | None, past: int, new: Tensor | None, like: Tensor) -> Tensor | None:
    """Of `past` earlier positions and new ones, `(B, past + T)`; None where nothing is padded.

    `old` is true at tokens of the earlier positions, `(B, past)`, `new` is the mask of the tokens
    `like`, both `(B, T)`.
    """
    if old is None and new is None:
        return None
    ones = torch.ones(len(like), past + like.shape[1], dtype=torch.bool, device=like.device)
    old = ones[:, :past] if old is None else old
    new = ones[:, past:] if new is None else new.bool()
    return torch.cat((old, new), dim=1)


class KeyValueCache:
    """Keys and values of the positions already seen, so that each is computed once.

    Room is reserved ahead and doubled when it runs out; a step writes in place.
    """

    def __init__(self) -> None:
        self._store: Tensor | None = None  # (2, B, H, room, d)
        self._first = self._length = 0

    @property
    def known(self) -> Tensor | None:
        """Keys and values of the positions seen, stacked, `(2, B, H, length, d)`."""
        if self._store is None:
            return None
        return self._store.narrow(3, self._first, self._length)

    @known.setter
    def known(self, key_value: Tensor) -> None:
        self._store, self._first, self._length = key_value, 0, key_value.shape[3]

    def append(self, key_value: Tensor) -> tuple[Tensor, Tensor]:
        """Add those of n positions, `(2, B, H, n, d)`; returns all so far, `(B, H, length, d)`."""
        new, known = key_value.shape[3], self.known
        store, end = self._store, self._first + self._length
        if store is None or end + new > store.shape[3]:
            room = max(64, 2 * (self._length + new))
            store = key_value.new_empty(*key_value.shape[:3], room, key_value.shape[4])
            if known is not None:
                store.narrow(3, 0, self._length).copy_(known)
            self._store, self._first, end = store, 0, self._length
        store.narrow(3, end, new).copy_(key_value)
        self._length += new
        keys, values = store.narrow(3, self._first, self._length).unbind(0)
        return keys, values

    def forget(self, keep: int) -> None:
        """Keep the last `keep` positions only."""
        gone = max(0, self._length - keep)
        self._first, self._length = self._first + gone, self._length - gone

    def reorder(self, rows: Tensor) -> None:
        """Keep the batch rows `rows`, `(B',)`, in that order (beam search)."""
        if self._store is not None:
            self._store = self._store[:, rows]


class Heads(nn.Module):
    """What self- and cross-attention share: splitting into heads, and joining them.

    Raises:
        ValueError: If `width` cannot be divided among the heads.
    """

    def __init__(
        self,
        width: int,  # channels D of the sequence
        heads: int,  # number of heads H
        *,
        head_width: int | None = None,  # channels per head; D/H unless given
        dropout: float = 0.0,  # share of the attention weights that training sets to zero
        bias: bool = True,  # whether the projections add a bias
    ) -> None:
        super().__init__()
        if head_width is None:
            if width % heads:
                raise ValueError(f"width {width} cannot be divided among {heads} heads")
            head_width = width // heads
        self.heads, self.head_width, self.dropout = heads, head_width, dropout
        self.output = nn.Linear(heads * head_width, width, bias=bias)
        self.watched: list[Tensor] | None = None  # set by `record_attention`

    def _split(self, x: Tensor, parts: int = 1) -> Tensor:
        """From `(B, T, parts·H·d)` to `(parts, B, H, T, d)`, without copying."""
        rows, length, _ = x.shape
        x = x.view(rows, length, parts, self.heads, self.head_width)
        return x.permute(2, 0, 3, 1, 4)

    def _mix(
        self,
        query: Tensor,
        key: Tensor,
        value: Tensor,
        allowed: Tensor | None,
        bias: Tensor | None,
        causal: bool,
    ) -> Tensor:
        if self.watched is None:
            dropout = self.dropout if self.training else 0.0
            mixed = attend(query, key, value, allowed, bias, causal=causal, dropout=dropout)
        else:
            if causal:
                allowed = causal_mask(query.shape[2], key.shape[2], query.device)
            mixed, weights = attention(query, key, value, allowed, bias)
            self.watched.append(weights.detach())
        return self.output(mixed.transpose(1, 2).flatten(2))  # (B, S, D)


class SelfAttention(Heads):
    """Several heads of attention from a sequence to itself; takes what `Heads` takes."""

    def __init__(self, width: int, heads: int, *, bias: bool = True, **options: Any) -> None:
        super().__init__(width, heads, bias=bias, **options)
        # Query, key and value in one multiplication.
        self.projection = nn.Linear(width, 3 * heads * self.head_width, bias=bias)

    def forward(
        self,
        x: Tensor,
        *,
        allowed: Tensor | None = None,  # as for `attend`; with a cache, T are all positions seen
        bias: Tensor | None = None,
        causal: bool = False,  # each position sees itself and earlier ones; excludes `allowed`
        angles: Tensor | None = None,  # of these positions, from `positions.rotary_angles`
        cache: KeyValueCache | None = None,  # earlier positions; those of `x` are added to it
    ) -> Tensor:
        """Let each position of `x`, `(B, T, D)`, look at the others; the result has its shape."""
        parts = self._split(self.projection(x), 3)  # (3, B, H, T, d)
        query, key, value = parts.unbind(0)
        if angles is not None:
            query, key = rotate(query, angles), rotate(key, angles)
        if cache is not None:
            new = parts[1:] if angles is None else torch.stack((key, value))
            key, value = cache.append(new)
        return self._mix(query, key, value, allowed, bias, causal)


class CrossAttention(Heads):
    """Several heads of attention from a sequence to another one; takes what `Heads` takes."""

    def __init__(self, width: int, heads: int, *, bias: bool = True, **options: Any) -> None:
        super().__init__(width, heads, bias=bias, **options)
        self.query = nn.Linear(width, heads * self.head_width, bias=bias)
        self.key_value = nn.Linear(width, 2 * heads * self.head_width, bias=bias)

    def forward(
        self,
        x: Tensor,  # the sequence that asks; the result has its shape
        memory: Tensor,  # the sequence that is looked at
        *,
        allowed: Tensor | None = None,  # where a query may look at a key, like `(B, H, S, T)`
        cache: KeyValueCache | None = None,  # keys and values of the memory: filled once, then read
    ) -> Tensor:
        """Let each position of `x`, `(B, S, D)`, look at those of `memory`, `(B, T, D)`."""
        query = self._split(self.query(x))[0]  # (B, H, S, d)
        known = None if cache is None else cache.known  # (2, B, H, T, d)
        if known is None:
            known = self._split(self.key_value(memory), 2)
            if cache is not None:
                cache.known = known
        key, value = known.unbind(0)
        return self._mix(query, key, value, allowed, None, causal=False)


@contextmanager
def record_attention(model: nn.Module) -> Iterator[dict[str, list[Tensor]]]:
    """Collect the attention weights of every layer, for heat maps.

    Use it as `with record_attention(model) as maps: model(tokens)`. Inside, attention is
    computed by the readable formula, without dropout on the weights.

    Yields:
        From the layer's name in the model to its weights, one tensor `(B, H, S, T)` per call.
    """
    layers = {name: part for name, part in model.named_modules() if isinstance(part, Heads)}
    maps: dict[str, list[Tensor]] = {name: [] for name in layers}
    try:
        for name, layer in layers.items():
            layer.watched = maps[name]
        yield maps
    finally:
        for layer in layers.values():
            layer.watched = None
