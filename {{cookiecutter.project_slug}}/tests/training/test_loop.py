"""Training: every family on every task, exact resume, and stops that lose nothing."""

from __future__ import annotations

import dataclasses
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

torch = pytest.importorskip("torch")

from baseline import config  # noqa: E402
from baseline.data.examples import Dataset, Example  # noqa: E402
from baseline.errors import BaselineError  # noqa: E402
from baseline.experiments import neural, plan  # noqa: E402
from baseline.experiments.train import train  # noqa: E402
from baseline.tasks import catalogue  # noqa: E402
from baseline.tasks.base import measure  # noqa: E402
from baseline.tasks.objectives import base  # noqa: E402
from baseline.training import checkpoint, defaults, loop, optimizers, parallel, pipelines, runs  # noqa: E402
from baseline.training.batches import Batches  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SMALL = (
    "model.width=16",
    "model.heads=2",
    "model.layers=1",
    "model.dropout=0.1",
    "tokenizer.vocabulary=300",
    "tokenizer.max_tokens=32",
    "generation.max_new_tokens=6",
    "training.batch_size=4",
    "training.cpu_seconds=0",
    "training.steps=12",
    "training.device=cpu",
)


def learn_by_heart(pipeline, items):
    """Train on a few items without dropout until they are known."""
    optimizer = torch.optim.AdamW(pipeline.model.parameters(), lr=0.01)
    pipeline.model.eval()
    for _ in range(60):
        pipeline.objective.loss(pipeline.model, base.collate(items)).backward()
        optimizer.step()
        optimizer.zero_grad()


def settings(task: str, family: str, *overrides: str) -> config.Config:
    chosen = [f"project.task={task}", f"project.family={family}", *SMALL, *overrides]
    return defaults.resolved(config.read_config(None, chosen))


def toy(task: str) -> Dataset:
    """A few examples that any model can learn by heart, by the kind of output."""
    made = {
        "label": [
            Example("a quiet film with a warm heart", "good"),
            Example("two hours that never end", "bad"),
        ],
        "labels": [
            Example("a quiet film with a warm heart", "good; quiet"),
            Example("two hours that never end", "long"),
        ],
        "number": [
            Example("a quiet film with a warm heart", "4.5"),
            Example("two hours that never end", "1"),
        ],
        "tags": [
            Example("", words=("Ada", "lives", "in", "York"), tags=("B-P", "O", "O", "B-L")),
            Example("", words=("Bob", "sleeps"), tags=("B-P", "O")),
        ],
        "span": [
            Example("Ada lives in London with a cat.", "London", "Where does Ada live?", 13),
            Example("Bob was born in 1950.", "1950", "When was Bob born?", 16),
            Example("Cleo likes green tea.", "", "When was Cleo born?"),
        ],
    }
    default = [
        Example("the first of May", "05-01", "which day?"),
        Example("on 3 March", "03-03", "which day?"),
    ]
    examples = tuple(made.get(catalogue.find(task).kind, default) * 6)
    return Dataset("toy", examples, examples[:4], examples[:4])


POSSIBLE = [
    (t.name, family, "default") for t in catalogue.TASKS.values() for family in t.families
] + [
    ("generation", "decoder-only", "transformer-xl"),
    ("generation", "decoder-only", "lstm"),
    ("translation", "decoder-only", "lstm"),
    ("translation", "encoder-decoder", "lstm"),
    ("translation", "encoder-decoder", "lstm-attention"),
]


@pytest.mark.parametrize(("task", "family", "model"), POSSIBLE)
def test_every_offered_combination_learns_and_answers(task, family, model):
    """What the prompts offer must train on the first day."""
    chosen = settings(task, family, f"model.name={model}")
    data, task_ = toy(task), catalogue.find(task)
    pipeline = pipelines.assemble(chosen, task_, data)
    items = pipeline.objective.draw(pipeline.objective.prepare(data.train)[0], random.Random(0))
    optimizer = torch.optim.AdamW(pipeline.model.parameters(), lr=0.01)
    losses = []
    pipeline.model.eval()
    for _ in range(8):
        loss = pipeline.objective.loss(pipeline.model, base.collate(items))
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    values = measure(task_, data.test, pipeline.objective.predict(pipeline.model, data.test))
    assert losses[-1] < losses[0]
    assert set(values) == {metric.name for metric in task_.metrics}


