"""What `espdojo doctor` and `espdojo ports` look at: this computer, as plain facts.

Nothing is opened, changed or sent; a port is not even touched, for that may reset the board. What cannot be found out
on a system is None, which is not the same as "no".
"""

import contextlib
import importlib.metadata
import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from trainer import ports
from trainer.computer import linux
from trainer.computer.linux import Holder
from trainer.ports import Port
from trainer.system import System, cache_folder, current, data_folder

__all__ = ["Computer", "PortFacts", "Python", "Storage", "Tool", "UsbDevice", "examine", "look_at"]

ASKING_S: Final = 20.0
"""How long a program may take to tell its version; the first start of a Python program on a slow disk takes some."""


@dataclass(frozen=True)
class UsbDevice:
    """A device on USB. `driver` is the kernel driver at work on it, "" for none, None where that cannot be told."""

    vid: int
    pid: int
    driver: str | None = None


@dataclass(frozen=True)
class PortFacts:
    """A serial port and who may use it."""

    port: Port
    driver: str | None = None
    """The kernel driver behind it."""
    may_open: bool | None = None
    group: str | None = None
    """The group whose members may open it, where the user is none yet."""
    joined: bool = False
    """The user is in that group, but was not when they logged in."""
    holders: tuple[Holder, ...] = ()
    """The programs that have it open, as far as this user may see."""


@dataclass(frozen=True)
class Python:
    """The Python that runs espdojo. `environment` is the folder of an active virtual environment, "" for none."""

    version: tuple[int, int, int]
    bits: int
    machine: str
    environment: str
    externally_managed: bool
    """Is pip kept from installing outside of environments (PEP 668)?"""
    makes_environments: bool
    """Are `venv` and `ensurepip` there? Debian and Ubuntu have them in a package of their own."""


@dataclass(frozen=True)
class Tool:
    """A tool that lessons teach: the version beside espdojo, and of what a terminal finds. None: there is none."""

    name: str
    own: str | None
    path: str | None = None
    on_path: str | None = None


@dataclass(frozen=True)
class Storage:
    """A folder in which espdojo keeps things. `free_bytes` is None where that cannot be told."""

    folder: str
    writable: bool
    free_bytes: int | None


