"""In what a learner's command differs from the one a step asks for, said so that a beginner can mend it."""

import re
from collections.abc import Sequence
from typing import Any

from trainer.commands.command import Command

__all__ = ["explain_difference", "explain_old_spelling", "port_shape"]

OLD_SPELLING = re.compile(r"(?:--)?[a-z]+(?:_[a-z0-9]+)+")
"""A command, option or value of esptool before version 5, which has hyphens instead (its migration guide)."""

ESP32_OFFSET = 0x1000
"""Where firmware begins on an ESP32; beginners take it from ESP32 instructions (esp8266/Arduino #3512)."""

_OPTION_TITLES = {
    "flash_size": "the flash size (`--flash-size`)",
    "flash_mode": "the flash mode (`--flash-mode`)",
    "baud": "the speed (`--baud`)",
    "chip": "the chip (`--chip`)",
    "filename": "the file",
    "environment": "the environment's name",
    "name": "the environment's name",
    "packages": "the package",
}


def explain_difference(typed: Command, wanted: Sequence[Command], *, worked: bool = True) -> str:
    """What is right in `typed` already, and what is not, measured by the nearest of `wanted`. `worked`: it ended
    well."""
    alike = [command for command in wanted if command.kind == typed.kind]
    if not alike:
        praise = "is a fine command, but" if worked else "has failed, and it is"
        return f"`{typed.text}` {praise} not the one that this step asks for."
    nearest = min(alike, key=lambda command: len(_different(typed, command)))
    different = _different(typed, nearest)
    if "command" in different or "help" in different:
        return f"That is `{_esptool_command(typed)}`; this step asks for `{_esptool_command(nearest)}`."
    remarks = [_remark(name, typed.options.get(name), nearest.options.get(name)) for name in sorted(different)]
    remarks = list(filter(None, remarks))
    return " ".join(["Nearly: the command is the right one." if remarks else "Nearly.", *remarks])


def explain_old_spelling(command: Command) -> str:
    """A kind word on esptool's spellings before version 5, which most web pages still use; "" if there are none."""
    if command.kind != "esptool":
        return ""
    words = [word.partition("=")[0] for word in command.text.split()]
    newer = ["`esptool.py` is now `esptool`"] if "esptool.py" in words else []
    newer += [f"`{word}` is now `{word.replace('_', '-')}`" for word in words if OLD_SPELLING.fullmatch(word)]
    return f"That is the older spelling, and it works too. In esptool 5, {', '.join(newer)}." if newer else ""


def port_shape(name: str) -> str:
    """A port's name without what does not matter: /dev/ in front, capital letters, a colon behind."""
    return name.strip().lower().removeprefix("\\\\.\\").removeprefix("/dev/").rstrip(":")


def _different(typed: Command, wanted: Command) -> set[str]:
    names = set(typed.options) | set(wanted.options)
    return {name for name in names if typed.options.get(name) != wanted.options.get(name)}


def _esptool_command(command: Command) -> str:
    if command.options.get("help"):
        return "esptool -h"
    return f"esptool {command.options.get('command') or ''}".strip()


def _remark(name: str, typed: Any, wanted: Any) -> str:
    if name in _REMARKS:
        return _REMARKS[name](typed, wanted)
    title = _OPTION_TITLES.get(name, f"`--{name.replace('_', '-')}`")
    if typed in (None, False, ()):
        return f"Missing is {title}: {_shown(wanted)}."
    if wanted in (None, False, ()):
        return f"Leave out {title}; this step does without it."
    return f"Look at {title}: you wrote {_shown(typed)}, and this step asks for {_shown(wanted)}."


def _port_remark(typed: Any, wanted: Any) -> str:
    if not typed:
        return f"Tell it the port too: {wanted}."
    if not wanted:
        return f"But the port is another one ({typed}): the board is not there."
    return f"But the port is another one: you wrote {typed}, and your board is at {wanted}."


def _file_remark(typed: Any, wanted: Any) -> str:
    if not typed:
        return f"Missing are the address and the file at the end: {_placed(wanted)}."
    (address, name), (wanted_address, wanted_name) = typed[0], wanted[0] if wanted else (0, "")
    remarks = []
    if address == ESP32_OFFSET != wanted_address:
        remarks.append(
            f"The address 0x1000 is the ESP32's. On an ESP8266 the firmware begins at {wanted_address}; anywhere else "
            "the board does not find it and restarts for ever."
        )
    elif address != wanted_address:
        remarks.append(f"The address is {address:#x}, and this step asks for {wanted_address:#x}, the very start.")
    if name != wanted_name:
        remarks.append(f"The file is {name}, and this step asks for {wanted_name}.")
    return " ".join(remarks) or "There is one file too many at the end."


def _path_remark(typed: Any, wanted: Any) -> str:
    if wanted == ".":
        return "Leave the name out: this step is about the folder that you are in."
    if typed == ".":
        return f"Add the name: {wanted}."
    return f"Look at the name of the folder or file: you wrote {typed}, and this step asks for {wanted}."


def _steps_remark(typed: Any, wanted: Any) -> str:
    """mpremote's chain; the port, where both name one, is compared by itself."""
    typed, wanted = (
        " + ".join(" ".join(step[1:] if step[0] == "fs" else step) for step in steps if step[0] != "connect")
        for steps in (typed or (), wanted or ())
    )
    return "" if typed == wanted else f"You wrote `{typed}`, and this step asks for `{wanted}`."


def _terminal_baud_remark(typed: Any, wanted: Any) -> str:
    return (
        f"The speed is {typed} baud, and this step asks for {wanted}. MicroPython talks at 115200; at another speed "
        "a terminal shows junk."
    )


_REMARKS = {
    "port": _port_remark,
    "addr_filename": _file_remark,
    "baud": _terminal_baud_remark,
    "steps": _steps_remark,
    "path": _path_remark,
}


def _placed(pairs: Any) -> str:
    return ", ".join(f"{address:#x} {name}" for address, name in pairs or ())


def _shown(value: Any) -> str:
    if isinstance(value, frozenset | tuple | list):
        return ", ".join(sorted(map(str, value)))
    return str(value)
