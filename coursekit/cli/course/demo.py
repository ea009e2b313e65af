"""`coursekit demo`: the main job from end to end."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import click

from litreview.console import dry_run_option, json_option, print_json


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), default=Path("demo"))
@click.option("--online", is_flag=True, help="Find sources on arXiv, not in the reading list.")
@click.option(
    "--neural/--no-neural",
    default=None,
    help="Train transformers, too; by default where torch is installed.",
)
@click.option(
    "--train-seconds",
    type=click.IntRange(1, 3600),
    default=8,
    show_default=True,
    help="Training time of each transformer.",
)
@dry_run_option
@json_option
def command(
    folder: Path,
    online: bool,
    neural: bool | None,
    train_seconds: int,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Show everything once, in FOLDER (default: demo), offline.

    An example course of nine teams on its last day: their repositories, a literature
    review, runs and slides of each, a programme, and the showcase as a site. Run it
    again in the same folder to go on or to refresh it.
    """
    from coursekit.demo import demo

    with _display() as on_step:
        report = demo(
            folder,
            online=online,
            neural=neural,
            train_seconds=train_seconds,
            dry_run=dry_run,
            on_step=on_step,
        )
    if as_json:
        print_json(report.to_json())
        return
    if dry_run:
        click.echo(f"would make a course, nine repositories and a showcase in {folder}")
        return
    click.echo(f"\nDone in {report.seconds:.1f} s.")
    click.echo(f"  {folder / 'course'}: the course, and a bare repository for each team")
    for one in report.teams:
        trained = "1 training run" if len(one.runs) == 1 else f"{len(one.runs)} training runs"
        click.echo(f"  {one.clone}: a review of {one.sources} sources, {trained}")
    click.echo(f"  {report.site}: the showcase. Open it with:\n")
    click.echo(f"{_python()} -m webbrowser {report.start_page.absolute().as_uri()}")


@contextlib.contextmanager
def _display() -> Iterator[Callable[[int, int, str], None]]:
    """A line on stderr for each step; on a terminal, with a sign of life below it."""
    started = time.monotonic()
    status = None
    if sys.stderr.isatty():
        from rich.console import Console

        status = Console(stderr=True).status("starting")

    def on_step(number: int, total: int, name: str) -> None:
        line = f"[{number:>2}/{total}] {time.monotonic() - started:5.1f} s  {name}"
        if status is None:
            click.echo(line, err=True)
        else:
            status.console.print(line, markup=False, highlight=False, soft_wrap=True)
            status.update("working")

    with status or contextlib.nullcontext():
        yield on_step


def _python() -> str:
    """This interpreter as one would type it here."""
    path = Path(sys.executable)
    if path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return f'"{path}"' if " " in str(path) else str(path)
