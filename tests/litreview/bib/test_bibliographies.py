"""Bibliographies as tools really export them: read, and given back as they were read."""

from __future__ import annotations

import contextlib
import json
import time

import pytest

from litreview.bib.dates import iso_date
from litreview.bib.formats import export, read
from litreview.bib.names import from_bibtex
from litreview.errors import UserError
from litreview.files import read_text
from litreview.works.source import Source

COMPARED = ("title", "authors", "families", "year", "published", "venue", "doi", "arxiv_id")


def one(text: str) -> Source:
    (source,) = read(text).sources
    return source


@pytest.mark.parametrize(
    ("field", "shown", "families"),
    [
        (r"Haji\v c, Jan and Wo\'zniak, Micha\l", ["Jan Hajič", "Michał Woźniak"],
         ["Hajič", "Woźniak"]),
        (r"Micha\l Wo\'zniak", ["Michał Woźniak"], ["Woźniak"]),
        (r"Nguy{\~\^e}n, Th{\'\u a}ng", ["Thắng Nguyễn"], ["Nguyễn"]),
        ("{European Commission and Council}", ["European Commission and Council"],
         ["European Commission and Council"]),
        ("{OpenAI} and {Meta {AI} Research}", ["OpenAI", "Meta AI Research"],
         ["OpenAI", "Meta AI Research"]),
        ("King, Jr., Martin Luther", ["Martin Luther King Jr."], ["King"]),
        ("King Jr., Martin Luther", ["Martin Luther King Jr."], ["King"]),
        ("Martin Luther King Jr.", ["Martin Luther King Jr."], ["King"]),
        ("Ludwig van Beethoven", ["Ludwig van Beethoven"], ["van Beethoven"]),
        (r"Charles Louis de la Vall{\'e}e Poussin", ["Charles Louis de la Vallée Poussin"],
         ["de la Vallée Poussin"]),
        ("Ortega y Gasset, Jos{\\'e}", ["José Ortega y Gasset"], ["Ortega y Gasset"]),
        ("d'Alembert, Jean le Rond", ["Jean le Rond d'Alembert"], ["d'Alembert"]),
        ("given=Ann, prefix=van, family=Dyke", ["Ann van Dyke"], ["van Dyke"]),
        ("Smith, J., Jones, K. L.", ["J. Smith", "K. L. Jones"], ["Smith", "Jones"]),
        ("Ann Smith; Bob Jones", ["Ann Smith", "Bob Jones"], ["Smith", "Jones"]),
        ("Center for Digital Scholarship", ["Center for Digital Scholarship"],
         ["Center for Digital Scholarship"]),
        ("Doe, J. and others", ["J. Doe"], ["Doe"]),
    ],
)  # fmt: skip
def test_names_are_taken_apart_as_bibtex_does(field, shown, families):
    """A name that is cut wrongly sorts, cites and compares wrongly."""
    names, others = from_bibtex(field)

    assert [name.shown for name in names] == shown
    assert [name.family for name in names] == families
    assert others is ("others" in field)


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("2018-05-03", "2018-05-03"), ("2018", "2018"), ("in press, 2024", "2024"),
        ("2014//", "2014"), ("2004/05/11/", "2004-05-11"), ("4-8 Aug. 2020", "2020-08"),
        ("2002 Sep 12", "2002-09-12"), ("Mar. 2017", "2017-03"), ("12. März 2019", "2019-03-12"),
        ("2020-31", "2020"), ("12345", ""), ("", ""),
    ],
)  # fmt: skip
def test_dates_become_iso_as_far_as_they_go(text, date):
    """Each tool writes them its own way, and a month that is guessed is worse than none."""
    assert iso_date(text) == date


def test_a_child_takes_what_it_lacks_from_its_parent():
    """With `crossref` the year and the book stand in the entry of the proceedings."""
    text = """@inproceedings{c, title={A child}, author={Doe, J.}, crossref={P}}
    @proceedings{p, title={Proceedings of Things}, year=2015, publisher={ACM}, doi={10.1000/p}}"""
    child, parent = read(text).sources

    assert (child.title, child.venue, child.year) == ("A child", "Proceedings of Things", 2015)
    assert child.doi == ""
    assert parent.doi == "10.1000/p"


