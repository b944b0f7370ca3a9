"""A serial terminal: `espdojo monitor [PORT] [--baud 115200]`; Ctrl-] leaves, Ctrl-T H shows what else there is.

At a terminal every key goes to the board at once. From a pipe, lines are sent one by one, each when the board's prompt
is back, and the monitor leaves at the end of input.
"""

import re
import sys
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import serial

from trainer.board.keyboard import Keyboard
from trainer.board.line_speed import SpeedJudge
from trainer.board.paste import Pasted, keys_and_pastes, paste
from trainer.board.terminal import CLOSE_S, Connection, Terminal, pull_reset
from trainer.console import text_width
from trainer.errors import EspdojoError
from trainer.prose import paragraph
from trainer.stream import ControlFilter, TextStream

__all__ = ["GoneError", "Monitor", "send_lines"]

LEAVE: Final = b"\x1d"
"""Ctrl-], as in pyserial's miniterm and telnet."""

MENU: Final = b"\x14"
"""Ctrl-T, as in miniterm."""

LINE_EDITING: Final = re.compile(r"\x1b\[(K|\d{1,3}D)")
"""What MicroPython's line editor uses beside the backspace: erase to the end of the line, cursor left (shared/readline,
ports' mp_hal_move_cursor_back)."""

KEY_S: Final = 0.1
"""How often is looked for what came meanwhile, while no key is pressed."""

MANY: Final = 32
"""So many bytes at once nobody types."""

RETRY_S: Final = 0.3
"""How often a board that is gone is looked for."""

TAIL: Final = 200
"""Characters of what came that are kept to see whether a prompt stands at the end."""


class GoneError(EspdojoError):
    """The board was unplugged while the monitor ran."""


@dataclass
class Monitor:
    """A serial terminal on one port.

    `reopen` opens the port anew at a speed and returns its name, perhaps another one, and the open port; None while
    there is no such port. It raises EspdojoError when the port is there and cannot be had. `show` gets what is to be
    seen, and `log` the board's text without control characters.
    """

    name: str
    baud: int
    reopen: Callable[[int], tuple[str, Connection] | None]
    keyboard: Keyboard
    show: Callable[[str], None]
    log: Callable[[str], None] = lambda text: None
    _link: "_Link | None" = field(default=None, init=False)
    _keys: bytes = field(default=b"", init=False)

    def run(self, connection: Connection) -> None:
        """Pass keys to the board and its text to the screen, until Ctrl-].

        When the board goes it is waited for, and the terminal goes on.
        """
        while True:
            self._link = _Link(connection, self.baud, self.show, self.log)
            try:
                left = self._serve(self._link)
            finally:
                self._link.close()
            if left:
                return
            found = self._wait_for_board()
            if found is None:
                return
            connection = found

    def say(self, text: str) -> None:
        """Words of ours, which stand out by their brackets."""
        self.show(f"\n{paragraph(f'({text})', text_width())}\n")

    def _serve(self, link: "_Link") -> bool:
        """True when the user leaves, False when the board goes."""
        while not link.lost:
            keys = self.keyboard.read(KEY_S)
            if keys is None:
                return True
            while len(keys) >= MANY and (more := self.keyboard.read(0)):  # a paste comes in pieces
                keys += more
            if remark := link.remark():
                self.say(f"{remark} {CHANGE_SPEED if link.judge.suggested else ''}".strip())
            try:
                if keys and not self._hear(link, keys):
                    return True
            except (OSError, serial.SerialException):
                break
        return False

    def _hear(self, link: "_Link", data: bytes) -> bool:
        """Do what was typed or pasted; False when it says to leave."""
        items, self._keys = keys_and_pastes(self._keys, data)
        while items:
            item = items.pop(0)
            if isinstance(item, Pasted):
                if not self._paste(link, item):
                    return False
                continue
            before, command, after = re.split(rb"([\x14\x1d]|\Z)", item, maxsplit=1)
            if before:
                link.send(before)
            if command == LEAVE:
                return False
            if command == MENU:
                rest = self._menu(link, after)
                items[:0] = [rest] if rest else []
        return True

    def _paste(self, link: "_Link", data: bytes) -> bool:
        """Paste with flow control; Ctrl-C stops it, Ctrl-] leaves. False to leave."""
        pressed = bytearray()

        def stopped() -> bool:
            pressed.extend(self.keyboard.read(0) or b"")
            return LEAVE in pressed or b"\x03" in pressed or bool(link.lost)

        if not paste(link, data, stopped):
            self.say("The paste was stopped.")
        return LEAVE not in pressed

    # Ctrl-T and a key

    def _menu(self, link: "_Link", keys: bytes) -> bytes:
        """Do what the key after Ctrl-T says; returns what was typed behind it."""
        while not keys:
            more = self.keyboard.read(KEY_S)
            if more is None or link.lost:
                return b""
            keys += more
        action, _ = ACTIONS.get(keys[:1].lower(), (Monitor.help, ""))
        action(self, link)
        return keys[1:]

    def help(self, link: "_Link") -> None:
        """What Ctrl-T can do."""
        rows = [f"  Ctrl-T {NAMES.get(key, key.decode().upper()):<7} {text}" for key, (_, text) in ACTIONS.items()]
        self.show("\n" + "\n".join(["  Ctrl-]         leave", *rows]) + "\n")

    def change_speed(self, link: "_Link") -> None:
        """Ask for a speed; Enter takes the one that would fit."""
        offered = link.judge.suggested or self.baud
        self.show(f"\n(Speed in baud, or Enter for {offered}: ")
        answer = self._ask()
        self.show(")\n")
        if answer is None:
            return
        digits = answer.decode(errors="replace").strip()
        if digits and not re.fullmatch(r"[1-9][0-9]{1,6}", digits):
            self.say(f"{digits} is no speed; it stays at {self.baud} baud.")
            return
        self.baud = int(digits or offered)
        try:
            link.set_baud(self.baud)
        except (ValueError, OSError) as error:  # SerialException is an OSError
            self.say(f"This port cannot do {self.baud} baud: {error}")
            return
        self.say(f"Now at {self.baud} baud.")

    def reset(self, link: "_Link") -> None:
        """Reset the board by the port's line."""
        try:
            link.reset(self.name)
        except EspdojoError as error:
            self.say(f"{error} {error.next_step}")

    def send_menu_key(self, link: "_Link") -> None:
        """Ctrl-T itself goes to the board."""
        link.send(MENU)

    def _ask(self) -> bytes | None:
        """What is typed until Enter; None when Ctrl-C, Escape or Ctrl-] come instead."""
        typed = bytearray()
        while True:
            keys = self.keyboard.read(KEY_S)
            if keys is None:
                return None
            for key in keys:
                if key in b"\r\n":
                    return bytes(typed)
                if key in b"\x03\x1b\x1d":
                    return None
                if key in b"\x08\x7f":
                    if typed:
                        typed.pop()
                        self.show("\b \b")
                elif len(typed) < 12 and 0x20 < key < 0x7F:
                    typed.append(key)
                    self.show(chr(key))

    def _wait_for_board(self) -> Connection | None:
        """The board's port, when it is there again; None when the user leaves instead."""
        self.say(f"The board is gone: unplugged, or a loose cable. {self.name} is waited for; Ctrl-] leaves.")
        reason = ""
        while True:
            try:
                found = self.reopen(self.baud)
            except EspdojoError as error:
                if str(error) != reason:
                    self.say(f"{error} {error.cause} Trying on; Ctrl-] leaves.")
                reason, found = str(error), None
            if found is not None:
                self.name, connection = found
                self.say(f"It is back, at {self.name}.")
                return connection
            keys = self.keyboard.read(RETRY_S)
            if keys is None or LEAVE in keys:
                return None


