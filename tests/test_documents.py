"""What the documents for developers point to is there."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
STOP = re.compile(r"\| (\d+) \| `([^`]+\.py)` \| `(\w+)` \| (.+) \|")
STOPS = STOP.findall((ROOT / "docs" / "reading.md").read_text(encoding="utf-8"))


@pytest.mark.parametrize(("number", "path", "name", "text"), STOPS)
def test_a_stop_is_found_and_short(number, path, name, text):
    """Whoever reads the code in an hour finds each name, and at most sixty lines of it."""
    tree = ast.parse((ROOT / path).read_text(encoding="utf-8"))
    found = [node for node in tree.body if getattr(node, "name", "") == name]
    assert len(found) == 1, f"{path} has no {name}"
    assert found[0].end_lineno - found[0].lineno + 1 <= 60
    assert len(text) > 40


def test_there_are_twelve_stops():
    """An hour is twelve times five minutes."""
    assert [int(number) for number, *_ in STOPS] == list(range(1, 13))


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md", "docs/design.md"])
def test_every_file_that_a_document_names_is_there(name):
    """A recipe that names a file which has moved leads nowhere."""
    text = (ROOT / name).read_text(encoding="utf-8")
    text = text.replace("`T/", "`{{cookiecutter.project_slug}}/")
    roots = r"litreview|coursekit|tests|docs|training|benchmarks|\{\{cookiecutter.project_slug\}\}"
    paths = re.findall(rf"`((?:{roots})/[\w./-]*)`", text)
    paths = [path for path in paths if not re.search(r"\b(NAME|CODE|N_NAME)\b", path)]
    assert paths
    missing = [path for path in paths if not (ROOT / path).exists()]
    assert not missing, missing


def test_the_baselines_page_names_what_is_there():
    """A team looks for these files and settings by the names on the page."""
    template = ROOT / "{{cookiecutter.project_slug}}"
    text = (template / "baseline" / "README.md").read_text(encoding="utf-8")
    paths = re.findall(r"`(baseline/[\w./]+)`", text)
    assert len(paths) > 20
    assert [path for path in paths if not (template / path).exists()] == []
    config = (template / "baseline" / "config.py").read_text(encoding="utf-8")
    settings = re.findall(
        r"\b(project|data|tokenizer|model|training|generation)\.(\w+)(?= ?=|`)", text
    )
    assert len(settings) > 15
    for section, name in settings:
        fields = re.search(rf"class {section.capitalize()}:\n(.+?)\n@dataclass", config, re.S)
        assert fields is not None, section
        assert f"\n    {name}: " in fields[1], f"{section}.{name}"
