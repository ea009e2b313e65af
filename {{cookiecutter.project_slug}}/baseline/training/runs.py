"""One training is one folder: `runs/<id>/` says what was run, on what, and what came out.

    config.toml     all settings; training with it repeats the run
    run.json        model, task, seed, commit, environment, times, results
    metrics.jsonl   one line per logged step
    *.svg           learning curve, confusion matrix
    checkpoint/     weights and state (not committed: it is large)

Nothing in it names this computer's user or folders.
"""

import contextlib
import json
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import MISSING, asdict, dataclass, field, fields, replace
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from baseline.config import Config, dumps
from baseline.errors import BaselineError, library
from baseline.files import read_text, write_atomic

SCHEMA = 1
_LIBRARIES = (
    *("torch", "transformers", "tokenizers", "numpy", "sacrebleu", "accelerate"),
    *("scikit-learn", "python-crfsuite"),
)


@dataclass(frozen=True)
class Run:
    """What `run.json` holds.

    Attributes:
        results: Metric values by split: `{"validation": {"accuracy": 0.9}}`.
        tested: What `final` found: intervals, openings of the test part, a test against the
            baseline.
    """

    id: str  # the folder's name
    task: str
    dataset: str
    model: str
    family: str
    role: str  # "baseline" for models to beat, else "model"
    seed: int
    status: str = "running"  # "running", "finished", "interrupted" or "failed"
    started: str = ""
    finished: str = ""
    commit: str = ""
    uncommitted_changes: bool = False
    parameters: int = 0  # weights, or stored counts
    steps: int = 0  # optimizer steps done
    tokens: int = 0
    seconds: float = 0.0  # wall-clock time of the training loop
    cpu_seconds: float = 0.0  # CPU time of this process, all threads together
    environment: dict[str, object] = field(default_factory=dict)
    examples: dict[str, int] = field(default_factory=dict)
    results: dict[str, dict[str, float]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    experiment: str = ""  # what the experiment is called, of which this is one seed
    identity: str = ""  # what all its seeds share: settings and data
    data: str = ""  # fingerprint of the examples and their split
    tested: dict[str, object] = field(default_factory=dict)
    schema: int = SCHEMA


def now() -> str:
    """The time in UTC, as ISO 8601 to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def create(folder: Path, run: Run, config: Config) -> tuple[Path, Run]:
    """Make the folder of a new run, under an id that no other run has.

    Args:
        run: Its `id` is the wished-for name; a number is added where that is taken.
        config: Written as `config.toml`.
    """
    stem = f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{run.id}"
    for attempt in range(1, 1000):
        name = stem if attempt == 1 else f"{stem}-{attempt}"
        try:
            (folder / name).mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise BaselineError(
                f"{folder}: no run can be written there ({error.strerror}); "
                "check permissions and disk space"
            ) from error
        run = replace(run, id=name, started=now())
        write_atomic(folder / name / "config.toml", dumps(config))
        save(folder / name, run)
        return folder / name, run
    raise BaselineError(f"{folder}: too many runs called {stem}; wait a second")


def save(folder: Path, run: Run) -> None:
    """Write `run.json`."""
    text = json.dumps(asdict(run), indent=2, ensure_ascii=False, allow_nan=False)
    write_atomic(folder / "run.json", text + "\n")


def load_run(folder: Path) -> Run:
    """Read a run's `run.json`."""
    path = folder / "run.json"
    try:
        content = json.loads(read_text(path))
        wanted = {f.name for f in fields(Run) if f.default is f.default_factory is MISSING}
        if missing := sorted(wanted - content.keys()):
            raise ValueError(f"it has no {', '.join(missing)}")
        run = Run(**{key: content[key] for key in Run.__dataclass_fields__ if key in content})
    except (ValueError, TypeError, AttributeError) as error:
        raise BaselineError(
            f"{path}: is no run ({error}); remove the folder or restore it"
        ) from error
    if run.schema != SCHEMA:
        raise BaselineError(f"{path}: has schema {run.schema!r}; this version reads {SCHEMA}")
    texts = (run.task, run.dataset, run.model, run.family, run.role, run.status, run.finished)
    values = run.results.values() if isinstance(run.results, dict) else [None]
    if (
        run.id != folder.name
        or not all(isinstance(text, str) for text in texts)
        or not all(isinstance(part, dict) for part in values)
        or not all(isinstance(v, int | float) for part in values for v in part.values())
    ):
        raise BaselineError(
            f"{path}: is damaged or of another run; remove the folder or restore it"
        )
    return run


@contextlib.contextmanager
def recorded(folder: Path, run: Run) -> Iterator[None]:
    """Write into `run.json` that a run was interrupted or failed, whatever happened."""
    try:
        yield
    except BaseException as error:
        status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
        with contextlib.suppress(BaselineError):
            latest = load_run(folder)
            if latest.status == "running":
                save(folder, replace(latest, status=status, finished=now()))
        raise


def find(folder: Path, name: str) -> Path:
    """The folder of a run by its id, the beginning of its id, or "last"."""
    names = sorted(path.parent.name for path in folder.glob("*/run.json"))
    if not names:
        raise BaselineError(
            f"{folder}: there are no runs yet; start with: python -m baseline train"
        )
    if name == "last":
        return folder / names[-1]
    found = [n for n in names if n == name] or [n for n in names if n.startswith(name)]
    if len(found) != 1:
        problem = "is the beginning of several runs" if found else "is not one of the runs"
        raise BaselineError(f"{name!r} {problem} ({', '.join((found or names)[-5:])})")
    return folder / found[0]


def commit(folder: Path) -> tuple[str, bool]:
    """The repository's commit, and whether files differ from it; empty outside a repository."""

    def git(*arguments: str) -> str:
        result = subprocess.run(
            ["git", *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
        return result.stdout.strip() if result.returncode == 0 else ""

    with contextlib.suppress(OSError, subprocess.SubprocessError):
        head = git("rev-parse", "HEAD")
        # What a run writes itself is no change of the code.
        changed = git("status", "--porcelain", "--", ".", ":!runs", ":!results.json", ":!splits")
        return head, bool(head and changed)
    return "", False


def environment(device: str = "cpu") -> dict[str, object]:
    """Versions and machine, without names of users, folders or hosts."""
    found: dict[str, object] = {
        "python": platform.python_version(),
        "system": platform.system(),
        "machine": platform.machine(),
        "processors": os.cpu_count() or 0,
        "device": device,
    }
    for name in _LIBRARIES:
        with contextlib.suppress(metadata.PackageNotFoundError):
            found[name] = metadata.version(name)
    if torch := sys.modules.get("torch"):  # counting works without it
        found["threads"] = torch.get_num_threads()
        if device.startswith("cuda"):
            found["accelerator"] = torch.cuda.get_device_name()
    return found


class Log:
    """Appends lines to `metrics.jsonl`, each complete when it is written.

    Args:
        tensorboard: Whether to write the numbers for TensorBoard, too.
    """

    def __init__(self, folder: Path, *, tensorboard: bool = False) -> None:
        self.path = folder / "metrics.jsonl"
        self._tensorboard = _summary_writer(folder) if tensorboard else None

    def write(self, **values: object) -> None:
        """Append one line; values that are no number are written as null."""
        line = json.dumps({key: _finite(value) for key, value in values.items()})
        with self.path.open("a", encoding="utf-8", newline="\n") as stream:
            stream.write(line + "\n")
        if self._tensorboard is not None:
            for name, value in values.items():
                if isinstance(value, float):
                    self._tensorboard.add_scalar(name, value, int(str(values["step"])))
            self._tensorboard.flush()

    def cut(self, step: int) -> None:
        """Drop lines after `step`: what was logged after the checkpoint is done again."""
        if self.path.exists():
            kept = [row for row in read_log(self.path.parent) if int(row["step"]) <= step]
            write_atomic(self.path, "".join(json.dumps(row) + "\n" for row in kept))


def _summary_writer(folder: Path) -> Any:
    user, otherwise = "training.tensorboard is true, which", "leave training.tensorboard out"
    board = library("torch.utils.tensorboard", "tensorboard", user, otherwise, "logs")
    return board.SummaryWriter(str(folder))


def _finite(value: object) -> object:
    if isinstance(value, float):
        return round(value, 6) if value == value and abs(value) != float("inf") else None
    return value


def read_log(folder: Path) -> list[dict[str, float]]:
    """The lines of `metrics.jsonl`; a last line that was cut off is left out."""
    path = folder / "metrics.jsonl"
    if not path.exists():
        return []
    rows = []
    for line in path.read_text(encoding="utf-8").splitlines():
        with contextlib.suppress(ValueError):
            row = json.loads(line)
            if isinstance(row, dict) and "step" in row:
                rows.append(row)
    return rows
