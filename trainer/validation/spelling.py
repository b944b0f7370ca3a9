"""The ways in which one esptool command is written: esptool 5 has hyphens where older versions have underscores.

Source: esptool's migration guide to version 5 (docs.espressif.com, "Migration Guide").
"""

import re
from typing import Final

from trainer.commands import esptool_line
from trainer.commands.command import Command
from trainer.commands.meaning import parse
from trainer.system import System

__all__ = ["old_spelling", "spellings"]

PROGRAMS: Final = ("esptool", "esptool.py", "python -m esptool")

NEW_PROGRAM: Final = re.compile(r"^(esptool(\.exe|\.py)?|python[\d.]* -m esptool)(?=\s|$)", re.IGNORECASE)
NEW_OPTION: Final = re.compile(r"(?<=\s)--[a-z]+(?:-[a-z0-9]+)+(?=[\s=]|$)")
NEW_RESET: Final = re.compile(r"(?<=[\s=])(default|hard|no|soft|usb)-reset((-stub|-no-sync)?)(?=\s|$)")


def spellings(line: str, system: System) -> list[str]:
    """Other spellings of an esptool line that mean the same; none for any other line."""
    command = parse(line, system)
    if not isinstance(command, Command) or command.kind != "esptool":
        return []
    found = [NEW_PROGRAM.sub(program, text) for program in PROGRAMS for text in (line, old_spelling(line))]
    return [spelling for spelling in dict.fromkeys(found) if spelling != line]


def old_spelling(line: str) -> str:
    """An esptool line as versions before 5 want it; any other line as it is."""
    if not NEW_PROGRAM.match(line):
        return line
    names = "|".join(map(re.escape, sorted(esptool_line.command_names(), key=len, reverse=True)))
    line = NEW_PROGRAM.sub("esptool.py", line)
    for new in (NEW_OPTION, NEW_RESET, re.compile(rf"(?<=\s)({names})(?=\s|$)")):
        line = new.sub(lambda found: re.sub(r"(?<=\w)-", "_", found[0]), line)
    return line
