"""What a lesson says it starts from is read as it is meant; whatever is wrong is said with line and cure."""

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer.course.origins import Content, esp32_image
from trainer.course.start import FlashPart, Start, StartFile, fault_name
from trainer.images.identify import identify
from trainer.lesson import Lesson, LessonError, parse_lesson

HEAD = """\
# Mend it

```lesson
format_version = 1
summary = "A board that fails."
minutes = 5
"""

STEPS = """\
```

## Look

```step
id = "look"
read = "look"
repairs = ["noise"]
```

## Write

```step
id = "write"
read = "write"
faults = ["brownout=100K"]
```

## Mend

```step
id = "mend"
read = "mend"
repairs = ["brownout"]
```
"""

START = """\
starts = ["terminal", "environment", "micropython"]
folder = "Downloads"
board = "esp-01s"
faults = ["noise=0.01:7", "worn-sectors=0-40"]
practice_image = false

[[files]]
name = "Downloads/{firmware}"
from = "firmware"
bytes = 200000

[[files]]
name = "notes.txt"
source = "notes.txt"

[[flash]]
offset = 0x1000
from = "firmware"
flash_size = "512KB"
"""


def parsed_or_error(start: str) -> Lesson | LessonError:
    """The lesson, or what is wrong with it. Anything else that is raised fails the test."""
    try:
        return parse(start)
    except LessonError as error:
        return error


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "notes.txt").write_text("Read me.")
    return tmp_path


def parse(start: str, folder: Path = Path()) -> Lesson:
    return parse_lesson(HEAD + start + STEPS, name="mend", file=folder / "lesson.md")


def test_all_that_a_lesson_may_start_from_is_read(folder: Path) -> None:
    lesson = parse(START, folder)
    assert lesson.start == Start(
        ready=("environment", "plugged", "micropython", "terminal"),
        folder="Downloads",
        faults=("noise=0.01:7", "worn-sectors=0-40"),
        files=(
            StartFile("Downloads/{firmware}", Content("firmware", size=200_000)),
            StartFile("notes.txt", Content(source=folder.resolve() / "notes.txt")),
        ),
        flash=(FlashPart(0x1000, Content("firmware", flash_size="512KB")),),
    )
    assert (lesson.board, lesson.practice_image, lesson.needs_practice_board) == ("esp-01s", False, True)


def test_a_lesson_that_says_nothing_starts_from_nothing() -> None:
    lesson = parse('faults = ["noise"]\n')
    assert (lesson.start.ready, lesson.start.files, lesson.practice_image) == ((), (), True)


@pytest.mark.parametrize(
    ("start", "needs"),
    [
        ('faults = ["noise"]\n', True),
        ('faults = ["noise"]\nboard = "esp-01"\n', True),
        ('faults = ["noise"]\n[[flash]]\noffset = 0\nfrom = "esp32"\n', True),
    ],
)
def test_what_cannot_be_arranged_on_a_real_board_needs_a_practice_board(start: str, needs: bool) -> None:
    assert parse(start).needs_practice_board == needs


def test_what_a_real_board_can_be_like_needs_no_practice_board() -> None:
    steps = STEPS.replace('repairs = ["noise"]\n', "").replace('faults = ["brownout=100K"]\n', "")
    text = HEAD + 'starts = ["firmware", "terminal"]\n' + steps.replace('repairs = ["brownout"]\n', "")
    assert not parse_lesson(text, name="mend").needs_practice_board


def test_faults_come_and_go_with_the_steps() -> None:
    lesson = parse('faults = ["noise"]\n')
    at = [set(lesson.faults_at("linux", step)) for step in ("look", "write", "mend", None)]
    assert at == [{"noise"}, {"brownout"}, {"brownout"}, set()]
    assert lesson.faults_at("macos", "write") == {"brownout": "brownout=100K"}


NOISE = 'faults = ["noise"]\n'
FILE = NOISE + '[[files]]\nname = "a.bin"\nfrom = "firmware"\n'
FLASH = NOISE + '[[flash]]\noffset = 0\nfrom = "firmware"\n'

