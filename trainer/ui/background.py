"""Is the terminal's background dark or light? It can be asked (xterm's OSC 11); one that does not answer is not waited
for."""

import os
import re
import sys
import time
from typing import Final

from trainer.ui.style import Theme

__all__ = ["ask", "theme_of"]

QUESTION: Final = b"\x1b]11;?\x1b\\\x1b[c"
"""The background's colour; and, since every terminal answers it, what kind of terminal it is."""

PATIENCE_S: Final = 1.0
"""For the answer that every terminal gives, also a busy one or one at the other end of a slow line. An answer that came
later would be taken for keys."""

ANSWER: Final = re.compile(rb"\x1b\]11;rgb:([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})/([0-9a-fA-F]{1,4})")
LAST_ANSWER: Final = re.compile(rb"\x1b\[\?[0-9;]*c")


def theme_of(answer: bytes) -> Theme | None:
    """The theme that goes with a terminal's answer, `\\x1b]11;rgb:ffff/ffff/ffff`; None if it is none."""
    found = ANSWER.search(answer)
    if found is None:
        return None
    red, green, blue = (int(part, 16) / (16 ** len(part) - 1) for part in found.groups())
    return "light" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "dark"


if sys.platform == "win32":

    def ask() -> Theme | None:
        """A Windows console is not asked."""
        return None

else:
    import select
    import termios
    import tty

    def ask() -> Theme | None:
        """Ask the terminal at standard input; None where it does not answer within `PATIENCE_S`."""
        descriptor = sys.stdin.fileno()
        try:
            settings = termios.tcgetattr(descriptor)
        except termios.error:
            return None
        answer = b""
        try:
            tty.setcbreak(descriptor, termios.TCSANOW)
            os.write(sys.stdout.fileno(), QUESTION)
            deadline = time.monotonic() + PATIENCE_S
            while not LAST_ANSWER.search(answer) and (left_s := deadline - time.monotonic()) > 0:
                if select.select([descriptor], [], [], left_s)[0]:
                    answer += os.read(descriptor, 256)
        except OSError:
            return None
        finally:
            termios.tcsetattr(descriptor, termios.TCSANOW, settings)
        return theme_of(answer)
