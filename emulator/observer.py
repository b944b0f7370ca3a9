"""What can be seen of a board at a glance, as plain data, and the observer that keeps it up to date.

`BoardState` is what `emulator.picture` draws. Whoever shows a fake board makes an `Observer` of it; whoever shows a
real one fills in the little that is known and leaves the rest None.
"""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Literal

from emulator.flash_datasheet import SECTOR_SIZE
from emulator.pin_events import Wave
from emulator.reset_circuit import Button
from emulator.soc.pins import PINS
from emulator.trace import Event

if TYPE_CHECKING:
    from emulator.board import Board
    from emulator.devices import Device

__all__ = ["BoardState", "ChipClock", "DeviceState", "FlashContents", "Mode", "Observer", "PinState"]

Mode = Literal["off", "held", "download", "uploaded", "program", "hung", "asleep"]
"""No power; held in reset; the ROM's download mode; what a client uploaded to RAM runs (esptool's stub); a program from
flash runs; nothing to run was found, and the chip waits for its watchdog; it sleeps deeply."""

RECENT_S: Final = 0.6
"""How long a stretch of flash that was erased or written counts as recent."""

BLANK: Final = b"\xff" * SECTOR_SIZE


@dataclass(frozen=True, slots=True)
class FlashContents:
    """What a flash chip holds, sector by sector."""

    size: int
    """Bytes."""
    used: bytes
    """One byte for each sector of 4096 bytes: 1 where anything is written, 0 where it is blank."""
    recent: frozenset[int] = frozenset()
    """Numbers of the sectors that were erased or written just now."""

    @property
    def used_bytes(self) -> int:
        """How much of the chip is not blank, in whole sectors."""
        return self.used.count(1) * SECTOR_SIZE


@dataclass(frozen=True, slots=True)
class PinState:
    """A pin that the program uses."""

    pin: int
    level: bool
    driven: bool
    """By the chip."""
    wave: Wave | None = None
    """What it does, if it changes too fast to watch."""


@dataclass(frozen=True, slots=True)
class DeviceState:
    """Something that is attached."""

    name: str
    lines: tuple[str, ...]
    """What it shows, drawn."""
    pressed: bool | None = None
    """Whether a button is held down; None for what is no button."""
    dials: tuple[str, ...] = ()
    """Names of the numbers that can be turned."""


@dataclass(frozen=True, slots=True)
class ChipClock:
    """The chip's time."""

    seconds: float
    """Since it was made; time without power does not count."""
    mhz: int


@dataclass(frozen=True, slots=True)
class BoardState:
    """A board at one moment. None, and an empty text, mean "not known"."""

    title: str
    port: str
    """The name under which the computer knows it, plugged in or not."""
    plugged: bool
    mode: Mode | None = None
    led: bool | None = None
    last_reset: str = ""
    """What caused it: "power on", "external", "software", "watchdog", "deep sleep"."""
    baud: int | None = None
    """The rate of the program that holds the port; None while nothing does."""
    held: frozenset[Button] = field(default=frozenset())
    """The buttons that are held down."""
    flash: FlashContents | None = None
    has_buttons: bool = False
    """Whether buttons can be pressed from here."""
    clock: ChipClock | None = None
    pins: tuple[PinState, ...] = ()
    """Those that the program uses."""
    devices: tuple[DeviceState, ...] = ()


