"""How close line=real comes to the time that bytes take: packets to a board in download mode, and its answers.

A packet is what esptool sends to the ROM when it uploads its stub. Its theoretical time is ten bits for each byte that
crosses the line, both ways; what the client needs to make the next one is not in it, and is not measured.
"""

import itertools
import struct
import time
from collections.abc import Iterator
from functools import partial, reduce

import serial

from benchmarks.figures import Bar, Figure, measure
from emulator import Board
from emulator.line import BITS_PER_BYTE
from emulator.rom import slip
from emulator.rom.image import CHECKSUM_SEED, checksum

BAUDS = (9_600, 74_880, 115_200, 230_400, 460_800, 921_600)
BAR = Bar("at most", 3.0)
SECONDS = 1.0
"""How long a packet takes, about."""
RAM, MOST_BYTES = 0x3FFE8000, 0x8000
MEM_BEGIN, MEM_DATA, SYNC = 0x05, 0x07, 0x08
SYNC_DATA = b"\x07\x07\x12\x20" + 32 * b"\x55"
ANSWER_SIZE = 12


def run(rounds: int) -> Iterator[Figure]:
    """Per cent over the theoretical time, at each rate."""
    samples = measure(rounds, {str(baud): partial(_excess, baud) for baud in BAUDS})
    for baud in BAUDS:
        yield Figure(f"{baud} baud, over the theoretical time", samples.median(str(baud)), "%", BAR)


def _excess(baud: int) -> float:
    """Send one packet and wait for the answer; by how many per cent it took longer than its bits."""
    with Board(line="real") as board, serial.serial_for_url(board.serve("driver"), baud, timeout=10) as port:
        for dtr, rts in ((False, True), (True, False), (False, False)):
            port.dtr, port.rts = dtr, rts
        time.sleep(0.1)  # the banner
        port.reset_input_buffer()
        port.write(_request(SYNC, SYNC_DATA))
        _answers(port, SYNC, 8)
        size = min(MOST_BYTES, round(SECONDS * baud / BITS_PER_BYTE))
        payload = bytes(itertools.islice(itertools.cycle(range(0x20, 0x7F)), size))  # nothing that is escaped
        port.write(_request(MEM_BEGIN, struct.pack("<4I", size, 1, size, RAM)))
        _answers(port, MEM_BEGIN, 1)
        data = struct.pack("<4I", size, 0, 0, 0) + payload
        packet = _request(MEM_DATA, data, reduce(checksum, [payload], CHECKSUM_SEED))
        began = time.perf_counter()
        port.write(packet)
        _answers(port, MEM_DATA, 1)
        took_s = time.perf_counter() - began
    return 100 * (took_s / ((len(packet) + ANSWER_SIZE) * BITS_PER_BYTE / baud) - 1)


def _request(code: int, data: bytes, check: int = 0) -> bytes:
    return slip.encode(struct.pack("<BBHI", 0, code, len(data), check) + data)


def _answers(port: serial.SerialBase, code: int, count: int) -> None:
    """Wait for so many answers to a command. Raises RuntimeError."""
    frames = slip.Decoder(0x1000)
    while count:
        data = port.read(1)
        if not data:
            raise RuntimeError(f"the board does not answer {code:#04x}")
        frames.push(data)
        while (frame := frames.next()) is not None:
            count -= frame[:2] == bytes((1, code))
