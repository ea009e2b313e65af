"""What a run leaves on the disk, read by the tools that it is meant for."""

from __future__ import annotations

import sys

import pytest

from baseline.errors import BaselineError
from baseline.training import runs


def test_tensorboard_reads_the_curves(tmp_path):
    """TensorBoard's own reader, on what a resumed run has written, too."""
    reader = pytest.importorskip(
        "tensorboard.backend.event_processing.event_accumulator",
        reason="TensorBoard is not installed: pip install '.[logs]'",
    )
    for steps in ((1, 300), (500,)):
        log = runs.Log(tmp_path, tensorboard=True)
        for step in steps:
            log.write(step=step, loss=0.5 * step, note="text is no number")

    events = reader.EventAccumulator(str(tmp_path))
    events.Reload()

    assert events.Tags()["scalars"] == ["loss"]
    found = [(event.step, event.value) for event in events.Scalars("loss")]
    assert found == [(1, 0.5), (300, 150.0), (500, 250.0)]
    assert [row["step"] for row in runs.read_log(tmp_path)] == [1, 300, 500]


def test_a_wish_for_tensorboard_without_it_is_answered_at_once(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    with pytest.raises(BaselineError, match=r"pip install '\.\[logs\]'"):
        runs.Log(tmp_path, tensorboard=True)
