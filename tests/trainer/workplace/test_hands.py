"""Hands at a real board are the learner's own, and what the port cannot do leads on all the same."""

import errno
import threading
from dataclasses import replace
from typing import Any

import pytest

from trainer.board.terminal import Terminal, TerminalError
from trainer.workplace import hands
from trainer.workplace.desk import Desk


@pytest.fixture
def real(bench: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The bench as a real board's, plugged in, whose learner has slow fingers."""
    monkeypatch.setattr(hands, "HANDS_TIMEOUT_S", 0.2)
    bench.fake = False
    bench.is_plugged = True
    return bench


@pytest.fixture
def at_the_board(desk: Desk, real: Any) -> Desk:
    """A desk whose terminal is open, at a port without a reset line."""
    while desk.session.place.step != "wake":
        desk.session.skip()
    desk.shell.terminal = real.open_terminal()
    return desk


@pytest.fixture
def no_reset_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def reset(terminal: Terminal, timeout_s: float = 5.0) -> str:
        raise TerminalError("/dev/ttyUSB0 has no reset line.")

    monkeypatch.setattr(Terminal, "reset", reset)


@pytest.mark.usefixtures("no_reset_line")
def test_where_the_port_has_no_reset_line_a_finger_is_waited_for(
    at_the_board: Desk, real: Any, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hands, "HANDS_TIMEOUT_S", 60)

    def tell(text: str) -> None:
        told.append(text)
        if "Press RESET on your board now" in text:
            real.connection.say(b"MicroPython v1\r\n>>> ")

    at_the_board.telling.tell = at_the_board.telling.note = tell
    evidence = at_the_board.act("press reset")
    assert evidence is not None
    assert evidence.transcript == "MicroPython v1\n>>> "
    assert "Ctrl-D" not in "".join(told)


@pytest.mark.usefixtures("no_reset_line")
def test_and_if_no_finger_comes_python_is_started_afresh(at_the_board: Desk, told: list[str]) -> None:
    evidence = at_the_board.act("press reset")
    assert evidence is not None
    assert evidence.transcript.endswith(">>> ")
    assert "Ctrl-D" in "".join(told)


@pytest.mark.slow
@pytest.mark.parametrize("start", [b"\r\nMicroPython v1\r\n>>> ", b"\xe9\x81\xfa\xb2" * 40], ids=["text", "junk"])
def test_a_finger_on_reset_is_noticed_and_not_done_once_more(
    at_the_board: Desk, real: Any, told: list[str], monkeypatch: pytest.MonkeyPatch, start: bytes
) -> None:
    monkeypatch.setattr(Terminal, "reset", lambda terminal, timeout_s=5.0: pytest.fail("it was reset already"))
    monkeypatch.setattr(Terminal.wait, "__defaults__", (0.3,))
    at_the_board.act("reopen")
    noticed = threading.Event()
    at_the_board.on_start = noticed.set
    real.connection.say(b"12.5 degrees\r\n")
    assert not noticed.wait(0.2), "a program that prints something has not started anew"
    real.connection.say(start)
    assert noticed.wait(60)
    evidence = at_the_board.act("press reset")
    assert evidence is not None
    assert "12.5 degrees" in evidence.transcript
    assert "You have pressed RESET" in "".join(told)
    assert at_the_board.shell.terminal is not None
    assert at_the_board.shell.terminal.news == "", "and it counts once"


@pytest.mark.parametrize(
    ("solutions", "repairs", "fake", "by_typing"),
    [
        (("plug in",), (), True, True),
        (("swap cable",), ("charge-only-cable",), True, True),
        (("done",), (), True, False),
        (("plug in",), (), False, False),
    ],
)
def test_at_a_fake_board_a_word_is_a_deed(
    desk: Desk, bench: Any, solutions: tuple[str, ...], repairs: tuple[str, ...], fake: bool, by_typing: bool
) -> None:
    desk.session.skip()
    bench.fake, bench.is_plugged = fake, True
    step = replace(desk.session.steps[1], solutions=solutions, repairs=repairs)
    desk.session.steps = (desk.session.steps[0], step, *desk.session.steps[2:])
    evidence = desk.act("something else")
    assert evidence is not None
    assert evidence.by_typing is by_typing


@pytest.mark.parametrize("step", ["find", "end"])
def test_a_hand_answers_no_question_and_reads_no_page(desk: Desk, bench: Any, step: str) -> None:
    while desk.session.place.step != step:
        desk.session.skip()
    bench.is_plugged = False
    assert desk.act("plug in") is None
    assert bench.plugged


def test_flash_is_held_by_the_learner(desk: Desk, real: Any, told: list[str]) -> None:
    desk.act("press flash")
    desk.act("release flash")
    assert real.pressed == []
    assert "Hold the FLASH button" in "".join(told)
    assert "BOOT" in "".join(told)


def test_a_cable_that_is_not_noticed_leads_to_the_doctor(desk: Desk, real: Any, told: list[str]) -> None:
    real.is_plugged = False
    real.plug = lambda: None
    assert desk.act("plug in") is not None
    assert "espdojo doctor" in "".join(told)


def test_a_full_disk_is_a_sentence_and_the_lesson_goes_on(
    desk: Desk, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device", "fw.bin")

    monkeypatch.setattr(desk.shell.places, "write", full)
    assert desk.act("download") is None
    text = "".join(told)
    assert "fw.bin: No space left on device" in text
    assert "Free some disk space" in text


def test_a_new_name_of_the_port_is_said_and_stands_in_the_text_from_then_on(
    desk: Desk, real: Any, told: list[str]
) -> None:
    desk.session.values["port"] = "/dev/ttyUSB5"
    desk.act("plug in")
    assert desk.session.values["port"] == real.port
    assert "Your board is at /dev/ttyUSB0 now; it was /dev/ttyUSB5 before" in "".join(told)
