"""The radio's calibration, as far as a boot waits for it: one slow-clock measurement, and the analogue blocks behind a
one-byte bus that only ROM routines touch. Source: measured (facts: registers, mask ROM).
"""

from emulator.cpu.core import Core
from emulator.cpu.inside import inside
from emulator.cpu.memory import PERIPHERALS
from emulator.soc.peripheral import Peripheral

SLOW_CLOCK_MEASURED = 0x70
MEASUREMENT_DONE = 1 << 31
MEASUREMENT = 38272
"""Makes the slow clock's period 5.75 us."""

BBPLL_BLOCK, BBPLL_HOST = 103, 4
"""The analogue bus's address of the PLL that clocks everything."""
BBPLL_FOR_26_MHZ = {1: 0x88, 2: 0x91}
"""Registers of the PLL, set by every program for a 26 MHz crystal; without them it multiplies as for 40 MHz."""
ROM_MULTIPLIER = 2
BBPLL_MULTIPLIER = 80 / 26

ALWAYS_READY = (0x62, 7, 0x80)
"""Block, register and bit that the SDK polls ("pll_cal exceeds 2ms")."""


@inside
def read_slow_clock(address: int) -> int:
    """The measurement, done."""
    return MEASUREMENT_DONE | MEASUREMENT


class Phy(Peripheral):
    """The measurement register, and the analogue bus."""

    name = "PHY"
    base = PERIPHERALS + 0x300
    registers = {SLOW_CLOCK_MEASURED: "SLOW_CLOCK_MEASURED"}
    reads = {SLOW_CLOCK_MEASURED: read_slow_clock}

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._analogue: dict[tuple[int, int, int], int] = {}

    def reset(self) -> None:
        """The analogue registers forget."""
        self._analogue.clear()

    def read_analogue(self, block: int, host: int, register: int) -> int:
        """A byte from the analogue bus."""
        value = self._analogue.get((block, host, register), 0)
        ready_block, ready_register, ready_bit = ALWAYS_READY
        return value | ready_bit if (block, register) == (ready_block, ready_register) else value

    def write_analogue(self, block: int, host: int, register: int, value: int) -> None:
        """A byte to the analogue bus."""
        self._analogue[block, host, register] = value & 0xFF

    def apb_hz(self, crystal_mhz: float) -> float:
        """The peripheral clock. The ROM runs the PLL as for 40 MHz, hence 74880 baud where 115200 was meant."""
        programmed = all(
            self._analogue.get((BBPLL_BLOCK, BBPLL_HOST, register)) == value
            for register, value in BBPLL_FOR_26_MHZ.items()
        )
        return crystal_mhz * 1e6 * (BBPLL_MULTIPLIER if programmed else ROM_MULTIPLIER)
