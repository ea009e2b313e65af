"""One suite for all forges: what a course asks of them, and what they answer when they will not."""

from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from forge_server import Swagger
from forgejo_server import FakeForgejo
from github_server import FakeGitHub
from gitlab_server import FakeGitLab

from coursekit.course.course import HostingSettings
from coursekit.course.roster import Member, Team
from coursekit.errors import HostingError
from coursekit.hosting.forge import Refused
from coursekit.hosting.forgejo import Forgejo
from coursekit.hosting.github import GitHub
from coursekit.hosting.gitlab import GitLab
from coursekit.hosting.remote import Remote

DESCRIPTIONS = Path(os.environ.get("COURSEKIT_DATA", "../shared/data")) / "forges" / "openapi"
FILES = {
    "gitlab": "gitlab-17.10-corrected.json",
    "forgejo": "forgejo-11.0.3.json",
    "gitea": "gitea-1.27-dev.json",
}
# What each calls the role of a team that may push.
PUSHES = {"github": "push", "gitlab": "developer", "forgejo": "write", "gitea": "write"}
TEAM = Team("one", "One", (Member("Ada", github="Ada-L"), Member("Alan", github="alan-t")))


@dataclass
class Place:
    """A forge of the suite."""

    kind: str
    server: Any
    host: Remote
    repository: Path
    waits: list[str]

    def settings(self, **changes: Any) -> HostingSettings:
        prefix = self.server.git_prefix
        values = {
            "kind": self.kind, "organization": self.server.organization,
            "api_url": self.server.url, "web_url": f"{self.server.url}{prefix}",
        }  # fmt: skip
        return HostingSettings(**(values | changes))

    def connect(self, token: str = "", **changes: Any) -> Remote:
        settings = self.settings(**changes)
        token = token or self.server.token
        if self.kind == "github":
            return Remote(GitHub(
                settings, token, self.waits.append, write_pause_seconds=0,
                secondary_wait_seconds=0.1,
            ))  # fmt: skip
        if self.kind == "gitlab":
            return Remote(GitLab(settings, token, self.waits.append))
        return Remote(Forgejo(settings, token, self.waits.append, backoff_seconds=0.01))

    def publish(self, team: Team = TEAM, **changes: Any) -> Any:
        host = self.connect(**changes) if changes else self.host
        return host.publish(team, self.repository, "Ours\nand yours")

    def git(self, *arguments: str) -> str:
        who = ["-c", "user.name=A", "-c", "user.email=a@x.org"]
        return subprocess.run(
            ["git", *who, *arguments], cwd=self.repository, check=True, capture_output=True,
            text=True,
        ).stdout.strip()  # fmt: skip

    def commit(self, branch: str) -> str:
        """Another commit on a branch of the folder's copy."""
        tree = self.git("rev-parse", f"{branch}^{{tree}}")
        parent = self.git("rev-parse", branch)
        text = "Update\n\nTemplate-Version: 2"
        return self.git("commit-tree", tree, "-p", parent, "-m", text)


