"""Board profiles: what distinguishes one ESP8266 board from another, read from profiles.toml."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any, Literal

from emulator.bridge import UsbIdentity
from emulator.reset_circuit import Button, Circuit

DEFAULT = "nodemcu"

FLASH_SIZES = {
    "256KB": 1 << 18,
    "512KB": 1 << 19,
    "1MB": 1 << 20,
    "2MB": 1 << 21,
    "4MB": 1 << 22,
    "8MB": 1 << 23,
    "16MB": 1 << 24,
}
"""Flash chips that exist, by the names esptool gives their sizes, in bytes."""


class ProfileError(ValueError):
    """There is no such board, or no flash chip of that size."""


@dataclass(frozen=True, slots=True)
class Profile:
    """One kind of board."""

    name: str
    """What a user types."""
    title: str
    """What it is called in a sentence."""
    chip: Literal["ESP8266EX", "ESP8285"]
    """The ESP8285 has its flash inside, and says so in its eFuse."""
    usb: UsbIdentity
    flash_size: int
    """Bytes."""
    mac: str
    """Station address, ``18:fe:34:0d:0e:01``."""
    circuit: Circuit
    """How DTR and RTS reach EN and GPIO0."""
    buttons: Mapping[Button, str]
    """For each button, the words for what pulls its pin low on this board."""
    led_gpio: int
    """The pin of the LED, which is on when the pin is low."""
    gpio16_to_rst: bool
    """Whether a wire goes from GPIO16 to RST, by which the chip wakes itself from deep sleep."""
    crystal_mhz: int
    """The ROM's banner comes out at 74880 baud with 26, at 115200 with 40."""


def names() -> list[str]:
    """The boards there are, the default first."""
    return list(_tables()["board"])


def load(name: str = DEFAULT) -> Profile:
    """The profile of that name. Raises ProfileError, which lists the known ones."""
    row = _tables()["board"].get(name)
    if row is None:
        raise ProfileError(f"There is no board profile '{name}'. Choose one of: {', '.join(names())}.")
    return Profile(
        name=name,
        title=row["title"],
        chip=row["chip"],
        usb=_usb_identity(_tables()["bridge"][row["bridge"]]),
        flash_size=FLASH_SIZES[row["flash_size"]],
        mac=row["mac"],
        circuit="auto-reset" if row["auto_reset"] else "none",
        buttons=MappingProxyType({"flash": row["flash_button"], "reset": row["reset_button"]}),
        led_gpio=row["led_gpio"],
        gpio16_to_rst=row["gpio16_to_rst"],
        crystal_mhz=row["crystal_mhz"],
    )


def parse_flash_size(text: str) -> int:
    """Bytes of a flash size such as ``4MB``, ``512K`` or ``1048576``. Raises ProfileError for chips that
    don't exist."""
    match = re.fullmatch(r"(\d{1,9})\s*(?:([KM])I?B?)?", text.strip().upper())
    size = int(match[1]) << {None: 0, "K": 10, "M": 20}[match[2]] if match else 0
    if size not in FLASH_SIZES.values():
        raise ProfileError(f"There is no flash chip of size '{text}'. Choose one of: {', '.join(FLASH_SIZES)}.")
    return size


def _usb_identity(row: Mapping[str, Any]) -> UsbIdentity:
    return UsbIdentity(
        vid=row["vid"],
        pid=row["pid"],
        manufacturer=row.get("manufacturer"),
        product=row["product"],
        serial_number=row.get("serial_number"),
        windows_description=row["windows_description"],
        windows_manufacturer=row["windows_manufacturer"],
        macos_device=row["macos_device"],
    )


@cache
def _tables() -> dict[str, Any]:
    return tomllib.loads(files("emulator").joinpath("profiles.toml").read_text(encoding="utf-8"))
