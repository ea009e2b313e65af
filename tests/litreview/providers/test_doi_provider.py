"""Crossref's answers, in the shape that its interface documents."""

from __future__ import annotations

import json

import pytest
from replay_server import Reply

from litreview.actions.find import find
from litreview.errors import UserError
from litreview.providers.result import NothingFoundError
from litreview.web import gate

WORK = {
    "DOI": "10.1162/NECO.1997.9.8.1735",
    "title": ["Long Short-Term <i>Memory</i>"],
    "author": [
        {"given": "Sepp", "family": "Hochreiter", "sequence": "first"},
        {"given": "Jürgen", "family": "Schmidhuber"},
        {"name": "A Consortium"},
    ],
    "issued": {"date-parts": [[1997, 11, 1]]},
    "container-title": ["Neural Computation"],
    "URL": "https://doi.org/10.1162/neco.1997.9.8.1735",
    "abstract": "<jats:title>Abstract</jats:title><jats:sec><jats:title>Methods</jats:title>"
    "<jats:p>We use gates &amp; cells,\n n &lt; 5.</jats:p></jats:sec>",
    "publisher": "MIT Press",
}


def reply(message: object, status: int = 200) -> Reply:
    return Reply(json.dumps({"message": message}).encode(), status, "application/json")


def test_doi_becomes_a_source(server, environment):
    """Markup goes, section titles stay as cues, and the DOI is in lower case."""
    server.answer = lambda path: reply(WORK)

    (source,) = find("https://doi.org/10.1162/neco.1997.9.8.1735", "doi", 1).sources

    assert server.requests == ["/crossref/10.1162/neco.1997.9.8.1735"]
    assert source.title == "Long Short-Term Memory"
    assert source.authors == ("Sepp Hochreiter", "Jürgen Schmidhuber", "A Consortium")
    assert source.year == 1997
    assert source.published == "1997-11-01"
    assert source.venue == "Neural Computation"
    assert source.doi == "10.1162/neco.1997.9.8.1735"
    assert source.url == "https://doi.org/10.1162/neco.1997.9.8.1735"
    assert source.abstract == "Methods: We use gates & cells, n < 5."


def test_odd_doi_cannot_change_the_request(server, environment):
    """Brackets, spaces and slashes of a DOI are data, not address syntax."""
    server.answer = lambda path: reply(WORK)
    find("10.1002/(sici)1097?x=1", "doi", 1)

    assert server.requests == ["/crossref/10.1002/%28sici%291097%3Fx%3D1"]


def test_words_are_searched(server, environment):
    """Words, authors and dates reach the parameters that Crossref has for them."""
    server.answer = lambda path: reply({"total-results": 1234, "items": [WORK, {"title": []}]})

    result = find("long memory author:Hochreiter since:1990", "doi", 5)

    assert result.total == 1234
    assert len(result.sources) == 1
    assert "query.bibliographic=long+memory" in server.requests[0]
    assert "from-pub-date%3A1990-01-01" in server.requests[0]
    assert "rows=5" in server.requests[0]


def test_unknown_doi_is_named(server, environment):
    """Nobody should have to guess which of several was wrong."""
    server.answer = lambda path: Reply(b"Resource not found.", 404, "text/plain")

    with pytest.raises(NothingFoundError, match=r"does not know the DOI 10\.1234/none"):
        find("10.1234/none", "doi", 1)
    assert server.requests == ["/crossref/10.1234/none", "/doi/10.1234/none"]


def test_one_unknown_doi_does_not_cost_the_others(server, environment):
    """What is found is returned, with a note."""
    server.script = [Reply(b"", 404, "text/plain"), Reply(b"", 404, "text/html")]
    server.answer = lambda path: reply(WORK)

    result = find("10.1234/none 10.1162/neco.1997.9.8.1735", "doi", 5)

    assert len(result.sources) == 1
    assert "10.1234/none" in result.notes[0]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"<html>", b'{"message": 3}', b'{"message": null}', b"[" * 20_000, b'{"a":1}'],
)
def test_answers_of_another_shape_get_a_sentence(server, environment, body):
    """A proxy's page or a changed interface must not end in a traceback."""
    server.answer = lambda path: Reply(body, 200, "application/json")

    with pytest.raises(gate.FetchError, match="not what its interface promises"):
        find("10.1234/x", "doi", 1)


@pytest.mark.parametrize(
    "odd",
    [{"title": 3}, {"author": "x"}, {"author": [None, {"family": 7}]}, {"issued": []},
     {"issued": {"date-parts": [[None]]}}, {"issued": {"date-parts": [["1997"]]}},
     {"container-title": None}, {"abstract": ["x"]}, {"URL": "javascript:alert(1)", "DOI": None}],
)  # fmt: skip
def test_odd_fields_cost_only_themselves(server, environment, odd):
    """Crossref's data is what publishers typed."""
    server.answer = lambda path: reply({**WORK, **odd})

    (source,) = find("10.1162/neco.1997.9.8.1735", "doi", 1).sources
    assert not source.url.startswith("javascript")


def test_arxiv_id_is_sent_to_arxiv(environment):
    """Crossref does not know arXiv's works."""
    with pytest.raises(UserError, match="--provider arxiv"):
        find("1706.03762", "doi", 1)
