"""Tell that a text is in a language in which the questions are not looked for."""

# Lists of many short words are read more easily as one string.

from __future__ import annotations

import re
from collections import Counter

# The words that are most frequent in one language and rare in the others.
_WORDS = {
    "English": "the of and to in is that for we with are this was on by be as it from which",
    "German": "der die und das ist nicht mit wir auf ein eine für werden wird den dem von zu im",
    "French": "le les des et est dans une que pour nous sur par du qui sont avec cette aux plus",
    "Spanish": "el los las que en una por con del para se es como más este esta son al su",
    "Portuguese": "o os as que em uma por com do da para se é como mais este são ao não dos",
    "Italian": "il che di per una con del della sono gli nel dei alla è questo più anche al",
    "Dutch": "de het een van en is dat niet voor met zijn wordt ook op aan deze wij bij",
    "Polish": "w i na z do nie się jest że dla przez oraz jak są to od po tym",
    "Turkish": "ve bir bu için ile olarak olan daha da de en gibi olduğu çok",
    "Indonesian": "yang dan di dengan untuk pada dari ini dalam adalah tidak akan oleh sebagai",
}
_READ = ("English", "German")
_SETS = {language: frozenset(words.split()) for language, words in _WORDS.items()}
_SCRIPTS = (
    ("Russian or another language in Cyrillic letters", "\u0400", "\u04ff"),
    ("Arabic or Persian", "\u0600", "\u06ff"),
    ("Hindi or another language in Devanagari", "\u0900", "\u097f"),
    ("Korean", "\uac00", "\ud7af"),
    ("Japanese", "\u3040", "\u30ff"),
    ("Chinese", "\u4e00", "\u9fff"),
    ("Greek", "\u0370", "\u03ff"),
    ("Hebrew", "\u0590", "\u05ff"),
    ("Thai", "\u0e00", "\u0e7f"),
)
_SAMPLE = 30_000


def unread_language(text: str) -> str:
    """The language of a text, if it is neither English nor German; else empty.

    Args:
        text: Looked at in its first 30,000 characters.
    """
    sample = text[:_SAMPLE]
    letters = sum(char.isalpha() for char in sample)
    if letters < 200:
        return ""
    for language, first, last in _SCRIPTS:
        if sum(first <= char <= last for char in sample) > 0.3 * letters:
            return language
    words = Counter(re.findall(r"[^\W\d_]+", sample.lower()))
    scores = {language: sum(words[word] for word in known) for language, known in _SETS.items()}
    best = max(scores, key=lambda language: scores[language])
    ours = max(scores[language] for language in _READ)
    return best if best not in _READ and scores[best] > 1.5 * ours else ""
