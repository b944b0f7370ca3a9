"""IOMUX: what each pad is used for, and its pull-up; and GPIO16, whose pad and registers are the RTC's.

`PADS` has a row for each pad. Source: SDK `eagle_soc.h` (registers, functions, PIN_FUNC_SELECT) and `gpio16.c`.
"""

from typing import Final, NamedTuple

from emulator.cpu.inside import inside, m32
from emulator.cpu.memory import PERIPHERALS, REGISTERS
from emulator.soc.gpio import Gpio
from emulator.soc.peripheral import Peripheral
from emulator.soc.pins import BLOCK_MASK, GPIO16, Pins, drive, levels_now

PULL_UP: Final = 1 << 7
FUNCTION_LOW_SHIFT: Final = 4
FUNCTION_HIGH: Final = 1 << 8
"""A pad's function is in bits 5:4, and its bit 2 in bit 8."""


class Pad(NamedTuple):
    """A pad's register, and its functions by their numbers ("" where there is none)."""

    offset: int
    register: str
    functions: tuple[str, ...]


PADS: Final[dict[int, Pad]] = {
    0: Pad(0x34, "PERIPHS_IO_MUX_GPIO0_U", ("GPIO", "SPICS2", "", "", "CLK_OUT")),
    1: Pad(0x18, "PERIPHS_IO_MUX_U0TXD_U", ("U0TXD", "SPICS1", "", "GPIO", "CLK_RTC")),
    2: Pad(0x38, "PERIPHS_IO_MUX_GPIO2_U", ("GPIO", "I2SO_WS", "U1TXD", "", "U0TXD")),
    3: Pad(0x14, "PERIPHS_IO_MUX_U0RXD_U", ("U0RXD", "I2SO_DATA", "", "GPIO", "CLK_XTAL")),
    4: Pad(0x3C, "PERIPHS_IO_MUX_GPIO4_U", ("GPIO", "CLK_XTAL")),
    5: Pad(0x40, "PERIPHS_IO_MUX_GPIO5_U", ("GPIO", "CLK_RTC")),
    6: Pad(0x1C, "PERIPHS_IO_MUX_SD_CLK_U", ("SDCLK", "SPICLK", "", "GPIO", "U1CTS")),
    7: Pad(0x20, "PERIPHS_IO_MUX_SD_DATA0_U", ("SDDATA0", "SPIQ", "", "GPIO", "U1TXD")),
    8: Pad(0x24, "PERIPHS_IO_MUX_SD_DATA1_U", ("SDDATA1", "SPID", "", "GPIO", "U1RXD")),
    9: Pad(0x28, "PERIPHS_IO_MUX_SD_DATA2_U", ("SDDATA2", "SPIHD", "", "GPIO", "HSPIHD")),
    10: Pad(0x2C, "PERIPHS_IO_MUX_SD_DATA3_U", ("SDDATA3", "SPIWP", "", "GPIO", "HSPIWP")),
    11: Pad(0x30, "PERIPHS_IO_MUX_SD_CMD_U", ("SDCMD", "SPICS0", "", "GPIO", "U1RTS")),
    12: Pad(0x04, "PERIPHS_IO_MUX_MTDI_U", ("MTDI", "I2SI_DATA", "HSPIQ", "GPIO", "U0DTR")),
    13: Pad(0x08, "PERIPHS_IO_MUX_MTCK_U", ("MTCK", "I2SI_BCK", "HSPID", "GPIO", "U0CTS")),
    14: Pad(0x0C, "PERIPHS_IO_MUX_MTMS_U", ("MTMS", "I2SI_WS", "HSPICLK", "GPIO", "U0DSR")),
    15: Pad(0x10, "PERIPHS_IO_MUX_MTDO_U", ("MTDO", "I2SO_BCK", "HSPICS", "GPIO", "U0RTS")),
}
"""GPIO number -> its pad."""
GPIO_AT_RESET: Final = sum(1 << pin for pin, pad in PADS.items() if pad.functions[0] == "GPIO")
PIN_AT: Final = {pad.offset: pin for pin, pad in PADS.items()}


def function_number(word: int) -> int:
    """The number of the function that a pad's register chooses."""
    return word >> FUNCTION_LOW_SHIFT & 3 | (4 if word & FUNCTION_HIGH else 0)


