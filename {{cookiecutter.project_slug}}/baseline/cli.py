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
import tomllib
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from baseline.errors import BaselineError

if TYPE_CHECKING:
    from baseline.config import Config
    from baseline.training.runs import Run

# Options of `generate` that are settings, too: `--top-k 5` is `--set generation.top_k=5`.
_GENERATION = (
    *("max_new_tokens", "temperature", "top_k", "top_p", "repetition_penalty", "beams", "seed"),
)


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
    """The parser for what `cli.toml` describes; a command is the function of that name here."""
    described = tomllib.loads(Path(__file__).with_suffix(".toml").read_text(encoding="utf-8"))
    shared = described.pop("shared")
    kinds = {"int": int, "float": float, "path": Path}
    parser = argparse.ArgumentParser(
        prog="python -m baseline",
        description="Train and compare the baseline models. Settings are in baseline.toml; each "
        "can be changed for one call, for example: training.cpu_seconds=20 model.width=64",
    )
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, about in described.items():
        command = commands.add_parser(name, help=about["help"], description=about["help"])
        command.set_defaults(run=globals()[f"_{name}"])
        everyone = ["root"] if name == "app" else ["root", "json"]
        own = [shared[one] for one in (*everyone, *about.get("takes", ()))] + about.get("own", [])
        if "dry_run" in about:
            own.append({"flag": "--dry-run", "action": "store_true", "help": about["dry_run"]})
        for argument in own:
            options = dict(argument)
            if "type" in options:
                options["type"] = kinds[options["type"]]
            command.add_argument(options.pop("flag"), **options)
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
    for key in _GENERATION:
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
    _say(options, asdict(found), verify.lines(found))
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
    if card.path:
        print(card.told() if writes or card.kept else f"would write {card.path}")
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
    else:
        hidden = options.dry_run or card.path is None
        print(card.text if hidden and not card.kept else card.told())


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
