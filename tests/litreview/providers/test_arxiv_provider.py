"""Every way in which arXiv answers, replayed by a server on this machine."""

from __future__ import annotations

import json
import socket
from dataclasses import replace

import pytest
from replay_server import Reply, slice_feed

from litreview.actions.find import find
from litreview.errors import UserError
from litreview.providers import arxiv, arxiv_feed
from litreview.providers.result import NothingFoundError
from litreview.web import gate
from litreview.works.query import parse
from litreview.works.source import Source

ENTRY = """<entry><id>http://arxiv.org/abs/{id}</id><title>{title}</title>
<published>2020-01-02T03:04:05Z</published><updated>2020-01-02T03:04:05Z</updated>
<summary>{summary}</summary><author><name>A. Person</name></author>
<arxiv:comment>{comment}</arxiv:comment><arxiv:primary_category term="cs.CL"/></entry>"""
FEED = """<?xml version="1.0" encoding="UTF-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom"
 xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">
<opensearch:totalResults>{total}</opensearch:totalResults>
<opensearch:startIndex>0</opensearch:startIndex>{entries}</feed>"""


def entry(id: str, title: str = "A Title", summary: str = "We do.", comment: str = "") -> str:
    return ENTRY.format(id=id, title=title, summary=summary, comment=comment)


def feed(*entries: str, total: int | None = None) -> Reply:
    count = len(entries) if total is None else total
    return Reply(FEED.format(total=count, entries="".join(entries)).encode())


RECORDED = {
    "invented": (1234, Source(
        "Testing summarisers with property tests",
        ("Ines Exemple", "Farah Esempio", "Chiara Example"),
        2021, "https://arxiv.org/abs/2107.10222",
        "Faults of summarisers are found late. In this paper we propose a way of testing "
        "summarisers with property tests. We generate 700 cases and run them against three open "
        "systems. The results show that 8.6% more faults are found than with random inputs, at "
        "$8\\times$ the cost.",
        venue="arXiv", arxiv_id="2107.10222", published="2021-07-07", categories=("cs.LG", "cs.AI"),
        pdf_url="https://arxiv.org/pdf/2107.10222", provider="arxiv", version=1,
    )),
    "real": (214881, ("2202.12139", 1, "2022-02-24", ("Mohit Kumar Ahuja", "Arnaud Gotlieb",
                                                     "Helge Spieker"))),
}  # fmt: skip


def test_recorded_page_becomes_complete_sources(arxiv_server, arxiv_folder, environment):
    """What a review needs of a work is in the record: nothing is lost on the way."""
    result = find("testing", "arxiv", 10)
    assert len(result.sources) == 10
    if arxiv_folder.parent.name == "recorded":
        assert (result.total, result.sources[6]) == RECORDED["invented"]
        return
    first = result.sources[0]
    found = (first.arxiv_id, first.version, first.published, first.authors)
    assert (result.total, found) == RECORDED["real"]
    assert first.url == "https://arxiv.org/abs/2202.12139"
    assert first.year == 2022
    assert first.abstract
    assert "\n" not in first.abstract
    assert first.categories


def test_paging_asks_for_what_is_needed_and_no_more(arxiv_server, environment, monkeypatch):
    """The client library asks for full pages; a limit of 25 in pages of 10 is three requests."""
    monkeypatch.setattr(arxiv, "PAGE_SIZE", 10)

    result = find("testing", "arxiv", 25)

    assert len({source.arxiv_id for source in result.sources}) == 25
    assert len(arxiv_server.requests) == 3


def test_small_limit_asks_for_a_small_page(arxiv_server, environment):
    """Two works must not cost a hundred."""
    find("transformers", "arxiv", 2)

    assert "max_results=2" in arxiv_server.requests[0]


def test_second_identical_search_makes_no_request(arxiv_server, environment):
    """Results change once a day, so a repeated command must not ask again."""
    first = find("testing", "arxiv", 10)
    second = find("testing", "arxiv", 10)

    assert len(arxiv_server.requests) == 1
    assert second.sources == first.sources
    assert all(exchange.from_cache for exchange in second.exchanges)
    assert [e.sha256 for e in second.exchanges] == [e.sha256 for e in first.exchanges]


def test_refresh_asks_again(arxiv_server, environment):
    """A user who knows better can say so."""
    find("testing", "arxiv", 10)
    find("testing", "arxiv", 10, refresh=True)

    assert len(arxiv_server.requests) == 2


def test_old_style_id_is_fetched(arxiv_server, arxiv_folder, environment):
    """Ids from before 2007 hold a slash."""
    (source,) = find("astro-ph/0601001", "arxiv", 5).sources

    assert source.arxiv_id == "astro-ph/0601001"
    invented = arxiv_folder.parent.name == "recorded"
    assert source.venue == (
        "Invented Astron. 1 (2006) 1-5" if invented else "ActaAstron.56:1-50,2006"
    )


