"""LaTeX that arXiv's titles and abstracts hold, made readable."""

from __future__ import annotations

import pytest

from litreview.text.latex import to_text


@pytest.mark.parametrize(
    ("latex", "text"),
    [
        ("plain  text\n here", "plain text here"),
        (r"Erd\H{o}s, G{\"o}del, Ha\v{c}ek, \'etude", "Erdős, Gödel, Haček, étude"),
        (r"stra\ss e, na\"{\i}ve, \O rsted", "straße, naïve, Ørsted"),
        (r"Nguy{\~\^e}n Th{\'\u a}ng, Th\'{\u{a}}ng", "Nguyễn Thắng, Thắng"),
        (r"Micha\l{} Wo\'zniak, G{\"o}{\u g}{\"u}{\c s}", "Michał Woźniak, Göğüş"),
        (r"Ji{\v r}{\'\i} Ho{\v{s}}ek, Tkal{\v{c}}i{\'c}", "Jiří Hošek, Tkalčić"),
        (r"{\"\i}, \dj{}or\dj{}e, {\DJ}, {\TH}", "ï, đorđe, Đ, Þ"),
        (r"$10^{-3}$ of $\mathbb{R}^n$", "10⁻³ of ℝⁿ"),
        (r"$O(n \log n)$ with $\alpha \leq 0.5$", "O(n log n) with α ≤ 0.5"),
        (r"$\sim$30 and 3 $\times$ 4", "∼30 and 3 × 4"),
        (r"\emph{very} \textbf{good} {\em indeed}", "very good indeed"),
        (r"20\% of \$5 \& more", "20% of $5 & more"),
        ("``quoted'' --- a range 3--5", "“quoted” — a range 3–5"),
        (r"as shown~\cite{a,b} in Fig.~\ref{x}", "as shown in Fig."),
        (r"see \url{https://a.b/c_d}", "see https://a.b/c_d"),
        (r"\href{https://a.b}{the page}", "the page (https://a.b)"),
        ("costs $5 and $6", "costs $5 and $6"),
        (r"$\frac{1}{2}$ stays", r"$\frac{1}{2}$ stays"),
        (r"\unknown{kept}", "unknownkept"),
    ],
)
def test_text_is_readable(latex, text):
    """Real pieces of arXiv records."""
    assert to_text(latex) == text


@pytest.mark.slow
@pytest.mark.parametrize(
    "piece", ["\\", "$a ", "{", "-", "\\cite{", "~", "\\(", "$x_{", "\\'{", "\\'", "\\u "]
)
def test_hostile_text_takes_linear_time(piece):
    """A quadratic pattern would hang on these."""
    assert isinstance(to_text(piece * (100_000 // len(piece))), str)
