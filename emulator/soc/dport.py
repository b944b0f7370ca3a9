"""DPORT: what holds the chip together. Modelled: the processor's clock, the UARTs' interrupt state, and the flash
cache's registers, which store. Source: SDK `eagle_soc.h`; bit 0 of 3ff00014 doubles the clock (measured).
"""

from emulator.cpu.core import Core
from emulator.cpu.inside import inside, m32
from emulator.cpu.memory import DPORT, PERIPHERALS_SIZE, REGISTERS
from emulator.cpu.runtime import Cpu, reschedule
from emulator.soc.clock import Clock, settle_microseconds
from emulator.soc.peripheral import Peripheral
from emulator.soc.timers import settle_frc1, settle_frc2
from emulator.soc.uart import interrupt_state

EDGE_INT_ENABLE = 0x04
CACHE_FLASH_CTRL = 0x0C
CPU_CLOCK = 0x14
UART_INT_STATE = 0x20
CACHE_CTRL = 0x24
SPI_CACHE_TARGET = 0x28

CPU_CLOCK_160_MHZ = 1 << 0
CPU_CLOCK_WORD = REGISTERS + PERIPHERALS_SIZE + CPU_CLOCK


@inside
def write_cpu_clock(address: int, value: int) -> None:
    """Change the processor's frequency; what counts in cycles settles first."""
    m32[CPU_CLOCK_WORD] = value
    settle_microseconds()
    settle_frc1()
    settle_frc2()
    Clock.mhz = 80
    if value & CPU_CLOCK_160_MHZ:
        Clock.mhz = 160
    Cpu.effects = Cpu.effects + 1
    reschedule()


class Dport(Peripheral):
    """The registers."""

    name = "DPORT"
    base = DPORT
    registers = {
        EDGE_INT_ENABLE: "EDGE_INT_ENABLE", CACHE_FLASH_CTRL: "CACHE_FLASH_CTRL", CPU_CLOCK: "CPU_CLOCK",
        UART_INT_STATE: "UART_INT_STATE", CACHE_CTRL: "CACHE_CTRL", SPI_CACHE_TARGET: "SPI_CACHE_TARGET",
    }  # fmt: skip
    reads = {UART_INT_STATE: interrupt_state}
    writes = {CPU_CLOCK: write_cpu_clock}

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._clock = core.cells(Clock)

    def reset(self) -> None:
        """80 MHz."""
        self._clock.mhz = 80
