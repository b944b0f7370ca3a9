"""A screen to look at: what an application writes to its terminal, as the rows that a person would see."""

from collections.abc import Callable
from typing import Any

import pyte


class Looking:
    """A terminal's screen, fed with what is written to it."""

    def __init__(self, columns: int = 80, rows: int = 24) -> None:
        self.screen = pyte.Screen(columns, rows)
        self._stream = pyte.Stream(self.screen)

    def feed(self, text: str) -> None:
        """Show what was written."""
        self._stream.feed(text)

    def resize(self, columns: int, rows: int) -> None:
        """Drag the window's corner."""
        self.screen.resize(rows, columns)

    @property
    def rows(self) -> list[str]:
        """The rows, without blanks at their ends."""
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
        for y, row in enumerate(self.screen.display):
            if (x := row.find(text)) >= 0:
                return self.screen.buffer[y][x]
        raise AssertionError(f"{text!r} is not on the screen:\n{self.text}")


Condition = Callable[[Looking], bool]
