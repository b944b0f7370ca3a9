"""What stands in the learner's terminal: text as programs print it, with the colours and redrawn lines of a real
terminal.

`TerminalText` understands what command-line tools send to a terminal that is no window of theirs: line ends, carriage
return, backspace, tab, colours (SGR), moving within what is already there and erasing lines (ECMA-48). Whatever else
comes is dropped, so that nothing a program or a board sends can do more than colour its own text. Lines are kept whole
and wrapped when they are drawn, so a window can be resized at any time. It knows no widget; styles are words as
prompt_toolkit's styles have them.
"""

import re
import threading
import time
from collections.abc import Callable, Iterable
from typing import Final

from prompt_toolkit.utils import get_cwidth

from trainer.stream import window_filter

__all__ = ["MOST_LINES", "Fragments", "TerminalText", "wrapped"]

Fragments = list[tuple[str, str]]
"""(style, text), ..."""

MOST_LINES: Final = 4000
"""Older lines are forgotten."""

LONGEST_LINE: Final = 20_000
"""Cells; what is longer goes on in a line of its own."""

TAB: Final = 8

TOKEN: Final = re.compile(r"\x1b\[(?P<numbers>[0-9;:]*)(?P<final>[@-~])|(?P<control>[\r\n\t\b])")
"""What `window_filter` lets pass besides text."""

COLOURS: Final = ("black", "red", "green", "yellow", "blue", "magenta", "cyan", "gray")
BRIGHT: Final = ("brightblack", "brightred", "brightgreen", "brightyellow", "brightblue", "brightmagenta",
                 "brightcyan", "white")  # fmt: skip
SWITCHES: Final = {1: "bold", 2: "dim", 3: "italic", 4: "underline", 7: "reverse", 9: "strike"}
"""SGR number -> style word."""
SWITCHED_OFF: Final = {
    21: ("bold",),
    22: ("bold", "dim"),
    23: ("italic",),
    24: ("underline",),
    27: ("reverse",),
    29: ("strike",),
}

REDRAW_S: Final = 0.5
"""A line that is being written anew is shown as it was for so long, or until it has its old length again, or its end. A
program on a busy computer may need its time between two pieces."""

Cell = tuple[str, str]
"""(style, character)"""


