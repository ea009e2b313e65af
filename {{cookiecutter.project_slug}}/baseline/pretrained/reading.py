"""Published tokenizers, made to read as ours do; their special tokens are found by trying."""

from collections.abc import Sequence
from typing import Any

from baseline.data.tokenization import Encoding
from baseline.tasks.objectives.reading import Reader


class PublishedTokens:
    """A tokenizer of transformers, without its special tokens."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        unknown = tokenizer.unk_token_id
        self._unknown = 0 if unknown is None else int(unknown)

    def encode(self, text: str | Sequence[str]) -> Encoding:
        """Ids and places of a text, or of words; all but the first word follow a space."""
        if isinstance(text, str):
            found = self._plain([text], return_offsets_mapping=True)
            ids = found["input_ids"][0]
            return Encoding(ids, found["offset_mapping"][0], [0] * len(ids))
        spaced = [f" {word}" if number else word for number, word in enumerate(text)]
        rows = [row or [self._unknown] for row in self.encode_many(spaced)]
        words = [number for number, row in enumerate(rows) for _ in row]
        return Encoding([i for row in rows for i in row], [(0, 0)] * len(words), words)

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of many texts."""
        return list(self._plain(list(texts))["input_ids"]) if texts else []

    def _plain(self, texts: list[str], **options: Any) -> Any:
        return self._tokenizer(texts, add_special_tokens=False, verbose=False, **options)


def reader_of(tokenizer: Any, length: int) -> Reader:
    """The tokenizer with the special tokens that it puts around one text and between two."""
    tokens = PublishedTokens(tokenizer)
    (plain,) = tokens.encode_many(["a"])
    whole, both = tokenizer("a")["input_ids"], tokenizer("a", "a")["input_ids"]
    size = len(plain)
    lead = next((n for n in range(len(whole)) if whole[n : n + size] == plain), 0)
    tail = whole[lead + size :]
    second = len(both) - len(tail) - size  # the place of the second text
    return Reader(
        tokens,
        length,
        lead=tuple(whole[:lead]),
        tail=tuple(tail),
        between=tuple(both[lead + size : second]),
        segmented="token_type_ids" in (tokenizer.model_input_names or []),
        filler=int(tokenizer.pad_token_id),
    )