CHANGE_SPEED: Final = "Ctrl-T B changes the speed."

ACTIONS: Final[Mapping[bytes, tuple[Callable[[Monitor, "_Link"], None], str]]] = {
    b"b": (Monitor.change_speed, "change the speed (baud)"),
    b"r": (Monitor.reset, "reset the board by the port's line"),
    MENU: (Monitor.send_menu_key, "send Ctrl-T to the board"),
    b"h": (Monitor.help, "this help"),
}
"""What a key after Ctrl-T does."""

NAMES: Final = {MENU: "Ctrl-T"}


class _Link:
    """The open port with a thread that listens; what a paste needs (`trainer.board.paste.Line`)."""

    def __init__(
        self, connection: Connection, baud: int, show: Callable[[str], None], log: Callable[[str], None]
    ) -> None:
        self.judge = SpeedJudge(baud)
        self.lost = ""
        self._connection = connection
        self._show = show
        self._log = log
        self._screen = TextStream(fold=False, controls=ControlFilter("\r\n\t\b", LINE_EDITING))
        self._plain = TextStream(fold=False)
        self._changed = threading.Condition()
        self._tail = ""
        self._answer = ""
        self._remark = ""
        self._closing = False
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def close(self) -> None:
        """Release the port."""
        self._closing = True
        self._reader.join(timeout=CLOSE_S)
        with suppress(OSError, serial.SerialException):
            self._connection.close()

    def set_baud(self, baud: int) -> None:
        """Listen and send at another speed. Raises ValueError, OSError where the port cannot."""
        self._connection.baudrate = baud
        with self._changed:
            self.judge = SpeedJudge(baud)
            self._remark = ""

    def reset(self, name: str) -> None:
        """Pull the reset line. Raises TerminalError."""
        pull_reset(self._connection, name)

    def remark(self) -> str:
        """What is to be said about what has come, once."""
        with self._changed:
            remark, self._remark = self._remark, ""
        return remark

    # what a paste needs

    def send(self, data: bytes) -> None:
        with self._changed:
            self._answer = ""
        self._connection.write(data)

    def wait(self, ready: Callable[[str], bool], timeout_s: float) -> bool:
        with self._changed:
            return self._changed.wait_for(lambda: ready(self._answer) or bool(self.lost), timeout_s)

    def tail(self) -> str:
        with self._changed:
            return self._tail

    def _listen(self) -> None:
        while not self._closing:
            try:
                data = self._connection.read(max(1, self._connection.in_waiting))
            except (OSError, serial.SerialException, TypeError) as error:
                # pyserial's POSIX port raises TypeError when it is closed while it reads.
                with self._changed:
                    self.lost = "" if self._closing else str(error) or "the board was unplugged"
                    self._changed.notify_all()
                return
            if text := self._screen.feed(data):
                self._show(text)
            plain = self._plain.feed(data)
            if plain:
                self._log(plain.replace("\r", ""))
            with self._changed:
                self._remark = self._remark or self.judge.hear(data, time.monotonic())
                if plain:
                    self._tail = (self._tail + plain)[-TAIL:]
                    self._answer += plain
                    self._changed.notify_all()


def send_lines(terminal: Terminal, lines: Iterable[str]) -> None:
    """Send `lines`, each when the prompt is back; at the end wait for what still comes."""
    for line in lines:
        terminal.send(line.rstrip("\r\n"))
    if not terminal.at_prompt:
        terminal.wait(1.0)
    if terminal.lost:
        raise GoneError("The board is gone.", next_step="Plug it in and start again.")


def show_on_screen(text: str) -> None:
    """Write to standard output at once."""
    sys.stdout.write(text)
    sys.stdout.flush()
