"""A browser, and the showcase that it shows."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pytest
from browser_showcase import ATTACKS, DIAGRAM, cover, fenced
from machine import chromium_path
from site_browser import Browser, serve, start
from site_teams import commit, good_team, result, runs
from test_site import course, hostile_team

from coursekit.site import build
from coursekit.site.stamp import stamp_site


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with start() as found:
        yield found


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[SimpleNamespace]:
    """A showcase with a hostile team among good ones, served on this machine."""
    if chromium_path() is None:
        pytest.skip("needs Chromium (Debian: chromium, chromium-driver)")
    folder = tmp_path_factory.mktemp("browser")
    teams = folder / "teams"
    teams.mkdir()
    secret = folder / "secret.txt"
    secret.write_text("secret")
    hostile = hostile_team(secret)
    hostile["2_BaselineModel/README.md"] = f"# Baseline\n{fenced(*ATTACKS)}"
    commit(teams / "good.git", {**good_team(), "CoverImage/cover.png": cover()})
    commit(
        teams / "decoder.git",
        {
            **good_team("Ünderdogs of Translation", 0.91, task="translation"),
            "baseline.toml": '[project]\nfamily = "decoder-only"\ntask = "translation"\n',
            "README.md": "# Ünderdogs of Translation\n\n### Task Type\n\nTranslation\n",
            **runs(*[result(value=0.9 - n / 100, seed=n, run=f"r{n}") for n in range(3)]),
        },
    )
    third = good_team("Zebra Crossing", 0.7)
    third["3_Model/README.md"] = f"# Model\n{fenced(DIAGRAM, 'nonsense ((')}"
    commit(teams / "third.git", third)
    commit(teams / "evil.git", hostile)
    plan = course(folder, language="en")
    plan.site = replace(plan.site, address="https://course.example.org/showcase/")
    (folder / "programme.csv").write_text(
        "team,title,minutes,start,room\ngood,,,14:00,Hall\n,Coffee,15,,\nevil,,,,\nlate,,,,\n"
    )
    names = ("good", "decoder", "third", "evil", "late")
    plan.teams = tuple(
        SimpleNamespace(slug=n, title=n, project=f"The {n} <b>one</b>", task="", family="")
        for n in names
    )
    build(teams, folder / "site", course=plan, slides=True)
    with serve(folder / "site") as address:
        yield SimpleNamespace(address=address, folder=folder, out=folder / "site", teams=teams)


@pytest.fixture(scope="module")
def manual(repository_root, tmp_path_factory) -> Iterator[str]:
    """The documentation, which has the showcase's theme."""
    out = tmp_path_factory.mktemp("manual")
    subprocess.run(
        [sys.executable, "-m", "mkdocs", "build", "--quiet", "--site-dir", str(out)],
        cwd=repository_root,
        env={**os.environ, "NO_MKDOCS_2_WARNING": "1"},
        capture_output=True,
        check=True,
    )
    stamp_site(out)
    with serve(out) as address:
        yield address
