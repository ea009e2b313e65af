"""Rewording with a real server (`transformers serve`) and with a model on this machine."""

from __future__ import annotations

import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from litreview.abstracts.summary import Extract, Summary
from litreview.review.rewrite import open_endpoint, open_local, rewriter
from litreview.text.sentences import split
from litreview.works.source import Source

pytestmark = pytest.mark.slow

ABSTRACT = "We measure how much people forget of what they read in a week. They forget half of it."
REWORDED = "The authors measure how much people forget of what they read."
SOURCE = Source("Forgetting", ("A. Person",), 2020, "https://x.org/1", ABSTRACT)
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }}: {{ message['content'] }}\n{% endfor %}"
    "assistant: "
)


def summary() -> Summary:
    first, second = (Extract(s.text, s.start, s.end, 0.9) for s in split(ABSTRACT))
    return Summary(objective=first, outcomes=second)


@pytest.fixture(scope="module")
def checkpoint(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A tiny model that has learned one answer by heart, whatever it is asked here."""
    for package in ("torch", "transformers", "tokenizers"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"{package} is not installed; `make test` installs it")
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

    from litreview.review.rewrite import messages_for

    folder = tmp_path_factory.mktemp("model") / "tiny"
    base = Tokenizer(models.BPE(unk_token="<unk>"))
    base.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    base.decoder = decoders.ByteLevel()
    chats = [
        messages_for(split(ABSTRACT)[index].text, f"{SOURCE.title}. {ABSTRACT}") for index in (0, 1)
    ]
    texts = [message["content"] for chat in chats for message in chat]
    trainer = trainers.BpeTrainer(
        vocab_size=500,
        special_tokens=["<unk>", "<eos>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    base.train_from_iterator([*texts, REWORDED], trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=base, unk_token="<unk>", eos_token="<eos>", pad_token="<eos>"
    )
    tokenizer.chat_template = TEMPLATE
    torch.manual_seed(0)
    model = GPT2LMHeadModel(
        GPT2Config(
            vocab_size=len(tokenizer),
            n_positions=1024,
            n_embd=48,
            n_layer=2,
            n_head=2,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            eos_token_id=1,
            bos_token_id=1,
        )
    )
    rows = []
    for chat in chats:
        prompt = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
        asked = tokenizer(prompt, add_special_tokens=False)["input_ids"]
        answer = tokenizer(f"{REWORDED}<eos>", add_special_tokens=False)["input_ids"]
        ids, labels = asked + answer, [-100] * len(asked) + answer
        rows.append((torch.tensor([ids]), torch.tensor([labels])))
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(80):
        loss = sum(model(ids, labels=labels).loss for ids, labels in rows) / len(rows)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if loss.item() < 0.02:
            break
    assert loss.item() < 0.2, "the tiny model did not learn its answer"
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


@pytest.fixture
def server(checkpoint: Path, tmp_path: Path) -> Iterator[str]:
    """`transformers serve` with that model, in a process of its own; gives its address."""
    for package in ("fastapi", "uvicorn", "openai"):
        if importlib.util.find_spec(package) is None:
            pytest.skip(f"`transformers serve` needs {package}; `make test` installs it")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "transformers"
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "HF_HOME": str(tmp_path),
        "OMP_NUM_THREADS": "1",
        "NO_PROXY": "127.0.0.1",
    }
    log = (tmp_path / "serve.log").open("w")
    process = subprocess.Popen(
        [
            *(str(program), "serve", "--host", "127.0.0.1", "--port", str(port)),
            *("--device", "cpu", str(checkpoint)),
        ],
        env=environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        _wait_for(f"http://127.0.0.1:{port}/health", process, tmp_path / "serve.log")
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        log.close()


def _wait_for(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    end = time.monotonic() + 180
    while time.monotonic() < end:
        assert process.poll() is None, f"the server ended: {log.read_text()[-2000:]}"
        try:
            with opener.open(url, timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.3)
    raise AssertionError(f"the server did not start: {log.read_text()[-2000:]}")


def test_a_real_servers_faithful_answer_is_used_and_its_wrong_one_is_not(
    server: str, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The model answers every request alike: right for one sentence, wrong for the other."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    wording, notes = rewriter(open_endpoint(server, str(checkpoint)))(SOURCE, summary())

    assert wording.objective == REWORDED
    assert wording.outcomes == "They forget half of it."
    assert [note.split(" stays verbatim")[0] for note in notes] == ["outcomes"]


def test_a_local_model_is_asked_without_a_server(checkpoint: Path) -> None:
    """The same model, loaded from its folder."""
    wording, notes = rewriter(open_local(str(checkpoint)))(SOURCE, summary())

    assert wording.objective == REWORDED
    assert wording.outcomes == "They forget half of it."
    assert len(notes) == 1
