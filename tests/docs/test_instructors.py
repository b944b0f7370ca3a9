"""The guide for instructors: its lesson passes, its mistakes are found as it says, its tables are complete."""

import io
import re
from pathlib import Path

import click
import pytest
from rich.console import Console

from trainer.cli import COMMANDS
from trainer.firmware import practice
from trainer.subcommands.new import make
from trainer.validate import check, command
from trainer.validation import reports
from trainer.validation.findings import RULES
from trainer.workplace.hands import HANDS

GUIDE = (Path(__file__).parents[2] / "docs" / "instructors.md").read_text(encoding="utf-8")
LESSON, LAB = (text.partition("\n````")[0] + "\n" for text in GUIDE.split("\n````markdown\n")[1:])
NOTE = GUIDE.partition("the file note.txt:\n\n```text\n")[2].partition("```")[0]
SPOILED = {
    '["What all boards of a maker share tells none from another.", "It is number 2."]': '["It is number 2."]',
    'checks = ["command", "exit-status", { check = "output", contains = "MAC:" }]': 'checks = ["exit-status"]',
}
"""What the guide supposes to be wrong."""


def course(folder: Path, monkeypatch: pytest.MonkeyPatch, lesson: str = LESSON) -> str:
    """As a reader does it: a course, a lesson for it, and the guide's text in it."""
    monkeypatch.chdir(folder)
    make(Path("my-course"))
    made = make(Path("my-course/board-label"))
    (made.lesson / "lesson.md").write_text(lesson, encoding="utf-8")
    return "my-course/board-label"


def lab(folder: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """Likewise, the lab and its file."""
    monkeypatch.chdir(folder)
    make(Path("my-course"))
    made = make(Path("my-course/lab-deaf-board"))
    (made.lesson / "lesson.md").write_text(LAB, encoding="utf-8")
    (made.lesson / "note.txt").write_text(NOTE, encoding="utf-8")
    return "my-course/lab-deaf-board"


def rows(heading: str) -> dict[str, str]:
    table = GUIDE.partition(f"\n| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    return dict(re.match(r"\| `([^`]*)` \| (.*) \|$", row).groups() for row in table)  # type: ignore[union-attr]


def test_the_lesson_is_well_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    course(tmp_path, monkeypatch)
    assert [str(finding) for finding in check(["my-course"], play=False).findings] == []


def test_the_lab_is_well_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert NOTE.count("\n") == 2
    assert [str(finding) for finding in check([lab(tmp_path, monkeypatch)], play=False).findings] == []


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_lab_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    report = check([lab(tmp_path, monkeypatch)], firmware=practice())
    assert [str(finding) for finding in report.findings] == []
    assert len(report.lessons[0].outcomes) == 3


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_the_lesson_passes_and_its_mistakes_are_found_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lesson = course(tmp_path, monkeypatch)
    assert [str(finding) for finding in check(["my-course"], firmware=practice()).findings] == []
    text = LESSON
    for right, wrong in SPOILED.items():
        assert text.count(right) == 1
        text = text.replace(right, wrong)
    Path(lesson, "lesson.md").write_text(text, encoding="utf-8")
    stream = io.StringIO()
    reports.show(check([lesson], firmware=practice()), Console(file=stream, width=200))
    shown = stream.getvalue()
    example = GUIDE.partition("<!-- example: check -->\n```text\n")[2].partition("```")[0]
    assert shown.endswith(example), shown


def test_every_word_for_hands_is_named() -> None:
    listed = re.search(r"\*\*Hands\*\* are words, too: (.*?)\. These are all", GUIDE, re.DOTALL)
    assert listed is not None
    assert re.findall(r"`([^`]+)`", listed[1]) == list(HANDS)


def test_every_rule_is_in_the_table() -> None:
    assert rows("rule") == dict(RULES)


def test_every_option_is_in_the_table() -> None:
    options = {option.opts[0] for option in command.params if isinstance(option, click.Option)}
    assert {name.split()[0] for name in rows("option")} == options


def test_every_command_is_there() -> None:
    named = set(re.findall(r"espdojo (\w+) my-course", GUIDE))
    assert named
    assert named <= COMMANDS.keys()
