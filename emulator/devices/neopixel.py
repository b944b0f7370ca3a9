"""A strip of WS2812 lights ("NeoPixel"), the light next to the board first. Its bits: `soc.ws2812_lines`."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.devices.device import DeviceError
from emulator.wiring import Wiring


class NeoPixel:
    """The strip."""

    settings = ""
    dials = ()

    def __init__(self, wiring: Wiring, name: str, pin: int, count: int = 8) -> None:
        self._line, self._count = wiring.ws2812(pin), count

    @property
    def colours(self) -> list[tuple[int, int, int]]:
        """(red, green, blue) of each light, 0 to 255 each."""
        return self._line.colours(self._count)

    def state(self) -> Mapping[str, Any]:
        """`colours`, as #rrggbb."""
        return {"colours": [f"#{red:02x}{green:02x}{blue:02x}" for red, green, blue in self.colours]}

    def draw(self, *, unicode: bool = True) -> list[str]:
        """A sign for each light, and the colours of those that shine."""
        on, off = ("●", "○") if unicode else ("*", "o")
        shining = {index: colour for index, colour in enumerate(self.state()["colours"]) if colour != "#000000"}
        strip = "".join(on if index in shining else off for index in range(self._count))
        lines = [strip[start : start + 32] for start in range(0, len(strip), 32)]
        return [*lines, " ".join(shining.values())] if shining else lines

    def set(self, words: Sequence[str]) -> None:
        """Nothing can be set by hand."""
        raise DeviceError("a strip has nothing to set")

    def power_off(self) -> None:
        """Dark."""
        self._line.power_off()
