"""Brings a learner's desk into the state that the lesson starts from (`trainer.course.start.Start`).

On a fake board everything; on a real one what is the computer's: files, environment, folder, terminal.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

from emulator.rom.image import with_flash_size
from trainer.course.origins import Content
from trainer.errors import EspdojoError
from trainer.prose import fill
from trainer.workplace.desk import Desk

__all__ = ["ENVIRONMENT", "arrange"]

ENVIRONMENT: Final = "esp8266"
"""The virtual environment that lessons work in."""
TOOLS: Final = ("esptool", "mpremote")


def arrange(desk: Desk) -> None:
    """Put everything in its place before the lesson's first step. Raises EspdojoError where that cannot be."""
    start = desk.session.lesson.start
    _fill_flash(desk)
    for name in start.ready:
        if name in ARRANGEMENTS:
            ARRANGEMENTS[name](desk)
    for file in start.files:
        desk.shell.places.write(fill(file.name, desk.session.values), _bytes(desk, file.content))
    if start.folder:
        folder = desk.shell.places.find(f"~/{fill(start.folder, desk.session.values)}")
        folder.mkdir(parents=True, exist_ok=True)
        desk.shell.places.here = folder
    desk.keep_faults()
    if "other-device" in start.ready:
        desk.bench.plug_other()
    if "plugged" in start.ready and not desk.bench.has_cable:
        desk.bench.plug()
    if "terminal" in start.ready and desk.bench.plugged:
        desk.hands.open_terminal()


def _fill_flash(desk: Desk) -> None:
    """A fake board's flash: blank, but for what the lesson puts there."""
    flash, start = desk.bench.flash, desk.session.lesson.start
    if flash is None:
        return
    contents: dict[int, bytes] = {}
    if "micropython" in start.ready:
        contents[0] = with_flash_size(_bytes(desk, Content("firmware")), flash.size)
    contents |= {part.offset: _bytes(desk, part.content) for part in start.flash}
    desk.bench.fill_flash(contents)


def _make_environment(desk: Desk) -> None:
    if not desk.shell.prepare_environment(ENVIRONMENT, TOOLS):
        raise EspdojoError(
            f"The virtual environment {ENVIRONMENT} could not be made ready.",
            cause="A folder of that name in your practice folder is damaged, or was made by another Python.",
            next_step=f"Delete {desk.shell.places.home / ENVIRONMENT} and begin the lesson again.",
        )


ARRANGEMENTS: Final[Mapping[str, Callable[[Desk], object]]] = {
    "firmware": lambda desk: desk.hands.save_firmware(),
    "environment": _make_environment,
}
"""What of `trainer.course.start.READY` is done before the files are put down."""


def _bytes(desk: Desk, content: Content) -> bytes:
    if desk.firmware is None and content.origin == "firmware":
        raise EspdojoError(
            "There is no firmware to begin this lesson with.",
            next_step="Connect to the network and run `espdojo firmware get`.",
        )
    return content.bytes_of(desk.firmware or Path())
