"""The same report from one machine, from a cluster of Ray that loses machines, and from Slurm."""

from __future__ import annotations

import json
import os
import signal
import stat
import sys
import threading
import time
from pathlib import Path

import pytest
from verified_course import (
    LIMITS,
    by_team,
    changed,
    closed_box,
    edit_json,
    make_course,
    only_run,
    verify,
)

from coursekit.verify.box import find_box
from coursekit.verify.findings import Found
from coursekit.verify.packs import Store, check, pack
from coursekit.verify.places import open_place
from coursekit.verify.queue import Here, drive
from coursekit.verify.slurm import Slurm
from coursekit.verify.units import Answer, Unit
from litreview.errors import UserError

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="bubblewrap needs Linux")


def plain(report):
    """A report without what chance and machines decide."""
    return sorted((line.team, line.state, line.reason, line.figures) for line in report.lines)


@pytest.fixture
def course(honest, tmp_path):
    """Three teams, one of which shows a figure that does not come out."""

    def worse(folder: Path) -> None:
        edit_json(
            only_run(folder) / "run.json", lambda c: c["results"]["test"].update(accuracy=0.1)
        )

        def rows(content: dict) -> None:
            for row in content["results"]:
                if (row["split"], row["metric"]) == ("test", "accuracy"):
                    row["value"] = 0.1

        edit_json(folder / "results.json", rows)

    teams = {"mice": honest, "owls": honest, "rats": changed(honest, tmp_path / "rats", worse)}
    return make_course(tmp_path / "course", teams)


@pytest.fixture
def here(course):
    """What one machine says; its log is taken away again."""
    report = verify(course)
    (course.folder / "verified.jsonl").unlink()
    assert by_team(report)["rats"].state == "differs"
    return plain(report)


def slow_units(store: Store, count: int, seconds: float) -> list[Unit]:
    """Units that take a while, and say who did them."""
    main = (
        "import json, os, time\ndef main(arguments):\n"
        f"    time.sleep({seconds})\n    root = arguments[arguments.index('--root') + 1]\n"
        "    path = os.path.join(root, 'runs', 'one')\n    os.makedirs(path)\n"
        "    json.dump({'results': {}}, open(os.path.join(path, 'run.json'), 'w'))\n    return 0\n"
    )
    code = store.add({"baseline/__init__.py": b"", "baseline/cli.py": main.encode()})
    data = store.add({})
    return [
        Unit(
            {"code": f"{code}.tar", "packs": [f"{data}.tar"], "steps": [{"config": f"# {n}"}]},
            LIMITS,
        )
        for n in range(count)
    ]


@pytest.mark.slow
def test_ray_loses_a_worker_and_a_node_and_says_the_same(course, here, tmp_path):
    """Two nodes; in the middle a worker process is killed, then a whole node is taken away."""
    ray = pytest.importorskip("ray", reason="needs Ray: pip install 'coursekit[cluster]'")
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1})
    second = cluster.add_node(num_cpus=1)
    store = Store(course.state / "verify" / "packs")
    try:
        place = open_place(f"ray:{cluster.address}", closed_box(), store)
        assert place.parallel == 4
        assert plain(verify(course, place)) == here
        units = slow_units(store, 6, 1.5)
        killed: list[int] = []

        def spoil() -> None:
            end = time.monotonic() + 20
            while not killed and time.monotonic() < end:
                time.sleep(0.2)
                for path in Path("/proc").glob("[0-9]*/cmdline"):
                    words = path.read_bytes() if path.exists() else b""
                    if words.startswith(b"ray::_run_there"):
                        killed.append(int(path.parent.name))
                        os.kill(killed[0], signal.SIGKILL)
                        break
            cluster.remove_node(second)

        spoiler = threading.Thread(target=spoil)
        spoiler.start()
        answers = place.run(units)
        spoiler.join()
        assert len(killed) == 1
        assert [answer.failed for answer in answers] == [""] * 6
        assert all(answer.found["runs"] == [{"results": {}}] for answer in answers)
        place.close()
    finally:
        if ray.is_initialized():
            ray.shutdown()
        cluster.shutdown()


def fake_sbatch(folder: Path, *, leaving_out: str = "") -> Path:
    """`sbatch --wait`: notes what it is given, and runs the script once for each number."""
    program, body = folder / "sbatch", folder / "sbatch.py"
    # The first line of a script cannot name an interpreter in a folder with a space.
    told = f'#!/bin/sh\nexec "{sys.executable}" "{body}" "$@"\n'
    program.write_text(told, encoding="utf-8")
    body.write_text(
        f"""import os, re, subprocess, sys
assert sys.argv[1] == "--wait"
script = sys.argv[2]
text = open(script).read()
with open({str(folder / "calls.txt")!r}, "a") as file:
    file.write(text)
last = int(re.search(r"--array=1-(\\d+)", text)[1])
print("Submitted batch job 7")
code = 0
for number in range(1, last + 1):
    if str(number) in {leaving_out.split()!r}:
        code = 1
        continue
    env = dict(os.environ, SLURM_ARRAY_JOB_ID="7", SLURM_ARRAY_TASK_ID=str(number))
    code = subprocess.run(["sh", script], env=env).returncode or code
sys.exit(code)
""",
        encoding="utf-8",
    )
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    return program