class Iomux(Peripheral):
    """The pads' registers."""

    name = "IOMUX"
    base = PERIPHERALS + 0x800
    registers = {0x00: "PERIPHS_IO_MUX_CONF", **{pad.offset: pad.register for pad in PADS.values()}}
    host_writes = frozenset(PIN_AT)
    gpio: Gpio
    """The chip's pins, set by the chip."""

    def reset(self) -> None:
        """All pads have their function 0, and no pull-up."""
        self.gpio.cells.as_gpio, self.gpio.cells.as_stream, self.gpio.cells.pull_up = GPIO_AT_RESET, 0, 0
        self.gpio.settle()

    def write(self, offset: int, value: int) -> None:
        """PERIPHS_IO_MUX_..."""
        self.set_word(offset, value)
        self._apply(PIN_AT[offset])
        self.gpio.settle()

    def function(self, pin: int) -> str:
        """What a pad of pins 0 to 15 is used for now: "GPIO", "U0TXD", ...; "" for a number without a function."""
        pad = PADS[pin]
        number = function_number(self.word(pad.offset))
        return pad.functions[number] if number < len(pad.functions) else ""

    def _apply(self, pin: int) -> None:
        self.gpio.change("as_gpio", pin, self.function(pin) == "GPIO")
        self.gpio.change("as_stream", pin, self.function(pin) == "I2SO_DATA")
        self.gpio.change("pull_up", pin, bool(self.word(PADS[pin].offset) & PULL_UP))


RTC_GPIO_OUT: Final = 0x68
RTC_GPIO_ENABLE: Final = 0x74
RTC_GPIO_IN_DATA: Final = 0x8C
RTC_GPIO_CONF: Final = 0x90
PAD_XPD_DCDC_CONF: Final = 0xA0
XPD_DCDC_FUNCTION: Final = 0x43
"""Bits 6, 1 and 0 choose what the pad is used for: 1 is GPIO16, 0 the wake-up signal of deep sleep."""

OUT_WORD = REGISTERS + 0x700 + RTC_GPIO_OUT
ENABLE_WORD = REGISTERS + 0x700 + RTC_GPIO_ENABLE
PAD_WORD = REGISTERS + 0x700 + PAD_XPD_DCDC_CONF


@inside
def apply_gpio16() -> None:
    """One of GPIO16's registers changed."""
    Pins.as_gpio = Pins.as_gpio & BLOCK_MASK
    if (m32[PAD_WORD] & XPD_DCDC_FUNCTION) == 1:
        Pins.as_gpio = Pins.as_gpio | (1 << GPIO16)
    out = (Pins.out & BLOCK_MASK) | ((m32[OUT_WORD] & 1) << GPIO16)
    drive(out, (Pins.enable & BLOCK_MASK) | ((m32[ENABLE_WORD] & 1) << GPIO16))


@inside
def write_gpio16_out(address: int, value: int) -> None:
    """RTC_GPIO_OUT."""
    m32[OUT_WORD] = value
    apply_gpio16()


@inside
def write_gpio16_enable(address: int, value: int) -> None:
    """RTC_GPIO_ENABLE."""
    m32[ENABLE_WORD] = value
    apply_gpio16()


@inside
def write_gpio16_pad(address: int, value: int) -> None:
    """PAD_XPD_DCDC_CONF."""
    m32[PAD_WORD] = value
    apply_gpio16()


@inside
def read_gpio16(address: int) -> int:
    """RTC_GPIO_IN_DATA: bit 0."""
    return levels_now() >> GPIO16


class Gpio16(Peripheral):
    """The RTC's registers for it."""

    name = "RTC_GPIO"
    base = PERIPHERALS + 0x700
    registers = {
        RTC_GPIO_OUT: "RTC_GPIO_OUT", RTC_GPIO_ENABLE: "RTC_GPIO_ENABLE", RTC_GPIO_IN_DATA: "RTC_GPIO_IN_DATA",
        RTC_GPIO_CONF: "RTC_GPIO_CONF", PAD_XPD_DCDC_CONF: "PAD_XPD_DCDC_CONF",
    }  # fmt: skip
    reads = {RTC_GPIO_IN_DATA: read_gpio16}
    writes = {
        RTC_GPIO_OUT: write_gpio16_out,
        RTC_GPIO_ENABLE: write_gpio16_enable,
        PAD_XPD_DCDC_CONF: write_gpio16_pad,
    }
