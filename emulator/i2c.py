"""An I2C bus as what hangs on it sees it: start, address, bytes with their acknowledgements, stop.

The master is the program, which moves two pins. Source: NXP UM10204, "I2C-bus specification", 3.1. Not modelled:
ten-bit addresses, stretching of the clock.
"""

from collections.abc import Callable
from typing import Protocol

__all__ = ["I2cBus", "I2cTarget"]


class I2cTarget(Protocol):
    """Something with an address on the bus."""

    def start(self, reading: bool) -> None:
        """It was addressed."""

    def write(self, byte: int) -> bool:
        """A byte for it; whether it acknowledges."""

    def read(self) -> int:
        """The next byte from it."""


class I2cBus:
    """One bus. `pull` drives SDA low (0) or lets go of it (None)."""

    def __init__(self, sda: int, scl: int, pull: Callable[[int | None], None]) -> None:
        self._sda, self._scl = 1 << sda, 1 << scl
        self._drive, self._driven = pull, False
        self._targets: dict[int, I2cTarget] = {}
        self._clock = True
        self._count = 0
        """Bits of the byte so far; 9 once the acknowledgement's clock is high."""
        self._byte = self._sending = 0
        self._listens = False
        """Whether anything between start and stop is for somebody here."""
        self._addressed: I2cTarget | None = None
        self._reading = self._will_read = self._acknowledged = False

    def add(self, address: int, target: I2cTarget) -> None:
        """Attach something. Raises ValueError where the address is taken."""
        if address in self._targets:
            raise ValueError(f"there is something at the I2C address {address:#04x} of these pins already")
        self._targets[address] = target

    def hear(self, changed: int, levels: int) -> None:
        """One line moved, or both."""
        clock, data = bool(levels & self._scl), bool(levels & self._sda)
        clock_before, self._clock = self._clock, clock
        if clock and clock_before:
            if data:
                self._stop()
            else:
                self._start()
        elif clock != clock_before and self._listens:
            if clock:
                self._rise(data)
            else:
                self._fall()

    def _pull(self, low: bool) -> None:
        """Pull SDA low, or leave it to its resistor and the master."""
        if low != self._driven:
            self._driven = low
            self._drive(0 if low else None)

    def _start(self) -> None:
        self._listens, self._addressed, self._reading = True, None, False
        self._count = -1  # the clock falls once before the first bit
        self._byte = 0

    def _stop(self) -> None:
        self._listens, self._addressed = False, None
        self._pull(False)

    def _rise(self, data: bool) -> None:
        """A bit is there."""
        if self._count < 8:
            self._byte = self._byte << 1 | data
        elif self._reading:
            self._acknowledged = not data
        self._count += 1

    def _fall(self) -> None:
        """Time to change SDA."""
        if self._count == 8:
            self._end_byte()
        elif self._count == 9:
            self._next_byte()
        elif self._count < 0:
            self._count = 0
        elif self._reading and self._addressed is not None:
            self._pull(not self._sending >> 7 - self._count & 1)

    def _end_byte(self) -> None:
        """All eight bits are there: acknowledge, or listen for the master's acknowledgement."""
        if self._addressed is None:
            target = self._targets.get(self._byte >> 1)
            if target is None:
                self._listens = False
                return
            self._addressed, self._will_read = target, bool(self._byte & 1)
            target.start(self._will_read)
            self._pull(True)
        elif self._reading:
            self._pull(False)
        else:
            self._pull(self._addressed.write(self._byte))

    def _next_byte(self) -> None:
        """The acknowledgement is over."""
        self._count, self._byte = 0, 0
        was_reading, self._reading = self._reading, self._will_read
        if self._reading and (self._acknowledged or not was_reading):
            assert self._addressed is not None
            self._sending = self._addressed.read() & 0xFF
            self._pull(not self._sending >> 7)
        else:
            self._listens = not self._reading
            self._pull(False)
