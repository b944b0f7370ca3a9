"""Python's prompt on the board, as text: the lines that are typed at it, and what it says to them.

The words are those of docs.micropython.org, "The MicroPython Interactive Interpreter Mode".
"""

import ast
from collections.abc import Mapping
from typing import Final

__all__ = ["MORE", "PROMPTS", "error", "indent", "meaning", "reply", "typed_prompt"]

MORE: Final = "..."
"""Python's prompt for the rest of a block."""

PROMPTS: Final[Mapping[str, str]] = {
    ">>>": "the prompt for a line",
    MORE: "the prompt for the rest of a block",
    "===": "paste mode's prompt",
}
"""What Python on the board shows when it waits."""

BEFORE_LINES: Final = (">>>", MORE)
"""The prompts that stand before the lines of a program."""


def typed_prompt(line: str) -> str:
    """Python's prompt, when the learner typed it before the line."""
    words = line.split(maxsplit=1)
    return words[0] if len(words) == 2 and words[0] in BEFORE_LINES else ""


def meaning(line: str) -> str:
    """A line of Python by meaning: spaces and the kind of quotes do not count. What is no Python stays as it is."""
    try:
        return ast.dump(ast.parse(line.strip()))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return line.strip()


def indent(line: str) -> int:
    """Blanks at the start of a line."""
    return len(line) - len(line.lstrip(" "))


def error(transcript: str) -> str:
    """The last line of the traceback that the board's Python printed; "" when there is none."""
    said = reply(transcript)
    last = said.strip().rpartition("\n")[2].strip()
    return last if "Traceback" in said or "Error:" in last else ""


def reply(transcript: str) -> str:
    """What the board said between the echo of the line and its next prompt."""
    lines = transcript.replace("\r", "").split("\n")
    return "\n".join(line for line in lines[1:] if line.strip() not in BEFORE_LINES)
