"""Tags by a conditional random field over each word and its neighbours, or by memory alone.

Reference:
    Lafferty et al. (2001), Conditional random fields, ICML; Okazaki (2007), CRFsuite.
"""

import tempfile
from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from baseline.config import Model
from baseline.data.examples import Example
from baseline.tasks.baselines.base import Baseline, library

# How strongly weights are held back (L1 and L2), and how long they are looked for.
_SETTINGS = {"c1": 0.05, "c2": 0.01, "max_iterations": 80, "feature.possible_transitions": True}


def _shape(word: str) -> str:
    """Which kinds of signs a word is made of: "Berlin-2" → "Xx-0"."""
    kinds = (("X", str.isupper), ("x", str.isalpha), ("0", str.isdigit))
    signs = [next((kind for kind, test in kinds if test(c)), c) for c in word]
    return "".join(c for c, before in zip(signs, ["", *signs], strict=False) if c != before)


def _features(words: Sequence[str]) -> list[list[str]]:
    """What is told about each word: itself, its ends and shape, and the two words on each side."""
    words = [word.encode("utf-8", "replace").decode() for word in words]
    near = [(word.lower(), _shape(word)) for word in words]
    rows = []
    for place, (word, shape) in enumerate(near):
        row = ["bias", f"w={word}", f"s={shape}", f"^{word[:3]}"]
        row += [f"{word[-n:]}$" for n in (1, 2, 3)]
        for step in (-2, -1, 1, 2):
            if 0 <= place + step < len(near):
                row += [f"{step}w={near[place + step][0]}", f"{step}s={near[place + step][1]}"]
            else:
                row.append(f"{step}none")
        if place:
            row.append(f"pair={near[place - 1][0]} {word}")
        rows.append(row)
    return rows


def _fit_field(examples: Sequence[Example], options: Model) -> tuple[Any, bytes]:
    suite = library("pycrfsuite", "python-crfsuite")
    trainer = suite.Trainer(verbose=False, params=_SETTINGS)
    for example in examples:
        trainer.append(_features(example.words), list(example.tags))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "model"
        trainer.train(str(path))
        content = path.read_bytes()
    tagger = suite.Tagger()
    tagger.open_inmemory(content)
    return tagger, content  # the tagger reads in what is kept beside it


def _predict_field(model: tuple[Any, bytes], examples: Sequence[Example]) -> list[object]:
    return [tuple(model[0].tag(_features(example.words))) for example in examples]


def _probabilities(model: tuple[Any, bytes], examples: Sequence[Example]) -> list[object]:
    found: list[object] = []
    for example in examples:
        tags = model[0].tag(_features(example.words))
        found.append([round(model[0].marginal(tag, n), 4) for n, tag in enumerate(tags)])
    return found


def _fit_memory(examples: Sequence[Example], options: Model) -> dict[str, str]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    for example in examples:
        for word, tag in zip(example.words, example.tags, strict=True):
            counts[word][tag] += 1
    return {word: found.most_common(1)[0][0] for word, found in counts.items()}


def _predict_memory(known: dict[str, str], examples: Sequence[Example]) -> list[object]:
    return [tuple(known.get(word, "O") for word in example.words) for example in examples]


def _weights(model: tuple[Any, bytes]) -> int:
    about = model[0].info()
    return len(about.state_features) + len(about.transitions)


CRF = Baseline("CRF", _fit_field, _predict_field, _weights, "pycrfsuite", _probabilities)
FREQUENT_TAG = Baseline("most frequent tag", _fit_memory, _predict_memory)
