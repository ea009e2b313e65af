"""Whatever a student pastes into `add` ends in the right work, a choice, or one sentence."""

from __future__ import annotations

import json
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from replay_server import ReplayServer, Reply

from litreview.actions.add import add
from litreview.actions.resolving.addresses import normal_address
from litreview.actions.resolving.complete import with_abstract
from litreview.actions.resolving.lookup import look_up
from litreview.actions.resolving.resolve import AmbiguousError, resolve
from litreview.errors import UserError
from litreview.providers.result import NothingFoundError
from litreview.providers.searchlog import read_searches
from litreview.works.source import Source

SICI = "10.1002/(sici)1096-9861(19960129)365:1<113::aid-cne9>3.0.co;2-6"
WORKS = {
    "10.1101/2020.03.22.002386": "A Protein Interaction Map",
    "10.3389/frai.2020.00004": "Language Models in AI",
    "10.1007/s00521-020-05102-3": "A Neural Application",
    "10.18653/v1/n19-1423": "BERT: Pre-training of Deep Bidirectional Transformers",
    "10.1016/j.x.2023.04.016": "Nature-based Solutions",
    "10.1000/one": "Attention in Trees: A First Look",
    "10.1000/two": "Attention in Trees: A Second Look",
    "10.1000/odd": "Graphs, and the Words Between Them",
    SICI: "An Old Paper",
}
PAGES = {
    "http://blog.test/post": "<title>Attention, drawn | My Blog</title><meta name=author "
    "content='Ann Lee'><meta property=og:site_name content='My Blog'>",
    "http://wall.test/a": "<title>Just a moment...</title>",
    "http://journal.test/article": "<meta name=citation_title content='Language Models in AI'>"
    "<meta name=citation_doi content='10.3389/frai.2020.00004'>",
    "http://journal.test/new": "<meta name=citation_title content='Too New'>"
    "<meta name=citation_doi content='10.1000/too-new'><meta name=citation_author content='A B'>",
}


def message(value: object) -> Reply:
    return Reply(json.dumps({"message": value}).encode(), 200, "application/json")


def work(doi: str, title: str) -> dict[str, object]:
    return {"DOI": doi, "title": [title], "author": [{"given": "Ann", "family": "Author"}],
            "issued": {"date-parts": [[2020]]}, "type": "journal-article"}  # fmt: skip


def world(path: str) -> Reply:
    """A Crossref with a few works, and a few pages, which come through a proxy."""
    if path in PAGES:
        return Reply(PAGES[path].encode(), 200, "text/html")
    parts = urlsplit(path)
    values = {name: found[0] for name, found in parse_qs(parts.query).items()}
    if parts.path == "/crossref" and "filter" in values:
        known = {"alternative-id:S146290112300117X": "10.1016/j.x.2023.04.016"}
        dois = [known[values["filter"]]] if values["filter"] in known else []
        return message({"items": [work(doi, WORKS[doi]) for doi in dois]})
    if parts.path == "/crossref":
        words = set(values["query.bibliographic"].lower().split())
        near = [work(doi, title) for doi, title in WORKS.items()
                if len(words & set(title.lower().replace(":", "").split())) > 1]  # fmt: skip
        return message({"items": near, "total-results": len(near)})
    doi = unquote(parts.path).removeprefix("/crossref/").lower()
    if parts.path.startswith("/crossref/") and doi in WORKS:
        return message(work(doi, WORKS[doi]))
    return Reply(b"Resource not found.", 404, "text/plain")


@pytest.fixture
def shelf(server: ReplayServer, environment, monkeypatch) -> ReplayServer:
    server.answer = world
    monkeypatch.setenv("http_proxy", server.url)
    return server


