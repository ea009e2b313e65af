"""A team's page out of what teams really hand in."""

from __future__ import annotations

import html as html_module
import re
from pathlib import Path

import pytest
from site_teams import commit, git, good_team, readme, result, review, runs

from coursekit.git.repository import open_repository
from coursekit.site import build
from coursekit.site.media import Media
from coursekit.site.notebook import render_notebook
from coursekit.site.sanitize import render_markdown
from coursekit.site.sources import read_sources
from coursekit.site.team import Button, read_team
from coursekit.team.files import TeamFiles
from litreview.actions.check import check_text
from litreview.questions.columns import Cell
from litreview.review.comparison import Row, merged

PDF = b"%PDF-1.4\n%%EOF\n"
SUMMARY_2023 = (
    "### Results Summary\n\n- **Best Model:** [DistilBERT]\n"
    "- **Evaluation Metric:** Macro-F1\n- **Result:** [96,5 %]\n"
    "- **Baseline Performance:** 80,1 %\n"
)
SUMMARY_2026 = (
    "### Results Summary\n\n#### Best Model Performance\n\n- **Best Model:** LightGBM\n"
    "- **Evaluation Metric:** AUROC\n- **Final Performance:** 0.85\n"
)


def page(folder: Path, files: dict[str, str | bytes], **settings: object) -> str:
    commit(folder / "teams" / "one.git", files)
    build(folder / "teams", folder / "site", **settings)
    return (folder / "site" / "teams" / "one.html").read_text(encoding="utf-8")


def best(html: str) -> str:
    """The words of the box with the result."""
    found = re.search(r'<div class="ck-best">(.*?)</div>', html, re.S)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


@pytest.mark.parametrize(
    ("summary", "words"),
    [
        (SUMMARY_2023, "96,5 % Macro-F1 DistilBERT · Baseline: 80,1 % reported by the team"),
        (SUMMARY_2026, "0.85 AUROC LightGBM reported by the team"),
    ],
)
def test_a_result_of_the_readme_is_shown_as_the_teams_word(tmp_path, summary, words):
    """Twelve of twelve real teams had it there alone."""
    html = page(tmp_path, {"README.md": readme("Moods") + summary})
    assert best(html) == words
    assert "No result has been measured yet" not in html
    cards = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert re.search(r'ck-score">(96,5 %|0\.85) \(reported\)<', cards)


def test_a_measured_result_goes_before_a_reported_one(tmp_path):
    """What a run recorded counts more than what somebody wrote."""
    baseline = result(value=0.5, role="baseline", model="most frequent", run="run-0")
    text = readme("Moods") + SUMMARY_2023
    html = page(tmp_path, {"README.md": text, **runs(baseline, result(value=0.75))})
    assert best(html) == ("0.7500 accuracy (reviews) +0.2500 encoder · Baseline: 0.5000 measured")


def test_the_template_alone_is_no_result(tmp_path):
    text = "### Results Summary\n\n- **Best Model:** [Which model was best?]\n- **Result:** [?]\n"
    assert best(page(tmp_path, {"README.md": readme("Moods") + text})) == ""


def test_the_teams_own_deck_goes_before_the_generated_one(tmp_path):
    """A PDF opens, a PowerPoint file is taken home; other contents are not published."""
    files = {**good_team(), "4_Presentation/Talk.pdf": PDF, "4_Presentation/fake.pdf": b"<script>"}
    html = page(tmp_path, files, slides=True)
    assert re.search(r'href="\.\./media/[0-9a-f]{16}\.pdf"[^>]*>Slides <small>PDF<', html)
    assert "../slides/one.html" not in html
    assert [path.read_bytes() for path in (tmp_path / "site" / "media").glob("*.pdf")] == [PDF]


def test_the_comparison_of_the_sources_is_shown_below_them(tmp_path):
    """The table that `litreview matrix` keeps beside the review; its words are hostile, too."""
    rows = [Row("arxiv:1", "On <b>Moods</b>", "https://arxiv.org/abs/1", {
        "amount": Cell("We use 4,200 tweets | <script>alert(1)</script>.", "3 Data"),
        "model": None,
    })]  # fmt: skip
    files = good_team("Moods")
    files["0_LiteratureReview/comparison.md"] = merged("", rows)[0]
    html = page(tmp_path, files)
    box = re.search(r"<summary>The sources compared</summary>(.*?)</details>", html, re.S)[1]
    words = " ".join(re.sub(r"<[^>]+>", " ", box).split())
    assert "Amount Model" in words
    assert "On <b>Moods</b>" in html_module.unescape(words)
    assert "4,200 tweets | <script>alert(1)</script>.” (3 Data)" in html_module.unescape(words)
    assert "<script" not in box
    assert "litreview matrix" not in box
    assert html.index("The sources compared") > html.index('class="ck-source"')


