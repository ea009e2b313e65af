"""Papers on this machine: which file of a folder is the text of a work."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from litreview.errors import UserError
from litreview.papers.open import paper_files, read_paper
from litreview.papers.paper import Paper
from litreview.works.source import Source
from litreview.works.titles import letters, same_title


class PapersOfFolder:
    """The papers on this machine, each read once and only when its name does not tell it.

    Args:
        folder: With papers as HTML, LaTeX, archives of arXiv, PDF or JATS.
        notify: Called with a sentence about a file that cannot be read.

    Raises:
        UserError: If it is no folder.
    """

    def __init__(self, folder: Path, notify: Callable[[str], None]) -> None:
        self._files = paper_files(folder)
        self._notify = notify
        self._read: dict[Path, Paper | None] = {}

    def find(self, source: Source) -> Paper | None:
        """The paper of a work: its file is named by its arXiv id or DOI, or it has its title."""
        names = [letters(name) for name in (source.arxiv_id, source.doi) if name]
        for path in self._files:
            own = letters(re.sub(r"v\d+$", "", path.name.partition(".tar")[0].rpartition(".")[0]))
            if own in names or letters(path.stem) in names:
                return self._paper(path)
        for path in self._files:
            paper = self._paper(path)
            if paper is not None and paper.title and same_title(paper.title, [source.title]):
                return paper
        return None

    def _paper(self, path: Path) -> Paper | None:
        if path not in self._read:
            try:
                self._read[path] = read_paper(path)
            except UserError as error:
                self._notify(f"Note: {error}")
                self._read[path] = None
        return self._read[path]
