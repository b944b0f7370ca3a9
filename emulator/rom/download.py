"""The ROM's UART download protocol: what an ESP8266 does when GPIO0 is low at reset.

A request is a SLIP frame of direction 0, command, size of the data (16 bits), checksum (32 bits) and data;
the answer has direction 1, the same command, size, a value (32 bits) and two status bytes: 0 or 1, and an
error code. All words are little-endian. The data of a command are 32-bit words, named in `_COMMANDS`, and for
*_DATA the payload behind them.

What real chips do beyond the documentation, and so does this:

- The value field keeps what READ_REG or SYNC last put there, in the answers to other commands too (esptool
  issues 397 and 617, esp8266/Arduino issue 5635, traces).
- SYNC is answered eight times, with the first word of its data as value (esp8266/Arduino issue 6605, trace).
- A FLASH_BEGIN with the fifth word that later chips take is refused with code 5 (esp-serial-flasher issue 65),
  so every command wants its exact size here.
- FLASH_BEGIN erases more than it was told (esptool issue 33); clients correct for that, see `rom_erase_size`.

How the ROM answers a command that it does not know is not documented; here once, with the request's command
and code 5.

Sources: esptool, docs "Serial Protocol", loader.py and targets/esp8266.py; the issues named above.
"""

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum
from typing import Protocol

from emulator.flash import SECTOR_SIZE, Flash
from emulator.rom import slip
from emulator.rom.image import CHECKSUM_SEED, checksum
from emulator.rom.spi import attach_flash
from emulator.trace import Trace

SYNC_MAGIC = 0x20120707

SECTORS_PER_BLOCK = 16

_HEADER = struct.Struct("<BBHI")
_REQUEST, _ANSWER = 0, 1
_MAX_FRAME = _HEADER.size + 0xFFFF
_WORD = 4
_WORD_MASK = 0xFFFFFFFF


class Error(IntEnum):
    """Second status byte of a failed command."""

    INVALID_MESSAGE = 0x05
    FAILED = 0x06
    BAD_CHECKSUM = 0x07
    FLASH_WRITE = 0x08


class Bus(Protocol):
    """The chip's memory and registers. Every 32-bit address must be taken: nothing there reads 0 and keeps nothing."""

    def read32(self, address: int, /) -> int: ...
    def write32(self, address: int, value: int, /) -> None: ...
    def write(self, address: int, data: bytes, /) -> None: ...


@dataclass(frozen=True, slots=True)
class Transfer:
    """What a *_BEGIN command announced: where `packet_count` packets of at most `packet_size` bytes go."""

    packet_count: int
    packet_size: int
    offset: int


class CommandError(Exception):
    """A command that cannot be carried out; ends in an answer with `error`."""

    def __init__(self, error: Error) -> None:
        super().__init__(error.name)
        self.error = error


