"""Read what people answered in a form, and say what was not understood.

Microsoft Forms and Google Forms export one row for each answer and one column for each
question. Columns are found by the question's words, in any language of the quiz, and answers
by the words of the choices, so nothing has to be marked in the form. Only counts leave this
module: no name, no address.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.course.tables import Row, read_table
from coursekit.errors import CourseError
from coursekit.lessons.ask import judge
from coursekit.lessons.quiz import Choice, Question, Quiz
from coursekit.lessons.workbook import is_workbook, read_workbook

# Below this share of right answers a question counts as not understood.
UNDERSTOOD = 0.6
_ADDRESSES = frozenset(
    ["email", "e-mail", "email address", "e-mail-adresse", "e-mail address", "username",
     "benutzername", "nutzername"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class QuestionResult:
    """What came of one question.

    Attributes:
        goal: The learning goal.
        question: In the first language that was given.
        answers: How many answered it.
        right: How many of them chose exactly the right choices.
        chosen: How often each choice was chosen, by its place.
    """

    goal: int
    question: Question
    answers: int
    right: int
    chosen: tuple[int, ...]

    @property
    def share(self) -> float:
        """The right ones among the answers, from 0 to 1."""
        return self.right / self.answers if self.answers else 0.0

    @property
    def misled(self) -> tuple[Choice, int] | None:
        """The wrong choice that was chosen most often, and how often; the first of equals."""
        wrong = [
            (count, -place)
            for place, count in enumerate(self.chosen)
            if count and place not in self.question.right
        ]
        if not wrong:
            return None
        count, place = max(wrong)
        return self.question.choices[-place], count


@dataclass(frozen=True, slots=True)
class GoalResult:
    """What came of one learning goal."""

    goal: int
    title: str
    answers: int
    right: int

    @property
    def share(self) -> float:
        """The right ones among the answers, from 0 to 1."""
        return self.right / self.answers if self.answers else 0.0


@dataclass(frozen=True, slots=True)
class QuizResults:
    """What a form's answers say.

    Attributes:
        people: How many rows were counted.
        repeated: Rows that were left out because the same person answered again later.
        goals: One for each learning goal that was asked about, in their order.
        questions: Those that the form has, in the order of the quizzes.
        unknown: Cells that name no choice: their line and their first words.
    """

    people: int
    repeated: int
    goals: tuple[GoalResult, ...]
    questions: tuple[QuestionResult, ...]
    unknown: tuple[str, ...]

    def not_understood(self) -> list[QuestionResult]:
        """The questions that most people missed, the worst first."""
        found = [one for one in self.questions if one.answers and one.share < UNDERSTOOD]
        return sorted(found, key=lambda one: (one.share, one.goal))


def read_results(path: Path, quizzes: Sequence[Quiz]) -> QuizResults:
    """Read an export.

    Args:
        path: CSV, or an Excel workbook (.xlsx).
        quizzes: The quizzes in every language that may have been asked; the first one in
            which a question stands gives the words of the report.

    Raises:
        CourseError: If it cannot be read, or no column asks a question of the quizzes.
    """
    table = read_workbook(path) if is_workbook(path) else read_table(path, error=CourseError)
    asked = {
        _key(question.text): (quiz, question) for quiz in quizzes for question in quiz.questions
    }
    columns = {name: asked[_key(name)] for name in table.columns if _key(name) in asked}
    if not columns:
        raise CourseError(
            f"{path}: no column asks a question of the quiz; the headings must be the questions' "
            f"words, and the first one is {table.columns[0]!r}"
        )
    rows, repeated = _last_of_each(table.rows, table.columns)
    first = {(quiz.goal, q.id): q for quiz in reversed(quizzes) for q in quiz.questions}
    counts: dict[tuple[int, str], _Count] = {}
    unknown: list[str] = []
    for name, (quiz, question) in columns.items():
        count = counts.setdefault((quiz.goal, question.id), _Count())
        for row in rows:
            cell = row.get(name)
            if not cell:
                continue
            chosen = _choices(cell, question)
            if chosen is None:
                unknown.append(f"line {row.line}: {' '.join(cell.split())[:60]!r} in {name[:40]!r}")
            else:
                count.add(question, chosen)
    order = list(dict.fromkeys((quiz.goal, q.id) for quiz in quizzes for q in quiz.questions))
    found = tuple(counts[key].result(key[0], first[key]) for key in order if key in counts)
    titles = {quiz.goal: quiz.title for quiz in reversed(quizzes)}
    return QuizResults(len(rows), repeated, _by_goal(found, titles), found, tuple(unknown))


class _Count:
    """The answers to one question so far."""

    def __init__(self) -> None:
        self.answers = self.right = 0
        self.chosen: Counter[int] = Counter()

    def add(self, question: Question, chosen: frozenset[int]) -> None:
        self.answers += 1
        self.right += judge(question, chosen).right
        self.chosen.update(chosen)

    def result(self, goal: int, question: Question) -> QuestionResult:
        chosen = tuple(self.chosen[place] for place in range(len(question.choices)))
        return QuestionResult(goal, question, self.answers, self.right, chosen)


def _by_goal(
    questions: Iterable[QuestionResult], titles: Mapping[int, str]
) -> tuple[GoalResult, ...]:
    sums: dict[int, list[int]] = {}
    for one in questions:
        total = sums.setdefault(one.goal, [0, 0])
        total[0] += one.answers
        total[1] += one.right
    return tuple(GoalResult(goal, titles[goal], *sums[goal]) for goal in sorted(sums))


def _last_of_each(rows: Sequence[Row], columns: Sequence[str]) -> tuple[list[Row], int]:
    """The rows with only the last answer of a person whose address the form has."""
    column = next((name for name in columns if name in _ADDRESSES), None)
    if column is None:
        return list(rows), 0
    kept: dict[str, Row] = {}
    for number, row in enumerate(rows):
        address = row.get(column).casefold()
        # Microsoft writes "anonymous" for everybody whose address it does not ask.
        kept[address if "@" in address else f"row {number}"] = row
    return sorted(kept.values(), key=lambda row: row.line), len(rows) - len(kept)


def _choices(cell: str, question: Question) -> frozenset[int] | None:
    """The choices that a cell names, whatever stands between them; None if a part is none."""
    texts = [_key(choice.text) for choice in question.choices]
    if len(set(texts)) < len(texts) or not all(texts):
        texts = [_signs(choice.text) for choice in question.choices]
        rest = _signs(cell)
    else:
        rest = _key(cell)
    longest_first = sorted(range(len(texts)), key=lambda place: -len(texts[place]))
    chosen: set[int] = set()
    while rest := rest.lstrip(",;"):
        fits = next((place for place in longest_first if rest.startswith(texts[place])), None)
        if fits is None or fits in chosen:
            return None
        chosen.add(fits)
        rest = rest[len(texts[fits]) :]
    return frozenset(chosen) or None


def _key(text: str) -> str:
    """Letters and digits alone: quotation marks and dashes change on their way into a form."""
    return "".join(_letters(text))


def _letters(text: str) -> Iterator[str]:
    for sign in unicodedata.normalize("NFKC", text).casefold():
        if sign.isalnum():
            yield sign


def _signs(text: str) -> str:
    """Everything but white space, for choices that differ in signs only (such as +1 and −1)."""
    return "".join(unicodedata.normalize("NFKC", text).casefold().split())
