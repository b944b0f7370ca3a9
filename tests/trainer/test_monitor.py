"""The serial monitor passes keys and text on, and cleans what the board sends."""

import os
import sys
import threading
import time
from collections.abc import Callable

import pytest
import serial
from click.testing import CliRunner

from trainer import monitor, ports
from trainer.errors import EspdojoError
from trainer.ports import Port
from trainer.terminal import Terminal


class Wire:
    """A board's end of the line: `sent` is what came from the keyboard, `say` what the board answers."""

    def __init__(self, answer: Callable[[bytes], bytes] = lambda data: data) -> None:
        self.dtr = self.rts = True
        self.sent = b""
        self.lost = False
        self._answer = answer
        self._ready = bytearray()
        self._changed = threading.Condition()

    @property
    def in_waiting(self) -> int:
        return len(self._ready)

    def read(self, size: int = 1) -> bytes:
        with self._changed:
            if not self._ready:
                self._changed.wait(0.02)
            if self.lost and not self._ready:
                raise serial.SerialException("gone")
            data = bytes(self._ready[:size])
            del self._ready[:size]
            return data

    def write(self, data: bytes) -> int:
        self.sent += data
        self.say(self._answer(data))
        return len(data)

    def say(self, data: bytes) -> None:
        with self._changed:
            self._ready += data
            self._changed.notify_all()

    def close(self) -> None:
        self.lost = True


class Keys:
    """A keyboard that plays what it is given, then waits for ever."""

    def __init__(self, *keys: bytes) -> None:
        self._keys = list(keys)

    def read(self, timeout_s: float) -> bytes | None:
        if self._keys:
            return self._keys.pop(0)
        time.sleep(timeout_s)
        return b""

    def __enter__(self) -> "Keys":
        return self

    def __exit__(self, *_: object) -> None:
        return None


def test_keys_go_to_the_board_until_ctrl_bracket() -> None:
    wire = Wire()
    shown: list[str] = []
    monitor.converse(wire, Keys(b"a", b"\x03", b"", b"b", b"\x1d", b"never"), shown.append)
    assert wire.sent == b"a\x03b"


def test_line_editing_passes_and_nothing_else_moves_the_cursor() -> None:
    wire = Wire()
    shown: list[str] = []
    wire.say(b"ab\x08\x1b[K\x1b[12D\x1b[2J\x1b]0;title\x07\x1b[1Ac\r\n")
    monitor.converse(wire, Keys(b"", b"", b"", b"\x1d"), shown.append)
    deadline = time.monotonic() + 2
    while not shown and time.monotonic() < deadline:
        time.sleep(0.01)
    assert "".join(shown) == "ab\b\x1b[K\x1b[12Dc\n"


def test_unplugging_ends_it_with_a_next_step() -> None:
    wire = Wire()
    wire.lost = True
    with pytest.raises(EspdojoError, match="gone") as caught:
        monitor.converse(wire, Keys(), lambda text: None)
    assert caught.value.next_step


def test_junk_is_explained_once() -> None:
    wire = Wire()
    shown: list[str] = []
    wire.say(b"\xfe\xe0\x80" * 100)
    stop = threading.Event()

    class UntilTold(Keys):
        def read(self, timeout_s: float) -> bytes | None:
            stop.wait(5)
            return b"\x1d"

    def show(text: str) -> None:
        shown.append(text)
        if "74880" in text:
            stop.set()

    monitor.converse(wire, UntilTold(), show)
    assert "".join(shown).count("74880") == 1


def test_piped_lines_wait_for_the_prompt() -> None:
    wire = Wire(lambda data: data + b"\nok\r\n>>> ")
    shown: list[str] = []
    with Terminal(wire, "COM4", 115200, shown.append) as terminal:
        monitor.send_lines(terminal, ["print(1)\n", "print(2)\r\n"])
    assert wire.sent == b"print(1)\rprint(2)\r"
    assert "".join(shown) == "print(1)\nok\n>>> print(2)\nok\n>>> "


def test_the_only_likely_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    board, other = Port("COM4", vid=0x10C4, pid=0xEA60), Port("COM1")
    monkeypatch.setattr(ports, "available", lambda: [other, board])
    assert monitor.the_only_port() == "COM4"
    monkeypatch.setattr(ports, "available", lambda: [other, board, Port("COM7", vid=0x1A86, pid=0x7523)])
    with pytest.raises(EspdojoError, match="COM4, COM7"):
        monitor.the_only_port()
    monkeypatch.setattr(ports, "available", list)
    with pytest.raises(EspdojoError, match="no serial port"):
        monitor.the_only_port()


def test_a_port_that_is_not_there_is_said_in_words() -> None:
    result = CliRunner().invoke(monitor.command, ["/dev/no-such-port"])
    assert isinstance(result.exception, EspdojoError)


@pytest.mark.skipif(sys.platform == "win32", reason="pseudo-terminals are POSIX")
def test_keys_are_read_raw_and_the_terminal_is_restored(monkeypatch: pytest.MonkeyPatch) -> None:
    import pty
    import termios

    from trainer.keyboard import raw

    controller, terminal = pty.openpty()
    with os.fdopen(terminal) as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        before = termios.tcgetattr(terminal)
        with raw() as keyboard:
            os.write(controller, b"\x03")
            assert keyboard.read(2) == b"\x03"
            assert keyboard.read(0) == b""
        assert termios.tcgetattr(terminal) == before
    os.close(controller)
