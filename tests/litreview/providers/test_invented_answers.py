"""Every provider of the web on invented answers, which come with this repository.

What the services really answered is used in addition, where somebody has it: see
`test_scholar_providers.py`. Each value here is one that an invented answer spells out.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from registry_replay import RegistryReplay
from replay_server import ReplayServer
from scholar_replay import ScholarReplay

from litreview.actions.find import find
from litreview.actions.verify import verify
from litreview.providers import crossref, datacite, openalex, registry
from litreview.providers.result import NothingFoundError
from litreview.providers.service import plain
from litreview.review.claims import Claim
from litreview.web.fetch import Fetcher
from litreview.works.registered import Registered, Update

RECORDED = Path(__file__).resolve().parents[2] / "recorded" / "scholar"
replayed = cache(ScholarReplay)


@pytest.fixture
def services(server: ReplayServer, environment: dict[str, str]) -> ReplayServer:
    server.answer = replayed(RECORDED)
    return server


WORKS = [
    ("crossref", "10.5555/invented.1", {
        "title": "Sorting E. coli by CO2 & light: a small study",
        "authors": ("Ada Muster", "Bo van Beispiel", "The Invented Consortium"),
        "families": ("Muster", "van Beispiel", "The Invented Consortium"),
        "year": 2020, "venue": "Journal of Invented & Tested Work",
        "abstract": "Background: Light was never sorted. Results: We sort it in 3 < 4 steps.",
        "url": "https://doi.org/10.5555/invented.1", "withdrawn": False, "citations": 5,
        "notes": ("a correction has been published (notice: https://doi.org/10.5555/invented.1c)",),
        "details": {"type": "article-journal", "volume": "7", "issue": "2", "page": "11-19",
                    "publisher": "Muster Press",
                    "container-title": "Journal of Invented & Tested Work"},
    }),
    ("crossref", "10.5555/invented.2", {
        "title": "Counting leaves twice", "withdrawn": True, "year": 2019,
        "notes": ("it was retracted (notice: https://doi.org/10.5555/invented.3)",),
    }),
    ("crossref", "10.5555/invented.3", {
        "title": "Notice about counting leaves", "withdrawn": False,
        "notes": ("this is the notice of the retraction of https://doi.org/10.5555/invented.2, "
                  "not a work of its own",),
    }),
    ("crossref", "10.5555/invented.4", {
        "title": "A handbook of leaves", "withdrawn": False, "notes": (),
    }),
    ("crossref", "10.5555/invented.5", {
        "title": "Leaves that were not there", "withdrawn": True,
        "notes": ("it was retracted, says its title",),
    }),
    ("openalex", "10.5555/invented.1", {
        "title": "Sorting E. coli by CO2 & light", "authors": ("Ada Muster", "Bo van Beispiel"),
        "families": ("Muster", "van Beispiel"), "published": "2020-11-03",
        "abstract": "We sort light and light sorts us.", "doi": "10.5555/invented.1",
        "pdf_url": "https://example.org/invented-1.pdf", "aliases": ("openalex:W9000000001",),
        "citations": 6, "withdrawn": False,
        "details": {"type": "article-journal", "volume": "7", "issue": "2", "page": "11-19"},
    }),
    ("openalex", "10.48550/arxiv.2302.99991", {
        "title": "A small model that counts leaves", "arxiv_id": "2302.99991", "doi": "",
        "url": "https://arxiv.org/abs/2302.99991", "venue": "arXiv", "year": 2023,
        "published": "",
    }),
    ("openalex", "10.5555/invented.6", {
        "title": "A model of every leaf", "withdrawn": True, "authors": ("Finn Ejemplo",),
        "notes": ("it was retracted, says its title",),
    }),
    ("openalex", "10.5555/invented.7", {
        "title": "A model of no leaf", "withdrawn": True,
        "notes": ("it was retracted, says OpenAlex",),
    }),
    ("semantic-scholar", "2302.99991", {
        "title": "A small model that counts leaves", "arxiv_id": "2302.99991", "doi": "",
        "published": "2023-02-28", "venue": "arXiv", "citations": 3,
        "aliases": ("s2:0123456789abcdef0123456789abcdef01234567", "corpus:99991"),
        "details": {"type": "article-journal"},
    }),
    ("datacite", "10.5281/zenodo.99999991", {
        "title": "Leaves of Ayutthaya: counted by hand", "year": 2023, "published": "2023-03-05",
        "authors": ("Ada Muster", "Institute of Leaves and Branches", "Grace Namnam"),
        "families": ("Muster", "Institute of Leaves and Branches", "Namnam"),
        "abstract": "Leaves, counted. Twice.", "venue": "Zenodo", "citations": 1,
        "details": {"type": "dataset", "publisher": "Zenodo"},
    }),
    ("datacite", "10.48550/arxiv.2302.99991", {
        "title": "A small model that counts leaves", "arxiv_id": "2302.99991", "doi": "",
        "venue": "arXiv", "url": "https://arxiv.org/abs/2302.99991",
    }),
    ("doi", "10.1430/99991", {
        "title": "Foglie inventate", "authors": ("Gino Esempio",), "year": 2015,
        "venue": "Rivista delle foglie", "doi": "10.1430/99991", "provider": "doi",
        "details": {"type": "article-journal", "container-title": "Rivista delle foglie",
                    "volume": "3", "page": "1-9", "issued": "2015-06"},
    }),
    ("acl", "https://aclanthology.org/2031.leaves-main.7/", {
        "title": "Leaves in many languages", "authors": ("Ada Muster", "Bo van Beispiel"),
        "year": 2031,
        "abstract": "Leaves have names in all languages. We count the names of five leaves in "
        "nine languages, and find that no language has a name for all of them.",
        "venue": "Proceedings of the Invented Conference on Leaves",
        "pdf_url": "https://aclanthology.org/2031.leaves-main.7.pdf",
        "doi": "10.18653/v1/2031.leaves-main.7",
    }),
    ("openreview", "https://openreview.net/forum?id=InventedId1", {
        "title": "Leaves as graphs", "authors": ("Eva Prøve", "Finn Ejemplo"), "year": 2023,
        "abstract": "A leaf is a graph.",
        "url": "https://openreview.net/forum?id=InventedId1",
    }),
]  # fmt: skip


@pytest.mark.parametrize(
    ("provider", "name", "wanted"), WORKS, ids=[f"{p} {n}" for p, n, _ in WORKS]
)
def test_each_provider_reads_a_work(
    services: ReplayServer, provider: str, name: str, wanted: dict[str, object]
) -> None:
    """The same paths as with the services' real answers, value by value."""
    (source,) = find(name, provider, 1).sources
    assert {field: getattr(source, field) for field in wanted} == wanted


