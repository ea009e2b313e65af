"""How near two texts are in meaning, by static word vectors, without a network or a GPU.

The vectors are those that the package `wordllama` (MIT) carries: 32,000 pieces of words
with 256 numbers each, 16 MB. A text is the mean of its pieces, the common ones counting
less. Reading a hundred abstracts takes a tenth of a second. The extra `[semantic]`
installs them.

Reference: Arora, Liang and Ma (2017), "A simple but tough-to-beat baseline for sentence
embeddings"; https://github.com/dleemiller/WordLlama.
"""

from __future__ import annotations

import functools
import importlib.util
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from litreview.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_CHARACTERS = 3_000
_RARITY = 1e-3  # a piece that makes up this share of all pieces counts half
_MAX_HEADER_BYTES = 1_000_000


def nearness(query: str, texts: Sequence[str]) -> list[float]:
    """The cosine of each text to a query, from -1 to 1.

    Args:
        query: What is looked for.
        texts: Titles and abstracts; what is beyond `MAX_CHARACTERS` is not read.

    Raises:
        UserError: If the extra is not installed.
    """
    import numpy as np

    table, tokenizer = _model()
    pieces = [
        np.array(encoded.ids or [0])
        for encoded in tokenizer.encode_batch(
            [text[:MAX_CHARACTERS] for text in (query, *texts)], add_special_tokens=False
        )
    ]
    counts = np.bincount(np.concatenate(pieces), minlength=len(table))
    weights = _RARITY / (_RARITY + counts / max(int(counts.sum()), 1))
    vectors = np.stack([(table[ids] * weights[ids, None]).mean(axis=0) for ids in pieces])
    lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
    vectors /= np.maximum(lengths, 1e-9)
    return [float(value) for value in vectors[1:] @ vectors[0]]


@functools.cache
def _model() -> tuple[NDArray[np.float32], Any]:
    try:
        from tokenizers import Tokenizer

        found = importlib.util.find_spec("wordllama")
    except ImportError:
        found = None
    if found is None or found.origin is None:
        raise UserError(
            "--semantic needs word vectors; install them with `pip install 'coursekit[semantic]'`"
        )
    folder = Path(found.origin).parent
    tokenizer = Tokenizer.from_file(
        str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json")
    )
    tokenizer.no_padding()
    tokenizer.no_truncation()
    return _table(folder / "weights" / "l2_supercat_256.safetensors"), tokenizer


def _table(path: Path) -> NDArray[np.float32]:
    """The one table of a safetensors file: a header in JSON, then the numbers."""
    import numpy as np

    data = path.read_bytes()
    size = int.from_bytes(data[:8], "little")
    if size > _MAX_HEADER_BYTES:
        raise UserError(f"{path}: is not a file of word vectors; install coursekit[semantic] again")
    entries = json.loads(data[8 : 8 + size])
    (entry,) = (value for name, value in entries.items() if name != "__metadata__")
    start, end = entry["data_offsets"]
    kind = {"F16": np.float16, "F32": np.float32}[entry["dtype"]]
    values = np.frombuffer(data[8 + size + start : 8 + size + end], dtype=kind)
    return values.reshape(entry["shape"]).astype(np.float32)
