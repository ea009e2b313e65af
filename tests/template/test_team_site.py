"""A team's own site: built from its README files, whatever they contain."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

pytest.importorskip("material", reason="the site needs mkdocs-material")


@pytest.fixture(scope="module")
def pages(template_folder: Path) -> ModuleType:
    """The hook that makes pages from README files."""
    spec = importlib.util.spec_from_file_location(
        "team_site_pages", template_folder / "docs" / "hooks" / "pages.py"
    )
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    spec.loader.exec_module(module)
    sys.dont_write_bytecode = before
    return module


def build(repository: Path) -> str:
    """`mkdocs build --strict`, as the team's workflow runs it; returns what it printed."""
    done = subprocess.run(
        [sys.executable, "-B", "-m", "mkdocs", "build", "--strict"],
        cwd=repository,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stderr


def write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


RESULTS = """{"schema": 1, "results": [
 {"task": "ner", "dataset": "notes", "split": "test", "metric": "entity F1", "value": 0.71,
  "higher_is_better": true, "model": "encoder | <b>x</b>", "family": "encoder-only",
  "interval": [0.6543, 0.78], "openings": 2, "unit": "share", "name": "encoder | <b>x</b>",
  "role": "model", "run": "r1", "seed": 1, "commit": "abc", "date": "2026-12-01T10:00:00Z"},
 {"task": "ner", "dataset": "notes", "split": "test", "metric": "entity F1", "value": 0.99,
  "higher_is_better": true, "model": "invented", "family": "encoder-only", "role": "model",
  "run": "never-ran", "seed": 1, "commit": "abc", "date": "2026-12-01T10:00:00Z"},
 {"task": "ner", "metric": "entity F1", "value": 1.0, "run": "../../secret"},
 {"value": NaN}, "text"]}
"""


@pytest.fixture(scope="module")
def built(
    repository: Path, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str]]:
    """A site of a team that has worked, made mistakes, and renamed a folder."""
    team = tmp_path_factory.mktemp("site") / "team"
    shutil.copytree(repository, team)
    (team / "3_Model").rename(team / "3_OurModel")
    (team.parent / "secret.md").write_text("the secret word is xyzzy", encoding="utf-8")
    (team / "0_LiteratureReview" / "stolen.md").symlink_to(team.parent / "secret.md")
    with (team / "1_DatasetCharacteristics" / "README.md").open("a", encoding="utf-8") as stream:
        stream.write(
            "\nPicture:\n- one\n  - two\n\n![plot](plot.png)\n[gone](missing.md)\n"
            "[data](big.csv) [code](../baseline/models/attention.py)\n"
        )
    (team / "1_DatasetCharacteristics" / "plot.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (team / "1_DatasetCharacteristics" / "big.csv").write_bytes(b"0" * 10_000_001)
    write(team / "runs" / "r1" / "run.json", "{}")
    write(team / "runs" / "r1" / "learning_curve.svg", "<svg xmlns='http://www.w3.org/2000/svg'/>")
    write(team / "results.json", RESULTS)
    build(team)
    site = team / "site"
    texts = {
        path.relative_to(site).as_posix(): path.read_text(encoding="utf-8")
        for path in site.rglob("*.html")
    }
    return site, texts


def test_every_part_of_the_project_has_its_page_in_the_menu(
    built: tuple[Path, dict[str, str]],
) -> None:
    """Visitors expect the same parts on each team's site, even where a folder was renamed."""
    _, texts = built
    menu = re.search(r'(?s)<nav class="md-nav md-nav--primary".*?</nav>', texts["MILESTONES.html"])
    assert menu is not None

    names = re.findall(r'<span class="md-ellipsis">\s*([^<]+?)\s*<', menu[0])

    assert list(dict.fromkeys(names)) == [
        *("Overview", "Literature review", "Dataset", "Baseline", "Our Model"),
        *("Results", "Slides", "Milestones", "Lessons"),
        *("1. From n-grams to transformers", "1. Quiz"),
        *("2. Embeddings and recurrent networks", "2. Quiz"),
        *("3. Attention and transformers", "3. Quiz"),
        *("4. BERT, GPT and what followed", "4. Quiz"),
        *("5. Choose, measure, reflect", "5. Quiz"),
    ]


def test_the_site_asks_nobody_else_for_anything(built: tuple[Path, dict[str, str]]) -> None:
    """A page that loads fonts or scripts from elsewhere tells others who reads it."""
    site, texts = built
    loaded = r"""(?:src=|<link[^>]+href=|url\(|@import\s+)["']?(https?:)?//"""
    styles = {path.name: path.read_text(encoding="utf-8") for path in site.rglob("*.css")}

    assert not [name for name, text in {**texts, **styles}.items() if re.search(loaded, text)]


def test_only_measured_results_are_shown(built: tuple[Path, dict[str, str]]) -> None:
    """A figure without its run is a claim, and a damaged row must not stop the site."""
    page = built[1]["results.html"]

    assert "0.71 (0.654–0.78); test part opened 2×" in page
    assert "<b>x</b>" not in page
    assert "invented" not in page
    assert "secret" not in page
    assert 'src="runs/r1/learning_curve.svg"' in page
    assert 'href="runs/r1/run.json"' in page


def test_nothing_outside_the_repository_is_published(
    built: tuple[Path, dict[str, str]],
) -> None:
    """A symbolic link can point to any file of the machine that builds."""
    site, _ = built
    published = {path for path in site.rglob("*") if path.is_file()}

    assert not [path for path in published if b"xyzzy" in path.read_bytes()]
    assert not [path for path in published if path.suffix in (".py", ".toml")]
    assert not (site / "1_DatasetCharacteristics" / "big.csv").exists()
    assert (site / "1_DatasetCharacteristics" / "plot.png").exists()


def test_the_overview_shows_the_cover_first_and_no_instructions_for_developers(
    built: tuple[Path, dict[str, str]],
) -> None:
    """The root README serves two readers; the site is for the one who visits."""
    page = built[1]["index.html"]

    assert page.index("cover_image.svg") < page.index('<h2 id="description"')
    assert "Getting started" not in page
    assert "your_name" not in page


def test_the_german_site_is_german(generate: Any) -> None:
    """The course is German; its menus follow `language`."""
    team = generate(language="de")
    build(team)
    page = (team / "site" / "MILESTONES.html").read_text(encoding="utf-8")

    assert '<html lang="de"' in page
    for word in ("Überblick", "Meilensteine", "Ergebnisse", "noch nicht begonnen"):
        assert word in page


def test_a_repository_without_its_readme_files_still_has_a_site(generate: Any) -> None:
    """Teams delete things; the site must not be what breaks."""
    team = generate()
    (team / "README.md").unlink()
    (team / "MILESTONES.md").unlink()
    for folder in team.glob("[0-9]_*"):
        shutil.rmtree(folder)
    write(team / "results.json", "not json")

    build(team)

    assert "No result yet" in (team / "site" / "results.html").read_text(encoding="utf-8")


# Lists --------------------------------------------------------------------------------------------

LISTS = {
    "two spaces": ("- a\n  - b\n    - c\n- d", "a(b(c))d"),
    "four spaces": ("- a\n    - b\n- c", "a(b)c"),
    "numbers": ("1. a\n   - b\n2. c", "a(b)c"),
    "blank lines between": ("- a\n\n  - b\n\n- c", "a(b)c"),
    "right below text": ("Text:\n- a\n- b", "ab"),
    "tabs": ("- a\n\t- b", "a(b)"),
    "uneven": ("- a\n   - b\n  - c", "a(bc)"),
}


PIECES = (
    *("- a", "* **B**: c", "1. d", "10) e", "text", "# h", "```", "~~~", "> q", "[What?]", "|"),
    *("\n", "\n\n", "  ", "    ", "\t", " "),
)


def outline(html: str) -> str:
    """The nesting of a list, as letters and brackets."""
    html = re.sub(r"(?s)^.*?<(?:ul|ol)>(.*)</(?:ul|ol)>.*$", r"\1", html)
    html = re.sub(r"<(?:ul|ol)>", "(", html)
    return re.sub(r"<[^>]*>|\s", "", re.sub(r"</(?:ul|ol)>", ")", html))


@pytest.mark.parametrize(("text", "expected"), LISTS.values(), ids=LISTS)
def test_lists_nest_as_on_github(pages: ModuleType, text: str, expected: str) -> None:
    """Students write for GitHub, which nests at two spaces."""
    assert outline(markdown.markdown(pages.nested_lists(text))) == expected


def test_code_keeps_its_indentation(pages: ModuleType) -> None:
    """Whitespace in code has a meaning."""
    text = "1. Run\n\n   ```python\n   def f():\n       return 1\n   ```\n\n2. Done\n"

    lines = pages.nested_lists(text).split("\n")

    assert "    def f():" in lines
    assert "        return 1" in lines


def test_text_outside_lists_is_not_touched(pages: ModuleType) -> None:
    """Only lists differ between the two dialects."""
    text = "# Title\n\nA *word*,\nanother line.\n\n    code\n      deeper\n\n| a | b |\n| - | - |\n"

    assert pages.nested_lists(text) == text


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=12).map("".join))
def test_only_whitespace_changes_whatever_a_student_wrote(pages: ModuleType, text: str) -> None:
    """A page may look odd, but not a word may be lost, and the build must not stop."""
    changed = pages.nested_lists(text)

    def words(value: str) -> list[str]:
        return [line.strip() for line in value.split("\n") if line.strip()]

    assert words(changed) == words(text.expandtabs(4))
    done, total = pages.fields(text)
    assert 0 <= done <= total


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- **A**:\n- **B:** [What?]\n[Your answer]\n", (0, 3)),
        ("- **A**: yes\n- **B:** [88 %] on test\n", (2, 2)),
        ("- **A**:\n  on the next line\n- **B**:\n", (1, 2)),
        ("- **[Link](https://arxiv.org)**\n- **[Link]()**\n", (1, 2)),
        ("no field at all\n", (0, 0)),
    ],
)
def test_progress_counts_answers_and_not_hints(
    pages: ModuleType, text: str, expected: tuple[int, int]
) -> None:
    """A form that nobody touched is 'not started', whatever hints it holds."""
    assert pages.fields(text) == expected


def test_an_untouched_repository_is_at_zero(pages: ModuleType, repository: Path) -> None:
    """Progress begins with the first word of the team."""
    for readme in repository.glob("[0-4]_*/README.md"):
        done, total = pages.fields(readme.read_text(encoding="utf-8"))
        assert done == 0, readme
        assert total > 3, readme
