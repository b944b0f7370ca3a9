"""The board on the screen: hands, what it says, and keys that are for it."""

import os
from typing import Any

import pytest

from .learners import CTRL_C, Learner, Start, at, go_to

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the keyboard of these tests is a POSIX pipe")


def test_the_boards_hands_have_keys(learner: Learner, bench: Any) -> None:
    learner.types("plug in\r")
    learner.sees("(You push the cable in.")
    assert bench.plugged
    learner.types("press flash\r")
    learner.sees("You hold FLASH down")
    assert bench.pressed == ["flash"]
    at(learner, 1)


def test_a_real_board_is_noticed_by_itself(start: Start, bench: Any) -> None:
    bench.fake = False
    learner = start()
    go_to(learner, 2)
    assert "F8" not in learner.looking.text
    bench.plug()
    learner.sees("✓ Right. Step 3 of 7")


@pytest.mark.slow
def test_below_a_remark_the_boards_prompt_stands_anew(start: Start) -> None:
    learner = start()
    go_to(learner, 3)
    learner.types("plug in\r")
    learner.sees("(You push the cable in.")
    learner.types("/dev/ttyUSB0\r")
    at(learner, 4)
    learner.types("screen /dev/ttyUSB0 115200\r")
    at(learner, 5)
    learner.types("\r")
    at(learner, 6)
    learner.types("look\r")
    learner.sees("(You look at the board.")
    learner.types("2 + 3\r")
    learner.sees(">>> 2 + 3")


@pytest.mark.slow
def test_the_panes_title_says_where_the_line_goes(start: Start, bench: Any) -> None:
    learner = start()
    bench.plug()
    go_to(learner, 4)
    learner.types("screen /dev/ttyUSB0 9600\r")
    learner.sees("✗ Not yet.")
    learner.sees("Your terminal (open beside it: /dev/ttyUSB0, 9600 baud)")
    learner.sees("you@pc:~$")


@pytest.mark.slow
def test_a_key_that_is_typed_as_a_word_reaches_a_board_that_is_busy(
    start: Start, bench: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    learner = start()
    bench.plug()
    go_to(learner, 6)
    sent: list[bytes] = []

    def write(data: bytes) -> int:
        sent.append(data)
        if data == b"\x03":
            bench.connection.say(b"KeyboardInterrupt\r\n>>> ")
        return len(data)

    monkeypatch.setattr(bench.connection, "write", write)
    learner.types("while True: pass\r")
    learner.until(lambda: b"while True: pass\r" in sent, "the line")
    learner.press("ctrl-c\r")
    learner.sees("KeyboardInterrupt")
    assert sent[-1] == b"\x03"


@pytest.mark.slow
def test_the_board_is_interrupted_and_gets_its_keys(start: Start, bench: Any) -> None:
    learner = start()
    bench.plug()
    go_to(learner, 5)
    learner.types("\r")
    at(learner, 6)
    sent: list[bytes] = []
    real_write = bench.connection.write

    def write(data: bytes) -> int:
        sent.append(data)
        return real_write(b"\r" if data < b" " else data)  # type: ignore[no-any-return]

    bench.connection.write = write
    learner.types("\x04")
    learner.until(lambda: b"\x04" in sent, "Ctrl-D")
    learner.sees_no("(Ctrl-C stops)")
    learner.press(CTRL_C)
    learner.until(lambda: b"\x03" in sent, "Ctrl-C")
    learner.sees_no("(Ctrl-C stops)")
    assert "Not yet" not in learner.looking.text, "a key is no attempt"
