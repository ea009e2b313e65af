"""Find the base of a merge by content: what of the template a branch contains, path by path.

Histories are rewritten, squashed, rebased, cut off and begun anew; files stay. A
path has received the newest version of the template whose content its history
holds, line endings aside. Where the history is gone or somebody resolved a
conflict by hand, the record of what was received decides, and the lines that
are there.

Reference: `docs/design.md`, "What a repository has received".
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from coursekit.git.history import History
from coursekit.git.repository import Entry, blob_name

# Contents shorter than this are alike by chance.
_LEAST_BYTES = 40
_MAX_BYTES = 5_000_000
_MARK = b"\xef\xbb\xbf"

Files = Mapping[str, Entry]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A merge that waited to be taken over.

    Attributes:
        version: The place of what it brings among the versions; -1 without one.
        results: From path of the template to the content that it would have had.
    """

    version: int = -1
    results: Mapping[str, str] | None = None


def spellings(content: bytes) -> frozenset[str]:
    r"""The names of a content with `\n` and with `\r\n`, with and without a byte order mark."""
    if b"\0" in content or len(content) > _MAX_BYTES:
        return frozenset([blob_name(content)])
    plain = content.removeprefix(_MARK).replace(b"\r\n", b"\n")
    windows = plain.replace(b"\n", b"\r\n")
    return frozenset(blob_name(text) for text in (content, plain, windows, _MARK + windows))


def find_base(
    versions: Sequence[Files],
    ours: Files,
    history: History,
    read: Callable[[Entry], bytes],
    record: Files | None = None,
    proposal: Proposal | None = None,
    moved: Mapping[str, str] | None = None,
    sure: Files | None = None,
) -> dict[str, Entry]:
    """What of the template a branch contains.

    Args:
        versions: The template's versions, the oldest first. The first one has
            been received, if nothing else says so.
        ours: The team's files.
        history: What the team's branch has had.
        read: Returns a content of one of these.
        record: What is on record as received, where it may not be in this history.
        proposal: The last merge that was proposed.
        moved: From path of the template to where the team has it, if elsewhere.
        sure: What a commit of this history has received at least.

    Returns:
        From path to the version of it that the branch has received.
    """
    # The team's files under the names that the template has for them.
    mine = {**ours, **{path: ours[place] for path, place in (moved or {}).items() if place in ours}}
    seen = _renamed(history, moved or {})
    return _Finder(versions, mine, seen, read, record, proposal or Proposal(), sure).find()


def _renamed(history: History, moved: Mapping[str, str]) -> History:
    """A history in which a path has also had what lay where the team has it now."""
    places = dict(history.places)
    for path, place in moved.items():
        places[path] = places.get(path, set()) | history.places.get(place, set())
    return History(history.order, places, history.commits)


