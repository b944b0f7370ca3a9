"""The doctor's findings follow from the facts, on every system, and each problem has its cure."""

import json
from dataclasses import replace
from typing import Any

import pytest

from trainer import cli
from trainer.computer.facts import Computer, PortFacts, Python, Storage, Tool, UsbDevice
from trainer.computer.linux import Holder
from trainer.ports import Port
from trainer.subcommands import doctor
from trainer.subcommands.doctor import Finding, findings, text
from trainer.system import SYSTEMS, System

PYTHON = Python((3, 12, 4), 64, "x86_64", "/home/you/esp8266", False, True)
NAMES: dict[System, str] = {"windows": "COM4", "macos": "/dev/cu.SLAB_USBtoUART", "linux": "/dev/ttyUSB0"}
CP2102 = (0x10C4, 0xEA60)


def board(system: System = "linux", **facts: Any) -> PortFacts:
    return PortFacts(Port(NAMES[system], "CP2102", vid=CP2102[0], pid=CP2102[1]), **facts)


def healthy(system: System = "linux", **changes: Any) -> Computer:
    computer = Computer(
        system=system,
        python=PYTHON,
        tools=(Tool("esptool", "5.6.0"), Tool("mpremote", "1.29.0")),
        ports=(board(system, may_open=True),),
        usb=(UsbDevice(*CP2102, "cp210x"),),
        firmware=("MicroPython 1.23.0 (ESP8266.bin)",),
        storage=(Storage("/home/you/.local/share/espdojo", True, 10**10),),
    )
    return replace(computer, **changes)


def bad(computer: Computer) -> list[Finding]:
    return [finding for finding in findings(computer) if finding.level != "ok"]


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_healthy_computer_has_no_problem(system: System) -> None:
    found = findings(healthy(system))
    assert bad(healthy(system)) == []
    assert any(NAMES[system] in finding.what and "NodeMCU" in finding.what for finding in found)


CASES: list[tuple[str, dict[str, Any], str, list[str]]] = [
    ("problem", {"ports": (board(may_open=False, group="uucp"),)}, "no-permission", ["usermod -a -G uucp"]),
    ("problem", {"ports": (board(may_open=False, group="dialout", joined=True),)}, "not-logged-in-again", ["Log out"]),
    ("problem", {"ports": (board(may_open=True, holders=(Holder(42, "screen"),)),)}, "port-busy", ["screen", "42"]),
    ("note", {"ports": (), "usb": ()}, "no-port", ["cable that carries data"]),
    ("problem", {"ports": (), "usb": (UsbDevice(0x1A86, 0x7523, ""),)}, "bridge-without-port", ["CH340", "driver"]),
    (
        "problem",
        {"ports": (), "usb": (UsbDevice(0x1A86, 0x7523, ""),), "programs": frozenset({"brltty"})},
        "brltty-takes-port",
        ["CH340", "apt remove brltty"],
    ),
    ("note", {"programs": frozenset({"brltty"})}, "brltty-takes-port", ["braille"]),
    ("note", {"programs": frozenset({"ModemManager"})}, "modem-manager", ["systemctl stop"]),
    ("note", {"ports": (), "usb": (), "wsl": True}, "wsl-no-usb", ["rfc2217"]),
    ("problem", {"python": replace(PYTHON, makes_environments=False)}, "no-venv", ["python3-venv"]),
    (
        "note",
        {"python": replace(PYTHON, environment="", externally_managed=True)},
        "externally-managed",
        ["virtual environment"],
    ),
    (
        "note",
        {"tools": (Tool("esptool", "5.6.0", "/usr/bin/esptool", "4.7.0"),)},
        "old-esptool",
        ["4.7.0", "erase_flash", "--upgrade"],
    ),
    (
        "problem",
        {"has_wasmtime": False, "python": replace(PYTHON, bits=32, machine="armv7l")},
        "no-wasmtime",
        ["armv7l", "32 bits", "--port auto"],
    ),
    ("problem", {"damaged": ("/cache/firmware/x.bin",)}, "damaged-firmware", ["x.bin", "firmware get"]),
    ("problem", {"storage": (Storage("/data", True, 1000),)}, "full-disk", ["0.0 GB", "ESPDOJO_HOME"]),
    ("problem", {"storage": (Storage("/data", False, 10**10),)}, "read-only-folder", ["ESPDOJO_HOME"]),
]


