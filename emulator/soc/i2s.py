"""I2S's transmitter, as the DMA (`soc.slc`) feeds it: bits on GPIO3, where that pad is switched to I2SO_DATA.

Each word leaves with its highest bit first. The bit clock is 160 MHz through two dividers. Programs send sound with it,
and the pulses for WS2812 lights at exact times. Not modelled: the receiver, the FIFO that a program fills by hand,
other word lengths, and the levels of the clocks, I2SO_BCK and I2SO_WS.

Sources: ESP8266_RTOS_SDK, esp8266/i2s_register.h (names and bits); Arduino, esp8266_peri.h (I2SBASEFREQ).
"""

from typing import Final

from emulator.cpu.core import Core
from emulator.cpu.inside import Cells, clz, inside, m32, slt
from emulator.cpu.memory import PERIPHERALS, REGISTERS
from emulator.cpu.runtime import LONGEST_WAIT, now, reschedule
from emulator.soc.clock import Clock
from emulator.soc.peripheral import Peripheral
from emulator.soc.pins import Pins, settle_pins
from emulator.soc.slc import Slc, finish_buffer, memory_word, take_buffer

I2STXFIFO: Final = 0x00
I2SRXFIFO: Final = 0x04
I2SCONF: Final = 0x08
I2SINT_RAW: Final = 0x0C
I2SINT_ST: Final = 0x10
I2SINT_ENA: Final = 0x14
I2SINT_CLR: Final = 0x18
I2STIMING: Final = 0x1C
I2S_FIFO_CONF: Final = 0x20
I2SRXEOF_NUM: Final = 0x24
I2SCONF_SIGLE_DATA: Final = 0x28
I2SCONF_CHAN: Final = 0x2C

TX_START: Final = 1 << 8
BCK_DIV_SHIFT, CLKM_DIV_SHIFT, DIVIDER = 22, 16, 0x3F
"""In I2SCONF."""
BASE_MHZ: Final = 160
PAD: Final = 3
"""The pin whose function I2SO_DATA is."""

BASE: Final = PERIPHERALS + 0xE00
CONF_WORD: Final = REGISTERS + 0xE00 + I2SCONF
MOST_AT_ONCE: Final = 64
"""So many edges and ends of buffers are made up for before the program goes on."""


class Sender(Cells):
    """What is on its way."""

    bits: int
    """Of the present buffer; 0 where there is none."""
    position: int
    """The bit at which the level changes next, or all of them where it does not."""
    since: int
    """The cycle at which the buffer's first bit began."""
    level: int


@inside
def halves_per_bit() -> int:
    """Half cycles of the processor that a bit takes: with 80 MHz a cycle is two of the base clock."""
    bck = (m32[CONF_WORD] >> BCK_DIV_SHIFT) & DIVIDER
    clkm = (m32[CONF_WORD] >> CLKM_DIV_SHIFT) & DIVIDER
    if bck == 0:
        bck = 1
    if clkm == 0:
        clkm = 1
    return bck * clkm * (Clock.mhz * 2) // BASE_MHZ


@inside
def next_change(position: int) -> int:
    """The first bit from there on that is not `Sender.level`, or the end of the buffer."""
    while position < Sender.bits:
        word = memory_word(Slc.buffer + ((position >> 5) << 2))
        different = (word ^ (0 - Sender.level)) << (position & 31)
        if different:
            return position + clz(different)
        position = (position & ~31) + 32
    return Sender.bits


@inside
def send_level(level: int) -> None:
    """The line changes, and with it the pin if it has that function."""
    Sender.level = level
    Pins.stream = (Pins.stream & ~(1 << PAD)) | (level << PAD)
    settle_pins()


@inside
def begin_buffer() -> int:
    """Take the next one; not 0 if there is any."""
    Sender.bits = take_buffer()
    Sender.position = next_change(0)
    return Slc.descriptor


@inside
def rest() -> int:
    """Nothing is sent: the line is low."""
    if Sender.level:
        send_level(0)
    return LONGEST_WAIT


@inside
def poll_i2s() -> int:
    """Edges and ends of buffers whose time has come; cycles until the next."""
    if (m32[CONF_WORD] & TX_START) == 0:
        return rest()
    if Slc.descriptor == 0:
        Sender.since = now()
        if begin_buffer() == 0:
            return rest()
    halves = halves_per_bit()
    done = 0
    while done < MOST_AT_ONCE:
        wait = (Sender.position * halves + 1) // 2 - (now() - Sender.since)
        if slt(LONGEST_WAIT, wait):
            return LONGEST_WAIT
        if slt(0, wait):
            return wait
        if Sender.position < Sender.bits:
            send_level(Sender.level ^ 1)
            Sender.position = next_change(Sender.position)
        else:
            Sender.since = Sender.since + Sender.bits * halves // 2
            finish_buffer()
            if begin_buffer() == 0:
                return rest()
        done = done + 1
    return 1


@inside
def write_conf(address: int, value: int) -> None:
    """I2SCONF: TX_START, and the dividers. Without it what was on its way is dropped."""
    m32[CONF_WORD] = value
    if (value & TX_START) == 0:
        Slc.descriptor = 0
    reschedule()


class I2s(Peripheral):
    """The registers."""

    name = "I2S"
    base = BASE
    registers = {
        I2STXFIFO: "I2STXFIFO", I2SRXFIFO: "I2SRXFIFO", I2SCONF: "I2SCONF", I2SINT_RAW: "I2SINT_RAW",
        I2SINT_ST: "I2SINT_ST", I2SINT_ENA: "I2SINT_ENA", I2SINT_CLR: "I2SINT_CLR", I2STIMING: "I2STIMING",
        I2S_FIFO_CONF: "I2S_FIFO_CONF", I2SRXEOF_NUM: "I2SRXEOF_NUM", I2SCONF_SIGLE_DATA: "I2SCONF_SIGLE_DATA",
        I2SCONF_CHAN: "I2SCONF_CHAN",
    }  # fmt: skip
    writes = {I2SCONF: write_conf}
    polls = (poll_i2s,)

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._sender = core.cells(Sender)

    def reset(self) -> None:
        """The line is low."""
        self._sender.bits = self._sender.position = self._sender.level = 0
        self.core.cells(Pins).stream = 0
