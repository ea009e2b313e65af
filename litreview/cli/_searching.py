"""The options of every command that searches, and what they say."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from litreview.console import cache_options

if TYPE_CHECKING:
    from litreview.works.query import Query

_PATH = click.Path(path_type=Path)


@dataclass(frozen=True)
class Searching:
    """Where to search, for what and how far back; the fields have the options' names."""

    provider: str
    limit: int
    category: tuple[str, ...]
    author: tuple[str, ...]
    since: str
    until: str
    offline: bool
    refresh: bool
    snapshot: Path | None
    bib: Path | None

    def query(self, words: str) -> Query:
        """What is searched for, from a person's words.

        Raises:
            UserError: If the words, a category or a day cannot be understood.
        """
        from litreview.works.query import parse

        return parse(
            words, categories=self.category, authors=self.author, since=self.since,
            until=self.until,
        )  # fmt: skip


def search_options(limit: int, what: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Give a command the options of a search; it gets them as `searching`.

    Args:
        limit: How many are found if nobody says.
        what: What is counted: works or sources.
    """
    options = (
        click.option(
            "--provider",
            default="arxiv",
            show_default=True,
            help="arxiv, openalex, semantic-scholar, crossref, datacite, openreview, doi, acl, "
            "web, reading-list (no network), snapshot or bibtex (any --bib file); several with "
            "commas.",
        ),
        click.option(
            "--limit", "-n", default=limit, show_default=True, help=f"The largest number of {what}."
        ),
        click.option("--category", "-c", multiple=True, help="An arXiv category, such as cs.CL."),
        click.option("--author", "-a", multiple=True, help="A name; the option can be repeated."),
        click.option("--since", default="", help="First day: 2020, 2020-05 or 2020-05-31."),
        click.option("--until", default="", help="Last day, in the same forms."),
        cache_options,
        click.option("--snapshot", type=_PATH, help="Index made by litreview index."),
        click.option(
            "--bib", type=_PATH, help="Bibliography to search (BibTeX, RIS, CSL-JSON, NBIB)."
        ),
    )

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(function)
        def run(**values: Any) -> Any:
            said = {field.name: values.pop(field.name) for field in fields(Searching)}
            if said["bib"] is not None and said["provider"] == "arxiv":
                said["provider"] = "bibtex"
            return function(searching=Searching(**said), **values)

        command: Callable[..., Any] = run
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def order_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """`--about` and `--semantic`, for every command that orders what it finds."""
    about = click.option(
        "--about",
        type=click.Choice(["objective", "methods", "outcomes"]),
        help="Order by what the works say about this side of them.",
    )
    semantic = click.option(
        "--semantic",
        is_flag=True,
        help="Order by meaning, too; needs the extra coursekit[semantic].",
    )
    return about(semantic(function))
