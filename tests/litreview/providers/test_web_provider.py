"""What pages say about themselves, and pages that say it badly."""

from __future__ import annotations

import time

import pytest
from replay_server import Reply

from litreview.actions.find import find
from litreview.errors import UserError
from litreview.providers import web
from litreview.web import gate
from litreview.works.query import parse

BLOG = """<!DOCTYPE html><html><head><meta charset="utf-8">
<title>The Annotated Model | Example Blog</title>
<meta property="og:site_name" content="Example Blog">
<meta name="author" content="Ada Example"><meta name="author" content="Bo Beispiel">
<meta property="article:published_time" content="2019-10-29T08:00:00+00:00">
<meta name="description" content="We explain the model
 line by line.">
<link rel="canonical" href="/posts/model">
</head><body><h1>Other heading</h1></body></html>"""

PAPER = """<html><head>
<meta name="citation_title" content="A Paper &amp; More">
<meta name="citation_author" content="Müller, Jörg"><meta name="citation_author" content="Li, Wei">
<meta name="citation_publication_date" content="2020/7">
<meta name="citation_journal_title" content="Journal of Examples">
<meta name="citation_doi" content="10.1234/ABC.5">
<meta name="citation_arxiv_id" content="2001.00001">
<meta name="citation_pdf_url" content="https://example.org/a.pdf">
<title>ignored</title></head></html>"""

LINKED_DATA = """<html><head><title>x</title><script type="application/ld+json">
{"@context": "https://schema.org", "@graph": [{"@type": "WebSite", "name": "Site"},
{"@type": ["TechArticle"], "headline": "A Guide", "datePublished": "Oct 29, 2019",
"author": [{"@type": "Person", "name": "Ada Example"}], "publisher": {"name": "Docs Inc"}}]}
</script></head></html>"""


def html(text: str | bytes, **more) -> Reply:
    body = text.encode() if isinstance(text, str) else text
    return Reply(body, content_type=more.pop("content_type", "text/html; charset=utf-8"), **more)


def read(server, text, **more):
    server.answer = lambda path: html(text, **more)
    (source,) = find(f"{server.url}/page?utm_source=mail", "web", 1).sources
    return source


def test_blog_post_is_read_from_its_metadata(server, environment):
    """Title without the site's name, all authors, date, site and the canonical address."""
    source = read(server, BLOG)

    assert source.title == "The Annotated Model"
    assert source.authors == ("Ada Example", "Bo Beispiel")
    assert source.published == "2019-10-29"
    assert source.year == 2019
    assert source.venue == "Example Blog"
    assert source.abstract == "We explain the model line by line."
    assert source.url == f"{server.url}/posts/model"


def test_papers_page_is_read_from_its_citation_tags(server, environment):
    """Publishers tell search engines exactly what a review needs."""
    source = read(server, PAPER)

    assert source.title == "A Paper & More"
    assert source.authors == ("Jörg Müller", "Wei Li")
    assert source.year == 2020
    assert source.venue == "Journal of Examples"
    assert source.doi == "10.1234/abc.5"
    assert source.arxiv_id == "2001.00001"
    assert source.pdf_url == "https://example.org/a.pdf"


def test_linked_data_fills_what_the_tags_leave_open(server, environment):
    """Documentation often has nothing else."""
    source = read(server, LINKED_DATA.replace("<title>x</title>", ""))

    assert source.title == "A Guide"
    assert source.authors == ("Ada Example",)
    assert source.published == "2019-10-29"
    assert source.venue == "Docs Inc"


def test_page_without_metadata_still_becomes_a_source(server, environment):
    """An address and a heading are better than nothing."""
    source = read(server, "<h1>Notes on   tokens</h1>")

    assert source.title == "Notes on tokens"
    assert source.authors == ()
    assert source.year is None


@pytest.mark.parametrize(
    "text",
    ["", "<", "\x00\x01", "<html>" * 3000, "<!--" * 50_000, "<meta name=author content=>",
     '<script type="application/ld+json">{"@graph": 3}</script>',
     '<script type="application/ld+json">' + "[" * 5000 + "</script>",
     '<script type="application/ld+json">{"@type":"Article","author":[1,null]}</script>'],
)  # fmt: skip
def test_broken_pages_become_no_source_and_no_crash(server, environment, text):
    """Most of the web is malformed, and some of it on purpose."""
    with pytest.raises(gate.FetchError, match="shows nothing without running its scripts"):
        read(server, text)


def test_a_page_of_text_alone_is_named_by_its_address(server, environment):
    """Old lecture notes have neither a title nor a heading, and are worth a source."""
    source = read(server, "words and more words " * 50)

    assert source.title
    assert any("no title" in note for note in source.notes)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        ("<title>Just a moment...</title><noscript>Enable cookies</noscript>", "person is there"),
        ("<title>Cookie consent required</title><p>We value your privacy.</p>", "cookies"),
        ("<title>Before you continue to YouTube</title>", "cookies"),
        ("<title>Page Not Found:   Details</title><meta name=author content='D'>", "no such page"),
        ("<title>404</title><h1>Oops</h1>", "no such page"),
        ("<title>Sorry, this page does not exist | Site</title>", "no such page"),
        ("<title>Seite nicht gefunden - Uni</title>", "no such page"),
        ("<title>Sign in - Google Accounts</title>", "login"),
        ("<title>example.org domain is for sale</title>", "sells"),
        ("<div id=root></div><script src=a.js></script>", "without running its scripts"),
        ("<title></title><script>window._cf_chl_opt; cf-chl-x</script>", "person is there"),
        ("<title>Fine</title><link rel=canonical href='/404'>" + "x" * 500, ""),
    ],
)  # fmt: skip
def test_walls_never_become_sources(server, environment, head, reason):
    """They come with status 200, and their titles look like any other title."""
    if not reason:
        assert read(server, head).title == "Fine"
        return
    with pytest.raises(gate.FetchError, match=reason):
        read(server, head)


