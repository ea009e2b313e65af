"""`coursekit golf rank`: play the entries, and show the board."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from coursekit.cli._where import on_option, python_option
from litreview.console import dry_run_option, json_option, print_json


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--team", "only", multiple=True, metavar="SLUG", help="Only this team; repeatable.")
@click.option("--no-references", is_flag=True, help="Without the course's own entries.")
@click.option(
    "--out", "target", type=click.Path(path_type=Path), help="Folder of the page; FOLDER/golf."
)
@on_option
@click.option("--jobs", type=click.IntRange(1, 512), help="Games at a time here.")
@python_option("the entries")
@click.option("--offline", is_flag=True, help="Do not fetch from the host; use what is here.")
@dry_run_option
@json_option
def command(
    folder: Path,
    only: tuple[str, ...],
    no_references: bool,
    target: Path | None,
    on: str,
    jobs: int | None,
    python: str,
    offline: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Play the entries of the course in FOLDER, and rank those that are reproduced.

    Each is played with three seeds: it learns in one box, predicts in another, and the text is
    dictated to it from outside. What was played before is not played again. The board is printed,
    and written as a page with a picture of the frontier; golf.jsonl keeps every figure.
    """
    from contextlib import closing
    from dataclasses import asdict

    from coursekit.course.course import load_course
    from coursekit.golf.board import table
    from coursekit.golf.game import Options, course_prose, rank
    from coursekit.golf.page import write_page
    from coursekit.golf.play import Played, Rules
    from coursekit.hosting.open_host import open_host
    from coursekit.verify.box import find_box, why_no_box
    from coursekit.verify.cohort import installed
    from coursekit.verify.packs import Store
    from coursekit.verify.places import open_place
    from litreview.console import progress

    course = load_course(folder)
    box = find_box(python=python)
    no_box = "" if box.closed else why_no_box()
    store = Store(course.state / "golf" / "packs")
    host = None if offline else open_host(course, lambda text: click.echo(text, err=True))
    options = Options(
        Rules(), no_box, installed(python), only, references=not no_references, dry_run=dry_run
    )
    waiting: list[int] = []

    def say(name: str, played: Played) -> None:
        advance(1)
        if not as_json and not sys.stderr.isatty():
            told = played.failed or f"{played.bits:.4f} bits a character"
            click.echo(f"{name}, seed {played.seed}: {told}", err=True)

    with (
        closing(open_place("here" if dry_run else on, box, store, jobs or 0)) as place,
        progress("Playing") as advance,
    ):
        rows = rank(
            course,
            place,
            store,
            course_prose(course, place, store),
            options,
            host=host,
            on_total=waiting.append,
            on_played=lambda entry, played: say(entry.name, played),
        )
    if not dry_run:
        write_page(target or course.folder / "golf", course.title, rows)
    if as_json:
        print_json([{**asdict(row), "cpu_seconds": round(row.cpu_seconds, 2)} for row in rows])
        return 0
    click.echo("\n".join(table(rows)))
    if dry_run:
        click.echo(f"{sum(waiting)} games would be played")
    return 0
