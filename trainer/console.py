"""The console that espdojo writes to: its encoding and its colours.

A Windows console or a pipe may not be UTF-8. There our few characters beyond ASCII become their nearest ASCII
spelling, so that no message dies of an encoding error.
"""

import codecs
import io
import os
import shutil
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Final

__all__ = ["colour_wanted", "is_interactive", "prepare", "program", "text_width", "write_in"]

WIDEST: Final = 90
"""Columns; longer lines are tiring to read."""

SPELLINGS = {
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "–": "-",
    "—": "-",
    "…": "...",
    "→": "->",
    "✓": "OK",
    "✗": "x",
    "•": "*",
    "×": "x",
}
"""Characters of our own texts whose ASCII spelling Unicode does not tell."""


def prepare() -> None:
    """Make standard output and error write what their encoding lacks in ASCII instead of failing. A standard stream
    that was closed before we began is empty, and swallows what is written: no file that is opened later may get its
    number."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for as long as we run
    codecs.register_error("espdojo", _spell)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="espdojo")


def is_interactive() -> bool:
    """Whether a person sits at both ends: standard input and standard output are terminals."""
    return all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout))


def colour_wanted() -> bool:
    """Whether colours may be used where the terminal has them (https://no-color.org)."""
    return not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def program() -> str:
    """`espdojo` as it has to be typed here: as it was called, unless its short name alone finds it."""
    called = Path(sys.argv[0])
    if called.stem.lower() != "espdojo":
        return "espdojo"
    found = shutil.which("espdojo")
    if found is not None and Path(found).parent.resolve() == called.parent.resolve():
        return "espdojo"
    return f'"{called}"' if " " in str(called) else str(called)


def text_width() -> int:
    """Columns to write in; asked anew for every text, for a window may be resized."""
    return min(WIDEST, _columns())


def write_in(columns: Callable[[], int] | None) -> None:
    """From now on texts are written in a window that is so many columns wide; None: in the terminal."""
    global _columns
    _columns = columns or _terminal_columns


def _terminal_columns() -> int:
    return shutil.get_terminal_size((WIDEST, 24)).columns - 1


_columns: Callable[[], int] = _terminal_columns


def _spell(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(_ascii, error.object[error.start : error.end])), error.end


def _ascii(character: str) -> str:
    decomposed = unicodedata.normalize("NFKD", character).encode("ascii", "ignore").decode("ascii")
    return SPELLINGS.get(character) or decomposed or "?"
