"""Files of made-up terms: places that are far apart, with one word at each."""

from __future__ import annotations

import json

PATHS = ("README.md", "1_Data/README.md", "1_Data/work.ipynb", "2_Model/notes.md")
PLACES = 6


def content(path: str, words: list[str]) -> bytes:
    """A file with one word at each place and the same text between."""
    rows = []
    for number, word in enumerate(words):
        rows += [f"Text {number} of {path}, which nobody changes.", f"And more of it, {number}.",
                 word]  # fmt: skip
    if not path.endswith(".ipynb"):
        return "".join(f"{row}\n" for row in rows).encode()
    cells = [{"cell_type": "markdown", "metadata": {}, "source": [row]} for row in rows]
    return json.dumps(
        {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}, indent=1
    ).encode()


def words_in(path: str, data: bytes) -> list[str]:
    if path.endswith(".ipynb"):
        rows = ["".join(cell["source"]) for cell in json.loads(data)["cells"]]
    else:
        rows = data.decode().splitlines()
    return [row for row in rows if not row.startswith(("Text ", "And more"))]
