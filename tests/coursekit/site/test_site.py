"""The showcase: what it shows of whom, and what it never shows."""

from __future__ import annotations

import io
import json
import re
import shutil
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner
from PIL import Image
from site_teams import ATTENTION, BERT, commit, git, good_team, picture, result, review, runs

from coursekit.cli import group
from coursekit.course.course import DaySettings, SiteSettings
from coursekit.course.schedule import Milestone
from coursekit.errors import CourseError, RepositoryError
from coursekit.site import build
from coursekit.site.figures.plots import read_log
from coursekit.site.sources import collect_works, read_sources
from litreview.actions.check import check_text

SECRET = "the-secret-of-this-machine"
STAFF = SimpleNamespace(email="staff@example.org")


def notebook(*outputs: dict[str, object]) -> str:
    cell = {"cell_type": "code", "source": ["plot(lengths)"], "outputs": list(outputs)}
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "# Look"}, cell]})


def hostile_team(secret: Path) -> dict[str, str | bytes]:
    """Everything that a team could try, in one repository."""
    attack = "<script>window.pwned=1</script>"
    event = "<img src=x onerror=window.pwned=2>"
    bomb = io.BytesIO()
    Image.new("1", (15_000, 15_000)).save(bomb, "PNG")
    return {
        "README.md": f"# `{attack}` {{{{ 7*7 }}}} {{% if x %}} Evil\n\n"
        f"## Description\n\n{attack}{event} \x02wzxhzdk:0\x03 [TOC]\n"
        f"words {{: onclick=window.pwned=3 }}\n\nTeam: {event}, Bob\n",
        "mkdocs.yml": "hooks: [evil.py]\nplugins: [evil]\n",
        "evil.py": f"open({str(secret.with_name('ran'))!r}, 'w').close()",
        "0_LiteratureReview/README.md": review(
            (f"{attack} A Title", "https://evil.example/'><script>window.pwned=4</script>"),
            ("Another [x](javascript:window.pwned=5)", "javascript:window.pwned=6"),
        ),
        "1_DatasetCharacteristics/README.md": (
            f'# Data\n\n--8<-- "{secret}"\n\n;--8<--\n{secret}\n\n{{{{ 7*7 }}}}'
            f' {{% include "{secret}" %}}\n\n'
            f"{attack}{event}<iframe src='https://evil.example'></iframe>"
            "<form action='https://evil.example'><input></form>"
            '<meta http-equiv="refresh" content="0;url=https://evil.example">'
            "<style>.md-header{display:none}</style><p style='position:fixed'>x</p>"
            "\n\n[go](javascript:window.pwned=7) <a href='javascript:window.pwned=7'>go</a> ![beacon](https://evil.example/x.png)"
            "![up](../../../../../../etc/passwd) ![link](link.png) ![bomb](bomb.png) ![s](evil.svg)"
            "![page](page.png)\n\n</div></div></article></main><div id='__search'>\n"
        ),
        "1_DatasetCharacteristics/bomb.png": bomb.getvalue(),
        "1_DatasetCharacteristics/page.png": attack,
        "1_DatasetCharacteristics/evil.svg": '<svg xmlns="http://www.w3.org/2000/svg" '
        'onload="window.pwned=8"><script>window.pwned=9</script></svg>',
        "1_DatasetCharacteristics/a.ipynb": notebook(
            {"output_type": "display_data", "data": {"text/html": attack + event + "words"}},
            {"output_type": "display_data", "data": {"application/javascript": "window.pwned=10"}},
            {"output_type": "stream", "text": attack},
        ),
        "2_BaselineModel/README.md": "x" * 50_000_000,
        "CoverImage/cover.svg": '<svg xmlns="http://www.w3.org/2000/svg"><image href="https://evil.example/x"/></svg>',
        **runs(
            result(
                model=attack,
                dataset=event,
                metric=f"acc{attack}",
                split="test",
                task="{{7*7}} ## x {: onclick=y }",
            )
        ),
    }


