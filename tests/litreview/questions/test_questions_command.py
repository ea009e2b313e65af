"""`litreview questions` over files, READMEs and works of arXiv, through a real server."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner
from replay_server import ReplayServer, Reply

from litreview.cli.questions import command
from litreview.errors import UserError
from litreview.papers.remote import obtain, paper_of_abstract
from litreview.questions.render import as_markdown, as_text
from litreview.questions.totals import Work, sizes, totals, work_of
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings
from litreview.works.source import Source

ADVERSARIAL = Path(os.environ.get("COURSEKIT_DATA", "../shared/data")) / "fulltext" / "adversarial"
PAGE = (
    "<html><body><h1>Weather</h1><h2>2 Data</h2>"
    "<p>Our corpus contains 4,200 weather reports in CSV format.</p>"
    + "<p>Nothing more is said in this sentence.</p>" * 50
    + "<h2>3 Model</h2><p>We fine-tune the pretrained GBERT on them.</p></body></html>"
).encode()


def source(abstract: str, **values) -> Source:
    return Source("A title", ("Ada Lovelace", "A. T."), 2020, "https://x.org/1", abstract, **values)


def work(abstract: str, name: str = "arxiv:1") -> Work:
    from litreview.papers.remote import Obtained

    one = source(abstract)
    return work_of(Obtained(paper_of_abstract(one), "abstract"), name=name, title="A title",
                   source=one)  # fmt: skip


def by_question(data: dict) -> dict[str, dict]:
    return {answer["question"]: answer for answer in data["answers"]}


def test_a_file_is_answered_in_the_promised_shape(tmp_path):
    """One work is one object, so that other programs can read it."""
    (tmp_path / "paper.html").write_bytes(PAGE)
    result = CliRunner().invoke(command, ["--file", str(tmp_path / "paper.html"), "--json"])
    data = json.loads(result.stdout)
    assert (data["source"], data["read"], data["title"]) == (
        str(tmp_path / "paper.html"), "html", "Weather"
    )  # fmt: skip
    found = by_question(data)
    assert list(found) == ["models", "format", "amount", "pretrained"]
    assert found["amount"] == {
        "question": "amount",
        "stated": True,
        "values": ["4,200 weather reports"],
        "evidence": [
            {"quote": "Our corpus contains 4,200 weather reports in CSV format.",
             "where": "2 Data", "own": True}
        ],
    }  # fmt: skip
    assert found["pretrained"]["values"] == ["GBERT"]


@pytest.mark.parametrize(
    ("missing", "kinds", "read"),
    [
        (0, ["text/html"], "html"),
        (1, ["text/html", "ar5iv/html"], "html"),
        (2, ["text/html", "ar5iv/html", "text/e-print"], "latex"),
        (4, ["text/html", "ar5iv/html", "text/e-print", "text/pdf"], "abstract"),
    ],
)
def test_arxiv_is_asked_for_the_best_form_first(
    server: ReplayServer, environment, missing, kinds, read
):
    """HTML, ar5iv's, the source, the PDF; if nothing is open, the abstract with the reason."""
    tex = rb"\begin{document}\section{Model}We fine-tune BERT on 900 books.\end{document}"
    page = Reply(PAGE, content_type="text/html")
    bodies = [page, page, Reply(tex, content_type="text/plain")]
    server.script = [Reply(b"none", 404)] * missing + bodies[missing : missing + 1]
    with Fetcher(Settings.from_environment()) as fetcher:
        obtained = obtain(source("We train BERT.", arxiv_id="2101.00001"), fetcher)
    assert server.requests == [f"/{kind}/2101.00001" for kind in kinds]
    assert obtained.read == read
    assert bool(obtained.reason) == (read == "abstract")


def test_a_landing_page_is_no_paper(server: ReplayServer, environment):
    """An address of a PDF may lead to a page that only speaks of it."""
    server.script = [Reply(b"<html><p>Buy this article now.</p></html>", content_type="text/html")]
    with Fetcher(Settings.from_environment()) as fetcher:
        obtained = obtain(source("We train BERT.", pdf_url=f"{server.url}/x.pdf"), fetcher)
    assert (obtained.read, "not its text" in obtained.reason) == ("abstract", True)


