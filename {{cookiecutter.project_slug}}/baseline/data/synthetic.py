"""Generated tasks whose answer is known: a model that has understood them is always right.

They show what an architecture can do without the noise of real data: reversing and copying
need a memory of the whole input, dates and numbers need rules.
"""

import random
import string
from collections.abc import Callable
from datetime import date, timedelta

from baseline.data.examples import Example

TRAIN, HELD_OUT = 20_000, 500


def make(
    name: str, *, train: int = TRAIN, held_out: int = HELD_OUT, seed: int = 0
) -> tuple[tuple[Example, ...], tuple[Example, ...], tuple[Example, ...]]:
    """Make the three parts of a generated task; no input occurs twice.

    Args:
        train: Number of training examples (fewer where the task has not so many).
        held_out: Number of validation examples, and of test examples.
    """
    rng = random.Random(seed)
    found: dict[str, Example] = {}
    wanted = train + 2 * held_out
    for _ in range(20 * wanted):
        source, target = MAKERS[name](rng)
        found.setdefault(source.casefold(), Example(source, target))
        if len(found) == wanted:
            break
    examples = list(found.values())
    held_out = min(held_out, len(examples) // 10)
    return (
        tuple(examples[2 * held_out :]),
        tuple(examples[:held_out]),
        tuple(examples[held_out : 2 * held_out]),
    )


def reverse(rng: random.Random, shortest: int = 10, longest: int = 40) -> tuple[str, str]:
    """Letters, and the same letters from the end: `abc` → `cba`."""
    letters = _letters(rng, shortest, longest)
    return letters, letters[::-1]


def copy(rng: random.Random, shortest: int = 10, longest: int = 40) -> tuple[str, str]:
    """Letters, and the same letters again."""
    letters = _letters(rng, shortest, longest)
    return letters, letters


def _letters(rng: random.Random, shortest: int, longest: int) -> str:
    return "".join(rng.choices(string.ascii_lowercase, k=rng.randint(shortest, longest)))


_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def dates(rng: random.Random) -> tuple[str, str]:
    """A date as people write it, and the same in ISO 8601: `May 3rd, 1999` → `1999-05-03`."""
    day = date(1950, 1, 1) + timedelta(days=rng.randrange(365 * 100))
    month = _MONTHS[day.month - 1]
    short = month[:3]
    suffix = "th" if 11 <= day.day <= 13 else {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10, "th")
    weekday = day.strftime("%A")
    forms = (
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{month} {day.day}{suffix}, {day.year}",
        f"{weekday}, {day.day} {short} {day.year}",
        f"the {day.day}{suffix} of {month} {day.year}",
        f"{day.day:02}.{day.month:02}.{day.year}",
        f"{day.day}-{short}-{day.year % 100:02}",
    )
    text = rng.choice(forms)
    if text == forms[-1]:
        # Two digits of a year mean 1950 to 2049.
        return text, day.isoformat()
    return rng.choice((text, text, text.lower(), text.upper())), day.isoformat()


_ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen"),
    *("eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def number_words(number: int) -> str:
    """English words for 0 to 999,999: 1234 → `one thousand two hundred thirty-four`."""
    if not 0 <= number < 1_000_000:
        raise ValueError(f"number is {number}; give 0 to 999999")
    if number < 20:
        return _ONES[number]
    if number < 100:
        tens, one = divmod(number, 10)
        return _TENS[tens - 2] + (f"-{_ONES[one]}" if one else "")
    size, name = (100, "hundred") if number < 1000 else (1000, "thousand")
    head, rest = divmod(number, size)
    return f"{number_words(head)} {name}" + (f" {number_words(rest)}" if rest else "")


def numbers(rng: random.Random) -> tuple[str, str]:
    """A number, and its English words: `4207` → `four thousand two hundred seven`."""
    number = rng.randrange(10 ** rng.randint(2, 6))
    return str(number), number_words(number)


MAKERS: dict[str, Callable[[random.Random], tuple[str, str]]] = {
    "dates": dates,
    "numbers": numbers,
    "reverse": reverse,
    "copy": copy,
}
