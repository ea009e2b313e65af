"""The right answers to a question, in the shapes in which files hold them."""

from collections.abc import Sequence

from baseline.data.columns import text_of


def texts_of(value: object) -> list[str]:
    """Every right answer: a text, a list of texts, or what SQuAD's files hold."""
    return [text for text, _ in _pairs(value, None)]


def spans_of(value: object, start: object, context: str) -> list[tuple[str, int]]:
    """Every right answer with the place of its first character in the context.

    A place that is wrong by a few characters is put right by the text; this happens where a
    program counted bytes, or where spaces were removed afterwards.

    Args:
        value: A text, a list of texts, or what SQuAD's files hold.
        start: The place of an answer that is one text; None where it is not told.

    Returns:
        Answers and places; nothing where there is no answer.

    Raises:
        ValueError: If none of the answers stands in the context.
    """
    told = _pairs(value, start)
    found = [(answer, _place(context, answer, place)) for answer, place in told]
    inside = [(answer, place) for answer, place in found if place is not None]
    if told and not inside:
        answer, place = told[0]
        where = "in the context" if answer not in context else f"at start={place}"
        remedy = (
            "copy it exactly, or use the task generative-qa"
            if answer not in context
            else "give the offset of its first character"
        )
        raise ValueError(f"the answer {answer[:40]!r} does not stand {where}; {remedy}")
    return inside


_NEAR = 16  # characters that a place may be off by


def _place(context: str, answer: str, told: int | None) -> int | None:
    """The answer's place: the one that was told, the nearest one to it, or the only one."""
    if told is not None and told >= 0 and context.startswith(answer, told):
        return told
    first = context.find(answer)
    if first < 0:
        return None
    if told is None or context.find(answer, first + 1) < 0:
        return first  # it stands there once, so there is no doubt
    near = [first]
    while (place := context.find(answer, near[-1] + 1)) >= 0:
        near.append(place)
    nearest = min(near, key=lambda place: abs(place - told))
    return nearest if abs(nearest - told) <= _NEAR else None


def _pairs(value: object, start: object) -> list[tuple[str, int | None]]:
    if isinstance(value, dict) and "text" in value:
        texts, starts = value["text"], value.get("answer_start")
        if not isinstance(texts, list):
            texts, starts = [texts], [starts]
        return _zip(texts, starts)
    if isinstance(value, list):
        if value and all(isinstance(one, dict) for one in value):
            return [pair for one in value for pair in _pairs(one, None)]
        return _zip(value, start)
    return _zip([value], [start])


def _zip(texts: Sequence[object], starts: object) -> list[tuple[str, int | None]]:
    places = list(starts) if isinstance(starts, list) else []
    places += [None] * (len(texts) - len(places))
    pairs = []
    for text, place in zip(texts, places, strict=False):
        answer = text_of(text)
        if answer.strip():
            told = text_of(place).strip()
            if told and not told.lstrip("-").isdigit():
                raise ValueError(f"start is {told!r}; give the offset of the first character")
            pairs.append((answer, int(told) if told else None))
    return pairs
