"""Show formulas and mermaid diagrams on the site as GitHub does in the repository.

Formulas (`$x$`, `$$x$$`, a `math` block) are typeset by Temml, which lies in
docs/vendor. What draws diagrams is too large for a repository: it is fetched when
a page first needs it, in exactly the version below, and published as a part of the
site, so that a visitor's browser asks nobody else. Without a network a diagram
stays text.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
import tarfile
import urllib.request
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.pages import Page
from pymdownx.arithmatex import arithmatex_fenced_format
from pymdownx.superfences import fence_code_format

ARCHIVE = "@mermaid-js/tiny/-/tiny-12.0.0.tgz"
SHA512 = (
    "656f585f2fb7b522cfb1c053f8d9d03b42b4a981fb046112e6713197a4a7a328"
    "1ecbbc5dd8dd1c3bb36adf437993fbbb808798a02ae5772572f954c2316acd0d"
)
FILES = ("dist/mermaid.tiny.js", "LICENSE")
LARGEST_BYTES = 5_000_000
MARK = 'class="mermaid-source"'

log = logging.getLogger("mkdocs.hooks.diagrams")
_wanted = False


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Let Markdown mark formulas and diagrams, for the scripts in docs/javascripts."""
    global _wanted
    _wanted = False
    settings = config.mdx_configs.setdefault("pymdownx.superfences", {})
    settings["custom_fences"] = [
        {"name": "mermaid", "class": "mermaid-source", "format": fence_code_format},
        {"name": "math", "class": "arithmatex", "format": arithmatex_fenced_format()},
    ]
    return config


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Notice the first page with a diagram."""
    global _wanted
    _wanted = _wanted or MARK in output
    return output


def on_post_build(config: MkDocsConfig) -> None:
    """Publish what draws the diagrams, if there are any."""
    if not _wanted:
        return
    try:
        files = _unpack(_archive(Path(config.config_file_path).parent / ".cache"))
    except (OSError, ValueError, KeyError, tarfile.TarError) as error:
        log.info("Diagrams stay text, since mermaid could not be fetched: %s", error)
        return
    folder = Path(config.site_dir, "vendor", "mermaid")
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).write_bytes(data)


def _archive(kept: Path) -> bytes:
    """The archive from an earlier time, or from npm's registry.

    Raises:
        OSError: If it cannot be fetched.
        ValueError: If it is another one.
    """
    path = kept / Path(ARCHIVE).name
    if path.is_file() and _is_right(data := path.read_bytes()):
        return data
    registry = os.environ.get("NPM_CONFIG_REGISTRY", "https://registry.npmjs.org").rstrip("/")
    with urllib.request.urlopen(f"{registry}/{ARCHIVE}", timeout=20) as response:
        data = response.read(LARGEST_BYTES)
    if not _is_right(data):
        raise ValueError(f"{registry}/{ARCHIVE} is not the expected file")
    kept.mkdir(exist_ok=True)
    path.write_bytes(data)
    return data


def _is_right(data: bytes) -> bool:
    return hashlib.sha512(data).hexdigest() == SHA512


def _unpack(data: bytes) -> dict[str, bytes]:
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        members = {Path(name).name: archive.extractfile(f"package/{name}") for name in FILES}
        return {name: stream.read() for name, stream in members.items() if stream}
