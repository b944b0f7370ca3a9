"""With which lesson `espdojo` goes on: in our course and in others."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from trainer.course.contents import load_course, own_course
from trainer.progress import Record
from trainer.subcommands.new import make
from trainer.ui.resume import is_there, next_lesson

OURS = load_course(own_course()).lessons
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def record(lesson: str | Path, step: str | None = None) -> Record:
    """A lesson that is at `step`, or finished."""
    return Record(str(lesson), step, 1, 0, NOW, None if step else NOW)


@pytest.fixture
def course(tmp_path: Path) -> Path:
    """Another course, of two lessons: first-lesson and second."""
    made = make(tmp_path / "bench-course")
    make(made.course / "second")
    return made.course


def test_who_has_done_nothing_begins_with_our_first() -> None:
    assert next_lesson([]) == OURS[0]


def test_in_our_course_the_one_left_last_then_the_first_that_is_not_finished() -> None:
    assert next_lesson([record(OURS[5]), record(OURS[3], "x"), record(OURS[2], "x")]) == OURS[3]
    assert next_lesson([record(OURS[5]), record(OURS[0])]) == OURS[1]
    assert next_lesson([record(name) for name in OURS]) == OURS[0], "all is done, so it begins anew"


def test_in_another_course_likewise(course: Path) -> None:
    first, second = course / "first-lesson", course / "second"
    ours = record(OURS[3], "x")
    assert next_lesson([record(first, "x"), ours]) == str(first)
    assert next_lesson([record(first), ours]) == str(second)
    assert next_lesson([ours, record(first)]) == OURS[3], "the course that was worked on last counts"
    assert next_lesson([record(second), record(first), ours]) == OURS[3], "that course is done"


def test_a_lesson_of_no_course_is_gone_on_with_until_it_is_finished(course: Path) -> None:
    (course / "course.toml").unlink()
    lone = course / "first-lesson"
    assert next_lesson([record(lone, "x")]) == str(lone)
    assert next_lesson([record(lone)]) == OURS[0]


def test_what_has_vanished_is_not_gone_on_with(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    assert not is_there(str(gone))
    assert is_there(OURS[0])
    assert next_lesson([record(gone, "x"), record(OURS[3], "x")]) == OURS[3]
