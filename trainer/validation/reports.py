"""What came of a check, for people (a table and a list), for programs (JSON), and for build servers (JUnit's XML)."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from trainer.prose import printable
from trainer.validation.findings import Finding, together
from trainer.validation.plays import Outcome

__all__ = ["LessonReport", "Report", "as_json", "show", "write_junit"]

NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""Characters that XML 1.0 has no place for."""


@dataclass(frozen=True)
class LessonReport:
    """What came of one lesson: what showed in its text, and in its plays."""

    name: str
    title: str
    folder: Path
    read: tuple[Finding, ...]
    outcomes: tuple[Outcome, ...] = ()

    @property
    def seconds(self) -> float:
        """Of all plays together."""
        return sum(outcome.seconds for outcome in self.outcomes)


@dataclass(frozen=True)
class Report:
    """What came of a check. `course` is what belongs to no single lesson."""

    lessons: tuple[LessonReport, ...]
    course: tuple[Finding, ...] = ()

    @property
    def ok(self) -> bool:
        """Nothing was found."""
        return not self.findings

    @cached_property
    def findings(self) -> list[Finding]:
        """Everything, each once; what showed in all plays of a lesson is said without them."""
        found = together(self.course)
        for lesson in self.lessons:
            plays = [outcome.play.circumstances for outcome in lesson.outcomes]
            played = (finding for outcome in lesson.outcomes for finding in outcome.findings)
            found += together([*lesson.read, *together(played, plays)])
        return found

    def of(self, lesson: LessonReport) -> list[Finding]:
        """What was found in one lesson's folder."""
        return [finding for finding in self.findings if finding.file.is_relative_to(lesson.folder)]


def show(report: Report, console: Console) -> None:
    """A line for each lesson, then whatever is wrong, with where and what to do."""
    if report.lessons:
        table = Table(box=box.SIMPLE, pad_edge=False)
        table.add_column("Lesson", overflow="fold")
        for heading in ("Plays", "Steps", "Seconds"):
            table.add_column(heading, justify="right")
        table.add_column("Result")
        for lesson in report.lessons:
            found = report.of(lesson)
            result = Text(_count(len(found), "problem"), "red") if found else Text("ok", "green")
            steps = sum(outcome.steps for outcome in lesson.outcomes)
            table.add_row(lesson.name, str(len(lesson.outcomes)), str(steps), f"{lesson.seconds:.0f}", result)
        console.print(table)
    for finding in report.findings:
        console.print(_plain(str(finding), "bold"), soft_wrap=not console.is_terminal)
        console.print(_plain(f"    Next: {finding.cure}"), soft_wrap=not console.is_terminal)
        console.print(_plain(f"    ({_circumstances(finding)})", "dim"), soft_wrap=not console.is_terminal)
    plays = sum(len(lesson.outcomes) for lesson in report.lessons)
    result_words = _count(len(report.findings), "problem") if report.findings else "no problem"
    console.print(_plain(f"{_count(len(report.lessons), 'lesson')}, {_count(plays, 'play')}: {result_words}."))


def as_json(report: Report) -> str:
    """The report as JSON; docs/instructors.md tells its keys."""
    value: dict[str, Any] = {
        "ok": report.ok,
        "lessons": [
            {
                "name": lesson.name,
                "title": lesson.title,
                "folder": str(lesson.folder),
                "ok": not report.of(lesson),
                "plays": [_play_as_json(outcome) for outcome in lesson.outcomes],
            }
            for lesson in report.lessons
        ],
        "findings": [_finding_as_json(finding) for finding in report.findings],
    }
    return json.dumps(value, indent=2, ensure_ascii=False)


def _play_as_json(outcome: Outcome) -> dict[str, Any]:
    play = outcome.play
    return {
        "system": play.system,
        "board": play.board,
        "esptool": play.esptool or None,
        "steps": outcome.steps,
        "seconds": round(outcome.seconds, 2),
        "ok": not outcome.findings,
    }


def _finding_as_json(finding: Finding) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "file": str(finding.file),
        "line": finding.line,
        "step": finding.step or None,
        "problem": finding.problem,
        "cure": finding.cure,
        "plays": list(finding.plays),
    }


def write_junit(report: Report, file: Path) -> None:
    """A test suite for each lesson, a test case for its text and for each play. Raises OSError."""
    suites = ElementTree.Element("testsuites", name="espdojo check")
    if report.course:
        _suite(suites, "course", [("course", 0.0, report.course)])
    for lesson in report.lessons:
        cases = [("text", 0.0, lesson.read)]
        cases += [(o.play.circumstances, o.seconds, o.findings) for o in lesson.outcomes]
        _suite(suites, lesson.name, cases)
    ElementTree.indent(suites)
    ElementTree.ElementTree(suites).write(file, encoding="utf-8", xml_declaration=True)


def _suite(suites: ElementTree.Element, name: str, cases: Sequence[tuple[str, float, Sequence[Finding]]]) -> None:
    failures = sum(bool(findings) for _, _, findings in cases)
    suite = ElementTree.SubElement(suites, "testsuite", name=name, tests=str(len(cases)), failures=str(failures),
                                   errors="0", time=f"{sum(seconds for _, seconds, _ in cases):.3f}")  # fmt: skip
    for case, seconds, findings in cases:
        element = ElementTree.SubElement(suite, "testcase", classname=name, name=case, time=f"{seconds:.3f}")
        if findings:
            failure = ElementTree.SubElement(element, "failure", type=findings[0].rule, message=_xml(str(findings[0])))
            failure.text = _xml("\n".join(f"{finding}\nNext: {finding.cure}\n" for finding in findings))


def _circumstances(finding: Finding) -> str:
    return "; ".join([finding.rule, *finding.plays])


def _count(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"


def _plain(text: str, style: str = "") -> Text:
    """Text that may quote a lesson or a tool: without control characters, and without markup."""
    return Text(printable(text).replace("\n", " "), style)


def _xml(text: str) -> str:
    return NOT_XML.sub("\ufffd", printable(text))
