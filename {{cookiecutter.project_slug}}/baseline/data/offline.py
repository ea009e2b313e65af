"""Data that is on every machine with Python: its own documentation and source files.

Real text needs no download: `pydoc_data.topics` is the language reference (English prose),
every standard module has docstrings, and `tokenize` and `ast` know what each word of a
source file is. The files belong to the installed Python, so the examples differ a little
from one version to the next; the data set's name says which version it was.
"""

import ast
import contextlib
import functools
import io
import keyword
import math
import platform
import re
import sysconfig
import tokenize
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from baseline.data import synthetic, targets
from baseline.data.examples import Example, Parts
from baseline.data.splits import HELD_OUT, deal, place, split_by_key
from baseline.errors import BaselineError

# Packages that are part of every Python, with enough docstrings of their own style.
PACKAGES = ("asyncio", "email", "importlib", "logging", "multiprocessing", "unittest", "xml")
# More modules, for tasks that need many functions.
MODULES = (
    *PACKAGES,
    *("argparse", "collections", "concurrent", "configparser", "contextlib", "csv", "dataclasses"),
    *("datetime", "difflib", "fractions", "ftplib", "functools", "gettext", "glob", "http"),
    *("imaplib", "inspect", "ipaddress", "json", "mailbox", "optparse", "pathlib", "pickle"),
    *("random", "shutil", "smtplib", "socket", "sqlite3", "statistics", "string", "subprocess"),
    *("tarfile", "tempfile", "textwrap", "threading", "tokenize", "traceback", "typing"),
    *("urllib", "uuid", "warnings", "wsgiref", "xmlrpc", "zipfile"),
)

# So many test examples give intervals of ±3 points; more than this share would leave too few to
# learn from.
_TESTED, _MOST = 400, 0.375
# Folders without prose, or with other people's.
_NO_PROSE = ("test", "tests", "site-packages", "encodings", "idlelib", "lib2to3", "pydoc_data")

_DESCRIPTIONS = {
    "topics": "Python language reference (pydoc topics)",
    "prose": "Python language reference and docstrings",
    "docstrings": "Python docstrings by package",
    "functions": "Python docstrings and what their functions do",
    "lengths": "Python docstrings and the lengths of their functions",
    "source": "Python source lines with token labels",
    "signatures": "Python signatures with default values",
    "signatures-or-none": "Python signatures, some without the default value",
    "summaries": "Python docstrings and their first sentence",
    "dates": "dates in words to ISO 8601 (generated)",
    "numbers": "numbers to words (generated)",
    "reverse": "reversed letter sequences (generated)",
    "copy": "copied letter sequences (generated)",
}


def describe(name: str) -> str:
    """The data set's name in results, with the Python version where it matters."""
    text = _DESCRIPTIONS[name]
    if name in synthetic.MAKERS:
        return text
    major, minor, _ = platform.python_version_tuple()
    return f"{text}, {major}.{minor}"


def _dealt(examples: Iterable[Example], strata: Any = None) -> Parts:
    """Deal examples out, so that what is alike or of one group stands on one side."""
    shuffled = sorted(examples, key=lambda example: place(repr(example)))
    shares = {"test": min(_MOST, _TESTED / len(shuffled)), "validation": HELD_OUT}
    parts = deal({"train": shuffled}, strata=strata, shares=shares).parts
    parts = deal(parts).parts  # where only equal ones were kept together, nearly equal ones leave
    return parts["train"], parts["validation"], parts["test"]


@functools.cache
def topics() -> Parts:
    """English prose: the language reference, without repeated paragraphs, split by topic.

    Some paragraphs stand in several topics. Each is kept once, in the first of them, because
    a model could otherwise have read the test text before.
    """
    try:
        from pydoc_data.topics import topics as texts
    except ImportError as error:
        raise BaselineError(
            "this Python has no pydoc_data.topics; install the complete standard library, "
            'or give your own text with data.name = "files"'
        ) from error
    seen: set[str] = set()
    items: list[tuple[str, Example]] = []
    for topic in sorted(texts):
        kept = []
        for paragraph in texts[topic].split("\n\n"):
            key = " ".join(paragraph.split())
            if key and key not in seen:
                seen.add(key)
                kept.append(paragraph.strip("\n"))
        if kept:
            items.append((topic, Example("\n\n".join(kept) + "\n")))
    return split_by_key(items)


