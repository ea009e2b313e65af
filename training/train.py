"""Train the sentence-role tagger from its data and write `litreview/data/roles.npz`.

Run `python training/train.py --help` from the root of the checkout.
"""

from __future__ import annotations

import argparse
import os
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
os.environ.setdefault("HF_HUB_OFFLINE", "1")

import corpus
import crf
import head
import numpy as np
import torch
import vectors
from corpus import Abstract
from numpy.typing import NDArray
from pack import pack

from litreview.abstracts.rolemodel import RoleModel
from litreview.abstracts.roles import content_rows, probabilities

TEACHER_FOLDS = 4
LEAST_WORD_COUNT = 3
# What a sentence that only the teacher labelled counts, against 0.05 to 2 for a person's.
TEACHER_WEIGHT = 0.6
CRF_SHARE = 0.3
# The objective and other are rare, so that the likeliest role neglects them.
ROLE_ODDS = (1.0, 1.1, 1.0, 1.0, 1.5)
CRF_FEATURES = 8_000
CONFIG = head.HeadConfig()
SEEDS = (1,)


def main() -> None:
    """Train, write the weights and print their scores on the dev split."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, required=True, help="folder for what may be reused")
    default = Path(__file__).resolve().parent.parent / "litreview" / "data" / "roles.npz"
    parser.add_argument("--out", type=Path, default=default, help="the weights file to write")
    parser.add_argument(
        "--with-dev", action="store_true", help="learn from the dev split too, as what ships does"
    )
    options = parser.parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)

    train = corpus.read("csabstruct/train.jsonl")
    dev = corpus.read("csabstruct/dev.jsonl")
    unlabelled = corpus.read("scitldr/train.jsonl")
    answers = teacher_answers(options.work / "teacher.npz", train, dev, unlabelled)
    words, initial = word_vectors(options.work / "vectors.npz", train, unlabelled)
    labelled = [content(abstract) for abstract in (train + dev if options.with_dev else train)]
    extra = [content(abstract) for abstract in unlabelled]
    answers = [table[rows] for table, (_, rows) in zip(answers, extra, strict=True)]

    print("CRF", flush=True)
    weights = [float(2 * abstract.agreement.mean() ** 2) for abstract, _ in labelled]
    gold = [np.eye(5, dtype=np.float32)[abstract.labels] for abstract, _ in labelled]
    chain = crf.train([abstract.sentences for abstract, _ in labelled], gold, weights)

    numbers = {word: number for number, word in enumerate(words, start=1)}
    examples = [
        head.Example(head.encode(abstract.sentences, numbers), abstract.targets, abstract.agreement)
        for (abstract, _), weight in zip(labelled, weights, strict=True)
    ] + [
        head.Example(
            head.encode(abstract.sentences, numbers),
            table,
            np.full(len(table), TEACHER_WEIGHT, dtype=np.float32),
        )
        for (abstract, _), table in zip(extra, answers, strict=True)
    ]
    heads = []
    for seed in SEEDS:
        print(f"head, seed {seed}", flush=True)
        torch.manual_seed(seed)
        net = head.HeadNet(CONFIG, vectors.reduce(initial, CONFIG.width))
        net = head.train(
            net, examples, seed, lambda epoch, _: print("epoch", epoch + 1, flush=True)
        )
        heads.append(net.arrays())

    size = pack(
        options.out,
        words,
        chain,
        heads,
        crf_share=CRF_SHARE,
        crf_features=CRF_FEATURES,
        role_odds=ROLE_ODDS,
    )
    print(f"{options.out}: {size} bytes")
    with np.load(options.out, allow_pickle=False) as arrays:
        model = RoleModel(dict(arrays))
    found = probabilities([abstract.sentences for abstract in dev], model)
    print(corpus.report("dev, learned from" if options.with_dev else "dev", dev, found))


def content(abstract: Abstract) -> tuple[Abstract, list[int]]:
    """Leave out copyright and author lines, as the tagger does; also say which rows stay."""
    rows = content_rows(abstract.sentences) or list(range(len(abstract.sentences)))
    known = len(abstract.labels) > 0
    return (
        Abstract(
            tuple(abstract.sentences[row] for row in rows),
            abstract.labels[rows] if known else abstract.labels,
            abstract.agreement[rows] if known else abstract.agreement,
        ),
        rows,
    )


def teacher_answers(
    path: Path, train: list[Abstract], dev: list[Abstract], unlabelled: list[Abstract]
) -> list[NDArray[np.float32]]:
    """The teacher's probabilities for the abstracts that nobody labelled.

    The teacher learns from three of four folds, so that its score on the fourth
    is an honest second opinion beside the dev split.
    """
    if not path.exists():
        import teacher

        held = corpus.folds(len(train), TEACHER_FOLDS)[0]
        seen = sorted(set(range(len(train))) - set(held))
        model = teacher.train([train[i] for i in seen], dev, seed=0)
        unseen = [train[i] for i in held]
        print(corpus.report("fold 0", unseen, teacher.predict(model, teacher.encode(unseen))))
        tables = teacher.predict(model, teacher.encode(unlabelled))
        np.savez(path, flat=np.concatenate(tables))
    with np.load(path, allow_pickle=False) as arrays:
        flat = arrays["flat"]
    ends = np.cumsum([len(abstract.sentences) for abstract in unlabelled])
    return list(np.split(flat, ends[:-1]))


def word_vectors(
    path: Path, train: list[Abstract], unlabelled: list[Abstract]
) -> tuple[list[str], NDArray[np.float32]]:
    """The vocabulary and the encoder's vector of each word."""
    texts = [abstract.sentences for abstract in (*train, *unlabelled)]
    words = vectors.vocabulary(texts, LEAST_WORD_COUNT)
    if not path.exists():
        np.savez(path, vectors=vectors.encode(words))
    with np.load(path, allow_pickle=False) as arrays:
        return words, arrays["vectors"]


if __name__ == "__main__":
    main()
