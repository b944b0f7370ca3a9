"""The first lesson on a board in another process, of which the tutor knows only a port: real tools, real firmware."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from trainer.lesson import Step, load_lesson, own_course
from trainer.prose import fill

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(900),
    pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX"),
]

FIRMWARE = "esp8266-20220117-v1.18.bin"
TOO_SLOW = "did not answer in time"
"""The tutor's word when pyserial's RFC 2217 client, which waits three seconds, found this computer too busy."""
ATTEMPTS = 5


def by_hand(step: Step, values: dict[str, str], board: Any, tutor: Any, begun: int) -> None:
    """What is typed, where the port has no lines: buttons for download mode before esptool, and RESET after it."""
    line = typed(step, values)
    uses_board = line.startswith(f"esptool --port {values['port']}")
    for hand in ("press flash", "reset", "release flash") if uses_board else ():
        board.say(hand)
    tutor.say(line)
    if step.id == "write":
        tutor.say("yes")
        tutor.wait_for("Hash of data verified", since=begun)
        board.say("reset")


@pytest.mark.parametrize("transport", ["pty", "rfc2217", "tcp"])
def test_the_first_flash_on_a_board_that_the_tutor_knows_nothing_about(
    transport: str, start_process: Callable[..., Any], tmp_path: Path, real_image: Callable[[str], Path]
) -> None:
    board = start_process("emulator", "--pty", "--rfc2217", "0", "--tcp", "0", "--json")
    board.wait_for("ready")
    port = json.loads(board.heard[0])["ports"][transport]
    images = tmp_path / "images"
    images.mkdir()
    (images / FIRMWARE).write_bytes(real_image(FIRMWARE).read_bytes())
    tutor = start_process(
        *("trainer", "learn", "first-flash", "--plain", "--system", "linux", "--port", port),
        ESPDOJO_HOME=str(tmp_path / "home"),
        ESPDOJO_FIRMWARE_DIR=str(images),
    )
    begun = tutor.wait_for("your own board, at")
    values = {"port": port, "firmware": FIRMWARE, "baud": "115200"}
    steps = load_lesson(own_course() / "first-flash").steps["linux"]
    for step, after in zip(steps, [*(f": {step.title}" for step in steps[1:]), "That was the lesson"], strict=True):
        for _ in range(ATTEMPTS):
            if transport == "tcp":
                by_hand(step, values, board, tutor, begun)
            else:
                tutor.say(typed(step, values))
            if step.id == "erase" or (step.id == "write" and transport != "tcp"):
                tutor.say("yes")
            if step.id == "reset" and transport != "rfc2217":
                tutor.wait_for("Press RESET on your board now", since=begun)
                board.say("reset")
            begun = tutor.wait_for(after, TOO_SLOW, since=begun)
            if after in tutor.heard[begun - 1]:
                break
    assert tutor.process.wait(30) == 0
    text = "".join(tutor.heard)
    assert "Hash of data verified" in text
    assert "'esp8266'" in text
    assert text.count("changes the real board at") >= 2
    assert "Ctrl-D, which" not in text, "the RESET button was pressed in time"


def typed(step: Step, values: dict[str, str]) -> str:
    """What a learner types who does everything right."""
    if step.options:
        return str(step.options.index(step.solutions[0]) + 1)
    return values["port"] if step.kind == "find" else fill(step.solutions[0], values) if step.solutions else ""
