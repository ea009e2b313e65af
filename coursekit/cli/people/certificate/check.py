"""`coursekit certificate check`: whether the course gave a certificate like this."""

from __future__ import annotations

from pathlib import Path

import click


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("page", metavar="PAGE|NUMBER")
def command(folder: Path, page: str) -> int:
    """Check whether PAGE is a certificate of the course in FOLDER, unchanged.

    Give the number that stands on it where it is printed or a PDF: then compare what is
    said with what it shows. Works offline, with the course's own key.
    """
    from coursekit.course.course import load_course, load_rules
    from coursekit.people import certificates
    from litreview.errors import UserError

    if certificates.NUMBER.fullmatch(page.strip()):
        found = certificates.find(load_course(folder), page)
        what = f"{found.name}, with {found.project!r}"
    elif page.lower().endswith(".pdf"):
        raise UserError(f"{page}: is a PDF; give the number that stands on it instead")
    else:
        found = certificates.check(load_rules(folder), Path(page))
        what = found.name
    click.echo(f"{page}: is right: {what}, {found.course} ({found.cohort}), {found.date}")
    return 0
