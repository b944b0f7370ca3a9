"""Serial ports: which there are, what bridge chip makes each, and which board is likely on it.

A fake board that is plugged in is listed like any other, because the driver answers pyserial's own question.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Final

from serial.tools import list_ports

from trainer.system import System

__all__ = ["BRIDGES", "Bridge", "Port", "available", "describe_line", "difference", "identify",
           "same_device", "view"]  # fmt: skip


@dataclass(frozen=True)
class Bridge:
    """A USB-serial chip: `name` and `driver` for people, and the boards it usually sits on."""

    name: str
    driver: str
    boards: str


CP210X: Final = Bridge(
    "Silicon Labs CP210x", "Linux and macOS have it; Windows: CP210x VCP from silabs.com", "NodeMCU, Feather HUZZAH"
)
CH340: Final = Bridge(
    "WCH CH340", "Linux and macOS (10.14 on) have it; Windows: CH341SER from wch.cn", "D1 mini, NodeMCU V3 (LoLin)"
)
FTDI: Final = Bridge("FTDI FT232", "all systems have it or fetch it", "a separate USB-serial adapter, for an ESP-01")
PL2303: Final = Bridge(
    "Prolific PL2303", "Linux and macOS have it; Windows: from prolific.com.tw", "a separate USB-serial adapter"
)
NATIVE: Final = Bridge("Espressif's own USB", "all systems have it", "an ESP32-S2, -S3 or -C3; not an ESP8266")
ARDUINO: Final = Bridge("Arduino's own USB", "all systems have it", "an Arduino; not an ESP8266")
RASPBERRY: Final = Bridge("Raspberry Pi's own USB", "all systems have it", "a Pico; not an ESP8266")

BRIDGES: Final[dict[tuple[int, int | None], Bridge]] = {
    (0x10C4, None): CP210X,
    (0x1A86, None): CH340,
    (0x0403, None): FTDI,
    (0x067B, None): PL2303,
    (0x303A, None): NATIVE,
    (0x2341, None): ARDUINO,
    (0x2E8A, None): RASPBERRY,
}
"""By USB vendor and product ID; None: any product. From usb.ids (linux-usb.org) and the makers' data sheets."""

LIKELY: Final = frozenset({CP210X, CH340, FTDI, PL2303})
"""Chips that an ESP8266 board, or the adapter it hangs on, may have."""


SERIAL_PRODUCTS: Final = frozenset(
    (vid, pid)
    for vid, pids in {
        0x10C4: (0xEA60, 0xEA61, 0xEA70, 0xEA71, 0xEA80),
        0x1A86: (0x5523, 0x7522, 0x7523, 0x55D2, 0x55D3, 0x55D4),
        0x0403: (0x6001, 0x6010, 0x6011, 0x6014, 0x6015),
        0x067B: (0x2303, 0x23A3, 0x23B3, 0x23C3, 0x23D3),
    }.items()
    for pid in pids
)
"""USB IDs that always mean a serial port, for devices that should have one and do not: the same makers also make other
things. From usb.ids and Linux's drivers (cp210x, ch341, cdc-acm, ftdi_sio, pl2303)."""


@dataclass(frozen=True)
class Port:
    """A serial port. `device` is the name to open it by; IDs are None where it is not on USB."""

    device: str
    description: str = ""
    manufacturer: str = ""
    vid: int | None = None
    pid: int | None = None
    serial_number: str | None = None

    @property
    def bridge(self) -> Bridge | None:
        """Its bridge chip, if we know it."""
        return identify(self.vid, self.pid)

    @property
    def usb_identity(self) -> tuple[int | None, int | None, str | None]:
        """What the device says of itself, whatever name the port has."""
        return self.vid, self.pid, self.serial_number

    @property
    def likely(self) -> bool:
        """May an ESP8266 board be on it?"""
        return self.bridge in LIKELY

    def as_json(self) -> dict[str, Any]:
        """The object that ``espdojo ports --json`` prints."""
        bridge = self.bridge
        return {
            **asdict(self),
            "bridge": bridge.name if bridge else None,
            "driver": bridge.driver if bridge else None,
            "boards": bridge.boards if bridge else None,
            "likely": self.likely,
        }


