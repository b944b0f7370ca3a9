"""FRC1 and FRC2, the two timers.

FRC1 counts down 23 bits and may reload; its interrupt 9 comes at zero. FRC2 counts up 32 bits; its interrupt 10
comes when the count passes the alarm. Both run from the APB clock through a prescaler of 1, 16 or 256. Source: SDK
`timer_register.h`; FRC1's interrupt bit in FRC1_INT and FRC1_CTRL: Arduino, `esp8266_peri.h`.
"""

from emulator.cpu.core import Core
from emulator.cpu.inside import Cells, inside
from emulator.cpu.memory import PERIPHERALS
from emulator.cpu.runtime import LONGEST_WAIT, Cpu, now, reschedule
from emulator.soc.clock import apb_cycles
from emulator.soc.interrupts import EDGE_FRC1, EDGE_FRC2, NMI_FRC1, drop_nmi, raise_edge, want_nmi
from emulator.soc.peripheral import Peripheral

FRC1_LOAD = 0x00
FRC1_COUNT = 0x04
FRC1_CTRL = 0x08
FRC1_INT = 0x0C
FRC2_LOAD = 0x20
FRC2_COUNT = 0x24
FRC2_CTRL = 0x28
FRC2_INT = 0x2C
FRC2_ALARM = 0x30

CTRL_ENABLE = 1 << 7
CTRL_RELOAD = 1 << 6
CTRL_INT_LEVEL = 1 << 0
INT_STATUS = 1 << 0
"""In FRC1_INT: writing it 0 says that the interrupt was served."""
FRC1_MASK = 0x7FFFFF
FRC1_INTERRUPT = 1 << 9
FRC2_INTERRUPT = 1 << 10


class Frc1(Cells):
    """FRC1's words."""

    load: int
    control: int
    count: int
    """The count at `since`."""
    since: int
    """The cycle at which `count` was right."""


class Frc2(Cells):
    """FRC2's words."""

    control: int
    count: int
    since: int
    last: int
    """The count when the alarm was last looked at."""
    alarm: int


@inside
def tick_cycles(control: int) -> int:
    """Processor cycles per count: the prescaler in bits 3:2."""
    if control & 8:
        return 256 * apb_cycles()
    if control & 4:
        return 16 * apb_cycles()
    return apb_cycles()


@inside
def settle_frc1() -> int:
    """Move FRC1's base up to now and raise its interrupt if it passed zero; returns the count."""
    if (Frc1.control & CTRL_ENABLE) == 0:
        Frc1.since = now()
        return Frc1.count
    tick = tick_cycles(Frc1.control)
    ticks = (now() - Frc1.since) // tick
    Frc1.since = Frc1.since + ticks * tick
    if ticks < Frc1.count:
        Frc1.count = Frc1.count - ticks
        return Frc1.count
    period = FRC1_MASK + 1
    if Frc1.control & CTRL_RELOAD:
        period = Frc1.load
        if period == 0:
            period = 1
    if Frc1.count or ticks:
        raise_edge(EDGE_FRC1)
        want_nmi(NMI_FRC1)
    Frc1.count = period - (ticks - Frc1.count) % period
    return Frc1.count


@inside
def poll_frc1() -> int:
    """FRC1's interrupt; cycles until the next."""
    count = settle_frc1()
    if (Frc1.control & CTRL_ENABLE) == 0:
        return LONGEST_WAIT
    if count > LONGEST_WAIT:
        return LONGEST_WAIT
    wait = count * tick_cycles(Frc1.control) - (now() - Frc1.since)
    if wait > LONGEST_WAIT:
        return LONGEST_WAIT
    if wait == 0:
        return 1
    return wait


@inside
def settle_frc2() -> int:
    """Move FRC2's base up to now; returns the count."""
    if Frc2.control & CTRL_ENABLE:
        tick = tick_cycles(Frc2.control)
        ticks = (now() - Frc2.since) // tick
        Frc2.count = Frc2.count + ticks
        Frc2.since = Frc2.since + ticks * tick
    else:
        Frc2.since = now()
    return Frc2.count


@inside
def poll_frc2() -> int:
    """FRC2's alarm; cycles until it comes."""
    if (Frc2.control & CTRL_ENABLE) == 0:
        return LONGEST_WAIT
    count = settle_frc2()
    if Frc2.alarm - Frc2.last - 1 < count - Frc2.last:
        raise_edge(EDGE_FRC2)
    Frc2.last = count
    ticks = Frc2.alarm - count
    if ticks - 1 >= LONGEST_WAIT:
        return LONGEST_WAIT
    wait = ticks * tick_cycles(Frc2.control) - (now() - Frc2.since)
    if wait > LONGEST_WAIT:
        return LONGEST_WAIT
    return wait


