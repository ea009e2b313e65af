"""What learning platforms receive: read back by other programs, and value by value."""

from __future__ import annotations

import io
import re
import zipfile

import pytest
from lxml import etree

from coursekit.lessons.moodle import gift, moodle_xml
from coursekit.lessons.qti import qti_package
from coursekit.lessons.quiz import Choice, Question, Quiz, read_quizzes

HARD = Quiz(
    "9_hard",
    9,
    "en",
    "Signs / marks",
    (
        Question(
            "signs",
            "Is 1 < 2 & {a} = b~c # d: e\\n?",
            (Choice("<b>x</b> = {1}", "no: ~#", False), Choice("b & c", "yes", True)),
        ),
        Question(
            "shares",
            "Three of five?",
            tuple(Choice(f"c{n}", f"w{n}", n < 3) for n in range(5)),
        ),
    ),
)
NS = {"q": "http://www.imsglobal.org/xsd/imsqti_v2p1"}


def html_text(html: str) -> str:
    return "".join(etree.HTML(html).itertext())


def test_moodle_xml_brings_every_text_back():
    """Signs that mean something to XML or HTML are text; shares add up to one mark."""
    root = etree.fromstring(moodle_xml((HARD,), "Course/A"))
    category, signs, shares = root
    assert category.findtext("category/text") == "$course$/Course//A/9 Signs // marks"
    assert html_text(signs.findtext("questiontext/text")) == HARD.questions[0].text
    assert signs.findtext("single") == "true"
    answers = signs.findall("answer")
    assert [html_text(one.findtext("text")) for one in answers] == ["<b>x</b> = {1}", "b & c"]
    assert [html_text(one.findtext("feedback/text")) for one in answers] == ["no: ~#", "yes"]
    assert [one.get("fraction") for one in answers] == ["0", "100"]
    assert shares.findtext("single") == "false"
    fractions = [one.get("fraction") for one in shares.findall("answer")]
    assert fractions == ["33.33333", "33.33333", "33.33333", "-50", "-50"]


def test_moodle_knows_every_share():
    """Moodle refuses a fraction that is not in its list."""
    known = {100, 50, 33.33333, 25, 20, 16.66667, 14.28571, 12.5, 11.11111, 10, 0}
    for right in range(1, 10):
        choices = tuple(Choice(str(n), "w", n < right) for n in range(10))
        quiz = Quiz("1", 1, "en", "t", (Question("q", "t", choices),))
        answers = etree.fromstring(moodle_xml((quiz,), "c")).findall("question/answer")
        assert {abs(float(one.get("fraction"))) for one in answers} <= known


def read_gift(text: str) -> list[tuple[str, str, list[tuple[str, str, str]]]]:
    """A reader of its own: title, question, and mark, text, feedback of each answer."""
    found = []
    for block in re.split(r"\n\s*\n", text.strip()):
        if block.startswith("$CATEGORY"):
            continue
        parts = re.split(r"(?<!\\)(::|\{|\}|=|~|#)", block)
        words = [re.sub(r"\\(.)", r"\1", part.strip()) for part in parts]
        title, question = words[2], words[4]
        body = words[words.index("{", 4) + 1 :]
        answers, mark = [], ""
        for sign, value in zip(body[1::2], body[2::2], strict=True):
            if sign in "=~":
                mark = sign
                answers.append((mark, value, ""))
            elif sign == "#":
                answers[-1] = (*answers[-1][:2], value)
        found.append((title, question, answers))
    return found


def test_gift_escapes_what_it_would_take_for_a_mark():
    """A brace or an equals sign in a question must not end it."""
    signs, shares = read_gift(gift((HARD,), "Course"))
    assert signs[0] == "9 signs"
    assert signs[1] == "[plain]" + HARD.questions[0].text
    assert signs[2] == [("~", "<b>x</b> = {1}", "no: ~#"), ("=", "b & c", "yes")]
    assert [value for _, value, _ in shares[2]] == [
        "%33.33333%c0", "%33.33333%c1", "%33.33333%c2", "%-50%c3", "%-50%c4",
    ]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de"])
def test_every_question_of_the_course_survives_gift(language):
    """Forty-five questions in, forty-five out, with every word."""
    quizzes = read_quizzes(None, language)
    found = read_gift(gift(quizzes, "Course"))
    questions = [question for quiz in quizzes for question in quiz.questions]
    assert [one[1] for one in found] == ["[plain]" + question.text for question in questions]
    for (_, _, answers), question in zip(found, questions, strict=True):
        texts = [re.sub(r"^%-?[\d.]+%", "", value) for _, value, _ in answers]
        assert texts == [choice.text for choice in question.choices]
        assert [why for _, _, why in answers] == [choice.why for choice in question.choices]


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_qti_reader_of_somebody_else_finds_every_question(tmp_path, language):
    """The package is read back by a converter that others wrote for QTI 2.1."""
    parser = pytest.importorskip("onyx2moodle.parser", reason="reads QTI back: onyx2moodle")
    quizzes = read_quizzes(None, language)
    with zipfile.ZipFile(io.BytesIO(qti_package(quizzes, "Course"))) as archive:
        archive.extractall(tmp_path)
    for quiz in quizzes:
        for question in quiz.questions:
            name = f"q{quiz.name}-{question.id}"
            item = parser.parse_item(tmp_path / "items" / f"{name}.xml")
            response = item.response_decls["RESPONSE"]
            assert response.correct_values == [f"choice{n + 1}" for n in sorted(question.right)]
            assert response.cardinality == ("multiple" if question.several else "single")
            (interaction,) = item.interactions
            assert interaction.kind == "choice"
            assert interaction.max_choices == (0 if question.several else 1)
            assert len(interaction.choices) == len(question.choices)
            for read, choice in zip(interaction.choices, question.choices, strict=True):
                text, why = etree.fromstring(f"<c>{read.html}</c>").itertext()
                assert (text.strip(), why) == (choice.text, choice.why)


