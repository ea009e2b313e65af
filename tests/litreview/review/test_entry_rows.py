"""One source, in ways that people write it: its title, its addresses and its fields."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import pytest

from litreview.review.reading import read_review

LABELS = "  - **Objective**: a\n  - **Methods**: b\n"
PARTS = (
    "title", "urls", "arxiv_id", "doi", "objective", "methods", "outcomes", "relation",
    "placeholders", "targets",
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Title: Small owls\nObjective: a\nMethods: b\n",
         {"title": "Small owls", "objective": "a", "methods": "b"}),
        ("- **Source 1**: Small owls\n"
         "  - **[Paper](https://x.org/a)** in the journal of all the owls of the north\n"
         "«LABELS»",
         {"title": "Small owls", "urls": ["https://x.org/a"]}),
        ("- **Source 1**: Small owls\n"
         "  - Paper: https://x.org/a in the journal of all the owls of the north\n"
         "«LABELS»",
         {"title": "Small owls", "urls": ["https://x.org/a"]}),
        ("- **Source 1**: Small owls\n\n  Of a journal, 10.1145/3292500.3330701, in 2019\n«LABELS»",
         {"title": "Small owls", "doi": "10.1145/3292500.3330701"}),
        ("- **Source 1**: Small owls arXiv:1706.03762\n«LABELS»",
         {"title": "Small owls arXiv:1706.03762", "arxiv_id": "1706.03762"}),
        ("- **Source 1**:\n  Small owls, arXiv:1706.03762\n«LABELS»",
         {"title": "Small owls, arXiv:1706.03762", "arxiv_id": "1706.03762"}),
        ("- **Source 1**:\n  Small owls see mice that we do not, https://x.org/a\n"
         "  - **Objective**: a, see https://x.org/b\n  - **Methods**: b\n",
         {"title": "Small owls see mice that we do not,",
          "urls": ["https://x.org/a"],
          "objective": "a, see https://x.org/b", "methods": "b"}),
        ("- **Source 1**:\n  Small owls see mice that [we](paper.pdf) do not\n«LABELS»",
         {"title": "Small owls see mice that we do not", "targets": ["paper.pdf"]}),
        ("- **Source 1**:\n  - **Title**: Small owls, arXiv:1706.03762\n«LABELS»",
         {"title": "Small owls, arXiv:1706.03762", "arxiv_id": "1706.03762"}),
        ("- **Source 1**: Small owls\n"
         "  - **Objective**: a, see https://x.org/a\n"
         "  - **Methods**: b\n",
         {"title": "Small owls", "urls": ["https://x.org/a"],
          "objective": "a, see https://x.org/a", "methods": "b"}),
        ("Source 1: Small owls\n- **one**\n- **two**\nObjective: a\n",
         {"title": "Small owls", "objective": "a"}),
        ("- **Source 1**: Small owls\n"
         "«LABELS»  - **Outcomes**: c\n"
         "  - **Relation to the Project**: d\n"
         "  - **one more**\n",
         {"title": "Small owls", "outcomes": "c", "relation": "d one more"}),
        ("- **Source 1**: Small owls\n"
         "«LABELS»  - **Outcomes**: c\n"
         "  - **Relation to the Project**: \n"
         "  - **one more** : \n",
         {"title": "Small owls", "outcomes": "c", "relation": "one more"}),
        ("- **Source 1**: Small owls\n"
         "  - **one**\n"
         "  - **Relation to the Project**: d\n"
         "  - **two**\n"
         "  - **Objective**: a\n"
         "  - **three**\n",
         {"title": "Small owls", "objective": "a", "methods": "one", "outcomes": "three",
          "relation": "d"}),
        ("- **Source 1**: Small owls\n"
         "  - **Objective**: a\n"
         "      - **deep**\n"
         "    - https://x.org/a\n"
         "  - **Methods**: b\n"
         "     - https://x.org/b\n",
         {"title": "Small owls", "urls": ["https://x.org/a", "https://x.org/b"],
          "objective": "a deep https://x.org/a", "methods": "b https://x.org/b"}),
        ("- **Source 1**:\n\n  Small owls\n«LABELS»",
         {"title": "Small owls"}),
        ("- **Source 1**: Small owls\n\n  of the north\n«LABELS»",
         {"title": "Small owls"}),
        ("- **Source 1**:\n  - **Title**: Small owls\n  - of the north\n«LABELS»",
         {"title": "Small owls"}),
        ("- **Source 1**: [ Small owls ]\n«LABELS»",
         {"title": "Small owls"}),
        ("- **Source 1**: [Small owls\n«LABELS»",
         {"title": "Small owls"}),
        ("- **Source 1**: [Small] owls [all]\n«LABELS»",
         {"title": "[Small] owls [all]"}),
        ("- **Source 1**: XX Small owls XX https://x.org/a\n«LABELS»",
         {"title": "XX Small owls XX", "urls": ["https://x.org/a"]}),
        ("- **Source 1**: (X) https://x.org/a\n«LABELS»",
         {"title": "(X)", "urls": ["https://x.org/a"]}),
        ("- **Source 1**: Small owls ([Link](https://x.org/a))\n«LABELS»",
         {"title": "Small owls", "urls": ["https://x.org/a"]}),
        ("- **Source 1**: [Link](https://x.org/a)\n«LABELS»",
         {"urls": ["https://x.org/a"], "placeholders": {"title": "Link"}}),
        ("- **Source 1**: [Paper](https://x.org/a): Small owls\n«LABELS»",
         {"title": "Small owls", "urls": ["https://x.org/a"]}),
        ("- **Source 1**: Large owls\n"
         "  - **Objective**: c\n"
         "- **https://x.org/a**: [Small owls]\n"
         "  - **Objective**: a\n",
         {"title": "Small owls", "urls": ["https://x.org/a"], "objective": "a"}),
        ("- **Source 1**: Large owls\n"
         "  - **Objective**: c\n"
         "- see **https://x.org/a**: owls\n"
         "  - **Objective**: a\n",
         {"title": "see : owls", "urls": ["https://x.org/a"], "objective": "a"}),
    ],
)  # fmt: skip
def test_a_source_is_read(text: str, expected: dict[str, Any]) -> None:
    """`«LABELS»` stands for an objective `a` and methods `b`."""
    entry = read_review(text.replace("«LABELS»", LABELS)).sources[-1]
    usual = {"objective": "a", "methods": "b"} if "«LABELS»" in text else {}
    found = {name: value for name, value in asdict(entry).items() if name in PARTS and value}
    found |= {name: list(found[name]) for name in ("urls", "targets") if name in found}
    assert found == usual | expected


WHOLE = {
    "title": "Small owls", "link": "https://x.org/a", "Objective": "a", "Methods": "b",
    "Outcomes": "c", "Relation to the Project": "d",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "complete"),
    [
        ({}, True),
        ({"Relation to the Project": ""}, True),
        ({"title": ""}, False),
        ({"link": ""}, False),
        ({"link": "", "title": "Small owls, arXiv:1706.03762"}, True),
        ({"link": "", "title": "Small owls, 10.1145/3292500.3330701"}, True),
        ({"Objective": ""}, False),
        ({"Methods": "TBD"}, False),
        ({"Outcomes": "[What came out?]"}, False),
    ],
)
def test_a_complete_source_has_title_address_and_three_fields(
    changes: dict[str, str], complete: bool
) -> None:
    parts = WHOLE | changes
    text = f"- **Source 1**: {parts.pop('title')}\n  - **[Link]({parts.pop('link')})**\n"
    text += "".join(f"  - **{label}**: {value}\n" for label, value in parts.items())
    review = read_review(text)
    assert review.sources[0].complete is complete
    assert review.complete_sources == int(complete)
    assert not review.sources[0].empty
