"""A SPI NOR flash chip, after Winbond's W25QxxJV as found on most ESP8266 modules.

Cells are erased to ones, by the sector at least; programming only clears bits. `Flash.transfer` is the chip
as its pins show it, one transaction at a time, with the write-enable latch, block protection, status
registers, SFDP and deep power-down. `Flash.program` and `Flash.erase` do what a driver does with a series of
such transactions.

Nothing is ever busy: an operation is over when its transaction ends, and `Flash.busy_us` counts the time that
it would have taken; unless `Flash.timing` lets time pass. Non-volatile status bits live as long as the object; a
flash file holds the cells only.

Source: Winbond's W25Q datasheets, by the titles of their sections, which are the same in all; their figures are in
`flash_datasheet`.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from pathlib import Path
from typing import Protocol

from emulator.flash_datasheet import (
    BLANK,
    BLOCK_SIZE,
    DEFAULT_SIZE,
    ERASE_BLOCK_US,
    ERASE_CHIP_US_PER_MIB,
    ERASE_HALF_BLOCK_US,
    ERASE_SECTOR_US,
    HALF_BLOCK_SIZE,
    MIB,
    PAGE_SIZE,
    PROGRAM_PAGE_US,
    SECTOR_SIZE,
    SIZES,
    UNIQUE_ID,
    WRITE_BUSY,
    WRITE_ENABLE_LATCH,
    WRITE_STATUS_US,
    erase_us,
    sfdp,
)
from emulator.flash_datasheet import jedec_id as default_jedec_id
from emulator.flash_file import FlashFile, FlashFileError
from emulator.flash_status import StatusRegisters

__all__ = ["PAGE_SIZE", "SECTOR_SIZE", "SIZES", "Flash", "FlashFileError"]

WRITE_ENABLE_VOLATILE = 0x50
ENABLE_RESET = 0x66
RELEASE_POWER_DOWN = 0xAB

ChangeListener = Callable[[int, int], None]
EventListener = Callable[[str, int, int], None]
Defect = Callable[[int, bytes, bytes], bytes]
"""(offset, what the cells hold, what a good chip would make of them) -> what they become."""

READ_STATUS = (0x05, 0x35, 0x15)


class Timing(Protocol):
    """Lets the time pass that operations take."""

    def begin(self, duration_us: int) -> None:
        """An operation that takes so long begins; the chip is busy now."""

    def is_busy(self) -> bool:
        """Whether it still is."""

    def wait(self) -> None:
        """Until it is not: what a driver does after each operation."""


class Flash:
    """One chip. Use it from one thread.

    `on_change` holds callbacks (offset, length) told of every changed stretch, `on_event` callbacks (name,
    offset, length) for the trace. `busy_us` is the time in microseconds that all operations so far would have
    taken. A good chip has no `defects`, no `timing`, and as many cells as it says: `cell_count` is its `size`.
    """

    def __init__(self, size: int, *, jedec_id: int | None = None, file: FlashFile | None = None) -> None:
        """A chip of `size` bytes, one of `SIZES`: the contents of `file`, or blank and in memory.

        `jedec_id` is written as esptool and the SDK do: manufacturer in the low byte, capacity in the third
        (0x1640ef); it follows from the size when not given. Raises ValueError for a size that no chip has.
        """
        self.size = self.cell_count = _checked(size)
        self.defects: list[Defect] = []
        self.timing: Timing | None = None
        self.jedec_id = default_jedec_id(size) if jedec_id is None else jedec_id
        self.unique_id = UNIQUE_ID
        self.busy_us = 0
        self.on_change: list[ChangeListener] = []
        self.on_event: list[EventListener] = []
        self._file = file
        self._cells = file.memory if file else bytearray(BLANK * size)
        self._sfdp = sfdp(size)
        self._registers = StatusRegisters(size)
        self.power_cycle()

    @classmethod
    def open(cls, path: Path, size: int | None = None) -> "Flash":
        """A chip whose cells are the file at `path`, mapped in place and locked for this process.

        A file that does not exist is created blank. `size` None takes an existing file's size, or 4 MiB.
        Raises FlashFileError when the file has another size, is in use, or cannot be opened or made.
        """
        file = FlashFile(path, None if size is None else _checked(size), DEFAULT_SIZE)
        if file.size not in SIZES:
            file.close()
            raise FlashFileError(
                f"{path} holds {file.size} bytes, and no flash chip does: it is damaged or not a flash file. "
                "Choose another file, or delete it to start blank."
            )
        return cls(file.size, file=file)

    def close(self) -> None:
        """Save and release the flash file, if there is one; the chip must not be used afterwards."""
        if self._file:
            self._file.close()

    def power_cycle(self) -> None:
        """Forget what a chip forgets without power: latches, volatile status bits, power-down."""
        self._registers.power_cycle()
        self.is_powered_down = False
        self._write_enabled = False
        self._previous_command = 0

    @property
    def status(self) -> int:
        """The three status registers as one number, the first in the low byte."""
        latch = WRITE_ENABLE_LATCH if self._write_enabled else 0
        return self._registers.value | latch | WRITE_BUSY * self._is_busy

    def read(self, offset: int, length: int) -> bytes:
        """The contents of `length` cells from `offset` on, in whatever state the chip is; wraps at its end."""
        return b"".join(self._cells[start : start + count] for start, count in self._pieces(offset, length))

    def program(self, offset: int, data: bytes) -> None:
        """Clear the bits that are 0 in `data`, as a driver does page by page; wraps at the end of the chip.

        Protected cells keep their contents, and a chip in deep power-down does nothing.
        """
        done = 0
        for start, count in self._pieces(offset, len(data)):
            for first, last in self._writable(start, start + count):
                self._clear_bits(first, data[done + first - start : done + last - start])
            self._take(PROGRAM_PAGE_US * len(range(start // PAGE_SIZE, -(-(start + count) // PAGE_SIZE))))
            self.wait()
            done += count

    def erase(self, offset: int, length: int) -> None:
        """Set every sector touched by the `length` bytes at `offset` to ones; wraps at the end of the chip.

        Protected sectors keep their contents, and a chip in deep power-down does nothing.
        """
        if length <= 0:
            return
        first_sector, stop_sector = offset // SECTOR_SIZE, -(-(offset + length) // SECTOR_SIZE)
        rounded = min((stop_sector - first_sector) * SECTOR_SIZE, self.size)
        for start, count in self._pieces(first_sector * SECTOR_SIZE, rounded):
            for first, last in self._writable(start, start + count):
                self._fill(first, last - first)
                self._take(erase_us(last - first))
                self.wait()

    def transfer(self, command: int, address: int | None, data: bytes = b"", reply_length: int = 0) -> bytes:
        """One transaction: select the chip, send, receive `reply_length` bytes, deselect.

        Sent are the `command` byte, the low 24 bits of `address` unless it is None, and `data`; the address
        may as well be the first three bytes of `data`, and dummy bytes are data too. As on the wire, what is
        sent beyond a command's parameters costs reply bytes, and what is missing delays the reply. A chip
        that has nothing to say answers 0xff, and one that does not understand does nothing.
        """
        if self.is_powered_down and command != RELEASE_POWER_DOWN:
            return BLANK * reply_length
        if self._is_busy and command not in READ_STATUS:  # ignored ("Status Registers", BUSY)
            return BLANK * reply_length
        sent = data if address is None else (address & 0xFFFFFF).to_bytes(3, "big") + data
        previous, self._previous_command = self._previous_command, command
        match _INSTRUCTIONS.get(command):
            case Query() as query:
                return self._answer(query, sent, reply_length)
            case Action() as action:
                self._act(action, sent, previous)
        return BLANK * reply_length

    def _answer(self, query: "Query", sent: bytes, reply_length: int) -> bytes:
        if len(sent) < query.address_bytes or (query.quad and not self._registers.quad_enable):
            return BLANK * reply_length
        passed = len(sent) - query.address_bytes - query.dummy_bytes  # reply bytes that nobody listened to
        address = int.from_bytes(sent[: query.address_bytes], "big")
        reply = BLANK * -passed + query.reply(self, address, max(passed + reply_length, 0))[max(passed, 0) :]
        return reply[:reply_length]

    def _act(self, action: "Action", sent: bytes, previous: int) -> None:
        data = sent[action.address_bytes :]
        # Deselecting anywhere but at the end of the parameters cancels a command ("Instructions").
        complete = len(sent) >= action.address_bytes and bool(data) == action.takes_data
        if complete and self._allows(action.guard, previous):
            executed = action.run(self, int.from_bytes(sent[: action.address_bytes], "big"), data)
            if executed and action.guard in (Guard.LATCH, Guard.STATUS):
                self._write_enabled = False

    def _allows(self, guard: "Guard", previous: int) -> bool:
        match guard:
            case Guard.NONE:
                return True
            case Guard.LATCH:
                return self._write_enabled
            case Guard.STATUS:
                return self._write_enabled or previous == WRITE_ENABLE_VOLATILE
            case Guard.RESET:
                return previous == ENABLE_RESET

    # What the instructions do. An action returns False when the chip refuses it.

    def _enable_writing(self, address: int, data: bytes) -> bool:
        self._write_enabled = True
        return True

    def _disable_writing(self, address: int, data: bytes) -> bool:
        self._write_enabled = False
        return True

    def _nothing(self, address: int, data: bytes) -> bool:
        return True

    def _reset(self, address: int, data: bytes) -> bool:
        self.power_cycle()
        return True

    def _power_down(self, address: int, data: bytes) -> bool:
        self.is_powered_down = True
        self._tell("power-down", 0, 0)
        return True

    def _release_power_down(self, address: int, length: int) -> bytes:
        if self.is_powered_down:
            self.is_powered_down = False
            self._tell("power-up", 0, 0)
        return _repeat(bytes([self._device_id]), length)

    def _write_status(self, register: int, data: bytes) -> bool:
        if not self._registers.write(register, data, volatile=not self._write_enabled):
            return False
        self._take(WRITE_STATUS_US if self._write_enabled else 0)
        self._tell("status", register, len(data))
        return True

    def _program_page(self, address: int, data: bytes) -> bool:
        page = address % self.cell_count // PAGE_SIZE * PAGE_SIZE
        if not self._is_writable(page, PAGE_SIZE):
            return False
        start = address % PAGE_SIZE
        if start + len(data) <= PAGE_SIZE:
            self._clear_bits(page + start, data)
        else:  # the chip's buffer is one page; past its end bytes go on at its start ("Page Program")
            buffer = bytearray(BLANK * PAGE_SIZE)
            for position, value in enumerate(data, start):
                buffer[position % PAGE_SIZE] = value
            self._clear_bits(page, bytes(buffer))
        self._take(PROGRAM_PAGE_US)
        return True

    def _erase(self, address: int, unit: int, duration_us: int) -> bool:
        start = address % self.cell_count // unit * unit
        if not self._is_writable(start, unit):
            return False
        self._fill(start, unit)
        self._take(duration_us)
        return True

    def _erase_chip(self, address: int, data: bytes) -> bool:
        return self._erase(0, self.cell_count, ERASE_CHIP_US_PER_MIB * self.size // MIB)

    def _status_reply(self, register: int, length: int) -> bytes:
        return _repeat(self.status.to_bytes(3, "little")[register : register + 1], length)

    def _jedec_reply(self, address: int, length: int) -> bytes:
        return _repeat(self.jedec_id.to_bytes(3, "little"), length)

    def _manufacturer_reply(self, address: int, length: int) -> bytes:
        identity = bytes([self.jedec_id & 0xFF, self._device_id])
        return _repeat(identity[::-1] if address & 1 else identity, length)

    def _unique_id_reply(self, address: int, length: int) -> bytes:
        return _repeat(self.unique_id, length)

    def _sfdp_reply(self, address: int, length: int) -> bytes:
        return self._sfdp[address : address + length].ljust(length, BLANK)

    @property
    def _device_id(self) -> int:
        """The older one-byte identity, one less than the capacity code ("Manufacturer and Device Identification")."""
        return (self.jedec_id >> 16) - 1 & 0xFF

    # Cells

    def _pieces(self, offset: int, length: int) -> Iterator[tuple[int, int]]:
        """What `length` cells from `offset` on are when addresses wrap: stretches of (start, length)."""
        start = offset % self.cell_count
        while length > 0:
            count = min(length, self.cell_count - start)
            yield start, count
            start, length = 0, length - count

    def _writable(self, start: int, stop: int) -> Iterator[tuple[int, int]]:
        """The parts (start, stop) of that stretch that can be changed now."""
        if not self.is_powered_down:
            for first, last in self._registers.open_ranges():
                if max(first, start) < min(last, stop):
                    yield max(first, start), min(last, stop)

    def _is_writable(self, start: int, length: int) -> bool:
        return list(self._writable(start, start + length)) == [(start, start + length)]

    def _clear_bits(self, offset: int, data: bytes) -> None:
        stop = offset + len(data)
        before = int.from_bytes(self._cells[offset:stop], "little")
        after = before & int.from_bytes(data, "little")
        self._store("program", offset, after.to_bytes(len(data), "little"))

    def _fill(self, offset: int, length: int) -> None:
        self._store("erase", offset, BLANK * length)

    def _store(self, operation: str, offset: int, content: bytes) -> None:
        stop = offset + len(content)
        for defect in self.defects:
            content = defect(offset, bytes(self._cells[offset:stop]), content)
        self._cells[offset:stop] = content
        for alias in range(offset, self.size, self.cell_count):
            for listener in self.on_change:
                listener(alias, len(content))
        self._tell(operation, offset, len(content))

    # Time

    @property
    def _is_busy(self) -> bool:
        return self.timing is not None and self.timing.is_busy()

    def _take(self, duration_us: int) -> None:
        """An operation that takes so long was carried out."""
        self.busy_us += duration_us
        if self.timing is not None:
            self.timing.begin(duration_us)

    def wait(self) -> None:
        """Until the chip is not busy."""
        if self.timing is not None:
            self.timing.wait()

    def _tell(self, name: str, offset: int, length: int) -> None:
        for listener in self.on_event:
            listener(name, offset, length)


class Guard(Enum):
    """What must have come before an action, or it is ignored."""

    NONE = auto()
    LATCH = auto()  # write enable
    STATUS = auto()  # write enable, or write enable for volatile status registers right before
    RESET = auto()  # enable reset right before


@dataclass(frozen=True, slots=True)
class Query:
    """An instruction that answers: `reply(flash, address, length)`, after its address and dummy bytes."""

    reply: Callable[[Flash, int, int], bytes]
    address_bytes: int = 0
    dummy_bytes: int = 0
    quad: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """An instruction that acts once the chip is deselected: `run(flash, address, data)`, False if refused."""

    run: Callable[[Flash, int, bytes], bool]
    guard: Guard = Guard.NONE
    address_bytes: int = 0
    takes_data: bool = False


def _status(register: int) -> Query:
    return Query(lambda flash, _, length: flash._status_reply(register, length))


def _write_status(register: int) -> Action:
    return Action(lambda flash, _, data: flash._write_status(register, data), Guard.STATUS, takes_data=True)


def _erase(unit: int, duration_us: int) -> Action:
    return Action(lambda flash, address, _: flash._erase(address, unit, duration_us), Guard.LATCH, address_bytes=3)


_INSTRUCTIONS: dict[int, Query | Action] = {
    0x06: Action(Flash._enable_writing),  # write enable
    0x04: Action(Flash._disable_writing),  # write disable
    WRITE_ENABLE_VOLATILE: Action(Flash._nothing),
    0x05: _status(0),
    0x35: _status(1),
    0x15: _status(2),
    0x01: _write_status(0),
    0x31: _write_status(1),
    0x11: _write_status(2),
    0x03: Query(Flash.read, address_bytes=3),  # read
    0x0B: Query(Flash.read, address_bytes=3, dummy_bytes=1),  # fast read
    0x3B: Query(Flash.read, address_bytes=3, dummy_bytes=1),  # dual output
    0xBB: Query(Flash.read, address_bytes=3, dummy_bytes=1),  # dual input and output, a mode byte
    0x6B: Query(Flash.read, address_bytes=3, dummy_bytes=1, quad=True),  # quad output
    0xEB: Query(Flash.read, address_bytes=3, dummy_bytes=3, quad=True),  # quad input and output
    0x02: Action(Flash._program_page, Guard.LATCH, address_bytes=3, takes_data=True),  # page program
    0x20: _erase(SECTOR_SIZE, ERASE_SECTOR_US),
    0x52: _erase(HALF_BLOCK_SIZE, ERASE_HALF_BLOCK_US),
    0xD8: _erase(BLOCK_SIZE, ERASE_BLOCK_US),
    0xC7: Action(Flash._erase_chip, Guard.LATCH),  # chip erase
    0x60: Action(Flash._erase_chip, Guard.LATCH),  # the same
    0x9F: Query(Flash._jedec_reply),  # RDID
    0x90: Query(Flash._manufacturer_reply, address_bytes=3),  # REMS
    0x4B: Query(Flash._unique_id_reply, dummy_bytes=4),  # read unique ID
    0x5A: Query(Flash._sfdp_reply, address_bytes=3, dummy_bytes=1),  # read SFDP
    0xB9: Action(Flash._power_down),  # deep power-down
    RELEASE_POWER_DOWN: Query(Flash._release_power_down, dummy_bytes=3),
    ENABLE_RESET: Action(Flash._nothing),
    0x99: Action(Flash._reset, Guard.RESET),  # software reset
}
"""Instruction byte to what it does ("Instruction Set Table")."""


def _checked(size: int) -> int:
    if size not in SIZES:
        raise ValueError(f"no flash chip has {size} bytes; possible are {', '.join(map(str, SIZES))}")
    return size


def _repeat(pattern: bytes, length: int) -> bytes:
    return (pattern * (length // len(pattern) + 1))[:length]
