"""What remains of a course: one file, the same bytes again, with checksums and a citation."""

from __future__ import annotations

import hashlib
import json
import zipfile

import pytest
import yaml
from click.testing import CliRunner

from coursekit.cli import group
from coursekit.course.course import load_course
from coursekit.course.start import start_course
from coursekit.errors import CourseError
from coursekit.site.event.archive import archive


@pytest.fixture
def place(tmp_path):
    """A course, and a site of three files."""
    start_course(tmp_path / "course")
    roster = tmp_path / "course" / "roster.csv"
    roster.write_text(
        'team,members,consent,task\nOwls,Ada Lovelace; Alan "Q: Turing,yes; no,ner\n'
        "Bats,Plato,yes,translation\n",
        encoding="utf-8",
    )
    site = tmp_path / "site"
    (site / "teams").mkdir(parents=True)
    (site / "showcase.json").write_text("{}")
    (site / "index.html").write_text("<h1>Owls</h1>")
    (site / "teams" / "owls.html").write_bytes(b"\xff\x00")
    return tmp_path


def packed(path):
    with zipfile.ZipFile(path) as found:
        return {name.partition("/")[2]: found.read(name) for name in found.namelist()}


def test_everything_is_in_it_with_its_checksum(place):
    report = archive(load_course(place / "course"), place / "site", place / "a.zip")
    files = packed(place / "a.zip")
    assert sorted(files) == [
        ".zenodo.json", "CITATION.cff", "SHA256SUMS", "site/index.html", "site/showcase.json",
        "site/teams/owls.html",
    ]  # fmt: skip
    assert files["site/teams/owls.html"] == b"\xff\x00"
    lines = files.pop("SHA256SUMS").decode().splitlines()
    sums = {name: digest for digest, name in (line.split("  ") for line in lines)}
    assert sums == {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    assert report.sha256 == hashlib.sha256((place / "a.zip").read_bytes()).hexdigest()


def test_the_same_site_gives_the_same_bytes(place):
    """Whoever doubts an archive packs it again."""
    course = load_course(place / "course")
    first = archive(course, place / "site", place / "a.zip")
    (place / "site" / "index.html").touch()
    (place / "site" / "index.html").chmod(0o600)
    assert archive(course, place / "site", place / "b.zip").sha256 == first.sha256
    (place / "site" / "index.html").write_text("<h1>Bats</h1>")
    assert archive(course, place / "site", place / "b.zip").sha256 != first.sha256


def test_the_citation_names_who_consented_and_nobody_else(place):
    archive(load_course(place / "course"), place / "site", place / "a.zip")
    files = packed(place / "a.zip")
    cited = yaml.safe_load(files["CITATION.cff"])
    assert cited["authors"] == [
        {"family-names": "Lovelace", "given-names": "Ada"}, {"family-names": "Plato"},
    ]  # fmt: skip
    assert (cited["cff-version"], str(cited["date-released"])) == ("1.2.0", "2027-01-08")
    assert cited["title"] == "Language Models in Practice, 2026-winter"
    metadata = json.loads(files[".zenodo.json"])
    assert metadata["creators"] == [{"name": "Lovelace, Ada"}, {"name": "Plato"}]
    assert (metadata["upload_type"], metadata["language"]) == ("dataset", "eng")
    assert metadata["keywords"] == ["ner", "translation"]
    assert b"Turing" not in files["CITATION.cff"] + files[".zenodo.json"]


def test_where_nobody_consented_the_staff_are_cited(place):
    (place / "course" / "roster.csv").write_text("team,members\nOwls,Ada\n", encoding="utf-8")
    archive(load_course(place / "course"), place / "site", place / "a.zip")
    assert yaml.safe_load(packed(place / "a.zip")["CITATION.cff"])["authors"] == [
        {"name": "Course staff"}
    ]


def test_a_folder_without_a_showcase_is_refused_with_the_remedy(place):
    (place / "site" / "showcase.json").unlink()
    course = load_course(place / "course")
    with pytest.raises(CourseError, match="holds no showcase; build it first with `coursekit site"):
        archive(course, place / "site", place / "a.zip")
    assert not list(place.glob("*.zip"))


def test_it_can_be_tried_and_never_packs_itself(place):
    course = load_course(place / "course")
    assert archive(course, place / "site", place / "a.zip", dry_run=True).files == 6
    assert not (place / "a.zip").exists()
    (place / "site" / "showcase.json").touch()
    with pytest.raises(CourseError, match="lies in the showcase itself"):
        archive(course, place / "site", place / "site" / "a.zip")


def test_the_command_says_what_is_in_it(place):
    run = CliRunner().invoke(
        group,
        ["archive", str(place / "course"), "--site", str(place / "site"), "--out",
         str(place / "x.zip")],
    )  # fmt: skip
    assert run.exit_code == 0
    assert "x.zip: 6 files, 0.0 MB, packed\nSHA-256: " in run.output
    assert "Cited as the authors: 2 members" in run.output