@functools.cache
def prose() -> Parts:
    """Plain text for pre-training: the language reference, and a file's docstrings as one text.

    Only of files that no task asks about, so that nothing of their tests has been read before.
    """
    used = {path for path, _ in _files(MODULES)}
    root = Path(sysconfig.get_path("stdlib"))
    seen: set[str] = set()
    items: list[tuple[str, Example]] = []
    for path in sorted({*root.glob("*.py"), *root.glob("*/*.py")} - used):
        if path.parent.name in _NO_PROSE:
            continue
        kept = []
        for node in _statements(path):
            text = _docstring(node)
            if len(text) >= 40 and text not in seen:
                seen.add(text)
                kept.append(text)
        if kept:
            items.append((path.relative_to(root).as_posix(), Example("\n\n".join(kept) + "\n")))
    files = split_by_key(items)
    return tuple(a + b for a, b in zip(topics(), files, strict=True))  # type: ignore[return-value]


@functools.cache
def docstrings() -> Parts:
    """Which package does this docstring belong to? Text and label."""
    items: dict[str, Example] = {}
    for path, package in _files(PACKAGES):
        for node in _statements(path):
            text = _docstring(node)
            # The package's name in the text would give the answer away.
            if len(text) >= 40 and package not in text.lower():
                items.setdefault(text, Example(text, package))
    return _dealt(items.values(), targets.label_strata)


# What a function does, by the kinds of nodes in it.
_DOES = {
    "branches": (ast.If, ast.IfExp, ast.Match),
    "catches": (ast.Try,),
    "loops": (ast.For, ast.While, ast.AsyncFor, ast.comprehension),
    "raises": (ast.Raise,),
    "waits": (ast.Await, ast.AsyncWith, ast.AsyncFor),
    "yields": (ast.Yield, ast.YieldFrom),
}


@functools.cache
def functions() -> Parts:
    """What does the function with this docstring do? Text and a set of labels."""
    items = {
        text: Example(text, targets.as_set(name for name in _DOES if _does(node, _DOES[name])))
        for text, node in _described_functions()
    }
    return _dealt(items.values(), targets.set_strata)


@functools.cache
def lengths() -> Parts:
    """How long is the function with this docstring? Text and the logarithm of its lines."""
    items = {
        text: Example(text, f"{math.log2((node.end_lineno or 0) - node.body[0].lineno + 1):.3f}")
        for text, node in _described_functions()
    }
    return _dealt(items.values(), targets.number_strata)


def _does(node: ast.AST, kinds: tuple[type[ast.AST], ...]) -> bool:
    return any(isinstance(inner, kinds) for inner in ast.walk(node))


def _described_functions() -> Iterator[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    """Functions whose docstring says something, without what stands in it."""
    for path, _ in _files(MODULES):
        for node in _statements(path):
            text = _docstring(node)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and len(text) >= 40:
                node.body = node.body[1:]
                if node.body:
                    yield text, node


@functools.cache
def summaries() -> Parts:
    """A docstring's description, and its first sentence as the summary."""
    items: dict[str, Example] = {}
    for path, _ in _files(MODULES):
        for node in _statements(path):
            summary, _, body = _docstring(node).partition("\n\n")
            summary, body = " ".join(summary.split()), " ".join(body.split())
            if 15 <= len(summary) <= 120 and 80 <= len(body) <= 800:
                items.setdefault(body, Example(body, summary))
    return _dealt(items.values())


@functools.cache
def signatures() -> Parts:
    """Extractive questions: which default value has an argument of a function?"""
    items: dict[str, list[Example]] = {}
    for path, _ in _files(MODULES):
        for node in _statements(path):
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            found = _defaults(node)
            if found and len(found[0]) <= 200:
                context, values = found
                asked = [
                    Example(context, value, f"What is the default of {name}?", start)
                    for name, value, start in values
                ]
                items.setdefault(context, asked)
    return _dealt(example for asked in items.values() for example in asked)


@functools.cache
def or_none() -> Parts:
    """The same questions, and others about arguments that have no default value."""
    parts = []
    for part in signatures():
        silent = [
            Example(context, "", f"What is the default of {name}?")
            for context in dict.fromkeys(example.text for example in part)
            for name in _without_default(context)
        ]
        mixed = sorted([*part, *silent], key=lambda example: place(repr(example)))
        parts.append(tuple(mixed))
    return parts[0], parts[1], parts[2]


def _without_default(context: str) -> list[str]:
    """The arguments of a signature that have no default value, but for `self` and `cls`."""
    (node,) = ast.parse(f"{context}: pass").body
    assert isinstance(node, ast.FunctionDef)
    positional = [*node.args.posonlyargs, *node.args.args]
    required = positional[: len(positional) - len(node.args.defaults)]
    return [argument.arg for argument in required if argument.arg not in ("self", "cls")]


@functools.cache
def source() -> Parts:
    """Named entities in source lines: what `tokenize` and `ast` say each word is."""
    items: dict[tuple[str, ...], Example] = {}
    for path, _ in _files(PACKAGES[:4]):
        for words, tags in _tagged_lines(path):
            # Neighbouring lines resemble each other, so a file stays in one part.
            line = Example(" ".join(words), words=words, tags=tags, group=path.name)
            items.setdefault(words, line)
    return _dealt(items.values())


def _files(packages: tuple[str, ...]) -> Iterator[tuple[Path, str]]:
    root = Path(sysconfig.get_path("stdlib"))
    found = False
    for package in packages:
        single = root / f"{package}.py"
        for path in [single] if single.is_file() else sorted((root / package).rglob("*.py")):
            if "test" not in path.parts and "tests" not in path.parts:
                found = True
                yield path, package
    if not found:
        raise BaselineError(
            "this Python comes without the sources of its standard library; "
            'give your own examples with data.name = "files"'
        )


def _statements(path: Path) -> Iterator[ast.AST]:
    """A file and all statements in it, the outer ones first; nothing where it cannot be read."""
    waiting: deque[ast.AST] = deque()
    with contextlib.suppress(OSError, SyntaxError, ValueError):
        waiting.append(ast.parse(path.read_bytes()))
    while waiting:
        node = waiting.popleft()
        if not isinstance(node, ast.expr):  # no function is defined in an expression
            waiting.extend(ast.iter_child_nodes(node))
            yield node


def _docstring(node: ast.AST) -> str:
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Module)
    return (ast.get_docstring(node) or "").strip() if isinstance(node, kinds) else ""


