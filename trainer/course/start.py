"""What a lesson starts from, as its `lesson` block says it: what lies ready, which files, what stands in the flash.

Only data, checked; `trainer.workplace.arrange` puts it on a learner's desk. docs/lessons.md shows the keys.
"""

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from emulator import faults, profiles
from trainer import prose
from trainer.computer.staged import STAGED
from trainer.course.block import Block
from trainer.course.origins import LARGEST_CONTENT, LARGEST_SOURCE, ORIGINS, Content

__all__ = [
    "BY_HAND",
    "MOST_FAULTS",
    "READY",
    "START_KEYS",
    "FlashPart",
    "Start",
    "StartFile",
    "check_board",
    "check_repairs",
    "fault_name",
    "parse_faults",
    "parse_start",
]

READY: Final[Mapping[str, str]] = {
    "firmware": "the firmware file `{firmware}` lies in your Downloads folder",
    "environment": "the virtual environment `esp8266` is active, with esptool and mpremote in it",
    "plugged": "the board is plugged in, at {port}",
    "micropython": "{firmware_title} is on the board",
    "other-device": "another device is plugged in, too",
    "terminal": "a serial terminal is open at {port}, at {baud} baud",
}
"""What may stand in `starts`, in the order in which it is arranged, and how a learner is told."""

BY_HAND: Final = frozenset({"plugged", "micropython"})
"""What of it a real board's learner has to see to."""

START_KEYS: Final = frozenset({"starts", "folder", "faults", "files", "flash"})
"""Of a lesson block."""

FILE_KEYS: Final = frozenset({"name", "source", "from", "bytes"})
FLASH_KEYS: Final = frozenset({"offset", "source", "from", "bytes", "flash_size"})
"""Of [[files]] and [[flash]]."""

MOST_FAULTS: Final = 8
MOST_FILES: Final = 8
NAME_PART: Final = re.compile(r"[\w{][\w{}+.-]{0,99}")
"""A part of a path in the learner's workspace."""


@dataclass(frozen=True)
class StartFile:
    """A file that lies in the learner's workspace; `name` is its path there, with placeholders and ``/``."""

    name: str
    content: Content


@dataclass(frozen=True)
class FlashPart:
    """What stands in the board's flash from `offset` (bytes) on."""

    offset: int
    content: Content


@dataclass(frozen=True)
class Start:
    """How desk and board are before a lesson's first step."""

    ready: tuple[str, ...] = ()
    """Keys of `READY`, in their order."""
    folder: str = ""
    """Where the learner's shell stands, seen from home; "" is home."""
    faults: tuple[str, ...] = ()
    """NAME or NAME=VALUE, of `emulator.faults.FAULTS` and `trainer.computer.staged.STAGED`."""
    files: tuple[StartFile, ...] = ()
    flash: tuple[FlashPart, ...] = ()


def fault_name(fault: str) -> str:
    """The name in ``NAME=VALUE``."""
    return fault.partition("=")[0].strip()


def parse_start(block: Block) -> Start:
    """What a `lesson` block says of the lesson's start. Raises `LessonError`."""
    ready = set(block.texts("starts", most=len(READY), default=()))
    if unknown := sorted(ready - READY.keys()):
        raise block.error("starts", f"a lesson cannot start with “{unknown[0]}”", f"Use {', '.join(READY)}.")
    if "terminal" in ready:
        ready.add("plugged")
    folder = _path(block, "folder", block.values.get("folder", ""))
    return Start(
        ready=tuple(name for name in READY if name in ready),
        folder=folder,
        faults=parse_faults(block),
        files=tuple(
            StartFile(_path(block, f"{prefix}name", table.get("name"), needed=True), _content(block, prefix, table))
            for prefix, table in _tables(block, "files", FILE_KEYS)
        ),
        flash=tuple(
            FlashPart(_count(block, f"{prefix}offset", table.get("offset")), _content(block, prefix, table))
            for prefix, table in _tables(block, "flash", FLASH_KEYS)
        ),
    )


def parse_faults(block: Block) -> tuple[str, ...]:
    """The `faults` of a lesson or step block, each known and with a value that makes sense. Raises `LessonError`."""
    texts = block.texts("faults", most=MOST_FAULTS, default=())
    for text in texts:
        if text in STAGED:
            continue
        try:
            faults.parse(text)
        except faults.FaultError as error:
            problem = str(error).partition("\n")[0]
            known = ", ".join({**faults.FAULTS, **STAGED})
            raise block.error("faults", problem.removesuffix(" Choose one of:"), f"Known are {known}.") from None
    if len(set(map(fault_name, texts))) < len(texts):
        raise block.error("faults", "a fault stands there twice", "Name each fault once.")
    return texts


