"""A board as its users have it: a terminal on its port, and programs of other people run against it."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import serial

from emulator import Board, plug

PORT = "/dev/ttyUSB0"


class Terminal:
    """The port, opened as a terminal program does."""

    def __init__(self, board: Board, baud: int = 115_200, transport: str = "driver") -> None:
        self.port = serial.serial_for_url(board.serve(transport), baud, timeout=0.05)  # type: ignore[arg-type]
        self._heard = bytearray()

    def until(self, marker: bytes, seconds: float = 20.0) -> bytes:
        """What the board says up to and with `marker`; what comes after it is kept for the next time."""
        deadline = time.monotonic() + seconds
        while marker not in self._heard:
            assert time.monotonic() < deadline, f"no {marker!r} in {bytes(self._heard[-400:])!r}"
            self._heard += self.port.read(self.port.in_waiting or 1)
        end = self._heard.index(marker) + len(marker)
        said = bytes(self._heard[:end])
        del self._heard[:end]
        return said

    def silence(self, seconds: float) -> bytes:
        """What the board says in that time, hopefully nothing."""
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            self._heard += self.port.read(self.port.in_waiting or 1)
        said = bytes(self._heard)
        self._heard.clear()
        return said

    def run(self, line: str) -> str:
        """A line typed at MicroPython's prompt; what it prints."""
        self.port.write(line.encode() + b"\r")
        return self.until(b"\r\n>>> ").decode().removeprefix(f"{line}\r\n").removesuffix(">>> ").strip()


@pytest.fixture
def terminal() -> Iterator[Callable[..., Terminal]]:
    """A function that opens a board's port; it is closed in the end."""
    opened: list[Terminal] = []

    def start(board: Board, **settings: object) -> Terminal:
        opened.append(Terminal(board, **settings))  # type: ignore[arg-type]
        return opened[-1]

    yield start
    for one in opened:
        one.port.close()


@pytest.fixture
def tools() -> SimpleNamespace:
    """`tools.run(board, "esptool", "flash-id")`: a program with the board plugged in; status and output, not judged."""

    def environment(board: Board) -> dict[str, str]:
        return plug.environment(board.serve("driver"), PORT)

    def run(board: Board | None, *command: str, status: int | None = 0) -> str:
        result = subprocess.run(
            [sys.executable, "-m", *command],
            env=None if board is None else environment(board),
            capture_output=True,
            text=True,
            encoding="utf-8",
            timeout=90,
        )
        output = result.stdout + result.stderr
        assert status is None or result.returncode == status, output
        return output

    return SimpleNamespace(run=run, environment=environment)


@pytest.fixture(scope="session")
def micropython(real_image: Callable[[str], Path]) -> Path:
    """The image that learners without a download site get."""
    return real_image("micropython-1.10.0.bin")
