"""An I2C bus as what hangs on it sees it: addressed, bytes to it, bytes from it.

The master is the program, which moves two pins; bits, starts and stops are dealt with inside the module
(`soc.i2c_lines`). Not modelled: ten-bit addresses, stretching of the clock.
"""

from typing import Protocol

from emulator.cpu.memory import PIN_BUSSES
from emulator.soc import i2c_lines
from emulator.soc.chip import Chip

__all__ = ["I2cBus", "I2cBusses", "I2cTarget"]


class I2cTarget(Protocol):
    """Something with an address on the bus."""

    def start(self, reading: bool) -> None:
        """It was addressed."""

    def write(self, byte: int) -> bool:
        """A byte for it; whether it acknowledges."""

    def read(self) -> int:
        """The next byte from it."""


class I2cBus:
    """One bus, and what hangs on it."""

    def __init__(self) -> None:
        self._targets: dict[int, I2cTarget] = {}
        self._addressed: I2cTarget | None = None

    def add(self, address: int, target: I2cTarget) -> None:
        """Attach something. Raises ValueError where the address is taken."""
        if address in self._targets:
            raise ValueError(f"there is something at the I2C address {address:#04x} of these pins already")
        self._targets[address] = target

    def byte(self, state: int, byte: int) -> int:
        """A byte: an address, something written, or (as the answer) something read. Else the answer is whether it is
        acknowledged."""
        if state == i2c_lines.ADDRESSING:
            self._addressed = self._targets.get(byte >> 1)
            if self._addressed is not None:
                self._addressed.start(bool(byte & 1))
            return self._addressed is not None
        if self._addressed is None:
            return 0
        return self._addressed.read() & 0xFF if state == i2c_lines.READING else self._addressed.write(byte)


class I2cBusses:
    """The busses of one chip's pins."""

    def __init__(self, chip: Chip) -> None:
        self._words, self._cells = chip.core.words, chip.core.cells(i2c_lines.I2c)
        self._busses: dict[tuple[int, int], I2cBus] = {}
        self._in_order: list[I2cBus] = []
        chip.gpio.on_bus = self._hear

    def on(self, sda: int, scl: int) -> I2cBus:
        """The bus on these pins. Raises ValueError where they are one, or there are too many busses."""
        if sda == scl:
            raise ValueError(f"SDA and SCL cannot both be pin {sda}")
        bus = self._busses.get((sda, scl))
        if bus is None:
            number = len(self._in_order)
            if number == i2c_lines.MOST_BUSSES:
                raise ValueError(f"there are {number} I2C busses already")
            bus = self._busses[sda, scl] = I2cBus()
            self._in_order.append(bus)
            for offset, value in ((i2c_lines.SDA, 1 << sda), (i2c_lines.SCL, 1 << scl)):
                self._words[self._word(number, offset)] = value
            for offset in (i2c_lines.STATE, i2c_lines.CLOCK):
                self._words[self._word(number, offset)] = 0
            self._cells.count = number + 1
        return bus

    @staticmethod
    def _word(number: int, offset: int) -> int:
        return (PIN_BUSSES + number * i2c_lines.BUS + offset) >> 2

    def _hear(self, number: int) -> None:
        state, byte = (self._words[self._word(number, offset)] for offset in (i2c_lines.STATE, i2c_lines.BYTE))
        self._words[self._word(number, i2c_lines.ANSWER)] = self._in_order[number].byte(state, byte)
