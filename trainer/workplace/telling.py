"""What is shown to the learner of what their programs and their board say: as it comes, or when it is whole."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from trainer.board.flood import Flood, abridged
from trainer.board.terminal import PROMPT
from trainer.console import text_width
from trainer.prose import paragraph

__all__ = ["Telling", "answer", "without_prompt"]

LIVE_LINES: Final = 500
"""So many lines of a board are shown at once in a terminal that can be scrolled back."""


class Telling:
    """`tell` gets all that is to be shown, as it comes; `note` gets what is on no line of the terminal's own.

    Where the learner's terminal `lives`, what the board sends stands there as it comes, with its own echo and prompt.
    Elsewhere a board's answer is told when it is whole.
    """

    def __init__(
        self, tell: Callable[[str], None], note: Callable[[str], None] | None = None, *, lives: bool = False
    ) -> None:
        self.tell = tell
        self.note = note or tell
        self.lives = lives
        self._flood = Flood(LIVE_LINES) if lives else Flood()
        self._quiet = False

    def calm(self) -> None:
        """The learner has done something: a board that sends without end is heard anew."""
        self._flood.calm()

    def remark(self, text: str) -> None:
        """A note as a paragraph that fits the window."""
        self.note(f"{paragraph(text, text_width())}\n")

    def hear(self, text: str) -> None:
        """What shell and programs print, shown at once unless an answer of the board is being collected."""
        if not self._quiet:
            self.tell(text)

    def hear_board(self, text: str) -> None:
        """What a board sends to the serial terminal, likewise."""
        if not self._quiet and (shown := self._flood.feed(text)):
            self.tell(shown)

    def collected(self, text: str) -> None:
        """What was collected while it was `hushed`."""
        if not self.lives:
            self.tell(text)

    @contextmanager
    def hushed(self, hushed: bool = True, *, live_too: bool = False) -> Iterator[None]:
        """Meanwhile nothing is shown as it comes, except in a terminal that lives, unless in one that lives, too."""
        before, self._quiet = self._quiet, (hushed and (live_too or not self.lives)) or self._quiet
        try:
            yield
        finally:
            self._quiet = before


def without_prompt(transcript: str) -> str:
    """A board's text without the prompt at its end, which the interface shows itself."""
    text = abridged(PROMPT.sub(r"\1", transcript))
    return text if not text or text.endswith("\n") else text + "\n"


def answer(transcript: str, line: str) -> str:
    """A board's answer without the echo of `line`, which the learner has just seen."""
    text = transcript.lstrip("\n")
    return without_prompt(text.removeprefix(line).lstrip("\n") if line else text)