MISTAKES = {
    "unknown start": (NOISE + 'starts = ["coffee"]\n', "starts", "coffee"),
    "unknown fault": ('faults = ["hunger"]\n', "faults", "hunger"),
    "fault's value": ('faults = ["noise=2"]\n', "faults", "between 0 and 1"),
    "fault twice": ('faults = ["noise", "noise=0.1"]\n', "faults", "twice"),
    "fault that is no text": ("faults = [1]\n", "faults", "no text"),
    "unknown board": (NOISE + 'board = "toaster"\n', "board =", "toaster"),
    "practice_image in words": (NOISE + 'practice_image = "no"\n', "practice_image", "true nor false"),
    "folder above home": (NOISE + 'folder = "../.."\n', "folder", "below the home"),
    "folder from the root": (NOISE + 'folder = "/etc"\n', "folder", "below the home"),
    "folder that is hidden": (NOISE + 'folder = ".ssh"\n', "folder", "below the home"),
    "file above home": (FILE.replace("a.bin", "../a.bin"), "name", "below the home"),
    "file on a drive": (FILE.replace("a.bin", "C:/a.bin"), "name", "below the home"),
    "file with a backslash": (FILE.replace('"a.bin"', "'a\\b'"), "name", "below the home"),
    "file named by a port": (FILE.replace("a.bin", "{port}"), "name", "placeholder"),
    "file with half a placeholder": (FILE.replace("a.bin", "{firmware"), "name", "placeholder"),
    "file without a name": (FILE.replace('name = "a.bin"\n', ""), "[[files]]", "missing"),
    "file without contents": (FILE.replace('from = "firmware"\n', ""), "name", "one origin"),
    "file with two origins": (FILE + 'source = "x"\n', "from", "one origin"),
    "unknown origin": (FILE.replace("firmware", "thin air"), "from", "thin air"),
    "source that is not there": (FILE.replace("from = ", "source = "), "source", "no file"),
    "source above the lesson": (FILE.replace('from = "firmware"', 'source = "../x"'), "source", "not in the lesson"),
    "source from the root": (FILE.replace('from = "firmware"', 'source = "/x"'), "source", "not in the lesson"),
    "source that is no text": (FILE.replace('from = "firmware"', "source = 1"), "source", "no text"),
    "size below nothing": (FILE + "bytes = -1\n", "bytes", "no number"),
    "size beyond any chip": (FILE + "bytes = 99999999\n", "bytes", "no number"),
    "unknown key": (FILE + "mode = 1\n", "mode", "not known"),
    "files that are no tables": (NOISE + "files = 1\n", "files", "not tables"),
    "too many files": (NOISE + '[[files]]\nname = "a"\nfrom = "firmware"\n' * 9, "[[files]]", "9 tables"),
    "flash without a place": (FLASH.replace("offset = 0\n", ""), "[[flash]]", "offset"),
    "flash of an odd size": (FLASH + 'flash_size = "3MB"\n', "flash_size", "3MB"),
    "a file's flash size": (FILE + 'flash_size = "1MB"\n', "flash_size", "not known"),
}
"""What stands in the lesson block, the text of the line that is to be named, and a word of the problem."""


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_reported_with_its_line_and_cure(name: str) -> None:
    start, where, word = MISTAKES[name]
    text = HEAD + start + STEPS
    line = text[: text.index(where)].count("\n") + 1
    with pytest.raises(LessonError) as caught:
        parse_lesson(text, name="mend")
    assert word in caught.value.problem
    assert caught.value.line == line, caught.value
    assert caught.value.cure


@pytest.mark.parametrize(
    ("right", "wrong", "word"),
    [
        ('repairs = ["noise"]', 'repairs = ["brownout"]', "brownout"),
        ('repairs = ["brownout"]', 'repairs = ["noise"]', "noise"),
        ('faults = ["brownout=100K"]', 'faults = ["brownout=much"]', "brownout"),
    ],
)
def test_a_step_mends_only_what_is_broken_by_then(right: str, wrong: str, word: str) -> None:
    right_text = HEAD + NOISE + STEPS
    text = right_text.replace(right, wrong)
    with pytest.raises(LessonError) as caught:
        parse_lesson(text, name="mend")
    assert word in caught.value.problem
    assert caught.value.line == right_text[: right_text.index(right)].count("\n") + 1


@pytest.mark.skipif(os.name == "nt", reason="links need rights on Windows")
def test_no_source_is_a_link_out_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("s")
    folder = tmp_path / "mend"
    folder.mkdir()
    (folder / "firmware").symlink_to(tmp_path / "secret")
    with pytest.raises(LessonError, match="not in the lesson"):
        parse(FILE.replace("from = ", "source = "), folder)


