"""A lesson's slides: its talk, with what its page says before and after it.

The talk is Markdown, `coursekit/lessons/slides/NAME.LANGUAGE.md`: a heading for each
slide, what is said as a quotation, and what stands beside or below the words behind
`<!-- beside -->` or `<!-- below -->`. Goal, breakout questions and recap are read from
the lesson's README, where the teams find them, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from coursekit.lessons import quiz as quizzes
from coursekit.site.code import DIAGRAM
from coursekit.site.labels import Labels
from coursekit.site.lessons.page import lesson_readme
from coursekit.site.pages import arcs, environment
from coursekit.site.sanitize import render_markdown
from coursekit.site.slides.deck import inline, linked, safe, standalone
from coursekit.site.slides.outline import split_sections
from litreview.errors import UserError

TALKS = Path(quizzes.__file__).resolve().parent / "slides"
# From here on the words of a slide are set in smaller type, or may be in larger type.
MANY_CHARACTERS = 620
FEW_CHARACTERS = 300
_PLACE = re.compile(r"^<!-- (beside|below) -->$", re.M)


@dataclass(frozen=True, slots=True)
class LessonDeck:
    """The slides of one lesson in one language.

    Attributes:
        title: The lesson's title.
        language: One of `course.languages`.
        slides: Finished HTML of each slide.
    """

    title: str
    language: str
    slides: tuple[str, ...]

    def standalone(self, *, presented: bool = True) -> str:
        """One file that needs no other: for the screen, or one slide a page."""
        return standalone(self.title, self.slides, self.language, presented=presented)

    def linked(self, *, assets: str, back: str) -> str:
        """A page that shares a site's scripts and fonts; see `slides.deck.linked`."""
        return linked(self.title, self.slides, self.language, assets=assets, back=back)


def talk_languages(name: str) -> tuple[str, ...]:
    """The languages in which a lesson has a talk."""
    return tuple(sorted(path.name.split(".")[1] for path in TALKS.glob(f"{name}.*.md")))


def make_lesson_deck(lesson: int, language: str = "en", minutes: int = 20) -> LessonDeck:
    """Make the slides of a lesson.

    Args:
        lesson: Its number.
        language: One of those that its talk is written in.
        minutes: How long the talk may be; the notes show each slide's share.

    Raises:
        UserError: If there is no such lesson, or no talk in this language.
    """
    (quiz,) = quizzes.pick_lessons(quizzes.read_quizzes(None, "en"), (lesson,))
    path = TALKS / f"{quiz.name}.{language}.md"
    if not path.is_file():
        known = ", ".join(talk_languages(quiz.name))
        raise UserError(f"lesson {lesson} has no slides in {language!r}; it has {known}")
    label = Labels(language)
    readme = lesson_readme(quiz.name, language)
    title = readme.partition("\n")[0].removeprefix("# ")
    parts = dict(split_sections(readme))
    goal = re.search(r"^\*\*.*?\*\* (.*?)\n\n", readme, re.M | re.S)
    middle = split_sections(path.read_text(encoding="utf-8"))
    questions = parts.get(label("lesson_breakout"), "")
    if questions:
        middle.append((label("lesson_breakout"), questions))
    middle.append((label("lesson_recap"), parts[label("lesson_recap")]))
    template = environment().get_template("lesson_slide.html")
    seconds = round(minutes * 60 / (len(middle) + 1))
    first = template.render(
        kind="title",
        title=title,
        arcs=arcs(quiz.name),
        lesson=lesson,
        above=label("lesson_number", n=lesson),
        goal=" ".join(goal[1].split()) if goal else "",
        seconds=seconds,
        notes="",
        label=label,
    )
    slides = [_slide(heading, body, seconds, label) for heading, body in middle]
    last = template.render(
        kind="closing",
        title=label("lesson_yours"),
        points=[inline(label(f"lesson_{key}", name=quiz.name)) for key in
                ("run", "answer", "write")],
        seconds=0, notes="", label=label,
    )  # fmt: skip
    return LessonDeck(title, language, (first, *slides, last))


def _slide(heading: str, body: str, seconds: int, label: Labels) -> str:
    said = [line for line in body.splitlines() if line.startswith(">")]
    shown = "\n".join(line for line in body.splitlines() if not line.startswith(">"))
    words, place, extra = ([*_PLACE.split(shown, maxsplit=1), "", ""])[:3]
    notes = "\n".join(line.removeprefix(">").strip() for line in said)
    size = len(words) + len(extra) / 2
    return environment().get_template("lesson_slide.html").render(
        kind="words",
        title=inline(heading),
        words=safe(render_markdown(words).html),
        extra=safe(render_markdown(extra).html),
        place={"beside": "split", "below": "stack"}.get(place, ""),
        size="dense" if size > MANY_CHARACTERS
        else "sparse" if size < FEW_CHARACTERS and not extra.strip() else "",
        seconds=seconds,
        # Who speaks needs a diagram's words, not megabytes that draw it a second time.
        notes=safe(render_markdown(notes).html.replace(f'<pre class="{DIAGRAM}">', "<pre>")),
        label=label,
    )  # fmt: skip
