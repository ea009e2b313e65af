"""Our models against those of `transformers` and a plain GPT: ratios measured in one run.

    python benchmarks/models.py                      # all sections, one processor core
    python benchmarks/models.py --only generation --rounds 20
    python benchmarks/models.py --device cuda        # on a GPU

Contenders of a section have the same weights and the same batch; that they compute the same
loss (or write the same text) is checked before anything is timed. They take turns, so that
whatever else the machine does meets all of them, and a ratio is the median of the ratios of
neighbouring turns. Times on a processor are CPU seconds, in which page faults count and waiting
does not; on a GPU they are seconds until it has finished.
"""

from __future__ import annotations

import argparse
import itertools
import statistics
import subprocess
import sys
import time
from pathlib import Path

import torch
import transformers
from peers import (
    SIZES,
    TRAINING,
    Decoder,
    DecoderConfig,
    Step,
    TransformerXL,
    TransformerXLConfig,
    decoder_from_gpt2,
    generate,
    gpt2,
)
from torch import Tensor, nn

# ------------------------------------------------------------------------------ measuring


def seconds(step: Step, device: str) -> float:
    """CPU seconds of a call; on a GPU, seconds until it is done."""
    if device == "cpu":
        start = time.process_time()
        step()
        return time.process_time() - start
    torch.cuda.synchronize()
    start = time.perf_counter()
    step()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def take_turns(steps: dict[str, Step], rounds: int, device: str) -> dict[str, list[float]]:
    """Time every contender once a round, after two rounds to warm up."""
    times: dict[str, list[float]] = {name: [] for name in steps}
    names = list(steps)
    for number in range(rounds + 2):
        for name in names if number % 2 else reversed(names):
            spent = seconds(steps[name], device)
            if number >= 2:
                times[name].append(spent)
    return times


def ratio(times: dict[str, list[float]], peer: str) -> float:
    """How many times as fast as the peer we are: the median over the rounds."""
    pairs = zip(times["ours"], times[peer], strict=True)
    return statistics.median(theirs / ours for ours, theirs in pairs)


def spread(times: dict[str, list[float]], peer: str) -> str:
    """The middle half of those ratios."""
    pairs = zip(times["ours"], times[peer], strict=True)
    low, _, high = statistics.quantiles([theirs / ours for ours, theirs in pairs], n=4)
    return f"{low:.2f}-{high:.2f}"


def training_step(model: nn.Module, loss: Step) -> Step:
    """Forward, backward, update; the same fused optimizer for all."""
    model.train()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-5, fused=True)

    def step() -> None:
        optimizer.zero_grad()
        loss().backward()  # type: ignore[attr-defined]
        optimizer.step()

    return step


def matmul_rate(device: str) -> float:
    """Multiplications and additions per second of a large matrix product; the best of ten."""
    side = 1024 if device == "cpu" else 8192
    a, b = torch.randn(side, side, device=device), torch.randn(side, side, device=device)
    return 2 * side**3 / min(seconds(lambda: a @ b, device) for _ in range(10))


def operations(step: Step) -> int:
    """Multiplications and additions in the matrix products of a step."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        step()
    return int(counter.get_total_flops())


KINDS = {
    "matrix products": ("mm", "addmm", "bmm", "linear", "baddbmm"),
    "attention": ("scaled_dot_product",),
    "activation": ("gelu", "tanh", "pow", "relu", "threshold"),
    "normalisation": ("layer_norm", "rms_norm", "rsqrt"),
    "softmax and loss": ("softmax", "nll_loss", "exp", "gather", "scatter"),
    "optimizer": ("adam",),
}


def where_time_goes(step: Step) -> dict[str, float]:
    """Share of each kind of operation in a step's time on the processor."""
    from torch.profiler import ProfilerActivity, profile

    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        step()
        step()
    shares: dict[str, float] = dict.fromkeys((*KINDS, "everything else"), 0.0)
    for row in profiler.key_averages():
        name = row.key.lower()
        kind = next(
            (k for k, parts in KINDS.items() if any(part in name for part in parts)),
            "everything else",
        )
        shares[kind] += row.self_cpu_time_total
    total = sum(shares.values())
    return {kind: share / total for kind, share in shares.items()}


def peak_memory(section: str, contender: str, size: str, device: str) -> float | None:
    """Megabytes that training needs beyond the models, in a process of its own."""
    options = ("--size", size, "--device", device)
    run = subprocess.run(
        [sys.executable, __file__, "--measure-memory", section, contender, *options],
        capture_output=True,
        text=True,
        check=False,
    )
    try:
        return float(run.stdout.strip().splitlines()[-1])
    except (IndexError, ValueError):
        return None


def measure_memory(section: str, contender: str, size: str, device: str) -> None:
    """Print what `peak_memory` reads. Linux can reset a process's peak; elsewhere: nothing."""
    model, loss = TRAINING[section](SIZES[size], device)[contender]
    step = training_step(model, loss)
    if device != "cpu":
        before = torch.cuda.memory_allocated()
        torch.cuda.reset_peak_memory_stats()
        step()
        step()
        print((torch.cuda.max_memory_allocated() - before) / 2**20)
        return
    status, reset = Path("/proc/self/status"), Path("/proc/self/clear_refs")
    if not reset.exists():
        return
    before_kb = _status(status, "VmRSS")
    reset.write_text("5")
    step()
    step()
    print((_status(status, "VmHWM") - before_kb) / 1024)


def _status(path: Path, name: str) -> int:
    line = next(line for line in path.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1])


# ------------------------------------------------------------------------------- sections


