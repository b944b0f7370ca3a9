"""Lessons are loaded as they are meant, and whatever is wrong with one is said with file, line and cure."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trainer.course.contents import load_course, own_course
from trainer.lesson import LessonError, following, load_lesson, parse_lesson, title_of
from trainer.system import SYSTEMS

LESSON = """\
# Wipe it

```lesson
format_version = 1
summary = "How to wipe a board."
minutes = 5
```

Read this first.

## Erase

Everything goes.

```step
id = "erase"
run = { windows = "type it in cmd", other = "type it" }
solutions = ["esptool --port {port} erase-flash", { windows = "esptool.exe erase-flash" }]
hints = ["a nudge", "the answer"]

[[mistakes]]
try = "esptool erase"
answer = "Two words."

[[mistakes]]
try = { windows = "dir" }
answer = "Only on Windows."
```

All gone.

## Choose

```step
id = "choose"
choose = "which?"
options = ["this", "that"]
solutions = ["that"]
hints = ["Not this."]
```
"""


def test_a_lesson_is_read_in_full() -> None:
    lesson = parse_lesson(LESSON, name="wipe")
    assert (lesson.title, lesson.minutes, lesson.board) == ("Wipe it", 5, "nodemcu")
    assert lesson.introduction == "Read this first."
    erase, choose = lesson.steps["linux"]
    assert (erase.id, erase.title, erase.kind, erase.task) == ("erase", "Erase", "run", "type it")
    assert erase.prose == "Everything goes."
    assert erase.afterword == "All gone."
    assert [name for name, _ in erase.checks] == ["command", "exit-status"]
    assert erase.hints == ("a nudge", "the answer")
    assert choose.options == ("this", "that")


def test_each_system_gets_its_own_variants() -> None:
    lesson = parse_lesson(LESSON, name="wipe")
    windows, linux = lesson.steps["windows"][0], lesson.steps["linux"][0]
    assert windows.task == "type it in cmd"
    assert len(windows.solutions) == 2
    assert linux.solutions == ("esptool --port {port} erase-flash",)
    assert [mistake.tries for mistake in windows.mistakes] == [("esptool erase",), ("dir",)]
    assert [mistake.tries for mistake in linux.mistakes] == [("esptool erase",)]


def test_a_step_may_be_for_some_systems_only() -> None:
    lesson = parse_lesson(LESSON.replace('id = "choose"', 'id = "choose"\nsystems = ["windows"]'), name="wipe")
    assert [len(lesson.steps[system]) for system in SYSTEMS] == [2, 1, 1]


CHOOSE_ID = 'id = "choose"'

MISTAKES = {
    "unknown key": ('hints = ["a', 'hint = ["a', "hint = ", "hint"),
    "no task": ("choose =", "chose =", "chose =", "chose"),
    "two tasks": (CHOOSE_ID, CHOOSE_ID + '\nrun = "x"', "choose =", "2 tasks"),
    "empty hint": ('"Not this."', '" "', 'hints = [" "]', "empty"),
    "no hints": ('hints = ["Not this."]', "", CHOOSE_ID, "hints"),
    "option that is none": ('solutions = ["that"]', 'solutions = ["those"]', "those", "those"),
    "mistake without answer": ('answer = "Two words."', "", "[[mistakes]]", "answer"),
    "mistake's unknown key": ('answer = "Only on Windows."', 'say = "x"', "say =", "say"),
    "second mistake's answer": ('answer = "Only on Windows."', "answer = 3", "answer = 3", "no text"),
    "unknown placeholder": ("{port}", "{prot}", "{prot}", "{prot}"),
    "placeholder in prose": ("Everything goes.", "Everything at {Port} or {bord} goes.", "{bord}", "{bord}"),
    "not TOML": ('"Not this."', '"Not this.', '"Not this.', "TOML"),
    "same id twice": (CHOOSE_ID, 'id = "erase"\n', 'id = "erase"\n\n', "two steps"),
    "bad id": (CHOOSE_ID, 'id = "Choose It"', "Choose It", "no id"),
    "no step block": ("```step\n" + CHOOSE_ID, "```toml\n" + CHOOSE_ID, "## Choose", "exactly one block"),
    "step in a list": ("All gone.", "- x\n\n  ```step\n  id = 'x'\n  ```", "  ```step", "inside a list"),
    "no title": ("# Wipe it", "Wipe it", "Wipe it", "title"),
    "format from the future": ("format_version = 1", "format_version = 2", "format_version", "format version"),
    "minutes in words": ("minutes = 5", 'minutes = "five"', "minutes", "minutes"),
    "link out of the folder": ("All gone.", "See [this](../../etc/passwd).", "See", "out of the lesson"),
    "link to another scheme": ("All gone.", "See [this](ftp://example.org/x).", "See", "out of the lesson"),
    "control character": ("All gone.", "All\x1b[2J gone.", "gone", "control character"),
    "unknown checker": (CHOOSE_ID, CHOOSE_ID + '\nchecks = ["luck"]', "checks", "luck"),
    "checker's parameter missing": (CHOOSE_ID, CHOOSE_ID + '\nchecks = ["output"]', "checks", "contains"),
    "checker's parameter unknown": (
        CHOOSE_ID,
        CHOOSE_ID + '\nchecks = [{ check = "plugged", how = 1 }]',
        "checks",
        "how",
    ),
    "unknown system": (CHOOSE_ID, CHOOSE_ID + '\nsystems = ["beos"]', "systems", "beos"),
    "system left out": ('choose = "which?"', 'choose = { windows = "which?" }', "choose =", "choose"),
}
"""What is right, what stands there instead, the line that is to be named, and a word of the problem."""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_reported_with_its_line_and_cure(name: str) -> None:
    right, wrong, where, word = MISTAKES[name]
    assert right in LESSON
    text = LESSON.replace(right, wrong, 1)
    line = text[: text.index(where)].count("\n") + 1
    with pytest.raises(LessonError) as caught:
        parse_lesson(text, name="wipe")
    assert caught.value.line == line, caught.value
    assert word in caught.value.problem
    assert caught.value.cure
    assert str(caught.value).startswith(f"lesson.md:{line}: ")


def test_limits_are_kept() -> None:
    hints = ", ".join(['"x"'] * 9)
    with pytest.raises(LessonError, match="9 texts"):
        parse_lesson(LESSON.replace('"Not this."', hints), name="wipe")
    with pytest.raises(LessonError, match="2001 characters"):
        parse_lesson(LESSON.replace("Not this.", "x" * 2001), name="wipe")
    with pytest.raises(LessonError, match="larger than"):
        parse_lesson(LESSON + "x" * 200_000, name="wipe")
    steps = "".join(f'\n## S{n}\n\n```step\nid = "s{n}"\nread = "x"\n```\n' for n in range(61))
    with pytest.raises(LessonError, match="step 61"):
        parse_lesson(LESSON.partition("## Erase")[0] + steps, name="wipe")


def lesson_folder(parent: Path, text: str | bytes = LESSON) -> Path:
    folder = parent / "wipe"
    folder.mkdir()
    (folder / "lesson.md").write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


def test_windows_line_ends_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    folder = lesson_folder(tmp_path, b"\xef\xbb\xbf" + LESSON.replace("\n", "\r\n").encode())
    assert load_lesson(folder) == parse_lesson(LESSON, name="wipe")


def test_another_encoding_is_named_with_its_line(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match=r"lesson\.md:13: the text is not UTF-8"):
        load_lesson(lesson_folder(tmp_path, LESSON.replace("Everything", "Ev\u00e9rything").encode("latin-1")))


def test_a_missing_lesson_is_named(tmp_path: Path) -> None:
    with pytest.raises(LessonError, match="no such file"):
        load_lesson(tmp_path)


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_no_link_leads_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret.md").write_text(LESSON)
    folder = tmp_path / "wipe"
    folder.mkdir()
    (folder / "lesson.md").symlink_to(tmp_path / "secret.md")
    with pytest.raises(LessonError, match="link out of its folder"):
        load_lesson(folder)


def test_our_own_course_loads() -> None:
    course = load_course(own_course())
    for name in course.lessons:
        assert load_lesson(course.folder / name).name == name


def problem_of(text: str) -> LessonError | None:
    """What is wrong with a lesson; None if it loads. Anything else that is raised fails the test."""
    try:
        parse_lesson(text, name="wipe")
    except LessonError as error:
        return error
    return None


FRAGMENTS = st.sampled_from(
    [*LESSON.splitlines(), "```step", "```", "# X", "## Y", "[[mistakes]]", "{port}", "{x}", "[a](b)", "- ", "> ", "\t"]
)


@pytest.mark.slow
@given(st.one_of(st.text(), st.lists(st.one_of(FRAGMENTS, st.text(max_size=30))).map("\n".join)))
@settings(max_examples=120, deadline=None)
def test_any_text_loads_or_is_a_lesson_error(text: str) -> None:
    error = problem_of(text)
    assert error is None or error.cure


TOML_VALUES = st.recursive(
    st.one_of(
        st.booleans().map(lambda value: str(value).lower()),
        st.integers().map(str),
        st.floats(allow_nan=False, allow_infinity=False).map(lambda value: repr(value).replace("e+", "e")),
        st.sampled_from(['"x"', '""', "'y'", '"\\u001b"', "1979-05-27", '"{port}"', '"other"']),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.tuples(st.sampled_from(["windows", "other", "check", "try", "x"]), inner).map(
            lambda pair: f"{{ {pair[0]} = {pair[1]} }}"
        ),
    ),
    max_leaves=6,
)
KEYS = st.sampled_from(
    [
        "id",
        "run",
        "choose",
        "find",
        "do",
        "read",
        "type",
        "checks",
        "hints",
        "solutions",
        "options",
        "mistakes",
        "systems",
    ]
)


@pytest.mark.slow
@given(st.dictionaries(KEYS, TOML_VALUES, max_size=6))
@settings(max_examples=120, deadline=None)
def test_any_values_in_a_step_load_or_are_a_lesson_error(values: dict[str, str]) -> None:
    block = "\n".join(f"{key} = {value}" for key, value in values.items())
    text = f"{LESSON}\n## Hostile\n\n```step\n{block}\n```\n"
    error = problem_of(text)
    assert error is None or error.line > LESSON.count("\n")


@given(depth=st.integers(min_value=100, max_value=20_000))
@settings(max_examples=10, deadline=None)
def test_deep_nesting_is_a_lesson_error(depth: int) -> None:
    with pytest.raises(LessonError):
        parse_lesson(LESSON.replace('["Not this."]', "[" * depth), name="wipe")


@given(st.binary(max_size=300))
@settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
def test_any_bytes_load_or_are_a_lesson_error(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "lesson.md").write_bytes(data)
    with pytest.raises(LessonError):
        load_lesson(tmp_path)


def test_what_follows_in_a_course(tmp_path: Path) -> None:
    names = load_course(own_course()).lessons
    first = load_lesson(own_course() / names[0])
    second = following(first)
    assert second is not None
    assert second.name == names[1]
    assert following(load_lesson(own_course() / names[-1])) is None
    (tmp_path / "alone").mkdir()
    (tmp_path / "alone" / "lesson.md").write_text(first.file.read_text(encoding="utf-8"), encoding="utf-8")
    assert following(load_lesson(tmp_path / "alone")) is None


def test_a_title_is_read_alone(tmp_path: Path) -> None:
    assert title_of(own_course() / "first-flash") == load_lesson(own_course() / "first-flash").title
    (tmp_path / "lesson.md").write_text("no title", encoding="utf-8")
    with pytest.raises(LessonError, match="one title"):
        title_of(tmp_path)


def test_every_placeholder_that_nobody_fills_is_named_at_once() -> None:
    with pytest.raises(LessonError) as caught:
        parse_lesson(LESSON.replace("Read this first.", "Read {this}\n\nand {that}."), name="wipe")
    assert "no placeholder {this}, and no {that} in line 11" in str(caught.value)
