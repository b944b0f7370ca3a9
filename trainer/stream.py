"""Text on its way to a person, chunk by chunk: decoded, cleared of control sequences, progress redrawn in place.

A chunk may end anywhere: inside a character, a control sequence or a line. Each class keeps what it needs of it and
gives the rest when `flush` is called.
"""

import codecs
import re
from typing import Final

__all__ = ["ControlFilter", "ProgressFold", "TextStream", "redrawn", "window_filter"]

SEQUENCE: Final = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x1b[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)"  # OSC, DCS, SOS, PM, APC: titles, clipboard
    r"|\x1b[ -/]*[0-Z\\`-~]"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
"""ECMA-48 control sequences and strings."""

UNFINISHED: Final = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|[\]PX^_][^\x07\x1b\x9c]*\x1b?|[ -/]*)?\Z|\x9b[0-?]*[ -/]*\Z")

LONGEST_SEQUENCE: Final = 4096
"""Characters; what has not ended by then is no sequence, and its ESC is dropped."""

BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""They reorder what is shown, so that one command can look like another."""


class ControlFilter:
    """Passes text on without control characters and sequences, except the characters `keep` and sequences that match
    `keep_sequences`."""

    def __init__(self, keep: str = "\r\n\t", keep_sequences: re.Pattern[str] | None = None) -> None:
        self.keep = keep
        self.keep_sequences = keep_sequences
        self._pending = ""

    def feed(self, text: str) -> str:
        """What of `text` may be shown now."""
        text = self._pending + text
        unfinished = UNFINISHED.search(text)
        cut = unfinished.start() if unfinished and len(text) - unfinished.start() < LONGEST_SEQUENCE else len(text)
        self._pending = text[cut:]
        return self._clean(text[:cut])

    def flush(self) -> str:
        """What is left: nothing, for only an unfinished sequence ever waits."""
        self._pending = ""
        return ""

    def _clean(self, text: str) -> str:
        shown: list[str] = []
        at = 0
        for sequence in SEQUENCE.finditer(text):
            shown.append(self._characters(text[at : sequence.start()]))
            if self.keep_sequences and self.keep_sequences.fullmatch(sequence.group()):
                shown.append(sequence.group())
            at = sequence.end()
        shown.append(self._characters(text[at:]))
        return "".join(shown)

    def _characters(self, text: str) -> str:
        return "".join(
            character
            for character in text
            if character in self.keep or not (character < " " or "\x7f" <= character < "\xa0" or character in BIDI)
        )


IN_A_WINDOW: Final = re.compile(r"\x1b\[[0-9;:]*[A-DGJKm]")
"""What a window understands besides text: colours, movements of the cursor, erasing (`trainer.ui.terminal_text`)."""


def window_filter() -> ControlFilter:
    """Passes on what a window understands, and nothing else."""
    return ControlFilter("\r\n\t\b", IN_A_WINDOW)


class ProgressFold:
    """Makes the progress lines that a tool writes into a pipe, one below the other, redraw one line.

    esptool's ``Writing at 0x00010000 [====>    ] 12.3% ...`` is one line on a terminal, redrawn after a carriage
    return, and forty lines in a pipe. Lines that follow each other, start with the same word and hold a percentage
    become one again: carriage return, the line, blanks over the rest of a longer one before it.
    """

    PERCENT = re.compile(r"^(?P<word>\w+)\b.*?\s\d{1,3}(\.\d+)?\s?%")

    def __init__(self) -> None:
        self._line = ""
        """The line that has begun, of which `_shown` characters have been passed on."""
        self._shown = 0
        self._word: str | None = None
        """First word of the progress line on screen, which still lacks its line feed."""
        self._width = 0

    def feed(self, text: str) -> str:
        """What to show now. Only a line that may be the next state of a progress line waits until it is whole."""
        *whole, rest = text.split("\n")
        out = [self._end_line(part) for part in whole]
        self._line += rest
        if self._line and not self._may_redraw():
            out.append(self._end_progress() + self._line[self._shown :])
            self._shown = len(self._line)
        return "".join(out)

    def flush(self) -> str:
        """What is left."""
        out = self._end_progress() + self._line[self._shown :]
        self._line, self._shown = "", 0
        return out

    def _may_redraw(self) -> bool:
        return self._word is not None and (self._line.startswith(self._word) or self._word.startswith(self._line))

    def _end_line(self, part: str) -> str:
        line, shown = self._line + part, self._shown
        self._line, self._shown = "", 0
        progress = self.PERCENT.match(line)
        if progress is None:
            return f"{self._end_progress()}{line[shown:]}\n"
        line = line.rstrip()
        if shown or progress["word"] != self._word:
            out = self._end_progress() + line[shown:]
        else:
            out = "\r" + line.ljust(self._width)
        self._word, self._width = progress["word"], len(line)
        return out

    def _end_progress(self) -> str:
        """The line feed that a redrawn line still lacks."""
        if self._word is None:
            return ""
        self._word = None
        return "\n"


class TextStream:
    """Bytes to text for a person: decoded (junk becomes U+FFFD), filtered, line ends as ``\\n``; with `fold`, progress
    lines redraw one line; `controls` says what else may pass."""

    def __init__(self, encoding: str = "utf-8", *, fold: bool = True, controls: ControlFilter | None = None) -> None:
        self._decoder = codecs.getincrementaldecoder(encoding)(errors="replace")
        self._filter = controls or ControlFilter()
        self._fold = ProgressFold() if fold else None
        self._return = False

    def feed(self, data: bytes) -> str:
        """What to show now."""
        text = self._newlines(self._filter.feed(self._decoder.decode(data)))
        return self._fold.feed(text) if self._fold else text

    def flush(self) -> str:
        """What is left at the end."""
        rest = self._newlines(self._filter.feed(self._decoder.decode(b"", final=True)) + self._filter.flush())
        return self._fold.feed(rest) + self._fold.flush() if self._fold else rest

    def _newlines(self, text: str) -> str:
        """CR LF to LF, also where a chunk ends between them."""
        if self._return:
            text = "\r" + text
        self._return = text.endswith("\r")
        return (text[:-1] if self._return else text).replace("\r\n", "\n")


def redrawn(text: str) -> str:
    """`text` as it stands on the screen at last: of a line that was redrawn after carriage returns, the last state."""
    return "\n".join(line.rstrip("\r").rpartition("\r")[2].rstrip(" ") if "\r" in line else line
                     for line in text.split("\n"))  # fmt: skip
