"""Use a trained run: measure it on any part of the data, or give it new inputs."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import cast

from baseline import config
from baseline.config import Config
from baseline.data import loading
from baseline.data.examples import Example
from baseline.errors import BaselineError
from baseline.experiments.plan import baseline_of, named
from baseline.models import ngram
from baseline.tasks.base import Task, measure
from baseline.tasks.baselines import base
from baseline.tasks.catalogue import configured
from baseline.tasks.metrics import Likelihood
from baseline.training import runs

Say = Callable[[str], None]


@dataclass(frozen=True)
class Opened:
    """A run's best model: its name, its settings, and what it can do."""

    run: str
    config: Config
    task: Task
    predict: Callable[[Sequence[Example]], list[object] | Likelihood]
    write: Callable[[Example, Say], str] | None
    probabilities: Callable[[Sequence[Example]], Sequence[object]] | None = None


def _keep(text: str) -> None:
    """Say nothing: the caller reads the output when it is complete."""


def evaluate(root: Path, name: str, split: str, overrides: Sequence[str] = ()) -> dict[str, float]:
    """Measure a run's best model again.

    Args:
        split: "train" or "validation".
        overrides: Other data or ways of generating, such as `["data.validation=new.csv"]`.
    """
    if split == "test":
        raise BaselineError(
            "the test part is sealed; choose by validation, then open it with: "
            "python -m baseline final NAME"
        )
    model = open_run(root, name, overrides)
    examples = loading.load_dataset(model.task.form, model.config.data, root).part(split)
    return measure(model.task, examples, model.predict(examples))


def generate(
    root: Path,  # the team's repository
    name: str,  # the run's id, its beginning, or "last"
    texts: Iterable[str],  # the inputs
    question: str = "",  # for question answering: what is asked about each text
    overrides: Sequence[str] = (),  # such as `["generation.temperature=0.8"]`
    say: Say = _keep,  # called with what to show: each piece of a text as soon as it is written
) -> Iterator[dict[str, object]]:
    """Answer inputs: a label, tags, an answer, or a text.

    Yields:
        For each input, `{"input": …, "output": …}`.
    """
    model = open_run(root, name, overrides)
    for text in texts:
        yield answer(model, text, question, say)


def answer(model: Opened, text: str, question: str = "", say: Say = _keep) -> dict[str, object]:
    """Answer one input; how sure the model is stands beside it, where it can tell."""
    task, write = model.task, model.write
    if task.kind == "plain" and write is None:
        raise BaselineError(
            f"{model.run} was pre-trained and has learned no task yet; "
            f"train one first: python -m baseline train model.start={model.run}"
        )
    if task.asks and not question:
        raise BaselineError(f"{task.name} needs a question; add --question")
    words = tuple(text.split())
    example = Example(text, question=question, words=words, tags=("O",) * len(words))
    if task.kind in ("language", "plain") and write is not None:
        say(text)
        return {"input": text, "output": text + write(example, say)}
    if not text.strip():
        raise BaselineError("the input is empty; give a text")
    if write is not None:
        return {"input": text, "output": write(example, say)}
    output = model.predict([example])
    first = output[0] if isinstance(output, list) else ""
    found: dict[str, object] = {"input": text, "output": str(first)}
    if task.kind == "tags":
        tags = cast(Sequence[str], first)
        pairs = zip(words, tags, strict=True)
        found["output"] = " ".join(w if tag == "O" else f"{w}[{tag}]" for w, tag in pairs)
        found["tags"] = list(tags)
    if model.probabilities is not None:
        found["probabilities"] = model.probabilities([example])[0]
    say(str(found["output"]) or "(the text does not answer this)")
    return found


def open_run(root: Path, name: str, overrides: Sequence[str] = ()) -> Opened:
    """A run's best model, ready to answer.

    Args:
        overrides: Settings to change, such as `["generation.beams=4"]`.
    """
    folder = runs.find(root / "runs", name)
    settings = config.read_config(folder / "config.toml", overrides)
    if settings.model.cheap:
        return _open_baseline(folder, settings)
    from baseline.experiments import neural

    trained = neural.load_trained(root, name, overrides)
    objective, network = trained.pipeline.objective, trained.pipeline.model
    writes, chances = objective.write, objective.probabilities
    return Opened(
        run=folder.name,
        config=settings,
        task=configured(settings),
        predict=lambda examples: objective.predict(network, examples),
        write=None if writes is None else lambda example, say: writes(network, example, say),
        probabilities=None if chances is None else lambda examples: chances(network, examples),
    )


def _open_baseline(folder: Path, settings: Config) -> Opened:
    task = configured(settings)
    settings = named(settings)
    baseline, options = baseline_of(settings)[1], settings.generation
    chances = baseline.probabilities
    fitted = baseline.fit(base.load(folder / "checkpoint"), settings.model)
    own = config.read_config(folder / "config.toml").generation
    understood = replace(options, max_new_tokens=own.max_new_tokens, temperature=own.temperature)
    if understood != own:
        raise BaselineError(
            f"{folder.name} is a cheap baseline, and draws by --temperature, --max-new-tokens and "
            "--seed only; leave the other options out"
        )

    def write(example: Example, say: Say) -> str:
        assert isinstance(fitted, ngram.Ngram)
        pieces = []
        for piece in ngram.generate(
            fitted,
            example.text,
            max_tokens=options.max_new_tokens,
            temperature=options.temperature,
            seed=settings.training.seed,
        ):
            say(piece)
            pieces.append(piece)
        return "".join(pieces)

    return Opened(
        run=folder.name,
        config=settings,
        task=task,
        predict=lambda examples: baseline.predict(fitted, examples),
        write=write if isinstance(fitted, ngram.Ngram) else None,
        probabilities=None if chances is None else lambda examples: chances(fitted, examples),
    )