@pytest.mark.parametrize(
    ("provider", "total", "titles"),
    [
        ("crossref", 41, ["Counting leaves twice", "Notice about counting leaves",
                          "A handbook of leaves"]),
        ("openalex", 17, ["A small model that counts leaves", "A model of every leaf"]),
        ("semantic-scholar", 8, ["A small model that counts leaves"]),
        ("datacite", 2, ["Leaves of Ayutthaya: counted by hand",
                         "A small model that counts leaves"]),
    ],
)  # fmt: skip
def test_each_provider_searches_by_words(
    services: ReplayServer, provider: str, total: int, titles: list[str]
) -> None:
    """In the service's own order, with the number of works that it has in all."""
    words = {"crossref": "counting leaves"}.get(provider, "leaves counting")
    result = find(words, provider, 20)
    assert ([source.title for source in result.sources], result.total) == (titles, total)


@pytest.mark.parametrize("provider", ["crossref", "openalex", "semantic-scholar", "datacite"])
def test_a_work_that_a_service_lacks_is_an_answer(services: ReplayServer, provider: str) -> None:
    with pytest.raises(NothingFoundError, match=r"has nothing for .*; check it"):
        find("10.5555/invented.99", provider, 1)


@pytest.mark.parametrize("name", sorted(registry.BY_DOI))
def test_a_record_without_markup_is_what_verify_compares(
    services: ReplayServer, fetcher: Fetcher, name: str
) -> None:
    """Search and verification read one registry by one reader."""
    doi = {"DataCite": "10.5281/zenodo.99999991"}.get(name, "10.5555/invented.1")
    found = registry.by_doi(name, doi, fetcher)
    assert found is not None
    assert (found.registry, found.doi, found.url) == (name, doi, f"https://doi.org/{doi}")
    wanted = {
        "Crossref": Registered(
            "Crossref",
            ("Sorting E. coli by CO2 & light", "Sorting E. coli by CO2 & light: a small study"),
            ("Muster, Ada", "Beispiel, Bo", "The Invented Consortium"),
            (2020, 2021),
            ("Journal of Invented & Tested Work", "J. Inv. Test. Work", "Muster Press"),
            updates=(Update("correction", "2021-05-04", "10.5555/invented.1c"),),
        ),
        "OpenAlex": Registered(
            "OpenAlex",
            ("Sorting E. coli by CO2 & light",),
            ("Muster, Ada", "Bo van Beispiel"),
            (2020,),
            ("Journal of Invented & Tested Work", "Muster Press", "JITW"),
        ),
        "DataCite": Registered(
            "DataCite",
            (
                "Leaves of Ayutthaya", "counted by hand", "ใบไม้",
                "Leaves of Ayutthaya counted by hand ใบไม้", "Leaves of Ayutthaya: counted by hand",
            ),
            ("Muster, Ada", "Institute of Leaves and Branches", "Grace Namnam"),
            (2023,),
            ("Zenodo",),
        ),
    }[name]  # fmt: skip
    for field in ("titles", "authors", "years", "venues", "updates", "notices", "preprint"):
        assert getattr(found, field) == getattr(wanted, field), field


