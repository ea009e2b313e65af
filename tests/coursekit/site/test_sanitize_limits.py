"""A text may have so much and no more of what makes it slow to read: each limit to the unit."""

from __future__ import annotations

import pytest

from coursekit.site.sanitize import (
    FEW_MARKS,
    MAX_BARE_LINKS,
    MAX_COLUMNS,
    MAX_EFFORT,
    MAX_MARKS,
    render_markdown,
)


def paragraph(marks: int) -> str:
    """Words between stars behind one mark, so that a cut after an even number parts two stars."""
    assert marks % 2
    return "! " + "*a* " * (marks // 2)


@pytest.mark.parametrize(
    ("marks", "emphasised"),
    [
        (MAX_MARKS - 1, 149),
        # A piece has 16 marks: its first or last star lost its partner, so 7 of 8 remain.
        (MAX_MARKS + 1, 7 * 18 + 6),
        (MAX_MARKS + 3, 7 * 18 + 7),
    ],
)
def test_a_paragraph_with_too_many_marks_is_read_in_pieces(marks, emphasised):
    """No real paragraph has so many, and a hostile one costs little."""
    html = render_markdown(paragraph(marks)).html
    assert html.count("<em>a</em>") == emphasised
    assert html.replace("<em>", "*").replace("</em>", "*") == f"<p>{paragraph(marks).strip()}</p>\n"


def test_as_many_marks_as_are_allowed_are_read_at_once():
    html = render_markdown("*a* " * (MAX_MARKS // 2)).html
    assert html.count("<em>a</em>") == MAX_MARKS // 2


def test_the_effort_of_a_text_is_the_sum_of_its_paragraphs():
    """Many paragraphs with many marks each cost as much as one that is too long."""
    full = "*a* " * (MAX_MARKS // 2)
    rest = MAX_EFFORT - 22 * MAX_MARKS**2
    assert rest == 100**2 + 99**2 + 199
    before = f"{full}\n\n" * 22 + f"{'*a* ' * 50}\n\n"
    used = before + f"{paragraph(99)}\n\n" + "*a* " * 7 + "\n\n"  # 3 of effort are left
    assert render_markdown(used).html.count("<em>") == 22 * 150 + 50 + 49 + 7
    # One that has few marks is read whole all the same, and one with more in pieces.
    after = used + "*a* " * 8 + "\n\n" + paragraph(FEW_MARKS + 1) + "\n\n" + paragraph(33)
    assert render_markdown(after).html.count("<em>") == 22 * 150 + 50 + 49 + 7 + 8 + 7 + 14


@pytest.mark.parametrize(("marks", "emphasised"), [(99, 49), (100, 6 * 7 + 1)])
def test_the_effort_is_spent_with_its_last_unit(marks, emphasised):
    full = "*a* " * (MAX_MARKS // 2)
    before = f"{full}\n\n" * 22 + f"{'*a* ' * 50}\n\n"
    assert 22 * MAX_MARKS**2 + 100**2 + 100**2 == MAX_EFFORT
    last = "! " + "*a* " * 49 + "!" * (marks - 99)
    html = render_markdown(before + last).html
    assert html.count("<em>") == 22 * 150 + 50 + emphasised


@pytest.mark.parametrize(("columns", "is_table"), [(MAX_COLUMNS - 1, True), (MAX_COLUMNS, False)])
def test_a_table_has_no_more_columns_than_a_page(columns, is_table):
    """A line of `n` columns has `n + 1` bars."""
    text = f"|{'a|' * columns}\n|{'-|' * columns}\n|b|\n"
    html = render_markdown(text).html
    assert ("<table>" in html, html.count("<td>")) == (is_table, columns * is_table)


@pytest.mark.parametrize("address", ["a@x.org", "http://x.org/", "www.x.org"])
def test_bare_addresses_are_linked_up_to_a_number(address):
    """With more of them a text is no longer one that somebody wrote."""
    lines = [f"{address}\n\n"] * MAX_BARE_LINKS
    assert render_markdown("".join(lines)).html.count("<a ") == MAX_BARE_LINKS
    assert render_markdown("".join([*lines, address])).html.count("<a ") == 0


def test_quotations_lie_in_each_other_only_so_deep():
    assert render_markdown("> " * 39 + "x").html.count("<blockquote>") == 39
    assert render_markdown("> " * 60 + "x").html.count("<blockquote>") == 40


@pytest.mark.parametrize(("length", "is_formula"), [(500, True), (501, False)])
def test_a_formula_of_the_host_has_a_longest_length(length, is_formula):
    html = render_markdown(f"$`{'a' * length}`$").html
    assert ("`" not in html) is is_formula
