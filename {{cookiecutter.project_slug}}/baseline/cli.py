"""The command line: `python -m baseline COMMAND`; `--help` lists the commands.

The only module that prints or exits. Exit codes: 0 fine, 2 the user's mistake (one sentence
on stderr), 130 interrupted.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from baseline.errors import BaselineError

if TYPE_CHECKING:
    from baseline.config import Config
    from baseline.training.runs import Run

# Of `generate`: `--top-k 5` is the same as `--set generation.top_k=5`.
_GENERATION = (
    ("--max-new-tokens", int, "stop after so many tokens"),
    ("--temperature", float, "0 takes the likeliest token (default), 1 draws, more is bolder"),
    ("--top-k", int, "draw among the k likeliest tokens only"),
    ("--top-p", float, "draw among the likeliest tokens that together have this probability"),
    ("--repetition-penalty", float, "above 1, what was written becomes less likely"),
    ("--beams", int, "follow so many texts and keep the likeliest"),
    ("--seed", int, "the same seed draws the same text"),
)
_MODELS = "default, baseline (cheap, no torch), lstm, lstm-attention, transformer-xl, pretrained"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="replace")
    options = _parser().parse_args(arguments)
    try:
        return options.run(options) or 0
    except BaselineError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt as error:
        print(f"\ninterrupted{'; ' + str(error) if str(error) else ''}", file=sys.stderr)
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m baseline",
        description="Train and compare the baseline models. Settings are in baseline.toml; each "
        "can be changed for one call, for example: training.cpu_seconds=20 model.width=64",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def add(name: str, text: str, *, json_option: bool = True) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=text, description=text)
        command.set_defaults(run=globals()[f"_{name}"])
        command.add_argument("--root", type=Path, default=Path(), help="the team's repository")
        if json_option:
            command.add_argument("--json", action="store_true", help="print JSON instead of text")
        return command

    def configured(command: argparse.ArgumentParser) -> None:
        command.add_argument("--config", type=Path, help="a TOML file (default: baseline.toml)")
        command.add_argument("--model", help=f"the same as model.name=…: {_MODELS}")
        command.add_argument("overrides", nargs="*", metavar="section.key=value")

    for name, text in (
        ("train", "Train a model, measure it, and write runs/<id>/ and results.json."),
        ("pretrain", "Learn from plain text first; then: train model.start=last"),
    ):
        train = add(name, text)
        configured(train)
        train.add_argument(
            "--resume", metavar="RUN", help='go on with an interrupted run, or "last"'
        )
        train.add_argument("--name", help="what to call the experiment: experiment.name=…")
        train.add_argument("--dry-run", action="store_true", help="check everything, write nothing")
        train.add_argument(
            "--try", dest="tries", action="append", default=[], metavar="section.key=value,value",
            help="train an experiment for each value, and for each combination of several --try",
        )  # fmt: skip
    evaluate = add("evaluate", "Measure a trained model again, on any part of the data.")
    evaluate.add_argument("--of", default="last", metavar="RUN", help="which run (default: last)")
    evaluate.add_argument("--split", choices=("train", "validation", "test"), default="validation")
    evaluate.add_argument("overrides", nargs="*", metavar="data.key=value")
    generate = add("generate", "Let a trained model answer, tag, translate or write.")
    generate.add_argument(
        "text", nargs="*", help="the input; without it, each line of standard input"
    )
    generate.add_argument("--of", default="last", metavar="RUN", help="which run (default: last)")
    generate.add_argument("--question", default="", help="for question answering: about the text")
    for flag, kind, help_text in _GENERATION:
        generate.add_argument(flag, type=kind, metavar="N", help=help_text)
    generate.add_argument(
        "--set", action="append", default=[], metavar="section.key=value", help="any other setting"
    )
    add("compare", "Rank all experiments on validation, the best first, and say what differs.")
    final = add(
        "final",
        "Open the sealed test part for one experiment, with intervals and every prediction.",
    )
    final.add_argument(
        "name", nargs="?", default="", help="the experiment (default: the best on validation)"
    )
    final.add_argument("--dry-run", action="store_true", help="say what would be opened")
    verify = add("verify", "Run a result again from its commit, with its seed and two new ones.")
    verify.add_argument(
        "name", nargs="?", default="", help="the experiment or run (default: the best)"
    )
    verify.add_argument(
        "--evaluate", action="store_true", help="only measure the weights that are here again"
    )
    verify.add_argument("--dry-run", action="store_true", help="say whether it could be run again")
    errors = add("errors", "Write a page about what a model gets wrong, on validation.")
    errors.add_argument("--of", default="last", metavar="RUN", help="which run (default: last)")
    errors.add_argument("--dry-run", action="store_true", help="print the page, write nothing")
    app = add("app", "Show a trained model live on a page of this computer.", json_option=False)
    app.add_argument("--of", default="last", metavar="RUN", help="which run (default: last)")
    app.add_argument("--port", type=int, default=8765, help="0 takes a free one")
    export = add("export", "Write a trained model as one file, for another computer.")
    export.add_argument("run_name", nargs="?", default="last", metavar="RUN")
    export.add_argument("--to", type=Path, metavar="FILE", help="default: RUN.zip")
    export.add_argument("--dry-run", action="store_true", help="say what would be written")
    take = add("import", "Take a model that `export` wrote into runs/.")
    take.add_argument("file", type=Path)
    take.add_argument("--dry-run", action="store_true", help="check the file, write nothing")
    add("data", "Describe the data of baseline.toml in a data card, and list what works offline.")
    configured(commands.choices["data"])
    commands.choices["data"].add_argument(
        "--dry-run", action="store_true", help="write no data card and no split"
    )
    summary = add("summary", "Fill the results summary in README.md from results.json.")
    summary.add_argument("--dry-run", action="store_true", help="show the change, write nothing")
    return parser


def _load(options: argparse.Namespace, more: Sequence[str] = ()) -> Config:
    from baseline import config

    overrides = [*options.overrides, *more]
    if options.model:
        overrides.append(f"model.name={options.model}")
    if getattr(options, "name", None):
        overrides.append(f"experiment.name={json.dumps(options.name)}")
    path = options.config
    if path is None:
        path = options.root / "baseline.toml"
        path = path if path.exists() else None
    return config.read_config(path, overrides)


class _Console:
    """Lines on stderr. On a terminal a transient line is overwritten by the next one."""

    def __init__(self) -> None:
        self._pending = 0  # characters of the transient line on the screen
        self._last = time.monotonic()

    def __call__(self, text: str, *, transient: bool = False) -> None:
        terminal = sys.stderr.isatty()
        if transient and not terminal and time.monotonic() - self._last < 10:
            return  # a log file needs no more than a line now and then
        self._last = time.monotonic()
        start = "\r" if self._pending else ""
        end = "" if transient and terminal else "\n"
        print(f"{start}{text:<{self._pending}}", end=end, file=sys.stderr, flush=True)
        self._pending = len(text) if not end else 0


def _say(options: argparse.Namespace, value: object, lines: Sequence[str]) -> None:
    """Print a value as JSON where that is asked for, and lines for a person otherwise."""
    shown = json.dumps(value, indent=2, ensure_ascii=False) if options.json else "\n".join(lines)
    print(shown)


def _train(options: argparse.Namespace) -> None:
    from baseline.experiments import comparing, plan
    from baseline.experiments.train import combinations, finished, train

    if options.resume:
        from baseline.experiments import neural

        _show_run(options, neural.resume(options.resume, options.root, _Console()))
        return
    configs = [_load(options, chosen) for chosen in combinations(options.tries)]
    console = _Console()
    for config in configs:
        if options.command == "pretrain":
            if not options.dry_run:
                plan.keep_split(config, options.root)
            config = plan.pretraining(config)
        if options.dry_run:
            planned = plan.plan(config, options.root)
            parts = ", ".join(f"{n:,} {split}" for split, n in planned.run.examples.items())
            print(f"would train {planned.run.experiment} on {planned.dataset.name} ({parts})")
            for note in planned.run.notes:
                print(note)
        elif len(configs) > 1 and (done := finished(config, options.root)):
            console(f"runs/{done} did that already")
        else:
            _show_run(options, train(config, options.root, console))
    if len(configs) > 1 and not options.dry_run and not options.json:
        print("\n".join(comparing.compare(options.root).lines()))


def _show_run(options: argparse.Namespace, run: Run) -> None:
    if os.environ.get("RANK", "0") != "0":
        return  # under torchrun, the first process speaks for all
    lines = [
        f"{split}: " + ", ".join(f"{name} {value:.4g}" for name, value in values.items())
        for split, values in run.results.items()
    ]
    lines += [f"experiment: {run.experiment}"]
    lines += [f"runs/{run.id}  ({run.seconds:.1f} s, {run.cpu_seconds:.1f} CPU-seconds)"]
    _say(options, asdict(run), lines)


_pretrain = _train


def _evaluate(options: argparse.Namespace) -> None:
    from baseline.experiments import inference

    values = inference.evaluate(options.root, options.of, options.split, options.overrides)
    _say(options, values, [f"{name}: {value:.4g}" for name, value in values.items()])


def _generate(options: argparse.Namespace) -> None:
    from baseline.experiments import inference

    if not options.text and sys.stdin.isatty():
        print("type a text, then Enter; Ctrl-D ends", file=sys.stderr)
    lines = (line.rstrip("\r\n") for line in sys.stdin)
    texts = [" ".join(options.text)] if options.text else lines
    overrides = list(options.set)
    for flag, _, _ in _GENERATION:
        key = flag.removeprefix("--").replace("-", "_")
        value = getattr(options, key)
        if value is not None:
            section = "training" if key == "seed" else "generation"
            overrides.append(f"{section}.{key}={value}")

    def say(text: str) -> None:
        if not options.json:
            print(text, end="", flush=True)

    for output in inference.generate(
        options.root, options.of, texts, options.question, overrides, say
    ):
        print(json.dumps(output, ensure_ascii=False) if options.json else "", flush=True)


def _compare(options: argparse.Namespace) -> None:
    from baseline.experiments import comparing

    table = comparing.compare(options.root)
    if table.absent:
        print(f"left out, as they are not in runs/: {', '.join(table.absent)}", file=sys.stderr)
    _say(options, table.as_json(), table.lines())


def _final(options: argparse.Namespace) -> None:
    from baseline.experiments import final

    found = final.open_test(options.root, options.name, _Console(), dry_run=options.dry_run)
    if found is not None:
        _say(options, asdict(found), final.lines(found))


def _verify(options: argparse.Namespace) -> int:
    from baseline.experiments import verify
    from baseline.experiments.verdict import DIFFERS

    found = verify.verify(
        options.root, options.name, _Console(), evaluate=options.evaluate, dry_run=options.dry_run
    )
    print(verify.as_json(found) if options.json else "\n".join(verify.lines(found)))
    return 1 if found.word == DIFFERS else 0


def _data(options: argparse.Namespace) -> None:
    from baseline.tasks.catalogue import TASKS

    if options.config or options.overrides or (options.root / "baseline.toml").exists():
        _describe(options)
        if options.json:
            return
    table = {name: list(task.form.builtin) for name, task in TASKS.items()}
    lines = [f"  {task:<20} {', '.join(names)}" for task, names in table.items()]
    _say(options, table, ["offline data for each task (data.name):", *lines])


def _describe(options: argparse.Namespace) -> None:
    """Say what the configured data are, and write their card into the milestone's folder."""
    from baseline.data import loading
    from baseline.data.examples import SPLITS
    from baseline.experiments import data_card, pages
    from baseline.tasks.catalogue import find

    config = _load(options)
    task = find(config.project.task)
    writes = pages.milestone(options.root, 1) is not None and not options.dry_run
    loaded = loading.load_dataset(task.form, config.data, options.root, store=writes)
    card = data_card.write_card(task, loaded, options.root, dry_run=options.dry_run)
    sizes = {split: len(loaded.part(split)) for split in SPLITS}
    if options.json:
        about = {
            "task": config.project.task,
            "dataset": loaded.name,
            "data": loading.fingerprint(loaded),
            "examples": sizes,
            "notes": list(loaded.notes),
            "card": str(card.path) if card.path and writes else None,
        }
        print(json.dumps(about, indent=2, ensure_ascii=False))
        return
    parts = ", ".join(f"{n:,} {split}" for split, n in sizes.items())
    print(f"{config.project.task}: {loaded.name} ({parts})")
    for note in loaded.notes:
        print(note)
    first = loaded.train[0]
    answer = f" -> {first.tags or first.target!r}" if len(task.form.columns) > 1 else ""
    print(f"first example: {first.question or first.text[:200]!r}{answer}")
    if card.kept:
        print(f"{card.path}: your own words stay; remove it to have it written anew")
    elif card.path:
        print(f"{'wrote' if writes else 'would write'} {card.path}")
    print()


