"""The course's systems through transformers: every "yes" of the table trains and answers here."""

from __future__ import annotations

import json

import pytest

from baseline import config
from baseline.data.examples import Dataset, Example
from baseline.errors import BaselineError
from baseline.pretrained import systems
from baseline.tasks import catalogue
from baseline.tasks.base import measure
from baseline.tasks.objectives import base

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from baseline.pretrained import published  # noqa: E402
from baseline.training import pipelines  # noqa: E402


def served():
    """Each class of each system once; what it shares with others, on three systems."""
    for system in systems.SYSTEMS.values():
        seen: set[str] = set()
        for task in catalogue.TASKS.values():
            if system.kind and task.kind in system.tasks:
                known = published.class_of(task, system.family)
                if known not in seen or system.name in ("bert", "gpt2", "t5"):
                    yield system.name, task.name
                seen.add(known)


SERVED = [row for row in served() if row[0] != "bert-large"]  # the same classes as bert


@pytest.fixture(autouse=True)
def no_network(monkeypatch):
    """Nothing here may reach the hub: its name leads to a port where nobody listens."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", "http://127.0.0.1:9")


def tiny(name: str, task: str, **settings: object) -> config.Config:
    return config.read_config(
        None,
        [
            f"project.task={task}",
            f"project.family={systems.SYSTEMS[name].family}",
            "model.name=pretrained",
            f"model.pretrained={name}",
            "model.from_scratch=true",
            "model.width=16",
            "model.layers=1",
            "model.heads=2",
            "tokenizer.vocabulary=300",
            "tokenizer.max_tokens=48",
            "generation.max_new_tokens=4",
            *(f"{key}={value}" for key, value in settings.items()),
        ],
    )


_EXAMPLES = {
    "labels": [
        Example("a quiet film with a warm heart", "good; quiet"),
        Example("two hours that never end", "long"),
    ],
    "number": [
        Example("a quiet film with a warm heart", "4.5"),
        Example("two hours that never end", "1"),
    ],
    "label": [
        Example("a quiet film with a warm heart", "good"),
        Example("two hours that never end", "bad"),
    ],
    "tags": [
        Example(
            "", words=("Ada", "lives", "in", "New", "York"), tags=("B-P", "O", "O", "B-L", "I-L")
        ),
        Example("", words=("Bob", "sleeps"), tags=("B-P", "O")),
    ],
    "span": [
        Example("Ada lives in London with a cat.", "London", "Where does Ada live?", 13),
        Example("Bob was born in 1950.", "", "Where was Bob born?"),
    ],
}
_TEXTS = [
    Example("the first of May 2001", "2001-05-01", "which day is it?"),
    Example("on 3 March 1999", "1999-03-03", "which day is it?"),
]


def test_a_question_that_is_too_long_is_cut_and_a_text_is_read_in_windows():
    """The library would stop with "sequence to truncate too short"."""
    asked = Example("Ada lives in London. " * 30, "London", "Why? " * 300, 13)
    settings = tiny("bert", "question-answering")
    task = catalogue.find("question-answering")
    pipeline = pipelines.assemble(settings, task, Dataset("long", (asked,), (asked,), (asked,)))
    items, _ = pipeline.objective.prepare([asked])
    assert len(items) > 3
    assert max(len(item["tokens"]) for item in items) == 48
    assert pipeline.objective.predict(pipeline.model, [asked])[0] in asked.text


def dataset(task: str) -> Dataset:
    examples = tuple(_EXAMPLES.get(catalogue.find(task).kind, _TEXTS) * 4)
    return Dataset("tiny", examples, examples[:2], examples[:2])


@pytest.mark.parametrize(("name", "task"), SERVED)
def test_system_learns_and_answers_the_tasks_that_the_table_promises(name, task):
    """A table in the documentation is worth nothing unless every cell was run."""
    settings, examples = tiny(name, task), dataset(task)
    pipeline = pipelines.assemble(settings, catalogue.find(task), examples)
    items, _ = pipeline.objective.prepare(examples.train)
    batch = base.collate(items)
    optimizer = torch.optim.AdamW(pipeline.model.parameters(), lr=0.003)

    losses = []
    pipeline.model.eval()  # without dropout, so that two losses can be compared
    for _ in range(5):
        loss = pipeline.objective.loss(pipeline.model, batch)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        losses.append(loss.item())
    outputs = pipeline.objective.predict(pipeline.model, examples.test)

    assert losses[-1] < losses[0]
    values = measure(catalogue.find(task), examples.test, outputs)
    assert set(values) == {metric.name for metric in catalogue.find(task).metrics}


def test_the_table_says_no_where_transformers_has_no_such_head():
    """The refusals are facts of the library, read off it; a new head there shows up here."""
    from transformers.models.auto import modeling_auto as auto

    heads = {
        "label": auto.MODEL_FOR_SEQUENCE_CLASSIFICATION_MAPPING_NAMES,
        "tags": auto.MODEL_FOR_TOKEN_CLASSIFICATION_MAPPING_NAMES,
        "span": auto.MODEL_FOR_QUESTION_ANSWERING_MAPPING_NAMES,
    }
    for system in systems.SYSTEMS.values():
        for kind, names in heads.items():
            served_here = kind in system.tasks
            assert served_here == (system.kind in names), (system.name, kind)
    assert "transfo-xl" not in auto.MODEL_FOR_CAUSAL_LM_MAPPING_NAMES


@pytest.mark.parametrize(
    ("name", "task", "instead"),
    [
        ("marian", "ner", "BERT"),
        ("bert", "summarization", "T5 or BART"),
        ("transformer-xl", "generation", "transformer-xl"),
        ("ctrl", "question-answering", "BERT"),
    ],
)
def test_a_system_that_cannot_do_a_task_names_one_that_can(name, task, instead):
    """A team that picks the wrong system needs the right one, not a stack trace."""
    with pytest.raises(BaselineError, match=instead):
        published.find_system(tiny(name, task), catalogue.find(task))


def test_a_system_of_another_family_says_which_setting_to_change():
    settings = tiny("gpt2", "text-classification", **{"project.family": "encoder-only"})
    with pytest.raises(BaselineError, match="project.family=decoder-only"):
        published.find_system(settings, catalogue.find("text-classification"))


def test_bert_sizes_are_those_of_the_course():
    """The course says 110M and 340M parameters; built on the meta device, they cost nothing."""
    from transformers import AutoConfig, AutoModelForPreTraining

    shapes = {"base": {}, "large": {"hidden_size": 1024, "num_hidden_layers": 24}}
    shapes["large"] |= {"num_attention_heads": 16, "intermediate_size": 4096}
    counts = {}
    for name, options in shapes.items():
        with torch.device("meta"):
            model = AutoModelForPreTraining.from_config(AutoConfig.for_model("bert", **options))
        counts[name] = sum(weight.numel() for weight in model.parameters()) / 1e6
    assert counts["base"] == pytest.approx(110.11, abs=0.01)
    assert counts["large"] == pytest.approx(336.23, abs=0.01)


@pytest.fixture
def saved_bert(tmp_path):
    """A local folder as `save_pretrained` writes it, with safetensors weights."""
    settings = tiny("bert", "text-classification")
    pipeline = pipelines.assemble(
        settings, catalogue.find("text-classification"), dataset("text-classification")
    )
    pipeline.save(tmp_path)
    pipeline.model.inner.save_pretrained(tmp_path / "pretrained")
    return tmp_path / "pretrained"


def from_folder(folder) -> config.Config:
    return tiny(
        "bert",
        "text-classification",
        **{"model.pretrained": json.dumps(str(folder)), "model.from_scratch": "false"},
    )


def test_a_local_folder_loads_without_network(saved_bert):
    """A lab may have the models on a disk and no way to the hub."""
    examples = dataset("text-classification")
    pipeline = pipelines.assemble(
        from_folder(saved_bert), catalogue.find("text-classification"), examples
    )
    assert pipeline.objective.predict(pipeline.model, examples.test)[0] in ("good", "bad")


def test_a_folder_with_pickled_weights_is_refused(saved_bert):
    """Reading a pickle can run any program that its author liked."""
    weights = saved_bert / "model.safetensors"
    torch.save({"x": torch.zeros(1)}, saved_bert / "pytorch_model.bin")
    weights.unlink()
    with pytest.raises(BaselineError, match="pickle"):
        pipelines.assemble(
            from_folder(saved_bert),
            catalogue.find("text-classification"),
            dataset("text-classification"),
        )


def test_code_that_comes_with_a_model_is_never_run(saved_bert, tmp_path):
    """`auto_map` is how a model's folder asks for its own code to be imported."""
    marker = tmp_path / "was-run"
    (saved_bert / "evil.py").write_text(f"open({str(marker)!r}, 'w').close()\n", encoding="utf-8")
    about = json.loads((saved_bert / "config.json").read_text(encoding="utf-8"))
    about |= {"model_type": "evil", "auto_map": {"AutoConfig": "evil.EvilConfig"}}
    (saved_bert / "config.json").write_text(json.dumps(about), encoding="utf-8")
    with pytest.raises(BaselineError, match="cannot be loaded"):
        pipelines.assemble(
            from_folder(saved_bert),
            catalogue.find("text-classification"),
            dataset("text-classification"),
        )
    assert not marker.exists()


def test_a_hub_name_without_network_names_the_local_alternatives():
    """One sentence, not forty lines of connection errors."""
    settings = config.read_config(
        None,
        [
            "project.task=text-classification",
            "project.family=encoder-only",
            "model.name=pretrained",
            "model.pretrained=bert",
        ],
    )
    with pytest.raises(BaselineError, match="from_scratch=true") as caught:
        pipelines.assemble(
            settings, catalogue.find("text-classification"), dataset("text-classification")
        )
    assert "local folder" in str(caught.value)
    assert "\n" not in str(caught.value)
