"""Pre-training: what is asked of plain text, and a task that begins with what was learned."""

from __future__ import annotations

import json
import random

import pytest

torch = pytest.importorskip("torch")

from baseline import cli, config  # noqa: E402
from baseline.data import loading, offline  # noqa: E402
from baseline.data.examples import SPLITS, Dataset, Example  # noqa: E402
from baseline.data.tokenization import MASK, SPECIAL  # noqa: E402
from baseline.errors import BaselineError  # noqa: E402
from baseline.experiments import plan  # noqa: E402
from baseline.tasks import catalogue  # noqa: E402
from baseline.tasks.objectives import base, plain_text  # noqa: E402
from baseline.training import pipelines, runs  # noqa: E402

SMALL = (
    "model.width=16",
    "model.heads=2",
    "model.layers=1",
    "model.dropout=0",
    "tokenizer.vocabulary=300",
    "tokenizer.max_tokens=32",
    "training.batch_size=4",
    "training.seconds=0",
    "training.steps=6",
    "training.device=cpu",
)
OBJECTIVES = [(family, name) for family, names in config.OBJECTIVES.items() for name in names]
TEXTS = tuple(
    Example(f"In the year {year} the ship sailed north, and its crew wrote {year} letters. " * 3)
    for year in range(1900, 1912)
)
PLAIN = Dataset("plain", TEXTS, TEXTS[:3], TEXTS[:3])


def settings(family: str, objective: str = "auto", *overrides: str) -> config.Config:
    chosen = [f"project.family={family}", f"training.objective={objective}"]
    return config.read_config(None, ["project.task=pretraining", *chosen, *SMALL, *overrides])


def new(chosen: config.Config, dataset: Dataset = PLAIN, start=None) -> pipelines.Pipeline:
    torch.manual_seed(0)
    return pipelines.assemble(chosen, catalogue.find(chosen.project.task), dataset, start)


@pytest.mark.parametrize(("family", "objective"), OBJECTIVES)
def test_every_objective_learns(family, objective):
    pipeline = new(settings(family, objective))
    items = pipeline.objective.prepare(TEXTS)[0]
    rng = random.Random(0)
    optimizer = torch.optim.AdamW(pipeline.model.parameters(), lr=0.01)
    before = pipeline.objective.predict(pipeline.model, TEXTS)
    for _ in range(30):
        pipeline.objective.loss(
            pipeline.model, base.collate(pipeline.objective.draw(items, rng))
        ).backward()
        optimizer.step()
        optimizer.zero_grad()
    after = pipeline.objective.predict(pipeline.model, TEXTS)

    assert after.tokens == before.tokens  # measured on the same questions
    assert after.nats[0] < 0.8 * before.nats[0]


@pytest.mark.parametrize(("family", "objective"), [o for o in OBJECTIVES if o[1] != "next-word"])
def test_what_is_asked_is_drawn_anew_and_depends_on_the_seed_alone(family, objective):
    """A model that always meets the same gaps learns them by heart."""
    objective = new(settings(family, objective)).objective
    items = objective.prepare(TEXTS)[0]
    first, again, other = (objective.draw(items, random.Random(seed)) for seed in (1, 1, 2))

    assert first == again
    assert first != other


@pytest.mark.parametrize("objective", ["masked-words", "next-sentence"])
def test_hidden_words_are_those_of_the_text_and_markers_stay(objective):
    objective = new(settings("encoder-only", objective)).objective
    items = objective.prepare(TEXTS)[0]
    drawn = objective.draw(items, random.Random(0))

    assert len(drawn) == len(items)
    for before, after in zip(items, drawn, strict=True):
        whole = [
            token if target == base.IGNORE else target
            for token, target in zip(after["tokens"], after["targets"], strict=True)
        ]
        assert whole == before["tokens"]
        marked = [t for t in before["tokens"] if t < len(SPECIAL)]
        assert [t for t in after["tokens"] if t < len(SPECIAL) and t != MASK] == marked
    assert any(MASK in item["tokens"] for item in drawn)


def test_half_of_the_second_texts_follow_the_first():
    items = new(settings("encoder-only", "next-sentence")).objective.prepare(TEXTS)[0]
    follows = [item["follows"][0] for item in items]

    assert set(follows) == {0, 1}
    assert all(len(item["tokens"]) == len(item["segments"]) <= 32 for item in items)
    assert all(item["segments"] == sorted(item["segments"]) for item in items)


@pytest.mark.parametrize("length", [4, 10, 19, 20, 33, 128, 512])
def test_there_is_a_name_for_every_gap(length):
    """One name too few would stop the training at the first long text."""
    chosen = settings("encoder-decoder", "auto", f"tokenizer.max_tokens={length}")
    names = range(1000, 1000 + plain_text.sentinels(chosen))
    for size in range(2, length - 1):
        from baseline.data.objectives import span_corruption

        _, target = span_corruption([5] * size, sentinel_ids=names, rng=random.Random(size))
        assert target[-1] in names


