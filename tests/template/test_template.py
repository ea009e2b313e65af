"""What `cookiecutter .` makes, and which answers it refuses."""

from __future__ import annotations

import ast
import fnmatch
import itertools
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from cookiecutter.exceptions import CookiecutterException

from coursekit.site.slides.outline import PARTS, outline
from litreview.review.reading import read_review

CACHES = ("__pycache__", ".ruff_cache", ".pytest_cache", ".mypy_cache", ".hypothesis")
MILESTONES = {
    "0_LiteratureReview": set(),
    "1_DatasetCharacteristics": {"exploratory_data_analysis.ipynb"},
    "2_BaselineModel": {"baseline_model.ipynb"},
    "3_Model": {"model_definition_evaluation.ipynb"},
    "4_Presentation": set(),
}
ROOT_FILES = {
    ".devcontainer/devcontainer.json",
    ".gitattributes",
    ".github/dependabot.yml",
    ".github/workflows/pages.yml",
    ".github/workflows/test.yml",
    ".gitignore",
    ".pre-commit-config.yaml",
    "CoverImage/cover_image.svg",
    "LICENSE",
    "MILESTONES.md",
    "Makefile",
    "README.md",
    "baseline.toml",
    "docs/hooks/formulas_and_diagrams.py",
    "docs/hooks/pages.py",
    "docs/javascripts/diagrams.js",
    "docs/javascripts/formulas.js",
    "docs/javascripts/quiz.js",
    "docs/javascripts/tables.js",
    "docs/stylesheets/quiz.css",
    "docs/stylesheets/site.css",
    "docs/vendor/temml/LICENSE",
    "docs/vendor/temml/Temml-Local.css",
    "docs/vendor/temml/Temml.woff2",
    "docs/vendor/temml/VERSION",
    "docs/vendor/temml/temml.min.js",
    "mkdocs.yml",
    "pyproject.toml",
}
LESSONS = ("1_language_models", "2_embeddings", "3_attention", "4_bert_and_gpt", "5_choose")
PAGES = ("QUIZ", "README", "REFLECTION")
ROOT = Path(__file__).resolve().parents[2]
OFFERED = json.loads((ROOT / "cookiecutter.json").read_text(encoding="utf-8"))
TASKS, FAMILIES = tuple(OFFERED["task"]), tuple(OFFERED["model_family"])
# The hook's own list, which another test holds against the tasks themselves.
HOOK = (ROOT / "hooks" / "pre_gen_project.py").read_text(encoding="utf-8")
WRITING = ast.literal_eval(re.search(r"WRITING_TASKS = (\(.*?\))", HOOK, re.S)[1])
PAIRS = list(itertools.product(FAMILIES, TASKS))
IMPOSSIBLE = [("encoder-only", task) for task in TASKS if task in WRITING]
POSSIBLE = [pair for pair in PAIRS if pair not in IMPOSSIBLE]


def files_below(folder: Path) -> set[str]:
    """The files that a template or a repository consists of."""
    return {
        path.relative_to(folder).as_posix()
        for path in folder.rglob("*")
        if path.is_file() and not any(part in CACHES for part in path.parts)
    }


def raw_patterns(root: Path) -> list[str]:
    settings = json.loads((root / "cookiecutter.json").read_text(encoding="utf-8"))
    return list(settings["_copy_without_render"])


def is_raw(name: str, patterns: list[str]) -> bool:
    """Whether cookiecutter copies this file as it is; a pattern may match a folder above it."""
    parents = [parent.as_posix() for parent in Path(name).parents]
    return any(fnmatch.fnmatch(path, pattern) for path in (name, *parents) for pattern in patterns)


def test_the_repository_has_exactly_these_files(repository: Path, template_folder: Path) -> None:
    """A file that appears or vanishes by accident changes every team's repository."""
    expected = set(ROOT_FILES)
    for folder, notebooks in MILESTONES.items():
        expected |= {f"{folder}/{name}" for name in {"INSTRUCTIONS.md", "README.md", *notebooks}}
    found = files_below(repository)

    assert {
        name for name in found if not name.startswith(("baseline/", "lessons/", "tests/"))
    } == expected
    assert found == files_below(template_folder)


def test_no_cache_of_the_checkout_reaches_a_team(repository: Path) -> None:
    """Cookiecutter copies what lies in the template, and tests leave caches there."""
    assert not [path for name in CACHES for path in repository.rglob(name)]


