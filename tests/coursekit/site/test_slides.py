"""A deck says what the team wrote, in the course's order, and shows what is missing."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import subprocess

import pytest
from click.testing import CliRunner
from site_teams import commit, git, good_team
from test_site import course, hostile_team

from coursekit.cli import group
from coursekit.course.schedule import Milestone
from coursekit.site import build
from coursekit.site.slides.make import make_deck
from coursekit.site.slides.outline import PARTS, outline
from litreview.errors import UserError
from litreview.questions.columns import COLUMNS, Cell
from litreview.review.comparison import Row, merged

TALK = """# Presentation

## Introduction

- **Problem:** Irony in film reviews fools every word list.
- **Example:** [One input and the output you want?]

## Challenges

- **What Was Hard:** [What went wrong, and what did you do?]

## Conclusion

We counted adjectives, and that was nearly enough. The rest of this paragraph is long enough that it
cannot all stand on one slide, because nobody in the audience would read so many words while
somebody speaks to them about something else.
"""


@pytest.fixture(scope="module")
def deck(tmp_path_factory):
    files = {**good_team(), "4_Presentation/README.md": TALK}
    return make_deck(
        commit(tmp_path_factory.mktemp("deck") / "team.git", files), course="Our Course"
    )


def slide(html: str, key: str) -> str:
    """One slide without its notes."""
    found = re.search(rf'<section class="slide slide-{key}.*?</section>', html, re.S)
    return found[0].partition("<aside")[0]


def test_the_slides_come_in_the_courses_order(deck):
    """Staff and audience expect the same talk from every team."""
    assert re.findall(r'class="slide slide-(\w+)', deck.html) == list(PARTS)
    assert deck.slides == len(PARTS)


def test_the_talk_fits_into_the_minutes(deck):
    """Each slide has its share, and together they are the fifteen minutes."""
    seconds = [int(n) for n in re.findall(r'data-seconds="(\d+)"', deck.html)]
    assert sum(seconds) == pytest.approx(15 * 60, abs=len(seconds))


def test_slides_hold_what_the_team_wrote(deck):
    """Fields, tables, code, formulas, sources and results each find their place."""
    assert "Our Course" in slide(deck.html, "title")
    assert "Irony in film reviews" in slide(deck.html, "introduction")
    assert "Attention Is All You Need" in slide(deck.html, "review")
    assert "<td" in slide(deck.html, "dataset")
    assert "ck-math" in slide(deck.html, "baseline")
    assert "<pre><code" in slide(deck.html, "model")
    results = slide(deck.html, "results")
    assert "0.8800" in results
    assert "+0.3700" in results
    assert "ck-plot-line" in results


def compared() -> str:
    """A comparison as `litreview matrix` writes it, of hostile and of long quotes."""
    rows = [
        Row(str(n), f"Work {n} with a title that goes on <b>for</b> longer than anybody reads it",
            f"https://example.org/{n}",
            dict.fromkeys(COLUMNS)
            | {"model": Cell("We fine-tune GBERT, XLM-R and a <script> of ours.", "3 Model"),
               "data": Cell("Wordswithoutanyspace" * 9, "2 Data"),
               "amount": Cell("It has 4,200 labelled tweets.", "2 Data")})
        for n in range(6)
    ]  # fmt: skip
    return merged("# Comparison\n", rows)[0]


def test_a_comparison_of_the_sources_is_a_slide_of_its_own(deck, tmp_path):
    """What others did stands behind the review: four works, names and numbers, and no tag."""
    files = {**good_team(), "0_LiteratureReview/comparison.md": compared()}
    told = make_deck(commit(tmp_path / "team.git", files))
    order = re.findall(r'class="slide slide-(\w+)', told.html)
    assert order == [*list(PARTS)[:3], "comparison", *list(PARTS)[3:]]
    shown = slide(told.html, "comparison")
    assert "What others did, side by side" in shown
    assert re.findall(r'<th scope="col">(.*?)</th>', shown) == ["Work", "Data", "Amount", "Model"]
    assert shown.count("<td>4,200 labelled tweets</td>") == 4
    assert shown.count("<td>GBERT, XLM-R</td>") == 4
    assert "title that goes on for longer" in shown.replace("&lt;b&gt;", "")
    assert "<b>" not in shown
    assert "<script" not in shown
    seconds = [int(n) for n in re.findall(r'data-seconds="(\d+)"', told.html)]
    assert sum(seconds) == pytest.approx(15 * 60, abs=len(seconds))
    assert "slide-comparison" not in deck.html


def test_a_gap_shows_its_question(deck):
    """What is missing must be seen at the rehearsal, not on stage."""
    challenges = slide(deck.html, "challenges")
    assert "Not written yet." in challenges
    assert "What went wrong, and what did you do?" in challenges
    assert "Challenges" in deck.gaps
    assert "Conclusion" not in deck.gaps


def test_an_answered_slide_keeps_its_open_question_in_the_notes(deck):
    """The audience sees what is there, the speaker what is still asked."""
    assert "One input and the output" not in slide(deck.html, "introduction")
    assert "One input and the output" in deck.html


def test_a_long_paragraph_gives_its_first_sentence_and_the_rest_as_notes(deck):
    """A slide is not a page."""
    shown = slide(deck.html, "conclusion")
    assert "nearly enough." in shown
    assert "nobody in the audience" not in shown
    assert "nobody in the audience" in deck.html


def test_an_untouched_template_is_all_gaps(repository_root, tmp_path):
    """The template's own words are never shown as the team's."""
    template = repository_root / "{{cookiecutter.project_slug}}"
    files = {
        str(path.relative_to(template).as_posix()): path.read_text(encoding="utf-8")
        for path in template.glob("[0-9]_*/README.md")
    }
    found = make_deck(commit(tmp_path / "t.git", {**files, "README.md": "# T\n"}))
    assert len(found.gaps) == len(PARTS) - 2
    assert outline("", {})["challenges"].gaps


def test_the_deck_needs_no_other_file_and_no_server(deck):
    """It is carried to the lecture hall on a stick."""
    without_data = re.sub(r"data:[\w/+;=,-]*", "", deck.html.partition("<body")[0])
    assert not re.search(r"""(?:src|href)=["'](?!#|data:)""", without_data)
    assert "@import" not in deck.html
    assert "default-src 'none'" in deck.html
    assert "connect-src" not in deck.html


