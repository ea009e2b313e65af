"""`coursekit slides`: a deck of a team's README files, or of a lesson."""

from __future__ import annotations

from pathlib import Path

import click

from litreview.console import dry_run_option, json_option


@click.command()
@click.argument("repository", type=click.Path(path_type=Path), required=False)
@click.option("--lesson", type=int, help="The slides of this lesson instead, for staff to show.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    help="The HTML file (default: NAME-slides.html); the PDF lies beside it.",
)
@click.option("--pdf/--no-pdf", default=True, help="Also as PDF, where Chromium is installed.")
@click.option(
    "--minutes", type=click.IntRange(1, 600), help="Longest talk (default: 15, a lesson 20)."
)
@click.option("--language", default="en", show_default=True, help="Language (en, de …).")
@click.option("--course", default="", help="Stands on the title slide.")
@dry_run_option
@json_option
def command(
    repository: Path | None,
    lesson: int | None,
    out: Path | None,
    pdf: bool,
    minutes: int | None,
    language: str,
    course: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Make a deck of the README files in REPOSITORY (default: here), in the order of the talk.

    One HTML file that needs no other: arrows move, S opens the speaker's notes, ? lists all keys.
    What the team has not written yet shows as a gap with its question.
    """
    from coursekit.course.languages import check_language
    from coursekit.site.slides.make import make_deck
    from coursekit.site.slides.pdf import write_pdf
    from litreview.console import print_json
    from litreview.files import write_atomic

    check_language(language)
    if lesson is not None:
        if repository is not None or course:
            raise click.UsageError("--lesson makes the course's own slides; leave out REPOSITORY")
        _lesson_slides(lesson, language, minutes or 20, out, pdf, dry_run, as_json)
        return
    repository = repository or Path()
    deck = make_deck(repository, minutes=minutes or 15, language=language, course=course)
    name = repository.resolve().name.removesuffix(".git")
    out = out or Path(f"{name}-slides.html")
    printed = None
    if not dry_run:
        write_atomic(out, deck.html)
        if pdf:
            target = out.with_suffix(".pdf")
            printed = target if write_pdf(deck.printable, target) else None
    if as_json:
        print_json(
            {
                "title": deck.title,
                "html": str(out),
                "pdf": str(printed) if printed else None,
                "slides": deck.slides,
                "gaps": deck.gaps,
                "removed": deck.notes,
                "uncommitted": deck.unsaved,
            }
        )
        return
    _say(out, deck.slides, printed, pdf, dry_run)
    if deck.gaps:
        click.echo(f"Still empty: {', '.join(deck.gaps)}")
    for note in deck.notes:
        click.echo(f"Not shown: {note}")
    for file in deck.unsaved:
        click.echo(f"{file}: has changes that are not committed, so they are not in the deck")


def _lesson_slides(
    lesson: int,
    language: str,
    minutes: int,
    out: Path | None,
    pdf: bool,
    dry_run: bool,
    as_json: bool,
) -> None:
    from coursekit.site.lessons.deck import make_lesson_deck
    from coursekit.site.slides.pdf import write_pdf
    from litreview.console import print_json
    from litreview.files import write_atomic

    deck = make_lesson_deck(lesson, language, minutes)
    out = out or Path(f"lesson-{lesson}-slides.html")
    target = out.with_suffix(".pdf")
    printed = False
    if not dry_run:
        write_atomic(out, deck.standalone())
        printed = pdf and write_pdf(deck.standalone(presented=False), target)
    if as_json:
        print_json({"title": deck.title, "html": str(out), "pdf": str(target) if printed else None,
                    "slides": len(deck.slides)})  # fmt: skip
        return
    _say(out, len(deck.slides), target if printed else None, pdf, dry_run)


def _say(out: Path, slides: int, printed: Path | None, pdf: bool, dry_run: bool) -> None:
    click.echo(f"{out}: {slides} slides{' would be written' if dry_run else ''}")
    if printed:
        click.echo(f"{printed}: the same, printed")
    elif pdf and not dry_run:
        click.echo("No PDF: install Chromium, or print the HTML file from a browser.")
