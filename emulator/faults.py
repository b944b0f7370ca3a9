"""What can be wrong with a board, its cable or its port: a table of faults, each put in where the real one sits.

`parse` understands what a user writes (``noise=0.01``), `Board.inject` and `Board.repair` put a fault in and mend it. A
fault changes a part of the board (line, bridge, flash, supply), which then behaves as such parts do; none looks at who
is talking.

A new fault is a row in `FAULTS` and a function that puts it in and returns the one that mends it.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple, Protocol

from emulator import profiles
from emulator.bridge import Bridge, BridgeError, LineEffect, PortBusyError, PortForbiddenError
from emulator.flash import Defect, Flash
from emulator.flash_datasheet import SECTOR_SIZE
from emulator.flash_defects import BadCells, Interruption, SlowTiming
from emulator.line import Loss, Noise
from emulator.trace import Trace

Mend = Callable[[], None]

BROWNOUT_S = 0.1
"""How long the supply stays too low before the chip starts again."""
WEAK_CELL_SHARE = 1 / 500
"""Of the cells of a worn sector: some dozens in each."""
KIB = 1024
MOST_SECTORS = max(profiles.FLASH_SIZES.values()) // SECTOR_SIZE


class FaultError(ValueError):
    """There is no such fault, or it cannot be put into this board; the text says what there is."""


class Breakable(Protocol):
    """What of a board can be broken; see `emulator.board.Board`."""

    bridge: Bridge
    flash: Flash
    events: Trace
    gpio16_to_rst: bool

    @property
    def has_power(self) -> bool:
        """Whether the chip has a supply."""

    def power(self, on: bool) -> None:
        """Switch the supply."""

    def unplug(self) -> None:
        """Pull the cable."""

    def let_pass(self, seconds: float) -> None:
        """On the board's thread: something waited so long."""


class Rate(NamedTuple):
    """How often something happens, per byte, and the seed that makes it happen at the same places every time."""

    rate: float
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Fault:
    """A row of the table."""

    name: str
    """What a user types."""
    help: str
    """What is wrong, in a line."""
    install: Callable[[Breakable, Any], Mend]
    """Puts it into a board, with the parsed value, and returns what mends it. Raises FaultError if it does not fit."""
    value: str = ""
    """What the value stands for, as help shows it; empty for a fault without one."""
    parse: Callable[[str], Any] = str
    """From a value's text; a ValueError says what is wrong with it."""
    default: str = ""
    """The value's text when none is given."""
    counts: bool = False
    """Whether what it does depends on what has happened since it was put in."""

    @property
    def usage(self) -> str:
        """How it is written: ``noise[=RATE[:SEED]]``."""
        return f"{self.name}[={self.value}]" if self.value else self.name


def parse(text: str) -> tuple[Fault, Any]:
    """The fault and its value that ``NAME`` or ``NAME=VALUE`` asks for. Raises FaultError, which lists all."""
    name, equals, value = text.partition("=")
    fault = FAULTS.get(name.strip())
    if fault is None:
        raise FaultError(f"There is no fault '{name}'. Choose one of:\n{listing()}")
    if equals and not fault.value:
        raise FaultError(f"The fault {name} takes no value.")
    try:
        return fault, fault.parse(value.strip() if equals else fault.default)
    except ValueError as error:
        raise FaultError(f"'{value}' is no value for {fault.usage}: {error}.") from None


def listing() -> str:
    """All faults, one a line, with what they are."""
    width = max(len(fault.usage) for fault in FAULTS.values())
    return "\n".join(f"  {fault.usage:{width}}  {fault.help}" for fault in FAULTS.values())


# Values


def _rate(text: str) -> Rate:
    rate, _, seed = text.partition(":")
    if not 0 < float(rate) < 1:
        raise ValueError("a rate is a share of the bytes, between 0 and 1")
    return Rate(float(rate), int(seed or "1"))


def _byte_count(text: str) -> int:
    digits, unit = (text[:-1], KIB) if text[-1:].upper() == "K" else (text, 1)
    count = int(digits, 0) * unit
    if count < 0:
        raise ValueError("a number of bytes is not negative")
    return count


def _sectors(text: str) -> frozenset[int]:
    """Numbers and ranges: ``3,8-15``."""
    found: set[int] = set()
    for part in text.split(","):
        first, dash, last = part.partition("-")
        sectors = range(int(first), int(last if dash else first) + 1)
        if not sectors or sectors[-1] >= MOST_SECTORS:
            raise ValueError(f"{part} names no sector that a flash chip could have")
        found.update(sectors)
    return frozenset(found)


def _factor(text: str) -> float:
    factor = float(text)
    if not 0 < factor <= 1000:
        raise ValueError("a factor is between 0 and 1000")
    return factor


# The line


def _noise(board: Breakable, value: Rate) -> Mend:
    return _disturb(board, Noise(value.rate, value.seed), Noise(value.rate, value.seed + 1))


def _loss(board: Breakable, value: Rate) -> Mend:
    return _disturb(board, Loss(value.rate, value.seed), Loss(value.rate, value.seed + 1))


def _disturb(board: Breakable, to_chip: LineEffect, to_client: LineEffect) -> Mend:
    bridge = board.bridge
    bridge.to_chip.append(to_chip)
    bridge.to_client.append(to_client)

    def mend() -> None:
        bridge.to_chip.remove(to_chip)
        bridge.to_client.remove(to_client)

    return mend


