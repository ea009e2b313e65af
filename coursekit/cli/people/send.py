"""`coursekit send`: send each team its message."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import click

from litreview.console import EXIT_FINDINGS, dry_run_option, json_option, print_json, progress


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.argument("messages", type=click.Path(path_type=Path, file_okay=False))
@click.option("--subject", default="", help="The subject; the course's title by default.")
@click.option(
    "--occasion", default="", help="What it is about, for the log; MESSAGES' name by default."
)
@click.option("--issue", is_flag=True, help="Open an issue in each repository; send no mail.")
@click.option("--team", "only", multiple=True, metavar="SLUG", help="Only this team; repeatable.")
@click.option("--again", is_flag=True, help="Send also what was sent before on this occasion.")
@dry_run_option
@json_option
def command(
    folder: Path,
    messages: Path,
    subject: str,
    occasion: str,
    issue: bool,
    only: tuple[str, ...],
    again: bool,
    dry_run: bool,
    as_json: bool,
) -> int:
    """Send the files SLUG.md of the folder MESSAGES to the teams of the course in FOLDER.

    Write them with `status --messages` or `update --messages`, read them, change
    them; then send them by mail, or with --issue to the repositories on the host.
    The log keeps who was told: on one occasion, no team is told twice.
    """
    from coursekit.course.course import load_course
    from coursekit.hosting.open_host import open_host
    from coursekit.people.mail import Mailer
    from coursekit.people.send import send
    from litreview.errors import UserError

    course = load_course(folder)
    host = open_host(course, lambda text: click.echo(text, err=True)) if issue else None
    if issue and host is None:
        raise UserError(
            f"{folder}: its repositories are in a folder, where there are no issues; send mail"
        )
    mailer = None if issue or dry_run else Mailer(course.mail)
    with ExitStack() as stack:
        if mailer is not None:
            stack.callback(mailer.close)
        advance = stack.enter_context(progress("Sending messages", len(only or course.teams)))
        report = send(
            course,
            messages,
            subject=subject,
            occasion=occasion,
            only=only,
            again=again,
            host=host,
            mailer=mailer,
            dry_run=dry_run,
            on_done=lambda one: advance(1),
        )
    if as_json:
        print_json(report.to_json())
        return EXIT_FINDINGS if report.needs_attention else 0
    for one in report.teams:
        to = ", ".join(one.to)
        click.echo(f"{one.state:<12}  {one.team:<24}  {to}".rstrip())
        if one.note:
            click.echo(f"{'':<14}  {one.note}", err=True)
    for name in report.strangers:
        click.echo(f"{messages / name}: no team of the roster has this name", err=True)
    if not report.teams:
        click.echo(f"{messages}: holds no message for a team; they are called SLUG.md", err=True)
    return EXIT_FINDINGS if report.needs_attention else 0
