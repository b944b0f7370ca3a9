"""`espdojo monitor`: which port, at what speed, with or without a log; then `trainer.monitor` takes over."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import click

from trainer import ports
from trainer.board import finding, keyboard
from trainer.board.line_speed import unreadable
from trainer.board.putty import Window, configure
from trainer.board.terminal import BAUD, Connection, Terminal, TerminalError, open_port
from trainer.console import is_interactive, text_width
from trainer.errors import EspdojoError, describe, not_written
from trainer.monitor import Monitor, send_lines, show_on_screen
from trainer.ports import Port
from trainer.prose import paragraph
from trainer.system import current

__all__ = ["command"]

MARK_PASTES: Final = "\x1b[?2004h"
LEAVE_PASTES: Final = "\x1b[?2004l"
"""Xterm's bracketed paste mode, which every common terminal knows: on and off."""


def the_only_port() -> str:
    """The port of the board, if only one can be it. Raises EspdojoError otherwise."""
    found = ports.available()
    likely = [port for port in found if port.likely] or found
    if len(likely) == 1:
        return likely[0].device
    if not likely:
        raise EspdojoError("There is no serial port.", next_step=ports.NONE_FOUND)
    raise EspdojoError(
        f"There are several serial ports: {', '.join(port.device for port in likely)}.",
        next_step=f"Name one, as in: espdojo monitor {likely[0].device}",
    )


class Reopener:
    """Opens the port of a board that was unplugged, when it is there again, perhaps under another name."""

    def __init__(self, name: str, listing: Callable[[], list[Port]] = ports.available) -> None:
        self.name = name
        self._listing = listing
        before = listing()
        self._port = next((port for port in before if port.device == name), None)
        self._beside = {port.device for port in before} - {name}

    def __call__(self, baud: int) -> tuple[str, Connection] | None:
        """None while the port is not there. Raises TerminalError when it is there and cannot be had."""
        if "://" in self.name:
            try:
                return self.name, open_port(self.name, baud, current())
            except TerminalError:  # nobody listens there yet
                return None
        listed = self._listing()
        if not os.path.exists(self.name) and self.name not in [port.device for port in listed]:
            again = ports.same_device(self._port, [port for port in listed if port.device not in self._beside])
            if again is None:
                return None
            self.name = again.device
        return self.name, open_port(self.name, baud, current())


class Log:
    """A file that the board's text is added to. When it can no longer be written, that is said and the log ends."""

    def __init__(self, file: Path, say: Callable[[str], None]) -> None:
        """Raises EspdojoError when the file cannot be opened."""
        try:
            self._stream = file.open("a", encoding="utf-8")
        except OSError as error:
            raise not_written(file, error) from error
        self._file = file
        self._say = say
        self._broken = False

    def __call__(self, text: str) -> None:
        """Add `text`; it is in the file when this returns."""
        if self._broken:
            return
        try:
            self._stream.write(text)
            self._stream.flush()
        except OSError as error:
            self._broken = True
            self._say(f"\n({describe(not_written(self._file, error))} The log ends here.)\n")

    def close(self) -> None:
        """Close the file."""
        try:
            self._stream.close()
        except OSError:
            self._broken = True


@contextmanager
def _pastes_marked() -> Iterator[None]:
    """While it lasts, the terminal tells pastes from keys, where it can."""
    can = sys.platform != "win32" and os.environ.get("TERM", "dumb") != "dumb"
    if can:
        show_on_screen(MARK_PASTES)
    try:
        yield
    finally:
        if can:
            show_on_screen(LEAVE_PASTES)


@click.command()
@click.argument("port", required=False)
@click.option("--baud", "-b", type=click.IntRange(1, 4_000_000), default=BAUD, show_default=True, help="The speed.")
@click.option("--log", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE", help="Add what comes to FILE.")
@click.option("--settings", is_flag=True, help="Choose port and speed as in PuTTY's window.")
def command(port: str | None, baud: int, log: Path | None, settings: bool) -> int:
    """A serial terminal on PORT (default: the only board's). Ctrl-] leaves, Ctrl-T H shows what else there is."""
    interactive = is_interactive()
    if settings:
        chosen = configure(
            Window(line=port or "", speed=baud),
            ports.available(),
            input,
            lambda text: click.echo(paragraph(text, text_width())),
        )
        if chosen is None:
            click.echo("Nothing was opened.", err=True)
            return 1
        port, baud = chosen
    name = port or (finding.find_board(_tell, input).device if interactive and len(ports.available()) != 1
                    else the_only_port())  # fmt: skip
    connection = open_port(name, baud, current())
    click.echo(f"{name} at {baud} baud. Ctrl-] leaves; Enter brings the prompt; Ctrl-T H: help.", err=True)
    record = Log(log, show_on_screen) if log else None
    try:
        if interactive:
            with _pastes_marked(), keyboard.raw() as keys:
                Monitor(name, baud, Reopener(name), keys, show_on_screen, record or _unlogged).run(connection)
            click.echo("\nLeft the terminal.", err=True)
        else:
            with Terminal(connection, name, baud, lambda text: _show_and_log(text, record)) as terminal:
                send_lines(terminal, sys.stdin)
                _check_speed(terminal)
    finally:
        connection.close()
        if record:
            record.close()
    return 0


def _check_speed(terminal: Terminal) -> None:
    """Raise EspdojoError when all that came was junk."""
    if unreadable(terminal.transcript.encode()):
        raise EspdojoError(
            f"What came is junk at {terminal.baud} baud: the board talks at another speed.",
            next_step=f"Try --baud {BAUD}, which is MicroPython's; --log FILE keeps what comes.",
        )


def _tell(text: str) -> None:
    click.echo(text, err=True)


def _unlogged(text: str) -> None:
    """Where there is no log."""


def _show_and_log(text: str, log: Log | None) -> None:
    show_on_screen(text)
    if log:
        log(text.replace("\r", ""))