@pytest.fixture(scope="module")
def showcase(tmp_path_factory) -> SimpleNamespace:
    """One build over good, poor, broken and hostile teams."""
    folder = tmp_path_factory.mktemp("showcase")
    secret = folder / "secret.txt"
    secret.write_text(SECRET)
    teams = folder / "teams"
    teams.mkdir()
    commit(teams / "good.git", {**good_team(), "CoverImage/cover_image.png": picture()})
    commit(teams / "other.git", good_team("Mood Lines", 0.88, model="decoder"))
    commit(
        teams / "evil.git",
        hostile_team(secret),
        links={
            "1_DatasetCharacteristics/link.png": "/etc/passwd",
            "3_Model/README.md": str(secret),
            "4_Presentation": "/etc",
        },
    )
    commit(teams / "silent.git", {"nothing.txt": "x"})
    git("init", "--quiet", "--bare", str(teams / "empty.git"))
    (teams / "broken.git").mkdir()
    damaged = commit(teams / "damaged.git", {"README.md": "# Damaged\n"})
    for path in (damaged / "objects").rglob("*"):
        if path.is_file():
            path.chmod(0o600)
            path.write_bytes(b"damaged")
    report = build(teams, folder / "site")
    return SimpleNamespace(teams=teams, out=folder / "site", report=report, secret=secret)


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def article(path: Path) -> str:
    """What a page says, without the theme around it."""
    return read(path).partition("<article")[2].rpartition("</article>")[0]


def test_every_team_has_a_card_and_a_page(showcase):
    """Also a team whose repository is missing, empty, damaged or silent."""
    home = read(showcase.out / "index.html")
    for slug in ("good", "other", "evil", "silent", "empty", "broken", "damaged"):
        assert f'href="teams/{slug}.html"' in home
        assert (showcase.out / "teams" / f"{slug}.html").is_file()
    assert set(showcase.report.unreadable) == {"broken", "damaged"}


def test_the_builder_has_nothing_to_complain_about(showcase):
    """A warning would hide the next one."""
    assert showcase.report.warnings == ()


def test_a_team_page_shows_what_the_team_wrote(showcase):
    """Review, dataset, baseline, model and results, each in its place."""
    page = article(showcase.out / "teams" / "good.html")
    for text in (
        "Names in the News",
        "Attention Is All You Need",
        "To find out whether the method works.",
        "12,000 film reviews",
        '<span class="ck-math">p = 0.51</span>',
        "most frequent",
        "0.8800",
        "+0.3700",
        "ck-plot-line",
        "Ada, Ben",
    ):
        assert text in page
    assert "The presentation has not been described yet." in page


def test_the_leaderboard_ranks_equal_values_equally(showcase):
    """Two teams with 0.88 are both first."""
    page = article(showcase.out / "leaderboard.html")
    assert page.count('class="ck-right ck-rank" data-value="1"') == 2
    assert 'class="ck-right ck-rank" data-value="2"' not in page


def test_the_literature_has_each_work_once_with_its_readers(showcase):
    """Two teams read BERT; it is one row with both of them, and its authors are known."""
    page = article(showcase.out / "literature.html")
    row = next(r for r in page.split("<tr>") if BERT[0] in r)
    assert page.count(f">{BERT[0]}</a>") == 1
    assert 'href="teams/good.html"' in row
    assert 'href="teams/other.html"' in row
    assert "@misc{devlin2018bert," in row
    assert "Devlin et al. 2018" in row


@pytest.mark.parametrize(
    ("address", "year"),
    [
        ("https://arxiv.org/abs/2311.16867", "2023"),
        ("https://arxiv.org/abs/cs/9905014", "1999"),
        ("https://arxiv.org/abs/cs/0112017", "2001"),
        ("https://aclanthology.org/2020.acl-main.703/", "2020"),
        ("https://aclanthology.org/P02-1040/", "2002"),
        ("https://blog.example/2311.16867", ""),
    ],
)
def test_a_source_that_nobody_listed_has_the_year_that_its_address_names(address, year):
    """Both arXiv and the ACL Anthology number by date; anything else would be a guess."""
    text = review(("A Work That No List Names", address))
    (work,) = collect_works({"team": read_sources(check_text(text))})
    assert re.findall(r"year = \{(.*)\}", work.bibtex) == ([year] if year else [])
    assert work.byline.startswith(year)
    assert "author" not in work.bibtex


def test_covers_are_new_files_of_ours(showcase):
    """The team's own bytes are never published."""
    home = read(showcase.out / "index.html")
    (cover,) = re.findall(r'src="media/([0-9a-f]{16}\.jpg)"', home)
    assert (showcase.out / "media" / cover).read_bytes()[:3] == b"\xff\xd8\xff"


def test_nothing_hostile_is_in_any_page(showcase):
    """Not one tag, handler or address of the hostile team reaches a reader."""
    for path in showcase.out.rglob("*.html"):
        page = article(path)
        assert not re.search(r"<(script|iframe|form|style|meta|base|link|object)\b", page, re.I), (
            path
        )
        assert not re.search(r"<[^>]*\son\w+\s*=", re.sub(r'"[^"]*"', '""', page), re.I), path
        for value in re.findall(r'(?:src|action|srcset)="([^"]*)"', page):
            assert "evil.example" not in value
        assert 'href="javascript' not in page.lower()
        assert "__search" not in page