def test_a_month_may_be_put_together():
    """`10 # "~" # jan` is how the manual says that a day is written."""
    assert one('@misc{k, title={T}, year="2001", month = 10 # "~" # jan}').published == "2001-01-10"


@pytest.mark.parametrize(
    ("fields", "arxiv_id", "doi"),
    [
        ("journal={arXiv preprint arXiv:1706.03762}", "1706.03762", ""),
        ("journal={CoRR}, volume={abs/1706.03762}", "1706.03762", ""),
        ("journal={arXiv:1508.00882 [math, stat]}", "1508.00882", ""),
        ("eprint={cs/0112017v1}, eprinttype={arxiv}", "cs/0112017", ""),
        ("eprint={29424689}, eprinttype={pubmed}", "", ""),
        ("doi={10.48550/ARXIV.1706.03762}", "1706.03762", ""),
        ("url={https://arxiv.org/pdf/1706.03762v5}", "1706.03762", ""),
        ("doi={10.1002/(SICI)1096-9861(19960129)365:1<113::AID-CNE9>3.0.CO;2-6}", "",
         "10.1002/(sici)1096-9861(19960129)365:1<113::aid-cne9>3.0.co;2-6"),
        (r"doi={10.1007/978-3-030-1\_5}", "", "10.1007/978-3-030-1_5"),
        ("ee={https://doi.org/10.18653/v1/n19-1423}", "", "10.18653/v1/n19-1423"),
        ("doi={https://doi.org/10.1000/ABC.Def.}", "", "10.1000/abc.def"),
    ],
)  # fmt: skip
def test_identifiers_stand_in_many_fields(fields, arxiv_id, doi):
    """DBLP, Google Scholar, BibDesk and Zotero each have another place for them."""
    source = one(f"@article{{k, title={{T}}, {fields}}}")

    assert (source.arxiv_id, source.doi) == (arxiv_id, doi)


def test_an_entry_without_address_says_so_and_nothing_else():
    """Google Scholar's export has neither a DOI nor an address; the record is still one."""
    source = one("@article{k, title={A study}, author={Doe, Jane}, journal={J}, year={2020}}")

    assert (source.url, source.identity) == ("", "title:a study")


RIS = """TY  - JOUR\r\nTI  - A study of <i>E. coli</i>\r\nAU  - King, Martin Luther, Jr.
AU  - The GPT Consortium,\r\nA1  - de la Mare, Walter\r\nPY  - 2020\r\nDA  - 2020/05/04/
T2  - Journal of Things\r\nVL  - 9\r\nIS  - 3\r\nSP  - 14\r\nEP  - 25\r\nSN  - 1932-6208
DO  - https://doi.org/10.1000/JATS\r\nUR  - https://x.org/a;b\r\nAB  - First line
and its second line.\r\nER  - \r\n"""


def test_ris_is_read():
    """Every publisher's page offers it."""
    source = one(RIS)

    assert source.title == "A study of E. coli"
    assert source.authors == ("Martin Luther King Jr.", "The GPT Consortium", "Walter de la Mare")
    assert source.families == ("King", "The GPT Consortium", "de la Mare")
    assert (source.published, source.doi) == ("2020-05-04", "10.1000/jats")
    assert source.abstract == "First line and its second line."
    assert source.url == "https://x.org/a;b"
    assert {**source.details} == {
        "type": "article-journal", "container-title": "Journal of Things", "volume": "9",
        "issue": "3", "page": "14-25", "ISSN": "1932-6208",
    }  # fmt: skip


NBIB = """
PMID- 29424689
TI  - Sci-Hub provides access to nearly all
      scholarly literature.
DP  - 2018 Mar 1
FAU - Himmelstein, Daniel S
AU  - Himmelstein DS
CN  - The Lab
AID - e32822 [pii]
AID - 10.7554/eLife.32822 [doi]
JT  - eLife
AB  - The website does
      much.
PT  - Journal Article
PT  - Retracted Publication

PMID- 1
TI  - [Ein Titel].
AU  - Müller JK
DP  - 2002 Sep
"""


