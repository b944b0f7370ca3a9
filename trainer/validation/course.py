"""What is to be checked: courses and lessons, by name or folder, loaded; and what is wrong with a course as such."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from trainer.course.block import SLUG
from trainer.course.contents import by_name, load_course, own_course
from trainer.lesson import Lesson, LessonError, load_lesson
from trainer.validation.findings import Finding, not_loaded

__all__ = ["Gathered", "gather"]


@dataclass
class Gathered:
    """Lessons that load, and what is wrong with the rest."""

    lessons: list[Lesson] = field(default_factory=list)
    broken: dict[Path, Finding] = field(default_factory=dict)
    """What is wrong with those that do not load, by folder."""
    course: list[Finding] = field(default_factory=list)
    """What belongs to no single lesson."""


def gather(targets: Iterable[str]) -> Gathered:
    """The lessons of `targets`: names of our own lessons, folders of lessons and of courses; by default our course.

    Raises LessonError for a target that is none of these.
    """
    gathered = Gathered()
    folders: list[Path] = []
    for target in list(targets) or [str(own_course())]:
        folder = own_course() / target if SLUG.fullmatch(target) and (own_course() / target).is_dir() else Path(target)
        if (folder / "course.toml").exists():
            folders += _lessons_of(folder, gathered)
        elif (folder / "lesson.md").exists():
            folders.append(by_name(folder))
        else:
            problem = "the folder is neither a course nor a lesson" if folder.is_dir() else "there is no such lesson"
            cure = "Name a folder that holds course.toml or lesson.md; `espdojo new FOLDER` makes one."
            raise LessonError(folder, 0, problem, cure)
    for folder in {folder.resolve(): folder for folder in folders}.values():
        try:
            gathered.lessons.append(load_lesson(folder))
        except LessonError as error:
            gathered.broken[folder] = not_loaded(error)
    gathered.course += _same_titles(gathered.lessons)
    return gathered


def _lessons_of(course: Path, gathered: Gathered) -> list[Path]:
    """The folders of a course's lessons, in its order; then those that it does not name."""
    listed: list[Path] = []
    try:
        listed = [course / name for name in load_course(course).lessons]
    except LessonError as error:
        gathered.course.append(not_loaded(error))
    there = sorted(file.parent for file in course.glob("*/lesson.md"))
    unlisted = [folder for folder in there if folder not in listed]
    for folder in unlisted if listed else ():
        problem, cure = (
            f"the lesson {folder.name} is not in the list",
            f"Add “{folder.name}” to lessons, or take it away.",
        )
        gathered.course.append(Finding("course-list", course / "course.toml", _line_of_list(course), problem, cure))
    return [*listed, *unlisted]


def _line_of_list(course: Path) -> int:
    lines = (course / "course.toml").read_text("utf-8-sig").splitlines()
    return next((number for number, line in enumerate(lines, 1) if line.lstrip().startswith("lessons")), 0)


def _same_titles(lessons: list[Lesson]) -> Iterator[Finding]:
    seen: dict[tuple[Path, str], Lesson] = {}
    for lesson in lessons:
        key = (lesson.file.parent.parent, " ".join(lesson.title.casefold().split()))
        if first := seen.get(key):
            problem = f"the lesson {first.name} is called “{lesson.title}” already"
            yield Finding("names", lesson.file, 1, problem, "Give each lesson a title of its own.")
        seen.setdefault(key, lesson)
