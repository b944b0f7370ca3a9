"""The schemas that editors use say what the loader says."""

import re
import tomllib
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trainer import prose
from trainer.course.block import MISTAKE_KEYS
from trainer.course.contents import COURSE_KEYS, own_course
from trainer.course.start import FILE_KEYS, FLASH_KEYS
from trainer.lesson import LESSON_KEYS, STEP_KEYS, LessonError, parse_lesson
from trainer.validation.schema import SCHEMAS, text_of

ROOT = Path(__file__).parents[3]
GUIDE = (ROOT / "docs" / "lessons.md").read_text(encoding="utf-8")

VALIDATORS = {name.partition(".")[0]: jsonschema.Draft202012Validator(schema) for name, schema in SCHEMAS.items()}

HEAD = "# T\n\n```lesson\n{lesson}\n```\n\n## S\n\n```step\n{step}\n```\n"
LESSON = 'format_version = 1\nsummary = "s"\nminutes = 5'
STEP = 'id = "s"\nrun = "do it"\nsolutions = ["pwd"]\nhints = ["h"]'
CHOICE = 'id = "s"\nchoose = "which?"\noptions = ["a", "b"]\nsolutions = ["a"]\nhints = ["h"]'


def accepts(name: str, values: dict[str, Any]) -> bool:
    return VALIDATORS[name].is_valid(values)


def loads(lesson: str, step: str) -> bool:
    try:
        parse_lesson(HEAD.format(lesson=lesson, step=step), name="t")
    except LessonError:
        return False
    return True


def blocks(folder: Path) -> list[tuple[str, str]]:
    """Info string and contents of all TOML blocks of the lessons below a folder."""
    return [
        (token.info.strip(), token.content)
        for file in sorted(folder.rglob("lesson.md"))
        for token in prose.parse(file.read_text("utf-8"))
        if token.type == "fence" and token.info.strip() in ("lesson", "step")
    ]


@pytest.mark.parametrize("name", SCHEMAS)
def test_the_files_in_docs_are_up_to_date(name: str) -> None:
    """If not: python -m trainer.validation.schema docs/schema"""
    jsonschema.Draft202012Validator.check_schema(SCHEMAS[name])
    assert (ROOT / "docs" / "schema" / name).read_text("utf-8") == text_of(name)


def test_every_key_of_the_loader_is_there_and_no_other() -> None:
    lesson, step = SCHEMAS["lesson.schema.json"]["properties"], SCHEMAS["step.schema.json"]["properties"]
    assert SCHEMAS["course.schema.json"]["properties"].keys() == COURSE_KEYS
    assert lesson.keys() == LESSON_KEYS
    assert step.keys() == STEP_KEYS
    assert step["mistakes"]["items"]["properties"].keys() == MISTAKE_KEYS
    assert lesson["files"]["items"]["properties"].keys() == FILE_KEYS
    assert lesson["flash"]["items"]["properties"].keys() == FLASH_KEYS


@pytest.mark.slow
def test_our_own_lessons_fit() -> None:
    found = [*blocks(own_course()), *blocks(ROOT / "trainer" / "templates")]
    assert len(found) > 20
    for info, source in found:
        VALIDATORS[info].validate(tomllib.loads(source))
    course = tomllib.loads((own_course() / "course.toml").read_text("utf-8"))
    VALIDATORS["course"].validate(course)


