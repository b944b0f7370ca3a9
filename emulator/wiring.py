"""The wires between a board's pins and what is attached to them: listening, driving, waiting.

Devices (`emulator.devices`) know the board by this class only. All of it belongs to the board's thread, on which it
calls the devices as well, but for `later`. Between two calls no time passes for the program: what a device does in
answer to a change is there when the program's next instruction is executed.
"""

import heapq
from collections.abc import Callable, Mapping
from itertools import count
from typing import Final

from emulator.cpu.runtime import Cpu
from emulator.i2c import I2cBus, I2cBusses
from emulator.pin_events import Wave
from emulator.soc.chip import Chip
from emulator.soc.pins import PINS
from emulator.ws2812 import Ws2812Line

__all__ = ["Listener", "Wiring"]

Listener = Callable[[int, int], None]
"""Called with (those of its pins that changed, levels of all pins), two masks."""

MASK: Final = 0xFFFFFFFF
LONGEST_ALARM: Final = 1 << 30


class Wiring:
    """The wires of one board."""

    def __init__(self, chip: Chip, waves: Mapping[int, Wave], later: Callable[[Callable[[], None]], None]) -> None:
        self._chip, self._gpio, self.waves = chip, chip.gpio, waves
        self.later = later
        """Do something on the board's thread, soon. From any thread."""
        self._listeners: list[tuple[int, Listener]] = []
        self._busses = I2cBusses(chip)
        self._due: list[tuple[int, int, Callable[[], None]]] = []
        self._order = count()
        self._words = chip.core.words
        self._event, self._left = Cpu.addresses["event"] >> 2, Cpu.addresses["left"] >> 2
        chip.gpio.on_watched = self._hear
        chip.gpio.on_alarm = self._ring

    # Pins

    def listen(self, pins: int, listener: Listener) -> None:
        """Call `listener` whenever one of `pins` (a mask) changes."""
        self._listeners.append((pins, listener))
        watched = 0
        for mask, _ in self._listeners:
            watched |= mask
        self._gpio.watch(watched)

    def ignore(self, listener: Listener) -> None:
        """Call `listener` no more."""
        self._listeners = [row for row in self._listeners if row[1] != listener]

    def drive(self, pin: int, level: int | None, source: str) -> None:
        """Drive a pin low (0) or high (1), or let go of it (None), as `source`. Low wins over high, and the chip's own
        output over both."""
        self._gpio.drive(pin, level, source)

    def pull_up(self, pin: int) -> None:
        """Put a resistor between the pin and 3.3 V."""
        self._gpio.change("board_up", pin, True)
        self._gpio.settle()

    def level(self, pin: int) -> int:
        """0 or 1."""
        return self._gpio.level(pin)

    def share_high(self, pin: int) -> float:
        """The share of the time in which the pin is high, 0.0 to 1.0, if it changes fast; else its level."""
        wave = self.waves.get(pin)
        return self.level(pin) if wave is None or wave.duty is None else wave.duty

    def set_volts(self, volts: float) -> None:
        """At the ADC's pin, 0 to 1 V."""
        self._chip.adc.volts = volts

    # Busses

    def i2c(self, sda: int, scl: int) -> I2cBus:
        """The I2C bus on these pins, with its pull-ups; things on the same pins share it. Raises ValueError where they
        are one, or there are too many busses."""
        bus = self._busses.on(sda, scl)
        self.pull_up(sda)
        self.pull_up(scl)
        return bus

    def ws2812(self, pin: int) -> Ws2812Line:
        """WS2812 lights in a row, the first of them at this pin."""
        return Ws2812Line(self._chip, pin)

    def on_spi(self, transfer: Callable[[bytes], bytes]) -> None:
        """Answer HSPI's transactions: bytes that the chip sends to bytes that come back meanwhile."""
        self._chip.hspi.on_transfer = transfer

    def loop_spi(self) -> None:
        """Bring what HSPI sends on MOSI back on MISO."""
        self._chip.hspi.loops = True

    # Time

    @property
    def cycle(self) -> int:
        """The processor's cycle, 32 bits that wrap."""
        return self._words[self._event] - self._words[self._left] & MASK

    @property
    def cycles_per_us(self) -> int:
        """80 or 160."""
        return self._chip.clock.mhz

    def after(self, microseconds: float, action: Callable[[], None]) -> None:
        """Do `action` in so many microseconds of the chip's time, in exactly that cycle."""
        due = self._chip.core.cycles + round(microseconds * self._chip.clock.mhz)
        heapq.heappush(self._due, (due, next(self._order), action))
        self._set_alarm()

    def power_off(self) -> None:
        """What was to be done will not be."""
        self._due.clear()
        self._set_alarm()

    def _set_alarm(self) -> None:
        now = self._chip.core.cycles
        self._gpio.set_alarm(min(self._due[0][0], now + LONGEST_ALARM) if self._due else None)

    def _ring(self) -> None:
        now = self._chip.core.cycles
        while self._due and self._due[0][0] <= now:
            heapq.heappop(self._due)[2]()
        self._set_alarm()

    def _hear(self, changed: int, levels: int) -> None:
        for pins, listener in self._listeners:
            if changed & pins:
                listener(changed & pins, levels)


def check_pin(pin: int) -> int:
    """That pin. Raises ValueError where the chip has none of that number, or its own flash hangs on it."""
    if not 0 <= pin < PINS or 6 <= pin <= 11:
        raise ValueError(f"there is no pin {pin}: take one of 0 to 5 and 12 to 16 (6 to 11 belong to the flash chip)")
    return pin
