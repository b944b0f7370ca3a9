"""The course as a whole: every lesson loads, is as long as it says, and the README lists them in order."""

import re
from pathlib import Path

import pytest

from trainer import prose
from trainer.course.contents import load_course, own_course
from trainer.lesson import load_lesson
from trainer.system import SYSTEMS, System

COURSE = load_course(own_course())
LESSONS = [name for name in COURSE.lessons if not name.startswith("lab-")]

WORDS_A_MINUTE = 160
"""Read with care, by somebody to whom it is new."""
STEP_MINUTES = 0.5
"""To type a line and see what comes."""


def test_first_comes_the_whole_walk() -> None:
    assert COURSE.lessons[0] == "first-flash"


def test_every_folder_is_in_the_course() -> None:
    folders = {file.parent.name for file in own_course().glob("*/lesson.md")}
    assert folders == set(COURSE.lessons)


def test_the_readme_lists_the_lessons() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (\d+) \|", readme, re.MULTILINE)
    taught = [row for row in rows if not row[0].startswith("lab-")]
    assert taught == [(name, str(load_lesson(own_course() / name).minutes)) for name in LESSONS]


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_a_lesson_is_as_long_as_it_says(name: str) -> None:
    lesson = load_lesson(own_course() / name)
    for system in SYSTEMS:
        assert abs(_minutes(name, system) - lesson.minutes) <= max(3, lesson.minutes * 0.4), _minutes(name, system)
        assert name == "first-flash" or 5 <= lesson.minutes <= 15


@pytest.mark.parametrize("name", LESSONS)
def test_hints_go_from_a_nudge_to_the_answer(name: str) -> None:
    for system in SYSTEMS:
        for step in load_lesson(own_course() / name).steps[system]:
            assert step.kind == "read" or len(step.hints) >= 2, step.id
            if step.kind in ("run", "type") and len(step.solutions[0]) > 5:
                assert step.solutions[0].strip() in step.hints[-1], step.id
                assert step.solutions[0].strip() not in step.hints[0], step.id


def _minutes(name: str, system: System) -> float:
    lesson = load_lesson(own_course() / name)
    steps = lesson.steps[system]
    texts = [lesson.introduction, *(part for step in steps for part in (step.prose, step.afterword, step.task))]
    words = sum(len(prose.render(text, system, {}).split()) for text in texts)
    return words / WORDS_A_MINUTE + len(steps) * STEP_MINUTES
