"""Make `litreview/data/pieces.bin` from the vocabulary of a BERT model.

Run with `python training/pieces.py tokenizer.json`, the file of all-MiniLM-L6-v2 (or of any
model with BERT's uncased vocabulary). It holds 8 bytes for each word piece, in order.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from litreview.works.encoder import piece_hash

OUT = Path(__file__).resolve().parent.parent / "litreview" / "data" / "pieces.bin"


def main() -> None:
    """Write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tokenizer", type=Path)
    path = parser.parse_args().tokenizer
    numbers = json.loads(path.read_text(encoding="utf-8"))["model"]["vocab"]
    pieces = sorted(numbers, key=numbers.__getitem__)
    if [numbers[piece] for piece in pieces] != list(range(len(pieces))):
        raise SystemExit(f"{path}: the numbers of its vocabulary have gaps")
    OUT.write_bytes(b"".join(map(piece_hash, pieces)))
    print(f"{OUT}: {len(pieces):,} word pieces")


if __name__ == "__main__":
    main()
