"""`coursekit slides`: a deck of a team's README files, of a whole course, or of a lesson."""

from __future__ import annotations

from pathlib import Path
from typing import Any

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
@click.option("--language", default="", help="Language (en, de …); en, or the course's.")
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
    What the team has not written yet shows as a gap with its question. Of a course's folder it
    makes one deck of all teams in the order of the programme, without gaps.
    """
    from coursekit.course.languages import check_language
    from coursekit.site.slides.make import make_deck
    from litreview.console import print_json

    if language:
        check_language(language)
    if lesson is not None:
        if repository is not None or course:
            raise click.UsageError("--lesson makes the course's own slides; leave out REPOSITORY")
        _lesson_slides(lesson, language or "en", minutes or 20, out, pdf, dry_run, as_json)
        return
    repository = repository or Path()
    if (repository / "course.toml").is_file():
        _whole_course(repository, out, pdf, language, dry_run, as_json)
        return
    language = language or "en"
    deck = make_deck(repository, minutes=minutes or 15, language=language, course=course)
    name = repository.resolve().name.removesuffix(".git")
    out = out or Path(f"{name}-slides.html")
    printed = None if dry_run else _write(deck.html, deck.printable, out, pdf)
    if as_json:
        print_json(
            _facts(deck.title, out, printed, deck.slides)
            | {"gaps": deck.gaps, "removed": deck.notes, "uncommitted": deck.unsaved}
        )
        return
    _say(out, f"{deck.slides} slides", printed, pdf, dry_run)
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
    from litreview.console import print_json

    deck = make_lesson_deck(lesson, language, minutes)
    out = out or Path(f"lesson-{lesson}-slides.html")
    printed = None
    if not dry_run:
        printed = _write(deck.standalone(), deck.standalone(presented=False), out, pdf)
    if as_json:
        print_json(_facts(deck.title, out, printed, len(deck.slides)))
        return
    _say(out, f"{len(deck.slides)} slides", printed, pdf, dry_run)


def _write(html: str, printable: str, out: Path, pdf: bool) -> Path | None:
    """Write a deck; returns its PDF, if there is one."""
    from coursekit.site.slides.pdf import write_pdf
    from litreview.files import write_atomic

    write_atomic(out, html)
    target = out.with_suffix(".pdf")
    return target if pdf and write_pdf(printable, target) else None


def _facts(title: str, out: Path, printed: Path | None, slides: int) -> dict[str, Any]:
    """What is said in JSON of every deck."""
    pdf = str(printed) if printed else None
    return {"title": title, "html": str(out), "pdf": pdf, "slides": slides}


def _say(out: Path, what: str, printed: Path | None, pdf: bool, dry_run: bool) -> None:
    click.echo(f"{out}: {what}{' would be written' if dry_run else ''}")
    if printed:
        click.echo(f"{printed}: the same, printed")
    elif pdf and not dry_run:
        click.echo("No PDF: install Chromium, or print the HTML file from a browser.")


def _whole_course(
    folder: Path, out: Path | None, pdf: bool, language: str, dry_run: bool, as_json: bool
) -> None:
    """One deck of all teams."""
    from coursekit.course.course import load_course
    from coursekit.course.roster import make_slug
    from coursekit.site.slides.course import course_deck
    from litreview.console import EXIT_FINDINGS, print_json, progress

    course = load_course(folder)
    with progress("Reading the teams' repositories") as advance:
        deck = course_deck(course, language=language, on_team=lambda slug: advance(1))
    out = out or Path(f"{make_slug(course.cohort or course.title) or 'course'}-slides.html")
    printed = None if dry_run else _write(deck.html, deck.printable, out, pdf)
    if as_json:
        print_json(
            _facts(deck.title, out, printed, deck.slides)
            | {"teams": deck.teams, "missing": deck.missing, "removed": deck.notes}
        )
    else:
        _say(out, f"{deck.slides} slides of {len(deck.teams)} teams", printed, pdf, dry_run)
        for slug, notes in deck.notes.items():
            for note in notes:
                click.echo(f"Not shown of {slug}: {note}")
        for slug, reason in deck.missing.items():
            click.echo(f"{slug}: not in the deck: {reason}")
    if deck.missing:
        raise click.exceptions.Exit(EXIT_FINDINGS)
