"""The first lesson on a board in another process, of which the tutor knows only a port: real tools, real firmware."""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import pytest

from trainer.lesson import Step, load_lesson, own_course
from trainer.prose import fill

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX"),
]

FIRMWARE = "esp8266-20220117-v1.18.bin"
ANSWER_S = 240


@dataclass
class OtherProcess:
    """A child whose output is read line by line into `heard`; `say` writes to its input."""

    process: "subprocess.Popen[str]"
    heard: list[str] = field(default_factory=list)
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        threading.Thread(target=self._listen, args=(self.process.stdout,), daemon=True).start()

    def _listen(self, output: IO[str]) -> None:
        for line in output:
            with self.changed:
                self.heard.append(line)
                self.changed.notify_all()

    def say(self, line: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()

    def wait_for(self, text: str, since: int = 0) -> int:
        """Wait for a line with `text`, from the `since`-th on; the number of the line after it."""

        def find() -> int:
            return next((n for n, line in enumerate(self.heard[since:], since + 1) if text in line), 0)

        with self.changed:
            assert self.changed.wait_for(find, ANSWER_S), f"no {text!r} in {''.join(self.heard[since:])}"
            return find()


def start(*arguments: str, **variables: str) -> OtherProcess:
    return OtherProcess(
        subprocess.Popen(
            [sys.executable, "-m", *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            bufsize=1,
            env={**os.environ, "PYTHONUNBUFFERED": "1", **variables},
        )
    )


@pytest.fixture
def board() -> Iterator[OtherProcess]:
    other = start("emulator", "--pty", "--rfc2217", "0", "--tcp", "0", "--json")
    yield other
    other.process.terminate()
    other.process.wait(10)


def download_mode(board: OtherProcess) -> None:
    """FLASH held down while RESET is pressed, by hand."""
    for hand in ("press flash", "reset", "release flash"):
        board.say(hand)


@pytest.mark.parametrize("transport", ["pty", "rfc2217", "tcp"])
def test_the_first_flash_on_a_board_that_the_tutor_knows_nothing_about(
    transport: str, board: OtherProcess, tmp_path: Path, real_image: Callable[[str], Path]
) -> None:
    board.wait_for("ready")
    port = json.loads(board.heard[0])["ports"][transport]
    images = tmp_path / "images"
    images.mkdir()
    (images / FIRMWARE).write_bytes(real_image(FIRMWARE).read_bytes())
    tutor = start(
        *("trainer", "learn", "first-flash", "--plain", "--system", "linux", "--port", port),
        ESPDOJO_HOME=str(tmp_path / "home"),
        ESPDOJO_FIRMWARE_DIR=str(images),
    )
    tutor.wait_for("your own board, at")
    values = {"port": port, "firmware": FIRMWARE, "baud": "115200"}
    for step in load_lesson(own_course() / "first-flash").steps["linux"]:
        begun = tutor.wait_for(f": {step.title}")
        line = typed(step, values)
        if transport == "tcp" and line.startswith(f"esptool --port {port}"):
            download_mode(board)  # a raw network connection has no lines to do it with
        tutor.say(line)
        if step.id in ("erase", "write"):
            begun = tutor.wait_for("Go on?", begun) if transport == "pty" else begun
            tutor.say("yes")
        if transport == "tcp" and step.id == "write":
            tutor.wait_for("Hash of data verified", begun)
            board.say("reset")
        if step.id == "reset" and transport != "rfc2217":
            tutor.wait_for("Press RESET on your board now", begun)
            board.say("reset")
    tutor.wait_for("That was the lesson")
    assert tutor.process.wait(30) == 0
    text = "".join(tutor.heard)
    assert "Hash of data verified" in text
    assert "'esp8266'" in text
    assert text.count("changes the real board at") == 2
    assert "Ctrl-D, which" not in text, "the RESET button was pressed in time"


def typed(step: Step, values: dict[str, str]) -> str:
    """What a learner types who does everything right."""
    if step.options:
        return str(step.options.index(step.solutions[0]) + 1)
    return values["port"] if step.kind == "find" else fill(step.solutions[0], values) if step.solutions else ""
