"""Presentation day: the audience's page, the timer, the feedback form."""

from __future__ import annotations

import datetime as dt
import html
import json
import re

import pytest

from coursekit.course.programme import Programme, Slot
from coursekit.site.event.qr import draw_qr
from coursekit.site.pages import Pages, Site
from coursekit.site.team import Button, Team

SLOTS = (
    Slot("red", "", 15, 5, "14:00", "14:20", "B 2"),
    Slot("", "Coffee", 10, 0, "14:20", "14:30", "B 2"),
    Slot("blue", "", 12, 5, "14:30", "14:47", "B 2"),
)
TEAMS = [
    Team(
        "red", 'Red </script><b>"&', members="Ada", repository_url="https://github.com/a/red",
        buttons=(Button("deck", "slides.pdf", is_file=True),),
    ),
    Team("blue", "Blue"),
]  # fmt: skip


def event(**facts: object):
    day = Programme(SLOTS, dt.date(2027, 1, 8))
    site = {"programme": day, "slides": True, "address": "https://example.org/llm/", **facts}
    return Pages(Site("Course", **site)).event


def test_the_audience_sees_times_names_and_the_teams_own_slides():
    """A deck that a team made itself comes before the one that was made for it."""
    page = event().page(TEAMS)
    times = re.findall(r'<time datetime="(\d\d:\d\d)">', page)
    assert times == ["14:00", "14:20", "14:30"]
    assert re.findall(r'href="([^"]*)"[^>]*>Slides<', page) == [
        "media/slides.pdf", "slides/blue.html",
    ]  # fmt: skip
    assert '<time datetime="2027-01-08">8 Jan 2027</time> · B 2' in page
    assert "Red &lt;/script&gt;&lt;b&gt;&#34;&amp;" in page
    assert "<b>" not in page
    assert [f"feedback.html#{slug}" in page for slug in ("red", "blue")] == [True, True]


def test_each_talk_has_a_code_that_leads_to_its_page():
    """What is scanned is the address where the page will be published."""
    segno = pytest.importorskip("segno")
    page = event().page(TEAMS)
    assert page.count('class="ck-qr"') == 2
    code = segno.make("https://example.org/llm/teams/red.html", error="m", micro=False)
    path = re.search(r' d="([^"]*)"', code.svg_inline(border=4, omitsize=True, lineclass=None))
    assert path[1] in page
    assert "<svg" not in event(address="").page(TEAMS)


def test_a_code_holds_nothing_of_the_address_as_text():
    assert "script" not in str(draw_qr("https://example.org/?<script>"))


def test_the_timer_knows_all_talks_and_no_title_ends_its_data():
    page = event().files(TEAMS)["timer.html"]
    data = re.search(r'<script type="application/json" id="talks">(.*?)</script>', page)
    talks = json.loads(data[1])
    assert [(t["title"], t["minutes"], t["questions"], t["break"]) for t in talks] == [
        ('Red </script><b>"&', 15, 5, False), ("Coffee", 10, 0, True), ("Blue", 12, 5, False),
    ]  # fmt: skip
    (words,) = re.findall(r'<meta name="ck-words" content="([^"]*)">', page)
    assert json.loads(html.unescape(words))["timer_next"] == "next: {value}"


@pytest.mark.parametrize(
    ("feedback", "action", "allowed"),
    [
        ("", None, "form-action 'none'"),
        ("staff@example.org", "mailto:staff@example.org", "form-action mailto:"),
        ("https://forms.example.org/f?x=1", "https://forms.example.org/f?x=1",
         "form-action https://forms.example.org"),
    ],
)  # fmt: skip
def test_feedback_goes_to_the_staffs_address_or_nowhere(feedback, action, allowed):
    """The policy of the page lets its form go to no other place."""
    page = event(feedback=feedback).files(TEAMS)["feedback.html"]
    policy = html.unescape(re.search(r'Content-Security-Policy" content="([^"]*)"', page)[1])
    assert policy.split("; ")[-1] == allowed
    found = re.search(r'<form[^>]* action="([^"]*)"', page)
    assert (html.unescape(found[1]) if found else None) == action
    assert re.findall(r'<option value="([^"]*)"', page) == ["red", "blue"]
    assert ("<noscript>" in page) == (not feedback)


def test_without_a_programme_there_is_no_day():
    assert Pages(Site("Course")).event is None
