"""A box: a program that somebody else wrote runs in it and reaches nothing outside.

No network, no file of this machine but the Python that runs it (read-only), a private temporary
folder in memory, no environment, no home, and limits of CPU, memory, processes, disk, time and
output. What comes out is what the program prints, up to a limit.

The namespaces are made by bubblewrap, or a container by podman; `watch.py` keeps the limits that
the kernel does not keep for a group of processes.

Reference: bwrap(1); setrlimit(2); podman-run(1).
"""

from __future__ import annotations

import itertools
import json
import math
import os
import shutil
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Event

from coursekit.verify.watch import Limits, Listener, Outcome, run_watched
from litreview.errors import UserError

BUBBLEWRAP, PODMAN, NONE = "bubblewrap", "podman", "none"
KINDS = ("auto", BUBBLEWRAP, PODMAN, NONE)
INSTALL = "install it: apt-get install bubblewrap"
_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32", "/etc/ld.so.cache")
_ROOM = "/tmp"  # noqa: S108 - the box's own
_ENVIRONMENT = {
    "PATH": "/usr/bin:/bin",
    "HOME": f"{_ROOM}/home",
    "LANG": "C.UTF-8",
    "HF_HUB_OFFLINE": "1",
    "MPLBACKEND": "Agg",
    "OMP_NUM_THREADS": "1",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONUTF8": "1",
    "PYTHONHASHSEED": "0",
}
# Somebody who has no file and no process on any machine, another one for each box, so that what
# one of them uses up is missing nowhere else. Only where root starts the box.
_NOBODY, _OTHERS = 200_000, 500_000
# A container of somebody who is not root has these users, and they differ for the same reason.
_NOBODY_INSIDE = 60_000
# Where podman finds its own files and its images, and nothing else of the staff's.
_PODMAN_VARIABLES = ("PATH", "HOME", "USER", "XDG_RUNTIME_DIR", "XDG_CONFIG_HOME",
                     "XDG_DATA_HOME", "CONTAINER_HOST", "CONTAINERS_CONF", "TMPDIR")  # fmt: skip
_PODMAN_FAILED = (125, 126, 127)
_BOXES = itertools.count()
_INSIDE = Path(__file__).with_name("inside.py")


@dataclass(frozen=True, slots=True)
class Box:
    """A kind of box.

    Attributes:
        kind: `bubblewrap`, `podman`, or `none`: an ordinary process, for our own code alone.
        python: The interpreter that has what the programs need.
        image: The image for podman.
        closed: Whether programs of others may run in it.
    """

    kind: str
    python: str = sys.executable
    image: str = ""

    @property
    def closed(self) -> bool:
        """Whether a program that somebody else wrote may run in it."""
        return self.kind != NONE

    def run(
        self,
        files: Mapping[str, Path],
        limits: Limits,
        stop: Event | None = None,
        listener: Listener | None = None,
        *,
        sealed: bool = False,
    ) -> Outcome:
        """Run `inside.py` on some files, and wait for its end.

        Args:
            files: From the name that a file has in the box to where it lies; `job.json` says
                what is to be done. They can be read there, and not changed.
            limits: What may be used.
            stop: Set to end it from another thread.
            listener: Talks with the program while it runs.
            sealed: Whether the texts that come with Python cannot be read in the box.
        """
        inner = {"inside.py": _INSIDE, **files}
        path = {"PATH": os.environ.get("PATH", "/usr/bin:/bin")}
        if self.kind == PODMAN:
            if sealed or listener:
                raise UserError(
                    "a box by podman cannot hide the texts that come with Python; use bubblewrap"
                )
            return _in_container(self.image, inner, limits, stop)
        if self.kind == BUBBLEWRAP:
            command = _bubblewrap(self.python, inner, limits, sealed=sealed)
            return run_watched(
                command, limits, folder=Path("/"), environment=path, stop=stop, listener=listener
            )
        with tempfile.TemporaryDirectory(prefix="coursekit-verify-") as name:
            for each, place in files.items():
                (Path(name) / each).symlink_to(place.resolve())
            own = {**_ENVIRONMENT, **path, "HOME": name, "TMPDIR": name}
            command = [*_python(self.python, str(_INSIDE), limits, 0), name]
            return run_watched(
                command, limits, folder=Path(name), environment=own, stop=stop, listener=listener
            )


