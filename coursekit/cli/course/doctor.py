"""`coursekit doctor`: what is installed, and what is missing for which command."""

from __future__ import annotations

import click

from litreview.console import EXIT_FINDINGS, json_option, print_json


@click.command()
@json_option
def command(as_json: bool) -> int:
    """Say what is installed, what is missing for which command, and how to get it.

    Ends with code 1 if something is missing that every command needs. Nothing
    is changed, and nobody is contacted.
    """
    from coursekit.doctor import examine

    report = examine()
    if as_json:
        print_json(report.to_json())
    else:
        for check in report.checks:
            state = "ok" if check.ok else "MISSING" if check.required else "optional"
            click.echo(f"{state:<9} {check.name:<22} {check.found}")
            if not check.ok:
                click.echo(f"{'':<9} {'':<22} for {check.needed_for}: {check.remedy}")
    return 0 if report.healthy else EXIT_FINDINGS
