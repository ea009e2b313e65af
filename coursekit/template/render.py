"""Render the template: compiled once, for many teams, byte for byte as cookiecutter does.

`cookiecutter()` reads, parses and compiles every file again for every project,
and renders the values that it is given as templates themselves. Here a file
without any Jinja is a constant, the others are compiled once, and a value is
text: a team called `{{ 7*7 }}` is called just that. Hooks are not run; what
they check of a team's answers has been checked with the roster.

Reference: https://cookiecutter.readthedocs.io, "Advanced Usage".
"""

from __future__ import annotations

import copy
import fnmatch
import io
import json
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from coursekit.errors import TemplateError
from coursekit.git.objects import File
from coursekit.template.templates import TemplateSource

if TYPE_CHECKING:
    import jinja2

# As much of a file as the test for binary content looks at.
_HEAD_BYTES = 1024


@dataclass(frozen=True, slots=True)
class _Page:
    """A file that differs between teams: its compiled path, content and line ending."""

    source: str
    path: jinja2.Template | str
    content: jinja2.Template | bytes
    newline: str
    executable: bool
    # What alone, beside the values, makes its path and content; None where other files do, too.
    key: bytes | None = None

    def render(self, context: Mapping[str, Any]) -> tuple[str, bytes]:
        """Its path and content for one team."""
        path = self.path if isinstance(self.path, str) else self.path.render(context)
        if isinstance(self.content, bytes):
            return path, self.content
        return path, _encode(self.content.render(context), self.newline)


Rendered = dict[bytes | None, tuple[str, bytes]]


