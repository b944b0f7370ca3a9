"""The real-time clock's block: slow counter, calibration values, and the memory that survives resets.

Source: SDK `eagle_soc.h` (RTC_STORE0); which values a boot waits for: measured (facts: registers).
"""

from emulator.cpu.inside import inside, m32
from emulator.cpu.memory import PERIPHERALS, REGISTERS
from emulator.soc.clock import microseconds
from emulator.soc.peripheral import Peripheral

RTC_CTRL = 0x00
RTC_STATE1 = 0x14
RTC_SLP_CNT_VAL = 0x1C
RTC_STATE2 = 0x18
RTC_CALIBRATION = 0x28
RTC_STORE0 = 0x30

SLOW_CLOCK_PERIOD_HUNDREDTHS_US = 575
"""The slow clock's period is about 5.75 us (facts); its calibration register says so in 1/4096 us."""

MEMORY_BASE = PERIPHERALS + 0x1000
MEMORY_SIZE = 0x400
"""RTC memory: kept over resets, lost when the power goes."""


@inside
def read_slow_counter(address: int) -> int:
    """RTC_SLP_CNT_VAL: cycles of the slow clock."""
    return microseconds() * 100 // SLOW_CLOCK_PERIOD_HUNDREDTHS_US


@inside
def read_calibration(address: int) -> int:
    """What was written, with bits 1:0 saying that a calibration is done."""
    return (m32[REGISTERS + 0x700 + RTC_CALIBRATION] & ~3) | 1


class Rtc(Peripheral):
    """The registers but GPIO16's, which are in `iomux`."""

    name = "RTC"
    base = PERIPHERALS + 0x700
    registers = {
        RTC_CTRL: "RTC_CTRL", RTC_STATE1: "RTC_STATE1", RTC_STATE2: "RTC_STATE2",
        RTC_SLP_CNT_VAL: "RTC_SLP_CNT_VAL", RTC_CALIBRATION: "RTC_CALIBRATION", RTC_STORE0: "RTC_STORE0",
    }  # fmt: skip
    reads = {RTC_SLP_CNT_VAL: read_slow_counter, RTC_CALIBRATION: read_calibration}


class RtcMemory(Peripheral):
    """1 KiB that stores and reads back, whatever happens short of a power cut."""

    name = "RTC_MEM"
    base = MEMORY_BASE
    registers = {offset: f"RTC_MEM[{offset // 4}]" for offset in range(0, MEMORY_SIZE, 4)}