def test_open_copies_that_unpaywall_knows_are_read(
    server: ReplayServer, environment, monkeypatch: pytest.MonkeyPatch
):
    """The registry's copy first; then Unpaywall's best place, its PDF before its page."""
    monkeypatch.setenv("LITREVIEW_MAILTO", "ada@example.org")
    known = {
        "doi": "10.1/x",
        "best_oa_location": {"url_for_pdf": None, "url": f"{server.url}/best"},
        "oa_locations": [{"url_for_pdf": f"{server.url}/other.pdf", "url": "javascript:alert(1)"}],
    }
    server.script = [
        Reply(b"gone", 404),
        Reply(json.dumps(known).encode(), content_type="application/json"),
        Reply(b"<html><p>Buy it.</p></html>", content_type="text/html"),
        Reply(PAGE, content_type="text/html"),
    ]
    with Fetcher(Settings.from_environment()) as fetcher:
        obtained = obtain(source("", doi="10.1/x", pdf_url=f"{server.url}/own.pdf"), fetcher)
    assert obtained.read == "html"
    assert server.requests == [
        "/own.pdf", "/unpaywall/10.1/x?email=ada%40example.org", "/best", "/other.pdf"
    ]  # fmt: skip


def test_unpaywall_is_not_asked_by_nobody(server: ReplayServer, environment):
    """It wants a contact; without one a work with a DOI alone is read from its abstract."""
    with Fetcher(Settings.from_environment()) as fetcher:
        obtained = obtain(source("We train BERT.", doi="10.1/x"), fetcher)
    assert (obtained.read, obtained.reason) == ("abstract", "no open text is known of it")
    assert server.requests == []


def test_no_network_is_said_and_the_abstract_is_read(server: ReplayServer, environment):
    """One sentence, and what is at hand is used."""
    server.script = [Reply(status=503)] * 10
    with Fetcher(Settings.from_environment(offline=True)) as fetcher:
        obtained = obtain(source("We train BERT.", arxiv_id="2101.00001"), fetcher)
    assert obtained.read == "abstract"
    assert "--offline" in obtained.reason


def test_not_stated_and_not_read_are_two_things(tmp_path):
    """A reader must know whether the paper is silent or was never seen."""
    (tmp_path / "paper.html").write_bytes(
        PAGE.replace(b"We fine-tune the pretrained GBERT on them", b"None")
    )
    whole = CliRunner().invoke(command, ["--file", str(tmp_path / "paper.html")])
    assert "not stated in the paper" in whole.stdout
    assert "not stated in the abstract; the paper was not read" in as_text([work("We think.")])


def test_a_book_is_looked_through_in_part_and_says_so(monkeypatch: pytest.MonkeyPatch):
    """Time is bounded whatever somebody calls a paper."""
    for module in ("answers", "totals"):
        monkeypatch.setattr(f"litreview.questions.{module}.MAX_SENTENCES", 3)
    long = work("One is said. Two is said. We train BERT. We train GPT-2.")
    assert long.answers["models"].values == ("BERT",)
    assert long.notes == (
        "it is longer than a paper, so answers were looked for in its first 3 sentences",
    )


def test_totals_count_works_and_not_mentions():
    """Two of three means two works, however often each says it."""
    works = [work("We train BERT. Our BERT is BERT."), work("We use BERT and train GPT-2."),
             work("We think.")]  # fmt: skip
    assert [(t.value, t.works) for t in totals(works, "models")] == [
        ("BERT", (0, 1)),
        ("GPT-2", (1,)),
    ]
    assert "BERT in 2 of 3; GPT-2 in 1 of 3" in as_text(works)


def test_sizes_are_compared_in_one_unit():
    """The largest amount of each work, smallest, median and largest over the works."""
    works = [
        work("We train BERT on 2,000 sentences."),
        work("We train BERT on 1.2 M sentences."),
        work("We train BERT on 18,000 sentences and 300 sentences."),
    ]
    (one,) = sizes(works)
    assert (one.unit, one.smallest, one.median, one.largest) == ("sentence", 2e3, 18e3, 1.2e6)
    assert "from 2,000 to 1.2 M sentences, median 18,000 (3 works)" in as_text(works)


