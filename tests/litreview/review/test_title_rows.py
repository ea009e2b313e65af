"""A work's title, out of a line of a list and out of a reference."""

from __future__ import annotations

import pytest
from form_cases import PROSE

from litreview.review.reading import read_review


@pytest.mark.parametrize(
    ("item", "title"),
    [
        ("[Deep owls](https://x.org/a)", "Deep owls"),
        ("Deep owls ([paper](https://x.org/a))", "Deep owls"),
        ("Deep owls: https://x.org/a", "Deep owls"),
        ("Deep owls – <https://x.org/a>", "Deep owls"),
        ("https://x.org/a", None),
        ("<https://x.org/a>.", None),
        ("(https://x.org/a)", None),
        ("https://x.org/a Deep owls | ", "Deep owls"),
        ("[https://x.org/a](https://x.org/a) - Deep owls", "Deep owls"),
        ("[Deep owls] (https://x.org/a)", "Deep owls"),
        ("[Deep owls https://x.org/a", "Deep owls"),
        ("[Deep owls](https://x.org/a) and [more owls](https://y.org/b)", "Deep owls"),
        ("[see](https://x.org/a) the owls", "see the owls"),
        ("[owl](https://x.org/a)", "owl"),
        ("[Deep owls] and [more] https://x.org/a", "[Deep owls] and [more]"),
        ("**Deep owls** (link) https://x.org/a", "Deep owls"),
        ("Deep   owls\thttps://x.org/a (DOI)", "Deep owls"),
        ("Deep owls () https://x.org/a [ ] of 2020", "Deep owls of 2020"),
        ("Paper link: https://x.org/a XX", "Paper link: XX"),
        ("XX https://x.org/a XX", "XX XX"),
        ("Title: Deep owls https://x.org/a", "Title: Deep owls"),
        ("Source: Deep owls https://x.org/a", "Source: Deep owls"),
        ("**Paper:** Deep owls https://x.org/a", "Paper: Deep owls"),
        ("**https://x.org/a**: [Deep owls]", "Deep owls"),
        ("Here https://x.org/a is a paper", "Here is a paper"),
        ("[Video](https://x.org/a)", "Video"),
        ("[the paper](https://x.org/a)", "the paper"),
        ("[paper of owls](https://x.org/a)", "paper of owls"),
        ("arXiv:1706.03762 Attention https://arxiv.org/abs/1706.03762",
         "arXiv:1706.03762 Attention"),
        ("10.1145/3292500.3330701 Optuna https://doi.org/10.1145/3292500.3330701",
         "10.1145/3292500.3330701 Optuna"),
        ("[Deep owls](files/a.pdf) https://x.org/a", "Deep owls"),
    ],
)  # fmt: skip
def test_a_list_names_works(item: str, title: str | None) -> None:
    """Without its address, and without the words that only stand for one."""
    (source,) = read_review(f"# Works\n\n- {item}\n").sources
    assert source.title == title


@pytest.mark.parametrize(
    ("reference", "title"),
    [
        ("[1] Doe, J. (2017). Deep owls. Journal of owls, 3. https://x.org/a", "Deep owls"),
        ("[^doe]: Doe, J. (2017). Deep owls? Journal. https://x.org/a", "Deep owls"),
        ("Doe, J. (2017, May 3): Deep owls of the U.S. army. Journal.",
         "Deep owls of the U.S. army"),
        ("Doe, J. (2017a) Deep owls (extended). Journal.", "Deep owls (extended)"),
        ("Doe (2017) owls", "Doe (2017) owls"),
        ("Doe (2017) owl", "Doe (2017) owl"),
        ("Doe et al. Deep owls of the night. Journal.", "Doe et al. Deep owls of the night"),
        ("Doe and Roe and Poe. Deep owls.", "Doe and Roe and Poe"),
        ("Doe and Roe and Poe too. Deep owls.", "Doe and Roe and Poe too"),
        ("One two three four. Five six.", "Five six"),
        ("One two three four five. Six seven.", "One two three four five"),
        ("Doe, J., \"Deep owls of the night,\" in Owls, 2017.", "Deep owls of the night"),
        ("Doe, “Deep owls of the night.” In Owls.", "Deep owls of the night"),
        ("„Deep owls des Nachts“. Eulen.", "Deep owls des Nachts"),
        ("Doe \"owls\" rule. Deep.", "Deep"),
        ("Deep owls XX.", "Deep owls XX"),
        ("Doe et al. Deep owls XX.", "Doe et al. Deep owls XX"),
        ("\"Deep owls XX.,\" Doe", "Deep owls XX"),
        (" [1] Deep owls of all. ", "Deep owls of all"),
        ("[Deep owls](https://x.org/a)", "Deep owls"),
        ("[1]: Deep owls", "Deep owls"),
        ("[12345678901234567890]: Deep owls", "Deep owls"),
        ("XX (2017). XX", "XX (2017). XX"),
    ],
)  # fmt: skip
def test_a_reference_names_a_work(reference: str, title: str | None) -> None:
    """In quotation marks, behind the year, or behind the authors."""
    essay = "\n\n".join([PROSE] * 5)
    (source,) = read_review(f"{essay}\n\n## References\n\n- {reference}\n").sources
    assert source.title == title
