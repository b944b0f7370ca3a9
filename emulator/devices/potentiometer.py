"""A potentiometer between 1 V and ground, its slider at the ADC's pin."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from emulator.devices.device import DeviceError, Dial
from emulator.wiring import Wiring

CELLS: Final = 20


class Potentiometer:
    """Begins in the middle."""

    settings = "POSITION, 0 to 1"
    dials = (Dial("position", 0, 1, 0.05),)

    def __init__(self, wiring: Wiring, name: str) -> None:
        self._wiring = wiring
        self.turn(0.5)

    def turn(self, position: float) -> None:
        """Turn it: 0.0 is ground, 1.0 is 1 V. From any thread."""
        self.position = position
        self._wiring.set_volts(position)

    def state(self) -> Mapping[str, Any]:
        """`position`, from 0 to 1."""
        return {"position": self.position}

    def draw(self, *, unicode: bool = True) -> list[str]:
        """A slider."""
        line, knob = ("─", "●") if unicode else ("-", "*")
        left = round(self.position * CELLS)
        return [f"{line * left}{knob}{line * (CELLS - left)} {self.position:.2f}"]

    def set(self, words: Sequence[str]) -> None:
        """A number from 0 to 1."""
        if len(words) != 1:
            raise DeviceError("a potentiometer is set to one number from 0 to 1")
        self.turn(self.dials[0].parse(words[0]))

    def power_off(self) -> None:
        """It stays where it is."""
