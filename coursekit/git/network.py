"""Run git over the network with a configuration of ours only.

A repository's own configuration can send a token elsewhere (`http.proxy`,
`http.curloptResolve`, `http.sslVerify`, `url.*.insteadOf`, `credential.helper`),
run a program (`core.sshCommand`) or write a file anywhere (`http.cookieFile`
with `http.saveCookies`). Too many keys to override each by name: so git works
in an empty repository of ours here, which only borrows the objects, and the
references are carried over by hand.

Reference: gitrepository-layout(5); git-config(1).
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from coursekit.git import git
from coursekit.git.references import read_references

_CONFIG = "[core]\n\trepositoryformatversion = {version}\n\tbare = true\n"
_SHA256 = "[extensions]\n\tobjectFormat = sha256\n"


@dataclass(frozen=True, slots=True)
class Line:
    """A connection to one address, in a repository of ours that borrows another's objects.

    Attributes:
        git_dir: The repository of ours.
        objects: The folder of the other's objects.
        protocols: Transports that are allowed, separated by colons.
        secrets: Settings that must not be seen; see `git.environment`.
    """

    git_dir: Path
    objects: Path
    protocols: str
    secrets: Sequence[tuple[str, str]]

    def run(self, *arguments: str) -> bytes:
        """Run a subcommand of git: `fetch`, `push` or `ls-remote`.

        Raises:
            GitError: If git fails; the message holds no credentials.
        """
        return git.run(
            *arguments,
            git_dir=self.git_dir,
            protocols=self.protocols,
            personal=True,
            secrets=self.secrets,
            extra={"GIT_OBJECT_DIRECTORY": str(self.objects)},
        )

    def references(self) -> dict[str, str]:
        """What has been fetched, by name."""
        return read_references(self.git_dir)


@contextlib.contextmanager
def line(git_dir: Path, protocols: str, secrets: Sequence[tuple[str, str]] = ()) -> Iterator[Line]:
    """Open a line for a repository: the same objects and references, another configuration.

    Args:
        git_dir: The repository.
        protocols: Transports that are allowed, separated by colons.
        secrets: Settings that must not be seen.

    Raises:
        GitError: If the repository cannot be read.
    """
    form = git.run("rev-parse", "--show-object-format", "--git-common-dir", git_dir=git_dir)
    kind, common = form.decode("utf-8", "surrogateescape").split("\n")[:2]
    # git answers relative to the folder that it runs in.
    shared = Path(common).absolute()
    with tempfile.TemporaryDirectory(prefix="coursekit-git-") as folder:
        ours = Path(folder)
        (ours / "refs").mkdir()
        (ours / "objects").mkdir()
        text = _CONFIG.format(version=1 if kind == "sha256" else 0)
        (ours / "config").write_text(text + (_SHA256 if kind == "sha256" else ""), encoding="utf-8")
        (ours / "HEAD").write_text("ref: refs/heads/main\n", encoding="utf-8")
        rows = [f"{oid} {name}\n" for name, oid in sorted(read_references(git_dir).items())]
        (ours / "packed-refs").write_bytes("".join(rows).encode("utf-8", "surrogateescape"))
        with contextlib.suppress(FileNotFoundError):
            (ours / "shallow").write_bytes((shared / "shallow").read_bytes())
        yield Line(ours, shared / "objects", protocols, tuple(secrets))


def move(git_dir: Path, targets: dict[str, str], before: dict[str, str]) -> None:
    """Move references, each only from where it was seen.

    Raises:
        GitError: If one has moved meanwhile.
    """
    commands = [
        f"update {name}\0{oid}\0{before.get(name, '0' * len(oid))}\0"
        for name, oid in targets.items()
        if before.get(name) != oid
    ]
    if commands:
        text = "".join(commands).encode("utf-8", "surrogateescape")
        git.run("update-ref", "-z", "--stdin", git_dir=git_dir, stdin=text)
