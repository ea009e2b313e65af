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
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional as F

ROOT = Path(__file__).resolve().parent.parent
TEAM = ROOT / "{{cookiecutter.project_slug}}"
sys.path[:0] = [str(TEAM), str(TEAM / "tests" / "models")]

import transformers  # noqa: E402
from baseline.models.generation import generate  # noqa: E402
from baseline.models.linear import linear  # noqa: E402
from baseline.models.objectives import mask_tokens, teacher_forcing  # noqa: E402
from parity import (  # noqa: E402
    decoder_from_gpt2,
    encoder_decoder_from_bart,
    encoder_decoder_from_t5,
    masked_language_model_from_bert,
)

Step = Callable[[], object]


@dataclass(frozen=True)
class Size:
    """Shape of the models and of a batch."""

    vocabulary: int
    width: int
    layers: int
    heads: int
    length: int
    batch: int

    @property
    def tokens(self) -> int:
        """Tokens per step."""
        return self.length * self.batch


SIZES = {
    "default": Size(2000, 128, 2, 4, 128, 8),  # what a team trains unless it says otherwise
    "small": Size(8192, 256, 4, 4, 128, 8),
    "characters": Size(128, 256, 4, 4, 128, 8),
    "gpu": Size(50304, 768, 12, 12, 1024, 8),
}


# ------------------------------------------------------------------- the plain reference


class PlainGpt(nn.Module):
    """GPT-2 as the shortest training scripts write it: fused attention, whole logits."""

    def __init__(self, size: Size) -> None:
        super().__init__()
        d = size.width
        self.heads = size.heads
        self.wte, self.wpe = nn.Embedding(size.vocabulary, d), nn.Embedding(size.length, d)
        self.layers = nn.ModuleList(
            nn.ModuleDict(
                {
                    "n1": nn.LayerNorm(d),
                    "qkv": nn.Linear(d, 3 * d),
                    "out": nn.Linear(d, d),
                    "n2": nn.LayerNorm(d),
                    "up": nn.Linear(d, 4 * d),
                    "down": nn.Linear(4 * d, d),
                }
            )
            for _ in range(size.layers)
        )
        self.last = nn.LayerNorm(d)

    def forward(self, tokens: Tensor, targets: Tensor) -> Tensor:
        """Mean cross-entropy of the next token."""
        b, t = tokens.shape
        x = self.wte(tokens) + self.wpe(torch.arange(t, device=tokens.device))
        for layer in self.layers:
            q, k, v = layer["qkv"](layer["n1"](x)).split(x.shape[-1], dim=2)
            q, k, v = (z.view(b, t, self.heads, -1).transpose(1, 2) for z in (q, k, v))
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + layer["out"](y.transpose(1, 2).reshape(b, t, -1))
            x = x + layer["down"](F.gelu(layer["up"](layer["n2"](x)), approximate="tanh"))
        logits = F.linear(self.last(x), self.wte.weight)
        return F.cross_entropy(logits.view(-1, logits.shape[-1]), targets.reshape(-1))

    @classmethod
    def like(cls, source: nn.Module, size: Size) -> PlainGpt:
        """With the weights of one of our decoders."""
        model = cls(size)
        names = {
            "tokens": "wte",
            "norm": "last",
            "positions.table": "wpe.weight",
            "attention_norm": "n1",
            "attention.projection": "qkv",
            "attention.output": "out",
            "feed_forward_norm": "n2",
            "feed_forward.expand": "up",
            "feed_forward.contract": "down",
            "blocks": "layers",
        }
        state = {}
        for name, weight in source.state_dict().items():
            # Longest first: "norm" is also the end of longer names.
            for ours, plain in sorted(names.items(), key=lambda pair: -len(pair[0])):
                if ours != "norm" or name.startswith("norm."):
                    name = name.replace(ours, plain)
            state[name] = weight
        model.load_state_dict(state)
        return model


# ----------------------------------------------------------------------- the contenders


def gpt2(size: Size) -> nn.Module:
    """The library's GPT-2, random and without dropout."""
    return transformers.GPT2LMHeadModel(
        transformers.GPT2Config(
            vocab_size=size.vocabulary,
            n_embd=size.width,
            n_layer=size.layers,
            n_head=size.heads,
            n_positions=size.length,
            resid_pdrop=0.0,
            embd_pdrop=0.0,
            attn_pdrop=0.0,
            bos_token_id=0,
            eos_token_id=0,
        )
    )


def decoder_contenders(size: Size, device: str) -> dict[str, tuple[nn.Module, Step]]:
    """Next-word training."""
    theirs = gpt2(size)
    ours = decoder_from_gpt2(theirs)
    plain = PlainGpt.like(ours, size).to(device)
    theirs, ours = theirs.to(device), ours.to(device)
    x = torch.randint(0, size.vocabulary, (size.batch, size.length), device=device)
    targets = torch.cat((x[:, 1:], torch.full_like(x[:, :1], -100)), dim=1)
    return {
        "ours": (ours, lambda: ours.loss(x, targets)),
        "GPT2LMHeadModel": (theirs, lambda: theirs(x, labels=x, use_cache=False).loss),
        "plain GPT": (plain, lambda: plain(x, targets)),
    }


