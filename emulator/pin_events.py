"""Pin changes as events, each at its own cycle, and fast ones summed up.

A pin that changes now and then makes an event `pin` for every change. One that changes more than `TOLD` times in
`WINDOW_S` makes an event `wave` for that stretch instead: how many edges, their frequency, the share of the time in
which it was high. As long as the next stretches look the same, nothing more is said; when it is calm again, a `pin`
event tells the level.

The numbers come from the meters inside the module (`soc.pins`), so they are exact however fast the pin is, and nothing
of this costs anything while no pin changes.
"""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Final

from emulator.cpu.memory import PIN_LOG, PIN_METERS
from emulator.soc import pins
from emulator.soc.pins import LOG_DRIVEN, LOG_ENTRY, LOG_LENGTH, LOG_LEVEL, LOG_PIN, METER, PINS

if TYPE_CHECKING:  # who only wants to know what a wave is needs no processor
    from emulator.soc.chip import Chip

__all__ = ["TOLD", "WINDOW_S", "PinEvents", "Wave"]

WINDOW_S: Final = 0.25
TOLD: Final = 10
"""A square wave of 20 Hz is still told edge by edge."""
SAME: Final = 0.02
"""Waves that differ by less than this share are the same."""

MASK: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Wave:
    """A stretch of fast changes of one pin."""

    edges: int
    frequency_hz: float | None
    """Rises in a second of the pin's activity, by whole periods; None where it rose only once."""
    duty: float | None
    """The share of that time in which it was high, 0 to 1."""
    seconds: float
    """From the first edge to the last."""

    def resembles(self, other: "Wave | None") -> bool:
        """Whether a listener would learn nothing from this one after the other."""
        if other is None or self.duty is None or other.duty is None:
            return self == other
        assert self.frequency_hz is not None
        assert other.frequency_hz is not None
        close = abs(self.frequency_hz - other.frequency_hz) <= SAME * other.frequency_hz
        return close and abs(self.duty - other.duty) <= SAME and abs(self.edges - other.edges) <= 1 + SAME * other.edges


@dataclass(slots=True)
class _Window:
    """A stretch of time in which a pin is listened to."""

    ends_at: int
    """Cycle."""
    told: int = 0


class PinEvents:
    """Empties a chip's log into its trace, from now on. All but `waves` belongs to the board's thread."""

    def __init__(self, chip: "Chip") -> None:
        self._core, self._trace, self._clock, self._cells = chip.core, chip.trace, chip.clock, chip.gpio.cells
        self._generator, self._generated = chip.sigma_delta, 0
        self._windows: dict[int, _Window] = {}
        self.waves: dict[int, Wave] = {}
        """The pins that are fast now, and what they do."""
        self._cells.logged = self._cells.hushed = 0
        for pin in range(PINS):
            self._begin(pin)

    def drain(self) -> None:
        """Tell what happened since the last time. To be called after each slice of the program."""
        if self._cells.logged:
            self._tell()
        if self._windows:
            now = self._core.cycles
            for pin, window in tuple(self._windows.items()):
                if now >= window.ends_at:
                    self._close(pin)
        if self._cells.generated | self._generated:
            self._follow_generator()

    def _tell(self) -> None:
        count, self._cells.logged = self._cells.logged, 0
        core, now = self._core, self._core.cycles
        words = core.words[PIN_LOG >> 2 : (PIN_LOG + LOG_ENTRY * min(count, LOG_LENGTH)) >> 2]
        for cycle, entry in zip(words[::2], words[1::2], strict=True):
            pin, at = entry & LOG_PIN, now - (now - cycle & MASK)
            window = self._windows.get(pin)
            if window is None:
                window = self._open(pin, at)
            if window.told < TOLD:
                self._emit(pin, at, bool(entry & LOG_LEVEL), bool(entry & LOG_DRIVEN))
                self._note(pin, window, window.told + 1)
        if count > LOG_LENGTH:  # some pin may not be in the log at all
            for pin in range(PINS):
                if pin not in self._windows and self._meter(pin, pins.EDGES):
                    self._open(pin, now)

    def _open(self, pin: int, at: int, told: int = 0) -> _Window:
        cycles = int(WINDOW_S * self._clock.mhz * 1_000_000)
        window = self._windows[pin] = _Window(at + cycles)
        self._note(pin, window, told)
        return window

    def _note(self, pin: int, window: _Window, told: int) -> None:
        """So many changes were told in this window: after enough of them the log has room for other pins."""
        window.told = told
        if told >= TOLD:
            self._cells.hushed |= 1 << pin

    def _close(self, pin: int) -> None:
        """A stretch is over: if the pin was fast, say how; listen on where it still is."""
        del self._windows[pin]
        self._cells.hushed &= ~(1 << pin)
        edges, wave = self._meter(pin, pins.EDGES), self._wave(pin)
        self._begin(pin)
        if edges > TOLD:
            self._begin_wave(pin, wave)
            self._open(pin, self._core.cycles, TOLD)
        elif pin in self.waves and not self._generated >> pin & 1:
            self._end_wave(pin)

    def _follow_generator(self) -> None:
        """Pins that the sigma-delta generator drives have its wave, as long as it does."""
        before, generator = self._generated, self._generator
        self._generated = self._cells.generated & self._cells.driven if generator.runs else 0
        hertz = generator.hertz
        wave = Wave(round(2 * hertz * WINDOW_S), round(hertz, 3), generator.share, WINDOW_S)
        for pin in range(PINS):
            if self._generated >> pin & 1:
                self._begin_wave(pin, wave)
            elif before >> pin & 1:
                self._end_wave(pin)

    def _begin_wave(self, pin: int, wave: Wave) -> None:
        before = self.waves.get(pin)
        self.waves[pin] = wave  # in one step, as others look whenever they like
        if not wave.resembles(before):
            self._trace.emit("wave", pin=pin, **asdict(wave))

    def _end_wave(self, pin: int) -> None:
        del self.waves[pin]
        level, driven = self._cells.levels >> pin & 1, self._cells.driven >> pin & 1
        self._emit(pin, self._core.cycles, bool(level), bool(driven))

    def _wave(self, pin: int) -> Wave:
        hertz = self._clock.mhz * 1e6
        rises = self._meter(pin, pins.RISES)
        span = self._meter(pin, pins.LAST_RISE) - self._meter(pin, pins.FIRST_RISE) & MASK
        frequency = duty = None
        if rises > 1 and span:
            frequency = round((rises - 1) * hertz / span, 3)
            duty = round(self._meter(pin, pins.HIGH_AT_LAST_RISE) / span, 4)
        cycles = self._meter(pin, pins.LAST_EDGE) - self._meter(pin, pins.FIRST_EDGE) & MASK
        return Wave(self._meter(pin, pins.EDGES), frequency, duty, round(cycles / hertz, 9))

    def _emit(self, pin: int, cycle: int, level: bool, driven: bool) -> None:
        self._trace.emit_at(cycle, "pin", pin=pin, level=int(level), driven=driven)

    def _meter(self, pin: int, word: int) -> int:
        return int(self._core.words[(PIN_METERS + pin * METER + word) >> 2])

    def _begin(self, pin: int) -> None:
        """From now on the pin's meter counts anew."""
        for word in (pins.EDGES, pins.RISES):
            self._core.words[(PIN_METERS + pin * METER + word) >> 2] = 0
