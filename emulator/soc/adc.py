"""The analogue-to-digital converter at the pin TOUT, as `system_adc_read` of the SDK uses it.

It starts a conversion by setting a bit in 60000d5c, waits until bits 26:24 of 60000d50 are 0, and takes eight samples
of eleven bits from 60000d80 up. Each is inverted, and its low byte less 21 is stretched by 279/256. The sum of the
eight, stretched likewise once more, is 16 times what `system_adc_read` returns. Source: measured, with the SDKs of
MicroPython 1.10 and 1.18.
"""

from typing import Final

from emulator.cpu.core import Core
from emulator.cpu.memory import PERIPHERALS
from emulator.soc.peripheral import Peripheral

SAR_DATA: Final = 0x80
SAMPLES: Final = 8
FULL_SCALE: Final = 1024
"""What one volt reads."""
OFFSET, STRETCH, UNIT = 21, 279, 256


def sample(volts: float) -> int:
    """The word that the converter holds for a voltage, 0.0 to 1.0."""
    reading = min(max(0.0, volts), 1.0) * FULL_SCALE
    value = int(2 * reading * UNIT / STRETCH)
    low = -(-(value & 0xFF) * UNIT // STRETCH)
    return ~(value & 0x700 | low + OFFSET) & 0x7FF


class Adc(Peripheral):
    """The samples' registers; the others store."""

    name = "SAR_CTRL"
    base = PERIPHERALS + 0xD00
    registers = {SAR_DATA + 4 * index: f"SAR_DATA{index}" for index in range(SAMPLES)}
    host_reads = frozenset(registers)

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self.volts = 0.0
        """At the pin TOUT, which takes 0 to 1 V."""

    def read(self, offset: int) -> int:
        """All samples are the same: there is no noise."""
        return sample(self.volts)
