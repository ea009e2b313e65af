"""Repositories reach their teams: over a folder, a Git server, or GitHub."""

from __future__ import annotations

import base64
import contextlib
import logging
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from github_server import TOKEN, FakeGitHub

from coursekit.cohort.generate import generate
from coursekit.cohort.status import read_status
from coursekit.cohort.update import update
from coursekit.course.course import HostingSettings, load_course
from coursekit.course.start import start_course
from coursekit.errors import HostingError
from coursekit.git.repository import open_repository
from coursekit.hosting.base import addresses
from coursekit.hosting.github import GitHub
from coursekit.hosting.open_host import open_host
from coursekit.hosting.remote import Remote

ORGANIZATION = "my-course"


@pytest.fixture
def github(tmp_path: Path) -> Iterator[FakeGitHub]:
    server = FakeGitHub(tmp_path / "hub", ORGANIZATION)
    yield server
    server.close()
    assert server.violations == [], "GitHub would not understand this"


@pytest.fixture
def course_folder(tmp_path: Path, github: FakeGitHub) -> Path:
    """Two teams, one with accounts, hosted on the server of the test."""
    folder = tmp_path / "course"
    start_course(folder)
    text = (folder / "course.toml").read_text(encoding="utf-8")
    hosting = (
        f'kind = "github"\norganization = "{ORGANIZATION}"\ntopics = ["language-models"]\n'
        f'pages = true\napi_url = "{github.url}"\nweb_url = "{github.url}/git"\n'
    )
    text = text.replace('kind = "folder"', hosting + "# ")
    (folder / "course.toml").write_text(text, encoding="utf-8")
    (folder / "roster.csv").write_text(
        "team,members,github\nOne,Ada; Alan,ada-l; alan-t\nTwo,Kurt,\n", encoding="utf-8"
    )
    return folder


def run(folder: Path, waits: list[str] | None = None):
    course = load_course(folder)
    host = Remote(GitHub(
        course.hosting, TOKEN, (waits if waits is not None else []).append,
        write_pause_seconds=0, secondary_wait_seconds=0.2,
    ))  # fmt: skip
    return generate(course, host=host)


