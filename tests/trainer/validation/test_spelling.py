"""Every spelling of an esptool command means the same, and the old one is what old versions take."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trainer.commands.command import Command, same
from trainer.commands.meaning import parse
from trainer.system import SYSTEMS, System
from trainer.validation.spelling import old_spelling, spellings

LINES = [
    "esptool --port {port} erase-flash",
    "esptool.py -p {port} chip_id",
    "python -m esptool --port {port} --baud 460800 write-flash --flash-size detect 0 my-new-file.bin",
    "esptool --before no-reset --after hard-reset --port {port} flash-id",
    "esptool --port {port} write-flash --flash-mode=dout --flash-freq 40m 0x0 a-b.bin 0x3fc000 esp_init.bin",
    "esptool -h",
]
PORTS: dict[System, str] = {"windows": "COM4", "macos": "/dev/cu.usbserial-1420", "linux": "/dev/ttyUSB0"}


@pytest.mark.parametrize("system", SYSTEMS)
@pytest.mark.parametrize("line", LINES)
def test_all_spellings_mean_the_same(line: str, system: System) -> None:
    line = line.format(port=PORTS[system])
    command = parse(line, system)
    assert isinstance(command, Command)
    others = spellings(line, system)
    assert len(others) >= 2
    assert line not in others
    for other in others:
        read = parse(other, system)
        assert isinstance(read, Command), other
        assert same(read, command), other


def test_the_old_spelling_has_underscores_where_old_versions_want_them() -> None:
    new = "esptool --port /dev/cu.usb-serial --after no-reset write-flash --flash-size detect 0 my-file.bin"
    old = "esptool.py --port /dev/cu.usb-serial --after no_reset write_flash --flash_size detect 0 my-file.bin"
    assert old_spelling(new) == old
    assert old_spelling(old) == old


@pytest.mark.parametrize("line", ["pwd", "cd esp-folder", "esptool_x flash-id", "mpremote fs ls", ""])
def test_other_lines_have_no_other_spelling(line: str) -> None:
    assert spellings(line, "linux") == []
    assert old_spelling(line) == line


@given(st.text())
def test_any_text_is_taken(line: str) -> None:
    old_spelling(f"esptool {line}")
    spellings(line, "windows")
