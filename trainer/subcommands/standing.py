"""How far a learner is in each course that they have begun: our own, and those of others, which are known by the folder
that a lesson lies in."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from trainer.course.contents import Course, course_of, find_lesson, load_course, own_course
from trainer.errors import EspdojoError
from trainer.lesson import Lesson, load_lesson
from trainer.progress import Record
from trainer.system import current

__all__ = ["Row", "Standing", "standings"]

State = Literal["done", "begun", "new"]


@dataclass(frozen=True)
class Row:
    """A lesson and how far the learner is in it. `steps` is None for a lesson that can no longer be loaded."""

    lesson: str
    """As `find_lesson` knows it."""
    name: str
    """The name of its folder."""
    course: str
    """The title of its course; "" where it is in none."""
    title: str
    state: State
    steps: int | None
    number: int | None
    """The current step's number, from 1; None unless the lesson is being worked on."""
    done: int
    skipped: int
    finished_at: datetime | None

    @property
    def is_earned(self) -> bool:
        """Whether it was finished, and not only by passing over every step."""
        return self.state == "done" and (self.done > 0 or not self.skipped)

    def as_json(self) -> dict[str, Any]:
        """The object that ``espdojo progress --json`` prints."""
        return {**self.__dict__, "finished_at": self.finished_at.isoformat() if self.finished_at else None}


@dataclass(frozen=True)
class Standing:
    """A course and its lessons in order, begun or not. Without a title, lessons that are in no course."""

    title: str
    rows: tuple[Row, ...]

    @property
    def done(self) -> int:
        """How many lessons are done."""
        return sum(row.state == "done" for row in self.rows)

    @property
    def begun(self) -> bool:
        """Whether any of them was ever begun."""
        return any(row.state != "new" for row in self.rows)


def standings(records: Sequence[Record]) -> list[Standing]:
    """Every course of which a lesson was begun, the one worked on last first; and our own, begun or not.

    `records` are as `Progress.records` has them. Lessons that are in no course any more stand together at the end.
    """
    known = {record.lesson: record for record in records}
    courses: dict[Path, Course] = {}
    alone: list[str] = []
    for record in records:
        if (course := course_of(record.lesson)) is None:
            alone.append(record.lesson)
        else:
            courses.setdefault(course.folder, course)
    own = load_course(own_course())
    courses.setdefault(own.folder, own)
    found = [_standing(course, known) for course in courses.values()]
    rows = tuple(_row(lesson, Path(lesson).name, "", known[lesson]) for lesson in alone)
    return [*found, Standing("", rows)] if rows else found


def _standing(course: Course, known: Mapping[str, Record]) -> Standing:
    rows = (
        _row(key, name, course.title, known.get(key)) for key, name in zip(course.keys, course.lessons, strict=True)
    )
    return Standing(course.title, tuple(rows))


def _row(key: str, name: str, course: str, record: Record | None) -> Row:
    lesson = _load(key)
    steps = lesson.steps[current()] if lesson else ()
    number = next((number for number, step in enumerate(steps, 1) if record and step.id == record.step), None)
    finished_at = record.finished_at if record else None
    return Row(
        lesson=key,
        name=name,
        course=course,
        title=lesson.title if lesson else name,
        state="done" if finished_at else "begun" if record else "new",
        steps=len(steps) if lesson else None,
        number=number,
        done=record.done if record else 0,
        skipped=record.skipped if record else 0,
        finished_at=finished_at,
    )


def _load(name: str) -> Lesson | None:
    """The lesson; None if it has vanished or cannot be read any more."""
    try:
        return load_lesson(find_lesson(name))
    except (EspdojoError, OSError):
        return None
