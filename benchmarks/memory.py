"""What training leaves in memory: our default decoder, a plain GPT and `GPT2LMHeadModel`.

    python benchmarks/memory.py

Each takes 500 steps on batches whose length is another one nearly every time, in a process of
its own. Libraries that keep something for every shape they meet grow here (Linux only).
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import torch
from peers import SIZES, PlainGpt, decoder_from_gpt2, gpt2


def resident() -> int:
    """Kilobytes of this process that are in memory."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("VmRSS")).split()[1])


def measure_growth(contender: str) -> None:
    """Print the resident megabytes that 500 training steps on texts of all lengths leave behind."""
    size = SIZES["default"]
    torch.manual_seed(0)
    theirs = gpt2(size)
    ours = decoder_from_gpt2(theirs)
    model = {"ours": ours, "plain GPT": PlainGpt.like(ours, size), "GPT2LMHeadModel": theirs}[
        contender
    ].train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, fused=True)
    for number in range(500):
        length = 8 + number * 37 % (size.length - 8)
        x = torch.randint(0, size.vocabulary, (size.batch, length + 1))
        tokens, targets = x[:, :-1].contiguous(), x[:, 1:].contiguous()
        if contender == "ours":
            loss = ours.loss(tokens, targets)
        elif contender == "plain GPT":
            loss = model(tokens, targets)
        else:
            loss = model(tokens, labels=tokens, use_cache=False).loss
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if number == 4:
            before = resident()
    print(f"{resident() / 1024} {(resident() - before) / 1024}")


def growth_section() -> None:
    """What 500 steps with rows of many lengths leave in memory, each in a process of its own."""
    print("default decoder: resident after 500 training steps on texts of 8 to 127 tokens")
    found = {}
    for contender in ("ours", "plain GPT", "GPT2LMHeadModel"):
        run = subprocess.run(
            [sys.executable, __file__, contender],
            capture_output=True,
            text=True,
            check=True,
        )
        found[contender] = [float(value) for value in run.stdout.split()[-2:]]
    for contender, (megabytes, growth) in found.items():
        share = found["ours"][0] / megabytes
        print(
            f"{contender:16}{megabytes:6.0f} MB ({growth:+.0f} since step 5), ours is {share:.2f}x"
        )


if __name__ == "__main__":
    torch.set_num_threads(1)
    measure_growth(sys.argv[1]) if len(sys.argv) > 1 else growth_section()
