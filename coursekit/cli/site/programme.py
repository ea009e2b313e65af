"""`coursekit programme`: who talks when on presentation day."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option, json_option


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--seed", type=int, help="Draw the order by lot; the same seed draws the same one.")
@click.option(
    "--break-after", type=click.IntRange(0, 100), default=0, help="A break after so many talks."
)
@click.option("--again", is_flag=True, help="Replace a programme that is there.")
@dry_run_option
@json_option
def command(
    folder: Path, seed: int | None, break_after: int, again: bool, dry_run: bool, as_json: bool
) -> int:
    """Write programme.csv of the course in FOLDER, or show the times of the one that is there.

    The order is the roster's, or drawn by lot with --seed. Rows can be moved in any spreadsheet:
    times follow. `coursekit site` makes the audience's page, the presenter's timer and the
    feedback form from it.
    """
    import dataclasses
    import tempfile

    from coursekit.course.course import load_course
    from coursekit.course.programme import (
        PROGRAMME_FILE,
        format_programme,
        order_by_lot,
        parse_programme,
        read_programme,
    )
    from litreview.console import print_json
    from litreview.errors import UserError
    from litreview.files import write_atomic

    course = load_course(folder)
    path = folder / PROGRAMME_FILE
    if path.exists() and not again:
        if seed is not None or break_after:
            raise UserError(
                f"{path}: is there, and perhaps rearranged by hand; add --again to replace it"
            )
        programme = read_programme(course)
        done = "as it is"
    else:
        slugs = [team.slug for team in course.teams]
        order = slugs if seed is None else order_by_lot(slugs, seed)
        text = format_programme(order, break_after)
        with tempfile.TemporaryDirectory() as place:
            trial = Path(place) / PROGRAMME_FILE
            write_atomic(trial, text)
            programme = parse_programme(course, trial)
        if not dry_run:
            write_atomic(path, text)
        done = "would be written" if dry_run else "written"
    assert programme is not None  # noqa: S101  # the file was there, or has just been made
    if as_json:
        print_json(dataclasses.asdict(programme))
        return 0
    click.echo(f"{path}: {done}" + (f", drawn with seed {seed}" if seed is not None else ""))
    titles = {team.slug: team.project or team.title for team in course.teams}
    for slot in programme.slots:
        what = f"{titles[slot.team]} ({slot.team})" if slot.team else slot.title
        where = f", {slot.room}" if slot.room else ""
        click.echo(f"  {slot.start}-{slot.end}  {what}{where}")
    for slug in programme.left_out:
        click.echo(f"  no row: {slug}", err=True)
    if not course.site.address:
        click.echo(
            "No QR codes: set address in [site] of course.toml to where the showcase will be.",
            err=True,
        )
    return 0
