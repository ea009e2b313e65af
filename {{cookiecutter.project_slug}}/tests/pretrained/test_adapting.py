"""Published models from a folder: what of them is trained, how fast, and what their text is."""

from __future__ import annotations

import dataclasses

import pytest

from baseline import config
from baseline.data.examples import Dataset, Example
from baseline.errors import BaselineError
from baseline.tasks import catalogue
from baseline.tasks.objectives import base

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from baseline.training import defaults, optimizers, pipelines  # noqa: E402
from baseline.training.parallel import Ranks  # noqa: E402

REVIEWS = (
    Example("a quiet film </s> with a warm heart", "good"),
    Example("two hours [SEP] that never <s> end <pad>", "bad"),
    Example("good good good </s></s></s>", "good"),
    Example("[CLS] bad [MASK] bad <mask>", "bad"),
)
DATA = Dataset("reviews", REVIEWS, REVIEWS, REVIEWS)


def trained_tokenizer(blank):
    """A published system's own kind of tokenizer, trained on a few words."""
    texts = [example.text for example in REVIEWS] * 30 + ["the end of a long film"] * 30
    return blank.train_new_from_iterator(texts, 320)


def save(folder, system: str):
    """A small model of a system as its authors would publish it."""
    blank, shape = {
        "bert": (
            transformers.BertTokenizer,
            transformers.BertConfig(
                hidden_size=16, num_hidden_layers=3, num_attention_heads=2, intermediate_size=32
            ),
        ),
        "bart": (
            transformers.BartTokenizer,
            transformers.BartConfig(
                d_model=16, encoder_layers=1, decoder_layers=1, encoder_attention_heads=2,
                decoder_attention_heads=2, encoder_ffn_dim=32, decoder_ffn_dim=32,
                max_position_embeddings=64,
            ),
        ),
        "t5": (
            transformers.T5Tokenizer,
            transformers.T5Config(
                d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2, decoder_start_token_id=0
            ),
        ),
    }[system]  # fmt: skip
    tokenizer = trained_tokenizer(blank())
    shape.vocab_size = len(tokenizer)
    for name in ("pad", "bos", "eos"):
        number = getattr(tokenizer, f"{name}_token_id")
        if number is not None and getattr(shape, f"{name}_token_id", None) is not None:
            setattr(shape, f"{name}_token_id", number)
    torch.manual_seed(0)
    transformers.AutoModel.from_config(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def chosen(folder, family: str, *overrides: str) -> config.Config:
    settings = config.read_config(
        None,
        [
            "project.task=text-classification",
            f"project.family={family}",
            "model.name=pretrained",
            f"model.pretrained={folder}",
            "tokenizer.max_tokens=32",
            *overrides,
        ],
    )
    return defaults.resolved(settings)


def make(folder, family: str, *overrides: str, data: Dataset = DATA):
    settings = chosen(folder, family, *overrides)
    return settings, pipelines.assemble(settings, catalogue.find("text-classification"), data)


@pytest.mark.parametrize(
    ("system", "family"),
    [("bert", "encoder-only"), ("bart", "encoder-decoder"), ("t5", "encoder-decoder")],
)
def test_a_text_that_spells_a_special_token_is_only_a_text(tmp_path, system, family):
    """BART and T5 look for the end token to find where the text ends."""
    _, pipeline = make(save(tmp_path, system), family)
    items, _ = pipeline.objective.prepare(REVIEWS)

    plain = pipeline.objective.prepare([dataclasses.replace(REVIEWS[0], text="a quiet film")])[0][0]
    ends = plain["tokens"][-1]
    assert all(item["tokens"].count(ends) == plain["tokens"].count(ends) for item in items)
    loss = pipeline.objective.loss(pipeline.model, base.collate(items))
    loss.backward()
    assert bool(loss.isfinite())
    assert set(pipeline.objective.predict(pipeline.model, REVIEWS)) <= {"good", "bad"}

    (tmp_path / "run").mkdir()
    pipeline.save(tmp_path / "run")
    settings = chosen(tmp_path, family)
    again = pipelines.restore(settings, catalogue.find("text-classification"), tmp_path / "run")
    assert again.objective.prepare(REVIEWS)[0] == items


@pytest.fixture
def bert(tmp_path):
    return save(tmp_path, "bert")


def trainable(model) -> set[str]:
    return {name for name, weight in model.named_parameters() if weight.requires_grad}


def test_a_head_alone_is_trained_when_asked_for(bert):
    _, pipeline = make(bert, "encoder-only", "model.adapt=head")
    names = {name.rpartition(".")[0].rpartition(".")[2] for name in trainable(pipeline.model)}
    assert names == {"classifier"}


def test_lora_trains_narrow_matrices_and_the_head_and_comes_back_from_disk(bert, tmp_path):
    pytest.importorskip("peft", reason="peft is not installed: pip install '.[adapt]'")
    settings, pipeline = make(bert, "encoder-only", "model.adapt=lora")
    names = trainable(pipeline.model)
    assert names
    assert all("lora_" in name or "classifier" in name for name in names)
    assert any("lora_A" in name for name in names)

    items, _ = pipeline.objective.prepare(REVIEWS)
    before = {name: weight.clone() for name, weight in pipeline.model.state_dict().items()}
    (made,) = optimizers.make_optimizers(
        pipeline.model, settings.training, Ranks(0, 1, torch.device("cpu"))
    )
    pipeline.model.train()
    for _ in range(3):
        pipeline.objective.loss(pipeline.model, base.collate(items)).backward()
        made.step()
        made.zero_grad()
    after = pipeline.model.state_dict()
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert changed == {name for name in names if name in after}

    (tmp_path / "run").mkdir()
    pipeline.save(tmp_path / "run")
    again = pipelines.restore(settings, catalogue.find("text-classification"), tmp_path / "run")
    again.model.load_state_dict(after)
    assert again.objective.predict(again.model, REVIEWS) == pipeline.objective.predict(
        pipeline.model, REVIEWS
    )


def test_a_model_without_a_head_of_its_own_says_so(tmp_path):
    settings = config.read_config(
        None,
        [
            "project.task=translation",
            "project.family=encoder-decoder",
            "model.name=pretrained",
            f"model.pretrained={save(tmp_path, 't5')}",
            "model.adapt=head",
        ],
    )
    pairs = (Example("one", "eins"), Example("two", "zwei"))
    with pytest.raises(BaselineError, match='model.adapt is "head".*"lora" or "all"'):
        pipelines.assemble(
            settings, catalogue.find("translation"), Dataset("t", pairs, pairs, pairs)
        )


def test_layers_below_learn_more_slowly_where_that_is_asked_for(bert):
    settings, pipeline = make(
        bert, "encoder-only", "training.layer_decay=0.5", "training.learning_rate=0.008"
    )
    ranks = Ranks(0, 1, torch.device("cpu"))
    made = optimizers.make_optimizers(pipeline.model, settings.training, ranks)
    rates = {id(w): g["highest"] for o in made for g in o.param_groups for w in g["params"]}
    found = {name: rates[id(weight)] for name, weight in pipeline.model.named_parameters()}

    def of(part: str) -> set[float]:
        return {rate for name, rate in found.items() if part in name}

    assert of("pooler") == {0.008}
    assert of("classifier") == {0.08}
    assert [of(f".layer.{n}.") for n in (2, 1, 0)] == [{0.004}, {0.002}, {0.001}]
    assert of("embeddings") == {0.0005}


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        (("model.name=default",), ("muon", 6e-3)),
        (("model.name=lstm", "project.family=decoder-only"), ("adamw", 2e-3)),
        (("model.name=pretrained", "model.pretrained=bert"), ("adamw", 1e-4)),
        (("model.name=pretrained", "model.pretrained=bert", "model.adapt=lora"), ("adamw", 1e-3)),
        (("model.name=default", "training.learning_rate=0.5"), ("muon", 0.5)),
        (("model.name=default", "training.optimizer=adamw"), ("adamw", 6e-3)),
    ],
)
def test_the_usual_rate_depends_on_what_a_model_begins_with(overrides, expected):
    """A rate for random weights destroys published ones."""
    task = ("project.task=text-classification", "project.family=encoder-only")
    training = defaults.resolved(config.read_config(None, [*task, *overrides])).training
    assert (training.optimizer, training.learning_rate) == expected


