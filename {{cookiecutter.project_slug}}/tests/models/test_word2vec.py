"""Word vectors: similar company, similar vectors."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch

from baseline.models import word2vec
from baseline.models.word2vec import Embeddings, SkipGram, Word2VecConfig

CONFIG = Word2VecConfig(width=16, window=2, min_count=1, subsample=0, epochs=6, batch_size=256)


@pytest.fixture(scope="module")
def trained() -> Embeddings:
    """Two topics whose words never meet."""
    rng = random.Random(0)
    topics = [["cat", "dog", "cow", "hen"], ["car", "bus", "van", "tram"]]
    sentences = [rng.choices(rng.choice(topics), k=8) for _ in range(600)]
    return word2vec.train(sentences, CONFIG)


def test_words_of_a_topic_are_nearest_to_each_other(trained):
    neighbours = word2vec.nearest(trained, "cat", 3)

    assert {word for word, _ in neighbours} == {"dog", "cow", "hen"}
    assert neighbours[0][1] > 0.5 > word2vec.nearest(trained, "cat", 7)[-1][1]
    assert word2vec.analogy(trained, "cat", "dog", "bus", 1)[0][0] in {"car", "van", "tram"}


def test_the_loss_is_that_of_the_paper():
    torch.manual_seed(0)
    model = SkipGram(6, 4).double()
    torch.nn.init.normal_(model.neighbour.weight)
    middle, neighbour = torch.tensor([1]), torch.tensor([2])
    negatives = torch.tensor([[3, 5]])

    m, n = model.middle.weight, model.neighbour.weight
    want = -torch.log(torch.sigmoid(m[1] @ n[2]))
    want -= torch.log(torch.sigmoid(-m[1] @ n[3])) + torch.log(torch.sigmoid(-m[1] @ n[5]))

    torch.testing.assert_close(model.loss(middle, neighbour, negatives), want)


def test_random_words_are_drawn_by_the_papers_power():
    drawn = word2vec.noise_probabilities(np.array([16.0, 1.0]))

    np.testing.assert_allclose(drawn, [8 / 9, 1 / 9])


def test_the_loss_falls_and_progress_is_told():
    seen: list[tuple[int, int, float]] = []
    sentences = [["a", "b"] * 4, ["c", "d"] * 4] * 100

    word2vec.train(sentences, CONFIG, lambda *step: seen.append(step))

    assert seen[-1][0] == len(seen)
    assert seen[-1][2] < 0.75 * seen[0][2]


def test_training_repeats_with_its_seed(trained):
    sentences = [["a", "b", "c"] * 3] * 20

    one, two = (word2vec.train(sentences, CONFIG).vectors for _ in range(2))

    np.testing.assert_array_equal(one, two)


def test_words_are_lower_case_without_punctuation():
    assert word2vec.words_of("It's 3 Naïve, well-known WORDS!") == [
        "it's",
        "naïve",
        "well-known",
        "words",
    ]


def test_what_is_missing_is_named(trained):
    with pytest.raises(KeyError, match="'lorry' has no vector"):
        word2vec.nearest(trained, "lorry")
    with pytest.raises(ValueError, match="fewer than two words"):
        word2vec.train([["once"]], Word2VecConfig())
