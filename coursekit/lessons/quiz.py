"""Read quizzes: questions with choices, each with a reason, in several languages.

A quiz is a TOML file for one lesson. Every text stands in it once for each language, side
by side, so that a question and its translation cannot drift apart:

    [quiz]
    goal = 3
    en = "Attention and transformers"

    [[question]]
    id = "scale"
    en = "Why are the scores divided by √d?"
    [[question.choice]]
    right = true
    en = ["A sum of d products grows with √d", "Without it the softmax would saturate."]
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from coursekit.course.settings import Document, Section
from coursekit.errors import CourseError
from litreview.errors import UserError

BUILTIN = Path(__file__).resolve().parent / "quizzes"
MAX_TEXT_CHARACTERS = 1_000
MAX_QUESTIONS = 500
# Moodle knows shares of a mark for up to ten choices.
MAX_CHOICES = 10
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,59}")


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer that can be chosen.

    Attributes:
        text: What it says.
        why: Why it is right, or what is wrong about it.
        right: Whether it belongs to the solution.
    """

    text: str
    why: str
    right: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A question in one language.

    Attributes:
        id: The same in every language; unique within its quiz.
        text: What is asked.
        choices: In the order of the file.
    """

    id: str
    text: str
    choices: tuple[Choice, ...]

    @property
    def several(self) -> bool:
        """Whether more than one choice is right."""
        return sum(choice.right for choice in self.choices) > 1

    @property
    def right(self) -> frozenset[int]:
        """The places of the right choices, from 0."""
        return frozenset(place for place, choice in enumerate(self.choices) if choice.right)


@dataclass(frozen=True, slots=True)
class Quiz:
    """The questions of one lesson in one language.

    Attributes:
        name: The file's name without its suffix, such as `3_attention`.
        goal: The number of the learning goal that it asks about.
        language: The language's code.
        title: The lesson's title.
        questions: In the order of the file.
    """

    name: str
    goal: int
    language: str
    title: str
    questions: tuple[Question, ...]


def quiz_files(folder: Path = BUILTIN) -> tuple[Path, ...]:
    """The quizzes in a folder, in the order of their names.

    Raises:
        UserError: If the folder has none.
    """
    files = tuple(sorted(folder.glob("*.toml"))) if folder.is_dir() else ()
    if not files:
        raise UserError(f"{folder}: holds no quiz; give a folder with a TOML file for each lesson")
    return files


def lesson_names() -> tuple[str, ...]:
    """The course's lessons in their order, such as `3_attention`: each a folder of a team's."""
    return tuple(path.stem for path in quiz_files())


def read_quizzes(path: Path | None, language: str) -> tuple[Quiz, ...]:
    """The quizzes of a file or a folder, or those of the course itself.

    Raises:
        UserError: If there is none, or one is wrong.
    """
    files = (path,) if path is not None and path.is_file() else quiz_files(path or BUILTIN)
    return tuple(read_quiz(file, language) for file in files)


def quiz_languages(path: Path | None) -> tuple[str, ...]:
    """The languages that every quiz of a file or a folder has a title in, in the file's order.

    Raises:
        UserError: If there is no quiz, or none has a language in common with the others.
    """
    files = (path,) if path is not None and path.is_file() else quiz_files(path or BUILTIN)
    known = [
        [key for key in Document(file, CourseError).section("quiz").values if key != "goal"]
        for file in files
    ]
    shared = tuple(key for key in known[0] if all(key in keys for keys in known))
    if not shared:
        raise UserError(f'{files[0]}: [quiz] has no title; write one, such as en = "Attention"')
    return shared


def pick_lessons(quizzes: Sequence[Quiz], lessons: Sequence[int]) -> tuple[Quiz, ...]:
    """The quizzes of these lessons (learning goals); all of them for none.

    Raises:
        UserError: If there is no quiz for a lesson.
    """
    known = [quiz.goal for quiz in quizzes]
    for lesson in lessons:
        if lesson not in known:
            listed = ", ".join(map(str, known))
            raise UserError(f"lesson {lesson} has no quiz; there are {listed}")
    return tuple(quiz for quiz in quizzes if not lessons or quiz.goal in lessons)


def read_quiz(path: Path, language: str) -> Quiz:
    """Read one quiz.

    Args:
        path: A TOML file; see the module's text.
        language: The code of the language that is wanted.

    Raises:
        CourseError: If it is no quiz, or lacks the language; names every problem with its line.
    """
    document = Document(path, CourseError)
    document.only(("quiz", "question"))
    about = document.section("quiz")
    goal = about.integer("goal", 1, low=1, high=99)
    title = about.text(language)
    if not title:
        languages = ", ".join(key for key in about.values if key != "goal") or "none"
        document.report(
            about.line(), f"[quiz] has no title in {language!r}; it has {languages}, so add "
            f'{language} = "…" or ask for another language'
        )  # fmt: skip
    sections = document.sections("question")
    if not 0 < len(sections) <= MAX_QUESTIONS:
        document.report(
            1, f"has {len(sections)} questions; write 1 to {MAX_QUESTIONS} sections [[question]]"
        )
    questions = tuple(_question(section, language) for section in sections[:MAX_QUESTIONS])
    seen: set[str] = set()
    for section, question in zip(sections, questions, strict=False):
        if question.id in seen:
            section.report("id", f"the id {question.id!r} stands twice; give each its own")
        seen.add(question.id)
    document.check()
    return Quiz(path.stem, goal, language, title, questions)


def _question(section: Section, language: str) -> Question:
    name = section.values.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        section.report("id", f"id is {name!r}; use lowercase letters, digits and hyphens")
        name = ""
    text = _line(section, section.values.get(language), f"the question in {language!r}")
    given = section.values.get("choice", [])
    if not isinstance(given, list) or not 2 <= len(given) <= MAX_CHOICES:
        section.report(
            None, f"the question {name!r} needs 2 to {MAX_CHOICES} sections [[question.choice]]"
        )
        given = []
    choices = tuple(_choice(section, name, item, language) for item in given)
    if choices and not any(choice.right for choice in choices):
        section.report(None, f"no choice of {name!r} is right; write right = true into one")
    texts = [choice.text for choice in choices if choice.text]
    if len(set(texts)) < len(texts):
        section.report(None, f"two choices of {name!r} say the same; change one of them")
    return Question(name, text, choices)


def _choice(section: Section, question: str, item: Any, language: str) -> Choice:
    values = item if isinstance(item, dict) else {}
    pair = values.get(language)
    right = values.get("right", False)
    if not isinstance(right, bool):
        section.report(None, f"right is {right!r} in {question!r}; use true or false")
    if not isinstance(pair, list) or len(pair) != 2:
        section.report(
            None, f"a choice of {question!r} has no {language} = [text, reason]; add both"
        )
        return Choice("", "", bool(right))
    text, why = (_line(section, part, f"a choice of {question!r}") for part in pair)
    return Choice(text, why, bool(right))


def _line(section: Section, value: Any, what: str) -> str:
    """A text on one line, without control characters."""
    if not isinstance(value, str) or not (text := " ".join(value.split())):
        section.report(None, f"{what} is missing; write it as a text in quotation marks")
        return ""
    if len(text) > MAX_TEXT_CHARACTERS or not text.isprintable():
        section.report(
            None, f"{what} is longer than {MAX_TEXT_CHARACTERS} characters or holds control "
            "characters; shorten it"
        )  # fmt: skip
        return ""
    return text
