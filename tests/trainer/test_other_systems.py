"""What differs on Windows and macOS, tried by setting the system: paths, ports, consoles, missing modules."""

import ast
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import emulator
import trainer
from emulator import profiles
from emulator.bridge import Bridge
from emulator.plug import default_name
from emulator.ports import pty
from emulator.ports.server import PortError
from trainer import console
from trainer.board.real_board import RealBench
from trainer.computer.environment import Environment
from trainer.subcommands.doctor import Finding
from trainer.subcommands.doctor import text as doctor_text
from trainer.system import SYSTEMS, System

POSIX_ONLY = {"fcntl", "grp", "pty", "pwd", "resource", "termios", "tty"}
WINDOWS_ONLY = {"msvcrt", "winreg", "_winapi"}

MODULES = sorted(
    path for package in (trainer, emulator) for path in Path(package.__path__[0]).rglob("*.py")
)  # fmt: skip


@pytest.mark.parametrize("path", MODULES, ids=[str(path.relative_to(path.parents[2])) for path in MODULES])
def test_modules_that_a_system_lacks_are_imported_only_under_a_condition(path: Path) -> None:
    """At the top level of a file a plain `import fcntl` would stop espdojo on Windows before it has said a word."""
    imported = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        if isinstance(node, ast.Import):
            imported |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            imported.add(node.module.partition(".")[0])
    assert imported & (POSIX_ONLY | WINDOWS_ONLY) == set()


@pytest.mark.parametrize(("name", "programs", "python"), [("nt", "Scripts", "python.exe"), ("posix", "bin", "python")])
def test_where_an_environment_has_its_programs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, programs: str, python: str
) -> None:
    environment = Environment(tmp_path / "esp8266")
    (environment.path / programs).mkdir(parents=True)
    (environment.path / programs / "esptool").touch()
    with monkeypatch.context() as patch:
        patch.setattr(os, "name", name)
        found = environment.programs, environment.python, environment.script("esptool")
    assert found[0] == environment.path / programs
    assert found[1] == environment.path / programs / python
    assert (found[2] is None) is (name == "nt"), "Windows wraps scripts in programs, which are started as modules"


@pytest.mark.parametrize(
    ("system", "taken", "name"),
    [
        ("windows", ["COM1", "COM4"], "COM5"),
        ("macos", ["/dev/cu.SLAB_USBtoUART"], "/dev/cu.SLAB_USBtoUART2"),
        ("linux", ["/dev/ttyUSB0"], "/dev/ttyUSB1"),
    ],
)
def test_a_fake_board_gets_a_name_that_is_free_there(system: System, taken: list[str], name: str) -> None:
    assert default_name(system, taken) == name


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_port_that_is_not_there_leads_on_everywhere(system: System) -> None:
    bench = RealBench(system, "COM99" if system == "windows" else "/dev/no-such-port", listing=list)
    with pytest.raises(Exception, match="Could not open") as caught:
        bench.open_terminal()
    assert getattr(caught.value, "next_step", "")


def test_without_ptys_a_board_says_what_to_use_instead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pty, "AVAILABLE", False)
    with pytest.raises(PortError, match="no pseudo-terminals") as caught:
        pty.Server(Bridge(usb=profiles.load().usb))
    assert "rfc2217" in str(caught.value)


@pytest.mark.parametrize("encoding", ["cp1252", "cp437", "ascii"])
def test_a_console_of_old_windows_shows_every_text(encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    monkeypatch.setattr(sys, "stdout", stream)
    console.prepare()
    stream.write(doctor_text([Finding("ports", "problem", "COM4 “x” → ✓ …", "Привет", "•")], 80))
    stream.flush()
    shown = stream.buffer.getvalue().decode(encoding)
    assert "COM4" in shown
    assert "->" in shown


@pytest.mark.parametrize(
    "arguments",
    [
        ["doctor"],
        ["progress"],
        pytest.param(["learn", "--plain", "--system", "windows"], marks=pytest.mark.slow),
    ],
    ids=" ".join,
)
def test_every_command_can_be_shown_on_a_cp1252_console(
    arguments: list[str], tmp_path: Path, make_micropython: Callable[..., bytes]
) -> None:
    (tmp_path / "firmware.bin").write_bytes(make_micropython())
    done = subprocess.run(
        [sys.executable, "-m", "trainer", *arguments],
        input=b"\ncd\n2\n",
        capture_output=True,
        check=False,
        env={
            **os.environ, "PYTHONIOENCODING": "cp1252:strict", "ESPDOJO_HOME": str(tmp_path),
            "ESPDOJO_FIRMWARE_DIR": str(tmp_path),
        },
    )  # fmt: skip
    shown = (done.stdout + done.stderr).decode("cp1252")
    assert "Traceback" not in shown
    assert "UnicodeEncodeError" not in shown
    if arguments[0] == "learn":
        assert "Step 1 of" in shown
        assert r"C:\Users\you" in shown
