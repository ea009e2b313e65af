"""Use a trained run: measure it on any part of the data, or give it new inputs."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from baseline import config, counts, data, metrics, ngram, runs
from baseline.config import Config
from baseline.data import Example
from baseline.errors import BaselineError
from baseline.metrics import Likelihood
from baseline.tasks import Task, find

Predict = Callable[[Sequence[Example]], "list[object] | Likelihood"]


def evaluate(root: Path, name: str, split: str, overrides: Sequence[str] = ()) -> dict[str, float]:
    """Measure a run's best model again.

    Args:
        root: The team's repository.
        name: The run's id, its beginning, or "last".
        split: "train", "validation" or "test".
        overrides: Other data or ways of generating, such as `["data.test=new.csv"]`.

    Raises:
        BaselineError: If the run, its model or the data cannot be used.
    """
    settings, task, predict = _open(root, name, overrides)
    examples = data.load(task.name, settings.data, root).part(split)
    return metrics.measure(task, examples, predict(examples))


def generate(
    root: Path, name: str, texts: Sequence[str], question: str = "", overrides: Sequence[str] = ()
) -> Iterator[dict[str, object]]:
    """Answer inputs: a label, tags, an answer, or a text.

    Args:
        root: The team's repository.
        name: The run's id, its beginning, or "last".
        texts: The inputs.
        question: For question answering: what is asked about each text.
        overrides: Such as `["generation.temperature=0.8"]`.

    Yields:
        For each input, `{"input": …, "output": …}`.

    Raises:
        BaselineError: If the run or its model cannot be used, or a question is missing.
    """
    settings, task, predict = _open(root, name, overrides)
    if task.name in ("question-answering", "generative-qa") and not question:
        raise BaselineError(f"{task.name} needs a question; add --question")
    for text in texts:
        if task.kind == "language":
            yield {"input": text, "output": text + _continue(root, name, overrides, settings, text)}
            continue
        words = tuple(text.split())
        example = Example(text, question=question, words=words, tags=("O",) * len(words))
        if not text.strip():
            raise BaselineError("the input is empty; give a text")
        output = predict([example])
        first = output[0] if isinstance(output, list) else ""
        if task.kind == "tags":
            pairs = zip(words, first, strict=True)  # type: ignore[call-overload]
            yield {
                "input": text,
                "output": " ".join(w if tag == "O" else f"{w}[{tag}]" for w, tag in pairs),
                "tags": list(first),  # type: ignore[call-overload]
            }
        else:
            yield {"input": text, "output": str(first)}


def _open(root: Path, name: str, overrides: Sequence[str]) -> tuple[Config, Task, Predict]:
    folder = runs.find(root / "runs", name)
    settings = config.load(folder / "config.toml", overrides)
    if settings.model.name == "ngram":
        task = find(settings.project.task)
        model = counts.load(folder / "checkpoint", task)
        return settings, task, lambda examples: counts.predict(task, model, examples)
    from baseline import neural

    trained = neural.load(root, name, overrides)
    task = find(settings.project.task, settings.project.family)
    return settings, task, lambda examples: neural.predict(trained, examples)


def _continue(root: Path, name: str, overrides: Sequence[str], settings: Config, text: str) -> str:
    """What a language model writes after the text."""
    options = settings.generation
    if settings.model.name == "ngram":
        folder = runs.find(root / "runs", name)
        model = counts.load(folder / "checkpoint", find(settings.project.task))
        assert isinstance(model.table, ngram.Ngram)
        tokens = ngram.generate(
            model.table,
            text,
            max_tokens=options.max_new_tokens,
            temperature=options.temperature,
            seed=settings.training.seed,
        )
        return "".join(tokens)
    from baseline import neural

    return neural.load(root, name, overrides).kit.write(text)
