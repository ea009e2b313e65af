"""Compare the roster with the log: who joined, left, switched; which teams are new names only.

Nothing is guessed: where a repository may go on with more than one team, or with none
for sure, the question is put to the staff.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from coursekit.course.membership import Past, differs, plain, signs
from coursekit.course.roster import Member, Team

JOINED = "joined"
LEFT = "left"
SWITCHED = "switched"
ACCOUNT = "account"
NAME = "name"
NEW_TEAM = "new team"
RENAMED = "renamed"
DIVIDED = "divided"
DISSOLVED = "dissolved"
QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that the roster says otherwise than the log.

    Attributes:
        kind: `joined`, `left`, `switched`, `account`, `name`, `new team`, `renamed`,
            `divided`, `dissolved` or `question`.
        team: The slug of the team that it is about now.
        text: One sentence.
    """

    kind: str
    team: str
    text: str


@dataclass
class Comparison:
    """What has changed.

    Attributes:
        changes: In order of teams.
        slugs: From the line of a team in the roster to the slug that it keeps.
        touched: Slugs of teams (as they are kept) that are not as the log has them.
        gone: Slugs of teams that are no more.
        open: Slugs in the roster about whose repository somebody must decide.
    """

    changes: list[Change] = field(default_factory=list)
    slugs: dict[int, str] = field(default_factory=dict)
    touched: set[str] = field(default_factory=set)
    gone: set[str] = field(default_factory=set)
    open: set[str] = field(default_factory=set)


def compare(
    past: Mapping[str, Past], teams: Sequence[Team], fresh: Iterable[str] = ()
) -> Comparison:
    """Compare.

    Args:
        past: The teams of the log, by slug.
        teams: The teams of the roster.
        fresh: Slugs of the roster that get a repository of their own, whatever they were.
    """
    found = Comparison()
    old_slugs = _same_repositories(past, teams, set(fresh), found)
    kept = [replace(team, slug=old_slugs.get(team.slug, team.slug)) for team in teams]
    undecided = {slug for slug in past if slug in found.open}
    found.open = {team.slug for team in teams if team.slug in found.open}
    _follow_people(past, kept, found, undecided)
    slugs = {team.slug for team in kept}
    for slug, before in past.items():
        if slug in slugs or slug in undecided:
            continue
        found.gone.add(slug)
        now = [team.slug for team in kept if _shared(before.members, team.members)]
        where = f", its people are in {_listed(now)}" if now else ""
        kind = DIVIDED if len(now) > 1 else DISSOLVED
        found.changes.append(
            Change(kind, slug, f"{before.title} is no team any more{where}; its repository stays")
        )
    return found


def _same_repositories(
    past: Mapping[str, Past], teams: Sequence[Team], fresh: set[str], found: Comparison
) -> dict[str, str]:
    """From a new slug to the old one whose repository goes on; questions where that is open."""
    slugs = {team.slug for team in teams}
    gone = [before for slug, before in past.items() if slug not in slugs]
    new = [team for team in teams if team.slug not in past and team.slug not in fresh]
    kept: dict[str, str] = {}
    certain = {
        team.slug: before for team in new for before in gone if _goes_on(before, team, teams, past)
    }
    taken = {before.slug for before in certain.values()}
    gone = [before for before in gone if before.slug not in taken]
    for team in new:
        related = [before for before in gone if _shared(before.members, team.members)]
        if not related and not team.members:
            related = [before for before in gone if not before.members]
        sure = certain.get(team.slug)
        if sure:
            kept[team.slug] = sure.slug
            found.slugs[team.line] = sure.slug
            found.touched.add(sure.slug)
            text = f"{sure.title} is {team.title} now; it keeps the repository {sure.slug}"
            found.changes.append(Change(RENAMED, sure.slug, text))
        elif related:
            found.open |= {team.slug, *(before.slug for before in related)}
            names = " or ".join(repr(before.slug) for before in related)
            text = (
                f"{team.title} (line {team.line}) may go on with the repository {names}: write "
                f"the name into the column 'slug' of its line, or give it a repository of its own "
                f"with --new {team.slug}"
            )
            found.changes.append(Change(QUESTION, team.slug, text))
        else:
            text = f"{team.title} is a new team, with the repository {team.slug}"
            found.changes.append(Change(NEW_TEAM, team.slug, text))
    for team in teams:
        if team.slug in fresh and team.slug not in past:
            text = f"{team.title} is a new team, with the repository {team.slug}"
            found.changes.append(Change(NEW_TEAM, team.slug, text))
    return kept


