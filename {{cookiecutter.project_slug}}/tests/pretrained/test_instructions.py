"""Languages, prefixes and control codes: what published systems were trained to be told."""

from __future__ import annotations

import json

import pytest

from baseline import config
from baseline.data.examples import Dataset, Example
from baseline.errors import BaselineError
from baseline.tasks import catalogue

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from baseline.training import pipelines  # noqa: E402

PAIRS = (Example("ein Haus am See", "a house by the lake"), Example("zwei Boote", "two boats"))
DATA = Dataset("pairs", PAIRS, PAIRS, PAIRS)
WORDS = [text for pair in PAIRS for text in (pair.text, pair.target)] * 40
SMALL = {"d_model": 16, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2,
         "decoder_attention_heads": 2, "encoder_ffn_dim": 32, "decoder_ffn_dim": 32}  # fmt: skip


def mbart(folder, tokenizer_class: str):
    tokenizer = getattr(transformers, tokenizer_class)().train_new_from_iterator(WORDS, 400)
    shape = transformers.MBartConfig(
        vocab_size=len(tokenizer), max_position_embeddings=64, pad_token_id=tokenizer.pad_token_id,
        bos_token_id=tokenizer.bos_token_id, eos_token_id=tokenizer.eos_token_id,
        decoder_start_token_id=tokenizer.eos_token_id, forced_eos_token_id=None, **SMALL,
    )  # fmt: skip
    torch.manual_seed(0)
    transformers.MBartForConditionalGeneration(shape).save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def make(folder, *overrides: str, task: str = "translation", family: str = "encoder-decoder"):
    chosen = config.read_config(
        None,
        [
            f"project.task={task}", f"project.family={family}", "model.name=pretrained",
            f"model.pretrained={folder}", "tokenizer.max_tokens=60", "generation.max_new_tokens=3",
            *overrides,
        ],
    )  # fmt: skip
    return pipelines.assemble(chosen, catalogue.find(task), DATA)


@pytest.mark.parametrize("tokenizer_class", ["MBart50Tokenizer", "MBartTokenizer"])
def test_mbart_reads_and_writes_the_languages_that_it_is_told(tmp_path, tokenizer_class):
    """Without them it would take every text for English."""
    folder = mbart(tmp_path, tokenizer_class)
    pipeline = make(folder, "model.source_language=de_DE", "model.target_language=ro_RO")
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    german, romanian = (tokenizer.convert_tokens_to_ids(code) for code in ("de_DE", "ro_RO"))
    english = tokenizer.convert_tokens_to_ids("en_XX")

    (item, *_), _ = pipeline.objective.prepare(PAIRS)
    assert german in item["tokens"]
    assert romanian in item["targets"]
    assert english not in item["tokens"] + item["targets"]
    written = pipeline.model.inner.generate(
        input_ids=torch.tensor([item["tokens"]]), max_new_tokens=3, do_sample=False
    )[0].tolist()
    assert romanian in written[:2]
    assert english not in written[:2]


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        ((), "model.source_language is empty.*de_DE"),
        (
            ("model.source_language=de_DE", "model.target_language=Romanian"),
            "model.target_language is 'Romanian', which it does not know.*ro_RO",
        ),
    ],
)
def test_a_language_that_is_missing_or_unknown_is_asked_for(tmp_path, overrides, message):
    folder = mbart(tmp_path, "MBart50Tokenizer")
    with pytest.raises(BaselineError, match=message):
        make(folder, *overrides)


@pytest.mark.parametrize(
    ("task", "overrides", "prefix"),
    [
        ("translation", (), ""),
        (
            "translation",
            ("model.source_language=de", "model.target_language=en"),
            "translate German to English: ",
        ),
        ("summarization", (), "summarize: "),
        ("summarization", ("model.prefix=say it briefly: ",), "say it briefly: "),
    ],
)
def test_t5_is_told_its_task_as_in_its_training(tmp_path, task, overrides, prefix):
    texts = [*WORDS, "translate German to English: summarize: say it briefly: "] * 3
    tokenizer = transformers.T5Tokenizer().train_new_from_iterator(texts, 320)
    shape = transformers.T5Config(
        vocab_size=len(tokenizer), d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2,
        decoder_start_token_id=tokenizer.pad_token_id,
    )  # fmt: skip
    transformers.T5ForConditionalGeneration(shape).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    pipeline = make(tmp_path, *overrides, task=task)
    (item, *_), _ = pipeline.objective.prepare(PAIRS)
    assert item["tokens"] == tokenizer(prefix + PAIRS[0].text)["input_ids"]


@pytest.fixture
def ctrl(tmp_path):
    """CTRL's tokenizer with a vocabulary of letters and two of its control codes."""
    letters = sorted(set("".join(WORDS)) - {" "})
    known = ["<unk>", "Links", "Reviews", *letters, *(f"{letter}@@" for letter in letters)]
    vocabulary = {token: number for number, token in enumerate(known)}
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    pieces = [" ".join(["#version: 0.2"])]
    for code in ("Links", "Reviews"):
        whole = code[0]
        for place, letter in enumerate(code[1:], start=1):
            last = "</w>" if place == len(code) - 1 else ""
            pieces.append(f"{whole} {letter}{last}")
            whole += letter
    (tmp_path / "merges.txt").write_text("\n".join(pieces) + "\n", encoding="utf-8")
    tokenizer = transformers.CTRLTokenizer(
        str(tmp_path / "vocab.json"), str(tmp_path / "merges.txt")
    )
    shape = transformers.CTRLConfig(
        vocab_size=len(known), n_positions=64, n_embd=16, dff=32, n_layer=1, n_head=2
    )
    transformers.CTRLLMHeadModel(shape).save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    return tmp_path, vocabulary


@pytest.mark.parametrize(("wanted", "code"), [("auto", "Links"), ("Reviews", "Reviews")])
def test_ctrl_begins_every_text_with_a_control_code(ctrl, wanted, code):
    folder, vocabulary = ctrl
    pipeline = make(folder, f"model.prefix={wanted}", task="generation", family="decoder-only")
    (item, *_), _ = pipeline.objective.prepare(PAIRS)
    assert item["tokens"][0] == vocabulary[code]


def test_a_prefix_that_is_no_control_code_is_named(ctrl):
    with pytest.raises(BaselineError, match="'Poems', which is no control code.*Reviews"):
        make(ctrl[0], "model.prefix=Poems", task="generation", family="decoder-only")
