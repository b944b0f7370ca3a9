"""`espdojo new`: a course, or another lesson for one, that passes `espdojo check` as it is."""

import json
import re
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import Final

import click

from trainer.console import program
from trainer.course.block import SLUG, SLUG_CURE
from trainer.course.contents import load_course
from trainer.errors import EspdojoError
from trainer.lesson import LessonError

__all__ = ["Made", "command", "make"]

FIRST_LESSON: Final = "first-lesson"

COURSE_FILE: Final = "course.toml"

LIST: Final = re.compile(r"^(lessons\s*=\s*\[)([^\]#]*?)(,?\s*)(\])", re.MULTILINE)
"""The list of lessons in a course.toml that is written plainly."""


@dataclass(frozen=True)
class Made:
    """What `make` wrote. `listed` tells whether the lesson stands in its course's list."""

    files: tuple[Path, ...]
    course: Path
    lesson: Path
    listed: bool = True


def make(folder: Path) -> Made:
    """A new course in `folder`, with one lesson; or, if its parent is a course, a lesson for that.

    `folder` must not exist, or be empty. Raises EspdojoError.
    """
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise EspdojoError(f"{folder} is there already.", next_step="Choose a name that is not taken.")
    folder = folder.absolute()
    if (folder.parent / COURSE_FILE).is_file():
        return _another_lesson(folder)
    course = folder / COURSE_FILE
    lesson = _write_lesson(folder / FIRST_LESSON)
    values = {"title": _toml(_title(folder.name)), "lesson": _toml(FIRST_LESSON)}
    course.write_text(_template(COURSE_FILE, values), encoding="utf-8")
    return Made((course, lesson), folder, lesson.parent)


def _another_lesson(folder: Path) -> Made:
    if not SLUG.fullmatch(folder.name):
        raise EspdojoError(f"“{folder.name}” cannot be a lesson's folder.", next_step=SLUG_CURE)
    course = folder.parent / COURSE_FILE
    before = load_course(folder.parent).lessons
    lesson = _write_lesson(folder)
    text = course.read_text("utf-8-sig")
    longer = LIST.sub(lambda found: f"{found[1]}{found[2].rstrip()}, {_toml(folder.name)}{found[4]}", text, count=1)
    course.write_text(longer, encoding="utf-8")
    try:
        listed = load_course(folder.parent).lessons == (*before, folder.name)
    except LessonError:
        listed = False
    if not listed:
        course.write_text(text, encoding="utf-8")
    return Made((lesson, *([course] if listed else [])), folder.parent, folder, listed)


def _write_lesson(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "lesson.md"
    file.write_text(_template("lesson.md", {"title": _title(folder.name)}), encoding="utf-8")
    return file


def _template(name: str, values: dict[str, str]) -> str:
    text = files("trainer.subcommands").joinpath("templates", name).read_text("utf-8")
    return Template(text).substitute(values)


def _title(name: str) -> str:
    """A title made of a folder's name."""
    words = " ".join(re.sub(r"[^\w.,'()+]|_", " ", name).split())
    return words[:1].upper() + words[1:] or "My course"


def _toml(text: str) -> str:
    """A TOML string; JSON's are a part of them."""
    return json.dumps(text, ensure_ascii=False)


@click.command("new")
@click.argument("folder", type=click.Path(path_type=Path))
def command(folder: Path) -> int:
    """Make a course in FOLDER, with a lesson that passes `espdojo check`; in a course's folder, another lesson."""
    made = make(folder)
    for file in made.files:
        click.echo(f"Written: {_near(file)}")
    if not made.listed:
        click.echo(f"Now add {_toml(made.lesson.name)} to the lessons in {_near(made.course / COURSE_FILE)}.", err=True)
    click.echo(f"\nCheck it:  {program()} check {_quoted(_near(made.course))}")
    click.echo(f"Try it:    {program()} learn {_quoted(_near(made.lesson))}")
    return 0


def _near(path: Path) -> Path:
    """`path` as one would type it from here."""
    return path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path


def _quoted(path: Path) -> str:
    return f'"{path}"' if " " in str(path) else str(path)
