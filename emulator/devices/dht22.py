"""The DHT22 (AM2302): temperature and humidity over one wire.

The program pulls the line low for a millisecond and lets go. The sensor answers with 80 us low and 80 us high, then
40 bits: 50 us low each, and high for 26 us (0) or 70 us (1). They are humidity and temperature in tenths, 16 bits each,
the temperature's top bit being its sign, and the sum of these four bytes. It measures every two seconds at most; who
asks sooner gets what it measured before. Source: Aosong, "AM2302 product manual", chapter 7.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from emulator.devices.device import DeviceError, Dial
from emulator.wiring import Wiring

SHORTEST_START_US: Final = 800
ANSWER_US: Final = 30
PRESENCE_US: Final = 80
BIT_LOW_US: Final = 50
BIT_HIGH_US: Final = (26, 70)
MEASURES_EVERY_US: Final = 2_000_000


class Dht22:
    """The sensor. `temperature` (degrees Celsius) and `humidity` (percent) may be set at any time."""

    settings = "TEMPERATURE HUMIDITY"
    dials = (Dial("temperature", -40, 80, 0.5), Dial("humidity", 0, 100, 1))

    def __init__(self, wiring: Wiring, name: str, pin: int) -> None:
        self._wiring, self._name, self._pin = wiring, name, pin
        self.temperature, self.humidity = 21.5, 40.0
        self._measured = b""
        self._low_since: int | None = None
        self._answering = False
        wiring.pull_up(pin)
        wiring.listen(1 << pin, self._hear)

    def _hear(self, changed: int, levels: int) -> None:
        if self._answering:
            return
        if not levels >> self._pin & 1:
            self._low_since = self._wiring.cycle
        elif self._low_since is not None:
            low_us = (self._wiring.cycle - self._low_since & 0xFFFFFFFF) / self._wiring.cycles_per_us
            self._low_since = None
            if low_us >= SHORTEST_START_US:
                self._answering = True
                self._play(self._answer())

    def _answer(self) -> Iterator[tuple[float, int | None]]:
        """(wait in us, level then) for each change of the line."""
        yield ANSWER_US, 0
        yield PRESENCE_US, None
        wait = PRESENCE_US
        for byte in self._measure():
            for bit in range(7, -1, -1):
                yield wait, 0
                yield BIT_LOW_US, None
                wait = BIT_HIGH_US[byte >> bit & 1]
        yield wait, 0
        yield BIT_LOW_US, None

    def _play(self, steps: Iterator[tuple[float, int | None]]) -> None:
        step = next(steps, None)
        if step is None:
            self._answering = False
            return
        wait_us, level = step

        def act() -> None:
            self._wiring.drive(self._pin, level, self._name)
            self._play(steps)

        self._wiring.after(wait_us, act)

    def _measure(self) -> bytes:
        if not self._measured:
            sign = 0x8000 if self.temperature < 0 else 0
            data = (round(self.humidity * 10) << 16 | sign | round(abs(self.temperature) * 10)).to_bytes(4, "big")
            self._measured = data + bytes([sum(data) & 0xFF])
            self._wiring.after(MEASURES_EVERY_US, self._forget)
        return self._measured

    def _forget(self) -> None:
        self._measured = b""

    def state(self) -> Mapping[str, Any]:
        """`temperature` and `humidity`."""
        return {"temperature": self.temperature, "humidity": self.humidity}

    def draw(self, *, unicode: bool = True) -> list[str]:
        """The weather."""
        return [f"{self.temperature:.1f} {'°' if unicode else ''}C, {self.humidity:.1f} %"]

    def set(self, words: Sequence[str]) -> None:
        """Two numbers."""
        if len(words) != 2:
            raise DeviceError("a dht22 is set to two numbers, temperature and humidity: 21.5 40")
        self.temperature, self.humidity = (dial.parse(word) for dial, word in zip(self.dials, words, strict=True))

    def power_off(self) -> None:
        """It forgets what it measured."""
        self._measured, self._answering, self._low_since = b"", False, None
        self._wiring.drive(self._pin, None, self._name)
