"""The monitor in a real pseudo-terminal, on boards in another process."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

pexpect = pytest.importorskip("pexpect")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(300),
    pytest.mark.skipif(os.name == "nt", reason="pseudo-terminals are POSIX"),
]

FIRMWARE = "esp8266-20220117-v1.18.bin"

PROGRAM = """\
def numbers(count):
    for number in range(count):
        if number % 2:
            print('odd', number)
        else:
            print('even', number, 'LONG')

    return count

print('made', numbers(4))
""".replace("LONG", "x" * 120)

BEGIN_PASTE, END_PASTE = "\x1b[200~", "\x1b[201~"


@pytest.fixture
def board(start_process: Callable[..., Any], real_image: Callable[[str], Path]) -> Any:
    """A board with MicroPython; `urls` are the ways to it."""
    other = start_process("emulator", "--firmware", str(real_image(FIRMWARE)), "--pty", "--tcp", "0", "--json")
    other.wait_for("ready")
    other.urls = json.loads(other.heard[0])["ports"]
    return other


@contextmanager
def monitor(*arguments: str) -> Iterator[Any]:
    """``espdojo monitor`` in a terminal."""
    child = pexpect.spawn(
        sys.executable,
        ["-m", "trainer", "monitor", *arguments],
        env={**os.environ, "TERM": "xterm-256color"},
        dimensions=(24, 100),
        encoding="utf-8",
        timeout=60,
    )
    try:
        child.expect("Ctrl-] leaves")
        yield child
    finally:
        child.close(force=True)


def wake(child: Any) -> None:
    """Press Enter until the prompt comes: the board may still be starting."""
    for _ in range(60):
        child.send("\r")
        if child.expect_exact([">>> ", pexpect.TIMEOUT], timeout=1) == 0:
            return
    pytest.fail(f"no prompt: {child.before}")


def leave(child: Any) -> None:
    child.send("\x1d")
    child.expect("Left the terminal")
    child.expect(pexpect.EOF)
    child.close()
    assert child.exitstatus == 0


@pytest.mark.parametrize("way", ["pty", "driver", "tcp"])
def test_talking_to_micropython(board: Any, way: str, tmp_path: Path) -> None:
    log = tmp_path / "board.log"
    with monitor(board.urls[way], "--log", str(log)) as child:
        wake(child)
        child.send("6 * 7\r")
        child.expect_exact("42")
        child.send("import time\r")
        child.send("while not print('run' + 'ning'): time.sleep(1)\r\r")
        child.expect_exact("running")  # before that Ctrl-C would only be for the line that is typed
        child.send("\x03")
        child.expect("KeyboardInterrupt")
        leave(child)
    assert "6 * 7\n42\n" in log.read_text(encoding="utf-8")


def test_a_program_is_pasted_whole(board: Any) -> None:
    with monitor(board.urls["pty"]) as child:
        wake(child)
        child.send(BEGIN_PASTE + PROGRAM + END_PASTE)
        child.expect_exact("made 4")
        child.expect_exact(">>> ")
        child.send(PROGRAM.replace("made", "again"))  # a terminal that does not mark pastes
        child.expect_exact("again 4")
        leave(child)


def test_a_wrong_speed_is_said_and_mended(board: Any) -> None:
    with monitor(board.urls["pty"], "--baud", "57600") as child:
        for _ in range(3):
            board.say("reset")
            if child.expect_exact(["Ctrl-T B changes the speed", pexpect.TIMEOUT], timeout=20) == 0:
                break
        child.send("\x14b")
        child.expect("Enter for 115200")
        child.send("\r")
        child.expect("Now at 115200")
        wake(child)
        leave(child)


def test_an_unplugged_board_is_waited_for(board: Any) -> None:
    with monitor(board.urls["driver"]) as child:
        wake(child)
        board.say("unplug")
        child.expect("The board is gone")
        board.say("plug")
        child.expect("It is back")
        wake(child)
        board.say("unplug")
        child.expect("The board is gone")
        leave(child)


def test_lines_from_a_pipe(board: Any, start_process: Callable[..., Any]) -> None:
    with monitor(board.urls["tcp"]) as child:  # until it has started, nobody answers
        wake(child)
        leave(child)
    piped = start_process("trainer", "monitor", board.urls["tcp"])
    piped.wait_for("Ctrl-] leaves")
    piped.say("print(6 * 7)")
    piped.process.stdin.close()
    piped.wait_for("42")
    assert piped.process.wait(60) == 0