class Downloader:
    """Takes the bytes that the UART received, and answers through `send`.

    One life is one stay in download mode. It ends with a MEM_END that names an entry point (which `receive`
    returns) or a FLASH_END (which sets `reboot` or `run_flash`); what arrived behind that frame is in
    `unread`.

    Every command is told to `trace` as the event ``"download"``: its name, arguments and result. `on_sync` is
    called before the first SYNC is answered, which is when the ROM's baud rate detection has found the
    host's.
    """

    def __init__(
        self,
        bus: Bus,
        flash: Flash,
        send: Callable[[bytes], None],
        trace: Trace,
        on_sync: Callable[[], None] = lambda: None,
    ) -> None:
        self._bus = bus
        self._flash = flash
        self._send = send
        self._trace = trace
        self._on_sync = on_sync
        self.reset()

    def reset(self) -> None:
        """Start anew, as after a reset into download mode."""
        self.reboot = False
        """FLASH_END asked for a reset of the chip."""
        self.run_flash = False
        """FLASH_END asked to start the program in the flash without a reset."""
        self.unread = b""
        """What was received behind the command that ended download mode: input of the program that runs next."""
        self._entry_point: int | None = None
        self._frames = slip.Decoder(limit=_MAX_FRAME)
        self._synced = False
        self._value = 0
        self._memory_transfer: Transfer | None = None
        self._flash_transfer: Transfer | None = None

    @property
    def is_synchronised(self) -> bool:
        """Whether a SYNC has told the ROM the host's rate."""
        return self._synced

    @property
    def has_ended(self) -> bool:
        """Whether a command ended download mode; further bytes are not for the ROM."""
        return self._entry_point is not None or self.reboot or self.run_flash

    def receive(self, data: bytes) -> int | None:
        """Take received bytes, any at all, in pieces of any size; the entry point when a MEM_END asked to run one.

        Once download mode has ended, bytes are ignored.
        """
        if self.has_ended:
            return None
        self._frames.push(data)
        while not self.has_ended:
            frame = self._frames.next()
            if frame is None:
                return None
            self._handle(frame)
        self.unread = self._frames.rest()
        return self._entry_point

    def _handle(self, frame: bytes) -> None:
        if len(frame) < _HEADER.size or frame[0] != _REQUEST:
            return
        _, code, size, check = _HEADER.unpack_from(frame)
        data = frame[_HEADER.size :]
        command = _COMMANDS.get(code)
        details: dict[str, int | str] = {"command": command.name if command else f"0x{code:02x}"}
        error = 0
        try:
            if command is None or size != len(data) or not command.accepts(size):
                raise CommandError(Error.INVALID_MESSAGE)
            words, payload = command.split(data)
            details |= zip(command.arguments, words, strict=False)
            if command.payload_size is None:
                _check_payload(words[0], payload, check)
            command.run(self, words, payload)
            if command.sets_value:
                details["value"] = self._value
        except CommandError as failure:
            error = failure.error
        self._trace.emit("download", **details, result=Error(error).name if error else "OK")
        answer = _HEADER.pack(_ANSWER, code, 2, self._value) + bytes([1 if error else 0, error])
        for _ in range(command.answers if command and not error else 1):
            self._send(slip.encode(answer))

    # The commands. Each gets its words and payload, and raises CommandError when it fails.

    def _sync(self, words: tuple[int, ...], payload: bytes) -> None:
        if words[0] != SYNC_MAGIC:
            raise CommandError(Error.INVALID_MESSAGE)
        if not self._synced:
            self._synced = True
            self._on_sync()
        self._value = words[0]

    def _read_register(self, words: tuple[int, ...], payload: bytes) -> None:
        self._value = self._bus.read32(_aligned(words[0])) & _WORD_MASK

    def _write_register(self, words: tuple[int, ...], payload: bytes) -> None:
        for address, value, mask, _delay_us in _in_groups(words, 4):
            if mask != _WORD_MASK:
                value = self._bus.read32(_aligned(address)) & ~mask | value & mask
            self._bus.write32(_aligned(address), value)

    def _memory_begin(self, words: tuple[int, ...], payload: bytes) -> None:
        self._memory_transfer = Transfer(*words[1:])

    def _memory_data(self, words: tuple[int, ...], payload: bytes) -> None:
        address = _packet_address(self._memory_transfer, words[1], payload)
        self._bus.write(address & _WORD_MASK, payload)

    def _memory_end(self, words: tuple[int, ...], payload: bytes) -> None:
        stay, entry_point = words
        if self._memory_transfer is None:
            raise CommandError(Error.FAILED)
        self._memory_transfer = None
        if not stay and entry_point:
            self._entry_point = entry_point

    def _flash_begin(self, words: tuple[int, ...], payload: bytes) -> None:
        erase_size, packet_count, packet_size, offset = words
        if offset >= self._flash.size:
            raise CommandError(Error.FAILED)
        attach_flash(self._bus.write32, self._flash)
        length = min(rom_erase_size(offset, erase_size), self._flash.size - offset)
        self._flash.erase(offset, length)
        self._flash_transfer = Transfer(packet_count, packet_size, offset)

    def _flash_data(self, words: tuple[int, ...], payload: bytes) -> None:
        offset = _packet_address(self._flash_transfer, words[1], payload)
        if offset + len(payload) > self._flash.size:
            raise CommandError(Error.FLASH_WRITE)
        self._flash.program(offset, payload)
        written = self._flash.read(offset, len(payload))
        if checksum(CHECKSUM_SEED, written) != checksum(CHECKSUM_SEED, payload):
            raise CommandError(Error.FLASH_WRITE)

    def _flash_end(self, words: tuple[int, ...], payload: bytes) -> None:
        if self._flash_transfer is None:
            raise CommandError(Error.FAILED)
        self._flash_transfer = None
        self.reboot, self.run_flash = not words[0], bool(words[0])


