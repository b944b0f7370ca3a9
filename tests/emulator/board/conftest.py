"""A board as its users have it: a terminal on its port, and programs of other people run against it."""

import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from functools import reduce
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import serial

from emulator import Board, plug
from emulator.cpu.asm import assemble
from emulator.rom import slip
from emulator.rom.image import CHECKSUM_SEED, checksum
from emulator.rom.symbols import ENTRY_POINTS

PORT = "/dev/ttyUSB0"


class Terminal:
    """The port, opened as a terminal program does."""

    def __init__(self, board: Board, baud: int = 115_200, transport: str = "driver") -> None:
        self.port = serial.serial_for_url(board.serve(transport), baud, timeout=0.05)  # type: ignore[arg-type]
        self._heard = bytearray()

    def until(self, marker: bytes, seconds: float = 60.0) -> bytes:
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

    def settle(self) -> None:
        """Whatever was said before, heard or not: be at MicroPython's prompt, with nothing more to come."""
        deadline = time.monotonic() + 60
        while b">>> " not in self.silence(0.1):
            assert time.monotonic() < deadline, "no prompt"
            self.port.write(b"\r")
        self.port.write(b"print('now' 'here')\r")
        self.until(b"nowhere\r\n>>> ")

    def run(self, line: str) -> str:
        """A line typed at MicroPython's prompt; what it prints."""
        self.port.write(line.encode() + b"\r")
        return self.until(b"\r\n>>> ").decode().removeprefix(f"{line}\r\n").removesuffix(">>> ").strip()


def wait_for(condition: Callable[[], object]) -> None:
    """Until something holds that lasts."""
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.005)


@pytest.fixture
def eventually() -> Callable[[Callable[[], object]], None]:
    """A function that waits for a condition."""
    return wait_for


class Sent:
    """All that a board's chip sends, whether anybody listens or not, and at whatever rate."""

    def __init__(self, board: Board) -> None:
        self.text = bytearray()
        board.bridge.on_sent.append(self.text.extend)

    def wait(self, marker: bytes) -> None:
        """Until it said that."""
        wait_for(lambda: marker in self.text)


@pytest.fixture
def sent() -> Callable[[Board], Sent]:
    """A function that listens to a board from now on."""
    return Sent


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


class Loader:
    """A client of the ROM's download protocol, in a few words; it waits for each answer."""

    MEM_BEGIN, MEM_END, MEM_DATA, SYNC = 0x05, 0x06, 0x07, 0x08

    def __init__(self, board: Board, port: Any) -> None:
        self._board, self.port = board, port
        port.timeout = 60
        self._frames = slip.Decoder(1 << 16)

    @staticmethod
    def request(code: int, data: bytes = b"", check: int = 0) -> bytes:
        return slip.encode(struct.pack("<BBHI", 0, code, len(data), check) + data)

    def command(self, code: int, data: bytes = b"", check: int = 0) -> bytes:
        """Send a command; the two status bytes of its answer."""
        self.port.write(self.request(code, data, check))
        return self.answer(code)[-2:]

    def answer(self, code: int) -> bytes:
        """The next answer to such a command."""
        while True:
            while (frame := self._frames.next()) is not None:
                if frame[:2] == bytes((1, code)):
                    return frame
            data = self.port.read(self.port.in_waiting or 1)
            assert data, "no answer"
            self._frames.push(data)

    def connect(self) -> None:
        """Reset into download mode and say hello. Some of the eight answers come later, if at all."""
        was_reset = threading.Event()
        unsubscribe = self._board.events.subscribe(lambda event: was_reset.set() if event.name == "reset" else None)
        for dtr, rts in ((False, True), (True, False), (False, False)):
            self.port.set_lines(dtr, rts)  # in one step, or EN would rise by itself if this thread were held up
        assert was_reset.wait(60), "no reset"
        unsubscribe()
        self.port.reset_input_buffer()
        self._frames.rest()
        self.port.write(self.request(self.SYNC, b"\x07\x07\x12\x20" + 32 * b"\x55"))
        self.answer(self.SYNC)

    def load(self, address: int, content: bytes, packet_size: int = 0x1800) -> None:
        """Write to RAM."""
        packets = [content[start : start + packet_size] for start in range(0, len(content), packet_size)]
        begin = struct.pack("<4I", len(content), len(packets), packet_size, address)
        assert self.command(self.MEM_BEGIN, begin) == b"\0\0"
        for number, packet in enumerate(packets):
            data = struct.pack("<4I", len(packet), number, 0, 0) + packet
            assert self.command(self.MEM_DATA, data, reduce(checksum, [packet], CHECKSUM_SEED)) == b"\0\0"

    def run(self, source: str) -> None:
        """Load a program in assembler, which begins at `start`, and start it."""
        assembly = assemble(source, origin=0x40100000, symbols=ENTRY_POINTS)
        for address, chunk in assembly.chunks:
            self.load(address, chunk + bytes(-len(chunk) % 4))
        assert self.command(self.MEM_END, struct.pack("<2I", 0, assembly.symbols["start"])) == b"\0\0"


@pytest.fixture
def loader() -> Iterator[Callable[..., Loader]]:
    """A function that opens a board's port for a Loader; it is closed in the end."""
    opened: list[serial.SerialBase] = []

    def start(board: Board, baud: int = 115_200) -> Loader:
        opened.append(serial.serial_for_url(board.serve("driver"), baud, write_timeout=60))
        return Loader(board, opened[-1])

    yield start
    for port in opened:
        port.close()


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
            timeout=250,
        )
        output = result.stdout + result.stderr
        assert status is None or result.returncode == status, output
        return output

    return SimpleNamespace(run=run, environment=environment)


@pytest.fixture(scope="session")
def micropython(real_image: Callable[[str], Path]) -> Path:
    """The image that learners without a download site get."""
    return real_image("micropython-1.10.0.bin")