def test_a_notice_says_of_what_and_another_edition_is_a_work() -> None:
    notice = crossref.to_registered(
        {
            "DOI": "10.5555/notice", "title": ["A notice"],
            "update-to": [{"type": "Partial-Retraction", "DOI": "10.5555/WORK"},
                          {"type": "new_version", "DOI": "10.5555/older"}],
        }
    )  # fmt: skip
    assert notice.notices == (Update("retraction", "", "10.5555/work"),)


def test_a_work_retracted_under_its_own_name_is_retracted() -> None:
    entry = {
        "DOI": "10.5555/Own", "title": ["A work"],
        "update-to": [{"type": "removal", "DOI": "10.5555/own",
                       "updated": {"date-parts": [[2020, 1, 2]]}}],
    }  # fmt: skip
    known = crossref.to_registered(entry)
    assert known.updates == (Update("retraction", "2020-01-02", "10.5555/own"),)
    assert known.notices == ()
    assert crossref.to_source(entry).notes == ("it was retracted",)


@pytest.mark.parametrize("entry", [{}, {"title": None}, {"title": [3, {}]}, {"titles": "x"}])
def test_a_record_that_says_nothing_has_no_title(entry: dict[str, object]) -> None:
    for reader in (crossref, openalex, datacite):
        assert reader.to_registered(entry).titles == ()
        assert reader.to_source(entry).title == ""


TIERS = [
    (Claim(title="Sorting E. coli by CO2 & light", doi="10.5555/invented.1", year=2020,
           authors=("Muster, A.", "van Beispiel, B.", "The Invented Consortium"),
           venue="J. Inv. Test. Work"),
     "verified", "Crossref has this work"),
    (Claim(title="Counting leaves twice", doi="10.5555/invented.2"),
     "retracted", "retracted on 2022-04-09, says Crossref; the notice is "
     "https://doi.org/10.5555/invented.3"),
    (Claim(title="Counting leaves thrice", doi="10.5555/invented.99"),
     "not found", "neither Crossref nor OpenAlex has a work with the DOI 10.5555/invented.99; "
     "perhaps it was invented"),
    (Claim(title="A small model that counts leaves", arxiv_id="2302.99991", year=2021),
     "differs", "not as arXiv has it: year: “2021” is registered as “2023”"),
    (Claim(title="A model of every leaf", authors=("Finn Ejemplo",), year=2016),
     "retracted", "retracted, says OpenAlex"),
    (Claim(title="Leaves of Ayutthaya", doi="10.5281/zenodo.99999991", year=2023),
     "verified", "DataCite has this work"),
]  # fmt: skip


@pytest.mark.parametrize(("claim", "tier", "reason"), TIERS, ids=[c.title for c, _, _ in TIERS])
def test_invented_sources_get_their_tier(
    server: ReplayServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch,
    claim: Claim, tier: str, reason: str,
) -> None:  # fmt: skip
    """`verify` over the same invented answers."""
    server.answer = RegistryReplay(RECORDED)
    for name, value in RegistryReplay.environment(server.url).items():
        monkeypatch.setenv(name, value)
    (found,) = verify([claim], fetcher)
    assert (found.tier, found.reason) == (tier, reason)


@pytest.mark.parametrize(
    ("marked", "wanted"),
    [
        ("CO<sub>2</sub>", "CO2"),
        ("&lt;i&gt;E. coli&lt;/i&gt; &amp; light", "E. coli & light"),
        ("<jats:p>One.</jats:p><jats:p>Two.</jats:p>", "One. Two."),
        ("if a < b and c > d", "if a < b and c > d"),
        ("a \u202eright\u202c turn\u2028and a line", "a right turn and a line"),
        ("<mml:math><mml:mi>x</mml:mi><mml:mo>=</mml:mo><mml:mn>1</mml:mn></mml:math>", "x=1"),
    ],
)
def test_texts_of_registries_lose_their_markup_alone(marked: str, wanted: str) -> None:
    assert plain(marked) == wanted


@pytest.mark.parametrize("url", ["http://[::1/paper.pdf", "http://[2001:db8::1]/paper", "https://"])
def test_an_address_that_no_browser_opens_stops_nothing(
    server: ReplayServer, fetcher: Fetcher, monkeypatch: pytest.MonkeyPatch, url: str
) -> None:
    """A half-open bracket, an address of numbers, and none at all."""
    server.answer = RegistryReplay(RECORDED)
    for name, value in RegistryReplay.environment(server.url).items():
        monkeypatch.setenv(name, value)
    (found,) = verify([Claim(title="Leaves that nobody wrote about", url=url)], fetcher)
    host = "2001:db8::1" if "db8" in url else ""
    wanted = ("unchecked", f"a page of {host}, which no registry of works holds")
    missing = (
        "not found",
        "neither Crossref nor OpenAlex has a work of this title; perhaps it was invented",
    )
    assert (found.tier, found.reason) == (wanted if host else missing)
