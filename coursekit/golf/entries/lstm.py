"""A recurrent network: one LSTM that reads the text in parallel strips, state after state.

PyTorch trains it; NumPy, which starts in a tenth of the time, predicts.

Reference:
    Hochreiter and Schmidhuber (1997), Long short-term memory; Loshchilov and Hutter (2019),
    arXiv:1711.05101, for AdamW.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Generator

import numpy as np

NAME = "LSTM"
CLAIM = 2.32
ADAPTS = False

WIDTH = 256
STRIPS, STRETCH = 16, 48
RATE = 6e-3
CPU_SECONDS = 25.0  # of training; with the start of PyTorch


def train(texts: list[str], validation: list[str], alphabet: str, seed: int) -> bytes:
    """Train until the time is up, with a rate that falls to nothing; returns 16-bit weights."""
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.manual_seed(seed)
    torch.set_num_threads(1)
    begin = len(alphabet)  # stands before each text
    places = {character: place for place, character in enumerate(alphabet)}
    order = torch.randperm(len(texts)).tolist()
    ids = torch.tensor([n for i in order for n in (begin, *(places[c] for c in texts[i]))])
    length = len(ids) // STRIPS
    strips = ids[: length * STRIPS].view(STRIPS, length)
    embed = nn.Embedding(begin + 1, 64)
    lstm = nn.LSTM(64, WIDTH, batch_first=True)
    head = nn.Linear(WIDTH, begin + 1)
    nn.init.normal_(embed.weight, std=0.3)
    modules = nn.ModuleList([embed, lstm, head])
    with torch.no_grad():
        lstm.get_parameter("bias_ih_l0")[WIDTH : 2 * WIDTH] = 1.0  # remember, at first
    optimizer = torch.optim.AdamW(
        modules.parameters(), lr=RATE, betas=(0.9, 0.98), weight_decay=0.01, fused=True
    )
    state, at = None, 0
    while (done := time.process_time() / CPU_SECONDS) < 1:
        if at + 1 >= length:
            state, at = None, int(torch.randint(STRETCH, ()))
        x = strips[:, at : at + STRETCH]
        y = strips[:, at + 1 : at + 1 + STRETCH]
        at += STRETCH
        hidden, state = lstm(embed(x[:, : y.shape[1]]), state)
        state = tuple(part.detach() for part in state)
        loss = F.cross_entropy(head(hidden).flatten(0, 1), y.flatten())
        optimizer.zero_grad()
        torch.autograd.backward(loss)
        nn.utils.clip_grad_norm_(modules.parameters(), 1.0)
        share = min(1.0, done / 0.05 + 0.01) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))
        for group in optimizer.param_groups:
            group["lr"] = RATE * share
        optimizer.step()
    stream = io.BytesIO()
    weights = {name: value.detach().numpy() for name, value in modules.state_dict().items()}
    np.savez(stream, **{name: value.astype(np.float16) for name, value in weights.items()})
    return stream.getvalue()


def predict(artefact: bytes, alphabet: str) -> Generator[np.ndarray, str | None, None]:
    """Yield a probability for each character, and be sent the one that came."""
    with np.load(io.BytesIO(artefact)) as file:
        embed, inward, around, bias, bias2, head, head_bias = (
            file[name].astype(np.float32) for name in file.files
        )
    given = embed @ inward.T + bias + bias2  # what each character adds to the gates
    around = np.ascontiguousarray(around)
    begin = len(alphabet)
    places = {character: place for place, character in enumerate(alphabet)}
    hidden = memory = np.zeros(WIDTH, np.float32)
    own = begin
    while True:
        gates = given[own] + around @ hidden
        new = np.tanh(gates[2 * WIDTH : 3 * WIDTH])
        into, keep, _, out = 1 / (1 + np.exp(-gates.reshape(4, WIDTH)))
        memory = keep * memory + into * new
        hidden = out * np.tanh(memory)
        logits = (head @ hidden + head_bias)[:begin]
        chances = np.exp(logits - logits.max())
        came = yield chances / chances.sum()
        if came is None:
            hidden = memory = np.zeros(WIDTH, np.float32)
        own = begin if came is None else places[came]