@pytest.mark.parametrize(("task", "family", "model"), POSSIBLE)
def test_a_batch_costs_what_its_examples_cost_and_sixteen_bits_nearly_the_same(task, family, model):
    """Padding must not be seen, and no operation may lose its mask in mixed precision."""
    data = toy(task)
    torch.manual_seed(0)
    pipeline = pipelines.assemble(
        settings(task, family, f"model.name={model}"), catalogue.find(task), data
    )
    items = pipeline.objective.draw(pipeline.objective.prepare(data.train[:3])[0], random.Random(0))

    whole, count = base.total_loss(pipeline.objective.loss, pipeline.model, items)
    alone = [base.total_loss(pipeline.objective.loss, pipeline.model, [item]) for item in items]
    with torch.autocast("cpu", torch.bfloat16):
        sixteen, _ = base.total_loss(pipeline.objective.loss, pipeline.model, items)

    assert count == sum(number for _, number in alone)
    assert whole == pytest.approx(sum(loss for loss, _ in alone), rel=1e-4)
    assert sixteen == pytest.approx(whole, rel=0.02)


@pytest.mark.parametrize("task", ["generation", "summarization", "translation", "generative-qa"])
def test_an_encoder_that_shall_write_is_refused_with_an_alternative(task):
    with pytest.raises(BaselineError, match="decoder-only or encoder-decoder"):
        catalogue.find(task, "encoder-only")


@pytest.mark.parametrize(
    ("model", "family", "task"),
    [
        ("transformer-xl", "encoder-only", "ner"),
        ("transformer-xl", "decoder-only", "translation"),
        ("lstm", "encoder-only", "ner"),
        ("lstm-attention", "decoder-only", "generation"),
    ],
)
def test_a_model_of_another_family_names_those_that_fit(model, family, task):
    from baseline.tasks.objectives import networks

    with pytest.raises(BaselineError, match="choose"):
        networks.check(settings(task, family, f"model.name={model}"), catalogue.find(task))


# ---------------------------------------------------------------------- the loop itself


def make_job(folder, *overrides, report=None, loss=None, items=None, task="translation"):
    chosen = settings(task, "encoder-decoder", *overrides)
    data = toy(task)
    torch.manual_seed(0)
    pipeline = pipelines.assemble(chosen, catalogue.find(task), data)
    prepared, _ = pipeline.objective.prepare(data.train)
    watched, _ = pipeline.objective.prepare(data.validation)

    def evaluate():
        value = neural.mean_loss(pipeline.objective, pipeline.model, watched)
        return {"validation loss": value}, -value

    folder.mkdir(exist_ok=True)
    return loop.Job(
        model=pipeline.model,
        items=items or prepared,
        loss=loss or pipeline.objective.loss,
        draw=pipeline.objective.draw,
        evaluate=evaluate,
        settings=chosen.training,
        ranks=parallel.Ranks(0, 1, torch.device("cpu")),
        folder=folder / "checkpoint",
        architecture=pipeline.architecture,
        log=runs.Log(folder),
        report=report or (lambda text, **options: None),
    )


def weights(job) -> dict:
    return checkpoint.load_model(job.folder, "last", job.architecture)


class Killed(Exception):
    """Stands for a machine that is switched off in the middle of a step."""


def killed_after(steps):
    """A loss function that works for so many batches, and then never again."""
    counted = {}

    def loss(model, batch):
        counted["calls"] = counted.get("calls", 0) + 1
        if counted["calls"] > steps:
            raise Killed
        return model.loss(batch["tokens"], batch["inputs"], batch["targets"], batch["mask"])

    return loss


@pytest.mark.parametrize("task", ["translation", "pretraining"])
def test_a_resumed_run_ends_with_the_very_same_weights(tmp_path, task):
    """A cluster may kill a job at any time; the figures must not depend on it."""
    often = "training.evaluations=4"
    whole = make_job(tmp_path / "whole", often, task=task)
    loop.fit(whole)
    broken = make_job(tmp_path / "part", often, loss=killed_after(8), task=task)
    with pytest.raises(Killed):
        loop.fit(broken)
    again = make_job(tmp_path / "part", often, task=task)
    assert 0 < checkpoint.load_state(again.folder)[1]["step"] < 12
    loop.fit(again, resume=True)

    first, second = weights(whole), weights(again)
    assert all(torch.equal(first[name], second[name]) for name in first)
    rows = [runs.read_log(tmp_path / name) for name in ("whole", "part")]
    for a, b in zip(*rows, strict=True):
        assert (a["step"], a["loss"], a["validation loss"]) == (
            b["step"],
            b["loss"],
            b["validation loss"],
        )


