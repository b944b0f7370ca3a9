"""Names for the board's port, and the proof that a Python takes the board for it."""

import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator import plug, profiles

NAMES = st.sets(st.sampled_from([f"/dev/ttyUSB{n}" for n in range(4)] + [f"COM{n}" for n in range(1, 8)]))


@pytest.mark.parametrize(
    ("system", "name"), [("linux", "/dev/ttyUSB"), ("windows", "COM4"), ("macos", "/dev/cu.SLAB_USBtoUART")]
)
def test_the_name_is_the_usual_one(system: plug.System, name: str) -> None:
    assert plug.default_name(system, []).startswith(name)


@given(st.sampled_from(["linux", "windows", "macos"]), NAMES)
def test_no_name_of_a_present_device_is_used(system: plug.System, taken: set[str]) -> None:
    assert plug.default_name(system, taken) not in taken


def test_on_macos_the_bridges_driver_names_the_port() -> None:
    usb = profiles.load("d1-mini").usb
    first = plug.default_name("macos", [], usb)
    assert first.startswith("/dev/cu.wchusbserial")
    assert plug.default_name("macos", [first], usb) not in ("", first)


def test_this_python_is_proven_with_the_environment_and_not_without() -> None:
    environment = plug.environment(None, "")
    assert plug.probe(sys.executable, environment)
    for option in ("-I", "-E", "-S"):
        assert not plug.probe(sys.executable, environment, [option]), option


def test_what_does_not_run_is_not_proven(tmp_path: Path) -> None:
    assert not plug.probe(tmp_path / "no-such-python", {})


LAUNCHER = b"MZ" + bytes(300) + b"#!C:\\venv\\Scripts\\python.exe\r\nPK\x03\x04" + bytes(40)
QUOTED = b'MZ..#!"C:\\my venv\\python.exe" -E\nPK\x03\x04'


@pytest.mark.parametrize(
    ("content", "python"),
    [
        (b"#!/venv/bin/python3.12\nimport x", ["/venv/bin/python3.12"]),
        (b"#!/usr/bin/env python3\n", ["python3"]),
        (b"#!/usr/bin/env -S python3 -E\n", ["python3", "-E"]),
        (b"#!/usr/bin/env\n", None),
        (b"#! \n", None),
        (b"#!/usr/bin/python3 -I\n", ["/usr/bin/python3", "-I"]),
        (b"#!/bin/sh\n'''exec' \"/a b/bin/python\" \"$0\" \"$@\"\n' '''\n", ["/a b/bin/python"]),
        (b"#!/bin/sh\n'''exec' /long/bin/python3 -E \"$0\" \"$@\"\n' '''\n", ["/long/bin/python3", "-E"]),
        (b"#!/bin/bash\necho", None),
        (b"#!\n", None),
        (b"\x7fELF", None),
        (b"", None),
    ],
)
def test_a_scripts_interpreter_is_found_where_installers_put_it(
    tmp_path: Path, content: bytes, python: list[str] | None
) -> None:
    script = tmp_path / "tool"
    script.write_bytes(content)
    assert plug.interpreter_of([str(script), "flash-id"]) == python


@pytest.mark.parametrize(
    ("content", "python"),
    [(LAUNCHER, ["C:\\venv\\Scripts\\python.exe"]), (QUOTED, ["C:\\my venv\\python.exe", "-E"])],
)
def test_a_windows_launchers_interpreter_is_found(tmp_path: Path, content: bytes, python: list[str]) -> None:
    launcher = tmp_path / "tool.exe"
    launcher.write_bytes(content)
    assert plug.interpreter_of([str(launcher)]) == python


@given(st.binary(max_size=400))
def test_any_file_can_be_asked(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    script = tmp_path_factory.mktemp("any") / "tool"
    script.write_bytes(b"#!" + content)
    found = plug.interpreter_of([str(script)])
    assert found is None or "py" in found[0]


def test_a_python_is_its_own_interpreter_with_the_options_before_its_program() -> None:
    assert plug.interpreter_of(["/usr/bin/python3.11", "-E", "-m", "esptool", "-I"]) == ["/usr/bin/python3.11", "-E"]
