"""What a showcase tells those who do not visit it: a feed, and previews of links to its pages.

Both name pages in full, so they need the address where the showcase is published.

Reference:
    RSS 2.0, https://www.rssboard.org/rss-specification
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from html import escape

from coursekit.site.team import Team

FEED, PREVIEW = "feed.xml", "preview.png"
MAX_ITEMS = 100
WIDTH, HEIGHT = 1200, 630
_MAX_TITLE_LINES = 3
# In XML a quotation mark needs escaping only in an attribute.
escape_xml = partial(escape, quote=False)


def write_feed(title: str, language: str, address: str, teams: Sequence[Team]) -> str:
    """The newest changes of all teams as RSS.

    Args:
        title: The course's.
        language: Its code.
        address: Where the showcase is published, with a slash at the end.
        teams: All teams.
    """
    from email.utils import format_datetime

    changed = [team for team in teams if team.state == "ready" and team.updated]
    changed.sort(key=lambda team: (team.updated, team.slug), reverse=True)
    items = []
    for team in changed[:MAX_ITEMS]:
        link = f"{address}teams/{team.slug}.html"
        moment = datetime.fromisoformat(team.updated).astimezone(UTC)
        text = " ".join(part for part in (team.description, team.highlight) if part)
        items.append(
            f"<item><title>{escape_xml(team.title)}</title><link>{escape_xml(link)}</link>"
            # The same page with another commit is news.
            f'<guid isPermaLink="false">{escape_xml(f"{link}#{team.head}")}</guid>'
            f"<pubDate>{format_datetime(moment)}</pubDate>"
            f"<description>{escape_xml(escape(text))}</description></item>\n"
        )
    return (
        '<?xml version="1.0" encoding="utf-8"?>\n'
        '<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel>\n'
        f"<title>{escape_xml(title)}</title><link>{escape_xml(address)}</link>"
        f"<description>{escape_xml(title)}</description><language>{escape_xml(language)}</language>"
        f'<atom:link href="{escape(address)}{FEED}" rel="self" type="application/rss+xml"/>\n'
        f"{''.join(items)}</channel></rss>\n"
    )


def head(address: str, name: str, title: str, description: str, image: str) -> str:
    """What a page says about itself where somebody posts a link to it.

    Args:
        address: Where the showcase is published, with a slash at the end.
        name: The page, without a suffix.
        title: Plain text.
        description: Plain text; may be empty.
        image: The picture, seen from the site's root.
    """
    facts = {
        "og:type": "website", "og:title": title, "og:description": description[:200],
        "og:url": f"{address}{name}.html", "og:image": f"{address}{image}",
    }  # fmt: skip
    tags = "".join(
        f'<meta property="{key}" content="{escape(value)}">'
        for key, value in facts.items()
        if value
    )
    return (
        f'{tags}<meta name="twitter:card" content="summary_large_image">'
        f'<link rel="alternate feed" type="application/rss+xml" href="{escape(address)}{FEED}">'
    )


def draw_preview(title: str, below: str) -> bytes:
    """The course's picture for previews, as PNG.

    Args:
        title: The course's.
        below: A line below it.
    """
    from PIL import Image, ImageDraw, ImageFont

    image = Image.new("RGB", (WIDTH, HEIGHT), "#23224f")
    draw = ImageDraw.Draw(image)
    seed = hashlib.sha256(title.encode()).digest()
    # Who attends to whom, as on the tiles of projects without a cover.
    places = [90 + 85 * number for number in range(13)]
    for number in range(8):
        left, right = sorted((places[seed[2 * number] % 13], places[seed[2 * number + 1] % 13]))
        if left != right:
            height = min((right - left) / 2, 300)
            box = (left, 560 - height, right, 560 + height)
            draw.arc(box, 180, 360, fill="#7f7de0", width=2 + seed[16 + number] % 4)
    for place in places:
        draw.ellipse((place - 8, 552, place + 8, 568), fill="#ffffff")
    large, small = ImageFont.load_default(76), ImageFont.load_default(34)
    lines: list[str] = [""]
    for word in title.split():
        longer = f"{lines[-1]} {word}".strip()
        if draw.textlength(longer, large) <= WIDTH - 160 or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    for number, line in enumerate(lines[:_MAX_TITLE_LINES]):
        draw.text((80, 70 + 90 * number), line[:60], "#ffffff", large)
    shown_lines = min(len(lines), _MAX_TITLE_LINES)
    draw.text((80, 90 + 90 * shown_lines), below[:80], "#c9c8f5", small)
    out = io.BytesIO()
    image.save(out, "PNG", optimize=True)
    return out.getvalue()
