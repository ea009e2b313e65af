"""`coursekit quiz`: ask, export and evaluate the quizzes of the lessons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from litreview.console import dry_run_option, json_option

if TYPE_CHECKING:
    from coursekit.lessons.quiz import Question, Quiz
    from coursekit.site.labels import Labels

_FORMATS = {"moodle": ".xml", "gift": ".gift", "qti": ".zip", "markdown": ".md"}
_from_option = click.option(
    "--from",
    "source",
    type=click.Path(path_type=Path),
    help="A quiz of your own (TOML), or a folder of them, instead of the course's.",
)
_lesson_option = click.option(
    "--lesson", "lessons", type=int, multiple=True, help="Only this lesson; repeatable."
)
_language_option = click.option(
    "--language", default="en", show_default=True, help="Language (de, en)."
)


@click.group(invoke_without_command=True)
@_lesson_option
@_language_option
@_from_option
@click.pass_context
def command(
    context: click.Context, lessons: tuple[int, ...], language: str, source: Path | None
) -> None:
    """Answer the lessons' quizzes here; export them, or see what was not understood.

    Without a subcommand the questions are asked in the terminal, with the reason
    for each choice. Nothing is stored.
    """
    if context.invoked_subcommand is not None:
        if lessons or source or language != "en":
            raise click.UsageError(
                f"write the options behind {context.invoked_subcommand}, not before it"
            )
        return
    from coursekit.site.labels import Labels

    label = Labels(language)
    missed: list[tuple[Quiz, Question]] = []
    asked = right = 0
    for quiz in _quizzes(source, language, lessons):
        click.echo(f"\n{quiz.goal}. {quiz.title}")
        for number, question in enumerate(quiz.questions, 1):
            verdict = _ask(question, f"{number}/{len(quiz.questions)}", label)
            if verdict is None:
                break
            if verdict == "skipped":
                continue
            asked += 1
            right += verdict == "right"
            if verdict != "right":
                missed.append((quiz, question))
        else:
            continue
        break
    click.echo(f"\n{label('quiz_result', right=right, asked=asked)}")
    if missed:
        click.echo(label("quiz_look_again"))
        for quiz, question in missed:
            click.echo(f"  {quiz.goal}. {question.text}")


@command.command("export")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option(
    "--format",
    "kind",
    type=click.Choice(sorted(_FORMATS)),
    help="Default: by the file's suffix (.xml Moodle, .gift, .zip QTI 2.1, .md a page).",
)
@click.option("--title", default="Language models", show_default=True, help="Name of the category.")
@_lesson_option
@_language_option
@_from_option
@dry_run_option
def export(
    file: Path,
    kind: str | None,
    title: str,
    lessons: tuple[int, ...],
    language: str,
    source: Path | None,
    dry_run: bool,
) -> None:
    """Write the quizzes into FILE for where you grade.

    Moodle, OpenOlat and ILIAS read Moodle XML or QTI 2.1; Canvas and Blackboard read
    QTI; GIFT is text that can be corrected by hand. Running it again replaces FILE.
    """
    from litreview.errors import UserError
    from litreview.files import write_atomic

    found = {suffix: name for name, suffix in _FORMATS.items()}.get(file.suffix.lower())
    if kind is None and found is None:
        raise UserError(
            f"{file}: its suffix says no format; end it in {', '.join(_FORMATS.values())}, or "
            "give --format"
        )
    quizzes = _quizzes(source, language, lessons)
    content = _written(quizzes, kind or str(found), title)
    if not dry_run:
        write_atomic(file, content)
    count = sum(len(quiz.questions) for quiz in quizzes)
    verb = "would be written" if dry_run else "written"
    lessons_of = "1 lesson" if len(quizzes) == 1 else f"{len(quizzes)} lessons"
    click.echo(f"{file}: {count} questions of {lessons_of} {verb} ({kind or found})")


@command.command("results")
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@_from_option
@json_option
def results(file: Path, source: Path | None, as_json: bool) -> None:
    """Show what was not understood, per learning goal.

    FILE is what Microsoft Forms (.xlsx) or Google Forms (.csv) exports of a form with
    the quiz's questions. Columns are found by the questions' words, in any language.
    Only counts are shown, no names.
    """
    from coursekit.lessons.quiz import quiz_languages, read_quizzes
    from coursekit.lessons.results import UNDERSTOOD, read_results
    from litreview.console import print_json

    quizzes = [q for name in quiz_languages(source) for q in read_quizzes(source, name)]
    found = read_results(file, quizzes)
    if as_json:
        print_json(
            {
                "people": found.people,
                "repeated": found.repeated,
                "goals": [
                    {
                        "goal": goal.goal,
                        "title": goal.title,
                        "answers": goal.answers,
                        "right": goal.right,
                        "share": round(goal.share, 4),
                    }
                    for goal in found.goals
                ],
                "questions": [
                    {
                        "goal": one.goal,
                        "id": one.question.id,
                        "answers": one.answers,
                        "right": one.right,
                        "share": round(one.share, 4),
                        "chosen": list(one.chosen),
                    }
                    for one in found.questions
                ],
                "unknown": list(found.unknown),
            }
        )
        return
    again = f" ({found.repeated} earlier answers of the same people left out)"
    click.echo(f"{found.people} people answered{again if found.repeated else ''}.\n")
    for goal in found.goals:
        share = f"{100 * goal.share:3.0f} % right of {goal.answers} answers"
        click.echo(f"Goal {goal.goal}  {share}  {goal.title}")
    worst = found.not_understood()
    if worst:
        click.echo(f"\nNot understood (below {100 * UNDERSTOOD:.0f} %):")
    for one in worst:
        click.echo(f"\n  Goal {one.goal}, {100 * one.share:.0f} % right: {one.question.text}")
        if one.misled:
            choice, count = one.misled
            click.echo(f"    {count} of {one.answers} chose: {choice.text}")
            click.echo(f"    To say: {choice.why}")
    if not worst:
        click.echo(f"\nEvery question was understood by {100 * UNDERSTOOD:.0f} % or more.")
    if found.unknown:
        click.echo(f"\n{len(found.unknown)} answers name no choice and were not counted:")
        for line in found.unknown[:10]:
            click.echo(f"  {line}")


def _quizzes(source: Path | None, language: str, lessons: tuple[int, ...]) -> tuple[Quiz, ...]:
    from coursekit.course.languages import check_language
    from coursekit.lessons.quiz import pick_lessons, read_quizzes

    check_language(language)
    return pick_lessons(read_quizzes(source, language), lessons)


def _written(quizzes: tuple[Quiz, ...], kind: str, title: str) -> str | bytes:
    if kind == "qti":
        from coursekit.lessons.qti import qti_package

        return qti_package(quizzes, title)
    if kind == "markdown":
        from coursekit.site.lessons.quiz import quiz_page

        return f"# {title}\n\n{quiz_page(quizzes)}"
    from coursekit.lessons.moodle import gift, moodle_xml

    return gift(quizzes, title) if kind == "gift" else moodle_xml(quizzes, title)


def _ask(question: Question, counter: str, label: Labels) -> str | None:
    """Ask one question; None where somebody stops, else right, wrong, missing or skipped."""
    from coursekit.lessons.ask import LETTERS, judge, read_letters

    letters = LETTERS[: len(question.choices)]
    click.echo(f"\n{counter}  {question.text}")
    for letter, choice in zip(letters, question.choices, strict=True):
        click.echo(f"  {letter}) {choice.text}")
    prompt = label("quiz_prompt_several" if question.several else "quiz_prompt")
    while True:
        try:
            typed = click.prompt(prompt, default="", show_default=False)
        except click.Abort:
            click.echo("")
            return None
        if not typed.strip():
            click.echo(label("quiz_skipped"))
            return "skipped"
        if typed.strip().lower() == "q":
            return None
        chosen = read_letters(typed, question)
        if chosen is not None:
            break
        click.echo(label("quiz_unclear", letters=", ".join(letters)))
    verdict = judge(question, chosen)
    state = "right" if verdict.right else "wrong" if verdict.wrong else "missing"
    click.echo(label(f"quiz_{state}"))
    for place in sorted(chosen | question.right):
        choice = question.choices[place]
        mark = label("quiz_yes" if choice.right else "quiz_no")
        click.echo(f"  {letters[place]}) {mark} {choice.why}")
    return state
