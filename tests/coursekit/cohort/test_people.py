"""Nobody is called silent because of how their computer spells them."""

from __future__ import annotations

import pytest

from coursekit.cohort.commits import Commit
from coursekit.cohort.people import silent
from coursekit.course.roster import Member


def by(name: str, email: str = "x@home.example", *others: tuple[str, str]) -> Commit:
    return Commit("0" * 40, 0, name, email, (), False, others)


@pytest.mark.parametrize(
    ("member", "name", "email"),
    [
        ("Ayşe Yılmaz", "Ayse Yilmaz", "x@home.example"),
        ("Jürgen Müller", "Juergen Mueller", "x@home.example"),
        ("Jürgen Müller", "Jurgen Muller", "x@home.example"),
        ("Łukasz Żółć", "Lukasz Zolc", "x@home.example"),
        ("Renée Faßbender", "R. Fassbender", "x@home.example"),
        ("María José de la Cruz", "Maria de la Cruz", "x@home.example"),
        ("Ada Lovelace", "Lovelace, Ada", "x@home.example"),
        ("Ada Lovelace", "Ada L.", "x@home.example"),
        ("Ada Lovelace", "Ada", "x@home.example"),
        ("Ada Lovelace", "alovelace", "x@home.example"),
        ("Ada Lovelace", "AdaLovelace", "x@home.example"),
        ("Ada Lovelace", "root", "ada.lovelace@laptop.local"),
        ("Ada Lovelace", "countess", "1234+ada-l@users.noreply.github.com"),
        ("Ada Lovelace", "countess", "stu77@uni.example"),
        ("王 小明", "小明 王", "x@home.example"),
        ("Дарья Ёлкина", "Дарья Елкина", "x@home.example"),
    ],
)
def test_member_is_known_by_any_usual_spelling(member, name, email):
    """Without marks, the German way, turned around, shortened, or by an account."""
    people = [Member(member, "stu77@uni.example", "ada-l"), Member("Alan Turing")]
    assert silent(people, [by(name, email)]) == ("Alan Turing",)


def test_one_first_name_of_two_members_clears_one_of_them():
    """And nobody can say which."""
    people = [Member("Ayşe Yılmaz"), Member("Wei Li"), Member("Wei Zhang")]
    assert silent(people, [by("Ayse Yilmaz"), by("Wei", "1@x.org")]) == ("Wei Li or Wei Zhang",)
    both = [by("Ayse Yilmaz"), by("Wei", "1@x.org"), by("Wei", "2@x.org")]
    assert silent(people, both) == ()
    clear = [by("Ayse Yilmaz"), by("Wei", "wei.li@x.org")]
    assert silent(people, clear) == ("Wei Zhang",)


def test_author_whom_nobody_knows_may_be_anybody():
    """So the member is not simply called silent."""
    people = [Member("Ada Lovelace"), Member("Alan Turing")]
    found = silent(people, [by("Ada Lovelace"), by("xX_coder", "q@q.example")])
    assert found == ("Alan Turing (unless that is xX_coder)",)


def test_coauthors_count_and_bots_do_not():
    people = [Member("Ada Lovelace"), Member("Alan Turing"), Member("Kurt Gödel")]
    commits = [
        by("Ada Lovelace", "a@x.example", ("Alan Turing", "alan@x.example")),
        by("github-actions[bot]", "bot@x.example"),
    ]
    assert silent(people, commits) == ("Kurt Gödel",)


def test_initials_alone_are_nobodys():
    people = [Member("Ada Lovelace"), Member("Alan Turing")]
    assert silent(people, [by("A"), by("Alan Turing", "t@x.example")]) == (
        "Ada Lovelace (unless that is A)",
    )
