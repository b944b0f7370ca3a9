"""What a person can do to a board, as commands on the standard input of `espdojo board`."""

import contextlib
import os
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from emulator.board import Board
    from emulator.devices import Device


class Hands:
    """A person at the board: one method a command, whose docstring is its line of help."""

    def __init__(
        self,
        board: "Board",
        leave: Callable[[], None],
        show: Callable[[str, "Device"], None] = lambda name, device: None,
        tell: Callable[[], None] = lambda: None,
    ) -> None:
        """`leave` ends the board's command; `show` prints what an attached device shows, `tell` what the program used
        of the chip."""
        self._board = board
        self._leave = leave
        self._show = show
        self._tell = tell

    def do(self, line: str) -> None:
        """Carry out one command. Raises ValueError, which says what there is, for anything else."""
        words = line.split()
        if not words:
            return
        action = _COMMANDS.get(" ".join(words))
        if action is not None:
            action(self)
            return
        command, *rest = words
        if command not in _WITH_WORDS:
            known = ", ".join((*_COMMANDS, *_WITH_WORDS))
            raise ValueError(f"There is no command '{' '.join(words)}'. Commands: {known}.")
        form, carry_out = _WITH_WORDS[command]
        if not rest and form:
            raise ValueError(f"{command}: {carry_out.__doc__}. Write {command} {form}.")
        carry_out(self, *rest)

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

    def fault(self, *words: str) -> None:
        """break something, as --fault does"""
        self._board.inject(" ".join(words))

    def repair(self, *words: str) -> None:
        """mend that fault"""
        self._board.repair(" ".join(words))

    def press(self, *words: str) -> None:
        """hold an attached button down"""
        self.set(" ".join(words), "press")

    def release(self, *words: str) -> None:
        """let an attached button go"""
        self.set(" ".join(words), "release")

    def set(self, name: str, *values: str) -> None:
        """turn a knob, change the weather: what an attached thing can be set to"""
        device = self._board.device(name)
        if not values:
            settings = device.settings or "nothing: it only shows"
            raise ValueError(f"{name} can be set to {settings}.")
        try:
            device.set(values)
        except ValueError as error:
            raise ValueError(f"{name}: {error}.") from None

    def show(self, *words: str) -> None:
        """print what an attached thing shows, or all of them"""
        names = words or tuple(self._board.devices)
        if not names:
            raise ValueError("Nothing is attached: --attach when the board is started.")
        for name in names:
            self._show(name, self._board.device(name))

    def coverage(self) -> None:
        """list what the program used of the chip, as --coverage does at the end"""
        self._tell()

    def quit(self) -> None:
        """stop the board, as Ctrl-C does"""
        self._leave()

    def help(self) -> None:
        """show this list"""
        lines = {name: action.__doc__ for name, action in _COMMANDS.items()}
        lines |= {f"{name} {form}": action.__doc__ for name, (form, action) in _WITH_WORDS.items()}
        for name, text in lines.items():
            click.echo(f"  {name:19} {text}", err=True)


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

_WITH_WORDS: dict[str, tuple[str, Callable[..., None]]] = {
    "fault": ("NAME[=VALUE]", Hands.fault),
    "repair": ("NAME", Hands.repair),
    "press": ("BUTTON", Hands.press),
    "release": ("BUTTON", Hands.release),
    "set": ("DEVICE VALUE...", Hands.set),
    "show": ("", Hands.show),
}
"""Commands with words behind them: what these are, if they must be there, and who carries it out."""


WORKS_UNSEEN = {"press", "release", "reset", "unplug", "plug", "power", "fault", "repair", "set"}
"""First words of commands after which there is nothing to see, so that it is said that they were carried out."""


def read_commands(hands: Hands) -> None:
    """Carry out the lines of standard input until it ends; the board runs on then.

    Read past sys.stdin, whose lock a thread that waits for a line would still hold when Python shuts down.
    """
    pending = b""
    with contextlib.suppress(OSError):
        while data := os.read(0, 4096):
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                command = " ".join(line.decode(errors="replace").split())
                try:
                    hands.do(command)
                except ValueError as error:
                    click.echo(str(error), err=True)
                else:
                    if command.partition(" ")[0] in WORKS_UNSEEN:
                        click.echo(f"{command}: done", err=True)