def _goes_on(before: Past, team: Team, teams: Sequence[Team], past: Mapping[str, Past]) -> bool:
    """Whether most of the old team's people who are still here are most of the new team's."""
    shared = _shared(before.members, team.members)
    still = _shared(before.members, [one for other in teams for one in other.members])
    known = [one for other in past.values() for one in other.members]
    former = _shared(known, team.members)
    return 2 * shared > still and 2 * shared > former


def _follow_people(
    past: Mapping[str, Past], teams: Sequence[Team], found: Comparison, undecided: set[str]
) -> None:
    """Who joined, left, switched, or has another account or name."""
    places: dict[tuple[str, str], list[tuple[str, Member]]] = {}
    for before in past.values():
        for member in before.members:
            for sign in signs(member):
                places.setdefault(sign, []).append((before.slug, member))
    seen: set[tuple[str, Member]] = set()
    for team in teams:
        if team.slug in found.open:
            seen |= {
                place for member in team.members if (place := _find(member, team.slug, places))
            }
            continue
        former = past.get(team.slug)
        if differs(former, team):
            found.touched.add(team.slug)
        if former and former.title != team.title and team.line not in found.slugs:
            text = f"{former.title} is {team.title} now; it keeps the repository {team.slug}"
            found.changes.append(Change(RENAMED, team.slug, text))
        for member in team.members:
            place = _find(member, team.slug, places)
            if place is None:
                found.changes.append(Change(JOINED, team.slug, f"{member.name} is new"))
                continue
            if place in seen:
                continue
            seen.add(place)
            found.changes += _differences(place, member, team.slug)
    for before in past.values():
        for member in before.members:
            if (before.slug, member) not in seen and before.slug not in undecided:
                text = f"{member.name} is not in the roster any more"
                found.changes.append(Change(LEFT, before.slug, text))
    found.changes += _namesakes(teams)


def _find(
    member: Member, slug: str, places: Mapping[tuple[str, str], list[tuple[str, Member]]]
) -> tuple[str, Member] | None:
    """Where somebody was: by the surest sign, in the same team first."""
    for sign in signs(member):
        here = [place for place in places.get(sign, ()) if not _contradicts(place[1], member)]
        if here:
            return next((place for place in here if place[0] == slug), here[0])
    return None


def _differences(place: tuple[str, Member], member: Member, slug: str) -> list[Change]:
    old_slug, old = place
    found = []
    if old_slug != slug:
        found.append(Change(SWITCHED, slug, f"{member.name} was in {old_slug}"))
    if old.github.lower() != member.github.lower():
        before, now = old.github or "no account", member.github or "no account"
        found.append(Change(ACCOUNT, slug, f"{member.name} has {now} instead of {before}"))
    if plain(old.name) != plain(member.name):
        found.append(Change(NAME, slug, f"{old.name} is called {member.name} now"))
    return found


def _contradicts(one: Member, other: Member) -> bool:
    """Whether two people of one name are certainly two: neither address nor account is shared."""
    pairs = ((one.email, other.email), (one.github, other.github))
    given = [(a.casefold(), b.casefold()) for a, b in pairs if a and b]
    return len(given) == 2 and all(a != b for a, b in given)


def _shared(some: Iterable[Member], others: Iterable[Member]) -> int:
    """How many people are in both, by any sign."""
    known = {sign for member in others for sign in signs(member)}
    return sum(any(sign in known for sign in signs(member)) for member in some)


def _namesakes(teams: Sequence[Team]) -> list[Change]:
    """People of one name in two teams, where nothing says that they are two."""
    first: dict[str, tuple[Team, Member]] = {}
    found = []
    for team in teams:
        for member in team.members:
            other, same = first.setdefault(plain(member.name), (team, member))
            if other is team or _contradicts(same, member):
                continue
            if same.email and member.email and same.email.casefold() != member.email.casefold():
                continue
            text = (
                f"{member.name} stands in line {other.line} and in line {team.line}; a person is "
                "in one team, so take them out of one, or add the addresses of two people"
            )
            found.append(Change(QUESTION, team.slug, text))
    return found


def _listed(names: Sequence[str]) -> str:
    return " and ".join(names) if len(names) < 3 else f"{', '.join(names[:-1])} and {names[-1]}"
