"""A lesson's README in one language: the template holds both, and each team receives one."""

from __future__ import annotations

import re

from coursekit.errors import CourseError
from coursekit.site.labels import Labels
from coursekit.team.received import template_folder


def lesson_readme(name: str, language: str) -> str:
    """What a team whose course has this language reads in the lesson's folder.

    Raises:
        CourseError: If the template lacks the lesson.
    """
    from jinja2.sandbox import SandboxedEnvironment

    folder = template_folder()
    path = folder / "lessons" / name / "README.md" if folder else None
    if path is None or not path.is_file():
        raise CourseError(f"the template has no lesson {name!r}; install coursekit again")
    # Markdown, which is sanitised once it is HTML.
    jinja = SandboxedEnvironment(keep_trailing_newline=True)
    text = jinja.from_string(path.read_text(encoding="utf-8"))
    return text.render(cookiecutter={"language": language})


def lesson_page(name: str, goal: int, language: str) -> str:
    """A lesson's page in the manual: its README, without what only a team's repository has."""
    label = Labels(language)
    readme = lesson_readme(name, language)
    # The drawing stands on the slides, and the manual draws none.
    readme = re.sub(r"(?ms)^## [^\n]*\n\n```mermaid\n.*?^```\n\n", "", readme)
    lines = [line for line in readme.splitlines() if not line.startswith("| ")]
    text = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).rstrip()
    links = " · ".join(
        # As HTML, which no site builder looks up: the slides are made once the site is there.
        f'<a href="{address}">{label(key)}</a>'
        if address.endswith(".html")
        else f"[{label(key)}]({address})"
        for key, address in (
            ("lesson_slides", f"slides/{deck_name(name, language)}"),
            ("lesson_quiz", f"{_named('quiz', language)}.md#quiz-{goal}"),
            ("lesson_all", f"{_named('index', language)}.md"),
            ("lesson_other", f"{name if language == 'de' else _named(name, 'de')}.md"),
        )
    )
    return f"{text}\n\n{links}\n"


def deck_name(name: str, language: str) -> str:
    """The file of a lesson's deck."""
    return f"{_named(name, language)}.html"


def page_name(name: str, language: str) -> str:
    """The file of a lesson's page in the manual."""
    return f"{_named(name, language)}.md"


def _named(name: str, language: str) -> str:
    return name if language == "en" else f"{name}-{language}"
