"""Fixtures that give `litreview` a server, a cache and no way to the real network."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from replay_server import ArxivReplay, ReplayServer
from scholar_replay import addresses

from litreview.web.fetch import Fetcher
from litreview.web.gate import Settings


@pytest.fixture
def server() -> Iterator[ReplayServer]:
    """A server that answers 404 until a test says otherwise."""
    running = ReplayServer()
    yield running
    running.stop()


@pytest.fixture(params=["invented", "real"])
def arxiv_folder(request: pytest.FixtureRequest) -> Path:
    """Answers and records in arXiv's shapes: our own, invented ones, and the real ones."""
    if request.param == "invented":
        return Path(__file__).resolve().parents[1] / "recorded" / "arxiv"
    folder: Path = request.getfixturevalue("data_dir")
    return folder / "arxiv"


@pytest.fixture
def arxiv_server(server: ReplayServer, arxiv_folder: Path) -> ReplayServer:
    """A server that answers as arXiv did when its answers were recorded."""
    server.answer = ArxivReplay(arxiv_folder)
    return server


@pytest.fixture
def environment(
    server: ReplayServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> dict[str, str]:
    """What makes the tool, also in another process, ask the server on this machine."""
    variables = addresses(server.url) | {
        "LITREVIEW_ARXIV_URL": f"{server.url}/api/query",
        "LITREVIEW_ARXIV_TEXT_URL": f"{server.url}/text",
        "LITREVIEW_AR5IV_URL": f"{server.url}/ar5iv",
        "LITREVIEW_CACHE_DIR": str(tmp_path / "cache"),
        "LITREVIEW_QUEUE_DIR": str(tmp_path / "queue"),
        "LITREVIEW_REQUEST_INTERVAL": "0",
        "LITREVIEW_TIMEOUT": "5",
        "LITREVIEW_PRIVATE_ADDRESSES": "1",
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
    }
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    return variables


@pytest.fixture
def fetcher(environment: dict[str, str]) -> Iterator[Fetcher]:
    """Makes requests with an empty cache of the test's own."""
    with Fetcher(Settings.from_environment()) as running:
        yield running
