"""How the screen is divided: pure arithmetic, from the window's size and what has to be shown to the height of each
part."""

from dataclasses import dataclass
from typing import Final

from emulator.picture import NARROWEST_PANEL
from trainer.ui.state import View

__all__ = ["LEAST_COLUMNS", "LEAST_ROWS", "Plan", "plan"]

LEAST_COLUMNS: Final = 50
LEAST_ROWS: Final = 15
"""A smaller window shows a sentence instead."""

WIDE_COLUMNS: Final = 110
WIDE_ROWS: Final = 28
"""From here on the board stands beside the text, and not in one line below it."""

SIDE_COLUMNS: Final = NARROWEST_PANEL
"""The column of the board, the rule and the space before it left out."""

LEAST_TEXT: Final = 4
LEAST_TERMINAL: Final = 4
LEAST_TERMINAL_ASIDE: Final = 2
"""Where the terminal matters little, and something else needs the room."""
TEXT_SHARE: Final = 0.55
"""So much of what the task leaves goes to the text, if it needs it, where the terminal is needed as well."""


@dataclass(frozen=True)
class Plan:
    """Heights in rows, widths in columns. A part with no rows is not shown; the line that is typed in always is."""

    columns: int
    """The column of text and terminal."""
    text: int
    task: int
    terminal: int
    side: int
    """The column of the board beside them; 0 where it is one line below."""
    joined: bool = False
    """The task has no room of its own: it stands below the text, and is scrolled with it."""
    fits: bool = True
    """False where the window is too small for anything but a sentence."""


def plan(columns: int, rows: int, *, view: View, text: int, task: int, reads: bool) -> Plan:
    """Divide a window of `columns` by `rows`.

    `text` and `task` are the rows that they would like to have; `reads` says that the terminal matters little now. The
    title, the keys, the two rules and, where the board is not beside, its line take a row each. The text never changes
    its height while a command prints. A task that would leave too little of text or terminal is joined to the text.
    """
    if columns < LEAST_COLUMNS or rows < LEAST_ROWS:
        return Plan(columns, 0, 0, 0, 0, fits=False)
    wide = columns >= WIDE_COLUMNS and rows >= WIDE_ROWS
    side = SIDE_COLUMNS if wide else 0
    left = columns - side - 2 if wide else columns
    room = rows - (4 if wide else 5)
    terminal = {"terminal": 2 * LEAST_TERMINAL, "text": 1, "both": LEAST_TERMINAL}[view]
    least = 0 if view == "terminal" else LEAST_TEXT
    if task > room - least - terminal:
        terminal = min(terminal, LEAST_TERMINAL_ASIDE if reads else LEAST_TERMINAL)
        return Plan(left, room - terminal, 0, terminal, side, joined=True)
    rest = room - task
    if view == "terminal":
        return Plan(left, 0, task, rest, side)
    if view == "text":
        return Plan(left, rest - 1, task, 1, side)
    most = rest - LEAST_TERMINAL if reads else max(round(rest * TEXT_SHARE), LEAST_TEXT)
    height = max(min(text, most), LEAST_TEXT)
    return Plan(left, height, task, rest - height, side)
