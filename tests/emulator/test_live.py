"""The board on the whole screen: what is drawn, and what keys do. Only the last test has a terminal."""

import contextlib
import os
import re
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from prompt_toolkit.input import create_pipe_input
from prompt_toolkit.output import DummyOutput

from emulator import Board, live
from emulator.live import LONGEST_LINE, Traffic, View
from emulator.observer import BoardState, DeviceState
from emulator.picture import UNICODE, Line

STATE = BoardState("NodeMCU", "/dev/ttyUSB0", plugged=True, mode="program", led=True, has_buttons=True)
DISPLAY = DeviceState("ssd1306@i2c:4,5", ("#" * 64,) * 16)
BUTTON = DeviceState("button@14", ("not pressed",), pressed=False)
KNOB = DeviceState("potentiometer@adc", ("--*--",), dials=("position",))
WEATHER = DeviceState("dht22@13", ("21.5 C, 40.0 %",), dials=("temperature", "humidity"))
URL = "esp8266://127.0.0.1:40001/TOKEN"


def text(drawn: Line) -> str:
    return "".join(piece.text for piece in drawn)


def screen(state: BoardState, width: int, height: int, sent: bytes = b"") -> list[str]:
    traffic = Traffic()
    traffic(sent)
    return [text(row) for row in View(lambda: state, traffic, UNICODE, URL).lines(width, height)]


@given(st.integers(1, 140), st.integers(1, 60), st.lists(st.sampled_from([DISPLAY, BUTTON, KNOB, WEATHER]), max_size=4))
@settings(max_examples=60)
def test_a_window_of_any_size_is_filled(width: int, height: int, devices: list[DeviceState]) -> None:
    drawn = screen(replace(STATE, devices=tuple(devices)), width, height, b"one\r\ntwo\r\n")
    if width < live.NARROWEST or height < live.SHORTEST:
        assert "is the least" in drawn[0]
    else:
        assert len(drawn) == height
        assert all(len(row) <= width for row in drawn)
        assert "quit" in drawn[-1]
        assert "two" in drawn


def test_a_display_stands_beside_the_board_where_there_is_room() -> None:
    state = replace(STATE, devices=(DISPLAY, BUTTON))
    wide = screen(state, 110, 40)
    assert re.match(r"NodeMCU +ssd1306@i2c:4,5", wide[0])
    assert any(row.endswith("#" * 64) and row.startswith("port") for row in wide)
    narrow = screen(state, 80, 30)
    assert narrow[0].startswith("ttyUSB0")
    assert narrow[1] == "button@14 [2 press]"
    assert narrow[4] == "#" * 64
    assert f"espdojo shell --on {URL}" in narrow[-2]
    assert " 2  buttons" in narrow[-1]


def test_what_can_be_turned_is_said() -> None:
    drawn = screen(replace(STATE, devices=(KNOB, WEATHER)), 110, 40)
    assert any(row.endswith("potentiometer@adc [←][→]") for row in drawn)
    assert any(row.endswith("dht22@13 temperature [-][+] humidity [-][+]") for row in drawn)
    assert " ←→↑↓  turn " in drawn[-1]
    assert "turn" not in screen(replace(STATE, devices=(DISPLAY, BUTTON)), 110, 40)[-1]


def test_what_the_chip_says_is_text() -> None:
    rows = screen(STATE, 80, 40, b"\x1b[2J\x1b[31mred\x1b[0m\x07\r\nab\bc\r\n\xff\x9b2J tail")
    assert [row for row in rows if row][-5:-2] == ["red", "ac", "��2J tail"]


@given(st.lists(st.binary(max_size=40), max_size=20))
@example(["a soft\u00adhyphen".encode()])
@settings(max_examples=40)
def test_no_control_reaches_the_terminal(chunks: list[bytes]) -> None:
    traffic = Traffic()
    for chunk in chunks:
        traffic(chunk)
    assert all(character.isprintable() or character == "\xa0" for row in traffic.rows(20, 50) for character in row if
               ord(character) < 0x100)  # fmt: skip


