"""What a ROM routine that is written in Python gets: the chip, and the few things that only the board can do."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import IntEnum

from emulator.cpu.core import AddressError, Core
from emulator.cpu.isa import Cause
from emulator.cpu.memory import DATA_RAM, DATA_RAM_SIZE, INSTRUCTION_RAM, INSTRUCTION_RAM_SIZE
from emulator.soc.chip import Chip
from emulator.trace import Trace


class ResetCause(IntEnum):
    """What the banner calls "rst cause" (ESP8266_RTOS_SDK `rtc_register.h`, `RESET_REASON`)."""

    POWER_ON = 1
    EXTERNAL = 2
    SOFTWARE = 3
    WATCHDOG = 4
    DEEP_SLEEP = 5


class Next(IntEnum):
    """What a routine asks of the board when it cannot simply return."""

    RESTART = 1
    """Begin anew at the reset vector, without a hardware reset."""
    HANG = 2
    """Do nothing until the watchdog bites."""
    DOWNLOAD = 3
    """Go back to the download mode."""
    PROGRAM = 4
    """Run the program in the flash, whatever the strapping pins said."""
    SLEEP = 5
    """Sleep deeply."""


RAM = (range(DATA_RAM, DATA_RAM + DATA_RAM_SIZE), range(INSTRUCTION_RAM, INSTRUCTION_RAM + INSTRUCTION_RAM_SIZE))


class MemoryAccessError(Exception):
    """A routine was given an address that it cannot use; the program gets the exception that the chip would raise."""

    def __init__(self, cause: Cause, address: int) -> None:
        super().__init__(f"{cause.name} at {address:#010x}")
        self.cause, self.address = cause, address


@dataclass
class Machine:
    """The surroundings of Python's ROM routines."""

    chip: Chip
    reset_cause: ResetCause = ResetCause.POWER_ON
    by_software: bool = False
    """Whether the program itself began the last reset; the chip does not count that as a cause."""
    next: Next | None = None
    semihosting: Callable[["Machine"], None] | None = None
    """Answers SIMCALLs outside the ROM: the simulator's documented semihosting."""
    touched: dict[str, int] = field(default_factory=dict)
    """How often each routine written in Python was called."""

    @property
    def core(self) -> Core:
        """The processor."""
        return self.chip.core

    @property
    def trace(self) -> Trace:
        """Where events go."""
        return self.chip.trace

    def read(self, address: int, length: int) -> bytes:
        """Bytes of RAM, ROM or mapped flash that a program named. Raises MemoryAccessError."""
        try:
            return self.core.read(address, length)
        except AddressError:
            raise MemoryAccessError(Cause.LOAD_PROHIBITED, address) from None

    def read_string(self, address: int) -> bytes:
        """A zero-terminated string, without the zero. Raises MemoryAccessError."""
        try:
            return self.core.read_string(address)
        except AddressError:
            raise MemoryAccessError(Cause.LOAD_PROHIBITED, address) from None

    def read32(self, address: int) -> int:
        """A word likewise."""
        return int.from_bytes(self.read(address, 4), "little")

    def write(self, address: int, content: bytes) -> None:
        """Set bytes of RAM that a program named. Raises MemoryAccessError."""
        if not any(address in ram and address + len(content) <= ram.stop for ram in RAM):
            raise MemoryAccessError(Cause.STORE_PROHIBITED, address)
        self.core.write(address, content)

    def write32(self, address: int, value: int) -> None:
        """Set a word likewise."""
        self.write(address, (value & 0xFFFFFFFF).to_bytes(4, "little"))

    def ask(self, what: Next) -> None:
        """Leave the processor after this routine and let the board do something else."""
        self.next = what
        self.core.request_stop()


Routine = Callable[..., int | None]
"""A ROM routine: (machine, up to six register arguments) -> what a2 becomes, or None to leave it."""
