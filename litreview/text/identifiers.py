"""What names a work in a text: arXiv ids, DOIs and addresses."""

from __future__ import annotations

import html
import re
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit, urlunsplit

# Reference: https://info.arxiv.org/help/arxiv_identifier.html
_NEW_ID = r"(?P<new>\d{2}(?:0[1-9]|1[0-2])\.\d{4,5})"
_OLD_ID = r"(?P<archive>[a-z]+(?:-[a-z]+)?)(?:\.[A-Za-z]{2})?/(?P<number>\d{7})"
_ID = rf"(?:{_NEW_ID}|{_OLD_ID})(?:v(?P<version>\d{{1,3}}))?"
_BARE_ID = re.compile(rf"(?:arxiv:?\s*|(?:abs|pdf)/)?{_ID}(?:\.pdf)?", re.IGNORECASE)
_NAMED_ID = re.compile(rf"(?<![a-z0-9])arxiv[:.\s]\s{{0,5}}{_ID}(?!\d)", re.IGNORECASE)
_ID_ADDRESS = re.compile(
    r"(?:(?:[a-z0-9-]+\.)*arxiv\.org|(?:www\.)?(?:alphaxiv|ar5iv)\.org|huggingface\.co|hf\.co"
    r"|(?:www\.)?(?:semanticscholar|arxiv-vanity|scirate)\.(?:org|com))"
    rf"/(?:abs|pdf|html|src|e-print|format|ps|papers|overview|arxiv|resources)/(?:arxiv:)?{_ID}"
    r"(?!\d)",
    re.IGNORECASE,
)
# Reference: https://www.crossref.org/blog/dois-and-matching-regular-expressions/
_DOI = re.compile(r"(?<![\d.])10\.\d{4,9}/[^\s\"<>\]}|\\]+", re.IGNORECASE)
# Older journals made theirs of ANSI/NISO Z39.56 (SICI), which holds every kind of bracket:
# 10.1002/(SICI)1096-9861(19960129)365:1<113::AID-CNE9>3.0.CO;2-6
_SICI = re.compile(
    r"(?<![\d.])10\.\d{4,9}/(?:\(sici\))?\d{4}-?\d{3}[\dx]\([\d/]{0,20}\)[^\s\"{}|\\]{1,80}?"
    r"\d\.\d\.(?:co|tx);2(?:-[\w#])?",
    re.IGNORECASE,
)
# Somebody gives a DOI and nothing else; then any letter may belong to it.
_ONLY = re.compile(
    r"(?:urn:)?(?:doi[:\s]\s*|info:doi/)?(?:(?:https?:)?//)?(?:(?:dx\.)?doi\.org[/:]\s*)?(?:doi:\s*)?"
    r"(10\.\d{4,9}/[^\s\"{}|\\]+)",
    re.IGNORECASE,
)
# What the page of a publisher adds behind the DOI that its address names.
_TAIL = re.compile(
    r"(?:/(?:full|fulltext|full-text|abstract|abs|pdf|epdf|pdfdirect|epub|reader|html?|meta|summary"
    r"|references|citations?|citedby|figures?|metrics|download|export|article-info|comments"
    r"|keywords)"
    r"|[./](?:full|fulltext|abstract|short|long|pdf|html?|xml|epub|article-info)(?:[.+-](?:pdf|text|html?)){0,2})$",
    re.IGNORECASE,
)
_PREPRINT_VERSION = re.compile(r"(10\.1101/[\d.]+)v\d{1,2}")
_ARTICLE_NUMBER = re.compile(r"^(10\.1093/[\w.-]+/[\w.-]+)/\d{4,}(?:/.*)?$", re.IGNORECASE)
_MAX_DOI = 300
# Publishers whose addresses hold the end of the DOI only.
_BY_ADDRESS = (
    (re.compile(r"nature\.com/articles/((?=[a-z.-]{0,20}\d)[\w.-]{4,60}?)(?:\.pdf)?(?:[/?#]|$)",
                re.I), "10.1038/"),
    (re.compile(r"(?:bio|med)rxiv\.org/content/(?:biorxiv/)?early/[\d/]{10}/"
                r"((?:\d{4}\.\d\d\.\d\d\.)?\d{6,8})", re.I), "10.1101/"),
    (re.compile(r"elifesciences\.org/(?:articles|reviewed-preprints)/(\d{5,6})(?:[/?#]|$)", re.I),
     "10.7554/elife."),
    (re.compile(r"zenodo\.org/(?:records?|deposit)/(\d{3,9})(?:[/?#]|$)", re.I), "10.5281/zenodo."),
    (re.compile(r"peerj\.com/articles/(\d{1,6})(?:[/?#]|$)", re.I), "10.7717/peerj."),
    (re.compile(r"peerj\.com/articles/(cs-\d{1,6})(?:[/?#]|$)", re.I), "10.7717/peerj-"),
)  # fmt: skip
_TRACKING = re.compile(
    r"(?:utm_\w+|fbclid|gclid|dclid|msclkid|mc_[ce]id|igshid|yclid|_hs(?:enc|mi)|ref(?:_src)?"
    r"|spm|trk|si|source|via|feature|share|cmpid)",
    re.IGNORECASE,
)
# Journals of societies at nature.com leave the dots of their DOIs out: onc2011282. Nature's own
# are numbered through, so that a year in them is none.
_SOCIETY = re.compile(r"^((?!n(?!pj)|srep)[a-z]{2,10})((?:199|20[012])\d)(\d{1,4})$")


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
    """The first DOI in a text or address in lower case, or an empty string.

    Args:
        text: A DOI in any dress (`doi:`, an address, upper case, a final full stop), the
            address of a publisher's page or PDF, or a sentence that holds one.
    """
    text = text.strip()
    if "%" in text:
        text = unquote(text)
    if "&" in text:
        text = html.unescape(text)
    host = _host(text)
    only = _ONLY.fullmatch(text)
    if only:
        doi = only[1].partition("</")[0]
    else:
        found = _SICI.search(text) or _DOI.search(text)
        if found is None:
            return _doi_by_address(text) if host else ""
        doi = found[0]
    if host:
        doi = re.split(r"[?#]", doi, maxsplit=1)[0]
        if not host.endswith("doi.org"):
            doi = _without_tail(doi.partition("&")[0])
    return _trimmed(doi).lower()


