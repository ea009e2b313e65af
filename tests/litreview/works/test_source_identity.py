"""What makes two records the same work."""

from __future__ import annotations

import pytest

from litreview.text.clean import one_line
from litreview.text.identifiers import (
    find_arxiv_id,
    find_doi,
    is_web_address,
    normalise_url,
    split_arxiv_id,
)
from litreview.works.source import Source


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1706.03762", ("1706.03762", None)),
        ("1706.03762v7", ("1706.03762", 7)),
        ("0704.0001", ("0704.0001", None)),
        ("math/0601001", ("math/0601001", None)),
        ("math.GT/0309136v2", ("math/0309136", 2)),
        ("quant-ph/0201082v1", ("quant-ph/0201082", 1)),
        ("https://arxiv.org/abs/1706.03762?utm_source=x#top", ("1706.03762", None)),
        ("https://www.arxiv.org/pdf/1706.03762v5.pdf", ("1706.03762", 5)),
        ("https://ar5iv.labs.arxiv.org/html/1706.03762", ("1706.03762", None)),
        ("https://huggingface.co/papers/1706.03762", ("1706.03762", None)),
        ("https://arxiv.org/abs/math%2F0601001", ("math/0601001", None)),
        ("10.48550/arXiv.1706.03762", ("1706.03762", None)),
        ("arXiv: 1706.03762", ("1706.03762", None)),
        ("1799.12345", ("", None)),
        ("20240.12345", ("", None)),
        ("https://example.org/1706.03762", ("", None)),
        ("", ("", None)),
    ],
)
def test_arxiv_ids_are_found_without_their_version(text, expected):
    """The version is no part of the identity, and a number with a dot is not an id."""
    assert split_arxiv_id(text) == expected
    assert find_arxiv_id(text) == expected[0]


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1162/NECO.1997.9.8.1735", "10.1162/neco.1997.9.8.1735"),
        ("https://doi.org/10.1162/neco.1997.9.8.1735?utm_source=x", "10.1162/neco.1997.9.8.1735"),
        ("(doi:10.1016/S0140-6736(20)30183-5).", "10.1016/s0140-6736(20)30183-5"),
        ("https://dl.acm.org/doi/10.1145/3292500.3330701#sec", "10.1145/3292500.3330701"),
        ("version 10.2/3", ""),
    ],
)
def test_dois_are_found_in_any_dress(text, doi):
    """Case, address, brackets and a final full stop are not part of a DOI."""
    assert find_doi(text) == doi


def test_identity_prefers_arxiv_then_doi_then_address():
    """One work has one identity, however complete its record is."""
    both = Source("T", (), 2017, "https://x.org", "", arxiv_id="1706.03762", doi="10.1/x")

    assert both.identity == "arxiv:1706.03762"
    assert Source("T", (), 2017, "https://x.org", "", doi="10.1/x").identity == "doi:10.1/x"
    assert Source("T", (), 2017, "http://www.x.org/a/", "").identity == "url:https://x.org/a"
    assert Source("A  Title!", (), 2017, "", "").identity == "title:a title"


def test_tracking_and_dress_do_not_make_another_address():
    """The same page with a campaign's parameters is the same page."""
    assert normalise_url("HTTP://WWW.Foo.org:80/a/?utm_source=mail&id=2&fbclid=z#part") == (
        "https://foo.org/a?id=2"
    )


@pytest.mark.parametrize(
    "text",
    ["javascript:alert(1)", "file:///etc/passwd", "data:text/html,x", "http://[::1", "x.org"],
)
def test_only_web_addresses_count_as_addresses(text):
    """A link is shown and fetched, so its scheme must be harmless."""
    assert not is_web_address(text)


def test_json_round_trip_keeps_the_record():
    """Search logs and other programs read back what was written."""
    source = Source(
        "T", ("A B",), 2017, "https://x.org", "We do.", categories=("cs.CL",), version=2
    )

    assert Source.from_json(source.to_json()) == source


def test_texts_cannot_steer_a_terminal():
    """A title with escape sequences or direction marks is printed as letters."""
    assert one_line("a\x1b[31mb\x9b2J\u202ec\r\nd") == "a [31mb 2Jc d"
