"""Pages that stand in for the page that was asked for: bot checks, cookie walls, soft 404s.

They come with status 200 as often as not, and one of them taken for a source would be a
reference to "Just a moment…".
"""

from __future__ import annotations

import re
from urllib.parse import urlsplit

_CHECKS = re.compile(
    r"\W*(?:just a moment|attention required|access (?:to this page has been )?denied"
    r"|(?:are you|you are not) a (?:robot|human)|verify(?:ing)? (?:that )?you are (?:a )?human"
    r"|human verification|bot verification|robot check|security (?:check|verification|challenge)"
    r"|checking your browser|pardon our interruption|one more step|client challenge|captcha"
    r"|ddos.guard|please wait|request (?:blocked|rejected|unsuccessful)|forbidden"
    r"|403 forbidden|error 403|radware|incapsula|blocked|unusual traffic|sicherheitsüberprüfung"
    r"|einen moment|un instant|un momento)\b.{0,60}",
    re.IGNORECASE,
)
_COOKIES = re.compile(
    r"\W*(?:cookie (?:consent|absent|policy|settings|wall|notice)|cookies? (?:are |is )?(?:required"
    r"|disabled|not enabled)|enable (?:javascript|cookies)|javascript (?:is )?(?:required|disabled)"
    r"|before you continue|bevor sie fortfahren|avant de continuer|your privacy"
    r"|we value your privacy|consent)\b.{0,60}",
    re.IGNORECASE,
)
_LOGIN = re.compile(
    r"\W*(?:sign[ -]?in|log[ -]?in|login|signin|anmelden|anmeldung|se connecter|sign up"
    r"|authentication required|single sign-on|shibboleth.{0,20}|institutional login)"
    r"(?:\s*(?:required|page|to .{0,40}))?\s*(?:[|:·–—-].{0,60})?",
    re.IGNORECASE,
)
_MISSING = re.compile(
    r"\W*(?:(?:error|http|status)\s*)?(?:404|410)\W*(?:error)?(?:\W.{0,30})?"
    r"|\W*(?:the |this |oops\W{0,4}|sorry\W{0,4}|whoops\W{0,4})*"
    r"(?:(?:page|content|article|document|file|site|doi|resource|object|item|record|publication|"
    r"paper|post|repository|video|dataset|model) )?"
    r"(?:(?:could |was |is |can )?not (?:be )?found|(?:is )?(?:unavailable|not available)"
    r"|(?:does ?n.t|does not) exist|no longer exists|(?:has been|was) removed)\b.{0,40}"
    r"|\W*(?:seite|artikel|dokument) (?:wurde )?nicht gefunden\b.{0,40}"
    r"|\W*page (?:introuvable|non trouvée)\b.{0,40}|\W*página no encontrada\b.{0,40}",
    re.IGNORECASE,
)
_PARKED = re.compile(
    r".{0,60}\b(?:domain (?:is |name is )?for sale|parked domain|buy this domain"
    r"|this domain (?:is|may be) for sale|domain parking)\b.{0,60}",
    re.IGNORECASE,
)
_KINDS = (
    (_CHECKS, "asks whether a person is there, so a program cannot read it"),
    (_COOKIES, "shows a question about cookies or scripts in place of the page"),
    (_LOGIN, "needs a login"),
    (_MISSING, "says that there is no such page"),
    (_PARKED, "is a domain that somebody sells"),
)
_ELSEWHERE = re.compile(
    r"/(?:404|error|not-?found|page-?not-?found|login|signin|sign-in|cookieabsent|captcha|sorry"
    r"|action/(?:cookieabsent|showlogin))(?:[./?]|$)",
    re.IGNORECASE,
)
_GATE_HOSTS = re.compile(r"^(?:consent|validate|idp|login|sso|auth|accounts)\.", re.IGNORECASE)
_MARKS = (
    b"cf-chl-", b"/cdn-cgi/challenge-platform/h/", b"_incapsula_resource", b"px-captcha",
    b"captcha-delivery.com", b"aws-waf-token", b"ak_bmsc", b"distil_r_captcha", b"cf-turnstile",
)  # fmt: skip
_FEW_LETTERS = 400


def stands_in(title: str, asked: str, reached: str, body: bytes, *, described: bool) -> str:
    """What a page is, if it is not the one that was asked for; else an empty string.

    Args:
        title: The page's own title.
        asked: The address that was asked for.
        reached: The address that it came from, after redirects or by its own word.
        body: The page.
        described: Whether it has the metadata of an article, which a wall never has.

    Returns:
        The end of a sentence about the page.
    """
    if described:
        return ""
    title = title[:300].strip()
    for pattern, reason in _KINDS:
        if title and pattern.fullmatch(title):
            return reason
    if _path(reached) != _path(asked):
        host = urlsplit(reached).hostname or ""
        if _ELSEWHERE.search(_path(reached)) and not _ELSEWHERE.search(_path(asked)):
            return "leads to an error page or a login"
        if _GATE_HOSTS.match(host) and host != (urlsplit(asked).hostname or ""):
            return "leads to a login or a question about cookies"
    start = body[:300_000].lower()
    if any(mark in start for mark in _MARKS) and (not title or _letters(body) < _FEW_LETTERS):
        return "asks whether a person is there, so a program cannot read it"
    if not title and _letters(body) < _FEW_LETTERS:
        return "shows nothing without running its scripts"
    return ""


def _path(url: str) -> str:
    try:
        return urlsplit(url).path.rstrip("/")
    except ValueError:
        return ""


def _letters(body: bytes) -> int:
    """How many letters a reader would see, about."""
    rest = body[:300_000].lower()
    seen = bytearray()
    position = 0
    for tag in re.finditer(rb"<(/?)(script|style|noscript)?[^<>]{0,2000}>", rest):
        if tag.start() < position:
            continue
        seen += rest[position : tag.start()]
        position = tag.end()
        if tag[2] and not tag[1]:
            end = rest.find(b"</" + tag[2], position)
            position = len(rest) if end < 0 else end
    seen += rest[position:]
    return len(re.findall(rb"[a-z0-9\x80-\xff]", bytes(seen)))
