"""OpenAlex, Semantic Scholar, Crossref, DataCite, doi.org, the ACL Anthology, OpenReview.

Against their recorded answers, through a server on this machine, with faults.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

import pytest
from replay_server import ReplayServer, Reply
from scholar_replay import ScholarReplay

from litreview.actions.find import find
from litreview.bib.formats import export, read
from litreview.providers import crossref, datacite, doi, openalex, openreview, semantic_scholar
from litreview.providers.named import huggingface, isbn
from litreview.providers.result import NothingFoundError
from litreview.web import gate
from litreview.web.fetch import Fetcher
from litreview.works.dedupe import dedupe
from litreview.works.source import Source

recorded = cache(ScholarReplay)


@pytest.fixture
def scholar(server: ReplayServer, data_dir: Path, environment) -> ReplayServer:
    folder = data_dir / "scholar"
    if not folder.is_dir():
        pytest.skip(f"{folder} has no recorded answers of the services")
    server.answer = recorded(folder)
    return server


def body(value: object, status: int = 200) -> Reply:
    return Reply(json.dumps(value).encode(), status, "application/json")


def test_openalex_gives_abstract_identifiers_and_counts(scholar):
    """The abstract comes as an index of words, and is a text again."""
    (source,) = find("10.1073/pnas.1414271111", "openalex", 1).sources

    assert source.title.startswith("Developing functional musculoskeletal tissues through hypoxia")
    assert "regenerative medicine. The methods developed here work across" in source.abstract
    assert (source.doi, source.year) == ("10.1073/pnas.1414271111", 2014)
    assert source.aliases == ("openalex:W2109415576",)
    assert source.citations == 138
    assert source.venue.startswith("Proceedings of the National Academy")
    assert source.families[0] == "Makris"
    assert source.details["type"] == "article-journal"


def test_openalex_finds_by_words_what_is_on_arxiv(scholar):
    """A preprint is known by its arXiv id, not by the DOI that arXiv gives everything."""
    title = "PaperQA: Retrieval-Augmented Generative Agent for Scientific Research"
    found = openalex.by_title(title, _fetcher())

    assert [work.title for work in found] == [title]
    assert (found[0].arxiv_id, found[0].doi) == ("2312.07559", "")
    assert found[0].url == "https://arxiv.org/abs/2312.07559"
    assert found[0].authors[:2] == ("Jakub Lála", "Odhran O'Donoghue")


def _fetcher():
    return Fetcher(gate.Settings.from_environment())


def test_semantic_scholar_joins_with_the_others(scholar):
    """One work of two providers is one: by DOI, and by arXiv id."""
    (known,) = find("10.48550/arxiv.2312.07559", "semantic-scholar", 1).sources
    (other,) = openalex.by_title(
        "PaperQA: Retrieval-Augmented Generative Agent for Scientific Research", _fetcher()
    )

    assert (known.arxiv_id, known.citations, known.venue) == ("2312.07559", 111, "arXiv")
    assert known.published == "2023-12-08"
    works, merges = dedupe([known, other])
    assert len(works) == 1
    assert set(works[0].aliases) >= {
        "openalex:W4389761608",
        "s2:7e55d8701785818776323b4147cb13354c820469",
    }
    assert "same arXiv id 2312.07559" in merges[0].reasons


def test_semantic_scholar_gives_its_reason(scholar, server):
    """Without a key it is busy more often than not; the sentence says what helps."""
    server.script = [Reply(b'{"message":"Too Many Requests."}', 429, "application/json")] * 4

    with pytest.raises(gate.RateLimitedError, match=r"Semantic Scholar .* LITREVIEW_S2_KEY"):
        find("10.1/x", "semantic-scholar", 1)


def test_a_key_goes_into_its_header_and_a_wrong_one_is_told(server, environment, monkeypatch):
    """The address, which is recorded beside a review, does not hold it."""
    monkeypatch.setenv("LITREVIEW_S2_KEY", "s2-secret")
    monkeypatch.setenv("LITREVIEW_OPENALEX_KEY", "alex-secret")
    server.answer = lambda path: Reply(b"{}", 403, "application/json")

    for provider, variable in (("semantic-scholar", "S2"), ("openalex", "OPENALEX")):
        with pytest.raises(gate.RefusedError, match=f"check the key in LITREVIEW_{variable}_KEY"):
            find("10.1000/x", provider, 1)
    assert "secret" not in server.requests[0]
    assert "api_key=alex-secret" in server.requests[1]


def test_no_key_in_the_record_of_a_search(server, environment, monkeypatch):
    """`searches.jsonl` is committed and published."""
    monkeypatch.setenv("LITREVIEW_OPENALEX_KEY", "alex-secret")
    work = {"id": "https://openalex.org/W1234567", "title": "T", "doi": "https://doi.org/10.1000/x"}
    server.answer = lambda path: body(work)

    result = find("10.1000/x", "openalex", 1)

    assert "alex-secret" in server.requests[0]
    assert "alex-secret" not in json.dumps([exchange.url for exchange in result.exchanges])


def test_crossref_reads_retraction_from_the_work_and_not_from_its_notice(scholar):
    """The work carries `updated-by`; `update-to` stands on the notice."""
    (work,) = find("10.1016/s0140-6736(97)11096-0", "doi", 1).sources
    (notice,) = find("10.1016/s0140-6736(10)60175-4", "doi", 1).sources

    assert work.withdrawn
    assert work.notes[0].startswith("it was retracted (notice: https://doi.org/10.1016/")
    assert not work.title.startswith("RETRACTED")
    assert not notice.withdrawn
    assert (
        "the notice of the retraction of https://doi.org/10.1016/s0140-6736(97)11096-0"
        in (notice.notes[0])
    )


@pytest.mark.parametrize(
    ("update", "withdrawn", "told"),
    [
        ({"type": "retraction", "DOI": "10.5555/n"}, True, "it was retracted"),
        ({"type": "withdrawal", "DOI": "10.5555/n"}, True, "it was retracted"),
        ({"type": "expression-of-concern", "DOI": "10.5555/n"}, False, "an expression of concern"),
        ({"type": "correction", "DOI": "10.5555/n"}, False, "a correction has been published"),
        ({"type": "new_version", "DOI": "10.5555/n"}, False, ""),
    ],
)
def test_what_has_happened_to_a_work_is_told(update, withdrawn, told):
    """Only a retraction takes a work out; the rest a reader has to know."""
    source = crossref.to_source({"DOI": "10.5555/w", "title": ["T"], "updated-by": [update]})

    assert source.withdrawn is withdrawn
    assert any(note.startswith(told) for note in source.notes) if told else not source.notes


def test_openalex_says_what_is_retracted():
    """A second witness where Crossref has not heard of it."""
    item = {"id": "https://openalex.org/W1", "title": "T", "is_retracted": True}

    assert openalex.to_source(item).withdrawn
    assert openalex.to_source(item).notes == ("it was retracted, says OpenAlex",)


def test_markup_within_a_word_does_not_split_it():
    """CO₂ is one word, and so is a name in italics with a comma behind it."""
    source = crossref.to_source(
        {"DOI": "10.1/x", "title": ["On CO<sub>2</sub> &amp; <i>E. coli</i>, again"],
         "abstract": "&lt;p&gt;Escaped &amp;amp; twice.&lt;/p&gt;"}
    )  # fmt: skip

    assert source.title == "On CO2 & E. coli, again"
    assert source.abstract == "Escaped & twice."


def test_data_of_zenodo_and_others_come_from_datacite(scholar):
    """Crossref does not know them, and students cite them."""
    (source,) = find("10.11588/ijodr.2016.1.24953", "datacite", 1).sources

    assert source.title.startswith("Long-term treatment effects of imagery rehearsal therapy")
    assert source.families[0] == "Van Schagen"
    assert (source.year, source.provider) == (2016, "datacite")


def test_any_agency_answers_by_content_negotiation(scholar, server):
    """mEDRA, JaLC, KISTI …: where Crossref has nothing, doi.org leads to the right one."""
    found = doi.by_doi("10.3917/puf.tsch.2007.01.0087", _fetcher())

    assert server.requests == [
        "/crossref/10.3917/puf.tsch.2007.01.0087", "/doi/10.3917/puf.tsch.2007.01.0087",
    ]  # fmt: skip
    assert (found.provider, found.doi) == ("doi", "10.3917/puf.tsch.2007.01.0087")
    assert found.title.startswith("Harry Potter à l’école")
    assert (found.year, found.details["type"], found.details["page"]) == (2007, "chapter", "87")


@pytest.mark.parametrize("name", ["10.5281/zenodo.1", "10.1000/nowhere"])
def test_a_doi_that_nobody_knows_is_told_after_two_requests(scholar, server, name):
    """The agency that the prefix belongs to, and doi.org for all others."""
    with pytest.raises(NothingFoundError, match=f"does not know the DOI {name}, nor does any"):
        find(name, "doi", 1)
    assert len(server.requests) == 2


def test_the_anthology_gives_the_abstract_of_its_page(scholar):
    """The description of the page is its authors; the abstract stands in a block of its own."""
    (source,) = find("https://aclanthology.org/2021.naacl-main.208.pdf", "acl", 1).sources

    assert source.title == "How many data points is a prompt worth?"
    assert source.abstract.startswith("When fine-tuning pretrained models for classification")
    assert source.doi == "10.18653/v1/2021.naacl-main.208"
    assert source.pdf_url == "https://aclanthology.org/2021.naacl-main.208.pdf"
    assert source.url == "https://aclanthology.org/2021.naacl-main.208/"


def test_openreview_says_what_became_of_a_submission(scholar):
    """A rejected one is a source like any preprint, and the reader has to know."""
    found = openreview.by_id("IefMMX12yk", _fetcher())

    assert found is not None
    assert found.title == "Lightweight Graph Neural Network Search with Graph Sparsification"
    assert found.authors[:2] == ("Beini Xie", "Heng Chang")
    assert (found.year, found.venue) == (2024, "Submitted to ICLR 2024")
    assert found.notes == ("it was submitted and not accepted, says OpenReview",)


def test_older_submissions_are_in_the_first_interface(server, environment):
    """Before 2023 the values stand there themselves, not in an object each."""
    note = {"id": "YicbFdNTTy", "forum": "YicbFdNTTy", "cdate": 1601308283000,
            "content": {"title": "An Image", "authors": ["A. Dosovitskiy"], "abstract": "While.",
                        "venue": "ICLR 2021 Oral"}}  # fmt: skip
    server.answer = lambda path: body({"notes": [note] if "-v1" in path else []})

    found = openreview.by_id("YicbFdNTTy", _fetcher())

    assert found is not None
    assert (found.title, found.authors, found.year) == ("An Image", ("A. Dosovitskiy",), 2021)


def test_a_model_names_the_paper_of_its_card(server, environment):
    """Whoever pastes a model may mean the paper."""
    server.answer = lambda path: body(
        {"id": "google-bert/bert-base-uncased", "author": "google-bert",
         "createdAt": "2022-03-02T23:29:04.000Z", "tags": ["arxiv:1810.04805", "license:x"]}
    )  # fmt: skip
    kind, name = huggingface.repository("https://huggingface.co/google-bert/bert-base-uncased")
    found = huggingface.by_name(kind, name, _fetcher())

    assert found is not None
    assert server.requests == ["/huggingface/api/models/google-bert/bert-base-uncased"]
    assert (found.title, found.year) == ("google-bert/bert-base-uncased", 2022)
    assert "arXiv:1810.04805" in found.notes[0]
    assert huggingface.repository("https://huggingface.co/blog/rlhf") == ("", "")
    assert huggingface.repository("https://huggingface.co/datasets/squad") == ("datasets", "squad")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("978-0-262-03561-3", "9780262035613"), ("ISBN 0-262-03384-4", "0262033844"),
        ("978-0-262-03561-4", ""), ("1706.03762", ""), ("10.1000/182", ""),
        ("080442957X", "080442957X"),
    ],
)  # fmt: skip
def test_an_isbn_is_known_by_its_check_digit(text, number):
    """A telephone number is none."""
    assert isbn.find_isbn(text) == number


PROVIDERS = {
    "openalex": openalex.to_source, "semantic-scholar": semantic_scholar.to_source,
    "crossref": crossref.to_source, "datacite": datacite.to_source,
    "openreview": openreview.to_source,
}  # fmt: skip


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("odd", [None, 3, "x", [], {}, [None], [3], [{}], {"a": 1}, [["x"]]])
def test_odd_values_cost_only_themselves(provider, odd):
    """An interface that changes must not end in a traceback."""
    fields = (
        "id", "doi", "DOI", "title", "display_name", "authorships", "authors", "author", "creators",
        "titles", "abstract", "abstract_inverted_index", "descriptions", "primary_location",
        "locations", "best_oa_location", "publication_year", "publicationYear", "year", "issued",
        "externalIds", "journal", "openAccessPdf", "publicationTypes", "biblio", "container",
        "publisher", "dates", "types", "container-title", "updated-by", "update-to", "subtitle",
        "institution", "content", "forum", "cdate", "citationCount", "cited_by_count", "URL", "url",
    )  # fmt: skip
    for name in fields:
        assert isinstance(PROVIDERS[provider]({"title": "T", name: odd}), Source)


SMALLEST = {
    "openalex": openalex.to_source({"title": "A small work"}),
    "semantic-scholar": semantic_scholar.to_source({"title": "A small work"}),
    "crossref": crossref.to_source({"title": ["A small work"]}),
    "datacite": datacite.to_source({"titles": [{"title": "A small work"}]}),
    "openreview": openreview.to_source({"id": "x", "content": {"title": "A small work"}}),
    "bibtex": read("@misc{k, title={A small work}}").sources[0],
}


@pytest.mark.parametrize("provider", SMALLEST)
def test_the_smallest_record_of_each_survives_all_that_comes_after(tmp_path, provider):
    """Log, check, export, draft: what one writes the next must read."""
    from click.testing import CliRunner

    from litreview.actions.draft import write_sources
    from litreview.cli.check import command as check
    from litreview.cli.export import command as export_command
    from litreview.providers import searchlog
    from litreview.providers.result import SearchResult
    from litreview.works.query import Query

    readme = tmp_path / "README.md"
    readme.write_text("# R\n")
    source = SMALLEST[provider]
    for _ in range(2):
        report = write_sources(readme, [source])
        result = SearchResult(provider, Query(text="small"), "small", (source,), 1)
        searchlog.record_search(readme, result, limit=1, included={source.identity})
    assert report.sources[0].outcome.action == "unchanged"
    assert len(searchlog.log_path(readme).read_text().splitlines()) == 1
    (record,) = searchlog.read_searches(readme)
    assert record.sources[0].title == "A small work"

    checked = CliRunner().invoke(check, [str(readme)])
    exported = CliRunner().invoke(export_command, [str(readme)])
    assert not checked.exception or isinstance(checked.exception, SystemExit)
    assert exported.exit_code == 0
    assert "title = {A small work}" in exported.stdout
    assert read(export([source], "ris")).sources[0].title == "A small work"


FAULTS = {
    "html": (Reply(b"<html>maintenance</html>", 200, "text/html"), "not what its interface"),
    "list": (Reply(b"[]", 200, "application/json"), "not what its interface"),
    "half": (Reply(b'{"id": ', 200, "application/json"), "not what its interface"),
    "deep": (Reply(b"[" * 50_000, 200, "application/json"), "not what its interface"),
    "cut": (Reply(b"{", 200, "application/json", claim_bytes=1000), "was cut before"),
    "error": (Reply(b"oops", 500, "text/plain"), "an error of its own"),
    "busy": (Reply(b"", 429, "text/plain"), "takes no more requests"),
    "refused": (Reply(b"no", 400, "text/plain"), "refuses the request"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize(
    ("provider", "query", "name"),
    [
        ("openalex", "10.1000/x", "OpenAlex"),
        ("semantic-scholar", "10.1000/x", "Semantic Scholar"),
        ("crossref", "10.1000/x", "Crossref"),
        ("datacite", "10.1000/x", "DataCite"),
        ("openreview", "https://openreview.net/forum?id=abcdefgh", "OpenReview"),
        ("acl", "https://aclanthology.org/N19-1423", "the ACL Anthology"),
    ],
)
def test_each_fault_of_each_service_has_its_sentence(
    server, environment, provider, query, name, fault
):
    """Who, what, and what to do; an answer like that is not kept."""
    reply, sentence = FAULTS[fault]
    if provider == "acl" and sentence.startswith("not what"):
        sentence = "has no page of the usual form"
    server.answer = lambda path: reply

    with pytest.raises(gate.FetchError, match=sentence) as caught:
        find(query, provider, 1)
    assert name in str(caught.value)
    asked = len(server.requests)
    with pytest.raises(gate.FetchError):
        find(query, provider, 1)
    assert len(server.requests) > asked