def test_nbib_is_read_and_a_retraction_is_seen():
    """PubMed marks what was retracted, and that is what a review must not cite."""
    first, second = read(NBIB).sources

    assert first.title == "Sci-Hub provides access to nearly all scholarly literature"
    assert first.authors == ("Daniel S Himmelstein", "The Lab")
    assert first.families == ("Himmelstein", "The Lab")
    assert (first.doi, first.published) == ("10.7554/elife.32822", "2018-03-01")
    assert first.withdrawn
    assert (second.title, second.authors) == ("Ein Titel", ("JK Müller",))
    assert second.url == "https://pubmed.ncbi.nlm.nih.gov/1/"
    assert not second.withdrawn


def test_csl_json_is_read():
    """Zotero, pandoc and every DOI agency speak it."""
    item = {
        "type": "chapter", "title": "A &amp; B", "DOI": "10.1/x", "container-title": ["The Book"],
        "author": [{"family": "Mare", "non-dropping-particle": "de la", "given": "W."},
                   {"literal": "OpenAI"}],
        "issued": {"date-parts": [["2020", 5]]}, "note": "arXiv:1706.03762v2", "page": 7,
    }  # fmt: skip
    source = one(json.dumps([item]))

    assert source.title == "A & B"
    assert (source.authors, source.families) == (("W. de la Mare", "OpenAI"),
                                                 ("de la Mare", "OpenAI"))  # fmt: skip
    assert (source.arxiv_id, source.version, source.venue) == ("1706.03762", 2, "The Book")
    assert (source.year, source.published, source.details["issued"]) == (2020, "", "2020-05")
    assert source.details["page"] == "7"


@pytest.mark.parametrize("text", ["[1, 2]", "{", "[" * 100_000, '{"items": 3}'])
def test_json_that_is_no_bibliography_gets_a_sentence(text):
    """Any file can be named after --bib."""
    with pytest.raises(UserError):
        read(text)


RICH = [
    one(RIS),
    *read(NBIB).sources,
    one("@book{k, title={A handbook}, editor={Smith, Ann and {CGAL Board}}, year=2010,"
        " publisher={P}, isbn={978-1-4822-5326-9}, edition={2}}"),
    one("@incollection{k, title={Chapter}, author={A, B}, editor={C, D}, booktitle={Book},"
        " pages={1--9}, year=2001, month=may, series={LNCS}, volume={7}}"),
    one("@phdthesis{k, title={Thesis}, author={A, B}, school={Uni Kiel}, year=2012}"),
    one("@techreport{k, title={Report}, author={{OpenAI}}, institution={OpenAI}, year=2023}"),
    one("@article{k, title={BERT: {Pre-training} \\& more}, author={King, Jr., M. L.},"
        " journal={J}, eprint={1810.04805}, doi={10.1000/x[1]<2>}, year=2019}"),
]  # fmt: skip


@pytest.mark.parametrize("form", ["bibtex", "ris", "csl"])
def test_export_gives_back_what_was_read(form):
    """A library that goes through us must not come out poorer."""
    again = read(export(RICH, form)).sources

    for before, after in zip(RICH, again, strict=True):
        for name in COMPARED:
            assert getattr(after, name) == getattr(before, name), (form, before.title, name)
        lost = {"PMID"} if form == "ris" else set()
        kept = {k: v for k, v in before.details.items() if k not in lost}
        found = {k: v for k, v in after.details.items() if k in kept}
        assert {k: v.replace("--", "-") for k, v in found.items()} == {
            k: v.replace("--", "-") for k, v in kept.items()
        }