def test_a_line_without_end_does_not_grow() -> None:
    traffic = Traffic()
    traffic(b"x" * 10 * LONGEST_LINE)
    assert len("".join(traffic.rows(80, 1000))) == LONGEST_LINE


@pytest.fixture
def board() -> Iterator[Board]:
    with Board("nodemcu", clock="max", attach=["button@14", "led@12"]) as board:
        yield board


def test_keys_are_hands(board: Board) -> None:
    done = [event.name for event in board.events.history]
    with create_pipe_input() as keys:
        keys.send_text("f1u29q")
        live.show(board, URL, lambda: False, Traffic(), input=keys, output=DummyOutput())
    assert board.bridge.circuit.held == {"flash"}
    assert board.device("button").state() == {"pressed": True}
    assert not board.bridge.plugged
    live.do(board, "device button@14")
    assert board.device("button").state() == {"pressed": False}
    live.do(board, "plug in")
    live.do(board, "release flash")
    assert board.bridge.plugged
    assert not board.bridge.circuit.held
    live.do(board, "press reset")
    assert done == [event.name for event in board.events.history][: len(done)]


def test_arrow_keys_turn(board: Board) -> None:
    """Left and right turn what up and down chose, from the first on and around; a button in between is no dial."""
    board.attach("potentiometer@adc")
    board.attach("dht22@13")
    left, right, up, down = "\x1b[D", "\x1b[C", "\x1b[A", "\x1b[B"
    with create_pipe_input() as keys:
        keys.send_text(left + left + down + right * 3 + down + left + down + up + up + up + right + "q")
        live.show(board, URL, lambda: False, Traffic(), input=keys, output=DummyOutput())
    assert board.device("potentiometer").state() == {"position": 0.45}
    assert board.device("dht22").state() == {"temperature": 23.0, "humidity": 39.0}
    live.do(board, "turn dht22@13 humidity +1")
    assert board.device("dht22").state() == {"temperature": 23.0, "humidity": 40.0}


def test_nothing_turns_where_nothing_can_be_turned(board: Board) -> None:
    with create_pipe_input() as keys:
        keys.send_text("\x1b[D\x1b[B\x1b[Cq")
        live.show(board, URL, lambda: False, Traffic(), input=keys, output=DummyOutput())
    assert board.device("button").state() == {"pressed": False}


def test_it_ends_when_it_shall(board: Board) -> None:
    ended = threading.Event()
    ended.set()
    with create_pipe_input() as keys:
        live.show(board, URL, ended.is_set, Traffic(), input=keys, output=DummyOutput())


@pytest.mark.slow
@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_in_a_terminal(tmp_path: object) -> None:
    import pexpect
    import pyte

    view = pyte.Screen(110, 40)
    stream = pyte.ByteStream(view)
    command = [sys.executable, "-m", "emulator", "--live", "--attach", "ssd1306@i2c:4,5", "--attach", "button@14"]
    child = pexpect.spawn(command[0], command[1:], dimensions=(40, 110), env=os.environ | {"TERM": "xterm"}, timeout=60)

    def until(*wanted: str) -> None:
        """All of it stands there; a screen may come in pieces."""
        deadline = time.monotonic() + 60
        while not all(text in "\n".join(view.display) for text in wanted):
            assert time.monotonic() < deadline, "\n".join(view.display)
            with contextlib.suppress(pexpect.TIMEOUT):
                stream.feed(child.read_nonblocking(65536, timeout=0.1))

    until("ssd1306@i2c:4,5", "power ●", "hold FLASH")
    child.send("2")
    until("button@14 [2 let go]")
    child.send("u")
    until("the cable is out")
    child.send("q")
    child.expect(pexpect.EOF)
    assert b"\x1b[?1049l" in child.before, "the ordinary screen is back"
    child.close()
    assert child.exitstatus == 0
