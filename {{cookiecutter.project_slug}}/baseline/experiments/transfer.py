"""Take a trained model to another computer: one file with its weights, its settings and its card.

    python -m baseline export RUN           writes RUN.zip
    python -m baseline import RUN.zip       on the other computer, into runs/RUN/

A baseline that is kept as its training examples takes them along.
"""

import json
import re
import zipfile
import zlib
from dataclasses import asdict
from pathlib import Path
from string import Template

from baseline.errors import BaselineError
from baseline.files import write_atomic
from baseline.training import checkpoint, runs
from baseline.training.runs import Run

# What a model consists of; everything else is refused, above all what runs a program when read.
_ALLOWED = re.compile(
    r"(?:MODEL_CARD\.md|run\.json|config\.toml"
    r"|checkpoint/(?:(?:step-\d{8}|pretrained)/)?[\w.-]+\.(?:json|safetensors|txt|model|spm))"
)
_ID = re.compile(r'"id": "([\w-]{1,100})"')
_DAMAGED = (OSError, EOFError, NotImplementedError, RuntimeError, zipfile.BadZipFile, zlib.error)
_MOST_BYTES = 20_000_000_000
_MOST_FILES = 100
_LEFT = ("optimizer.safetensors", "state.json")  # of a training that goes on


def export(root: Path, name: str, to: Path | None = None, *, dry_run: bool = False) -> Path:
    """Write a run's best model as one file, and return where it lies."""
    folder = runs.find(root / "runs", name)
    run = runs.load_run(folder)
    parts = _parts(folder)
    target = to or root / f"{run.id}.zip"
    if dry_run:
        return target
    half = target.with_name(f".{target.name}.part")
    try:
        with zipfile.ZipFile(half, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("MODEL_CARD.md", card(run))
            for path in parts:
                inside = path.relative_to(folder).as_posix()
                if path.name == "index.json":
                    archive.writestr(inside, json.dumps(_best(folder)))
                else:
                    archive.write(path, inside)
        half.replace(target)
    except OSError as error:
        raise BaselineError(f"{target}: cannot be written ({error.strerror or error})") from error
    finally:
        half.unlink(missing_ok=True)
    return target


def _best(folder: Path) -> dict[str, str]:
    """The index of the checkpoint that is taken along: the best one alone."""
    index = checkpoint.read_index(folder / "checkpoint")
    best = index.get("best") or index.get("last", "")
    return {"best": best, "last": best} if best else {}


def _parts(folder: Path) -> list[Path]:
    """The files that a run's best model needs."""
    place = folder / "checkpoint"
    best = _best(folder).get("best")
    found = [path for path in sorted(place.rglob("*")) if path.is_file()]
    found = [
        path
        for path in found
        if path.name not in _LEFT
        and (not path.parent.name.startswith("step-") or path.parent.name == best)
        and _ALLOWED.fullmatch(path.relative_to(folder).as_posix())
    ]
    if not found:
        raise BaselineError(
            f"{folder}: holds no weights (checkpoints are not committed); export on the computer "
            "that trained it"
        )
    return [folder / "run.json", folder / "config.toml", *found]


def take(root: Path, file: Path, *, dry_run: bool = False) -> str:
    """Unpack a file that `export` wrote into `runs/`, and return the run's name.

    Where the run is here without its weights, they alone are taken.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            _check(file, archive.infolist())
            found = _ID.search(archive.read("run.json").decode("utf-8", "replace"))
            if not found:
                raise BaselineError(f"{file}: its run.json names no run; export it again")
            folder = root / "runs" / found[1]
            if any((folder / "checkpoint").glob("*")):
                raise BaselineError(f"{folder}: has its weights already; remove them to take these")
            present = folder.exists()
            for item in archive.infolist():
                content = archive.read(item)  # reads and checks all of it, also in a dry run
                if not dry_run and (not present or item.filename.startswith("checkpoint/")):
                    write_atomic(folder / item.filename, content)
    except _DAMAGED as error:
        raise BaselineError(f"{file}: is no exported model ({error}); export it again") from error
    return found[1]


def _check(file: Path, items: list[zipfile.ZipInfo]) -> None:
    strange = next((i.filename for i in items if not _ALLOWED.fullmatch(i.filename)), None)
    if strange is not None:
        raise BaselineError(
            f"{file}: holds {strange[:80]!r}, which is no part of a model; only weights as "
            "safetensors and their settings are read"
        )
    names = [item.filename for item in items]
    if len(items) > _MOST_FILES or sum(item.file_size for item in items) > _MOST_BYTES:
        raise BaselineError(f"{file}: unpacks to more than a model can be; export it again")
    if len(set(names)) < len(names) or not {"run.json", "config.toml"} <= set(names):
        raise BaselineError(f"{file}: holds no whole model; export it again")


def card(run: Run) -> str:
    """The model card: what was trained on what, and what was measured; the rest is the team's."""
    figures = [
        f"| {split} | {name} | {value:.4g} |\n"
        for split, values in run.results.items()
        for name, value in values.items()
    ]
    template = Path(__file__).with_name("model_card.md").read_text(encoding="utf-8")
    changed = ", with uncommitted changes" if run.uncommitted_changes else ""
    return Template(template).substitute(
        asdict(run),
        name=run.experiment or run.model,
        parameters=f"{run.parameters:,}",
        sizes=", ".join(f"{n:,} {split}" for split, n in run.examples.items()),
        data=run.data or "unknown",
        steps=f"{run.steps:,}",
        cpu_seconds=f"{run.cpu_seconds:.0f}",
        commit=(run.commit or "unknown") + changed,
        notes="".join(f"- {note}\n" for note in run.notes),
        figures="".join(figures),
        sealed="" if run.results.get("test") else " The test part is still sealed.",
    )
