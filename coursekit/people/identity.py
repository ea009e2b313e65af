"""Find people in any text, however they are spelled there, and put other names in their place.

Names are found word by word, so that the work grows with the text alone, however many
people there are: a full name in any order and case, a part of it as a name is written
(`Max`, not `max`), glued together (`adalovelace`, `alovelace`), an address, an account.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from collections.abc import Callable, Iterable

from coursekit.course.membership import any_order, plain
from coursekit.course.roster import Member

_ADDRESS = re.compile(r"[\w.+-]{1,100}@[\w-]{1,100}(?:\.[\w-]{1,100}){0,8}")
_ACCOUNT = re.compile(r"[A-Za-z0-9_](?:[A-Za-z0-9_]|[.-](?=[A-Za-z0-9_]))*")
_WORD = re.compile(r"[^\W\d_]+")
_GLUE = re.compile(r"[\s_.,·-]{1,3}")
_STAND_IN = re.compile(r"(?i)\bp[0-9a-f]{8}\b")
_GERMAN = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "å": "aa"})
_LEAST = 2
DOMAIN = "anonymous.invalid"


class Identities:
    """People, with all that they may be told by.

    Args:
        stand_in: From what one person alone has to the name in its place.
    """

    def __init__(self, stand_in: Callable[[str], str]) -> None:
        self._stand_in = stand_in
        self._addresses: dict[str, str] = {}
        self._accounts: dict[str, str] = {}
        self._full: dict[str, list[str]] = {}
        # From a word in lower case to the people whose name has it.
        self._parts: dict[str, set[str]] = {}
        self._glued: dict[str, str] = {}

    def add(self, member: Member, *, distinct: bool = False) -> str:
        """Make somebody known; returns the name in their place.

        Args:
            member: The person.
            distinct: Whether this is certainly nobody of the same name who is known already.
        """
        full = any_order(member.name)
        name = self._addresses.get(member.email.casefold()) if member.email else None
        name = name or (self._accounts.get(member.github.casefold()) if member.github else None)
        same = self._full.get(full, [])
        if name is None and same and not distinct:
            name = same[0]
        if name is None:
            key = plain(member.email or member.github)
            name = self._stand_in(key or f"{full} {len(same)}")
        if name not in same:
            self._full.setdefault(full, []).append(name)
        if member.email:
            self._addresses.setdefault(member.email.casefold(), name)
        if member.github:
            self._accounts.setdefault(member.github.casefold(), name)
        for spelling in _spellings(member.name):
            words = _WORD.findall(spelling)
            for word in words:
                if len(word) >= _LEAST:
                    self._parts.setdefault(word, set()).add(name)
            if len(words) > 1:
                first, last = words[0], words[-1]
                for glued in ("".join(words), first + last, last + first, first[0] + last):
                    if len(glued) > 3:
                        self._glued.setdefault(glued, name)
        return name

    def replace(self, text: str, *, addresses: bool = True) -> str:
        """Put other names in the place of all people in a text.

        Args:
            text: The text.
            addresses: Replace the addresses of strangers, too.
        """

        def address(found: re.Match[str]) -> str:
            whole = found[0].casefold()
            hidden = whole.partition("@")[0].rpartition("+")[2]
            name = self._addresses.get(whole)
            if name is None and "noreply." in whole:
                name = self._accounts.get(hidden)
            if name is None and not addresses:
                return found[0]
            return f"{(name or self._stand_in(whole)).lower()}@{DOMAIN}"

        def account(found: re.Match[str]) -> str:
            name = self._accounts.get(found[0].casefold())
            return name.lower() if name else found[0]

        if "@" in text:
            text = _ADDRESS.sub(address, text)
        if self._accounts:
            text = _ACCOUNT.sub(account, text)
        return self._names(text)

    def author(self, name: str, email: str) -> str:
        """The name in place of somebody who signs like this; strangers become known."""
        address = email.casefold()
        hidden = address.partition("@")[0].rpartition("+")[2] if "noreply." in address else ""
        found = self._addresses.get(address) or self._accounts.get(hidden)
        if found:
            return found
        signed = {found[0].lower() for found in _STAND_IN.finditer(self._names(name))}
        rest = _STAND_IN.sub("", self._names(name))
        if len(signed) == 1 and not _WORD.search(rest):
            return signed.pop().capitalize()
        return self.add(Member(name, email))

    def mentions(self, text: str) -> bool:
        """Whether anybody is in a text."""
        return self.replace(text, addresses=False) != text

    def _names(self, text: str) -> str:
        # Composed letters, so that each spelling is one.
        words = [
            (m.start(), m.end(), unicodedata.normalize("NFC", m[0])) for m in _WORD.finditer(text)
        ]
        parts: list[str] = []
        at = 0
        k = 0
        while k < len(words):
            start, end, word = words[k]
            people = self._parts.get(word.lower(), set())
            glued = self._glued.get(word.lower())
            if glued and (not people or len(people) > 1):
                people = {glued}
            count = 1
            while people and k + count < len(words):
                following = words[k + count]
                both = people & self._parts.get(following[2].lower(), set())
                if not both or not _GLUE.fullmatch(text, end, following[0]):
                    break
                people, end, count = both, following[1], count + 1
            # One word alone is a name only where it is written as one.
            if people and (count > 1 or glued or not word.islower()):
                name = min(people) if len(people) == 1 else self._stand_in(f"?{word.lower()}")
                parts += [text[at:start], name if text[start].isupper() else name.lower()]
                at = end
                k += count
            else:
                k += 1
        return "".join([*parts, text[at:]])


def pseudonyms(key: bytes) -> Callable[[str], str]:
    """Stable stand-ins: the same person and key give the same one, and nobody can go back."""

    def stand_in(person: str) -> str:
        digest = hmac.new(key, person.encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()
        return f"P{digest[:8]}"

    return stand_in


def known(stand_in: Callable[[str], str], members: Iterable[Member]) -> Identities:
    """Identities of some people."""
    found = Identities(stand_in)
    for member in members:
        found.add(member)
    return found


def _spellings(name: str) -> set[str]:
    """A name in lower case, with its marks, without, and the German way."""
    lower = unicodedata.normalize("NFC", name).lower()
    bare = "".join(
        c for c in unicodedata.normalize("NFKD", lower.replace("ß", "ss").replace("ł", "l"))
        if not unicodedata.combining(c)
    )  # fmt: skip
    return {lower, bare, lower.translate(_GERMAN)}
