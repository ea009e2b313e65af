"""Data sets of the Hugging Face hub, through the `datasets` library."""

from pathlib import Path

from baseline.config import Data
from baseline.data import columns
from baseline.data.columns import Rows
from baseline.data.examples import SPLITS, Example, Form
from baseline.errors import BaselineError, library


def read(form: Form, data: Data, notes: list[str]) -> tuple[str, dict[str, tuple[Example, ...]]]:
    """Read a data set of the hub, fetched before or now.

    Args:
        data: The `[data]` section; its `name` is "hub:NAME".

    Returns:
        What the data set is called, and the examples of each part that it has.
    """
    name = data.name.removeprefix("hub:")
    own = 'download it and give your own files with data.name = "files"'
    datasets = library("datasets", "datasets", f"data.name is {data.name!r}, which", own)
    if not Path(name).exists():
        _ask_hub(name)
    try:
        loaded = datasets.load_dataset(name)
    except Exception as error:
        raise BaselineError(
            f"data.name: {name!r} cannot be loaded ({type(error).__name__}); check the name and "
            f"the network, or {own}"
        ) from error
    parts: dict[str, tuple[Example, ...]] = {}
    for split in SPLITS:
        if split in loaded:
            rows = [_named(row, loaded[split].features) for row in loaded[split]]
            answer = form.names[1] if form.strata else ""
            secret = all(row.get(data.columns.get(answer, answer)) is None for row in rows)
            if form.strata and secret:
                notes.append(f"{split}: the hub keeps its {answer}s secret, so it is not used")
                continue
            parts[split] = columns.build(form, Rows(rows), data.columns, f"{name} ({split})", notes)
    if "train" not in parts:
        raise BaselineError(f"{name}: has no part called train (it has {', '.join(loaded)})")
    return (Path(name).name if Path(name).exists() else name), parts


def _ask_hub(name: str) -> None:
    """Without network, use what was downloaded before; the library itself would wait first."""
    import datasets  # type: ignore[import-not-found, import-untyped, unused-ignore]
    import huggingface_hub

    try:
        huggingface_hub.HfApi().dataset_info(name, timeout=10)
    except Exception:  # no network, no such name, no right to read it
        huggingface_hub.constants.HF_HUB_OFFLINE = True
        datasets.config.HF_HUB_OFFLINE = True


def _named(row: dict[str, object], features: object) -> dict[str, object]:
    """Label numbers become their names, as in a CSV file."""
    named = dict(row)
    for key, feature in dict(features).items():  # type: ignore[call-overload]
        names = getattr(feature, "names", None) or getattr(
            getattr(feature, "feature", None), "names", None
        )
        value = row[key]
        if names and isinstance(value, int):
            named[key] = names[value] if value >= 0 else None  # -1: not told
        elif names and isinstance(value, list):
            named[key] = [names[item] for item in value]
    return named
