"""What the training recipe is worth: CPU seconds until ours is as good as a peer after its budget.

    python benchmarks/recipe.py                          # five tasks, one seed, 60 CPU seconds
    python benchmarks/recipe.py --only prose --seeds 3 --jobs 2
    python benchmarks/recipe.py --seconds 20             # a quick look
    python benchmarks/recipe.py --suited                 # peers also with a rate that suits them

All contenders of a task have about the same number of weights, the same tokens and the same
batches, one thread, and a process of their own, whose largest memory is shown. Peers are trained by
the settings that they come with: the plain GPT by minGPT's (AdamW 3e-4, betas 0.9 and 0.95, decay
0.1), models of transformers by the Trainer's (AdamW 5e-5, falling linearly). Because these rates
are low for so short a training, `--suited` runs each peer a second time with 1e-3, warm-up and a
cosine. Ours is trained by the defaults of `python -m baseline train` with a budget of 40 % of
theirs, and measured on the way; and once with all of it. Only the time of training counts;
validation is measured outside of it.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import random
import resource
import statistics
import sys
import time
from collections.abc import Callable
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
# What is learned, by which family, and who learns it beside ours.
TASKS = {
    "prose": ("generation", "decoder-only", ("plain GPT", "GPT2LMHeadModel")),
    "labels": ("text-classification", "encoder-only", ("BertForSequenceClassification",)),
    "masked words": ("pretraining", "encoder-only", ("BertForMaskedLM",)),
    "dates": ("translation", "encoder-decoder", ("T5", "BART")),
    "summaries": ("summarization", "encoder-decoder", ("T5", "BART")),
}
OURS, WHOLE, SUITED = "ours", "ours, whole budget", ", rate 1e-3"
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
class Outcome:
    """What a contender reached.

    Attributes:
        curve: CPU seconds and validation loss on the way.
        shown: The task's own figure at the end.
    """

    steps: int
    weights: int
    megabytes: int  # the largest memory of its process
    curve: list[tuple[float, float]]
    shown: str


@dataclass(frozen=True)
class Course:
    """What all contenders of a task learn."""

    settings: config.Config
    pipeline: Any
    items: list[Any]
    watched: list[Any]
    task: Any
    validation: Any


def course_of(name: str, seed: int) -> Course:
    """A task, prepared by our defaults."""
    task, kind, _ = TASKS[name]
    overrides = [f"project.task={task}", f"project.family={kind}", f"training.seed={seed}"]
    settings = defaults.resolved(config.read_config(None, overrides))
    planned = plan(settings, TEAM)
    torch.manual_seed(seed)
    pipeline = pipelines.assemble(settings, planned.task, planned.dataset)
    validation = planned.dataset.validation[:512]
    objective = pipeline.objective
    items, _ = objective.prepare(planned.dataset.train)
    watched, _ = objective.prepare(validation)
    watched = list(objective.draw(watched, random.Random(0)))
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


def peer(label: str, course: Course, seconds: float) -> Contender:
    """A peer as it comes, or with a rate that suits a short training."""
    name, suited = label.removesuffix(SUITED), label.endswith(SUITED)
    torch.manual_seed(course.settings.training.seed)
    model, loss = PEERS[name](course)
    step = adamw(model, plain=name == "plain GPT", suited=suited)
    return Contender(label, model, loss, step, seconds)


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


def _bert_shape(course: Course, **more: Any) -> Any:
    vocabulary, model, length = _sizes(course)
    return transformers.BertConfig(
        vocab_size=vocabulary,
        hidden_size=model.width,
        num_hidden_layers=model.layers,
        num_attention_heads=model.heads,
        intermediate_size=4 * model.width,
        max_position_embeddings=length,
        **more,
    )


def _read(net: nn.Module, batch: Batch) -> Tensor:
    logits = net(batch["tokens"], attention_mask=batch["mask"]).logits
    return _mean(logits, batch["targets"])


def bert(course: Course) -> Made:
    """The library's BERT with a head for labels."""
    labels = len(course.pipeline.architecture["labels"])
    shape = _bert_shape(course, num_labels=labels)
    return transformers.BertForSequenceClassification(shape), _read


def masked_bert(course: Course) -> Made:
    """The library's BERT with a head for hidden words."""
    return transformers.BertForMaskedLM(_bert_shape(course)), _read


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


