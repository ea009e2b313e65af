"""The roles of sentences: rules around the model, and how well the model does."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import numpy as np
import pytest

from litreview.abstracts.headings import find_heading
from litreview.abstracts.roles import ROLES, is_boilerplate, probabilities, tag
from litreview.text.sentences import split

MEDICAL = (
    "Background: Hip fractures are common in the elderly. Delirium often follows surgery. "
    "Aims: To assess whether early mobilisation lowers the risk. "
    "Methods: Patients over 70 were randomised to two wards in three hospitals. "
    "Nurses were blinded to the allocation. "
    "Results: Delirium occurred in 12 of 140 patients against 31 of 138. "
    "No serious adverse event was seen. "
    "Conclusions: Early mobilisation is safe and helpful."
)


def labels(text: str) -> list[str]:
    return [role.role for role in tag([[span.text for span in split(text)]])[0]]


def test_a_structured_abstract_of_another_field_follows_its_headings():
    """The model learned from computer science; the headings say the roles anywhere."""
    assert labels(MEDICAL) == [
        "background", "background", "objective", "method", "method", "result", "result", "result",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("before", "after"), [(":", "."), (":", " —"), (":", " -"), (": ", "\n"), (":", ":\n")]
)
def test_headings_come_in_many_dresses(before, after):
    """Colons, full stops, dashes and line breaks mark the same parts."""
    expected = labels(MEDICAL)
    text = MEDICAL
    for heading in ("Background", "Aims", "Methods", "Results", "Conclusions"):
        text = text.replace(f"{heading}{before}", f"{heading.upper()}{after}")
    sentences = [span.text for span in split(text)]
    found = [role.role for role in tag([sentences])[0]]
    bare = [s for s in sentences if len(s.split()) == 1]
    kept = [role for role, s in zip(found, sentences, strict=True) if s not in bare]
    assert kept == expected


@pytest.mark.parametrize(
    ("sentence", "role"),
    [
        ("Aims.", "objective"),
        ("Methods: we ran it", "method"),
        ("RESULTS — it works", "result"),
        ("Results - it works", "result"),
        ("METHODS We ran it", "method"),
        ("Materials and methods. Forty rats", "method"),
        ("Purpose – This paper aims", "objective"),
        ("Design/methodology/approach – A survey", "method"),
        ("Originality/value – The first", "result"),
        ("BACKGROUND AND AIMS: We", "objective"),
        ("Results show that it works.", None),
        ("Methods for parsing are slow.", None),
        ("Approach A is better.", None),
        ("Data are scarce.", None),
        ("methods: lower case is prose", None),
        ("", None),
    ],
)
def test_headings_are_told_from_prose(sentence, role):
    """What reads "Results show …" is prose; "Results: …" has a heading."""
    heading = find_heading(sentence)
    assert (heading.role if heading else None) == role


@pytest.mark.parametrize(
    ("sentence", "boilerplate"),
    [
        ("© 2015 Elsevier Ltd.", True),
        ("All rights reserved.", True),
        ("2013 Elsevier Ltd. All rights reserved.", True),
        ("Copyright # 2004 John Wiley & Sons, Ltd.", True),
        ("Keywords—Computer Vision, Image Segmentation.", True),
        ("Jane Doe, Department of Physics, University of X, Y.", True),
        ("jane.doe@uni.example, John Roe", True),
        ("Email has become the most-used communication tool.", False),
        ("The University and its Department are studied here.", False),
        ("We protect copyright with a watermark.", False),
        ("In 2013 we met.", False),
    ],
)
def test_copyright_and_author_lines_are_set_aside(sentence, boilerplate):
    """They would shift the places of the sentences that count."""
    assert is_boilerplate(sentence) is boilerplate


def test_probabilities_have_a_row_per_sentence_that_sums_to_one():
    """Empty abstracts, empty sentences and copyright lines keep their rows."""
    abstracts = [[], [""], ["We show it.", "© 2015 Elsevier Ltd."], ["x" * 100_000], ["\x00\ud800"]]
    tables = probabilities(abstracts)
    assert [table.shape for table in tables] == [(len(a), len(ROLES)) for a in abstracts]
    for table in tables:
        np.testing.assert_allclose(table.sum(axis=1), 1, rtol=1e-4)


def test_an_abstract_scores_the_same_alone_and_in_a_batch(data_dir):
    """Batches are for speed and must not change a result."""
    path = data_dir / "csabstruct" / "dev.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()[:40]
    abstracts = [json.loads(line)["sentences"] for line in lines]
    together = probabilities(abstracts)
    for abstract, table in zip(abstracts, together, strict=True):
        np.testing.assert_allclose(probabilities([abstract])[0], table, atol=1e-4)


@pytest.mark.slow
def test_a_very_long_abstract_is_tagged():
    """Thousands of sentences neither overflow nor underflow."""
    (table,) = probabilities([["We show that it works better than before."] * 3000])
    assert np.isfinite(table).all()
    np.testing.assert_allclose(table.sum(axis=1), 1, rtol=1e-4)


def test_weights_are_small_and_hold_no_pickles(repository_root):
    """A model file is data: at most 1 MB, and loading it runs nothing."""
    path = repository_root / "litreview" / "data" / "roles.npz"
    assert path.stat().st_size <= 1_000_000
    with np.load(path, allow_pickle=False) as arrays:
        assert all(arrays[name].dtype.kind in "iuf" for name in arrays.files)


def test_importing_the_summary_loads_neither_numpy_nor_weights():
    """Commands that do not summarise must not pay for it."""
    code = (
        "import sys, litreview.actions.tag\n"
        "import litreview.abstracts.summary, litreview.abstracts.roles\n"
        "assert 'numpy' not in sys.modules, 'numpy was imported'\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=dict(os.environ)
    )
    assert result.returncode == 0, result.stderr
