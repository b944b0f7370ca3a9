"""Clocks: what a cycle is, and the counters that follow the processor's frequency.

One instruction takes one cycle, at 80 or 160 MHz. Timers and UARTs run from the 80 MHz APB clock whatever the
processor does. Source: measured (facts: processor); register names from the SDK's `eagle_soc.h`.
"""

from emulator.cpu.inside import Cells, inside
from emulator.cpu.runtime import LONGEST_WAIT, now

APB_MHZ = 80


class Clock(Cells):
    """The clock's words."""

    mhz: int
    """The processor's frequency: 80 or 160."""
    micros: int
    """Microseconds since the last reset, at `micros_cycle`."""
    micros_cycle: int


@inside
def microseconds() -> int:
    """The free-running microsecond counter, 32 bits."""
    return Clock.micros + (now() - Clock.micros_cycle) // Clock.mhz


@inside
def settle_microseconds() -> int:
    """Move the counter's base up to now, so that differences stay small; called at every event."""
    passed = (now() - Clock.micros_cycle) // Clock.mhz
    Clock.micros = Clock.micros + passed
    Clock.micros_cycle = Clock.micros_cycle + passed * Clock.mhz
    return LONGEST_WAIT


@inside
def apb_cycles() -> int:
    """Processor cycles per APB cycle: 1 or 2."""
    return Clock.mhz // APB_MHZ
