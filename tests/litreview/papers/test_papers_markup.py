"""Whole papers from HTML, LaTeX and JATS: what is printed, where, and nothing else."""

from __future__ import annotations

import pytest

from litreview.errors import UserError
from litreview.papers.html import read_html
from litreview.papers.jats import read_jats
from litreview.papers.latex import main_file, read_latex
from litreview.papers.open import parse

HTML = """<!DOCTYPE html><html><head><title>Window title</title>
<style>.gone{display:none} .x, #ghost { color : #FFF }</style></head><body><nav>Menu here</nav>
<article class="ltx_document"><h1 class="ltx_title ltx_title_document">Small Models</h1>
<div class="ltx_authors">Ada Example</div>
<div class="ltx_abstract"><h6 class="ltx_title ltx_title_abstract">Abstract</h6>
<p class="ltx_p">We train two models. They are small.</p></div>
<section class="ltx_section"><h2 class="ltx_title ltx_title_section"><span
class="ltx_tag">2 </span>Data</h2>
<section class="ltx_subsection"><h3 class="ltx_title ltx_title_subsection">2.1 Corpus</h3>
<div class="ltx_para"><p class="ltx_p">The loss<span class="ltx_note"><sup
class="ltx_note_mark">1</sup><span
class="ltx_note_outer"><span class="ltx_note_content"><sup class="ltx_note_mark">1</sup>A note.
</span></span></span> is <math alttext="\\alpha\\leq 3"><mi>a</mi></math> and grows, as in</p>
<table class="ltx_equation"><tr><td><math alttext="x=y"></math></td></tr></table>
<p class="ltx_p">where x is data.</p></div></section></section>
<figure class="ltx_table"><figcaption class="ltx_caption"><span
class="ltx_tag">Table 1: </span>Sizes</figcaption>
<table class="ltx_tabular"><tr><td>train</td><td>1,200</td></tr>
<tr><td>test</td><td>300</td></tr></table></figure>
<figure class="ltx_figure"><img src="a.png"><figcaption>Figure 1: The model.</figcaption></figure>
<p class="gone">Hidden one.</p><p id="ghost">Hidden two.</p><p hidden>Hidden three.</p>
<p style="font-size:0">Hidden four.</p><p style="color: rgb(255, 255, 255)">Hidden five.</p>
<section class="ltx_bibliography"><h2 class="ltx_title ltx_title_bibliography">References</h2>
<ul><li class="ltx_bibitem">Example (2020). A work on data.</li></ul></section>
</article><script>document.write("Scripted.")</script></body></html>"""

TEX = r"""\documentclass{article}
\newcommand{\ours}{\textsc{Tiny}\xspace} \def\pair#1#2{#2 and #1}
\title{Small Models}
\begin{document}
\maketitle
\begin{abstract}We train \ours. % a comment
It is {\em small}.\end{abstract}
\section{Introduction}\label{sec:intro}
As \citet{doe20} show\footnote{Only once.}, \pair{a}{b} grow~\cite{roe}.

\subsection{Data} See Table~\ref{tab:size} and \cref{sec:intro}. The loss is $\alpha \leq 3$, so
\begin{equation} x = y \end{equation}
where $x$ is data.
\begin{table}\begin{tabular}{l|r} \toprule split & size \\ \midrule train & 1{,}200 \\ \end{tabular}
\caption{Sizes}\label{tab:size}\end{table}
\begin{verbatim} not prose \end{verbatim}
\appendix
\section{More}
\input{../secret}\input{extra}
\begin{thebibliography}{9}
\bibitem[Doe and Moe(2020)]{doe20} J. Doe and P. Moe. 2020. On pairs.
\end{thebibliography}
\end{document}"""

JATS = """<?xml version="1.0"?><!DOCTYPE article [<!ENTITY x SYSTEM "file:///etc/passwd">]>
<article><front><article-meta><title-group><article-title>Small <italic>Models</italic>
</article-title></title-group><abstract><sec><title>Methods</title><p>We count.</p></sec></abstract>
</article-meta></front><body><sec><label>1</label><title>Data</title><p>There are 1,200 rows &x;
<xref>[1]</xref>.<table-wrap><label>Table 1.</label><caption><p>Sizes</p></caption><table>
<tr><th>train</th><td>1,200</td></tr></table></table-wrap></p><fig><label>Fig 1</label><caption>
<title>A plot</title></caption></fig></sec></body><back><ref-list><ref><label>1</label>
<mixed-citation>Doe. On rows. 2020.</mixed-citation></ref></ref-list></back></article>"""


def told(paper):
    """Each sentence with its place."""
    return [(paper.place(sentence), sentence.text) for sentence in paper.sentences]


def test_html_is_read_as_it_is_seen():
    """Formulas stay in their sentence, footnotes follow, and nothing hidden is read."""
    paper = read_html(HTML.encode())
    assert paper.title == "Small Models"
    assert told(paper) == [
        ("Abstract", "We train two models."),
        ("Abstract", "They are small."),
        ("2.1 Corpus", "The loss is α≤ 3 and grows, as in x=y where x is data."),
        ("2.1 Corpus", "A note."),
    ]
    assert paper.sections[3].parents == ("2 Data",)
    assert [(t.caption, t.rows) for t in paper.tables] == [
        ("Table 1: Sizes", (("train", "1,200"), ("test", "300")))
    ]
    assert [figure.caption for figure in paper.figures] == ["Figure 1: The model."]
    assert paper.references == ("Example (2020). A work on data.",)


def test_sentences_are_pieces_of_the_text():
    """A quote can be found again by its offsets."""
    paper = read_html(HTML.encode())
    assert all(paper.text[s.start : s.end] == s.text for s in paper.sentences)


