"""What makes two records the same work."""

from __future__ import annotations

import time

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
        ("https://www.semanticscholar.org/arxiv/1706.03762", ("1706.03762", None)),
        ("https://ar5iv.org/html/1706.03762", ("1706.03762", None)),
        ("https://www.alphaxiv.org/abs/1706.03762v2", ("1706.03762", 2)),
        ("https://www.arxiv-vanity.com/papers/1706.03762/", ("1706.03762", None)),
        ("abs/1706.03762", ("1706.03762", None)),
        ("arXiv preprint arXiv:1706.03762 (2017)", ("1706.03762", None)),
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


SICI = "10.1002/(SICI)1096-9861(19960129)365:1<113::AID-CNE9>3.0.CO;2-6"


@pytest.mark.parametrize(
    ("text", "doi"),
    [
        ("10.1162/NECO.1997.9.8.1735", "10.1162/neco.1997.9.8.1735"),
        ("https://doi.org/10.1162/neco.1997.9.8.1735?utm_source=x", "10.1162/neco.1997.9.8.1735"),
        ("(doi:10.1016/S0140-6736(20)30183-5).", "10.1016/s0140-6736(20)30183-5"),
        ("https://dl.acm.org/doi/10.1145/3292500.3330701#sec", "10.1145/3292500.3330701"),
        ("version 10.2/3", ""),
        (SICI, SICI.lower()),
        (f"see {SICI}, and others", SICI.lower()),
        (SICI.replace("<", "&lt;").replace(">", "&gt;"), SICI.lower()),
        ("https://doi.org/" + SICI.replace("<", "%3C").replace(">", "%3E"), SICI.lower()),
        (
            "DOI: 10.1641/0006-3568(2002)052[0044:PTLBTR]2.0.CO;2.",
            "10.1641/0006-3568(2002)052[0044:ptlbtr]2.0.co;2",
        ),
        ("[paper](https://doi.org/10.1000/abc), next", "10.1000/abc"),
        ("<10.1000/abc>", "10.1000/abc"),
        ('<a href="x">10.1000/abc</a>', "10.1000/abc"),
        ("info:doi/10.1000/182", "10.1000/182"),
        ("doi.org/10.1000/ABC.Def.", "10.1000/abc.def"),
    ],
)
def test_dois_are_found_in_any_dress(text, doi):
    """Case, address, brackets and a final full stop are not part of a DOI."""
    assert find_doi(text) == doi


@pytest.mark.parametrize(
    ("address", "doi"),
    [
        ("www.biorxiv.org/content/10.1101/2020.03.22.002386v3", "10.1101/2020.03.22.002386"),
        ("medrxiv.org/content/10.1101/2020.03.22.0386v2.full.pdf+html", "10.1101/2020.03.22.0386"),
        (
            "www.biorxiv.org/content/biorxiv/early/2020/03/22/2020.03.22.002386.full.pdf",
            "10.1101/2020.03.22.002386",
        ),
        ("www.frontiersin.org/articles/10.3389/frai.2020.00004/full", "10.3389/frai.2020.00004"),
        ("www.frontiersin.org/articles/10.3389/frai.2020.00004/pdf", "10.3389/frai.2020.00004"),
        ("link.springer.com/article/10.1007/s00521-020-05102-3/fulltext.html",
         "10.1007/s00521-020-05102-3"),
        ("link.springer.com/content/pdf/10.1007%2Fs00521-020-05102-3.pdf",
         "10.1007/s00521-020-05102-3"),
        ("journals.plos.org/plosone/article/file?id=10.1371/journal.pone.0130140&type=printable",
         "10.1371/journal.pone.0130140"),
        ("onlinelibrary.wiley.com/doi/epdf/10.1002/asi.24171", "10.1002/asi.24171"),
        ("dl.acm.org/doi/pdf/10.1145/3292500.3330701", "10.1145/3292500.3330701"),
        ("iopscience.iop.org/article/10.1088/1742-6596/1234/1/012345/meta",
         "10.1088/1742-6596/1234/1/012345"),
        ("academic.oup.com/bib/article-pdf/doi/10.1093/bib/bbaa123/33456/bbaa123.pdf",
         "10.1093/bib/bbaa123"),
        ("www.nature.com/articles/s41586-020-2649-2.pdf", "10.1038/s41586-020-2649-2"),
        ("www.nature.com/articles/nature14539", "10.1038/nature14539"),
        ("www.nature.com/articles/nature20149", "10.1038/nature20149"),
        ("www.nature.com/articles/onc2011282", "10.1038/onc.2011.282"),
        ("www.nature.com/articles/481237a", "10.1038/481237a"),
        ("elifesciences.org/articles/12345", "10.7554/elife.12345"),
        ("zenodo.org/records/1207631", "10.5281/zenodo.1207631"),
        ("peerj.com/articles/cs-208/", "10.7717/peerj-cs-208"),
        ("www.nature.com/articles/", ""),
        ("zenodo.org/communities/nlp", ""),
    ],
)  # fmt: skip
def test_an_address_of_a_publisher_names_its_doi(address, doi):
    """A page's name and a version behind the DOI belong to the page, not to the work."""
    assert find_doi(f"https://{address}") == doi


@pytest.mark.parametrize("version", ["10.21203/rs.3.rs-123/v1", "10.12688/f1000research.1234.2"])
def test_a_version_that_belongs_to_the_doi_stays(version):
    """Some registries give each version a DOI of its own."""
    assert find_doi(f"https://doi.org/{version}") == version


@pytest.mark.parametrize(
    "text",
    [
        "10.1000/" * 12_000,
        "10.1000/1234-5678()" + "1.0" * 30_000,
        "10.1002/(sici)" * 7_000,
        "10.1000/" + "()" * 50_000,
        "https://x.org/10.1000/a" + "/full" * 20_000,
        "https://x.org/10.1101/" + "1" * 100_000,
        "https://www.biorxiv.org/content/early/" + "1/" * 50_000,
    ],
)
def test_a_doi_is_found_in_linear_time(text):
    """A text of 100 kB that somebody made for this takes no second of work."""
    start = time.process_time()
    find_doi(text)
    assert time.process_time() - start < 1


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
