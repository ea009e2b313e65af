"""The tiers of sources, against what the registries really answered."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import date
from functools import cache
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner
from registry_replay import RegistryReplay
from replay_server import ReplayServer, Reply

from litreview.actions.record import read_record
from litreview.actions.verified import read_claims, write_record
from litreview.actions.verify import Verification, verify
from litreview.cli.check import command as check_command
from litreview.cli.verify import command
from litreview.review.claims import Claim
from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings

RETRACTED = "10.1016/s0140-6736(97)11096-0"
REVIEW = """# Literature Review

**Sources**

- **Source 1**: [Ileal-lymphoid-nodular hyperplasia, non-specific colitis](https://doi.org/{retracted})
  - **Objective**: To see.
  - **Methods**: By looking.
  - **Outcomes**: Something.
  - **Relation to the Project**: None.

- **Source 2**: [A blog about cells](https://example.org/blog)
  - **Objective**: To tell.
  - **Methods**: By telling.
  - **Outcomes**: A text.
  - **Relation to the Project**: None at all.
"""  # fmt: skip


recorded_answers = cache(RegistryReplay)  # reading them takes longer than a test


@pytest.fixture
def registries(
    scholar: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[ReplayServer]:
    server = ReplayServer()
    server.answer = recorded_answers(scholar)
    for name, value in RegistryReplay.environment(server.url).items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("LITREVIEW_CACHE_DIR", str(tmp_path / "cache"))
    yield server
    server.stop()


@pytest.fixture
def scholar(data_dir: Path) -> Path:
    folder = data_dir / "scholar"
    if not (folder / "real.jsonl").is_file():
        pytest.skip(f"{folder} has no recorded answers of the registries")
    return folder


def ask(*claims: Claim) -> tuple[Verification, ...]:
    with Fetcher(Settings.from_environment()) as fetcher:
        return verify(claims, fetcher)


def cited(path: Path) -> list[tuple[str, Claim]]:
    found = []
    for line in path.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        source = {name: value for name, value in record["source"].items() if value}
        source["authors"] = tuple(source.get("authors", ()))
        found.append((record["kind"], Claim(**source)))
    return found


@pytest.mark.slow
def test_invented_references_are_found_and_real_ones_are_not_accused(
    registries: ReplayServer, scholar: Path
) -> None:
    invented, real = cited(scholar / "fabricated.jsonl"), cited(scholar / "real.jsonl")
    found = Counter(item.tier != "verified" for item in ask(*(claim for _, claim in invented)))
    accused = [item for item in ask(*(claim for _, claim in real)) if item.tier != "verified"]
    assert found[True] >= 0.97 * len(invented)
    assert len(accused) <= 0.01 * len(real), [item.reason for item in accused]


@pytest.mark.slow
def test_a_source_costs_two_requests_at_most_and_none_on_the_next_day(
    registries: ReplayServer, scholar: Path
) -> None:
    for _, claim in cited(scholar / "fabricated.jsonl"):
        first = len(registries.requests)
        ask(claim)
        assert len(registries.requests) - first <= 2, claim
    first = len(registries.requests)
    for _, claim in cited(scholar / "fabricated.jsonl"):
        ask(claim)
    assert len(registries.requests) == first


def test_a_retracted_work_carries_the_notice_and_the_notice_is_no_retracted_work(
    registries: ReplayServer,
) -> None:
    work, notice, itself = ask(
        Claim(doi=RETRACTED),
        Claim(doi="10.1016/s0140-6736(10)60175-4"),
        Claim(doi="10.1007/s11277-021-09072-0"),
    )
    assert work.tier == "retracted"
    assert work.fails
    assert "on 2010-02-06" in work.reason
    assert "https://doi.org/10.1016/s0140-6736(10)60175-4" in work.reason
    assert work.notes == (
        "there is a correction of 2004-03-06, https://doi.org/10.1016/s0140-6736(04)15715-2",
    )
    assert notice.tier == "verified"
    assert notice.notes == (f"this is a notice about another work, https://doi.org/{RETRACTED}",)
    assert itself.tier == "retracted"


def test_what_differs_is_named_with_what_is_registered(registries: ReplayServer) -> None:
    claim = Claim(
        title="Bats Keep Causal Ear on the Ball",
        authors=("Françoise Chanut",),
        year=2001,
        venue="PLoS Biology",
        url="http://dx.doi.org/10.1371/journal.pbio.0040152",
    )
    (item,) = ask(claim)
    assert (item.tier, item.registry, item.fails) == ("differs", "Crossref", True)
    assert item.url == "https://doi.org/10.1371/journal.pbio.0040152"
    assert [(d.field, d.registered, d.grave) for d in item.differences] == [
        ("title", "Bats Keep Their Ear on the Ball", True),
        ("year", "2006", False),
    ]


def test_a_year_or_a_venue_alone_does_not_fail(registries: ReplayServer) -> None:
    claim = Claim(
        title="Bats Keep Their Ear on the Ball", year=2003, venue="Nature",
        doi="10.1371/journal.pbio.0040152",
    )  # fmt: skip
    (item,) = ask(claim)
    assert [d.field for d in item.differences] == ["year", "venue"]
    assert item.tier == "differs"
    assert not item.fails


def test_without_an_identifier_the_title_finds_the_work(registries: ReplayServer) -> None:
    real, invented = ask(
        Claim(title="bats keep their ear on the ball.", authors=("Chanut, F.",)),
        Claim(title="Towards Robust Hospital Emergency under Clusters", authors=("A. Goldberg",)),
    )
    assert (real.tier, real.url) == ("verified", "https://doi.org/10.1371/journal.pbio.0040152")
    assert invented.tier == "not found"
    assert "neither Crossref nor OpenAlex" in invented.reason


def test_an_invented_id_of_a_real_title_tells_where_the_work_is(registries: ReplayServer) -> None:
    (item,) = ask(Claim(title="Bats Keep Their Ear on the Ball", arxiv_id="2111.78189"))
    assert item.tier == "not found"
    assert item.url == "https://doi.org/10.1371/journal.pbio.0040152"


def test_a_datacite_doi_and_an_arxiv_id_are_known_where_they_are_registered(
    registries: ReplayServer,
) -> None:
    data, paper, own = ask(
        Claim(title="Powertac 2017-06 Finals Game 276", doi="10.5281/zenodo.819691"),
        Claim(title="Attention is all you need", arxiv_id="1706.03762", venue="NeurIPS"),
        Claim(doi="10.48550/arXiv.2312.07559"),
    )
    assert (data.tier, data.registry) == ("verified", "DataCite")
    assert (paper.tier, paper.registry) == ("verified", "arXiv")
    assert (own.tier, own.url) == ("verified", "https://arxiv.org/abs/2312.07559")


def test_a_page_of_the_web_is_unchecked_and_costs_nothing(registries: ReplayServer) -> None:
    (item,) = ask(Claim(title="The Illustrated Transformer", url="https://jalammar.github.io/it/"))
    assert item.tier == "unchecked"
    assert not item.fails
    assert registries.requests == []


def test_a_registry_that_cannot_be_asked_accuses_nobody(registries: ReplayServer) -> None:
    registries.answer = lambda path: Reply(b"busy", 500, "text/plain")
    (item,) = ask(Claim(title="Bats Keep Their Ear", doi="10.1371/journal.pbio.0040152"))
    assert item.tier == "unchecked"
    assert not item.fails
    assert "HTTP 500" in item.reason


def test_hostile_records_are_answers_of_the_wrong_form(registries: ReplayServer) -> None:
    for body in (b"[]", b"{}", b'{"message": []}', b'{"message": {"title": [7], "DOI": {}}}',
                 b'{"message": {"title": ["A"], "author": "x", "issued": {"date-parts": [[]]}}}',
                 b"[" * 100_000):  # fmt: skip
        registries.answer = lambda path, body=body: Reply(body, 200, "application/json")
        (item,) = ask(Claim(title="Some title of a work", doi="10.1000/xyz"))
        assert item.tier in ("unchecked", "not found", "differs")


def test_the_command_tells_tiers_writes_the_record_and_fails(
    registries: ReplayServer, tmp_path: Path
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(REVIEW.format(retracted=RETRACTED), encoding="utf-8")
    result = CliRunner().invoke(command, [str(readme), "--dry-run"])
    assert result.exit_code == 1
    assert f"{readme.as_posix()}:5: retracted: “Ileal-lymphoid-nodular" in result.output
    assert f"{readme.as_posix()}:11: unchecked: “A blog about cells”" in result.output
    assert "2 sources: 1 retracted, 1 unchecked" in result.output
    assert not (tmp_path / "verification.json").exists()

    CliRunner().invoke(command, [str(readme)])
    record = read_record(readme)
    assert record is not None
    assert record.current
    assert record.fails
    assert record.tiers["retracted"] == 1
    assert record.by_identity[f"doi:{RETRACTED}"] == "retracted"
    readme.write_text("# Other\n", encoding="utf-8")
    changed = read_record(readme)
    assert changed is not None
    assert not changed.current


def test_the_command_speaks_json_junit_and_annotations(
    registries: ReplayServer, tmp_path: Path
) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(REVIEW.format(retracted=RETRACTED), encoding="utf-8")

    def run(*options: str) -> str:
        return CliRunner().invoke(command, [str(readme), "--dry-run", *options]).stdout

    data = json.loads(run("--json"))
    assert [item["tier"] for item in data["verifications"]] == ["retracted", "unchecked"]
    assert data["tiers"]["retracted"] == 1
    suite = ElementTree.fromstring(run("--format", "junit"))[0]
    assert suite.get("failures") == "1"
    assert [case.get("classname") for case in suite] == ["litreview.verify"] * 3
    assert run("--format", "github").startswith(f"::error file={readme.as_posix()},line=5,")


def test_a_bibtex_file_keeps_its_lines_and_its_others(
    registries: ReplayServer, tmp_path: Path
) -> None:
    bib = tmp_path / "mine.bib"
    bib.write_text(
        "@comment{x}\n\n@article{a,\n title = {Adaptive Precision Solvers for Sparse Linear "
        "Systems},\n author = {Anzt, Hartwig and others},\n doi = {10.1145/2834800.2834802}}\n"
        "@misc{b, title = {Never {W}ritten at All by Anybody}, author = {No, Body}}\n",
        encoding="utf-8",
    )
    result = CliRunner().invoke(command, [str(bib)])
    assert f"{bib.as_posix()}:3: verified" in result.output
    assert f"{bib.as_posix()}:7: not found" in result.output
    assert not (tmp_path / "verification.json").exists()


def test_check_online_asks_the_registries(registries: ReplayServer, tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    text = REVIEW.format(retracted=RETRACTED).replace("https://example.org/blog", "http://[bad")
    readme.write_text(text, encoding="utf-8")
    result = CliRunner().invoke(check_command, [str(readme), "--online", "--json"])
    codes = {(item["line"], item["code"]) for item in json.loads(result.stdout)["findings"]}
    assert (5, "retracted") in codes
    assert result.exit_code == 1


def test_without_any_registry_the_command_says_so(registries: ReplayServer, tmp_path: Path) -> None:
    registries.answer = lambda path: Reply(b"busy", 500, "text/plain")
    bib = tmp_path / "mine.bib"
    bib.write_text("@misc{b, title={A title of it}, doi={10.1371/x.1}}", encoding="utf-8")
    result = CliRunner().invoke(command, [str(bib)])
    assert result.exit_code == 1
    assert "no registry could be asked: Crossref has an error of its own" in str(result.exception)


def test_a_record_is_written_once_for_the_same_text(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(REVIEW.format(retracted=RETRACTED), encoding="utf-8")
    cited_review = read_claims(readme)
    found = tuple(Verification(claim, "verified", "so") for claim in cited_review.claims)
    first = write_record(cited_review, found, date(2026, 1, 2)).read_bytes()
    assert write_record(cited_review, found, date(2026, 1, 2)).read_bytes() == first
    (tmp_path / "verification.json").write_text("[" * 10_000, encoding="utf-8")
    assert read_record(readme) is None


def test_a_registry_that_cannot_be_reached_is_asked_once(
    registries: ReplayServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A hundred sources do not mean a hundred waits."""
    monkeypatch.setenv("LITREVIEW_TIMEOUT", "1")
    registries.answer = lambda path: Reply(b"later", 429, "text/plain", {"Retry-After": "0"})
    found = ask(*(Claim(title=f"Work {n} of many", doi=f"10.1000/x{n}") for n in range(5)))
    assert [item.tier for item in found] == ["unchecked"] * 5
    asked = {request.split("/")[1] for request in registries.requests}
    assert asked == {"crossref", "openalex"}
    assert {request.rpartition("/")[2] for request in registries.requests} == {"x0"}


def test_an_id_and_a_doi_have_to_name_one_work(registries: ReplayServer) -> None:
    """A right id does not lend its truth to a DOI that somebody invented or took elsewhere."""
    title = "Attention is all you need"
    other, nowhere = ask(
        Claim(title=title, arxiv_id="1706.03762", doi="10.1371/journal.pbio.0040152"),
        Claim(title=title, arxiv_id="1706.03762", doi="10.5555/3295222.3295349"),
    )
    assert [(d.field, d.grave) for d in other.differences] == [("identifier", True)]
    assert other.differences[0].registered == "another work, Bats Keep Their Ear on the Ball"
    assert [(d.field, d.registered, d.grave) for d in nowhere.differences] == [
        ("identifier", "no DOI", False)
    ]