def train_section(section: str, size_name: str, rounds: int, device: str, rate: float) -> None:
    """Time training steps and print the section's table."""
    size = SIZES[size_name]
    contenders = TRAINING[section](size, device)
    losses = {name: float(loss().detach()) for name, (_, loss) in contenders.items()}  # type: ignore[attr-defined]
    for name, value in losses.items():
        if abs(value - losses["ours"]) > 1e-3:
            raise SystemExit(f"{section}: {name} computes {value}, ours {losses['ours']}")
    steps = {name: training_step(*pair) for name, pair in contenders.items()}
    times = take_turns(steps, rounds, device)
    needed = operations(steps["ours"])
    parameters = sum(p.numel() for p in contenders["ours"][0].parameters())
    print(
        f"\n{section}, {size_name}: V={size.vocabulary} D={size.width} L={size.layers} "
        f"H={size.heads} T={size.length} B={size.batch}, {parameters / 1e6:.2f} M parameters"
    )
    print(f"{'':18}{'tokens/s':>10}{'ours is':>10}{'middle half':>14}{'memory':>10}{'of rate':>9}")
    for name in steps:
        middle = statistics.median(times[name])
        memory = peak_memory(section, name, size_name, device)
        print(
            f"{name:18}{size.tokens / middle:10.0f}"
            + (
                f"{ratio(times, name):9.2f}x{spread(times, name):>14}"
                if name != "ours"
                else " " * 24
            )
            + (f"{memory:7.0f} MB" if memory is not None else f"{'?':>10}")
            + f"{needed / middle / rate:9.0%}"
        )
    if device == "cpu":
        shares = {name: where_time_goes(step) for name, step in steps.items()}
        print(f"{'where time goes':18}" + "".join(f"{name:>18}" for name in steps))
        for kind in shares["ours"]:
            print(f"  {kind:16}" + "".join(f"{shares[name][kind]:18.0%}" for name in steps))


def generation_section(size_name: str, rounds: int, device: str) -> None:
    """Time greedy generation with a cache against `generate()`."""
    size = SIZES[size_name]
    theirs = gpt2(size).to(device).eval()
    for parameter in theirs.parameters():  # wide weights, so that choices are clear
        parameter.data.mul_(3) if parameter.dim() > 1 else None
    ours = decoder_from_gpt2(theirs.cpu()).to(device)
    theirs = theirs.to(device)
    new = size.length - 16
    print(f"\ngeneration, {size_name}: {new} tokens after a prompt of 16, greedy, cached")
    print(f"{'':18}{'ours':>10}{'theirs':>10}{'ours is':>10}{'middle half':>14}")
    for batch in (1, 8):
        prompt = torch.randint(0, size.vocabulary, (batch, 16), device=device)
        mask = torch.ones_like(prompt)

        def write(prompt: Tensor = prompt) -> Tensor:
            return generate(ours, prompt, max_new_tokens=new)

        def their_write(prompt: Tensor = prompt, mask: Tensor = mask) -> Tensor:
            return theirs.generate(
                prompt,
                attention_mask=mask,
                max_new_tokens=new,
                min_new_tokens=new,
                do_sample=False,
                pad_token_id=0,
                eos_token_id=None,
            )

        if not write().equal(their_write()):
            raise SystemExit(f"generation: the texts differ at batch {batch}")
        times = take_turns({"ours": write, "theirs": their_write}, rounds, device)
        speed = {name: batch * new / statistics.median(t) for name, t in times.items()}
        print(
            f"{f'batch {batch}, tokens/s':18}{speed['ours']:10.0f}{speed['theirs']:10.0f}"
            f"{ratio(times, 'theirs'):9.2f}x{spread(times, 'theirs'):>14}"
        )


def memory_section(size_name: str, rounds: int, device: str) -> None:
    """Time writing by Transformer-XL with a full memory against our decoder."""
    size = SIZES[size_name]
    shape = size.vocabulary, size.width, size.layers, size.heads, size.length
    remembers = TransformerXL(TransformerXLConfig(*shape)).to(device).eval()
    decoder = Decoder(DecoderConfig(*shape)).to(device).eval()
    prompt = torch.randint(0, size.vocabulary, (1, 16), device=device)
    new = size.length - 16
    times = take_turns(
        {
            "ours": lambda: generate(remembers, prompt, max_new_tokens=new),
            "decoder": lambda: generate(decoder, prompt, max_new_tokens=new),
        },
        rounds,
        device,
    )
    print(
        f"\nmemory, {size_name}: {new} tokens after a prompt of 16, one text, greedy, cached: "
        f"Transformer-XL takes {1 / ratio(times, 'decoder'):.2f} times the decoder's time"
    )


def main() -> None:
    """Run the sections that were asked for."""
    sections = [*TRAINING, "generation", "memory"]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=sections, action="append", help="just this section")
    parser.add_argument(
        "--size", choices=SIZES, help="without it: default and small, or gpu on a GPU"
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--measure-memory", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(options.threads)
    torch.manual_seed(0)
    if options.measure_memory:
        section, contender = options.measure_memory
        measure_memory(section, contender, options.size, options.device)
        return
    usual = ["default", "small"] if options.device == "cpu" else ["gpu"]
    sizes = [options.size] if options.size else usual
    rate = matmul_rate(options.device)
    print(
        f"torch {torch.__version__}, transformers {transformers.__version__}, {options.device}, "
        f"{options.threads} thread(s); {rate / 1e9:.0f} GFLOP/s in a matrix product"
    )
    for section, size in itertools.product(options.only or sections, sizes):
        if section == "generation":
            generation_section(size, options.rounds, options.device)
        elif section == "memory":
            memory_section(size, options.rounds, options.device)
        else:
            train_section(section, size, options.rounds, options.device, rate)


if __name__ == "__main__":
    main()