def test_no_secret_and_no_file_of_the_machine_leaks(showcase):
    """Snippets, includes, links and paths lead nowhere."""
    for path in showcase.out.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert SECRET.encode() not in data, path
            assert b"root:x:0" not in data, path
            assert b"\x0049" not in data
    assert not showcase.secret.with_name("ran").exists()


def test_templates_of_a_team_are_only_text(showcase):
    """`{{ 7*7 }}` is shown as it was written."""
    page = article(showcase.out / "teams" / "evil.html")
    assert "{{ 7*7 }}" in page
    assert "> 49" not in page


def test_titles_are_escaped_where_the_theme_prints_them_raw(showcase):
    """The theme puts a page's title into the head and the header as it is."""
    evil, good = (read(showcase.out / "teams" / f"{slug}.html") for slug in ("evil", "good"))
    for tag in ("<script", "<title>", "<meta", "<img", "<link"):
        assert evil.partition("<article")[0].count(tag) == good.partition("<article")[0].count(tag)
    assert "&lt;script&gt;window.pwned" in evil.partition("</head>")[0]


def test_the_staff_learn_what_was_removed_and_where(showcase):
    """They have to talk to the team about it."""
    notes = "\n".join(showcase.report.removed["evil"])
    for text in (
        "1_DatasetCharacteristics/README.md: removed <script>",
        "1_DatasetCharacteristics/README.md: removed onerror= handler on <img>",
        "1_DatasetCharacteristics/README.md: removed javascript: address",
        "1_DatasetCharacteristics/README.md: removed image from another site",
        "1_DatasetCharacteristics/link.png: is a symbolic link",
        "1_DatasetCharacteristics/bomb.png: unfolds to",
        "1_DatasetCharacteristics/evil.svg: holds an onload handler",
        "1_DatasetCharacteristics/page.png: is not a PNG",
        "1_DatasetCharacteristics/a.ipynb: removed <script>",
        "1_DatasetCharacteristics/a.ipynb: removed a script in an output",
        "2_BaselineModel/README.md: has 50.0 MB",
        "3_Model/README.md: is a symbolic link",
        "CoverImage/cover.svg: holds",
    ):
        assert text in notes
    assert "good" not in showcase.report.removed


def test_every_page_has_a_policy_without_any_wildcard(showcase):
    """The browser refuses what the sanitiser might miss."""
    for path in showcase.out.rglob("*.html"):
        page = read(path)
        if path.name == "404.html":  # has no script
            continue
        (policy,) = re.findall(r'Content-Security-Policy" content="([^"]*)"', page)
        assert "default-src 'none'" in policy
        script = re.search(r"script-src ([^;]*)", policy)[1]
        assert re.fullmatch(r"'self'( 'sha256-[A-Za-z0-9+/=]+')+ ?", script), script
        assert page.index("Content-Security-Policy") < page.index("<script")


def test_the_site_names_no_other_server_for_its_parts(showcase):
    """No font, script or style comes from elsewhere; only links lead away."""
    for path in showcase.out.rglob("*.html"):
        for tag in re.findall(r"<(?:script|link|img|iframe|source)\b[^>]*>", read(path)):
            assert not re.search(r'(?:src|href)="(?:https?:)?//', tag), (path, tag)


def test_the_vendored_parts_carry_their_licences(showcase):
    """Who serves the site serves the licences too."""
    vendor = showcase.out / "assets" / "vendor"
    for folder in vendor.iterdir():
        assert (folder / "LICENSE").is_file(), folder
        assert re.search(r"\d+\.\d+\.\d+", read(folder / "VERSION")), folder


def test_a_second_build_renders_only_what_changed(showcase, tmp_path):
    """One team's commit must not cost the work for all."""
    teams, out = tmp_path / "teams", tmp_path / "site"
    for name in ("good.git", "other.git"):
        shutil.copytree(showcase.teams / name, teams / name)
    build(teams, out)
    before = {p: p.stat().st_mtime_ns for p in out.rglob("*") if p.is_file()}
    commit(teams / "other.git", good_team("Mood Lines", 0.93), day=22)
    report = build(teams, out)
    assert (report.read, report.reused) == (("other",), ("good",))
    page = out / "teams" / "good.html"
    assert page.stat().st_mtime_ns == before[page]
    assert "0.9300" in read(out / "teams" / "other.html")
    assert "0.9300" in read(out / "leaderboard.html")
    pages = read(out / "search" / "pages.js")
    assert "Names in the News" in pages
    assert "Mood Lines" in pages


