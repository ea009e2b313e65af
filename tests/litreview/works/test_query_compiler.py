"""What people type becomes what arXiv understands."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.actions.find import explain
from litreview.errors import UserError
from litreview.works.arxiv_query import to_arxiv
from litreview.works.query import parse

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("typed", "compiled"),
    [
        ("transformer", "all:transformer"),
        ("neural networks", "all:neural AND all:networks"),
        ('"machine translation" -survey', 'all:"machine translation" ANDNOT all:survey'),
        ("pre-training", '(all:"pre training" OR all:pretraining)'),
        ("text-to-text", 'all:"text to text"'),
        ("BERT OR RoBERTa", "all:BERT OR all:RoBERTa"),
        ("a1 | b1 c1", "all:a1 OR (all:b1 AND all:c1)"),
        ("(BERT OR RoBERTa) sentiment", "(all:BERT OR all:RoBERTa) AND all:sentiment"),
        ("title:(bert OR electra)", "ti:bert OR ti:electra"),
        ('title:"attention is all you need"', 'ti:"attention is all you need"'),
        ('author:"Vaswani, Ashish"', 'au:"Ashish Vaswani"'),
        ("cat:CS.cl parsing", "cat:cs.CL AND all:parsing"),
        ("LSTM/GRU", "all:LSTM OR all:GRU"),
        ("transformer*", "all:transformer*"),
        ("parsing NOT (survey OR review)", "all:parsing ANDNOT (all:survey OR all:review)"),
        ("parsing AND NOT survey", "all:parsing ANDNOT all:survey"),
        ("“curly quotes”", 'all:"curly quotes"'),
        ("深度学习", "all:深度学习"),
        ("don't stop", "all:dont AND all:stop"),
        ("what is attention", "all:attention"),
        ("BERT: Pre-training", 'all:BERT AND (all:"Pre training" OR all:Pretraining)'),
    ],
)
def test_queries_compile(typed, compiled):
    """Each of these is misread by the interface, or narrowed to nothing, when sent as typed."""
    assert to_arxiv(parse(typed)) == compiled


@pytest.mark.parametrize(
    ("typed", "compiled"),
    [
        ("summarization summarisation", "all:summarization OR all:summarisation"),
        (
            "NER named entity recognition BERT",
            '(all:"named entity recognition" OR all:ner) AND all:BERT',
        ),
        ('"question answering" QA', 'all:"question answering" OR all:qa'),
    ],
)
def test_synonyms_widen_instead_of_narrowing(typed, compiled):
    """Bare words are ANDed, so two names of one thing would find next to nothing."""
    query = parse(typed)

    assert to_arxiv(query) == compiled
    assert any("mean the same" in note for note in query.notes)


def test_filters_stand_beside_the_words():
    """An OR among the words must not swallow the filters."""
    query = parse(
        "bert OR gpt", categories=["cs.CL", "stat.ML"], authors=["Devlin, J."], since="2020",
        until="2021-02",
    )  # fmt: skip

    assert to_arxiv(query) == (
        '(all:bert OR all:gpt) AND (cat:cs.CL OR cat:stat.ML) AND au:"J Devlin" AND '
        "submittedDate:[202001010000 TO 202102282359]"
    )


def test_exclusions_come_last():
    """ANDNOT takes what stands left of it; a filter behind it would be excluded too."""
    compiled = to_arxiv(parse("parsing -survey", categories=["cs"]))

    assert compiled == "cat:cs.* AND all:parsing ANDNOT all:survey"


@pytest.mark.parametrize(
    ("since", "until", "expected"),
    [
        ("2020", "", "[202001010000 TO 202611222359]"),
        ("2020-02", "2020-02", "[202002010000 TO 202002292359]"),
        ("20200531", "31.12.2020", "[202005310000 TO 202012312359]"),
        ("", "1999", "[199108010000 TO 199912312359]"),
    ],
)
def test_dates_take_the_one_form_that_works(since, until, expected):
    """Every other spelling is ignored by the interface without a word."""
    compiled = to_arxiv(parse("x1", since=since, until=until), today=TODAY)

    assert compiled == f"all:x1 AND submittedDate:{expected}"


@pytest.mark.parametrize(
    "typed",
    [
        "bert submittedDate:[20200101 TO 20221231]",
        "bert submittedDate:[202001010000+TO+202212312359]",
        "bert since:2020 until:2022",
        "bert since:2020-01-01 until:31.12.2022",
        "bert year:2020-2022",
        "bert date:2020..2022",
    ],
)
def test_dates_inside_the_query_are_understood(typed):
    """People copy the syntax from elsewhere."""
    assert to_arxiv(parse(typed)) == ("all:bert AND submittedDate:[202001010000 TO 202212312359]")


@pytest.mark.parametrize(
    ("typed", "ids"),
    [
        ("1706.03762v7", ("1706.03762",)),
        ("math/0601001", ("math/0601001",)),
        ("math.GT/0309136", ("math/0309136",)),
        ("https://arxiv.org/abs/1706.03762?utm_source=mail&utm_medium=x", ("1706.03762",)),
        ("http://arxiv.org/pdf/1706.03762v5.pdf", ("1706.03762",)),
        ("https://doi.org/10.48550/arXiv.1706.03762", ("1706.03762",)),
        ("arXiv:1706.03762, 1810.04805 1706.03762", ("1706.03762", "1810.04805")),
    ],
)
def test_ids_are_fetched_not_searched(typed, ids):
    """An id among words would find nothing."""
    query = parse(typed)

    assert query.ids == ids
    assert query.tree is None


def test_dois_and_addresses_are_told_apart():
    """Each goes to the provider that knows it."""
    query = parse("doi:10.1162/neco.1997.9.8.1735 https://example.org/post")

    assert query.dois == ("10.1162/neco.1997.9.8.1735",)
    assert query.urls == ("https://example.org/post",)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"categories": ["cs.XX"]}, "did you mean cs"),
        ({"categories": ["computer science"]}, "not a category of arXiv"),
        ({"since": "2021-13"}, "is not a date; write it as"),
        ({"since": "yesterday"}, "is not a date; write it as"),
        ({"since": "2022", "until": "2021"}, "swap the two"),
    ],
)
def test_wrong_filters_get_a_sentence(options, sentence):
    """The interface would answer with nothing, or with everything."""
    with pytest.raises(UserError, match=sentence):
        parse("bert", **options)


@pytest.mark.parametrize(
    "typed", ["-survey", "bert OR -survey", "NOT (a1 b1)", "bert (-a1 -b1) OR -c1"]
)
def test_exclusions_alone_are_refused(typed):
    """They would match nearly everything that there is."""
    with pytest.raises(UserError, match="only says what to leave out"):
        parse(typed)


def test_an_id_that_is_none_is_named():
    """`id:` promises one."""
    with pytest.raises(UserError, match=r"1706\.03762 or math/0601001"):
        parse("id:abc")


def test_a_very_long_query_is_refused():
    """The address would not fit."""
    with pytest.raises(UserError, match="name the few words that matter"):
        parse("word " * 1000)


def test_explain_shows_the_compiled_query_and_the_reasons():
    """Nobody can correct what they cannot see."""
    lines = explain(parse("pre-training of LSTM/GRU", since="2020"))
    text = "\n".join(lines)

    assert '(all:"pre training" OR all:pretraining) AND (all:LSTM OR all:GRU)' in text
    assert "arXiv reads a hyphen as NOT" in text
    assert "joined by OR" in text
    assert "left out, because they are in every text: of" in text
    assert "first version" in text


def balanced(compiled: str) -> bool:
    depth = 0
    for letter in compiled:
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth < 0:
            return False
    return depth == 0 and compiled.count('"') % 2 == 0


@pytest.mark.slow
@settings(max_examples=300, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            ["bert", '"', "(", ")", "-", "OR", "AND", "NOT", "|", "ti:", "au:x", "cat:cs.CL", "a-b",
             "the", "x/y", "*", "“", "1706.03762", "&&", ":", "submittedDate:[2020 TO *]", "ß中"]
        ),
        max_size=14,
    ).map(" ".join)
    | st.text(max_size=60)
)  # fmt: skip
def test_anything_typed_compiles_to_balanced_syntax_or_a_sentence(typed):
    """Whatever is typed, arXiv never gets a broken query and the user never a traceback."""
    try:
        compiled = to_arxiv(parse(typed))
    except UserError:
        return
    assert balanced(compiled), compiled
    assert "ANDNOT AND" not in compiled
    assert not compiled.startswith(("AND ", "OR "))
    assert not compiled.endswith((" AND", " OR", " ANDNOT"))
