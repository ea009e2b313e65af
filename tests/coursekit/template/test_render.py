"""A compiled template gives what cookiecutter gives, byte for byte."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

from coursekit.cohort.generate import answers
from coursekit.course.course import TemplateReference, load_course
from coursekit.course.start import start_course
from coursekit.errors import TemplateError
from coursekit.git.objects import File
from coursekit.template.render import Rendered, Template
from coursekit.template.templates import TemplateSource, load_template, read_folder

HOSTILE = {
    "plain": "Names in the News",
    "an expression": "{{ 7*7 }}",
    "a statement": "{% if",
    "a comment": "{# hidden #} {{ cookiecutter.project_slug }}",
    "quotes": "O'Brien said \"no\" \\ '''",
    "markup": "<script>alert(1)</script> & | ` *x* [y](z)",
    "every script": "Ärger 数据 Ω 🤖 e\u0301",
}

# Runs where cookiecutter may change the working directory and the home folder.
COOKIECUTTER = """
import json, sys
from cookiecutter.main import cookiecutter
for number, context in enumerate(json.load(sys.stdin)):
    cookiecutter(sys.argv[1], no_input=True, accept_hooks=False, extra_context=context,
                 output_dir=f"{sys.argv[2]}/{number}")
"""


def literal(value: Any) -> Any:
    """Cookiecutter renders what it is given; this survives as the text itself."""
    return "{{ " + repr(value) + " }}" if isinstance(value, str) and value else value


def run_cookiecutter(
    root: Path, contexts: list[dict[str, Any]], out: Path
) -> list[dict[str, File]]:
    home = out / "home"
    home.mkdir(parents=True)
    env = os.environ | {"HOME": str(home), "USERPROFILE": str(home)}
    subprocess.run(
        [sys.executable, "-c", COOKIECUTTER, str(root), str(out)],
        input=json.dumps(contexts), text=True, env=env, check=True,
    )  # fmt: skip
    return [read_output(next((out / str(number)).iterdir())) for number in range(len(contexts))]


def read_output(folder: Path) -> dict[str, File]:
    return {
        path.relative_to(folder).as_posix(): File(path.read_bytes(), os.access(path, os.X_OK))
        for path in folder.rglob("*")
        if path.is_file()
    }


def write_template(root: Path, source: TemplateSource) -> Path:
    """The template as a folder, without what tools have left in the checkout."""
    for path, file in source.files.items():
        target = root / source.project / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
        target.chmod(0o755 if file.executable else 0o644)
    (root / "cookiecutter.json").write_text(json.dumps(source.settings), encoding="utf-8")
    return root


def make(root: Path, files: dict[str, bytes], **variables: Any) -> TemplateSource:
    """A small template of a test's own."""
    project = root / "{{cookiecutter.slug}}"
    for path, content in files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_bytes(content)
    (root / "cookiecutter.json").write_text(json.dumps({"slug": "x", **variables}))
    return read_folder(root)


@pytest.mark.slow
def test_the_whole_template_equals_cookiecutters_for_hostile_names(tmp_path):
    """The proof that compiling once loses nothing: every file, every byte, every mode."""
    start_course(tmp_path / "course")
    course = load_course(tmp_path / "course")
    source = load_template(course.template, course.folder, course.state)
    template = Template(source)
    ours, contexts = [], []
    for number, (team, name) in enumerate(zip(course.teams * 3, HOSTILE.values(), strict=False)):
        values = answers(course, team) | {
            "project_name": name, "description": name, "members": f"{name}, Ada",
            "course_title": name, "language": ("en", "de")[number % 2],
        }  # fmt: skip
        ours.append({**template.constants, **template.render(values)})
        choices = ("task", "model_family")
        contexts.append({k: v if k in choices else literal(v) for k, v in values.items()})
    assert len(ours) == len(HOSTILE)
    theirs = run_cookiecutter(write_template(tmp_path / "t", source), contexts, tmp_path / "out")
    for name, mine, its in zip(HOSTILE, ours, theirs, strict=True):
        assert sorted(mine) == sorted(its), name
        assert not [path for path in mine if mine[path] != its[path]], name
    readme = ours[list(HOSTILE).index("an expression")]["README.md"].content.decode()
    assert readme.startswith("# {{ 7*7 }}\n")


