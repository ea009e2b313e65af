"""What of a README is the team's own: words, questions left open, and what is shown of it."""

from __future__ import annotations

import pytest

from coursekit.git.repository import blob_name
from coursekit.team.received import (
    FEW_WORDS,
    Pristine,
    builtin,
    is_open,
    open_questions,
    own_words,
    template_folder,
    without_placeholders,
)

TEMPLATE = Pristine(
    frozenset(),
    frozenset({
        "# Data", "## Source", "Describe it.", "See [INSTRUCTIONS.md](INSTRUCTIONS.md).",
        "## From INSTRUCTIONS.md",
    }),
)  # fmt: skip
EIGHT = "we took eight hundred mails of our team"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("", 0),
        ("Describe it.", 0),
        ("  Describe it.  ", 0),
        ("Describe it!", 2),
        ("a b cc d_e ff_gg", 3),
        ("- **Where**: [Where from?]", 0),
        ("- **Where**: [our mails](https://x.org)", 5),
        ("one two\n# Data\nthree", 3),
    ],
)
def test_words_that_the_template_does_not_have_are_counted(text, count):
    """A word has two letters or digits; a line of the template counts only as a whole."""
    assert own_words(text, TEMPLATE) == count


def test_counting_ends_where_there_are_enough():
    """Nobody asks whether a README has eight words or eight thousand."""
    assert own_words("one two three\nfour five\nsix seven", TEMPLATE, 4) == 5
    assert own_words("one two three\nfour five\nsix seven", TEMPLATE, 3) == 3


@pytest.mark.parametrize(
    ("line", "is_one"),
    [
        ("[Which data?]", True),
        ("  - **Data**: [Which data?]  ", True),
        ("* **Data:** [Which data?]( )", True),
        ("[Which data?](https://x.org)", False),
        ("[our data]", False),
        ("[describe the data]", True),
        ("Which data?", False),
        ("[Which data?] We do not know", False),
        ("- [ ] compare", False),
        (f"[{'x' * 299}?]", True),
        (f"[{'x' * 300}?]", False),
        (f"**{'x' * 80}**: [y?]", True),
        (f"**{'x' * 81}**: [y?]", False),
    ],
)
def test_a_question_in_brackets_is_still_open(line, is_one):
    assert is_open(line) is is_one


def test_open_questions_have_their_lines_counted_from_one():
    assert open_questions("[What?]\ntext\n\n  [Why?]  ") == [(1, "[What?]"), (4, "[Why?]")]


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        (EIGHT, EIGHT),
        (EIGHT.removesuffix(" team"), ""),
        (f"\n# Our data\n# More\n\n{EIGHT}\n", EIGHT),
        (f"## Our data\n\n{EIGHT}\n", f"## Our data\n\n{EIGHT}"),
        (f"{EIGHT}\n# Data\nDescribe it.\n", f"{EIGHT}\n# Data\nDescribe it."),
        (f"{EIGHT}\nSee [INSTRUCTIONS.md](INSTRUCTIONS.md).\nend", f"{EIGHT}\nend"),
        (f"{EIGHT}\n  See [INSTRUCTIONS.md](INSTRUCTIONS.md).  \nend", f"{EIGHT}\nend"),
        (f"{EIGHT}\nSee [INSTRUCTIONS.md](INSTRUCTIONS.md).\nDescribe it.\nend", f"{EIGHT}\nend"),
        (
            f"{EIGHT}\nSee [INSTRUCTIONS.md](INSTRUCTIONS.md).\n\nDescribe it.",
            f"{EIGHT}\n\nDescribe it.",
        ),
        (
            f"{EIGHT}\nSee [INSTRUCTIONS.md](INSTRUCTIONS.md).\n## Source\nours",
            f"{EIGHT}\n## Source\nours",
        ),
        (f"{EIGHT}\n## From INSTRUCTIONS.md\ntext", f"{EIGHT}\n## From INSTRUCTIONS.md\ntext"),
        (f"{EIGHT}\nan end ```\n[What?]\nend", f"{EIGHT}\nan end ```\nend"),
        (f"{EIGHT}\n ```python\n[What?]\n", f"{EIGHT}\n ```python\n[What?]"),
        (f"{EIGHT}\nSee INSTRUCTIONS.md, as we did.", f"{EIGHT}\nSee INSTRUCTIONS.md, as we did."),
        (f"{EIGHT}\n[What?]\n```\n[What?]\n```\n[Why?]\nend", f"{EIGHT}\n```\n[What?]\n```\nend"),
        (f"{EIGHT}\n~~~\n[What?]", f"{EIGHT}\n~~~\n[What?]"),
        # A heading stays where something stands below it, of its own or of a lower level.
        (f"{EIGHT}\n## A\n[What?]\n## B\ntext", f"{EIGHT}\n## B\ntext"),
        (f"{EIGHT}\n## A\n### B\ntext", f"{EIGHT}\n## A\n### B\ntext"),
        (f"{EIGHT}\n### A\n## B\ntext", f"{EIGHT}\n## B\ntext"),
        (f"{EIGHT}\n## A\n**B**:\ntext\n**C**\n[What?]", f"{EIGHT}\n## A\n**B**:\ntext"),
        (f"{EIGHT}\n**A**\n## B\ntext", f"{EIGHT}\n## B\ntext"),
        (f"{EIGHT}\n###### A\n**B**\ntext", f"{EIGHT}\n###### A\n**B**\ntext"),
        (f"{EIGHT}\n## A\n\n", EIGHT),
    ],
)
def test_a_readme_is_shown_without_what_nobody_answered(text, kept):
    assert without_placeholders(text, TEMPLATE) == kept


def test_a_start_is_eight_words():
    assert len(EIGHT.split()) == FEW_WORDS


def test_the_template_of_this_version_is_known_by_every_file_and_every_line_of_a_readme():
    folder = template_folder()
    assert folder is not None
    assert folder.name == "{{cookiecutter.project_slug}}"
    files = [path for path in folder.rglob("*") if path.is_file()]
    readme = folder / "0_LiteratureReview" / "README.md"
    assert readme in files
    assert builtin().blobs == {blob_name(path.read_bytes()) for path in files}
    assert {line.strip() for line in readme.read_text("utf-8").splitlines()} <= builtin().lines
    code = (folder / "Makefile").read_text("utf-8").splitlines()
    assert not {line.strip() for line in code if line.strip()} <= builtin().lines