class Observer:
    """Watches a fake board. `state` may be asked for from any thread, as often as a screen is drawn.

    `on_change` is called from the board's thread, once after each `state`, when there is something new; it must be
    quick.
    """

    def __init__(
        self,
        board: "Board",
        port: str,
        on_change: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
        *,
        unicode: bool = True,
        ticks: bool = False,
    ) -> None:
        """`unicode`: whether devices are drawn with more than ASCII; `ticks`: whether the chip's time is shown, by who
        draws all the time anyway."""
        self._board, self._port, self._on_change, self._clock = board, port, on_change, clock
        self._unicode, self._ticks = unicode, ticks
        self._seconds, self._cycles = 0.0, 0
        self._lock = threading.Lock()
        self._used = bytearray(board.flash.size // SECTOR_SIZE)
        self._dirty = set(range(len(self._used)))
        self._touched: dict[int, float] = {}
        self._told = True  # nobody waits for news yet
        self._last_reset = ""
        self._unsubscribe = board.events.follow(self._hear)
        self._told = False
        board.flash.on_change.append(self._flash_changed)
        board.on_state.append(self._tell)

    def close(self) -> None:
        """Stop watching. Once."""
        self._unsubscribe()
        self._board.flash.on_change.remove(self._flash_changed)
        self._board.on_state.remove(self._tell)

    @property
    def is_lively(self) -> bool:
        """Whether something was changed just now, so that the picture changes again without any event."""
        return bool(self._touched)

    def state(self) -> BoardState:
        """The board now."""
        self._told = False
        board = self._board
        doing = board.state.value  # asked once: the board's thread may change it at any time
        mode: Mode = board.bridge.running() if doing == "program" else MODES[doing]
        return BoardState(
            title=board.profile.title,
            port=self._port,
            plugged=board.bridge.plugged,
            mode=mode,
            led=mode != "off" and board.wiring.share_high(board.profile.led_gpio) < 1,
            last_reset=self._last_reset if mode != "off" else "",
            baud=board.bridge.baud if board.bridge.attached else None,
            held=board.bridge.circuit.held,
            flash=self._contents(),
            has_buttons=True,
            clock=self._chip_clock() if self._ticks and mode != "off" else None,
            pins=self._pins() if mode != "off" else (),
            devices=tuple(self._device(name, device) for name, device in tuple(board.devices.items())),
        )

    def _chip_clock(self) -> ChipClock:
        cycles, mhz = self._board.chip.core.cycles, self._board.chip.clock.mhz
        self._seconds += (cycles - self._cycles) / (mhz * 1e6)
        self._cycles = cycles
        return ChipClock(self._seconds, mhz)

    def _pins(self) -> tuple[PinState, ...]:
        gpio, waves = self._board.gpio, self._board.wiring.waves
        levels, driven, used = gpio.levels, gpio.cells.driven, gpio.used
        return tuple(
            PinState(pin, bool(levels >> pin & 1), bool(driven >> pin & 1), waves.get(pin))
            for pin in range(PINS)
            if used >> pin & 1
        )

    def _device(self, name: str, device: "Device") -> DeviceState:
        dials = tuple(dial.name for dial in device.dials)
        return DeviceState(name, tuple(device.draw(unicode=self._unicode)), device.state().get("pressed"), dials)

    def _hear(self, event: Event) -> None:
        self._note(event)
        self._tell()

    def _note(self, event: Event) -> None:
        if event.name == "reset":
            self._last_reset = str(event.data["cause"]).replace("_", " ")

    def _flash_changed(self, offset: int, length: int) -> None:
        sectors = range(offset // SECTOR_SIZE, -(-(offset + length) // SECTOR_SIZE))
        now_s = self._clock()
        with self._lock:
            self._dirty.update(sectors)
            self._touched.update(dict.fromkeys(sectors, now_s))
        self._tell()

    def _tell(self) -> None:
        if not self._told:
            self._told = True
            self._on_change()

    def _contents(self) -> FlashContents:
        with self._lock:
            dirty, self._dirty = self._dirty, set()
            old_s = self._clock() - RECENT_S
            self._touched = {sector: at_s for sector, at_s in self._touched.items() if at_s > old_s}
            recent = frozenset(self._touched)
        for sector in dirty:
            if sector < len(self._used):  # a chip that lies about its size wraps
                self._used[sector] = self._board.flash.read(sector * SECTOR_SIZE, SECTOR_SIZE) != BLANK
        return FlashContents(self._board.flash.size, bytes(self._used), recent)


MODES: Final[Mapping[str, Mode]] = {
    "off": "off", "held": "held", "download": "download", "hung": "hung", "asleep": "asleep",
}  # fmt: skip
"""The states in which no processor runs, by `emulator.runner.State`'s values."""
