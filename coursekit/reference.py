"""The reference of all commands, as Markdown, from their own help.

`python -m coursekit.reference docs/reference/commands.md` writes it; a test
fails when a command's help and the page differ.
"""

from __future__ import annotations

import sys
from pathlib import Path

import click

from litreview.files import write_atomic

_START = """\
# Commands

Exit codes of both commands: 0 fine, 1 the command found something to look at, 2 something is wrong
with the input (one sentence says what), 130 interrupted.

This page is made from the commands' own help; see `coursekit/reference.py`.
"""


def commands_page() -> str:
    """Every command's help, as it is printed on 90 columns."""
    from coursekit.cli import group as coursekit
    from litreview.cli import group as litreview

    parts = [_START]
    for name, group in (("litreview", litreview), ("coursekit", coursekit)):
        parts.append(f"## {name}\n\n{_help(group, name)}")
        with click.Context(group, info_name=name) as context:
            for command in group.list_commands(context):
                found = group.get_command(context, command)
                if found is not None:
                    parts += [f"### {name} {command}\n\n{_help(found, f'{name} {command}')}"]
    return "\n".join(parts)


def _help(command: click.Command, name: str) -> str:
    with click.Context(command, info_name=name, max_content_width=90, terminal_width=90) as context:
        return f"```text\n{command.get_help(context).rstrip()}\n```\n"


if __name__ == "__main__":
    write_atomic(Path(sys.argv[1]), commands_page())