def test_a_source_has_a_limit(tmp_path: Path) -> None:
    (tmp_path / "firmware").write_bytes(b"x" * (256 * 1024 + 1))
    with pytest.raises(LessonError, match="larger than 256 KB"):
        parse(FILE.replace("from = ", "source = "), tmp_path)


VALUES = st.recursive(
    st.one_of(
        st.sampled_from(
            ["true", "0", "-1", "4096", "1e9", '""', '"x"', '"firmware"', '"{firmware}"', '"{port}"', "'..'"]
        ),
        st.sampled_from(['"noise"', '"noise=x"', '"worn-sectors=0-99999999"', '"512KB"', '"esp32"', '"micropython"']),
        st.text(st.characters(blacklist_categories=["Cs", "Cc"]), max_size=8).map(lambda text: repr("'" + text)[1:]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda items: f"[{', '.join(items)}]"),
        st.lists(
            st.tuples(st.sampled_from(["name", "from", "bytes", "offset", "other", "linux"]), inner), max_size=3
        ).map(lambda pairs: "{" + ", ".join(f"{key} = {value}" for key, value in dict(pairs).items()) + "}"),
    ),
    max_leaves=8,
)
KEYS = st.sampled_from(["starts", "folder", "faults", "files", "flash", "board", "practice_image"])


@pytest.mark.slow
@given(st.dictionaries(KEYS, VALUES, max_size=5))
@settings(max_examples=100, deadline=None)
def test_any_values_load_or_are_a_lesson_error(values: dict[str, str]) -> None:
    start = "".join(f"{key} = {value}\n" for key, value in values.items())
    lesson = parsed_or_error(start)
    if isinstance(lesson, LessonError):
        assert lesson.cure
    else:
        assert all(".." not in file.name.split("/") for file in lesson.start.files)


TABLE_KEYS = st.sampled_from(["name", "source", "from", "bytes", "offset", "flash_size"])


@pytest.mark.slow
@given(st.sampled_from(["files", "flash"]), st.lists(st.dictionaries(TABLE_KEYS, VALUES, max_size=4), max_size=3))
@settings(max_examples=100, deadline=None)
def test_any_tables_load_or_are_a_lesson_error(key: str, tables: list[dict[str, str]]) -> None:
    rows = ("".join(f"{name} = {value}\n" for name, value in table.items()) for table in tables)
    lesson = parsed_or_error(NOISE + "".join(f"[[{key}]]\n{row}" for row in rows))
    if isinstance(lesson, LessonError):
        assert lesson.cure
    else:
        assert len(lesson.start.files) + len(lesson.start.flash) == len(tables)


@given(st.lists(st.sampled_from(["noise", "lost-bytes", "brownout", "gpio0-low"]), unique=True, max_size=4), st.data())
@settings(max_examples=50, deadline=None)
def test_at_the_end_only_what_nobody_mended_is_broken(names: list[str], data: st.DataObject) -> None:
    mended = data.draw(st.lists(st.sampled_from(names or ["x"]), unique=True, max_size=len(names)))
    if not names:
        return
    step = f'\n## S\n\n```step\nid = "s"\nread = "x"\nrepairs = {mended}\n```\n' if mended else ""
    lesson = parse_lesson(
        HEAD + f"faults = {names}\n```\n\n## A\n\n```step\nid = 'a'\nread = 'x'\n```\n{step}", name="mend"
    )
    assert set(lesson.faults_at("linux", "a")) == set(map(fault_name, names))
    assert set(lesson.faults_at("linux", None)) == set(names) - set(mended)


def test_contents_are_cut_or_filled_to_their_size(tmp_path: Path) -> None:
    image = tmp_path / "fw.bin"
    image.write_bytes(b"\xe9\x01\x02\x40" + bytes(60))
    assert Content("firmware").bytes_of(image) == image.read_bytes()
    assert Content("firmware", size=10).bytes_of(image) == image.read_bytes()[:10]
    assert Content("firmware", size=80).bytes_of(image) == image.read_bytes() + b"\xff" * 16
    assert Content("firmware", flash_size="512KB").bytes_of(image)[3] == 0x00
    assert Content(source=image).bytes_of(Path()) == image.read_bytes()


def test_the_image_for_an_esp32_is_told_from_one_of_ours(tmp_path: Path) -> None:
    file = tmp_path / "esp32.bin"
    file.write_bytes(Content("esp32").bytes_of(Path()))
    info = identify(file)
    assert (info.kind, info.size) == ("esp32", len(esp32_image()))
    assert "ESP32" in info.problem
