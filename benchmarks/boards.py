"""Boards with MicroPython on them, and a client that sits at the prompt."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Literal

from benchmarks.figures import Unavailable
from emulator import Board
from trainer import firmware

PROMPT = b">>> "
TIMEOUT_S = 60.0
SIZE_BYTE, SIZE_4MB = 3, 0x40
"""Where an image declares the flash size, and 4 MB (esptool `ESP8266ROM.FLASH_SIZES`); `write-flash --flash-size
detect` does the same."""


@cache
def micropython() -> bytes:
    """An image of MicroPython, for a flash of 4 MB. Raises Unavailable."""
    found = firmware.local()
    if found is None:
        raise Unavailable("there is no MicroPython here: `espdojo firmware get`, or set ESPDOJO_FIRMWARE_DIR")
    image = bytearray(found.path.read_bytes())
    image[SIZE_BYTE] = SIZE_4MB | image[SIZE_BYTE] & 0x0F
    return bytes(image)


@dataclass(frozen=True, slots=True)
class Cost:
    """What a line at the prompt took."""

    instructions: int
    seconds: float
    """Processor time of the board's thread, so that other programs do not count."""

    @property
    def mips(self) -> float:
        """Million instructions per second."""
        return self.instructions / self.seconds / 1e6


class Terminal:
    """A bridge's client. What it notes of the chip, it notes on the board's thread, when bytes come."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._text = b""
        self._prompted = threading.Event()
        self._marks: list[tuple[int, float]] = []
        board.bridge.attach(self)

    def receive(self, data: bytes) -> None:
        """Bytes from the board."""
        if b"\n" in data or data.endswith(PROMPT):
            self._marks.append((self._board.chip.core.executed, time.thread_time()))
        self._text += data
        if self._text.endswith(PROMPT):
            self._prompted.set()

    def unplugged(self) -> None:
        """The board's thread failed."""
        self._prompted.set()

    def wait_for_prompt(self) -> None:
        """Return as soon as the program prompts. Raises RuntimeError, with what it said instead."""
        if not self._prompted.wait(TIMEOUT_S) or not self._text.endswith(PROMPT):
            raise RuntimeError(f"no prompt; the board said {self._text[-400:]!r}") from self._board.failure

    def run(self, line: str) -> Cost:
        """Enter a line that prints nothing but its result, and wait for the next prompt."""
        self._prompted.clear()
        self._marks.clear()
        self._text = b""
        self._board.bridge.write(line.encode() + b"\r")
        self.wait_for_prompt()
        (start, start_s), (end, end_s) = self._marks[0], self._marks[-1]
        return Cost(end - start & 0xFFFFFFFF, end_s - start_s)


@contextmanager
def flashed(clock: Literal["real", "max"]) -> Iterator[tuple[Board, Terminal]]:
    """A board with MicroPython in a flash that is blank otherwise, without power, and its terminal."""
    board = Board(clock=clock)
    board.flash.program(0, micropython())
    terminal = Terminal(board)
    try:
        yield board, terminal
    finally:
        board.close()
