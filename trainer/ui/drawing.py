"""What each part of the screen shows: from the `State` to lines of styled text. Nothing here reads a key or knows a
window."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from prompt_toolkit.formatted_text import StyleAndTextTuples

from emulator import picture
from trainer.prose import STYLED, Line, Look, render_styled, styled_paragraph
from trainer.system import System, current
from trainer.ui.controls import clickable
from trainer.ui.state import Page, Part, Remark, State
from trainer.ui.terminal_text import wrapped
from trainer.workplace.hands import HANDS

__all__ = ["ASCII", "UNICODE", "Drawing", "Signs", "cut"]

WIDEST_TEXT: Final = 90
"""Columns; longer lines are tiring to read."""

Lines = list[StyleAndTextTuples]


@dataclass(frozen=True)
class Signs:
    """The characters that are no words."""

    board: picture.Glyphs
    look: Look
    spinner: str
    horizontal: str
    vertical: str
    bar: str
    bar_ahead: str
    right: str
    wrong: str
    more_up: str
    more_down: str
    steps: dict[str, str]


UNICODE: Final = Signs(
    board=picture.UNICODE,
    look=STYLED,
    spinner="⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏",
    horizontal="─",
    vertical="│",
    bar="█",
    bar_ahead="░",
    right="✓",
    wrong="✗",
    more_up="▲",
    more_down="▼",
    steps={"done": "✓", "skipped": "–", "here": "▶", "ahead": "·"},
)
ASCII: Final = Signs(
    board=picture.ASCII,
    look=replace(STYLED, bullet="*", quote="|", rule="-"),
    spinner="|/-\\",
    horizontal="-",
    vertical="|",
    bar="#",
    bar_ahead=".",
    right="+",
    wrong="!",
    more_up="^",
    more_down="v",
    steps={"done": "+", "skipped": "-", "here": ">", "ahead": "."},
)
SPINS_PER_S: Final = 8

SCROLLS: Final[dict[System, str]] = {"windows": "Ctrl-Up", "linux": "Ctrl-Up", "macos": "wheel"}
"""What scrolls the terminal on this computer. On a Mac Ctrl-Up belongs to the system (Mission Control)."""


class Drawing:
    """Draws a `State`. `act` is called with what a click stands for: a word to the tutor, a hand, or the name of a
    key."""

    def __init__(self, state: State, signs: Signs, act: Callable[[str], None]) -> None:
        self._state = state
        self.signs = signs
        self._act = act
        self._drawn: tuple[Page | None, int, Lines] = (None, 0, [])

    def sentence(self, text: str, width: int) -> Lines:
        """A paragraph in ordinary text."""
        return [list(line) for line in styled_paragraph(text, width, self.signs.look)]

    # The lesson's text

    def page(self, width: int) -> Lines:
        """The whole page, wrapped."""
        shown, drawn_width, lines = self._drawn
        page = self._state.page
        if shown is not page or drawn_width != width:
            lines = self._page(page, min(width - 2, WIDEST_TEXT))
            self._drawn = (page, width, lines)
        return lines

    def _page(self, shown: Page, width: int) -> Lines:
        lines: Lines = []
        for part in shown.parts:
            lines += [[]] if lines else []
            lines += [
                [("class:" + _name("text", style), text) for style, text in line] for line in self._part(part, width)
            ]
        return [[("", " "), *line] for line in lines]

    def _part(self, part: Part, width: int) -> list[Line]:
        look = self.signs.look
        if part.kind == "markdown":
            return render_styled(part.text, self._state.system, self._state.values, width, look)
        lines = styled_paragraph(part.text, width, look)
        if part.kind == "paragraph":
            return lines
        if part.kind == "good":
            lines = styled_paragraph(f"{self.signs.right} {part.text}", width, look)
        return [[(style or part.kind, text) for style, text in line] for line in lines]

    def scrolled(self, width: int, joined: bool) -> Lines:
        """All that is scrolled in the text's window: the page, unless the terminal alone is wanted, and the task, where
        it is `joined` to the text."""
        page = [] if self._state.view == "terminal" else self.page(width)
        return [*page, *([[]] if page else []), *self.task(width)] if joined else page

    def text(self, width: int, height: int, joined: bool) -> Lines:
        """The rows of that which are in the window."""
        lines = self.scrolled(width, joined)
        self._state.text_scroll = max(min(self._state.text_scroll, len(lines) - height), 0)
        return lines[self._state.text_scroll : self._state.text_scroll + height]

    # What is to be done, and what was said to it

    def task(self, width: int) -> Lines:
        """The task, the answers to choose from, and the tutor's remarks below."""
        state = self._state
        lines: Lines = []
        task, width = state.task, min(width - 2, WIDEST_TEXT)
        if task.text:
            label = f"{task.label}: " if task.label else ""
            lines += self._labelled("task.label", label, task.text, width)
        lines += [
            [clickable("", text, partial(self._act, str(number)))
             for _, text in row]
            for number, option in enumerate(task.options, 1)
            for row in _hanging(f"  {number}. ", option, width, self.signs.look)
        ]  # fmt: skip
        if task.hand and state.fake_board and not state.waits_to_turn:
            hand = task.hand
            lines.append([("", "  "), clickable("class:task.key", f" F8: {hand} ", partial(self._act, "f8"))])
        for remark in state.remarks():
            lines += self._remark(remark, width)
        return [[("", " "), *line] for line in lines]

    def _labelled(self, style: str, label: str, text: str, width: int) -> Lines:
        rows = styled_paragraph(f"{label}{text}", width, self.signs.look)
        lines: Lines = [[("class:" + _name("task", name), part) for name, part in row] for row in rows]
        if label and lines and lines[0][0][1].startswith(label):
            first = lines[0][0]
            lines[0][:1] = [(f"class:{style}", label), (first[0], first[1][len(label) :])]
        return lines

    def _remark(self, remark: Remark, width: int) -> Lines:
        sign = {"right": f"{self.signs.right} ", "wrong": f"{self.signs.wrong} "}.get(remark.kind, "")
        return [
            [
                (f"class:{_name('task', style)}" if style == "code" else f"class:remark.{remark.kind}", text)
                for style, text in row
            ]
            for row in styled_paragraph(f"{sign}{remark.text}", width, self.signs.look)
        ]

    # The learner's terminal

    def prompt(self, prompt: str, at_board: bool) -> StyleAndTextTuples:
        """What stands before the line that is typed."""
        state = self._state
        if activity := state.activity:
            now_s = time.monotonic()
            spinner = self.signs.spinner[int(now_s * SPINS_PER_S) % len(self.signs.spinner)]
            parts = [activity.what, activity.progress, f"{int(now_s - activity.since_s)} s"]
            said = ", ".join(part for part in parts if part)
            then = f", then: {', '.join(state.typed_ahead)} {self.signs.vertical}" if state.typed_ahead else ""
            return [("class:busy", f"{spinner} {said} (Ctrl-C stops){then} ")]
        if at_board and state.terminal.last_line:  # a remark may have pushed it up
            return list(state.terminal.last_line)
        return [("class:terminal.prompt", prompt)]

    def terminal(self, width: int, height: int, *, with_last: bool) -> Lines:
        """The rows of the terminal that are in the window."""
        rows = self._state.terminal.rows(width, height, self._state.terminal_scroll, with_last=with_last)
        return [list(row) for row in rows]

    # Around

    def title(self, width: int) -> StyleAndTextTuples:
        """Lesson, step and how much is done."""
        contents = self._state.contents
        where = f"step {contents.number} of {len(contents.steps)}" if contents.steps else ""
        course = f"lesson {contents.lesson} of {contents.lessons}" if contents.lesson else ""
        name = f" {contents.title}"
        for left, parts in ((f" espdojo  {name}", (course, where)), (name, (course, where)), (name, (where,))):
            right = "   ".join(part for part in parts if part) + " "
            room = width - len(left) - len(right)
            if room >= 1:
                break
        cells = min(max(room - 4, 0), 20)
        done = round(contents.share * cells)
        bar = self.signs.bar * done + self.signs.bar_ahead * (cells - done) if cells >= 5 else ""
        left = cut(left, max(width - len(right) - 1, 4))
        gap = width - len(left) - len(bar) - len(right) - 1
        return [("class:title", left + " " * max(gap, 0)), ("class:title.bar", bar), ("class:title.dim", f" {right}")]

    def rule(self, width: int, label: str, more: str = "") -> StyleAndTextTuples:
        """A line with a label at its left and, if there is more to see, a word at its right."""
        line = self.signs.horizontal
        label = cut(label, width - 8)
        end = f" {more} {line}" if more and len(label) + len(more) + 8 <= width else ""
        pieces: StyleAndTextTuples = [("class:rule", line * 2), ("class:rule.label", f" {label} " if label else "")]
        used = 2 + (len(label) + 2 if label else 0) + len(end)
        return [*pieces, ("class:rule", line * max(width - used, 0)), ("class:rule.more", end)]

    def below(self, width: int, height: int, joined: bool) -> int:
        """How many rows of it are below the window; negative where there is room left."""
        return len(self.scrolled(width, joined)) - self._state.text_scroll - height

    def more_text(self, width: int, height: int, joined: bool) -> str:
        """Where the text goes on, outside the window."""
        below, above = self.below(width, height, joined), self._state.text_scroll
        key = "Enter" if self._state.only_reads else "PgDn"
        signs = [f"{self.signs.more_up} PgUp"] if above > 0 else []
        signs += [f"{self.signs.more_down} {key}: {below} more"] if below > 0 else []
        return "  ".join(signs)

    def more_terminal(self, above: bool) -> str:
        """Whether there is more above, and how far the terminal is scrolled back."""
        back = self._state.terminal_scroll
        signs = [f"{self.signs.more_up} {SCROLLS[current()]}"] if above else []
        signs += [f"{self.signs.more_down} {back} lines below"] if back else []
        return "  ".join(signs)

    def keys(self, keys: Iterable[tuple[str, str, str]], width: int) -> StyleAndTextTuples:
        """The line at the bottom: keys, what they do, and the names by which they are acted upon. Where room is lacking
        the last stays, which leaves, and those before it are left out."""
        shown = list(keys)
        while len(shown) > 1 and sum(len(key) + len(label) + 2 for key, label, _ in shown) > width + 1:
            del shown[-2]
        pieces: StyleAndTextTuples = []
        for key, label, action in shown:
            pieces += [
                clickable("class:keys.key", key, partial(self._act, action)),
                clickable("class:keys", f" {label} ", partial(self._act, action)),
            ]
        return pieces

    # The board

    def board_line(self, width: int) -> StyleAndTextTuples:
        """The board in one line."""
        board = self._state.board()
        if board is None:
            return []
        return [("", " "), *self._pieces(picture.line(board, width - 2, self.signs.board))]

    def side(self, width: int, height: int) -> Lines:
        """The board, and the steps below it."""
        board = self._state.board()
        drawn = picture.panel(board, width, self.signs.board, picture=height > 30) if board else []
        lines = [self._pieces(line) for line in drawn]
        room = height - len(lines) - 3
        if room >= 5:
            lines += [[], [("class:rule.label", "Steps")], *self.steps(width, room)]
        return lines

    def _pieces(self, pieces: picture.Line) -> StyleAndTextTuples:
        return [
            clickable(_board(style), text, partial(self._act, action)) if action in HANDS else (_board(style), text)
            for style, text, action in pieces
        ]

    def steps(self, width: int, height: int) -> Lines:
        """The lesson's steps around the current one."""
        steps = self._state.contents.steps
        start = max(min(self._state.contents.number - 1 - height // 2, len(steps) - height), 0)
        return [
            [(f"class:steps.{state}", cut(f"{self.signs.steps[state]} {number:2} {title}", width))]
            for number, (title, state) in list(enumerate(steps, 1))[start : start + height]
        ]


def _hanging(label: str, text: str, width: int, look: Look) -> list[Line]:
    """A paragraph behind a label."""
    rows = styled_paragraph(text, width - len(label), look)
    return [[("", label if number == 0 else " " * len(label)), *row] for number, row in enumerate(rows)]


def _name(part: str, style: str) -> str:
    return f"{part}.{style}" if style else part


def _board(style: str) -> str:
    return f"class:board.{style}" if style else ""


def cut(text: str, width: int) -> str:
    """A title that is too long ends in three dots; it is a reminder, and stands in full on its page."""
    rows = wrapped([("", text)], width)
    return text if len(rows) == 1 else f"{text[: width - 3].rstrip()}..."
