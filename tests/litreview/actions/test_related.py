"""From one good source to the next: what cites it, and what it cites."""

from __future__ import annotations

import json
from urllib.parse import unquote

import pytest
from click.testing import CliRunner
from replay_server import Reply

from litreview.actions.draft import draft
from litreview.actions.related import related
from litreview.cli.related import command
from litreview.providers.result import NothingFoundError
from litreview.works.reading_list import works


def body(value: object) -> Reply:
    return Reply(json.dumps(value).encode(), 200, "application/json")


def alex(number: int, title: str) -> dict[str, object]:
    return {"id": f"https://openalex.org/W{number}", "title": title, "publication_year": 2021,
            "doi": f"https://doi.org/10.1000/w{number}", "cited_by_count": number}  # fmt: skip


def answer(path: str) -> Reply:
    path = unquote(path)
    if path.startswith("/openalex/https://doi.org/10.48550/arxiv.1706.03762"):
        return body(alex(2626778328, "Attention Is All You Need"))
    if "filter=cites:W2626778328" in path:
        return body({"results": [alex(1000, "BERT"), alex(2000, "Trees for Parsing of Law")]})
    if "filter=cited_by:W2626778328" in path:
        return body({"results": [alex(3000, "Neural Machine Translation")]})
    return Reply(b"", 404, "text/plain")


@pytest.mark.parametrize(
    ("way", "titles"),
    [
        ("cited-by", ["BERT", "Trees for Parsing of Law"]),
        ("references", ["Neural Machine Translation"]),
    ],
)
def test_works_around_one_are_found_by_its_id(server, environment, way, titles):
    """Any name of the work will do; the direction must not be the other one."""
    server.answer = answer

    work, result = related("https://arxiv.org/abs/1706.03762", way)

    assert work.title == "Attention Is All You Need"
    assert [source.title for source in result.sources] == titles
    assert (result.provider, result.compiled) == ("openalex", f"{way} of arxiv:1706.03762")


def test_semantic_scholar_is_asked_where_openalex_has_nothing(server, environment):
    """Preprints of this week are in one of the two."""

    def other(path: str) -> Reply:
        if unquote(path).startswith("/s2/paper/ARXIV:1706.03762/citations"):
            paper = {"paperId": "b" * 40, "title": "A Citing Work", "year": 2026}
            return body({"data": [{"citingPaper": paper}]})
        return Reply(b"", 404, "text/plain")

    server.answer = other
    _, result = related("1706.03762", "cited-by")

    assert [source.title for source in result.sources] == ["A Citing Work"]
    assert result.provider == "semantic-scholar"


def test_nothing_around_a_work_is_said(server, environment):
    """An empty list would look like a fault."""
    with pytest.raises(NothingFoundError, match="OpenAlex does not have"):
        related("1706.03762", "cited-by")


def test_the_project_decides_the_order(server, environment, tmp_path):
    """Of two works that cite it, the one about our subject comes first."""
    server.answer = answer
    (tmp_path / "README.md").write_text("# Parsing of law\n\nWe parse laws into trees.\n")

    shown = CliRunner().invoke(command, ["1706.03762", "--project", str(tmp_path)])
    as_json = CliRunner().invoke(command, ["1706.03762", "--json", "--references"])

    assert shown.stdout.index("Trees for Parsing") < shown.stdout.index("BERT")
    assert json.loads(as_json.stdout)["work"]["arxiv_id"] == "1706.03762"
    assert json.loads(as_json.stdout)["sources"][0]["title"] == "Neural Machine Translation"


def test_a_person_chooses_among_the_works_found(environment, tmp_path):
    """The first five are a program's choice; the team's is better."""
    readme = tmp_path / "README.md"
    readme.write_text("# Review\n")
    offered = []

    def choose(found):
        offered.extend(found)
        return [found[2]]

    report = draft(readme, "language model", provider="reading-list", choose=choose)

    assert len(offered) > 5
    assert [d.outcome.source for d in report.sources] == [offered[2]]
    assert report.candidates[:2] == tuple(offered[:2])
    assert report.to_json()["candidates"][0]["title"] == offered[0].title
    assert offered[2].title in {work.title for work in works()[0]}
