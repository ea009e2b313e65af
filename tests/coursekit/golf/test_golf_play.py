"""What an entry may use is enforced outside of it, and it hears no character too early."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
from golf_entries import EVEN, PROSE, THREE_QUARTERS, learning, predicting
from verified_course import closed_box

from coursekit.golf.entry import read_entry
from coursekit.golf.play import Played, Prose, Rules, lay, play
from coursekit.verify.dictation import Dictation, Texts
from coursekit.verify.packs import Store
from coursekit.verify.queue import Here, drive
from litreview.errors import UserError

RULES = Rules(cpu_seconds=4.0, scoring_seconds=3.0, artefact_bytes=1000, seeds=(1,))


@pytest.fixture
def player(tmp_path):
    """Plays a source in the closed box of this machine, and returns what came of it."""
    tmp_path.chmod(0o755)
    store = Store(tmp_path / "packs")
    here = Here(closed_box(), store.path, 1)

    def run(source: str, prose: Prose = PROSE, rules: Rules = RULES, seed: int = 1) -> Played:
        entry = read_entry(source.encode(), "entry.py")
        games = [(entry, play(entry, seed, lay(prose, rules, store), foreign=True))]
        ((_, played),) = drive(games, here)
        return played

    yield run
    here.close()


def test_bits_are_those_of_the_predictions(player):
    """Two characters with the same chance are one bit each."""
    played = player(EVEN)
    assert (played.failed, played.bits, played.artefact_bytes) == ("", 1.0, 1)
    assert 0 < played.learning < 4
    assert 0 <= played.scoring < 3


def test_an_entry_hears_what_came_and_where_a_text_begins(player):
    """abba: a (expected), b, b (expected), a; then a new text: a (expected), b."""
    played = player(THREE_QUARTERS)
    three, one = -math.log2(0.75), -math.log2(0.25)
    assert played.bits == pytest.approx((3 * three + 3 * one) / 6, abs=1e-5)


def test_the_seed_arrives(player):
    source = learning("return bytes([seed])").replace(
        "[1 / len(alphabet)] * len(alphabet)", "[1 / 4, 3 / 4] if artefact[0] == 2 else [0.5, 0.5]"
    )
    assert player(source).bits == 1.0
    assert player(source, seed=2).bits == pytest.approx((3 * 2 - 3 * math.log2(0.75)) / 6, abs=1e-5)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        (
            learning("return b'x' * 1001"),
            "learning: its artefact has 1,001 bytes, and 1,000 are allowed",
        ),
        (learning("while True: pass"), "learning: used more than 4 CPU-seconds"),
        (
            predicting("x = [0.5, 0.5]\nwhile True:\n    yield x\n    while True: pass"),
            "predicting: used more than ",
        ),
        (
            predicting("while True: yield [0.9, 0.9]"),
            "predicting: at character 1 of 6 its probabilities are none: their sum is 1.8",
        ),
        (
            predicting("while True: yield [float('nan'), 1.0]"),
            "predicting: at character 1 of 6 its probabilities are none: their sum is nan",
        ),
        (
            predicting("while True: yield [-1.0, 2.0]"),
            "predicting: at character 1 of 6 its probabilities are none: their sum is 1",
        ),
        (
            predicting("while True: yield [1.0, 0.0]"),
            "predicting: at character 2 of 6 it gave no chance to 'b', which came",
        ),
        (
            predicting("yield [0.5, 0.5]\nyield [0.5, 0.5]"),
            "predicting: ended without a word: RuntimeError: its generator ended before the ",
        ),
        (learning("raise KeyError('\\x1b[2J')"), "learning: ended without a word: KeyError: "),
        (
            learning("from pydoc_data.topics import topics\nreturn b''"),
            "learning: ended without a word: ModuleNotFoundError: ",
        ),
        (
            predicting("from pydoc_data.topics import topics\nyield [1.0, 0.0]"),
            "predicting: ended without a word: ModuleNotFoundError: ",
        ),
    ],
)
def test_what_breaks_a_rule_has_no_figure(player, source, reason):
    played = player(source)
    assert played.failed.startswith(reason)
    assert played.bits == 0
    assert "\x1b" not in played.failed


def test_learning_counts_wherever_it_is_done(player):
    """An entry that keeps the text and learns before its first prediction learns all the same."""
    slow = "import time\nwhile time.process_time() < 3: pass\n"
    source = learning(slow + "return b''").replace(
        "def predict(artefact, alphabet):\n",
        "def predict(artefact, alphabet):\n"
        + "".join(f"    {line}\n" for line in slow.splitlines()),
    )
    played = player(source)
    assert played.failed.endswith("CPU-seconds before its first prediction, and 4 are allowed")
    assert played.learning > 5.5


def test_a_program_that_does_not_listen_is_ended(player):
    """Predictions that nobody asked for must not fill a pipe and wait for ever."""
    source = predicting(
        "import os\nwhile True: os.write([fd for fd in range(3, 20) if os.path.exists("
        "f'/proc/self/fd/{fd}') and 'pipe' in os.readlink(f'/proc/self/fd/{fd}')][0], bytes(800))"
    )
    long = replace(PROSE, test=("ab" * 60_000,))
    played = player(source, long)
    assert played.failed.startswith("predicting: ")
    assert played.bits == 0


def test_a_dictation_counts_across_the_borders_of_what_arrives():
    """Bytes arrive in pieces of any size."""
    dictation = Dictation(Texts("ab", ("ab",)))
    even = b"\x01" + b"\x00\x00\x00\x3f" * 2  # 0.5 and 0.5
    heard = b"".join(dictation.hear(bytes([byte]), lambda: 1.5)[0] for byte in even * 4)
    assert heard == b"\xff\xff\x00\x00\x01\x00\xfe\xff"
    assert dictation.hear(b"rest", lambda: 9.0) == (b"", b"rest")
    assert dictation.found() == {"bits": 1.0, "characters": 2, "loading": 1.5}


def test_a_dictation_names_the_character():
    dictation = Dictation(Texts("ab", ("ab",)))
    with pytest.raises(UserError, match="at character 1 of 2 it gave no chance to 'a'"):
        dictation.hear(b"\x01\x00\x00\x00\x00\x00\x00\x80\x3f" * 2, lambda: 0.0)
