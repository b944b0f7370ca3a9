"""PuTTY's settings window in words, for learners whose article says "select Serial, fill in the port and the speed".

A window is plain data; a line such as ``speed 115200`` changes a field. Nothing is opened here: `Window.hear` says when
it is to be done.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from typing import Final, Literal

from trainer.ports import Port

__all__ = ["Window", "configure"]

ConnectionType = Literal["Raw", "Telnet", "SSH", "Serial"]

TYPES: Final[tuple[ConnectionType, ...]] = ("Raw", "Telnet", "SSH", "Serial")
"""PuTTY's connection types, in its order; SSH is what it suggests."""

WORDS: Final = re.compile(
    r"""(?P<kind>(?:connection\ )?type)\ (?P<type>.+)
      | (?P<name>raw|telnet|ssh|serial)
      | (?:serial\ )?line\ (?P<line>\S+)
      | speed\ (?P<speed>\S+)
      | (?P<open>open)
      | (?P<cancel>cancel|close)
      | (?P<view>view|settings)""",
    re.IGNORECASE | re.VERBOSE,
)
"""What can be said to the window."""

HOW: Final = "Change a field by its name, as in `speed 115200`; `open` opens the terminal, `cancel` closes the window."

NETWORK: Final = (
    "goes through a network, and a board is on a cable: PuTTY would ask for a host name. Say `type serial` first."
)


@dataclass(frozen=True)
class Window:
    """The three fields that matter, as PuTTY has them at its start: connection type, serial line, speed in baud."""

    type: ConnectionType = "SSH"
    line: str = ""
    speed: int = 9600

    def view(self) -> str:
        """The window, as text."""
        buttons = "  ".join(f"({'*' if name == self.type else ' '}) {name}" for name in TYPES)
        fields = f"  Serial line:      {self.line or '(empty)'}\n  Speed:            {self.speed}\n"
        return (
            f"PuTTY Configuration\n  Connection type:  {buttons}\n"
            f"{fields if self.type == 'Serial' else '  Host Name:        (empty)'}".rstrip()
            + "\n"
        )

    @staticmethod
    def understands(line: str) -> bool:
        """Is `line` said to the window?"""
        return WORDS.fullmatch(" ".join(line.split())) is not None

    def hear(self, line: str) -> "Heard":
        """What `line`, which the window `understands`, makes of it."""
        said = WORDS.fullmatch(" ".join(line.split()))
        assert said is not None
        if said["open"]:
            return self._open()
        if said["cancel"]:
            return Heard(None, "The window is closed.")
        if name := said["type"] or said["name"]:
            kind = next((kind for kind in TYPES if kind.lower() == name.lower()), None)
            if kind is None:
                return Heard(self, f"{name} is no connection type. There are {', '.join(TYPES)}.")
            return self._changed(replace(self, type=kind))
        if said["line"]:
            return self._changed(replace(self, type="Serial", line=said["line"]))
        if said["speed"]:
            if not re.fullmatch(r"[1-9][0-9]{1,6}", said["speed"]):
                return Heard(self, f"{said['speed']} is no speed. MicroPython talks at 115200.")
            return self._changed(replace(self, speed=int(said["speed"])))
        return self._changed(self)

    def _changed(self, window: "Window") -> "Heard":
        return Heard(window, f"{window.view()}{HOW}")

    def _open(self) -> "Heard":
        if self.type != "Serial":
            return Heard(self, f"{self.type} {NETWORK}")
        if not self.line:
            return Heard(self, "The serial line is empty: it is the board's port. Say `line` and the port's name.")
        return Heard(None, "", (self.line, self.speed))


@dataclass(frozen=True)
class Heard:
    """What became of a line: the window as it is now (None: closed), words to show, and what is to be opened."""

    window: Window | None
    words: str
    opens: tuple[str, int] | None = None


def configure(
    window: Window, listed: Iterable[Port], ask: Callable[[str], str], tell: Callable[[str], None]
) -> tuple[str, int] | None:
    """Let somebody fill in the window; the port and the speed to open, or None when they cancel.

    `ask` returns what was typed, and raises EOFError at the end of input.
    """
    names = [port.device for port in listed]
    window = replace(window, type="Serial", line=window.line or (names[0] if len(names) == 1 else ""))
    tell(window.view() + HOW)
    if names:
        tell(f"Ports: {', '.join(names)}")
    while True:
        try:
            line = ask("> ")
        except EOFError:
            return None
        if not Window.understands(line):
            tell(HOW)
            continue
        heard = window.hear(line)
        if heard.words:
            tell(heard.words)
        if heard.window is None:
            return heard.opens
        window = heard.window
