"""What a course has: its title, and its lessons in order.

A course is a folder with `course.toml` and one folder a lesson. Here it is known which lessons there are, and where;
`trainer.lesson` reads them.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

import lessons
from trainer.commands.words import did_you_mean
from trainer.course.block import SLUG, SLUG_CURE, Block, LessonError
from trainer.course.files import read_text

__all__ = ["MOST_LESSONS", "Course", "by_name", "course_of", "find_lesson", "load_course", "own_course"]

COURSE_KEYS: Final = frozenset({"format_version", "title", "lessons"})
"""What course.toml may hold; `trainer.validation.schema` describes it for editors."""

LARGEST_BYTES: Final = 16 * 1024
MOST_LESSONS: Final = 100


@dataclass(frozen=True)
class Course:
    """A course: its title, and its lessons' names in order. Lessons are loaded one by one, by `trainer.lesson`."""

    title: str
    lessons: tuple[str, ...]
    folder: Path

    @property
    def keys(self) -> tuple[str, ...]:
        """Its lessons in order, as `find_lesson` knows them."""
        return self.lessons if self.folder == own_course() else tuple(str(self.folder / name) for name in self.lessons)


def own_course() -> Path:
    """The folder of the course that comes with espdojo."""
    return Path(lessons.__file__).parent


def course_of(lesson: str) -> Course | None:
    """The course in whose folder a lesson lies, and which names it; the lesson as `find_lesson` knows it. None where
    there is none, or it cannot be read any more."""
    try:
        folder = find_lesson(lesson)
        course = load_course(folder.parent)
    except (LessonError, OSError):
        return None
    return course if folder.name in course.lessons else None


def find_lesson(name: str) -> Path:
    """The folder of a lesson, by its name in our own course or by its path. Raises `LessonError`."""
    if SLUG.fullmatch(name) and (own_course() / name).is_dir():
        return own_course() / name
    folder = Path(name).expanduser()
    if (folder / "course.toml").is_file() and not (folder / "lesson.md").exists():
        cure = f"Name one of its lessons, such as {folder / load_course(folder).lessons[0]}."
        raise LessonError(folder, 0, "that is a course", cure)
    if folder.is_dir():
        return by_name(folder)
    known = load_course(own_course()).lessons
    cure = f"{did_you_mean(name, known)} Ours are: {', '.join(known)}. Any other is named by its folder.".lstrip()
    raise LessonError(folder, 0, "there is no such lesson", cure)


def by_name(folder: Path) -> Path:
    """The same folder by a path that ends with its name, which `.` and `..` do not."""
    return folder if folder.name not in ("", "..") else folder / ".." / folder.resolve().name


def load_course(folder: Path) -> Course:
    """Read `course.toml` of a course's folder. Raises `LessonError`."""
    file = folder / "course.toml"
    block = Block.parse(file, 1, read_text(folder, file, LARGEST_BYTES))
    block.only(COURSE_KEYS)
    block.format_version()
    lessons = block.texts("lessons", most=MOST_LESSONS)
    for name in lessons:
        if not SLUG.fullmatch(name):
            raise block.error("lessons", f"“{name}” cannot be a lesson's folder", SLUG_CURE)
        if lessons.count(name) > 1:
            raise block.error("lessons", f"“{name}” stands there twice", "Name each lesson once.")
        if not (folder / name / "lesson.md").is_file():
            raise block.error(
                "lessons", f"there is no {name}/lesson.md", f"Write it, or take “{name}” out of the list."
            )
    return Course(block.text("title"), lessons, folder)
