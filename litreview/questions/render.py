"""Show the answers of works: for reading, and as Markdown for a README."""

from __future__ import annotations

from collections.abc import Sequence

from litreview.questions.answers import QUESTIONS, Answer
from litreview.questions.totals import Sizes, Work, sizes, spoken, totals
from litreview.text.latex import to_text
from litreview.text.markdown import escape

_TOTALS_SHOWN = 12
_REWORDED = "(in a language model's words)"


def cite(work: Work) -> str:
    """`Vaswani et al. 2017, Attention Is All You Need`."""
    source = work.source
    title = to_text(work.title) or work.name
    if source is None:
        return title
    name = source.authors[0].split()[-1] if source.authors and source.authors[0].split() else ""
    name += " et al." if name and len(source.authors) > 1 else ""
    head = " ".join(part for part in (name, str(source.year or "")) if part)
    return f"{head}, {title}" if head else title


def as_text(works: Sequence[Work]) -> str:
    """The questions one after the other, each with totals and quotes."""
    lines: list[str] = []
    for question, text in QUESTIONS.items():
        lines += [text, f"  {_answered(works, question)}"]
        summary = _summary(works, question)
        if summary and len(works) > 1:
            lines.append(f"  {summary}")
        for work in works:
            answer = work.answers[question]
            lines.append(f"  - {cite(work)}: {_said(work, answer)}")
            if answer.wording:
                lines.append(f"      {answer.wording} {_REWORDED}")
            for item in answer.evidence:
                whose = "" if item.own else " (said of others)"
                lines.append(f"      “{' '.join(item.quote.split())}” [{item.where}]{whose}")
        lines.append("")
    for work in works:
        lines += [f"Note: {cite(work)}: {note}" for note in work.notes]
    return "\n".join(lines).rstrip()


def _said(work: Work, answer: Answer) -> str:
    return "; ".join(answer.values) if answer.stated else work.not_stated


def _answered(works: Sequence[Work], question: str) -> str:
    stated = sum(work.answers[question].stated for work in works)
    whole = sum(work.whole for work in works)
    return f"stated in {stated} of {len(works)}; {whole} of {len(works)} were read as a whole"


def _summary(works: Sequence[Work], question: str) -> str:
    if question == "amount":
        return "; ".join(_range(one) for one in sizes(works)[:4])
    found = totals(works, question)[:_TOTALS_SHOWN]
    return "; ".join(f"{total.value} in {len(total.works)} of {len(works)}" for total in found)


def _range(one: Sizes) -> str:
    if one.smallest == one.largest:
        return f"{spoken(one.largest)} {one.unit}s"
    return (f"from {spoken(one.smallest)} to {spoken(one.largest)} {one.unit}s, median "
            f"{spoken(one.median)} ({len(one.works)} works)")  # fmt: skip


def as_markdown(works: Sequence[Work]) -> str:
    """A section for each question: totals that open to their quotes, then a line for each work."""
    lines: list[str] = []
    for question, text in QUESTIONS.items():
        lines += [f"### {text}", "", f"{_answered(works, question).capitalize()}.", ""]
        if question == "amount":
            for one in sizes(works)[:4]:
                lines += _opening(works, question, _range(one), one.works, one.unit)
        for total in totals(works, question)[:_TOTALS_SHOWN] if question != "amount" else ():
            head = f"{total.value} in {len(total.works)} of {len(works)}"
            lines += _opening(works, question, head, total.works, total.value)
        lines += ["", "| Source | Answer | Evidence |", "| --- | --- | --- |"]
        for work in works:
            answer = work.answers[question]
            said = "; ".join(map(escape, answer.values)) or f"*{work.not_stated}*"
            if answer.wording:
                said += f"<br>{escape(answer.wording)} *{_REWORDED}*"
            quotes = "<br>".join(
                f"“{escape(' '.join(item.quote.split()))}” ({escape(item.where)}"
                f"{'' if item.own else ', said of others'})"
                for item in answer.evidence
            )
            lines.append(f"| {escape(cite(work))} | {said} | {quotes} |")
        lines.append("")
    return "\n".join(lines).rstrip()


def _opening(
    works: Sequence[Work], question: str, head: str, numbers: Sequence[int], value: str
) -> list[str]:
    """A total that opens to the quotes behind it; GitHub and the site know `details`."""
    lines = [f"<details><summary>{escape(head)}</summary>", ""]
    for number in numbers:
        evidence = works[number].answers[question].evidence
        naming = [item for item in evidence if value.casefold() in item.quote.casefold()]
        item = (naming or list(evidence))[0]
        lines.append(f"- {escape(cite(works[number]))}: “{escape(' '.join(item.quote.split()))}” "
                     f"({escape(item.where)})")  # fmt: skip
    return [*lines, "", "</details>"]
