"""`coursekit quiz` as somebody uses it."""

from __future__ import annotations

import zipfile

import pytest
from click.testing import CliRunner
from lxml import etree

from coursekit.cli import group
from litreview.errors import UserError


def quiz(*arguments, typed=None):
    done = CliRunner().invoke(
        group, ["quiz", *arguments], input=typed, catch_exceptions=False, standalone_mode=False
    )
    return done.output


def test_a_dialogue_in_german():
    """A wrong letter is asked again, Enter skips, q stops; the reasons are given."""
    shown = quiz("--lesson", "3", "--language", "de", typed="b\nz\nc\n\nq\n")
    assert "\n3. Attention und Transformer\n" in shown
    assert "1/9  Was tun Query, Key und Value in der Attention?" in shown
    first, second = shown.index("Nicht richtig."), shown.index("Bitte mit a, b, c, d antworten.")
    third, fourth = shown.index("Richtig.\n"), shown.index("Übersprungen.")
    assert first < second < third < fourth
    assert "  b) Falsch: So arbeitet ein Wörterbuch." in shown
    assert shown.endswith(
        "\n1 von 2 richtig.\nNoch einmal ansehen:\n"
        "  3. Was tun Query, Key und Value in der Attention?\n"
    )


def test_a_question_with_several_right_ones_says_when_something_is_missing():
    """Ticking one of two is told apart from ticking a wrong one."""
    shown = quiz("--lesson", "1", typed="\n" * 7 + "b\nq\n")
    assert "All letters that are right, such as ac" in shown
    assert "What you chose is right, but something is missing." in shown
    assert "c) Right: Its state holds a few characters" in shown
    assert "0 of 1 right." in shown


def test_input_that_ends_ends_the_quiz():
    """A closed terminal is no crash, and the score is still said."""
    assert quiz("--lesson", "5", typed="b\n").endswith("\n1 of 1 right.\n")


@pytest.mark.parametrize(
    ("name", "kind"),
    [("q.xml", "moodle"), ("q.gift", "gift"), ("q.zip", "qti"), ("q.md", "markdown")],
)
def test_the_suffix_chooses_the_format(tmp_path, name, kind):
    """A dry run writes nothing; a second run replaces the file with the same bytes."""
    path = tmp_path / name
    said = quiz("export", str(path), "--lesson", "3", "--dry-run")
    assert said == f"{path}: 9 questions of 1 lesson would be written ({kind})\n"
    assert not path.exists()
    assert quiz("export", str(path)) == f"{path}: 45 questions of 5 lessons written ({kind})\n"
    before = path.read_bytes()
    quiz("export", str(path))
    assert path.read_bytes() == before


def test_each_format_is_what_it_says(tmp_path):
    """The suffix and the content belong together."""
    for name in ("q.xml", "q.gift", "q.zip", "q.md"):
        quiz("export", str(tmp_path / name), "--lesson", "2", "--title", "Kurs")
    assert etree.parse(tmp_path / "q.xml").getroot().tag == "quiz"
    assert (
        (tmp_path / "q.gift").read_text(encoding="utf-8").startswith("$CATEGORY: $course$/Kurs/2 ")
    )
    assert zipfile.ZipFile(tmp_path / "q.zip").testzip() is None
    text = (tmp_path / "q.md").read_text(encoding="utf-8")
    assert text.startswith("# Kurs\n\n## 2. Embeddings")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["export", "q.doc"], "q.doc: its suffix says no format; end it in .xml, .gift, .zip, .md"),
        (["--lesson", "9"], "lesson 9 has no quiz; there are 1, 2, 3, 4, 5"),
        (["--language", "fr"], "the language 'fr' has no labels"),
        (["--from", "nowhere"], "nowhere: holds no quiz"),
    ],
)
def test_a_mistake_is_one_sentence(arguments, said):
    """What, where and the remedy."""
    with pytest.raises(UserError) as caught:
        quiz(*arguments)
    assert said in str(caught.value)
