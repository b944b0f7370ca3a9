"""The practice image on a board: its prompt, as a serial terminal sees it."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import serial

from emulator import Board, plug
from emulator.practice import image_path
from emulator.runner import State

ENTER_TIMEOUT_S = 60.0
PROMPT = ">>> "
RAW_BANNER = "raw REPL; CTRL-B to exit\r\n>"


class Terminal:
    """A serial terminal at 115200 baud, with what it saw."""

    def __init__(self, url: str) -> None:
        self.port = serial.serial_for_url(url, 115200, timeout=0.1)

    def until(self, end: str) -> str:
        """Everything up to and with `end`."""
        seen, deadline = b"", time.monotonic() + ENTER_TIMEOUT_S
        while not seen.endswith(end.encode()):
            seen += self.port.read(max(1, self.port.in_waiting))
            assert time.monotonic() < deadline, seen[-500:]
        return seen.decode("utf-8", "replace")

    def send(self, text: str, end: str = PROMPT) -> str:
        """Type `text`, wait for `end`; what came in between, echo included."""
        self.port.write(text.encode())
        seen = self.until(end)
        return seen[: -len(end)]


def booted(board: Board) -> tuple[Terminal, str]:
    """A terminal that saw one whole boot, and what it saw."""
    board.press("reset")
    deadline = time.monotonic() + ENTER_TIMEOUT_S
    while board.state is not State.HELD:  # whatever was sent before is not ours to see
        assert time.monotonic() < deadline
        time.sleep(0.001)
    terminal = Terminal(board.serve("driver"))
    terminal.port.reset_input_buffer()
    board.release("reset")
    return terminal, terminal.until(PROMPT)


@pytest.fixture
def board() -> Iterator[Board]:
    """A board with the practice image."""
    with Board(clock="max", firmware=(image_path(), 0)) as board:
        yield board
        assert board.failure is None


@pytest.fixture
def terminal(board: Board) -> Iterator[Terminal]:
    """A terminal on it, at the prompt."""
    terminal, _ = booted(board)
    yield terminal
    terminal.port.close()


def test_the_lesson(board: Board) -> None:
    terminal, banner = booted(board)
    assert "espdojo practice image 1.0; a stand-in for MicroPython" in banner
    line = "print('Micropython for Engineers!')"
    assert terminal.send(line + "\r") == f"{line}\r\nMicropython for Engineers!\r\n"
    assert terminal.send("import sys\r") == "import sys\r\n"
    assert terminal.send("sys.platform\r") == "sys.platform\r\n'esp8266'\r\n"
    terminal.port.close()


def test_keys(terminal: Terminal) -> None:
    assert terminal.send("\r") == "\r\n"
    assert terminal.send("12\x7f\x083\r") == "12\x08 \x08\x08 \x083\r\n3\r\n"
    assert terminal.send("1é\x7f\r") == "1é\x08 \x08\r\n1\r\n"
    assert terminal.send("\x7f\x7f4\r") == "4\r\n4\r\n"
    assert terminal.send("5\x1b[D\x1b[3~\x1bOH\x1bx\t\x00\r") == "5\r\n5\r\n"
    assert terminal.send("nonsense(\x03") == "nonsense(\r\n"
    assert terminal.send("\x03") == "\r\n"


def test_a_text_that_goes_on(terminal: Terminal) -> None:
    assert terminal.send("print(1,\r", "... ") == "print(1,\r\n"
    assert terminal.send("\x7f2)\r") == "2)\r\n1 2\r\n"
    terminal.send("print(\r", "... ")
    assert terminal.send("\x03") == "\r\n"
    terminal.send("print(\r", "... ")
    assert terminal.send("\x04").endswith("SyntaxError: invalid syntax\r\n")


def test_a_mistake(terminal: Terminal) -> None:
    assert terminal.send("x\r") == (
        'x\r\nTraceback (most recent call last):\r\n  File "<stdin>", line 1, in <module>\r\n'
        "NameError: name 'x' isn't defined\r\n"
    )


def test_a_line_without_end_is_bounded(terminal: Terminal) -> None:
    seen = terminal.send("#" + "x" * 5000 + "\r")
    assert seen.count("x") == 4095
    assert seen.count("\x07") == 905
    assert terminal.send("1+1\r") == "1+1\r\n2\r\n"


def test_long_output_comes_whole(terminal: Terminal) -> None:
    seen = terminal.send("x = 'ab' * 1000; print(x, x, x)\r")
    assert seen.endswith(" ".join(["ab" * 1000] * 3) + "\r\n")


def test_soft_reset_forgets(terminal: Terminal) -> None:
    terminal.send("x = 1\r")
    assert terminal.send("\x04").startswith("\r\nMPY: soft reboot\r\nespdojo practice image")
    assert "NameError" in terminal.send("x\r")


def test_a_hard_reset_forgets(terminal: Terminal, board: Board) -> None:
    terminal.send("x = 1\r")
    board.reset()
    terminal.until(PROMPT)
    assert "NameError" in terminal.send("x\r")


def test_paste_mode(terminal: Terminal) -> None:
    terminal.send("\x05", "\r\npaste mode; Ctrl-C to cancel, Ctrl-D to finish\r\n=== ")
    seen = terminal.send("x = 2\r\rprint(x)\r3\x04")
    assert seen == "x = 2\r\n=== \r\n=== print(x)\r\n=== 3\r\n2\r\n"
    terminal.send("\x05", "=== ")
    assert terminal.send("print(9)\x03") == "print(9)\r\n"


def test_raw_mode(terminal: Terminal) -> None:
    assert terminal.send("\x01", RAW_BANNER) == "\r\n"
    assert terminal.send("print('a')\nprint('b')\x04", "\x04>") == "OKa\r\nb\r\n\x04"
    errors = terminal.send("print(1)\n1/0\x04", "\x04>")
    assert errors.startswith("OK1\r\n\x04Traceback (most recent call last):\r\n")
    assert errors.endswith("ZeroDivisionError: divide by zero\r\n")
    assert terminal.send("junk\x03print(2)\x04", "\x04>") == "OK2\r\n\x04"
    assert terminal.send("\x05A\x01", "R\x00") == ""
    assert terminal.send("print(3)\x04", "\x04>") == "OK3\r\n\x04"
    assert "MemoryError" in terminal.send("#" * 5000 + "\x04", "\x04>")
    assert terminal.send("\x04", RAW_BANNER) == "OK\r\nMPY: soft reboot\r\n"
    assert terminal.send("\x01", RAW_BANNER) == ""
    assert terminal.send("\x02").startswith("\r\nespdojo practice image")


def test_two_boards_do_not_share_names(terminal: Terminal) -> None:
    terminal.send("x = 1\r")
    with Board(clock="max", firmware=(image_path(), 0)) as other:
        second, _ = booted(other)
        assert "NameError" in second.send("x\r")
        second.port.close()
    assert terminal.send("x\r") == "x\r\n1\r\n"


def run(arguments: list[str], url: str, cwd: Path) -> str:
    """Run a Python module in a process of its own, with the board plugged in as a port."""
    name = plug.default_name(plug.current_system(), [])
    environment = plug.environment(url, name, {**os.environ, "PYTHONUTF8": "1"})
    command = [sys.executable, "-m", *(argument.replace("{port}", name) for argument in arguments)]
    done = subprocess.run(command, env=environment, cwd=cwd, capture_output=True, text=True, timeout=250, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_mpremote(board: Board, tmp_path: Path) -> None:
    url = board.serve("driver")
    program = "import sys; print(sys.platform)"
    assert run(["mpremote", "connect", "{port}", "exec", program], url, tmp_path) == "esp8266\n"
    (tmp_path / "main.py").write_text("x = 6\nprint(x * 7)\n")
    assert run(["mpremote", "connect", "{port}", "run", "main.py"], url, tmp_path) == "42\n"
    assert run(["mpremote", "connect", "{port}", "eval", "[1, 'a']"], url, tmp_path) == "[1, 'a']\n"


@pytest.mark.slow
def test_esptool_writes_and_verifies_it_and_it_boots(tmp_path: Path) -> None:
    with Board(clock="max") as board:
        url = board.serve("driver")
        write = ["write-flash", "--flash-size", "detect", "0", str(image_path())]
        assert "Hash of data verified" in run(["esptool", "--port", "{port}", *write], url, tmp_path)
        terminal, _ = booted(board)
        assert terminal.send("1+1\r") == "1+1\r\n2\r\n"
        terminal.port.close()
