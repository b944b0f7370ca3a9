"""Staged troubles strike the commands that a real one would, in the tools' own words, and the shell says so."""

import subprocess
import sys
from pathlib import Path

import pytest

from trainer.board.workbench import FakeBench
from trainer.commands.command import Command
from trainer.commands.meaning import parse
from trainer.computer.staged import MARKERS, STAGED
from trainer.shell import Shell
from trainer.system import SYSTEMS, System


def command(line: str, system: System = "linux") -> Command:
    read = parse(line, system)
    assert isinstance(read, Command), read
    return read


@pytest.mark.parametrize(
    ("name", "line", "in_environment", "strikes"),
    [
        ("externally-managed", "python3 -m pip install esptool", False, True),
        ("externally-managed", "pip install esptool", True, False),
        ("externally-managed", "pip list", False, False),
        ("no-permission", "esptool --port /dev/ttyUSB0 flash-id", True, True),
        ("no-permission", "esptool flash-id", True, True),
        ("no-permission", "esptool --port /dev/ttyUSB7 flash-id", True, False),
        ("port-busy", "screen /dev/ttyUSB0 115200", False, True),
        ("port-busy", "mpremote connect /dev/ttyUSB0 ls", True, True),
        ("port-busy", "ls", True, False),
    ],
)
def test_a_trouble_strikes_what_it_would_strike(name: str, line: str, in_environment: bool, strikes: bool) -> None:
    assert STAGED[name].strikes(command(line), in_environment, "/dev/ttyUSB0") is strikes


def test_every_trouble_says_that_it_is_staged_and_what_is_put_into_the_board_is_a_fault() -> None:
    from emulator.faults import FAULTS

    for row in STAGED.values():
        assert row.note
        assert row.in_board is (row.name in FAULTS)
        assert row.in_board or set(row.says) == set(SYSTEMS)


@pytest.mark.parametrize("system", SYSTEMS)
def test_pip_is_refused_and_that_is_said_to_be_staged(system: System, tmp_path: Path) -> None:
    told: list[str] = []
    with FakeBench(system, plugged=False) as bench:
        shell = Shell(tmp_path, system, bench, told.append, wheels=lambda: None)
        shell.troubles = frozenset({"externally-managed"})
        result = shell.run("python -m pip install esptool")
    assert result.exit_status == 1
    assert "error: externally-managed-environment" in result.transcript
    assert "(espdojo: staged:" in " ".join(result.transcript.split())
    assert "".join(told) == result.transcript


def test_a_refused_port_is_said_to_be_staged_and_a_good_one_is_not(tmp_path: Path) -> None:
    with FakeBench("linux") as bench:
        shell = Shell(tmp_path, "linux", bench, lambda text: None)
        shell.troubles = frozenset({"port-busy"})
        bench.board.inject("port-busy")
        refused = shell.run(f"screen {bench.port} 115200")
        bench.board.repair("port-busy")
        shell.troubles = frozenset()
        opened = shell.run(f"screen {bench.port} 115200")
        shell.close_terminal()
    assert refused.exit_status == 1
    assert "Another program holds the port" in " ".join(refused.transcript.split())
    assert "staged" in refused.transcript
    assert opened.exit_status == 0
    assert "staged" not in opened.transcript


REAL_PIP = """
import sys, sysconfig
folder = sys.argv.pop(1)
real = sysconfig.get_path
sysconfig.get_path = lambda name, *words, **more: folder if name == "stdlib" else real(name, *words, **more)
sys.base_prefix = sys.prefix  # as outside of an environment
sys.argv[0] = "pip"
from pip._internal.cli.main import main
sys.exit(main())
"""


@pytest.mark.slow
@pytest.mark.parametrize("system", SYSTEMS)
def test_pips_words_are_its_own(system: System, tmp_path: Path) -> None:
    marker = MARKERS[system].replace("\n", "\n ")
    (tmp_path / "EXTERNALLY-MANAGED").write_text(f"[externally-managed]\nError={marker}\n", encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-c", REAL_PIP, tmp_path, "install", "esptool"],
        env={
            "PATH": "",
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": "1000",
            "LC_ALL": "C.UTF-8",
            "NO_COLOR": "1",
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        },
        capture_output=True,
        encoding="utf-8",
    )
    said = STAGED["externally-managed"].says[system]
    assert ended.returncode == STAGED["externally-managed"].exit_status
    lines = ended.stderr.splitlines()
    assert [
        line.rstrip() for line in lines[lines.index("error: externally-managed-environment") :]
    ] == said.splitlines()


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name, row in STAGED.items() if row.in_board])
def test_a_tool_that_meets_a_refusal_speaks_for_itself(name: str, tmp_path: Path) -> None:
    with FakeBench("linux") as bench:
        shell = Shell(tmp_path, "linux", bench, lambda text: None)
        assert shell.prepare_environment("esp8266", ("esptool", "mpremote"))
        shell.troubles = frozenset({name})
        bench.board.inject(name)
        result = shell.run(f"esptool --port {bench.port} flash-id")
    assert result.exit_status == 2
    assert "the port is busy or doesn't exist" in result.transcript
    assert "staged" in result.transcript
