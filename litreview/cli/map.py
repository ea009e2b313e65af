"""`litreview map`: a field of research from the abstracts of a snapshot."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from litreview.console import dry_run_option, json_option


@click.command(name="map")
@click.argument("query")
@click.option(
    "--snapshot",
    type=click.Path(path_type=Path),
    required=True,
    help="arXiv's snapshot, also packed, or the index that litreview index made of it.",
)
@click.option(
    "--papers", type=click.Path(path_type=Path), help="A folder of whole papers to count as well."
)
@click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, file_okay=False),
    help="A folder for map.json and the plots, in light and in dark.",
)
@click.option("--workers", default=0, help="Processes; by default one for each processor.")
@click.option("--on", default="", metavar="ray[:ADDRESS]", help="Count on a cluster of Ray.")
@dry_run_option
@json_option
def command(
    query: str,
    snapshot: Path,
    papers: Path | None,
    output: Path | None,
    workers: int,
    on: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Show which models, data sets and sizes the abstracts on QUERY name, over the years.

    Every abstract that matches is read by the rules of litreview questions; a model counts
    where the authors speak of their own work.
    """
    import json

    from litreview.actions.field import survey
    from litreview.console import print_json, progress
    from litreview.files import write_atomic
    from litreview.questions.charts import charts

    def notify(sentence: str) -> None:
        click.echo(sentence, err=True)

    with progress(f"Reading abstracts on {query}") as advance:
        tally = survey(query, snapshot, papers=papers, workers=workers, on=on, advance=advance,
                       notify=notify)  # fmt: skip
    field = {"query": query, "snapshot": snapshot.name, **tally.to_json()}
    if as_json:
        print_json(field)
    else:
        click.echo(_table(field))
    if output is not None and not dry_run:
        drawn = charts(field, query)
        write_atomic(output / "map.json", json.dumps(field, ensure_ascii=False, indent=2) + "\n")
        for name, drawing in drawn.items():
            write_atomic(output / name, drawing)
        notify(f"{output}: map.json and {len(drawn)} plots written")


def _table(field: dict[str, Any]) -> str:
    from litreview.questions.totals import spoken

    count = field["abstracts"]
    years = [int(year) for year in field["years"] if year != "0"]
    span = f", {min(years)} to {max(years)}" if years else ""
    lines = [f"{count:,} abstracts on “{field['query']}”{span}", "", "Models"]
    for model in field["models"][:15]:
        seen = model["years"]
        latest = ", ".join(f"{year}: {seen[year]}" for year in sorted(seen)[-4:] if year != "0")
        lines.append(f"  {model['abstracts']:>7,}  {model['name']}  ({latest})")
    lines += ["", "Data sets"]
    lines += [f"  {item['abstracts']:>7,}  {item['name']}" for item in field["data"][:15]]
    lines += ["", "Amounts of data (smallest, median, largest)"]
    for item in field["sizes"][:10]:
        spread = ", ".join(spoken(item[key]) for key in ("smallest", "median", "largest"))
        lines.append(f"  {item['abstracts']:>7,}  {item['unit']}: {spread}")
    return "\n".join(lines)