def find_box(kind: str = "auto", *, python: str = sys.executable, image: str = "") -> Box:
    """The box that this machine can make.

    Args:
        kind: One of `KINDS`; `auto` takes bubblewrap where it works, and else none.
        python: The interpreter that runs in it.
        image: For podman: an image in which `python` has what a baseline needs.

    Raises:
        UserError: If a box is wanted that cannot be made; says why.
    """
    if sys.platform == "win32":
        raise UserError("results are run again on Linux or macOS; on Windows, do it inside WSL")
    if kind == PODMAN:
        if shutil.which("podman") is None:
            raise UserError("--box podman: podman is not installed; install it, or leave --box out")
        if not image:
            raise UserError("--box podman needs an image with the baselines' packages; add --image")
        return Box(PODMAN, "python", image)
    if kind == NONE:
        return Box(NONE, python)
    problem = why_no_box()
    if problem and kind == BUBBLEWRAP:
        raise UserError(f"--box bubblewrap: {problem}")
    return Box(NONE if problem else BUBBLEWRAP, python)


@lru_cache(maxsize=1)
def why_no_box() -> str:
    """Why this machine cannot make a box by bubblewrap; empty if it can."""
    if sys.platform != "linux":
        return "only Linux has bubblewrap; --box podman works elsewhere"
    if shutil.which("bwrap") is None:
        return f"bubblewrap is missing; {INSTALL}"
    tried = subprocess.run(
        [*_namespaces(), *_system(), "true"], capture_output=True, check=False, timeout=30
    )
    if tried.returncode == 0:
        return ""
    reason = tried.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["no reason"]
    return f"this system does not let bubblewrap make namespaces ({reason[0]})"


