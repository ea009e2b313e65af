"""The pages that are made, not written: commands from their help, quizzes from their data.

`python -m coursekit.reference` writes them all into the repository; a test fails when one
and what it is made of differ.
"""

from __future__ import annotations

from pathlib import Path

import click

from coursekit.lessons.quiz import read_quizzes
from coursekit.site.lessons.page import lesson_page, page_name
from coursekit.site.lessons.quiz import quiz_page, team_page
from litreview.files import write_atomic

_ROOT = Path(__file__).resolve().parent.parent
_START = """\
# Commands

Exit codes of both commands: 0 fine, 1 the command found something to look at, 2 something is wrong
with the input (one sentence says what), 130 interrupted.

This page is made from the commands' own help; see `coursekit/reference.py`.
"""

_QUIZ_ENGLISH = """\
# Quiz

Forty-five questions, nine for each lesson. Choose and check: every wrong choice is something people
really believe, and says why it is wrong. Nothing is sent or stored; without scripts, open the
answers. [Auf Deutsch](quiz-de.md). The same questions in a terminal, or where you grade:
`coursekit quiz` and `coursekit quiz export` in [Commands](../reference/commands.md).
"""
_QUIZ_GERMAN = """\
# Quiz auf Deutsch

Fünfundvierzig Fragen, neun je Lektion. Auswählen und prüfen: Jede falsche Antwort ist ein
verbreiteter Irrtum und sagt, warum sie falsch ist. Nichts wird gesendet oder gespeichert; ohne
Skripte lassen sich die Antworten aufklappen. [In English](quiz.md). Dieselben Fragen im Terminal:
`coursekit quiz --language de`.
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
                    parts += _section(found, f"{name} {command}")
    return "\n".join(parts)


def _section(command: click.Command, name: str) -> list[str]:
    """A command's help, and that of the commands below it."""
    parts = [f"### {name}\n\n{_help(command, name)}"]
    if isinstance(command, click.Group):
        with click.Context(command, info_name=name) as context:
            for below in sorted(command.list_commands(context)):
                found = command.get_command(context, below)
                if found is not None:
                    parts += _section(found, f"{name} {below}")
    return parts


def _help(command: click.Command, name: str) -> str:
    with click.Context(command, info_name=name, max_content_width=90, terminal_width=90) as context:
        return f"```text\n{command.get_help(context).rstrip()}\n```\n"


def generated_pages() -> dict[str, str]:
    """From path below the repository's root to content, for every page that is made."""
    english, german = (read_quizzes(None, language) for language in ("en", "de"))
    pages = {"docs/reference/commands.md": commands_page()}
    for name, start, quizzes in (
        ("quiz", _QUIZ_ENGLISH, english), ("quiz-de", _QUIZ_GERMAN, german)
    ):  # fmt: skip
        pages[f"docs/lessons/{name}.md"] = f"{start}\n{quiz_page(quizzes)}"
    for quiz, other in zip(english, german, strict=True):
        path = f"{{{{cookiecutter.project_slug}}}}/lessons/{quiz.name}/QUIZ.md"
        pages[path] = team_page(quiz, other)
        for language in ("en", "de"):
            place = f"docs/lessons/{page_name(quiz.name, language)}"
            pages[place] = lesson_page(quiz.name, quiz.goal, language)
    return pages


if __name__ == "__main__":
    for place, page in generated_pages().items():
        write_atomic(_ROOT / place, page)