def _summary(options: argparse.Namespace) -> None:
    from baseline.experiments import summary

    done = summary.update(options.root, dry_run=options.dry_run)
    lists = {name: list(getattr(done, name)) for name in ("filled", "kept", "missing")}
    _say(options, lists, [summary.report(done, dry_run=options.dry_run)])


def _errors(options: argparse.Namespace) -> None:
    from baseline.experiments import analysis

    card = analysis.analyse(options.root, options.of, _Console(), dry_run=options.dry_run)
    if options.json:
        print(json.dumps({"page": str(card.path or ""), "text": card.text}, ensure_ascii=False))
    elif card.kept:
        print(f"{card.path}: your own words stay; remove it to have it written anew")
    elif options.dry_run or card.path is None:
        print(card.text)
    else:
        print(f"wrote {card.path}")


def _app(options: argparse.Namespace) -> None:
    from baseline.experiments import app

    with app.make_server(options.root, options.of, options.port) as server:
        print(f"open http://127.0.0.1:{server.server_address[1]}/  (Ctrl-C ends)", flush=True)
        server.serve_forever()


def _export(options: argparse.Namespace) -> None:
    from baseline.experiments import transfer

    path = transfer.export(options.root, options.run_name, options.to, dry_run=options.dry_run)
    verb = "would write" if options.dry_run else "wrote"
    _say(options, {"file": str(path)}, [f"{verb} {path}"])


def _import(options: argparse.Namespace) -> None:
    from baseline.experiments import transfer

    run = transfer.take(options.root, options.file, dry_run=options.dry_run)
    verb = "would write" if options.dry_run else "wrote"
    _say(options, {"run": run}, [f"{verb} runs/{run}"])
