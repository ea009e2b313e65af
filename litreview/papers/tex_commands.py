"""What the commands of LaTeX mean for a reader of the text."""

# Lists of many short words are read more easily as one string.
# ruff: noqa: SIM905

from __future__ import annotations

LEVELS = {"part": 1, "chapter": 1, "section": 1, "subsection": 2, "subsubsection": 3,
           "paragraph": 4, "subparagraph": 5}  # fmt: skip
MATH = frozenset(
    "equation align gather multline eqnarray displaymath math flalign alignat split".split()
)
TABLES = frozenset("tabular tabularx tabulary longtable array tabu tblr supertabular".split())
FLOATS = frozenset("table figure wrapfigure wraptable sidewaystable sidewaysfigure algorithm "
                    "listing subfigure subtable".split())  # fmt: skip
NOT_READ = frozenset(
    "verbatim lstlisting minted tikzpicture algorithmic dependency pgfpicture picture filecontents "
    "CJK thebibliography Verbatim alltt forest axis".split()
)
# Commands whose arguments are printed nowhere in the running text: how many of them.
DROPPED = {
    "label": 1, "vspace": 1, "hspace": 1, "includegraphics": 1, "bibliographystyle": 1,
    "bibliography": 1, "pagestyle": 1, "thispagestyle": 1, "setlength": 2, "addtolength": 2,
    "setcounter": 2, "addtocounter": 2, "hyphenation": 1, "usepackage": 1, "documentclass": 1,
    "input": 1, "include": 1, "author": 1, "date": 1, "affil": 1, "affiliation": 1, "email": 1,
    "thanks": 1, "institute": 1, "address": 1, "keywords": 1, "pdfinfo": 1, "hypersetup": 1,
    "graphicspath": 1, "vskip": 0, "hskip": 0, "resizebox": 2, "scalebox": 1, "rotatebox": 1,
    "color": 1, "todo": 1, "nocite": 1, "newtheorem": 2, "titlerunning": 1, "authorrunning": 1,
    "markboth": 2, "fontsize": 2, "definecolor": 3, "rule": 2, "captionsetup": 1, "cmidrule": 1,
    "cline": 1, "icmltitle": 0, "index": 1, "phantom": 1, "hphantom": 1, "vphantom": 1,
    "newcolumntype": 2,
    "setstretch": 1, "renewcommand": 2, "newcommand": 2, "providecommand": 2, "ccsdesc": 1,
    "acmConference": 4, "orcid": 1, "hl": 0, "allowdisplaybreaks": 0, "pgfplotsset": 1,
    "linespread": 1, "addbibresource": 1, "newenvironment": 3, "renewenvironment": 3,
    "lstset": 1, "tikzset": 1, "usetikzlibrary": 1, "theoremstyle": 1, "DeclareUnicodeCharacter": 2,
    "RequirePackage": 1, "pagenumbering": 1, "titleformat": 5, "titlespacing": 4,
    "enlargethispage": 1,
}  # fmt: skip
KEPT_LAST = {"textcolor": 2, "colorbox": 2, "multicolumn": 3, "multirow": 3, "href": 2,
              "parbox": 2, "raisebox": 2, "texorpdfstring": 1, "makebox": 1, "fcolorbox": 3,
              "adjustbox": 2}  # fmt: skip
REFERENCES = frozenset("ref eqref autoref cref Cref pageref nameref vref figref subref".split())
REF_WORDS = {"section": "Section", "subsection": "Section", "subsubsection": "Section",
              "table": "Table", "figure": "Figure", "equation": "Equation"}  # fmt: skip