def test_a_folder_with_something_else_is_refused(showcase, tmp_path):
    """A typing mistake in --out must not delete somebody's work."""
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(CourseError, match="not a showcase"):
        build(showcase.teams, tmp_path)
    assert (tmp_path / "thesis.txt").read_text() == "years of work"


def test_no_repositories_is_a_sentence(tmp_path):
    """An empty or missing folder is a mistake, not an empty site."""
    with pytest.raises(RepositoryError, match="holds no repository"):
        build(tmp_path, tmp_path / "out")
    with pytest.raises(RepositoryError, match="does not exist"):
        build(tmp_path / "nowhere", tmp_path / "out")


def course(tmp_path: Path, language: str = "de") -> SimpleNamespace:
    """As much of a course as the showcase reads."""
    import datetime as dt

    def team(slug, project):
        return SimpleNamespace(slug=slug, title=slug, project=project, task="ner", family="")

    return SimpleNamespace(
        title="Sprachmodelle in der Praxis",
        cohort="2026-winter",
        language=language,
        milestones=(
            Milestone("Literature review I", dt.date(2026, 11, 6), "Sources", "0_LiteratureReview"),
            Milestone("TBD", dt.date(2026, 11, 20)),
            Milestone("Presentations", dt.date(2027, 1, 8), "A talk", "4_Presentation"),
        ),
        day=DaySettings(minutes=12),
        site=SiteSettings(members="readme"),
        verify_sources=False,
        folder=tmp_path,
        minimum_sources=2,
        commit=STAFF,
        teams=(team("good", "Good"), team("late", "Kommt noch")),
    )


def test_a_german_course_speaks_german_and_keeps_absent_teams(showcase, tmp_path):
    """The roster decides who is there; a team without a repository has its card."""
    report = build(showcase.teams, tmp_path / "site", course=course(tmp_path))
    home = read(tmp_path / "site" / "index.html")
    assert '<html lang="de"' in home
    assert "Alle Aufgaben" in home
    assert "Sprachmodelle in der Praxis" in home
    assert "Kommt noch" in home
    assert set(report.unreadable) == {"late"}
    timeline = article(tmp_path / "site" / "timeline.html")
    assert "06.11.2026" in timeline
    assert "1 von 1 Projekten haben das" in timeline
    assert "Wird noch bekannt gegeben" in timeline
    team = article(tmp_path / "site" / "teams" / "good.html")
    assert "0,8800" in team
    assert ">0,5</text>" in team


def test_relative_folders_work(tmp_path, monkeypatch):
    """People type `--out site` where they are."""
    commit(tmp_path / "teams" / "good.git", good_team())
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(group, ["site", "teams", "--out", "site"])
    assert done.exit_code == 0, done.output
    assert (tmp_path / "site" / "teams" / "good.html").is_file()


def test_the_command_reports_and_exits_with_1_for_unreadable_teams(showcase, tmp_path):
    """Scripts read the exit code, people the lines."""
    arguments = ["site", str(showcase.teams), "--out", str(tmp_path / "site")]
    told = CliRunner().invoke(group, [*arguments, "--dry-run"])
    assert told.exit_code == 1
    assert "would be built for 7 teams" in told.output
    assert "broken: no repository" in told.output
    assert not (tmp_path / "site").exists()
    assert not list(tmp_path.iterdir())
    data = CliRunner().invoke(group, [*arguments, "--json"])
    found = json.loads(data.stdout)
    assert found["teams"] == 7
    assert "evil" in found["removed"]


def test_a_learning_curve_is_read_from_a_damaged_log():
    """A run that was cut off, went on, or diverged still has its curve."""
    log = (
        '{"step": 1, "loss": 3}\n{"step": 2, "loss": 9}\nnot json\n{"step": 2, "loss": 2}\n'
        '{"step": 3, "loss": NaN, "validation loss": 1}\n{"step": true, "loss": 1}\n{"step": 4'
    )
    (series,) = read_log(log)
    assert (series.name, series.points) == ("loss", ((1.0, 3.0), (2.0, 2.0)))


def test_a_notebook_that_was_run_is_shown(tmp_path):
    """Its plots are the team's work; an untouched one is not."""
    import base64

    plot = {
        "output_type": "display_data",
        "data": {"image/png": base64.b64encode(picture()).decode()},
    }
    commit(
        tmp_path / "teams" / "nb.git",
        {**good_team(), "1_DatasetCharacteristics/explore.ipynb": notebook(plot)},
    )
    build(tmp_path / "teams", tmp_path / "site")
    page = article(tmp_path / "site" / "teams" / "nb.html")
    assert "explore.ipynb" in page
    assert re.search(r'<img src="\.\./media/[0-9a-f]{16}\.jpg"', page)
    assert ATTENTION[0] in page
