"""A course names lessons that are there, and a lesson is found by its name or by its folder."""

from pathlib import Path

import pytest

from trainer.course.block import LessonError
from trainer.course.contents import course_of, find_lesson, load_course, own_course
from trainer.lesson import load_lesson
from trainer.validation.course import gather

from ..pretend import lesson_text

COURSE = 'format_version = 1\ntitle = "T"\nlessons = ["wipe"]\n'


def add_lesson(course: Path) -> None:
    """A lesson, `wipe`, in a course's folder."""
    (course / "wipe").mkdir()
    text = lesson_text('## S\n\n```step\nid = "s"\nread = "x"\n```\n')
    (course / "wipe" / "lesson.md").write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ('format_version = 1\ntitle = "T"\nlessons = ["../wipe"]', "../wipe"),
        ('format_version = 1\ntitle = "T"\nlessons = ["wipe", "wipe"]', "twice"),
        ('format_version = 1\ntitle = "T"\nlessons = ["other"]', "other"),
        ('format_version = 1\ntitle = "T"\nlessons = []', "empty"),
        ('format_version = 1\nlessons = ["wipe"]', "title"),
    ],
)
def test_a_course_names_lessons_that_are_there(tmp_path: Path, text: str, word: str) -> None:
    add_lesson(tmp_path)
    (tmp_path / "course.toml").write_text(text)
    with pytest.raises(LessonError, match=word):
        load_course(tmp_path)


def test_a_course_is_not_a_lesson(tmp_path: Path) -> None:
    add_lesson(tmp_path)
    (tmp_path / "course.toml").write_text(COURSE, encoding="utf-8")
    with pytest.raises(LessonError, match="that is a course") as caught:
        find_lesson(str(tmp_path))
    assert str(tmp_path / "wipe") in caught.value.cure


def test_a_lesson_is_found_from_inside_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_lesson(tmp_path)
    pages = tmp_path / "wipe" / "pages"
    pages.mkdir()
    (tmp_path / "course.toml").write_text(COURSE, encoding="utf-8")
    for inside, target in ((tmp_path / "wipe", "."), (pages, "..")):
        monkeypatch.chdir(inside)
        assert load_lesson(find_lesson(target)).name == "wipe"
        assert [lesson.name for lesson in gather([target]).lessons] == ["wipe"]
        assert load_course(find_lesson(target).parent).lessons == ("wipe",)


def test_a_lesson_of_ours_is_found_by_its_name() -> None:
    assert find_lesson("first-flash") == own_course() / "first-flash"
    with pytest.raises(LessonError, match="no such lesson") as caught:
        find_lesson("first-flsh")
    assert "Did you mean `first-flash`?" in caught.value.cure


def test_the_course_of_a_lesson_is_the_one_that_names_it(tmp_path: Path) -> None:
    add_lesson(tmp_path)
    assert course_of(str(tmp_path / "wipe")) is None
    (tmp_path / "course.toml").write_text(COURSE, encoding="utf-8")
    course = course_of(str(tmp_path / "wipe"))
    assert course is not None
    assert course.keys == (str(tmp_path / "wipe"),)
    assert course_of("first-flash") == load_course(own_course())
