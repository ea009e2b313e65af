"""The template moves its files, and what a team wrote in them moves along."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from update_course import UpdateCourse, notebook

from coursekit.cohort.messages import team_message
from coursekit.course.course import load_course

ENCODER = '''"""The encoder."""

from baseline.attention import attend

WIDTH = 128


def encode(tokens):
    """Turn tokens into vectors."""
    return attend(tokens, WIDTH)


def pool(vectors):
    """Average the vectors."""
    return sum(vectors) / len(vectors)
'''
ATTENTION = '''"""Attention."""


def attend(tokens, width):
    """Let every token look at every other."""
    return [token * width for token in tokens]
'''
MOVED = ENCODER.replace("baseline.attention", "baseline.models.attention")
OLD = {"baseline/encoder.py": ENCODER, "baseline/attention.py": ATTENTION,
       "baseline/__init__.py": "", "3_Model/use.ipynb": notebook("a = 1")}  # fmt: skip
MOVE: dict[str, str | bytes | None] = {
    "baseline/encoder.py": None,
    "baseline/attention.py": None,
    "baseline/models/__init__.py": '"""Models."""\n',
    "baseline/models/encoder.py": MOVED,
    "baseline/models/attention.py": ATTENTION,
}


@pytest.fixture(scope="module")
def fresh_course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    course = UpdateCourse(tmp_path_factory.mktemp("fresh"))
    course.files |= OLD
    course.start()
    return course.folder


@pytest.fixture
def course(fresh_course: Path, tmp_path: Path) -> UpdateCourse:
    shutil.copytree(fresh_course, tmp_path, dirs_exist_ok=True)
    course = UpdateCourse(tmp_path)
    course.files |= OLD
    return course


def told(outcome) -> list[tuple[str, str, int, str]]:
    return [(one.kind, one.path, one.line, one.message) for one in outcome.findings]


def test_an_untouched_file_moves(course):
    """Nothing is left at the old place, nothing is said."""
    course.template(MOVE)
    outcome = course.update()
    assert told(outcome) == []
    assert {path for path in course.paths() if path.startswith("baseline")} == {
        "baseline/__init__.py", "baseline/models/__init__.py",
        "baseline/models/encoder.py", "baseline/models/attention.py",
    }  # fmt: skip
    assert course.read("baseline/models/encoder.py").decode() == MOVED
    assert course.update().state == "up to date"


@pytest.mark.parametrize("endings", ["\n", "\r\n"])
def test_an_edited_file_is_found_again_edited_in_its_new_place(course, endings):
    """The team's line and the template's new import stand in the same file."""
    edited = ENCODER.replace("WIDTH = 128", "WIDTH = 512  # ours").replace("\n", endings)
    course.team({"baseline/encoder.py": edited.encode()})
    course.template(MOVE)
    trial = course.update(dry_run=True)
    outcome = course.update()
    assert (trial.changed, trial.carried, trial.findings) == (
        outcome.changed, outcome.carried, outcome.findings)  # fmt: skip
    # The other file has moved, too, but the team had not touched it.
    assert outcome.carried == (("baseline/encoder.py", "baseline/models/encoder.py"),)
    assert "baseline/models/attention.py" in outcome.changed
    assert told(outcome) == []
    want = MOVED.replace("WIDTH = 128", "WIDTH = 512  # ours").replace("\n", endings)
    assert course.read("baseline/models/encoder.py") == want.encode()
    assert "baseline/encoder.py" not in course.paths()
    message = team_message(
        loaded := load_course(course.folder / "course"), loaded.teams[0], outcome
    )
    assert "- `baseline/encoder.py` is now `baseline/models/encoder.py`\n" in message


def test_a_clash_in_a_moved_file_keeps_the_teams_line_at_the_new_place(course):
    """Moved and reworded by the template, edited by the team."""
    course.team({"baseline/encoder.py": ENCODER.replace("WIDTH = 128", "WIDTH = 512")})
    newer = MOVED.replace("WIDTH = 128", "WIDTH = 256")
    course.template(MOVE | {"baseline/models/encoder.py": newer})
    (finding,) = course.update().findings
    assert (finding.kind, finding.path, finding.line, finding.theirs) == (
        "clash", "baseline/models/encoder.py", 5, "WIDTH = 256")  # fmt: skip
    content = course.read("baseline/models/encoder.py").decode()
    assert content == MOVED.replace("WIDTH = 128", "WIDTH = 512")


def test_a_deleted_file_stays_deleted(course):
    """The template's move does not bring it back, and says so once."""
    course.team({"baseline/encoder.py": None})
    course.template(MOVE)
    outcome = course.update()
    assert told(outcome) == [
        ("deleted", "baseline/models/encoder.py", 0,
         "the team has deleted baseline/encoder.py; it stays deleted")
    ]  # fmt: skip
    assert not [path for path in course.paths() if path.endswith("encoder.py")]