@pytest.mark.parametrize("name", HOSTILE.values(), ids=HOSTILE)
def test_settings_files_stay_readable_whatever_a_team_is_called(tmp_path, name):
    """A quotation mark in a name must not break a team's build, or say something else."""
    start_course(tmp_path)
    course = load_course(tmp_path)
    template = Template(load_template(course.template, course.folder, course.state))
    values = answers(course, course.teams[0]) | {
        "project_name": name, "description": name, "members": name, "course_title": name,
    }  # fmt: skip
    files = template.render(values)
    project = tomllib.loads(files["pyproject.toml"].content.decode())["project"]
    assert project["name"] == course.teams[0].slug
    assert tomllib.loads(files["baseline.toml"].content.decode())["project"]["family"]
    site = yaml.safe_load(files["mkdocs.yml"].content.decode())
    assert site["site_name"].replace("&lt;", "<") == name


def test_odd_files_equal_cookiecutters(tmp_path):
    """Line endings, includes, templated names, binaries, empty files and copied folders."""
    source = make(
        tmp_path / "t",
        {
            "crlf.txt": b"one {{ cookiecutter.name }}\r\ntwo\r\n",
            "mixed.txt": b"one\r\ntwo\nthree {{ cookiecutter.name }}",
            "mixed-plain.txt": b"one\ntwo\r\nthree",
            "empty.txt": b"",
            "no-newline.txt": b"{{ cookiecutter.name }}",
            "blank-end.txt": b"{{ cookiecutter.name }}\n\n\n",
            "picture.png": b"\x89PNG\r\n\x1a\n{{ cookiecutter.name }}\x00\xff",
            "data.bin": bytes(range(256)),
            "{{cookiecutter.name}}/{{cookiecutter.slug}}.md": b"{{ cookiecutter.name | upper }}",
            "{{cookiecutter.name}}/constant.md": b"constant\n",
            "part.md": b"(part of {{ cookiecutter.slug }})",
            "whole.md": b"{% include 'part.md' %} {{ cookiecutter.computed }}",
            "raw/inner.md": b"{{ untouched }}\r\n{% also %}",
            "raw/deep/{{x}}.md": b"{{ untouched }}",
            "loose.ipynb": b'{"a": "{{ untouched }}"}',
        },
        name="Näme",
        computed="{{ cookiecutter.name | lower }}-{{ cookiecutter.slug }}",
        kind=["a", "b"],
        _copy_without_render=["raw", "*.ipynb"],
    )
    values = {"slug": "s-1", "name": "N äme"}
    template = Template(source)
    mine = {**template.constants, **template.render(values)}
    (its,) = run_cookiecutter(tmp_path / "t", [values], tmp_path / "out")
    assert mine == its
    assert "picture.png" in template.constants


def test_a_choice_that_the_template_lacks_is_refused(tmp_path):
    """Cookiecutter's own message for this is a traceback."""
    template = Template(make(tmp_path, {"a": b"x"}, kind=["a", "b"]))
    assert template.choices("kind") == ("a", "b")
    with pytest.raises(TemplateError, match="kind is 'c'; the template offers 'a', 'b'"):
        template.render({"kind": "c"})


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.md": b"{% if"}, r"'a\.md', line 1"),
        ({"a.md": b"x\n{{ cookiecutter.nothing }}"}, r"'a\.md' cannot be rendered .*nothing"),
        ({"a.md": b"{{ 1/0 }}"}, "cannot be rendered"),
        ({"{{cookiecutter.name}}.md": b"x"}, "is no path inside the project"),
        ({"a.md": b"\xff\xfe\xfa" * 9 + b" words " * 99}, "is not UTF-8"),
    ],
)
def test_a_broken_template_is_named_by_file(tmp_path, files, expected):
    with pytest.raises(TemplateError, match=expected):
        Template(make(tmp_path, files, name="n")).render({"name": "../../evil"})


def test_two_files_that_become_one_are_refused(tmp_path):
    files = {"{{cookiecutter.slug}}.md": b"x", "{{cookiecutter.name}}.md": b"y"}
    template = Template(make(tmp_path, files, name="n"))
    with pytest.raises(TemplateError, match="a second time"):
        template.render({"slug": "same", "name": "same"})


