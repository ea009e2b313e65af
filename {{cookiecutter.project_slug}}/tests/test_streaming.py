"""`python -m baseline generate`: words as they are written, and the ways to choose them."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from baseline import cli, config
from baseline.experiments import inference
from baseline.experiments.train import train

ROOT = Path(__file__).resolve().parent.parent
SMALL = (
    "model.width=16",
    "model.heads=2",
    "model.layers=1",
    "tokenizer.vocabulary=300",
    "tokenizer.max_tokens=32",
    "training.seconds=0",
    "training.steps=3",
    "training.device=cpu",
    "data.max_examples=20",
    "generation.max_new_tokens=12",
)


def trained(root: Path, *overrides: str) -> Path:
    """A folder whose last run can write, if badly."""
    train(config.read_config(None, [*SMALL, *overrides]), root, lambda text, **options: None)
    return root


@pytest.fixture(scope="module")
def ngram(tmp_path_factory) -> Path:
    return trained(tmp_path_factory.mktemp("ngram"), "model.name=ngram")


@pytest.fixture(scope="module")
def decoder(tmp_path_factory) -> Path:
    pytest.importorskip("torch")
    return trained(tmp_path_factory.mktemp("decoder"))


def written(root: Path, capsys, *arguments: str) -> str:
    assert cli.main(["generate", "--root", str(root), *arguments]) == 0
    return capsys.readouterr().out


WRITERS = {
    "n-gram": ["model.name=ngram"],
    "decoder": [],
    "decoder, words": ["tokenizer.kind=wordpiece"],
    "decoder, characters": ["tokenizer.kind=characters"],
    "lstm": ["model.name=lstm"],
    "encoder-decoder": [
        "project.task=translation",
        "project.family=encoder-decoder",
        "training.learning_rate=0.02",
        "training.steps=20",
    ],
    "answers": ["project.task=generative-qa", "training.seed=2"],  # whose model says more
    "gpt2": ["model.name=pretrained", "model.pretrained=gpt2", "model.from_scratch=true"],
    "bart": [
        "project.task=translation",
        "project.family=encoder-decoder",
        "model.name=pretrained",
        "model.pretrained=bart",
        "model.from_scratch=true",
    ],
}


@pytest.mark.parametrize("overrides", WRITERS.values(), ids=WRITERS)
def test_a_text_is_said_piece_by_piece_as_it_is_written(tmp_path, overrides):
    """Waiting for a whole text in front of an empty screen looks like a crash."""
    if "model.name=ngram" not in overrides:
        pytest.importorskip("torch")
    trained(tmp_path, *overrides)
    pieces: list[str] = []
    (answer,) = inference.generate(tmp_path, "last", ["the word"], "which?", say=pieces.append)

    assert "".join(pieces).strip() == answer["output"].strip()
    assert len([piece for piece in pieces if piece]) > 2


def test_a_character_of_several_bytes_is_said_when_it_is_complete(tmp_path, capsys):
    """Half of an ä is no text."""
    pytest.importorskip("torch")
    (tmp_path / "train.txt").write_text("ä猫🙂 " * 40 + "\n\nö\n\nü\n\né", encoding="utf-8")
    trained(tmp_path, "data.name=files", "data.train=train.txt", "tokenizer.vocabulary=30")
    pieces: list[str] = []
    settings = ["generation.temperature=1", "generation.max_new_tokens=40"]
    (answer,) = inference.generate(tmp_path, "last", ["ä"], "", settings, pieces.append)

    assert "".join(pieces) == answer["output"]
    assert not any(piece.endswith("\ufffd") for piece in pieces[:-1])


def test_the_same_seed_writes_the_same_text_and_another_one_another(decoder, capsys):
    options = ("the", "--temperature", "1", "--max-new-tokens", "20")
    first, again, other = (written(decoder, capsys, *options, "--seed", s) for s in ("1", "1", "2"))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("flags", "key", "value"),
    [
        (["--max-new-tokens", "5"], "max_new_tokens", 5),
        (["--temperature", "0.7"], "temperature", 0.7),
        (["--top-k", "3"], "top_k", 3),
        (["--top-p", "0.9"], "top_p", 0.9),
        (["--repetition-penalty", "1.2"], "repetition_penalty", 1.2),
        (["--beams", "2"], "beams", 2),
    ],
)
def test_each_option_is_the_setting_of_its_name(ngram, monkeypatch, flags, key, value):
    seen = []
    load = config.read_config
    monkeypatch.setattr(config, "read_config", lambda *a: seen.append(load(*a)) or seen[-1])
    cli.main(["generate", "--root", str(ngram), "the", *flags])
    assert getattr(seen[0].generation, key) == value


def test_options_change_what_is_written(decoder, capsys):
    """The likeliest token only, whatever the temperature: then nothing is left to chance."""
    greedy = written(decoder, capsys, "the")
    assert written(decoder, capsys, "the", "--temperature", "2", "--top-k", "1") == greedy
    assert written(decoder, capsys, "the", "--temperature", "2", "--top-p", "1e-9") == greedy
    assert len(written(decoder, capsys, "the", "--max-new-tokens", "2")) < len(greedy)
    assert written(decoder, capsys, "the", "--repetition-penalty", "5") != greedy
    assert written(decoder, capsys, "the", "--beams", "3")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--temperature", "-1"], "generation.temperature is -1.0; give at least 0"),
        (["--max-new-tokens", "0"], "generation.max_new_tokens is 0; give at least 1"),
        (["--top-p", "0"], "generation.top_p is 0.0; give a share above 0"),
        (["--repetition-penalty", "0"], "generation.repetition_penalty is 0.0; give"),
        (["--top-k", "3"], "is a cheap baseline, and draws by --temperature"),
    ],
)
def test_a_value_that_makes_no_sense_is_one_sentence(ngram, capsys, flags, words):
    assert cli.main(["generate", "--root", str(ngram), "the", *flags]) == 2
    error = capsys.readouterr().err
    assert words in error
    assert error.count("\n") == 1


def test_lines_are_answered_as_they_come(ngram):
    """Another program can talk to a model without waiting for the end of its input."""
    program = subprocess.Popen(
        [sys.executable, "-m", "baseline", "generate", "--json", "--max-new-tokens", "4"],
        cwd=ngram,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert program.stdin
    assert program.stdout
    for text in ("the ", "a "):
        program.stdin.write(f"{text}\n")
        program.stdin.flush()
        assert json.loads(program.stdout.readline())["input"] == text
    program.stdin.close()
    assert program.wait(timeout=60) == 0
    program.stdout.close()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no SIGINT for one process")
def test_ctrl_c_ends_a_text_without_a_traceback(ngram):
    """What was written stays on the screen, and the exit code says that it was interrupted."""
    (ngram / "inputs.txt").write_text("the \n" * 1_000_000, encoding="utf-8")  # hours of work
    with (ngram / "inputs.txt").open(encoding="utf-8") as inputs:
        program = subprocess.Popen(
            [sys.executable, "-m", "baseline", "generate", "--temperature", "1"],
            cwd=ngram,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdin=inputs,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    assert program.stdout
    assert program.stdout.read(4) == "the "  # it has begun
    program.send_signal(signal.SIGINT)
    try:
        _, errors = program.communicate(timeout=30)
    finally:
        program.kill()  # a test that fails leaves nothing behind
    assert program.returncode == 130
    assert "interrupted" in errors
    assert "Traceback" not in errors