def test_scripts_are_allowed_by_their_hashes_alone(deck):
    """Whatever came in with a text has no permission to run."""
    import base64
    import hashlib

    scripts = re.findall(r"<script>(.*?)</script>", deck.html, re.S)
    policy = re.search(r"script-src ([^;]*);", deck.html)[1].split()
    hashes = {
        "'sha256-" + base64.b64encode(hashlib.sha256(s.encode()).digest()).decode() + "'"
        for s in scripts
    }
    assert hashes == set(policy)


def test_a_hostile_team_gets_a_deck_without_its_attacks(tmp_path):
    """Staff make and open decks of any team."""
    secret = tmp_path / "secret.txt"
    secret.write_text("the-secret")
    files = hostile_team(secret)
    files["2_BaselineModel/README.md"] = "words"
    repository = commit(tmp_path / "evil.git", files, links={"3_Model/README.md": str(secret)})
    found = make_deck(repository)
    body = found.html.partition("<body")[2].partition("</main>")[0]
    assert not re.search(r"<(script|iframe|form|style|meta|object)\b", body)
    assert "the-secret" not in found.html
    assert any("symbolic link" in note for note in found.notes)


def test_uncommitted_changes_are_named(tmp_path):
    """A student who edits and forgets to commit must not wonder where the words are."""
    bare = commit(tmp_path / "team.git", good_team())
    git("clone", "--quiet", str(bare), str(tmp_path / "team"))
    assert make_deck(tmp_path / "team").unsaved == ()
    (tmp_path / "team" / "README.md").write_text("# Changed\n")
    done = CliRunner().invoke(
        group, ["slides", str(tmp_path / "team"), "--dry-run", "--out", str(tmp_path / "x.html")]
    )
    assert done.exit_code == 0, done.output
    assert "README.md: has changes that are not committed" in done.output
    assert not (tmp_path / "x.html").exists()