@dataclass(frozen=True, slots=True)
class Command:
    """A row of the command table: the names of the words that the data start with, and what carries it out.

    `payload_size` bytes follow the words; None: as many as the first word says, and the frame's header has
    their checksum. `repeats`: the words may come several times over. `sets_value`: the answer's value is this
    command's.
    """

    name: str
    arguments: tuple[str, ...]
    run: Callable[[Downloader, tuple[int, ...], bytes], None]
    payload_size: int | None = 0
    repeats: bool = False
    sets_value: bool = False
    answers: int = 1

    def accepts(self, size: int) -> bool:
        """Whether a frame with `size` bytes of data can be this command."""
        rest = size - len(self.arguments) * _WORD
        if self.payload_size is None or rest < 0:
            return rest >= 0
        return rest % (len(self.arguments) * _WORD) == 0 if self.repeats else rest == self.payload_size

    def split(self, data: bytes) -> tuple[tuple[int, ...], bytes]:
        """The words that `data`, of an accepted size, starts with, and the payload."""
        count = len(data) // _WORD if self.repeats else len(self.arguments)
        return struct.unpack_from(f"<{count}I", data), data[count * _WORD :]


_PACKET = ("length", "sequence", "unused_1", "unused_2")

_COMMANDS = {
    0x02: Command("FLASH_BEGIN", ("erase_size", "packet_count", "packet_size", "offset"), Downloader._flash_begin),
    0x03: Command("FLASH_DATA", _PACKET, Downloader._flash_data, payload_size=None),
    0x04: Command("FLASH_END", ("stay",), Downloader._flash_end),
    0x05: Command("MEM_BEGIN", ("size", "packet_count", "packet_size", "address"), Downloader._memory_begin),
    0x06: Command("MEM_END", ("stay", "entry_point"), Downloader._memory_end),
    0x07: Command("MEM_DATA", _PACKET, Downloader._memory_data, payload_size=None),
    0x08: Command("SYNC", ("magic",), Downloader._sync, payload_size=32, sets_value=True, answers=8),
    0x09: Command("WRITE_REG", ("address", "value", "mask", "delay_us"), Downloader._write_register, repeats=True),
    0x0A: Command("READ_REG", ("address",), Downloader._read_register, sets_value=True),
}


def rom_erase_size(offset: int, size: int) -> int:
    """How many bytes the ROM erases, from the sector of `offset` on, when it is told to erase `size` bytes.

    It counts the sectors before the next 64 KiB boundary twice (esptool issue 33: "extra head_sector_count
    sectors are erased", or twice the area when it does not reach the boundary). esptool's get_erase_size asks
    for less.
    """
    sectors = -(-size // SECTOR_SIZE)
    head = SECTORS_PER_BLOCK - offset // SECTOR_SIZE % SECTORS_PER_BLOCK
    return (sectors + min(sectors, head)) * SECTOR_SIZE


def _check_payload(length: int, payload: bytes, check: int) -> None:
    if length != len(payload):
        raise CommandError(Error.INVALID_MESSAGE)
    if checksum(CHECKSUM_SEED, payload) != check & 0xFF:
        raise CommandError(Error.BAD_CHECKSUM)


def _packet_address(transfer: Transfer | None, sequence: int, payload: bytes) -> int:
    """Where packet number `sequence` goes; sent again, because its answer was lost, it goes to the same place."""
    if transfer is None or sequence >= transfer.packet_count or len(payload) > transfer.packet_size:
        raise CommandError(Error.FAILED)
    return transfer.offset + sequence * transfer.packet_size


def _aligned(address: int) -> int:
    if address % _WORD:  # on a chip an exception, and silence until the watchdog bites
        raise CommandError(Error.FAILED)
    return address


def _in_groups(words: tuple[int, ...], size: int) -> Iterator[tuple[int, ...]]:
    return (words[start : start + size] for start in range(0, len(words), size))
