"""A wire from one pin to another, as for trying an output with an input, or SPI with nothing attached.

HSPI passes on whole bytes, which are no levels of pins: from MOSI to MISO the wire brings those back."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.devices.device import DeviceError
from emulator.soc.hspi import MISO, MOSI
from emulator.wiring import Wiring


class Wire:
    """The second pin follows the first, unless the chip drives it itself."""

    settings = ""
    dials = ()

    def __init__(self, wiring: Wiring, name: str, start: int, end: int) -> None:
        if start == end:
            raise ValueError("a wire has two ends")
        self._wiring, self._name, self._start, self._end = wiring, name, start, end
        wiring.listen(1 << start, self._carry)
        wiring.drive(end, wiring.level(start), name)
        if (start, end) == (MOSI, MISO):
            wiring.loop_spi()

    def _carry(self, changed: int, levels: int) -> None:
        self._wiring.drive(self._end, levels >> self._start & 1, self._name)

    def state(self) -> Mapping[str, Any]:
        """`level`, of the first pin."""
        return {"level": self._wiring.level(self._start)}

    def draw(self, *, unicode: bool = True) -> list[str]:
        """Its level."""
        return ["high" if self._wiring.level(self._start) else "low"]

    def set(self, words: Sequence[str]) -> None:
        """Nothing can be set."""
        raise DeviceError("a wire has nothing to set")

    def power_off(self) -> None:
        """It follows its pin then, too."""
