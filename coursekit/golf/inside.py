"""What plays an entry in the box; it knows nothing but the folder that it is given.

Each function is a question that `coursekit.verify.inside` passes on.
"""

from __future__ import annotations

import base64
import json
import os
from array import array
from importlib import import_module
from pathlib import Path
from typing import Any

# As in `coursekit.verify.dictation`, which is not here.
NEW_TEXT, THE_END, PREDICTS = 0xFFFF, 0xFFFE, b"\x01"


def texts(root: str) -> dict[str, Any]:
    """The built-in prose in its three parts, by the course's own code."""
    parts = import_module("baseline.data.offline").topics()
    train, validation, test = ([example.text for example in part] for part in parts)
    return {"train": train, "validation": validation, "test": test}


def train(root: str, seed: int) -> dict[str, Any]:
    """Let an entry learn; returns its artefact, or only its size where that is too large."""
    given = json.loads(Path(root, "texts.json").read_text(encoding="utf-8"))
    artefact = import_module("entry").train(
        given["train"], given["validation"], given["alphabet"], seed
    )
    size = len(artefact)
    if size > given["most"]:
        return {"size": size}
    return {"size": size, "artefact": base64.b64encode(artefact).decode("ascii")}


def score(root: str, alphabet: str, out: int) -> dict[str, Any]:
    """Let an entry predict what is dictated to it, one character after the other."""
    artefact = Path(root, "artefact").read_bytes()
    predictor = import_module("entry").predict(artefact, alphabet)
    answer = next(predictor)
    while True:
        told = PREDICTS + array("f", answer).tobytes()
        while told:
            told = told[os.write(out, told) :]
        code = int.from_bytes(os.read(0, 2), "little")
        if code == THE_END:
            return {}
        try:
            answer = predictor.send(None if code == NEW_TEXT else alphabet[code])
        except StopIteration:
            raise RuntimeError("its generator ended before the texts did") from None
