"""Plain text: paragraphs, or one long text that is cut into parts."""

import re

from baseline.data.columns import Rows

SUFFIXES = (".txt", ".md")
# Fewer paragraphs than this leave nothing to measure on; a text shorter than that is a list.
_FEW, _LONG = 10, 400
_PARTS = 40
_LARGEST = 2000  # characters of a part
_END = re.compile(r"(?<=[.!?…。！？])\s+|\n+")


def read_plain(text: str) -> Rows:
    """One row for each paragraph; a long text without any is cut at the ends of sentences.

    Parts of one text keep their order, so that its end can be held back.
    """
    blocks = [block.strip() for block in re.split(r"\n[ \t\r]*\n", text) if block.strip()]
    total = sum(map(len, blocks))
    if len(blocks) >= _FEW or total < _LONG:
        return Rows([{"text": block} for block in blocks])
    size = min(_LARGEST, max(1, total // _PARTS))
    parts = [part for block in blocks for part in _cut(block, size)]
    note = f"one text, cut into {len(parts)} parts in their order"
    return Rows([{"text": part} for part in parts], notes=(note,), in_order=True)


def _cut(block: str, size: int) -> list[str]:
    parts: list[str] = []
    part = ""
    for sentence in _END.split(block):
        while len(sentence) > _LARGEST:  # nowhere an end: cut at a space, or anywhere
            place = sentence.rfind(" ", 1, _LARGEST)
            place = place if place > 0 else _LARGEST
            parts += [part, sentence[:place]] if part else [sentence[:place]]
            part, sentence = "", sentence[place:].lstrip()
        part = f"{part} {sentence}" if part else sentence
        if len(part) >= size:
            parts.append(part)
            part = ""
    return [*parts, part] if part else parts
