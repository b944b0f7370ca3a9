"""What a device is, and how one is named: ``KIND@PLACE``, as in ``ssd1306@i2c:4,5``.

A device is a class whose constructor gets the board's `Wiring`, a name, and the numbers that its `Kind.form` asks for.
It listens to pins and drives them there; `state` and `draw` tell what a person would see of it; `set` is what hands do
to it, and `dials` are the numbers among that, which keys may turn.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol

from emulator.soc.ws2812_lines import MOST_LIGHTS
from emulator.wiring import Wiring, check_pin

__all__ = ["Device", "DeviceError", "Dial", "Kind", "Kinds", "turn"]


class DeviceError(ValueError):
    """A device that there is not, or that cannot be attached or set so; the text says what to do."""


@dataclass(frozen=True)
class Dial:
    """A number that hands can set: a knob's position, what a sensor measures."""

    name: str
    """As in `Device.state`."""
    lowest: float
    highest: float
    step: float
    """By how much a key turns it."""

    def parse(self, text: str) -> float:
        """A value for it, within its bounds. Raises DeviceError."""
        try:
            value = float(text)
        except ValueError:
            value = float("nan")
        if not self.lowest <= value <= self.highest:
            raise DeviceError(f"'{text}' is no {self.name}: a number from {self.lowest:g} to {self.highest:g}")
        return value


class Device(Protocol):
    """Something attached to a board. `state`, `draw` and `set` may be called from any thread; the rest is for the
    board's own."""

    settings: str
    """What `set` takes, for people: "press or release", "TEMPERATURE HUMIDITY"; "" if nothing."""

    @property
    def dials(self) -> Sequence[Dial]:
        """The numbers that `set` takes, in its order; none where it takes words or nothing."""

    def state(self) -> Mapping[str, Any]:
        """What it shows or is set to, fit for JSON."""

    def draw(self, *, unicode: bool = True) -> list[str]:
        """The same as lines of text, one at least."""

    def set(self, words: Sequence[str]) -> None:
        """Do to it what hands would. Raises DeviceError for words that it does not know."""

    def power_off(self) -> None:
        """The board has lost its power, and so has it."""


PARAMETERS: Final[dict[str, tuple[str, Callable[[int], int]]]] = {
    "SDA": ("the data line's pin", check_pin),
    "SCL": ("the clock line's pin", check_pin),
    "ADDRESS": ("its I2C address", lambda address: _within(address, 0x08, 0x77)),
    "FROM": ("the pin whose level it carries", check_pin),
    "TO": ("the pin that gets it", check_pin),
    "COUNT": ("how many there are", lambda count: _within(count, 1, MOST_LIGHTS)),
}
"""The numbers in a form: what they are, and who checks them (raising ValueError). All others are pins."""

A_PIN: Final = ("the pin's number", check_pin)

FORM: Final = re.compile(r"(?:([a-z0-9]+)(?::|$))?([A-Z,]*)(?:\[,([A-Z]+)\])?")


@dataclass(frozen=True)
class Kind:
    """A row of the table of devices."""

    name: str
    form: str
    """What stands behind the @: a bus and a colon, if any, then `PARAMETERS` with commas; in brackets what may be left
    out, for which the constructor has a value."""
    make: Callable[..., Device]
    help: str

    def arguments(self, place: str) -> list[int]:
        """The numbers in a place. Raises DeviceError."""
        match = FORM.fullmatch(self.form)
        assert match is not None, self.form
        bus, needed, optional = match[1] or "", [name for name in match[2].split(",") if name], match[3]
        given_bus, colon, rest = place.rpartition(":")
        if bus and not needed:
            given_bus, rest = place, ""
        if given_bus != bus:
            raise self._error(place)
        texts = rest.split(",") if rest else []
        names = [*needed, optional] if optional else needed
        if not len(needed) <= len(texts) <= len(names) or (colon and not bus):
            raise self._error(place)
        return [self._number(name, text.strip(), place) for name, text in zip(names, texts, strict=False)]

    def _number(self, name: str, text: str, place: str) -> int:
        try:
            return PARAMETERS.get(name, A_PIN)[1](int(text, 0))
        except ValueError as error:
            reason = "" if "invalid literal" in str(error) else f"{error}. "
            raise self._error(place, reason) from None

    def _error(self, place: str, reason: str = "") -> DeviceError:
        words = re.findall("[A-Z]+", self.form)
        meaning = "; ".join(f"{word} is {PARAMETERS.get(word, A_PIN)[0]}" for word in words)
        return DeviceError(
            f"{self.name}@{place}: {reason}Write {self.name}@{self.form}{f', where {meaning}' if meaning else ''}."
        )


class Kinds:
    """The table, and how a specification is read by it."""

    def __init__(self, *kinds: Kind) -> None:
        self._kinds = {kind.name: kind for kind in kinds}

    def __iter__(self) -> Any:
        return iter(self._kinds.values())

    def parse(self, specification: str) -> tuple[Kind, list[int]]:
        """The kind and the numbers of ``KIND@PLACE``. Raises DeviceError."""
        name, at, place = specification.strip().partition("@")
        kind = self._kinds.get(name)
        if kind is None:
            raise DeviceError(f"There is no device '{name}'. Choose one of: {self.forms()}.")
        if not at:
            raise DeviceError(f"Where is the {name}? Write {name}@{kind.form}.")
        return kind, kind.arguments(place)

    def forms(self) -> str:
        """All kinds as one writes them."""
        return ", ".join(f"{kind.name}@{kind.form}" for kind in self._kinds.values())

    def make(self, specification: str, wiring: Wiring) -> Device:
        """A device, attached to these wires. Raises DeviceError."""
        kind, numbers = self.parse(specification)
        try:
            return kind.make(wiring, specification, *numbers)
        except ValueError as error:
            raise DeviceError(f"{specification}: {error}.") from None


def turn(device: Device, name: str, steps: int) -> None:
    """Turn one of a device's dials by so many of its steps, as far as it goes. The others stay as they are."""
    values = {dial.name: float(device.state()[dial.name]) for dial in device.dials}
    for dial in device.dials:
        if dial.name == name:
            values[name] = min(max(values[name] + steps * dial.step, dial.lowest), dial.highest)
    device.set([f"{value:.6g}" for value in values.values()])


def _within(value: int, lowest: int, highest: int) -> int:
    if not lowest <= value <= highest:
        raise ValueError(f"{value} is not from {lowest} to {highest}")
    return value