def test_any_page_is_read_as_html():
    """A page without LaTeXML's classes has headings, paragraphs and lists, too."""
    page = (
        "<html><body><h1>T</h1><h2>Data</h2><div>One <b>bold</b> text.<ul><li>An item.</ul></div>"
    )
    paper = parse(page.encode())
    assert (paper.title, told(paper)) == (
        "T", [("Data", "One bold text."), ("Data", "An item.")]
    )  # fmt: skip


def test_latex_is_read_as_it_is_printed():
    """Macros, citations, numbers of sections and tables, footnotes behind their paragraph."""
    paper = read_latex(TEX, {"extra.tex": "More text."})
    assert paper.title == "Small Models"
    assert told(paper) == [
        ("Abstract", "We train Tiny."),
        ("Abstract", "It is small."),
        ("1 Introduction", "As Doe and Moe (2020) show, b and a grow (roe)."),
        ("1 Introduction", "Only once."),
        ("1.1 Data", "See Table 1 and Section 1."),
        ("1.1 Data", "The loss is α ≤ 3, so x = y where x is data."),
        ("A More", "More text."),
    ]
    assert [(t.caption, t.rows) for t in paper.tables] == [
        ("Table 1: Sizes", (("split", "size"), ("train", "1,200")))
    ]
    assert paper.references == ("J. Doe and P. Moe. 2020. On pairs.",)
    assert paper.notes == ("'../secret', which it includes, is not beside it and was not read",)


def test_listings_are_no_tex():
    """An end of the document inside a listing ends nothing, and `verb` prints its letters."""
    text = r"""\begin{document}\section{One}
The command \verb|\begin{equation} % $x| opens a formula.
\begin{verbatim}
\end{document} \section{Not one}
\end{verbatim}
\section{Two}The paper goes on behind it.
\if0 Nobody sees this sentence. \fi
\end{document}"""
    paper = read_latex(text, {})
    assert [section.title for section in paper.sections[1:]] == ["1 One", "2 Two"]
    assert [sentence.text for sentence in paper.sentences] == [
        r"The command \begin{equation} % $x opens a formula.",
        "The paper goes on behind it.",
    ]


def test_rows_of_a_table_that_nobody_knows_are_no_sentences():
    """Classes have tables of their own; `&` and line breaks tell them."""
    text = r"""\section{Data}We list the sizes.
\begin{planotable}{lr} train & 1,200 \\ test & 300 \\ all & 1,500 \end{planotable}
We use R\&D data of three firms."""
    paper = read_latex(text, {})
    assert [s.text for s in paper.sentences] == [
        "We list the sizes.", "We use R&D data of three firms."
    ]  # fmt: skip
    assert paper.tables[0].rows[1:] == (("test", "300"), ("all", "1,500"))


def test_ties_are_spaces_but_not_in_addresses():
    r"""`21~$\times$~30` has no tilde when it is printed; a home page has one."""
    text = (
        r"\section{Data}We scale all pictures to 21~$\times$~30 points, see \url{http://a.org/~b}."
    )
    assert read_latex(text, {}).text == (
        "We scale all pictures to 21 × 30 points, see http://a.org/~b."
    )


def test_references_come_from_a_bib_file():
    """A paper without a .bbl says whom it cites, too."""
    bib = (
        "@article{a,\n author = {Moe, Pat and Doe, Jo and Roe, Al}, title = {On {X}}, year = 2021}"
    )
    text = r"\begin{document}\section{A} Seen \citep{a}. \end{document}"
    paper = read_latex(text, {"refs.bib": bib})
    assert paper.sentences[0].text == "Seen (Moe et al., 2021)."
    assert paper.references == ("Moe, Pat and Doe, Jo and Roe, Al. 2021. On X",)


def test_main_file_is_the_one_with_the_paper():
    """An archive of arXiv holds several files; templates and supplements lose."""
    files = {
        "supplement.tex": r"\begin{document} x" + "y" * 900 + r"\end{document}",
        "paper.tex": r"\title{T}\begin{document}\input{intro}\end{document}",
        "intro.tex": "z" * 5000,
    }
    assert main_file(files) == "paper.tex"


def test_jats_is_read_without_its_entities():
    """Headings, tables and references of a journal's XML; no file is looked into."""
    paper = read_jats(JATS.encode())
    assert paper.title == "Small Models"
    assert told(paper) == [
        ("Abstract", "Methods We count."),
        ("1 Data", "There are 1,200 rows [1]."),
    ]
    assert [(t.caption, t.rows) for t in paper.tables] == [
        ("Table 1: Sizes", (("train", "1,200"),))
    ]
    assert [figure.caption for figure in paper.figures] == ["Fig 1: A plot"]
    assert paper.references == ("Doe. On rows. 2020.",)
    assert "root:" not in paper.text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b"just words", "neither HTML, LaTeX, PDF nor JATS"),
        (b"<?xml version='1.0'?><feed/>", "no running text"),
        (b"<article><body/></article>", "no running text"),
        (b"\\section{A}", "no running text"),
        (b"\x1f\x8b\x08broken", "broken or encrypted"),
        (b"PK\x03\x04" + b"0" * 30, "broken or encrypted"),
        (b"<html><p>This paper has been withdrawn by the author due to an error.</p></html>",
         "was withdrawn"),
        (b"<html>" + b" " * 20_000_001, "larger than 20 MB"),
    ],
)  # fmt: skip
def test_what_is_no_paper_is_said(data, reason):
    """One sentence says what is wrong and what to give instead."""
    with pytest.raises(UserError) as caught:
        parse(data)
    assert reason in str(caught.value)
    assert ";" in str(caught.value) or "so " in str(caught.value)
