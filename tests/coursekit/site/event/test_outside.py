"""A feed and previews: what leaves the site names its pages in full, and escapes every text."""

from __future__ import annotations

import io
import re

import pytest
from defusedxml.ElementTree import fromstring
from PIL import Image

from coursekit.site.event.outside import draw_preview, write_feed
from coursekit.site.pages import Pages, Site
from coursekit.site.shells import Page, stamp
from coursekit.site.team import Team

ADDRESS = "https://example.org/llm/"
RED = Team(
    "red", 'Red <b> & "Blue"', description="Sorts ]]> texts.", highlight="accuracy 0.9",
    updated="2026-12-01T10:00:00+00:00", head="a1", cover="c.jpg",
)  # fmt: skip
OLD = Team("old", "Old", updated="2026-11-01T10:00:00+01:00", head="b2")


def test_the_feed_has_the_newest_change_first_with_its_address():
    feed = fromstring(
        write_feed("A & B", "de", ADDRESS, [OLD, RED, Team("no", "No", state="empty")])
    )
    items = feed.findall("channel/item")
    assert [item.findtext("title") for item in items] == ['Red <b> & "Blue"', "Old"]
    assert items[0].findtext("link") == "https://example.org/llm/teams/red.html"
    assert items[0].findtext("guid") == "https://example.org/llm/teams/red.html#a1"
    assert items[0].findtext("pubDate") == "Tue, 01 Dec 2026 10:00:00 +0000"
    assert items[1].findtext("pubDate") == "Sun, 01 Nov 2026 09:00:00 +0000"
    assert items[0].findtext("description") == "Sorts ]]&gt; texts. accuracy 0.9"
    assert (feed.findtext("channel/title"), feed.findtext("channel/language")) == ("A & B", "de")


def test_a_page_says_what_it_is_where_its_link_is_posted():
    page = Pages(Site("Course", address=ADDRESS)).team(RED)
    tags = dict(re.findall(r'<meta property="(og:\w+)" content="([^"]*)">', page.head))
    assert tags == {
        "og:type": "website",
        "og:title": "Red &lt;b&gt; &amp; &quot;Blue&quot;",
        "og:description": "Sorts ]]&gt; texts.",
        "og:url": "https://example.org/llm/teams/red.html",
        "og:image": "https://example.org/llm/media/c.jpg",
    }
    html = stamp("<head><title>x</title></head><body></head></body>", Page("", "", "", head="H"))
    assert html == "<head><title>x</title>H</head><body></head></body>"


def test_without_an_address_nothing_is_said():
    assert Pages(Site("Course")).team(RED).head == ""


@pytest.mark.parametrize("title", ["Sprachmodelle in der Praxis", "x" * 400, ""])
def test_the_preview_is_a_picture_of_the_size_that_networks_ask_for(title):
    image = Image.open(io.BytesIO(draw_preview(title, "2026-winter")))
    assert (image.format, image.size) == ("PNG", (1200, 630))
    assert len(image.getcolors(10_000)) > 2
    assert draw_preview(title, "2026-winter") == draw_preview(title, "2026-winter")