class Template:
    """A compiled template.

    Attributes:
        settings: The variables and private settings of `cookiecutter.json`.
        version: The version of the source; see `TemplateSource.version`.
        constants: The files that are the same for every team, by path.
    """

    def __init__(self, source: TemplateSource) -> None:
        from cookiecutter.utils import create_env_with_context
        from jinja2 import DictLoader

        self.settings = {
            key: value for key, value in source.settings.items() if key != "__prompts__"
        }
        self.version = source.version()
        self._values = json.dumps(self.settings, sort_keys=True).encode()
        self.constants: dict[str, File] = {}
        self._pages: list[_Page] = []
        self._env: jinja2.Environment = create_env_with_context({"cookiecutter": self.settings})
        texts: dict[str, str] = {}
        binary = _find_binary(source.files)
        for path, file in source.files.items():
            if path not in binary:
                texts[path] = _decode(path, file.content)
        # For `{% include %}` between the template's own files.
        self._env.loader = DictLoader(texts)
        for path, file in source.files.items():
            page = self._compile(path, file, texts.get(path))
            if isinstance(page.path, str) and isinstance(page.content, bytes):
                self.constants[page.path] = File(page.content, page.executable)
            else:
                self._pages.append(page)

    def choices(self, variable: str) -> tuple[str, ...]:
        """The values that a variable may take, or nothing where every text will do."""
        value = self.settings.get(variable)
        return tuple(map(str, value)) if isinstance(value, list) else ()

    def context(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """The variables of one project: the given values, and the defaults of the others.

        Values are used as they are. Defaults may refer to variables before them.

        Raises:
            TemplateError: If a value is not among the choices of its variable.
        """
        from cookiecutter.prompt import render_variable
        from jinja2 import TemplateError as JinjaError

        context: dict[str, Any] = {}
        for name, raw in self.settings.items():
            given = values.get(name)
            if name.startswith("_") and not name.startswith("__"):
                context[name] = raw if given is None else _merge(raw, given)
            elif given is None and isinstance(raw, list) and raw and self._is_plain(raw[0]):
                context[name] = raw[0]
            elif given is None:
                try:
                    default = (
                        raw if self._is_plain(raw) else (render_variable(self._env, raw, context))
                    )
                except JinjaError as error:
                    raise TemplateError(
                        f"cookiecutter.json: the default of {name!r} cannot be rendered ({error})"
                    ) from error
                context[name] = default[0] if isinstance(raw, list) else default
            elif isinstance(raw, list) and given not in raw:
                listed = ", ".join(map(repr, raw))
                raise TemplateError(f"{name} is {given!r}; the template offers {listed}")
            else:
                context[name] = given
        return context

    def render(self, values: Mapping[str, Any], shared: Rendered | None = None) -> dict[str, File]:
        """The files that differ between teams, rendered for one of them.

        Together with `constants` they are the whole project.

        Args:
            values: The team's values.
            shared: What has been rendered with the same values for other versions of the
                template; what is rendered here is added.

        Raises:
            TemplateError: If a file cannot be rendered, or its path would lead
                outside the project or onto another file.
        """
        from jinja2 import TemplateError as JinjaError

        context = {"cookiecutter": self.context(values)}
        files: dict[str, File] = {}
        known: Rendered = {} if shared is None else shared
        for page in self._pages:
            try:
                path, content = known.get(page.key) or page.render(context)
            except (JinjaError, TypeError, ValueError, ArithmeticError) as error:
                raise TemplateError(
                    f"template file {page.source!r} cannot be rendered ({error})"
                ) from error
            if page.key is not None:
                known[page.key] = (path, content)
            if path.endswith("/") or not path:
                continue
            _check_path(path, page.source)
            if path in files or path in self.constants:
                raise TemplateError(f"template file {page.source!r} becomes {path!r} a second time")
            files[path] = File(content, page.executable)
        return files

    def _compile(self, path: str, file: File, text: str | None) -> _Page:
        from jinja2 import TemplateSyntaxError

        copied = self._copied_part(path)
        # In a folder that is copied as a whole, the names inside are left alone, too.
        rendered_part = path if copied is None else copied
        try:
            name: jinja2.Template | str = path
            if self._has_jinja(rendered_part):
                rest = path[len(rendered_part) :]
                if self._has_jinja(rest):
                    raise TemplateError(f"template file {path!r}: Jinja below a copied folder")
                name = self._env.from_string(path)
            else:
                _check_path(path, path)
            if copied is not None or text is None:
                return _Page(path, name, file.content, "\n", file.executable)
            newline = self.settings.get("_new_lines") or _newline(file.content)
            content: jinja2.Template | bytes
            if self._has_jinja(text):
                content = self._env.get_template(path)
            else:
                content = _encode(text, newline)
        except TemplateSyntaxError as error:
            raise TemplateError(
                f"template file {path!r}, line {error.lineno}: {error.message}"
            ) from error
        alone = not self._uses_others(text)
        key = sha256(b"\0".join((self._values, path.encode(), file.content))).digest()
        return _Page(path, name, content, newline, file.executable, key if alone else None)

    def _uses_others(self, text: str) -> bool:
        """Whether a file may take something from another one of the template."""
        start = re.escape(self._env.block_start_string)
        statements = rf"{start}[-+]?\s*(?:include|import|extends|from)\b"
        return bool(self._env.line_statement_prefix or re.search(statements, text))

    def _copied_part(self, path: str) -> str | None:
        """The folder (or the file itself) that `_copy_without_render` exempts, if any."""
        patterns = self.settings.get("_copy_without_render", [])
        parts = PurePosixPath(path).parts
        for end in range(1, len(parts) + 1):
            part = "/".join(parts[:end])
            if any(fnmatch.fnmatch(part, pattern) for pattern in patterns):
                return part
        return None

    def _is_plain(self, raw: Any) -> bool:
        """Whether a default is itself: compiling it for each team would cost the most."""
        return isinstance(raw, str) and not self._has_jinja(raw)

    def _has_jinja(self, text: str) -> bool:
        env = self._env
        marks = (
            env.block_start_string, env.variable_start_string, env.comment_start_string,
            env.line_statement_prefix, env.line_comment_prefix,
        )  # fmt: skip
        return any(mark in text for mark in marks if mark)


def _merge(default: Any, given: Any) -> Any:
    """Overwrite the keys of a private setting that are given, as cookiecutter does."""
    if not (isinstance(default, dict) and isinstance(given, Mapping)):
        return given
    merged = copy.deepcopy(default)
    for key, value in given.items():
        merged[key] = _merge(merged.get(key), value)
    return merged


def _find_binary(files: Mapping[str, File]) -> set[str]:
    """The files that cookiecutter takes for binary, by its own test, which wants real files."""
    from binaryornot.check import is_binary

    found = set()
    with tempfile.TemporaryDirectory() as folder:
        for number, (path, file) in enumerate(files.items()):
            probe = Path(folder) / f"{number}{PurePosixPath(path).suffix}"
            probe.write_bytes(file.content[:_HEAD_BYTES])
            if file.content and is_binary(str(probe)):
                found.add(path)
            probe.unlink()
    return found


def _decode(path: str, content: bytes) -> str:
    try:
        return io.TextIOWrapper(io.BytesIO(content), encoding="utf-8").read()
    except UnicodeDecodeError as error:
        raise TemplateError(
            f"template file {path!r} is not UTF-8; save it as UTF-8, or list it in "
            "_copy_without_render"
        ) from error


def _encode(text: str, newline: str) -> bytes:
    return text.replace("\n", newline).encode("utf-8")


def _newline(content: bytes) -> str:
    """The first line's ending, which cookiecutter uses for the whole file."""
    with io.TextIOWrapper(io.BytesIO(content), encoding="utf-8") as stream:
        stream.readline()
        found = stream.newlines
    return (found[0] if isinstance(found, tuple) else found) or "\n"


def _check_path(path: str, source: str) -> None:
    parts = path.split("/")
    if "\\" in path or any(part in ("", ".", "..") or part.lower() == ".git" for part in parts):
        raise TemplateError(
            f"template file {source!r} becomes {path!r}, which is no path inside the project"
        )
