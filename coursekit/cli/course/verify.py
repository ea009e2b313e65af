"""`coursekit verify`: run the teams' results again, and say which come out."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from coursekit.cli._where import on_option, python_option
from litreview.console import EXIT_FINDINGS, dry_run_option, json_option, print_json


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--team", "only", multiple=True, metavar="SLUG", help="Only this team; repeatable.")
@click.option(
    "--budget",
    type=click.FloatRange(min=0, min_open=True),
    default=1.0,
    show_default=True,
    metavar="HOURS",
    help="CPU time for all of it; the next call goes on.",
)
@click.option(
    "--box",
    "kind",
    type=click.Choice(["auto", "bubblewrap", "podman", "none"]),
    default="auto",
    help="What a team's own code runs in; with none, it is not run.",
)
@click.option("--image", default="", help="For podman: an image with the baselines' packages.")
@on_option
@click.option("--jobs", type=click.IntRange(1, 512), help="Runs at a time here.")
@click.option(
    "--seeds", type=click.IntRange(0, 9), default=2, show_default=True, help="New seeds to try."
)
@click.option(
    "--cpu-seconds", type=click.FloatRange(min=1), default=900.0, help="The most for one run."
)
@click.option("--memory", type=click.FloatRange(min=0.1), default=4.0, help="GB for one run.")
@python_option("the runs")
@click.option("--again", is_flag=True, help="Also what was verified before.")
@click.option("--offline", is_flag=True, help="Fetch neither repositories nor data.")
@dry_run_option
@json_option
def command(
    folder: Path,
    only: tuple[str, ...],
    budget: float,
    kind: str,
    image: str,
    on: str,
    jobs: int | None,
    seeds: int,
    cpu_seconds: float,
    memory: float,
    python: str,
    again: bool,
    offline: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Run the results of the course in FOLDER again, the newest first.

    Where a team has the course's baseline/ word for word, the course's own code runs the team's
    settings and data. Changed code runs in a box: no network, no files of this machine, limits
    of CPU, memory, processes, disk and time. What was verified before is not run again. Each
    result becomes reproduced or differs, with a reason, in verified.jsonl and in the showcase.
    """
    from contextlib import closing

    from coursekit.course.course import load_course
    from coursekit.hosting.open_host import open_host
    from coursekit.verify.box import find_box, why_no_box
    from coursekit.verify.cohort import Line, Options, lines_of, summary, verify_course
    from coursekit.verify.packs import Store
    from coursekit.verify.places import open_place
    from coursekit.verify.watch import Limits
    from litreview.console import progress
    from litreview.web.fetch import Fetcher
    from litreview.web.gate import Settings

    course = load_course(folder)
    box = find_box(kind, python=python, image=image)
    no_box = "" if box.closed else why_no_box() or "--box none was given"
    limits = Limits(cpu_seconds, 8 * cpu_seconds + 60, int(memory * 1e9))
    options = Options(
        limits, budget * 3600, seeds, no_box, python, again=again, only=only, dry_run=dry_run
    )
    store = Store(course.state / "verify" / "packs")
    host = None if offline else open_host(course, lambda text: click.echo(text, err=True))

    waiting: list[str] = []

    def say(line: Line) -> None:
        advance(1)
        waiting.extend(lines_of(line))
        # A bar on the terminal would swallow what is printed beside it.
        if not as_json and not sys.stderr.isatty():
            click.echo("\n".join(waiting))
            waiting.clear()

    with (
        closing(Fetcher(Settings.from_environment())) as fetcher,
        closing(open_place("here" if dry_run else on, box, store, jobs or 0)) as place,
        progress("Running results again") as advance,
    ):
        report = verify_course(
            course,
            place,
            store,
            options,
            host=host,
            fetcher=None if offline else fetcher,
            on_line=say,
        )
    if as_json:
        print_json(report.to_json())
    else:
        click.echo("\n".join([*waiting, *summary(report)]))
    return EXIT_FINDINGS if report.count("differs") or report.unreadable else 0