class TerminalText:
    """The text of one terminal. All methods may be called from any thread.

    A progress bar is redrawn in several pieces; a drawing that falls between two of them shows the whole bar of before.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self._before: tuple[int, list[Cell], float] = (-1, [], 0.0)
        """A line's number, what stood there before it was written anew, and when that began."""
        self._filter = window_filter()
        self._style = ""
        self._pen = _Pen()
        self.clear()

    def clear(self) -> None:
        """Forget everything."""
        with self._lock:
            self._lines: list[list[Cell]] = [[]]
            self._row = self._column = 0

    def feed(self, text: str) -> None:
        """Show what a program printed; it may end anywhere, also inside a control sequence."""
        with self._lock:
            text = self._filter.feed(text)
            at = 0
            for token in TOKEN.finditer(text):
                self._write(text[at : token.start()])
                at = token.end()
                if control := CONTROLS.get(token["control"]):
                    control(self)
                elif sequence := SEQUENCES.get(token["final"]):
                    sequence(self, _numbers(token["numbers"]))
            self._write(text[at:])
            while len(self._lines) - 1 > self._row and not self._lines[-1]:
                self._lines.pop()

    def begin_line(self) -> None:
        """Go to a line of its own, unless the cursor stands at the start of one."""
        with self._lock:
            self._row = len(self._lines) - 1
            if self._lines[self._row]:
                self._line_feed()
            self._column = 0

    @property
    def last_line(self) -> Fragments:
        """The last line, which has no end yet: a prompt, perhaps."""
        with self._lock:
            return _fragments(self._lines[-1])

    @property
    def is_redrawn(self) -> bool:
        """Is a line shown as it was, so that the picture changes although nothing more comes?"""
        with self._lock:
            row = self._before[0]
            return 0 <= row < len(self._lines) and self._as_shown(row) is not self._lines[row]

    @property
    def text(self) -> str:
        """All that is kept, without its colours."""
        with self._lock:
            return "\n".join("".join(character for _, character in line) for line in self._lines)

    def rows(self, width: int, count: int, above: int = 0, *, with_last: bool = True) -> list[Fragments]:
        """The last `count` rows of at most `width` columns, less the `above` rows at the end.

        `with_last` says whether the line that has no end yet is among them. Fewer rows come where there are fewer. A
        line that is redrawn again and again, as a progress bar, is one row meanwhile: esptool's is a little too long
        for 80 columns, whatever it is told of the window.
        """
        with self._lock:
            lines = self._lines if with_last and self._as_shown(len(self._lines) - 1) else self._lines[:-1]
            found: list[Fragments] = []
            for number in range(len(lines) - 1, -1, -1):
                rows = wrapped(_fragments(self._as_shown(number)), width)
                found[:0] = rows[:1] if number == self._row == self._before[0] else rows
                if len(found) >= count + above:
                    break
        end = max(len(found) - above, min(count, len(found)))
        return found[max(end - count, 0) : end]

    def _as_shown(self, row: int) -> list[Cell]:
        number, cells, since_s = self._before
        being_written = number == row == self._row and len(self._lines[row]) < len(cells)
        return cells if being_written and self._clock() - since_s <= REDRAW_S else self._lines[row]

    # Writing

    def _write(self, text: str) -> None:
        while text:
            if self._column >= LONGEST_LINE:
                self._line_feed()
            line, piece = self._lines[self._row], text[: LONGEST_LINE - self._column]
            if len(line) < self._column:
                line.extend([("", " ")] * (self._column - len(line)))
            line[self._column : self._column + len(piece)] = [(self._style, character) for character in piece]
            self._column += len(piece)
            text = text[len(piece) :]

    def _line_feed(self) -> None:
        self._row += 1
        self._column = 0
        if self._row == len(self._lines):
            self._lines.append([])
        if len(self._lines) > MOST_LINES:
            self._row -= len(self._lines) - MOST_LINES
            self._before = (-1, [], 0.0)
            del self._lines[:-MOST_LINES]

    def _carriage_return(self) -> None:
        if self._column:
            self._before = (self._row, list(self._lines[self._row]), self._clock())
        self._column = 0

    def _backspace(self) -> None:
        self._column = max(self._column - 1, 0)

    def _tab(self) -> None:
        self._column = min((self._column // TAB + 1) * TAB, LONGEST_LINE)

    # Control sequences; each gets the sequence's numbers

    def _up(self, numbers: list[int]) -> None:
        self._row = max(self._row - max(_first(numbers), 1), 0)

    def _down(self, numbers: list[int]) -> None:
        self._row = min(self._row + max(_first(numbers), 1), len(self._lines) - 1)

    def _right(self, numbers: list[int]) -> None:
        self._column = min(self._column + max(_first(numbers), 1), LONGEST_LINE)

    def _left(self, numbers: list[int]) -> None:
        self._column = max(self._column - max(_first(numbers), 1), 0)

    def _to_column(self, numbers: list[int]) -> None:
        self._column = min(max(_first(numbers), 1) - 1, LONGEST_LINE)

    def _erase_in_line(self, numbers: list[int]) -> None:
        line, what = self._lines[self._row], _first(numbers)
        if what == 0:
            del line[self._column :]
        elif what == 1:
            line[: self._column] = [("", " ")] * min(self._column, len(line))
        else:
            line.clear()

    def _erase_below(self, numbers: list[int]) -> None:
        if _first(numbers) == 0:
            self._erase_in_line([0])
            del self._lines[self._row + 1 :]

    def _colour(self, numbers: list[int]) -> None:
        self._pen.take(numbers or [0])
        self._style = self._pen.style


CONTROLS: Final[dict[str, Callable[[TerminalText], None]]] = {
    "\n": TerminalText._line_feed,
    "\r": TerminalText._carriage_return,
    "\b": TerminalText._backspace,
    "\t": TerminalText._tab,
}

SEQUENCES: Final[dict[str, Callable[[TerminalText, list[int]], None]]] = {
    "A": TerminalText._up,
    "B": TerminalText._down,
    "C": TerminalText._right,
    "D": TerminalText._left,
    "G": TerminalText._to_column,
    "J": TerminalText._erase_below,
    "K": TerminalText._erase_in_line,
    "m": TerminalText._colour,
}
"""Final character of a control sequence -> what it does."""


class _Pen:
    """The colours that text is written in now."""

    def __init__(self) -> None:
        self._switches: set[str] = set()
        self._colours: dict[str, str] = {}

    @property
    def style(self) -> str:
        return " ".join([*sorted(self._switches), *(f"{ground}:{colour}" for ground, colour in self._colours.items())])

    def take(self, numbers: list[int]) -> None:
        """SGR."""
        queue = list(numbers)
        while queue:
            number = queue.pop(0)
            tens, ones = divmod(number, 10)
            ground = "fg" if tens in (3, 9) else "bg"
            if number == 0:
                self._switches.clear()
                self._colours.clear()
            elif number in SWITCHES:
                self._switches.add(SWITCHES[number])
            elif number in SWITCHED_OFF:
                self._switches.difference_update(SWITCHED_OFF[number])
            elif number in (38, 48):
                self._set(ground, _extended(queue))
            elif number in (39, 49):
                self._set(ground, "")
            elif tens in (3, 4) and ones < 8:
                self._set(ground, f"ansi{COLOURS[ones]}")
            elif tens in (9, 10) and ones < 8:
                self._set(ground, f"ansi{BRIGHT[ones]}")

    def _set(self, ground: str, colour: str) -> None:
        self._colours.pop(ground, None)
        if colour:
            self._colours[ground] = colour


def wrapped(line: Iterable[tuple[str, str]], width: int) -> list[Fragments]:
    """A line of fragments as rows of at most `width` columns; an empty line is one empty row."""
    rows: list[Fragments] = [[]]
    room = width
    for style, text in line:
        begin = 0
        for index, character in enumerate(text):
            columns = get_cwidth(character)
            if columns > room and room < width:
                if begin < index:
                    rows[-1].append((style, text[begin:index]))
                rows.append([])
                begin, room = index, width
            room -= columns
        rows[-1].append((style, text[begin:]))
    return rows


def _fragments(line: list[Cell]) -> Fragments:
    """Cells, neighbours in one style together."""
    fragments: Fragments = []
    for style, character in line:
        if fragments and fragments[-1][0] == style:
            fragments[-1] = (style, fragments[-1][1] + character)
        else:
            fragments.append((style, character))
    return fragments


def _numbers(text: str) -> list[int]:
    """The numbers of a control sequence."""
    return [int(number[:5] or 0) for number in re.split("[;:]", text)] if text else []


def _first(numbers: list[int]) -> int:
    return numbers[0] if numbers else 0


def _extended(queue: list[int]) -> str:
    """The colour that follows SGR 38 or 48: 5 and one of 256, or 2 and red, green, blue."""
    kind = queue.pop(0) if queue else 0
    if kind == 2 and len(queue) >= 3:
        red, green, blue = (min(queue.pop(0), 255) for _ in range(3))
        return f"#{red:02x}{green:02x}{blue:02x}"
    if kind != 5 or not queue:
        queue.clear()
        return ""
    number = min(queue.pop(0), 255)
    if number < 16:
        return f"ansi{(COLOURS + BRIGHT)[number]}"
    if number >= 232:
        grey = 8 + 10 * (number - 232)
        return f"#{grey:02x}{grey:02x}{grey:02x}"
    levels = [0, 95, 135, 175, 215, 255]
    red, green, blue = (levels[(number - 16) // 6**power % 6] for power in (2, 1, 0))
    return f"#{red:02x}{green:02x}{blue:02x}"