GOOD_STEPS = [
    STEP,
    CHOICE,
    'id = "s"\nread = "press Enter."',
    'id = "s"\nfind = "which?"\nhints = "h"',
    STEP.replace('"do it"', '{ windows = "x", other = "y" }'),
    STEP.replace('["pwd"]', '{ windows = ["cd"], other = ["pwd", { macos = "pwd -L" }] }'),
    STEP
    + '\nchecks = ["command", { check = "output", contains = { other = "x" } }, { check = "exit-status", status = 2 }]',
    STEP + '\nsystems = ["linux", "windows", "macos"]\nfaults = ["worn-sectors=3"]\nrepairs = ["worn-sectors"]',
    STEP + '\n[[mistakes]]\ntry = { windows = "dir", other = "ls" }\nanswer = "no"\nsees = "x"',
]
BAD_STEPS = [
    STEP.replace("hints", "hint"),
    STEP.replace('hints = ["h"]', ""),
    STEP.replace('solutions = ["pwd"]', ""),
    STEP.replace('"pwd"', '" "'),
    STEP.replace('"s"', '"Not An Id"'),
    STEP.replace('"do it"', "3"),
    STEP.replace('"do it"', '{ beos = "x" }'),
    STEP + '\nread = "x"',
    STEP + '\noptions = ["pwd"]',
    STEP + '\nchecks = ["luck"]',
    STEP + '\nchecks = ["output"]',
    STEP + '\nchecks = [{ check = "plugged", how = 1 }]',
    STEP + '\nchecks = [{ check = "exit-status", status = "2" }]',
    STEP + '\nsystems = ["beos"]',
    STEP + '\n[[mistakes]]\ntry = "x"',
    STEP + '\n[[mistakes]]\nanswer = "x"',
    STEP + '\nmistakes = "none"',
    CHOICE.replace('options = ["a", "b"]', ""),
    'id = "s"',
]


@pytest.mark.parametrize("step", GOOD_STEPS)
def test_a_step_that_loads_fits(step: str) -> None:
    assert loads(LESSON, step)
    assert accepts("step", tomllib.loads(step))


@pytest.mark.parametrize("step", BAD_STEPS)
def test_a_step_that_does_not_load_does_not_fit(step: str) -> None:
    assert not loads(LESSON, step)
    assert not accepts("step", tomllib.loads(step))


GOOD_LESSONS = [
    LESSON,
    LESSON + '\nboard = "d1-mini"\npractice_image = false\nstarts = ["terminal", "firmware"]\nfolder = "Downloads"',
    LESSON + '\nstarts = "plugged"\nfaults = "port-busy"',
    LESSON
    + '\n[[files]]\nname = "a/b.bin"\nfrom = "firmware"\nbytes = 100\n[[flash]]\noffset = 4096\nfrom = "firmware"',
]
BAD_LESSONS = [
    LESSON.replace("1", "2", 1),
    LESSON.replace("minutes = 5", "minutes = 0"),
    LESSON.replace("minutes = 5", "minutes = true"),
    LESSON.replace("summary", "sumary"),
    LESSON + '\nboard = "toaster"',
    LESSON + '\nstarts = ["coffee"]',
    LESSON + "\npractice_image = 1",
    LESSON + '\n[[files]]\nname = "x"',
    LESSON + '\n[[files]]\nname = "x"\nfrom = "firmware"\nsource = "y"',
    LESSON + '\n[[flash]]\noffset = -1\nfrom = "firmware"',
    LESSON + '\n[[flash]]\noffset = 0\nfrom = "nowhere"',
]


@pytest.mark.parametrize("lesson", GOOD_LESSONS)
def test_a_lesson_block_that_loads_fits(lesson: str) -> None:
    assert loads(lesson, STEP)
    assert accepts("lesson", tomllib.loads(lesson))


@pytest.mark.parametrize("lesson", BAD_LESSONS)
def test_a_lesson_block_that_does_not_load_does_not_fit(lesson: str) -> None:
    assert not loads(lesson, STEP)
    assert not accepts("lesson", tomllib.loads(lesson))


TEXTS = st.sampled_from(
    ['"x"', '""', "3", "true", '["x"]', "[]", '["x", 3]', '{ windows = "x", other = "y" }', '{ other = ["x"] }']
)


@pytest.mark.slow
@given(values=st.dictionaries(st.sampled_from(sorted(STEP_KEYS - {"id", "mistakes", "checks"})), TEXTS, max_size=4))
@settings(max_examples=300, deadline=None)
def test_whatever_loads_fits(values: dict[str, str]) -> None:
    """The other way round is not so: that a solution is among the options, for instance, no schema can say."""
    step = "\n".join(['id = "s"', *(f"{key} = {value}" for key, value in values.items())])
    if loads(LESSON, step):
        assert accepts("step", tomllib.loads(step))


def test_every_key_is_in_the_reference() -> None:
    first_cells = re.findall(r"^\|([^|]*)\|", GUIDE, re.MULTILINE)
    documented = {name for cell in first_cells for name in re.findall(r"`(?:\[\[)?(\w+)", cell)}
    assert documented >= LESSON_KEYS | STEP_KEYS
