"""What `check` found, and how it is told: as text, to GitHub, as JUnit XML."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree import ElementTree

from litreview.review.entry import Entry
from litreview.review.form import packaged_form
from litreview.review.labels import FIELDS


@dataclass(frozen=True, order=True)
class Finding:
    """One thing that a team may want to put right.

    Attributes:
        line: Of the README, from 1; 1 for what concerns the whole file.
        level: `error` (the source or the review is not complete), `warning`
            (probably a mistake), `hint` (could be better).
        code: A stable name, such as `no-address`.
        message: What is wrong, and the remedy.
    """

    line: int
    level: str
    code: str
    message: str


@dataclass(frozen=True)
class Report:
    """The result of checking one review.

    Attributes:
        path: What was checked, for messages.
        form: `template`, `list`, `essay` or `empty`.
        verdict: Whether there are enough complete sources; `"human"` for an essay.
        complete_sources: How many sources have title, address and the three fields.
        sources: What was found, in order.
        findings: By line.
        labels: The label of each field in this README.
    """

    path: str
    form: str
    verdict: bool | str
    complete_sources: int
    sources: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    labels: Mapping[str, str] = field(default_factory=lambda: packaged_form().labels)

    def count(self, level: str) -> int:
        """How many findings of a level there are."""
        return sum(finding.level == level for finding in self.findings)

    def to_json(self) -> dict[str, Any]:
        """Plain data: form, verdict, complete_sources, sources, findings."""
        return {
            "form": self.form,
            "verdict": self.verdict,
            "complete_sources": self.complete_sources,
            "sources": [_source_json(entry) for entry in self.sources],
            "findings": [
                {"line": f.line, "level": f.level, "code": f.code, "message": f.message}
                for f in self.findings
            ],
        }


def _source_json(entry: Entry) -> dict[str, Any]:
    fields = {name: getattr(entry, name) for name in FIELDS}
    return {
        "title": entry.title,
        "urls": list(entry.urls),
        "arxiv_id": entry.arxiv_id,
        "doi": entry.doi,
        **fields,
        "line": entry.line,
    }


def as_text(report: Report) -> str:
    """Findings for a person, one per line, and the verdict."""
    lines = [f"{report.path}:{f.line}: {f.level}: {f.message} [{f.code}]" for f in report.findings]
    verdicts = {True: "enough sources", False: "not enough sources yet", "human": "needs a human"}
    count = len(report.sources)
    lines.append(
        f"{report.path}: {verdicts[report.verdict]}: {report.complete_sources} of {count} "
        f"source{'s' * (count != 1)} complete, form: {report.form}"
    )
    return "\n".join(lines)


def as_github(report: Report) -> str:
    """Workflow commands that GitHub shows beside the lines.

    Reference: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    commands = {"error": "error", "warning": "warning", "hint": "notice"}
    return "\n".join(
        f"::{commands[f.level]} file={_property(report.path)},line={f.line},"
        f"title={_property(f.code)}::{_data(f.message)}"
        for f in report.findings
    )


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def as_junit(reports: Sequence[Report], command: str = "check") -> str:
    """JUnit XML: a suite per review, a case per source and one for the whole.

    An error fails its case; warnings and hints stand in its output.

    Args:
        reports: One for each review.
        command: The command that found it, for the names of the suite and its cases.
    """
    root = ElementTree.Element("testsuites", name=f"litreview {command}")
    for report in reports:
        starts = [entry.line for entry in report.sources]
        cases: dict[int, list[Finding]] = {0: [], **{start: [] for start in starts}}
        for finding in report.findings:
            whole = finding.code in _WHOLE_REVIEW
            before = [start for start in starts if start <= finding.line]
            cases[0 if whole or not before else before[-1]].append(finding)
        suite = ElementTree.SubElement(root, "testsuite", name=_xml(report.path))
        suite.set("tests", str(len(cases)))
        suite.set("failures", str(sum(any(f.level == "error" for f in c) for c in cases.values())))
        suite.set("errors", "0")
        names = {entry.line: entry.title or "untitled source" for entry in report.sources}
        for start, findings in cases.items():
            name = f"line {start}: {names[start]}" if start else "the review as a whole"
            case = ElementTree.SubElement(suite, "testcase", name=_xml(name))
            case.set("classname", f"litreview.{command}")
            case.set("file", _xml(report.path))
            errors = [finding for finding in findings if finding.level == "error"]
            if errors:
                failure = ElementTree.SubElement(case, "failure", type=errors[0].code)
                failure.set("message", _xml(errors[0].message))
                failure.text = _xml("\n".join(_told(finding) for finding in errors))
            others = [finding for finding in findings if finding.level != "error"]
            if others:
                output = ElementTree.SubElement(case, "system-out")
                output.text = _xml("\n".join(_told(finding) for finding in others))
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(
        root, encoding="unicode"
    )


_WHOLE_REVIEW = frozenset({"too-few-sources", "empty-review", "needs-a-human"})


def _told(finding: Finding) -> str:
    return f"line {finding.line}: {finding.level}: {finding.message} [{finding.code}]"


def _xml(text: str) -> str:
    """Drop what XML 1.0 cannot hold."""
    return re.sub(r"[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]", "\ufffd", text)
