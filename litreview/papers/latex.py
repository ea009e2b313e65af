r"""Read a paper from its LaTeX source.

Own macros and included files are put in first (`tex_macros`). Then one pass over the text
keeps what is printed: headings with their numbers, paragraphs, footnotes behind them,
captions and the cells of tables. Nothing is run, and no other program is needed.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from litreview.errors import UserError
from litreview.papers.paper import Paper
from litreview.papers.tex_bibliography import Entry, from_bib, from_items
from litreview.papers.tex_macros import Expander
from litreview.papers.tex_reader import Reader

_CITATION = re.compile(r"\\[cC]ite[a-z]{0,12}\*?(?:\[[^\]]{0,200}\]){0,2}\{([^{}]{1,2000})\}")


def read_latex(text: str, files: Mapping[str, str]) -> Paper:
    """Read a paper.

    Args:
        text: The main file.
        files: The other files by their paths; asked for only what the paper includes.

    Raises:
        UserError: If the text is no LaTeX document.
    """
    expander = Expander(files)
    full = expander.expand(text)
    head, begin, body = full.partition(r"\begin{document}")
    if not begin:
        if r"\section" not in full and r"\begin{abstract}" not in full:
            raise UserError(
                r"the TeX file holds no \begin{document} and no section; give the main file"
            )
        head, body = "", full
    body = body.partition(r"\end{document}")[0]
    reader = Reader(_bibliography(full, files))
    reader.preamble(head)
    reader.read(body)
    paper = reader.finish()
    for note in expander.notes:
        reader.builder.note(note)
    return reader.builder.paper() if expander.notes else paper


def main_file(files: Mapping[str, str]) -> str:
    """The name of the file that is the paper: the longest one that begins a document."""
    candidates = [name for name in files if name.endswith((".tex", ".ltx"))]
    whole = [name for name in candidates if r"\begin{document}" in files[name]]

    def likely(name: str) -> tuple[bool, int, int]:
        text = files[name]
        return (r"\title" in text or r"\begin{abstract}" in text, -name.count("/"),
                len(text) + 20_000 * text.count(r"\input"))  # fmt: skip

    return max(whole or candidates, key=likely)


def _bibliography(full: str, files: Mapping[str, str]) -> dict[str, Entry]:
    start = full.find(r"\begin{thebibliography}")
    if start >= 0:
        return dict(from_items(full[start:]))
    known: dict[str, Entry] = {}
    names = [name for name in files if name.endswith((".bbl", ".bib"))]
    for name in sorted(names, key=lambda n: n.endswith(".bib")):
        if name.endswith(".bib") and known:
            break
        text = files.get(name) or ""
        known |= dict(from_items(text) if name.endswith(".bbl") else from_bib(text))
    keys = {key.strip() for match in _CITATION.finditer(full) for key in match[1].split(",")}
    return {key: entry for key, entry in known.items() if key in keys} or known
