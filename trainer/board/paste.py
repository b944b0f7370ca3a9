"""Pasting into a serial terminal so that nothing is lost: in small portions, each when the board has answered the last.

A board takes in about as much as one line at once, and MicroPython is busy while it echoes. So the echo is waited for.
Several lines at MicroPython's prompt go through its paste mode (Ctrl-E ... Ctrl-D), where indentation stays as it is.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final, Protocol

__all__ = ["Line", "Pasted", "keys_and_pastes", "paste"]

PASTE_BEGINS: Final = b"\x1b[200~"
PASTE_ENDS: Final = b"\x1b[201~"
"""What a terminal puts around a paste when it is asked to (xterm's bracketed paste mode)."""

PORTION: Final = 32
"""Bytes sent at once."""

ANSWER_S: Final = 0.5
"""How long an answer is waited for before the next portion goes out all the same: not everything echoes."""

PROMPTED_S: Final = 5.0
"""How long where a prompt of MicroPython's has been seen, which does echo, on a computer that may be busy."""

PROMPT: Final = re.compile(r"(?:^|\n)>>> \Z")
PASTE_PROMPT: Final = re.compile(r"(?:^|\n)=== \Z")

ENTER_PASTE_MODE: Final = b"\x05"
FINISH_PASTE_MODE: Final = b"\x04"
CANCEL: Final = b"\x03"


class Line(Protocol):
    """The serial line, as pasting needs it."""

    def send(self, data: bytes) -> None:
        """Send to the board."""

    def wait(self, ready: Callable[[str], bool], timeout_s: float) -> bool:
        """Wait until `ready` holds for all the text that came since the last `send`; False if it did not in time."""

    def tail(self) -> str:
        """The end of all that came, some hundred characters."""


class Pasted(bytes):
    """A paste, as opposed to keys that were pressed."""


def keys_and_pastes(waiting: bytes, data: bytes) -> tuple[list[bytes], bytes]:
    """What was typed (`bytes`) and pasted (`Pasted`), in order, and what must wait for more input.

    `waiting` is what waited before. Without a terminal that marks pastes, several lines at once are taken for one.
    """
    found: list[bytes] = []
    rest = waiting + data
    while True:
        keys, begins, after = rest.partition(PASTE_BEGINS)
        if not begins:
            break
        pasted, ends, after_paste = after.partition(PASTE_ENDS)
        found += [keys] if keys else []
        if not ends:
            return found, begins + after
        found.append(Pasted(pasted))
        rest = after_paste
    held = next((rest[-n:] for n in range(len(PASTE_BEGINS) - 1, 2, -1) if PASTE_BEGINS.startswith(rest[-n:])), b"")
    rest = rest[: len(rest) - len(held)]
    if rest:
        found.append(Pasted(rest) if len(re.findall(rb"\r\n|\r|\n", rest)) > 1 else rest)
    return found, held


def paste(line: Line, data: bytes, stopped: Callable[[], bool] = lambda: False) -> bool:
    """Send `data`; `stopped` is asked between portions. False if it was stopped on the way."""
    lines = re.split(rb"\r\n|\r|\n", data)
    whole = lines[:-1]
    if len(whole) + bool(lines[-1]) > 1 and PROMPT.search(line.tail()):
        return _through_paste_mode(line, lines if lines[-1] else whole, stopped)
    for number, text in enumerate(lines):
        end = b"\r" if number < len(whole) else b""
        if not _send(line, text + end, stopped):
            return False
    return True


def _through_paste_mode(line: Line, lines: list[bytes], stopped: Callable[[], bool]) -> bool:
    line.send(ENTER_PASTE_MODE)
    if not line.wait(lambda text: bool(PASTE_PROMPT.search(text)), PROMPTED_S):
        line.send(CANCEL)
        return False
    for number, text in enumerate(lines):
        last = number == len(lines) - 1
        if not _send(line, text, stopped, PROMPTED_S):
            line.send(CANCEL)
            return False
        if not last:
            line.send(b"\r")
            line.wait(lambda text: bool(PASTE_PROMPT.search(text)), PROMPTED_S)
    line.send(FINISH_PASTE_MODE)
    return True


def _send(line: Line, text: bytes, stopped: Callable[[], bool], patience_s: float = ANSWER_S) -> bool:
    """Send one line's bytes, portion by portion, each waited for so long; False if stopped."""
    for portion in _portions(text):
        if stopped():
            return False
        line.send(portion)
        wanted = len(portion.decode(errors="ignore").strip("\r"))  # of a letter in two portions the end comes late
        line.wait(lambda answer, wanted=wanted: len(answer) >= wanted, patience_s)  # type: ignore[misc]
    return True


def _portions(text: bytes) -> Iterator[bytes]:
    for start in range(0, len(text), PORTION):
        yield text[start : start + PORTION]
