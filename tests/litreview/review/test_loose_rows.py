"""Reviews without labels: where a table, a list, a reference or an essay begins, to the unit."""

from __future__ import annotations

import re

import pytest

from litreview.review.reading import read_review


@pytest.mark.parametrize(
    ("text", "form", "sources"),
    [
        ("«120»\n\n- https://x.org/a\n", "essay", [(3, 3, "", "a")]),
        ("«119»\n\n- https://x.org/a\n", "list", [(3, 3, "", "a")]),
        ("| Paper | Objective | Methods |\n|---|---|---|\n| Owls | a | b |",
         "template", [(3, 3, "Owls", "")]),
        ("# Notes\n\nfirst\n\n| Objective | Methods | Outcomes\n|---|---|---\n| a | b | c\n",
         "template", [(7, 7, "", "")]),
        ("Objective | Methods | Outcomes\n---|---|---\na | b | c\n", "empty", []),
        ("x | Objective | Methods | y\n---|---|---|---\nOwls | a | b | c\n",
         "template", [(3, 3, "Owls", "")]),
        ("| Objective | Methods | Outcomes |\n|---|---|---| x\n| a | b | c |\n", "empty", []),
        ("| Objective | Methods |\n|--|\n| a | b |\n", "empty", []),
        ("  | Paper | Objective | Methods |  \n"
         "|---|---|---|\n"
         "  | XX Owls XX | X a X | b |  \n",
         "template", [(3, 3, "XX Owls XX", "")]),
        ("| Paper | Objective | Methods |\n"
         "|---|---|---|\n"
         "| [Owls](https://x.org/a) | a | b |\n"
         "| Mice | [c](https://x.org/b) | d |\n",
         "template", [(3, 3, "Owls", "a"), (4, 4, "Mice", "b")]),
        ("## Our references\n\n- Doe. Owls of the north.\n", "empty", []),
        ("**References :**\n\n- Doe. Owls of the north.\n", "list", [(3, 3, "Doe. Owls of", "")]),
        ("## X References\n\n- Doe. Owls of the north.\n", "empty", []),
        ("## References\nDoe. Owls of the north.\nof 2019\n", "list", [(2, 3, "Doe. Owls of", "")]),
        ("## 1. Sources and links of us\n\nDoe. Owls.\n", "list", [(3, 3, "Doe. Owls.", "")]),
        ("Owls\n\n«w199»\nhttps://x.org/a\n", "list", [(3, 4, "wwwwwwwwwwww", "a")]),
        ("«w199»\n\nhttps://x.org/a\n", "list", [(1, 3, "wwwwwwwwwwww", "a")]),
        ("«w200»\n\nhttps://x.org/a\n", "list", [(3, 3, "", "a")]),
        ("«121»\n\n«38»at https://x.org/a\n", "essay", [(3, 3, "word word wo", "a")]),
        ("«50»\n\n«50»\n\n«37»https://x.org/a\n\n«38» https://x.org/b\n",
         "essay", [(5, 5, "word word wo", "a"), (7, 7, "word word wo", "b")]),
        ("«150»https://x.org/a\n\nhttps://x.org/b «150»\n",
         "essay", [(1, 1, "word word wo", "a"), (3, 3, "word word wo", "b")]),
        ("## One\n«70»https://x.org/a\n## Two\n«70»https://x.org/b\n",
         "list", [(1, 2, "One", "a"), (3, 4, "Two", "b")]),
        ("## One\n"
         "«70»https://x.org/a\n"
         "## Two\n"
         "«70»https://x.org/b\n"
         "## Three\n"
         "- https://x.org/c\n"
         "- https://x.org/d\n",
         "essay", [(2, 2, "word word wo", "a"), (4, 4, "word word wo", "b"),
          (6, 6, "", "c"), (7, 7, "", "d")]),
        ("## One\n"
         "«70»https://x.org/a\n"
         "## Two\n"
         "«70»https://x.org/b\n"
         "## Three\n"
         "- https://x.org/c\n",
         "list", [(1, 2, "One", "a"), (3, 4, "Two", "b"), (5, 6, "Three", "c")]),
        ("## One\n«140»https://x.org/a\n## Two\n", "essay", [(2, 2, "word word wo", "a")]),
        ("1. One\n«70»https://x.org/a\n2) Two\n«70»https://x.org/b\n",
         "list", [(1, 2, "One", "a"), (3, 4, "Two", "b")]),
        ("- 1. One\n«70»https://x.org/a\n- 2. Two\n«70»https://x.org/b\n",
         "list", [(1, 2, "One", "a"), (3, 4, "Two", "b")]),
        (" - One https://x.org/a\n   - Two https://x.org/b\n - Three https://x.org/c\n",
         "list", [(1, 2, "One", "ab"), (3, 3, "Three", "c")]),
        ("# One\nhttps://x.org/a\nof 2019\nby Doe\nat [Large owls](https://x.org/b)\n",
         "list", [(2, 5, "", "ab")]),
        ("One\nof\n[Large owls](https://x.org/b)\n", "list", [(1, 3, "Large owls", "b")]),
        ("One\nof\nthe\n[Large owls](https://x.org/b)\n", "list", [(1, 4, "One", "b")]),
        ("- [Paper of owls](https://x.org/a)\n"
         "- Owls: [Paper](https://x.org/b)\n"
         "- [Reference!](https://x.org/c) of owls\n",
         "list", [(1, 1, "Paper of owl", "a"), (2, 2, "Owls", "b"), (3, 3, "Reference! o", "c")]),
    ],
)  # fmt: skip
def test_works_are_found(text: str, form: str, sources: list[tuple[int, int, str, str]]) -> None:
    """Of each its first line, its last, how its title begins, and the ends of its addresses.

    `«3»` stands for three words, `«w3»` for a word of three letters.
    """
    whole = re.sub(r"«(w?)(\d+)»", lambda m: (m[1] or "word ") * int(m[2]), text)
    review = read_review(whole)
    found = [
        (entry.line, entry.end, (entry.title or "")[:12], "".join(url[-1] for url in entry.urls))
        for entry in review.sources
    ]
    assert (review.form, found) == (form, sources)
