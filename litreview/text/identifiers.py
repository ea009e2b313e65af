"""What names a work in a text: arXiv ids, DOIs and addresses."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit, urlunsplit

# Reference: https://info.arxiv.org/help/arxiv_identifier.html
_NEW_ID = r"(?P<new>\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})"
_OLD_ID = r"(?P<archive>[a-z]+(?:-[a-z]+)?)(?:\.[A-Za-z]{2})?/(?P<number>\d{7})"
_ID = rf"(?:{_NEW_ID}|{_OLD_ID})(?:v(?P<version>\d{{1,3}}))?"
_BARE_ID = re.compile(rf"(?:arxiv:\s*)?{_ID}(?:\.pdf)?", re.IGNORECASE)
_NAMED_ID = re.compile(rf"(?<![a-z0-9])arxiv[:.]\s*{_ID}(?!\d)", re.IGNORECASE)
_ID_ADDRESS = re.compile(
    r"(?:(?:[a-z0-9-]+\.)*arxiv\.org|alphaxiv\.org|huggingface\.co|hf\.co)"
    rf"/(?:abs|pdf|html|src|e-print|format|ps|papers|overview)/(?:arxiv:)?{_ID}(?!\d)",
    re.IGNORECASE,
)
# Reference: https://www.crossref.org/blog/dois-and-matching-regular-expressions/
_DOI = re.compile(r"(?<![\d.])10\.\d{4,9}/[^\s\"<>\]}|\\]+", re.IGNORECASE)
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid|_hs(?:enc|mi)|ref(?:_src)?"
    r"|spm|trk|si|source|via|feature|share|cmpid)",
    re.IGNORECASE,
)


def split_arxiv_id(text: str) -> tuple[str, int | None]:
    """Find the arXiv id in an id, an address or a DOI.

    Args:
        text: `1706.03762v7`, `arXiv:1706.03762`, `math/0601001`,
            `https://arxiv.org/pdf/1706.03762?utm_source=x`, `10.48550/arXiv.1706.03762`…

    Returns:
        The id without its version, and the version if there is one; `("", None)`
        if the text holds no arXiv id.
    """
    text = unquote(text.strip()) if "%" in text else text.strip()
    match = _BARE_ID.fullmatch(text) or _ID_ADDRESS.search(text) or _NAMED_ID.search(text)
    if match is None:
        return "", None
    version = int(match["version"]) if match["version"] else None
    return match["new"] or f"{match['archive'].lower()}/{match['number']}", version


def find_arxiv_id(text: str) -> str:
    """The version-free arXiv id in a text, or an empty string."""
    return split_arxiv_id(text)[0]


def find_doi(text: str) -> str:
    """The first DOI in a text or address in lower case, or an empty string."""
    match = _DOI.search(unquote(text))
    if match is None:
        return ""
    doi = match[0]
    if re.search(r"://[^/\s]+/\S*" + re.escape(doi), unquote(text)):
        doi = re.split(r"[?#]", doi, maxsplit=1)[0]
    doi = doi.rstrip(".,;:'*_`!")
    while doi.endswith(")") and doi.count("(") < doi.count(")"):
        doi = doi[:-1].rstrip(".,;:'*_`")
    return doi.lower()


def is_web_address(text: str) -> bool:
    """Whether a text is an http or https address with a host."""
    try:
        parts = urlsplit(text.strip())
        return parts.scheme.lower() in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


def normalise_url(url: str) -> str:
    """An address without what does not change the page that it names.

    The scheme, `www.`, the fragment, a final slash, and tracking parameters go;
    the order of the other parameters stays.
    """
    try:
        parts = urlsplit(url.strip())
        host, port = (parts.hostname or "").lower(), parts.port
    except ValueError:
        return url.strip()
    if not host:
        return url.strip()
    query = urlencode(
        [
            (key, value)
            for key, value in parse_qsl(parts.query, keep_blank_values=True)
            if not _TRACKING.fullmatch(key)
        ],
        errors="replace",  # bytes that are no UTF-8 come from old editors
    )
    name = host.removeprefix("www.") + (f":{port}" if port not in (None, 80, 443) else "")
    return urlunsplit(("https", name, parts.path.rstrip("/"), query, ""))
