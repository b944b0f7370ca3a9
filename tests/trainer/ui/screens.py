"""A screen to look at: what an application writes to its terminal, as the rows that a person would see."""

import threading
from collections.abc import Callable
from typing import Any

import pyte


class Looking:
    """A terminal's screen, fed with what is written to it. One thread may write while another looks, which sees what
    was there before a `feed`, or after it."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.lock = threading.RLock()
        """Held, nothing changes between two looks."""
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)

    def feed(self, text: str) -> None:
        """Show what was written."""
        with self.lock:
            self._stream.feed(text)

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window's corner. Nothing is to be seen until it is drawn anew."""
        with self.lock:
            self.screen.resize(rows, columns)
            self.screen.erase_in_display(2)

    @property
    def rows(self) -> list[str]:
        """The rows, without blanks at their ends."""
        with self.lock:
            return [row.rstrip() for row in self.screen.display]

    @property
    def text(self) -> str:
        """All rows as one text."""
        return "\n".join(self.rows)

    @property
    def flat(self) -> str:
        """All words with single blanks, so that it does not matter where lines are broken."""
        return " ".join(self.text.replace("│", " ").split())

    def style_of(self, text: str) -> Any:
        """The character cell in which `text` begins (its `fg`, `bold`, ...)."""
        with self.lock:
            for y, row in enumerate(self.screen.display):
                if (x := row.find(text)) >= 0:
                    return self.screen.buffer[y][x]
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")

    @property
    def colours(self) -> set[str]:
        """Those in which something is written."""
        with self.lock:
            return {cell.fg for row in self.screen.buffer.values() for cell in row.values()}


Condition = Callable[[Looking], bool]
