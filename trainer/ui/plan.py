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
    fits: bool = True
    """False where the window is too small for anything but a sentence."""


def plan(columns: int, rows: int, *, view: View, text: int, task: int, reads: bool) -> Plan:
    """Divide a window of `columns` by `rows`.

    `text` and `task` are the rows that they would like to have; `reads` says that the terminal matters little now. The
    title, the keys, the two rules and, where the board is not beside, its line take a row each. The text never changes
    its height while a command prints.
    """
    if columns < LEAST_COLUMNS or rows < LEAST_ROWS:
        return Plan(columns, 0, 0, 0, 0, fits=False)
    wide = columns >= WIDE_COLUMNS and rows >= WIDE_ROWS
    side = SIDE_COLUMNS if wide else 0
    left = columns - side - 2 if wide else columns
    room = rows - (4 if wide else 5)
    if view == "terminal":
        shown = min(task, room - 2 * LEAST_TERMINAL)
        return Plan(left, 0, shown, room - shown, side)
    if view == "text":
        shown = min(task, room - LEAST_TEXT - 1)
        return Plan(left, room - shown - 1, shown, 1, side)
    shown = min(task, room - LEAST_TEXT - LEAST_TERMINAL)
    rest = room - shown
    most = rest - LEAST_TERMINAL if reads else max(round(rest * TEXT_SHARE), LEAST_TEXT)
    height = max(min(text, most), min(LEAST_TEXT, rest - LEAST_TERMINAL))
    return Plan(left, height, shown, rest - height, side)