def test_another_parser_reads_the_same_in_our_bibtex():
    """Our reader might share a mistake with our writer; bibtexparser does not."""
    parser = pytest.importorskip("bibtexparser", reason="bibtexparser is a test tool")
    middle = pytest.importorskip("bibtexparser.middlewares")
    library = parser.parse_string(
        export(RICH, "bibtex"),
        append_middleware=[middle.SeparateCoAuthors(), middle.SplitNameParts(),
        ],
    )  # fmt: skip

    assert not library.failed_blocks
    for source, entry in zip(RICH, library.entries, strict=True):
        assert entry["title"].translate(str.maketrans("", "", "{}\\")) == source.title
        assert entry["year"] == str(source.year)
        people = entry.get("author") or entry.get("editor")
        families = [" ".join([*name.von, *name.last]).strip("{}") for name in people.value]
        assert families == list(source.families)
        assert (
            entry.fields_dict["doi"].value.replace("%3C", "<").replace("%3E", ">") == (source.doi)
            if source.doi
            else "doi" not in entry.fields_dict
        )


def test_another_parser_reads_the_same_in_our_ris():
    """The reader rispy is the reference reader for Python."""
    rispy = pytest.importorskip("rispy", reason="rispy is a test tool")
    entries = rispy.loads(export(RICH, "ris").replace("\r\n", "\n"))

    for source, entry in zip(RICH, entries, strict=True):
        assert entry["title"] == source.title
        assert entry.get("doi", "") == source.doi
        assert entry["year"] == str(source.year)
        people = entry.get("authors") or entry["secondary_authors"]
        assert [name.partition(",")[0] for name in people] == list(source.families)


def test_another_parser_reads_the_same_in_our_csl():
    """citeproc-py renders what pandoc and Zotero render."""
    loader = pytest.importorskip("citeproc.source.json", reason="citeproc-py is a test tool")
    bibliography = loader.CiteProcJSON(json.loads(export(RICH, "csl")))

    for source, entry in zip(RICH, bibliography.values(), strict=True):
        assert str(entry.title) == source.title
        people = entry.get("author") or entry.get("editor")
        assert [str(name.get("family") or name["literal"]) for name in people] == list(
            source.families
        )
        assert int(entry.issued.year) == source.year


@pytest.mark.slow
def test_the_files_of_real_tools_survive_each_export(data_dir):
    """Hundreds of files of 20 tools, with what users reported as badly imported."""
    folder = data_dir / "scholar" / "bibliography"
    records = unread = lost = 0
    for path in sorted(folder.rglob("*.*")):
        if path.parent.name in ("csv", "endnote", "wos"):
            continue
        try:
            sources = read(read_text(path, max_bytes=20_000_000), path.name).sources
        except UserError:
            unread += 1
            continue
        records += len(sources)
        for form in ("bibtex", "ris", "csl"):
            again = read(export(sources, form)).sources
            assert len(again) == len(sources), (path.name, form)
            for before, after in zip(sources, again, strict=True):
                lost += any(getattr(before, n) != getattr(after, n) for n in COMPARED)
    assert records > 1200
    assert unread <= 20
    assert lost <= 0.01 * 3 * records


@pytest.mark.slow
@pytest.mark.parametrize(
    "text",
    [
        "TY  - JOUR\n" + "AU  - a, b\n" * 50_000 + "TI  - x\nER  - \n",
        "TY  - JOUR\nTI  - x\n" + "more\n" * 100_000,
        "PMID- 1\nTI  - x\n" + "      more\n" * 50_000,
        "@misc{k, title={T}, author={" + "a and " * 50_000 + "b}}",
        "@misc{k, title={T}, author={" + "{" * 40_000 + "}" * 40_000 + "}}",
        "@misc{k, title={T}, author={" + "a, " * 30_000 + "}}",
        "@misc{k, title={T}, " + "% x\n" * 50_000 + "}",
        "@misc{k, title={" + "\\'" * 40_000 + "}}",
        "@misc{k, title={" + "<a " * 30_000 + "}}",
    ],
)
def test_a_file_made_to_take_long_is_read_in_linear_time(text):
    """100 kB of the worst of its kind end in a second or two."""
    start = time.process_time()
    with contextlib.suppress(UserError):
        read(text)
    assert time.process_time() - start < 4
