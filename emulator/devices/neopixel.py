"""A strip of WS2812 lights ("NeoPixel"): 24 bits for each, green, red, blue, sent as long and short pulses.

A bit is a 1 if the line was high for more than about half a microsecond. The first light takes the first 24 bits and
passes on the rest; 50 us of silence begin anew. Source: Worldsemi, WS2812 data sheet.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.devices.device import DeviceError
from emulator.wiring import Wiring

ONE_US: Final = 0.55
"""The shortest high time of a 1; a 0 has 0.35 us, a 1 0.7."""
RESET_US: Final = 50
BITS: Final = 24

Colour = tuple[int, int, int]


class NeoPixel:
    """The strip: `colours` are (red, green, blue), 0 to 255 each, the light next to the board first."""

    settings = ""
    dials = ()

    def __init__(self, wiring: Wiring, name: str, pin: int, count: int = 8) -> None:
        self._wiring, self._pin = wiring, pin
        self.colours: list[Colour] = [(0, 0, 0)] * count
        self._rose_at = self._fell_at = 0
        self._bits = self._count = 0
        wiring.listen(1 << pin, self._hear)

    def _hear(self, changed: int, levels: int) -> None:
        now, per_us = self._wiring.cycle, self._wiring.cycles_per_us
        if levels >> self._pin & 1:
            if now - self._fell_at & 0xFFFFFFFF > RESET_US * per_us:
                self._bits = self._count = 0
            self._rose_at = now
            return
        self._fell_at = now
        self._bits = self._bits << 1 | (now - self._rose_at & 0xFFFFFFFF > ONE_US * per_us)
        self._count += 1
        if self._count % BITS == 0:
            index, bits, self._bits = self._count // BITS - 1, self._bits, 0
            if index < len(self.colours):
                self.colours[index] = bits >> 8 & 0xFF, bits >> 16, bits & 0xFF

    def state(self) -> Mapping[str, Any]:
        """`colours`, as #rrggbb."""
        return {"colours": [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in self.colours]}

    def draw(self, *, unicode: bool = True) -> list[str]:
        """A sign for each light, and the colours of those that shine."""
        on, off = ("●", "○") if unicode else ("*", "o")
        shining = {index: colour for index, colour in enumerate(self.state()["colours"]) if colour != "#000000"}
        strip = "".join(on if index in shining else off for index in range(len(self.colours)))
        lines = [strip[start : start + 32] for start in range(0, len(strip), 32)]
        return [*lines, " ".join(shining.values())] if shining else lines

    def set(self, words: Sequence[str]) -> None:
        """Nothing can be set by hand."""
        raise DeviceError("a strip has nothing to set")

    def power_off(self) -> None:
        """Dark."""
        self.colours[:] = [(0, 0, 0)] * len(self.colours)
