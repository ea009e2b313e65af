"""What the training recipe is worth: CPU seconds until ours is as good as a peer after its budget.

    python benchmarks/recipe.py                        # three families, one seed, 60 CPU seconds
    python benchmarks/recipe.py --only decoder --seeds 3
    python benchmarks/recipe.py --seconds 20           # a quick look

All contenders of a family have about the same number of weights, the same tokens and the same
batches, and one thread. Peers are trained by the settings that they come with: the plain GPT by
minGPT's (AdamW 3e-4, betas 0.9 and 0.95, decay 0.1), models of transformers by the Trainer's (AdamW
5e-5, falling linearly). Because these rates are low for so short a training, each peer runs a
second time with a rate that suits it better (1e-3 with warm-up and a cosine). Ours is trained by
the defaults of `python -m baseline train` with a budget of 40 % of theirs, and measured on the way.
Only the time of training counts; validation is measured outside of it.
"""

from __future__ import annotations

import argparse
import math
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
import transformers
from peers import PlainGpt, Size
from torch import Tensor, nn
from torch.nn import functional as F

TEAM = Path(__file__).resolve().parent.parent / "{{cookiecutter.project_slug}}"
sys.path[:0] = [str(TEAM)]

from baseline import config  # noqa: E402
from baseline.experiments.plan import plan  # noqa: E402
from baseline.tasks.base import measure  # noqa: E402
from baseline.tasks.objectives import base  # noqa: E402
from baseline.training import defaults, optimizers, pipelines  # noqa: E402
from baseline.training.batches import Batches, mixed_seed  # noqa: E402
from baseline.training.parallel import Ranks  # noqa: E402

SHARE = 0.4  # of the peers' budget
TASKS = {
    "decoder": ("generation", "decoder-only"),
    "encoder": ("text-classification", "encoder-only"),
    "encoder-decoder": ("translation", "encoder-decoder"),
}
Batch = dict[str, Tensor]


@dataclass
class Contender:
    """A model, how it is trained, and how its logits are compared with the targets."""

    name: str
    model: nn.Module
    loss: Callable[[nn.Module, Batch], Tensor]
    step: Callable[[float], None]
    seconds: float


@dataclass(frozen=True)
class Course:
    """What all contenders of a family learn."""

    settings: config.Config
    pipeline: Any
    items: list[Any]
    watched: list[Any]
    task: Any
    validation: Any


def course_of(family: str, seed: int) -> Course:
    """The default task of a family, prepared by our defaults."""
    task, kind = TASKS[family]
    overrides = [f"project.task={task}", f"project.family={kind}", f"training.seed={seed}"]
    settings = defaults.resolved(config.read_config(None, overrides))
    planned = plan(settings, TEAM)
    torch.manual_seed(seed)
    pipeline = pipelines.assemble(settings, planned.task, planned.dataset)
    validation = planned.dataset.validation[:512]
    items, _ = pipeline.objective.prepare(planned.dataset.train)
    watched, _ = pipeline.objective.prepare(validation)
    return Course(settings, pipeline, items, watched, planned.task, validation)


def ours(course: Course, seconds: float) -> Contender:
    """Our model by our defaults."""
    model, training = course.pipeline.model, course.settings.training
    made = optimizers.make_optimizers(model, training, Ranks(0, 1, torch.device("cpu")))

    def step(done: float) -> None:
        optimizers.set_rates(made, optimizers.rate_share(training, done))
        nn.utils.clip_grad_norm_(model.parameters(), training.clip)
        for optimizer in made:
            optimizer.step()
            optimizer.zero_grad()

    return Contender("ours", model, course.pipeline.objective.loss, step, seconds)


def peers(family: str, course: Course, seconds: float) -> Iterator[Contender]:
    """Each peer as it comes, and with a rate that suits a short training."""
    makers = {
        "decoder": {"plain GPT": plain_gpt, "GPT2LMHeadModel": gpt2},
        "encoder": {"BertForSequenceClassification": bert},
        "encoder-decoder": {"T5": t5, "BART": bart},
    }[family]
    for name, make in makers.items():
        for suited in (False, True):
            torch.manual_seed(course.settings.training.seed)
            model, loss = make(course)
            plain = name == "plain GPT"
            step = adamw(model, plain=plain, suited=suited)
            label = f"{name}, rate 1e-3" if suited else name
            yield Contender(label, model, loss, step, seconds)


