"""Flashing that ends too early: at every packet of esptool's, and by kill -9; then the next one succeeds."""

import contextlib
import io
import itertools
import json
import random
import subprocess
import sys
from pathlib import Path

import pytest
import serial
from esptool import FatalError, main

from emulator import Board, plug
from emulator.practice import image_path
from emulator.startup.espdojo_port.protocol_esp8266 import Serial

pytestmark = pytest.mark.slow

PORT = "/dev/ttyUSB0"
START = 0x10000
"""Where the image goes: behind the program that is to start again."""
KILLS = 5
SIZE = 3 << 20
"""Of what is being written then: it takes so long that nobody is too late to see it broken off."""
SECTOR = 0x1000


class Writes:
    """Counts what esptool writes to its port; in the middle of number `last`, its program dies."""

    def __init__(self, last: int | None) -> None:
        self.last, self.count = last, 0

    def __call__(self, port: serial.SerialBase, data: bytes) -> int:
        self.count += 1
        if self.count == self.last:
            write(port, data[: len(data) // 2])
            port._socket.close()
            port.is_open = False
            raise serial.SerialException("this program is dead")
        return write(port, data)


write = Serial.write


def esptool(monkeypatch: pytest.MonkeyPatch, *arguments: str, last: int | None = None) -> bool:
    """Run esptool in this process; whether it came to its end."""
    writes = Writes(last)
    monkeypatch.setattr(Serial, "write", lambda port, data: writes(port, data))
    with contextlib.redirect_stdout(io.StringIO()):
        try:
            main(["--port", *arguments])
        except (serial.SerialException, FatalError):
            assert last is not None
            return False
    return True


def test_esptool_dies_at_every_packet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Each time the next one finds a board that connects, and at the end one that writes."""
    image = tmp_path / "image.bin"
    content = random.Random(5).randbytes(20_000)
    image.write_bytes(content)
    with Board(clock="max") as board:
        command = (board.serve("driver"), "write-flash", "0x10000", str(image))
        for last in itertools.count(1):
            board.flash.erase(0, board.flash.size)
            if esptool(monkeypatch, *command, last=last):
                break
            assert is_legal(board.flash.read(0x10000, len(content)), b"\xff" * len(content), content)
        assert last > 50
        assert board.flash.read(0x10000, len(content)) == content
        assert board.failure is None


def test_killed_boards_leave_what_a_chip_could_hold(tmp_path: Path) -> None:
    """kill -9 at any moment of erasing and writing; the next board finds a legal flash and starts."""
    flash = tmp_path / "flash.bin"
    chance = random.Random(6)
    with Board(flash=flash, firmware=(image_path(), 0)):
        pass
    before = flash.read_bytes()
    for _ in range(KILLS):
        content = chance.randbytes(SIZE)
        (tmp_path / "image.bin").write_bytes(content)
        kill_while_writing(flash, tmp_path / "image.bin", chance.randrange(2, 25))
        after = flash.read_bytes()
        assert len(after) == len(before)
        assert after[:START] == before[:START]
        assert after[START : START + len(content)] != content, "it was killed too late to see anything"
        assert is_legal(after[START : START + len(content)], before[START : START + len(content)], content)
        assert after[START + len(content) :] == before[START + len(content) :]
        with (
            Board(flash=flash, clock="max") as board,
            serial.serial_for_url(board.serve("driver"), 115_200, timeout=60) as port,
        ):
            port.write(b"\r")
            assert port.read_until(b">>> ").endswith(b">>> ")
        before = flash.read_bytes()


def kill_while_writing(flash: Path, image: Path, events: int) -> None:
    """Write an image behind the program with esptool, and end the board's process when so much has happened."""
    command = [sys.executable, "-m", "emulator", "--json", "--clock", "max", "--flash", str(flash)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        url = json.loads(process.stdout.readline())["ports"]["driver"]
        esptool = [sys.executable, "-m", "esptool", "--port", PORT, "write-flash", hex(START), str(image)]
        quiet = subprocess.DEVNULL
        with subprocess.Popen(esptool, env=plug.environment(url, PORT), stdout=quiet, stderr=quiet):
            changes = 0
            for line in process.stdout:
                changes += json.loads(line)["event"] in ("program", "erase")
                if changes == events:
                    break
            process.kill()


def is_legal(found: bytes, before: bytes, written: bytes) -> bool:
    """Whether a NOR chip can be so when writing was broken off: each cell is as it was, erased, or written."""
    for start in range(0, len(written), SECTOR):
        now, old, new = (content[start : start + SECTOR] for content in (found, before, written))
        if now not in (old, new) and not all(a in (b, 0xFF, c) for a, b, c in zip(now, old, new, strict=True)):
            return False
    return len(found) == len(before) == len(written)
