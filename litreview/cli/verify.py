"""`litreview verify`: whether each source exists, is as cited, and still stands."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from litreview.console import (
    EXIT_FINDINGS,
    cache_options,
    dry_run_option,
    format_option,
    json_option,
    print_json,
    progress,
)
from litreview.errors import UserError


@click.command(name="verify")
@click.argument("path", type=click.Path(path_type=Path), default=".")
@click.option("--strict", is_flag=True, help="Let every difference fail, a year or venue, too.")
@cache_options
@format_option
@dry_run_option
@json_option
def command(
    path: Path,
    strict: bool,
    offline: bool,
    refresh: bool,
    output: str,
    dry_run: bool,
    as_json: bool,
) -> None:
    """Ask the registries about every source at PATH: a review, or a BibTeX file.

    Each source is verified, differs, retracted, not found or unchecked. Crossref,
    OpenAlex, DataCite and arXiv are asked, at most twice for a source. Beside a review
    the tiers are written to verification.json.

    Exit code 1: a source is retracted, is not found, or has another title or other
    authors than the work that it names. A differing year or venue only warns.
    """
    from litreview.actions.verified import (
        as_report,
        as_text,
        read_claims,
        record,
        write_record,
    )
    from litreview.actions.verify import verify
    from litreview.review.findings import as_github, as_junit
    from litreview.web.fetch import Fetcher
    from litreview.web.gate import Settings

    def notify(message: str) -> None:
        click.echo(message, err=True)

    cited = read_claims(path)
    count = len(cited.claims)
    settings = Settings.from_environment(offline=offline, refresh=refresh, notify=notify)
    with (
        Fetcher(settings) as fetcher,
        progress(f"Verifying {count} source{'s' * (count != 1)}", total=count) as advance,
    ):
        found = verify(cited.claims, fetcher, advance)
    asked = [item for item in found if item.registry]
    identified = [item for item in found if item.claim.named_doi or item.claim.named_arxiv_id]
    if identified and not asked:
        raise UserError(f"no registry could be asked: {identified[0].reason}")
    today = datetime.now(UTC).date()
    if as_json:
        verifications = [item.to_json() for item in found]
        print_json(
            {**record(cited, found, today), "path": str(cited.path), "verifications": verifications}
        )
    elif output == "junit":
        click.echo(as_junit([as_report(cited, found)], "verify"))
    elif output == "github":
        click.echo(as_github(as_report(cited, found)))
    else:
        click.echo(as_text(cited, found))
    if cited.is_review and not dry_run:
        click.echo(f"{write_record(cited, found, today)}: written", err=True)
    if any(item.fails or (strict and item.tier == "differs") for item in found):
        raise SystemExit(EXIT_FINDINGS)