@pytest.mark.parametrize("length", [4, 32])
def test_texts_that_are_too_short_for_pairs_are_named(length):
    short = tuple(Example(f"letter {n}") for n in range(20))
    chosen = settings("encoder-only", "next-sentence", f"tokenizer.max_tokens={length}")
    pipeline = new(chosen, Dataset("short", short, short, short))
    with pytest.raises(BaselineError, match="masked-words"):
        pipeline.objective.prepare(short)


@pytest.mark.parametrize(
    ("family", "objective"), [("encoder-only", "infilling"), ("decoder-only", "masked-words")]
)
def test_an_objective_of_another_family_names_those_that_fit(family, objective):
    with pytest.raises(BaselineError, match=f"not for {family}; choose from"):
        new(settings(family, objective))


# ---------------------------------------------------------------------- the text


def test_the_offline_prose_holds_no_text_that_a_task_asks_about():
    """Having read the test before would make every figure too good."""
    parts = offline.prose()
    read = "\n".join(example.text for part in parts for example in part)
    for example in offline.docstrings()[2]:
        assert example.text not in read
    held_out = {text for part in offline.topics()[1:] for text in part}
    assert not held_out & set(parts[0])
    assert sum(len(example.text) for example in parts[0]) > 500_000


@pytest.mark.parametrize(
    ("task", "columns", "row"),
    [
        ("text-classification", {"text": "review"}, {"review": "No 7", "label": "c"}),
        ("ner", {}, {"tokens": ["No", "7"], "tags": ["O", "O"]}),
        ("question-answering", {}, {"context": "No 7", "question": "q", "answer": "7"}),
        ("translation", {}, {"source": "No 7", "target": "c"}),
    ],
)
def test_the_text_of_a_team_is_a_column_of_its_examples(tmp_path, task, columns, row):
    """Nobody has to convert data in order to pre-train on them."""
    rows = [json.dumps(row).replace("7", str(number)) for number in range(5)]
    (tmp_path / "train.jsonl").write_text("\n".join(rows), encoding="utf-8")
    own = config.Data(name="files", train="train.jsonl", columns=columns)
    chosen = config.Config(project=config.Project(task, "encoder-decoder"), data=own)
    found = plan.pretraining(chosen)
    loaded = loading.load_dataset(catalogue.find("pretraining").form, found.data, tmp_path)

    assert found.project.task == "pretraining"
    texts = {example.text for split in SPLITS for example in loaded.part(split)}
    assert texts == {f"No {number}" for number in range(5)}


def test_pretraining_first_splits_as_the_task_does(tmp_path):
    """Labels in proportion, whichever of the two commands comes first."""
    rows = "".join(f"text {n} of {n * 3},{'b' if n % 10 == 0 else 'a'}\n" for n in range(100))
    (tmp_path / "a.csv").write_text(f"text,label\n{rows}", encoding="utf-8")
    data = config.Data(name="files", train="a.csv")
    chosen = config.Config(project=config.Project("text-classification", "encoder-only"), data=data)

    plan.keep_split(chosen, tmp_path)

    form = catalogue.find("text-classification").form
    labelled = loading.load_dataset(form, data, tmp_path)
    assert [e.target for e in labelled.test].count("b") == 1
    plain = loading.load_dataset(
        catalogue.find("pretraining").form, plan.pretraining(chosen).data, tmp_path
    )
    assert {e.text for e in plain.test} == {e.text for e in labelled.test}


def test_a_file_of_plain_text_needs_no_column(tmp_path):
    (tmp_path / "plain.txt").write_text("one two\n\nthree\n\nfour\n\nfive", encoding="utf-8")
    own = config.Data(name="files", train="plain.txt", columns={"text": "review"})
    found, form = plan.pretraining(config.Config(data=own)), catalogue.find("pretraining").form
    texts = {
        e.text for s in SPLITS for e in loading.load_dataset(form, found.data, tmp_path).part(s)
    }

    assert texts == {"one two", "three", "four", "five"}


# ---------------------------------------------------------------------- the task afterwards

LABELLED = tuple(
    Example(f"the ship sailed {way} {n}", way, "which way?", 16, ("the", "ship"), ("O", "B-S"))
    for n, way in enumerate(("north", "south") * 6)
)
TASK_DATA = Dataset("labelled", LABELLED, LABELLED[:4], LABELLED[:4])


