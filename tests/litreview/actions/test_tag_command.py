"""`litreview tag`: files in, labels out, and what a broken line gets."""

from __future__ import annotations

import io
import json
import subprocess
import sys

import pytest
from click.testing import CliRunner

from litreview.abstracts.roles import ROLES
from litreview.actions.tag import tag_file, write_tagged
from litreview.cli.tag import command
from litreview.errors import UserError


def test_each_line_keeps_what_it_held_and_gains_labels_and_scores(tmp_path):
    """Other programs join on their own fields."""
    path = tmp_path / "in.jsonl"
    path.write_text(
        '{"id": 7, "sentences": ["Ünits are hard.", "We propose a parser."]}\r\n\n'
        '{"abstract": "Results show that it works. Copyright 2020 ACM."}\n{"sentences": []}\n',
        encoding="utf-8-sig",
    )
    records = [json.loads(line) for line in tag_file(path)]
    assert [len(record["labels"]) for record in records] == [2, 2, 0]
    assert records[0]["id"] == 7
    assert records[1]["sentences"] == ["Results show that it works.", "Copyright 2020 ACM."]
    assert records[1]["labels"] == ["result", "other"]
    for record in records:
        assert set(record["labels"]) <= set(ROLES)
        assert all(0 < score <= 1 for score in record["scores"])


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (b"not json", "is not JSON"),
        (b'{"a": 1', "is not JSON"),
        (b"[1, 2]", "is list, not an object"),
        (b'{"title": "x"}', "neither `sentences`"),
        (b'{"sentences": "text"}', "neither `sentences`"),
        (b'{"sentences": [1]}', "neither `sentences`"),
        (b'{"abstract": null}', "neither `sentences`"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"[" * 100_000, "is not JSON"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_written(tmp_path, line, complaint):
    """The line's number is what a person needs to find it."""
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_bytes(b'{"sentences": ["Fine."]}\n\n' + line + b"\n")
    with pytest.raises(UserError, match=r"in\.jsonl, line 3: ") as caught:
        write_tagged(path, out)
    assert complaint in str(caught.value)
    assert [entry.name for entry in tmp_path.iterdir()] == ["in.jsonl"]


def test_a_lone_surrogate_survives(tmp_path):
    """JSON allows it, UTF-8 does not: it stays escaped instead of ending the run."""
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text('{"sentences": ["Odd \\ud800 sign."]}\n', encoding="utf-8")
    assert write_tagged(path, out) == 1
    assert json.loads(out.read_text(encoding="utf-8"))["sentences"] == ["Odd \ud800 sign."]


def test_the_file_itself_can_be_replaced(tmp_path):
    """Reading ends before the new file takes the old one's place; twice gives the same."""
    path = tmp_path / "in.jsonl"
    path.write_text('{"sentences": ["We show it."]}\n' * 600, encoding="utf-8")
    assert write_tagged(path, path) == 600
    first = path.read_bytes()
    assert write_tagged(path, path) == 600
    assert path.read_bytes() == first


def test_missing_files_and_folders_get_a_sentence(tmp_path):
    """Not a traceback."""
    with pytest.raises(UserError, match="cannot be read"):
        list(tag_file(tmp_path / "absent.jsonl"))
    (tmp_path / "in.jsonl").write_text("{}", encoding="utf-8")
    with pytest.raises(UserError, match="cannot be written"):
        write_tagged(tmp_path / "in.jsonl", tmp_path / "no" / "out.jsonl")


def test_output_streams_before_the_input_ends(monkeypatch):
    """A pipe of any length runs in the memory of one batch."""

    class Endless(io.RawIOBase):
        lines = 0

        def readline(self, size=-1):
            self.lines += 1
            return b'{"sentences": ["We show it."]}\n'

    class Stdin:
        buffer = Endless()

    monkeypatch.setattr(sys, "stdin", Stdin)
    from pathlib import Path

    stream = tag_file(Path("-"))
    assert json.loads(next(stream))["labels"]
    assert Stdin.buffer.lines <= 1024


def test_command_prints_lines_and_writes_files(tmp_path):
    """The same lines on standard output and in `--out`."""
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text('{"abstract": "We propose it. It works."}\n', encoding="utf-8")
    printed = CliRunner().invoke(command, ["--jsonl", str(path)])
    assert printed.exit_code == 0
    written = CliRunner().invoke(command, ["--jsonl", str(path), "--out", str(out)])
    assert written.exit_code == 0
    assert out.read_text(encoding="utf-8") == printed.stdout


def test_a_users_mistake_ends_with_2(tmp_path):
    """One sentence on stderr, nothing on stdout."""
    result = subprocess.run(
        [sys.executable, "-m", "litreview", "tag", "--jsonl", str(tmp_path / "absent")],
        capture_output=True,
        text=True,
    )
    assert result.returncode == 2
    assert result.stdout == ""
    assert result.stderr.startswith("Error: ")
    assert "Traceback" not in result.stderr


def test_a_dry_run_checks_the_lines_and_writes_nothing(tmp_path):
    """It finds the broken line before an hour of work does."""
    path, out = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    path.write_text('{"abstract": "We propose it."}\n', encoding="utf-8")
    result = CliRunner().invoke(command, ["--jsonl", str(path), "--out", str(out), "--dry-run"])
    assert result.exit_code == 0
    assert "would tag 1 abstracts" in result.output
    assert not out.exists()
    path.write_text("{}\n", encoding="utf-8")
    result = CliRunner().invoke(command, ["--jsonl", str(path), "--dry-run"])
    assert isinstance(result.exception, UserError)
