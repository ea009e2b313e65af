"""How far a figure could be off: the bootstrap, and a paired test of two models.

Examples are drawn anew with replacement, as if other ones had been collected; because each
example's share of every metric is kept, a thousand figures cost little.

Reference:
    Efron and Tibshirani (1993), An Introduction to the Bootstrap, chapter 13; Koehn (2004),
    Statistical Significance Tests for Machine Translation Evaluation, W04-3250, section 4.
"""

from collections.abc import Iterator, Sequence

import numpy as np

from baseline.tasks.metrics import Scores

RESAMPLES = 1000
# Below, an interval would say more about chance than about the model.
FEWEST = 10
_CHUNK = 100


def intervals(
    scores: Sequence[Scores], resamples: int = RESAMPLES
) -> dict[str, tuple[float, float]]:
    """The 95 % interval of each metric; of several seeds, of their mean.

    Args:
        scores: What each example adds, once for each seed, of the same examples.

    Returns:
        Lower and upper end by metric; nothing for fewer than ten examples.
    """
    count = len(scores[0].parts)
    if count < FEWEST:
        return {}
    drawn: dict[str, list[float]] = {}
    for values in _resampled(scores, count, resamples):
        for name, value in values.items():
            drawn.setdefault(name, []).append(value)
    return {
        name: (float(np.quantile(values, 0.025)), float(np.quantile(values, 0.975)))
        for name, values in drawn.items()
        if len(values) == resamples
    }


def p_value(
    one: Sequence[Scores], other: Sequence[Scores], metric: str, resamples: int = RESAMPLES
) -> float | None:
    """How often chance alone would turn the difference of two models around, on both sides.

    Args:
        one: A model's scores, once for each seed.

    Returns:
        A share from 0 to 1; None where there are fewer than ten examples, or other ones.
    """
    count = len(one[0].parts)
    if count < FEWEST or len(other[0].parts) != count:
        return None
    pairs = zip(_resampled(one, count, resamples), _resampled(other, count, resamples), strict=True)
    gaps = np.array([mine[metric] - theirs[metric] for mine, theirs in pairs])
    less, more = (gaps <= 0).sum(), (gaps >= 0).sum()
    return float(min(1.0, 2 * (min(less, more) + 1) / (resamples + 1)))


def _resampled(scores: Sequence[Scores], count: int, resamples: int) -> Iterator[dict[str, float]]:
    """The metrics of each drawn set of examples, the same sets at each call."""
    rng = np.random.default_rng(0)
    for start in range(0, resamples, _CHUNK):
        size = min(_CHUNK, resamples - start)
        times = rng.multinomial(count, [1 / count] * count, size=size).astype(np.float64)
        sums = [times @ one.parts.astype(np.float64) for one in scores]
        for row in range(size):
            found = [one.combine(part[row]) for one, part in zip(scores, sums, strict=True)]
            yield {name: sum(values[name] for values in found) / len(found) for name in found[0]}