def test_buttons_lead_where_the_team_says(tmp_path):
    """A demo, a film, a report; never to a placeholder."""
    links = (
        "\n\nDemo: https://huggingface.co/spaces/a/b\n\n[Video](https://youtu.be/x1)\n\n"
        "Site: https://[your-name].github.io\n"
    )
    files = {"README.md": readme("Moods") + links, "docs2/final_report.pdf": PDF}
    files["4_Presentation/README.md"] = "# Presentation\n\n[Slides](https://slides.example.com/1)\n"
    with open_repository(commit(tmp_path / "a.git", files)) as repository:
        team = read_team(TeamFiles(repository, "a"), Media(lambda name, data: None))
    assert [(b.kind, b.url if not b.is_file else b.url[16:]) for b in team.buttons] == [
        ("demo", "https://huggingface.co/spaces/a/b"),
        ("video", "https://youtu.be/x1"),
        ("report", ".pdf"),
    ]
    assert isinstance(team.buttons[0], Button)


def test_words_in_the_templates_brackets_are_the_teams(tmp_path):
    """Many write their answer where the question stood."""
    text = "# Sea\n\n## Description\n\n[We find the edges of the ocean floor, for geologists.]\n"
    page(tmp_path, {"README.md": text})
    cards = (tmp_path / "site" / "index.html").read_text(encoding="utf-8")
    assert "We find the edges of the ocean floor, for geologists." in cards


def test_the_last_change_is_the_teams(tmp_path):
    """Not the update that staff sent to everybody."""
    path = commit(tmp_path / "a.git", {"README.md": "# A\n"}, day=3)
    tree = git("--git-dir", str(path), "rev-parse", "HEAD^{tree}").decode().strip()
    author = ["-c", "user.name=Staff", "-c", "user.email=staff@example.org"]
    oid = git(f"--git-dir={path}", *author, "commit-tree", tree, "-p", "HEAD", "-m", "update")
    git(f"--git-dir={path}", "update-ref", "refs/heads/main", oid.decode().strip())
    with open_repository(path) as repository:
        files = TeamFiles(repository, "a")
        assert files.updated("staff@example.org").date().isoformat() == "2026-11-03"
        assert files.updated().date().isoformat() != "2026-11-03"


def test_the_courses_old_cover_counts_as_none(tmp_path, monkeypatch):
    """Three of fourteen teams keep it; a drawing of ours is better than grey."""
    path = commit(tmp_path / "a.git", {"README.md": "# A\n", "CoverImage/cover_image.png": b"grey"})
    with open_repository(path) as repository:
        files = TeamFiles(repository, "a")
        assert files.cover() == "CoverImage/cover_image.png"
        oid = files.entries["CoverImage/cover_image.png"].oid
        monkeypatch.setattr("coursekit.team.files.DEFAULT_COVERS", frozenset({oid}))
        assert files.cover() == ""


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("> [!WARNING]\n> Hot.", "<p><strong>Warning</strong> \nHot.</p>"),
        ("A[^1]\n\n[^1]: Note.", "<p>Note. "),
        ("Term\n: Meaning", "<dt>Term</dt>\n<dd>Meaning</dd>"),
        ("```math\na_b^2\n```", '<span class="ck-math-block">a_b^2</span>'),
        ("so $`a_b`$ and", '<span class="ck-math">a_b</span>'),
        ("- [x] done", "<li>☑ done</li>"),
        ("![The loss](https://a.example/l.png)", 'href="https://a.example/l.png"'),
        ("![The loss](gone.png)", "<em>The loss</em>"),
        ("[code](../run.py)", 'href="https://host.example/../run.py"'),
        ('<video src="https://a.example/v.mp4"></video>', ">▶ video</a>"),
    ],
)
def test_markdown_survives_as_the_host_shows_it(markdown, html):
    """What cannot be shown leaves its words, never a broken picture."""
    found = render_markdown(markdown, link=lambda address: f"https://host.example/{address}").html
    assert html in found
    assert "<img" not in found


