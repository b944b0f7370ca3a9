"""The plain tutor: `espdojo learn` as lines in and lines out.

On a pipe, a dumb terminal, or with `--plain`, standard input is read line by line, which is what screen readers and
scripts want. On other terminals prompt_toolkit's prompt adds history and completion; the text is the same.
"""

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress

from trainer import console
from trainer.console import program, text_width
from trainer.prose import paragraph
from trainer.system import data_folder
from trainer.ui import page
from trainer.ui.lines import LineReader, PlainOutput, PromptLines, StreamLines
from trainer.ui.opening import Interface, Request, open_lesson
from trainer.ui.tutor import WORDS, Tutor
from trainer.workplace.desk import Desk
from trainer.workplace.hands import HANDS

__all__ = ["lead", "learn"]


def learn(request: Request, *, plain: bool = False) -> int:
    """Lead a learner through a lesson (default: where they stopped). The exit status: 1 if the input ended early.

    Raises EspdojoError for a lesson that cannot be loaded and a board that cannot be had.
    """
    output = PlainOutput()
    with ExitStack() as open_things:
        opened = open_lesson(request, Interface(output, _asker(output)), open_things)
        return lead(opened.tutor, _reader(plain, opened.tutor.desk), output, command=opened.command)


def lead(tutor: Tutor, read: LineReader, output: PlainOutput, *, command: str) -> int:
    """Read lines and let the tutor hear them, until the lesson is finished (0), left (0), or the input ends (1)."""
    tutor.begin()
    status = 0
    while tutor.running:
        output.flush()
        try:
            tutor.hear(read(tutor.desk.prompt))
        except KeyboardInterrupt:
            output("\n")
            if tutor.desk.at_board:
                with suppress(KeyboardInterrupt):  # pressed again while the board is slow to answer
                    tutor.hear("ctrl-c")
            else:
                output("(`quit` leaves.)\n")
        except EOFError:
            status = 1
            break
    tutor.save()
    output(farewell(tutor, command))
    output.flush()
    return status


def farewell(tutor: Tutor, command: str) -> str:
    """What is said on leaving: how to go on, or, when the lesson is finished, where to go."""
    if tutor.session.finished:
        return page.next_steps(program(), text_width()) + "\n"
    return page.saved(tutor.session, command, text_width(), kept=tutor.kept) + "\n"


def _reader(plain: bool, desk: Desk) -> LineReader:
    if plain or not console.is_interactive() or os.environ.get("TERM") == "dumb":
        return StreamLines()
    return PromptLines([*WORDS, *HANDS], data_folder() / "history", lambda: desk.at_board)


def _asker(output: PlainOutput) -> Callable[[str], bool]:
    """Asks before a real board is changed."""

    def ask(question: str) -> bool:
        output(paragraph(question, text_width()) + "\n")
        output.flush()
        try:
            return StreamLines()("Type yes to go on: ").strip().lower() in ("yes", "y")
        except EOFError:
            return False

    return ask
