"""What stands before everything else: the help, the list of lessons, a question."""

from collections.abc import Callable
from functools import partial
from typing import Final

from prompt_toolkit.filters import Condition
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.layout import ConditionalContainer, Window
from prompt_toolkit.layout.dimension import Dimension

from trainer.prose import styled_paragraph
from trainer.ui.controls import Lines, clickable
from trainer.ui.drawing import Signs, cut
from trainer.ui.state import State
from trainer.workplace.hands import HANDS

__all__ = ["KEYS_HELP", "Popups"]

WIDEST: Final = 76

KEYS_HELP: Final[tuple[tuple[str, str], ...]] = (
    ("Enter", "do the line; on a page to read, show the rest, then go on"),
    ("Tab", "complete a word, a file's name, the port"),
    ("Up, Down", "earlier lines"),
    ("PgUp, PgDn", "scroll the lesson's text"),
    ("Ctrl-Up, -Down", "scroll the terminal; the mouse wheel scrolls both"),
    ("Ctrl-C", "stop what runs; at the board's prompt, interrupt the board"),
    ("F2", "a hint; once more gives the next one"),
    ("F3", "the lessons of the course"),
    ("F4", "text and terminal, text alone, terminal alone"),
    ("F5, F6, F7", "the practice board's cable, its RESET and its FLASH button"),
    ("F8", "do by hand what the step asks for, where it says so"),
    ("F9", "colours for a dark or a light window"),
    ("F10", "leave; the next time you go on where you are"),
)
"""Keys and what they do, for the help."""

HELP_END: Final = (
    "Everything works by keyboard alone, and what has a key can be typed as a word. To select text with the mouse, "
    "hold Shift (on a Mac: Fn or Option). `espdojo learn --plain` is this tutor without a screen of its own."
)


COURSE_FOOT: Final = "`Up`, `Down` choose, `Enter` opens, `Esc` closes."
HELP_FOOT: Final = "`Up`, `Down` scroll, `Esc` closes."


class Popups:
    """Draws the popup that the state asks for. `act` is called with the names of keys, and `choose` with a lesson's
    number."""

    def __init__(
        self,
        state: State,
        signs: Signs,
        size: Callable[[], tuple[int, int]],
        act: Callable[[str], None],
        scroll: Callable[[int], None],
    ) -> None:
        self._state = state
        self._signs = signs
        self._size = size
        self._act = act
        window = Window(
            Lines(self._framed, scroll),
            width=lambda: Dimension.exact(self._width()),
            height=lambda: Dimension.exact(self._height(self._width() - 4)),
            style="class:float",
        )
        self.container = ConditionalContainer(window, Condition(self._is_open))

    def _is_open(self) -> bool:
        return self._state.question is not None or self._state.popup is not None

    def _width(self) -> int:
        return min(self._size()[0] - 4, WIDEST)

    def _height(self, width: int) -> int:
        return min(len(self._content(width)) + len(self._foot(width)) + 2, self._size()[1] - 2)

    def _framed(self, width: int, height: int) -> list[StyleAndTextTuples]:
        content, foot = self._content(width - 4), self._foot(width - 4)
        room = height - 2 - len(foot)
        top = max(min(self._state.popup_scroll, len(content) - room), 0)
        self._state.popup_scroll = top
        left_up, right_up, left_down, right_down = tuple(self._signs.board.corners)
        bar, border = self._signs.horizontal, "class:float.border"
        more = f" {self._signs.more_down} more " if top + room < len(content) else ""
        lines: list[StyleAndTextTuples] = [[(border, f"{left_up}{bar * (width - 2)}{right_up}")]]
        for line in (*content[top : top + room], *foot):
            blank = " " * max(width - 4 - sum(len(piece[1]) for piece in line), 0)
            lines.append(
                [(border, f"{self._signs.vertical} "), *line, ("", blank), (border, f" {self._signs.vertical}")]
            )
        return [*lines, [(border, f"{left_down}{more}{bar * (width - 2 - len(more))}{right_down}")]]

    def _content(self, width: int) -> list[StyleAndTextTuples]:
        if self._state.question is not None:
            return self._paragraph(self._state.question.text, width)
        return self._course(width) if self._state.popup == "course" else self._help(width)

    def _foot(self, width: int) -> list[StyleAndTextTuples]:
        """What can be done with it: below what scrolls, and always to be seen."""
        if self._state.question is not None:
            yes = clickable("class:task.key", " y: yes ", lambda: self._act("yes"))
            no = clickable("class:task.key", " n: no ", lambda: self._act("no"))
            return [[], [yes, ("", "   "), no]]
        lists = self._state.popup == "course"
        return [[], *self._paragraph(COURSE_FOOT if lists else HELP_FOOT, width)]

    def _course(self, width: int) -> list[StyleAndTextTuples]:
        lines: list[StyleAndTextTuples] = [[("class:text.heading", "Lessons")], []]
        for number, entry in enumerate(self._state.course):
            sign = self._signs.steps["done" if entry.finished else "here" if entry.here else "ahead"]
            style = "class:completion-menu.completion.current" if number == self._state.chosen else ""
            text = cut(f" {sign} {number + 1:2} {entry.title}", width)
            lines.append([clickable(style, text.ljust(width), partial(self._act, f"lesson {number}"))])
        return lines

    def _help(self, width: int) -> list[StyleAndTextTuples]:
        lines: list[StyleAndTextTuples] = [[("class:text.heading", "Keys")], *self._table(KEYS_HELP, width), []]
        lines.append([("class:text.heading", "Words that you can type at any time")])
        lines += self._table(self._state.help, width)
        hands = ", ".join(f"`{hand}`" for hand in HANDS)
        about = ["", f"Hands are words too: {hands}."] if self._state.fake_board else []
        for text in (*about, "", HELP_END):
            lines += self._paragraph(text, width)
        return lines

    def _table(self, rows: tuple[tuple[str, str], ...], width: int) -> list[StyleAndTextTuples]:
        lines: list[StyleAndTextTuples] = []
        indent = max((len(key) for key, _ in rows), default=0) + 3
        for key, meaning in rows:
            for number, line in enumerate(self._paragraph(meaning, width - indent)):
                head = ("class:text.code", f" {key}".ljust(indent)) if number == 0 else ("", " " * indent)
                lines.append([head, *line])
        return lines

    def _paragraph(self, text: str, width: int) -> list[StyleAndTextTuples]:
        return [
            [(f"class:text.{style}" if style else "", part) for style, part in line]
            for line in styled_paragraph(text, width, self._signs.look)
        ]