@pytest.fixture(params=["github", *FILES])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A server of each kind, and a repository that has not been published."""
    kind = request.param
    group = "faculty/nlp" if kind == "gitlab" else "nlp"
    if kind == "github":
        server: Any = FakeGitHub(tmp_path / "hub", group)
    else:
        path = DESCRIPTIONS / FILES[kind]
        if not path.is_file():
            pytest.skip(f"{path} is absent; set COURSEKIT_DATA to the folder of test data")
        made = FakeGitLab if kind == "gitlab" else FakeForgejo
        server = made(tmp_path / "hub", group, path)
    repository = tmp_path / "one.git"
    subprocess.run(["git", "init", "-q", "--bare", "-b", "main", str(repository)], check=True)
    found = Place(kind, server, None, repository, [])  # type: ignore[arg-type]
    tree = found.git("hash-object", "-t", "tree", "-w", "/dev/null")
    start = found.git("commit-tree", tree, "-m", "Start\n\nTemplate-Version: 1")
    for name in ("refs/heads/main", "refs/heads/template", "refs/coursekit/received"):
        found.git("update-ref", name, start)
    found.host = found.connect()
    yield found
    server.close()
    assert server.violations == [], "the forge would not understand this"


def references(path: Path) -> dict[str, str]:
    listing = subprocess.run(
        ["git", "-C", str(path), "for-each-ref", "--format=%(refname) %(objectname)"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    return dict(line.split() for line in listing.splitlines())


def test_a_repository_is_made_opened_and_protected(place):
    """Branches and record arrive; members get the role, main is protected and still theirs."""
    made = place.publish()
    assert made.created
    assert made.notes == ()
    assert made.address.endswith(f"/{place.server.organization}/one")
    assert references(place.server.bare("one")) == references(place.repository)
    roles = {name.lower(): role for name, role in place.server.roles("one").items()}
    assert roles == {"ada-l": PUSHES[place.kind], "alan-t": PUSHES[place.kind]}
    assert place.host.members("one") == roles
    assert place.server.protected == {"one"}


def test_a_second_time_nothing_is_changed(place):
    place.publish()
    before = len(place.server.writes())
    assert not place.publish().created
    changed = [one for one in place.server.writes()[before:] if not one.startswith("GIT")]
    assert changed == []


def test_access_is_withdrawn_and_given_again(place):
    """Also for an account that was never there, and twice."""
    place.publish()
    place.host.withdraw("one", "alan-t")
    assert list(place.host.members("one")) == ["ada-l"]
    place.host.grant(TEAM)
    assert sorted(place.host.members("one")) == ["ada-l", "alan-t"]


def test_nobody_is_a_remark(place):
    """An account that does not exist stops nobody else."""
    team = Team("one", "One", (Member("B", github="nobody-9"), Member("A", github="ada-l")))
    (note,) = place.publish(team).notes
    assert note.startswith("'nobody-9' was not ")
    assert list(place.host.members("one")) == ["ada-l"]
    team = Team("one", "One", (Member("B"), Member("A", github="ada-l")))
    name = {"github": "GitHub", "gitlab": "GitLab", "forgejo": "Forgejo", "gitea": "Gitea"}
    assert place.publish(team).notes == (
        f"not every member has a {name[place.kind]} account in the roster",
    )


def test_a_proposal_is_opened_once_and_a_closed_one_is_respected(place):
    place.publish()
    tip = place.commit("main")
    place.git("update-ref", "refs/heads/template-update", tip)
    for _ in range(2):
        assert place.host.deliver(place.repository, "one", "template-update", "News", "What")
    assert place.server.pulls == [("one", "template-update", "main")]
    assert references(place.server.bare("one"))["refs/heads/template-update"] == tip
    place.server.closed.append(("one", "template-update", tip, None))
    assert not place.host.deliver(place.repository, "one", "template-update", "News", "What")
    place.server.closed[:] = [("one", "template-update", tip, "2026-11-20T10:00:00Z")]
    assert place.host.deliver(place.repository, "one", "template-update", "News", "What")


def test_an_issue_is_opened_once_for_each_occasion(place):
    """Also where there are more issues than one page holds."""
    place.publish()
    place.server.issues["one"] = [(f"Old {k}", f"text {k}") for k in range(120)]
    assert place.host.announce("one", "status 2026-11-13", "Week 3", "Hello")
    assert not place.host.announce("one", "status 2026-11-13", "Week 3", "Hello")
    assert place.host.announce("one", "status 2026-11-20", "Week 4", "Hello")
    new = place.server.issues["one"][120:]
    assert [title for title, _ in new] == ["Week 3", "Week 4"]
    assert new[0][1].startswith("Hello\n")


@pytest.mark.parametrize("state", ["passed", "failed", "running", ""])
def test_the_state_of_the_checks_is_read(place, state):
    place.publish()
    tip = place.git("rev-parse", "main")
    place.server.checks = {tip: state} if state else {}
    assert place.host.checks("one", tip) == state


def test_members_of_several_pages_are_all_found(place):
    """A page has 20 to 100 rows; a team may be larger, and so may a list of helpers."""
    members = tuple(Member(f"P{k}", github=f"person-{k}") for k in range(60))
    place.publish(Team("one", "One", members))
    assert len(place.host.members("one")) == 60


@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_that_is_asked_for_is_made(place, status):
    place.publish()
    place.server.interruptions = [(status, {"Retry-After": "1"}, "Retry later")]
    start = time.monotonic()
    assert len(place.host.members("one")) == 2
    assert time.monotonic() - start >= 0.9
    assert place.server.interruptions == []


def test_a_long_pause_is_told(place):
    place.publish()
    place.server.interruptions = [(429, {"Retry-After": "3"}, "Retry later")]
    place.host.members("one")
    assert len(place.waits) == 1
    assert "asks for a pause of 3 s" in place.waits[0]


def test_a_hiccup_is_asked_again(place):
    place.publish()
    place.server.interruptions = [(502, {}, "<html>Bad gateway</html>")] * 2
    assert len(place.host.members("one")) == 2


def test_a_wrong_token_is_one_sentence(place):
    with pytest.raises(HostingError, match="does not accept the token") as caught:
        place.connect("wrong-secret").check()
    assert "wrong-secret" not in str(caught.value)
    assert "_TOKEN" in str(caught.value)


def test_an_organisation_that_is_not_there_is_one_sentence(place):
    with pytest.raises(HostingError, match=r"no (organisation|group) 'elsewhere'"):
        place.connect(organization="elsewhere").check()


def creation(place: Place) -> str:
    if place.kind == "gitlab":
        return "POST /api/v4/projects"
    prefix = "" if place.kind == "github" else "/api/v1"
    return f"POST {prefix}/orgs/{place.server.organization}/repos"


@pytest.mark.parametrize("status", [400, 403, 409, 422])
def test_a_refusal_names_the_status_or_what_to_check(place, status):
    """The forge's own words are quoted; nothing half made is left unsaid."""
    place.server.faults = {creation(place): (status, {"message": "name is reserved"})}
    with pytest.raises(Refused, match="name is reserved") as caught:
        place.publish()
    assert caught.value.status == status
    assert str(caught.value).endswith("organisation") == (status == 403)


