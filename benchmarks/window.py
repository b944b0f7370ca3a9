"""A program in a real pseudo-terminal, and what a person would see of it. For benchmarks, pictures and end-to-end
tests; POSIX.

with Window(["-m", "trainer", "learn"], columns=80, rows=24) as window:
    window.wait_for("Press Enter")
    window.type("\\r")
"""

import os
import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Final, Self

import pexpect
import pyte

__all__ = ["KEYS", "Window"]

PATIENCE_S: Final = 60.0

POLL_S: Final = 0.02

KEYS: Final = {
    "F1": "\x1bOP", "F2": "\x1bOQ", "F3": "\x1bOR", "F4": "\x1bOS", "F5": "\x1b[15~", "F6": "\x1b[17~",
    "F7": "\x1b[18~", "F8": "\x1b[19~", "F9": "\x1b[20~", "F10": "\x1b[21~", "PgUp": "\x1b[5~",
    "PgDn": "\x1b[6~", "Ctrl-C": "\x03", "Enter": "\r", "Esc": "\x1b",
}  # fmt: skip
"""What xterm sends for each key."""

FRAME_BEGINS: Final = b"\x1b[?2026h"
FRAME_ENDS: Final = b"\x1b[?2026l"
"""Synchronized output: between the two, a terminal goes on showing what it showed before."""

MORE: Final = re.compile(r"▼ Enter: \d+ more")
"""The sign that a page to read goes on below the window."""

BACKGROUND_QUESTION: Final = b"\x1b]11;?"
KIND: Final = "\x1b[?62;c"
"""What kind of terminal it is: the question stands behind that for the background, and every terminal answers it."""


class Window:
    """A terminal window with a Python program in it. Raises AssertionError, with the screen, where it waits in vain."""

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        columns: int = 80,
        rows: int = 24,
        environment: Mapping[str, str] | None = None,
        background: str = "",
    ) -> None:
        """`background` is the colour that the window says it has, as xterm does ("rgb:ffff/ffff/ffff"); "" does not
        say which."""
        self._screen = pyte.Screen(columns, rows)
        self._drawn = 0
        self.written = bytearray()
        """All that the program has written."""
        self.read_at_s = 0.0
        """When the last of it was read, on time.perf_counter's clock."""
        self._stream = pyte.ByteStream(self._screen)
        self._background = background
        self.process = pexpect.spawn(
            sys.executable,
            list(arguments),
            env={**os.environ, "TERM": "xterm-256color", **(environment or {})},
            dimensions=(rows, columns),
            timeout=None,
        )

        self.process.delaybeforesend = None  # pexpect would wait 50 ms before each key

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.process.close(force=True)

    def type(self, text: str) -> None:
        """Press keys: text, or what `KEYS` has."""
        self.process.send(KEYS.get(text, text))

    def line(self, text: str) -> None:
        """Type a line, and Enter."""
        self.process.send(f"{text}\r")

    def turn_page(self) -> None:
        """Enter on a page that is to be read, as often as it takes: the rest of it comes first."""
        while more := MORE.search(self.text):
            self.type("Enter")
            self.until(lambda seen=more[0]: seen not in self.text, "the rest of the page")  # type: ignore[misc]
        self.type("Enter")

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window's corner. Nothing is to be seen until the program has drawn it anew."""
        self.screen.resize(rows, columns)
        self.screen.erase_in_display(2)
        self.process.setwinsize(rows, columns)

    def look(self, seconds: float = POLL_S) -> bool:
        """Take what the program writes within so long; False when it has ended."""
        try:
            data = self.process.read_nonblocking(1 << 16, timeout=seconds)
        except pexpect.TIMEOUT:
            return True
        except pexpect.EOF:
            return False
        self.read_at_s = time.perf_counter()
        assert isinstance(data, bytes)  # no encoding was given
        self.written += data
        if BACKGROUND_QUESTION in data:
            colour = f"\x1b]11;{self._background}\x1b\\" if self._background else ""
            self.process.send(f"{colour}{KIND}")
        return True

    @property
    def screen(self) -> pyte.Screen:
        """The screen with all that was written. It is drawn when somebody looks, as that takes a processor longer than
        the program's own drawing does."""
        undrawn = bytes(self.written[self._drawn :])
        self._drawn += len(undrawn)
        self._stream.feed(undrawn)
        return self._screen

    @property
    def rows(self) -> list[str]:
        """What stands on the screen, without blanks at the ends of its rows."""
        return _rows(self.screen)

    @property
    def text(self) -> str:
        """The same as one text, a line a row."""
        return "\n".join(self.rows)

    @property
    def flat(self) -> str:
        """The same with single blanks between the words, so that it does not matter where lines are broken."""
        return " ".join(self.text.replace("│", " ").split())

    def wait_for(self, words: str, patience_s: float = PATIENCE_S) -> None:
        """Until the words are on the screen."""
        self.until(lambda: words in self.flat, words, patience_s)

    @property
    def whole(self) -> bool:
        """Whether the frame that the program draws is complete, for programs that say so (synchronized output): a
        terminal shows no other. What is read may end anywhere."""
        return self.written.rfind(FRAME_BEGINS) <= self.written.rfind(FRAME_ENDS)

    def frames(self, since: int = 0) -> Iterator[list[str]]:
        """The rows of each frame that ended after so many bytes were written, whether or not anybody looked then. For a
        window that was never resized."""
        screen = pyte.Screen(self._screen.columns, self._screen.lines)
        stream = pyte.ByteStream(screen)
        drawn = 0
        for end in re.finditer(re.escape(FRAME_ENDS), self.written):
            stream.feed(bytes(self.written[drawn : end.end()]))
            drawn = end.end()
            if drawn > since:
                yield _rows(screen)

    def until(self, condition: Callable[[], bool], what: str, patience_s: float = PATIENCE_S) -> None:
        """Until it holds, in a whole frame."""
        deadline = time.monotonic() + patience_s
        while not (self.whole and condition()):
            running = self.look()
            assert running or condition(), f"it ended before {what!r} was seen:\n{self.text}"
            assert time.monotonic() < deadline, f"{what!r} was not seen in {patience_s:.0f} s:\n{self.text}"

    def end(self, patience_s: float = PATIENCE_S) -> int | None:
        """Wait until the program has ended; its exit status."""
        deadline = time.monotonic() + patience_s
        while self.look():
            assert time.monotonic() < deadline, f"it did not end in {patience_s:.0f} s:\n{self.text}"
        self.process.close()
        status: int | None = self.process.exitstatus
        return status


def _rows(screen: pyte.Screen) -> list[str]:
    return [row.rstrip() for row in screen.display]
