"""What models learn from: one example of any task, and the three parts of a data set."""

from __future__ import annotations

from dataclasses import dataclass

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Example:
    """One example of any task.

    Attributes:
        text: The input; the context in question answering.
        target: The label, answer, summary or translation; empty in generation, and where a text
            does not answer its question.
        question: In question answering only.
        start: Character offset of `target` in `text` (extractive answers), else -1.
        words: The input's words (named entities only).
        tags: A tag such as `B-NAME`, `I-NAME` or `O` for each word.
    """

    text: str
    target: str = ""
    question: str = ""
    start: int = -1
    words: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()


@dataclass(frozen=True)
class Dataset:
    """Three parts, and what the user should know about them (`notes`)."""

    name: str
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    notes: tuple[str, ...] = ()

    def part(self, split: str) -> tuple[Example, ...]:
        """The examples of "train", "validation" or "test"."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[split]
