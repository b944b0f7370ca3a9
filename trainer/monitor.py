"""A serial terminal: `espdojo monitor [PORT] [--baud 115200]`; Ctrl-] leaves.

At a terminal every key goes to the board at once. From a pipe, lines are sent one by one, each when the board's prompt
is back, and the monitor leaves at the end of input.
"""

import re
import sys
import threading
from collections.abc import Callable, Iterable
from typing import Final

import click
import serial

from trainer import ports
from trainer.console import is_interactive
from trainer.errors import EspdojoError
from trainer.keyboard import Keyboard, raw
from trainer.stream import ControlFilter, TextStream
from trainer.system import current
from trainer.terminal import BAUD, Connection, Terminal, looks_like_junk, open_port

__all__ = ["command", "converse", "send_lines", "the_only_port"]

LEAVE: Final = b"\x1d"
"""Ctrl-], as in pyserial's miniterm and telnet."""

LINE_EDITING: Final = re.compile(r"\x1b\[(K|\d{1,3}D)")
"""What MicroPython's line editor uses beside the backspace: erase to the end of the line, cursor left (shared/readline,
ports' mp_hal_move_cursor_back)."""

JUNK_HINT: Final = (
    "\n(These look like characters read at the wrong speed. MicroPython talks at 115200; the messages right after a "
    "reset come at 74880. Leave with Ctrl-] and try another --baud.)\n"
)

JUDGED_CHARACTERS: Final = 64
"""How much text is enough to call it junk; the boot messages alone are about as long."""


class GoneError(EspdojoError):
    """The board was unplugged while the monitor ran."""


def converse(connection: Connection, keyboard: Keyboard, show: Callable[[str], None]) -> None:
    """Pass keys to the board and its bytes to `show` until Ctrl-]. Raises `GoneError` when the board goes."""
    done = threading.Event()
    lost: list[str] = []
    reader = threading.Thread(target=_listen, args=(connection, show, done, lost), daemon=True)
    reader.start()
    try:
        while not done.is_set():
            keys = keyboard.read(0.1)
            if keys is None or LEAVE in keys:
                break
            if keys:
                connection.write(keys)
    except (OSError, serial.SerialException) as error:
        lost.append(str(error))
    finally:
        done.set()
        reader.join(timeout=2)
    if lost:
        raise GoneError(
            "The board is gone.",
            cause="It was unplugged, or the cable is loose.",
            next_step="Plug it in and start again.",
        )


def _listen(connection: Connection, show: Callable[[str], None], done: threading.Event, lost: list[str]) -> None:
    stream = TextStream(fold=False, controls=ControlFilter("\r\n\t\b", LINE_EDITING))
    seen, judged = "", False
    while not done.is_set():
        try:
            data = connection.read(max(1, connection.in_waiting))
        except (OSError, serial.SerialException) as error:
            lost.append(str(error))
            done.set()
            return
        text = stream.feed(data)
        if text:
            show(text)
        if not judged:
            seen += text
            if judged := len(seen) >= JUDGED_CHARACTERS:
                if looks_like_junk(seen):
                    show(JUNK_HINT)
                seen = ""


def send_lines(terminal: Terminal, lines: Iterable[str]) -> None:
    """Send `lines`, each when the prompt is back; at the end wait for what still comes."""
    for line in lines:
        terminal.send(line.rstrip("\r\n"))
    if not terminal.at_prompt:
        terminal.wait(1.0)
    if terminal.lost:
        raise GoneError("The board is gone.", next_step="Plug it in and start again.")


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


def _show(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


@click.command()
@click.argument("port", required=False)
@click.option("--baud", "-b", type=click.IntRange(1, 4_000_000), default=BAUD, show_default=True, help="The speed.")
def command(port: str | None, baud: int) -> None:
    """A serial terminal on PORT (default: the only board's). Ctrl-] leaves."""
    name = port or the_only_port()
    connection = open_port(name, baud, current())
    click.echo(f"{name} at {baud} baud. Ctrl-] leaves; Enter brings the prompt.", err=True)
    if not is_interactive():
        with Terminal(connection, name, baud, _show) as terminal:
            send_lines(terminal, sys.stdin)
        return
    try:
        with raw() as keyboard:
            converse(connection, keyboard, _show)
    finally:
        connection.close()
        click.echo("\nLeft the terminal.", err=True)
