"""The models that a team receives pass their own tests, in a repository as a team gets it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

# In groups, so that two workers share them and torch is imported four times, not fourteen.
GROUPS = {
    "forerunners": ("ngram", "word2vec", "lstm"),
    "parts": ("attention", "positions", "losses", "objectives", "decoder", "transformer_xl"),
    "families": ("encoder", "heads", "encoder_decoder", "generation"),
    "parity": ("parity",),
}


@pytest.mark.parametrize("group", GROUPS)
def test_the_models_pass_their_tests_in_a_teams_repository(group: str, repository: Path) -> None:
    """Each model has its formulas, its learning and its likeness to transformers checked there."""
    pytest.importorskip("torch", reason="the models need torch: install the extra [baseline]")
    files = [f"tests/test_{name}.py" for name in GROUPS[group]]

    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", *files],
        cwd=repository,
        env=os.environ
        | {"PYTHONDONTWRITEBYTECODE": "1", "OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
        capture_output=True,
        text=True,
        timeout=600,
    )

    assert run.returncode == 0, run.stdout + run.stderr
    summary = run.stdout.strip().splitlines()[-1]
    assert "passed" in summary
    assert "skipped" not in summary


def test_counting_needs_no_torch(repository: Path) -> None:
    """The n-gram model is what a team can train before it has installed two gigabytes."""
    script = (
        "import sys; sys.modules['torch'] = None\n"
        "from baseline import ngram\n"
        "model = ngram.train(['to be or not to be'])\n"
        "print(''.join(ngram.generate(model, 'to ', temperature=0, max_tokens=3)))"
    )

    run = subprocess.run(
        [sys.executable, "-c", script],
        cwd=repository,
        env=os.environ | {"PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        text=True,
        timeout=60,
    )

    assert run.stdout.startswith("be"), run.stderr
