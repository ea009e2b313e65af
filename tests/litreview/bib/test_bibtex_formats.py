"""Exports that reference managers and LaTeX accept, whatever a title holds."""

from __future__ import annotations

import json
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from litreview.actions.find import find
from litreview.bib.formats import export, keys, read
from litreview.errors import UserError
from litreview.works.reading_list import works
from litreview.works.source import Source


def source(title: str = "A Title of Words", **more) -> Source:
    values = {"authors": ("Ann Author",), "year": 2020, "url": "https://x.org", "abstract": ""}
    return Source(title, **{**values, **more})


def as_bibtex(sources) -> str:
    return export(sources, "bibtex")


def as_ris(sources) -> str:
    return export(sources, "ris")


def test_exported_bibtex_is_read_back_without_loss():
    """What one team exports another can search and draft from."""
    sources = list(works()[0])

    parsed = read(as_bibtex(sources))

    assert not parsed.notes
    for before, after in zip(sources, parsed.sources, strict=True):
        for name in ("title", "authors", "year", "doi", "arxiv_id", "url"):
            assert getattr(after, name) == getattr(before, name)


def test_exported_bibtex_is_valid_for_another_parser():
    """Our own reader might share a mistake with our writer."""
    parser = pytest.importorskip("bibtexparser.entrypoint", reason="bibtexparser is a test tool")
    sources = [*works()[0], source('Odd {brace} 100% "x" \\ # of $5_a^b', authors=("A and B",))]

    library = parser.parse_string(as_bibtex(sources))

    assert not library.failed_blocks
    assert [entry.key for entry in library.entries] == keys(sources)
    assert [entry["year"] for entry in library.entries] == [str(s.year) for s in sources]


@pytest.mark.parametrize(
    ("text", "title"),
    [
        ('@article{k, title = "Quoted {"} text"}', 'Quoted " text'),
        ("@ARTICLE(k, Title={In (round) brackets})", "In (round) brackets"),
        ('@string{x = "Joined"} @misc{k, title = x # " and " # {more}}', "Joined and more"),
        ("@misc{title={No key}}", "No key"),
        ("@comment{x, title={no}}\n@misc{k,\n title={Yes},}", "Yes"),
        ("prose before\n@misc{k, month=jan, title={With macro}}\nprose after", "With macro"),
        ("@misc{k, title={Nested {{{deep}}} braces}}", "Nested deep braces"),
        ("\ufeff@misc{k, title={After a mark}}", "After a mark"),
    ],
)
def test_dialects_of_bibtex_are_read(text, title):
    """Every reference manager writes its own."""
    assert [entry.title for entry in read(text).sources] == [title]


@pytest.mark.slow
def test_large_hostile_file_is_read_in_time():
    """Megabytes of open braces end in a sentence, not in a long wait."""
    start = time.process_time()
    for text in ("@a{k, t={" * 100_000, "@a{k, t=" + "{" * 1_000_000, "\n@a{" * 200_000):
        with pytest.raises(UserError):
            read(text)
    assert time.process_time() - start < 20


def test_keys_are_unique_and_plain():
    """Two works of one author and year must not overwrite each other."""
    same = [source() for _ in range(30)]

    found = keys([*same, source("中文", authors=("王伟",)), source("Ärger", authors=("Jörg Süß",))])

    assert len(set(found)) == 32
    assert found[:3] == ["author2020title", "author2020titleb", "author2020titlec"]
    assert all(re.fullmatch(r"[a-z0-9]+", key) for key in found)
    assert found[-1] == "suss2020arger"


@pytest.mark.parametrize(
    "hostile",
    [r"\input{/etc/passwd}", r"$\input{/etc/passwd}$", r"\write18{rm -rf ~}",
     r"\csname x\endcsname",
     r"\\input{x}", r"{\input x}", "^^5cinput", r"\catcode`\@=11", "100% of $x & #1 _under_ ~ ^"],
)  # fmt: skip
def test_no_command_of_a_title_reaches_latex(hostile):
    """LaTeX reads files and can run programs; a title comes from anybody."""
    entry = as_bibtex([source(hostile, abstract=hostile, authors=(hostile,), venue=hostile)])

    commands = set(re.findall(r"\\([A-Za-z]+|.)", entry))
    harmless = {"textbackslash", "textbraceleft", "textbraceright", "textasciitilde", "$", "%",
                "&", "#", "_", "textasciicircum", "textquotedbl", "ensuremath", "textquoteleft",
                "^", "textasciigrave", "`"}  # fmt: skip
    assert commands <= harmless
    assert "^^" not in entry


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40), st.text(max_size=20))
def test_any_title_gives_a_balanced_entry_on_its_own_lines(title, author):
    """A brace in a title must not swallow the entries after it."""
    entry = as_bibtex([source(title, authors=(author,)), source("The next one")])

    assert entry.count("{") == entry.count("}")
    depth = 0
    for letter in entry:
        depth += {"{": 1, "}": -1}.get(letter, 0)
        assert depth >= 0
    assert read(entry).sources[-1].title == "The next one"


