"""What came of a check is shown to people, programs and build servers alike, whatever a lesson's text holds."""

import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rich.console import Console

from trainer.validation import reports
from trainer.validation.findings import Finding, together
from trainer.validation.plays import Outcome, Play
from trainer.validation.reports import LessonReport, Report

FOLDER = Path("course", "wipe")
LINUX, WINDOWS = Play(FOLDER, "linux", "nodemcu"), Play(FOLDER, "windows", "nodemcu", "4.8.1")


def finding(rule: str, line: int, problem: str = "it is wrong", plays: tuple[str, ...] = ()) -> Finding:
    return Finding(rule, FOLDER / "lesson.md", line, problem, "mend it", "erase", plays)


def report(
    *, read: tuple[Finding, ...] = (), linux: tuple[Finding, ...] = (), windows: tuple[Finding, ...] = ()
) -> Report:
    outcomes = tuple(
        Outcome(play, tuple(found.in_play(play.circumstances) for found in findings), 1.5, 4)
        for play, findings in ((LINUX, linux), (WINDOWS, windows))
    )
    return Report((LessonReport("wipe", "Wipe it", FOLDER, read, outcomes),))


def shown(value: Report) -> str:
    stream = io.StringIO()
    reports.show(value, Console(file=stream, width=80))
    return stream.getvalue()


def test_a_course_without_a_fault() -> None:
    value = report()
    assert value.ok
    assert "ok" in shown(value)
    assert "1 lesson, 2 plays: no problem." in shown(value)
    assert json.loads(reports.as_json(value))["ok"] is True


def test_what_shows_in_every_play_is_said_once() -> None:
    everywhere, somewhere = finding("solution", 9), finding("mistake", 7)
    value = report(linux=(everywhere, somewhere), windows=(everywhere,))
    assert [(found.line, found.plays) for found in value.findings] == [(7, ("linux on nodemcu",)), (9, ())]
    text = shown(value)
    assert "lesson.md:7: it is wrong" in text
    assert "Next: mend it" in text
    assert "(mistake; linux on nodemcu)" in text
    assert "1 lesson, 2 plays: 2 problems." in text


def test_json_tells_everything() -> None:
    value = json.loads(reports.as_json(report(read=(finding("hints", 3),), windows=(finding("solution", 9),))))
    (lesson,) = value["lessons"]
    assert (value["ok"], lesson["ok"], lesson["name"]) == (False, False, "wipe")
    assert [(play["system"], play["esptool"], play["ok"]) for play in lesson["plays"]] == [
        ("linux", None, True),
        ("windows", "4.8.1", False),
    ]
    assert [(found["rule"], found["line"], found["plays"]) for found in value["findings"]] == [
        ("hints", 3, []),
        ("solution", 9, ["windows on nodemcu with esptool 4.8.1"]),
    ]


def test_junit_has_a_case_for_the_text_and_for_each_play(tmp_path: Path) -> None:
    file = tmp_path / "report.xml"
    reports.write_junit(report(read=(finding("hints", 3),), windows=(finding("solution", 9),)), file)
    (suite,) = ElementTree.parse(file).getroot()
    assert (suite.get("name"), suite.get("tests"), suite.get("failures")) == ("wipe", "3", "2")
    cases = {case.get("name"): case.find("failure") for case in suite}
    assert list(cases) == ["text", "linux on nodemcu", "windows on nodemcu with esptool 4.8.1"]
    assert cases["linux on nodemcu"] is None
    failure = cases["text"]
    assert failure is not None
    assert failure.get("type") == "hints"
    assert "lesson.md:3" in (failure.text or "")


@pytest.mark.slow
@given(problem=st.text())
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_text_can_be_reported(tmp_path: Path, problem: str) -> None:
    value = report(linux=(finding("solution", 9, problem),))
    assert "\x1b" not in shown(value)
    assert json.loads(reports.as_json(value))["findings"][0]["problem"] == problem
    reports.write_junit(value, tmp_path / "report.xml")
    assert len(ElementTree.parse(tmp_path / "report.xml").getroot()) == 1


def test_findings_stand_in_the_order_of_the_text() -> None:
    assert [found.line for found in together([finding("b", 9), finding("a", 3), finding("b", 9)])] == [3, 9]
