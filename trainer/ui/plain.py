"""The plain tutor: `espdojo learn` as lines in and lines out.

On a pipe, a dumb terminal, or with `--plain`, standard input is read line by line, which is what screen readers and
scripts want. On other terminals prompt_toolkit's prompt adds history and completion; the text is the same.
"""

import os
import zlib
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from trainer import console
from trainer.console import program, text_width
from trainer.desk import HANDS, Desk
from trainer.errors import describe
from trainer.lesson import find_lesson, load_course, load_lesson, own_course
from trainer.progress import Progress, ProgressError
from trainer.prose import paragraph
from trainer.session import Place, Session
from trainer.start import check_board, choose_firmware, lesson_values, open_bench
from trainer.system import System, current, data_folder
from trainer.ui import page
from trainer.ui.lines import LineReader, PlainOutput, PromptLines, StreamLines
from trainer.ui.tutor import WORDS, Tutor

__all__ = ["lead", "learn"]


def learn(
    lesson: str | None,
    *,
    port: str = "fake",
    profile: str | None = None,
    system: System | None = None,
    plain: bool = False,
) -> int:
    """Lead a learner through `lesson` (default: where they stopped). The exit status: 1 if the input ended early.

    `profile` is the fake board's, if not the one that the lesson is written for.

    Raises EspdojoError for a lesson that cannot be loaded and a board that cannot be had.
    """
    output = PlainOutput()
    system = system or current()
    with ExitStack() as open_things:
        progress = _open_progress(output)
        if progress is not None:
            open_things.callback(progress.close)
        folder = find_lesson(lesson) if lesson else _next_lesson(progress)
        loaded = load_lesson(folder)
        key = folder.name if folder.parent == own_course() else str(folder.resolve())
        check_board(loaded, port)
        firmware = choose_firmware(output, loaded)
        board = profile or loaded.board
        bench = open_things.enter_context(open_bench(port, system, board, _flash_file(folder, board)))
        values = lesson_values(loaded, system, bench, firmware)
        session = Session(loaded, system, values, _place(progress, key))
        desk = Desk(session, bench, data_folder() / "workspace", firmware.path, output, _asker(output))
        open_things.callback(desk.close)
        if progress is not None and session.begun:
            desk.restore(progress.desk(key))
        tutor = Tutor(session, desk, output, progress=progress, key=key)
        words = ["learn", lesson or folder.name]
        for option, value, default in (
            ("--port", port, "fake"),
            ("--board", board, loaded.board),
            ("--system", system, current()),
        ):
            words += [option, value] if value != default else []
        return lead(tutor, _reader(plain, desk), output, command=" ".join([program(), *words]))


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
            if not tutor.desk.interrupt():
                output("(`quit` leaves.)\n")
        except EOFError:
            status = 1
            break
    tutor.save()
    if tutor.session.finished:
        output(page.next_steps(program(), text_width()) + "\n")
    else:
        output(page.saved(tutor.session, command, text_width()) + "\n")
    output.flush()
    return status


def _open_progress(output: Callable[[str], None]) -> Progress | None:
    """The learner's progress. When the file cannot be used, the lesson goes on all the same; without any place to write
    there can be no lesson, and the error is raised."""
    try:
        progress = Progress()
    except ProgressError as error:
        if isinstance(error.__cause__, OSError):
            raise
        output(f"{describe(error)}\nYou can learn all the same.\n\n")
        return None
    if progress.notice:
        output(f"{progress.notice}\n\n")
    return progress


def _next_lesson(progress: Progress | None) -> Path:
    """The lesson that was left, or the first of our course that is not finished, or the first."""
    course = load_course(own_course())
    if progress is not None:
        latest = progress.latest()
        if latest in course.lessons:
            return course.folder / latest
        finished = progress.finished()
        name = next((name for name in course.lessons if name not in finished), course.lessons[0])
        return course.folder / name
    return course.folder / course.lessons[0]


def _place(progress: Progress | None, key: str) -> Place | None:
    """Where the learner is; a finished lesson begins anew."""
    place = progress.place(key) if progress is not None else None
    if progress is not None and place is not None and place.step is None:
        progress.forget(key)
        return None
    return place


def _flash_file(lesson: Path, profile: str) -> Path:
    """The flash of the fake board that a lesson has for itself: what is written stays until it is begun anew."""
    folder = lesson.resolve()
    elsewhere = "" if folder.parent == own_course().resolve() else f"-{zlib.crc32(str(folder).encode()):08x}"
    file = data_folder() / "boards" / f"{folder.name}{elsewhere}-{profile}.flash"
    file.parent.mkdir(parents=True, exist_ok=True)
    return file


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
