"""A quiz as HTML that checks itself in the browser and says its answers without any script.

The same HTML stands in the showcase, in the manual and in a team's repository, where
GitHub shows it as text. `quiz.js` adds the buttons; nothing is sent anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape

from coursekit.lessons.quiz import Question, Quiz, quiz_languages, read_quizzes
from coursekit.site.labels import Labels

# What quiz.js says; it finds the words in the page.
_SCRIPT_WORDS = ("check", "right", "wrong", "missing", "none", "score", "again")


def quiz_html(quiz: Quiz) -> str:
    """One quiz, in its language; a block of HTML that Markdown leaves alone.

    Its lines are not indented and none is empty, since either would end the block.
    """
    label = Labels(quiz.language)
    words = " ".join(
        f'data-quiz-{word}="{escape(label(f"quiz_{word}"))}"' for word in _SCRIPT_WORDS
    )
    lines = [f'<div class="quiz" lang="{escape(quiz.language)}" data-quiz {words}>']
    for number, question in enumerate(quiz.questions, 1):
        lines += _question(quiz, number, question, label)
    return "\n".join([*lines, "</div>"])


def lesson_kind(lesson: int) -> str:
    """What a row of the showcase's schedule is about, if it is a lesson."""
    return f"lesson-{lesson}"


def lesson_of(kind: str) -> int:
    """The lesson that a row of the schedule is about, or 0."""
    start, _, number = kind.partition("-")
    return int(number) if start == "lesson" else 0


def lesson_days(schedule: Sequence[tuple[str, date | None, str, str]]) -> dict[int, date]:
    """From each lesson that has a day to the first one."""
    days = {lesson_of(kind): day for _, day, _, kind in reversed(schedule) if day}
    return {lesson: day for lesson, day in days.items() if lesson}


def showcase_quiz(label: Labels, days: Mapping[int, date]) -> str:
    """The body of the showcase's page, in its language or else in English.

    Args:
        label: Its words.
        days: When each lesson is held, as far as the schedule says.
    """
    known = quiz_languages(None)
    language = label.language if label.language in known else known[0]
    parts = [f"<h1>{escape(label('quiz'))}</h1>\n<p>{escape(label('quiz_how'))}</p>"]
    for quiz in read_quizzes(None, language):
        title = escape(f"{quiz.goal}. {quiz.title}")
        parts.append(f'<h2 id="quiz-{quiz.goal}">{title}</h2>')
        if day := days.get(quiz.goal):
            when = f'<time datetime="{day.isoformat()}">{escape(label.day(day))}</time>'
            parts.append(f'<p class="ck-quiet"><a href="timeline.html">{when}</a></p>')
        parts.append(quiz_html(quiz))
    return "\n".join(parts)


def quiz_page(quizzes: Sequence[Quiz]) -> str:
    """All quizzes below each other, as Markdown with a heading for each."""
    parts = []
    for quiz in quizzes:
        parts += [f"## {quiz.goal}. {quiz.title} {{ #quiz-{quiz.goal} }}", quiz_html(quiz)]
    return "\n\n".join(parts) + "\n"


def team_page(in_english: Quiz, in_german: Quiz) -> str:
    """The page of a lesson's quiz in the template, which chooses the team's language."""
    pages = []
    for quiz in (in_german, in_english):
        label = Labels(quiz.language)
        pages.append(
            f"{{% raw %}}# {quiz.title}: {label('quiz')}\n\n{label('quiz_how')}\n\n"
            f"{quiz_html(quiz)}{{% endraw %}}"
        )
    german, english = pages
    return (
        f"{{% if cookiecutter.language == 'de' -%}}\n{german}\n"
        f"{{%- else -%}}\n{english}\n{{%- endif %}}\n"
    )


def _question(quiz: Quiz, number: int, question: Question, label: Labels) -> list[str]:
    name = f"quiz-{quiz.goal}-{question.id}"
    kind = "checkbox" if question.several else "radio"
    lines = [
        f'<fieldset class="quiz-question" id="{name}">',
        f"<legend><strong>{number}. {_text(question.text)}</strong></legend>",
    ]
    for place, choice in enumerate(question.choices, 1):
        identifier = f"{name}-{place}"
        lines.append(
            f'<div class="quiz-choice"><input type="{kind}" name="{name}" id="{identifier}">'
            f'<label for="{identifier}">{_text(choice.text)}</label></div>'
        )
    answer = escape(label("quiz_answer"))
    lines.append(f'<details class="quiz-answer"><summary>{answer}</summary>')
    lines.append("<ul>")
    for choice in question.choices:
        mark = escape(label("quiz_yes" if choice.right else "quiz_no"))
        right = " data-quiz-solution" if choice.right else ""
        lines.append(
            f"<li{right}><strong>{mark}</strong> <q>{_text(choice.text)}</q> "
            f'<span class="quiz-why">{_text(choice.why)}</span></li>'
        )
    return [*lines, "</ul>", "</details>", "</fieldset>"]


def _text(text: str) -> str:
    """A text that neither HTML nor Markdown takes for more than it is."""
    return escape(text, quote=False)
