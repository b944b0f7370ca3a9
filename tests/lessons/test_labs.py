"""The trouble labs: each is broken in the way it says, and the tools print what it quotes.

`espdojo check` proves that mistakes get their answers, and that the cure works. What a lab quotes (a block marked
`text`) must have been printed meanwhile, on one of the systems.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainer.course.contents import load_course, own_course
from trainer.firmware import practice
from trainer.lesson import Lesson, load_lesson
from trainer.prose import fill, parse
from trainer.system import SYSTEMS, System

ShowOn = Callable[[Lesson, Path, tuple[System, ...]], list[Any]]

REAL_IMAGES = ("esp8266-20220117-v1.18.bin", "micropython-1.10.0.bin")
LABS = [name for name in load_course(own_course()).lessons if name.startswith("lab-")]

TROUBLES = {
    "no permission": ("lab-port-refused", "Permission denied"),
    "port busy": ("lab-port-refused", "Could not exclusively lock port"),
    "charge-only cable": ("lab-no-port", "0 available serial ports"),
    "wrong port": ("lab-wrong-port", "No serial data received"),
    "a port's name mistyped": ("lab-wrong-port", "the port is busy or doesn't exist"),
    "missing driver": ("lab-no-port", "driver"),
    "brltty": ("lab-no-port", "brltty"),
    "not in download mode": ("lab-download-mode", "Failed to connect to"),
    "wrong baud in the terminal": ("lab-junk", "9600"),
    "the boot log at 74880": ("lab-junk", "boot mode:(3,6)"),
    "wrong offset": ("lab-wrong-offset", "0x1000"),
    "wrong flash size": ("lab-wrong-size", "--flash-size detect"),
    "truncated download": ("lab-bad-file", "Image size: 200000 bytes"),
    "an ESP32 image": ("lab-bad-file", "Detected image type: ESP32"),
    "a web page saved as .bin": ("lab-bad-file", "invalid magic number: 0x3c"),
    "firmware too big": ("lab-too-big", "will not fit in 524288 bytes of flash"),
    "brown-out in mid-write": ("lab-brownout", "No more data to read from the serial port"),
    "a dying flash chip": ("lab-dying-flash", "MD5 of file does not match data in flash!"),
    "a program that floods the prompt": ("lab-flood", "KeyboardInterrupt"),
    "PEP 668": ("lab-pep-668", "externally-managed-environment"),
    "old and new esptool names": ("lab-old-names", "Deprecated: Command 'write_flash' is deprecated"),
}
"""What has to be met in the labs: the lab, and words that stand in it, in a quotation, a check or its text."""


def labs() -> list[Lesson]:
    return [load_lesson(own_course() / name) for name in LABS]


@pytest.mark.parametrize("trouble", TROUBLES)
def test_every_trouble_is_met_in_a_lab(trouble: str) -> None:
    name, words = TROUBLES[trouble]
    assert name in LABS
    assert words.lower() in (own_course() / name / "lesson.md").read_text(encoding="utf-8").lower()


def test_every_lab_is_in_the_readme() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(lab-[a-z0-9-]+)` \|", readme, re.MULTILINE) == LABS


def test_every_folder_of_a_lab_is_in_the_course() -> None:
    assert sorted(LABS) == sorted(path.parent.name for path in own_course().glob("lab-*/lesson.md"))


@pytest.mark.parametrize("lab", labs(), ids=LABS)
def test_a_lab_takes_five_to_ten_minutes_and_begins_with_something_wrong(lab: Lesson) -> None:
    assert 5 <= lab.minutes <= 10
    troubled = lab.start.faults or lab.start.flash or lab.start.files or "other-device" in lab.start.ready
    assert troubled or "9600" in lab.steps["linux"][0].solutions[0]
    assert all(len(steps) >= 6 for steps in lab.steps.values())


# Played


def _words(text: str) -> str:
    """`text` with every stretch of blanks and line ends as one blank, so that wrapping does not matter."""
    return " ".join(text.split())


def quoted(lab: Lesson, info: str = "text") -> set[str]:
    """The lines that a lab quotes, on any system, with placeholders; an ellipsis stands for what is left out."""
    texts = [
        lab.introduction,
        *(part for steps in lab.steps.values() for s in steps for part in (s.prose, s.afterword)),
    ]
    fences = [token for text in texts for token in parse(text) if token.type == "fence" and token.info.strip() == info]
    return {line for token in fences for line in token.content.splitlines() if line.strip(" .")}


def compare(lab: Lesson, played: list[Any]) -> None:
    """Each quotation must have been printed on one system, as some are of one only."""
    texts = [(shown.values, _words(shown.text)) for shown in played]
    for line in quoted(lab):
        assert any(_words(fill(line, values)) in text for values, text in texts), line


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("lab", [lab for lab in labs() if lab.practice_image], ids=lambda lab: lab.name)
def test_what_a_lab_quotes_has_been_printed(lab: Lesson, show_on: ShowOn) -> None:
    compare(lab, show_on(lab, practice().path, SYSTEMS))


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize("image", REAL_IMAGES)
@pytest.mark.parametrize("lab", [lab for lab in labs() if not lab.practice_image], ids=lambda lab: lab.name)
def test_so_has_what_needs_micropython_whether_new_or_old(
    lab: Lesson, image: str, show_on: ShowOn, real_image: Callable[[str], Path]
) -> None:
    compare(lab, show_on(lab, real_image(image), SYSTEMS))


def test_only_quotations_of_the_tools_stand_in_blocks_of_text() -> None:
    for lab in labs():
        source = (own_course() / lab.name / "lesson.md").read_text(encoding="utf-8")
        assert not re.findall(r"^ *```(?!(?:lesson|step|text(?: from .+)?)?$)", source, re.MULTILINE), lab.name
