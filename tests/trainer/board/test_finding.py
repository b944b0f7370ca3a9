"""A real board's port is found by its bridge, or by moving its cable."""

from collections.abc import Callable

import pytest

from trainer.board.finding import find_board
from trainer.errors import EspdojoError
from trainer.ports import Port

NODEMCU = Port("COM4", vid=0x10C4, pid=0xEA60)
MINI = Port("COM7", vid=0x1A86, pid=0x7523)
ARDUINO = Port("COM3", vid=0x2341, pid=0x43)
BUILT_IN = Port("COM1")


def find(*moments: list[Port], answers: list[str] | None = None) -> tuple[Port, str]:
    """The port found, and what was told, where the computer has the ports of one moment after the other."""
    left, told = list(moments), []
    replies = iter(answers or [])

    def sleep(seconds: float) -> None:
        if len(left) > 1:
            del left[0]

    def ask(prompt: str) -> str:
        told.append(prompt)
        try:
            return next(replies)
        except StopIteration:
            raise EOFError from None

    asked: Callable[[str], str] | None = None if answers is None else ask
    port = find_board(told.append, asked, listing=lambda: left[0], sleep=sleep)
    return port, "\n".join(told)


def test_one_likely_board_is_taken_and_named() -> None:
    port, told = find([BUILT_IN, NODEMCU, ARDUINO])
    assert port is NODEMCU
    assert "CP210x" in told
    assert "NodeMCU" in told


def test_a_board_that_is_plugged_in_now_is_seen() -> None:
    port, told = find([BUILT_IN], [BUILT_IN], [BUILT_IN, MINI], answers=[])
    assert port is MINI
    assert "D1 mini" in told


def test_a_device_of_another_kind_is_named_and_passed_over() -> None:
    port, told = find([], [ARDUINO], [ARDUINO, NODEMCU], answers=[])
    assert port is NODEMCU
    assert told.count("no ESP8266 board") == 1


@pytest.mark.parametrize(("answer", "found"), [("2", MINI), ("com4", NODEMCU)])
def test_of_several_one_is_chosen(answer: str, found: Port) -> None:
    port, told = find([NODEMCU, MINI], answers=["x", "9", answer])
    assert port is found
    assert told.count("number from 1 to 2") == 2


def test_of_several_the_one_that_is_unplugged_is_it() -> None:
    port, told = find([NODEMCU, MINI], [NODEMCU, MINI], [MINI], [MINI], [NODEMCU, MINI], answers=[""])
    assert port is NODEMCU
    assert "COM4 has gone" in told


@pytest.mark.parametrize(
    ("moments", "answers", "message"),
    [
        ([[]], None, "No board was found"),
        ([[ARDUINO]], None, "No board was found"),
        ([[NODEMCU, MINI]], None, "Several ports"),
        ([[NODEMCU, MINI]], [], "Several ports"),
        ([[NODEMCU, MINI]], [""], "Several ports"),
        ([[]], [], "No board was found"),
    ],
)
def test_what_cannot_be_told_is_an_error_with_a_way_on(
    moments: list[list[Port]], answers: list[str] | None, message: str
) -> None:
    with pytest.raises(EspdojoError, match=message) as caught:
        find(*moments, answers=answers)
    assert "--port" in caught.value.next_step
