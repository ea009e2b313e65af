"""A small PDF with given lines, for tests: no program that makes PDFs is needed."""

from __future__ import annotations

WIDTH, HEIGHT = 595, 842
Text = tuple[float, float, float, str]


def write_pdf(
    pages: list[list[Text]], *, extra: str = "", bold: frozenset[str] = frozenset()
) -> bytes:
    """A PDF whose pages hold text at given places.

    Args:
        pages: For each page its lines: x, y in points from the lower left, size, text.
        extra: Operators that are drawn on every page as well.
        bold: The lines that are set in the bold font.
    """
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", ""]
    kids = []
    for lines in pages:
        content = extra
        for x, y, size, text in lines:
            font = "F2" if text in bold else "F1"
            escaped = text.replace("\\", r"\\").replace("(", r"\(").replace(")", r"\)")
            content += f"\nBT /{font} {size} Tf {x} {y} Td ({escaped}) Tj ET"
        data = content.encode("cp1252", "replace").decode("latin-1")
        objects.append(f"<< /Length {len(data)} >>\nstream\n{data}\nendstream")
        fonts = "".join(
            f"/{name} << /Type /Font /Subtype /Type1 /BaseFont /{base} "
            "/Encoding /WinAnsiEncoding >> "
            for name, base in (("F1", "Helvetica"), ("F2", "Helvetica-Bold"))
        )
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 {WIDTH} {HEIGHT}] "
            f"/Resources << /Font << {fonts} >> >> /Contents {len(objects)} 0 R >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Kids [{' '.join(kids)}] /Count {len(kids)} >>"
    out = b"%PDF-1.4\n"
    places = []
    for number, body in enumerate(objects, 1):
        places.append(len(out))
        out += f"{number} 0 obj\n{body}\nendobj\n".encode("latin-1")
    start = len(out)
    out += f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n".encode()
    out += b"".join(f"{place:010} 00000 n \n".encode() for place in places)
    out += f"trailer << /Size {len(objects) + 1} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF".encode()
    return out