@pytest.mark.parametrize(
    ("family", "objective", "task"),
    [
        ("encoder-only", "masked-words", "text-classification"),
        ("encoder-only", "next-sentence", "question-answering"),
        ("encoder-only", "masked-words", "ner"),
        ("decoder-only", "next-word", "text-classification"),
        ("decoder-only", "next-word", "translation"),
        ("encoder-decoder", "span-corruption", "translation"),
        ("encoder-decoder", "infilling", "ner"),
    ],
)
def test_a_task_begins_with_the_weights_that_were_learned(tmp_path, family, objective, task):
    """All but the head are those of the run; the names of gaps are left behind."""
    chosen = settings(family, objective)
    before = new(chosen)
    folder = tmp_path / "checkpoint"
    before.save(folder)
    from baseline.training import checkpoint

    state = before.model.state_dict()
    checkpoint.save(folder, 1, state, None, {}, before.architecture, best=True)
    overrides = [f"project.task={task}", f"project.family={family}", *SMALL, "training.seed=9"]
    pipeline = new(config.read_config(None, overrides), TASK_DATA, folder)

    def key(value):  # several begin as nothing but zeros; they differ in their width
        return value.shape[1:], *value.flatten()[:3].tolist()

    learned = {key(v): v for v in state.values() if v.dim() > 1}
    taken = [
        name
        for name, value in pipeline.model.state_dict().items()
        if value.dim() > 1 and torch.equal(value, learned.get(key(value), value + 1)[: len(value)])
    ]
    heads = {"output.weight", "pooler.weight"}
    assert {n for n, v in pipeline.model.state_dict().items() if v.dim() > 1} - set(taken) <= heads
    assert taken
    items, _ = pipeline.objective.prepare(LABELLED)
    assert pipeline.objective.loss(pipeline.model, base.collate(items)).isfinite()


def call(root, *arguments):
    return cli.main([arguments[0], "--root", str(root), *arguments[1:]])


@pytest.fixture
def team(tmp_path):
    """A team that sorts texts, with settings small enough for a test."""
    lines = "\n".join(json.dumps({"text": e.text, "label": e.target}) for e in LABELLED)
    (tmp_path / "train.jsonl").write_text(lines, encoding="utf-8")
    (tmp_path / "plain.txt").write_text("\n\n".join(e.text for e in TEXTS), encoding="utf-8")
    chosen = ["project.task=text-classification", "project.family=encoder-only"]
    overrides = [*chosen, *SMALL, "data.name=files", "data.train=train.jsonl"]
    text = config.dumps(config.read_config(None, overrides))
    (tmp_path / "baseline.toml").write_text(text, encoding="utf-8")
    return tmp_path


def test_a_team_pretrains_and_trains_with_two_commands(team, capsys):
    """The sizes and the tokenizer come along, so that nobody has to repeat them."""
    assert call(team, "pretrain", "data.train=plain.txt", "model.width=24") == 0
    first = runs.find(team / "runs", "last")
    assert "loss" in runs.load_run(first).results["validation"]
    assert not json.loads((team / "results.json").read_text())["results"]  # no result of the task

    assert call(team, "train", "model.start=last") == 0
    second = runs.load_run(runs.find(team / "runs", "last"))
    chosen = config.read_config(team / "runs" / second.id / "config.toml")
    assert second.model == "encoder (pre-trained)"
    assert (chosen.model.start, chosen.model.width) == (first.name, 24)
    names = [
        team / "runs" / run / "checkpoint" / "tokenizer.json" for run in (first.name, second.id)
    ]
    assert names[0].read_bytes() == names[1].read_bytes()
    capsys.readouterr()
    assert call(team, "generate", "the ship sailed north") == 0
    assert capsys.readouterr().out.strip() in ("north", "south")


def test_what_was_tried_after_the_same_pretraining_is_not_trained_twice(team, capsys):
    """Sizes and tokenizer come from the other run, so they are part of what was tried."""
    assert call(team, "pretrain", "data.train=plain.txt", "model.width=24") == 0
    tries = ["train", "model.start=last", "--try", "training.learning_rate=1e-3,3e-3"]
    assert call(team, *tries) == 0
    assert call(team, *tries) == 0
    assert capsys.readouterr().err.count("did that already") == 2
    assert len(list((team / "runs").iterdir())) == 3


def test_a_run_goes_on_and_answers_without_the_one_it_began_with(team):
    """What a run needs is in its own folder."""
    import shutil

    call(team, "pretrain", "data.train=plain.txt")
    first = runs.find(team / "runs", "last")
    call(team, "train", f"model.start={first.name}")
    shutil.rmtree(first)
    assert call(team, "evaluate") == 0


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["pretrain", "--model", "ngram"], "is not pre-trained here"),
        (["train", "--model", "ngram", "model.start=last"], "leave model.start empty"),
        (["train", "model.start=last"], "no run that was pre-trained"),
        (["train", "model.start=2020"], "no runs yet"),
        (["pretrain", "training.objective=infilling"], "not for encoder-only"),
    ],
)
def test_a_mistake_is_one_sentence_and_nothing_is_written(team, capsys, arguments, words):
    assert call(team, *arguments) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1
    assert not (team / "runs").exists()


def test_a_run_that_does_not_fit_is_named(team, capsys):
    call(team, "pretrain", "data.train=plain.txt")
    folder = runs.find(team / "runs", "last")
    assert call(team, "generate", "hello") == 2
    assert f"train model.start={folder.name}" in capsys.readouterr().err
    assert call(team, "train", "model.start=last", "project.family=decoder-only") == 2
    assert "set project.family=encoder-only" in capsys.readouterr().err
    (folder / "checkpoint" / "index.json").unlink()
    assert call(team, "train", "model.start=last") == 2
    assert "has no weights here" in capsys.readouterr().err
    assert len(list((team / "runs").iterdir())) == 1