def test_interrupting_keeps_a_checkpoint_of_the_step_that_was_done(tmp_path):
    """Ctrl-C must not cost the last half hour."""

    def loss(model, batch):
        if model.training:
            signal.raise_signal(signal.SIGINT)
        return model.loss(batch["tokens"], batch["inputs"], batch["targets"], batch["mask"])

    job = make_job(tmp_path / "run", loss=loss)
    with pytest.raises(KeyboardInterrupt):
        loop.fit(job)
    assert checkpoint.load_state(job.folder)[1]["step"] == 1


def test_a_loss_that_is_no_number_stops_with_the_step_and_keeps_the_last_checkpoint(tmp_path):
    """The weights are ruined from that step on; those before it are not."""
    seen = []

    def loss(model, batch):
        value = model.loss(batch["tokens"], batch["inputs"], batch["targets"], batch["mask"])
        seen.append(model.training)
        return value * float("nan") if sum(seen) == 8 else value

    job = make_job(tmp_path / "run", "training.evaluations=4", loss=loss)
    with pytest.raises(BaselineError, match=r"step 8: .*step 6 is kept.*learning_rate"):
        loop.fit(job)
    assert all(bool(value.isfinite().all()) for value in weights(job).values())


def test_a_gradient_that_is_no_number_never_reaches_a_checkpoint(tmp_path):
    """The loss can be finite where its gradient is not, so the loss alone would miss it."""
    seen = []

    def loss(model, batch):
        value = model.loss(batch["tokens"], batch["inputs"], batch["targets"], batch["mask"])
        seen.append(model.training)
        # At 0 the root is 0 and its slope infinite.
        return value + (value - value).sqrt() if model.training and sum(seen) == 6 else value

    job = make_job(tmp_path / "run", "training.evaluations=4", loss=loss)
    with pytest.raises(BaselineError, match=r"step 6: a weight .*step 3 is kept.*learning_rate"):
        loop.fit(job)
    assert all(bool(value.isfinite().all()) for value in weights(job).values())


@pytest.mark.parametrize("model", ["default", "transformer-xl", "lstm"])
def test_only_matrices_are_decayed(model):
    """Pulling a bias or a normalisation to zero would only distort the model."""
    chosen = settings("generation", "decoder-only", f"model.name={model}")
    pipeline = pipelines.assemble(chosen, catalogue.find("generation"), toy("generation"))
    made = optimizers.make_optimizers(
        pipeline.model, chosen.training, parallel.Ranks(0, 1, torch.device("cpu"))
    )
    decay = {
        id(w): group["weight_decay"]
        for optimizer in made
        for group in optimizer.param_groups
        for w in group["params"]
    }
    named = dict(pipeline.model.named_parameters())

    assert len(decay) == len(named)
    free = {name for name, weight in named.items() if decay[id(weight)] == 0}
    assert free == {name for name in named if "bias" in name or "norm" in name}


def test_a_loss_that_is_no_number_does_not_wait_for_the_next_evaluation(tmp_path):
    """On a cluster, the next evaluation may be hours away."""
    steps = []

    def loss(model, batch):
        steps.append(1)
        return model.loss(batch["tokens"], batch["inputs"], batch["targets"], batch["mask"]) * (
            float("nan") if len(steps) >= 5 else 1.0
        )

    job = make_job(tmp_path / "run", "training.steps=5000", "training.evaluations=1", loss=loss)
    with pytest.raises(BaselineError, match="step 5: "):
        loop.fit(job)
    assert len(steps) < 100


def test_accumulated_batches_give_the_step_of_one_large_batch(tmp_path):
    """Averages of averages would weigh short batches too much."""
    found = []
    for number, (size, accumulate) in enumerate([(12, 1), (5, 3)]):
        job = make_job(
            tmp_path / str(number),
            f"training.batch_size={size}",
            f"training.accumulate={accumulate}",
            "training.steps=3",
            "training.evaluations=3",
            "model.dropout=0",
        )
        loop.fit(job)
        found.append([row["validation loss"] for row in runs.read_log(tmp_path / str(number))])
    assert found[0] == pytest.approx(found[1], abs=1e-4)


def test_early_stopping_waits_for_the_patience_and_keeps_the_best(tmp_path):
    scores = iter([1.0, 3.0, 2.0, 2.5, 9.0, 9.0])
    job = make_job(tmp_path / "run", "training.evaluations=6", "training.patience=2")
    job = dataclasses.replace(job, evaluate=lambda: ({"validation loss": 0.0}, next(scores)))
    state = loop.fit(job)
    assert (state.step, state.best) == (8, 3.0)
    assert checkpoint.read_index(job.folder) == {"last": "step-00000008", "best": "step-00000004"}


