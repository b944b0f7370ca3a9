"""What a program used of the chip: ROM routines and registers, and which of them nobody modelled.

That is what to look at when a firmware does not come up: `espdojo board --coverage`.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from emulator.soc.unimplemented import is_radio

if TYPE_CHECKING:
    from emulator.rom.mask_rom import MaskRom

WIDTH = 100
"""Columns for lists of names."""


@dataclass(frozen=True, slots=True)
class Routine:
    """A ROM routine that was called and is missing. The result was 0."""

    name: str
    address: int
    caller: int
    """Where the first call returned to."""


@dataclass(frozen=True, slots=True)
class Register:
    """A register that was touched and has no model. It stores and reads back."""

    name: str
    address: int
    access: str
    """How first: "read" or "write"."""
    pc: int
    """The instruction that did."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What was used so far, since the board was made; names of what is modelled only."""

    missing: tuple[Routine, ...]
    unmodelled: tuple[Register, ...]
    radio: tuple[Register, ...]
    """Likewise, but of the radio, where that does not matter."""
    routines: tuple[str, ...]
    registers: tuple[str, ...]

    def as_json(self) -> dict[str, Any]:
        """The event that ``espdojo board --json --coverage`` prints."""
        return {
            "event": "coverage",
            "missing": [{"routine": row.name, "address": row.address, "caller": row.caller} for row in self.missing],
            "unmodelled": [_register(row) for row in self.unmodelled],
            "radio": [_register(row) for row in self.radio],
            "routines": list(self.routines),
            "registers": list(self.registers),
        }

    def lines(self) -> Iterator[str]:
        """For people, what is unknown first."""
        unknown = len(self.missing) + len(self.unmodelled)
        yield f"Not modelled: {unknown or 'nothing that matters'}"
        for routine in self.missing:
            yield f"  ROM routine {routine.name} ({routine.address:#010x}), called from {routine.caller:#010x}; gave 0"
        for row in self.unmodelled:
            yield f"  register {row.name} ({row.address:#010x}), first {row.access} at {row.pc:#010x}"
        yield f"Registers of the radio, which store and read back: {len(self.radio)}"
        yield f"ROM routines: {len(self.routines)}"
        yield from _columns(self.routines)
        yield f"Registers: {len(self.registers)}"
        yield from _columns(_together(self.registers))


def coverage(rom: "MaskRom") -> Coverage:
    """What the program on that ROM's chip has used. `Chip.watch_registers` makes the modelled registers count."""
    chip = rom.chip
    touched = [
        Register(chip.register_name(address), address, access, pc)
        for address, (access, pc) in sorted(chip.unmodelled.items())
    ]
    return Coverage(
        missing=tuple(Routine(name, *where) for name, where in tuple(rom.missing.items())),
        unmodelled=tuple(register for register in touched if not is_radio(register.address)),
        radio=tuple(register for register in touched if is_radio(register.address)),
        routines=tuple(name for name in rom.called() if name not in rom.missing),
        registers=tuple(chip.register_name(address) for address in sorted(chip.seen)),
    )


def _register(row: Register) -> dict[str, Any]:
    return {"register": row.name, "address": row.address, "access": row.access, "pc": row.pc}


def _together(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names with numbers of words, such as RTC_MEM[3], drawn together."""
    counts = Counter(name.partition("[")[0] for name in names)
    return tuple(f"{name}[{count} words]" if count > 1 else name for name, count in counts.items())


def _columns(names: tuple[str, ...]) -> Iterator[str]:
    line = " "
    for name in names:
        if len(line) + len(name) >= WIDTH:
            yield line
            line = " "
        line += f" {name}"
    if names:
        yield line
