"""Lessons on a board in another process, of which the tutor knows only a port: real tools, real firmware."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainer.course.contents import load_course, own_course
from trainer.lesson import Lesson, Step, load_lesson
from trainer.prose import fill

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX"),
]

FIRMWARE = "esp8266-20220117-v1.18.bin"

TOO_SLOW = "did not answer in time"
"""The tutor's word when pyserial's RFC 2217 client, which waits three seconds, found this computer too busy."""

QUESTION = "changes the real board at"

COURSE = [load_lesson(own_course() / name) for name in load_course(own_course()).lessons]


AT_THE_BOARD = [
    lesson
    for lesson in COURSE[1:]
    if not lesson.needs_practice_board
    and any(step.kind == "type" or "{port}" in "".join(step.solutions) for step in lesson.steps["linux"])
]
"""The lessons in which something is done with the board."""


class Learner:
    """Somebody who does everything right, with the tutor in one process and the board in another."""

    def __init__(self, tutor: Any, board: Any, port: str, *, lines: bool = True) -> None:
        """`lines`: can the port pull the board's pins? Else download mode is made by hand."""
        self.tutor = tutor
        self.board = board
        self._port = port
        self._lines = lines
        self._values = {"port": port, "firmware": FIRMWARE, "baud": "115200", "firmware_title": "MicroPython v1.18"}
        self._read = 0

    def do(self, lesson: Lesson) -> None:
        """The whole lesson."""
        steps = lesson.steps["linux"]
        self._read = self.tutor.wait_for(f": {steps[0].title}")
        for step, after in zip(steps, [*(f": {step.title}" for step in steps[1:]), "That was the lesson"], strict=True):
            self._do_step(self._typed(step), after)
        assert self.tutor.process.wait(120) == 0

    def _do_step(self, line: str, after: str) -> None:
        """Type `line`, and do with hands what is asked for, until the tutor says `after`."""
        self._type(line)
        hands = {
            QUESTION: lambda: self.tutor.say("yes"),
            "Pull your board's cable out": lambda: self.board.say("unplug"),
            "Push your board's cable in": lambda: self.board.say("plug"),
            "Hold the FLASH button of your board down": lambda: self.board.say("press flash"),
            "Let the FLASH button go": lambda: self.board.say("release flash"),
            "Press RESET on your board now": lambda: self.board.say("reset"),
            TOO_SLOW: lambda: self._type(line),
        }
        if not self._lines and "write-flash" in line:
            hands["Hash of data verified"] = lambda: self.board.say("reset")
        while after not in self._next(after, *hands):
            hands[next(text for text in hands if text in self.tutor.heard[self._read - 1])]()

    def _next(self, *texts: str) -> str:
        """The next line of the tutor's that has one of `texts` in it."""
        self._read = self.tutor.wait_for(*texts, since=self._read)
        line: str = self.tutor.heard[self._read - 1]
        return line

    def _type(self, line: str) -> None:
        if not self._lines and line.startswith(f"esptool --port {self._port}"):
            for hand in ("press flash", "reset", "release flash"):
                self.board.say(hand)
        self.tutor.say(line)

    def _typed(self, step: Step) -> str:
        if step.options:
            return str(step.options.index(step.solutions[0]) + 1)
        return self._port if step.kind == "find" else fill(step.solutions[0], self._values) if step.solutions else ""


@pytest.fixture
def images(tmp_path: Path, real_image: Callable[[str], Path]) -> Path:
    """A folder with the firmware for the lessons, and nothing else."""
    folder = tmp_path / "images"
    folder.mkdir()
    (folder / FIRMWARE).write_bytes(real_image(FIRMWARE).read_bytes())
    return folder


@pytest.mark.parametrize("transport", ["pty", "rfc2217", "tcp"])
def test_the_first_flash_on_a_board_that_the_tutor_knows_nothing_about(
    transport: str, start_process: Callable[..., Any], tmp_path: Path, images: Path
) -> None:
    board = start_process("emulator", "--pty", "--rfc2217", "0", "--tcp", "0", "--json")
    board.wait_for("ready")
    port = json.loads(board.heard[0])["ports"][transport]
    tutor = start_process(
        *("trainer", "learn", "first-flash", "--plain", "--system", "linux", "--port", port),
        ESPDOJO_HOME=str(tmp_path / "home"),
        ESPDOJO_FIRMWARE_DIR=str(images),
    )
    Learner(tutor, board, port, lines=transport != "tcp").do(COURSE[0])
    text = "".join(tutor.heard)
    assert "your own board, at" in text
    assert "Hash of data verified" in text
    assert "'esp8266'" in text
    assert text.count(QUESTION) >= 2
    assert "Ctrl-D, which" not in text, "the RESET button was pressed in time"


@pytest.mark.parametrize("lesson", AT_THE_BOARD, ids=lambda lesson: lesson.name)
def test_the_course_on_a_real_port_that_is_found(
    lesson: Lesson, start_process: Callable[..., Any], tmp_path: Path, images: Path
) -> None:
    """The board is a serial port of this computer to the tutor and its tools: by its name and its USB chip."""
    port = "/dev/ttyUSB77"
    board = start_process("emulator", "--firmware", str(images / FIRMWARE), "--json")
    board.wait_for("ready")
    url = json.loads(board.heard[0])["ports"]["driver"]
    tutor = start_process(
        *("trainer", "run", "--on", url, "--name", port, "--", sys.executable, "-m", "trainer"),
        *("learn", lesson.name, "--plain", "--system", "linux", "--port", "auto"),
        ESPDOJO_HOME=str(tmp_path / "home"),
        ESPDOJO_FIRMWARE_DIR=str(images),
    )
    tutor.wait_for(f"Your board is at {port}")
    Learner(tutor, board, port).do(lesson)
