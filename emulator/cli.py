"""The commands that need no tutor: `board` runs a fake board, `run` and `shell` plug one into other programs.

Status 0 is fine, 1 a failure, 2 wrong usage; `run` and `shell` pass on the status of what they ran. Data goes to
standard output, messages to people go to standard error.
"""

import contextlib
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any

import click

from emulator import plug, trace_text
from emulator.board_options import board_options, free_name, running_board
from emulator.bridge import BridgeError, UsbIdentity
from emulator.hands import Hands, read_commands
from emulator.packets import PacketReader
from emulator.picture import speaks_unicode
from emulator.startup.espdojo_port import wire
from emulator.trace_text import TraceText

if TYPE_CHECKING:
    from emulator.board import Board
    from emulator.devices import Device
    from emulator.trace import Event

SIGNAL_CHECK_S = 0.5 if sys.platform == "win32" else None
"""Windows delivers Ctrl-C only to a main thread that does not sleep for long."""


QUIET_S = 0.3
"""A board that has said nothing for so long has booted."""

LONGEST_BOOT_S = 3.0
"""A board that never stops talking is used as it is."""


@contextlib.contextmanager
def _errors_for_people() -> Iterator[None]:
    """Errors that our own parts raise for people become one message and status 1."""
    try:
        yield
    except click.ClickException:
        raise
    except Exception as error:
        if isinstance(error, OSError):
            message = f"{error.filename}: {error.strerror}" if error.filename else str(error)
        elif type(error).__module__.startswith("emulator."):
            message = str(error)
        else:
            raise
        advice = (getattr(error, "cause", ""), getattr(error, "next_step", ""))
        raise click.ClickException("\n".join(filter(None, (message, *advice)))) from None


# espdojo board


@click.command()
@board_options
@click.option("--trace", "as_text", is_flag=True, help="Print what happens, a line for each event.")
@click.option("--json", "as_json", is_flag=True, help="Print each event as a JSON object, one a line.")
@click.option("--coverage", "at_end", is_flag=True, help="At the end list which ROM routines and registers were used.")
@click.option("--live", is_flag=True, help="Draw the board on the whole terminal, with keys for its buttons.")
def board(as_text: bool, as_json: bool, at_end: bool, live: bool, **options: Any) -> int:
    """Run a fake board until Ctrl-C.

    Standard input takes commands: press, release, reset, unplug, plug, power, set, show, coverage, quit; help
    explains them.
    """
    if as_text and as_json:
        raise click.UsageError("--trace is for people and --json for programs: choose one of them.")
    if live and (as_text or as_json):
        raise click.UsageError("--live fills the terminal; --trace and --json print lines: choose one of them.")
    if live:
        return _live(options, at_end)
    stop = threading.Event()
    _on_signals(stop.set, signal.SIGTERM, signal.SIGINT)
    printer = _Printer(stop)
    trace = TraceText(printer.print)
    with _errors_for_people(), running_board(options | {"watch_registers": True}) as (running, urls):

        def tell_coverage() -> None:
            used = running.coverage()
            for line in (json.dumps(used.as_json()),) if as_json else used.lines():
                printer.print(line)

        if as_json:
            ready = {"event": "ready", "ports": urls, "name": running.name, "mac": running.profile.mac}
            printer.print(json.dumps(ready))
            running.events.subscribe(lambda event: printer.print(json.dumps(event.as_json())))
        else:
            _introduce(running, urls)
        if as_text:
            running.events.follow(trace)  # from its start on
        if as_text or as_json:
            PacketReader(running.bridge, running.events)
        else:
            running.events.subscribe(_name_what_is_missing)
        show = printer.device_as_json if as_json else printer.device
        commands = (Hands(running, stop.set, show, tell_coverage),)
        threading.Thread(target=read_commands, args=commands, name="standard input", daemon=True).start()
        while not stop.wait(trace_text.QUIET_S if as_text else SIGNAL_CHECK_S):
            trace.flush(trace_text.QUIET_S)
        trace.flush()
        if at_end:
            tell_coverage()
    return 0


def _name_what_is_missing(event: "Event") -> None:
    """A program called a ROM routine that we do not have: say so, as it may be why it does not come up."""
    if event.name == "rom-missing":
        click.echo(
            f"The program calls {event.data['routine']} ({event.data['address']:#010x}) of the ROM, from "
            f"{event.data['caller']:#010x}, which espdojo does not have: it gets 0.",
            err=True,
        )


def _live(options: dict[str, Any], at_end: bool) -> int:
    """The board on the whole screen, until a key ends it."""
    if not (sys.stdin.isatty() and sys.stdout.isatty()) or os.environ.get("TERM") == "dumb":
        raise click.UsageError(
            "--live draws on a terminal, and there is none here. --trace prints what happens as lines."
        )
    from emulator import live

    stopped = threading.Event()
    _on_signals(stopped.set, signal.SIGTERM)
    traffic = live.Traffic()
    with _errors_for_people(), running_board(options | {"watch_registers": at_end}, traffic) as (running, urls):
        live.show(running, urls["driver"], stopped.is_set, traffic, colour="NO_COLOR" not in os.environ)
        for line in running.coverage().lines() if at_end else ():
            click.echo(line)
    click.echo(f"The board was {running.name}; {urls['driver']} is gone.", err=True)
    return 0


class _Printer:
    """Writes lines from any thread; nobody reading any more is a reason to stop."""

    def __init__(self, stop: threading.Event) -> None:
        self._lock = threading.Lock()
        self._stop = stop

    def print(self, line: str) -> None:
        with self._lock:
            try:
                sys.stdout.write(line + "\n")
                sys.stdout.flush()
            except OSError:
                self._stop.set()

    def device_as_json(self, name: str, device: "Device") -> None:
        self.print(json.dumps({"event": "device", "device": name, **device.state()}))

    def device(self, name: str, device: "Device") -> None:
        for line in (f"{name}:", *device.draw(unicode=speaks_unicode())):
            self.print(line)