def _defaults(
    node: ast.FunctionDef | ast.AsyncFunctionDef,
) -> tuple[str, list[tuple[str, str, int]]] | None:
    """The signature as one line, and each default with its place in it."""
    positional = [*node.args.posonlyargs, *node.args.args]
    optional = positional[len(positional) - len(node.args.defaults) :]
    pairs = list(zip(optional, node.args.defaults, strict=True))
    pairs += [
        (argument, value)
        for argument, value in zip(node.args.kwonlyargs, node.args.kw_defaults, strict=True)
        if value is not None
    ]
    if not pairs:
        return None
    context = f"def {node.name}({ast.unparse(node.args)})"
    values = []
    unparsed = [(argument, ast.unparse(default)) for argument, default in pairs]
    known = [value for _, value in unparsed]
    for argument, value in unparsed:
        if len(known) < 2 or known.count(value) > 1:
            continue  # could be answered without reading the question
        match = re.search(rf"(?<!\w){re.escape(argument.arg)}(?:: [^=]+ )?=\s?", context)
        if match and context.startswith(value, match.end()) and len(value) <= 40:
            values.append((argument.arg, value, match.end()))
    return (context, values) if values else None


_WORD = re.compile(r"\w+|[^\w\s]")


def _tagged_lines(path: Path) -> Iterator[tuple[tuple[str, ...], tuple[str, ...]]]:
    """Words and tags of each line that holds an entity.

    FUNCTION and CLASS are names being defined, MODULE is what is imported, and TEXT and
    COMMENT are the words inside strings and comments, with their marks left out, so that
    a model has to read on instead of looking for a quotation mark.
    """
    try:
        text = path.read_text(encoding="utf-8")
        tokens = list(tokenize.generate_tokens(io.StringIO(text).readline))
    except (OSError, SyntaxError, UnicodeDecodeError, tokenize.TokenError):
        return
    words: list[str] = []
    tags: list[str] = []
    previous = ""
    importing = False
    for token in tokens:
        if token.type in (tokenize.NEWLINE, tokenize.NL, tokenize.ENDMARKER):
            if 4 <= len(words) <= 40 and any(tag != "O" for tag in tags):
                yield tuple(words), tuple(tags)
            words, tags, previous, importing = [], [], "", False
            continue
        if not token.string.strip() or token.type in (tokenize.INDENT, tokenize.DEDENT):
            continue
        if token.type == tokenize.STRING and token.string.endswith(('"""', "'''")):
            continue  # docstrings are prose, not code
        kind = "O"
        if token.type == tokenize.STRING:
            kind, found = "TEXT", _WORD.findall(re.sub(r"^\w*['\"]|['\"]$", "", token.string))
        elif token.type == tokenize.COMMENT:
            kind, found = "COMMENT", _WORD.findall(token.string.lstrip("#! "))
        else:
            found = [token.string]
            importing = importing or token.string in ("import", "from")
            name = token.type == tokenize.NAME and not keyword.iskeyword(token.string)
            if name and previous in ("def", "class"):
                kind = "FUNCTION" if previous == "def" else "CLASS"
            elif name and importing:
                kind = "MODULE"
        words += found
        tags += (
            ["O"] * len(found)
            if kind == "O"
            else [f"B-{kind}", *[f"I-{kind}"] * (len(found) - 1)][: len(found)]
        )
        previous = token.string
