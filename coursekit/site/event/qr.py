"""A QR code as a drawing that scales to any size on paper."""

from __future__ import annotations

from functools import lru_cache
from typing import Any


@lru_cache(maxsize=4096)
def draw_qr(address: str) -> Any:
    """The code of an address as SVG; empty where the library is not installed.

    Args:
        address: At most about 2,000 characters, beyond which no code can be scanned.
    """
    try:
        import segno
    except ImportError:
        return ""
    from markupsafe import Markup

    code = segno.make(address[:2000], error="m", micro=False)
    drawing = code.svg_inline(
        border=4, dark="#000", light="#fff", omitsize=True, svgclass="ck-qr", lineclass=None
    )
    # Only squares: the address itself is not in it.
    return Markup(drawing)  # noqa: S704
