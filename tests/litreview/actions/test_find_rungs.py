"""A provider that wants all words is asked for fewer of them, until there are enough works."""

from __future__ import annotations

import json
from urllib.parse import parse_qs

import pytest
from replay_server import Reply

from litreview.actions.find import explain, find
from litreview.works.boolean_query import to_boolean
from litreview.works.query import parse

ENTRY = """<entry><id>http://arxiv.org/abs/{id}</id><title>{title}</title>
<published>2020-01-02T03:04:05Z</published><updated>2020-01-02T03:04:05Z</updated>
<summary>We do.</summary><author><name>A. Person</name></author></entry>"""
FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
<opensearch:totalResults>{total}</opensearch:totalResults>
<opensearch:startIndex>0</opensearch:startIndex>{entries}</feed>"""


def entry(id: str, title: str = "A Title") -> str:
    return ENTRY.format(id=id, title=title)


def feed(*entries: str) -> Reply:
    return Reply(FEED.format(total=len(entries), entries="".join(entries)).encode())


def test_too_few_works_make_arxiv_be_asked_for_fewer_words(server, environment):
    """Two requests more, and the user is told what was let go."""
    server.script = [
        feed(),
        feed(entry("2001.00001v1", "Sepsis at night")),
        feed(*(entry(f"2001.0000{n}v1", "Sepsis") for n in range(1, 7))),
    ]

    result = find("novel sepsis prediction ICU", "arxiv", 10)

    assert len(result.sources) == 6
    assert result.total == 6
    assert result.notes[0] == (
        "arXiv has nothing with all words; arXiv has 1 with all words but novel, which says least; "
        "so it was asked for any word: 6 works"
    )
    assert [
        request.partition("search_query=")[2].partition("&")[0] for request in server.requests
    ] == [
        "all%3Anovel+AND+all%3Asepsis+AND+all%3Aprediction+AND+all%3AICU",
        "all%3Asepsis+AND+all%3Aprediction+AND+all%3AICU",
        "all%3Asepsis+OR+all%3Aprediction+OR+all%3AICU",
    ]


def test_enough_works_are_found_with_one_request(server, environment):
    """Fewer words are asked for only where there is a need."""
    server.script = [feed(*(entry(f"2001.0000{n}v1") for n in range(1, 7)))]
    find("sepsis prediction", "arxiv", 10)
    assert len(server.requests) == 1


def test_a_fault_on_a_later_rung_keeps_what_was_found(server, environment):
    """What is there is used, and the user learns why it is not more."""
    server.script = [feed(entry("2001.00001v1")), Reply(b"no", 403, "text/plain")]
    server.answer = lambda path: Reply(b"no", 403, "text/plain")
    result = find("sepsis prediction ICU", "arxiv", 10)
    assert len(result.sources) == 1
    assert "arXiv was not asked for more (" in result.notes[0]


def searches(server) -> list[str]:
    """What was asked for, without what is the same in each request."""
    asked = [parse_qs(request.partition("?")[2]) for request in server.requests]
    return [(one.get("search") or one.get("query") or [""])[0] for one in asked]


def openalex(*titles: str) -> Reply:
    works = [
        {"id": f"https://openalex.org/W{1000 + number}", "title": title}
        for number, title in enumerate(titles)
    ]
    return Reply(json.dumps({"meta": {"count": len(works)}, "results": works}).encode())


def scholar(*titles: str) -> Reply:
    works = [{"paperId": f"{number:040}", "title": title} for number, title in enumerate(titles)]
    return Reply(json.dumps({"total": len(works), "data": works}).encode())


def datacite(*titles: str) -> Reply:
    works = [
        {"attributes": {"doi": f"10.5281/zenodo.{number}", "titles": [{"title": title}]}}
        for number, title in enumerate(titles, 1)
    ]
    return Reply(json.dumps({"meta": {"total": len(works)}, "data": works}).encode())


@pytest.mark.parametrize(
    ("provider", "variable", "name", "answer"),
    [
        ("openalex", "OPENALEX", "OpenAlex", openalex),
        ("datacite", "DATACITE", "DataCite", datacite),
    ],
)
def test_services_with_operators_are_asked_for_fewer_words(
    server, environment, monkeypatch, provider, variable, name, answer
):
    """Words that stand side by side all have to occur there, as at arXiv."""
    monkeypatch.setenv(f"LITREVIEW_{variable}_URL", f"{server.url}/works")
    server.script = [answer(), answer("Sepsis at night"), answer(*["Sepsis"] * 6)]

    result = find("novel sepsis LSTM/GRU pre-training -survey", provider, 10)

    assert searches(server) == [
        'novel AND sepsis AND (LSTM OR GRU) AND ("pre training" OR pretraining) AND NOT survey',
        'sepsis AND (LSTM OR GRU) AND ("pre training" OR pretraining) AND NOT survey',
        '(sepsis OR LSTM OR GRU OR "pre training") AND NOT survey',
    ]
    assert result.notes[0] == (
        f"{name} has nothing with all words; {name} has 1 with all words but novel, which says "
        "least; so it was asked for any word: 6 works"
    )
    assert result.total == 6


def test_semantic_scholar_is_asked_for_ever_fewer_words(server, environment, monkeypatch):
    """It has no word for "or", so the two words that tell most are asked, and then the one."""
    monkeypatch.setenv("LITREVIEW_S2_URL", server.url)
    server.script = [scholar(), scholar(), scholar(), scholar("B", "C")]

    result = find("novel sepsis LSTM/GRU prediction outcomes -survey", "semantic-scholar", 10)

    assert searches(server) == [
        "novel sepsis LSTM prediction outcomes",
        "sepsis LSTM outcomes",
        "LSTM outcomes",
        "LSTM",
    ]
    assert [source.title for source in result.sources] == ["B", "C"]
    assert "Semantic Scholar cannot leave words out" in result.notes[-1]


def test_enough_works_in_all_are_enough_though_a_page_holds_few(server, environment, monkeypatch):
    """What a service has counts, not what it sends in one answer."""
    monkeypatch.setenv("LITREVIEW_OPENALEX_URL", f"{server.url}/works")
    body = {"meta": {"count": 900}, "results": [{"id": "https://openalex.org/W1", "title": "A"}]}
    server.script = [Reply(json.dumps(body).encode())]
    assert find("sepsis prediction", "openalex", 10).total == 900
    assert len(server.requests) == 1


def test_demands_that_a_service_cannot_meet_are_told(server, environment, monkeypatch):
    monkeypatch.setenv("LITREVIEW_OPENALEX_URL", f"{server.url}/works")
    server.script = [openalex(*"ABCDE")]
    result = find(parse("title:sepsis author:Smith", categories=["cs.LG"]), "openalex", 5)
    assert searches(server) == ["sepsis AND Smith"]
    assert result.notes == (
        "OpenAlex knows no categories of arXiv, so cs.LG was not asked for",
        "OpenAlex searches all of a record at once, so title:sepsis, author:Smith was looked for "
        "anywhere in it",
    )


def test_explain_shows_what_each_provider_is_asked_for():
    lines = explain(parse("novel sepsis prediction ICU"), "openalex,semantic-scholar,crossref")
    assert [line for line in lines if "sepsis" in line][1:-1] == [
        "OpenAlex is asked for: novel AND sepsis AND prediction AND ICU",
        "if too little, all words but novel, which says least: sepsis AND prediction AND ICU",
        "if too little, any word: sepsis OR prediction OR ICU",
        "Semantic Scholar is asked for: novel sepsis prediction ICU",
        "if too little, all words but novel, which says least: sepsis prediction ICU",
        "if too little, all words but novel, prediction, which say least: sepsis ICU",
        "if too little, all words but novel, sepsis, prediction, which say least: ICU",
        "Crossref is asked for: novel sepsis prediction ICU; it finds works with any of them",
    ]
    assert "- Semantic Scholar cannot be asked for any of several words" in lines


@pytest.mark.parametrize(
    ("typed", "compiled"),
    [
        ('"machine translation" OR parsing', '"machine translation" OR parsing'),
        ("owls AND -(a OR b) C++", "owls AND C AND NOT (a OR b)"),
        ("cat:cs.CL bert", "bert"),
        ("x1 * ( y: ]", "x1 AND y"),
    ],
)  # fmt: skip
def test_nothing_typed_is_an_operator_by_accident(typed, compiled):
    assert to_boolean(parse(typed)) == compiled
