"""Where sentences of abstracts end, and where they do not."""

from __future__ import annotations

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from litreview.text.sentences import split


def texts(text: str) -> list[str]:
    return [span.text for span in split(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", []),
        (" \n\t ", []),
        ("One", ["One"]),
        ("We do this. It works.", ["We do this.", "It works."]),
        ("Does it? Yes! Good.", ["Does it?", "Yes!", "Good."]),
        ("Scores of 3.5 vs. 2.1 points. Fine.", ["Scores of 3.5 vs. 2.1 points.", "Fine."]),
        ("As in Fig. 3 and Eq. (2). Next.", ["As in Fig. 3 and Eq. (2).", "Next."]),
        ("Smith et al. [12] did. So do we.", ["Smith et al. [12] did.", "So do we."]),
        ("It extends Smith et al. We add more.", ["It extends Smith et al.", "We add more."]),
        ("Small, e.g. BERT, i.e. Good ones.", ["Small, e.g. BERT, i.e. Good ones."]),
        ("J. Smith came. K. Lee left.", ["J. Smith came.", "K. Lee left."]),
        ("It runs in C. The rest is Python.", ["It runs in C.", "The rest is Python."]),
        ("From Jan. 2020 to Dec. 2021. Then no.", ["From Jan. 2020 to Dec. 2021.", "Then no."]),
        ("We beat it. mBERT is better.", ["We beat it.", "mBERT is better."]),
        ("He said “stop.” We stopped.", ["He said “stop.”", "We stopped."]),
        ("(It ends.) Here too.", ["(It ends.)", "Here too."]),
        ("Let $x. Y$ be it. We go on.", ["Let $x. Y$ be it.", "We go on."]),
        ("It costs $5. We pay $6. Done.", ["It costs $5.", "We pay $6.", "Done."]),
        ("See https://a.b/c.d for it. Ok.", ["See https://a.b/c.d for it.", "Ok."]),
        ("1. First. 2. Second.", ["1. First.", "2. Second."]),
        ("A line\nbreak stays. End.", ["A line\nbreak stays.", "End."]),
        ("No stop here\n\nNew paragraph", ["No stop here", "New paragraph"]),
        ("机器学习很重要。我们提出新方法。", ["机器学习很重要。", "我们提出新方法。"]),
        ("Wait... what? Yes.", ["Wait... what?", "Yes."]),
    ],
)
def test_boundaries(text, expected):
    """Each of these has tripped a splitter."""
    assert texts(text) == expected


@given(st.text(alphabet="aB1.?!$ \n\t()。é", max_size=80))
def test_nothing_is_lost_or_changed(text):
    """An extract must be findable in its abstract, whatever the abstract is."""
    spans = split(text)
    assert all(text[span.start : span.end] == span.text for span in spans)
    assert "".join("".join(span.text.split()) for span in spans) == "".join(text.split())
    assert all(a.end <= b.start for a, b in itertools.pairwise(spans))


@pytest.mark.parametrize("piece", ["a ", ".", "$a", ". ", ".)", "\n ", "'", "1. ", "\\("])
def test_hostile_text_is_split_in_linear_time(piece):
    """Bounded repetitions: no input costs more than linear time (quadratic would hang here)."""
    text = piece * (200_000 // len(piece))
    assert sum(len(span.text) for span in split(text)) <= len(text)


def test_agrees_with_hand_split_abstracts(data_dir):
    """Abstracts that were split by people: nearly all boundaries agree."""
    wrong = total = 0
    for line in (data_dir / "csabstruct" / "dev.jsonl").read_text(encoding="utf-8").splitlines():
        sentences = [sentence.strip() for sentence in json.loads(line)["sentences"]]
        ends, position = set(), 0
        for sentence in sentences:
            position += len(sentence)
            ends.add(position)
            position += 1
        found = {span.end for span in split(" ".join(sentences))}
        wrong += len(ends ^ found)
        total += len(ends)
    assert total > 1900
    # 41 of 1,984 when written; most are copyright lines that the people did not split.
    assert wrong / total < 0.025
