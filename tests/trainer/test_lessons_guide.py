"""The guide for authors says what is so: its example loads, its tables are complete."""

import re
from pathlib import Path

import pytest

from trainer.board.terminal import KEYS
from trainer.checks import CHECKERS
from trainer.commands.command import Command
from trainer.commands.meaning import parse
from trainer.commands.programs import MODULES, PROGRAMS
from trainer.course.contents import load_course
from trainer.course.origins import ORIGINS
from trainer.course.start import READY
from trainer.lesson import DEFAULT_CHECKS, PLACEHOLDERS, LessonError, load_lesson, parse_lesson
from trainer.prose import fill
from trainer.system import SYSTEMS
from trainer.validation.static import sample_values
from trainer.workplace.hands import HANDS

from .pretend import lesson_text

GUIDE = (Path(__file__).parents[2] / "docs" / "lessons.md").read_text(encoding="utf-8")


def rows(heading: str) -> dict[str, list[str]]:
    """The rows of the table whose first column is called `heading`: first cell without backticks -> other cells."""
    table = GUIDE.partition(f"\n| {heading} |")[2].partition("\n\n")[0].splitlines()[2:]
    cells = [[cell.strip() for cell in re.split(r"(?<!\\)\|", line)[1:-1]] for line in table]
    return {row[0].strip("`"): row[1:] for row in cells}


def test_the_example_loads(tmp_path: Path) -> None:
    example = GUIDE.partition("````markdown\n")[2].partition("\n````")[0]
    folder = tmp_path / "wipe"
    folder.mkdir()
    (folder / "lesson.md").write_text(example, encoding="utf-8")
    (tmp_path / "course.toml").write_text(GUIDE.partition("```toml\n")[2].partition("```")[0], encoding="utf-8")
    assert load_course(tmp_path).lessons == ("wipe",)
    assert [step.id for step in load_lesson(folder).steps["macos"]] == ["plug-in", "erase"]


def test_the_error_shown_is_the_error_given(tmp_path: Path) -> None:
    example = GUIDE.partition("````markdown\n")[2].partition("\n````")[0].replace("at {port}.", "at {prot}.")
    folder = tmp_path / "wipe"
    folder.mkdir()
    (folder / "lesson.md").write_text(example, encoding="utf-8")
    with pytest.raises(LessonError) as caught:
        load_lesson(folder)
    shown = re.search(r"    my-course/wipe/(lesson\.md:\d+: .*)\n    Next: (.*)\n", GUIDE)
    assert shown is not None
    assert str(caught.value).endswith(shown[1])
    assert caught.value.next_step == shown[2]


def test_every_checker_is_in_the_table() -> None:
    table = rows("checker")
    assert list(table) == list(CHECKERS)
    for name, checker in CHECKERS.items():
        assert set(re.findall(r"`(\w+)`", table[name][-1])) == set(checker.parameters)


def test_every_placeholder_is_in_the_table() -> None:
    assert rows("placeholder") == {f"{{{name}}}": [meaning] for name, meaning in PLACEHOLDERS.items()}


def test_all_that_a_lesson_starts_from_is_in_the_tables() -> None:
    assert rows("in `starts`") == {name: [words] for name, words in READY.items()}
    keys = rows("key of these tables")
    assert set(keys) == {"name", "offset", "from", "source", "bytes", "flash_size"}
    assert set(re.findall(r"`(\w+)`", keys["from"][0])) == set(ORIGINS)


def test_the_example_of_a_start_loads() -> None:
    block = GUIDE.partition("## What a lesson starts from")[2].partition("```toml\n")[2].partition("```")[0]
    text = lesson_text('## S\n\n```step\nid = "s"\nread = "x"\n```\n', start=block)
    start = parse_lesson(text, name="start").start
    assert (start.folder, start.files[0].content.size, start.flash[0].offset) == ("Downloads", 200_000, 0x1000)


def test_every_program_of_the_shell_is_in_the_table_and_every_example_is_taken() -> None:
    table = rows("what for")
    programs = {name for _, names in table.values() for name in re.findall(r"`([^`]+)`", names)}
    assert programs == PROGRAMS.keys() | {f"python -m {module}" for module in MODULES}
    for examples, _ in table.values():
        lines = re.findall(r"`([^`]+)`", examples)
        assert lines
        for line in lines:
            read = [parse(fill(line, sample_values(system)), system) for system in SYSTEMS]
            assert any(isinstance(command, Command) for command in read), line


def test_every_word_for_hands_and_every_key_is_there() -> None:
    assert list(rows("hands")) == list(HANDS)
    keys = re.search(r"What is typed at the board besides Python: (.*?), as words", GUIDE, re.DOTALL)
    assert keys is not None
    assert re.findall(r"`([^`]+)`", keys[1]) == list(KEYS)


def test_every_task_is_in_the_table_with_its_usual_checks() -> None:
    table = {name: tuple(re.findall(r"`([\w-]+)`", cells[-1])) for name, cells in rows("task").items()}
    assert table == dict(DEFAULT_CHECKS)