def test_address_with_braces_cannot_close_its_field():
    """What would end the field is percent-encoded."""
    entry = as_bibtex([source(url="https://x.org/a}b{c d\\e")])

    assert "url = {https://x.org/a%7Db%7Bc%20d%5Ce}" in entry


def test_capitals_of_names_are_protected():
    """Styles print titles in lower case, which would turn BERT into bert."""
    assert "{BERT:} Pre-training" in as_bibtex([source("BERT: Pre-training")])


@pytest.mark.parametrize(
    ("author", "expected"),
    [
        ("Ludwig van Beethoven", "van Beethoven, Ludwig"),
        ("OpenAI", "{OpenAI}"),
        ("Sanders and Sons", "{Sanders and Sons}"),
        ("Vaswani, Ashish", "Vaswani, Ashish"),
        ("Martin Luther King Jr.", "King, Jr., Martin Luther"),
    ],
)
def test_names_are_split_for_sorting(author, expected):
    """Bibliographies sort by family name, and `and` separates people."""
    assert f"author = {{{expected}}}" in as_bibtex([source(authors=(author,))])


def test_ris_has_one_record_per_source_and_no_stray_lines():
    """The format is made of lines, so a line break in a title would start a field."""
    text = as_ris([source("Two\r\nER  - lines", abstract="a\nTY  - JOUR", doi="10.1/x"), source()])
    lines = text.split("\r\n")

    assert sum(line.startswith("TY  - ") for line in lines) == 2
    assert sum(line.startswith("ER  - ") for line in lines) == 2
    assert "TI  - Two ER - lines" in lines
    assert "AU  - Author, Ann" in lines
    assert "DO  - 10.1/x" in lines


def test_csl_follows_its_schema():
    """Tools refuse items without id and type, and dates must be numbers."""
    (item,) = json.loads(
        export([source(published="2020-05-31", venue="ACL 2020", doi="10.1/x")], "csl")
    )

    assert item["type"] == "paper-conference"
    assert item["id"] == "author2020title"
    assert item["issued"] == {"date-parts": [[2020, 5, 31]]}
    assert item["author"] == [{"family": "Author", "given": "Ann"}]
    assert json.loads(export([source(year=None, authors=())], "csl"))[0].keys() == {
        "id",
        "type",
        "title",
        "URL",
    }


def test_broken_and_duplicate_entries_cost_only_themselves():
    """One missing brace in a file of two hundred entries is the normal case."""
    text = (
        '@article{a, title={Foo {BERT} G{\\"o}del}, author={M{\\"u}ller, J. and others}, '
        "year=2019, eprint={1706.03762v2}}\n@article{a, title={Bar}}\n"
        '@article{b, title={Baz\n\n@misc{c, title="Good", url={https://x.org/a\\_b}}'
    )
    parsed = read(text, "refs.bib")

    titles = {entry.title: entry for entry in parsed.sources}
    assert set(titles) == {"Foo BERT Gödel", "Bar", "Good"}
    assert titles["Foo BERT Gödel"].arxiv_id == "1706.03762"
    assert titles["Foo BERT Gödel"].authors == ("J. Müller",)
    assert titles["Good"].url == "https://x.org/a_b"
    assert any("line 2: the key stands there twice" in note for note in parsed.notes)
    assert any("line 3: an entry cannot be read" in note for note in parsed.notes)


def test_bibliography_is_a_provider(tmp_path):
    """What the library's export holds can be searched and drafted like anything else."""
    bib = tmp_path / "refs.bib"
    bib.write_text(as_bibtex(works()[0]), encoding="utf-8")

    result = find("named entity recognition", "bibtex", 3, bib=bib)

    assert result.sources[0].title == "Neural Architectures for Named Entity Recognition"
    assert result.sources[0].provider == "bibtex"


@pytest.mark.parametrize(
    ("content", "sentence"),
    [(b"", "no record with a title"), (b"hello", "no record with a title"),
     (b"\x00\x01", "binary file"), (None, "does not exist")],
)  # fmt: skip
def test_files_that_are_no_bibliography_get_a_sentence(tmp_path, content, sentence):
    """An empty list would look like a search without hits."""
    bib = tmp_path / "refs.bib"
    if content is not None:
        bib.write_bytes(content)

    with pytest.raises(UserError, match=sentence):
        find("x", "bibtex", 3, bib=bib)


def test_provider_without_a_file_names_the_option():
    """`--bib` belongs to it."""
    with pytest.raises(UserError, match="--bib FILE"):
        find("x", "bibtex", 3)
