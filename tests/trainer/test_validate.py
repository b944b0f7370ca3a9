"""`espdojo check` as it is called: what it says, where, and its exit status."""

import json
import shutil
from pathlib import Path
from xml.etree import ElementTree

import pytest

from trainer.cli import main
from trainer.firmware import practice
from trainer.subcommands.new import make
from trainer.validate import check

BROKEN = Path(__file__).parents[1] / "lessons" / "broken"


def test_what_is_wrong_is_named_with_file_line_and_cure(capsys: pytest.CaptureFixture[str]) -> None:
    course = BROKEN / "hints-only-one"
    assert main(["check", "--read-only", str(course)]) == 1
    out = capsys.readouterr().out
    assert f"{course / 'broken' / 'lesson.md'}:17: the only hint gives the whole answer at once" in out
    assert "Next: Put a nudge before it." in out
    assert "1 lesson, 0 plays: 1 problem." in out


def test_a_lesson_that_does_not_load_is_in_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--read-only", str(BROKEN / "format-toml")]) == 1
    out = capsys.readouterr().out
    assert "1 problem" in out
    assert "this is not TOML" in out


def test_one_lesson_of_a_course_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", "--read-only", str(BROKEN / "names-lessons" / "second")]) == 0
    assert "no problem" in capsys.readouterr().out


def test_json_and_junit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "report.xml"
    assert main(["check", "--read-only", "--json", "--junit", str(file), str(BROKEN / "links")]) == 1
    value = json.loads(capsys.readouterr().out)
    assert [found["rule"] for found in value["findings"]] == ["links"]
    assert ElementTree.parse(file).getroot()[0].get("failures") == "1"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (["no-such-lesson"], 1, "no such lesson"),
        (["--board", "toaster"], 2, "toaster"),
        (["--esptool", "newest"], 2, "newest"),
        (["--jobs", "0"], 2, "jobs"),
    ],
)
def test_wrong_usage(arguments: list[str], status: int, words: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", *arguments]) == status
    assert words in capsys.readouterr().err


def test_a_folder_without_lessons(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path)]) == 1
    assert "neither a course nor a lesson" in capsys.readouterr().err


@pytest.mark.slow
def test_our_own_lessons_are_well_written() -> None:
    report = check(play=False)
    assert [str(finding) for finding in report.findings] == []
    assert report.lessons


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_what_new_makes_passes(tmp_path: Path) -> None:
    made = make(tmp_path / "my-course")
    make(tmp_path / "my-course" / "second")
    report = check([str(made.course)], firmware=practice())
    assert [str(finding) for finding in report.findings] == []
    assert [len(lesson.outcomes) for lesson in report.lessons] == [3, 3]


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_every_esptool_spelling_and_board(tmp_path: Path) -> None:
    """With an esptool that knows the old names only, and on boards with another bridge and another crystal."""
    made = make(tmp_path / "my-course")
    old = check([str(made.course)], systems=["linux"], esptools=["4.8.1"], firmware=practice())
    assert [str(finding) for finding in old.findings] == []
    boards = ("d1-mini", "esp8285")
    others = check([str(made.course)], systems=["macos"], boards=boards, firmware=practice())
    assert [str(finding) for finding in others.findings] == []
    assert [outcome.play.board for outcome in others.lessons[0].outcomes] == list(boards)


def test_a_course_may_lie_anywhere(tmp_path: Path) -> None:
    """In a folder with spaces and signs in its name, too."""
    course = tmp_path / "Tom's course, 2nd (new)"
    shutil.copytree(BROKEN / "solutions", course)
    report = check([str(course)], play=False)
    assert [finding.rule for finding in report.findings] == ["solutions"]
