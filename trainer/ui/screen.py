"""The screen as a whole: how it is divided now, what can be scrolled, which keys there are."""

import sys
from collections.abc import Callable
from typing import Final

from prompt_toolkit.buffer import Buffer
from prompt_toolkit.formatted_text import StyleAndTextTuples
from prompt_toolkit.utils import get_cwidth

from trainer.ui.conductor import Conductor
from trainer.ui.drawing import Drawing
from trainer.ui.plan import LEAST_COLUMNS, LEAST_ROWS, Plan, plan
from trainer.ui.state import Remark, State

__all__ = ["Screen"]

MOST_TYPED_ROWS: Final = 4

Key = tuple[str, str, str]
"""What is on the key, what it does in a word, and the name by which it is acted upon."""


LEAVE: Final = ("F10", "Leave", "f10")


class Screen:
    """Ties the `State` to the window that it is shown in. `size` tells the window's columns and rows."""

    def __init__(
        self, state: State, conductor: Conductor, drawing: Drawing, line: Buffer, size: Callable[[], tuple[int, int]]
    ) -> None:
        self.state = state
        self._conductor = conductor
        self._drawing = drawing
        self._line = line
        self._size = size
        self._remarks: tuple[Remark, ...] = ()
        self.measure()

    def measure(self) -> None:
        """Divide the window anew: before each drawing."""
        columns, rows = self._size()
        self.rows = rows
        """The window's."""
        draft = plan(columns, rows, view=self.state.view, text=0, task=0, reads=False)
        self.plan: Plan = plan(
            columns,
            rows,
            view=self.state.view,
            text=len(self._drawing.page(draft.columns)),
            task=len(self._drawing.task(draft.columns)),
            reads=self.state.page.reads,
        )
        self._show_remarks()
        before = "".join(piece[1] for piece in self._drawing.prompt(self.prompt, self.at_board))
        length = get_cwidth(before) + get_cwidth(self._line.text) + 1
        self.typed_rows = min(-(-length // self.plan.columns), MOST_TYPED_ROWS, max(self.plan.terminal, 1))
        """How many rows the typed line takes."""
        room = max(self.plan.terminal - self.typed_rows, 0)
        there = len(self._drawing.terminal(self.plan.columns, room + 1, with_last=self.shows_last))
        self.output_rows = min(there, room)
        """How many rows there are above it: as many as there is text for, so that the line follows right below."""
        self.more_output = there > room
        """Whether there is more above them."""
        self.unused_rows = max(room - there, 0)
        """How many rows are free below."""
        self.middle_rows = self.plan.text + self.plan.task + self.plan.terminal + 2
        """Text, task and terminal, and the two rules between them: what the board stands beside."""

    def _show_remarks(self) -> None:
        """What has just been said is to be seen: where it stands below the text, in one piece with it, go there."""
        before, self._remarks = self._remarks, tuple(self.state.remarks())
        if self.plan.joined and self._remarks and self._remarks != before:
            self.state.text_scroll = sys.maxsize  # the end is seen to when it is drawn

    # The terminal's part of the screen

    @property
    def at_board(self) -> bool:
        """Does the board's own prompt stand before the line?"""
        return self._conductor.at_board and not self._conductor.work.busy

    @property
    def prompt(self) -> str:
        """What stands before the line otherwise."""
        return self._conductor.prompt

    @property
    def shows_last(self) -> bool:
        """Is the terminal's last line, which has no end yet, shown above the typed one?"""
        return not self.at_board

    @property
    def terminal_title(self) -> str:
        """What stands above the terminal."""
        desk = self._conductor.desk
        terminal = desk.shell.terminal if desk is not None else None
        if terminal is None or desk is None:
            return "Your terminal"
        about = f"{terminal.port}, {terminal.baud} baud"
        to_shell = desk.takes_commands and not self.state.waits_to_turn
        return f"Your terminal (open beside it: {about})" if to_shell else f"Serial terminal: {about}"

    # Scrolling

    def scroll_text(self, rows: int) -> None:
        """Move in the lesson's text, down positive."""
        self.state.text_scroll = max(self.state.text_scroll + rows, 0)  # the end is seen to when it is drawn
        self.state.on_change()

    def scroll_terminal(self, rows: int) -> None:
        """Move in what was printed, down positive."""
        wanted = max(self.state.terminal_scroll - rows, 0)
        room = max(self.plan.terminal - self.typed_rows, 1)
        there = len(self.state.terminal.rows(self.plan.columns, room + wanted, with_last=self.shows_last))
        self.state.terminal_scroll = max(min(wanted, there - room), 0)
        self.state.on_change()

    def page(self, pages: int) -> None:
        """PgUp and PgDn: in the popup, or in the part of the screen that is large."""
        if self.state.popup is not None:
            self.scroll_popup(pages * 10)
        elif self.state.view == "terminal" and not self.plan.joined:
            self.scroll_terminal(pages * max(self.plan.terminal - 2, 1))
        else:
            self.scroll_text(pages * max(self.plan.text - 1, 1))

    @property
    def reads_on(self) -> bool:
        """Does Enter show more of the text, because nothing else is to be done and there is more?"""
        plan = self.plan
        return self.state.only_reads and plan.text > 0 and self._drawing.below(plan.columns, plan.text, plan.joined) > 0

    def scroll_popup(self, rows: int) -> None:
        """Move in the popup."""
        self.state.popup_scroll = max(self.state.popup_scroll + rows, 0)
        self.state.on_change()

    # Keys

    @property
    def keys(self) -> list[Key]:
        """The keys that make sense now, the most important first."""
        state = self.state
        if state.question is not None:
            return [("y", "Yes", "yes"), ("n", "No", "no")]
        if state.popup is not None:
            opens = [("Enter", "Open", "enter")] if state.popup == "course" else []
            return [*opens, ("Esc", "Close", "close"), ("PgDn", "More", "pagedown"), LEAVE]
        board = state.board()
        keys: list[Key] = [("F1", "Help", "f1"), ("F2", "Hint", "f2"), ("F3", "Lessons", "f3"), ("F4", "View", "f4")]
        if board is not None and board.has_buttons:
            keys += [
                ("F5", "Unplug" if board.plugged else "Plug in", "f5"),
                ("F6", "Reset", "f6"),
                ("F7", "Let go" if "flash" in board.held else "Flash", "f7"),
            ]
        if self._conductor.work.busy:
            keys[2:3] = [("^C", "Stop", "c-c")]  # in place of the lessons, which cannot be opened meanwhile
        return [*keys, LEAVE]

    def too_small(self, width: int) -> list[StyleAndTextTuples]:
        """The sentence for a window in which nothing fits, and the way on."""
        columns, rows = self._size()
        text = (
            f"This window is too small for the tutor: {columns} x {rows}. Make it at least "
            f"{LEAST_COLUMNS} x {LEAST_ROWS}, or press F9 to go on in plain lines. F10 leaves."
        )
        lines = self._drawing.sentence(text, width)
        return lines if len(lines) <= rows else self._drawing.sentence("Too small. F9: plain lines, F10: leave.", width)