def test_a_template_comes_from_a_folder_a_tag_or_an_address(tmp_path):
    """Staff keep a template of their own, and pin it for a term."""
    make(tmp_path / "mine", {"a.md": b"one\n"})
    git = ["git", "-C", str(tmp_path / "mine"), "-c", "user.name=T", "-c", "user.email=t@x.org"]
    for arguments in (["init", "-q"], ["add", "."], ["commit", "-qm", "one"], ["tag", "v1"]):
        subprocess.run([*git, *arguments], check=True)
    (tmp_path / "mine" / "{{cookiecutter.slug}}" / "a.md").write_bytes(b"two\n")
    subprocess.run([*git, "commit", "-qam", "two"], check=True)

    def content(source: str, ref: str = "") -> bytes:
        loaded = load_template(TemplateReference(source, ref), tmp_path, tmp_path / "cache")
        return loaded.files["a.md"].content

    address = (tmp_path / "mine").as_uri()
    assert content("mine") == b"two\n"
    assert content("mine", "v1") == b"one\n"
    assert content(address) == b"two\n"
    assert content(address, "v1") == b"one\n"
    with pytest.raises(TemplateError, match="has no tag, branch or commit 'v2'"):
        content("mine", "v2")
    shutil.rmtree(tmp_path / "mine")
    assert content(address, "v1") == b"one\n", "without a network, the copy from before serves"
    with pytest.raises(TemplateError, match="does not exist; correct source"):
        content("mine")
    with pytest.raises(TemplateError, match="cannot be fetched"):
        content((tmp_path / "nowhere").as_uri())


def test_a_folder_that_is_no_template_is_refused(tmp_path):
    for reference in (TemplateReference("."), TemplateReference(".", "v1")):
        with pytest.raises(TemplateError, match=r"template '\.'"):
            load_template(reference, tmp_path, tmp_path / "cache")
    (tmp_path / "cookiecutter.json").write_text("{}")
    with pytest.raises(TemplateError, match="no project folder"):
        read_folder(tmp_path)
    (tmp_path / "cookiecutter.json").write_text("{")
    with pytest.raises(TemplateError, match="not valid JSON"):
        read_folder(tmp_path)


def test_a_link_in_a_template_is_refused(tmp_path):
    """It would put a file of the staff's machine into every repository."""
    make(tmp_path, {"a.md": b"x"})
    (tmp_path / "{{cookiecutter.slug}}" / "b.md").symlink_to("/etc/passwd")
    with pytest.raises(TemplateError, match="symbolic link"):
        read_folder(tmp_path)


def test_the_version_changes_with_every_change_and_only_then(tmp_path):
    source = make(tmp_path / "t", {"a.md": b"x", "b.md": b"y"})
    again = read_folder(shutil.copytree(tmp_path / "t", tmp_path / "copy"))
    assert again.version() == source.version()
    (tmp_path / "copy" / "{{cookiecutter.slug}}" / "__pycache__").mkdir()
    (tmp_path / "copy" / "{{cookiecutter.slug}}" / "__pycache__" / "a.pyc").write_bytes(b"0")
    assert read_folder(tmp_path / "copy").version() == source.version()
    for path, content in (("a.md", b"xy"), ("c.md", b"")):
        (tmp_path / "copy" / "{{cookiecutter.slug}}" / path).write_bytes(content)
        assert read_folder(tmp_path / "copy").version() != source.version()


def test_versions_that_have_a_file_alike_render_it_once(tmp_path):
    """And what differs, or takes something from another file, by itself."""
    files = {
        "same.md": b"{{ cookiecutter.name }} from the start\n",
        "{{ cookiecutter.name }}.md": b"constant\n",
        "changed.md": b"{{ cookiecutter.name }} first\n",
        "whole.md": b"{% include 'part.md' %} {{ cookiecutter.name }}",
        "part.md": b"part one",
    }
    first = Template(make(tmp_path / "1", files, name="n"))
    files |= {"changed.md": b"{{ cookiecutter.name }} second\n", "part.md": b"part two"}
    second = Template(make(tmp_path / "2", files, name="n"))
    other = Template(make(tmp_path / "3", files, name="n", more="m"))
    wanted = [template.render({"name": "Ada"}) for template in (first, second, other)]
    shared: Rendered = {}
    assert [t.render({"name": "Ada"}, shared) for t in (first, second, other)] == wanted
    assert wanted[0]["whole.md"].content == b"part one Ada"
    assert wanted[1]["whole.md"].content == b"part two Ada"
    assert wanted[1]["changed.md"].content == b"Ada second\n"
    # Two and two of the first, what changed of the second, and all three for other variables.
    assert len(shared) == 3 + 1 + 3
    known = {key: (path, b"known") for key, (path, _) in shared.items()}
    contents = {path: file.content for path, file in second.render({"name": "Ada"}, known).items()}
    assert contents == {
        "same.md": b"known", "Ada.md": b"known", "changed.md": b"known",
        "whole.md": b"part two Ada",
    }  # fmt: skip
