"""HSPI (SPI1): the SPI controller for what is outside, on GPIO12 (MISO), 13 (MOSI), 14 (clock) and 15 (select).

Setting USR in SPI_CMD starts a transaction put together from SPI_USER: command, address, data out, data in, or both at
once. It takes as long as its bits do; until then USR reads 1. Not modelled: slave mode, dummy clocks, dual and quad
lines, interrupts.

Sources: ESP8266_RTOS_SDK, esp8266/spi_register.h (names and bits), spi.c (use).
"""

from collections.abc import Callable
from typing import Final

from emulator.cpu.core import Core
from emulator.cpu.inside import Cells, inside, slt
from emulator.cpu.memory import PERIPHERALS
from emulator.cpu.runtime import LONGEST_WAIT, now
from emulator.soc.clock import Clock
from emulator.soc.peripheral import Peripheral

SPI_CMD: Final = 0x00
SPI_ADDR: Final = 0x04
SPI_CTRL: Final = 0x08
SPI_CLOCK: Final = 0x18
SPI_USER: Final = 0x1C
SPI_USER1: Final = 0x20
SPI_USER2: Final = 0x24
SPI_W0: Final = 0x40
BUFFER_SIZE: Final = 64

SPI_USR: Final = 1 << 18
"""In SPI_CMD."""
SPI_RD_BIT_ORDER, SPI_WR_BIT_ORDER = 1 << 25, 1 << 26
"""In SPI_CTRL: the lowest bit of each byte first."""
SPI_USR_COMMAND, SPI_USR_ADDR = 1 << 31, 1 << 30
SPI_USR_MISO, SPI_USR_MOSI = 1 << 28, 1 << 27
SPI_WR_BYTE_ORDER, SPI_RD_BYTE_ORDER = 1 << 11, 1 << 10
"""In SPI_USER: the highest byte of each word first."""
SPI_DOUTDIN: Final = 1 << 0
"""In SPI_USER: data out and in at once."""
SPI_CLK_EQU_SYSCLK: Final = 1 << 31

MISO, MOSI = 12, 13
PADS: Final = {14: "HSPICLK", MOSI: "HSPID"}
"""The pads that a transaction needs, and their functions."""

REVERSED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


class HspiTime(Cells):
    """The controller's words."""

    busy_until: int
    """The cycle at which the transaction is over."""


@inside
def read_command(address: int) -> int:
    """SPI_CMD: USR, for as long as a transaction lasts."""
    if slt(now() - HspiTime.busy_until, 0):
        return SPI_USR
    return 0


@inside
def settle_hspi() -> int:
    """Move the end of what is long over up to now, or it would be ahead once cycles have wrapped; at every event."""
    if slt(HspiTime.busy_until - now(), 0):
        HspiTime.busy_until = now()
    return LONGEST_WAIT


def _bits(word: int, lsb: int, width: int) -> int:
    return word >> lsb & (1 << width) - 1


