"""The arithmetic of the role model, against slower or other ways to the same numbers."""

from __future__ import annotations

import itertools
import json
import sys

import numpy as np
import pytest

from litreview.abstracts import rolemodel
from litreview.abstracts.rolemodel import Crf, Order, crf_marginals, load_role_model
from litreview.abstracts.roles import ROLES, tag


def test_crf_marginals_equal_the_sum_over_all_paths():
    """Forward-backward must give what enumerating every labelling gives."""
    random = np.random.default_rng(0)
    counts = np.array([3, 1, 4])
    crf = Crf(
        keys=np.zeros(1, dtype=np.int64),
        weights=np.zeros((2, 5), dtype=np.float32),
        transitions=random.normal(size=(5, 5)).astype(np.float32),
        first=random.normal(size=5).astype(np.float32),
        last=random.normal(size=5).astype(np.float32),
    )
    scores = random.normal(size=(8, 5)).astype(np.float32)
    expected = np.zeros((8, 5))
    for start, count in zip((0, 3, 4), counts, strict=True):
        for path in itertools.product(range(5), repeat=int(count)):
            score = crf.first[path[0]] + crf.last[path[-1]]
            score += sum(scores[start + i, role] for i, role in enumerate(path))
            score += sum(crf.transitions[a, b] for a, b in itertools.pairwise(path))
            for i, role in enumerate(path):
                expected[start + i, role] += np.exp(score)
    expected /= expected.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(crf_marginals(crf, scores, Order(counts)), expected, rtol=1e-4)


def test_unknown_features_weigh_nothing():
    """Also those whose key lies behind the last known one."""
    crf = Crf(
        keys=np.array([3, 7]),
        weights=np.array([[1] * 5, [2] * 5, [0] * 5], dtype=np.float32),
        transitions=np.zeros((5, 5), dtype=np.float32),
        first=np.zeros(5, dtype=np.float32),
        last=np.zeros(5, dtype=np.float32),
    )
    assert crf.look_up(np.array([7, 5, 3, 9, 0]))[:, 0].tolist() == [2, 0, 1, 0, 0]


@pytest.mark.slow
def test_heads_compute_what_torch_trained(tmp_path, repository_root, monkeypatch):
    """The numpy code and the network in `training/` are one model, up to the rounding to 8 bits."""
    torch = pytest.importorskip("torch")
    monkeypatch.syspath_prepend(str(repository_root / "training"))
    import head
    import pack

    monkeypatch.setattr(pack, "VECTOR_LEVELS", pack.LEVELS)
    words = [f"word{letter}" for letter in "abcdefghijklmnopqrstuvwxyz"]
    torch.manual_seed(0)
    config = head.HeadConfig(width=12, channels=20, dense=16, hidden=10)
    random = np.random.default_rng(0)
    net = head.HeadNet(config, random.normal(size=(26, 12)).astype(np.float32))
    crf = {"keys": np.array([1, 2]), "weights": np.ones((2, 5)), "transitions": np.zeros((5, 5))}
    crf |= {"first": np.zeros(5), "last": np.zeros(5)}
    path = tmp_path / "roles.npz"
    pack.pack(path, words, crf, [net.arrays()], crf_share=0, crf_features=2, role_odds=[1] * 5)
    with np.load(path, allow_pickle=False) as arrays:
        model = rolemodel.RoleModel(dict(arrays))
    abstracts = [
        [" ".join(random.choice([*words, "Unseen", "3.5"], size=size)) for size in sizes]
        for sizes in ([5], [1, 30, 2], [120, 3, 3, 7, 1])
    ]
    numbers = {word: number for number, word in enumerate(words, start=1)}
    expected = head.predict(net, [head.encode(abstract, numbers) for abstract in abstracts])
    for table, other in zip(model.probabilities(abstracts), expected, strict=True):
        np.testing.assert_allclose(table, other, atol=2e-3)
    sys.modules.pop("head"), sys.modules.pop("pack")


@pytest.mark.slow
def test_the_token_table_does_not_grow_without_end(repository_root, monkeypatch):
    """A service that reads hostile text for months must not run out of memory."""
    monkeypatch.setattr(rolemodel, "MAX_CACHED_TOKENS", 50)
    weights = repository_root / "litreview" / "data" / "roles.npz"
    with np.load(weights, allow_pickle=False) as arrays:
        model = rolemodel.RoleModel(dict(arrays))
    abstracts = [[" ".join(f"x{i}y{k}z" for k in "abcdefghij")] for i in range(200)]
    one_by_one = [model.probabilities([abstract])[0] for abstract in abstracts]
    assert len(model._rows) <= 100
    for table, other in zip(one_by_one, load_role_model().probabilities(abstracts), strict=True):
        np.testing.assert_allclose(table, other, atol=1e-4)


@pytest.mark.slow
def test_shipped_weights_agree_with_annotators_who_agree(data_dir):
    """A damaged or mismatched weights file shows here; how well it generalises does not.

    The shipped weights have seen these abstracts; training/README.md has the
    scores of weights that have not.
    """
    lines = (data_dir / "csabstruct" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    records = [json.loads(line) for line in lines]
    right = total = 0
    for record, found in zip(records, tag([r["sentences"] for r in records]), strict=True):
        for label, role, agreement in zip(record["labels"], found, record["confs"], strict=True):
            if agreement >= 0.6:
                right += label == role.role
                total += 1
    assert total > 1000
    assert right / total > 0.83
    assert {role.role for found in tag([r["sentences"] for r in records]) for role in found} == set(
        ROLES
    )
