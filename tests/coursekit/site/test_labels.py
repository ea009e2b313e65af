"""A language is one file, and pages, decks and scripts take their words from it."""

from __future__ import annotations

import datetime as dt
import html
import json
import os
import re
import shutil
import string
import subprocess
import sys
import tomllib

import pytest
from click.testing import CliRunner
from site_teams import commit, good_team

from coursekit.cli import group
from coursekit.course import languages
from coursekit.course.course import load_rules
from coursekit.site import build, labels
from coursekit.site.labels import Labels
from litreview.errors import UserError

FRENCH = """\
[format]
thousands = "\\u202f"
decimal = ","
day = "{day} {month_name} {year}"
months = ["janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.",
  "nov.", "déc."]

[words]
results = "Résultats"
n_teams = "{n} projets"

[script]
search_open = "Recherche <b>\\"'</b>"
"""


@pytest.fixture
def french(tmp_path, monkeypatch):
    """A third language: one more file in the folder, nothing else."""
    folder = tmp_path / "languages"
    folder.mkdir()
    for code in ("en", "de"):
        shutil.copy(languages.FOLDER / f"{code}.toml", folder)
    (folder / "fr.toml").write_text(FRENCH, encoding="utf-8")
    monkeypatch.setattr(languages, "FOLDER", folder)
    labels._language.cache_clear()
    yield
    labels._language.cache_clear()


def test_a_third_language_is_one_file(french, tmp_path):
    """Its words, numbers and dates; what it lacks is English."""
    label = Labels("fr")
    assert languages.languages() == ("en", "de", "fr")
    assert (label("results"), label("literature")) == ("Résultats", "Literature")
    assert label.count("team", 1234) == "1\u202f234 projets"
    assert label.decimal(-1234.5) == "−1\u202f234,50"
    assert label.day(dt.date(2026, 8, 3)) == "3 août 2026"


def test_a_course_may_be_in_any_language_that_has_a_file(french, tmp_path):
    """The choices of `course.toml` are the files."""
    (tmp_path / "course.toml").write_text('[course]\nlanguage = "fr"\n', encoding="utf-8")
    assert load_rules(tmp_path).language == "fr"
    (tmp_path / "course.toml").write_text('[course]\nlanguage = "xx"\n', encoding="utf-8")
    with pytest.raises(UserError, match="line 2: language is 'xx'; use one of 'en', 'de', 'fr'"):
        load_rules(tmp_path)