def test_unknown_id_is_said_to_be_unknown(arxiv_server, environment):
    """An answer without entries is not an empty success."""
    arxiv_server.answer = lambda path: feed(total=0)

    with pytest.raises(NothingFoundError, match=r"no work with the id 2401\.00001"):
        find("2401.00001", "arxiv", 5)


def test_one_unknown_id_among_several_is_named(server, environment):
    """The others are still found, in the order given."""
    server.answer = lambda path: feed(entry("1810.04805v2"), entry("1706.03762v7"))

    result = find("1706.03762 2401.00001 1810.04805v1", "arxiv", 5)

    assert [source.arxiv_id for source in result.sources] == ["1706.03762", "1810.04805"]
    assert any("2401.00001" in note for note in result.notes)


def test_more_than_ten_ids_are_all_fetched(server, environment):
    """Without a size the interface cuts a list of ids at ten."""
    ids = [f"2001.{number:05}" for number in range(1, 31)]
    server.answer = lambda path: feed(*[entry(f"{name}v1") for name in ids])

    result = find(" ".join(ids), "arxiv", 100)

    assert len(result.sources) == 30
    assert "max_results=30" in server.requests[0]


def test_no_hits_is_a_sentence_of_its_own(server, environment):
    """Nothing found differs from nothing answered."""
    server.answer = lambda path: feed(total=0)

    with pytest.raises(NothingFoundError, match=r"nothing for all:xyzzy.*other words"):
        find("xyzzy", "arxiv", 5)


def test_empty_page_glitch_is_asked_again(server, environment):
    """Now and then arXiv sends no entries although there are some; asking again helps."""
    server.script = [feed(total=7)]
    server.answer = lambda path: feed(entry("2001.00001v1"))

    assert len(find("glitch", "arxiv", 5).sources) == 1
    assert len(server.requests) == 2


def test_lasting_empty_page_glitch_is_named_and_not_cached(server, environment):
    """It must be told from 'no hits', and a wrong answer must not last for a day."""
    server.answer = lambda path: feed(total=7)

    with pytest.raises(arxiv_feed.EmptyPageError, match="7 works match but keeps sending an"):
        find("glitch", "arxiv", 5)
    server.answer = lambda path: feed(entry("2001.00001v1"))
    assert find("glitch", "arxiv", 5).sources


def test_empty_later_page_keeps_what_was_found(server, environment, monkeypatch):
    """What came is used, and the result says that it is not all."""
    monkeypatch.setattr(arxiv, "PAGE_SIZE", 1)
    server.script = [feed(entry("2001.00001v1"), total=3)]
    server.answer = lambda path: feed(total=0)

    result = find("glitch", "arxiv", 3)

    assert len(result.sources) == 1
    assert "only 1 of 3 works could be fetched" in result.notes[0]


@pytest.mark.slow
@pytest.mark.parametrize("status", [429, 503])
def test_rate_limit_is_waited_for(server, environment, status):
    """Retry-After is honoured, and the search then goes on."""
    server.script = [Reply(b"slow down", status, "text/plain", {"Retry-After": "1"})]
    server.answer = lambda path: feed(entry("2001.00001v1"))

    assert find("busy", "arxiv", 5).sources
    assert server.times[1] - server.times[0] >= 0.95


def test_lasting_rate_limit_is_named(server, environment):
    """After some tries the user is told, with what to do instead."""
    server.answer = lambda path: Reply(b"slow down", 429, "text/plain")

    with pytest.raises(gate.RateLimitedError, match=r"HTTP 429.*--provider reading-list"):
        find("busy", "arxiv", 5)
    assert 2 <= len(server.requests) <= 5


def test_long_retry_after_is_not_slept_through(server, environment):
    """A pause of an hour is the user's to take, and not asked for by further requests."""
    server.answer = lambda path: Reply(b"", 429, "text/plain", {"Retry-After": "3000"})

    with pytest.raises(gate.RateLimitedError, match="left alone for 3000 s"):
        find("busy", "arxiv", 5)
    assert len(server.requests) == 1


def test_server_error_is_retried_then_named(server, environment):
    """A fault on arXiv's side is said to be one."""
    server.answer = lambda path: Reply(b"oops", 500, "text/plain")

    with pytest.raises(gate.ServerError, match="HTTP 500"):
        find("broken", "arxiv", 5)
    assert len(server.requests) == 4