def test_no_curly_bracket_is_left(repository: Path, repository_root: Path) -> None:
    """What should have been filled in would be seen by every student."""
    patterns = raw_patterns(repository_root)
    # A notebook's code has brackets of its own, but no template's.
    marks = {".ipynb": ("{{", "{%", "{#", "cookiecutter.")}
    left = [
        name
        for name in files_below(repository)
        if not is_raw(name, patterns)
        and any(
            mark in (repository / name).read_text(encoding="utf-8")
            for mark in marks.get(Path(name).suffix, "{}")
        )
    ]

    assert left == []


def test_code_is_copied_byte_for_byte(
    repository: Path, template_folder: Path, repository_root: Path
) -> None:
    """Only a handful of files carry Jinja; all others can be read and tested as they are."""
    patterns = raw_patterns(repository_root)
    raw = {name for name in files_below(repository) if is_raw(name, patterns)}

    assert all((repository / n).read_bytes() == (template_folder / n).read_bytes() for n in raw)
    assert files_below(repository) - raw == {
        *(f"{folder}/{name}.md" for folder in MILESTONES for name in ("INSTRUCTIONS", "README")),
        *(f"lessons/{name}/{page}.md" for name in LESSONS for page in PAGES),
        "MILESTONES.md",
        "README.md",
        "baseline.toml",
        *(name for name in files_below(repository) if re.match(r"lessons/.*\.ipynb$", name)),
        "lessons/README.md",
        "mkdocs.yml",
        "pyproject.toml",
    }


@pytest.mark.parametrize("place", ["javascripts/quiz.js", "stylesheets/quiz.css"])
def test_a_teams_quiz_works_as_the_showcases(
    template_folder: Path, repository_root: Path, place: str
) -> None:
    """A team's repository works on its own, so these two lie twice; they are changed together."""
    ours = repository_root / "coursekit/site/theme/assets/showcase" / Path(place).name
    assert (template_folder / "docs" / place).read_bytes() == ours.read_bytes()


def test_the_repository_passes_its_own_style_check(repository: Path) -> None:
    """The first push of a team must be green."""
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", "."],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout


def test_settings_files_are_valid(repository: Path) -> None:
    """A broken settings file fails far away from its cause."""
    for name in ("pyproject.toml", "baseline.toml"):
        tomllib.loads((repository / name).read_text(encoding="utf-8"))
    names = [".pre-commit-config.yaml", ".github/dependabot.yml"]
    names += [f".github/workflows/{name}.yml" for name in ("test", "pages")]
    for name in (*names, "mkdocs.yml"):
        yaml.safe_load((repository / name).read_text(encoding="utf-8"))
    json.loads((repository / ".devcontainer" / "devcontainer.json").read_text(encoding="utf-8"))


def test_every_action_is_pinned_to_a_commit(repository: Path) -> None:
    """A tag can be moved to other code; a commit cannot."""
    for path in (repository / ".github" / "workflows").iterdir():
        for job in yaml.safe_load(path.read_text(encoding="utf-8"))["jobs"].values():
            used = [step["uses"] for step in job["steps"] if "uses" in step]
            assert used
            assert all(len(name.partition("@")[2]) == 40 for name in used), path.name