@pytest.mark.parametrize(
    "title",
    [
        "404 Not Found: what a century of missing pages tells about the web and its memory",
        "Attention Required Is All You Need for Reading Comprehension of Long Documents and Tables "
        "in Science",
        "Login Prediction from Keystrokes",
        "Blocked Gibbs Sampling for Topic Models, with a Proof of Its Convergence in Linear Time",
    ],
)
def test_a_title_that_only_sounds_like_a_wall_is_one(server, environment, title):
    """A post about the error 404 is a post."""
    assert read(server, f"<title>{title}</title><p>{'text ' * 200}").title == title


def test_large_hostile_page_is_read_in_time(server, environment):
    """Some parsers need quadratic time for unclosed tags."""
    start = time.process_time()
    read(server, "<a <b <!-- <script " * 200_000)

    assert time.process_time() - start < 20


def test_page_cannot_pose_as_another_site(server, environment):
    """A canonical address elsewhere would put a foreign link into the review."""
    source = read(server, '<title>T</title><link rel="canonical" href="https://evil.example/">')

    assert source.url.startswith(server.url)


def test_canonical_address_with_another_scheme_is_ignored(server, environment):
    """It would become a link in the README."""
    source = read(server, '<title>T</title><link rel="canonical" href="javascript:alert(1)">')

    assert source.url.startswith(server.url)


@pytest.mark.parametrize(
    ("body", "content_type"),
    [("Größe – naïve".encode("cp1252"), "text/html"),
     ("Größe – naïve".encode(), "text/html"),
     ("Größe – naïve".encode("utf-16"), "text/html; charset=utf-16"),
     ("Größe – naïve".encode("latin-1", "replace"), "text/html; charset=iso-8859-1"),
     ("Größe – naïve".encode(), "text/html; charset=no-such-thing")],
)  # fmt: skip
def test_titles_survive_their_encoding(server, environment, body, content_type):
    """Old pages declare the wrong encoding or none."""
    start, end = "<title>", "</title>"
    if "utf-16" in content_type:
        start_bytes, end_bytes = start.encode("utf-16"), end.encode("utf-16-le")
        body = start_bytes + body[2:] + end_bytes
    else:
        body = start.encode() + body + end.encode()

    title = read(server, body, content_type=content_type).title
    assert title.startswith("Größe")


@pytest.mark.parametrize(
    ("reply", "error", "sentence"),
    [
        (html("", status=404), gate.RefusedError, "there is no such page"),
        (html("", status=403), gate.RefusedError, "refuses programs"),
        (html("%PDF-1.4", content_type="application/pdf"), web.NotAPageError, "is a PDF file"),
        (html("%PDF-1.4", content_type="text/html"), web.NotAPageError, "is a PDF file"),
        (html("x", content_type="image/png"), web.NotAPageError, "is image/png, not a web page"),
        (html("x" * 5_000_001), gate.TooLargeError, "more than 5 MB"),
        (html("x", status=500), gate.ServerError, "error of its own"),
    ],
)
def test_what_is_no_page_gets_a_sentence(server, environment, reply, error, sentence):
    """Each says what is wrong with this address."""
    server.answer = lambda path: reply

    with pytest.raises(error, match=sentence):
        find(f"{server.url}/x", "web", 1)


def test_one_dead_page_does_not_cost_the_others(server, environment):
    """Several addresses can be given at once."""
    server.answer = lambda path: html(BLOG) if "good" in path else html("", status=404)

    result = find(f"{server.url}/good {server.url}/bad", "web", 5)

    assert len(result.sources) == 1
    assert "no such page" in result.notes[0]


@pytest.mark.parametrize(
    ("query", "sentence"),
    [("some words", "is no web address"), ("1706.03762", "--provider arxiv"),
     ("10.1234/abc", "--provider doi")],
)  # fmt: skip
def test_what_is_no_address_is_sent_to_the_right_provider(environment, query, sentence):
    """The user learns where it belongs."""
    with pytest.raises(UserError, match=sentence):
        find(parse(query), "web", 1)


@pytest.mark.parametrize(
    ("body", "content_type", "title"),
    [
        ("<title>Über</title>".encode("utf-16"), "text/html", "Über"),
        (
            "<meta charset=utf-8><title>Über</title>".encode(),
            "text/html; charset=ISO-8859-1",
            "Über",
        ),
        ("<title>A – B</title>".encode("cp1252"), "text/html; charset=ISO-8859-1", "A – B"),
        ("<title>注意</title>".encode("shift_jis"), "text/html; charset=Shift_JIS", "注意"),
        ("<meta charset=gb2312><title>深度</title>".encode("gb2312"), "text/html", "深度"),
        ("<title>Über</title>".encode("cp1252"), "text/html; charset=utf-8", "Über"),
        ("<title>Über</title>".encode("cp1252"), "text/html; charset=nonsense", "Über"),
    ],
)
def test_a_page_is_read_as_it_is_written(server, environment, body, content_type, title):
    """Servers claim one charset for all their pages, and pages come in every other."""
    server.answer = lambda path: Reply(body, 200, content_type)

    (source,) = find(f"{server.url}/page", "web", 1).sources
    assert source.title == title


def test_what_a_site_says_of_itself_is_no_abstract(server, environment):
    """The same sentence on a million pages would be drafted as each one's objective."""
    source = read(
        server,
        "<title>A card</title><meta name=description content='We’re on a journey to advance and "
        "democratize artificial intelligence through open source and open science.'>",
    )
    assert source.abstract == ""
