"""Take the lines of text out of a PDF. Runs as a program of its own, within limits.

PDFium is C++ and a PDF is somebody else's: so this file is run in a child process that may use
only so much memory and time (`pdf`), imports nothing of ours, and prints JSON. What a
reader does not see (white, invisible, tiny, or beside the page) is left out.

Usage: python pdf_lines.py FILE MAX_PAGES MAX_SECONDS MAX_BYTES

Reference: https://pdfium.googlesource.com/pdfium/+/refs/heads/main/public/fpdf_text.h
"""

from __future__ import annotations

import ctypes
import json
import sys
import time
from pathlib import Path
from typing import Any

MAX_CHARACTERS_A_PAGE = 60_000
PASSWORD_ERROR = 4
_WHITE = 250
_TINY_POINTS = 1.0
_INVISIBLE = 3
_BOLD = ("bold", "medi", "black", "heavy", "cmbx", "-bd", "sfbx", "demi")


def limit(max_seconds: float, max_bytes: int) -> None:
    """Bound this process; where the system has no such limits, only its parent's clock does."""
    try:
        import resource
    except ImportError:  # Windows
        return
    seconds = int(max_seconds) + 2
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds + 1))
    resource.setrlimit(resource.RLIMIT_AS, (max_bytes, max_bytes))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def characters(raw: Any, text_page: Any, count: int) -> str:
    """The characters of a page, one for each index that PDFium counts."""
    buffer = (ctypes.c_ushort * (count + 1))()
    raw.FPDFText_GetText(text_page, 0, count, buffer)
    text = bytes(buffer)[: 2 * count].decode("utf-16-le", "replace")
    if len(text) == count and "\x00" not in text:
        return text
    codes = (raw.FPDFText_GetUnicode(text_page, index) for index in range(count))
    return "".join(
        chr(c) if c and not 0xD800 <= c < 0xE000 and c < 0x110000 else " " for c in codes
    )


def shown(
    raw: Any, text_page: Any, count: int, size: tuple[float, float]
) -> tuple[list[bool], int]:
    """For each character whether a reader sees it, and how many are drawn invisibly."""
    get_object, cast = raw.FPDFText_GetTextObject, ctypes.cast
    colours = [ctypes.c_uint() for _ in range(4)]
    box = [ctypes.c_double() for _ in range(4)]
    seen: list[bool] = []
    last, visible, invisible = None, True, 0
    known: dict[int, bool] = {}
    for index in range(count):
        item = get_object(text_page, index)
        address = cast(item, ctypes.c_void_p).value
        if address is None:  # a space or line break that PDFium put in
            seen.append(visible)
            continue
        if address != last:
            last = address
            if address in known:
                visible = known[address]
            else:
                visible = True
                mode = raw.FPDFTextObj_GetTextRenderMode(item)
                if mode == _INVISIBLE:
                    visible = False
                elif raw.FPDFPageObj_GetFillColor(item, *colours):
                    red, green, blue, alpha = (colour.value for colour in colours)
                    white = min(red, green, blue) >= _WHITE
                    visible = not (white or alpha == 0) or mode in (1, 2)
                # The bounds of an object inside a form are the form's, a character's the page's.
                if visible and raw.FPDFText_GetCharBox(text_page, index, *box):
                    left, right, bottom, top = (side.value for side in box)
                    beside = right < 0 or left > size[0] or top < 0 or bottom > size[1]
                    large = top - bottom > 2 * _TINY_POINTS  # a full stop is not, in any size
                    large = large or font_size(raw, text_page, index) > _TINY_POINTS
                    visible = large and not beside
                known[address] = visible
        seen.append(visible)
        if not visible and raw.FPDFTextObj_GetTextRenderMode(item) == _INVISIBLE:
            invisible += 1
    return seen, invisible


def lines_of(raw: Any, page: Any, number: int) -> dict[str, Any]:
    """The lines of one page: text, left, baseline, right, font size, whether bold, last baseline.

    PDFium joins lines that end in a hyphen, so the last baseline may be lower than the first.
    """
    size = raw.FPDF_GetPageWidthF(page), raw.FPDF_GetPageHeightF(page)
    text_page = raw.FPDFText_LoadPage(page)
    try:
        count = min(max(raw.FPDFText_CountChars(text_page), 0), MAX_CHARACTERS_A_PAGE)
        text = characters(raw, text_page, count) if count else ""
        seen, invisible = shown(raw, text_page, count, size)
        recognised = invisible > 0.9 * sum(not char.isspace() for char in text)
        if recognised:
            seen = [True] * count  # a scan with the text that a program made out
        lines = []
        start = 0
        for piece in text.splitlines(keepends=True):
            end = start + len(piece)
            for first, last in parts(raw, text_page, text, start, end, size[0]):
                line = line_at(raw, text_page, text, seen, first, last)
                if line:
                    lines.append([*line, first > start])
            start = end
    finally:
        raw.FPDFText_ClosePage(text_page)
    images = any(
        raw.FPDFPageObj_GetType(raw.FPDFPage_GetObject(page, index)) == raw.FPDF_PAGEOBJ_IMAGE
        for index in range(min(raw.FPDFPage_CountObjects(page), 50))
    )
    return {"page": number, "size": size, "lines": lines, "image": images,
            "recognised": recognised}  # fmt: skip


