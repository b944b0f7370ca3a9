"""Reading a lesson judges what it is meant to judge, and survives whatever loads."""

import json
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainer.lesson import LessonError, load_lesson
from trainer.system import SYSTEMS
from trainer.validation import static
from trainer.validation.course import gather

from ..pretend import lesson_text

STEP = """\
## Look {number}

{prose}

```step
id = "look-{number}"
{task}
checks = {checks}
solutions = {solutions}
hints = {hints}

[[mistakes]]
try = {tries}
answer = "No."
```

"""


def rules(folder: Path) -> list[str]:
    return [finding.rule for finding in static.read(load_lesson(folder))]


def step(
    number: int = 1,
    *,
    prose: str = "Read.",
    task: str = 'run = "ask where you are."',
    checks: str = '["command"]',
    solutions: str = '["pwd"]',
    hints: str = '["It is short.", "Type `pwd`."]',
    tries: str = '"where am i"',
) -> str:
    return STEP.format(
        number=number, prose=prose, task=task, checks=checks, solutions=solutions, hints=hints, tries=tries
    )


@pytest.mark.parametrize(
    "text",
    [
        step(),
        step(hints='["Say `esptool version`.", "Type `pwd`."]'),
        step(task='run = "type `pwd`."', hints='["Three letters."]'),  # the task tells, so no hint has to
        step(prose="The command is `pwd`.", hints='["Type `pwd`."]'),
        step(solutions='["esptool erase-flash"]', hints='["Wipe.", "Type `esptool.py erase_flash`."]'),
        step(
            task='choose = "which?"\noptions = ["a", "b"]',
            checks='["choice"]',
            solutions='["b"]',
            tries='"a"',
            hints='["Not the first.", "It is number 2."]',
        ),
        step(prose="See [the end](#look-1) and [a page](https://example.org)."),
        step(prose="- **Windows:** COM4\n- **macOS, Linux:** /dev\n\n**Beware:** hot."),
        step(solutions='["pwd", { windows = "pwd" }]'),  # there twice on one system only
    ],
)
def test_what_is_right_is_not_complained_about(text: str, write_lesson: Callable[..., Path]) -> None:
    assert rules(write_lesson(text)) == []


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        (
            step(
                hints='["Use `esptool.py erase_flash`.", "Type `esptool erase-flash`."]',
                solutions='["esptool erase-flash"]',
            ),
            "hints",
        ),
        (step(prose="See [the end](#nowhere)."), "links"),
        (step(prose="**Windows or Mac:** Look."), "labels"),
        (
            step(
                task='type = "add."',
                checks='["line"]',
                solutions='["python -m venv x"]',
                hints='["x", "Type `python -m venv x`."]',
            ),
            "commands",
        ),
        (step(tries='"hint"'), "commands"),
        (step(solutions='["sudo rm -rf /"]', hints='["x", "Type `sudo rm -rf /`."]'), "commands"),
        (
            step(solutions='["cat ../../../etc/passwd; true"]', hints='["x", "Type `cat ../../../etc/passwd; true`."]'),
            "commands",
        ),
    ],
)
def test_what_is_wrong_is(text: str, rule: str, write_lesson: Callable[..., Path]) -> None:
    assert rules(write_lesson(text)) == [rule]


def test_a_hint_that_tells_too_much_is_told_by_which_solution(write_lesson: Callable[..., Path]) -> None:
    text = step(
        solutions='["mpremote connect {port} repl", "mpremote"]',
        hints='["The tool is mpremote.", "Type `mpremote connect {port} repl`."]',
    )
    found = static.read(load_lesson(write_lesson(text)))
    assert [(finding.rule, finding.line) for finding in found] == [("hints", 19)]
    assert "“mpremote”" in found[0].problem


def test_the_last_hint_of_a_choice_tells_the_number(write_lesson: Callable[..., Path]) -> None:
    choice = 'choose = "which?"\noptions = ["this", "that"]'
    text = step(task=choice, checks='["choice"]', solutions='["that"]', tries='"this"', hints='["Not the first."]')
    found = static.read(load_lesson(write_lesson(text)))
    assert [finding.cure for finding in found] == ["Let it end in words such as: It is number 2."]


