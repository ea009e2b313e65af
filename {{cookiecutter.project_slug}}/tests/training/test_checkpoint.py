"""Checkpoints: complete or not at all, of this architecture, and never a pickle."""

from __future__ import annotations

import pickle
import sys

import pytest

torch = pytest.importorskip("torch")

from baseline.errors import BaselineError  # noqa: E402
from baseline.training import checkpoint  # noqa: E402

ABOUT = {"model.width": 16, "labels": ["a", "b"]}


def save(folder, step, *, best=False, model=None, optimizer=None):
    model = model or {"weight": torch.full((2, 3), float(step))}
    checkpoint.save(folder, step, model, optimizer, {"step": step}, ABOUT, best=best)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_weights_come_back_exactly(tmp_path):
    weight = torch.randn(3, 4)
    tied = {"tokens": weight, "output": weight, "half": torch.randn(2).half(), "n": torch.tensor(3)}
    save(tmp_path, 1, model=tied)
    found = checkpoint.load_model(tmp_path, "last", ABOUT)
    assert set(found) == set(tied)
    assert all(torch.equal(found[name], tied[name]) for name in tied)


def test_optimizer_state_comes_back_exactly(tmp_path):
    """Without its averages, a resumed run would take another way."""
    layer = torch.nn.Linear(3, 2)
    optimizer = torch.optim.AdamW(layer.parameters(), lr=0.1)
    layer(torch.ones(1, 3)).sum().backward()
    optimizer.step()
    save(tmp_path, 1, optimizer=optimizer.state_dict())
    found, state = checkpoint.load_state(tmp_path)
    again = torch.optim.AdamW(torch.nn.Linear(3, 2).parameters(), lr=9.0)
    again.load_state_dict(found)
    expected, got = optimizer.state_dict(), again.state_dict()
    assert got["param_groups"] == expected["param_groups"]
    for place, values in expected["state"].items():
        for name, value in values.items():
            assert torch.equal(got["state"][place][name], value)
    assert state == {"step": 1}


def test_only_the_last_and_the_best_are_kept(tmp_path):
    """Ten checkpoints of a large model fill a disk."""
    for step, best in [(1, False), (2, True), (3, False), (4, False)]:
        save(tmp_path, step, best=best)
    assert names(tmp_path) == ["index.json", "step-00000002", "step-00000004"]
    assert checkpoint.load_model(tmp_path, "best", ABOUT)["weight"][0, 0] == 2


def test_a_kill_while_writing_leaves_the_checkpoint_before(tmp_path, monkeypatch):
    save(tmp_path, 1)
    monkeypatch.setattr(checkpoint, "write_atomic", lambda *a: (_ for _ in ()).throw(SystemExit))
    with pytest.raises(SystemExit):
        save(tmp_path, 2)
    assert checkpoint.load_model(tmp_path, "last", ABOUT)["weight"][0, 0] == 1
    monkeypatch.undo()
    save(tmp_path, 2)
    assert checkpoint.load_model(tmp_path, "last", ABOUT)["weight"][0, 0] == 2
    assert names(tmp_path) == ["index.json", "step-00000002"]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
