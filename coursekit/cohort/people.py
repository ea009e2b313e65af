"""Say whose commits are whose, and accuse nobody of silence wrongly.

People sign with and without diacritics, with a first name, initials, an account, a
private address, or beside somebody else. A sign that may be two members' is given
to neither alone; an author whom nobody knows may be anybody.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from itertools import product

from coursekit.cohort.commits import Commit
from coursekit.course.roster import Member

_LETTERS = str.maketrans({
    "ı": "i", "ł": "l", "ø": "o", "đ": "d", "ð": "d", "þ": "th", "æ": "ae", "œ": "oe", "ß": "ss",
})  # fmt: skip
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "å": "aa"})
_NOREPLY = re.compile(r"(?:\d+\+)?([^@]+)@(?:users\.)?noreply\.[\w.-]+")
_MAX_NAME = 200
_MOST_SHOWN = 3


def silent(members: Sequence[Member], commits: Iterable[Commit]) -> tuple[str, ...]:
    """Members in whose name there is no commit, as sentences' subjects.

    Args:
        members: The team's members.
        commits: The team's own commits.

    Returns:
        Names; `A or B` where one sign may be either's, and with a remark where an
        author is in no roster.
    """
    signs = _identities(commits)
    claims = [_claim(sign, members) for sign in signs]
    heard = {next(iter(claim)) for claim in claims if len(claim) == 1}
    left = set(range(len(members))) - heard
    found = []
    # Signs that may be several people's: each clears one of them.
    open_claims = [claim for claim in claims if len(claim) > 1 and not claim & heard]
    for claim in sorted(set(open_claims), key=sorted):
        group = claim & left
        missing = len(group) - open_claims.count(claim)
        if 0 < missing < len(group):
            found.append(" or ".join(members[k].name for k in sorted(group)))
        left -= group
    unknown = list(
        dict.fromkeys(sign[0] for sign, claim in zip(signs, claims, strict=True) if not claim)
    )
    remark = f" (unless that is {_listed(unknown)})" if unknown else ""
    names = [members[k].name + remark for k in sorted(left)]
    return (*names, *found)


def _identities(commits: Iterable[Commit]) -> list[tuple[str, str]]:
    """Each author's name and address once, bots left out."""
    seen: dict[tuple[str, str], tuple[str, str]] = {}
    for commit in commits:
        for name, email in ((commit.author, commit.email), *commit.others):
            if not name.endswith("[bot]"):
                seen.setdefault((name.casefold(), email.casefold()), (name, email))
    return list(seen.values())


def _claim(sign: tuple[str, str], members: Sequence[Member]) -> frozenset[int]:
    """The members that an author may be; an address says more than a name."""
    by_address = frozenset(k for k, one in enumerate(members) if _has_address(sign, one))
    if len(by_address) == 1:
        return by_address
    return by_address | frozenset(k for k, m in enumerate(members) if _fits(sign[0], m.name))


def _has_address(sign: tuple[str, str], member: Member) -> bool:
    name, email = sign
    address = email.casefold()
    if member.email and address == member.email.casefold():
        return True
    hidden = _NOREPLY.fullmatch(address[:_MAX_NAME])
    local = hidden[1] if hidden else address.split("@")[0]
    accounts = {_plain(part) for part in (member.github, member.email.split("@")[0]) if part}
    return bool({_plain(local), _plain(name)} & accounts) or _fits(local, member.name)


def _fits(sign: str, name: str) -> bool:
    """Whether a sign can stand for a name: its words, some of them, initials, or run together."""
    for signed, full in product(_words(sign), _words(name)):
        if not signed or not full:
            continue
        glued = "".join(signed)
        first, last = full[0], full[-1]
        if glued in {
            "".join(full), "".join(reversed(full)), first + last, last + first,
            first[0] + last, first + last[0], last + first[0],
        }:  # fmt: skip
            return True
        rest = list(full)
        for word in signed:
            hit = next((w for w in rest if w == word), None) or next(
                (w for w in rest if len(word) == 1 and w.startswith(word)), None
            )
            if hit is None:
                break
            rest.remove(hit)
        else:
            # Initials alone say too little.
            if any(len(word) > 1 for word in signed):
                return True
    return False


def _words(text: str) -> list[list[str]]:
    """A name's words in the spellings that people use: without marks, and the German way."""
    lower = text[:_MAX_NAME].casefold()
    spellings = {_plain(lower), _plain(unicodedata.normalize("NFC", lower).translate(_GERMAN))}
    return [[w for w in re.split(r"[\W\d_]+", spelling) if w] for spelling in sorted(spellings)]


def _plain(text: str) -> str:
    """Lower case without marks: `Ayşe` is `ayse`."""
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    kept = "".join(c for c in parts if not unicodedata.combining(c))
    return kept.translate(_LETTERS)


def _listed(names: Sequence[str]) -> str:
    more = f" or {len(names) - _MOST_SHOWN} more" if len(names) > _MOST_SHOWN else ""
    return " or ".join(names[:_MOST_SHOWN]) + more
