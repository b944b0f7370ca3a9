"""Completion in the learner's line: the tutor's words, commands, the learner's own files, the board's port."""

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

from prompt_toolkit.completion import CompleteEvent, Completer, Completion
from prompt_toolkit.document import Document

from trainer.commands.words import LineError
from trainer.ui.tutor import WORDS
from trainer.workplace.hands import HANDS

if TYPE_CHECKING:
    from trainer.workplace.desk import Desk

__all__ = ["DeskCompleter"]

COMMANDS: Final = (
    "cd",
    "dir",
    "espdojo",
    "esptool",
    "ls",
    "mpremote",
    "pip",
    "pwd",
    "python",
    "python3",
    "screen",
    "source",
)
"""First words of a command line. Lessons tell what comes after; files and ports are completed there."""

MOST: Final = 50


class DeskCompleter(Completer):
    """Completes with Tab what is on the learner's desk; `desk` is None while no lesson is open."""

    def __init__(self, desk: Callable[[], "Desk | None"]) -> None:
        self._desk = desk

    def get_completions(self, document: Document, complete_event: CompleteEvent) -> Iterator[Completion]:
        desk = self._desk()
        line = document.text_before_cursor.lstrip()
        if desk is None:
            return
        for whole in sorted([*WORDS, *HANDS]):
            if line and whole.startswith(line.lower()) and whole != line.lower():
                yield Completion(whole, start_position=-len(line))
        if desk.at_board:
            return
        words = line.split(" ")
        candidates = [*COMMANDS] if len(words) == 1 else [*_ports(desk), *_files(desk, words[-1])]
        if words[-1] or len(words) > 1:
            for word in _starting(words[-1], candidates):
                yield Completion(word, start_position=-len(words[-1]))


def _starting(start: str, words: Iterable[str]) -> list[str]:
    return [word for word in words if word.startswith(start) and word != start][:MOST]


def _ports(desk: "Desk") -> list[str]:
    return [desk.bench.port] if desk.bench.plugged else []


def _files(desk: "Desk", start: str) -> list[str]:
    """Paths in the learner's folder that begin like `start`, as this system writes them."""
    separator = "\\" if desk.session.system == "windows" else "/"
    folder, _, _ = start.rpartition(separator)
    before = f"{folder}{separator}" if folder or start.startswith(separator) else ""
    try:
        place: Path = desk.shell.places.find(folder or ".")
        entries = sorted(os.scandir(place), key=lambda entry: entry.name)[:1000]
    except (LineError, OSError):
        return []
    return [
        f"{before}{entry.name}{separator if entry.is_dir() else ''}"
        for entry in entries
        if not entry.name.startswith(".")
    ]
