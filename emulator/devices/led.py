"""An LED with its resistor, from a pin to ground."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.devices.device import DeviceError
from emulator.wiring import Wiring


class Led:
    """Lit while its pin is high."""

    settings = ""
    dials = ()

    def __init__(self, wiring: Wiring, name: str, pin: int) -> None:
        self._wiring, self._pin = wiring, pin

    @property
    def brightness(self) -> float:
        """0.0 to 1.0: the share of the time in which the pin is high, as the eye sees it."""
        return self._wiring.share_high(self._pin)

    def state(self) -> Mapping[str, Any]:
        """`brightness`."""
        return {"brightness": self.brightness}

    def draw(self, *, unicode: bool = True) -> list[str]:
        """A lamp, and how bright it is if that is neither nothing nor all."""
        brightness = self.brightness
        lamp = ("●" if unicode else "*") if brightness > 0 else ("○" if unicode else "o")
        return [lamp if brightness in (0, 1) else f"{lamp} {brightness:.0%}"]

    def set(self, words: Sequence[str]) -> None:
        """Nothing can be set."""
        raise DeviceError("an LED has nothing to set")

    def power_off(self) -> None:
        """Its pin is low then."""