def test_a_name_that_is_taken_by_another_course_is_not_pushed_to(place, tmp_path):
    path = place.server.make_repository("one")
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", "-b", "main", str(other)], check=True)
    who = ["-c", "user.name=A", "-c", "user.email=a@x.org"]
    subprocess.run(["git", *who, "commit", "-q", "--allow-empty", "-m", "x"], cwd=other, check=True)
    subprocess.run(["git", "push", "-q", str(path), "main"], cwd=other, check=True)
    before = references(path)
    with pytest.raises(HostingError, match="was not made from this course"):
        place.publish()
    assert references(path) == before
    assert place.server.roles("one") == {}


def test_a_repository_that_was_made_in_spite_of_an_error_is_used(place):
    """A forge may do what was asked and answer 500."""
    original = place.server.answer
    done: list[str] = []

    def flaky(verb: str, path: str, query: Any, body: Any) -> Any:
        answer = original(verb, path, query, body)
        if f"{verb} {path}" == creation(place) and not done:
            done.append(path)
            return 500, {"message": ""}, {}
        return answer

    place.server.answer = flaky
    place.publish()
    assert done
    assert references(place.server.bare("one")) == references(place.repository)


@pytest.mark.parametrize("after", range(0, 12, 2))
def test_a_run_that_ends_at_any_request_is_finished_by_the_next(place, after):
    """A kill, or a network that goes: whatever was done, the second run does the rest."""
    original = place.server.answer
    count = 0

    def ending(verb: str, path: str, query: Any, body: Any) -> Any:
        nonlocal count
        count += 1
        if count > after:
            return 418, {"message": "gone"}, {}
        return original(verb, path, query, body)

    place.server.answer = ending
    with contextlib.suppress(HostingError):
        place.publish()
    place.server.answer = original
    place.publish()
    assert references(place.server.bare("one")) == references(place.repository)
    assert sorted(place.host.members("one")) == ["ada-l", "alan-t"]
    assert place.server.protected == {"one"}


