"""The page for addresses that lead nowhere; a server shows it at any of them.

It cannot know how deep in the site it stands, so its links start from the site's root. Where
that is a folder (`https://name.github.io/course/`), only the site's address tells which. Without
one, the page needs no other file: a style that fails to load would fail silently.
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

from coursekit.site.csp import add_policy
from coursekit.site.labels import Labels
from coursekit.site.pages import environment

MISSING = "404.html"
# Where a builder writes the root: in links, in its settings for scripts, in a script.
_FROM_ROOT = re.compile(r'((?:href|src)="|"base": ?"|new URL\("|base_url ?= ?")/(?!/)')


def make_missing(page: str, title: str, language: str, address: str = "") -> str:
    """The finished page.

    Args:
        page: What the builder made, without a policy.
        title: What the site is called.
        language: Its language.
        address: Where it will be published, with a slash at the end, or empty.
    """
    if address:
        folder = urlsplit(address).path or "/"
        return add_policy(_FROM_ROOT.sub(rf"\g<1>{folder}", page), "", language)
    label = Labels(language)
    alone = environment().get_template("missing.html").render(label=label, title=title)
    return add_policy(alone, "", language)