def encoder_contenders(size: Size, device: str) -> dict[str, tuple[nn.Module, Step]]:
    """Masked-word training, 15 % hidden."""
    theirs = transformers.BertForMaskedLM(
        transformers.BertConfig(
            vocab_size=size.vocabulary,
            hidden_size=size.width,
            num_hidden_layers=size.layers,
            num_attention_heads=size.heads,
            intermediate_size=4 * size.width,
            max_position_embeddings=size.length,
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
        )
    )
    ours = masked_language_model_from_bert(theirs).to(device)
    theirs = theirs.to(device)
    x = torch.randint(5, size.vocabulary, (size.batch, size.length), device=device)
    hidden, targets = mask_tokens(x, mask_id=4, vocabulary_size=size.vocabulary)
    return {
        "ours": (ours, lambda: ours.loss(hidden, targets)),
        "BertForMaskedLM": (theirs, lambda: theirs(hidden, labels=targets).loss),
    }


def _pairs(size: Size, device: str) -> tuple[Tensor, Tensor, Tensor]:
    """Source, what the decoder reads, and what it should say."""
    shape = (size.batch, size.length)
    source = torch.randint(3, size.vocabulary, shape, device=device)
    targets = torch.randint(3, size.vocabulary, shape, device=device)
    return source, teacher_forcing(targets, begin_id=0, pad_id=0), targets


def t5_contenders(size: Size, device: str) -> dict[str, tuple[nn.Module, Step]]:
    """Text-to-text training with relative positions."""
    theirs = transformers.T5ForConditionalGeneration(
        transformers.T5Config(
            vocab_size=size.vocabulary,
            d_model=size.width,
            d_kv=size.width // size.heads,
            d_ff=4 * size.width,
            num_layers=size.layers // 2,
            num_heads=size.heads,
            dropout_rate=0.0,
            decoder_start_token_id=0,
        )
    )
    ours = encoder_decoder_from_t5(theirs).to(device)
    theirs = theirs.to(device)
    source, target, targets = _pairs(size, device)
    return {
        "ours": (ours, lambda: ours.loss(source, target, targets)),
        "T5": (theirs, lambda: theirs(source, labels=targets, use_cache=False).loss),
    }


def bart_contenders(size: Size, device: str) -> dict[str, tuple[nn.Module, Step]]:
    """Text-to-text training with learned positions."""
    theirs = transformers.BartForConditionalGeneration(
        transformers.BartConfig(
            vocab_size=size.vocabulary,
            d_model=size.width,
            encoder_layers=size.layers // 2,
            decoder_layers=size.layers // 2,
            encoder_attention_heads=size.heads,
            decoder_attention_heads=size.heads,
            encoder_ffn_dim=4 * size.width,
            decoder_ffn_dim=4 * size.width,
            max_position_embeddings=size.length,
            dropout=0.0,
            decoder_start_token_id=0,
        )
    )
    ours = encoder_decoder_from_bart(theirs).to(device)
    theirs = theirs.to(device)
    source, target, targets = _pairs(size, device)
    return {
        "ours": (ours, lambda: ours.loss(source, target, targets)),
        "BART": (theirs, lambda: theirs(source, labels=targets, use_cache=False).loss),
    }


TRAINING = {
    "decoder": decoder_contenders,
    "encoder": encoder_contenders,
    "t5": t5_contenders,
    "bart": bart_contenders,
}


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


def matmul_rates(device: str) -> dict[str, float]:
    """Multiplications and additions per second of a large matrix product; the best of ten.

    On a processor there are two libraries for it; see `baseline/models/linear.py`.
    """
    side = 1024 if device == "cpu" else 8192
    a, b = torch.randn(side, side, device=device), torch.randn(side, side, device=device)
    products = {"PyTorch's default": lambda: a @ b, "ours": lambda: linear(a, b)}
    with torch.no_grad():
        return {
            name: 2 * side**3 / min(seconds(product, device) for _ in range(10))
            for name, product in products.items()
        }


def operations(step: Step) -> int:
    """Multiplications and additions in the matrix products of a step."""
    from torch.utils.flop_counter import FlopCounterMode

    # The counter does not know the operator of our linear layers; switched off, it is PyTorch's.
    with torch.backends.mkldnn.flags(enabled=False), FlopCounterMode(display=False) as counter:
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


def main() -> None:
    """Run the sections that were asked for."""
    sections = [*TRAINING, "generation"]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=sections, action="append", help="just this section")
    parser.add_argument(
        "--size", choices=SIZES, help="without it: default and small, or gpu on a GPU"
    )
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--device", choices=["cpu", "cuda"], default="cpu")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument(
        "--without-onednn",
        action="store_true",
        help="linear layers by PyTorch's default, as on a processor for which it is as fast",
    )
    parser.add_argument("--measure-memory", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(options.threads)
    if options.without_onednn:
        torch.backends.mkldnn.set_flags(False)
    torch.manual_seed(0)
    if options.measure_memory:
        measure_memory(*options.measure_memory, options.size, options.device)
        return
    usual = ["default", "small"] if options.device == "cpu" else ["gpu"]
    sizes = [options.size] if options.size else usual
    rates = matmul_rates(options.device)
    rate = max(rates.values())
    reached = ", ".join(f"{name} {found / 1e9:.0f}" for name, found in rates.items())
    print(
        f"torch {torch.__version__}, transformers {transformers.__version__}, {options.device}, "
        f"{options.threads} thread(s); GFLOP/s of a matrix product: {reached}"
    )
    for section, size in itertools.product(options.only or sections, sizes):
        if section == "generation":
            generation_section(size, options.rounds, options.device)
        else:
            train_section(section, size, options.rounds, options.device, rate)


if __name__ == "__main__":
    main()