def test_a_file_of_the_team_at_the_new_place_loses_nothing(course):
    """Both of the team's files stay where they are."""
    own = "print('our own')\n"
    edited = ENCODER.replace("128", "512")
    course.team({"baseline/models/encoder.py": own, "baseline/encoder.py": edited})
    course.template(MOVE)
    outcome = course.update()
    assert ("occupied", "baseline/models/encoder.py", 0,
            "the team has a file of its own there, which stays") in told(outcome)  # fmt: skip
    assert course.read("baseline/models/encoder.py").decode() == own
    assert course.read("baseline/encoder.py").decode() == edited


def test_a_file_that_both_moved_is_kept_and_given_anew(course):
    """The template's other files import it from its new place."""
    course.git("mv", "baseline/encoder.py", "ours.py")
    course.push()
    course.template(MOVE)
    outcome = course.update()
    assert ("kept", "ours.py", 0, "the template has moved it to baseline/models/encoder.py; "
            "the team's own file stays here") in told(outcome)  # fmt: skip
    assert course.read("ours.py").decode() == ENCODER
    assert course.read("baseline/models/encoder.py").decode() == MOVED


def test_a_folder_that_the_team_renamed_receives_the_new_folders(course):
    """`baseline` is called `src` here, so its models lie in `src/models`."""
    course.git("mv", "baseline", "src")
    course.push()
    course.team({"src/encoder.py": ENCODER.replace("WIDTH = 128", "WIDTH = 512")})
    course.template(MOVE)
    course.update()
    want = MOVED.replace("WIDTH = 128", "WIDTH = 512")
    assert course.read("src/models/encoder.py").decode() == want
    assert not [path for path in course.paths() if path.startswith("baseline")]


def test_a_module_that_was_split_is_followed_by_its_name(course):
    """Half of the file stays; the team's edit in that half is found there."""
    half, rest = MOVED.split("def pool")
    course.team({"baseline/encoder.py": ENCODER.replace("WIDTH = 128", "WIDTH = 512")})
    course.template(
        MOVE | {"baseline/models/encoder.py": half, "baseline/models/pool.py": "def pool" + rest}
    )
    course.update()
    content = course.read("baseline/models/encoder.py").decode()
    assert "WIDTH = 512" in content
    assert "def pool" not in content
    assert "def pool" in course.read("baseline/models/pool.py").decode()


def test_imports_of_old_names_are_told_in_a_sentence_for_each_file(course):
    """A script and a notebook of the team would otherwise stop at the first import."""
    script = "import math\nfrom baseline.encoder import encode\nfrom baseline import attention\n"
    course.team(
        {
            "scripts/run.py": script,
            "mine.ipynb": notebook("from baseline.encoder import pool\n"),
            "fine.py": "from baseline_encoder import encode\n# baselineXencoder\n",
        }
    )
    course.template(MOVE)
    outcome = course.update()
    encoder = "baseline.encoder, which is now baseline.models.encoder"
    assert told(outcome) == [
        ("outdated", "mine.ipynb", 0, f"still names {encoder}; change it to the new name"),
        ("outdated", "scripts/run.py", 2,
         f"still names {encoder}; baseline.attention, which is now baseline.models.attention; "
         "change it to the new name"),
    ]  # fmt: skip
    assert course.read("scripts/run.py").decode() == script
    # Said again until the team has been there.
    assert [path for _, path, _, _ in told(course.update())] == ["mine.ipynb", "scripts/run.py"]
    course.git("pull", "-q")
    course.team({"scripts/run.py": "from baseline.models.encoder import encode\n"})
    assert [path for _, path, _, _ in told(course.update())] == ["mine.ipynb"]


def test_a_notebook_with_outputs_moves_with_them(course):
    """What a team has run is theirs."""
    course.files["3_Model/long.ipynb"] = notebook("alpha = 1", "beta = 2", "gamma = 3")
    course.template({})
    course.update()
    course.git("pull", "-q")
    ran = notebook("alpha = 1", "beta = 20", "gamma = 3", run=True)
    course.team({"3_Model/long.ipynb": ran})
    text = course.files["3_Model/long.ipynb"]
    assert isinstance(text, str)
    course.template(
        {"3_Model/long.ipynb": None, "notebooks/long.ipynb": text.replace("gamma = 3", "gamma = 4")}
    )
    outcome = course.update()
    assert outcome.carried == (("3_Model/long.ipynb", "notebooks/long.ipynb"),)
    cells = json.loads(course.read("notebooks/long.ipynb"))["cells"]
    assert ["".join(cell["source"]) for cell in cells] == ["alpha = 1", "beta = 20", "gamma = 4"]
    assert cells[0]["outputs"][0]["text"] == ["1\n"]
