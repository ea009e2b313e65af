"""The site builders that can make a showcase's shells, and how each is run.

All of them read MkDocs' settings and Material's templates or their own after these. None
is asked for more than pages in its theme: the security policy, the search and the teams'
pages are made here, so that no hook or plugin is needed, which not every builder knows.
"""

from __future__ import annotations

import importlib.util
import json
import logging
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from litreview.errors import UserError

# The module of each builder, and the one that has its theme, in the order of preference.
# mkdocs-ng is a newer MkDocs under the same name.
ENGINES = {
    "mkdocs": ("mkdocs", "material"),
    "properdocs": ("properdocs", "material"),
    "zensical": ("zensical", "zensical"),
}
BUILD_SECONDS = 300
_HOW = "pip install 'coursekit[site]'"
# Zensical has its own search on a page, whatever the settings say.
_OWN_SEARCH = re.compile(
    r'<label class="md-header__button md-icon" for="__search">.*?</label>'
    r'|<div class="md-search"[^>]*>.*?</div>',
    re.S,
)


def choose_engine(wanted: str = "") -> str:
    """The builder to use: the one that is wanted, else the first that is installed.

    Args:
        wanted: One of `ENGINES`, or empty.

    Raises:
        UserError: If it is not known or not installed, or none is.
    """
    if wanted and wanted not in ENGINES:
        raise UserError(f"{wanted!r} is no known site builder; use one of {', '.join(ENGINES)}")
    for name in [wanted] if wanted else ENGINES:
        missing = [module for module in ENGINES[name] if not importlib.util.find_spec(module)]
        if not missing:
            return name
    if wanted in ("", "mkdocs"):
        raise UserError(
            f"the showcase needs MkDocs with the theme Material; install them with: {_HOW}"
        )
    package = {"material": "mkdocs-material"}.get(missing[0], missing[0])
    raise UserError(f"{wanted} needs a package that is not installed: pip install {package}")


def run_engine(name: str, facts: Mapping[str, Any], work: Path) -> list[str]:
    """Build the pages in `work/docs` into `work/made`.

    Args:
        name: One of `ENGINES`.
        facts: The settings.
        work: An absolute folder.

    Returns:
        What the builder complained about.

    Raises:
        UserError: If it fails.
    """
    theme = dict(facts["theme"])
    if name == "zensical":
        theme["variant"] = "classic"
    settings = work / "mkdocs.yml"
    # JSON is YAML. Zensical wants folders below that of its settings.
    places = {"docs_dir": "docs", "site_dir": "made", "theme": theme}
    settings.write_text(json.dumps({**facts, **places}), encoding="utf-8")
    os.environ["NO_MKDOCS_2_WARNING"] = "1"
    return _run_here(settings) if name == "mkdocs" else _run_program(name, settings)


def without_search(html: str) -> str:
    """A shell without a builder's own search, which ours takes the place of."""
    return _OWN_SEARCH.sub("", html)


def _run_program(name: str, settings: Path) -> list[str]:
    command = [sys.executable, "-m", name, "build", "-f", str(settings)]
    try:
        done = subprocess.run(
            command, cwd=settings.parent, capture_output=True, timeout=BUILD_SECONDS, check=False,
            stdin=subprocess.DEVNULL, env=os.environ | {"NO_COLOR": "1", "PYTHONUTF8": "1"},
        )  # fmt: skip
    except (subprocess.TimeoutExpired, OSError) as error:
        raise UserError(f"{settings.parent}: {name} did not end; use another --engine") from error
    lines = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
    if done.returncode != 0:
        reason = "; ".join(line.strip() for line in lines[-3:])
        raise UserError(f"{settings.parent}: {name} could not build the showcase: {reason}")
    return [line.strip() for line in lines if re.match(r"\s*(WARNING|Warning)\b", line)]


def _run_here(settings: Path) -> list[str]:
    """MkDocs in this process, which has most of what it needs already."""
    from mkdocs.commands.build import build
    from mkdocs.config import load_config
    from mkdocs.exceptions import Abort, ConfigurationError

    logger = logging.getLogger("mkdocs")
    found: list[str] = []
    handler = _Collector(found)
    level, propagate = logger.level, logger.propagate
    logger.addHandler(handler)
    logger.setLevel(logging.WARNING)
    logger.propagate = False
    try:
        build(load_config(str(settings)))
    except ConfigurationError as error:
        raise UserError(
            f"the showcase needs the theme Material for MkDocs; install it with: {_HOW} ({error})"
        ) from error
    except Abort as error:
        reason = "; ".join(found[-3:]) or str(error)
        raise UserError(
            f"{settings.parent}: MkDocs could not build the showcase: {reason}"
        ) from error
    finally:
        logger.removeHandler(handler)
        logger.setLevel(level)
        logger.propagate = propagate
    return found


class _Collector(logging.Handler):
    def __init__(self, found: list[str]) -> None:
        super().__init__(logging.WARNING)
        self.found = found

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(record.getMessage())
