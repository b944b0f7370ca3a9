"""The lesson of a first flash on a fake board, with the real tools: the words of the web, and the demo."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from trainer.course.contents import own_course
from trainer.firmware import best, practice
from trainer.lesson import load_lesson
from trainer.session import Session
from trainer.subcommands import demo
from trainer.system import SYSTEMS, System, current
from trainer.workplace.desk import Desk
from trainer.workplace.equipment import lesson_values, open_bench

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

REAL_IMAGE = "esp8266-20220117-v1.18.bin"

SEED_LINES = {
    "make-environment": "conda create -y -n esp8266 python=3.8",
    "activate": "conda activate esp8266",
    "erase": "esptool.py --port {port} erase_flash",
    "write": "esptool --port {port} --baud 115200 write_flash --flash_size=detect 0 {firmware}",
}
"""Steps that are done with other words than the taught ones: those that the web is full of."""


@pytest.fixture
def desk(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Desk]:
    """A desk with a fake board and the practice image, for the system that the test is parametrized with."""
    system: System = request.param
    firmware = practice()
    lesson = load_lesson(own_course() / "first-flash")
    told: list[str] = []
    with open_bench("fake", system, lesson.board, None) as bench:
        session = Session(lesson, system, lesson_values(lesson, system, bench, firmware))
        desk = Desk(session, bench, tmp_path / "home", firmware.path, told.append)
        yield desk
        desk.close()


def submit(desk: Desk, line: str) -> tuple[bool, str]:
    """Whether a line passes, by the evidence alone and with a look inside alike, and the tutor's answer."""
    evidence = desk.act(line)
    assert evidence is not None, line
    alone = desk.session.judge(evidence, inside=False)
    answer = desk.session.submit(evidence)
    assert answer.passed == alone.passed
    return answer.passed, answer.reason


@pytest.mark.parametrize("desk", [current()], indirect=True)
def test_the_articles_own_words_work(desk: Desk) -> None:
    session = desk.session
    while (step := session.step) is not None:
        line = session.fill(SEED_LINES.get(step.id, "")) or demo.solution(session, step)
        assert submit(desk, line)[0], step.id


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_demo_plays_to_its_end(system: System, capsys: pytest.CaptureFixture[str]) -> None:
    assert demo.play(None, fast=True, system=system) == 0
    text = capsys.readouterr().out
    assert "Hash of data verified." in text
    assert "'esp8266'" in text
    assert "\x1b" not in text


def test_the_demo_on_real_micropython(real_image: Callable[[str], Path], capsys: pytest.CaptureFixture[str]) -> None:
    real_image(REAL_IMAGE)
    assert os.environ["ESPDOJO_FIRMWARE_DIR"]
    assert best().info.family == "MicroPython"
    assert demo.play("first-flash", fast=True) == 0
    assert "MicroPython v" in capsys.readouterr().out