def test_a_notebooks_own_outputs_survive():
    """Attachments, Markdown and formulas; of a progress bar only its end."""
    cells = (
        '{"cells": [{"cell_type": "markdown", "source": "![x](attachment:a.png)",'
        ' "attachments": {"a.png": {"image/png": "QUJD"}}},'
        ' {"cell_type": "code", "source": "run()", "outputs": ['
        '{"output_type": "stream", "text": "  0%|\\r 50%|"},'
        '{"output_type": "stream", "text": "\\r100%| done\\n"},'
        '{"data": {"text/markdown": "**bold** \\ud83d"}},'
        '{"data": {"text/latex": "$x^2$"}}]}]}'
    )
    found = render_notebook(cells, lambda a: None, lambda data, suffix, name: f"p{suffix}").html
    assert '<img src="p.png"' in found
    assert "100%| done" in found
    assert "50%" not in found
    assert "<strong>bold</strong> \ufffd" in found
    assert '<span class="ck-math">x^2</span>' in found


def test_pages_lead_from_team_to_team_also_when_one_comes_in_between(tmp_path):
    """A page that was kept follows its new neighbours."""
    for name in ("a", "c"):
        commit(tmp_path / "teams" / f"{name}.git", good_team(name))
    build(tmp_path / "teams", tmp_path / "site")
    first = (tmp_path / "site" / "teams" / "a.html").read_text(encoding="utf-8")
    assert '<a href="c.html" rel="next">' in first
    commit(tmp_path / "teams" / "b.git", good_team("b"))
    report = build(tmp_path / "teams", tmp_path / "site")
    assert report.reused == ("a", "c")
    again = (tmp_path / "site" / "teams" / "a.html").read_text(encoding="utf-8")
    assert again == first.replace('href="c.html"', 'href="b.html"')


RENAMED = """# Literature Review

- **Work 1**: [Attention Is All You Need](https://arxiv.org/abs/1706.03762)
  - **Research Gap**: Recurrence is slow.
  - **Evidence & Data**: 4.5 million sentence pairs.
  - **Outcomes**: 28.4 BLEU.
  - **Why We Need It**: Our encoder.

- **Work 2**: [BERT](https://arxiv.org/abs/1810.04805)
  - **Research Gap**: One direction only.
  - **Evidence & Data**: Eleven tasks.
  - **Outcomes**: 80.5 GLUE.
  - **Why We Need It**: Our start.
"""


@pytest.mark.parametrize("language", ["en", "de"])
def test_a_course_sees_its_own_labels(tmp_path, language):
    """What the course has renamed is its word in any language, the rest is the language's."""
    files = {**good_team(), "0_LiteratureReview/README.md": RENAMED}
    html = page(tmp_path, files, language=language)
    shown = re.findall(r"<dt>([^<]*)</dt><dd>([^<]*)</dd>", html)
    outcomes = {"en": "Outcomes", "de": "Ergebnisse"}[language]
    assert shown[:4] == [
        ("Research Gap", "Recurrence is slow."),
        ("Evidence &amp; Data", "4.5 million sentence pairs."),
        (outcomes, "28.4 BLEU."),
        ("Why We Need It", "Our encoder."),
    ]


@pytest.mark.parametrize(
    ("written", "title"),
    [
        ('"A Novel Approach"', "A Novel Approach"),
        ("“A Novel Approach”", "A Novel Approach"),
        ("„Ein neuer Weg“", "Ein neuer Weg"),
        ('"Yes" and "No"', '"Yes" and "No"'),
        ('The "Novel" Approach', 'The "Novel" Approach'),
    ],
)
def test_quotation_marks_around_a_title_are_not_a_part_of_it(written, title):
    """In a list by title they would all come first."""
    (source,) = read_sources(check_text(review((written, "https://arxiv.org/abs/2311.16867"))))
    assert source.title == title


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("https://https://github.com/a/b", "https://github.com/a/b"),
        ("http://https://github.com/a/b", "https://github.com/a/b"),
        ("https://github.com/a/b", "https://github.com/a/b"),
    ],
)
def test_an_address_with_two_schemes_leads_where_it_was_meant_to(address, url):
    """It was pasted behind the one that the template has."""
    (source,) = read_sources(check_text(review(("A Repository of Much Use", address))))
    assert source.url == url
