"""A provider that wants all words is asked for fewer of them, until there are enough works."""

from __future__ import annotations

from replay_server import Reply

from litreview.actions.find import find

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
