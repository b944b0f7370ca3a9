"""`espdojo new` makes courses and lessons that can be used at once, and spoils nothing."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainer.cli import main
from trainer.course.contents import load_course
from trainer.errors import EspdojoError
from trainer.lesson import load_lesson
from trainer.subcommands.new import make
from trainer.validate import check


def test_a_course_with_a_lesson(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["new", "electronics-club"]) == 0
    out = capsys.readouterr().out
    assert "Written: electronics-club/course.toml" in out.replace("\\", "/")
    assert "check electronics-club" in out
    course = load_course(tmp_path / "electronics-club")
    assert (course.title, course.lessons) == ("Electronics club", ("first-lesson",))
    assert check(["electronics-club"], play=False).ok


def test_another_lesson_for_it(tmp_path: Path) -> None:
    make(tmp_path / "club")
    made = make(tmp_path / "club" / "blink")
    assert made.listed
    assert load_course(tmp_path / "club").lessons == ("first-lesson", "blink")
    assert load_lesson(tmp_path / "club" / "blink").title == "Blink"
    assert "# The lessons' folders" in (tmp_path / "club" / "course.toml").read_text("utf-8"), "comments stay"
    assert check([str(tmp_path / "club")], play=False).ok


@pytest.mark.parametrize(
    "listing",
    [
        'lessons = [\n  "first-lesson",\n]',
        'lessons = [\n  "first-lesson"\n]',
        'lessons=["first-lesson"]',
        'lessons = ["first-lesson",]',
    ],
)
def test_a_list_in_any_layout_gets_longer(tmp_path: Path, listing: str) -> None:
    make(tmp_path / "club")
    (tmp_path / "club" / "course.toml").write_text(f'format_version = 1\ntitle = "Club"\n{listing}\n')
    assert make(tmp_path / "club" / "blink").listed
    assert load_course(tmp_path / "club").lessons == ("first-lesson", "blink")


def test_a_list_that_is_written_otherwise_is_left_to_its_author(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    make(tmp_path / "club")
    text = 'format_version = 1\ntitle = "Club"\nlessons = [\n  "first-lesson",  # ] the one to begin with\n]\n'
    (tmp_path / "club" / "course.toml").write_text(text)
    assert main(["new", str(tmp_path / "club" / "blink")]) == 0
    assert (tmp_path / "club" / "course.toml").read_text() == text
    assert 'add "blink"' in capsys.readouterr().err


def test_nothing_that_is_there_is_touched(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "chapter.md").write_text("years of work")
    (tmp_path / "file").write_text("x")
    for name in ("thesis", "file"):
        assert main(["new", str(tmp_path / name)]) == 1
        assert "there already" in capsys.readouterr().err
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["chapter.md"]


def test_a_lesson_needs_a_name_that_a_course_can_hold(tmp_path: Path) -> None:
    make(tmp_path / "club")
    with pytest.raises(EspdojoError, match="cannot be a lesson's folder"):
        make(tmp_path / "club" / "Blink It!")
    assert not (tmp_path / "club" / "Blink It!").exists()


NAMES = st.text(st.characters(exclude_characters="/\\\0", exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(name=NAMES.filter(lambda name: name.strip(". ") != ""))
@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_a_course_may_be_called_anything(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("courses") / name
    try:
        folder.mkdir()
    except OSError:  # a name that this disk does not take
        return
    made = make(folder)
    assert load_course(folder).lessons == ("first-lesson",)
    assert load_lesson(made.lesson).steps
