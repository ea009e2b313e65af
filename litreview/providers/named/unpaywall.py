"""Where the text of a DOI is open, by Unpaywall.

Unpaywall wants to know who asks: without an address in `LITREVIEW_MAILTO` nothing is asked.

Reference: https://unpaywall.org/products/api
"""

from __future__ import annotations

import os
from urllib.parse import quote

from litreview.providers.service import Service, items, record, text
from litreview.text.identifiers import is_web_address
from litreview.web.fetch import Fetcher

CONTACT = "LITREVIEW_MAILTO"
SERVICE = Service(
    "Unpaywall", "LITREVIEW_UNPAYWALL_URL", "https://api.unpaywall.org/v2", 0.2,
    advice="try again in a few minutes", key_variable=CONTACT, key_name="?email",
)  # fmt: skip
MAX_ADDRESSES = 3


def open_copies(doi: str, fetcher: Fetcher) -> list[str]:
    """Addresses of open copies, the best one first and a PDF before a page.

    Args:
        doi: Without an address around it.
        fetcher: Makes the request.

    Returns:
        At most three; none if no contact is set.

    Raises:
        FetchError: If Unpaywall does not answer as it should.
    """
    if not os.environ.get(CONTACT, "").strip():
        return []
    data = SERVICE.json(f"/{quote(doi, safe='/')}", fetcher, holds="doi")
    if data is None:
        return []
    places = [record(data.get("best_oa_location")), *items(data.get("oa_locations"))[:20]]
    found = [text(place.get(key)) for place in places for key in ("url_for_pdf", "url")]
    return list(dict.fromkeys(filter(is_web_address, found)))[:MAX_ADDRESSES]