@pytest.mark.parametrize(
    ("pasted", "identity"),
    [
        ("10.3389/FRAI.2020.00004", "doi:10.3389/frai.2020.00004"),
        ("doi: 10.3389/frai.2020.00004.", "doi:10.3389/frai.2020.00004"),
        ("https://doi.org/10.3389/frai.2020.00004", "doi:10.3389/frai.2020.00004"),
        (SICI.upper(), f"doi:{SICI}"),
        ("http://www.biorxiv.org/content/10.1101/2020.03.22.002386v3",
         "doi:10.1101/2020.03.22.002386"),
        ("http://www.frontiersin.org/articles/10.3389/frai.2020.00004/full",
         "doi:10.3389/frai.2020.00004"),
        ("http://link.springer.com/article/10.1007/s00521-020-05102-3/fulltext.html",
         "doi:10.1007/s00521-020-05102-3"),
        ("aclanthology.org/N19-1423.pdf", "doi:10.18653/v1/n19-1423"),
        ("https://www.sciencedirect.com/science/article/abs/pii/S146290112300117X?via%3Dihub",
         "doi:10.1016/j.x.2023.04.016"),
        ("http://blog.test/post", "url:https://blog.test/post"),
        ("http://journal.test/article", "doi:10.3389/frai.2020.00004"),
        ("Graphs and the words between them", "doi:10.1000/odd"),
        ("“Attention in Trees: A Second Look”", "doi:10.1000/two"),
        ("https://www.researchgate.net/publication/12_Graphs_and_the_Words_Between_Them",
         "doi:10.1000/odd"),
    ],
)  # fmt: skip
def test_what_is_pasted_leads_to_the_work(shelf, fetcher, pasted, identity):
    """From an identifier over the page to the registry."""
    assert resolve(pasted, fetcher).identity == identity


def test_what_may_be_several_works_is_a_choice(shelf, fetcher):
    """The first that comes would often be the wrong one."""
    with pytest.raises(AmbiguousError, match="may be one of 2 works") as caught:
        resolve("Attention in Trees", fetcher)

    assert [source.doi for source in caught.value.choices] == ["10.1000/one", "10.1000/two"]
    assert "  1. Attention in Trees: A First Look (Ann Author; 2020) 10.1000/one" in str(
        caught.value
    )


@pytest.mark.parametrize(
    ("pasted", "kind", "sentence"),
    [
        ("10.1000/nothing", NothingFoundError, "does not know the DOI 10.1000/nothing"),
        ("http://wall.test/a", UserError, "asks whether a person is there"),
        ("http://gone.test/a", UserError, "there is no such page"),
        ("A title that nobody has ever given", NothingFoundError, "no registry has a work called"),
        ("attention", UserError, "neither an arXiv id"),
        ("978-0-262-03561-3", UserError, "978-0-262-03561-3"),
        ("https://openreview.net/forum?id=YicbFdNTTy", UserError, "OpenReview"),
    ],
)
def test_what_leads_nowhere_is_one_sentence(shelf, fetcher, pasted, kind, sentence):
    """Said is what was asked and what would help."""
    with pytest.raises(kind, match=sentence) as caught:
        resolve(pasted, fetcher)
    assert "\n" not in str(caught.value)


def test_a_page_that_the_registries_do_not_know_yet_is_kept(shelf, fetcher):
    """A paper of this morning has a page before it has a record."""
    source = resolve("http://journal.test/new", fetcher)

    assert (source.title, source.doi) == ("Too New", "10.1000/too-new")
    assert source.notes == ("read from its page alone; no registry knows 10.1000/too-new",)


@pytest.mark.parametrize(
    ("pasted", "page"),
    [
        ("https://proceedings.mlr.press/v97/houlsby19a/houlsby19a.pdf",
         "https://proceedings.mlr.press/v97/houlsby19a.html"),
        ("https://papers.nips.cc/paper_files/paper/2017/file/3f5ee243547dee91fbd053c1c4a845aa"
         "-Paper.pdf", "https://papers.nips.cc/paper_files/paper/2017/hash/"
         "3f5ee243547dee91fbd053c1c4a845aa-Abstract.html"),
        ("https://openaccess.thecvf.com/content/CVPR2021/papers/X_Y_CVPR_2021_paper.pdf",
         "https://openaccess.thecvf.com/content/CVPR2021/html/X_Y_CVPR_2021_paper.html"),
        ("https://www.jmlr.org/papers/volume3/bengio03a/bengio03a.pdf",
         "https://www.jmlr.org/papers/v3/bengio03a.html"),
        ("https://ieeexplore.ieee.org/stamp/stamp.jsp?tp=&arnumber=726791",
         "https://ieeexplore.ieee.org/document/726791"),
        ("https://www.jstor.org/stable/1593514?Search=yes", "https://doi.org/10.2307/1593514"),
        ("https://papers.ssrn.com/sol3/papers.cfm?abstract_id=1450387",
         "https://doi.org/10.2139/ssrn.1450387"),
        ("https://youtu.be/kCc8FmEb1nY?t=10", "https://www.youtube.com/watch?v=kCc8FmEb1nY"),
        ("github.com/karpathy/nanoGPT/blob/master/model.py", "https://github.com/karpathy/nanoGPT"),
        ("aclanthology.org/N19-1423", "https://aclanthology.org/N19-1423"),
        ("a sentence / with a slash", "a sentence / with a slash"),
    ],
)  # fmt: skip
def test_a_file_is_known_by_the_page_beside_it(pasted, page):
    """A PDF says too little about itself, and the page next to it everything."""
    assert normal_address(pasted) == page