@dataclass(frozen=True)
class Computer:
    """All that is looked at.

    `firmware` are the images at hand, by name; `damaged` are files in the cache that are none; `firmware_trouble` says
    why images could not be looked for, and the next step.
    """

    system: System
    python: Python
    release: str = ""
    wsl: bool = False
    tools: tuple[Tool, ...] = ()
    has_wasmtime: bool = True
    ports: tuple[PortFacts, ...] = ()
    usb: tuple[UsbDevice, ...] | None = None
    programs: frozenset[str] | None = None
    """Names of running programs that are known to grab ports."""
    firmware: tuple[str, ...] = ()
    damaged: tuple[str, ...] = ()
    firmware_trouble: tuple[str, str] | None = None
    wheels: bool = False
    """Are esptool and mpremote kept for lessons without a network?"""
    storage: tuple[Storage, ...] = ()
    encoding: str = "utf-8"
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables that change what tools do."""


def examine() -> Computer:
    """Look at this computer."""
    firmware, damaged, trouble = _images()
    return Computer(
        system=current(),
        release=platform.platform(terse=True),
        wsl=linux.is_wsl(),
        python=_python(),
        tools=(_tool("esptool"), _tool("mpremote")),
        has_wasmtime=importlib.util.find_spec("wasmtime") is not None,
        ports=tuple(look_at(ports.available())),
        usb=USB_READERS[current()](),
        programs=linux.grabbers() if current() == "linux" else None,
        firmware=firmware,
        damaged=damaged,
        firmware_trouble=trouble,
        wheels=_has_wheels(),
        storage=tuple(map(_storage, dict.fromkeys((data_folder(), cache_folder())))),
        encoding=(sys.stdout.encoding if sys.stdout else None) or "ascii",
        variables={name: value for name, value in os.environ.items() if name.startswith(("ESPTOOL_", "ESPDOJO_"))},
    )


def look_at(listed: Iterable[Port]) -> list[PortFacts]:
    """What is known of these ports, without opening them."""
    if current() == "windows":  # only opening one would tell
        return [PortFacts(port) for port in listed]
    return [_posix_port(port) for port in listed]


def _posix_port(port: Port) -> PortFacts:
    path = Path(port.device)
    if not path.exists():  # a fake board's name, of which only Python programs know
        return PortFacts(port)
    may_open = os.access(path, os.R_OK | os.W_OK)
    group, joined = (None, False) if may_open else linux.group_of(path)
    return PortFacts(port, linux.driver_of(path), may_open, group, joined, linux.holders(path))


def _python() -> Python:
    in_environment = sys.prefix != sys.base_prefix
    managed = Path(sysconfig.get_path("stdlib", sysconfig.get_default_scheme()), "EXTERNALLY-MANAGED")
    return Python(
        version=sys.version_info[:3],
        bits=64 if sys.maxsize > 2**32 else 32,
        machine=platform.machine(),
        environment=sys.prefix if in_environment else os.environ.get("CONDA_PREFIX", ""),
        externally_managed=managed.is_file(),
        makes_environments=all(importlib.util.find_spec(name) for name in ("venv", "ensurepip")),
    )


def _tool(name: str) -> Tool:
    with contextlib.suppress(importlib.metadata.PackageNotFoundError):
        own = importlib.metadata.version(name)
        path = shutil.which(name)
        if path is None or Path(path).parent == Path.cwd():  # Windows looks into the current folder first
            return Tool(name, own)
        return Tool(name, own, path, _version_of(path))
    return Tool(name, None)


def _version_of(program: str) -> str | None:
    """What a program calls its own version; None where it does not run."""
    try:
        said = subprocess.run(
            [program, "version"], stdin=subprocess.DEVNULL, capture_output=True, timeout=ASKING_S, check=True,
            text=True, encoding="utf-8", errors="replace",
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    found = re.search(r"\d+\.\d+(\.\d+)?", said.stdout)
    return found[0] if found else None


def _storage(folder: Path) -> Storage:
    there = next(place for place in (folder, *folder.parents) if place.exists())
    try:
        free = shutil.disk_usage(there).free
    except OSError:
        free = None
    return Storage(str(folder), there.is_dir() and os.access(there, os.W_OK), free)


def _images() -> tuple[tuple[str, ...], tuple[str, ...], tuple[str, str] | None]:
    """Titles of the MicroPython images here, files in the cache that are none, and why it cannot be told."""
    from trainer import firmware
    from trainer.errors import EspdojoError

    try:
        here = firmware.available()
    except EspdojoError as error:
        return (), (), (str(error), error.next_step)
    good = {image.path for image in here}
    cached = sorted((cache_folder() / "firmware").glob("*.bin"))
    titles = tuple(f"{image.info.family} {image.info.release} ({image.path.name})" for image in here)
    return titles, tuple(str(path) for path in cached if path not in good), None


def _has_wheels() -> bool:
    from trainer.computer import wheels

    return wheels.find_links() is not None


# Devices on USB, with or without a port


def _windows_usb() -> tuple[UsbDevice, ...] | None:
    """Every bridge that was ever plugged in, from the registry: an empty `Service` means that no driver serves it."""
    if sys.platform != "win32":
        return None
    import winreg

    return usb_in_registry(winreg.HKEY_LOCAL_MACHINE, winreg.OpenKey, winreg.EnumKey, winreg.QueryValueEx)


REGISTRY_USB: Final = r"SYSTEM\CurrentControlSet\Enum\USB"


def usb_in_registry(
    root: object,
    open_key: Callable[..., object],
    enum_key: Callable[..., str],
    query: Callable[..., tuple[object, int]],
) -> tuple[UsbDevice, ...]:
    """The devices below `REGISTRY_USB`, as `winreg`'s functions tell; where no copy has a driver, the driver is ""."""

    def names(path: str) -> list[str]:
        found: list[str] = []
        with contextlib.suppress(OSError):  # its way of saying that there are no more
            key = open_key(root, path)
            while True:
                found.append(enum_key(key, len(found)))
        return found

    def service(path: str) -> str:
        try:
            return str(query(open_key(root, path), "Service")[0])
        except OSError:
            return ""

    devices = []
    for name in names(REGISTRY_USB):
        ids = re.match(r"VID_([0-9A-F]{4})&PID_([0-9A-F]{4})$", name, re.IGNORECASE)
        if ids:
            services = [service(rf"{REGISTRY_USB}\{name}\{copy}") for copy in names(rf"{REGISTRY_USB}\{name}")]
            devices.append(UsbDevice(int(ids[1], 16), int(ids[2], 16), next(filter(None, services), "")))
    return tuple(devices)


def _macos_usb() -> tuple[UsbDevice, ...] | None:
    try:
        listed = subprocess.run(
            ["/usr/sbin/ioreg", "-p", "IOUSB", "-l", "-w", "0"], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=ASKING_S, check=True, errors="replace",
        ).stdout  # fmt: skip
    except (OSError, subprocess.SubprocessError):
        return None
    return usb_in_ioreg(listed)


def usb_in_ioreg(listing: str) -> tuple[UsbDevice, ...]:
    """The devices in what ``ioreg -p IOUSB -l -w 0`` prints: one block of properties each, begun by ``+-o NAME``."""
    devices = []
    for block in re.split(r"^[ |]*\+-o ", listing, flags=re.MULTILINE)[1:]:
        properties = dict(re.findall(r'"(idVendor|idProduct)" = (\d{1,5})$', block, re.MULTILINE))
        if len(properties) == 2:
            devices.append(UsbDevice(int(properties["idVendor"]), int(properties["idProduct"])))
    return tuple(devices)


def _linux_usb() -> tuple[UsbDevice, ...] | None:
    found = linux.usb_devices()
    return None if found is None else tuple(UsbDevice(*device) for device in found)


USB_READERS: Final[Mapping[System, Callable[[], tuple[UsbDevice, ...] | None]]] = {
    "windows": _windows_usb,
    "macos": _macos_usb,
    "linux": _linux_usb,
}
