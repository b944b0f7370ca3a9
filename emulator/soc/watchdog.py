"""The watchdog: first an interrupt, then a reset, if nobody feeds it in time.

The SDK's "software watchdog" is what its handler of the first stage does. Source: ESP8266_RTOS_SDK `eagle_soc.h`
(names and bits) and `task_wdt.c` (both periods are 2^n * 0.8 ms; the order of things). MicroPython's SDK chooses 1.6 s
and 6.6 s.
"""

from emulator.cpu.core import Core
from emulator.cpu.inside import Cells, inside, m32, slt
from emulator.cpu.memory import PERIPHERALS, REGISTERS
from emulator.cpu.runtime import LONGEST_WAIT, Cpu, reschedule
from emulator.soc.clock import Clock, microseconds
from emulator.soc.interrupts import EDGE_WATCHDOG, raise_edge
from emulator.soc.peripheral import Peripheral

WDT_CTL = 0x00
WDT_OP = 0x04
WDT_OP_ND = 0x08
WDT_RST = 0x14

CTL_ENABLE = 1 << 0
CTL_RESPONSE = 3 << 1
"""0: an interrupt, and then a reset; else a reset at once."""
FEED = 0x73
PERIOD_UNIT_US = 800
PERIOD_EXPONENT = 15

BASE = PERIPHERALS + 0x900
WORDS = REGISTERS + 0x900


class Dog(Cells):
    """What the watchdog does."""

    stage: int
    """0 before the interrupt, 1 before the reset."""
    since: int
    """When the stage began, in microseconds."""
    bitten: int
    """1 when it wants the chip reset."""


@inside
def period_us() -> int:
    """How long the present stage lasts."""
    if Dog.stage:
        return PERIOD_UNIT_US << (m32[WORDS + WDT_OP_ND] & PERIOD_EXPONENT)
    return PERIOD_UNIT_US << (m32[WORDS + WDT_OP] & PERIOD_EXPONENT)


@inside
def poll_watchdog() -> int:
    """Bark or bite when it is time; cycles until then."""
    if (m32[WORDS + WDT_CTL] & CTL_ENABLE) == 0:
        return LONGEST_WAIT
    left_us = period_us() - (microseconds() - Dog.since)
    if slt(left_us, 1):
        if Dog.stage or m32[WORDS + WDT_CTL] & CTL_RESPONSE:
            Dog.bitten = 1
            Cpu.stop_at = Cpu.event - Cpu.left
        else:
            raise_edge(EDGE_WATCHDOG)
            Dog.stage = 1
        Dog.since = microseconds()
        left_us = period_us()
    if left_us > LONGEST_WAIT // Clock.mhz:
        return LONGEST_WAIT
    return left_us * Clock.mhz


@inside
def feed() -> None:
    """Begin anew."""
    Dog.stage = 0
    Dog.since = microseconds()


@inside
def write_control(address: int, value: int) -> None:
    """WDT_CTL: what is enabled now has its whole time."""
    if value & ~m32[WORDS + WDT_CTL] & CTL_ENABLE:
        feed()
    m32[WORDS + WDT_CTL] = value
    reschedule()


@inside
def write_reset(address: int, value: int) -> None:
    """WDT_RST: the right value feeds it."""
    if value == FEED:
        feed()


class Watchdog(Peripheral):
    """The registers."""

    name = "WDT"
    base = BASE
    registers = {WDT_CTL: "WDT_CTL", WDT_OP: "WDT_OP", WDT_OP_ND: "WDT_OP_ND", WDT_RST: "WDT_RST"}
    writes = {WDT_CTL: write_control, WDT_RST: write_reset}
    polls = (poll_watchdog,)

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._dog = core.cells(Dog)

    def reset(self) -> None:
        """It sleeps: the ROM leaves that to the program."""
        self._dog.stage = self._dog.bitten = 0

    @property
    def has_bitten(self) -> bool:
        """Whether it wants the chip reset."""
        return bool(self._dog.bitten)