PEERS: dict[str, Callable[[Course], Made]] = {
    "plain GPT": plain_gpt,
    "GPT2LMHeadModel": gpt2,
    "BertForSequenceClassification": bert,
    "BertForMaskedLM": masked_bert,
    "T5": t5,
    "BART": bart,
}


# ------------------------------------------------------------------------------ measuring


def validation_loss(contender: Contender, course: Course) -> float:
    """Mean loss over all targets of the validation data, in nats."""
    total, count = base.total_loss(contender.loss, contender.model, course.watched)
    return total / count


def train(
    contender: Contender, course: Course, points: int
) -> tuple[int, list[tuple[float, float]]]:
    """Train for the budget: steps, and CPU seconds and validation loss so many times on the way."""
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
    return steps, found


def also(contender: Contender, course: Course) -> str:
    """The task's own figure on the validation data, where it is cheap to have."""
    objective = course.pipeline.objective
    if contender.name not in (OURS, WHOLE):
        return ""
    if course.task.name == "generation" or objective.by_metric:
        answers = objective.predict(contender.model, course.validation)
        found = measure(course.task, course.validation, answers)
        return ", ".join(f"{name} {value:.3f}" for name, value in found.items())
    return ""


def run(job: tuple[str, str, int, float]) -> Outcome:
    """Train one contender in this process; `job` is task, contender, seed and CPU seconds."""
    task, name, seed, seconds = job
    torch.set_num_threads(1)
    course = course_of(task, seed)
    if name == OURS:
        contender = ours(course, SHARE * seconds)
    elif name == WHOLE:
        contender = replace(ours(course, seconds), name=WHOLE)
    else:
        contender = peer(name, course, seconds)
    steps, curve = train(contender, course, points=16 if name == OURS else 1)
    weights = sum(weight.numel() for weight in contender.model.parameters())
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return Outcome(steps, weights, memory, curve, also(contender, course))


def report(task: str, seconds: float, outcomes: dict[tuple[str, int], Outcome]) -> None:
    """Print what each contender reached, and how soon ours was as good."""
    print(f"\n{task}: {TASKS[task][1]}, {seconds:g} CPU seconds for peers")
    seeds = sorted({seed for _, seed in outcomes})
    for name in dict.fromkeys(name for name, _ in outcomes):
        mine = [outcomes[name, seed] for seed in seeds]
        ends = [outcome.curve[-1][1] for outcome in mine]
        spread = f" ± {statistics.stdev(ends):.3f}" if len(ends) > 1 else ""
        line = (
            f"  {name:36}{mine[0].weights:>10,} weights "
            f"{statistics.mean(outcome.steps for outcome in mine):6.0f} steps "
            f"{max(outcome.megabytes for outcome in mine):5} MB  "
            f"loss {statistics.mean(ends):.3f}{spread}"
        )
        if name not in (OURS, WHOLE):
            shares = [
                next((at for at, loss in outcomes[OURS, seed].curve if loss <= end), math.inf)
                for seed, end in zip(seeds, ends, strict=True)
            ]
            middle = statistics.median(shares) / seconds
            reached = f"after {middle:.0%} of its time" if middle < math.inf else "never"
            line += f"  ours is as good {reached}"
        print(line)
        for outcome in mine:
            if outcome.shown:
                print(f"  {'':36}{outcome.shown}")
    sys.stdout.flush()


def main() -> None:
    """Run the tasks that were asked for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--only", choices=TASKS, action="append", help="just this task")
    parser.add_argument("--seconds", type=float, default=60.0, help="CPU seconds of a peer")
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=1, help="contenders at once")
    parser.add_argument("--suited", action="store_true", help="peers also with a rate of 1e-3")
    options = parser.parse_args()
    transformers.logging.set_verbosity_error()
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, one thread")
    # A process for each, so that its largest memory is its own.
    with multiprocessing.get_context("fork").Pool(options.jobs, maxtasksperchild=1) as pool:
        for task in options.only or TASKS:
            names = [OURS, WHOLE, *TASKS[task][2]]
            names += [name + SUITED for name in TASKS[task][2] if options.suited]
            keys = [(name, seed) for seed in range(1, options.seeds + 1) for name in names]
            found = pool.imap(run, [(task, *key, options.seconds) for key in keys], chunksize=1)
            report(task, options.seconds, dict(zip(keys, found, strict=True)))


if __name__ == "__main__":
    main()