def adamw(model: nn.Module, *, plain: bool, suited: bool) -> Callable[[float], None]:
    """A peer's optimizer step, called with the share of the budget that is spent."""
    rate = 1e-3 if suited else 3e-4 if plain else 5e-5
    options: dict[str, Any] = (
        {"betas": (0.9, 0.95), "weight_decay": 0.1} if plain else {"weight_decay": 0.0}
    )
    optimizer = torch.optim.AdamW(model.parameters(), lr=rate, fused=True, **options)

    def step(done: float) -> None:
        if suited:
            share = min(1.0, done / 0.1 + 0.01) * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))
        else:
            share = 1.0 if plain else 1.0 - done
        for group in optimizer.param_groups:
            group["lr"] = rate * share
        nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        optimizer.zero_grad()

    return step


# ---------------------------------------------------------------------------- the peers

Made = tuple[nn.Module, Callable[[nn.Module, Batch], Tensor]]


def _sizes(course: Course) -> tuple[int, config.Model, int]:
    model = course.settings.model
    vocabulary = course.pipeline.model.state_dict()
    tokens = next(value for name, value in vocabulary.items() if name.endswith("tokens.weight"))
    return len(tokens), model, course.settings.tokenizer.max_tokens


def _mean(logits: Tensor, targets: Tensor) -> Tensor:
    return F.cross_entropy(logits.flatten(0, -2), targets.flatten(), ignore_index=-100)


def plain_gpt(course: Course) -> Made:
    """GPT as minGPT writes it, with its first weights."""
    vocabulary, model, length = _sizes(course)
    made = PlainGpt(Size(vocabulary, model.width, model.layers, model.heads, length, 0))
    for part in made.modules():
        if isinstance(part, nn.Linear | nn.Embedding):
            nn.init.normal_(part.weight, std=0.02)
        if isinstance(part, nn.Linear):
            nn.init.zeros_(part.bias)
    return made, lambda net, batch: net(batch["tokens"], batch["targets"])


def gpt2(course: Course) -> Made:
    """The library's GPT-2."""
    vocabulary, model, length = _sizes(course)
    shape = transformers.GPT2Config(
        vocab_size=vocabulary,
        n_embd=model.width,
        n_layer=model.layers,
        n_head=model.heads,
        n_positions=length,
        bos_token_id=0,
        eos_token_id=0,
    )
    return transformers.GPT2LMHeadModel(shape), lambda net, batch: _mean(
        net(batch["tokens"], use_cache=False).logits, batch["targets"]
    )


def bert(course: Course) -> Made:
    """The library's BERT with a head for labels."""
    vocabulary, model, length = _sizes(course)
    shape = transformers.BertConfig(
        vocab_size=vocabulary,
        hidden_size=model.width,
        num_hidden_layers=model.layers,
        num_attention_heads=model.heads,
        intermediate_size=4 * model.width,
        max_position_embeddings=length,
        num_labels=len(course.pipeline.architecture["labels"]),
    )
    return transformers.BertForSequenceClassification(shape), lambda net, batch: _mean(
        net(batch["tokens"], attention_mask=batch["mask"]).logits, batch["targets"]
    )


def _pair_loss(net: nn.Module, batch: Batch) -> Tensor:
    logits = net(
        batch["tokens"],
        attention_mask=batch["mask"],
        decoder_input_ids=batch["inputs"],
        use_cache=False,
    ).logits
    return _mean(logits, batch["targets"])


def t5(course: Course) -> Made:
    """The library's T5."""
    vocabulary, model, _ = _sizes(course)
    shape = transformers.T5Config(
        vocab_size=vocabulary,
        d_model=model.width,
        d_kv=model.width // model.heads,
        d_ff=4 * model.width,
        num_layers=model.layers,
        num_heads=model.heads,
        decoder_start_token_id=0,
    )
    return transformers.T5ForConditionalGeneration(shape), _pair_loss