def hooks(repository: Path) -> dict[str, dict[str, Any]]:
    """The hooks that run before a commit, by name."""
    text = (repository / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    (local,) = yaml.safe_load(text)["repos"]
    assert local["repo"] == "local"
    return {hook["id"]: hook for hook in local["hooks"]}


def test_hooks_come_from_the_package_index_in_fixed_versions(repository: Path) -> None:
    """Where GitHub cannot be reached, a hook from there would stop every commit."""
    for hook in hooks(repository).values():
        packages = hook.get("additional_dependencies", [])
        assert hook["language"] == ("python" if packages else "pygrep")
        assert all("==" in package for package in packages)


# Put together here, so that no guard takes this file for a leak.
SECRETS = {
    "Hugging Face": "hf_" + "aBcDeFgHiJ" * 3 + "kLmN",
    "OpenAI": "sk-" + "proj-" + "a1B2c3D4" * 5,
    "Anthropic": "sk-" + "ant-api03-" + "a1B2c3D4" * 5,
    "GitHub": "ghp_" + "a1B2c3" * 6,
    "GitHub, fine-grained": "github_pat_" + "a1B2c3" * 11,
    "AWS": "AKIA" + "ABCD1234" * 2,
    "Google": "AIza" + "a1B2c" * 7,
    "Slack": "xoxb-" + "123456789012",
    "private key": "-----BEGIN OPENSSH " + "PRIVATE KEY-----",
    "password in an address": "https://me:" + "correct-horse@example.org/",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_stops_the_commit(repository: Path, tmp_path: Path, secret: str) -> None:
    """The hook is run as pre-commit runs it."""
    (tmp_path / "notes.py").write_text(f'token = "{secret}"\n', encoding="utf-8")

    assert found_by(hooks(repository)["secrets"], [tmp_path / "notes.py"]).startswith(
        str(tmp_path / "notes.py")
    )


def test_nothing_in_a_fresh_repository_is_taken_for_a_secret(repository: Path) -> None:
    """A guard that cries wolf is switched off."""
    files = [path for path in repository.rglob("*") if path.is_file()]

    assert found_by(hooks(repository)["secrets"], files) == ""


def found_by(hook: dict[str, Any], files: list[Path]) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "pre_commit.languages.pygrep", hook["entry"], *map(str, files)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == (1 if done.stdout else 0), done.stderr
    return done.stdout


def test_a_notebook_loses_its_outputs_before_a_commit(repository: Path, tmp_path: Path) -> None:
    """Outputs make every change unreadable."""
    filled = json.loads(
        (repository / "lessons" / "4_bert_and_gpt" / "tokenization.ipynb").read_text("utf-8")
    )
    empty = json.dumps(filled, sort_keys=True)
    output = {"output_type": "stream", "name": "stdout", "text": ["seen"]}
    next(c for c in filled["cells"] if c["cell_type"] == "code")["outputs"] = [output]
    path = tmp_path / "filled.ipynb"
    path.write_text(json.dumps(filled), encoding="utf-8")

    subprocess.run(
        [Path(sys.executable).with_name(hooks(repository)["notebooks"]["entry"]), path], check=True
    )

    assert json.dumps(json.loads(path.read_text("utf-8")), sort_keys=True) == empty


def test_publishing_is_split_into_build_and_deploy(repository: Path) -> None:
    """Code that builds the site must not hold the right to publish."""
    text = (repository / ".github" / "workflows" / "pages.yml").read_text(encoding="utf-8")
    workflow = yaml.safe_load(text)

    assert workflow["permissions"] == {"contents": "read"}
    assert "permissions" not in workflow["jobs"]["build"]
    assert workflow["jobs"]["deploy"]["permissions"] == {"pages": "write", "id-token": "write"}


@pytest.fixture(scope="module")
def offered(generate_into: Any, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A repository for each family and task that fit together."""
    folder = tmp_path_factory.mktemp("offered")
    return {
        f"{family}-{task}": generate_into(
            folder, project_slug=f"{family}-{task}", model_family=family, task=task
        )
        for family, task in POSSIBLE
    }


def test_every_family_and_task_makes_a_repository_whose_model_can_do_it(
    offered: dict[str, Path],
) -> None:
    """Whatever the prompts offer must lead to a repository that trains."""
    code = (
        "import sys; from pathlib import Path\n"
        "sys.dont_write_bytecode = True\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from baseline import config; from baseline.tasks import catalogue\n"
        "for folder in sys.argv[1:]:\n"
        "    project = config.read_config(Path(folder) / 'baseline.toml').project\n"
        "    catalogue.find(project.task, project.family)\n"
        "    print(project.family + '-' + project.task)\n"
    )

    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, offered.values())],
        capture_output=True,
        text=True,
        check=True,
    )

    assert done.stdout.split() == list(offered)
    assert len(offered) == len(TASKS) * len(FAMILIES) - len(WRITING)


@pytest.mark.parametrize(("family", "task"), IMPOSSIBLE)
def test_a_family_that_cannot_write_is_refused_for_a_writing_task(
    generate: Any, capfd: pytest.CaptureFixture[str], family: str, task: str
) -> None:
    """Better a sentence at the prompt than an error on the day of the first training."""
    with pytest.raises(CookiecutterException):
        generate(model_family=family, task=task)

    assert "choose decoder-only or encoder-decoder" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("name", "problem"),
    [
        ("task", "is not offered"),
        ("model_family", "is not offered"),
        ("language", "has no labels; choose one of de, en"),
    ],
)
def test_a_replay_cannot_write_lines_of_its_own(
    repository_root: Path, name: str, problem: str
) -> None:
    """Cookiecutter does not look at what a replay file chose; the hook does."""
    answers = json.loads((repository_root / "cookiecutter.json").read_text(encoding="utf-8"))
    answers = {
        key: value[0] if isinstance(value, list) else value for key, value in answers.items()
    }
    answers |= {"project_slug": "names-in-the-news", "_repo_dir": str(repository_root)}
    hook = (repository_root / "hooks" / "pre_gen_project.py").read_text(encoding="utf-8")

    def run(**changes: str) -> subprocess.CompletedProcess[str]:
        code = hook.replace("{{ cookiecutter | tojson }}", json.dumps(answers | changes))
        return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)

    assert run().returncode == 0
    done = run(**{name: "en\nhooks: [evil.py]"})
    assert done.returncode == 1
    assert f"{name}: 'en\\nhooks: [evil.py]' {problem}" in done.stderr


def test_every_question_has_its_words() -> None:
    visible = {name for name in OFFERED if not name.startswith("_")}
    assert visible == set(OFFERED["__prompts__"])


def test_the_review_form_counts_as_empty(repository: Path) -> None:
    """A form that nobody touched must never be counted as work."""
    review = read_review(
        (repository / "0_LiteratureReview" / "README.md").read_text(encoding="utf-8")
    )

    assert review.form == "empty"
    assert review.sources == ()
    assert len(review.slots) == 3


def test_instructions_hold_the_guiding_questions_and_the_four_fields(repository: Path) -> None:
    """These are the course's; staff and students refer to them by name."""
    text = (repository / "0_LiteratureReview" / "INSTRUCTIONS.md").read_text(encoding="utf-8")

    for field in ("Objective", "Methods", "Outcomes", "Relation to the Project"):
        assert f"**{field}**" in text
    for words in ("models are commonly used", "format", "How much training data", "pretrained"):
        assert words in text


def test_the_presentation_follows_the_prescribed_order(repository: Path) -> None:
    """Instructions and form must name the same parts in the same order."""
    folder = repository / "4_Presentation"
    instructions = (folder / "INSTRUCTIONS.md").read_text(encoding="utf-8")
    order = [
        line.split("|")[1].split(".", 1)[1].strip().lower()
        for line in instructions.splitlines()
        if line.startswith("| ") and line[2].isdigit()
    ]
    headings = [
        line[3:].lower()
        for line in (folder / "README.md").read_text(encoding="utf-8").splitlines()
        if line.startswith("## ")
    ]

    assert order == headings
    # What is written under each heading stands on the deck's slides, one after the other.
    talk = "\n\n".join(f"## {head}\n\nSaid {place}." for place, head in enumerate(order))
    slides = outline(talk, {})
    said = [slides[key].bullets for key in PARTS]
    assert said == [(f"Said {place}.",) for place in range(len(order))]
    assert "at most 15 minutes" in instructions


def test_every_link_between_files_leads_somewhere(repository: Path) -> None:
    """A dead link in the template is a dead link in every repository."""
    dead = []
    for path in repository.rglob("*.md"):
        for target in re.findall(r"\]\(([^)#\s]+)\)", path.read_text(encoding="utf-8")):
            known = target.startswith(("https://", "name_of_your_file"))
            if not known and not (path.parent / target).exists():
                dead.append(f"{path.relative_to(repository)}: {target}")

    assert dead == []


def test_each_notebook_has_a_badge_that_opens_it_in_colab(generate: Any) -> None:
    """A laptop that is too old should not keep anyone from the notebooks."""
    made = generate(repository_url="https://github.com/team/project")
    text = (made / "lessons" / "README.md").read_text(encoding="utf-8")

    badges = re.findall(r"\[!\[Open in Colab\]\(open_in_colab.svg\)\]\((.*?)\)", text)

    start = "https://colab.research.google.com/github/team/project/blob/main/"
    found = {address.removeprefix(start) for address in badges}
    assert found == {path.relative_to(made).as_posix() for path in made.rglob("*.ipynb")}
