"""What makes a chip begin anew, with small programs in its flash: watchdog, deep sleep, BREAK, the reset vector."""

import struct
import threading
from collections.abc import Callable, Sequence
from functools import reduce

import pytest

from emulator import Board
from emulator.cpu.asm import assemble
from emulator.rom.image import CHECKSUM_ALIGNMENT, CHECKSUM_SEED, MAGIC, checksum
from emulator.rom.symbols import ENTRY_POINTS
from emulator.runner import State
from emulator.trace import Event

ORIGIN = 0x40100000
TIMEOUT_S = 60
RTC = 0x60000700
HANGS = """
    watchdog: .word 0x60000900
    start:
        l32r a2, watchdog
        movi a3, 2              # 3.2 ms, and 3.2 ms
        s32i a3, a2, 4
        s32i a3, a2, 8
        movi a3, 0x39
        s32i a3, a2, 0
    loop: j loop
"""
SLEEPS = """
    rtc: .word 0x60000700
    memory: .word 0x60001200
    second: .word 173913        # ticks of 5.75 us
    go: .word 0x00100000
    start:
        l32r a2, memory
        l32i a3, a2, 0
        addi a3, a3, 1
        s32i a3, a2, 0
        l32r a2, rtc
        l32i a4, a2, 0x14       # why it was reset
        bgei a3, 3, done
        movi a3, 0
        s32i a3, a2, 0
        l32i a3, a2, 0x1c
        l32r a4, second
        add a3, a3, a4
        s32i a3, a2, 4
        movi a3, 8
        s32i a3, a2, 0x18
        l32r a3, go
        s32i a3, a2, 8
    done: j done
"""
BREAKS = """
    vectors: .word 0x40100000
    reset: .word 0x40000080
    .org 0x40100010             # the debug vector
        l32r a2, reset
        jx a2
    .align
    start:
        l32r a2, vectors
        wsr a2, VECBASE
        movi a2, 0x22
        wsr a2, PS
        rsync
        break 1, 1              # masked by the level: nothing
        movi a2, 0x20
        wsr a2, PS
        rsync
        break 1, 1
"""


def image(source: str) -> bytes:
    """A program as the ROM loads it from flash."""
    assembly = assemble(source, origin=ORIGIN, symbols=ENTRY_POINTS)
    chunks = [(address, code + bytes(-len(code) % 4)) for address, code in assembly.chunks]
    content = struct.pack("<BBBBI", MAGIC, len(chunks), 2, 0x40, assembly.symbols["start"])
    for address, code in chunks:
        content += struct.pack("<II", address, len(code)) + code
    content += bytes(CHECKSUM_ALIGNMENT - 1 - len(content) % CHECKSUM_ALIGNMENT)
    return content + bytes([reduce(checksum, (code for _, code in chunks), CHECKSUM_SEED)])


class Watcher:
    """A board with a program, and what happens on it."""

    def __init__(self, source: str, faults: Sequence[str] = ()) -> None:
        self.board = Board(clock="max", faults=faults)
        self.board.flash.program(0, image(source))
        self._changed = threading.Condition()  # the board's thread waits while somebody looks
        self.said = bytearray()
        self.board.bridge.attach(self)
        self.board.bridge.set_baud(None)
        self.board.events.subscribe(self._hear)

    def receive(self, data: bytes) -> None:
        self.said += data

    def unplugged(self) -> None:
        pass

    def _hear(self, event: Event) -> None:
        with self._changed:
            self._changed.notify_all()

    def until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, TIMEOUT_S), self.board.events.history

    def causes(self) -> list[str]:
        return [event.data["cause"] for event in self.board.events.named("reset")]


def test_a_watchdog_that_nobody_feeds() -> None:
    watcher = Watcher(HANGS)
    with watcher.board:
        watcher.until(lambda: len(watcher.causes()) > 2)
    assert watcher.causes()[:2] == ["power_on", "watchdog"]
    first, second = (event.cycle for event in watcher.board.events.named("reset")[:2])
    assert (second - first) / 80_000 == pytest.approx(6.4, abs=0.2)
    assert b"rst cause:4, boot mode:(3,6)\r\n\r\nwdt reset\r\n" in watcher.said


def test_deep_sleep_keeps_the_rtcs_memory() -> None:
    watcher = Watcher(SLEEPS)
    with watcher.board as board:
        watcher.until(lambda: len(watcher.causes()) == 3)
        watcher.until(lambda: len(board.events.named("boot")) == 3)
    assert watcher.causes() == ["power_on", "deep_sleep", "deep_sleep"]
    assert [event.data["seconds"] for event in board.events.named("sleep")] == pytest.approx([1.0, 1.0], abs=0.001)
    cycles = [event.cycle for event in board.events.named("reset")]
    assert (cycles[1] - cycles[0]) / 80e6 == pytest.approx(1.0, abs=0.01)
    assert watcher.said.count(b"rst cause:5, boot mode:(3,6)") == 2
    assert board.chip.core.load(RTC + 0x14) & 0xF == 5
    assert board.chip.core.load(RTC + 0x18) >> 8 & 0x3F == 8


def test_without_its_wire_a_chip_sleeps_on() -> None:
    watcher = Watcher(SLEEPS, faults=["no-wake-wire"])
    with watcher.board as board:
        watcher.until(lambda: board.state is State.ASLEEP)
        board.drive(4, 1)  # the board's thread has been round once more
        assert board.state is State.ASLEEP
        board.reset()
        watcher.until(lambda: len(board.events.named("sleep")) == 2)
        assert watcher.causes() == ["power_on", "external"]
        board.repair("no-wake-wire")
        watcher.until(lambda: len(watcher.causes()) == 3)
    assert watcher.causes()[2] == "deep_sleep"
    slept = [(event.data["seconds"], event.data["wakes"]) for event in board.events.named("sleep")][:2]
    assert slept == [(pytest.approx(1.0, abs=0.001), False)] * 2


def test_break_is_an_exception_unless_it_is_masked() -> None:
    watcher = Watcher(BREAKS)
    with watcher.board as board:
        watcher.until(lambda: len(watcher.causes()) > 1)
    assert watcher.causes()[:2] == ["power_on", "software"]
    names = [event.name for event in board.events.history]
    assert names[: names.index("reset", names.index("reset") + 1)].count("break") == 2