def _introduce(board: "Board", urls: Mapping[str, str]) -> None:
    click.echo(f"{board.profile.title}, {board.profile.mac}, as {board.name}")
    for transport, url in urls.items():
        click.echo(f"{transport:8} {url}")
    click.echo("Ctrl-C stops it; help lists what you can do to it. To use it from another terminal:", err=True)
    click.echo(f"  espdojo shell --on {urls['driver']}", err=True)


# espdojo run, espdojo shell


@click.command(context_settings={"allow_interspersed_args": False})
@board_options
@click.option("--on", "url", metavar="URL", help="Use the board that runs there instead of a new one.")
@click.argument("command", nargs=-1, required=True, type=click.UNPROCESSED)
def run(url: str | None, command: tuple[str, ...], **options: Any) -> int:
    """Run a Python serial program with a fake board plugged in: espdojo run -- esptool flash-id"""
    with _errors_for_people(), _plugged_in(url, options) as (name, environment, board):
        program = shutil.which(command[0], path=environment["PATH"])
        if program is None:
            raise click.ClickException(f"There is no command '{command[0]}'. Is it spelled right, and installed?")
        arguments = [program, *command[1:]]
        _check_driver(arguments, name, environment)
        if board is not None:
            _let_it_boot(board)
        return _wait_for(arguments, environment)


@click.command()
@board_options
@click.option("--on", "url", metavar="URL", help="Use the board that runs there instead of a new one.")
def shell(url: str | None, **options: Any) -> int:
    """Your own shell with a fake board plugged in, until you leave it."""
    with _errors_for_people(), _plugged_in(url, options) as (name, environment, _):
        program = os.environ.get("COMSPEC", "cmd.exe") if os.name == "nt" else os.environ.get("SHELL", "/bin/sh")
        click.echo(
            f"In this shell the board is {name}, for esptool and other Python programs. Leave with exit.", err=True
        )
        return _wait_for([program], environment)


@contextlib.contextmanager
def _plugged_in(url: str | None, options: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, str], "Board | None"]]:
    """(port name, environment, board) for a child process: the board at `url`, or a new one; only that one is ours."""
    if url is None:
        with running_board(options) as (board, urls):
            yield str(board.name), plug.child_environment(urls["driver"], str(board.name)), board
        return
    given = [f"--{name.replace('_', '-')}" for name in options if name != "name" and _is_given(name)]
    if given:
        raise click.UsageError(f"{', '.join(given)} is for a new board; --on uses one that runs already.")
    identity = _identity_at(url)
    name = options["name"] or free_name(identity)
    yield name, plug.child_environment(url, name), None


def _is_given(option: str) -> bool:
    """Whether the user wrote that option."""
    return click.get_current_context().get_parameter_source(option) is click.core.ParameterSource.COMMANDLINE


def _identity_at(url: str) -> UsbIdentity:
    """The bridge of the board at `url`."""
    answer = wire.ask(url)
    if answer is None:
        raise click.ClickException(f"No board answers at {url}. `espdojo board` starts one and prints its address.")
    if answer["status"] == wire.DENIED:
        raise click.ClickException(f"The address {url} lacks the board's token. Copy the whole line that it printed.")
    return UsbIdentity(**answer["usb"])


def _check_driver(arguments: Sequence[str], name: str, environment: Mapping[str, str]) -> None:
    """Refuse a Python program that would see real ports; say so of a program that nothing can be told of."""
    python = plug.interpreter_of(arguments)
    if python is None:
        click.echo(
            f"Note: {Path(arguments[0]).name} is no Python program, as far as espdojo can tell. "
            f"Only Python programs see the board as {name}; others see this computer's real ports.",
            err=True,
        )
    elif not plug.probe(python[0], environment, python[1:]):
        raise click.ClickException(
            f"{Path(arguments[0]).name} was not run: its Python ({' '.join(python)}) does not take {name} for the "
            "practice board, so it could reach a real one. The options -I, -E and -S have that effect."
        )


class _Ear:
    """A client that only notices that the board says something."""

    def __init__(self) -> None:
        self.heard = threading.Event()

    def receive(self, data: bytes) -> None:
        self.heard.set()

    def unplugged(self) -> None:
        pass


def _let_it_boot(board: "Board") -> None:
    """Wait until a board that has just got power is quiet, as it is by the time a person has typed a command."""
    ear = _Ear()
    try:
        board.bridge.attach(ear)
    except BridgeError:  # no port, or not for us: the command will see for itself
        return
    deadline = time.monotonic() + LONGEST_BOOT_S
    while ear.heard.wait(QUIET_S) and time.monotonic() < deadline:
        ear.heard.clear()
    board.bridge.detach(ear)


def _wait_for(arguments: Sequence[str], environment: Mapping[str, str]) -> int:
    """Run a child to its end and return its status; what stops us stops it first."""
    _on_signals(lambda: None, signal.SIGINT)  # the terminal sends it to the child as well, whose business it is
    process = subprocess.Popen(arguments, env=dict(environment))
    _on_signals(process.terminate, signal.SIGTERM)
    status = process.wait()
    return status if status >= 0 else 128 - status


def _on_signals(action: Callable[[], None], *numbers: signal.Signals) -> None:
    """Call `action` on these signals, from now on. Not SIG_IGN, which children would inherit."""

    def handler(number: int, frame: FrameType | None) -> None:
        action()

    if threading.current_thread() is threading.main_thread():
        for number in numbers:
            signal.signal(number, handler)
