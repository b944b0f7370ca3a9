"""What WS2812 lights on a pin took of the bits that came. The bits are dealt with inside the module
(`soc.ws2812_lines`)."""

from emulator.cpu.memory import PIN_STRIPS
from emulator.soc.chip import Chip
from emulator.soc.ws2812_lines import LIGHTS, MOST_LIGHTS, STRIP, Ws2812

__all__ = ["Ws2812Line"]

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255 each."""


class Ws2812Line:
    """A pin with lights in a row; `colours` may be called from any thread. All lines on one pin are the same one."""

    def __init__(self, chip: Chip, pin: int) -> None:
        first = (PIN_STRIPS + pin * STRIP) >> 2
        self._words = chip.core.words[first : first + STRIP // 4]
        self._lights = self._words[LIGHTS >> 2 :]
        cells = chip.core.cells(Ws2812)
        if not cells.pins >> pin & 1:
            self._words[:] = memoryview(bytes(STRIP)).cast("I")
            cells.pins |= 1 << pin

    def colours(self, count: int) -> list[Colour]:
        """What the first lights took last."""
        return [(bits >> 8 & 0xFF, bits >> 16, bits & 0xFF) for bits in self._lights[:count]]

    def power_off(self) -> None:
        """All lights are dark, and have forgotten what they took."""
        self._lights[:] = memoryview(bytes(4 * MOST_LIGHTS)).cast("I")
