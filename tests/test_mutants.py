"""The tool that changes the code knows what it changes, and its lists are up to date."""

from __future__ import annotations

import mutants
import pytest
from mutants_core import CORE

TEXT = '''"""Says something."""
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from x import y


def f(ü: int = 3) -> "str":
    """Says more."""
    if ü < 4 and not g(ü):
        raise ValueError("too small" + str(ü))
    h("é", ü)
    return [ü + 1]
'''


def test_each_change_is_small_and_named():
    """What a reader sees is what was changed; texts for people are left alone."""
    found = mutants.mutants_of("m.py", TEXT)
    assert [(m.line, m.old, m.new) for m in found if len(m.old) < 40] == [
        (8, "3", "(4)"),
        (10, "ü < 4", "(ü <= 4)"),
        (10, "ü < 4 and not g(ü)", "(ü < 4 or not g(ü))"),
        (10, "4", "(5)"),
        (10, "not g(ü)", "(g(ü))"),
        (11, 'raise ValueError("too small" + str(ü))', "pass"),
        (12, 'h("é", ü)', "pass"),
        (12, '"é"', "('éXX')"),
        (13, "return [ü + 1]", "return None"),
        (13, "ü + 1", "(ü - 1)"),
        (13, "1", "(2)"),
    ]
    (change,) = [m for m in found if m.old == "ü + 1"]
    assert change.name == "m.py: ü + 1 -> (ü - 1)"
    assert change.apply(TEXT.encode()).decode() == TEXT.replace("ü + 1", "(ü - 1)")


def test_a_condition_is_not_changed_for_types_alone():
    """`if TYPE_CHECKING` runs in no test."""
    assert all(m.line > 5 for m in mutants.mutants_of("m.py", TEXT))


def test_what_cannot_make_a_difference_is_no_change():
    """Where only emptiness is asked, both sides of `strip` say the same; nor do words count."""
    text = """
assert a.strip(), "words of a message"
while b and c.strip() or not d.strip():
    e = [f.strip() for f in g if f.strip()] if h.strip() else any(i.strip() for i in j)
k = l.strip() or m(n.strip())
"""
    found = [m.old for m in mutants.mutants_of("m.py", text)]
    assert [old for old in found if "strip" in old and len(old) < 12] == [
        "f.strip()",
        "l.strip()",
        "n.strip()",
    ]
    assert not any("message" in old for old in found)


@pytest.mark.slow
def test_the_lists_are_up_to_date():
    """Every core module and its tests exist, and every explained change can still be made."""
    names = set()
    for path, tests in CORE.items():
        names |= {m.name for m in mutants.mutants_of(path, mutants.read_source(path))}
        place = mutants.ROOT / mutants.TEMPLATE if path.startswith("baseline/") else mutants.ROOT
        for test in tests:
            assert (place / test).exists(), test
    assert set(mutants.explained()) <= names
