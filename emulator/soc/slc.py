"""SLC: the DMA that feeds I2S's transmitter from a chain of buffers in data RAM.

A descriptor is three words: size 11:0, length 23:12 (bytes), EOF 30, owner 31; where the data are; where the next
descriptor is, or 0. What leaves the chip comes in by the *RX* link, as the block is named from the other side. Not
modelled: the TX link (I2S's receiver), tokens, and SDIO's host. A descriptor or a buffer that is not in data RAM reads
as zeros, and ends the chain.

Sources: ESP8266_RTOS_SDK, esp8266/slc_register.h (names and bits), i2s.c (use); Arduino, core_esp8266_i2s.cpp.
"""

from typing import Final

from emulator.cpu.core import Core
from emulator.cpu.inside import Cells, inside, m32
from emulator.cpu.memory import DATA_RAM, DATA_RAM_SIZE, PERIPHERALS, REGISTERS, WINDOW
from emulator.cpu.runtime import Cpu, reschedule
from emulator.soc.peripheral import Peripheral

SLC_CONF0: Final = 0x00
SLC_INT_RAW: Final = 0x04
SLC_INT_STATUS: Final = 0x08
SLC_INT_ENA: Final = 0x0C
SLC_INT_CLR: Final = 0x10
SLC_RX_LINK: Final = 0x24
SLC_TX_LINK: Final = 0x28
SLC_RX_EOF_DES_ADDR: Final = 0x48
SLC_RX_DSCR_CONF: Final = 0x5C

RXLINK_RST: Final = 1 << 1
"""In SLC_CONF0."""
RX_DONE_INT, RX_EOF_INT, RX_DSCR_ERR_INT = 1 << 16, 1 << 17, 1 << 20
LINK_RESTART, LINK_START, LINK_STOP = 1 << 30, 1 << 29, 1 << 28
LINK_ADDRESS: Final = 0xFFFFF
"""In SLC_RX_LINK: the first descriptor, whose other bits are those of 3ff00000."""
DESCRIPTORS: Final = 0x3FF00000

LENGTH_SHIFT, LENGTH = 12, 0xFFF
EOF: Final = 1 << 30
OWNER_SHIFT: Final = 31
DESCRIPTOR_BUFFER, DESCRIPTOR_NEXT, DESCRIPTOR_SIZE = 4, 8, 12
"""In a descriptor."""

SLC_INTERRUPT: Final = 1 << 1
"""The processor's interrupt 1."""
BASE: Final = PERIPHERALS + 0xB00
WORDS: Final = REGISTERS + 0xB00


class Slc(Cells):
    """The transmitting half's words."""

    descriptor: int
    """The one that is being sent; 0 where none is."""
    following: int
    """The one that comes then; 0 at the end of the chain."""
    buffer: int
    raw: int
    """SLC_INT_RAW."""
    enable: int
    """SLC_INT_ENA."""


@inside
def memory_word(address: int) -> int:
    """What the DMA reads there."""
    if address - DATA_RAM < DATA_RAM_SIZE:
        return m32[WINDOW + ((address - DATA_RAM) & ~3)]
    return 0


@inside
def update_slc_line() -> None:
    """Raise or lower the interrupt line."""
    if Slc.raw & Slc.enable:
        Cpu.lines = Cpu.lines | SLC_INTERRUPT
    else:
        Cpu.lines = Cpu.lines & ~SLC_INTERRUPT
    Cpu.effects = Cpu.effects + 1
    reschedule()


@inside
def take_buffer() -> int:
    """Go on to the next descriptor; the bits of its buffer, whole words, or 0 where the chain has ended."""
    Slc.descriptor = Slc.following
    if Slc.descriptor - DATA_RAM >= DATA_RAM_SIZE:
        Slc.descriptor = 0
        return 0
    Slc.following = memory_word(Slc.descriptor + DESCRIPTOR_NEXT)
    Slc.buffer = memory_word(Slc.descriptor + DESCRIPTOR_BUFFER)
    return (((memory_word(Slc.descriptor) >> LENGTH_SHIFT) & LENGTH) >> 2) << 5


@inside
def finish_buffer() -> None:
    """All of it was sent."""
    Slc.raw = Slc.raw | RX_DONE_INT
    if memory_word(Slc.descriptor) & EOF:
        Slc.raw = Slc.raw | RX_EOF_INT
        m32[WORDS + SLC_RX_EOF_DES_ADDR] = Slc.descriptor
    update_slc_line()


@inside
def write_conf0(address: int, value: int) -> None:
    """SLC_CONF0: its reset bit drops the chain."""
    if value & RXLINK_RST:
        Slc.descriptor = 0
        Slc.following = 0
        reschedule()
    m32[WORDS + SLC_CONF0] = value


@inside
def write_rx_link(address: int, value: int) -> None:
    """SLC_RX_LINK: START takes a chain, STOP ends it after the present buffer."""
    if value & LINK_START:
        Slc.following = DESCRIPTORS | (value & LINK_ADDRESS)
        Cpu.effects = Cpu.effects + 1
        reschedule()
    if value & LINK_STOP:
        Slc.following = 0
    m32[WORDS + SLC_RX_LINK] = value & ~(LINK_START | LINK_STOP | LINK_RESTART)


@inside
def read_raw(address: int) -> int:
    """SLC_INT_RAW."""
    return Slc.raw


@inside
def read_status(address: int) -> int:
    """SLC_INT_STATUS."""
    return Slc.raw & Slc.enable


@inside
def read_enable(address: int) -> int:
    """SLC_INT_ENA."""
    return Slc.enable


@inside
def write_enable(address: int, value: int) -> None:
    """SLC_INT_ENA."""
    Slc.enable = value
    update_slc_line()


@inside
def write_clear(address: int, value: int) -> None:
    """SLC_INT_CLR."""
    Slc.raw = Slc.raw & ~value
    update_slc_line()


class SlcDma(Peripheral):
    """The registers."""

    name = "SLC"
    base = BASE
    registers = {
        SLC_CONF0: "SLC_CONF0", SLC_INT_RAW: "SLC_INT_RAW", SLC_INT_STATUS: "SLC_INT_STATUS",
        SLC_INT_ENA: "SLC_INT_ENA", SLC_INT_CLR: "SLC_INT_CLR", SLC_RX_LINK: "SLC_RX_LINK",
        SLC_TX_LINK: "SLC_TX_LINK", SLC_RX_EOF_DES_ADDR: "SLC_RX_EOF_DES_ADDR",
        SLC_RX_DSCR_CONF: "SLC_RX_DSCR_CONF",
    }  # fmt: skip
    reads = {SLC_INT_RAW: read_raw, SLC_INT_STATUS: read_status, SLC_INT_ENA: read_enable}
    writes = {
        SLC_CONF0: write_conf0, SLC_INT_ENA: write_enable, SLC_INT_CLR: write_clear, SLC_RX_LINK: write_rx_link,
    }  # fmt: skip

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._cells = core.cells(Slc)

    def reset(self) -> None:
        """Nothing is under way."""
        cells = self._cells
        cells.descriptor = cells.following = cells.raw = cells.enable = 0
