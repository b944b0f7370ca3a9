"""A terminal sends lines and waits for the board's prompt; what goes wrong is said in words."""

import threading
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import serial

from trainer.board import terminal as terminal_module
from trainer.board.terminal import Terminal, TerminalError, open_port, why_not_opened

from ..pretend import PretendPort


def repl(data: bytes) -> bytes:
    if data == b"\x03":
        return b"\r\nKeyboardInterrupt\r\n>>> "
    if data == b"loop\r":
        return b"loop\r\n"
    if data == b"print('hi')\r":
        return b"print('hi')\r\nhi\r\n>>> "
    return data + b"\n>>> "


class Board(PretendPort):
    """A port with a prompt behind it. What it is told to say is heard: whoever reads has come back for more."""

    def __init__(self) -> None:
        super().__init__(repl)
        self._told = self._heard = 0

    def read(self, size: int = 1, /) -> bytes:
        with self._changed:
            if not self._ready:
                self._heard = self._told
                self._changed.notify_all()
        return super().read(size)

    def say(self, data: bytes) -> None:
        with self._changed:
            super().say(data)
            self._told += 1
            self._changed.wait_for(lambda: self._heard == self._told or self.lost)


@pytest.fixture
def board() -> Board:
    return Board()


@pytest.fixture
def terminal(board: Board) -> Iterator[Terminal]:
    with Terminal(board, "COM4", 115200) as terminal:
        yield terminal


def test_a_line_is_answered_up_to_the_prompt(terminal: Terminal) -> None:
    assert terminal.send("print('hi')") == "print('hi')\nhi\n>>> "
    assert terminal.at_prompt


def test_enter_alone_brings_the_prompt(terminal: Terminal) -> None:
    assert terminal.send("") == "\n>>> "


def test_what_does_not_end_is_returned_after_the_time_limit_and_can_be_interrupted(terminal: Terminal) -> None:
    assert terminal.send("loop", timeout_s=0.2) == "loop\n"
    assert not terminal.at_prompt
    assert terminal.key("ctrl-c") == "\nKeyboardInterrupt\n>>> "


def test_a_prompt_in_the_middle_of_output_is_not_the_end(
    board: Board, terminal: Terminal, monkeypatch: pytest.MonkeyPatch
) -> None:
    now_s = 0.0
    monkeypatch.setattr(terminal_module, "time", SimpleNamespace(monotonic=lambda: now_s))

    def chatter() -> None:
        nonlocal now_s
        board.say(b"\r\n>>> ")
        now_s += terminal_module.SETTLE_S / 2
        board.say(b"not yet\r\n")
        now_s += 10 * terminal_module.SETTLE_S
        board.say(b">>> ")
        now_s += 2 * terminal_module.SETTLE_S

    thread = threading.Thread(target=chatter)
    thread.start()
    assert terminal.wait(60).endswith("not yet\n>>> ")
    thread.join()


def test_the_answer_has_been_shown_when_it_is_returned(board: Board) -> None:
    """However late the thread that shows it is."""
    shown: list[str] = []
    waits = threading.Event()

    def show(text: str) -> None:
        waits.wait(3 * terminal_module.SETTLE_S)  # nobody ends it
        shown.append(text)

    with Terminal(board, "COM4", 115200, show) as terminal:
        terminal.press(b"print('hi')\r")
        assert terminal.wait(60) == "".join(shown) == "print('hi')\nhi\n>>> "


def test_a_prompt_that_was_asked_for_before_is_no_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(terminal_module, "UNECHOED_S", 60.0)

    class Late(Board):
        """It starts while Enter is pressed, and is still about to answer that when the next line comes."""

        def write(self, data: bytes, /) -> int:
            if data != b"\r":
                self.say(b"\r\n>>> ")
                threading.Timer(5 * terminal_module.SETTLE_S, self.say, (b"1 + 1\r\n2\r\n>>> ",)).start()
            return len(data)

    board = Late()
    with Terminal(board, "COM4", 115200) as terminal:
        board.say(b"MicroPython\r\n>>> ")
        assert terminal.key("enter", timeout_s=0.1) == ""
        assert terminal.send("1 + 1", timeout_s=60) == "\n>>> 1 + 1\n2\n>>> "


