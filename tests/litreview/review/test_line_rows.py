"""Lines as people write them, each with what it is; the longer cases lie in `forms/labels.md`."""

from __future__ import annotations

from typing import Any

import pytest

from litreview.review.form import form_of, packaged_form
from litreview.review.lines import Line, read_line, read_lines

FORM = packaged_form()


def has(**attributes: Any) -> dict[str, Any]:
    """What is not as in `DEFAULTS`."""
    return attributes


DEFAULTS: dict[str, Any] = {
    "indent": 0, "level": 0, "bullet": False, "field": "", "canonical": False, "strong": False,
    "head": "", "title": "", "blank": False, "heading": False, "bold_only": False,
    "only_links": False,
}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("> > * **Objective:** a  ",
         has(bullet=True, body="**Objective:** a", field="objective", canonical=True,
              strong=True, value="a")),
        ("   >a", has(body="a")),
        ("\tx", has(indent=4, body="x")),
        ("\ufeff# Title ## ", has(level=1, body="Title", field="title", strong=True, value="")),
        ("##Title #", has(level=2, body="Title", field="title", strong=True, value="")),
        ("#[a](b)", has(level=1, body="[a](b)", heading=True, only_links=True)),
        ("####### x", has()),
        ("- * + __Methods__: x  ",
         has(bullet=True, body="__Methods__: x", field="methods", canonical=True, strong=True,
              value="x")),
        ("a) **Methods**: x",
         has(bullet=True, body="**Methods**: x", field="methods", canonical=True, strong=True,
              value="x")),
        ("1.2.3) x", has(bullet=True, body="x")),
        ("(3) x", has(bullet=True, body="x")),
        ("1234) x", has()),
        ("1.2.3.4.5 x", has()),
        ("-**Methods**: x",
         has(bullet=True, body="**Methods**: x", field="methods", canonical=True, strong=True,
              value="x")),
        ("-Methods: x", has(field="methods", canonical=True, value="x")),
        ("__ a", has()),
        ("- ", has(bullet=True, body="", blank=True)),
        ("**", has()),
        ("**Bold:**", has(bold_only=True)),
        ("**Bold**:", has(bold_only=True)),
        ("** Bold**", has()),
        ("**a** b", has()),
        ("**a**b**", has()),
        ("__Bold phrase__ ：", has(bold_only=True)),
        ("**-:**", has(bold_only=True)),
        ("**:**", has()),
        ("Link: https://x.org/a_b_c one two three four five six", has(field="link")),
        ("Link: https://x.org/a_b_c one two three four five six seven", has(field="link")),
        ("see https://x.org/a_b and https://y.org", has(only_links=True)),
        ("[Paper](https://x.org)", has(field="link", strong=True, only_links=True)),
        ("**[Paper](nowhere)**", has(field="link", strong=True, bold_only=True, only_links=True)),
        ("[Paper](nowhere) x", has(field="link", strong=True)),
        ("[Paper](nowhere):", has(field="link", strong=True, only_links=True)),
        ("About: https://x.org", has(only_links=True)),
        ("Objective: https://x.org",
         has(field="objective", canonical=True, value="https://x.org")),
        ("Source 3 Attention", has(head="3", title="Attention")),
        ("source 3 Attention", has(head="3", title="Attention")),
        ("Quelle 3 Aufmerksamkeit", has(head="3", title="Aufmerksamkeit")),
        ("Paper 3 shows", has()),
        ("[Source 3](#source-3)", has(head="3", title="(#source-3)", only_links=True)),
        ("Source IV: x", has(head="IV", title="x")),
        ("Source IV x", has()),
        ("Source IV", has()),
        ("**Source 3** Attention", has(head="3", title="Attention")),
        ("**Source 3**", has(head="3", bold_only=True)),
        ("**Source 3: A **b** c**", has(head="3", title="A **b** c")),
        ("Source 3: **A**", has(head="3", title="**A**")),
        ("Source 3: **A", has(head="3", title="A")),
        ("*Source 3*: _A_ ", has(body="*Source 3*: _A_", head="3", title="_A_")),
        ("[Source 3: A]", has(head="3", title="A")),
        ("[Source 3: A] ", has(body="[Source 3: A]", head="3", title="A")),
        ("[Source 3]: A]", has(head="3", title="A]")),
        ("Source №3 = A", has(head="3", title="A")),
        ("Source #3) A", has(head="3", title="A")),
        ("Source 3 | A", has(head="3", title="A")),
        ("Source 3 – A", has(head="3", title="A")),
        ("Source 3 –A", has(head="3", title="–A")),
        ("Source 3-A", has(head="3", title="-A")),
        ("Source 3.A", has(head="3", title="A")),
        ("Source abc: x", has()),
        ("Source a: x", has(head="a", title="x")),
        ("Source 12345: x", has()),
        ("Sourceful 3: x", has()),
        ("(Source 3) x", has(head="3", title="x")),
        ("**Source** 3: x", has()),
        ("Resource_3: x", has(head="3", title="x")),
        ("<b>Source 3</b>: x", has(head="3", title="x")),
        ("1) Source 3: x", has(bullet=True, body="Source 3: x", head="3", title="x")),
        ("     Objective   :   x ",
         has(indent=5, body="Objective   :   x", field="objective", canonical=True, value="x")),
        ("Objective → x", has(field="objective", canonical=True, value="x")),
        ("Objective - x", has(field="objective", canonical=True, value="x")),
        ("Objective -x", has()),
        ("Objective = x", has(field="objective", canonical=True, value="x")),
        ("Objective -- x", has(field="objective", canonical=True, value="x")),
        ("Objective --> x", has(field="objective", canonical=True, value="x")),
        ("**Objective** x", has(field="objective", canonical=True, strong=True, value="x")),
        ("Objective x", has()),
        ("Objective (of the paper): x", has(field="objective", canonical=True, value="x")),
        ("Objective (of the paper) x", has()),
        ("Objectives and methods: x", has(field="objective", canonical=True, value="x")),
        ("Methods/data: x", has(field="methods", canonical=True, value="x")),
        ("Methods & data - x", has()),
        ("Methods, data: x", has()),
        ("**Methods used** x", has(field="methods", strong=True, value="x")),
        ("**Methods of the study** x", has(field="methods", strong=True, value="x")),
        ("**Methods of forecasting** x", has()),
        ("**Methods of forecasting:** x", has(field="methods", strong=True, value="x")),
        ("**Methods of forecasting**: x", has(field="methods", strong=True, value="x")),
        ("## Methods of forecasting", has(level=2, body="Methods of forecasting", heading=True)),
        ("## Methods of forecasting: x",
         has(level=2, body="Methods of forecasting: x", field="methods", strong=True, value="x")),
        ("## Methods used",
         has(level=2, body="Methods used", field="methods", strong=True, value="")),
        ("**Methods a b c d e f g h:** x", has(field="methods", strong=True, value="x")),
        ("**Methods a b c d e f g h i:** x", has()),
        ("**Relation to us** x", has(field="relation", strong=True, value="x")),
        ("Relation to us: x", has(field="relation", value="x")),
        ("Relation to us - x", has(field="relation", value="x")),
        ("Relation to us x", has()),
        ("**Relation to our project",
         has(field="relation", canonical=True, strong=True, value="")),
        ("**Objective: a whole sentence**",
         has(field="objective", canonical=True, strong=True, value="a whole sentence",
              bold_only=True)),
        ("__Objective: a whole sentence__",
         has(field="objective", canonical=True, strong=True, value="a whole sentence",
              bold_only=True)),
        ("**Objective: **a** b",
         has(field="objective", canonical=True, strong=True, value="**a** b")),
        ("Objective: **a** b", has(field="objective", canonical=True, value="**a** b")),
        ("**Source**: Attention Is All You Need",
         has(field="title", strong=True, value="Attention Is All You Need")),
        ("**Source**: See https://x.org/all-you-need-here",
         has(field="link", strong=True, only_links=True)),
        ("**Source**: One two", has(field="link", strong=True)),
        ("Source: a b c d e f", has(field="link")),
        ("Paper: https://x.org", has(field="link", only_links=True)),
        ("Paper https://x.org", has(only_links=True)),
        ("Link <https://x.org>", has(only_links=True)),
        ("Link (https://x.org)", has(only_links=True)),
        ("Link x", has()),
        ("**Link** x", has()),
        ("**Link** [x](y)", has(field="link", strong=True)),
        ("[Link](https://x.org)", has(field="link", strong=True, only_links=True)),
        ("Title: A", has(field="title", value="A")),
        ("**Title** A", has()),
        ("Title A", has()),
        ("Objective:", has(field="objective", canonical=True, value="")),
        ("Objective", has(field="objective", canonical=True, value="")),
        ("**Objective**",
         has(field="objective", canonical=True, strong=True, value="", bold_only=True)),
        ("[Objective]: x", has(field="objective", canonical=True, strong=True, value="x")),
        ("`Objective`: x", has(field="objective", canonical=True, strong=True, value="x")),
        ("<b>Objective</b>: x", has(field="objective", canonical=True, strong=True, value="x")),
        ("Objectives: x", has(field="objective", canonical=True, value="x")),
        ("Goal: x", has(field="objective", value="x")),
        ("Ziel: x", has(field="objective", value="x")),
        ("* *Objective*: x",
         has(bullet=True, body="*Objective*: x", field="objective", canonical=True, strong=True,
              value="x")),
        ("\"Objective\": x", has(field="objective", canonical=True, value="x")),
        ("Objective：x", has(field="objective", canonical=True, value="x")),
        (101 * "x" + 'Objective: x', has()),
        ("((((((((((((((((((((((((((((((((((((((Objective: x",
         has(field="objective", canonical=True, value="x")),
        ("(((((((((((((((((((((((((((((((((((((((((Objective: x", has()),
        ("1. 2. Objective: x",
         has(bullet=True, body="Objective: x", field="objective", canonical=True, value="x")),
        ("Link: https://x.org/a_b one two three four five", has(field="link", only_links=True)),
        ("Link: https://x.org/a_b one two three four five six", has(field="link")),
        ("Venue: https://x.org/a_b one two three four five six",
         has(field="about", value="https://x.org/a_b one two three four five six",
              only_links=True)),
        ("https://x.org/a_b one two three four five six", has(only_links=True)),
        ("https://x.org/a_b one two three four five six seven", has()),
        ("**X**", has(bold_only=True)),
        ("XLNet: x", has()),
        ("Source 3: A (b), see [c](#x)", has(head="3", title="A (b), see [c](#x)")),
        ("Source 3](#x)", has(head="3", title="(#x)")),
        ("(Paper 3 shows", has()),
        ("Paper 3** shows", has()),
        ("(Source 3 x", has(head="3", title="x")),
        ("[Source 3: A ]", has(head="3", title="A")),
        ("Source 3: **Xavier", has(head="3", title="Xavier")),
        ("Source 3: X **", has(head="3", title="X")),
        ("**Methods< used** x", has()),
        ("**Methods of forecasting** x: y", has()),
        ("**Methods used [1]** x", has()),
        ("**Methods of the study alone** x", has()),
        ("Relation [x] to us: y", has()),
        ("Methods (a) [b: c", has()),
        ("Source" + 113 * " " + "3", has(head="3")),
        ("Source" + 114 * " " + "3", has()),
        ("__Methods__: x", has(field="methods", canonical=True, strong=True, value="x")),
        ("__Methods used__ x", has(field="methods", strong=True, value="x")),
        ("Methods_v2: x", has()),
        ("Methods-based: x", has()),
        ("- * + __Methods__ x",
         has(bullet=True, body="__Methods__ x", field="methods", canonical=True, strong=True,
              value="x")),
        ("Authors: https://x.org", has(field="about", value="https://x.org", only_links=True)),
        ("Year: 2017", has(field="about", value="2017")),
        ("Published in: ACL", has(field="about", value="ACL")),
        ("Objective : x", has(field="objective", canonical=True, value="x")),
        ("Methods (a): b", has(field="methods", canonical=True, value="b")),
        ("Methods /data : x", has(field="methods", canonical=True, value="x")),
    ],
)  # fmt: skip
def test_a_line_is_taken_apart(text: str, what: dict[str, Any]) -> None:
    """The body is the line, and the value the body, where nothing else is said."""
    line = read_line(7, text, FORM)

    body = what.get("body", text)
    expected = {**DEFAULTS, "number": 7, "raw": text, "body": body, "value": body, **what}
    assert {name: getattr(line, name) for name in expected} == expected


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("a **Objective:** b **Methods**: c<br>**Outcomes:** d",
         [("", "a"), ("objective", "b"), ("methods", "c"), ("outcomes", "d")]),
        ("- **Objective:** b **Methods:** c", [("objective", "b"), ("methods", "c")]),
        ("1. **Methods of us:** a", [("methods", "a")]),
        ("1 **Methods:** a", [("", "1 **Methods:** a")]),
        ("x **Relation to our project:** y", [("", "x"), ("relation", "y")]),
        ("x **Relation to the project**: y", [("", "x"), ("relation", "y")]),
        ("x **My relation to the project:** y", [("", "x **My relation to the project:** y")]),
        ("x **Note:** y **Results:** z", [("", "x **Note:** y"), ("outcomes", "z")]),
        ("x **Resulting:** y **Method**: z", [("", "x **Resulting:** y"), ("methods", "z")]),
        ("x __Results:__ y", [("", "x"), ("outcomes", "y")]),
        ("x __Results__: y", [("", "x"), ("outcomes", "y")]),
        ("x **Results** y **Method:**", [("", "x **Results** y"), ("methods", "")]),
        ("x **Objective: y** z", [("", "x **Objective: y** z")]),
    ],
)  # fmt: skip
def test_labels_in_the_midst_of_a_line_begin_lines(text: str, parts: list[tuple[str, str]]) -> None:
    """A field of the form is a field wherever it stands, if it is in bold and has a colon."""
    found = read_lines(f"{text}\nlast\nnot read", 2, FORM)

    assert [(line.number, line.field, line.value) for line in found] == [
        *((1, field, value) for field, value in parts),
        (2, "", "last"),
    ]
    assert Line(1, "", 0, 0, False, "").value == ""


def test_a_courses_own_label_counts_at_the_beginning_alone() -> None:
    own = form_of("- **Source 1**:\n  - **Research task**:\n  - **Methods**:\n  - **Outcomes**:\n"
                  "  - **Relation to the project**:\n")  # fmt: skip
    field = read_line(1, "**Research task**: x", own).field
    assert field == "objective"
    assert read_line(1, "Their research task: x", own).field == ""
    assert read_line(1, "__Research task__: x", own).field == field
