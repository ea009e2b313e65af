"""What models learn from: one example of any task, and the three parts of a data set."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

SPLITS = ("train", "validation", "test")


@dataclass(frozen=True)
class Example:
    """One example of any task.

    Attributes:
        target: The label, answer, summary or translation; empty in generation, and where a text
            does not answer its question.
    """

    text: str  # the input; the context in question answering
    target: str = ""
    question: str = ""  # what is asked about the text; of a pair of texts, the second one
    start: int = -1  # character offset of `target` in `text` (extractive answers), else -1
    words: tuple[str, ...] = ()  # the input's words (named entities only)
    tags: tuple[str, ...] = ()  # a tag such as `B-NAME`, `I-NAME` or `O` for each word
    others: tuple[str, ...] = ()  # other answers that are as right as `target`
    group: str = ""  # what it must not be separated from, such as its author; empty for nothing

    @property
    def right(self) -> tuple[str, ...]:
        """All answers that are right."""
        return (self.target, *self.others)


Parts = tuple[tuple[Example, ...], tuple[Example, ...], tuple[Example, ...]]
Row = Mapping[str, object]


@dataclass(frozen=True)
class Form:
    """What the data of a task look like.

    Attributes:
        read: Makes an example from a row, whose keys are the columns without brackets.
        reader: Makes `read` from all rows, where one row is not enough to understand it.
        strata: For each example what is dealt out to the parts in proportion, such as its label.
        check: Says what is odd about the answers of all parts, and stops where nothing can be
            learned from them; the second argument is what messages call the data.
        builtin: Data sets that work offline, by name; each is made when it is called. The first
            one is taken when the configuration names none.
    """

    task: str  # the task's name
    columns: tuple[str, ...]  # what a row holds; columns in brackets may be missing
    read: Callable[[Row], Example]
    builtin: Mapping[str, Callable[[], Parts]]
    may_be_empty: tuple[str, ...] = ()  # columns whose value may be empty
    reader: Callable[[Sequence[Row]], Callable[[Row], Example]] | None = None
    strata: Callable[[Sequence[Example]], list[tuple[str, ...]]] | None = None
    check: Callable[[Mapping[str, Sequence[Example]], str], list[str]] | None = None

    @property
    def names(self) -> tuple[str, ...]:
        """The columns without brackets."""
        return tuple(column.strip("[]") for column in self.columns)


@dataclass(frozen=True)
class Dataset:
    """Three parts of examples."""

    name: str  # what results call it
    train: tuple[Example, ...]
    validation: tuple[Example, ...]
    test: tuple[Example, ...]
    notes: tuple[str, ...] = ()  # what the user should know about it
    whole: bool = True  # whether it is all of the data; a subset is never ranked beside it

    def part(self, split: str) -> tuple[Example, ...]:
        """The examples of "train", "validation" or "test"."""
        return {"train": self.train, "validation": self.validation, "test": self.test}[split]