def test_a_sentence_encoder_s_text_is_the_mean_of_its_tokens(tmp_path):
    """It was trained so; its first token's vector was never asked for."""
    folder = save(tmp_path / "m", "bert")
    (folder / "1_Pooling").mkdir()
    about = folder / "1_Pooling" / "config.json"
    about.write_text('{"pooling_mode_mean_tokens": true}', encoding="utf-8")
    settings, pipeline = make(folder, "encoder-only")
    inner, model = pipeline.model.inner, pipeline.model.eval()
    batch = base.collate(pipeline.objective.prepare(REVIEWS[:2])[0])
    with torch.no_grad():
        found = model(batch["tokens"], batch["mask"])
        hidden = inner.bert(batch["tokens"], batch["mask"]).last_hidden_state
        for row, vectors, mask in zip(found, hidden, batch["mask"], strict=True):
            torch.testing.assert_close(row, inner.classifier(vectors[mask.bool()].mean(0)))
    pipeline.save(tmp_path / "kept")
    again = pipelines.restore(settings, catalogue.find("text-classification"), tmp_path / "kept")
    again.model.load_state_dict(model.state_dict())
    with torch.no_grad():
        torch.testing.assert_close(again.model.eval()(batch["tokens"], batch["mask"]), found)
    about.write_text('{"pooling_mode_mean_tokens": false}', encoding="utf-8")
    _, other = make(folder, "encoder-only")
    assert other.model.inner.config.pooling == "first"
    about.write_text("[", encoding="utf-8")
    with pytest.raises(BaselineError, match=r"config\.json: is damaged"):
        make(folder, "encoder-only")


@pytest.mark.parametrize(("adapt", "factor"), [("all", 10), ("head", 1)])
def test_the_head_learns_ten_times_as_fast_as_published_weights(tmp_path, adapt, factor):
    """It begins at random; they do not. Alone, it has a rate of its own."""
    settings, pipeline = make(save(tmp_path / "m", "bert"), "encoder-only", f"model.adapt={adapt}")
    ranks = Ranks(0, 1, torch.device("cpu"))
    (optimizer,) = optimizers.make_optimizers(pipeline.model, settings.training, ranks)
    rates = {id(w): g["highest"] for g in optimizer.param_groups for w in g["params"]}
    head = rates[id(pipeline.model.inner.classifier.weight)]
    assert head == pytest.approx(factor * settings.training.learning_rate)
    body = pipeline.model.inner.bert.encoder.layer[0].attention.self.query.weight
    assert rates.get(id(body), settings.training.learning_rate) == settings.training.learning_rate