def _namespaces() -> list[str]:
    apart = [f"--unshare-{name}" for name in ("ipc", "pid", "net", "uts", "cgroup-try")]
    # Root gives its rights up inside, so that it is nobody outside, too; others need a namespace.
    rights = ["--cap-drop", "ALL"]
    if os.geteuid() == 0:
        rights += ["--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        rights += ["--unshare-user"]
    return ["bwrap", *apart, *rights, "--new-session", "--die-with-parent", "--hostname", "box",
            "--clearenv"]  # fmt: skip


def _system() -> list[str]:
    """The programs and libraries of this machine, to be read."""
    bound: list[str] = []
    for name in _SYSTEM:
        path = Path(name)
        if path.is_symlink():
            bound += ["--symlink", str(path.readlink()), name]
        elif path.exists():
            bound += ["--ro-bind", name, name]
    return [*bound, "--proc", "/proc", "--dev", "/dev"]


@lru_cache(maxsize=4)
def _libraries(python: str) -> tuple[str, ...]:
    """The folders of an interpreter: its own, its environment's, and where packages lie."""
    code = (
        "import json, sys, sysconfig; names = sysconfig.get_paths(); print(json.dumps("
        "[sys.prefix, sys.base_prefix, *names.values(), *sys.path]))"
    )
    told = subprocess.run([python, "-P", "-c", code], capture_output=True, check=False, timeout=60)
    try:
        paths = [Path(path) for path in json.loads(told.stdout)]
    except ValueError as error:
        raise UserError(f"{python}: is no Python that works; give another one") from error
    kept = {str(p) for p in paths[:2]}
    kept |= {str(p) for p in paths[2:] if p.name in ("site-packages", "dist-packages")}
    real = {os.path.realpath(path) for path in kept}
    inside = sorted(path for path in kept | real if not path.startswith(("/usr/", "/lib/")))
    return tuple(path for path in inside if Path(path).is_dir() and path != "/")


def _bubblewrap(
    python: str, files: Mapping[str, Path], limits: Limits, *, sealed: bool = False
) -> list[str]:
    # First the files' own small disk, in memory: the interpreter may lie below /tmp, too.
    room = ["--size", str(limits.disk_bytes), "--perms", "1777", "--tmpfs", _ROOM,
            "--dir", "/box"]  # fmt: skip
    libraries = _libraries(python)
    # bubblewrap itself would make the folders above for their owner alone.
    above = {str(up) for name in libraries for up in Path(name).parents} - {"/", _ROOM}
    for folder in sorted(above):
        room += ["--perms", "0755", "--dir", folder]
    for name in libraries:
        room += ["--ro-bind", name, name]
    for name, path in files.items():
        room += ["--ro-bind", str(path.resolve()), f"/box/{name}"]
    if sealed:
        for name in _texts(libraries):
            room += ["--tmpfs", name]
    variables: list[str] = []
    for name, value in _ENVIRONMENT.items():
        variables += ["--setenv", name, value]
    user = 0
    if os.geteuid() == 0:
        user = _NOBODY + (os.getpid() * 1009 + next(_BOXES)) % _OTHERS
    return [*_namespaces(), *_system(), *room, *variables, "--remount-ro", "/", "--",
            *_python(python, "/box/inside.py", limits, user)]  # fmt: skip


def _texts(libraries: Sequence[str]) -> list[str]:
    """Folders with the texts that come with Python, which whoever predicts them must not read."""
    found = {
        os.path.realpath(path)
        for folder in (*libraries, "/usr", "/usr/local")
        for pattern in ("lib*/python3*/pydoc_data", "share/doc/python3*")
        for path in Path(folder).glob(pattern)
    }
    return sorted(found)


def _python(python: str, script: str, limits: Limits, user: int) -> list[str]:
    """The first thing in the box: limits are set, rights given up, then the work begins."""
    numbers = (
        math.ceil(limits.cpu_seconds),
        limits.memory_bytes,
        limits.disk_bytes,
        limits.processes if script.startswith("/box/") else 0,
        user,
    )
    return [python, "-I", "-S", script, ",".join(str(number) for number in numbers)]


def _in_container(
    image: str, files: Mapping[str, Path], limits: Limits, stop: Event | None
) -> Outcome:
    """Run `inside.py` in a container, which is gone afterwards however the run ended.

    Raises:
        UserError: If podman itself fails, for example because it does not have the image.
    """
    own = {name: os.environ[name] for name in _PODMAN_VARIABLES if name in os.environ}
    name = f"coursekit-{uuid.uuid4().hex}"
    with tempfile.TemporaryDirectory(prefix="coursekit-verify-") as folder:
        number = Path(folder, "pid")
        command = _podman(image, files, limits, name, number)
        try:
            outcome = run_watched(
                command, limits, folder=Path("/"), environment=own, stop=stop, apart=number
            )
        finally:  # podman may have been ended, and the container lives on without it
            subprocess.run(
                ["podman", "rm", "--force", "--ignore", "--time=0", name],
                capture_output=True, check=False, timeout=60,
            )  # fmt: skip
    if outcome.code in _PODMAN_FAILED and not outcome.output:
        lines = outcome.errors.strip().splitlines() or ["no reason given"]
        raise UserError(f"--box podman --image {image}: podman says: {lines[-1][:300]}")
    return outcome


def _podman(
    image: str, files: Mapping[str, Path], limits: Limits, name: str, number: Path
) -> list[str]:
    mounts: list[str] = []
    for inner, path in files.items():
        mounts += ["--volume", f"{path.resolve()}:/box/{inner}:ro"]
    variables: list[str] = []
    for variable, value in _ENVIRONMENT.items():
        if variable != "PATH":  # the image knows where its Python is
            variables += ["--env", f"{variable}={value}"]
    user = 1 + (os.getpid() * 1009 + next(_BOXES)) % _NOBODY_INSIDE
    return ["podman", "run", "--rm", f"--name={name}", f"--pidfile={number}", "--pull=never",
            "--network=none", "--http-proxy=false", "--read-only", "--read-only-tmpfs=false",
            "--cap-drop=all", "--security-opt=no-new-privileges",
            f"--pids-limit={limits.processes}",
            f"--memory={limits.memory_bytes + limits.disk_bytes}", "--cpus=1",
            f"--timeout={math.ceil(limits.seconds)}",
            # The kernel's own limits; the usual ones of podman are more than some hosts give.
            "--ulimit=nofile=1024:1024", "--ulimit=core=0:0",
            f"--ulimit=nproc={limits.processes}:{limits.processes}",
            f"--user={user}:{user}", "--hostname=box",
            f"--tmpfs={_ROOM}:rw,mode=1777,size={limits.disk_bytes}", *variables, *mounts, image,
            *_python("python", "/box/inside.py", limits, 0)]  # fmt: skip
