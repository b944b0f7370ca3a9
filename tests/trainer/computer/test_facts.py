"""Facts about this computer, and how they are read on systems that the tests do not run on."""

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from trainer.computer import facts
from trainer.computer.facts import UsbDevice, examine, usb_in_ioreg, usb_in_registry

IOREG = """\
+-o Root  <class IORegistryEntry, id 0x100000100, retain 25>
  +-o AppleT8103USBXHCI@00000000  <class AppleT8103USBXHCI, id 0x1000003a5, retain 60>
    | {
    |   "kUSBSleepSupported" = Yes
    | }
    |
    +-o CP2102 USB to UART Bridge Controller@00100000  <class IOUSBHostDevice, id 0x100000a3f>
        {
          "sessionID" = 1183948023
          "idProduct" = 60000
          "iManufacturer" = 1
          "idVendor" = 4292
          "USB Product Name" = "CP2102 USB to UART Bridge Controller"
        }
"""


class Registry:
    """A registry as `winreg`'s functions show it: folders of names, and values."""

    def __init__(self, keys: dict[str, dict[str, str]]) -> None:
        self.keys = keys

    def open_key(self, root: object, path: str) -> str:
        if not any(key == path or key.startswith(path + "\\") for key in self.keys):
            raise FileNotFoundError(path)
        return path

    def enum_key(self, path: str, index: int) -> str:
        below = sorted({key[len(path) + 1 :].split("\\")[0] for key in self.keys if key.startswith(path + "\\")})
        if index >= len(below):
            raise OSError(259, "No more data is available")
        return below[index]

    def query(self, path: str, name: str) -> tuple[str, int]:
        try:
            return self.keys[path][name], 1
        except KeyError:
            raise FileNotFoundError(name) from None

    def devices(self) -> tuple[UsbDevice, ...]:
        return usb_in_registry(None, self.open_key, self.enum_key, self.query)


def test_usb_devices_on_windows() -> None:
    usb = r"SYSTEM\CurrentControlSet\Enum\USB"
    registry = Registry(
        {
            rf"{usb}\VID_10C4&PID_EA60\0001": {"Service": "silabser"},
            rf"{usb}\VID_1A86&PID_7523\5&1&0&2": {"ConfigFlags": "64"},
            rf"{usb}\ROOT_HUB30\4&1": {"Service": "USBHUB3"},
        }
    )
    assert registry.devices() == (UsbDevice(0x10C4, 0xEA60, "silabser"), UsbDevice(0x1A86, 0x7523, ""))
    assert Registry({}).devices() == ()


def test_usb_devices_on_macos() -> None:
    assert usb_in_ioreg(IOREG) == (UsbDevice(0x10C4, 0xEA60),)
    assert usb_in_ioreg("") == ()


def test_this_computer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESPDOJO_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("ESPDOJO_FIRMWARE_DIR", raising=False)
    (tmp_path / "home" / "cache" / "firmware").mkdir(parents=True)
    (tmp_path / "home" / "cache" / "firmware" / "page.bin").write_text("<html>")
    found = examine()
    assert found.python.version == sys.version_info[:3]
    assert found.python.bits in (32, 64)
    assert {tool.name: tool.own is not None for tool in found.tools} == {"esptool": True, "mpremote": True}
    assert found.has_wasmtime
    assert found.firmware == ()
    assert [Path(path).name for path in found.damaged] == ["page.bin"]
    assert all(place.writable and place.free_bytes for place in found.storage)
    assert found.firmware_trouble is None


def test_a_wrong_firmware_folder(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ESPDOJO_FIRMWARE_DIR", "/no-such-folder")
    trouble = examine().firmware_trouble
    assert trouble is not None
    assert "ESPDOJO_FIRMWARE_DIR" in trouble[0]


@pytest.mark.skipif(sys.platform == "win32", reason="a script without a suffix")
@pytest.mark.parametrize(
    ("script", "version"),
    [
        ("echo esptool.py v4.7.0; echo 4.7.0", "4.7.0"),
        ("echo esptool v5.6.0", "5.6.0"),
        ("exit 3", None),
        ("echo hello", None),
    ],
)
def test_the_version_of_what_a_terminal_finds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, version: str | None
) -> None:
    program = tmp_path / "esptool"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/bin:/usr/bin")
    (tool, _) = examine().tools
    assert (tool.path, tool.on_path) == (str(program), version)


def test_what_lies_in_the_current_folder_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Windows finds programs there first."""
    asked: list[str] = []
    monkeypatch.chdir(tmp_path)
    which: Callable[[str], str] = lambda name: str(tmp_path / f"{name}.exe")  # noqa: E731
    monkeypatch.setattr(facts.shutil, "which", which)
    monkeypatch.setattr(facts, "_version_of", asked.append)
    examine()
    assert asked == []
