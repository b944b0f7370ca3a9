"""What a person can do to a board, as commands on the standard input of `espdojo board`."""

import contextlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from emulator.board import Board


class Hands:
    """A person at the board: one method a command, whose docstring is its line of help."""

    def __init__(self, board: "Board", leave: Callable[[], None], tell: Callable[[], None] = lambda: None) -> None:
        """`leave` ends the board's command; `tell` prints what the program used."""
        self._board = board
        self._leave = leave
        self._tell = tell

    def do(self, line: str) -> None:
        """Carry out one command. Raises ValueError, which says what there is, for anything else."""
        words = line.split()
        if not words:
            return
        if len(words) == 2 and words[0] in _FAULT_COMMANDS:
            _FAULT_COMMANDS[words[0]](self, words[1])
            return
        action = _COMMANDS.get(" ".join(words))
        if action is None:
            known = ", ".join((*_COMMANDS, *_FAULT_COMMANDS))
            raise ValueError(f"There is no command '{' '.join(words)}'. Commands: {known}.")
        action(self)

    def press_flash(self) -> None:
        """hold the FLASH button down (GPIO0 low)"""
        self._board.press("flash")

    def release_flash(self) -> None:
        """let it go"""
        self._board.release("flash")

    def press_reset(self) -> None:
        """hold the RST button down (EN low)"""
        self._board.press("reset")

    def release_reset(self) -> None:
        """let it go"""
        self._board.release("reset")

    def reset(self) -> None:
        """tap the RST button"""
        self._board.reset()

    def unplug(self) -> None:
        """pull the USB cable"""
        self._board.unplug()

    def plug(self) -> None:
        """put it back"""
        self._board.plug()

    def power_off(self) -> None:
        """take the chip's supply away; the USB bridge stays"""
        self._board.power(False)

    def power_on(self) -> None:
        """give it back"""
        self._board.power(True)

    def fault(self, text: str) -> None:
        """break something: NAME or NAME=VALUE, as for --fault"""
        self._board.inject(text)

    def repair(self, name: str) -> None:
        """mend the fault of that NAME"""
        self._board.repair(name)

    def coverage(self) -> None:
        """list what the program used of the chip, as --coverage does at the end"""
        self._tell()

    def quit(self) -> None:
        """stop the board, as Ctrl-C does"""
        self._leave()

    def help(self) -> None:
        """show this list"""
        for name, action in (*_COMMANDS.items(), *_FAULT_COMMANDS.items()):
            click.echo(f"  {name:14} {action.__doc__}", err=True)


_COMMANDS: dict[str, Callable[[Hands], None]] = {
    "press flash": Hands.press_flash,
    "release flash": Hands.release_flash,
    "press reset": Hands.press_reset,
    "release reset": Hands.release_reset,
    "reset": Hands.reset,
    "unplug": Hands.unplug,
    "plug": Hands.plug,
    "power off": Hands.power_off,
    "power on": Hands.power_on,
    "coverage": Hands.coverage,
    "quit": Hands.quit,
    "help": Hands.help,
}

_FAULT_COMMANDS: dict[str, Callable[[Hands, str], None]] = {"fault": Hands.fault, "repair": Hands.repair}
"""Commands with a word behind them."""


def read_commands(hands: Hands) -> None:
    """Carry out the lines of standard input until it ends; the board runs on then.

    Read past sys.stdin, whose lock a thread that waits for a line would still hold when Python shuts down.
    """
    pending = b""
    with contextlib.suppress(OSError):
        while data := os.read(0, 4096):
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                try:
                    hands.do(line.decode(errors="replace"))
                except ValueError as error:
                    click.echo(str(error), err=True)
