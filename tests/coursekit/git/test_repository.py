"""Reading what a team, or an attacker, has put into a repository."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from coursekit.errors import RepositoryError
from coursekit.git import git, repository
from coursekit.git.repository import find_repositories, open_repository

WHO = ["-c", "user.name=T", "-c", "user.email=t@example.org"]


def plain_git(*arguments: str | Path, cwd: Path, stdin: bytes = b"") -> bytes:
    """Git as a student has it: with the repository's own configuration."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env |= {"GIT_CONFIG_GLOBAL": os.devnull, "HOME": str(cwd)}
    return subprocess.run(
        ["git", *WHO, *map(str, arguments)],
        cwd=cwd, env=env, input=stdin, check=True, capture_output=True,
    ).stdout  # fmt: skip


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with two files, one of them in a folder."""
    folder = tmp_path / "clone"
    (folder / "notes").mkdir(parents=True)
    (folder / "README.md").write_bytes(b"# Title\r\n")
    (folder / "notes" / "Notiz äöü.md").write_text("words\n", encoding="utf-8")
    plain_git("init", "-q", "-b", "main", cwd=folder)
    plain_git("add", ".", cwd=folder)
    plain_git("commit", "-qm", "first", cwd=folder)
    return folder


def test_a_clone_is_read_at_its_commit_not_at_its_files(clone):
    """What counts is what was committed; a dirty tree is somebody's work in progress."""
    (clone / "README.md").write_text("not committed")
    (clone / "new.md").write_text("not committed")
    with open_repository(clone) as opened:
        assert sorted(opened.files()) == ["README.md", "notes/Notiz äöü.md"]
        assert opened.read("README.md") == b"# Title\r\n"
        assert opened.read("notes/Notiz äöü.md") == b"words\n"
        assert list(opened.branches()) == ["main"]
        assert opened.name == "clone"


def test_a_bare_repository_reads_like_its_clone(clone, tmp_path):
    bare = tmp_path / "team.git"
    plain_git("clone", "-q", "--bare", clone, bare, cwd=tmp_path)
    with open_repository(bare) as opened, open_repository(clone) as original:
        assert opened.files() == original.files()
        assert opened.name == "team"
    assert find_repositories(tmp_path) == [clone, bare]


def test_worktrees_shallow_clones_and_detached_heads_are_read(clone, tmp_path):
    """Staff and continuous integration produce all three."""
    (clone / "README.md").write_text("second\n")
    plain_git("commit", "-qam", "second", cwd=clone)
    plain_git("worktree", "add", "-q", "--detach", tmp_path / "tree", "HEAD~1", cwd=clone)
    plain_git("clone", "-q", "--depth", "1", f"file://{clone}", tmp_path / "shallow", cwd=tmp_path)
    with open_repository(tmp_path / "tree") as tree:
        assert tree.read("README.md") == b"# Title\r\n"
    with open_repository(tmp_path / "shallow") as shallow:
        assert shallow.read("README.md") == b"second\n"


def test_a_repository_without_commits_has_no_files(tmp_path):
    """Zero commits is what staff look for first."""
    plain_git("init", "-q", tmp_path / "empty", cwd=tmp_path)
    with open_repository(tmp_path / "empty") as opened:
        assert opened.resolve() is None
        assert opened.files() == {}


@pytest.mark.parametrize("bare", [False, True])
def test_nothing_that_a_repository_configures_is_run(clone, tmp_path, bare):
    """A team's git configuration must never run a program on the staff's machine."""
    witness = tmp_path / "ran"
    script = tmp_path / "script"
    script.write_text(f"#!/bin/sh\necho $0 >> '{witness}'\ncat\n")
    script.chmod(0o755)
    (clone / ".gitattributes").write_text("* filter=evil diff=evil merge=evil\n")
    plain_git("add", ".", cwd=clone)
    plain_git("commit", "-qm", "attributes", cwd=clone)
    folder = clone
    if bare:
        folder = tmp_path / "bare.git"
        plain_git("clone", "-q", "--bare", clone, folder, cwd=tmp_path)
    for name in (
        "core.fsmonitor", "core.pager", "core.editor", "core.sshCommand", "core.askPass",
        "gpg.program", "diff.external", "diff.evil.textconv", "diff.evil.command",
        "filter.evil.smudge", "filter.evil.clean", "filter.evil.process", "merge.evil.driver",
        "credential.helper", "uploadpack.packObjectsHook", "alias.cat-file", "alias.ls-tree",
    ):  # fmt: skip
        value = f"!{script}" if name.startswith("alias") else str(script)
        plain_git("config", name, value, cwd=folder)
    plain_git("config", "log.showSignature", "true", cwd=folder)
    hooks = open_repository(folder).git_dir / "hooks"
    hooks.mkdir(exist_ok=True)
    for name in ("post-checkout", "reference-transaction", "post-index-change", "pre-auto-gc"):
        (hooks / name).write_bytes(script.read_bytes())
        (hooks / name).chmod(0o755)

    with open_repository(folder) as opened:
        assert opened.read("README.md") == b"# Title\r\n"
        git.run("log", "--format=%H %G?", "-p", "--no-ext-diff", "--no-textconv",
                git_dir=opened.git_dir)  # fmt: skip
        git.run("update-ref", "refs/heads/x", "HEAD", git_dir=opened.git_dir)
    assert not witness.exists(), witness.read_text()


