"""The `litreview` command: one module of this package per subcommand."""

from __future__ import annotations

import click

from litreview import __version__
from litreview.console import CommandFolder, run


@click.group(cls=CommandFolder, packages=["litreview.cli"])
@click.version_option(__version__, prog_name="litreview")
def group() -> None:
    """Find sources, draft the literature review, and check what was written.

    What servers answer is kept in your folder for caches, so that a search can be
    repeated: ~/.cache/litreview on Linux, ~/Library/Caches/litreview on macOS,
    %LOCALAPPDATA%/litreview/litreview/Cache on Windows, or what LITREVIEW_CACHE_DIR
    names. It can be deleted at any time.
    """


def main() -> None:
    """Run the command line; the entry point of `litreview`."""
    run(group, "litreview")
