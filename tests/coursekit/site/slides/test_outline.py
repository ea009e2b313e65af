"""What of a README stands on a slide: read as Markdown is, cut where a slide ends."""

from __future__ import annotations

from coursekit.site.slides.outline import outline

BLOCKS = """# A talk

Introduction
------------

We ask
one question.

![the set-up](setup.png)

## Data

> Quoted words are ours, too.

- **Size**: 40 texts
- [x] cleaned

  1. *one* step
- **Open**: [How many?]

~~~python
# ## Model is no heading here
- this is no point
~~~

## Model

    | no | table |

| a | b |
|---|---|
| 1 | 2 |

<div>not for a slide</div>

## Results ##
Nothing yet.
"""


def test_a_talk_is_read_as_a_page_is():
    """Underlined headings, quotations, lists in lists, other fences: blocks, not lines."""
    parts = outline(BLOCKS, {})
    assert parts["introduction"].bullets == ("We ask one question.",)
    assert parts["introduction"].extra == "![the set-up](setup.png)"
    data = parts["dataset"]
    assert data.bullets == (
        "Quoted words are ours, too.", "**Size:** 40 texts", "cleaned", "*one* step"
    )  # fmt: skip
    assert data.extra == "~~~python\n# ## Model is no heading here\n- this is no point\n~~~"
    assert data.gaps == ("Open: How many?",)
    assert "How many?" not in data.notes
    model = parts["model"]
    assert (model.bullets, model.extra) == ((), "| a | b |\n|---|---|\n| 1 | 2 |")
    assert parts["results"].bullets == ("Nothing yet.",)


def test_half_a_diagram_is_none_and_half_a_table_is_shown():
    rows = "".join(f"| {n} |\n" for n in range(20))
    steps = "".join(f"a{n} --> b\n" for n in range(20))
    parts = outline(
        f"## Data\n| n |\n|---|\n{rows}\n## Model\n```mermaid\n{steps}```\n"
        f"## Baseline\n```\n{steps}```\n",
        {},
    )
    assert parts["dataset"].extra.splitlines() == [
        "| n |",
        "|---|",
        *(f"| {n} |" for n in range(8)),
    ]
    assert len(parts["model"].extra.splitlines()) == 22
    assert parts["baseline"].extra.splitlines()[-2:] == ["a11 --> b", "```"]