def parts(
    raw: Any, text_page: Any, text: str, start: int, end: int, width: float
) -> list[tuple[int, int]]:
    """Where a line has a gap in the middle of the page: it may be one of each of two columns."""
    box = [ctypes.c_double() for _ in range(4)]
    found = []
    first = start
    for index in range(start + 1, end - 1):
        if text[index] != " " or raw.FPDFText_IsGenerated(text_page, index) != 1:
            continue
        raw.FPDFText_GetCharBox(text_page, index - 1, *box)
        left = box[1].value
        if left > 0.56 * width:
            break
        raw.FPDFText_GetCharBox(text_page, index + 1, *box)
        right = box[0].value
        if right - left > 9 and left < 0.52 * width and right > 0.48 * width:
            found.append((first, index))
            first = index + 1
            break
    return [*found, (first, end)]


def line_at(raw: Any, text_page: Any, text: str, seen: list[bool], start: int, end: int) -> Any:
    """One line, or None if nothing of it is seen."""
    shown_at = [i for i in range(start, end) if seen[i] and not text[i].isspace()]
    if not shown_at:
        return None
    plain = "".join(text[i] for i in range(start, end) if seen[i]).rstrip("\r\n")
    box = [ctypes.c_double() for _ in range(4)]
    raw.FPDFText_GetCharBox(text_page, shown_at[0], *box)
    left = box[0].value
    raw.FPDFText_GetCharBox(text_page, shown_at[-1], *box)
    right = box[1].value
    middle = shown_at[len(shown_at) // 2]
    bold = all(is_bold(raw, text_page, index) for index in (shown_at[0], shown_at[-1]))
    size = max(font_size(raw, text_page, index) for index in (shown_at[0], middle))
    # A raised mark stands on no line.
    first = full_sized(raw, text_page, shown_at[:8], size)
    last = full_sized(raw, text_page, shown_at[:-9:-1], size)
    bottom, lowest = baseline(raw, text_page, first), baseline(raw, text_page, last)
    return [plain, round(left, 1), round(bottom, 1), round(right, 1), round(size, 1), bold,
            round(lowest, 1)]  # fmt: skip


def full_sized(raw: Any, text_page: Any, indices: list[int], size: float) -> int:
    """The first of some characters that is as large as its line."""
    return next((i for i in indices if font_size(raw, text_page, i) > 0.85 * size), indices[0])


def baseline(raw: Any, text_page: Any, index: int) -> float:
    """The height at which a character stands."""
    x, y = ctypes.c_double(), ctypes.c_double()
    raw.FPDFText_GetCharOrigin(text_page, index, x, y)
    return float(y.value)


def is_bold(raw: Any, text_page: Any, index: int) -> bool:
    """Tell by the name of its font whether a character is bold."""
    name = ctypes.create_string_buffer(128)
    raw.FPDFText_GetFontInfo(text_page, index, name, 128, ctypes.c_int())
    return any(word in name.value.decode("latin-1").lower() for word in _BOLD)


def font_size(raw: Any, text_page: Any, index: int) -> float:
    """The size at which a character is drawn, in points."""
    size = float(raw.FPDFText_GetFontSize(text_page, index))
    matrix = raw.FS_MATRIX()
    if raw.FPDFText_GetMatrix(text_page, index, matrix):
        size *= max(abs(matrix.d), abs(matrix.b)) or 1.0
    return size


def main(arguments: list[str]) -> None:
    """Print the lines of a file as JSON."""
    path, max_pages, max_seconds, max_bytes = arguments
    limit(float(max_seconds), int(max_bytes))
    try:
        import pypdfium2.raw as raw
    except ImportError:
        print(json.dumps({"error": "missing"}))
        return
    deadline = time.monotonic() + float(max_seconds)
    raw.FPDF_InitLibrary()
    data = Path(path).read_bytes()
    document = raw.FPDF_LoadMemDocument64(data, len(data), None)
    if not document:
        locked = raw.FPDF_GetLastError() == PASSWORD_ERROR
        print(json.dumps({"error": "encrypted" if locked else "broken"}))
        return
    count = raw.FPDF_GetPageCount(document)
    print(json.dumps({"pages": count}))
    for index in range(min(count, int(max_pages))):
        if time.monotonic() > deadline:
            print(json.dumps({"stopped": index}))
            return
        page = raw.FPDF_LoadPage(document, index)
        if not page:
            continue
        print(json.dumps(lines_of(raw, page, index + 1)), flush=True)
        raw.FPDF_ClosePage(page)


if __name__ == "__main__":
    main(sys.argv[1:])