def test_qti_escapes_what_xml_would_take_for_a_mark():
    """A text that looks like HTML stays a text."""
    with zipfile.ZipFile(io.BytesIO(qti_package((HARD,), "t"))) as archive:
        item = etree.fromstring(archive.read("items/q9_hard-signs.xml"))
    first, second = item.findall(".//q:simpleChoice", NS)
    assert item.findtext(".//q:prompt", namespaces=NS) == HARD.questions[0].text
    assert (first.text, first[0].text) == ("<b>x</b> = {1} ", "no: ~#")
    assert (second.text, second[0].get("identifier")) == ("b & c ", "choice2")
    assert [value.text for value in item.findall(".//q:correctResponse/q:value", NS)] == ["choice2"]


def test_the_qti_manifest_names_every_file_and_the_same_quiz_gives_the_same_bytes():
    """An item that the manifest forgets is not imported."""
    quizzes = read_quizzes(None, "en")
    packed = qti_package(quizzes, "A -- title")
    assert packed == qti_package(quizzes, "A -- title")
    with zipfile.ZipFile(io.BytesIO(packed)) as archive:
        names = set(archive.namelist())
        manifest = etree.fromstring(archive.read("imsmanifest.xml"))
        test = etree.fromstring(archive.read("test-3_attention.xml"))
    resources = manifest.findall(".//{*}resource")
    assert {one.get("href") for one in resources} == names - {"imsmanifest.xml"}
    known = {one.get("identifier") for one in resources}
    assert {one.get("identifierref") for one in manifest.findall(".//{*}dependency")} <= known
    assert len(known) == 45 + 5
    references = test.findall(".//q:assessmentItemRef", NS)
    assert [one.get("href") for one in references][:2] == [
        "items/q3_attention-three-roles.xml",
        "items/q3_attention-plain.xml",
    ]


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_moodle_reader_of_somebody_else_finds_every_question(language):
    """Another program's parser brings back each text, mark and reason."""
    reader = pytest.importorskip(
        "moodle_xml_parser.parser", reason="reads Moodle XML back: moodle-xml-parser"
    )
    quizzes = read_quizzes(None, language)
    found = reader.parse_bytes(moodle_xml(quizzes, "Course"))["multichoice"]
    questions = [question for quiz in quizzes for question in quiz.questions]
    assert [html_text(one.text_pre_parse) for one in found] == [one.text for one in questions]
    for one, question in zip(found, questions, strict=True):
        assert one.single == (not question.several)
        assert [html_text(option.answer) for option in one.options] == [
            choice.text for choice in question.choices
        ]
        assert [html_text(option.feedback) for option in one.options] == [
            choice.why for choice in question.choices
        ]
        assert [option.score_fraction > 0 for option in one.options] == [
            choice.right for choice in question.choices
        ]


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_qti_specialists_program_turns_the_whole_package_into_qti_3(language):
    """It reads the manifest, each test and each item, and knows every element in them."""
    convert = pytest.importorskip("qti_convert", reason="reads QTI packages: citolab-qti-convert")
    quizzes = read_quizzes(None, language)
    with zipfile.ZipFile(io.BytesIO(qti_package(quizzes, "Course"))) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    made = convert.upgrade_package_files(files).files
    new = {"q": "http://www.imsglobal.org/xsd/imsqtiasi_v3p0"}
    for quiz in quizzes:
        test = etree.fromstring(_bytes(made[f"test-{quiz.name}.xml"]))
        listed = test.findall(".//q:qti-assessment-item-ref", new)
        assert [one.get("href") for one in listed] == [
            f"items/q{quiz.name}-{question.id}.xml" for question in quiz.questions
        ]
        for one, question in zip(listed, quiz.questions, strict=True):
            item = etree.fromstring(_bytes(made[one.get("href")]))
            assert item.findtext(".//q:qti-prompt", namespaces=new) == question.text
            right = item.findall(".//q:qti-correct-response/q:qti-value", new)
            assert [value.text for value in right] == [
                f"choice{place + 1}" for place in sorted(question.right)
            ]
            shown = item.findall(".//q:qti-simple-choice", new)
            assert [(choice.text.strip(), choice[0].text) for choice in shown] == [
                (choice.text, choice.why) for choice in question.choices
            ]
            # What its vocabulary lacks, it leaves as it was.
            assert all("qti-" in str(e.tag) or "}p" in str(e.tag) for e in item.iter("{*}*"))


def _bytes(content: str | bytes) -> bytes:
    return content.encode("utf-8") if isinstance(content, str) else content