def test_no_chromium_is_no_failure(tmp_path, monkeypatch):
    """The HTML file is the deck; the PDF is an extra."""
    bare = commit(tmp_path / "team.git", good_team())
    monkeypatch.setattr(shutil, "which", lambda name: None if "chrom" in name else name)
    out = tmp_path / "deck.html"
    done = CliRunner().invoke(group, ["slides", str(bare), "--out", str(out), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["pdf"] is None
    assert out.is_file()


def test_a_repository_without_commits_is_a_sentence(tmp_path):
    """The next step is in the message."""
    subprocess.run(["git", "init", "--quiet", str(tmp_path)], check=True)
    with pytest.raises(UserError, match="commit your README files first"):
        make_deck(tmp_path)


def test_german_decks_speak_german(tmp_path):
    """The course is German."""
    found = make_deck(commit(tmp_path / "t.git", good_team()), language="de")
    assert 'lang="de"' in found.html
    assert "Was andere versucht haben" in found.html
    assert "0,8800" in found.html


@pytest.fixture(scope="module")
def showcase(tmp_path_factory):
    """A showcase with the decks of three teams, one of them hostile."""
    folder = tmp_path_factory.mktemp("decks")
    secret = folder / "secret.txt"
    secret.write_text("the-secret")
    hostile = {**hostile_team(secret), "2_BaselineModel/README.md": "words"}
    commit(folder / "teams" / "good.git", {**good_team(), "4_Presentation/README.md": TALK})
    commit(folder / "teams" / "other.git", good_team("Mood Lines"))
    commit(folder / "teams" / "evil.git", hostile)
    build(folder / "teams", folder / "site", slides=True)
    return folder


def test_a_showcase_links_every_teams_deck(showcase):
    """The audience finds the slides on the team's page."""
    for slug in ("good", "other", "evil"):
        page = (showcase / "site" / "teams" / f"{slug}.html").read_text(encoding="utf-8")
        assert f'href="../slides/{slug}.html"' in page
        assert (showcase / "site" / "slides" / f"{slug}.html").is_file()


def test_the_day_of_the_talks_lists_the_decks(showcase, tmp_path):
    """Who runs the session opens one after the other; the course's minutes count."""
    build(showcase / "teams", tmp_path / "site", course=course(tmp_path), slides=True)
    timeline = (tmp_path / "site" / "timeline.html").read_text(encoding="utf-8")
    assert re.findall(r'href="(slides/[^"]*)"', timeline) == ["slides/good.html"]
    html = (tmp_path / "site" / "slides" / "good.html").read_text(encoding="utf-8")
    seconds = [int(n) for n in re.findall(r'data-seconds="(\d+)"', html)]
    assert sum(seconds) == pytest.approx(12 * 60, abs=len(seconds))
    assert "Sprachmodelle in der Praxis, 2026-winter" in html


def test_after_the_day_no_empty_slide_is_left(showcase, tmp_path):
    """A gap is a reminder before the talk, and a blemish after it; the minutes are shared anew."""
    held = course(tmp_path)
    held.milestones = (Milestone("Presentations", dt.date(2020, 1, 8), "A talk", "4_Presentation"),)
    build(showcase / "teams", tmp_path / "site", course=held, slides=True)
    html = (tmp_path / "site" / "slides" / "good.html").read_text(encoding="utf-8")
    keys = re.findall(r'class="slide slide-(\w+)', html)
    assert "Not written yet" not in html
    assert "Noch nicht" not in html
    assert (keys[0], keys[-1]) == ("title", "questions")
    assert 3 < len(keys) < len(PARTS)
    seconds = [int(n) for n in re.findall(r'data-seconds="(\d+)"', html)]
    assert sum(seconds) == pytest.approx(12 * 60, abs=len(seconds))


def test_decks_of_a_showcase_share_their_parts(showcase):
    """A thousand teams fit only if reveal.js, KaTeX and the font are there once."""
    path = showcase / "site" / "slides" / "good.html"
    html = path.read_text(encoding="utf-8")
    assert len(html) < 20_000
    named = re.findall(r'(?:src|href)="([^"#]+)"', html)
    parts = [(path.parent / name).resolve() for name in named if not name.startswith("http")]
    assert {"reveal.js", "reveal.css", "deck.js", "deck.css", "fonts.css", "katex.min.js"} <= {
        part.name for part in parts
    }
    assert all(part.is_file() for part in parts)


def test_a_shared_deck_runs_the_sites_files_alone(showcase):
    """No inline script, and no permission for one."""
    for path in (showcase / "site" / "slides").iterdir():
        html = path.read_text(encoding="utf-8")
        assert re.findall(r"<script(?![^>]* src=)[^>]*>", html) == []
        assert "script-src 'self';" in html
        assert "the-secret" not in html
        assert not re.search(r"<(iframe|form|style|object)\b", html)


def test_a_second_build_makes_only_the_changed_decks(showcase, tmp_path):
    """And takes away those of teams that are gone or cannot be read."""
    teams, out = tmp_path / "teams", tmp_path / "site"
    shutil.copytree(showcase / "teams", teams)
    build(teams, out, slides=True)
    before = {path.name: path.stat().st_mtime_ns for path in (out / "slides").iterdir()}
    commit(teams / "other.git", good_team("Changed Moods"))
    shutil.rmtree(teams / "evil.git")
    build(teams, out, slides=True)
    after = {path.name: path.stat().st_mtime_ns for path in (out / "slides").iterdir()}
    assert set(after) == {"good.html", "other.html"}
    assert after["good.html"] == before["good.html"]
    assert "Changed Moods" in (out / "slides" / "other.html").read_text(encoding="utf-8")
    assert (out / "assets" / "vendor" / "reveal" / "reveal.js").is_file()
    (teams / "other.git" / "HEAD").write_text("nonsense")
    build(teams, out, slides=True)
    assert [path.name for path in (out / "slides").iterdir()] == ["good.html"]


def test_a_showcase_without_decks_carries_nothing_of_them(showcase, tmp_path):
    """They are an option: each costs as much as a third of its team's page."""
    build(showcase / "teams", tmp_path / "site")
    assert not (tmp_path / "site" / "slides").exists()
    assert not (tmp_path / "site" / "assets" / "vendor" / "reveal").exists()
    page = (tmp_path / "site" / "teams" / "good.html").read_text(encoding="utf-8")
    assert "../slides/" not in page


@pytest.fixture
def whole_course(tmp_path):
    """Three teams: one with slides of its own, one that talks first, one without any words."""
    folder = tmp_path / "llm"
    CliRunner().invoke(group, ["init", str(folder)])
    (folder / "roster.csv").write_text(
        "slug,team,members,task,family\nown,Own Slides,Ada Kind,ner,encoder-only\n"
        "news,News,Bo Lind,ner,encoder-only\nlate,Late,Cy Noor,ner,encoder-only\n"
    )
    own = {**good_team("With Own Slides"), "4_Presentation/final <talk>.pdf": b"%PDF-1.4\n"}
    commit(folder / "repositories" / "own.git", own)
    commit(folder / "repositories" / "news.git", good_team())
    return folder


def test_a_course_has_one_deck_in_the_order_of_its_day(whole_course, tmp_path):
    """For the computer in the room; a team with its own slides has a title that says where."""
    (whole_course / "programme.csv").write_text(
        "team,title,minutes,start,room\nnews,,,14:00,\n,Break,15,,\nown,,,,\nlate,,,,\n"
    )
    out = tmp_path / "day.html"
    done = CliRunner().invoke(group, ["slides", str(whole_course), "--out", str(out), "--no-pdf"])
    assert done.exit_code == 1, done.output
    assert f"{out}: 9 slides of 2 teams" in done.output
    assert "late: not in the deck: " in done.output
    html = out.read_text("utf-8")
    titles = re.findall(r"<h1[^>]*>(.*?)</h1>", html)
    assert titles == ["Names in the News", "With Own Slides"]
    last = html.rpartition("With Own Slides")[2]
    assert "Slides: 4_Presentation/final &lt;talk&gt;.pdf" in last
    assert "<section" not in last
    assert "Nobody has written" not in html
    assert html.count("<!doctype html>") == 1


def test_without_a_programme_the_roster_has_the_order(whole_course, tmp_path):
    """And a dry run writes nothing."""
    out = tmp_path / "day.html"
    command = ["slides", str(whole_course), "--out", str(out), "--dry-run", "--json"]
    told = json.loads(CliRunner().invoke(group, command).stdout)
    assert told["teams"] == ["own", "news"]
    assert list(told["missing"]) == ["late"]
    assert not out.exists()
    shutil.rmtree(whole_course / "repositories" / "own.git")
    shutil.rmtree(whole_course / "repositories" / "news.git")
    done = CliRunner().invoke(group, command)
    assert isinstance(done.exception, UserError)
    assert "no team has anything to show yet; `coursekit status` says" in str(done.exception)