class _Finder:
    def __init__(
        self,
        versions: Sequence[Files],
        ours: Files,
        history: History,
        read: Callable[[Entry], bytes],
        record: Files | None,
        proposal: Proposal,
        sure: Files | None,
    ) -> None:
        self.versions = versions
        self.ours = ours
        self.history = history
        self.read = read
        self.record = record
        self.proposal = proposal
        self.sure = sure
        self.set_back = False
        self._spellings: dict[str, frozenset[str]] = {}
        paths = {path for files in (*versions, record or {}, sure or {}) for path in files}
        self.states = {path: [v.get(path) for v in versions] for path in paths}

    def find(self) -> dict[str, Entry]:
        differing = {
            path: states
            for path, states in self.states.items()
            if len({entry.oid if entry else "" for entry in states}) > 1
            or any(not _same(states[-1], known.get(path)) for known in self._known())
        }
        exact = {path: self._exact(path, states) for path, states in differing.items()}
        self.set_back = self._is_set_back(differing, exact)
        whole = self._whole(differing, exact)
        base = {path: s[-1] for path, s in self.states.items() if path not in differing}
        for path, states in differing.items():
            base[path] = self._choose(path, states, exact[path], whole)
        return {path: entry for path, entry in base.items() if entry is not None}

    def _known(self) -> list[Files]:
        return [known for known in (self.record, self.sure) if known is not None]

    def _exact(self, path: str, states: Sequence[Entry | None]) -> int | None:
        """The newest version of a path that its history holds."""
        found = [k for k in range(len(states)) if self._is_there(path, states, k)]
        if not found:
            return None
        names = [entry.oid if entry else "" for entry in states]
        changes = [name for k, name in enumerate(names) if k == 0 or name != names[k - 1]]
        if len(changes) != len(set(changes)):
            # The template went back to an older content: what came last tells.
            return min(found, key=lambda k: (self._age(states[k]), -k))
        return found[-1]

    def _is_there(self, path: str, states: Sequence[Entry | None], k: int) -> bool:
        entry = states[k]
        if entry is None:
            return False
        proposed = (self.proposal.results or {}).get(path)
        if k == self.proposal.version and proposed and self.history.has(path, proposed):
            return True
        anywhere = entry.size >= _LEAST_BYTES and path not in self.ours
        if self.history.has(path, entry.oid, anywhere=anywhere):
            return True
        return any(self.history.has(path, oid, anywhere=anywhere) for oid in self._names(entry))

    def _names(self, entry: Entry) -> frozenset[str]:
        if entry.oid not in self._spellings:
            known = entry.is_file and entry.size <= _MAX_BYTES
            self._spellings[entry.oid] = (
                spellings(self.read(entry)) if known else frozenset([entry.oid])
            )
        return self._spellings[entry.oid]

    def _age(self, entry: Entry | None) -> int:
        order = self.history.order
        names = self._names(entry) if entry else ()
        return min((order[name] for name in names if name in order), default=len(order))

    def _is_set_back(
        self, differing: Mapping[str, Sequence[Entry | None]], exact: Mapping[str, int | None]
    ) -> bool:
        """Whether the branch stands before what is on record: somebody has pushed an older one."""
        if self.record is None:
            return False
        for path, states in differing.items():
            at, mine = exact[path], self.ours.get(path)
            if at is None or mine is None or _newest(states, self.record.get(path)) <= at:
                continue
            older = states[at]
            if older is not None and mine.oid in self._names(older):
                return True
        return False

    def _whole(
        self, differing: Mapping[str, Sequence[Entry | None]], exact: Mapping[str, int | None]
    ) -> int:
        """The newest version of which at least half has certainly arrived; 0 without one."""
        for k in range(len(self.versions) - 1, 0, -1):
            changed = [p for p, s in differing.items() if not _same(s[k], s[k - 1])]
            arrived = 0
            for path in changed:
                at = exact[path]
                states = differing[path]
                if states[k] is None:
                    arrived += path not in self.ours and self.history.places.get(path) is not None
                else:
                    arrived += at is not None and max(at, self._least(path, states)) >= k
            if changed and 2 * arrived >= len(changed):
                return k
        return 0

    def _choose(
        self, path: str, states: Sequence[Entry | None], exact: int | None, whole: int
    ) -> Entry | None:
        """What a path has received, where its versions differ."""
        record = None if self.set_back else self.record
        recorded = states[0] if record is None else record.get(path)
        later = _newest(states, recorded)
        least = self._least(path, states)
        if exact is not None and exact >= least:
            chosen, at = states[exact], exact
        elif self.sure is not None:
            chosen, at = (self.sure.get(path), least) if least >= 0 else (states[0], 0)
        else:
            chosen, at = recorded, later
        if record is not None and later > at and self._prefers(path, recorded, chosen):
            chosen, at = recorded, later
        if whole > at and self._prefers(path, states[whole], chosen):
            chosen = states[whole]
        return chosen

    def _least(self, path: str, states: Sequence[Entry | None]) -> int:
        """The version of a path that has been received for sure; -1 without one."""
        return -1 if self.sure is None else _newest(states, self.sure.get(path))

    def _prefers(self, path: str, option: Entry | None, chosen: Entry | None) -> bool:
        """Whether a file comes from `option`, of which its history holds no trace."""
        mine = self.ours.get(path)
        if mine is None:
            # It was there and has gone.
            return True
        if chosen is not None and mine.oid in self._names(chosen):
            return False
        return self._nearer(mine, option, chosen)

    def _nearer(self, mine: Entry, option: Entry | None, sure: Entry | None) -> bool:
        """Whether a file holds more of what is special to one version than of the other."""
        if option is None or sure is None:
            return option is not None
        if not all(entry.is_file and entry.size <= _MAX_BYTES for entry in (mine, option, sure)):
            return True
        text, new, old = (_lines(self.read(entry)) for entry in (mine, option, sure))
        gained, lost = _share(new - old, text), _share(old - new, text)
        if gained is None:
            return lost is not None and lost < 0.5
        return gained > (0.5 if lost is None else lost)


def _same(one: Entry | None, other: Entry | None) -> bool:
    if one is None or other is None:
        return one is other
    return one.oid == other.oid


def _newest(states: Sequence[Entry | None], entry: Entry | None) -> int:
    """The newest version that is this one; -1 without one."""
    return max((k for k, state in enumerate(states) if _same(state, entry)), default=-1)


def _lines(content: bytes) -> Counter[bytes]:
    lines = (line.strip().rstrip(b",") for line in re.split(rb"\r?\n", content))
    return Counter(line for line in lines if line)


def _share(wanted: Counter[bytes], text: Counter[bytes]) -> float | None:
    """How much of some lines a text holds, from 0 to 1; None for no lines."""
    total = wanted.total()
    return (wanted & text).total() / total if total else None
