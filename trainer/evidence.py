"""What a learner did and what came of it, as plain data: the desk writes it down, checkers judge by it."""

from dataclasses import dataclass
from pathlib import Path

from trainer.commands.command import Command
from trainer.images.flashed import FlashView

__all__ = ["Evidence"]


@dataclass(frozen=True)
class Evidence:
    """What the learner did and what came of it."""

    line: str = ""
    """What was typed, chosen or said, as it was typed."""
    command: Command | None = None
    """The line as a command of the learner's shell, when it is one."""
    refusal: str = ""
    """Why the shell did not run the line, in its own words; empty when it ran."""
    exit_status: int | None = None
    transcript: str = ""
    """What the command or the board printed: plain text, without control sequences."""
    port: str | None = None
    """The port that the learner's board is at; None while there is none."""
    ports: tuple[str, ...] = ()
    """Every port there is, the board's included."""
    plugged: bool = False
    folder: str = ""
    """The learner's folder, seen from their home folder, with forward slashes; "" is home itself."""
    environment: str | None = None
    """The active virtual environment's name."""
    terminal_baud: int | None = None
    """The speed of the serial terminal that is open; None while none is."""
    flash: FlashView | None = None
    """The flash chip of a fake board; None for a real one."""
    by_typing: bool = False
    """What the step asks for is done by typing it: hands at a fake board, and what mends it. Else the learner does it,
    and says so."""
    unfinished: bool = False
    """Python on the board waits for the rest of a block that the step does not ask for."""
    astray: bool = False
    """The line was typed into such a block, and not at `>>>`."""
    led: str = ""
    """What the LED of a fake board was seen to do, after a look at it: "on", "off" or "blinking"; else empty."""
    firmware: Path | None = None
    """The lesson's firmware file on the learner's computer; None while it is not there."""
