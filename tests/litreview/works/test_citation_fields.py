"""Titles, authors and venues are compared as a fair reader would."""

from __future__ import annotations

import time

import pytest

from litreview.works.people import compare_authors
from litreview.works.titles import likeness, same_title, stands_in
from litreview.works.venues import same_venue

SAME_TITLES = [
    ("adaptive precision for {sparse} systems.", "Adaptive Precision for Sparse Systems"),
    ("Ein pers{\\\"o}nliches Res{\\\"u}mee", "Ein persönliches Resümee"),
    ("Hyoetylaeinen in Oulu: a life", "Hyötyläinen in Oulu"),
    ("Spin in theN=88 nucleus", "Spin in the <i>N</i> = 88 nucleus"),
    ("“Styrene p–Brom and sulfur”", "Styrene p-Brom and Sulfur"),
    ("An intranasal mass", "An intranasal mass: a rare diagnosis"),
    ("Deep contextualised representations", "Deep Contextualized Representations"),
]  # fmt: skip
OTHER_TITLES = [
    ("Attention Is Not Not Explanation", "Attention Is Not Explanation"),
    ("Overview of TREC 2019", "Overview of TREC 2020"),
    ("Bats Keep Causal Ear on the Ball", "Bats Keep Their Ear on the Ball"),
    ("Edge Tests for Improper Detection Models", "Edge Tests for Improper Complex Models"),
    ("GPT-3 in practice", "GPT-4 in practice"),
]


@pytest.mark.parametrize(("written", "registered"), SAME_TITLES)
def test_a_title_is_the_same_in_another_dress(written: str, registered: str) -> None:
    assert same_title(written, [registered])


@pytest.mark.parametrize(("written", "registered"), OTHER_TITLES)
def test_another_word_number_or_negation_is_another_title(written: str, registered: str) -> None:
    assert not same_title(written, [registered])


def test_likeness_counts_telling_words_in_order() -> None:
    assert likeness("the cat sat", ["A cat sat"]) == 1.0
    assert likeness("red green blue", ["red yellow blue"]) == pytest.approx(2 / 3)
    assert likeness("one", ["two"]) == 0.0


def test_a_whole_citation_holds_its_title_and_a_short_name_stands_for_it() -> None:
    title = "BERT: Pre-training of Deep Bidirectional Transformers"
    assert stands_in(f"Devlin et al. (2019). {title}. NAACL.", [title])
    assert stands_in("BERT", [title])
    assert not stands_in("Deep residual learning", [title])
    assert not stands_in("Transformers", [title])


@pytest.mark.parametrize(
    ("written", "registered"),
    [
        (["Zee, D. van der", "Mantilla, M."], ["Mantilla, Mauricio", "van der Zee, Dick"]),
        (["M. Guenther"], ["Günther, Maik"]),
        (["Iv{\\'o}n Pelliza, Y."], ["Ivón Pelliza, Y."]),
        (["Wei Shi Yeh"], ["Yeh, Wei-Shi"]),
        (["Zhang Wei"], ["Zhang, Wei"]),
        (["Sammy Davis, Jr."], ["Davis, Sammy"]),
        (["Smith J A"], ["Smith, John A."]),
        (["Anzt, Hartwig", "others"], ["Anzt, Hartwig", "Dongarra, Jack"]),
        (["Taylor, M. et al."], ["Taylor, Mike", "Wedel, Mathew"]),
        (["M. et al. Taylor"], ["Taylor, Mike", "Wedel, Mathew"]),
        (["OLYMPUS Collaboration"], ["OLYMPUS Collaboration"]),
    ],
)
def test_names_agree_in_any_order_form_and_alphabet(
    written: list[str], registered: list[str]
) -> None:
    assert compare_authors(written, registered).agree


def test_people_who_are_invented_or_left_out_are_named() -> None:
    registered = ["Dogan, Secil", "Johnson, Joel T.", "Burkholder, Robert J."]
    added = compare_authors(
        ["Secil Dogan", "Joel Johnson", "Heiner Rind", "R. Burkholder"], registered
    )
    assert (added.strangers, added.missing, added.shared) == (("Heiner Rind",), (), 3)
    short = compare_authors(["Secil Dogan", "Robert Burkholder"], registered)
    assert (short.strangers, short.missing) == ((), ("Johnson, Joel T.",))
    assert not short.agree
    other = compare_authors(["Bert Dogan"], ["Dogan, Secil"])
    assert other.strangers == ("Bert Dogan",)


@pytest.mark.parametrize(
    ("written", "registered"),
    [
        ("IEEE Trans. Inform. Theory", "IEEE Transactions on Information Theory"),
        ("Am. J. of Obstetrics and Gynecology", "American Journal of Obstetrics and Gynecology"),
        ("CAIS", "Communications of the Association for Information Systems"),
        ("Phys. Rev. Lett.", "Physical Review Letters"),
        ("NeurIPS 2017", "Advances in Neural Information Processing Systems 30"),
        ("Proc. ACL", "Proceedings of the 57th Annual Meeting of the Association for "
         "Computational Linguistics"),
        ("PNAS", "Proceedings of the National Academy of Sciences"),
        ("J. Mach. Learn. Res.", "Journal of Machine Learning Research"),
    ],
)  # fmt: skip
def test_a_venue_may_be_short(written: str, registered: str) -> None:
    assert same_venue(written, [registered])


@pytest.mark.parametrize(
    ("written", "registered"),
    [
        ("ACM Computing Surveys", "Heredity"),
        ("Nature", "Nature Machine Intelligence"),
        ("Proceedings of EMNLP", "Journal of Landscape Ecology"),
        ("Expert Systems with Applications", "International Journal of Radiation Oncology"),
        ("Nature Machine Intelligence", "The University of Queensland"),
    ],
)
def test_another_venue_is_another(written: str, registered: str) -> None:
    assert not same_venue(written, [registered])


def test_long_and_hostile_fields_are_compared_in_time() -> None:
    start = time.process_time()
    for text in ("a" * 100_000, "a " * 50_000, "{\\'" * 30_000, "<b" * 50_000, ": " * 50_000):
        same_title(text, [text[::-1], "A title"])
        same_venue(text, [text[::-1]])
        compare_authors([text] * 3, [text[::-1]] * 3)
    many = [f"Person{number}, A." for number in range(3_000)]
    assert compare_authors(many, [*reversed(many)]).agree
    compare_authors([f"X{name}" for name in many], many)
    assert time.process_time() - start < 20
