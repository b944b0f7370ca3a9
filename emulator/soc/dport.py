"""DPORT: what holds the chip together. Modelled: the processor's clock, which interrupts reach it (see `interrupts`),
the UARTs' interrupt state, and which MiB of the flash the cache shows.

Sources: SDK `eagle_soc.h`; ESP8266_RTOS_SDK `spi_register.h` (CACHE_MAP_...) and `spi_flash_cache2phys`; bit 0 of
3ff00014 doubles the clock (measured).
"""

from collections.abc import Callable

from emulator.cpu.core import Core
from emulator.cpu.inside import host_write, inside, m32
from emulator.cpu.memory import DPORT, PERIPHERALS_SIZE, REGISTERS
from emulator.cpu.runtime import Cpu, reschedule
from emulator.soc.clock import Clock, settle_microseconds
from emulator.soc.interrupts import (
    Interrupts,
    read_edge_enable,
    read_nmi_control,
    write_edge_enable,
    write_nmi_control,
)
from emulator.soc.peripheral import Peripheral
from emulator.soc.timers import settle_frc1, settle_frc2
from emulator.soc.uart import interrupt_state

NMI_INT_ENABLE = 0x00
EDGE_INT_ENABLE = 0x04
CACHE_FLASH_CTRL = 0x0C
CPU_CLOCK = 0x14
UART_INT_STATE = 0x20
CACHE_CTRL = 0x24
SPI_CACHE_TARGET = 0x28

CPU_CLOCK_160_MHZ = 1 << 0
CACHE_READ_ENABLE = 1 << 8
CACHE_MAP_SEGMENT_SHIFT = 16
CACHE_MAP_SEGMENT = 7 << CACHE_MAP_SEGMENT_SHIFT
"""In CACHE_FLASH_CTRL: in which 2 MiB of the flash the window lies; two bits in the header, three for 16 MiB."""
CACHE_MAP_2M, CACHE_MAP_1M_HIGH = 1 << 24, 1 << 25
"""Both MiB of those, or the upper one; without either, the lower."""
CACHE_MAPPING = CACHE_MAP_2M | CACHE_MAP_1M_HIGH | CACHE_MAP_SEGMENT
CACHE_CONTROL_WORD = REGISTERS + PERIPHERALS_SIZE + CACHE_FLASH_CTRL
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


@inside
def write_cache_control(address: int, value: int) -> None:
    """CACHE_FLASH_CTRL. Programs switch the cache off and on around each access to the flash: only another mapping is
    worth a call of Python."""
    changed = m32[CACHE_CONTROL_WORD] ^ value
    m32[CACHE_CONTROL_WORD] = value
    Cpu.effects = Cpu.effects + 1
    if changed & CACHE_MAPPING:
        host_write(address, value)


class Dport(Peripheral):
    """The registers."""

    name = "DPORT"
    base = DPORT
    registers = {
        NMI_INT_ENABLE: "NMI_INT_ENABLE", EDGE_INT_ENABLE: "EDGE_INT_ENABLE",
        CACHE_FLASH_CTRL: "CACHE_FLASH_CTRL", CPU_CLOCK: "CPU_CLOCK",
        UART_INT_STATE: "UART_INT_STATE", CACHE_CTRL: "CACHE_CTRL", SPI_CACHE_TARGET: "SPI_CACHE_TARGET",
    }  # fmt: skip
    reads = {
        NMI_INT_ENABLE: read_nmi_control,
        EDGE_INT_ENABLE: read_edge_enable,
        UART_INT_STATE: interrupt_state,
    }
    writes = {
        NMI_INT_ENABLE: write_nmi_control,
        EDGE_INT_ENABLE: write_edge_enable,
        CPU_CLOCK: write_cpu_clock,
        CACHE_FLASH_CTRL: write_cache_control,
    }
    host_writes = frozenset({CACHE_FLASH_CTRL})

    def __init__(self, core: Core) -> None:
        super().__init__(core)
        self._clock = core.cells(Clock)
        self._interrupts = core.cells(Interrupts)
        self.on_map: Callable[[int, int], None] = lambda mib, count: None
        """Called with the first MiB that the flash window shall show, and how many."""

    def reset(self) -> None:
        """80 MHz, and no interrupts but those that need no leave."""
        self._clock.mhz = 80
        interrupts = self._interrupts
        interrupts.edge_enable = interrupts.nmi_control = interrupts.nmi_wanted = interrupts.nmi_seen = 0

    def write(self, offset: int, value: int) -> None:
        """CACHE_FLASH_CTRL, with another mapping. That the cache may be off does not matter: programs do without it
        for moments only."""
        self.set_word(offset, value)
        first = (value & CACHE_MAP_SEGMENT) >> CACHE_MAP_SEGMENT_SHIFT << 1
        if value & CACHE_MAP_2M:
            self.on_map(first, 2)
        else:
            self.on_map(first + bool(value & CACHE_MAP_1M_HIGH), 1)
