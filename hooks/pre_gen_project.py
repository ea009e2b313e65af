"""Check every answer before a file is written.

Cookiecutter renders this file first, so the answers arrive as one JSON
document in which quotes are escaped: no answer can end the string it is in.
Standard library only. The message is one sentence for each thing to put right.
"""

import json
import os
import pathlib
import re
import sys
import unicodedata

ANSWERS = json.loads(r"""{{ cookiecutter | tojson }}""")

# Cookiecutter refuses what is not among their choices, but not in a replay file.
CHOSEN = ("task", "model_family")
WRITING_TASKS = ("generation", "summarization", "translation", "generative-qa")
# Longest text, in characters, and whether it may stay empty.
TEXTS = {
    "project_name": (120, False),
    "description": (1000, True),
    "members": (500, True),
    "course_title": (120, False),
    "cohort": (60, True),
    "repository_url": (300, True),
    "site_url": (300, True),
}
WINDOWS_NAMES = {"con", "prn", "aux", "nul"} | {
    device + digit for device in ("com", "lpt") for digit in "0123456789"
}
# Python packages that the repository installs or brings: a project of that name would hide them.
TAKEN_NAMES = {"baseline", "tests", "torch", "transformers", "numpy", "tokenizers", "mkdocs"}
OPEN, CLOSE = chr(123), chr(125)


def text_problem(name, value, longest, may_be_empty):
    """Say what is wrong with a line of text, or return None."""
    if not isinstance(value, str):
        return f"{name}: {value!r} is not text; give one line of text"
    if not value.strip():
        return None if may_be_empty else f"{name}: is empty; give it a few words"
    if len(value) > longest:
        return f"{name}: has {len(value)} characters; use at most {longest}"
    for character in value:
        if unicodedata.category(character) in ("Cc", "Cs", "Zl", "Zp"):
            return (
                f"{name}: {value!r} contains a control character or line break; keep it to one line"
            )
        # These turn the direction of text around, so that a name reads as another one.
        if character in "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069":
            return f"{name}: {value!r} contains an invisible direction mark; type it again by hand"
    if OPEN in value or CLOSE in value:
        return f"{name}: {value!r} contains a curly bracket; leave it out"
    return None


def slug_problem(slug):
    """Say what is wrong with the folder name, or return None."""
    if not isinstance(slug, str) or not re.fullmatch(r"[a-z0-9]+(?:-[a-z0-9]+)*", slug):
        return (
            f"project_slug: {slug!r} is no folder name; use lowercase letters, digits and single "
            "hyphens between them, such as names-in-the-news"
        )
    if len(slug) > 60:
        return f"project_slug: has {len(slug)} characters; use at most 60"
    if slug in WINDOWS_NAMES:
        return f"project_slug: {slug!r} is reserved by Windows; choose another name"
    if slug in TAKEN_NAMES:
        return f"project_slug: {slug!r} is the name of a Python package in use; choose another"
    return None


def url_problem(name, value):
    """Say what is wrong with a web address, or return None."""
    if (
        isinstance(value, str)
        and value
        and not re.fullmatch(r"https?://[\w.-]+(?::\d+)?(?:/[\w./~%+-]*)?", value, re.ASCII)
    ):
        return (
            f"{name}: {value!r} is no web address; give one like https://github.com/team/project "
            "or leave it empty"
        )
    return None


def languages():
    """List the languages that there are files of labels for, where the template lies with them."""
    # Where the template lies, seen from where cookiecutter was started; a hook runs elsewhere.
    place = pathlib.Path(os.environ.get("PWD", "."), ANSWERS.get("_repo_dir", ""))
    folders = (
        place / "coursekit" / "site" / "languages",
        place.parent.parent / "site" / "languages",
    )
    return sorted({file.stem for folder in folders for file in folder.glob("*.toml")})


def language_problem(code):
    """Say what is wrong with the language, or return None."""
    offered = languages()
    if offered and code not in offered:
        return f"language: {code!r} has no labels; choose one of {', '.join(offered)}"
    if not isinstance(code, str) or not re.fullmatch("[a-z]{2,3}(?:-[A-Za-z0-9]{2,8})*", code):
        return f"language: {code!r} is no code of a language; give one such as en"
    return None


def schedule_problem(schedule):
    """Say what is wrong with the rows of the schedule, or return None."""
    rows = schedule.get("milestones") if isinstance(schedule, dict) else None
    if not isinstance(rows, list):
        return f"_schedule: {schedule!r} has no list called milestones; give its rows there"
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            return (
                f"_schedule, row {number}: {row!r} is not a row; "
                "give date, milestone and deliverable"
            )
        for key, value in row.items():
            problem = text_problem(f"_schedule, row {number}, {key}", value, 300, True)
            if problem:
                return problem
    return None


def rules_problem(rules):
    """Say what is wrong with the course's numbers, or return None."""
    for name in ("minimum_sources", "recommended_sources", "presentation_minutes"):
        value = rules.get(name) if isinstance(rules, dict) else None
        if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 1000:
            return f"_rules: {name} is {value!r}; give a whole number from 1 to 999"
    return None


def problems():
    """List a sentence for each answer that cannot be used."""
    found = [slug_problem(ANSWERS["project_slug"])]
    for name, (longest, may_be_empty) in TEXTS.items():
        found.append(text_problem(name, ANSWERS[name], longest, may_be_empty))
    found += [url_problem(name, ANSWERS[name]) for name in ("repository_url", "site_url")]
    for name in CHOSEN:
        value = ANSWERS[name]
        if not isinstance(value, str) or not re.fullmatch("[a-z]{2,40}(?:-[a-z]{2,40})*", value):
            found.append(f"{name}: {value!r} is not offered; choose one of cookiecutter.json")
    if ANSWERS["model_family"] == "encoder-only" and ANSWERS["task"] in WRITING_TASKS:
        found.append(
            f"model_family: 'encoder-only' does not write text, which {ANSWERS['task']} needs; "
            "choose decoder-only or encoder-decoder"
        )
    found.append(language_problem(ANSWERS["language"]))
    found += [schedule_problem(ANSWERS["_schedule"]), rules_problem(ANSWERS["_rules"])]
    return [problem for problem in found if problem]


messages = problems()
if messages:
    print("\nNothing was written. Please correct:", file=sys.stderr)
for message in messages:
    print(message, file=sys.stderr)
sys.exit(1 if messages else 0)
