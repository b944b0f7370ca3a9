"""Serial terminals, as people call them: a row for each program, with the spellings of its options."""

import dataclasses
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from trainer.commands.command import Command, port_name
from trainer.commands.words import LineError, take_options
from trainer.system import System

__all__ = ["MINITERM", "MONITOR", "TERMINALS", "TerminalProgram"]


@dataclass(frozen=True)
class TerminalProgram:
    """How a serial terminal is called: option spellings, and the baud rate it uses when none is given."""

    baud: int
    port_options: tuple[str, ...] = ()
    baud_options: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    needs_port: bool = True
    has_window: bool = False
    """Does it open a window for its settings when it is told nothing?"""
    speeds: frozenset[int] = frozenset()
    """The only speeds that it knows, if it does not know all: for another it takes `baud`, without a word."""

    def __call__(self, words: list[str], system: System) -> Command:
        """options: ``port`` (None: the program finds it) and ``baud``; or ``said``, to a window for settings."""
        if self.has_window and not words:
            return Command("settings", {"said": ""})
        valued = dict.fromkeys(self.port_options, "port") | dict.fromkeys(self.baud_options, "baud")
        options, rest = take_options(words, valued, dict.fromkeys(self.flags, "flag"))
        if "port" not in options and rest:
            options["port"] = rest.pop(0)
        if "baud" not in options and rest:
            options["baud"] = rest.pop(0)
        if rest:
            raise LineError("usage", f"{rest[0]!r} is one word too many: a port and a baud rate are enough.")
        port, baud = options.get("port"), str(options.get("baud", self.baud)).partition(",")[0]
        if not port and self.needs_port:
            raise LineError(
                "incomplete",
                "A serial terminal has to know the port (in PuTTY: connection type Serial, serial line) and "
                "the speed. Type both after the program's name.",
            )
        if not re.fullmatch(r"[1-9][0-9]{0,6}", baud):
            raise LineError("usage", f"{baud!r} is no baud rate. MicroPython speaks at 115200.")
        speed = int(baud) if not self.speeds or int(baud) in self.speeds else self.baud
        return Command("terminal", {"port": port_name(str(port)) if port else None, "baud": speed})


MINITERM: Final = TerminalProgram(9600)
"""pyserial's miniterm: port and baud rate are plain words, 9600 unless told otherwise."""

PLINK: Final = TerminalProgram(9600, ("-serial",), ("-sercfg",))
PUTTY: Final = dataclasses.replace(PLINK, has_window=True)

SCREEN: Final = TerminalProgram(9600, speeds=frozenset({
    300, 600, 1200, 1800, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 500000, 576000, 921600,
    1000000, 1152000, 1500000, 2000000, 2500000, 3000000, 3500000, 4000000,
}))  # fmt: skip
"""GNU screen takes the speeds that termios has a constant for. Measured with screen 4.9.0: told 74880, it opens the
port at 9600 and says nothing."""

MONITOR: Final = TerminalProgram(115200, (), ("--baud", "-b"), needs_port=False)
"""``espdojo monitor``."""

TERMINALS: Final[Mapping[str, TerminalProgram]] = {
    "putty": PUTTY,
    "plink": PLINK,
    "screen": SCREEN,
    "picocom": TerminalProgram(9600, (), ("-b", "--baud")),
    "minicom": TerminalProgram(115200, ("-D", "--device"), ("-b", "--baudrate"), ("-o", "--noinit")),
    "cu": TerminalProgram(9600, ("-l", "--line"), ("-s", "--speed")),
    "tio": TerminalProgram(115200, (), ("-b", "--baudrate")),
    **dict.fromkeys(("miniterm", "pyserial-miniterm"), MINITERM),
}
"""Names of programs that are serial terminals and nothing else."""
