"""Search a handful of works in memory: the reading list and bibliographies."""

from __future__ import annotations

from collections.abc import Sequence

from litreview.works.query import Query
from litreview.works.rank import query_scores, searchable, words
from litreview.works.source import Source
from litreview.works.terms import And, Node, Not, Or, Term, positive_terms


def select(
    works: Sequence[Source],
    query: Query,
    names: Sequence[str] = (),
    keywords: Sequence[str] = (),
) -> list[Source]:
    """The works that fit a query, the best first.

    Filters, fields and exclusions are strict. Of the plain words at least one
    must occur: a short list has too few works to ask for all of them.

    Args:
        works: What to choose from.
        query: What is looked for; an empty one selects everything.
        names: For each work, what everybody calls it; a query that says it wants that work.
        keywords: For each work, further words by which it is found.
    """
    extra = keywords or [""] * len(works)
    if query.ids or query.dois or query.urls:
        wanted = {f"arxiv:{i}" for i in query.ids} | {f"doi:{d}" for d in query.dois}
        wanted |= {Source("", (), None, url, "").identity for url in query.urls}
        return [work for work in works if wanted & _identities(work)]
    texts = [
        " ".join((work.title, work.abstract, more)) for work, more in zip(works, extra, strict=True)
    ]
    documents = [searchable(work, more * 2) for work, more in zip(works, extra, strict=True)]
    plain = [term for term in positive_terms(query.tree) if term.field == "all"]
    scores = query_scores(documents, query) if plain else [1.0] * len(works)
    asked = {word for term in plain for word in words(term.text)}
    for index, name in enumerate(names):
        if asked and set(words(name)) <= asked:
            scores[index] *= 2
    found = [
        (score, index)
        for index, (work, score) in enumerate(zip(works, scores, strict=True))
        if score > 0
        and passes_filters(work, query)
        and (query.tree is None or _may_match(query.tree, work, texts[index]))
    ]
    return [works[index] for _, index in sorted(found, key=lambda item: (-item[0], item[1]))]


def passes_filters(work: Source, query: Query) -> bool:
    """Whether a work has the categories, authors and dates that are asked for."""
    if query.categories and not any(_has_category(work, name) for name in query.categories):
        return False
    if not all(_has_words(" ; ".join(work.authors), name) for name in query.authors):
        return False
    if query.since or query.until:
        first = work.published or (f"{work.year}-01-01" if work.year else "")
        last = work.published or (f"{work.year}-12-31" if work.year else "")
        if not first or (query.since and last < query.since.isoformat()):
            return False
        if query.until and first > query.until.isoformat():
            return False
    return True


def _may_match(node: Node, work: Source, text: str) -> bool:
    if isinstance(node, Term):
        return node.field == "all" or _matches(node, work, text)
    if isinstance(node, Not):
        return not _must_match(node.part, work, text)
    if isinstance(node, Or):
        return any(_may_match(part, work, text) for part in node.parts)
    return all(_may_match(part, work, text) for part in node.parts)


def _must_match(node: Node, work: Source, text: str) -> bool:
    if isinstance(node, Term):
        return _matches(node, work, text)
    if isinstance(node, Not):
        return not _must_match(node.part, work, text)
    test = all if isinstance(node, And) else any
    return test(_must_match(part, work, text) for part in node.parts)


def _matches(term: Term, work: Source, text: str) -> bool:
    if term.field == "cat":
        return _has_category(work, term.text)
    field = {
        "ti": work.title,
        "au": " ; ".join(work.authors),
        "abs": work.abstract,
        "jr": work.venue,
    }.get(term.field, text)
    return _has_words(field, term.text)


def _has_words(text: str, phrase: str) -> bool:
    if phrase.endswith("*"):
        return any(word.startswith(phrase[:-1].casefold()) for word in words(text))
    return f" {' '.join(words(phrase))} " in f" {' '.join(words(text))} "


def _has_category(work: Source, name: str) -> bool:
    if name.endswith(".*"):
        archive = name[:-2]
        return any(c == archive or c.startswith(f"{archive}.") for c in work.categories)
    return name in work.categories


def _identities(work: Source) -> set[str]:
    found = {work.identity}
    if work.doi:
        found.add(f"doi:{work.doi}")
    if work.url:
        found.add(Source("", (), None, work.url, "").identity)
    return found
