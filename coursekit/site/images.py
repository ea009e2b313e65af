"""Publish a team's picture as a new file of ours, or not at all.

A photograph or plot is decoded and written again, so that nothing but its pixels
survives. An SVG is rebuilt from the elements and attributes of a short
list; one that needs more is refused. Sizes are checked before anything is decoded.
"""

from __future__ import annotations

import io
import re
import warnings
from dataclasses import dataclass

from coursekit.team.files import MAX_IMAGE_BYTES

MAX_PIXELS = 30_000_000
MAX_SVG_BYTES = 1_500_000
MAX_SVG_ELEMENTS = 20_000
_FORMATS = ("PNG", "JPEG", "GIF", "WEBP")
_QUALITY = 80
# A picture that is a little too wide costs less to keep than to scale.
_SLACK = 1.6


class RefusedImageError(ValueError):
    """The picture is not published; the message says why."""


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture of ours.

    Attributes:
        data: JPEG, WebP (where it is transparent) or SVG.
        suffix: `.jpg`, `.webp` or `.svg`.
        width: In pixels; 0 where an SVG does not say.
    """

    data: bytes
    suffix: str
    width: int
    height: int


def convert(data: bytes, suffix: str, *, max_width: int) -> Picture:
    """Make a harmless copy of a picture.

    Args:
        data: The file's bytes.
        suffix: What its name ends with; the content decides what it is.
        max_width: A clearly wider picture is scaled down to this many pixels.

    Raises:
        RefusedImageError: If it is too large, damaged, or not a picture.
    """
    if suffix.lower() == ".svg":
        return clean_svg(data)
    return _reencode(data, max_width)


def _reencode(data: bytes, max_width: int) -> Picture:
    from PIL import Image, ImageOps, UnidentifiedImageError

    if len(data) > MAX_IMAGE_BYTES:
        raise RefusedImageError(
            f"has {len(data) / 1e6:.1f} MB, more than {MAX_IMAGE_BYTES / 1e6:g} MB"
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=_FORMATS) as image:
                width, height = image.size
                if width * height > MAX_PIXELS:
                    raise RefusedImageError(
                        f"unfolds to {width} × {height} pixels, more than {MAX_PIXELS / 1e6:g} "
                        "million"
                    )
                if image.format == "JPEG":
                    # Unfold no more of it than is kept: the decoder halves for nothing.
                    image.draft("RGB", (max_width, 1))
                ImageOps.exif_transpose(image, in_place=True)
                has_alpha = "A" in image.getbands() or "transparency" in image.info
                mode = "RGBA" if has_alpha else "RGB"
                copy: Image.Image = image if image.mode == mode else image.convert(mode)
                if copy.width > max_width * _SLACK:
                    height = max(1, round(copy.height * max_width / copy.width))
                    copy = copy.resize((max_width, height), Image.Resampling.BILINEAR)
                # A strip of one pixel by a million would stretch the page.
                if copy.height > 4 * max_width:
                    copy = copy.crop((0, 0, copy.width, 4 * max_width))
                out = io.BytesIO()
                copy.info.clear()
                # JPEG takes a tenth of the time of WebP, which only pays where it is transparent.
                if has_alpha:
                    copy.save(out, "WEBP", quality=_QUALITY, method=0)
                else:
                    copy.save(out, "JPEG", quality=_QUALITY, exif=b"")
    except RefusedImageError:
        raise
    except Image.DecompressionBombError as error:
        raise RefusedImageError(
            f"unfolds to more than {MAX_PIXELS / 1e6:g} million pixels"
        ) from error
    except UnidentifiedImageError as error:
        raise RefusedImageError("is not a PNG, JPEG, GIF or WebP picture") from error
    except (OSError, ValueError, SyntaxError, EOFError, MemoryError, OverflowError) as error:
        raise RefusedImageError("is damaged and cannot be decoded") from error
    return Picture(out.getvalue(), ".webp" if has_alpha else ".jpg", copy.width, copy.height)


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_SVG = "http://www.w3.org/2000/svg"
_XLINK = "http://www.w3.org/1999/xlink"
_SVG_TAGS = _names(
    """
    svg g path rect circle ellipse line polyline polygon text tspan title desc defs clipPath
    linearGradient radialGradient stop marker use style metadata symbol pattern mask
    """
)
_SVG_DROPPED = frozenset({"metadata"})
_SVG_ATTRIBUTES = _names(
    """
    id class d x y x1 y1 x2 y2 cx cy r rx ry fx fy width height viewBox version points
    transform fill fill-opacity fill-rule stroke stroke-width stroke-opacity stroke-linecap
    stroke-linejoin stroke-dasharray stroke-dashoffset stroke-miterlimit opacity color
    font-family font-size font-weight font-style text-anchor dominant-baseline
    alignment-baseline letter-spacing dx dy rotate textLength lengthAdjust offset stop-color
    stop-opacity gradientUnits gradientTransform spreadMethod clip-path clip-rule
    clipPathUnits marker-start marker-mid marker-end markerWidth markerHeight refX refY orient
    markerUnits preserveAspectRatio shape-rendering text-rendering vector-effect role
    aria-label aria-labelledby aria-hidden visibility display patternUnits patternContentUnits
    patternTransform maskUnits maskContentUnits mask style overflow paint-order baseline-shift
    """
)
# Anything in a style sheet that could fetch, import or compute.
_BAD_STYLE = re.compile(r"@import|@font-face|expression|javascript|behavior|\\|<|&", re.I)
_URL = re.compile(r"url\(\s*(['\"]?)(?!['\"]?#)", re.I)


def clean_svg(data: bytes) -> Picture:
    """Rebuild an SVG drawing from harmless parts.

    Raises:
        RefusedImageError: If it holds a script, a handler, an address, another
            document or an entity, or is no SVG.
    """
    from xml.etree import ElementTree  # only writes; defusedxml reads

    from defusedxml import ElementTree as Safe
    from defusedxml.common import DefusedXmlException

    if len(data) > MAX_SVG_BYTES:
        raise RefusedImageError(f"has {len(data) / 1e6:.1f} MB, too much for a drawing")
    try:
        # matplotlib writes a document type without entities.
        root = Safe.fromstring(data, forbid_dtd=False, forbid_entities=True, forbid_external=True)
    except (DefusedXmlException, ElementTree.ParseError, ValueError, RecursionError) as error:
        raise RefusedImageError("is not a well-formed SVG without entities") from error
    if root.tag not in (f"{{{_SVG}}}svg", "svg"):
        raise RefusedImageError("is not an SVG drawing")
    ElementTree.register_namespace("", _SVG)
    for number, element in enumerate(root.iter()):
        if number >= MAX_SVG_ELEMENTS:
            raise RefusedImageError(f"has more than {MAX_SVG_ELEMENTS:,} elements")
        _check_element(element)
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(str(child.tag)) in _SVG_DROPPED:
                parent.remove(child)
    size = [_pixels(root.get(name, "")) for name in ("width", "height")]
    box = (root.get("viewBox") or "").replace(",", " ").split()
    if len(box) == 4 and not all(size):
        size = [_pixels(box[2]), _pixels(box[3])]
    text = ElementTree.tostring(root, encoding="unicode")
    return Picture(text.encode("utf-8"), ".svg", size[0], size[1])


def _check_element(element: object) -> None:
    from xml.etree.ElementTree import Element

    if not isinstance(element, Element) or not isinstance(element.tag, str):
        raise RefusedImageError("holds a processing instruction")
    tag = _local(element.tag)
    in_namespace = element.tag.startswith((f"{{{_SVG}}}", tag))
    if tag in _SVG_DROPPED:
        for child in list(element):
            element.remove(child)
        element.text = None
        element.attrib.clear()
        return
    if not in_namespace or tag not in _SVG_TAGS:
        if _is_metadata(element.tag):
            return
        raise RefusedImageError(f"holds a <{tag[:30]}> element")
    for name, value in list(element.attrib.items()):
        local = _local(name)
        if local == "href":
            if not value.strip().startswith("#") or tag != "use":
                raise RefusedImageError("holds an address")
        elif local.lower().startswith("on"):
            raise RefusedImageError(f"holds an {local[:30]} handler")
        elif name not in _SVG_ATTRIBUTES:
            del element.attrib[name]
        elif _BAD_STYLE.search(value) or _URL.search(value):
            raise RefusedImageError(f"holds an address in {local[:30]}")
    if (
        tag == "style"
        and element.text
        and (_BAD_STYLE.search(element.text) or _URL.search(element.text))
    ):
        raise RefusedImageError("holds a style sheet that loads something")


def _is_metadata(tag: str) -> bool:
    return tag.startswith(
        ("{http://www.w3.org/1999/02/22-rdf", "{http://creativecommons.org/", "{http://purl.org/dc")
    )


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _pixels(length: str) -> int:
    found = re.fullmatch(r"\s*(\d{1,6})(?:\.\d+)?\s*(px|pt)?\s*", length)
    if not found:
        return 0
    return round(int(found[1]) * (4 / 3 if found[2] == "pt" else 1))