def bart(course: Course) -> Made:
    """The library's BART."""
    vocabulary, model, length = _sizes(course)
    shape = transformers.BartConfig(
        vocab_size=vocabulary,
        d_model=model.width,
        encoder_layers=model.layers,
        decoder_layers=model.layers,
        encoder_attention_heads=model.heads,
        decoder_attention_heads=model.heads,
        encoder_ffn_dim=4 * model.width,
        decoder_ffn_dim=4 * model.width,
        max_position_embeddings=length + 2,
        decoder_start_token_id=0,
    )
    return transformers.BartForConditionalGeneration(shape), _pair_loss


# ------------------------------------------------------------------------------ measuring


def validation_loss(contender: Contender, course: Course) -> float:
    """Mean loss over all targets of the validation data, in nats."""
    total, count = base.total_loss(contender.loss, contender.model, course.watched)
    return total / count


def train(contender: Contender, course: Course, points: int) -> list[tuple[float, float]]:
    """Train for the budget: CPU seconds and validation loss at so many points on the way."""
    settings = course.settings.training
    batches = Batches(course.items, settings)
    spent, steps = 0.0, 0
    found: list[tuple[float, float]] = []
    while spent < contender.seconds:
        torch.manual_seed(mixed_seed(settings.seed, steps, 0))
        rng = random.Random(mixed_seed(settings.seed, steps, -2))
        began = time.process_time()
        batch = base.collate(course.pipeline.objective.draw(next(batches), rng))
        contender.model.train()
        contender.loss(contender.model, batch).backward()
        contender.step(spent / contender.seconds)
        spent += time.process_time() - began
        steps += 1
        if spent >= contender.seconds * (len(found) + 1) / points:
            found.append((spent, validation_loss(contender, course)))
    print(
        f"  {contender.name:34}{steps:6} steps  {spent:5.1f} s  validation loss {found[-1][1]:.4f}",
        flush=True,
    )
    return found


def also(contender: Contender, course: Course) -> str:
    """The task's own figure on the validation data, where it is cheap to have."""
    objective = course.pipeline.objective
    if course.task.name == "generation":
        total, _ = base.total_loss(contender.loss, contender.model, course.watched)
        characters = sum(len(example.text) for example in course.validation)
        return f"{total / math.log(2) / characters:.3f} bits per character"
    if objective.by_metric:
        found = measure(
            course.task, course.validation, objective.predict(contender.model, course.validation)
        )
        return ", ".join(f"{name} {value:.3f}" for name, value in found.items())
    return ""


def family_section(family: str, seconds: float, seeds: int) -> None:
    """Print what each contender reaches, and how soon ours is as good."""
    print(f"\n{family}: {TASKS[family][0]}, {seconds:g} CPU seconds for peers")
    shares: dict[str, list[float | None]] = {}
    for seed in range(1, seeds + 1):
        course = course_of(family, seed)
        mine = ours(course, SHARE * seconds)
        weights = sum(weight.numel() for weight in mine.model.parameters())
        print(f"  seed {seed}, ours has {weights:,} weights")
        curve = train(mine, course, points=16)
        if shown := also(mine, course):
            print(f"  {'':34}{shown}")
        for peer in peers(family, course, seconds):
            end = train(peer, course, points=1)[-1][1]
            reached = next((at for at, loss in curve if loss <= end), None)
            shares.setdefault(peer.name, []).append(None if reached is None else reached / seconds)
        whole = replace(ours(course_of(family, seed), seconds), name="ours, whole budget")
        train(whole, course, points=1)
        if shown := also(whole, course):
            print(f"  {'':34}{shown}")
    for name, found in shares.items():
        reached = [share for share in found if share is not None]
        middle = f"{statistics.median(reached):.0%}" if reached else "never"
        print(
            f"  as good as {name:34} after {middle} of its time "
            f"({len(reached)} of {len(found)} seeds within {SHARE:.0%})"
        )


def main() -> None:
    """Run the families that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=TASKS, action="append", help="just this family")
    parser.add_argument("--seconds", type=float, default=60.0, help="CPU seconds of a peer")
    parser.add_argument("--seeds", type=int, default=1)
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    torch.set_num_threads(1)
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, one thread")
    for family in options.only or TASKS:
        family_section(family, options.seconds, options.seeds)


if __name__ == "__main__":
    main()