def test_a_full_disk_is_said_in_a_sentence_and_keeps_the_checkpoint_before(tmp_path):
    """A limit on the size of files makes the system refuse a write, as a full disk does."""
    import resource

    save(tmp_path, 1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(BaselineError, match="disk space"):
            save(tmp_path, 2, model={"weight": torch.zeros(100, 100)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert checkpoint.load_model(tmp_path, "last", ABOUT)["weight"][0, 0] == 1
    assert names(tmp_path) == ["index.json", "step-00000001"]  # half a checkpoint takes no room


@pytest.mark.parametrize("name", ["model.pt", "model.bin", "model.safetensors"])
@pytest.mark.parametrize("old_format", [True, False])
def test_a_pickle_is_refused_whatever_its_name(tmp_path, name, old_format):
    """Reading a pickle can run any program; `torch.save` writes pickles, zipped or not."""
    path = tmp_path / name
    torch.save({"weight": torch.zeros(1)}, path, _use_new_zipfile_serialization=not old_format)
    with pytest.raises(BaselineError, match="is a pickle"):
        checkpoint.read_tensors(path)


def test_a_pickled_program_does_not_run(tmp_path):
    marker = tmp_path / "was-run"

    class Evil:
        def __reduce__(self):
            return (marker.touch, ())

    path = tmp_path / "model.safetensors"
    path.write_bytes(pickle.dumps(Evil()))
    with pytest.raises(BaselineError):
        checkpoint.read_tensors(path)
    assert not marker.exists()


def test_safetensors_of_any_header_length_are_read(tmp_path):
    """The file begins with that length, whose first byte can be that of a pickle."""
    first_bytes = set()
    for length in range(0, 260, 4):
        path = tmp_path / "model.safetensors"
        checkpoint.write_tensors(path, {"x" * (length + 1): torch.ones(1)}, {})
        first_bytes.add(path.read_bytes()[0])
        assert len(checkpoint.read_tensors(path)[0]) == 1
    assert 0x80 in first_bytes


def test_weights_of_another_architecture_name_the_difference(tmp_path):
    save(tmp_path, 1)
    with pytest.raises(BaselineError, match="model.width is 16 there and 32 here"):
        checkpoint.load_model(tmp_path, "last", {**ABOUT, "model.width": 32})


@pytest.mark.parametrize("content", [b"", b"{}", b"\x08\x00\x00\x00\x00\x00\x00\x00{broken}"])
def test_damaged_weights_are_named(tmp_path, content):
    path = tmp_path / "model.safetensors"
    path.write_bytes(content)
    with pytest.raises(BaselineError, match=r"model\.safetensors"):
        checkpoint.read_tensors(path)


@pytest.mark.parametrize("index", ["{", '{"last": "../../etc"}', '{"last": "step-9"}', "[]"])
def test_an_index_that_names_something_else_is_not_followed(tmp_path, index):
    save(tmp_path, 1)
    (tmp_path / "index.json").write_text(index, encoding="utf-8")
    with pytest.raises(BaselineError):
        checkpoint.load_model(tmp_path, "last", ABOUT)


def test_no_checkpoint_says_why(tmp_path):
    """The usual reason is a fresh clone: weights are not committed."""
    with pytest.raises(BaselineError, match="not committed"):
        checkpoint.load_model(tmp_path, "best", ABOUT)


def test_the_index_names_the_last_and_the_best(tmp_path):
    save(tmp_path, 7, best=True)
    save(tmp_path, 123456789)
    assert checkpoint.read_index(tmp_path) == {"last": "step-123456789", "best": "step-00000007"}
    save(tmp_path, 5)
    assert checkpoint.load_model(tmp_path, "last", ABOUT)["weight"][0, 0] == 5


def test_without_a_best_one_the_last_is_taken(tmp_path):
    save(tmp_path, 1)
    assert checkpoint.load_model(tmp_path, "best", ABOUT)["weight"][0, 0] == 1


def test_the_same_step_may_be_written_again(tmp_path):
    """A resumed run reaches a step that it has written before."""
    save(tmp_path, 1, best=True)
    save(tmp_path, 1, model={"weight": torch.full((2, 3), 9.0)})
    assert checkpoint.load_model(tmp_path, "best", ABOUT)["weight"][0, 0] == 9
    assert names(tmp_path) == ["index.json", "step-00000001"]


def test_what_the_weights_fit_stands_in_their_file(tmp_path):
    save(tmp_path, 1)
    _, about = checkpoint.read_tensors(tmp_path / "step-00000001" / "model.safetensors")
    assert about == {"format": 1, "architecture": ABOUT}
    assert not (tmp_path / "step-00000001" / "optimizer.safetensors").exists()


def test_only_what_is_asked_for_is_compared(tmp_path):
    """A newer version may know more about an architecture than an older file says."""
    save(tmp_path, 1)
    assert checkpoint.load_model(tmp_path, "last", {"model.width": 16})
    with pytest.raises(BaselineError, match="model.depth is None there and 2 here"):
        checkpoint.load_model(tmp_path, "last", {**ABOUT, "model.depth": 2})


def test_the_optimizers_own_types_come_back(tmp_path):
    """JSON knows no tuples and no numbers as keys."""
    state = {
        "state": {0: {"step": 3.0, "mean": torch.ones(2)}, 12: {"mean": torch.zeros(1)}},
        "param_groups": [{"lr": 0.1, "betas": (0.9, 0.99), "params": [0, 12]}],
    }
    save(tmp_path, 1, optimizer=state)
    found, _ = checkpoint.load_state(tmp_path)
    assert found["param_groups"] == state["param_groups"]
    assert isinstance(found["param_groups"][0]["betas"], tuple)
    assert isinstance(found["param_groups"][0]["params"], list)
    assert {key: set(values) for key, values in found["state"].items()} == {
        0: {"step", "mean"},
        12: {"mean"},
    }
    assert found["state"][0]["step"] == 3


@pytest.mark.parametrize("content", ["{", "3", '["a"]'])
def test_a_damaged_state_is_named(tmp_path, content):
    save(tmp_path, 1, optimizer={"state": {}, "param_groups": []})
    (tmp_path / "step-00000001" / "state.json").write_text(content, encoding="utf-8")
    with pytest.raises(BaselineError, match="step-00000001: is damaged"):
        checkpoint.load_state(tmp_path)


def test_there_is_nothing_to_go_on_from(tmp_path):
    with pytest.raises(BaselineError, match="holds no checkpoint to go on from"):
        checkpoint.load_state(tmp_path)
