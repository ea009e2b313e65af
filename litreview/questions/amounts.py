"""How much: a number and what it counts, in English and German.

"12k sentence pairs", "3.2 M tweets", "10,000 Sätze", "1.180 Patienten", "forty-seven books".
Numbers of parameters, layers, epochs, years and scores are none.
"""

# Lists of many short words are read more easily as one string.
# ruff: noqa: SIM905

from __future__ import annotations

import re
from dataclasses import dataclass

_TEXT_UNITS = (
    "examples? sentences? words? tokens? documents? images? tweets? articles? pairs? samples? "
    "instances? questions? utterances? dialogu?es? conversations? abstracts? papers? reviews? "
    "records? entries posts? comments? passages? triples? triplets? tuples? translations? "
    "recordings? transcripts? queries snippets? files? notes? reports? messages? e?mails? "
    "headlines? data[ -]?points? observations? annotations? stories recipes? poems? books? songs? "
    "videos? paragraphs? segments? trees? sequences? clips? frames? scans? slides? patches? "
    "pages? tables? cells? spectra genes? proteins? molecules? compounds? trajectories graphs? "
    "captions? prompts? instructions? responses? demonstrations? annotated texts? texts? letters? "
    "novels? plays? chapters? products? transactions? measurements? cases? events? mentions? "
    "entities relations? rows? lines? characters? sessions? trials? episodes? hours? essays? "
    "transects? plots? specimens? individuals? animals? birds? households? sites? "
    "Sätzen? Wörtern? Worten? Beispielen? Dokumenten? Texten? Artikeln? Bildern? Paaren? Token "
    "Rezensionen Bewertungen Kommentaren? Fragen Einträgen? Datensätzen? Aufnahmen Stunden "
    "Beobachtungen Seiten Berichten? Nachrichten Zeilen Tweets"
).split()
_PEOPLE = (
    "patients? subjects? participants? users? customers? students? speakers? persons? people "
    "respondents? volunteers? children women men adults? authors? "
    "Patienten Patientinnen Personen Teilnehmern? Teilnehmenden Probanden Befragten?"
).split()
_SIZES = "GB TB MB GiB gigabytes? terabytes? megabytes?".split()
_SCALE = {
    "k": 1e3, "K": 1e3, "M": 1e6, "m": 1e6, "B": 1e9, "bn": 1e9, "thousand": 1e3, "million": 1e6,
    "billion": 1e9, "trillion": 1e12, "tausend": 1e3, "Tausend": 1e3, "Millionen": 1e6,
    "Million": 1e6, "Mio.": 1e6, "Mio": 1e6, "Milliarden": 1e9, "Mrd.": 1e9, "hundred": 1e2,
}  # fmt: skip
_ONES = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10 * number
    for number, word in enumerate(
        "twenty thirty forty fifty sixty seventy eighty ninety".split(), start=2
    )
}
# Small numbers and "a" count only before a scale: "two hundred", "a million".
_WORD_NUMBER = (
    r"(?:(?:twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)(?:-(?:one|two|three|four|five"
    r"|six|seven|eight|nine))?|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|seventeen"
    r"|eighteen|nineteen"
    r"|(?:one|two|three|four|five|six|seven|eight|nine|several|an?)"
    r"(?=\s(?:hundred|thousand|million|billion)))"
)
_SCALES = "|".join(re.escape(word) for word in sorted(_SCALE, key=len, reverse=True))
_DIGITS = r"\d{1,3}(?:[,. \u00a0\u202f']\d{3})+(?!\d)|\d+(?:[.,]\d+)?(?!\d)"
_NUMBER = (
    rf"(?:(?P<digits>{_DIGITS})\s?(?P<scale>(?:{_SCALES})(?![\w]))?\+?"
    rf"|(?P<word>{_WORD_NUMBER})(?:\s(?P<wordscale>hundred|thousand|million|billion))?)"
)
_BETWEEN = (
    r"(?:(?!(?:of|and|or|in|to|per|from|on|with|for|at|by|than|is|are|was|were|as|the)\b)"
    r"[^\W\d_][\w’'/-]{0,30}\s+){0,4}?"
)
# German writes what is counted as one word: Wetterberichte, Trainingssätze.
_COMPOUND = (
    r"[A-ZÄÖÜ][\wäöüß]{2,25}(?:sätzen?|wörter[n]?|dokumenten?|texten?|artikeln?|bilder[n]?|paaren?"
    r"|berichten?|rezensionen|bewertungen|kommentaren?|einträgen?|aufnahmen|beobachtungen"
    r"|nachrichten|beispielen?|meldungen|anfragen|beiträgen?)"
)
_UNITS = "|".join([*_TEXT_UNITS, *_PEOPLE, _COMPOUND])
_AMOUNT = re.compile(
    r"(?<![\w.$€£/-])(?<!±)(?<!\d[,.])"
    rf"(?:{_NUMBER}[\s\u00a0-]+(?:of\s+(?:the\s+)?)?(?P<adjectives>{_BETWEEN})"
    rf"(?P<unit>(?:{_UNITS})(?:[ -](?:{_UNITS})){{0,2}})"
    rf"|(?P<size>\d+(?:\.\d+)?)\s?(?P<bytes>{'|'.join(_SIZES)})"
    r"|(?P<vague>(?:hundreds|thousands|millions|billions|trillions|Hunderte|Tausende|Millionen)"
    rf"(?: of thousands| of millions)?\s(?:of|von)?\s?{_BETWEEN}(?:{_UNITS})))(?![\w-])"
)
_NOT_DATA = re.compile(
    r"\b(?:parameters?|layers?|heads?|dimensions?|epochs?|steps|iterations|GPUs?|per second"
    r"|per ?cent|percent|%|BLEU|points|times|folds?|languages?|classes|labels|tokens? long"
    r"|context (?:window|length)|years?|days?|months?|minutes|seconds|words? long|words or)\b",
    re.IGNORECASE,
)  # fmt: skip
_BEFORE = re.compile(
    r"(?:\bup to|\bat most|\blength(?: of)?|\bfirst|\blast|\btop|\bmaximum(?: of)?|\bversion"
    r"|\bsection|\btable|\bfigure|\bfig\.|\bequation|\bstep|\bbatch(?:es)?(?: size)?(?: of)?"
    r"|\bwindows? of|\bevery|\bminimum(?: of)?|\bat least|\bper|[<>≤≥=±]|\bfewer than"
    r"|\bmore than|\ble[sn]gth)\s*$",
    re.IGNORECASE,
)
_AFTER = re.compile(r"\s*(?:long|each|per|in length|lang)\b")
_COUNTED_BEFORE = re.compile(r"\b(?:more than|over|at least)\s*$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Amount:
    """A number of things.

    Attributes:
        text: As it is written.
        value: The number; None for "thousands of".
        unit: What is counted, as it is written.
        people: Whether people are counted.
        start: Offset in the sentence.
        end: Offset behind it.
    """

    text: str
    value: float | None
    unit: str
    people: bool
    start: int
    end: int


def amounts_in(sentence: str) -> list[Amount]:
    """The amounts of data that a sentence may speak of, in order."""
    found = []
    for match in _AMOUNT.finditer(sentence):
        amount = _amount(match)
        before = sentence[max(0, match.start() - 24) : match.start()]
        limited = _AFTER.match(sentence, match.end()) or (
            _BEFORE.search(before)
            and not (_COUNTED_BEFORE.search(before) and (amount.value or 0) >= 50)
        )
        decimal = amount.value is not None and amount.value % 1 and "hour" not in amount.unit
        if decimal and not match["size"]:
            continue
        if limited or _NOT_DATA.search(match[0]) or _is_year(amount, match):
            continue
        if amount.value is not None and amount.value < 10 and "hour" not in amount.unit.lower():
            continue
        found.append(amount)
    return found


def _amount(match: re.Match[str]) -> Amount:
    text = " ".join(match[0].split())
    unit = re.split(r"[ -]", match["unit"] or "")[-1] or match["bytes"] or "texts"
    people = any(re.fullmatch(pattern, unit) for pattern in _PEOPLE)
    return Amount(text, _value(match), unit, people, match.start(), match.end())


def _value(match: re.Match[str]) -> float | None:
    if match["vague"]:
        return None
    if match["size"]:
        return float(match["size"])
    if match["digits"]:
        digits = match["digits"]
        scale = _SCALE.get(match["scale"] or "", 1.0)
        grouped = re.fullmatch(r"\d{1,3}(?:[,. \u00a0\u202f']\d{3})+", digits)
        if grouped and scale == 1:
            plain = re.sub(r"\D", "", digits)
        else:
            plain = digits.replace(",", ".") if digits.count(",") == 1 else digits.replace(",", "")
        return float(re.sub(r"[^\d.]", "", plain)) * scale
    word = match["word"].lower()
    if word in ("several", "a", "an"):
        number = 1.0 if match["wordscale"] else 0.0
    else:
        tens, _, ones = word.partition("-")
        number = float(_TENS.get(tens, 0) + _ONES.get(ones or tens, 0))
    return number * _SCALE.get(match["wordscale"] or "", 1.0)


def _is_year(amount: Amount, match: re.Match[str]) -> bool:
    return bool(re.fullmatch(r"(?:19|20)\d\d", match["digits"] or "")) and not match["scale"]
