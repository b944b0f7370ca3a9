"""Each course in tests/lessons/broken has a defect, and that is found where it is: nothing else, and nowhere else.

A line with a defect says so: `caught: RULE`. Where a line cannot say anything, the file caught.txt beside course.toml
does: RULE FILE:LINE; line 0 is the whole file.
"""

import re
from pathlib import Path

import pytest

from trainer.validation import static
from trainer.validation.course import gather
from trainer.validation.findings import PLAYED, READ, Finding
from trainer.validation.plays import Play, Player

BROKEN = Path(__file__).parents[2] / "lessons" / "broken"
SLOW = {"solution-by-chance", "solution-by-luck"}
"""Courses whose plays need the real esptool, or wait for a board that says nothing."""
COURSES = sorted(path.name for path in BROKEN.iterdir())

Caught = tuple[str, str, int]
"""Rule, file within the course, line."""


def marked(course: Path) -> set[Caught]:
    """What the course's files say of their defects."""
    found = set()
    for file in filter(Path.is_file, course.rglob("*")):
        name, lines = file.relative_to(course).as_posix(), file.read_text("utf-8").splitlines()
        if file.name == "caught.txt":
            found |= {(rule, where, int(line)) for rule, where, line in (re.split(r"[ :]", line) for line in lines)}
        for at, line in enumerate(lines, 1):
            found |= {(rule, name, at) for rule in re.findall(r"caught: ([\w-]+)", line)}
    return found


def read(course: Path) -> list[Finding]:
    """What is found without playing anything."""
    gathered = gather([str(course)])
    by_reading = [finding for lesson in gathered.lessons for finding in static.read(lesson)]
    return [*gathered.course, *gathered.broken.values(), *by_reading]


def places(course: Path, findings: list[Finding]) -> set[Caught]:
    return {(finding.rule, finding.file.relative_to(course).as_posix(), finding.line) for finding in findings}


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow if name in SLOW else ()) for name in COURSES]
)
def test_the_defect_is_found_where_it_is(name: str, player: Player) -> None:
    course = BROKEN / name
    expected, found = marked(course), read(course)
    assert expected
    if any(rule in PLAYED for rule, _, _ in expected):
        for lesson in gather([str(course)]).lessons:
            found += player.play(Play(lesson.file.parent, "linux", lesson.board)).findings
    assert places(course, found) == expected
    assert len(found) == len(expected)
    assert all(finding.problem and finding.cure for finding in found)


def test_every_rule_is_broken_by_some_course() -> None:
    """All but the one that is about espdojo itself; test_pool breaks that."""
    rules = {rule for name in COURSES for rule, _, _ in marked(BROKEN / name)}
    assert rules == {*READ, *PLAYED} - {"finished"}