def test_a_forge_that_is_not_there_is_one_sentence(place):
    host = place.connect(api_url="http://127.0.0.1:9", web_url="http://127.0.0.1:9")
    if place.kind == "github":
        host.forge._api.requester._Requester__retry = 0
    with pytest.raises(HostingError, match=r"http://127\.0\.0\.1:9 cannot be reached") as caught:
        host.check()
    assert place.server.token not in str(caught.value)


def test_something_that_is_no_forge_is_one_sentence(place):
    """A typing error in the address leads to somebody's home page."""
    if place.kind == "github":
        pytest.skip("PyGithub takes any text for an answer")
    place.server.interruptions = [(200, {"Content-Type": "text/html"}, "<html>Welcome</html>")] * 9
    with pytest.raises(HostingError, match=r"check api_url in course\.toml"):
        place.host.check()


@pytest.mark.parametrize(
    ("verb", "path", "query", "body", "expected"),
    [
        ("POST", "/orgs/nlp/repos", {}, {"name": "one"}, []),
        ("POST", "/orgs/nlp/repos", {}, {}, ["'name' is a required property"]),
        ("POST", "/orgs/nlp/repos", {}, {"name": 1}, ["1 is not of type 'string'"]),
        ("POST", "/orgs/nlp/repos", {}, {"name": "one", "nmae": 1}, ["unknown 'nmae'"]),
        ("GET", "/orgs/nlp/repos", {"pgae": "2"}, None, ["has no parameter 'pgae'"]),
        ("GET", "/orgs/nlp/repos", {"page": "two"}, None, ["page is 'two', no number"]),
        ("GET", "/orgs/nlp/repos", {}, {"x": 1}, ["takes no body, but got {'x': 1}"]),
        ("GET", "/repos/nlp/one/pulls/x", {}, None, ["index is 'x', no int64"]),
    ],
)
def test_the_servers_here_notice_what_a_forge_would_not_understand(
    verb, path, query, body, expected
):
    """Also a misspelled field or parameter, which a forge ignores in silence."""
    description = DESCRIPTIONS / FILES["gitea"]
    if not description.exists():
        pytest.skip(f"{description} is absent; set COURSEKIT_DATA to the folder of test data")
    swagger = Swagger(description)
    route, _, wrong = swagger.match(verb, f"{swagger.base}{path}", query, body)
    assert route.startswith(f"{verb} ")
    assert wrong == [f"{route}: {one}" for one in expected]


def test_a_number_that_is_too_large_for_the_forge_is_noticed():
    description = DESCRIPTIONS / FILES["gitlab"]
    if not description.exists():
        pytest.skip(f"{description} is absent; set COURSEKIT_DATA to the folder of test data")
    swagger = Swagger(description)
    members = f"{swagger.base}/api/v4/projects/nlp%2Fone/members"
    _, _, wrong = swagger.match("DELETE", f"{members}/2147483648", {}, None)
    assert [one.partition(": ")[2] for one in wrong] == ["user_id is '2147483648', no int32"]
    body = {"user_id": 2**31, "access_level": 30}
    _, _, wrong = swagger.match("POST", members, {}, body)
    assert [one.partition(": ")[2] for one in wrong] == ["2147483648 is not a 'int32'"]
