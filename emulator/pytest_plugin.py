"""A pytest plugin for people whose programs talk to an ESP8266: the fixture `esp8266_board`.

pytest loads this module at every start, wherever espdojo is installed; so a board is imported when a test wants one.
docs/testing-your-tool.md shows how it is used.
"""

import shutil
import subprocess
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from emulator.board import Board

MARKER = "esp8266_board"


@dataclass(frozen=True, slots=True)
class PluggedBoard:
    """A running board, and how programs reach it."""

    board: "Board"
    """What hands and eyes are for: ``board.press("flash")``, ``board.flash.read(0, 16)``, ``board.events``."""
    url: str
    """For pyserial in this process, and wherever a program takes a port: ``serial.serial_for_url(url)``."""
    port: str
    """The port's name, such as ``/dev/ttyUSB0``, in processes that have `environment`. No present device has it."""
    environment: dict[str, str] = field(repr=False)
    """For child processes: this process's, with the board plugged in and every real port hidden."""

    def run(
        self, *command: str | Path, timeout_s: float = 60, check: bool = False
    ) -> "subprocess.CompletedProcess[str]":
        """Run a Python serial program with the board plugged in; its output is captured as text.

        Raises ValueError, and runs nothing, when there is no such program, or when its Python would not see the board
        (``-I``, ``-E``, ``-S``) and so might reach a real one; TimeoutExpired; with `check`, CalledProcessError.
        """
        from emulator import plug

        program = shutil.which(command[0], path=self.environment["PATH"])
        if program is None:
            raise ValueError(f"There is no program '{command[0]}'. Is it spelled right, and installed?")
        arguments = [program, *map(str, command[1:])]
        python = plug.interpreter_of(arguments)
        if python is not None and not _takes_the_driver(*python):
            raise ValueError(f"{command[0]} was not run: its Python ({' '.join(python)}) would not see the board.")
        return subprocess.run(
            arguments,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=timeout_s,
            check=check,
        )


@cache
def _takes_the_driver(python: str, *options: str) -> bool:
    """Whether that interpreter, with its options, sees plugged-in boards instead of real ports."""
    from emulator import plug

    return plug.probe(python, plug.environment(None, ""), options)


@pytest.hookimpl(hookwrapper=True)  # the old kind, because users' pytest may be older than ours
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """A test that failed is reported with what happened on its board."""
    report = (yield).get_result()
    plugged = getattr(item, "funcargs", {}).get(MARKER)
    if isinstance(plugged, PluggedBoard) and report.when == "call" and report.failed:
        from emulator.trace_text import of_events

        report.sections.append(("ESP8266 board", "\n".join(of_events(plugged.board.events.history))))


def pytest_configure(config: pytest.Config) -> None:
    """Make the marker known, for --strict-markers and --markers."""
    config.addinivalue_line(
        "markers",
        f"{MARKER}(profile=..., flash_size=..., firmware=..., ...): the board of the fixture {MARKER}; "
        "options as emulator.Board has them",
    )


@pytest.fixture
def esp8266_board(request: pytest.FixtureRequest) -> Iterator[PluggedBoard]:
    """A fake ESP8266 board that runs, as a PluggedBoard: a NodeMCU with blank flash, as fast as it can.

    Options of `emulator.Board` come from the marker ``@pytest.mark.esp8266_board(profile="esp-01s")`` on test, class
    or module, the nearest first, and from an indirect parameter, a dict of them, before all. `firmware` may be a path,
    which goes to offset 0, or a pair of path and offset.
    """
    from emulator import plug
    from emulator.board import Board

    options = _options(request)
    with Board(**options) as board:
        url = board.serve("driver")
        name = board.name or plug.default_name(plug.current_system(), plug.present_ports(), board.profile.usb)
        yield PluggedBoard(board, url, name, plug.child_environment(url, name))


def _options(request: pytest.FixtureRequest) -> dict[str, Any]:
    """What the test wants of its board."""
    options: dict[str, Any] = {"clock": "max"}
    for mark in reversed(list(request.node.iter_markers(MARKER))):
        if mark.args:
            raise pytest.UsageError(f'the marker {MARKER} takes options by name, as in {MARKER}(profile="esp-01s")')
        options |= mark.kwargs
    options |= getattr(request, "param", {})
    firmware = options.get("firmware")
    if isinstance(firmware, str | Path):
        options["firmware"] = (Path(firmware), 0)
    return options
