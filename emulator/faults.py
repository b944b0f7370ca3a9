"""What can be wrong with a board, its cable or its port: a table of faults, each put in where the real one sits.

`parse` understands what a user writes (``noise=0.01``), `Board.inject` and `Board.repair` put a fault in and mend it. A
fault changes a part of the board (line, bridge, flash, supply), which then behaves as such parts do; none looks at who
is talking.

A new fault is a row in `FAULTS` and a function that puts it in and returns the one that mends it.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import TYPE_CHECKING, Any, NamedTuple

from emulator import profiles
from emulator.bridge import BridgeError, LineEffect, PortBusyError, PortForbiddenError
from emulator.flash_datasheet import SECTOR_SIZE
from emulator.line import Loss, Noise

if TYPE_CHECKING:
    from emulator.board import Board

Mend = Callable[[], None]

BROWNOUT_S = 0.1
"""How long the supply stays too low before the chip starts again."""
WEAK_CELL_SHARE = 1 / 500
"""Of the cells of a worn sector: some dozens in each."""
WAIT_STEP_S = 0.02
"""How often a wait for the flash looks whether the board still has power."""
KIB = 1024
MOST_SECTORS = max(profiles.FLASH_SIZES.values()) // SECTOR_SIZE


class FaultError(ValueError):
    """There is no such fault, or it cannot be put into this board; the text says what there is."""


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
    install: Callable[["Board", Any], Mend]
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


def _noise(board: "Board", value: Rate) -> Mend:
    return _disturb(board, Noise(value.rate, value.seed), Noise(value.rate, value.seed + 1))


def _loss(board: "Board", value: Rate) -> Mend:
    return _disturb(board, Loss(value.rate, value.seed), Loss(value.rate, value.seed + 1))


def _disturb(board: "Board", to_chip: LineEffect, to_client: LineEffect) -> Mend:
    bridge = board.bridge
    bridge.to_chip.append(to_chip)
    bridge.to_client.append(to_client)

    def mend() -> None:
        bridge.to_chip.remove(to_chip)
        bridge.to_client.remove(to_client)

    return mend


# Cable, port, bridge, pins


def _charge_only_cable(board: "Board", _: str) -> Mend:
    board.bridge.set_data_wires(False)
    return lambda: board.bridge.set_data_wires(True)


def _port_busy(board: "Board", _: str) -> Mend:
    if board.bridge.attached:
        raise FaultError("The port is held by another program already.")
    return _refuse(board, PortBusyError)


def _no_permission(board: "Board", _: str) -> Mend:
    return _refuse(board, PortForbiddenError)


def _refuse(board: "Board", why: type[BridgeError]) -> Mend:
    board.bridge.refusals.append(why)
    return lambda: board.bridge.refusals.remove(why)


def _dead_auto_reset(board: "Board", _: str) -> Mend:
    circuit = board.bridge.circuit
    good = circuit.kind
    circuit.set_kind("none")
    return lambda: circuit.set_kind(good)


def _gpio0_low(board: "Board", _: str) -> Mend:
    board.bridge.circuit.pull("gpio0", "fault", True)
    return lambda: board.bridge.circuit.pull("gpio0", "fault", False)


def _no_wake_wire(board: "Board", _: str) -> Mend:
    if not board.gpio16_to_rst:
        raise FaultError("This board has no wire from GPIO16 to RST anyway.")
    board.gpio16_to_rst = False

    def mend() -> None:
        board.gpio16_to_rst = True

    return mend


# The supply


class _Interruption:
    """A flash defect: when so many bytes were erased or programmed, `happens` in the middle of the operation, which
    then stays half done; the chip has no supply any more, so what follows has no effect."""

    def __init__(self, board: "Board", after_bytes: int, happens: Callable[[], None]) -> None:
        self._flash = board.flash
        self._after_bytes = after_bytes
        self._happens = happens
        self.left: int | None = after_bytes
        """Bytes until it happens; None: not any more."""

    def rearm(self) -> None:
        """Count from the beginning."""
        self.left = self._after_bytes

    def __call__(self, offset: int, before: bytes, after: bytes) -> bytes:
        if self.left is None:
            return after
        done, self.left = self.left, self.left - len(after)
        if self.left >= 0:
            return after
        self.left = None
        self._flash.is_powered_down = True  # until the power comes back: see Flash.power_cycle
        self._happens()
        return after[:done] + before[done:]


def _brownout(board: "Board", after_bytes: int) -> Mend:
    def sag() -> None:
        board.events.emit("brownout")
        board.power(False)
        recovery = threading.Timer(BROWNOUT_S, recover)
        recovery.daemon = True
        recovery.start()

    def recover() -> None:
        interruption.rearm()
        board.power(board.bridge.has_cable)

    interruption = _Interruption(board, after_bytes, sag)
    return _spoil(board, interruption)


def _unplug_while_writing(board: "Board", after_bytes: int) -> Mend:
    return _spoil(board, _Interruption(board, after_bytes, board.unplug))


# The flash chip


def _spoil(board: "Board", defect: Callable[[int, bytes, bytes], bytes]) -> Mend:
    board.flash.defects.append(defect)
    return lambda: board.flash.defects.remove(defect)


class _BadCells:
    """A flash defect: some cells of some sectors keep what they hold, whatever is done to them."""

    def __init__(self, sectors: frozenset[int], share: float) -> None:
        """`share` of the cells of each of `sectors`."""
        self._masks = {sector: _cells(sector, share) for sector in sectors}

    def __call__(self, offset: int, before: bytes, after: bytes) -> bytes:
        result = bytearray(after)
        for sector in range(offset // SECTOR_SIZE, (offset + len(after) - 1) // SECTOR_SIZE + 1):
            mask = self._masks.get(sector)
            if mask is not None:
                start, stop = max(offset, sector * SECTOR_SIZE), min(offset + len(after), (sector + 1) * SECTOR_SIZE)
                for position in range(start, stop):
                    bad, here = mask[position % SECTOR_SIZE], position - offset
                    result[here] = after[here] & ~bad | before[here] & bad
        return bytes(result)


def _cells(sector: int, share: float) -> bytes:
    """Which cells of a sector are bad, as a mask; always the same for the same sector."""
    if share >= 1:
        return b"\xff" * SECTOR_SIZE
    random, mask = Random(sector), bytearray(SECTOR_SIZE)
    for _ in range(round(share * SECTOR_SIZE * 8)):
        mask[random.randrange(SECTOR_SIZE)] |= 1 << random.randrange(8)
    return bytes(mask)


def _bad_sectors(board: "Board", sectors: frozenset[int], share: float) -> Mend:
    count = board.flash.size // SECTOR_SIZE
    if max(sectors) >= count:
        raise FaultError(f"There is no sector {max(sectors)}: this flash chip has {count}, from 0 on.")
    return _spoil(board, _BadCells(sectors, share))


def _stuck_sectors(board: "Board", sectors: frozenset[int]) -> Mend:
    return _bad_sectors(board, sectors, 1)


def _worn_sectors(board: "Board", sectors: frozenset[int]) -> Mend:
    return _bad_sectors(board, sectors, WEAK_CELL_SHARE)


def _fake_flash(board: "Board", cell_count: int) -> Mend:
    flash = board.flash
    if cell_count >= flash.size:
        raise FaultError(f"A fake flash chip has less than the {flash.size} bytes that it claims, not {cell_count}.")
    flash.cell_count = cell_count

    def mend() -> None:
        flash.cell_count = flash.size

    return mend


class _WallClock:
    """A flash chip's timing: its operations take a multiple of their typical durations, by the clock on the wall."""

    def __init__(self, board: "Board", factor: float) -> None:
        self._board = board
        self._factor = factor
        self._busy_until_s = 0.0

    def begin(self, duration_us: int) -> None:
        self._busy_until_s = time.monotonic() + duration_us * 1e-6 * self._factor

    def is_busy(self) -> bool:
        return time.monotonic() < self._busy_until_s

    def wait(self) -> None:
        """On the board's thread, while a ROM routine or the download mode waits for the chip."""
        while (left_s := self._busy_until_s - time.monotonic()) > 0 and self._board.has_power:
            step_s = min(left_s, WAIT_STEP_S)
            time.sleep(step_s)
            self._board.let_pass(step_s)


def _slow_erase(board: "Board", factor: float) -> Mend:
    board.flash.timing = _WallClock(board, factor)

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