def identify(vid: int | None, pid: int | None) -> Bridge | None:
    """The bridge chip with these USB IDs."""
    return None if vid is None else BRIDGES.get((vid, pid)) or BRIDGES.get((vid, None))


NONE_FOUND: Final = (
    "Is the board plugged in, with a cable that carries data? `espdojo doctor` looks for what is wrong. "
    "To practise without a board: espdojo learn, or espdojo shell."
)


def available() -> list[Port]:
    """The ports of this computer, sorted by name."""
    found = [
        Port(
            info.device,
            info.description if info.description not in (None, "n/a") else "",
            info.manufacturer or "",
            info.vid,
            info.pid,
            info.serial_number,
        )
        for info in list_ports.comports()
        # A PC lists dozens of ttyS that are not there; those have no hardware ID.
        if info.hwid not in (None, "n/a") or not info.device.startswith("/dev/ttyS")
    ]
    return sorted(found, key=lambda port: _counted(port.device))


def _counted(name: str) -> list[int | str]:
    """A sorting key by which COM10 comes after COM4."""
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", name)]


def difference(before: Iterable[Port], after: Iterable[Port]) -> tuple[list[str], list[str]]:
    """Names that came and names that went between two listings: how a beginner finds the board's port."""
    old, new = [port.device for port in before], [port.device for port in after]
    return [name for name in new if name not in old], [name for name in old if name not in new]


def same_device(known: Port | None, listed: Iterable[Port]) -> Port | None:
    """The port in `listed` that is the device `known` under a new name: its USB IDs and serial number, and no other's.

    None where that cannot be told. Leave out of `listed` what was there beside it.
    """
    if known is None or known.vid is None:
        return None
    alike = [port for port in listed if port.usb_identity == known.usb_identity]
    return alike[0] if len(alike) == 1 else None


def describe_line(port: Port) -> str:
    """One line about a port, for people."""
    bridge = port.bridge
    if bridge is None:
        return f"{port.device}  {port.description or 'no USB-serial bridge that espdojo knows'}"
    return f"{port.device}  {port.description or bridge.name}; {bridge.name}: {bridge.boards}"


# As each system shows them

BUILT_IN: Final[dict[System, tuple[str, ...]]] = {
    "windows": ("Communications Port (COM1)",),
    "macos": ("/dev/cu.Bluetooth-Incoming-Port",),
    "linux": ("/dev/ttyS0",),
}
"""What such a computer has before any board is plugged in; shown so that a listing is never empty."""


def view(ports: Iterable[Port], system: System, *, built_in: bool = True) -> str:
    """The ports as `system` shows them: the Device Manager's section on Windows, a listing of /dev elsewhere.

    With `built_in`, what every such computer has is shown as well; for a listing of real ports leave it out.
    """
    usual = BUILT_IN[system] if built_in else ()
    if system == "windows":
        lines = sorted({*usual, *(_device_manager_line(port) for port in ports)})
        return "\n".join(["Device Manager", "  Ports (COM & LPT)", *(f"    {line}" for line in lines)]) + "\n"
    names = {*usual, *(port.device for port in ports)}
    if system == "macos":  # every port has two names there
        names |= {name.replace("/dev/cu.", "/dev/tty.") for name in names}
    return "".join(f"{name}\n" for name in sorted(names))


def _device_manager_line(port: Port) -> str:
    name = re.sub(r"\s*\([^()]*\)$", "", port.description) or "USB Serial Device"
    maker = "" if not port.manufacturer or port.manufacturer.split()[0] in name else f"{port.manufacturer} "
    return f"{maker}{name} ({port.device})"
