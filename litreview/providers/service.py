"""What all services of the web that give out records have in common."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from litreview.providers.result import Exchange, NothingFoundError, SearchResult
from litreview.text.clean import one_line, without_markup
from litreview.web.fetch import Fetcher
from litreview.web.gate import Answer, FetchError, RefusedError
from litreview.works.query import Query
from litreview.works.source import Source
from litreview.works.terms import positive_terms

MAX_BYTES = 10_000_000
MAX_TITLE_CHARACTERS = 3_000  # what is beyond is no title
_WHOLE = re.compile(
    r"<(?:jats:)?title>\s{0,99}(?:abstract|summary)\s{0,99}</(?:jats:)?title>", re.I
)
_SECTION = re.compile(r"<(?:jats:)?title>\s*([^<]{1,60}?)\s*:?\s*</(?:jats:)?title>", re.I)


@dataclass(frozen=True)
class Service:
    """One service.

    Attributes:
        name: What to call it in a sentence.
        variable: Environment variable that names another address of it, say a mirror.
        base: Its own address.
        interval_seconds: Least time between two requests, by its terms.
        advice: What the user can do when it fails, the end of a sentence.
        key_variable: Environment variable with the user's key, if there are keys.
        key_name: The header that carries the key; with `?` before it, the parameter.
    """

    name: str
    variable: str
    base: str
    interval_seconds: float = 1.0
    advice: str = "try again in a few minutes, or with another --provider"
    key_variable: str = ""
    key_name: str = ""

    def get(
        self,
        tail: str,
        fetcher: Fetcher,
        *,
        accept: str = "application/json",
        check: Callable[[Answer], None] | None = None,
    ) -> Answer | None:
        """Ask for what stands behind the service's address.

        Returns:
            The answer; None if the service knows no such thing (404), which is an answer, too.

        Raises:
            FetchError: If it does not answer as it should.
        """

        def checked(answer: Answer) -> None:
            if answer.status in (401, 403) and self.key_variable:
                raise RefusedError(
                    f"{self.name} refuses the request (HTTP {answer.status}); check the key in "
                    f"{self.key_variable}, or do without it"
                )
            if answer.status not in (200, 404):
                raise RefusedError(
                    f"{self.name} refuses the request (HTTP {answer.status}); {self.advice}"
                )
            if answer.status == 200 and check is not None:
                check(answer)

        key = os.environ.get(self.key_variable, "").strip() if self.key_variable else ""
        answer = fetcher.get(
            f"{self.address}{tail}",
            service=self.name,
            max_bytes=MAX_BYTES,
            interval_seconds=self.interval_seconds,
            accept=accept,
            check=checked,
            trusted=True,
            advice=self.advice,
            secrets={self.key_name: key} if key else None,
            keep_missing=True,
        )
        return None if answer.status == 404 else answer

    def json(self, tail: str, fetcher: Fetcher, *, holds: str) -> dict[str, Any] | None:
        """The same, for an answer that is a JSON object.

        Args:
            tail: What stands behind the service's address.
            fetcher: Makes the request.
            holds: A field that the object has in any case.
        """

        def check(answer: Answer) -> None:
            self.parse(answer, holds)

        answer = self.get(tail, fetcher, check=check)
        return None if answer is None else self.parse(answer, holds)

    def parse(self, answer: Answer, holds: str) -> dict[str, Any]:
        """The JSON object in an answer.

        Raises:
            FetchError: If it is another one.
        """
        try:
            data = json.loads(answer.body)
            if isinstance(data, dict) and data.get(holds) is not None:
                return data
        except (ValueError, RecursionError):
            pass
        raise FetchError(f"{self.name}'s answer is not what its interface promises; {self.advice}")

    @property
    def address(self) -> str:
        """Where it is, or where the environment says that it is."""
        return os.environ.get(self.variable, "").strip().rstrip("/") or self.base

    def result(
        self, key: str, query: Query, compiled: str, sources: list[Source], total: int,
        fetcher: Fetcher, first: int, notes: list[str] | None = None,
    ) -> SearchResult:  # fmt: skip
        """What a search gives back.

        Args:
            key: The provider's name in `PROVIDERS`.
            query: What was asked.
            compiled: The same in the service's own language.
            sources: What was found.
            total: How many works match in all.
            fetcher: Made the requests.
            first: How many answers it had before.
            notes: What the user should know.

        Raises:
            NothingFoundError: If nothing was found.
        """
        if not sources:
            remedy = "check it" if query.ids or query.dois or query.urls else "use other words"
            raise NothingFoundError(f"{self.name} has nothing for {compiled}; {remedy}")
        return SearchResult(
            provider=key,
            query=query,
            compiled=compiled,
            sources=tuple(sources),
            total=max(total, len(sources)),
            notes=tuple(notes or ()),
            exchanges=tuple(Exchange.of(answer) for answer in fetcher.answers[first:]),
        )


def words_of(query: Query) -> str:
    """The plain words of a query and its authors, for a service that ranks by itself."""
    words = [term.text for term in positive_terms(query.tree) if term.field != "cat"]
    return one_line(" ".join([*words, *query.authors]))[:300]


def unmet(service: str, query: Query) -> list[str]:
    """What to tell a user of demands that a service with one search for everything cannot meet."""
    terms = positive_terms(query.tree)
    notes = []
    asked = [*query.categories, *(term.text for term in terms if term.field == "cat")]
    if asked:
        notes.append(
            f"{service} knows no categories of arXiv, so {', '.join(asked)} was not asked for"
        )
    names = {"ti": "title", "au": "author", "abs": "abstract", "jr": "journal", "co": "comment"}
    fields = [f"{names[term.field]}:{term.text}" for term in terms if term.field in names]
    if fields:
        notes.append(
            f"{service} searches all of a record at once, so {', '.join(fields)} was looked for "
            "anywhere in it"
        )
    return notes


def plain(text: str) -> str:
    """Text without the markup of publishers; titles of sections become cues."""
    if "<" in text:
        text = _SECTION.sub(r" \1: ", _WHOLE.sub(" ", text))
    return without_markup(text)


def plain_texts(value: object, most: int = 20) -> list[str]:
    """The different texts in a list, or the one in place of a list, without markup.

    Args:
        value: Whatever a service says; what is no text is passed over.
        most: How many values are looked at; of each, no more than any title is long.
    """
    values = value if isinstance(value, list) else [value]
    found = (plain(text(item)[:MAX_TITLE_CHARACTERS]) for item in values[:most])
    return list(dict.fromkeys(filter(None, found)))


def items(value: object) -> list[dict[str, Any]]:
    """The objects in a list; nothing if it is no list."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def record(value: object) -> dict[str, Any]:
    """An object, or an empty one in place of anything else."""
    return value if isinstance(value, dict) else {}


def text(value: object) -> str:
    """A text, or an empty one in place of anything else."""
    return value if isinstance(value, str) else ""


def number(value: object) -> int | None:
    """A whole number, or None in place of anything else."""
    return value if isinstance(value, int) and not isinstance(value, bool) else None
