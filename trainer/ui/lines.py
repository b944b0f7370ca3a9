"""Lines in and text out, without any cursor movement of our own: what the plain tutor and the demo speak through."""

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, Protocol, TextIO

from trainer.prose import printable

__all__ = ["LineReader", "PlainOutput", "PromptLines", "StreamLines"]

REDRAW_S: Final = 5.0
"""How often a line that a tool redraws gets a line of its own."""


class PlainOutput:
    """Text to standard output, line by line.

    Of a line that is redrawn after carriage returns (a progress bar), the last state is written, and one every few
    seconds on the way. What has no line end yet waits for it, or for `flush`.
    """

    def __init__(self, stream: TextIO | None = None, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = stream
        self._clock = clock
        self._line = ""
        self._told = ""
        """The last state of a redrawn line that has been written."""
        self._told_s = -REDRAW_S

    def __call__(self, text: str) -> None:
        """Write `text`, as far as its lines are whole."""
        *whole, rest = (self._line + text).split("\n")
        for line in whole:
            self._write_line(line)
        self._line = rest
        if "\r" in rest:
            self._line = "\r" + _last_state(rest)
            if self._clock() - self._told_s >= REDRAW_S:
                self._write_line(self._line)
                self._told = _last_state(rest)
        self._target.flush()

    def flush(self) -> None:
        """Write what waits for its line end, without one."""
        self._target.write(_last_state(self._line))
        self._target.flush()
        self._line = ""

    @property
    def _target(self) -> TextIO:
        return self._stream or sys.stdout  # looked up late: prompt_toolkit puts its own in place while it prompts

    def _write_line(self, line: str) -> None:
        state = _last_state(line)
        if "\r" in line:
            self._told_s = self._clock()
            if state == self._told:
                return
        self._target.write(state + "\n")
        self._told = ""


def _last_state(line: str) -> str:
    kept = line.rstrip("\r")
    return kept.rpartition("\r")[2].rstrip(" ") if "\r" in kept else kept


class LineReader(Protocol):
    """Where a learner's lines come from. Raises EOFError at their end, KeyboardInterrupt for Ctrl-C."""

    def __call__(self, prompt: str) -> str:
        """The next line, without its end."""


class StreamLines:
    """Lines of standard input as they are: pipes, scripts, dumb terminals, screen readers."""

    def __init__(self, source: TextIO | None = None, target: TextIO | None = None) -> None:
        self._source = source or sys.stdin
        self._target = target or sys.stdout

    def __call__(self, prompt: str) -> str:
        self._target.write(prompt)
        self._target.flush()
        line = self._source.readline()
        if not line:
            self._target.write("\n")
            raise EOFError
        text = line.rstrip("\r\n")
        if not self._source.isatty():  # nobody typed it on this screen; so that the text can be followed, it is shown
            self._target.write(printable(text) + "\n")
        return text


class PromptLines:
    """prompt_toolkit's prompt: history, editing, completion with Tab.

    `at_board` tells whether the line goes to the board; there Ctrl-D is a key for it and does not end the input.
    """

    def __init__(self, words: Sequence[str], history: Path, at_board: Callable[[], bool]) -> None:
        from prompt_toolkit import PromptSession
        from prompt_toolkit.completion import WordCompleter
        from prompt_toolkit.history import FileHistory, InMemoryHistory

        try:
            history.parent.mkdir(parents=True, exist_ok=True)
            history.touch()
            kept: FileHistory | InMemoryHistory = FileHistory(str(history))
        except OSError:
            kept = InMemoryHistory()
        completer = WordCompleter(list(words), sentence=True)
        self._session: PromptSession[str] = PromptSession(
            history=kept, completer=completer, complete_while_typing=False, enable_open_in_editor=False
        )
        self._at_board = at_board

    def __call__(self, prompt: str) -> str:
        from prompt_toolkit.patch_stdout import patch_stdout

        try:
            with patch_stdout(raw=True):
                return self._session.prompt(prompt)
        except EOFError:
            if self._at_board():
                return "ctrl-d"
            raise
