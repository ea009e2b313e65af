"""A field of research: which models, data and sizes its abstracts name, over the years.

Each abstract is read by the same rules as a paper, but only where it names a model, an amount or
a data set, so that a hundred thousand take a minute. What is counted does not depend on the
order in which the abstracts are read, nor on how many processes read them.
"""

from __future__ import annotations

import re
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from litreview.papers.paper import Sentence, tidy
from litreview.questions.amounts import Amount, amounts_in
from litreview.questions.answers import Read, amounts_of
from litreview.questions.cues import cues
from litreview.questions.signals import signals
from litreview.questions.totals import singular
from litreview.text.names import Mention, mentions_in
from litreview.text.sentences import split

EXAMPLES = 3
MAX_CHARACTERS = 6_000
_NUMBER = re.compile(r"\d\d")
_NUMBER_WORDS = ("hundred", "thousand", "million", "billion", "twent", "thirt", "fort", "fift")
_DATA_WORDS = ("dataset", "data set", "corpus", "corpora", "benchmark", "treebank", "collection")


@dataclass(frozen=True, slots=True)
class Abstract:
    """An abstract to be read."""

    name: str
    year: int
    text: str


@dataclass
class Tally:
    """What was counted; two tallies of different abstracts can be added.

    Attributes:
        read: How many abstracts.
        years: How many of each year; 0 where it is not known.
        models: By model and year, how many abstracts use or name it.
        data: By data set, how many abstracts name it.
        sizes: By unit, the largest amount of each abstract that states one.
        examples: By model or data set, the first works by name.
    """

    read: int = 0
    years: Counter[int] = field(default_factory=Counter)
    models: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    data: Counter[str] = field(default_factory=Counter)
    sizes: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    examples: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def add(self, other: Tally) -> None:
        """Count another tally in."""
        self.read += other.read
        self.years.update(other.years)
        for model, years in other.models.items():
            self.models[model].update(years)
        self.data.update(other.data)
        for unit, values in other.sizes.items():
            self.sizes[unit] += values
        for value, names in other.examples.items():
            self.examples[value] = sorted({*self.examples[value], *names})[:EXAMPLES]

    def to_json(self, top: int = 40) -> dict[str, Any]:
        """Plain data in an order that depends on nothing but what was counted."""
        models = sorted(self.models.items(), key=lambda item: (-item[1].total(), item[0]))
        data = sorted(self.data.items(), key=lambda item: (-item[1], item[0]))
        sizes = sorted(self.sizes.items(), key=lambda item: (-len(item[1]), item[0]))
        return {
            "abstracts": self.read,
            "years": {str(year): self.years[year] for year in sorted(self.years)},
            "models": [
                {
                    "name": name,
                    "abstracts": years.total(),
                    "years": {str(year): years[year] for year in sorted(years)},
                    "examples": self.examples[name],
                }
                for name, years in models[:top]
            ],
            "data": [
                {"name": name, "abstracts": count, "examples": self.examples[name]}
                for name, count in data[:top]
            ],
            "sizes": [
                {"unit": unit, "abstracts": len(values), **_spread(sorted(values))}
                for unit, values in sizes[:top]
            ],
        }


def _spread(values: list[float]) -> dict[str, float]:
    quarters = statistics.quantiles(values, n=4) if len(values) > 1 else [values[0]] * 3
    return {"smallest": values[0], "lower_quarter": quarters[0], "median": quarters[1],
            "upper_quarter": quarters[2], "largest": values[-1]}  # fmt: skip


def count(abstracts: Iterable[Abstract]) -> Tally:
    """Read abstracts and count what they name."""
    tally = Tally()
    for abstract in abstracts:
        tally.read += 1
        tally.years[abstract.year] += 1
        text = tidy(abstract.text[:MAX_CHARACTERS])
        mentions = mentions_in(text)
        lower = text.lower()
        numbered = _NUMBER.search(text) or any(word in lower for word in _NUMBER_WORDS)
        amounts = amounts_in(text) if numbered else []
        named = []
        if any(word in lower for word in _DATA_WORDS):
            named = [match["name"] for match in cues()["dataset"].finditer(text)]
        data = list(dict.fromkeys(named))
        models, sizes = _facts(text, mentions, amounts) if mentions or amounts else ([], {})
        for model in models:
            tally.models[model][abstract.year] += 1
        tally.data.update(data)
        for unit, value in sizes.items():
            tally.sizes[unit].append(value)
        for label in [*models, *data]:
            known = tally.examples[label]
            known.append(abstract.name)
            if len(known) > 8 * EXAMPLES:
                tally.examples[label] = sorted(known)[:EXAMPLES]
    for label, names in tally.examples.items():
        tally.examples[label] = sorted(set(names))[:EXAMPLES]
    return tally


def _facts(
    text: str, mentions: list[Mention], amounts: list[Amount]
) -> tuple[list[str], dict[str, float]]:
    """The models that the authors of an abstract name as theirs, and their largest amounts."""
    models: dict[str, None] = {}
    counted: list[Read] = []
    for span in split(text):
        inside = [m for m in mentions if span.start <= m.start < span.end]
        numbers = [a for a in amounts if span.start <= a.start < span.end]
        if not (inside or numbers):
            continue
        signs = signals(span.text[:1_000], "abstract")
        if signs.authors:
            models.update(dict.fromkeys(mention.name for mention in inside))
        if numbers:
            sentence = Sentence(span.text, span.start, span.end, 0)
            counted.append(Read(sentence, span.text, "Abstract", signs, inside, numbers))
    sizes: dict[str, float] = {}
    for amount in amounts_of(counted):
        if amount.value is not None:
            unit = singular(amount.unit)
            sizes[unit] = max(sizes.get(unit, 0.0), amount.value)
    return list(models), sizes
