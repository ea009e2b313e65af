"""From text to numbers and back, in three steps each way.

There: split the text into tokens, map tokens to ids, add special tokens. Back: logits to
probabilities, probabilities to classes (token ids), ids to text.

Tokenizers are trained on the team's own text, offline and in seconds:

- characters: every character is a token; nothing to learn, long sequences
- words: every frequent word is a token; rare words become `<unknown>`
- wordpiece: frequent words stay whole, others become pieces (BERT)
- bpe: bytes are merged into frequent pieces; every text can be written (GPT-2)
- unigram: the likeliest segmentation into pieces (T5, ALBERT)

Reference:
    Sennrich et al. (2016), arXiv:1508.07909; Kudo (2018), arXiv:1804.10959.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from baseline.errors import BaselineError
from baseline.files import read_text, write_atomic

if TYPE_CHECKING:
    import tokenizers
    from torch import Tensor

SPECIAL = ("<padding>", "<unknown>", "<begin>", "<end>", "<separator>", "<mask>")
PADDING, UNKNOWN, BEGIN, END, SEPARATOR, MASK = range(len(SPECIAL))
KINDS = ("characters", "words", "wordpiece", "bpe", "unigram")


@dataclass(frozen=True)
class Encoding:
    """Token ids of one text, each with the characters that it came from."""

    ids: list[int]  # token ids, length T
    offsets: list[tuple[int, int]]  # first character and the one after the last, for each token
    words: list[int]  # for each token, which of the given words it is part of (0 for a whole text)


class Tokenizer:
    """A trained tokenizer; `ids` and `text` are the way there and back."""

    def __init__(self, backend: tokenizers.Tokenizer, kind: str) -> None:
        self.kind = kind
        self.backend = backend
        # A text that spells "<end>" is only a text.
        self.backend.encode_special_tokens = True

    def __len__(self) -> int:
        return int(self.backend.get_vocab_size())

    def split(self, text: str) -> list[str]:
        """Step 1: the text's tokens, as strings."""
        return list(self.backend.encode(text, add_special_tokens=False).tokens)

    def ids(self, text: str) -> list[int]:
        """Steps 1 and 2: the text's token ids, without special tokens."""
        return _plain(self.backend.encode(text, add_special_tokens=False).ids)

    def encode(self, text: str | Sequence[str]) -> Encoding:
        """Steps 1 and 2 with places: for a text, or for words that are already separate."""
        if isinstance(text, str):
            found = self.backend.encode(text, add_special_tokens=False)
            return Encoding(_plain(found.ids), list(found.offsets), [0] * len(found.ids))
        # One word at a time: a word that has no known piece still needs its place.
        ids: list[int] = []
        offsets: list[tuple[int, int]] = []
        words: list[int] = []
        for number, part in enumerate(self.backend.encode_batch([*text], add_special_tokens=False)):
            ids += _plain(part.ids) or [UNKNOWN]
            offsets += list(part.offsets) or [(0, 0)]
            words += [number] * max(1, len(part.ids))
        return Encoding(ids, offsets, words)

    def encode_many(self, texts: Sequence[str]) -> list[list[int]]:
        """Ids of many texts at once, on all processors."""
        found = self.backend.encode_batch(list(texts), add_special_tokens=False)
        return [_plain(item.ids) for item in found]

    def tokens(self, ids: Iterable[int]) -> list[str]:
        """The tokens that ids stand for."""
        return [self.backend.id_to_token(int(i)) or SPECIAL[UNKNOWN] for i in ids]

    def text(self, ids: Iterable[int]) -> str:
        """Last step back: ids to text, up to the first end token, without special tokens."""
        kept = []
        for i in map(int, ids):
            if i == END:
                break
            if i >= len(SPECIAL):
                kept.append(i)
        return str(self.backend.decode(kept, skip_special_tokens=False))

    def save(self, path: Path) -> None:
        """Write the tokenizer as one JSON file that the `tokenizers` library reads, too."""
        write_atomic(path, self.backend.to_str(pretty=False))


def _plain(ids: Iterable[int]) -> list[int]:
    """Ids as they are, but a text cannot spell a special token, whatever it contains."""
    return [i if i >= len(SPECIAL) else UNKNOWN for i in ids]


def add_special(ids: Sequence[int]) -> list[int]:
    """Step 3: mark where the text begins and ends."""
    return [BEGIN, *ids, END]


def probabilities(logits: Tensor) -> Tensor:
    """First step back: any numbers, shape `(..., V)`, to shares that sum to one (softmax)."""
    return logits.softmax(dim=-1)


def classes(shares: Tensor) -> Tensor:
    """Second step back: the likeliest class at each place, shape `(...)`."""
    return shares.argmax(dim=-1)


