"""What Linux tells of its ports in /sys, /proc and /run.

Each function takes the folder as an argument, for tests; on other systems, where there is none, nothing is found.
"""

import contextlib
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

__all__ = ["GRABBERS", "Holder", "driver_of", "grabbers", "group_of", "holders", "is_wsl", "usb_devices"]

GRABBERS: Final = ("brltty", "ModemManager")
"""Programs that open serial ports by themselves."""

LOCK_FOLDERS: Final = (Path("/run/lock"), Path("/var/lock"))
"""Where minicom, picocom and others leave a lock file, by the rules of UUCP."""


@dataclass(frozen=True)
class Holder:
    """A program that has a port open."""

    pid: int
    name: str

    def __str__(self) -> str:
        return f"{self.name} (process {self.pid})"


def driver_of(device: Path, sys_folder: Path = Path("/sys")) -> str | None:
    """The kernel driver behind a tty, such as ``cp210x`` or ``ch341-uart``."""
    with contextlib.suppress(OSError):
        return (sys_folder / "class" / "tty" / device.resolve().name / "device" / "driver").resolve(strict=True).name
    return None


def group_of(device: Path) -> tuple[str | None, bool]:
    """The group that may open `device`, and whether the user is in it but was not when they logged in.

    (None, False) where there is no such group, or none that means anything to a user.
    """
    try:
        import grp
        import pwd

        status = device.stat()
        group, user = grp.getgrgid(status.st_gid), pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, OSError, KeyError):
        return None, False
    if not status.st_mode & 0o060 or group.gr_name == "root":
        return None, False
    return group.gr_name, user in group.gr_mem


def holders(device: Path, proc: Path = Path("/proc"), locks: tuple[Path, ...] = LOCK_FOLDERS) -> tuple[Holder, ...]:
    """The programs that have `device` open: those whose files this user may see, and those that left a lock file."""
    wanted = os.path.realpath(device)
    found = {pid for pid in _processes(proc) if _has_open(proc / str(pid) / "fd", wanted)}
    for folder in locks:
        with contextlib.suppress(OSError, ValueError):
            found.add(int((folder / f"LCK..{device.name}").read_text(encoding="ascii")[:11]))
    named = [Holder(pid, name) for pid in sorted(found - {os.getpid()}) if (name := _name(proc / str(pid)))]
    return tuple(named)


def _processes(proc: Path) -> Iterator[int]:
    with contextlib.suppress(OSError):
        for entry in os.scandir(proc):
            if entry.name.isascii() and entry.name.isdecimal():
                yield int(entry.name)


def _has_open(folder: Path, wanted: str) -> bool:
    with contextlib.suppress(OSError):  # another user's process, or one that has ended
        for entry in os.scandir(folder):
            with contextlib.suppress(OSError):
                if os.readlink(entry.path) == wanted:
                    return True
    return False


def _name(process: Path) -> str:
    """What a process is called; "" when it has ended."""
    with contextlib.suppress(OSError):
        return (process / "comm").read_text(encoding="utf-8", errors="replace").strip()
    return ""


def grabbers(proc: Path = Path("/proc")) -> frozenset[str]:
    """Which of `GRABBERS` are running."""
    return frozenset(name for pid in _processes(proc) if (name := _name(proc / str(pid))) in GRABBERS)


def is_wsl(version: Path = Path("/proc/version")) -> bool:
    """Is this Linux inside Windows, which sees no USB device by itself?"""
    try:
        return "microsoft" in version.read_text(encoding="utf-8", errors="replace").lower()
    except OSError:
        return False


def usb_devices(devices: Path = Path("/sys/bus/usb/devices")) -> list[tuple[int, int, str]] | None:
    """Vendor ID, product ID and driver ("": none) of each device on USB; None where Linux does not tell."""
    if not devices.is_dir():
        return None
    found = []
    for device in sorted(devices.iterdir()):
        if ":" in device.name:  # an interface of one
            continue
        with contextlib.suppress(OSError, ValueError):
            vid, pid = (int((device / name).read_text(encoding="ascii"), 16) for name in ("idVendor", "idProduct"))
            found.append((vid, pid, _interface_driver(device)))
    return found


def _interface_driver(device: Path) -> str:
    for interface in sorted(device.parent.glob(f"{device.name}:*")):
        with contextlib.suppress(OSError):
            driver = (interface / "driver").resolve(strict=True).name
            if not re.fullmatch("usbfs|usb", driver):
                return driver
    return ""