def test_one_bad_name_does_not_cost_the_others(shelf, tmp_path):
    """Five of six were good, and five are written."""
    readme = tmp_path / "README.md"
    readme.write_text("# Review\n")

    added = add(readme, ["10.1000/one", "http://wall.test/a", "10.1000/two"])

    assert [drafted.outcome.action for drafted in added.report.sources] == ["added", "added"]
    assert len(added.failures) == 1
    assert "http://wall.test/a" in str(added.failures[0])
    text = readme.read_text()
    assert "A First Look" in text
    assert "A Second Look" in text


def test_what_is_added_is_recorded_once_and_exported_with_its_authors(shelf, tmp_path):
    """A search, a paste and an import leave the same record."""
    from click.testing import CliRunner

    from litreview.cli.export import command

    readme = tmp_path / "README.md"
    readme.write_text("# Review\n")
    add(readme, ["10.1000/odd"])
    add(readme, ["10.1000/odd"])

    (record,) = read_searches(readme)
    assert (record.provider, record.query, record.included) == (
        "add", "10.1000/odd", ["doi:10.1000/odd"],
    )  # fmt: skip
    assert record.counts == {"identified": 1, "deduplicated": 1, "screened": 1, "included": 1}
    exported = CliRunner().invoke(command, [str(readme)])
    assert "author = {Author, Ann}" in exported.stdout
    assert "year = {2020}" in exported.stdout


def test_a_choice_can_be_made(shelf, tmp_path):
    """On a terminal the user is asked; here the second one is meant."""
    readme = tmp_path / "README.md"
    readme.write_text("# Review\n")

    added = add(readme, ["Attention in Trees"], choose=lambda error: error.choices[1])

    assert [d.outcome.source.doi for d in added.report.sources] == ["10.1000/two"]


def test_ids_of_arxiv_are_asked_for_together(arxiv_server, fetcher):
    """Ten works are one request, as arXiv asks."""
    names = ["1707.08567", "https://arxiv.org/abs/1801.00001"]
    list(look_up(names, fetcher))

    asked = [unquote(path) for path in arxiv_server.requests if "id_list=" in path]
    assert "id_list=1707.08567,1801.00001" in asked[0]


def test_the_abstract_comes_from_the_next_who_has_one(server, environment, fetcher):
    """And the reader is told whose it is."""

    def answer(path: str) -> Reply:
        if path.startswith("/openalex/"):
            return Reply(
                b'{"id": "https://openalex.org/W1", "title": "T"}', 200, "application/json"
            )
        if path.startswith("/s2/paper/DOI:10.1000/x"):
            found = {"paperId": "a" * 40, "title": "T", "abstract": "We do."}
            return Reply(json.dumps(found).encode(), 200, "application/json")
        return Reply(b"", 404, "text/plain")

    server.answer = answer
    source = Source("T", ("A B",), 2020, "https://doi.org/10.1000/x", "", doi="10.1000/x",
                    provider="crossref")  # fmt: skip
    found = with_abstract(source, fetcher)

    assert found.abstract == "We do."
    assert found.notes == ("its abstract is from Semantic Scholar",)
    assert f"s2:{'a' * 40}" in found.aliases


def test_a_retraction_that_only_one_registry_knows_is_heard(server, environment, fetcher):
    """Crossref had not been told yet, and OpenAlex was."""
    item = {"id": "https://openalex.org/W1", "title": "T", "is_retracted": True}
    server.answer = lambda path: Reply(json.dumps(item).encode(), 200, "application/json")
    source = Source("T", (), 2020, "", "", doi="10.1000/x", provider="crossref")

    assert with_abstract(source, fetcher).withdrawn
