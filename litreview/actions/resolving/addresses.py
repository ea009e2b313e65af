"""Addresses as people paste them, made those of the page that says most about the work."""

from __future__ import annotations

import re

from litreview.text.identifiers import is_web_address

# A PDF says too little about itself; beside it lies the page that does.
_PAGES = (
    (r"(proceedings\.mlr\.press/v\d+/)([\w-]+)/\2(?:-supp)?\.pdf", r"\1\2.html"),
    (r"(jmlr\.org/papers/)volume(\d+)/([\w-]+)/[\w-]+\.pdf", r"\1v\2/\3.html"),
    (r"((?:papers|proceedings)\.(?:nips|neurips)\.cc/paper(?:_files/paper)?/\d{4}/)file/([0-9a-f]{32})"
     r"-Paper(-[\w-]+)?\.pdf", r"\1hash/\2-Abstract\3.html"),
    (r"(openaccess\.thecvf\.com/\S{1,80}?)/papers/(\S{1,200}?)\.pdf", r"\1/html/\2.html"),
    (r"(ojs\.aaai\.org/index\.php/\w+/article/)(?:download|view)/(\d+)/\d+\S{0,40}", r"\1view/\2"),
    (r"(isca-archive\.org/\w+/)([\w-]+)\.pdf", r"\1\2.html"),
    (r"(ieeexplore\.ieee\.org)/stamp/stamp\.jsp\?(?:\S{0,80}&)?arnumber=0?(\d+)\S{0,100}",
     r"\1/document/\2"),
    (r"(ncbi\.nlm\.nih\.gov/pmc/articles/PMC\d+|pmc\.ncbi\.nlm\.nih\.gov/articles/PMC\d+)/pdf\S{0,200}",
     r"\1/"),
    (r"jstor\.org/stable/(?:pdf/)?(\d{4,9})(?:\.pdf)?(?:\?\S{0,400})?$", r"doi.org/10.2307/\1"),
    (r"(?:papers\.)?ssrn\.com/\S{0,40}abstract(?:_id)?=(\d+)\S{0,60}", r"doi.org/10.2139/ssrn.\1"),
    (r"(?:m\.|music\.)youtube\.com/", "www.youtube.com/"),
    (r"youtube\.com/(?:embed|shorts|live)/([\w-]{11})\S{0,200}", r"youtube.com/watch?v=\1"),
    (r"youtu\.be/([\w-]{11})\S{0,200}", r"www.youtube.com/watch?v=\1"),
    (r"raw\.githubusercontent\.com/([\w.-]+/[\w.-]+)/\S{0,300}", r"github.com/\1"),
    (r"(github\.com/[\w.-]+/[\w.-]+?)(?:\.git)?(?:/(?:tree|blob|raw)/\S{0,300})?/?(?:[?#]\S{0,300})?$",
     r"\1"),
)  # fmt: skip
_COMPILED = tuple((re.compile(pattern, re.IGNORECASE), page) for pattern, page in _PAGES)
_BARE = re.compile(r"(?:[a-z0-9-]{1,63}\.){1,6}[a-z]{2,12}(?:[/?#]\S*)?", re.IGNORECASE)


def normal_address(name: str) -> str:
    """The address of the page about a work; a text that is no address stays as it is.

    Args:
        name: What somebody pasted, perhaps without `https://`.
    """
    name = name.strip()
    if not is_web_address(name) and "/" in name and _BARE.fullmatch(name):
        name = f"https://{name}"
    if not is_web_address(name) or len(name) > 2_000:
        return name
    name = name.rstrip(".,;")
    for pattern, page in _COMPILED:
        name, changed = pattern.subn(page, name, count=1)
        if changed and "doi.org" in page:
            return "https://" + name[name.index("doi.org/") :]
    return name
