"""Write a quiz for Moodle: its XML, and GIFT, which other platforms read as well.

A right answer to a question with one solution is worth all of the mark. With several, each
right choice brings an equal share and each wrong one takes an equal share away, so that
ticking everything is worth nothing.

Reference: https://docs.moodle.org/en/Moodle_XML_format, https://docs.moodle.org/en/GIFT_format
"""

from __future__ import annotations

import re
from html import escape

from lxml import etree
from lxml.builder import E

from coursekit.lessons.quiz import Choice, Question, Quiz

_GIFT_MARKS = re.compile(r"([~=#{}:\\])")


def moodle_xml(quizzes: tuple[Quiz, ...], category: str) -> bytes:
    """The quizzes as one Moodle XML file, each a category below `category`."""
    root = E.quiz()
    for quiz in quizzes:
        place = f"$course$/{_category(category)}/{_category(f'{quiz.goal} {quiz.title}')}"
        root.append(E.question(E.category(E.text(place)), type="category"))
        root.extend(_xml_question(quiz, question) for question in quiz.questions)
    written: bytes = etree.tostring(root, encoding="UTF-8", xml_declaration=True, pretty_print=True)
    return written


def gift(quizzes: tuple[Quiz, ...], category: str) -> str:
    """The quizzes as one GIFT file."""
    parts = []
    for quiz in quizzes:
        place = f"{_category(category)}/{_category(f'{quiz.goal} {quiz.title}')}"
        parts.append(f"$CATEGORY: $course$/{place}")
        parts += [_gift_question(quiz, question) for question in quiz.questions]
    return "\n\n".join(parts) + "\n"


def _xml_question(quiz: Quiz, question: Question) -> etree._Element:
    found = E.question(
        E.name(E.text(_name(quiz, question))),
        E.questiontext(_html(question.text), format="html"),
        E.generalfeedback(E.text(""), format="html"),
        E.defaultgrade("1"),
        E.penalty("0.3333333"),
        E.hidden("0"),
        E.idnumber(f"{quiz.name}-{question.id}"),
        E.single("false" if question.several else "true"),
        E.shuffleanswers("true"),
        E.answernumbering("abc"),
        type="multichoice",
    )
    for choice in question.choices:
        found.append(
            E.answer(
                _html(choice.text),
                E.feedback(_html(choice.why), format="html"),
                fraction=_share(question, choice),
                format="html",
            )
        )
    return found


def _html(text: str) -> etree._Element:
    """A text of XML that holds HTML; special signs are escaped once for each of the two."""
    return E.text(f"<p>{escape(text, quote=False)}</p>")


def _gift_question(quiz: Quiz, question: Question) -> str:
    lines = [f"::{_gift(_name(quiz, question))}::[plain]{_gift(question.text)} {{"]
    for choice in question.choices:
        mark = "=" if choice.right else "~"
        if question.several:
            mark = f"~%{_share(question, choice)}%"
        lines.append(f"  {mark}{_gift(choice.text)}#{_gift(choice.why)}")
    return "\n".join([*lines, "}"])


def _gift(text: str) -> str:
    return _GIFT_MARKS.sub(r"\\\1", text)


def _name(quiz: Quiz, question: Question) -> str:
    return f"{quiz.goal} {question.id}"


def _category(title: str) -> str:
    """A category's name; a slash would begin another one, and two are a slash that is meant."""
    return title.replace("/", "//")


def _share(question: Question, choice: Choice) -> str:
    """The part of the mark that a choice brings, in percent."""
    if not question.several:
        return "100" if choice.right else "0"
    right = len(question.right)
    wrong = len(question.choices) - right
    value = 100 / right if choice.right else -100 / wrong
    return f"{value:.5f}".rstrip("0").rstrip(".")
