"""Data that a team keeps elsewhere: `data.lock` says where, how large, and what its SHA-256 is.

    ["data/mails.csv"]
    address = "https://zenodo.org/records/1/files/mails.csv"
    bytes = 1048576
    sha256 = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"

They are fetched once, by the staff's side and through its gate, never by what runs in a box.
"""

from __future__ import annotations

import hashlib
import re
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litreview.errors import UserError
from litreview.files import write_atomic
from litreview.web.fetch import Fetcher

MAX_BYTES = 200_000_000


@dataclass(frozen=True, slots=True)
class Locked:
    """A file that lies elsewhere."""

    path: str
    address: str
    size: int
    sha256: str


def read_lock(text: str) -> dict[str, Locked]:
    """The files that a `data.lock` names, by path.

    Raises:
        UserError: If it is damaged; says which entry.
    """
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise UserError(f"data.lock: is not valid TOML ({error}); correct that line") from error
    return {path: _locked(path, table) for path, table in tables.items()}


def _locked(path: str, table: Any) -> Locked:
    table = table if isinstance(table, dict) else {}
    address, size, digest = (table.get(key) for key in ("address", "bytes", "sha256"))
    if not isinstance(address, str) or not address.startswith(("https://", "http://")):
        raise UserError(f"data.lock, {path}: address is {address!r}; give one with https://")
    if isinstance(size, bool) or not isinstance(size, int) or not 0 < size <= MAX_BYTES:
        raise UserError(
            f"data.lock, {path}: bytes is {size!r}; give the size, at most {MAX_BYTES / 1e6:g} MB"
        )
    if not isinstance(digest, str) or not re.fullmatch(r"[0-9a-f]{64}", digest):
        raise UserError(f"data.lock, {path}: sha256 is {str(digest)[:80]!r}; give 64 digits")
    return Locked(path, address, size, digest)


def fetch(locked: Locked, cache: Path, fetcher: Fetcher) -> bytes:
    """The content of a file that lies elsewhere, from the cache if it was fetched before.

    Args:
        locked: What `data.lock` says.
        cache: The folder that all teams share; files are named by their SHA-256.
        fetcher: Asks the web, within the limits of the gate.

    Raises:
        UserError: If it cannot be fetched, or is another file now.
    """
    kept = cache / locked.sha256
    if kept.is_file():
        data = kept.read_bytes()
        if hashlib.sha256(data).hexdigest() == locked.sha256:
            return data
    answer = fetcher.get(
        locked.address,
        service=f"the place of {locked.path}",
        max_bytes=locked.size + 1,
        advice="compare it with the team's data.lock",
    )
    if len(answer.body) != locked.size or answer.sha256 != locked.sha256:
        raise UserError(
            f"{locked.path}: {locked.address} holds another file now ({len(answer.body)} bytes, "
            f"SHA-256 {answer.sha256[:12]}…) than data.lock says ({locked.size} bytes, "
            f"{locked.sha256[:12]}…)"
        )
    write_atomic(kept, answer.body)
    return answer.body
