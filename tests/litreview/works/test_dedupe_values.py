"""What a joined record holds, and both sides of every limit on joining."""

from __future__ import annotations

from dataclasses import replace

import pytest

from litreview.works.dedupe import dedupe, normalise_title
from litreview.works.source import Source


def work(title: str = "A Long Enough Title", **changes: object) -> Source:
    values = {"authors": ("Ann Author",), "year": 2020, "url": "", "abstract": "", **changes}
    return Source(title=title, **values)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("title", "years", "count"),
    [
        ("One Two Three", (2020, 2023), 1),
        ("One Two Three", (2023, 2020), 1),
        ("One Two Three", (2020, 2024), 2),
        ("One Two", (2020, 2020), 1),
        ("One Two", (2020, 2021), 2),
        ("One Two", (None, 2021), 1),
        ("One Two Three", (2020, None), 1),
        ("", (2020, 2020), 2),
    ],
)
def test_equal_titles_may_be_three_years_apart(title, years, count):
    """A preprint waits up to three years; titles of one or two words come back every year."""
    one, two = (work(title, year=year) for year in years)
    assert len(dedupe([one, two])[0]) == count


@pytest.mark.parametrize(
    ("one", "two", "equal"),
    [
        ("Summarising Texts", "summarizing  texts!", True),
        ("Organisation, organised, organises", "organization organized organizes", True),
        ("Wise Men", "Wize Men", True),
        ("Precision", "Precizion", False),
        ("Don’t stop", "Don't Stop", True),
        ("Don't stop", "Dont stop", True),
        ("x_{1} and y^2", "x1 and y2", True),
        (r"\emph{Deep} Nets", "Deep Nets", True),
        ("Ünï", "uni", True),
        ("A B", "AB", True),
        ("A B", "A C", False),
        ("ﬁne", "fine", True),
    ],
)
def test_titles_that_are_spelt_differently(one, two, equal):
    assert (normalise_title(one) == normalise_title(two)) is equal


@pytest.mark.parametrize(
    ("one", "two", "same"),
    [
        (("Ann de Author",), ("Author, A.",), True),
        (("Müller, José",), ("J. Muller",), True),
        (("Ann Author 3rd",), ("Bo Rd",), True),
        (("Ann Author", "Bo Bee"), ("Cy Cee", "B. Bee"), True),
        (("Ann Author",), ("Ann Other",), False),
        (("123",), ("123",), False),
    ],
)
def test_one_family_name_in_common_is_enough(one, two, same):
    joined, _ = dedupe([work(authors=one), work(authors=two)])
    assert (len(joined) == 1) is same


@pytest.mark.parametrize(
    ("one", "two", "reason"),
    [
        ({"doi": "10.1/a"}, {"doi": "10.1/a"}, "same DOI 10.1/a"),
        ({"arxiv_id": "2001.00001"}, {"arxiv_id": "2001.00001"}, "same arXiv id 2001.00001"),
        ({"url": "https://x.org/p"}, {"url": "https://x.org/p"}, "same address https://x.org/p"),
        ({"doi": "10.1/a", "arxiv_id": "2001.00001"}, {"doi": "10.1/a", "arxiv_id": "2001.00002"},
         None),
        ({"doi": "10.1/a"}, {"doi": "10.1/a", "arxiv_id": "2001.00002"}, "same DOI 10.1/a"),
    ],
)  # fmt: skip
def test_the_reason_names_what_is_shared(one, two, reason):
    """A person must be able to see why two records became one."""
    works, merges = dedupe(
        [work("One", provider="a", authors=(), **one), work("Two", authors=(), **two)]
    )
    if reason is None:
        assert (len(works), merges) == (2, ())
    else:
        (merge,) = merges
        assert merge.describe() == f"joined 2 records of “One” (a, ?): {reason}"


def test_the_first_record_is_completed_from_the_others():
    """In order of preference; what a record says itself stays."""
    first = work(doi="10.1/a", venue="arXiv", provider="a", notes=("n1",), version=2, year=None)
    second = work(
        doi="10.1/a", url="https://x.org", abstract="Two.", venue="ACL", pdf_url="https://x.org/p",
        authors=("Ann Author", "Bo Bee"), provider="b", notes=("n2", "n1"), version=1, year=2021,
        categories=("cs.CL",),
    )  # fmt: skip
    third = work(doi="10.1/a", abstract="Three.", venue="EMNLP", provider="a", version=3,
                 authors=("Cy Cee", "Di Dee"), categories=("cs.AI",), year=2022)  # fmt: skip
    notes = ("n1", "its abstract is from b", "n2")
    other = work("Quite Another Title", authors=("Eve Eff",))
    works, (merge,) = dedupe([first, other, second, third])
    assert works == (
        replace(second, venue="ACL", provider="a, b", notes=notes, version=3),
        other,
    )
    assert merge.joined == (first, second, third)
    assert merge.reasons == ("same DOI 10.1/a",) * 2
    assert merge.kept == works[0]
    assert not works[0].withdrawn


@pytest.mark.parametrize(
    ("venue", "other", "kept"),
    [
        ("", "ACL", "ACL"),
        ("arXiv", "ACL", "ACL"),
        ("EMNLP", "ACL", "EMNLP"),
        ("arXiv", "", "arXiv"),
    ],
)
def test_a_venue_replaces_arxiv_alone(venue, other, kept):
    (joined,), _ = dedupe([work(venue=venue), work(venue=other)])
    assert joined.venue == kept


def test_a_third_record_must_fit_everyone_of_the_group():
    """Else a chain of small differences would join works that have nothing in common."""
    rows = [work(year=2020), work(year=2023), work(year=2025)]
    works, _ = dedupe(rows)
    assert [row.year for row in works] == [2020, 2025]


@pytest.mark.parametrize(("one", "two", "kept"), [(None, 1, 1), (2, 1, 2), (1, 2, 2), (1, None, 1)])
def test_the_newest_version_is_kept(one, two, kept):
    (joined,), _ = dedupe([work(version=one), work(version=two)])
    assert joined.version == kept
