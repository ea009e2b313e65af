"""Where a token stands: attention alone cannot tell, so the position is added or turned in.

- sinusoidal: fixed waves, added to the token vectors (Vaswani et al. 2017),
- learned: one trained vector per position, added likewise (BERT, GPT-2),
- rotary: queries and keys are turned by an angle that grows with the position, so that their
  product depends on the distance only (Su et al. 2021),
- relative bias: a trained number per distance, added to the attention scores (T5).
"""

import math

import torch
from torch import Tensor, nn


def sinusoidal(positions: Tensor, width: int) -> Tensor:
    """Sine and cosine waves of growing length.

    Returns:
        Shape `(..., D)` for any positions (whole, fractional or negative) of shape `(...)`; even
        channels hold sines, odd ones the cosines of the same wave.

    Raises:
        ValueError: If `width` is odd.

    Reference:
        Vaswani et al. (2017), arXiv:1706.03762, section 3.5.
    """
    if width % 2:
        raise ValueError(f"sinusoidal positions need an even width, not {width}")
    exponent = torch.arange(0, width, 2, device=positions.device, dtype=torch.float64) / width
    angles = positions.double().unsqueeze(-1) * 10_000.0**-exponent  # (..., D/2)
    waves = torch.stack((angles.sin(), angles.cos()), dim=-1)  # (..., D/2, 2)
    return waves.flatten(-2).to(torch.get_default_dtype())  # (..., D)


class PositionEmbedding(nn.Module):
    """Vectors to add to the token vectors: `learned` ones, or else `sinusoidal` ones."""

    table: Tensor

    def __init__(self, kind: str, max_length: int, width: int) -> None:
        super().__init__()
        if kind == "learned":
            self.table = nn.Parameter(torch.empty(max_length, width).normal_(std=0.02))
        else:
            table = sinusoidal(torch.arange(max_length), width)
            self.register_buffer("table", table, persistent=False)

    def forward(self, positions: Tensor) -> Tensor:
        """Look up positions `(T,)` or `(B, T)`: returns `(T, D)` or `(B, T, D)`."""
        return nn.functional.embedding(positions, self.table)

    def between(self, start: int, end: int) -> Tensor:
        """Positions start, start + 1, …, end - 1, without looking each up: `(end - start, D)`."""
        return self.table[start:end]


def make_positions(kind: str, max_length: int, width: int) -> PositionEmbedding | None:
    """What is added to the token vectors; None for `rotary`, `relative` and `none`."""
    if kind in ("learned", "sinusoidal"):
        return PositionEmbedding(kind, max_length, width)
    return None


def check_positions(kind: str, other: str) -> None:
    """Stop at kinds that a model does not have, which has `other` besides the usual ones.

    Raises:
        ValueError: If `kind` is none of them.
    """
    if kind not in ("learned", "sinusoidal", "none", other):
        raise ValueError(
            f"positions are {kind!r}; use 'learned', 'sinusoidal', {other!r} or 'none'"
        )


def rotary_angles(positions: Tensor, head_width: int, base: float = 10_000.0) -> Tensor:
    """Cosines and sines by which `rotate` turns queries and keys.

    Returns:
        For positions `(T,)` or `(B, T)`: `(2, T, d)` or `(2, B, 1, T, d)`, cosines, then sines,
        ready to be multiplied with queries `(B, H, T, d)`. The slowest channel has a wavelength of
        2π · `base` positions.

    Raises:
        ValueError: If `head_width` is odd.

    Reference:
        Su et al. (2021), arXiv:2104.09864, section 3.4.
    """
    if head_width % 2:
        raise ValueError(f"rotary positions need an even head width, not {head_width}")
    exponent = torch.arange(0, head_width, 2, device=positions.device) / head_width
    angles = positions.unsqueeze(-1) * base**-exponent  # (..., T, d/2)
    angles = torch.cat((angles, angles), dim=-1)  # (..., T, d)
    if positions.dim() == 2:
        angles = angles.unsqueeze(1)  # (B, 1, T, d): the same for every head
    return torch.stack((angles.cos(), angles.sin()))


def rotate(x: Tensor, angles: Tensor) -> Tensor:
    """Turn the channel pairs (i, i + d/2) of queries or keys `(B, H, T, d)` by their angles."""
    cos, sin = angles.to(x.dtype)
    first, second = x.chunk(2, dim=-1)
    return x * cos + torch.cat((-second, first), dim=-1) * sin


def distance_buckets(
    distance: Tensor, buckets: int, max_distance: int, *, two_sided: bool
) -> Tensor:
    """Sort distances into few buckets: near ones exactly, far ones by their logarithm.

    A distance is the position of the key minus that of the query. From `max_distance` on, all share
    the last bucket. `two_sided` keeps half the buckets for keys after the query (encoder);
    otherwise those count as distance 0 (decoder, which never sees them).

    Reference:
        Raffel et al. (2020), arXiv:1910.10683, section 2.1.
    """
    start = torch.zeros_like(distance)
    if two_sided:
        buckets //= 2
        start = (distance > 0).long() * buckets
        distance = distance.abs()
    else:
        distance = (-distance).clamp(min=0)
    exact = buckets // 2
    ratio = (distance.clamp(min=1).float() / exact).log() / math.log(max_distance / exact)
    far = exact + (ratio * (buckets - exact)).long()
    return start + torch.where(distance < exact, distance, far.clamp(max=buckets - 1))


class RelativeBias(nn.Module):
    """One trained number per head and distance bucket, added to the attention scores."""

    def __init__(
        self, heads: int, buckets: int = 32, max_distance: int = 128, *, two_sided: bool
    ) -> None:
        super().__init__()
        self.buckets, self.max_distance, self.two_sided = buckets, max_distance, two_sided
        self.table = nn.Embedding(buckets, heads)

    def forward(self, queries: int, keys: int) -> Tensor:
        """Bias for the last `queries` of `keys` positions, shape `(1, H, S, T)`."""
        device = self.table.weight.device
        query = torch.arange(keys - queries, keys, device=device)
        distance = torch.arange(keys, device=device) - query[:, None]  # (S, T)
        places = distance_buckets(
            distance, self.buckets, self.max_distance, two_sided=self.two_sided
        )
        return self.table(places).permute(2, 0, 1).unsqueeze(0)  # (1, H, S, T)