@inside
def read_frc1_count(address: int) -> int:
    """FRC1_COUNT."""
    return settle_frc1() & FRC1_MASK


@inside
def read_frc1_load(address: int) -> int:
    """FRC1_LOAD."""
    return Frc1.load


@inside
def read_frc1_control(address: int) -> int:
    """FRC1_CTRL."""
    return Frc1.control


@inside
def write_frc1_load(address: int, value: int) -> None:
    """FRC1_LOAD sets the count as well."""
    Frc1.load = value & FRC1_MASK
    Frc1.count = Frc1.load
    Frc1.since = now()
    Cpu.effects = Cpu.effects + 1
    reschedule()


@inside
def write_frc1_control(address: int, value: int) -> None:
    """FRC1_CTRL."""
    settle_frc1()
    Frc1.control = value
    Cpu.effects = Cpu.effects + 1
    reschedule()


@inside
def write_frc1_int(address: int, value: int) -> None:
    """FRC1_INT: clears the interrupt."""
    Cpu.latch = Cpu.latch & ~FRC1_INTERRUPT
    if (value & INT_STATUS) == 0:
        drop_nmi(NMI_FRC1)


@inside
def read_frc2_count(address: int) -> int:
    """FRC2_COUNT."""
    return settle_frc2()


@inside
def read_frc2_control(address: int) -> int:
    """FRC2_CTRL."""
    return Frc2.control


@inside
def read_frc2_alarm(address: int) -> int:
    """FRC2_ALARM."""
    return Frc2.alarm


@inside
def write_frc2_load(address: int, value: int) -> None:
    """FRC2_LOAD sets the count."""
    Frc2.count = value
    Frc2.last = value
    Frc2.since = now()
    Cpu.effects = Cpu.effects + 1
    reschedule()


@inside
def write_frc2_control(address: int, value: int) -> None:
    """FRC2_CTRL."""
    settle_frc2()
    Frc2.control = value
    Cpu.effects = Cpu.effects + 1
    reschedule()


@inside
def write_frc2_alarm(address: int, value: int) -> None:
    """FRC2_ALARM."""
    Frc2.last = settle_frc2()
    Frc2.alarm = value
    Cpu.effects = Cpu.effects + 1
    reschedule()


@inside
def write_frc2_int(address: int, value: int) -> None:
    """FRC2_INT: clears the interrupt."""
    Cpu.latch = Cpu.latch & ~FRC2_INTERRUPT


class Timers(Peripheral):
    """The registers of FRC1 and FRC2."""

    name = "TIMER"
    base = PERIPHERALS + 0x600
    registers = {
        FRC1_LOAD: "FRC1_LOAD", FRC1_COUNT: "FRC1_COUNT", FRC1_CTRL: "FRC1_CTRL", FRC1_INT: "FRC1_INT",
        FRC2_LOAD: "FRC2_LOAD", FRC2_COUNT: "FRC2_COUNT", FRC2_CTRL: "FRC2_CTRL", FRC2_INT: "FRC2_INT",
        FRC2_ALARM: "FRC2_ALARM",
    }  # fmt: skip
    reads = {
        FRC1_LOAD: read_frc1_load,
        FRC1_COUNT: read_frc1_count,
        FRC1_CTRL: read_frc1_control,
        FRC2_COUNT: read_frc2_count,
        FRC2_CTRL: read_frc2_control,
        FRC2_ALARM: read_frc2_alarm,
    }
    writes = {
        FRC1_LOAD: write_frc1_load,
        FRC1_CTRL: write_frc1_control,
        FRC1_INT: write_frc1_int,
        FRC2_LOAD: write_frc2_load,
        FRC2_CTRL: write_frc2_control,
        FRC2_INT: write_frc2_int,
        FRC2_ALARM: write_frc2_alarm,
    }
    polls = (poll_frc1, poll_frc2)

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._groups = (core.cells(Frc1), core.cells(Frc2))

    def reset(self) -> None:
        """Both timers stand still at 0."""
        frc1, frc2 = self._groups
        frc1.load = frc1.control = frc1.count = 0
        frc2.control = frc2.count = frc2.last = frc2.alarm = 0
