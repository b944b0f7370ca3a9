"""The real-time clock's block: slow counter, why the chip was reset, deep sleep, and the memory that survives resets.

The slow counter goes on over resets by the watchdog and by software; power, the reset pin and waking up begin it anew.
Source: ESP8266 Non-OS SDK API Reference, `system_get_rtc_time`; MicroPython's `machine_rtc.c` builds its time on that.
Other sources: SDK `eagle_soc.h` (RTC_STORE0, RTC_GPIO); ESP8266_RTOS_SDK `rtc_register.h` and `reset_reason.c`
(causes, and where they are read); esp-open-rtos `rtc_regs.h` and `_deep_sleep_phase2` (how sleep begins); which values
a boot waits for: measured (facts: registers).
"""

from collections.abc import Callable

from emulator.cpu.core import Core
from emulator.cpu.inside import Cells, inside, m32
from emulator.cpu.memory import PERIPHERALS, REGISTERS
from emulator.cpu.runtime import LONGEST_WAIT
from emulator.soc.clock import Clock, microseconds
from emulator.soc.peripheral import Peripheral

RTC_CTRL = 0x00
RTC_SLP_VAL = 0x04
RTC_STATE0 = 0x08
RTC_POWER = 0x10
RTC_STATE1 = 0x14
RTC_STATE2 = 0x18
RTC_SLP_CNT_VAL = 0x1C
RTC_CALIBRATION = 0x28
RTC_STORE0 = 0x30

KEEP_POWER = 3 << 4
"""In RTC_CTRL; SDKs set it before a light sleep, and clear it before a deep one."""
LONGEST_LIGHT_SLEEP = 1 << 21
"""In ticks, some 12 s: a time that is already over is no time to sleep."""
GO_TO_SLEEP = 1 << 20
"""In RTC_STATE0."""
RESET_CAUSE = 0xF
"""In RTC_STATE1."""
WAKE_BY_TIMER = 1 << 3
"""In RTC_STATE2, 7:0 what may wake it, and 13:8 what did."""
WOKEN_BY_SHIFT = 8
KEPT = range(RTC_STORE0, RTC_STORE0 + 0x10, 4)
"""What software keeps there over its own resets and the watchdog's. After all others it is 0: SDKs have 1 ("watchdog")
in RTC_STORE0 while they run, and tell a press of the reset button by its being gone (measured: MicroPython's SDK; that
boards do tell it so: micropython issue 2194)."""

SLOW_TICKS, SLOW_TICKS_US = 4, 23
"""The slow clock's period is about 5.75 us (measured, facts: registers), that is so many ticks in so many us."""

MEMORY_BASE = PERIPHERALS + 0x1000
MEMORY_SIZE = 0x400
"""RTC memory: kept over resets, lost when the power goes."""


class SlowCounter(Cells):
    """The counter of the slow clock's cycles."""

    ticks: int
    """What it was `since`."""
    since: int
    """In microseconds of the free-running counter."""


@inside
def read_slow_counter(address: int) -> int:
    """RTC_SLP_CNT_VAL."""
    passed_us = microseconds() - SlowCounter.since
    left_us = passed_us % SLOW_TICKS_US
    return SlowCounter.ticks + passed_us // SLOW_TICKS_US * SLOW_TICKS + left_us * SLOW_TICKS // SLOW_TICKS_US


@inside
def settle_slow_counter() -> int:
    """Move the counter's base up, as the microseconds wrap before it does; called at every event."""
    periods = (microseconds() - SlowCounter.since) // SLOW_TICKS_US
    SlowCounter.ticks = SlowCounter.ticks + periods * SLOW_TICKS
    SlowCounter.since = SlowCounter.since + periods * SLOW_TICKS_US
    return LONGEST_WAIT


@inside
def read_calibration(address: int) -> int:
    """What was written, with bits 1:0 saying that a calibration is done."""
    return (m32[REGISTERS + 0x700 + RTC_CALIBRATION] & ~3) | 1


class Rtc(Peripheral):
    """The registers but GPIO16's, which are in `iomux`. `on_sleep` is called with the seconds after which the chip
    wakes, or None."""

    name = "RTC"
    base = PERIPHERALS + 0x700
    registers = {
        RTC_CTRL: "RTC_CTRL", RTC_SLP_VAL: "RTC_SLP_VAL", RTC_POWER: "RTC_POWER",
        RTC_STATE0: "RTC_STATE0", RTC_STATE1: "RTC_STATE1", RTC_STATE2: "RTC_STATE2",
        RTC_SLP_CNT_VAL: "RTC_SLP_CNT_VAL", RTC_CALIBRATION: "RTC_CALIBRATION", RTC_STORE0: "RTC_STORE0",
    }  # fmt: skip
    reads = {RTC_SLP_CNT_VAL: read_slow_counter, RTC_CALIBRATION: read_calibration}
    host_writes = frozenset({RTC_STATE0})
    polls = (settle_slow_counter,)

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._clock = core.cells(Clock)
        self._counter = core.cells(SlowCounter)
        self.on_sleep: Callable[[float | None], None] = lambda seconds: None

    def reset(self) -> None:
        """The counter goes on, while the microseconds that it follows begin anew."""
        self._counter.ticks = self.core.load(self.base + RTC_SLP_CNT_VAL)
        self._counter.since = 0

    def begin_anew(self) -> None:
        """After a reset: the counter begins anew, too."""
        self._counter.ticks = 0

    def write(self, offset: int, value: int) -> None:
        """RTC_STATE0: the chip goes to sleep; lightly, if its parts keep their power, and then it just goes on."""
        self.set_word(offset, value & ~GO_TO_SLEEP)
        if not value & GO_TO_SLEEP:
            return
        ticks = self.word(RTC_SLP_VAL) - self.core.load(self.base + RTC_SLP_CNT_VAL) & 0xFFFFFFFF
        microseconds = ticks * SLOW_TICKS_US // SLOW_TICKS
        woken = bool(self.word(RTC_STATE2) & WAKE_BY_TIMER)
        if not self.word(RTC_CTRL) & KEEP_POWER:
            self.on_sleep(microseconds / 1e6 if woken else None)
        elif woken and ticks < LONGEST_LIGHT_SLEEP:
            self.core.skip(microseconds * self._clock.mhz)

    def set_cause(self, cause: int, woken_by: int = 0) -> None:
        """Say why the chip was reset."""
        self.set_word(RTC_STATE1, self.word(RTC_STATE1) & ~RESET_CAUSE | cause)
        self.set_word(RTC_STATE2, woken_by << WOKEN_BY_SHIFT | woken_by)


class RtcMemory(Peripheral):
    """1 KiB that stores and reads back, whatever happens short of a power cut."""

    name = "RTC_MEM"
    base = MEMORY_BASE
    registers = {offset: f"RTC_MEM[{offset // 4}]" for offset in range(0, MEMORY_SIZE, 4)}