# Cable, port, bridge, pins


def _charge_only_cable(board: Breakable, _: str) -> Mend:
    board.bridge.set_data_wires(False)
    return lambda: board.bridge.set_data_wires(True)


def _port_busy(board: Breakable, _: str) -> Mend:
    if board.bridge.attached:
        raise FaultError("The port is held by another program already.")
    return _refuse(board, PortBusyError)


def _no_permission(board: Breakable, _: str) -> Mend:
    return _refuse(board, PortForbiddenError)


def _refuse(board: Breakable, why: type[BridgeError]) -> Mend:
    board.bridge.refusals.append(why)
    return lambda: board.bridge.refusals.remove(why)


def _dead_auto_reset(board: Breakable, _: str) -> Mend:
    circuit = board.bridge.circuit
    good = circuit.kind
    circuit.set_kind("none")
    return lambda: circuit.set_kind(good)


def _gpio0_low(board: Breakable, _: str) -> Mend:
    board.bridge.circuit.pull("gpio0", "fault", True)
    return lambda: board.bridge.circuit.pull("gpio0", "fault", False)


def _no_wake_wire(board: Breakable, _: str) -> Mend:
    if not board.gpio16_to_rst:
        raise FaultError("This board has no wire from GPIO16 to RST anyway.")
    board.gpio16_to_rst = False

    def mend() -> None:
        board.gpio16_to_rst = True

    return mend


# The supply


def _brownout(board: Breakable, after_bytes: int) -> Mend:
    def sag() -> None:
        board.events.emit("brownout")
        board.power(False)
        recovery = threading.Timer(BROWNOUT_S, recover)
        recovery.daemon = True
        recovery.start()

    def recover() -> None:
        interruption.rearm()
        board.power(board.bridge.has_cable)

    interruption = Interruption(board.flash, after_bytes, sag)
    return _spoil(board, interruption)


def _unplug_while_writing(board: Breakable, after_bytes: int) -> Mend:
    return _spoil(board, Interruption(board.flash, after_bytes, board.unplug))


# The flash chip


def _spoil(board: Breakable, defect: Defect) -> Mend:
    board.flash.defects.append(defect)
    return lambda: board.flash.defects.remove(defect)


def _bad_sectors(board: Breakable, sectors: frozenset[int], share: float) -> Mend:
    count = board.flash.size // SECTOR_SIZE
    if max(sectors) >= count:
        raise FaultError(f"There is no sector {max(sectors)}: this flash chip has {count}, from 0 on.")
    return _spoil(board, BadCells(sectors, share))


def _stuck_sectors(board: Breakable, sectors: frozenset[int]) -> Mend:
    return _bad_sectors(board, sectors, 1)


def _worn_sectors(board: Breakable, sectors: frozenset[int]) -> Mend:
    return _bad_sectors(board, sectors, WEAK_CELL_SHARE)


def _fake_flash(board: Breakable, cell_count: int) -> Mend:
    flash = board.flash
    if cell_count >= flash.size:
        raise FaultError(f"A fake flash chip has less than the {flash.size} bytes that it claims, not {cell_count}.")
    flash.cell_count = cell_count

    def mend() -> None:
        flash.cell_count = flash.size

    return mend


def _slow_erase(board: Breakable, factor: float) -> Mend:
    board.flash.timing = SlowTiming(factor, lambda: board.has_power, board.let_pass)

    def mend() -> None:
        board.flash.timing = None

    return mend


_TABLE = (
    Fault("noise", "spikes on the line invert bits", _noise, "RATE[:SEED]", _rate, "0.001", counts=True),
    Fault("lost-bytes", "bytes get lost on the line", _loss, "RATE[:SEED]", _rate, "0.001", counts=True),
    Fault("charge-only-cable", "the cable has no data wires: power, but no port", _charge_only_cable),
    Fault("port-busy", "another program holds the port", _port_busy),
    Fault("no-permission", "the computer does not let this user open the port", _no_permission),
    Fault("dead-auto-reset", "DTR and RTS reach neither EN nor GPIO0", _dead_auto_reset),
    Fault("gpio0-low", "GPIO0 is stuck low: every reset ends in download mode", _gpio0_low),
    Fault("no-wake-wire", "GPIO16 is not wired to RST: only RESET ends a deep sleep", _no_wake_wire),
    Fault(
        "brownout",
        "the supply gives in when BYTES are erased or written",
        _brownout,
        "BYTES",
        _byte_count,
        "64K",
        counts=True,
    ),
    Fault(
        "unplug-while-writing",
        "the cable comes off, once, when BYTES are erased or written",
        _unplug_while_writing,
        "BYTES",
        _byte_count,
        "64K",
        counts=True,
    ),
    Fault("stuck-sectors", "flash sectors of 4 KB that never change", _stuck_sectors, "N[-M][,...]", _sectors, "0"),
    Fault("worn-sectors", "flash sectors with some dead cells", _worn_sectors, "N[-M][,...]", _sectors, "0"),
    Fault(
        "fake-flash",
        "the flash chip has less than it says, and addresses wrap",
        _fake_flash,
        "SIZE",
        profiles.parse_flash_size,
        "1MB",
    ),
    Fault("slow-erase", "erasing and writing take time, FACTOR times the typical", _slow_erase, "FACTOR", _factor, "3"),
)

FAULTS = {fault.name: fault for fault in _TABLE}
"""All faults by name."""
