"""What runs in a box: it sets the limits, gives its rights up, unpacks, and does the job.

Started as `python -I -S inside.py LIMITS [FOLDER]`, it needs nothing but Python; then it starts
itself once more, with the packages. `job.json` beside it says what to do:

    {"code": "code.tar", "packs": ["data.tar"], "files": {"splits/a.json": "…"},
     "steps": [{"config": "…", "start": false}, …], "final": true}

Each step trains once more from a configuration; a step with `start` begins with the weights of
the one before. The last run is then measured on the test part. Only what is printed at the end
leaves the box: the records of the runs, and every prediction on the test part.
"""

import contextlib
import json
import os
import sys
import tarfile
import tempfile
from importlib import import_module
from pathlib import Path
from typing import Any

MARK = "coursekit-verified:"


def confine(cpu_seconds: int, memory: int, disk: int, processes: int, user: int) -> None:
    """Limit this process and all that it starts, and become nobody where root began."""
    import resource

    limits = {
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_DATA: memory,
        resource.RLIMIT_FSIZE: disk,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_NOFILE: 1024,
    }
    if user:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)
    if processes:
        limits[resource.RLIMIT_NPROC] = processes
    for limit, most in limits.items():
        _, hard = resource.getrlimit(limit)
        if hard != resource.RLIM_INFINITY:
            most = min(most, hard)
        # Where both are the same, the kernel kills without saying that it was for time.
        last = most + 1 if limit == resource.RLIMIT_CPU else most
        resource.setrlimit(
            limit, (most, last if hard == resource.RLIM_INFINITY else min(last, hard))
        )


def work(folder: Path, out: int) -> dict[str, Any]:
    """Do what `job.json` says; returns what leaves the box.

    Args:
        folder: Where `job.json` and the packs lie.
        out: What a job writes to that talks with whoever started the box.
    """
    job = json.loads((folder / "job.json").read_text(encoding="utf-8"))
    room = Path(tempfile.mkdtemp(prefix="work-"))
    root, code = room / "root", room / "code"
    root.mkdir()
    for name, target in ((job["code"], code), *((pack, root) for pack in job["packs"])):
        unpack(folder / name, target)
    for name, text in job.get("files", {}).items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    os.chdir(room)
    sys.path.insert(0, str(code))
    if question := job.get("ask"):  # a function that answers, instead of runs
        module = import_module(job.get("module", "baseline.experiments.sealing"))
        talk = {"out": out} if job.get("talks") else {}
        answer: dict[str, Any] = getattr(module, question)(str(root), **job["arguments"], **talk)
        return answer
    return run(job, root)


def unpack(pack: Path, target: Path) -> None:
    """Write the files of a pack; it holds nothing else, and Python 3.11.2 knows no filters."""
    with tarfile.open(pack) as archive:
        for member in archive:
            stream = archive.extractfile(member)
            path = target / member.name
            path.parent.mkdir(parents=True, exist_ok=True)
            if stream is not None:
                path.write_bytes(stream.read())


def run(job: dict[str, Any], root: Path) -> dict[str, Any]:
    """Train each step anew, and open the test part of the last one."""
    cli = import_module("baseline.cli")
    names: list[str] = []
    for step in job["steps"]:
        settings = root / "verify.toml"
        settings.write_text(step["config"], encoding="utf-8")
        more = [f"model.start={names[-1]}"] if step.get("start") else []
        before = records(root)
        code = cli.main(
            ["train", "--root", str(root), "--config", str(settings), *step.get("set", []), *more]
        )
        new = sorted(records(root) - before)
        if code or not new:
            return {"failed": f"python -m baseline train ended with {code}"}
        names.append(new[-1])
    if job.get("final"):
        code = cli.main(["final", names[-1], "--root", str(root)])
        if code:
            return {"failed": f"python -m baseline final ended with {code}"}
    folders = [root / "runs" / name for name in names]
    found = [json.loads((folder / "run.json").read_text(encoding="utf-8")) for folder in folders]
    path = folders[-1] / "predictions.jsonl"
    shown = job.get("predictions") and path.exists()
    lines = path.read_text(encoding="utf-8").split("\n") if shown else []
    return {"runs": found, "predictions": [line for line in lines if line]}


def records(root: Path) -> set[str]:
    """The names of the runs that have a record."""
    return {path.parent.name for path in (root / "runs").glob("*/run.json")}


def main(arguments: list[str]) -> None:
    """Confine, start once more with the packages, then work and print."""
    here = Path(__file__)
    folder = Path(arguments[2]) if len(arguments) > 2 else here.parent
    if arguments[1] != "work":
        confine(*map(int, arguments[1].split(",")))
        command = [sys.executable, "-P", "-s", str(here), "work", str(folder)]
        os.execv(command[0], command)  # noqa: S606 - no shell is wanted
    out = os.dup(1)
    os.dup2(2, 1)  # whatever else is printed is no result
    found: dict[str, Any] = {"failed": "ended without a word"}
    try:
        found = work(folder, out)
    finally:
        used = os.times()
        found["cpu_seconds"] = used.user + used.system + used.children_user + used.children_system
        with contextlib.suppress(OSError), os.fdopen(out, "w", encoding="utf-8") as stream:
            stream.write(f"\n{MARK}{json.dumps(found)}\n")


if __name__ == "__main__":
    main(sys.argv)
