"""A comparison of works: quotes of each, and what a person edits stays."""

from __future__ import annotations

import csv
import io
import re

import pytest
from click.testing import CliRunner

from litreview.cli.matrix import command
from litreview.questions.columns import Cell
from litreview.review import comparison
from litreview.review.comparison import Row, merged

PAPER = """<html><body><h1>Weather</h1><h2>Abstract</h2>
<p>In this paper, we present a model that reads weather reports. Our model reaches an accuracy of
81.3 %.</p><h2>2 Data</h2>
<p>We train on the DWD-News corpus, which contains 4,200 weather reports.</p><h2>3 Model</h2>
<p>We fine-tune the pretrained GBERT. We evaluate by macro F1 and accuracy.</p>
<p>Our code is available at https://github.com/example/weather.</p></body></html>"""


def row(name: str, **quotes: str) -> Row:
    cells = dict.fromkeys(comparison.HEADINGS) | {
        column: Cell(quote, "2 Data") for column, quote in quotes.items()
    }
    return Row(name, f"Title of {name}", f"https://x.org/{name}", cells)


def lines(text: str) -> list[str]:
    return [line for line in text.splitlines() if line.startswith("|")]


def test_each_column_is_a_quote_of_the_paper(tmp_path):
    """What the paper says of itself, in its words; nothing is worded anew."""
    path = tmp_path / "paper.html"
    path.write_text(PAPER)
    result = CliRunner().invoke(command, ["--file", str(path), "--format", "csv"])
    header, cells = list(csv.reader(io.StringIO(result.stdout)))
    assert dict(zip(header, cells, strict=True)) == {
        "Work": "Weather",
        "Objective": "“In this paper, we present a model that reads weather reports.” (Abstract)",
        "Data": "“We train on the DWD-News corpus, which contains 4,200 weather reports.” (2 Data)",
        "Amount": "“We train on the DWD-News corpus, which contains 4,200 weather reports.” "
        "(2 Data)",
        "Model": "“We fine-tune the pretrained GBERT.” (3 Model)",
        "Pretrained": "“We fine-tune the pretrained GBERT.” (3 Model)",
        "Metric": "“We evaluate by macro F1 and accuracy.” (3 Model)",
        "Best figure": "“Our model reaches an accuracy of 81.3 %.” (Abstract)",
        "Code": "“Our code is available at https://github.com/example/weather.” (3 Model)",
    }


def test_what_is_not_said_is_not_stated():
    text, _ = merged("", [row("a", data="One.")])
    assert lines(text)[2].split(" | ")[1:4] == ["*not stated*", "“One.” (2 Data)", "*not stated*"]


def test_a_repeated_run_changes_nothing():
    rows = [row("a", data="One."), row("b", code="Two.")]
    text, _ = merged("", rows)
    assert merged(text, rows)[0] == text


def test_what_a_person_edits_stays():
    """Edited cells, added rows and columns, the order of columns, and the text around the table."""
    text, _ = merged("# Ours\n\nBefore.\n", [row("a", data="One.", model="M.")])
    edited = text.replace("“One.” (2 Data)", "our own words").replace("Title of a", "Our title")
    head, rule, first = lines(edited)
    for line, cell in ((head, "Note"), (rule, "---"), (first, "good")):
        edited = edited.replace(line, f"{line} {cell} |")
    edited = edited.replace("good |\n", "good |\n| A blog of ours | | x | | | | | | | |\n")
    again, table = merged(edited + "\nAfter.\n", [row("a", data="New.", model="N."), row("b")])
    assert again.startswith("# Ours\n\nBefore.\n\n| Work |")
    assert again.rstrip().endswith("After.")
    found = lines(again)
    assert "our own words" in found[2]
    assert "“N.” (2 Data)" in found[2]
    assert "“M.”" not in found[2]
    assert found[2].startswith("| [Our title](https://x.org/a) |")
    assert found[2].endswith("| good |")
    assert found[3].startswith("| A blog of ours |")
    assert found[4].startswith("| [Title of b](https://x.org/b) |")
    assert table.kept == 1