def test_output_and_transcript_are_the_same_text(board: Board) -> None:
    shown: list[str] = []
    with Terminal(board, "COM4", 115200, shown.append) as terminal:
        terminal.send("print('hi')")
        board.say(b"\x1b[31mred\x1b[0m\r\n>>> ")
        terminal.wait(1)
    assert "".join(shown) == terminal.transcript
    assert "\x1b" not in terminal.transcript


def test_closing_frees_the_port(board: Board) -> None:
    Terminal(board, "COM4", 115200).close()
    assert board.closed


def test_reset_pulls_rts_alone_and_lets_go() -> None:
    class WithLine(PretendPort):
        """A board that starts when its reset line is let go."""

        def __setattr__(self, name: str, value: object) -> None:
            if name == "rts" and vars(self).get("rts") and not value and not self.dtr:
                self.say(b"\r\nMicroPython\r\n>>> ")
            super().__setattr__(name, value)

    board = WithLine()
    with Terminal(board, "COM4", 115200) as terminal:
        assert "MicroPython" in terminal.reset(60)
    assert (board.dtr, board.rts) == (False, False)


def test_unplugging_ends_the_wait_and_says_so(board: Board, terminal: Terminal) -> None:
    threading.Timer(0.05, board.unplug).start()
    terminal.send("loop", timeout_s=threading.TIMEOUT_MAX)
    with pytest.raises(TerminalError, match="disconnected"):
        terminal.send("x")


@pytest.mark.parametrize(
    ("error", "cause"),
    [
        (serial.SerialException(2, "could not open port /dev/ttyUSB9: No such file or directory"), "no port of that"),
        (serial.SerialException(13, "could not open port /dev/ttyUSB0: Permission denied"), "may not open"),
        (serial.SerialException(11, "Could not exclusively lock port /dev/ttyUSB0"), "Another program"),
        (serial.SerialException("could not open port 'COM4': PermissionError(13, 'Access is denied.')"), "Another"),
        (serial.SerialException("could not open port 'COM9': FileNotFoundError(2, 'The system cannot find the file')"),
         "no port of that name"),
    ],
)  # fmt: skip
def test_why_a_port_does_not_open(error: serial.SerialException, cause: str) -> None:
    assert cause in why_not_opened("COM4", error, "windows").cause


def test_a_port_that_is_not_there_is_an_error_for_people() -> None:
    with pytest.raises(TerminalError, match="Could not open /dev/no-such-port") as caught:
        open_port("/dev/no-such-port", 115200, "linux")
    assert caught.value.next_step


@pytest.mark.parametrize(
    ("url", "error", "words"),
    [
        ("socket://127.0.0.1", TypeError("'<=' not supported"), "socket://127.0.0.1:4000"),
        ("rfc2217://", TypeError("'<=' not supported"), "rfc2217://127.0.0.1:4000"),
        ("socket://host:abc", ValueError("'debug|info|warning|error'"), "a colon and a number"),
        ("socket://127.0.0.1:9", OSError(111, "Connection refused"), "Nothing listens there"),
        ("socket://nowhere:9", OSError("[Errno 11001] getaddrinfo failed"), "No computer of that name"),
        ("rfc2217://10.0.0.1:9", OSError("timed out"), "does not answer"),
        ("esp8266://127.0.0.1:9/x", OSError(2, "gone"), "espdojo board"),
    ],
)
def test_why_an_address_leads_nowhere(url: str, error: Exception, words: str) -> None:
    told = why_not_opened(url, error, "linux")
    assert words in f"{told} {told.cause} {told.next_step}"
    assert "ttyUSB" not in told.next_step


def test_half_an_address_is_an_error_for_people() -> None:
    with pytest.raises(TerminalError, match="no whole address"):
        open_port("socket://127.0.0.1", 115200, "linux")
