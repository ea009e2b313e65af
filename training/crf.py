"""Train the linear-chain CRF by L-BFGS, on the features of `litreview.abstracts.rolemodel`."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import scipy.optimize
import scipy.sparse
from numpy.typing import NDArray

from litreview.abstracts.features import context_keys, token_keys, tokenize, word_key

Floats = NDArray[np.float64]
ROLE_COUNT = 5


def feature_keys(sentences: Sequence[str]) -> list[list[int]]:
    """List the keys of all features of each sentence, with repetitions."""
    tokens = [tokenize(sentence) for sentence in sentences]
    words = np.array([word_key(token) for row in tokens for token in row], dtype=np.int64)
    lengths = np.array([len(row) for row in tokens])
    owners, keys = context_keys(words, np.cumsum(lengths) - lengths, np.array([len(tokens)]))
    rows = [[key for token in row for key in token_keys(token)] for row in tokens]
    for owner, key in zip(owners.tolist(), keys.tolist(), strict=True):
        rows[owner].append(key)
    return rows


def train(
    abstracts: Sequence[Sequence[str]],
    targets: Sequence[NDArray[np.float32]],
    weights: Sequence[float],
    *,
    penalty: float = 4.0,
    least_count: int = 2,
    iterations: int = 60,
) -> dict[str, Floats]:
    """Maximise the penalised, weighted likelihood.

    Args:
        abstracts: The sentences of each abstract.
        targets: Probabilities of the roles, `(S, 5)` for each abstract.
        weights: How much each abstract counts.
        penalty: Of the squared weights.
        least_count: Features in fewer sentences are left out.
        iterations: Of L-BFGS.

    Returns:
        `keys` `(F,)`, sorted, `weights` `(F, 5)`, `transitions`, `first`, `last`.
    """
    rows = [row for sentences in abstracts for row in feature_keys(sentences)]
    seen, counts = np.unique(
        np.concatenate([np.unique(np.array(row)) for row in rows]), return_counts=True
    )
    known = seen[counts >= least_count]
    matrix = _matrix(rows, known)
    transposed = matrix.T.tocsr()
    sizes = np.array([len(target) for target in targets])
    mask = np.arange(sizes.max()) < sizes[:, None]
    gold = np.zeros((*mask.shape, ROLE_COUNT))
    gold[mask] = np.concatenate(targets)
    share = np.array(weights)[:, None, None]
    pairs = np.einsum("nti,ntj->ij", share * gold[:, :-1] * mask[:, 1:, None], gold[:, 1:])
    begins = (share[:, 0] * gold[:, 0]).sum(axis=0)
    ends = (share[:, 0] * gold[np.arange(len(sizes)), sizes - 1]).sum(axis=0)
    width = len(known) * ROLE_COUNT

    def unpack(theta: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        return (
            theta[:width].reshape(-1, ROLE_COUNT),
            theta[width : width + ROLE_COUNT**2].reshape(ROLE_COUNT, ROLE_COUNT),
            theta[-2 * ROLE_COUNT : -ROLE_COUNT],
            theta[-ROLE_COUNT:],
        )

    def objective(theta: Floats) -> tuple[float, Floats]:
        linear, transitions, first, last = unpack(theta)
        scores = np.zeros((*mask.shape, ROLE_COUNT))
        scores[mask] = matrix @ linear
        alpha, beta, total = _forward_backward(scores, mask, transitions, first, last)
        found = np.exp(alpha + beta - total[:, None, None]) * mask[:, :, None]
        joint = np.exp(
            alpha[:, :-1, :, None]
            + transitions
            + (scores + beta)[:, 1:, None, :]
            - total[:, None, None, None]
        )
        joint *= (share * mask[:, 1:, None])[:, :, :, None]
        likelihood = (share * gold * scores).sum() + (pairs * transitions).sum()
        likelihood += begins @ first + ends @ last - (share[:, 0, 0] * total).sum()
        gradient = np.concatenate(
            [
                (transposed @ (share * (found - gold))[mask]).ravel(),
                (joint.sum(axis=(0, 1)) - pairs).ravel(),
                (share[:, 0] * found[:, 0]).sum(axis=0) - begins,
                (share[:, 0] * found[np.arange(len(sizes)), sizes - 1]).sum(axis=0) - ends,
            ]
        )
        return -likelihood + penalty / 2 * theta @ theta, gradient + penalty * theta

    start = np.zeros(width + ROLE_COUNT**2 + 2 * ROLE_COUNT)
    found = scipy.optimize.minimize(
        objective, start, jac=True, method="L-BFGS-B", options={"maxiter": iterations, "maxcor": 6}
    )
    linear, transitions, first, last = unpack(found.x)
    return {
        "keys": known,
        "weights": linear,
        "transitions": transitions,
        "first": first,
        "last": last,
    }


def _matrix(rows: list[list[int]], known: NDArray[np.int64]) -> scipy.sparse.csr_matrix:
    flat = np.array([key for row in rows for key in row])
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    column = np.minimum(np.searchsorted(known, flat), len(known) - 1)
    hit = known[column] == flat
    shape = (len(rows), len(known))
    return scipy.sparse.csr_matrix((np.ones(hit.sum()), (owner[hit], column[hit])), shape=shape)


def _forward_backward(
    scores: Floats, mask: NDArray[np.bool_], transitions: Floats, first: Floats, last: Floats
) -> tuple[Floats, Floats, Floats]:
    alpha = np.empty_like(scores)
    alpha[:, 0] = scores[:, 0] + first
    for t in range(1, scores.shape[1]):
        step = _log_sum(alpha[:, t - 1, :, None] + transitions, 1) + scores[:, t]
        alpha[:, t] = np.where(mask[:, t, None], step, alpha[:, t - 1])
    beta = np.empty_like(scores)
    beta[:, -1] = last
    for t in range(scores.shape[1] - 2, -1, -1):
        step = _log_sum(transitions + (scores[:, t + 1] + beta[:, t + 1])[:, None, :], 2)
        beta[:, t] = np.where(mask[:, t + 1, None], step, last)
    return alpha, beta, _log_sum(alpha[:, -1] + last, 1)


def _log_sum(values: Floats, axis: int) -> Floats:
    peak = values.max(axis=axis, keepdims=True)
    return np.asarray((peak + np.log(np.exp(values - peak).sum(axis, keepdims=True))).squeeze(axis))