def test_a_time_budget_is_kept(tmp_path):
    job = make_job(tmp_path / "run", "training.steps=0", "training.seconds=0.4")
    began = time.process_time()
    state = loop.fit(job)
    assert state.step > 0
    assert state.seconds >= 0.4
    assert time.process_time() - began < 20  # a loaded machine is slow, not wrong


def test_a_budget_of_cpu_time_is_kept(tmp_path):
    """What else the computer does makes such a run slower, not shorter."""
    job = make_job(tmp_path / "run", "training.steps=0", "training.cpu_seconds=0.4")
    began = time.process_time()
    state = loop.fit(job)
    assert state.step > 0
    assert 0.4 <= state.cpu_seconds <= time.process_time() - began


def test_the_learning_rate_rises_stays_and_falls_to_nothing():
    chosen = settings("translation", "encoder-decoder", "training.warmup=0.2").training
    at = [optimizers.rate_share(chosen, share) for share in (0, 0.1, 0.2, 0.4, 0.7, 1)]
    assert at == pytest.approx([0.01, 0.5, 1, 1, 0.5, 0])


def test_each_epoch_sees_every_item_once_and_in_another_order():
    chosen = settings("translation", "encoder-decoder").training
    items = [{"tokens": [0] * (i % 7 + 1), "id": [i]} for i in range(30)]
    batches = Batches(items, chosen)
    per_epoch = 8  # 30 items in batches of 4
    epochs = [[i["id"][0] for _ in range(per_epoch) for i in next(batches)] for _ in range(2)]
    assert sorted(epochs[0]) == sorted(epochs[1]) == list(range(30))
    assert epochs[0] != epochs[1]


def test_batches_go_on_where_they_stopped():
    chosen = settings("translation", "encoder-decoder").training
    items = [{"tokens": [0], "id": [i]} for i in range(30)]
    whole, later = Batches(items, chosen), loop.Batches(items, chosen, step=9)
    expected = [next(whole) for _ in range(12)][9:]
    assert [next(later) for _ in range(3)] == expected


def test_a_busy_machine_gets_one_thread_and_an_idle_one_all(monkeypatch):
    """Threads that wait for each other made training several times slower on a busy machine."""
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    monkeypatch.setattr("torch.get_num_threads", lambda: 8)
    for load, threads in ((0.1, 8), (5.2, 3), (30.0, 1)):
        monkeypatch.setattr("os.getloadavg", lambda load=load: (load, 0, 0), raising=False)
        assert parallel.pick_threads(0) == threads
    assert parallel.pick_threads(5) == 5


def test_a_device_or_precision_that_is_not_there_is_named():
    if not torch.cuda.is_available():
        with pytest.raises(BaselineError, match="no GPU"):
            parallel.pick_device("cuda")
    with pytest.raises(BaselineError, match="float16"):
        optimizers.pick_precision("float16", torch.device("cpu"))


# ------------------------------------------------------------------------- whole programs


@pytest.fixture
def team(tmp_path):
    """A team's folder with data of its own."""
    rows = [{"source": f"{n} plus one", "target": str(n + 1)} for n in range(40)]
    lines = "\n".join(json.dumps(row) for row in rows)
    (tmp_path / "train.jsonl").write_text(lines, encoding="utf-8")
    overrides = [
        "project.task=translation",
        "project.family=encoder-decoder",
        "data.name=files",
        "data.train=train.jsonl",
        "model.dropout=0",
        *(setting for setting in SMALL if "dropout" not in setting),
    ]
    (tmp_path / "baseline.toml").write_text(
        config.dumps(config.read_config(None, overrides)), encoding="utf-8"
    )
    return tmp_path


def program(team, *arguments, processes=0):
    command = [sys.executable, "-m"]
    if processes:
        command += ["torch.distributed.run", "--standalone", "--nproc-per-node", str(processes)]
        command += ["-m"]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [*command, "baseline", *arguments],
        cwd=team,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.mark.slow