def train_tokenizer(texts: Iterable[str], kind: str, vocabulary: int = 4000) -> Tokenizer:
    """Learn a vocabulary from texts.

    Args:
        texts: The training texts; never those of validation or test.
        vocabulary: Largest number of tokens, the special ones included.

    Returns:
        The same tokenizer for the same texts, on every machine and in every process.
    """
    import tokenizers as tk
    from tokenizers import decoders, models, normalizers, pre_tokenizers, trainers

    texts = [text for text in texts if text]
    if not texts:
        raise BaselineError("the tokenizer has no text to learn from; check the training data")
    unknown, special = SPECIAL[UNKNOWN], list(SPECIAL)
    options: dict[str, Any] = {
        "vocab_size": vocabulary,
        "special_tokens": special,
        "show_progress": False,
    }
    trainer: Any
    if kind == "characters":
        backend = tk.Tokenizer(models.WordLevel(unk_token=unknown))
        backend.pre_tokenizer = pre_tokenizers.Split(tk.Regex(r"[\s\S]"), "isolated")
        backend.decoder = decoders.Fuse()
        trainer = trainers.WordLevelTrainer(**options)
    elif kind == "words":
        backend = tk.Tokenizer(models.WordLevel(unk_token=unknown))
        backend.normalizer = normalizers.NFC()
        backend.pre_tokenizer = pre_tokenizers.Whitespace()
        trainer = trainers.WordLevelTrainer(**options)
    elif kind == "wordpiece":
        backend = tk.Tokenizer(models.WordPiece(unk_token=unknown))
        backend.normalizer = normalizers.NFC()
        backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
        backend.decoder = decoders.WordPiece()
        options["special_tokens"] = [*special, *_continuations(backend, texts)]
        trainer = trainers.WordPieceTrainer(**options)
    elif kind == "bpe":
        backend = tk.Tokenizer(models.BPE())
        backend.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
        backend.decoder = decoders.ByteLevel()
        options["vocab_size"] = max(vocabulary, 256 + len(special))
        trainer = trainers.BpeTrainer(
            initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), **options
        )
    elif kind == "unigram":
        backend = tk.Tokenizer(models.Unigram())
        backend.normalizer = normalizers.NFKC()
        backend.pre_tokenizer = pre_tokenizers.Metaspace()
        backend.decoder = decoders.Metaspace()
        trainer = trainers.UnigramTrainer(unk_token=unknown, **options)
    else:
        raise BaselineError(f"tokenizer.kind is {kind!r}; choose from {', '.join(KINDS)}")
    backend.train_from_iterator(texts, trainer)
    backend = _settled(backend)
    for place, token in enumerate(special):
        if backend.token_to_id(token) != place:
            raise BaselineError(f"the tokenizer lost its special token {token}; use another kind")
    return Tokenizer(backend, kind)


def _continuations(backend: tokenizers.Tokenizer, texts: Iterable[str]) -> list[str]:
    """The characters that continue a word, as WordPiece writes them: `##a`, `##b`, …

    The library numbers them in the order of a hash table, which is another one in each process,
    and decides ties by these numbers. Given as special tokens, they have an order.
    """
    found: set[str] = set()
    for part in {part for text in texts for part in text.split()}:
        normal = backend.normalizer.normalize_str(part)
        for word, _ in backend.pre_tokenizer.pre_tokenize_str(normal):
            found.update(word[1:])
    return [f"##{character}" for character in sorted(found)]


def _settled(backend: tokenizers.Tokenizer) -> tokenizers.Tokenizer:
    """The tokenizer without what differs from one training to the next.

    Of the special tokens only ours stay special. Unigram's scores are sums in the order of a
    hash table, so their last digits are chance. Characters that it would have dropped get its
    lowest score plus 0.0001 for each that the table lists before; here they all get the lowest.
    """
    import tokenizers as tk

    content = json.loads(backend.to_str())
    content["added_tokens"] = [t for t in content["added_tokens"] if t["content"] in SPECIAL]
    if content["model"]["type"] == "Unigram":
        rows = content["model"]["vocab"]
        special, learned = rows[: len(SPECIAL)], rows[len(SPECIAL) :]
        lowest = min((score for _, score in learned), default=0.0)
        kept = lowest + 0.0001 * len(learned)
        learned = [
            (piece, round(lowest if len(piece) == 1 and score <= kept else score, 6))
            for piece, score in learned
        ]
        learned.sort(key=lambda row: (-row[1], row[0]))
        content["model"]["vocab"] = [*special, *learned]
    return tk.Tokenizer.from_str(json.dumps(content))


def load_tokenizer(path: Path, kind: str) -> Tokenizer:
    """Read what `Tokenizer.save` wrote."""
    import tokenizers as tk

    text = read_text(path)
    try:
        return Tokenizer(tk.Tokenizer.from_str(text), kind)
    except Exception as error:  # the library raises plain exceptions
        raise BaselineError(f"{path}: is no tokenizer ({error}); restore the file") from error
