"""A board that sends without end must not bury the tutor's words: its text is shown up to a limit."""

from typing import Final

__all__ = ["Flood", "abridged"]

MOST_LINES: Final = 24
"""So many lines of a board are shown between two lines of the learner's."""
FIRST_LINES: Final = 16
"""Of a longer answer, so many at its beginning and the rest of `MOST_LINES` at its end."""
LONGEST_LINE: Final = 1000
"""Characters; a board that never ends a line counts as sending lines of this length."""

GOES_ON: Final = "(The board sends on and on like this; the rest is not shown.)"


class Flood:
    """Passes a board's unasked text on, up to `most_lines` since the last `calm`."""

    def __init__(self, most_lines: int = MOST_LINES) -> None:
        self._most_lines = most_lines
        self.calm()

    def calm(self) -> None:
        """The learner has done something: count from the beginning."""
        self._characters = self._lines = 0
        self._told = False

    def feed(self, text: str) -> str:
        """What of `text` is to be shown."""
        if self._told:
            return ""
        self._lines += text.count("\n")
        self._characters += len(text)
        if self._lines + self._characters // LONGEST_LINE < self._most_lines:
            return text
        self._told = True
        return f"\n{GOES_ON}\n"


def abridged(transcript: str) -> str:
    """A board's answer without the middle of it, where it is long."""
    lines = transcript.split("\n")
    if len(lines) <= MOST_LINES:
        return transcript
    last = MOST_LINES - FIRST_LINES
    left_out = f"(... {len(lines) - MOST_LINES} lines more ...)"
    return "\n".join([*lines[:FIRST_LINES], left_out, *lines[-last:]])