def test_a_partial_clone_does_not_start_its_remote(clone, tmp_path):
    """A missing object makes git start the remote's program, which the repository names."""
    witness = tmp_path / "ran"
    script = tmp_path / "upload"
    script.write_text(f"#!/bin/sh\ntouch '{witness}'\nexit 1\n")
    script.chmod(0o755)
    plain_git("config", "extensions.partialClone", "origin", cwd=clone)
    plain_git("config", "core.repositoryFormatVersion", "1", cwd=clone)
    plain_git("config", "remote.origin.url", tmp_path / "elsewhere", cwd=clone)
    plain_git("config", "remote.origin.promisor", "true", cwd=clone)
    plain_git("config", "remote.origin.uploadpack", script, cwd=clone)
    blob = plain_git("rev-parse", "HEAD:README.md", cwd=clone).decode().strip()
    (clone / ".git" / "objects" / blob[:2] / blob[2:]).unlink()

    with (
        open_repository(clone) as opened,
        pytest.raises(RepositoryError, match=r"missing|listed|partial"),
    ):
        opened.read("README.md")
    assert not witness.exists()


def test_links_and_submodules_are_told_apart_and_never_followed(clone, tmp_path):
    """A symbolic link would publish a file of the machine that reads the repository."""
    target = plain_git("hash-object", "-w", "--stdin", cwd=clone, stdin=b"/etc/passwd")
    commit = plain_git("rev-parse", "HEAD", cwd=clone)
    for mode, oid, name in (("120000", target, "leak.md"), ("160000", commit, "module")):
        info = f"{mode},{oid.decode().strip()},{name}"
        plain_git("update-index", "--add", "--cacheinfo", info, cwd=clone)
    plain_git("commit", "-qm", "links", cwd=clone)
    with open_repository(clone) as opened:
        files = opened.files()
        assert files["leak.md"].is_symlink
        assert files["module"].is_submodule
        assert not files["leak.md"].is_file
        with pytest.raises(RepositoryError, match="symbolic link"):
            opened.read("leak.md")
        with pytest.raises(RepositoryError, match="submodule"):
            opened.read("module")


def test_names_that_are_not_utf8_are_listed_and_readable(clone):
    oid = plain_git("hash-object", "-w", "--stdin", cwd=clone, stdin=b"x").strip()
    record = b"100644 " + oid + b"\tcaf\xe9\n.txt\0"
    plain_git("update-index", "-z", "--index-info", cwd=clone, stdin=record)
    plain_git("commit", "-qm", "latin-1 name", cwd=clone)
    with open_repository(clone) as opened:
        name = b"caf\xe9\n.txt".decode("utf-8", "surrogateescape")
        assert opened.read(name) == b"x"


def test_a_large_file_is_refused_before_it_is_read(clone):
    (clone / "big.bin").write_bytes(b"0" * 300_000)
    plain_git("add", ".", cwd=clone)
    plain_git("commit", "-qm", "big", cwd=clone)
    with open_repository(clone) as opened:
        entry = opened.files()["big.bin"]
        assert entry.size == 300_000
        with pytest.raises(RepositoryError, match="more than"):
            opened.read("big.bin", max_bytes=100_000)
        with pytest.raises(RepositoryError, match="more than"):
            opened.read_object(entry.oid, max_bytes=100_000)
        assert opened.read("README.md") == b"# Title\r\n", "the next answer is the right one"


def test_a_tree_that_unfolds_without_end_is_refused(clone, monkeypatch):
    """Ten files of a few hundred bytes can stand for ten thousand million paths."""
    blob = plain_git("hash-object", "-w", "--stdin", cwd=clone, stdin=b"x").decode().strip()
    rows = "".join(f"100644 blob {blob}\tf{n}\n" for n in range(10))
    for _ in range(12):
        tree = plain_git("mktree", cwd=clone, stdin=rows.encode()).decode().strip()
        rows = "".join(f"040000 tree {tree}\td{n}\n" for n in range(10))
    commit = plain_git("commit-tree", "-m", "bomb", tree, cwd=clone).decode().strip()
    monkeypatch.setattr(repository, "MAX_FILES", 5_000)
    with open_repository(clone) as opened, pytest.raises(RepositoryError, match="more than 5,000"):
        opened.files(commit)


