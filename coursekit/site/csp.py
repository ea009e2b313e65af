"""A Content-Security-Policy for each page, with the hashes of the theme's own scripts.

The browser then runs files of the site and the theme's few inline scripts, and
nothing that came in with a text. It is the second lock: the first is `sanitize`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from html import escape

from coursekit.site.labels import Labels

_SCRIPT = re.compile(r"<script(?P<attributes>[^>]*)>(?P<code>.*?)</script>", re.S | re.I)


def add_policy(page: str, content: str, language: str = "") -> str:
    """Put a policy into a page's head, and the words that the page's scripts say.

    Args:
        page: The finished HTML.
        content: The part of it that comes from Markdown; scripts in there get no
            permission.
        language: The page's language; English by default.
    """
    trusted = page.replace(content, "", 1) if content else page
    hashes = sorted(
        {
            "'sha256-" + base64.b64encode(hashlib.sha256(code.encode()).digest()).decode() + "'"
            for attributes, code in _SCRIPT.findall(trusted)
            if code.strip() and "src=" not in attributes and "json" not in attributes
        }
    )
    scripts = " ".join(["'self'", *hashes])
    policy = (
        "default-src 'none'; "
        f"script-src {scripts}; "
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; font-src 'self' data:; "
        "connect-src 'self'; worker-src 'self'; manifest-src 'self'; base-uri 'none'; "
        "form-action 'none'; object-src 'none'"
    )
    words = escape(Labels(language).script_words())
    tag = (
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        f'<meta name="ck-words" content="{words}">'
    )
    return re.sub(
        r"(<meta charset=[^>]*>)", lambda found: found[1] + tag, page, count=1, flags=re.I
    )


def is_locked(page: str) -> bool:
    """Whether a page has a policy already."""
    return 'http-equiv="Content-Security-Policy"' in page.partition("</head>")[0]
