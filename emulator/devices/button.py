"""A push button from a pin to ground."""

from collections.abc import Mapping, Sequence
from typing import Any

from emulator.devices.device import DeviceError
from emulator.wiring import Wiring


class Button:
    """Pulls its pin low while it is pressed."""

    settings = "press or release"
    dials = ()

    def __init__(self, wiring: Wiring, name: str, pin: int) -> None:
        self._wiring, self._name, self._pin = wiring, name, pin
        self.pressed = False

    def press(self) -> None:
        """Hold it down. From any thread."""
        self._hold(True)

    def release(self) -> None:
        """Let it go. From any thread."""
        self._hold(False)

    def _hold(self, pressed: bool) -> None:
        self.pressed = pressed
        self._wiring.later(lambda: self._wiring.drive(self._pin, 0 if pressed else None, self._name))

    def state(self) -> Mapping[str, Any]:
        """`pressed`."""
        return {"pressed": self.pressed}

    def draw(self, *, unicode: bool = True) -> list[str]:
        """A word."""
        return ["pressed" if self.pressed else "not pressed"]

    def set(self, words: Sequence[str]) -> None:
        """``press`` or ``release``."""
        if list(words) not in (["press"], ["release"]):
            raise DeviceError("a button can be set to press or release")
        self._hold(words[0] == "press")

    def power_off(self) -> None:
        """Nothing changes."""