def test_the_newest_commit_is_known_without_git(clone, tmp_path, monkeypatch):
    """Looking at a thousand repositories of which none has changed must start no program."""
    bare = tmp_path / "team.git"
    plain_git("clone", "-q", "--bare", clone, bare, cwd=tmp_path)
    assert (bare / "packed-refs").is_file()
    newest = plain_git("rev-parse", "HEAD", cwd=clone).decode().strip()
    with monkeypatch.context() as without:
        without.setattr(git, "attempt", None)
        for path in (bare, clone):
            assert open_repository(path).head() == newest
    plain_git("commit", "-q", "--allow-empty", "-m", "second", cwd=clone)
    plain_git("push", "-q", bare, "main", cwd=clone)
    assert open_repository(bare).head() == open_repository(bare).resolve() != newest
    plain_git("checkout", "-q", "--detach", "HEAD~1", cwd=clone)
    assert open_repository(clone).head() == newest
    plain_git("init", "-q", tmp_path / "empty", cwd=tmp_path)
    assert open_repository(tmp_path / "empty").head() is None


def test_what_is_no_repository_is_named(tmp_path, clone):
    with pytest.raises(RepositoryError, match="does not exist"):
        open_repository(tmp_path / "nowhere")
    (tmp_path / "plain").mkdir()
    with pytest.raises(RepositoryError, match="not a git repository"):
        open_repository(tmp_path / "plain")
    (tmp_path / "plain" / ".git").symlink_to(clone / ".git")
    with pytest.raises(RepositoryError, match="symbolic link"):
        open_repository(tmp_path / "plain")
    with pytest.raises(RepositoryError, match=r"has no file 'nope\.md'"):
        open_repository(clone).read("nope.md")


def test_one_open_repository_shows_one_commit(clone):
    """A push in the middle of a report must not mix two states."""
    with open_repository(clone) as opened:
        before = opened.read("README.md")
        (clone / "README.md").write_text("pushed meanwhile")
        plain_git("commit", "-qam", "second", cwd=clone)
        assert opened.read("README.md") == before
    with open_repository(clone) as opened:
        assert opened.read("README.md") == b"pushed meanwhile"


@pytest.mark.parametrize("quick", [False, True])
def test_a_commit_is_listed_as_git_lists_it(clone, quick, monkeypatch):
    """Links, submodules, odd names, an object that is not here: without a program for it."""
    if quick:
        pytest.importorskip("pygit2")
    (clone / "notes" / "deep" / "er").mkdir(parents=True)
    (clone / "notes" / "deep" / "er" / "a.md").write_text("a\n")
    (clone / "notes-2").write_text("b\n" * 400)
    (clone / "notes.md").write_text("a\n")
    (clone / "link").symlink_to("notes.md")
    (clone / "run.sh").write_text("true\n")
    (clone / "run.sh").chmod(0o755)
    (Path(os.fsdecode(os.fsencode(clone) + b"/Erg\xe4nzung"))).write_text("c\n")
    plain_git("add", "-A", cwd=clone)
    head = plain_git("rev-parse", "HEAD", cwd=clone).decode().strip()
    plain_git("update-index", "--add", "--cacheinfo", f"160000,{head},sub", cwd=clone)
    plain_git("commit", "-qm", "second", cwd=clone)
    lost = plain_git("rev-parse", "HEAD:notes-2", cwd=clone).decode().strip()
    (clone / ".git" / "objects" / lost[:2] / lost[2:]).unlink()
    head = plain_git("rev-parse", "HEAD", cwd=clone).decode().strip()
    with open_repository(clone, quick=quick) as opened:
        wanted = opened._list_by_git(head)
        monkeypatch.setattr(opened, "_list_by_git", None)
        assert opened.files(head) == wanted
        assert list(opened.files(head)) == list(wanted)
        assert {path: entry.size for path, entry in wanted.items()} == {
            "Erg\udce4nzung": 2, "README.md": 9, "link": 8, "notes-2": -1, "notes.md": 2,
            "notes/Notiz äöü.md": 6, "notes/deep/er/a.md": 2, "run.sh": 5, "sub": -1,
        }  # fmt: skip


def test_the_sizes_of_many_objects_are_asked_for_at_once(clone):
    """More than fit into a pipe, in pieces."""
    with open_repository(clone) as opened:
        (readme,) = {e.oid for path, e in opened.files().items() if path == "README.md"}
        asked = [readme, "0" * 40] * 3_000
        assert opened._objects.sizes(asked) == [9, -1] * 3_000