def test_a_finding_that_names_the_port_is_one_for_all_systems(write_lesson: Callable[..., Path]) -> None:
    line = "esptool --port {port} flash-id && ls"
    text = step(solutions=f'["{line}"]', hints=f'["x", "`{line}`"]')
    found = static.read(load_lesson(write_lesson(text)))
    assert [finding.rule for finding in found] == ["commands"]
    assert "{port}" in found[0].problem


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_a_link_out_of_the_folder_is_stray(tmp_path: Path, write_lesson: Callable[..., Path]) -> None:
    folder = write_lesson(step())
    (tmp_path / "secrets").mkdir()
    (folder / "pictures").symlink_to(tmp_path / "secrets")
    (folder / "loop").symlink_to(folder)
    found = static.read(load_lesson(folder))
    assert {(finding.rule, finding.file.name) for finding in found} == {
        ("stray-files", "loop"),
        ("stray-files", "pictures"),
    }
    assert any("out of the lesson's folder" in finding.problem for finding in found)


def test_files_that_are_used_are_not_stray(write_lesson: Callable[..., Path]) -> None:
    start = '[[files]]\nname = "page.html"\nsource = "data/page.html"'
    folder = write_lesson(step(prose="Look at ![the board](my%20board.png)."))
    (folder / "data").mkdir()
    (folder / "data" / "page.html").write_text("<html>")
    (folder / "my board.png").write_bytes(b"png")
    text = (folder / "lesson.md").read_text("utf-8").replace("minutes = 2\n", f"minutes = 2\n{start}\n")
    (folder / "lesson.md").write_text(text, encoding="utf-8")
    assert rules(folder) == []


def test_reading_time_counts_what_one_system_shows(write_lesson: Callable[..., Path]) -> None:
    words = "word " * 700
    folder = write_lesson(step(prose=f"**Windows:** {words}"))
    lesson = load_lesson(folder)
    needed = {system: static.minutes_needed(lesson, system) for system in SYSTEMS}
    assert needed["windows"] - needed["linux"] == pytest.approx(3.5)
    assert rules(folder) == ["reading-time"]


LINES = st.one_of(
    st.text(max_size=30),
    st.sampled_from(
        [
            "pwd",
            "esptool --port {port} erase-flash",
            ">>> 1",
            "'",
            '"',
            "`",
            "ls *",
            "\\",
            "é",
            "plug in",
            "again",
            "{{port}}",
        ]
    ),
)
TEXTS = st.lists(LINES, min_size=1, max_size=4)


@pytest.mark.slow
@given(
    kind=st.sampled_from(["run", "type", "do", "find", "choose"]),
    solutions=TEXTS,
    hints=TEXTS,
    tries=TEXTS,
    prose=LINES,
    checks=st.sampled_from(['["command"]', '["said"]', '["line"]', "[]"]),
)
@settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_whatever_loads_can_be_read(
    tmp_path_factory: pytest.TempPathFactory,
    kind: str,
    solutions: list[str],
    hints: list[str],
    tries: list[str],
    prose: str,
    checks: str,
) -> None:
    folder = tmp_path_factory.mktemp("lesson") / "lesson"
    folder.mkdir()
    task = f'{kind} = "do it"' + (f"\noptions = {json.dumps(solutions)}" if kind == "choose" else "")
    body = step(
        prose=prose,
        task=task,
        checks=checks,
        solutions=json.dumps(solutions),
        hints=json.dumps(hints),
        tries=json.dumps(tries),
    )
    text = lesson_text(body, minutes=2)
    (folder / "lesson.md").write_bytes(text.encode("utf-8", "replace"))
    try:
        lesson = load_lesson(folder)
    except LessonError:
        return
    for finding in static.read(lesson):
        assert finding.problem
        assert finding.cure
        assert 1 <= finding.line <= text.count("\n") + 1


@given(data=st.binary(max_size=200))
@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_course_file_is_gathered_or_complained_about(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    folder = tmp_path_factory.mktemp("course")
    (folder / "course.toml").write_bytes(data)
    (folder / "one").mkdir()
    (folder / "one" / "lesson.md").write_bytes(data)
    gathered = gather([str(folder)])
    assert gathered.course
    assert gathered.broken