def test_a_work_that_is_gone_leaves_unless_it_was_edited():
    text, _ = merged("", [row("a", data="One."), row("b", data="Two."), row("c")])
    edited = text.replace("“Two.” (2 Data)", "our words")
    found = lines(merged(edited, [row("c")])[0])[2:]
    assert [line.split("](")[0] for line in found] == ["| [Title of b", "| [Title of c"]


def test_hostile_quotes_stay_in_their_cells():
    """A title or a quote opens no cell, no tag, no comment and no formula."""
    evil = row("a--><script>", data="=1+1 | </td><script>alert(1)</script> --> [x](javascript:1)")
    text, table = merged("", [evil])
    assert "<script" not in text
    assert text.count("-->") == 1
    assert len(table.rows[0]) == 9
    assert merged(text, [evil])[0] == text
    page = comparison.as_html(table, "<b>")
    assert "<script" not in page
    assert "<h1>&lt;b&gt;</h1>" in page
    assert 'href="javascript' not in page


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_of_the_csv_is_a_formula(start):
    """A spreadsheet would run it."""
    table = comparison.Table(["Work"], [[f"{start}cmd()"]], ["a"])
    assert list(csv.reader(io.StringIO(comparison.as_csv(table))))[1] == [f"'{start}cmd()"]


def test_a_slide_keeps_the_telling_columns_and_words():
    """An audience reads names and numbers; a column that says nothing is left out."""
    rows = [
        row("a", model="We fine-tune GBERT and XLM-R on it.",
            amount="It has 4,200 labelled tweets.",
            figure="On the whole test set it reaches a macro F1 of 0.81 and thereby leads."),
        row("b", model="A naive Bayes classifier is trained.",
            amount="We collected 12k sentences."),
    ]  # fmt: skip
    _, table = merged("", rows)
    slide = comparison.as_slide(table, "Sources").splitlines()
    assert slide[0] == "## Sources"
    assert slide[2] == "| Work | Amount | Model | Best figure |"
    assert slide[4].endswith(
        "| 4,200 labelled tweets | GBERT, XLM-R | …reaches a macro F1 of 0.81 and thereby leads. |"
    )
    assert slide[5].endswith("| 12k sentences | naive Bayes | – |")


def test_a_slide_of_many_works_fits():
    """Four works and sixty characters a cell are what 1280 by 720 points hold."""
    rows = [row(str(n), data="word " * 60, metric="We report accuracy. " * 9) for n in range(30)]
    text, _ = merged("", rows)
    lines = comparison.at_a_glance(text)
    assert lines[0] == ["Work", "Data", "Metric"]
    assert len(lines) == 5
    assert max(len(cell) for line in lines for cell in line) <= 60
    assert lines[1][1].startswith("“word word")
    edited = re.sub(r"“word[^”]+” \(2 Data\)", "ours alone", text, count=1)
    assert comparison.at_a_glance(edited)[1][1].startswith("ours alone")


def test_a_comparison_that_says_nothing_makes_no_slide():
    """Neither does a file without the tool's table."""
    text, table = merged("", [row("a")])
    assert comparison.at_a_glance(text) == []
    assert comparison.as_slide(table, "Sources") == "## Sources\n\n*not stated*\n"
    assert comparison.at_a_glance("| Work | Model |\n|---|---|\n| a | GBERT |\n") == []


def test_a_file_is_written_and_edits_survive_the_command(tmp_path):
    """Also a second paper that cannot be read loses nothing: the first is written."""
    paper, broken, out = tmp_path / "p.html", tmp_path / "b.pdf", tmp_path / "comparison.md"
    paper.write_text(PAPER)
    broken.write_bytes(b"words")
    arguments = ["--file", str(paper), "-o", str(out)]
    dry = CliRunner().invoke(command, [*arguments, "--dry-run"])
    assert not out.exists()
    assert "| Work |" in dry.stdout
    assert CliRunner().invoke(command, arguments).exit_code == 0
    out.write_text(
        out.read_text().replace("“We fine-tune the pretrained GBERT.” (3 Model)", "ours", 1)
    )
    result = CliRunner().invoke(command, [*arguments, "--file", str(broken)])
    assert result.exit_code == 2
    assert "b.pdf: it is neither" in result.stderr
    assert "1 edited cells stay" in result.stderr
    assert out.read_text().count("ours") == 1
    assert str(tmp_path) not in out.read_text()
