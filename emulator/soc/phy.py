"""The radio's calibration, as far as a boot waits for it: one slow-clock measurement, and the analogue blocks behind
their bus, which ROM routines use and programs that bring routines of their own. Source: measured (facts: registers,
mask ROM; the bus's registers with Punyforth, whose SDK does not call the ROM for it).
"""

from emulator.cpu.core import Core
from emulator.cpu.inside import inside, m32
from emulator.cpu.memory import PERIPHERALS, REGISTERS
from emulator.soc.peripheral import Peripheral

SLOW_CLOCK_MEASURED = 0x370
MEASUREMENT_DONE = 1 << 31
MEASUREMENT = 38272
"""Makes the slow clock's period 5.75 us."""

IQ_ESTIMATE = 0x57C
IQ_ESTIMATE_DONE = 1 << 31
"""Estimating the receiver's imbalance, which ROM's `rom_iq_est_enable` and its copies in SDKs wait for."""

ANALOGUE_HOST0 = 0xD00
ANALOGUE_HOSTS = 8
"""One register for each: block 7:0, register 15:8, data 23:16, bit 24 write, bit 25 busy (never)."""
ANALOGUE_WRITE = 1 << 24
ANALOGUE_DATA_SHIFT = 16

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


@inside
def read_iq_estimate(address: int) -> int:
    """What was written, done."""
    return m32[REGISTERS + IQ_ESTIMATE] | IQ_ESTIMATE_DONE


class Phy(Peripheral):
    """The measurement register, and the analogue bus."""

    name = "PHY"
    base = PERIPHERALS
    registers = {
        SLOW_CLOCK_MEASURED: "SLOW_CLOCK_MEASURED", IQ_ESTIMATE: "IQ_ESTIMATE",
        **{ANALOGUE_HOST0 + 4 * host: f"ANALOGUE_HOST{host}" for host in range(ANALOGUE_HOSTS)},
    }  # fmt: skip
    reads = {SLOW_CLOCK_MEASURED: read_slow_clock, IQ_ESTIMATE: read_iq_estimate}
    host_writes = frozenset(ANALOGUE_HOST0 + 4 * host for host in range(ANALOGUE_HOSTS))

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._analogue: dict[tuple[int, int, int], int] = {}

    def lose_settings(self) -> None:
        """The analogue registers forget."""
        self._analogue.clear()

    def write(self, offset: int, value: int) -> None:
        """A transaction on the analogue bus: over at once, with what was read in the data field."""
        host, block, register = (offset - ANALOGUE_HOST0) // 4, value & 0xFF, value >> 8 & 0xFF
        if value & ANALOGUE_WRITE:
            self.write_analogue(block, host, register, value >> ANALOGUE_DATA_SHIFT & 0xFF)
        data = self.read_analogue(block, host, register)
        self.set_word(offset, block | register << 8 | data << ANALOGUE_DATA_SHIFT)

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
