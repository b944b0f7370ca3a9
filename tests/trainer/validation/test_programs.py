"""Runs have the same key only where nothing differs that they could depend on, the board aside."""

from pathlib import Path

import pytest

from trainer.computer.child import Program
from trainer.validation.programs import Key, Ports, key_of

ESPTOOL = "/home/e/bin/esptool"
WINDOWS, LINUX = Ports("COM4", "COM5"), Ports("/dev/ttyUSB0", "/dev/ttyUSB1")


def key(*words: str, folder: Path, ports: Ports = WINDOWS, variables: dict[str, str] | None = None) -> Key | None:
    return key_of(Program(["/home/e/bin/python", *words], folder, variables or {}), ports)


def test_only_the_ports_names_do_not_count(tmp_path: Path) -> None:
    (tmp_path / "a.bin").write_bytes(b"first")
    words = (ESPTOOL, "--port", "COM4", "write-flash", "0", "a.bin")
    here = key(*words, folder=tmp_path)
    assert here is not None
    assert here == key(ESPTOOL, "--port", "/dev/ttyUSB0", *words[3:], folder=tmp_path, ports=LINUX)
    others = [
        key(ESPTOOL, "--port", "COM5", *words[3:], folder=tmp_path),
        key(ESPTOOL, *words[3:], folder=tmp_path),
        key(*words[:3], "--baud", "460800", *words[3:], folder=tmp_path),
        key(*words, folder=tmp_path, variables={"ESPTOOL_CFGFILE": "x"}),
        key(*words, folder=tmp_path, ports=Ports("COM5", "COM4")),
        key_of(Program(["/home/other/bin/python", *words], tmp_path, {}), WINDOWS),
    ]
    (tmp_path / "a.bin").write_bytes(b"second")
    others.append(key(*words, folder=tmp_path))
    assert here not in others
    assert len(set(others)) == len(others)


def test_the_tools_in_the_environment_count(tmp_path: Path) -> None:
    environment = tmp_path / "e"
    (environment / "lib").mkdir(parents=True)
    (environment / "pyvenv.cfg").touch()
    words = [environment / "bin/python", "-m", "esptool", "flash-id"]
    before = key_of(Program(words, tmp_path, {}), LINUX)
    (environment / "lib" / "esptool-4.8.1.dist-info").mkdir()
    assert before != key_of(Program(words, tmp_path, {}), LINUX)


@pytest.mark.parametrize(
    ("words", "has_key"),
    [
        ((ESPTOOL, "flash_id"), True),
        ((ESPTOOL, "version"), True),
        (("-m", "esptool", "--port", "COM4", "erase-flash"), True),
        (("-m", "mpremote", "exec", "print(1)"), True),
        (("/home/e/bin/mpremote", "connect", "COM4", "exec", "print(1)"), True),
        (("-m", "pip", "list"), True),
        (("--version",), True),
        ((ESPTOOL, "read-flash", "0", "16", "out"), False),
        ((ESPTOOL, "run"), False),
        (("-m", "mpremote", "mount", "."), False),
        (("-m", "mpremote", "ls", "+", "edit", "main.py"), False),
        (("-m", "mpremote", "cp", "-r", "folder", ":"), False),
        (("-m", "pip", "install", "esptool"), False),
        (("-m", "venv", "e"), False),
        (("-c", "flash-id"), False),
    ],
)
def test_what_reads_or_writes_something_else_has_no_key(
    words: tuple[str, ...], has_key: bool, tmp_path: Path
) -> None:  # fmt: skip
    (tmp_path / "folder").mkdir()
    assert (key(*words, folder=tmp_path) is not None) is has_key


def test_names_of_ports_come_back_as_they_are_on_the_system() -> None:
    text = "Connected on COM4, not on COM5\n"
    assert LINUX.shown(WINDOWS.hidden(text)) == "Connected on /dev/ttyUSB0, not on /dev/ttyUSB1\n"
    macos = Ports("/dev/cu.usb", "/dev/cu.usb2")
    assert macos.shown(WINDOWS.hidden(text)) == "Connected on /dev/cu.usb, not on /dev/cu.usb2\n"
    assert WINDOWS.shown(macos.hidden(macos.shown(WINDOWS.hidden(text)))) == text