def test_bad_request_is_not_retried_and_says_why(server, environment, arxiv_folder):
    """A request that cannot succeed is sent once; the recorded reason is passed on."""
    (path,) = arxiv_folder.glob("id_abc_s0_m100*.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    server.answer = lambda path: Reply(record["body"].encode(), record["status_code"])

    with pytest.raises(arxiv_feed.ErrorFeedError, match="incorrect id format for abc"):
        find("abc", "arxiv", 5)
    assert len(server.requests) == 1


def test_error_feed_with_status_200_is_no_paper(server, environment, arxiv_folder):
    """The client library alone returns a work called 'Error'."""
    (path,) = arxiv_folder.glob("id_abc_s0_m100*.json")
    record = json.loads(path.read_text(encoding="utf-8"))
    server.answer = lambda path: Reply(record["body"].encode(), 200)

    with pytest.raises(arxiv_feed.ErrorFeedError, match="incorrect id format for abc"):
        find("abc", "arxiv", 5)


def test_paper_called_error_is_a_paper(server, environment):
    """Only arXiv's own messages are errors."""
    server.answer = lambda path: feed(entry("2001.00001v1", title="Error"))

    assert find("error", "arxiv", 5).sources[0].title == "Error"


@pytest.mark.parametrize("content_type", ["text/html", "application/atom+xml"])
def test_html_with_status_200_is_named(server, environment, content_type):
    """A login page of the campus network is not an empty result."""
    page = b"<!DOCTYPE html><html><title>Please log in</title></html>"
    server.answer = lambda path: Reply(page, 200, content_type)

    with pytest.raises(arxiv_feed.NotAFeedError, match="web page instead of search results"):
        find("anything", "arxiv", 5)


def test_malformed_xml_is_named(server, environment):
    """The client library alone would repair it silently and lose entries."""
    body = feed(entry("2001.00001v1")).body[:-20]
    server.answer = lambda path: Reply(body)

    with pytest.raises(arxiv_feed.MalformedFeedError, match="not well-formed XML"):
        find("anything", "arxiv", 5)


def test_other_xml_is_named(server, environment):
    """Well-formed is not enough."""
    server.answer = lambda path: Reply(b"<rss><channel/></rss>")

    with pytest.raises(arxiv_feed.MalformedFeedError, match="not a page of search results"):
        find("anything", "arxiv", 5)


def test_entity_bomb_is_not_expanded(server, environment):
    """A few hundred bytes of XML must not become gigabytes."""
    levels = "".join(f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, 10))
    bomb = f'<!DOCTYPE f [<!ENTITY a0 "aaaaaaaaaa">{levels}]>'
    body = FEED.format(total=1, entries=entry("2001.00001v1", summary="&a9;"))
    head, _, rest = body.partition("\n")
    server.answer = lambda path: Reply(f"{head}\n{bomb}{rest}".encode())

    with pytest.raises(arxiv_feed.MalformedFeedError, match="declares XML entities"):
        find("anything", "arxiv", 5)


def test_external_entity_is_not_read(server, environment, tmp_path):
    """A feed must not be able to read a file of the user's."""
    secret = tmp_path / "secret"
    secret.write_text("hunter2")
    doctype = f'<!DOCTYPE f [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
    body = FEED.format(total=1, entries=entry("2001.00001v1", summary="&x;"))
    head, _, rest = body.partition("\n")
    server.answer = lambda path: Reply(f"{head}\n{doctype}{rest}".encode())

    with pytest.raises(arxiv_feed.MalformedFeedError):
        find("anything", "arxiv", 5)


def test_cut_connection_is_tried_again(server, environment):
    """Half an answer is no answer."""
    whole = feed(entry("2001.00001v1"))
    server.script = [replace(whole, claim_bytes=len(whole.body) + 5000)]
    server.answer = lambda path: whole

    assert find("cut", "arxiv", 5).sources
    assert len(server.requests) == 2


def test_lasting_cut_connection_is_named(server, environment):
    """It differs from malformed XML: the network is to blame, not arXiv."""
    whole = feed(entry("2001.00001v1"))
    server.answer = lambda path: replace(whole, claim_bytes=len(whole.body) + 5000)

    with pytest.raises(gate.CutConnectionError, match="was cut before the answer was complete"):
        find("cut", "arxiv", 5)


def test_slow_server_is_given_up(server, environment, monkeypatch):
    """The client library waits for ever."""
    monkeypatch.setenv("LITREVIEW_TIMEOUT", "0.2")
    server.answer = lambda path: Reply(b"", delay_seconds=5)

    with pytest.raises(gate.SlowError, match="did not answer in time"):
        find("slow", "arxiv", 5)


