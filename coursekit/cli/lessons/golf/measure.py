"""`coursekit golf measure`: play a file of one's own."""

from __future__ import annotations

from pathlib import Path

import click

from coursekit.cli._where import python_option


@click.command()
@click.argument("file", type=click.Path(path_type=Path, dir_okay=False))
@click.option("--seeds", type=click.IntRange(1, 3), default=3, show_default=True, help="How many.")
@python_option("the entry")
def command(file: Path, seeds: int, python: str) -> int:
    """Play the entry FILE as the course will, within the same limits, and say what came of it.

    For teams: it needs no course folder. Without bubblewrap the file runs as an ordinary program.
    """
    import tempfile
    from contextlib import closing
    from dataclasses import replace

    from coursekit.golf.entry import read_entry
    from coursekit.golf.game import builtin_prose, measure
    from coursekit.golf.play import Rules
    from coursekit.verify.box import find_box
    from coursekit.verify.packs import Store
    from coursekit.verify.queue import Here
    from litreview.console import EXIT_FINDINGS
    from litreview.files import read_bytes

    entry = read_entry(read_bytes(file), str(file))
    rules = Rules()
    rules = replace(rules, seeds=rules.seeds[:seeds])
    found = []
    with tempfile.TemporaryDirectory(prefix="coursekit-golf-") as folder:
        Path(folder).chmod(0o755)
        store = Store(Path(folder))
        with closing(Here(find_box(python=python), store.path, 1)) as place:
            for played in measure(entry, place, builtin_prose(place, store), rules, store):
                found.append(played)
                told = played.failed or (
                    f"{played.bits:.4f} bits a character; {played.learning:.1f} CPU-seconds of "
                    f"learning, {played.scoring:.1f} of predicting; artefact "
                    f"{played.artefact_bytes:,} bytes"
                )
                click.echo(f"seed {played.seed}: {told}")
    if any(played.failed for played in found):
        return EXIT_FINDINGS
    mean = sum(played.bits for played in found) / len(found)
    click.echo(f"{entry.name}: {mean:.4f} bits a character; write CLAIM = {mean:.3f}")
    return 0