def test_slurm_is_given_one_array_and_says_the_same(course, here, tmp_path):
    store = Store(course.state / "verify" / "packs")
    sbatch = fake_sbatch(tmp_path)
    place = Slurm(closed_box(), store, tmp_path / "slurm", (str(sbatch), "--wait"))
    assert plain(verify(course, place)) == here
    script = (tmp_path / "calls.txt").read_text(encoding="utf-8")
    # All three claims come from the same inputs, so it is one unit of work.
    assert script.count("#SBATCH --array=1-1\n") == 1
    assert script.count("#!/bin/sh") == 1
    assert "#SBATCH --cpus-per-task=1\n" in script
    assert "#SBATCH --mem=2550M\n" in script
    assert f"#SBATCH --output={tmp_path / 'slurm' / 'log' / '%A_%a.txt'}\n" in script
    # What was collected is not believed once more: the next call submits it again.
    assert plain(verify(course, place, again=True)) == here
    assert (tmp_path / "calls.txt").read_text(encoding="utf-8").count("#!/bin/sh") == 2


def test_slurm_goes_on_where_a_job_was_lost(tmp_path):
    store = Store(tmp_path / "packs")
    units = slow_units(store, 3, 0)
    box = closed_box()
    lossy = fake_sbatch(tmp_path, leaving_out="2")
    place = Slurm(box, store, tmp_path / "slurm", (str(lossy), "--wait"))
    with pytest.raises(UserError, match="1 of 3 jobs left no answer"):
        place.run(units)
    # An answer that was damaged on the way is no answer.
    damaged = tmp_path / "slurm" / "answers" / f"{units[0].name}.json"
    damaged.write_text(damaged.read_text(encoding="utf-8")[:-5], encoding="utf-8")
    (tmp_path / "calls.txt").unlink()
    place = Slurm(box, store, tmp_path / "slurm", (str(fake_sbatch(tmp_path)), "--wait"))
    answers = place.run(units)
    assert [answer.failed for answer in answers] == ["", "", ""]
    assert "--array=1-2\n" in (tmp_path / "calls.txt").read_text(encoding="utf-8")


def test_without_slurm_or_ray_the_sentence_says_what_to_do(tmp_path, monkeypatch):
    store, box = Store(tmp_path), find_box("none")
    with pytest.raises(UserError, match="sbatch is not installed here; run it on a login node"):
        open_place("slurm", box, store)
    with pytest.raises(UserError, match="choose here, ray, ray:ADDRESS or slurm"):
        open_place("moon", box, store)
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(UserError, match=r"pip install 'coursekit\[cluster\]'"):
        open_place("ray", box, store)


def test_packs_are_named_by_their_content(tmp_path):
    store = Store(tmp_path / "packs")
    one = store.add({"b": b"2", "a": b"1"})
    assert store.add({"a": b"1", "b": b"2"}) == one
    assert store.add({"a": b"1", "b": b"3"}) != one
    assert len(list((tmp_path / "packs").iterdir())) == 2
    with pytest.raises(UserError, match="is damaged"):
        check(one, pack({"a": b"1"}))


@pytest.mark.parametrize("path", ["/etc/passwd", "../up", "splits/../../up", "a//b", "."])
def test_no_pack_leads_out_of_its_folder(path):
    with pytest.raises(UserError, match="is no path inside of a repository"):
        pack({path: b""})


def test_claims_are_taken_only_when_there_is_room(tmp_path):
    """So that a budget can end it, and a thousand claims need no more memory than a few."""
    taken: list[int] = []
    answer = Answer({}, "", 0.0, 1.0, "")

    class Two(Here):
        def run(self, units):
            return [answer] * len(units)

    def work(number):
        answers = yield [Unit({"code": "", "packs": []}, LIMITS)]
        return Found(skipped=str(number), cpu_seconds=answers[0].cpu_seconds)

    def works():
        for number in range(9):
            taken.append(number)
            yield number, work(number)

    place = Two(find_box("none"), Store(tmp_path).path, 2)
    seen = 0
    for number, found in drive(works(), place):
        seen += 1
        assert found.skipped == str(number)
        assert len(taken) <= seen + 2
    assert seen == 9


def test_an_interruption_ends_what_is_running(tmp_path):
    """Ctrl-C is not answered after the quarter of an hour that a training may take."""
    store = Store(tmp_path / "packs")
    units = slow_units(store, 4, 60)

    def work(unit):
        yield [unit]
        return Found()

    place = Here(closed_box(), store.path, 2)
    here = threading.get_ident()
    threading.Timer(3, signal.pthread_kill, [here, signal.SIGINT]).start()
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        list(drive(((unit.name, work(unit)) for unit in units), place))
    assert time.monotonic() - started < 30


def test_a_unit_travels_as_text():
    unit = Unit({"code": "a.tar", "packs": ["b.tar"], "steps": []}, LIMITS, foreign=True)
    again = Unit.from_json(unit.to_json())
    assert (again, again.name, again.packs) == (unit, unit.name, ("a", "b"))
    answer = Answer({"runs": [1]}, "", 1.5, 0.25, "Linux x86_64")
    assert Answer.from_json(json.dumps(json.loads(answer.to_json()))) == answer