def heads(path: Path) -> str:
    return subprocess.run(
        ["git", "-C", str(path), "for-each-ref", "--format=%(refname) %(objectname)"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip


def test_a_course_is_published_on_github(course_folder, github):
    """Repository, branches, team, access, protection, topics and site, for each team."""
    report = run(course_folder)
    assert [outcome.state for outcome in report.outcomes] == ["created", "created"]
    assert report.outcomes[0].repository == f"{github.url}/git/{ORGANIZATION}/one"
    for slug in ("one", "two"):
        here = course_folder / "repositories" / f"{slug}.git"
        assert heads(github.folder / ORGANIZATION / f"{slug}.git") == heads(here)
        assert github.repositories[slug]["private"] is True
        assert github.repositories[slug]["topics"] == ["language-models"]
    assert github.teams == {"one": {"ada-l", "alan-t"}}
    assert github.access == {("one", "one"): "push"}
    assert github.protected == github.pages == {"one", "two"}
    assert report.outcomes[1].notes == ("not every member has a GitHub account in the roster",)


def test_a_second_run_changes_nothing(course_folder, github):
    """Staff repeat the command after every new team; nobody is invited twice."""
    run(course_folder)
    before = len(github.writes())
    report = run(course_folder)
    assert [outcome.state for outcome in report.outcomes] == ["exists", "exists"]
    later = [one for one in github.writes()[before:] if "git-upload-pack" not in one]
    assert later == []


def test_what_a_team_pushed_meanwhile_is_left_alone(course_folder, github, tmp_path):
    run(course_folder)
    path = github.folder / ORGANIZATION / "one.git"
    work = tmp_path / "work"
    subprocess.run(["git", "clone", "-q", str(path), str(work)], check=True)
    (work / "README.md").write_text("ours\n")
    who = ["-c", "user.name=A", "-c", "user.email=a@x.org"]
    subprocess.run(["git", *who, "commit", "-qam", "ours"], cwd=work, check=True)
    subprocess.run(["git", "push", "-q"], cwd=work, check=True, capture_output=True)
    before = heads(path)
    assert run(course_folder).failed == ()
    assert heads(path) == before


def test_a_run_that_broke_off_is_finished_by_the_next(course_folder, github):
    """The repository was made, then the network went: nothing is made twice."""
    github.make_repository("one")
    report = run(course_folder)
    assert report.failed == ()
    assert heads(github.folder / ORGANIZATION / "one.git") == heads(
        course_folder / "repositories" / "one.git"
    )


def test_a_team_that_was_quicker_than_the_second_push_keeps_its_work(
    course_folder, github, tmp_path
):
    """`main` had arrived, `template` had not, and the team had begun."""
    run(course_folder)
    path = github.folder / ORGANIZATION / "one.git"
    subprocess.run(["git", "-C", str(path), "branch", "-qD", "template"], check=True)
    push_as_team(github, tmp_path / "work", "ours")
    assert run(course_folder).failed == ()
    assert "refs/heads/template" in heads(path)
    with open_repository(path) as repository:
        assert repository.read("NOTES.md") == b"ours"


def test_a_repository_of_somebody_else_is_not_pushed_to(course_folder, github, tmp_path):
    """The name may be taken by an older course."""
    path = github.make_repository("one")
    other = tmp_path / "other"
    subprocess.run(["git", "init", "-q", "-b", "main", str(other)], check=True)
    who = ["-c", "user.name=A", "-c", "user.email=a@x.org"]
    subprocess.run(["git", *who, "commit", "-q", "--allow-empty", "-m", "x"], cwd=other, check=True)
    subprocess.run(["git", "push", "-q", str(path), "main"], cwd=other, check=True)
    before = heads(path)
    report = run(course_folder)
    assert [outcome.state for outcome in report.outcomes] == ["failed", "created"]
    assert "was not made from this course" in report.failed[0].problem
    assert heads(path) == before


@pytest.mark.parametrize(
    ("status", "headers", "body", "least"),
    [
        (403, {"Retry-After": "1"}, {"message": "You have exceeded a secondary rate limit."}, 1),
        (429, {"Retry-After": "1"}, {"message": "too fast"}, 1),
        (403, {}, {"message": "You have exceeded a secondary rate limit and ..."}, 0.2),
        (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+5"},
         {"message": "API rate limit exceeded for user ID 1."}, 2),
        (429, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "+5"},
         {"message": "API rate limit exceeded for user ID 1."}, 2),
        (502, {}, {"message": "Server Error"}, 0),
    ],
)  # fmt: skip
def test_limits_and_hiccups_are_waited_out(course_folder, github, status, headers, body, least):
    """A course of a thousand teams meets both kinds of limit; half a run helps nobody."""
    waits: list[str] = []
    github.interruptions = [(status, headers, body)]
    started = time.monotonic()
    report = run(course_folder, waits)
    assert report.failed == ()
    assert time.monotonic() - started >= least
    assert github.interruptions == []
    if least >= 2:
        assert "pause of" in waits[0]


def test_a_write_that_was_answered_by_an_error_is_not_done_twice(course_folder, github):
    """GitHub may make the repository and then answer 502."""
    original = github.post_orgs_org_repos
    answered: list[str] = []

    def flaky(values, body):
        result = original(values, body)
        if body["name"] not in answered:
            answered.append(body["name"])
            github.interruptions = []
            raise ConnectionError
        return result

    github.post_orgs_org_repos = flaky
    report = run(course_folder)
    assert report.failed == (), report.failed
    assert sorted(github.repositories) == ["one", "two"]


def test_what_a_free_organisation_lacks_is_a_remark_not_a_failure(course_folder, github):
    github.refuse = {"PUT /repos/{owner}/{repo}/branches/{branch}/protection": 403,
                     "POST /repos/{owner}/{repo}/pages": 422}  # fmt: skip
    report = run(course_folder)
    assert report.failed == ()
    notes = " ".join(report.outcomes[0].notes)
    assert "main is not protected: GitHub does not permit this (Upgrade" in notes
    assert "no site: GitHub answered 422" in notes


def test_an_account_that_does_not_exist_is_a_remark(course_folder, github):
    (course_folder / "roster.csv").write_text("team,members,github\nOne,A; B,nobody-9; ada\n")
    report = run(course_folder)
    assert "'nobody-9' was not invited" in report.outcomes[0].notes[0]
    assert github.teams == {"one": {"ada"}}


def test_a_wrong_token_or_organisation_ends_the_run_before_anything_is_made(course_folder, github):
    """One sentence, not a thousand failures."""
    settings = load_course(course_folder).hosting
    with pytest.raises(HostingError, match="does not accept the token"):
        GitHub(settings, "ghp_wrong", write_pause_seconds=0).check()
    path = course_folder / "course.toml"
    path.write_text(path.read_text().replace(ORGANIZATION, "other-course"))
    with pytest.raises(HostingError, match="no organisation 'other-course'"):
        run(course_folder)
    assert not (course_folder / "repositories").exists()
    assert github.writes() == []


def test_an_unreachable_host_is_one_sentence(course_folder, github):
    settings = HostingSettings(kind="github", organization="x", api_url="http://127.0.0.1:9")
    host = GitHub(settings, TOKEN, write_pause_seconds=0)
    host._api.requester._Requester__retry = 0
    with pytest.raises(HostingError, match=r"http://127\.0\.0\.1:9 cannot be reached") as caught:
        host.check()
    assert TOKEN not in str(caught.value)


def test_the_token_shows_nowhere(course_folder, github, caplog, capfd, monkeypatch):
    """Not in a log, an error, an address, a repository's configuration or a process list."""
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("GIT_TRACE", "1")
    monkeypatch.setenv("GIT_TRACE_CURL", "1")
    report = run(course_folder)
    github.refuse = {"PUT /orgs/{org}/teams/{team_slug}/memberships/{username}": 403}
    shutil.rmtree(github.folder / ORGANIZATION / "two.git")
    report_2 = run(course_folder)
    assert report_2.failed, "a push to a repository that is gone fails"
    logged = [record.getMessage() for record in caplog.records]
    configurations = [*course_folder.rglob("config"), *github.folder.rglob("config")]
    shown = "\n".join(
        [*github.processes, *logged, *capfd.readouterr(), str(report), str(report_2),
         *(path.read_text() for path in configurations)]
    )  # fmt: skip
    assert "remote-http" in shown, "the processes of the push were looked at"
    assert TOKEN not in shown
    assert base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode() not in shown


def test_no_token_is_one_sentence(course_folder, monkeypatch):
    for name in ("GITHUB_TOKEN", "GH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(HostingError, match="GITHUB_TOKEN"):
        open_host(load_course(course_folder))


def test_addresses_are_ones_that_a_team_can_use():
    """A path on the staff's machine is none."""
    assert addresses(HostingSettings(), "one") == ("", "")
    shared = HostingSettings(address="ssh://git@host/llm")
    assert addresses(shared, "one") == ("ssh://git@host/llm/one.git", "")
    github = HostingSettings(kind="github", organization="My-Course", pages=True)
    assert addresses(github, "one") == (
        "https://github.com/My-Course/one", "https://my-course.github.io/one/",
    )  # fmt: skip


def free_port() -> int:
    with contextlib.closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_the_folder_can_be_served_by_git_daemon(tmp_path):
    """Teams clone from it and push to it with git alone; a forced push is refused."""
    start_course(tmp_path / "course")
    generate(load_course(tmp_path / "course"))
    port = free_port()
    server = subprocess.Popen(
        ["git", "daemon", "--reuseaddr", "--listen=127.0.0.1", f"--port={port}", "--export-all",
         "--enable=receive-pack", f"--base-path={tmp_path / 'course' / 'repositories'}",
         str(tmp_path / "course" / "repositories")],
        stderr=subprocess.DEVNULL, start_new_session=True,
    )  # fmt: skip
    try:
        limit = time.monotonic() + 10
        while time.monotonic() < limit:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        address = f"git://127.0.0.1:{port}/next-word.git"
        work = tmp_path / "work"
        who = ["-c", "user.name=A", "-c", "user.email=a@x.org"]
        subprocess.run(["git", "clone", "-q", address, str(work)], check=True)
        assert (work / "0_LiteratureReview" / "README.md").is_file()
        (work / "README.md").write_text("ours\n")
        subprocess.run(["git", *who, "commit", "-qam", "ours"], cwd=work, check=True)
        subprocess.run(["git", "push", "-q"], cwd=work, check=True, capture_output=True)
        subprocess.run(["git", *who, "commit", "-q", "--amend", "-m", "x"], cwd=work, check=True)
        forced = subprocess.run(["git", "push", "-qf"], cwd=work, capture_output=True, text=True)
        assert forced.returncode != 0
        assert "non-fast-forward" in forced.stderr
    finally:
        server.terminate()
        server.wait()
    report = generate(load_course(tmp_path / "course"))
    assert {outcome.state for outcome in report.outcomes} == {"exists"}


def update_on(folder: Path, **options):
    course = load_course(folder)
    host = Remote(GitHub(course.hosting, TOKEN, write_pause_seconds=0))
    return update(course, host=host, **options)


def set_week(folder: Path) -> None:
    path = folder / "course.toml"
    path.write_text(
        path.read_text().replace('title = "TBD"', 'title = "Tokenization"', 1), encoding="utf-8"
    )


def push_as_team(github: FakeGitHub, folder: Path, text: str) -> None:
    """What a team does in its own clone."""
    path = github.folder / ORGANIZATION / "one.git"
    shutil.rmtree(folder, ignore_errors=True)
    subprocess.run(["git", "clone", "-q", str(path), str(folder)], check=True)
    (folder / "NOTES.md").write_text(text)
    who = ["-c", "user.name=A", "-c", "user.email=a@x.org"]
    subprocess.run(["git", "add", "-A"], cwd=folder, check=True)
    subprocess.run(["git", *who, "commit", "-qm", "ours"], cwd=folder, check=True)
    subprocess.run(["git", "push", "-q"], cwd=folder, check=True, capture_output=True)


def test_an_update_is_a_pull_request_on_top_of_what_the_team_pushed(
    course_folder, github, tmp_path
):
    """The team's latest work is fetched first; the proposal is opened once."""
    run(course_folder)
    push_as_team(github, tmp_path / "work", "ours")
    set_week(course_folder)
    report = update_on(course_folder)
    assert [team.state for team in report.teams] == ["updated", "updated"]
    assert github.pulls == [
        ("one", "template-update", "main"), ("two", "template-update", "main"),
    ] or github.pulls == [
        ("two", "template-update", "main"), ("one", "template-update", "main"),
    ]  # fmt: skip
    remote = heads(github.folder / ORGANIZATION / "one.git")
    assert remote == heads(course_folder / "repositories" / "one.git")
    assert "refs/heads/template-update" in remote
    again = update_on(course_folder)
    assert [team.state for team in again.teams] == ["pending", "pending"]
    assert len(github.pulls) == 2


def test_an_applied_update_keeps_what_the_team_pushed(course_folder, github, tmp_path):
    """It lands on `main` as a merge; nothing of the team's is replaced."""
    run(course_folder)
    push_as_team(github, tmp_path / "work", "ours")
    set_week(course_folder)
    report = update_on(course_folder, apply=True)
    assert report.needs_attention == ()
    with open_repository(github.folder / ORGANIZATION / "one.git") as repository:
        assert repository.read("NOTES.md") == b"ours"
        assert b"Tokenization" in repository.read("MILESTONES.md")
    assert github.pulls == []


def test_a_trial_run_pushes_nothing(course_folder, github):
    """Staff look first."""
    run(course_folder)
    set_week(course_folder)
    before = heads(github.folder / ORGANIZATION / "one.git")
    report = update_on(course_folder, dry_run=True)
    assert [team.state for team in report.teams] == ["would update", "would update"]
    assert heads(github.folder / ORGANIZATION / "one.git") == before
    assert github.pulls == []


def test_status_sees_what_the_team_pushed(course_folder, github, tmp_path):
    """Teams push to GitHub, not to the staff's folder."""
    run(course_folder)
    push_as_team(github, tmp_path / "work", "ours")
    course = load_course(course_folder)
    host = Remote(GitHub(course.hosting, TOKEN, write_pause_seconds=0))
    found = {team.team: team.commits for team in read_status(course, host=host).teams}
    assert found == {"one": 1, "two": 0}


def test_a_closed_proposal_is_not_opened_again(course_folder, github):
    """The team's no is heard once; nothing is pushed for it either."""
    run(course_folder)
    set_week(course_folder)
    update_on(course_folder)
    path = github.folder / ORGANIZATION / "one.git"
    tip = subprocess.run(
        ["git", "-C", path, "rev-parse", "template-update"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    github.closed.append(("one", "template-update", tip, None))
    github.pulls.clear()
    report = update_on(course_folder)
    assert [team.state for team in report.teams] == ["declined", "pending"]
    assert github.pulls == [("two", "template-update", "main")]


def test_another_member_of_staff_goes_on_from_the_record_on_the_host(
    course_folder, github, tmp_path
):
    """A fresh copy of a repository knows what was received, and takes the newer record."""
    run(course_folder)
    other = tmp_path / "other"
    shutil.copytree(course_folder, other)
    set_week(course_folder)
    update_on(course_folder, apply=True)
    here = heads(course_folder / "repositories" / "one.git")
    set_week(other)
    assert [team.state for team in update_on(other).teams] == ["up to date", "up to date"]
    assert heads(other / "repositories" / "one.git") == here
    assert github.pulls == []
