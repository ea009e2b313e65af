"""A course whose language is German reads its lessons in German; the code stays one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

LESSONS = ("1_language_models", "2_embeddings", "3_attention", "4_bert_and_gpt", "5_choose")
ENGLISH = re.compile(r"\b(?:the|and|with|which|does|every|your|what)\b")
# What is left of a text for a reader of German to stumble over: no code, names, addresses, titles.
CODE = re.compile(r"`[^`]*`|\$\$?[^$]*\$\$?|<[^>]*>|\]\([^)]*\)|(?<!\*)\*[^*]+\*(?!\*)")


@pytest.fixture(scope="module")
def made(generate_into, tmp_path_factory) -> dict[str, Path]:
    """One repository for each language."""
    return {
        language: generate_into(tmp_path_factory.mktemp(language), language=language)
        for language in ("en", "de")
    }


def cells(repository: Path, name: str) -> list[dict]:
    return json.loads((repository / name).read_text(encoding="utf-8"))["cells"]


def notebooks(repository: Path) -> list[str]:
    return sorted(
        p.relative_to(repository).as_posix() for p in repository.glob("lessons/*/*.ipynb")
    )


def test_the_code_is_one_and_every_text_is_translated(made):
    """Two copies of code would drift apart; a paragraph left in English would be a stumble."""
    names = notebooks(made["en"])
    assert len(names) == 6
    for name in names:
        english, german = (cells(made[language], name) for language in ("en", "de"))
        assert [c["id"] for c in english] == [c["id"] for c in german]
        for one, other in zip(english, german, strict=True):
            place = f"{name}, cell {one['id']}"
            if one["cell_type"] == "code":
                assert one == other, place
            else:
                assert one["source"] != other["source"], place
                text = "".join(other["source"])
                assert not ENGLISH.search(CODE.sub(" ", text)), place


def test_a_translation_says_the_same(made):
    """Headings, formulas, links, table rows and figures of a cell agree in both languages."""
    for name in notebooks(made["en"]):
        for one, other in zip(*(cells(made[x], name) for x in ("en", "de")), strict=True):
            if one["cell_type"] == "code":
                continue
            both = ["".join(cell["source"]) for cell in (one, other)]
            for pattern in (r"(?m)^(?:#+ |[|]|-|\d\. )", r"\$\$", r"\]\([^)]+\)"):
                found = [re.findall(pattern, text) for text in both]
                assert found[0] == found[1], f"{name}, cell {one['id']}: {pattern}"
            figures = [
                sorted(re.findall(r"\d+(?:\.\d+)?", re.sub(r"(?<=\d),(?=\d)", ".", text)))
                for text in (re.sub(r"(?<=\d)[.,](?=\d{3}\b)", "", text) for text in both)
            ]
            assert figures[0] == figures[1], f"{name}, cell {one['id']}"


@pytest.mark.parametrize("lesson", LESSONS)
@pytest.mark.parametrize("page", ["README", "REFLECTION", "QUIZ"])
def test_a_lessons_pages_are_german(made, lesson, page):
    """Goal, recap, breakout questions, reflection and quiz, with the same links."""
    english, german = (
        (made[language] / "lessons" / lesson / f"{page}.md").read_text(encoding="utf-8")
        for language in ("en", "de")
    )
    assert german != english
    assert not ENGLISH.search(CODE.sub(" ", german))
    assert re.findall(r"\]\(([^)]+)\)", english) == re.findall(r"\]\(([^)]+)\)", german)
    assert re.findall(r"<https[^>]+>", english) == re.findall(r"<https[^>]+>", german)
    assert english.count("\n- ") == german.count("\n- ")
