"""Makes this Python process see the boards named in its environment as its serial ports, and no others.

pyserial's modules are changed as they are imported, each in the place where it would reach the system: while fake
boards are plugged in, no real port is listed or opened in this process.
"""

from __future__ import annotations

import sys
from importlib.abc import Loader, MetaPathFinder
from typing import TYPE_CHECKING, Any

from . import files, ioctls
from .environment import is_windows_name, plugged, url_of

if TYPE_CHECKING:
    from collections.abc import Callable
    from importlib.machinery import ModuleSpec
    from types import ModuleType

    from serial.tools.list_ports_common import ListPortInfo


def install() -> None:
    """Watch imports and change pyserial's modules as they come. Does nothing without ESPDOJO_PORTS."""
    if plugged() is None or is_installed():
        return
    sys.meta_path.insert(0, _Finder())
    for name, patch in _PATCHES.items():
        if name in sys.modules:
            patch(sys.modules[name])


def is_installed() -> bool:
    """Whether this process takes the boards for its ports."""
    return any(isinstance(finder, _Finder) for finder in sys.meta_path)


def have_hold() -> bool:
    """Whether no real port can be reached through pyserial here: what emulator.plug.probe asks a process."""
    if not is_installed():
        return False
    try:
        from serial import Serial
    except ImportError:  # no pyserial, no ports
        return True
    return Serial.__module__.startswith(f"{__package__}.")


# What is changed in each module.


def _replace_native_class(serial: Any) -> None:
    from .protocol_esp8266 import Serial

    serial.protocol_handler_packages.insert(0, __package__)
    for name in ("Serial", "PosixPollSerial", "VTIMESerial"):
        if hasattr(serial, name):
            setattr(serial, name, Serial)


def _refuse_to_open(module: Any) -> None:
    def open(self: Any) -> None:
        from . import refusals  # here, because every Python start imports this module

        raise refusals.not_plugged_in(self.portstr)

    module.Serial.open = open


def _list_plugged(module: Any) -> None:
    module.comports = comports


def comports(include_links: bool = False) -> list[ListPortInfo]:
    """The boards that are plugged in now, as pyserial's ListPortInfo."""
    from . import wire  # here, because every Python start imports this module

    found = []
    for name, url in (plugged() or {}).items():
        answer = wire.ask(url)
        if answer is not None and answer["status"] in wire.THERE:
            found.append(_port_info(name, answer["usb"]))
    return found


def _status_of(port: str) -> str | None:
    """The status of the port of that name; None when there is none."""
    from . import wire

    url = url_of(port)
    answer = None if url is None else wire.ask(url)
    return answer["status"] if answer is not None and answer["status"] in wire.THERE else None


def _show_among_files(module: Any) -> None:
    files.install(module, _status_of)


def _port_info(name: str, usb: dict[str, Any]) -> ListPortInfo:
    from serial.tools.list_ports_common import ListPortInfo

    try:
        info = ListPortInfo(name, skip_link_detection=True)
    except TypeError:  # pyserial before 3.5
        info = ListPortInfo(name)
    info.device, info.name = name, name.rsplit("/", 1)[-1]
    info.vid, info.pid, info.serial_number = usb["vid"], usb["pid"], usb["serial_number"]
    info.location = "1-1"
    info.manufacturer, info.product = usb["manufacturer"], usb["product"]
    info.apply_usb_info()
    if is_windows_name(name):
        info.manufacturer, info.product = usb["windows_manufacturer"], None
        info.description = f"{usb['windows_description']} ({name})"
    return info


_PATCHES = {
    "os": _show_among_files,
    "fcntl": ioctls.install,
    "serial": _replace_native_class,
    "serial.serialposix": _refuse_to_open,
    "serial.serialwin32": _refuse_to_open,
    "serial.rfc2217": _refuse_to_open,
    "serial.urlhandler.protocol_socket": _refuse_to_open,
    "serial.urlhandler.protocol_cp2110": _refuse_to_open,
    "serial.tools.list_ports": _list_plugged,
    "serial.tools.list_ports_linux": _list_plugged,
    "serial.tools.list_ports_osx": _list_plugged,
    "serial.tools.list_ports_posix": _list_plugged,
    "serial.tools.list_ports_windows": _list_plugged,
}


class _Finder(MetaPathFinder):
    """Finds the modules of _PATCHES where they are, and has them changed once they have run."""

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> ModuleSpec | None:
        if name not in _PATCHES:
            return None
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(name, path, target)
            if spec is not None and spec.loader is not None:
                spec.loader = _Loader(spec.loader, _PATCHES[name])
                return spec
        return None


class _Loader(Loader):
    """Loads a module as its own loader does, then changes it."""

    def __init__(self, loader: Loader, patch: Callable[[Any], None]) -> None:
        self._loader, self._patch = loader, patch

    def __getattr__(self, name: str) -> Any:  # what else a loader can: `python -m` asks for a module's code
        return getattr(self._loader, name)

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        if module.__spec__ is not None:
            module.__spec__.loader = module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._patch(module)