def test_endless_answer_is_cut_off(server, environment, monkeypatch):
    """A download has a cap, whatever the server says."""
    monkeypatch.setattr(arxiv, "MAX_FEED_BYTES", 1_000_000)
    server.answer = lambda path: Reply(b"<feed>", endless=True)

    with pytest.raises(gate.TooLargeError, match="more than 1 MB"):
        find("endless", "arxiv", 5)


def test_no_network_names_the_reading_list(environment, monkeypatch):
    """A student on a train gets one sentence with a way on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    monkeypatch.setenv("LITREVIEW_ARXIV_URL", f"http://127.0.0.1:{port}/api/query")

    with pytest.raises(gate.NoNetworkError, match=r"cannot be reached.*--provider reading-list"):
        find("offline", "arxiv", 5)


def test_offline_answers_from_the_cache_or_says_so(arxiv_server, environment):
    """`--offline` never sends anything."""
    find("testing", "arxiv", 10)

    assert len(find("testing", "arxiv", 10, offline=True).sources) == 10
    with pytest.raises(gate.NotCachedError, match="once without --offline"):
        find("other", "arxiv", 10, offline=True)
    assert len(arxiv_server.requests) == 1


def test_incomplete_entry_is_left_out_with_a_note(server, environment, monkeypatch):
    """One bad entry neither hides the others nor makes one of them appear twice."""
    monkeypatch.setattr(arxiv, "PAGE_SIZE", 3)
    good = [entry(f"2001.0000{number}v1") for number in range(1, 6)]
    bad = good[1].replace("2020-01-02T03:04:05Z", "yesterday")
    whole = feed(good[0], bad, *good[2:]).body
    server.answer = lambda path: Reply(
        slice_feed(whole, int(path.split("start=")[1].split("&")[0]), 3)
    )

    result = find("bad entry", "arxiv", 5)

    ids = [source.arxiv_id for source in result.sources]
    assert ids == ["2001.00001", "2001.00003", "2001.00004", "2001.00005"]
    assert any("left out" in note for note in result.notes)


def test_versions_of_one_paper_are_one_source(server, environment):
    """v1 and v2 are the same work."""
    server.answer = lambda path: feed(entry("2001.00001v1"), entry("2001.00001v2"))

    assert len(find("versions", "arxiv", 5).sources) == 1


@pytest.mark.parametrize(
    ("comment", "summary"),
    [
        ("This paper has been withdrawn by the authors due to an error", "We do."),
        ("Withdrawn", "We do."),
        ("", "This paper has been withdrawn because of a crucial sign error in equation 1."),
    ],
)
def test_withdrawn_paper_is_marked(server, environment, comment, summary):
    """Nobody should cite it without knowing."""
    server.answer = lambda path: feed(entry("2001.00001v2", summary=summary, comment=comment))

    (source,) = find("withdrawn", "arxiv", 5).sources
    assert source.withdrawn
    assert "withdrawn" in source.notes[0]


def test_paper_about_withdrawal_is_not_marked(server, environment):
    """The word alone says nothing."""
    text = "We study how patients are withdrawn from opioids."
    server.answer = lambda path: feed(entry("2001.00001v2", summary=text))

    assert not find("opioids", "arxiv", 5).sources[0].withdrawn


def test_hostile_texts_stay_texts(server, environment):
    """Titles with markup, pipes and other scripts arrive as they are, on one line."""
    title = "中文 | *bold* &lt;script&gt;alert(1)&lt;/script&gt;\n  two\u2028lines"
    server.answer = lambda path: feed(entry("2001.00001v1", title=title, summary=""))

    (source,) = find("hostile", "arxiv", 5).sources
    assert source.title == "中文 | *bold* <script>alert(1)</script> two lines"
    assert source.abstract == ""


def test_entry_with_a_foreign_address_is_dropped(server, environment):
    """An id that is no arXiv id cannot be linked to."""
    server.answer = lambda path: feed(
        entry("2001.00001v1"), entry("x").replace("http://arxiv.org/abs/x", "javascript:alert(1)")
    )

    assert [s.arxiv_id for s in find("foreign", "arxiv", 5).sources] == ["2001.00001"]


def test_empty_query_is_refused_before_any_request(server, environment):
    """Without a condition arXiv would answer with everything."""
    with pytest.raises(UserError, match="query is empty"):
        find(parse("  "), "arxiv", 5)
    assert not server.requests


@pytest.mark.parametrize("limit", [0, -1, 30_001])
def test_limit_out_of_range_is_refused(environment, limit):
    """For the client library zero means everything."""
    with pytest.raises(UserError, match="--limit"):
        find("x", "arxiv", limit)


def test_unknown_provider_lists_the_known_ones(environment):
    """A typing error shows what there is."""
    with pytest.raises(UserError, match="reading-list"):
        find("x", "archive", 5)
