"""Write a quiz as a QTI 2.1 package, which Canvas, ILIAS, OpenOlat, Blackboard and others read.

The package is a ZIP file: a manifest, a test for each quiz, an item for each question. The
reasons are feedback beside the choices.

Reference: https://www.imsglobal.org/question/qtiv2p1/imsqti_infov2p1.html
"""

from __future__ import annotations

import io
import zipfile

from lxml import etree
from lxml.builder import ElementMaker

from coursekit.lessons.quiz import Question, Quiz

_QTI = "http://www.imsglobal.org/xsd/imsqti_v2p1"
_PACKAGE = "http://www.imsglobal.org/xsd/imscp_v1p1"
_XSI = "http://www.w3.org/2001/XMLSchema-instance"
# A ZIP file knows no time before this one; a fixed one gives the same bytes every time.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_Q = ElementMaker(namespace=_QTI, nsmap={None: _QTI, "xsi": _XSI})
_P = ElementMaker(namespace=_PACKAGE, nsmap={None: _PACKAGE, "xsi": _XSI})


def qti_package(quizzes: tuple[Quiz, ...], title: str) -> bytes:
    """The quizzes as one package.

    Args:
        quizzes: One test is made of each.
        title: What the package is called; its identifier is made of the quizzes' names.
    """
    files: dict[str, bytes] = {}
    resources = _P.resources()
    for quiz in quizzes:
        items = [_identifier(quiz, question) for question in quiz.questions]
        for question, name in zip(quiz.questions, items, strict=True):
            files[f"items/{name}.xml"] = _xml(_item(question, name, quiz))
            resources.append(_resource(name, "imsqti_item_xmlv2p1", f"items/{name}.xml", []))
        test = f"test-{quiz.name}"
        files[f"{test}.xml"] = _xml(_test(quiz, test, items))
        resources.append(_resource(test, "imsqti_test_xmlv2p1", f"{test}.xml", items))
    manifest = _P.manifest(
        _P.metadata(_P.schema("QTIv2.1 Package"), _P.schemaversion("1.0.0")),
        _P.organizations(),
        resources,
        identifier="-".join(["coursekit", *(quiz.name for quiz in quizzes)]),
    )
    manifest.insert(0, etree.Comment(f" {title.replace('--', '– ')} "))
    _located(
        manifest, _PACKAGE, "http://www.imsglobal.org/xsd/qti/qtiv2p1/qtiv2p1_imscpv1p2_v1p0.xsd"
    )
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in [("imsmanifest.xml", _xml(manifest)), *sorted(files.items())]:
            archive.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
    return packed.getvalue()


def _item(question: Question, name: str, quiz: Quiz) -> etree._Element:
    places = [f"choice{number}" for number, _ in enumerate(question.choices, 1)]
    many = "multiple" if question.several else "single"
    right = [place for place, choice in zip(places, question.choices, strict=True) if choice.right]
    interaction = _Q.choiceInteraction(
        _Q.prompt(question.text),
        responseIdentifier="RESPONSE",
        shuffle="true",
        maxChoices="0" if question.several else "1",
    )
    for place, choice in zip(places, question.choices, strict=True):
        feedback = _Q.feedbackInline(
            choice.why, outcomeIdentifier="FEEDBACK", identifier=place, showHide="show"
        )
        interaction.append(_Q.simpleChoice(f"{choice.text} ", feedback, identifier=place))
    item = _Q.assessmentItem(
        _Q.responseDeclaration(
            _Q.correctResponse(*(_Q.value(place) for place in right)),
            identifier="RESPONSE", cardinality=many, baseType="identifier",
        ),
        _Q.outcomeDeclaration(
            _Q.defaultValue(_Q.value("0")),
            identifier="SCORE", cardinality="single", baseType="float",
        ),
        _Q.outcomeDeclaration(identifier="FEEDBACK", cardinality=many, baseType="identifier"),
        _Q.itemBody(interaction),
        _Q.responseProcessing(
            _Q.setOutcomeValue(_Q.variable(identifier="RESPONSE"), identifier="FEEDBACK"),
            _Q.responseCondition(
                _Q.responseIf(
                    _Q.match(_Q.variable(identifier="RESPONSE"), _Q.correct(identifier="RESPONSE")),
                    _Q.setOutcomeValue(_Q.baseValue("1", baseType="float"), identifier="SCORE"),
                ),
                _Q.responseElse(
                    _Q.setOutcomeValue(_Q.baseValue("0", baseType="float"), identifier="SCORE")
                ),
            ),
        ),
        identifier=name, title=f"{quiz.goal} {question.id}", adaptive="false",
        timeDependent="false",
    )  # fmt: skip
    item.set("{http://www.w3.org/XML/1998/namespace}lang", quiz.language)
    return _located(item, _QTI, "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd")


def _test(quiz: Quiz, name: str, items: list[str]) -> etree._Element:
    section = _Q.assessmentSection(
        *(_Q.assessmentItemRef(identifier=item, href=f"items/{item}.xml") for item in items),
        identifier="section1", title=quiz.title, visible="true",
    )  # fmt: skip
    test = _Q.assessmentTest(
        _Q.testPart(
            section, identifier="part1", navigationMode="nonlinear", submissionMode="individual"
        ),
        identifier=name,
        title=f"{quiz.goal}. {quiz.title}",
    )
    return _located(test, _QTI, "http://www.imsglobal.org/xsd/qti/qtiv2p1/imsqti_v2p1.xsd")


def _resource(name: str, kind: str, path: str, needs: list[str]) -> etree._Element:
    needed = [_P.dependency(identifierref=f"resource-{item}") for item in needs]
    return _P.resource(
        _P.file(href=path), *needed, identifier=f"resource-{name}", type=kind, href=path
    )


def _identifier(quiz: Quiz, question: Question) -> str:
    """A name that is legal as an XML identifier: it begins with a letter."""
    return f"q{quiz.name}-{question.id}"


def _located(element: etree._Element, namespace: str, schema: str) -> etree._Element:
    element.set(f"{{{_XSI}}}schemaLocation", f"{namespace} {schema}")
    return element


def _xml(element: etree._Element) -> bytes:
    written: bytes = etree.tostring(element, encoding="UTF-8", xml_declaration=True)
    return written
