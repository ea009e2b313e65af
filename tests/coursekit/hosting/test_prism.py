"""A judge that is not ours: Prism checks each request against the forge's own description.

It stands between the client and the server of the suite, which keeps the state. Only requests
are judged: the answers of that server are as short as the client needs them.

Reference: https://docs.stoplight.io/docs/prism
"""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import time
from pathlib import Path

import pytest
from test_forges import DESCRIPTIONS, FILES, TEAM, Place, place  # noqa: F401  # a fixture

PRISM = shutil.which("prism")
WAIT_SECONDS = 60

pytestmark = pytest.mark.skipif(
    PRISM is None, reason="Prism is not installed: npm install --global @stoplight/prism-cli"
)


def whole_paths(kind: str, target: Path) -> Path:
    """The description with its common beginning in each path, as the client asks."""
    description = json.loads((DESCRIPTIONS / FILES[kind]).read_text(encoding="utf-8"))
    base = description.pop("basePath", "").rstrip("/")
    description["paths"] = {base + path: way for path, way in description["paths"].items()}
    target.write_text(json.dumps(description), encoding="utf-8")
    return target


@pytest.mark.parametrize("place", list(FILES), indirect=True)
def test_prism_understands_every_request(place: Place, tmp_path: Path) -> None:  # noqa: F811
    """Publish twice, ask for members, take one away, propose, announce."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "prism.log"
    command = [
        str(PRISM), "proxy", "-p", str(port), str(whole_paths(place.kind, tmp_path / "api.json")),
        place.server.url,
    ]  # fmt: skip
    with log.open("w") as stream, subprocess.Popen(command, stdout=stream, stderr=stream) as prism:
        try:
            until = time.monotonic() + WAIT_SECONDS
            while "listening" not in log.read_text(encoding="utf-8"):
                assert prism.poll() is None, log.read_text(encoding="utf-8")
                assert time.monotonic() < until
                time.sleep(0.1)
            host = place.connect(api_url=f"http://127.0.0.1:{port}")
            for _ in range(2):
                host.publish(TEAM, place.repository, "Ours\nand yours")
            assert len(host.members("one")) == 2
            host.withdraw("one", "alan-t")
            host.announce("one", "week 3", "Week 3", "Hello")
            assert set(host.members("one")) == {"ada-l"}
        finally:
            prism.terminate()
    told = log.read_text(encoding="utf-8")
    assert len(re.findall(r"\[HTTP SERVER\] \w+ /api/v", told)) >= 12, told
    assert not re.findall(r"Violation: request .*", told), told