class Hspi(Peripheral):
    """The registers. `on_transfer` is called with the bits that were sent, packed into bytes with the first in the top
    bit, and returns what came back while the data were sent or after them, packed likewise; what is missing is ones."""

    name = "HSPI"
    base = PERIPHERALS + 0x100
    registers = {
        SPI_CMD: "SPI_CMD", SPI_ADDR: "SPI_ADDR", SPI_CTRL: "SPI_CTRL", 0x0C: "SPI_CTRL1", 0x10: "SPI_RD_STATUS",
        0x14: "SPI_CTRL2", SPI_CLOCK: "SPI_CLOCK", SPI_USER: "SPI_USER", SPI_USER1: "SPI_USER1",
        SPI_USER2: "SPI_USER2", 0x28: "SPI_WR_STATUS", 0x2C: "SPI_PIN", 0x30: "SPI_SLAVE", 0x34: "SPI_SLAVE1",
        0x38: "SPI_SLAVE2", 0x3C: "SPI_SLAVE3",
        **{SPI_W0 + 4 * index: f"SPI_W{index}" for index in range(BUFFER_SIZE // 4)},
        **{0xF0 + 4 * index: f"SPI_EXT{index}" for index in range(4)},
    }  # fmt: skip
    reads = {SPI_CMD: read_command}
    host_writes = frozenset({SPI_CMD})
    polls = (settle_hspi,)

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._time, self._clock = core.cells(HspiTime), core.cells(Clock)
        self.is_connected: Callable[[], bool] = lambda: True
        """Whether the pads are switched to it; the chip knows."""
        self.on_transfer: Callable[[bytes], bytes] = lambda sent: b""
        self.loops = False
        """A wire goes from MOSI to MISO: data that are sent while others are read are these, whatever `on_transfer`
        answers."""

    def reset(self) -> None:
        """Nothing is under way."""
        self._time.busy_until = self.core.cpu.event - self.core.cpu.left

    def write(self, offset: int, value: int) -> None:
        """SPI_CMD."""
        if value & SPI_USR:
            self._transact()

    @property
    def hertz(self) -> float:
        """The clock, by SPI_CLOCK."""
        word = self.word(SPI_CLOCK)
        return 80e6 if word & SPI_CLK_EQU_SYSCLK else 80e6 / ((_bits(word, 18, 13) + 1) * (_bits(word, 12, 6) + 1))

    def _transact(self) -> None:
        user, user1 = self.word(SPI_USER), self.word(SPI_USER1)
        sent = ""
        if user & SPI_USR_COMMAND:
            word = self.word(SPI_USER2)
            sent += f"{word & 0xFF:08b}{word >> 8 & 0xFF:08b}"[: _bits(word, 28, 4) + 1]
        if user & SPI_USR_ADDR:
            sent += f"{self.word(SPI_ADDR):032b}"[: _bits(user1, 26, 6) + 1]
        header, written = len(sent), 0
        if user & SPI_USR_MOSI:
            written = _bits(user1, 17, 9) + 1
            sent += _unpacked(self._data_out(user))[:written]
        read = _bits(user1, 8, 9) + 1 if user & SPI_USR_MISO else 0
        duplex = bool(user & SPI_DOUTDIN)
        if duplex:
            read = written
        cycles = (header + written + (0 if duplex else read)) * self._clock.mhz * 1e6 / self.hertz
        self._time.busy_until = self.core.cpu.event - self.core.cpu.left + int(cycles)
        answer = ""
        if self.is_connected():
            answer = _unpacked(self.on_transfer(_packed(sent)))
            if self.loops:
                answer = sent[header:] if duplex else ""
        if read:
            self._data_in(user, answer[:read].ljust(read, "1"))

    def _data_out(self, user: int) -> bytes:
        order = "big" if user & SPI_WR_BYTE_ORDER else "little"
        words = (self.word(SPI_W0 + offset) for offset in range(0, BUFFER_SIZE, 4))
        data = b"".join(word.to_bytes(4, order) for word in words)  # type: ignore[arg-type]
        return data.translate(REVERSED) if self.word(SPI_CTRL) & SPI_WR_BIT_ORDER else data

    def _data_in(self, user: int, bits: str) -> None:
        data = _packed(bits)
        if self.word(SPI_CTRL) & SPI_RD_BIT_ORDER:
            data = data.translate(REVERSED)
        data = data[:BUFFER_SIZE].ljust(-(-len(data) // 4) * 4, b"\0")
        for offset in range(0, min(len(data), BUFFER_SIZE), 4):
            word = data[offset : offset + 4]
            self.set_word(SPI_W0 + offset, int.from_bytes(word, "big" if user & SPI_RD_BYTE_ORDER else "little"))


def _unpacked(data: bytes) -> str:
    """Bits as 0 and 1, the top bit of each byte first."""
    return "".join(f"{byte:08b}" for byte in data)


def _packed(bits: str) -> bytes:
    """Bytes of such bits; what is missing of the last is 0."""
    return bytes(int(bits[index : index + 8].ljust(8, "0"), 2) for index in range(0, len(bits), 8))
