"""What pulls EN and GPIO0 low: the auto-reset circuit, the board's two buttons, a hand, a fault.

The circuit of two transistors, as on NodeMCU and most others: EN is low when RTS is asserted and DTR is not, GPIO0 is
low when DTR is asserted and RTS is not. The buttons pull the same pins low (wired AND).
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Literal

Circuit = Literal["auto-reset", "none"]
Button = Literal["flash", "reset"]
Pin = Literal["en", "gpio0"]

BUTTON_PINS: dict[Button, Pin] = {"flash": "gpio0", "reset": "en"}
"""The pin that each button pulls low."""

EN_RISE_S = 0.2
"""How long EN stays low while both lines are asserted right after a reset.

esptool's classic sequence passes from "EN low" to "GPIO0 low" through "both asserted". On a board the
capacitor at EN bridges that moment; here it is long enough for an RFC 2217 client, which needs 0.1 s for
each line.
"""


@dataclass(frozen=True, slots=True)
class Pins:
    """Levels of EN and GPIO0; True is high."""

    en: bool
    gpio0: bool


class ResetCircuit:
    """Two pins, and who pulls them low. All methods are thread-safe."""

    def __init__(self, kind: Circuit, on_change: Callable[[Pins], None], lock: AbstractContextManager[Any]) -> None:
        """`on_change` is told of new levels while `lock` is held, which must be reentrant."""
        self.kind = kind
        self.pins = Pins(True, True)
        """The levels now."""
        self._on_change, self._lock = on_change, lock
        self._dtr = self._rts = False
        self._pulling: dict[Pin, set[str]] = {"en": set(), "gpio0": set()}
        """Who pulls each pin low."""
        self._en_rise: threading.Timer | None = None

    def set_kind(self, kind: Circuit) -> None:
        """Put in another circuit, in the course of which DTR and RTS let go of the pins."""
        with self._lock:
            self._stop_en_rise()
            self.kind = kind
            self.pull("en", "lines", False)
            self.pull("gpio0", "lines", False)

    def drive(self, dtr: bool, rts: bool) -> None:
        """What the two transistors make of the lines, where there are any."""
        with self._lock:
            self._dtr, self._rts = dtr, rts
            if self.kind == "none":
                return
            self._stop_en_rise()
            if dtr and rts and "lines" in self._pulling["en"]:
                self._en_rise = threading.Timer(EN_RISE_S, self._en_has_risen)
                self._en_rise.daemon = True
                self._en_rise.start()
                return
            self._set("en", "lines", rts and not dtr)
            self._set("gpio0", "lines", dtr and not rts)
            self._update()

    def press(self, button: Button) -> None:
        """Press a button and keep it down."""
        self.pull(BUTTON_PINS[button], button, True)

    def release(self, button: Button) -> None:
        """Let a button go."""
        self.pull(BUTTON_PINS[button], button, False)

    @property
    def held(self) -> frozenset[Button]:
        """The buttons that are held down."""
        return frozenset(button for button, pin in BUTTON_PINS.items() if button in self._pulling[pin])

    def tap_reset(self, *, flash: bool) -> None:
        """Someone taps RESET, with FLASH held down meanwhile or not."""
        with self._lock:
            self.pull("gpio0", "hand", flash)
            self.pull("en", "hand", True)
            self.pull("en", "hand", False)
            self.pull("gpio0", "hand", False)

    def pull(self, pin: Pin, source: str, low: bool) -> None:
        """Let something, which `source` names, pull a pin low, or let it go; whoever pulls, wins."""
        with self._lock:
            self._set(pin, source, low)
            self._update()

    def _set(self, pin: Pin, source: str, low: bool) -> None:
        if low:
            self._pulling[pin].add(source)
        else:
            self._pulling[pin].discard(source)

    def _update(self) -> None:
        pins = Pins(en=not self._pulling["en"], gpio0=not self._pulling["gpio0"])
        if pins != self.pins:
            self.pins = pins
            self._on_change(pins)

    def _en_has_risen(self) -> None:
        with self._lock:
            if self._en_rise is not None and self._dtr and self._rts:
                self._stop_en_rise()
                self.pull("en", "lines", False)

    def _stop_en_rise(self) -> None:
        if self._en_rise is not None:
            self._en_rise.cancel()
            self._en_rise = None
