"""`coursekit certificate check`: whether the course gave a certificate like this."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("page", type=click.Path(path_type=Path, dir_okay=False))
def command(folder: Path, page: Path) -> int:
    """Check whether PAGE is a certificate of the course in FOLDER, unchanged.

    Works offline, with the course's own key.
    """
    from coursekit.course.course import load_rules
    from coursekit.people import certificates

    found = certificates.check(load_rules(folder), page)
    click.echo(f"{page}: is right: {found.name}, {found.course} ({found.cohort}), {found.date}")
    return 0
