"""Text from elsewhere, made fit to be shown."""

from __future__ import annotations

import re


def one_line(text: str) -> str:
    """A text on one line, without what would steer a terminal or turn the reading direction."""
    text = re.sub(r"[\u202a-\u202e\u2066-\u2069\ufeff]", "", text)
    return re.sub(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+", " ", text).strip()
