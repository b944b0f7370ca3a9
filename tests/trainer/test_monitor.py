"""The serial monitor passes keys and text on, and cleans what the board sends."""

import threading
from collections.abc import Callable

import pytest
import serial

from emulator.line import resample
from trainer import monitor
from trainer.board.terminal import Connection, Terminal
from trainer.errors import EspdojoError
from trainer.monitor import Monitor

from .pretend import PretendPort


class Screen:
    """What a user sees: `all` of it, and the `text` that has not been waited for yet."""

    def __init__(self) -> None:
        self.all = self.text = ""
        self._changed = threading.Condition()

    def __call__(self, text: str) -> None:
        with self._changed:
            self.all += text
            self.text += text
            self._changed.notify_all()

    def take(self, words: str, timeout_s: float) -> bool:
        """Wait for some words, and take the text up to their end away; False if they have not come yet."""
        with self._changed:
            found = self._changed.wait_for(lambda: words in self.text, timeout_s)
            if found:
                self.text = self.text.partition(words)[2]
            return found


class Keys:
    """A keyboard that plays keys one by one; before a text is played, that text must have come to the screen."""

    def __init__(self, screen: "Screen", *keys: bytes | str) -> None:
        self._screen = screen
        self._keys = list(keys)

    def read(self, timeout_s: float) -> bytes | None:
        if timeout_s == 0 or not self._keys:
            return b""
        key = self._keys[0]
        if isinstance(key, str):
            if self._screen.take(key, timeout_s):
                del self._keys[0]
            return b""
        del self._keys[0]
        return key

    def __enter__(self) -> "Keys":
        return self

    def __exit__(self, *_: object) -> None:
        return None


LEAVE = b"\x1d"
Reopen = Callable[[int], tuple[str, Connection] | None]


@pytest.fixture
def screen() -> Screen:
    return Screen()


def run(
    screen: Screen, wire: PretendPort, *keys: bytes | str, baud: int = 115200, reopen: Reopen = lambda baud: None
) -> str:
    """Let a user press `keys` at a monitor; what the log has got."""
    logged: list[str] = []
    Monitor("COM4", baud, reopen, Keys(screen, *keys), screen, logged.append).run(wire)
    return "".join(logged)


def test_keys_go_to_the_board_until_ctrl_bracket(screen: Screen) -> None:
    wire = PretendPort()
    run(screen, wire, b"a", b"\x03", b"", b"b", b"c\x1dnever", b"never")
    assert wire.sent == b"a\x03bc"


def test_line_editing_passes_and_nothing_else_moves_the_cursor(screen: Screen) -> None:
    wire = PretendPort()
    wire.say(b"ab\x08\x1b[K\x1b[12D\x1b[2J\x1b]0;title\x07\x1b[1Ac\r\n")
    logged = run(screen, wire, "c", LEAVE)
    assert screen.all == "ab\b\x1b[K\x1b[12Dc\n"
    assert logged == "abc\n"


@pytest.mark.slow
def test_a_board_that_is_unplugged_is_waited_for(screen: Screen) -> None:
    wire, again = PretendPort(), PretendPort()
    moments: list[tuple[str, Connection] | None] = [None, None, ("COM5", again)]
    wire.lost = True
    run(screen, wire, "It is back, at COM5", b"hello", "hello", LEAVE, reopen=lambda baud: moments.pop(0))
    assert "The board is gone" in screen.all
    assert again.sent == b"hello"


def test_while_it_is_waited_for_one_can_leave(screen: Screen) -> None:
    wire = PretendPort()
    wire.lost = True
    run(screen, wire, "gone", LEAVE)


@pytest.mark.slow
def test_why_a_port_that_is_back_cannot_be_had_is_said_once(screen: Screen) -> None:
    wire = PretendPort()
    wire.lost = True
    left = [4]

    def reopen(baud: int) -> tuple[str, Connection] | None:
        left[0] -= 1
        if left[0]:
            raise EspdojoError("Could not open COM4.", cause="Another program holds the port.")
        return "COM4", PretendPort()

    run(screen, wire, "It is back", LEAVE, reopen=reopen)
    assert screen.all.count("Another program") == 1