def test_a_killed_program_goes_on_and_ends_as_if_nothing_had_happened(team):
    """The real thing: SIGKILL from outside, then --resume in a new process."""
    long = ("training.steps=150", "training.evaluations=30")
    first = program(team, "train", *long)
    index = None
    deadline = time.monotonic() + 120
    while index is None and first.poll() is None and time.monotonic() < deadline:
        index = next(team.glob("runs/*/checkpoint/index.json"), None)
        time.sleep(0.02)
    first.kill()
    first.communicate()
    assert index is not None, "no checkpoint appeared"
    assert runs.load_run(index.parent.parent).status == "running"  # nobody could write more

    run = neural.resume("last", team, lambda text, **options: None)
    chosen = config.read_config(team / "baseline.toml", long)
    whole = train(chosen, team, lambda text, **options: None)

    assert run.status == "finished"
    assert run.steps == whole.steps == 150
    assert run.results == whole.results
    with pytest.raises(BaselineError, match="has finished"):
        neural.resume(run.id, team, print)


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "command"), [("ddp", "pretrain"), ("fsdp", "train")])
def test_two_processes_learn_what_one_learns(team, kind, command):
    """Batches are shared out and every target weighs the same, so the losses agree."""
    options = ("training.steps=6", "training.evaluations=3", f"training.parallel={kind}")
    both = program(team, command, *options, processes=2)
    printed, errors = both.communicate(timeout=300)
    assert both.returncode == 0, errors[-2000:]
    assert printed.count("validation: ") == 1  # one process speaks for all
    together = next((team / "runs").iterdir())
    chosen = config.read_config(team / "baseline.toml", options)
    if command == "pretrain":
        chosen = plan.pretraining(chosen)
    alone = team / "runs" / train(chosen, team, lambda text, **options: None).id

    assert runs.load_run(together).environment["processes"] == 2
    rows = list(zip(runs.read_log(together), runs.read_log(alone), strict=True))
    assert len(rows) == 3
    for a, b in rows:
        assert a["tokens"] == b["tokens"]
        assert a["loss"] == pytest.approx(b["loss"], abs=1e-4)
        assert a["validation loss"] == pytest.approx(b["validation loss"], abs=1e-4)


def test_sixteen_bits_learn_as_well(tmp_path):
    """Mixed precision must not meet an operation that cannot do it."""
    job = make_job(tmp_path / "run", "training.precision=bfloat16", "training.steps=8")
    loop.fit(job)
    rows = runs.read_log(tmp_path / "run")
    assert rows[-1]["validation loss"] < rows[0]["validation loss"]


def test_a_text_that_is_too_long_is_cut_and_counted(team):
    """Nobody notices otherwise that the end of every review was thrown away."""
    lines: list[str] = []
    settings_ = ("tokenizer.max_tokens=8", "tokenizer.kind=characters", "training.steps=2")
    chosen = config.read_config(team / "baseline.toml", settings_)
    run = train(chosen, team, lambda text, **options: lines.append(text))
    note = "32 of 32 training texts are longer than tokenizer.max_tokens = 8: cut there"
    assert note in run.notes
    assert note in lines


def test_a_long_text_is_read_in_windows_and_the_answer_is_found_in_one_of_them():
    """Answers beyond the limit would be unreachable in a text that is cut."""
    filler = "nothing is said here " * 12
    example = Example(f"{filler}Ada lives in London.", "London", "Where?", len(filler) + 13)
    chosen = settings("question-answering", "encoder-only")
    data = Dataset("toy", (example,) * 4, (example,), (example,))
    pipeline = pipelines.assemble(chosen, catalogue.find("question-answering"), data)
    items, shortened = pipeline.objective.prepare([example])
    reached = [item for item in items if item["targets"] != [0, 0]]
    assert shortened == 1
    assert len(items) > 2
    assert reached
    assert all(len(item["tokens"]) <= 32 for item in items)

    learn_by_heart(pipeline, items)
    assert pipeline.objective.predict(pipeline.model, [example]) == ["London"]


@pytest.mark.parametrize(
    "model", [(), ("model.name=pretrained", "model.pretrained=bert", "tokenizer.max_tokens=16")]
)
def test_a_question_without_an_answer_is_learned_and_the_margin_decides(model):
    """A reader that always answers is no help where the answer may be missing."""
    scratch = "model.from_scratch=true"
    told = "Ada lives in London with her cat and two dogs, and never leaves the town."
    examples = (
        Example(told, "London", "Where does Ada live?", 13),
        Example(told, "", "When was Bob born, and by whom?"),
    )
    data = Dataset("toy", examples, examples, examples)
    task = catalogue.find("question-answering")

    def made(*overrides):
        chosen = settings(task.name, "encoder-only", *model, scratch, *overrides)
        return pipelines.assemble(chosen, task, data)

    torch.manual_seed(0)
    pipeline = made()
    items = pipeline.objective.prepare(examples)[0]
    assert len(items) > 2  # several windows each
    learn_by_heart(pipeline, items)
    assert pipeline.objective.predict(pipeline.model, examples) == ["London", ""]
    eager, shy = (made(f"generation.no_answer={m}").objective for m in (1e9, -1e9))
    assert all(eager.predict(pipeline.model, examples))
    assert shy.predict(pipeline.model, examples) == ["", ""]
