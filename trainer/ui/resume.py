"""With which lesson the tutor goes on when none is named."""

from collections.abc import Sequence

from trainer.course.contents import Course, course_of, find_lesson, load_course, own_course
from trainer.errors import EspdojoError
from trainer.progress import Record

__all__ = ["is_there", "next_lesson"]


def next_lesson(records: Sequence[Record]) -> str:
    """The lesson to go on with, as `find_lesson` knows it.

    Of the course that was worked on last: the lesson that was left last, or the first one that is not finished. Where
    there is none, the same of the course before that, and our own comes last; all done, it begins anew. `records` are
    as `Progress.records` has them. A lesson that has vanished is not gone on with.
    """
    for record in records:
        if (course := course_of(record.lesson)) is not None:
            if (left := _left(course, records)) is not None:
                return left
        elif record.step is not None and is_there(record.lesson):
            return record.lesson
    own = load_course(own_course())
    return _left(own, records) or own.lessons[0]


def is_there(lesson: str) -> bool:
    """Is the lesson of a record still where it was?"""
    try:
        return (find_lesson(lesson) / "lesson.md").is_file()
    except (EspdojoError, OSError):
        return False


def _left(course: Course, records: Sequence[Record]) -> str | None:
    """The lesson of a course to go on with; None where all of it is done."""
    finished = {record.lesson for record in records if record.finished_at}
    left = (record.lesson for record in records if record.step is not None and record.lesson in course.keys)
    return next(left, None) or next((key for key in course.keys if key not in finished), None)
