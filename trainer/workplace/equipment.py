"""What a lesson needs before its first step: a lesson, a firmware image, a board on the bench."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from trainer import firmware
from trainer.board.finding import find_board
from trainer.board.real_board import RealBench
from trainer.board.terminal import BAUD
from trainer.board.workbench import FakeBench, Workbench
from trainer.console import text_width
from trainer.errors import EspdojoError
from trainer.firmware import Firmware, Origin
from trainer.images.transfer import DownloadCancelledError, Progress
from trainer.lesson import Lesson
from trainer.prose import paragraph
from trainer.system import TITLES, System, current

__all__ = ["amount", "bench_for", "check_board", "check_firmware", "choose_firmware", "lesson_values", "open_bench"]

MEGABYTE = 1_000_000

NOTES: Final[dict[Origin, str]] = {
    "folder": "It lies in your folder of firmware.",
    "cache": "To practise with, any release will do.",
    "practice": "It is not MicroPython, but answers like it in this lesson.",
}
"""What a learner should know of an image, by where it was found."""


def check_board(lesson: Lesson, port: str) -> None:
    """Raise EspdojoError when the lesson is about a state that no real board can be brought into."""
    if port != "fake" and lesson.needs_practice_board:
        raise EspdojoError(
            f"The lesson “{lesson.title}” is for the practice board: a real one cannot be made to fail like this.",
            next_step="Do it without --port. What you learn there holds for your own board.",
        )


def choose_firmware(
    tell: Callable[[str], None],
    lesson: Lesson | None = None,
    *,
    progress: Progress | None = None,
    is_cancelled: Callable[[], bool] = lambda: False,
) -> Firmware:
    """The image to practise with: real MicroPython if there is a way to it, else the practice image. Says which.

    A download that is cancelled leaves the practice image, too. `progress` hears how far a download is; without it, a
    line is told now and then. Raises EspdojoError where there is only the practice image, and it will not do for
    `lesson`.
    """
    tell("Looking for MicroPython to practise with ...\n")
    told = 0

    def tell_progress(done: int, total: int | None) -> None:
        nonlocal told
        if total and done * 4 // total > told:
            told = done * 4 // total
            tell(f"  {amount(done, total)}\n")

    try:
        chosen = firmware.best(progress=progress or tell_progress, is_cancelled=is_cancelled)
    except DownloadCancelledError:
        chosen = firmware.practice()
    if lesson is not None:
        check_firmware(lesson, chosen)
    words = f"On the board goes: {title(chosen)}, from the file {chosen.path.name}. {NOTES[chosen.origin]}"
    tell(f"{paragraph(words, text_width())}\n\n")
    return chosen


def check_firmware(lesson: Lesson, chosen: Firmware) -> None:
    """Raise EspdojoError where there is only the practice image, and it will not do for the lesson."""
    if chosen.origin == "practice" and not lesson.practice_image:
        raise EspdojoError(
            f"The lesson “{lesson.title}” needs MicroPython itself, and it could not be had.",
            next_step="Connect to the network and run `espdojo firmware get`, or put a MicroPython image for the "
            f"ESP8266 into a folder and name that folder in {firmware.FOLDER_VARIABLE}. Other lessons do without.",
        )


def amount(done: int, total: int | None) -> str:
    """How much of a download is there, in words."""
    return f"{done / MEGABYTE:.1f} of {total / MEGABYTE:.1f} MB" if total else f"{done / MEGABYTE:.1f} MB"


def title(chosen: Firmware) -> str:
    """What an image is, in words: "MicroPython v1.23.0"."""
    return f"{chosen.info.family} {chosen.info.version.partition(' ')[0]}".strip() or chosen.path.name


def open_bench(port: str, system: System, profile: str, flash: Path | None) -> Workbench:
    """The bench for ``--port``. A fake board lies there unplugged; its flash is kept in the file `flash`, if given."""
    if port == "fake":
        from emulator.flash import FlashFileError

        try:
            return bench_for(port, system, profile, plugged=False, flash=flash)
        except FlashFileError as error:
            raise EspdojoError(
                f"The practice board's memory cannot be used: {error}",
                next_step="If the tutor is open in another window, go on there, or close it. A damaged file may be "
                "deleted: only what was on the practice board is lost.",
            ) from error
    return bench_for(port, system, profile)


def lesson_values(lesson: Lesson, system: System, bench: Workbench, chosen: Firmware) -> dict[str, str]:
    """What the lesson's placeholders become (`trainer.lesson.PLACEHOLDERS`)."""
    return {
        "port": bench.port,
        "other_port": bench.other_port,
        "firmware": chosen.path.name,
        "firmware_title": title(chosen),
        "baud": str(BAUD),
        "board": bench.description(),
        "system": TITLES[system],
    }


def bench_for(port: str, system: System | None = None, profile: str = "nodemcu", **board_options: Any) -> Workbench:
    """The bench for ``--port fake|auto|PORT-OR-URL``. Raises EspdojoError when ``auto`` finds no board, or
    several."""
    system = system or current()
    if port == "fake":
        return FakeBench(system, profile, **board_options)
    return RealBench(system, find_board().device if port == "auto" else port)