@pytest.mark.slow
def test_a_wrong_speed_is_said_and_can_be_changed(screen: Screen) -> None:
    wire = PretendPort()
    junk = resample(b"\r\nMicroPython v1.18 on 2022-01-17; ESP module with ESP8266\r\n>>> " * 8, 115200, 38400)
    wire.say(junk)
    keys = ("115200", b"\x14", b"b", "Enter for 115200", b"\r", "Now at 115200", LEAVE)
    run(screen, wire, *keys, baud=38400)
    assert wire.baudrate == 115200
    assert screen.all.count("Ctrl-T B") == 1


@pytest.mark.parametrize(
    ("typed", "baud", "words"),
    [
        (b"9600\r", 9600, "Now at 9600"),
        (b"96000\x7f\r", 9600, "Now at 9600"),
        (b"fast\r", 115200, "no speed"),
        (b"9600\x1b", 115200, ")"),
    ],
)
def test_the_speed_is_asked_for(screen: Screen, typed: bytes, baud: int, words: str) -> None:
    wire = PretendPort()
    run(screen, wire, b"\x14b", "Enter for 115200", typed, words, LEAVE)
    assert wire.baudrate == baud
    assert wire.sent == b""


def test_ctrl_t_is_a_menu_whose_own_key_goes_through(screen: Screen) -> None:
    wire = PretendPort()
    run(screen, wire, b"a\x14\x14b", b"\x14?", "leave", b"\x14hc", "reset the board", LEAVE)
    assert wire.sent == b"a\x14bc"


def test_the_board_is_reset_by_its_line(screen: Screen) -> None:
    pulled: list[bool] = []

    class WithLine(PretendPort):
        def __setattr__(self, name: str, value: object) -> None:
            if name == "rts":
                pulled.append(bool(value))
            super().__setattr__(name, value)

    run(screen, WithLine(), b"\x14r", LEAVE)
    assert pulled[-2:] == [True, False]


def test_a_port_without_that_line_names_the_button(screen: Screen) -> None:
    class WithoutLine(PretendPort):
        def __setattr__(self, name: str, value: object) -> None:
            if name == "rts" and hasattr(self, "sent"):
                raise OSError(25, "Inappropriate ioctl for device")
            super().__setattr__(name, value)

    run(screen, WithoutLine(), b"\x14r", "RESET button", LEAVE)


def test_a_paste_waits_for_the_board(screen: Screen) -> None:
    wire = PretendPort(lambda data: data.replace(b"\r", b"\r\n"))
    run(screen, wire, b"\x1b[200~one\rtwo\r\x1b[201~", "two", LEAVE)
    assert wire.sent == b"one\rtwo\r"


def test_a_paste_can_be_stopped_and_left(screen: Screen) -> None:
    class Impatient(Keys):
        """Presses Ctrl-C and Ctrl-] as soon as the paste has begun."""

        pressed = iter([b"", b"\x03\x1d"])

        def read(self, timeout_s: float) -> bytes | None:
            return next(self.pressed) if timeout_s == 0 else super().read(timeout_s)

    wire = PretendPort()
    keys = Impatient(screen, b"\x1b[200~" + b"x" * 500 + b"\x1b[201~")
    Monitor("COM4", 115200, lambda baud: None, keys, screen).run(wire)
    assert "stopped" in screen.all
    assert wire.sent == b""


def test_a_keyboard_that_is_gone_ends_it(screen: Screen) -> None:
    class Gone(Keys):
        def read(self, timeout_s: float) -> bytes | None:
            return None

    Monitor("COM4", 115200, lambda baud: None, Gone(screen), screen).run(PretendPort())


def test_what_breaks_while_writing_is_a_board_that_is_gone(screen: Screen) -> None:
    class Broken(PretendPort):
        def write(self, data: bytes) -> int:
            self.lost = True
            raise serial.SerialException("write failed")

    run(screen, Broken(), b"x", "gone", LEAVE)


def test_piped_lines_wait_for_the_prompt() -> None:
    wire = PretendPort(lambda data: data + b"\nok\r\n>>> ")
    shown: list[str] = []
    with Terminal(wire, "COM4", 115200, shown.append) as terminal:
        monitor.send_lines(terminal, ["print(1)\n", "print(2)\r\n"])
    assert wire.sent == b"print(1)\rprint(2)\r"
    assert "".join(shown) == "print(1)\nok\n>>> print(2)\nok\n>>> "