def _tables(block: Block, key: str, known: Set[str]) -> list[tuple[str, Mapping[str, Any]]]:
    """The tables [[key]], each with the prefix of its keys for error messages."""
    tables = block.values.get(key, [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise block.error(key, f"{key} are not tables", f"Begin each with a line [[{key}]].")
    if len(tables) > MOST_FILES:
        raise block.error(key, f"there are {len(tables)} tables", f"Keep it to {MOST_FILES}.")
    found = [(f"{key}[{index}].", table) for index, table in enumerate(tables)]
    for prefix, table in found:
        block.only(known, table, prefix)
    return found


def _content(block: Block, prefix: str, table: Mapping[str, Any]) -> Content:
    """What `source` or `from`, `bytes` and `flash_size` of a table ask for."""
    given = [key for key in ("source", "from") if key in table]
    if len(given) != 1:
        cure = 'Write source = "a-file-of-the-lesson" or from = "firmware".'
        raise block.error(prefix + (given or ["name"])[-1], "the contents need one origin", cure)
    value = table[given[0]]
    if not isinstance(value, str):
        raise block.error(prefix + given[0], f"{given[0]} is no text", f'Write {given[0]} = "...".')
    if given == ["from"] and value not in ORIGINS:
        raise block.error(prefix + "from", f"nothing is known as “{value}”", f"Use {', '.join(ORIGINS)}.")
    size = _count(block, f"{prefix}bytes", table["bytes"]) if "bytes" in table else None
    flash_size = table.get("flash_size", "")
    if flash_size and (not isinstance(flash_size, str) or flash_size not in profiles.FLASH_SIZES):
        cure = f"Use one of {', '.join(profiles.FLASH_SIZES)}."
        raise block.error(f"{prefix}flash_size", f"no flash chip has the size “{flash_size}”", cure)
    source = _source(block, f"{prefix}source", value) if given == ["source"] else None
    return Content("" if source else value, source, size, flash_size)


def _source(block: Block, key: str, name: str) -> Path:
    """A file of the lesson's own folder, all links followed."""
    folder = block.file.parent
    try:
        path = (folder / name).resolve()
        inside = path.is_relative_to(folder.resolve()) and "\\" not in name and not name.startswith("/")
        size = path.stat().st_size if inside and path.is_file() else -1
    except (OSError, ValueError, RuntimeError):
        inside, size = False, -1
    if not inside:
        raise block.error(key, f"the file {name!r} is not in the lesson's folder", "Put it beside lesson.md.")
    if size < 0:
        raise block.error(key, f"there is no file {name!r} in the lesson's folder", "Put it beside lesson.md.")
    if size > LARGEST_SOURCE:
        raise block.error(key, f"{name!r} is larger than {LARGEST_SOURCE // 1024} KB", "Take a smaller file.")
    return path


def _path(block: Block, key: str, value: Any, *, needed: bool = False) -> str:
    """A path below the learner's home, as text with ``/``."""
    if value == "" and not needed:
        return ""
    cure = 'Write a plain path below the home folder, such as "Downloads/firmware.bin".'
    if not isinstance(value, str):
        raise block.error(key, f"{key.rpartition('.')[2]} is missing or no text", cure)
    if not all(NAME_PART.fullmatch(part) for part in value.split("/")) or len(value) > 200:
        raise block.error(key, f"{value!r} is no path below the home folder", cure)
    if set(prose.placeholders(value)) - {"firmware"} or set("{}") & set(prose.fill(value, {"firmware": ""})):
        raise block.error(key, f"{value!r} has another placeholder than {{firmware}}", cure)
    return value


def _count(block: Block, key: str, value: Any) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= LARGEST_CONTENT:
        name = key.rpartition(".")[2]
        problem = f"{name} is no number from 0 to {LARGEST_CONTENT}"
        raise block.error(key, problem, f"Write, for example, {name} = 0x1000.")
    return value


def check_repairs(block: Block, repairs: tuple[str, ...], broken: set[str]) -> None:
    """Raise `LessonError` unless every name in `repairs` is of a fault that is there by then (`broken`)."""
    for name in repairs:
        if name not in broken:
            there = ", ".join(sorted(broken)) or "none"
            raise block.error("repairs", f"there is no fault “{name}” to be mended", f"Put in by then: {there}.")


def check_board(block: Block, name: str) -> str:
    """`name`, if it is a board profile's. Raises `LessonError`."""
    if name not in profiles.names():
        raise block.error("board", f"there is no board “{name}”", f"Use one of {', '.join(profiles.names())}.")
    return name