def doi_address(doi: str) -> str:
    """Where a DOI leads; what would end an address in a text is percent-encoded."""
    return f"https://doi.org/{quote(doi, safe='/:;()')}" if doi else ""


def _trimmed(doi: str) -> str:
    """Without the punctuation of the sentence around it."""
    if not _SICI.fullmatch(doi):
        opened: list[str] = []
        for index, letter in enumerate(doi):
            if letter in "([<":
                opened.append(letter)
            elif letter in ")]>" and (not opened or opened.pop() != "([<"[")]>".index(letter)]):
                doi = doi[:index]  # closes what was opened before the DOI
                break
    return doi.rstrip(".,;:'*_`!")


def _without_tail(doi: str) -> str:
    doi = doi[:_MAX_DOI].rstrip("/")
    for _ in range(4):
        doi = _TAIL.sub("", doi).rstrip("/")
    doi = _ARTICLE_NUMBER.sub(r"\1", doi)
    version = _PREPRINT_VERSION.fullmatch(doi)
    return version[1] if version else doi


def _doi_by_address(address: str) -> str:
    for pattern, prefix in _BY_ADDRESS:
        match = pattern.search(address)
        if match:
            return (prefix + _SOCIETY.sub(r"\1.\2.\3", match[1])).lower()
    return ""


def _host(text: str) -> str:
    """The host if the whole text is an address, else nothing."""
    return "" if " " in text or "://" not in text[:10] else host_of(text)


def host_of(address: str) -> str:
    """The host in an address in small letters; nothing if there is none, or none that can be."""
    try:
        return (urlsplit(address).hostname or "").lower()
    except ValueError:  # such as a half-open `http://[::1`
        return ""


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