@pytest.fixture
def ask_cookiecutter(repository_root, tmp_path):
    """Cookiecutter alone, from a copy of the template with the languages of these codes."""

    def ask(where: str, codes: str, language: str) -> subprocess.CompletedProcess[str]:
        lies_in = tmp_path / "template"
        template = lies_in / where
        for name in ("cookiecutter.json", "hooks/pre_gen_project.py"):
            (template / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(repository_root / name, template / name)
        project = template / "{{cookiecutter.project_slug}}"
        project.mkdir()
        (project / "mkdocs.yml").write_text("language: {{ cookiecutter.language }}\n")
        labelled = lies_in / "coursekit" / "site" / "languages"
        for code in codes.split():
            labelled.mkdir(parents=True, exist_ok=True)
            (labelled / f"{code}.toml").write_text(FRENCH, encoding="utf-8")
        home = {"HOME": str(tmp_path), "USERPROFILE": str(tmp_path), "PWD": str(lies_in)}
        answers = ["project_slug=ours", f"language={language}"]
        return subprocess.run(
            [sys.executable, "-m", "cookiecutter", where, "--no-input", *answers],
            capture_output=True, text=True, cwd=lies_in, env=os.environ | home,
        )  # fmt: skip

    return ask


@pytest.mark.parametrize(
    ("where", "codes", "language", "said"),
    [
        # In a clone, as it is installed, and where the template was taken out of both.
        (".", "de en fr", "fr", None),
        ("coursekit/data/template", "de en fr", "fr", None),
        (".", "", "fr", None),
        (".", "", "pt-BR", None),
        (".", "de en fr", "xx", "language: 'xx' has no labels; choose one of de, en, fr\n"),
        ("coursekit/data/template", "de en", "fr",
         "language: 'fr' has no labels; choose one of de, en\n"),
        (".", "", "French", "language: 'French' is no code of a language; give one such as en\n"),
    ],
)  # fmt: skip
def test_cookiecutter_alone_takes_any_language_that_has_a_file(
    ask_cookiecutter, tmp_path, where, codes, language, said
):
    """A file of labels is all that a language needs; there is no list to keep equal to them."""
    done = ask_cookiecutter(where, codes, language)
    made = tmp_path / "template" / "ours"
    assert (done.returncode == 0) is (said is None)
    if said is None:
        assert (made / "mkdocs.yml").read_text(encoding="utf-8") == f"language: {language}\n"
    else:
        assert said in done.stderr
        assert not made.exists()


@pytest.mark.slow
def test_a_site_in_a_third_language_says_its_words_in_pages_and_scripts(french, tmp_path):
    """The page carries what its scripts say, escaped."""
    commit(tmp_path / "teams" / "owls.git", good_team())
    build(tmp_path / "teams", tmp_path / "site", language="fr")
    page = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="fr"' in page
    assert "Résultats" in page
    (content,) = re.findall(r'<meta name="ck-words" content="([^"]*)">', page)
    words = json.loads(html.unescape(content))
    assert words["search_open"] == "Recherche <b>\"'</b>"
    assert words["search_close"] == "Close"


def test_scripts_ask_for_no_word_that_the_files_lack(repository_root):
    """A word that is missing would be shown as `undefined`."""
    known = tomllib.loads((languages.FOLDER / "en.toml").read_text(encoding="utf-8"))["script"]
    scripts = repository_root / "coursekit" / "site" / "theme" / "assets" / "showcase"
    text = "".join(
        (scripts / name).read_text(encoding="utf-8") for name in ("search.js", "deck.js")
    )
    asked = set(re.findall(r"\bwords\.((?:search|speaker)_\w+)", text))
    assert len(asked) == 12
    assert asked <= set(known)
    assert "german" not in text


@pytest.mark.parametrize("name", [name for name in languages.languages() if name != "en"])
def test_a_language_of_ours_is_complete_and_fills_the_same_blanks(name):
    """German pages speak German only."""

    def blanks(text: str) -> set[str]:
        return {part[1] for part in string.Formatter().parse(text) if part[1]} | set(
            re.findall("%s", text)
        )

    english, other = (
        tomllib.loads((languages.FOLDER / f"{one}.toml").read_text(encoding="utf-8"))
        for one in ("en", name)
    )
    for section in ("words", "script", "tasks", "families"):
        assert set(other[section]) == set(english[section])
        for key, text in other[section].items():
            assert blanks(text) == blanks(english[section][key]), key


@pytest.mark.parametrize(
    ("language", "unit", "value", "text"),
    [
        ("en", "percent", 87.25, "87.25\u00a0%"),
        ("de", "percent", 87.25, "87,25\u00a0%"),
        ("de", "share", 0.87251, "0,8725"),
        ("en", "points", 31.0, "31.00"),
        ("en", "", -0.5, "−0.5000"),
    ],
)
def test_a_value_shows_its_unit_where_it_could_mislead(language, unit, value, text):
    """87 may be a share of nothing; 87 % is not."""
    assert Labels(language).measure(value, unit) == text


def test_a_language_without_a_file_is_one_sentence(tmp_path):
    """It says which there are."""
    (tmp_path / "teams").mkdir()
    arguments = ["site", str(tmp_path / "teams"), "--language", "xx"]
    result = CliRunner().invoke(group, arguments)
    assert result.exit_code != 0
    known = ", ".join(languages.languages())
    assert f"the language 'xx' has no labels; use {known}, or add" in str(result.exception)
    assert not (tmp_path / "site").exists()
