"""Settings: one file, overrides, and a clear sentence for every mistake."""

from __future__ import annotations

import re

import pytest

from baseline import config
from baseline.errors import BaselineError


def test_overrides_win_over_the_file(tmp_path):
    """One run can differ from the file without editing it."""
    path = tmp_path / "baseline.toml"
    path.write_text("[training]\nsteps = 10\nseed = 3\n", encoding="utf-8")
    loaded = config.read_config(path, ["training.steps=20"])
    assert (loaded.training.steps, loaded.training.seed) == (20, 3)


def test_a_written_configuration_reads_back_as_the_same(tmp_path):
    """`runs/<id>/config.toml` is there to repeat the run."""
    wanted = config.read_config(
        None,
        [
            'data.name="files"',
            'data.train=täg "1".csv',
            'data.columns={text = "re\\"view"}',
            "training.learning_rate=3e-4",
            "training.tensorboard=true",
        ],
    )
    path = tmp_path / "config.toml"
    path.write_text(config.dumps(wanted), encoding="utf-8")
    assert config.read_config(path) == wanted


def test_columns_may_stand_in_a_table_of_their_own(tmp_path):
    path = tmp_path / "baseline.toml"
    path.write_text('[data]\nname = "files"\ntrain = "a.csv"\n[data.columns]\ntext = "review"\n')
    assert config.read_config(path).data.columns == {"text": "review"}


@pytest.mark.parametrize(
    ("override", "words"),
    [
        ("training.stepps=1", ["training.stepps", "steps"]),
        ("trainin.steps=1", ["trainin.steps=1", "section.key=value"]),
        ("training.steps=many", ["training.steps", "'many'", "whole number"]),
        ("training.steps=1.5", ["training.steps", "1.5", "whole number"]),
        ("training.steps=-1", ["training.steps", "-1", "at least 0"]),
        ("training.learning_rate=nan", ["training.learning_rate", "nan"]),
        ("training.tensorboard=1", ["true or false"]),
        ("model.name=lsmt", ["'lsmt'", "did you mean 'lstm'"]),
        ("model.width=100 model.heads=3", ["model.width", "whole number"]),
        ("generation.top_p=2", ["generation.top_p", "2"]),
        ("data.name=files", ["data.train", "empty"]),
        ("training.cpu_seconds=0", ["never end"]),
        ("model.name=pretrained", ["model.pretrained", "empty"]),
    ],
)
def test_a_wrong_setting_is_named_with_its_value_and_the_remedy(override, words):
    """Beginners meet these messages first."""
    with pytest.raises(BaselineError) as caught:
        config.read_config(None, [override])
    for word in words:
        assert word in str(caught.value)


def test_width_and_heads_must_fit():
    with pytest.raises(BaselineError, match=re.escape("model.width is 100 and model.heads is 3")):
        config.read_config(None, ["model.width=100", "model.heads=3"])


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[training\nsteps=1", "not valid TOML"),
        ("[trainng]\nsteps=1", "did you mean 'training'"),
        ("steps=1", "[steps] is not a section"),
    ],
)
def test_a_broken_file_is_named(tmp_path, text, words):
    path = tmp_path / "baseline.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(BaselineError, match=re.escape(words)) as caught:
        config.read_config(path)
    assert "baseline.toml" in str(caught.value)


def test_a_file_with_a_byte_order_mark_is_read(tmp_path):
    """Windows editors put one there."""
    path = tmp_path / "baseline.toml"
    path.write_bytes(b"\xef\xbb\xbf[training]\r\nsteps = 7\r\n")
    assert config.read_config(path).training.steps == 7
