"""Find the template and read its files, from a folder or straight from a Git repository."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Any

from coursekit.course.course import BUILTIN, TemplateReference
from coursekit.errors import GitError, RepositoryError, TemplateError
from coursekit.git import git
from coursekit.git.objects import File
from coursekit.git.repository import Repository, open_repository

SETTINGS_FILE = "cookiecutter.json"
MAX_TEMPLATE_BYTES = 100_000_000
# Left behind by tools that ran inside a template's folder; never part of it.
IGNORED = frozenset(
    ["__pycache__", ".git", ".pytest_cache", ".ruff_cache", ".mypy_cache", ".hypothesis",
     ".ipynb_checkpoints", ".venv", ".DS_Store", "Thumbs.db"]
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class TemplateSource:
    """A template as it is stored.

    Attributes:
        settings: What stands in `cookiecutter.json`, in its order.
        project: The name of the project folder (it holds Jinja).
        files: From POSIX path below the project folder to file; paths may hold Jinja.
    """

    settings: dict[str, Any]
    project: str
    files: dict[str, File]

    def version(self) -> str:
        """Sixteen hexadecimal digits that change whenever the template does."""
        digest = hashlib.sha256(json.dumps(self.settings, sort_keys=True).encode())
        for path, file in sorted(self.files.items()):
            digest.update(f"\0{path}\0{file.executable}\0{len(file.content)}\0".encode())
            digest.update(file.content)
        return digest.hexdigest()[:16]


def load_template(reference: TemplateReference, folder: Path, cache: Path) -> TemplateSource:
    """Read the template that a course names.

    Args:
        reference: `builtin`, a folder (relative to `folder`) or a Git address,
            and a tag, branch or commit where it is a repository.
        folder: The course folder.
        cache: Where repositories of templates are kept between calls.

    Raises:
        TemplateError: If it cannot be found or is no cookiecutter template.
    """
    found = _load(reference, folder, cache)
    if not reference.left_out:
        return found
    below = tuple(f"{name}/" for name in reference.left_out)
    kept = {path: file for path, file in found.files.items() if not path.startswith(below)}
    return replace(found, files=kept)


def _load(reference: TemplateReference, folder: Path, cache: Path) -> TemplateSource:
    if reference.source == BUILTIN:
        return read_folder(builtin_folder())
    path = folder / Path(reference.source).expanduser()
    if path.is_dir() and not reference.ref:
        if (path / SETTINGS_FILE).is_file():
            return read_folder(path)
        return _read_repository(path, "HEAD", reference)
    if path.is_dir():
        return _read_repository(path, reference.ref, reference)
    if not is_address(reference.source):
        raise TemplateError(
            f"{path}: the template's folder does not exist; correct source in course.toml"
        )
    return _read_repository(_fetch(reference.source, cache), reference.ref or "HEAD", reference)


def open_source(reference: TemplateReference, folder: Path, cache: Path) -> Path:
    """Find the Git repository of a template, fetching it where it is an address.

    Args:
        reference: A folder (relative to `folder`) or a Git address.
        folder: The course folder.
        cache: Where repositories of templates are kept between calls.

    Raises:
        TemplateError: If there is no such repository.
    """
    path = folder / Path(reference.source).expanduser()
    if path.is_dir():
        return path
    if Path(reference.source).is_dir():
        return Path(reference.source)
    if not is_address(reference.source):
        raise TemplateError(
            f"{reference.source!r} is neither a folder nor a Git address; check the template"
        )
    return _fetch(reference.source, cache)


def builtin_folder() -> Path:
    """The template that comes with this package, installed or in a checkout.

    Raises:
        TemplateError: If the installation is broken.
    """
    package = Path(__file__).resolve().parents[1]
    for folder in (package / "data" / "template", package.parent):
        if (folder / SETTINGS_FILE).is_file():
            return folder
    raise TemplateError(
        f"{package}: the template is missing from this installation; "
        "install the package again: pip install --force-reinstall coursekit"
    )


def is_address(source: str) -> bool:
    """Whether a text is a Git address (`https://…`, `git@host:path`) and not a folder."""
    return bool(re.match(r"(https?|ssh|git|file)://|[\w.-]+@[\w.-]+:", source))


def read_folder(folder: Path) -> TemplateSource:
    """Read a template from a folder that holds `cookiecutter.json`.

    Raises:
        TemplateError: If it is no template, is too large, or holds a symbolic link.
    """
    try:
        settings = _settings((folder / SETTINGS_FILE).read_bytes(), folder)
        project = _project([path.name for path in folder.iterdir() if path.is_dir()], folder)
        files = {}
        size = 0
        for path in _walk(folder / project):
            if path.is_symlink():
                raise TemplateError(f"{path}: is a symbolic link; a template holds files only")
            size += path.stat().st_size
            _check_size(size, folder)
            relative = path.relative_to(folder / project).as_posix()
            files[relative] = File(path.read_bytes(), os.access(path, os.X_OK) and os.name != "nt")
    except OSError as error:
        raise TemplateError(f"{folder}: the template cannot be read ({error.strerror})") from error
    return TemplateSource(settings, project, dict(sorted(files.items())))


def read_tree(repository: Repository, ref: str) -> TemplateSource:
    """Read a template from a commit of a repository.

    Raises:
        TemplateError: If there is no such commit, or it holds no template.
    """
    name = f"{repository.path} at {ref}"
    commit = repository.resolve(ref) or repository.resolve(f"origin/{ref}")
    if commit is None:
        raise TemplateError(f"{repository.path}: has no tag, branch or commit {ref!r}; check ref")
    entries = repository.files(commit)
    if SETTINGS_FILE not in entries:
        raise TemplateError(f"{name}: has no {SETTINGS_FILE}, so it is no template")
    settings = _settings(repository.read(SETTINGS_FILE, ref=commit), name)
    project = _project(sorted({path.split("/")[0] for path in entries if "/" in path}), name)
    _check_size(sum(entry.size for entry in entries.values()), name)
    files = {}
    for path, entry in entries.items():
        parts = PurePosixPath(path).parts
        if parts[0] != project or IGNORED & set(parts):
            continue
        if not entry.is_file:
            raise TemplateError(f"{name}: {path!r} is a link or submodule; use files only")
        content = repository.read_object(entry.oid, max_bytes=MAX_TEMPLATE_BYTES)
        files["/".join(parts[1:])] = File(content, entry.mode == "100755")
    return TemplateSource(settings, project, dict(sorted(files.items())))


def _read_repository(path: Path, ref: str, reference: TemplateReference) -> TemplateSource:
    try:
        with open_repository(path) as repository:
            return read_tree(repository, ref)
    except RepositoryError as error:
        raise TemplateError(
            f"template {git.scrub(reference.source)!r}: {error} (it needs {SETTINGS_FILE}, "
            "or to be a Git repository that holds it)"
        ) from error


def _fetch(address: str, cache: Path) -> Path:
    """Mirror a repository into the cache; without a network, the mirror from before is used."""
    target = cache / f"{hashlib.sha256(address.encode()).hexdigest()[:16]}.git"
    try:
        if target.is_dir():
            git.run("fetch", "--quiet", "--prune", "--tags", "--force", "--", address,
                    "+refs/heads/*:refs/heads/*", git_dir=target,
                    protocols=git.PROTOCOLS, personal=True)  # fmt: skip
        else:
            cache.mkdir(parents=True, exist_ok=True)
            partial = cache / f".{target.name}.partial"
            shutil.rmtree(partial, ignore_errors=True)
            git.run("clone", "--quiet", "--bare", "--", address, partial,
                    protocols=git.PROTOCOLS, personal=True)  # fmt: skip
            partial.rename(target)
    except GitError as error:
        if not target.is_dir():
            raise TemplateError(
                f"template {git.scrub(address)!r} cannot be fetched ({error}); "
                "check the address and the network"
            ) from error
    return target


def _walk(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()):
        if path.name in IGNORED or path.suffix in (".pyc", ".pyo"):
            continue
        if path.is_dir() and not path.is_symlink():
            yield from _walk(path)
        else:
            yield path


def _settings(data: bytes, name: object) -> dict[str, Any]:
    try:
        settings = json.loads(data)
    except ValueError as error:
        raise TemplateError(f"{name}: {SETTINGS_FILE} is not valid JSON ({error})") from error
    if not isinstance(settings, dict):
        raise TemplateError(f"{name}: {SETTINGS_FILE} must hold an object with the variables")
    return settings


def _project(names: list[str], where: object) -> str:
    for name in sorted(names):
        if "cookiecutter" in name and "{{" in name and "}}" in name:
            return name
    raise TemplateError(
        f"{where}: has no project folder; its name must be like '{{{{cookiecutter.project_slug}}}}'"
    )


def _check_size(size: int, where: object) -> None:
    if size > MAX_TEMPLATE_BYTES:
        raise TemplateError(
            f"{where}: the template is larger than {MAX_TEMPLATE_BYTES / 1e6:g} MB; "
            "take large files out of it"
        )
