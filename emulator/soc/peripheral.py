"""What a peripheral is: a block of registers with names, some of which do something.

A register does one of four things on a read or a write: it stores and reads back (most do); a function inside the
module answers (`reads`, `writes`: quick, for what a program polls); the peripheral's Python object answers
(`host_reads`, `host_writes`: anything rarer); or nobody knows it, and its first use is reported by name and from
then on it just stores.
"""

from collections.abc import Mapping, Set
from typing import ClassVar

from emulator.cpu.core import Core
from emulator.cpu.inside import Inside

HostRegisters = Set[int]


class Peripheral:
    """Base of all peripherals. Offsets are bytes from `base`; a subclass sets what it has."""

    name: ClassVar[str]
    base: ClassVar[int]
    registers: ClassVar[Mapping[int, str]] = {}
    """Offset -> datasheet name, of every register that is modelled (storing counts)."""
    reads: ClassVar[Mapping[int, Inside]] = {}
    """Offset -> `@inside` function(address) -> value."""
    writes: ClassVar[Mapping[int, Inside]] = {}
    """Offset -> `@inside` function(address, value)."""
    host_reads: ClassVar[HostRegisters] = frozenset()
    host_writes: ClassVar[HostRegisters] = frozenset()
    """One that is in `writes`, too, is for that function to call, by `host_write`."""
    polls: ClassVar[tuple[Inside, ...]] = ()
    """`@inside` functions that catch up with time; each returns the cycles until it must be called again."""

    def __init__(self, core: Core) -> None:
        self.core = core

    def reset(self) -> None:
        """Set the registers that are not 0 after a reset; the chip has cleared the others."""

    def read(self, offset: int) -> int:
        """The value of one of `host_reads`."""
        raise NotImplementedError(f"{self.name}: no read of offset {offset:#x}")

    def write(self, offset: int, value: int) -> None:
        """A write to one of `host_writes`; storing the word, where it is to read back, is the peripheral's task."""
        raise NotImplementedError(f"{self.name}: no write of offset {offset:#x}")

    def word(self, offset: int) -> int:
        """The word that is stored for a register."""
        return self.core.register_word(self.base + offset)

    def set_word(self, offset: int, value: int) -> None:
        """Set the word that is stored for a register."""
        self.core.set_register_word(self.base + offset, value)