@pytest.mark.parametrize(("level", "changes", "diagnosis", "words"), CASES, ids=[case[2] for case in CASES])
def test_what_is_wrong_is_found_with_its_cure(
    level: str, changes: dict[str, Any], diagnosis: str, words: list[str]
) -> None:
    (finding,) = [finding for finding in bad(healthy(**changes)) if finding.diagnosis == diagnosis]
    assert finding.level == level
    assert finding.cure
    said = f"{finding.what} {finding.cause} {finding.cure}"
    assert [word for word in words if word not in said] == []


def test_on_windows_a_chip_that_once_was_plugged_in_is_no_problem() -> None:
    computer = healthy("windows", ports=(), usb=(UsbDevice(*CP2102, "silabser"),))
    assert [finding.diagnosis for finding in bad(computer)] == ["no-port"]


def test_on_windows_a_missing_driver_is_named_with_its_address() -> None:
    computer = healthy("windows", ports=(), usb=(UsbDevice(*CP2102, ""),))
    (finding,) = bad(computer)
    assert "silabs.com" in finding.cure
    assert "unplug" in finding.cure


def test_what_a_system_does_not_tell_is_not_guessed() -> None:
    computer = healthy("macos", usb=None, programs=None, ports=(board("macos"),))
    assert bad(computer) == []


def test_other_things_of_the_same_makers_are_left_alone() -> None:
    assert bad(healthy(usb=(UsbDevice(0x1A86, 0xE026, ""),))) == []


@pytest.mark.parametrize(("version", "words"), [("5.6.0", "`erase-flash`"), ("4.8.1", "`erase_flash`")])
def test_esptools_spelling_is_told(version: str, words: str) -> None:
    found = findings(healthy(tools=(Tool("esptool", version),)))
    assert any(words in finding.what for finding in found if finding.topic == "esptool")


def test_old_python_and_missing_tools_and_wrong_folders() -> None:
    computer = healthy(
        python=replace(PYTHON, version=(3, 8, 1)),
        tools=(Tool("esptool", None),),
        firmware_trouble=("ESPDOJO_FIRMWARE_DIR names x, which is no folder.", "Correct it."),
    )
    assert [finding.topic for finding in bad(computer)] == ["python", "esptool", "firmware"]
    assert all(finding.cure for finding in bad(computer))


def test_variables_that_change_esptool_are_named() -> None:
    (finding,) = bad(healthy(variables={"ESPTOOL_PORT": "COM1", "ESPDOJO_HOME": "/x"}))
    assert "ESPTOOL_PORT is COM1" in finding.what


@pytest.mark.parametrize(("encoding", "noted"), [("cp1252", True), ("UTF-8", False), ("utf8", False)])
def test_a_console_that_lacks_characters_is_noted(encoding: str, noted: bool) -> None:
    assert bool(bad(healthy("windows", encoding=encoding))) is noted


def test_findings_read_well_without_colour_and_hold_no_control_sequences() -> None:
    shown = text([Finding("ports", "problem", "\x1b[31mCOM4 " + "long " * 40, "why", "do this")], 60)
    assert "\x1b" not in shown
    assert shown.startswith("PROBLEM ports: COM4")
    assert all(len(line) <= 60 for line in shown.splitlines())


@pytest.mark.parametrize(("computer", "status"), [(healthy(), 0), (healthy(has_wasmtime=False), 1)])
def test_the_command(
    computer: Computer, status: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(doctor, "examine", lambda: computer)
    assert cli.main(["doctor"]) == status
    out, err = capsys.readouterr()
    assert ("PROBLEM" in out) is bool(status)
    assert ("1 problem" if status else "No problem") in err
    assert cli.main(["doctor", "--json"]) == status
    about = json.loads(capsys.readouterr().out)
    assert (about["system"], about["problems"]) == ("linux", status)
    assert {"topic", "level", "what", "cause", "cure", "diagnosis"} == set(about["findings"][0])


def test_the_command_on_this_computer(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["doctor"]) in (0, 1)
    assert "esptool" in capsys.readouterr().out
