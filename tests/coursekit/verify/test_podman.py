"""A box by podman: the same attacks, in a container of an image made here.

Skipped where podman is missing or cannot start a container; bubblewrap is what a course needs.
"""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import threading
import time
from pathlib import Path

import pytest

from coursekit.verify.box import Box, find_box
from coursekit.verify.inside import MARK
from coursekit.verify.watch import INTERRUPTED, Limits
from litreview.errors import UserError

IMAGE = "coursekit-tests/python:1"
LEFT_OUT = {"test", "tests", "idlelib", "tkinter", "ensurepip", "site-packages", "__pycache__"}
LIMITS = Limits(
    cpu_seconds=4,
    seconds=40,
    memory_bytes=400_000_000,
    disk_bytes=20_000_000,
    processes=24,
    output_bytes=1_000_000,
)


def libraries(binary: Path) -> set[Path]:
    """The shared libraries that a program needs, by ldd."""
    said = subprocess.run(["ldd", binary], capture_output=True, text=True, check=False).stdout
    words = (word for line in said.splitlines() for word in line.split())
    return {Path(word) for word in words if word.startswith("/")}


@pytest.fixture(scope="module")
def image(tmp_path_factory) -> str:
    """An image that holds this Python and nothing else."""
    if shutil.which("podman") is None:
        pytest.skip("needs podman")
    python, lib = Path(sys.executable).resolve(), Path(sysconfig.get_path("stdlib"))
    pack = tmp_path_factory.mktemp("image") / "image.tar"
    with tarfile.open(pack, "w") as archive:
        needed = libraries(python)
        for module in (lib / "lib-dynload").glob("*.so"):
            needed |= libraries(module)
        for path in {python, *needed}:
            archive.add(path.resolve(), arcname=str(path))
        for path in sorted(lib.iterdir()):
            if path.name not in LEFT_OUT:
                archive.add(path, arcname=str(path), filter=without_caches)
        link = tarfile.TarInfo("usr/bin/python")
        link.type, link.linkname = tarfile.SYMTYPE, str(python)
        archive.addfile(link)
    made = subprocess.run(
        ["podman", "import", "--quiet", pack, IMAGE], capture_output=True, text=True, check=False
    )
    if made.returncode:
        pytest.skip(f"podman cannot make an image here: {made.stderr.strip()[-200:]}")
    tried = subprocess.run(
        ["podman", "run", "--rm", "--network=none", "--ulimit=nofile=64:64", "--ulimit=nproc=8:8",
         IMAGE, "python", "-c", "print(7 * 6)"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if tried.returncode:
        pytest.skip(f"podman cannot start a container here: {tried.stderr.strip()[-200:]}")
    assert tried.stdout == "42\n"
    return IMAGE


def without_caches(member: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "__pycache__" in member.name else member


def run(image: str, tmp_path: Path, code: str, stop: threading.Event | None = None, **limits):
    """Run a team's `baseline/cli.py` in the box."""
    tmp_path.chmod(0o755)
    pack = tmp_path / "code.tar"
    with tarfile.open(pack, "w") as archive:
        for name, text in (("baseline/__init__.py", ""), ("baseline/cli.py", code)):
            data = text.encode()
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    job = {"code": "code.tar", "packs": [], "steps": [{"config": ""}]}
    (tmp_path / "job.json").write_text(json.dumps(job), encoding="utf-8")
    box = Box("podman", "python", image)
    chosen = Limits(**{**{name: getattr(LIMITS, name) for name in LIMITS.__slots__}, **limits})
    files = {"job.json": tmp_path / "job.json", "code.tar": pack}
    return box.run(files, chosen, stop)


def containers() -> str:
    return subprocess.run(
        ["podman", "ps", "--all", "--quiet", "--filter=name=coursekit-"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


HONEST = """
import json, os, pathlib, sys

def main(arguments):
    root = pathlib.Path(arguments[arguments.index("--root") + 1])
    folder = root / "runs" / "one"
    folder.mkdir(parents=True)
    seen = {"user": os.getuid(), "environment": sorted(os.environ), "arguments": arguments[0]}
    (folder / "run.json").write_text(json.dumps(seen))
    return 0
"""


@pytest.mark.slow
def test_an_honest_run_comes_back_with_its_record(image, tmp_path, monkeypatch):
    monkeypatch.setenv("STAFF_TOKEN", "secret")
    monkeypatch.setenv("HTTPS_PROXY", "http://user:word@proxy.example")
    outcome = run(image, tmp_path, HONEST)
    assert (outcome.code, outcome.stopped) == (0, "")
    told = json.loads(outcome.output.decode().partition(MARK)[2])
    record = told["runs"][0]
    assert record["arguments"] == "train"
    assert 1 <= record["user"] <= 60_000
    assert "OMP_NUM_THREADS" in record["environment"]
    assert not {"STAFF_TOKEN", "HTTPS_PROXY", "https_proxy"} & set(record["environment"])
    assert containers() == ""


REACH = """
import os, socket, sys
for path in ("{canary}", "/etc/shadow", "/home", "/root/.ssh"):
    if os.path.exists(path):
        sys.exit("ESCAPED " + path)
for host in ("127.0.0.1", "10.0.0.1", "1.1.1.1"):
    try:
        socket.create_connection((host, 80), 1)
        sys.exit("ESCAPED " + host)
    except OSError:
        pass
for path in ("/evil", "/box/job.json", "/box/inside.py", os.__file__):
    try:
        open(path, "a").write("x")
        sys.exit("ESCAPED " + path)
    except OSError:
        pass
if any(name.isdigit() and int(name) > 20 for name in os.listdir("/proc")):
    sys.exit("ESCAPED processes")
sys.exit("NOTHING REACHED")
"""


@pytest.mark.slow
def test_code_reaches_nothing_outside(image, tmp_path):
    canary = tmp_path / "canary"
    canary.write_text("canary", encoding="utf-8")
    outcome = run(image, tmp_path, REACH.format(canary=canary))
    assert "NOTHING REACHED" in outcome.errors
    assert "ESCAPED" not in outcome.errors
    assert canary.read_text(encoding="utf-8") == "canary"


# On every stream that is open, since the one that is read is not standard output.
OUTPUT = """
import os
while True:
    for number in range(1, 20):
        try:
            os.write(number, b"y" * 65536)
        except OSError:
            pass
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("code", "reasons"),
    [
        (OUTPUT, ("printed more than 1 MB",)),
        ("import os\nfor _ in range(3): os.fork()\nwhile True: pass",
         ("used more than 4 CPU-seconds",)),
        ("held = bytearray(10)\nwhile True: held += bytearray(10_000_000)",
         ("needed more than", "")),
        ("import os\nwhile True:\n    try:\n        os.fork()\n    except OSError:\n        pass",
         ("used more than 4 CPU-seconds", "had more than 24 processes")),
        ("import time\ntime.sleep(600)", ("took longer than 6 s",)),
    ],
    ids=["output", "cpu", "memory", "forks", "time"],
)  # fmt: skip
def test_what_uses_too_much_is_ended_and_gone(image, tmp_path, code, reasons):
    began = time.monotonic()
    seconds = 6 if "sleep" in code else LIMITS.seconds
    outcome = run(image, tmp_path, code, seconds=seconds)
    assert outcome.code != 0 or outcome.stopped
    assert outcome.stopped in reasons
    assert b'"runs"' not in outcome.output
    assert time.monotonic() - began < 60
    assert containers() == ""


@pytest.mark.slow
def test_an_interrupted_run_leaves_no_container(image, tmp_path):
    stop = threading.Event()
    threading.Timer(3, stop.set).start()
    outcome = run(image, tmp_path, "import time\ntime.sleep(600)", stop)
    assert outcome.stopped == INTERRUPTED
    assert containers() == ""


@pytest.mark.slow
def test_an_image_that_is_missing_is_said(image, tmp_path):
    del image
    with pytest.raises(UserError, match=r"--box podman --image no/such:1: podman says: .*no/such"):
        run("no/such:1", tmp_path, HONEST)


def test_podman_without_an_image_is_said(monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: f"/usr/bin/{name}")
    with pytest.raises(UserError, match="needs an image with the baselines' packages; add --image"):
        find_box("podman")