def test_markdown_totals_open_to_their_quotes():
    """A number without its quotes could not be checked."""
    text = as_markdown([work("We train BERT on tweets."), work("We think.")])
    assert "<details><summary>BERT in 1 of 2</summary>" in text
    assert "- Lovelace et al. 2020, A title: “We train BERT on tweets.” (Abstract)" in text


def test_sizes_open_to_their_quotes():
    """The smallest, the median and the largest set are a number as well."""
    works = [work("We train BERT on 4,200 tweets."), work("We train BERT on 900 tweets.")]
    lines = as_markdown(works).splitlines()
    at = lines.index("<details><summary>from 900 to 4,200 tweets, median 2,550 (2 works)</summary>")
    assert lines[at + 2 : at + 4] == [
        "- Lovelace et al. 2020, A title: “We train BERT on 4,200 tweets.” (Abstract)",
        "- Lovelace et al. 2020, A title: “We train BERT on 900 tweets.” (Abstract)",
    ]


def test_a_hostile_abstract_does_not_leave_its_cell():
    """Titles and quotes go into a table that others render."""
    text = as_markdown([work("We train BERT | <script>alert(1)</script> | [x](javascript:1).")])
    assert "<script" not in text
    rows = [line for line in text.splitlines() if line.startswith("| Lovelace")]
    assert all(row.replace(r"\|", "").count("|") == 4 for row in rows)


@pytest.mark.skipif(not ADVERSARIAL.is_dir(), reason=f"{ADVERSARIAL} is missing: not public")
def test_made_up_traps_are_read_as_a_reader_sees_them():
    """White text, scripts and orders to the reader change nothing; encryption is said."""
    for line in (ADVERSARIAL / "expected.jsonl").read_text("utf-8").splitlines():
        trap = json.loads(line)
        if trap["file"].endswith("pdf"):
            pytest.importorskip("pypdfium2")
        arguments = ["--file", str(ADVERSARIAL / trap["file"]), "--json"]
        if "answers" not in trap:
            result = CliRunner().invoke(command, arguments)
            assert isinstance(result.exception, UserError)
            assert "encrypted" in str(result.exception)
            continue
        result = CliRunner().invoke(command, arguments)
        assert not [word for word in trap["forbidden"] if word in result.stdout]
        found = by_question(json.loads(result.stdout))
        for question, expected in trap["answers"].items():
            quotes = " ".join(item["quote"] for item in found[question]["evidence"])
            words = [word for word in ("GBERT", "CSV", "4,200", "checkpoint") if word in expected]
            assert all(word in quotes for word in words), (question, quotes)


def test_nothing_to_read_is_a_question_back():
    """Neither a name nor a file nor a query would be a guess."""
    assert CliRunner().invoke(command, []).exit_code == 2


def test_the_sources_of_a_readme_are_read(tmp_path, server: ReplayServer, environment):
    """What the reading list knows needs no lookup; the rest is named."""
    server.answer = lambda path: Reply(b"none", 404, "text/plain")
    readme = tmp_path / "README.md"
    readme.write_text(
        "- **Source 1**: BERT\n  - https://arxiv.org/abs/1810.04805\n  - **Methods**: x\n\n"
        "- **Source 2**: A blog\n  - https://x.org/blog\n  - **Methods**: x\n"
    )
    result = CliRunner().invoke(command, [str(readme), "--provider", "reading-list", "--json"])
    data = json.loads(result.stdout)
    assert (data["source"], data["read"]) == ("arxiv:1810.04805", "abstract")
    assert "BERT" in by_question(data)["models"]["values"]
    assert "A blog" in result.stderr


def test_a_search_is_answered_from_recorded_abstracts(
    arxiv_server: ReplayServer, environment: dict[str, str]
) -> None:
    """Real abstracts, LaTeX and all, through the same client as a search."""
    arguments = ["-q", "language models", "-n", "20", "--abstracts-only", "--json"]
    data = json.loads(CliRunner().invoke(command, arguments).stdout)
    assert len(data["works"]) == 20
    assert {work["read"] for work in data["works"]} == {"abstract"}
    assert 0 < data["totals"]["models"]["answered"] < 20
