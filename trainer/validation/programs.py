"""Which runs of a program can be told apart, and which would end like one that has been seen: their keys.

A key holds everything that a run could depend on besides the board: the program's words (the ports' names aside), the
files that it names, the tools in its environment, the variables it is given. What would read or write something else
has no key.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from emulator.startup.espdojo_port.environment import ENVIRONMENT_VARIABLE
from trainer.computer.child import Program
from trainer.validation.snapshot import contents

__all__ = ["Key", "Ports", "is_esptool", "key_of"]

Key = tuple[str, ...]

ESPTOOL: Final = frozenset(
    {"-h", "--help", "chip-id", "erase-flash", "erase-region", "flash-id", "image-info", "read-mac", "verify-flash",
     "version", "write-flash"}
)  # fmt: skip
"""Commands of esptool that depend on nothing but board, words and files, and change nothing but the board."""

MPREMOTE: Final = frozenset(
    {"cat", "connect", "cp", "df", "eval", "exec", "fs", "ls", "mkdir", "reset", "resume", "rm", "rmdir", "run",
     "sha256sum", "soft-reset", "touch", "version"}
)  # fmt: skip
"""Likewise, commands of mpremote, with which a line must begin; a copy to this computer is told by its result."""

MPREMOTE_MORE: Final = frozenset({"edit", "mip", "mount", "romfs", "rtc", "umount"})
"""Commands of mpremote that must not stand in the line at all."""

PIP: Final = frozenset({"list", "show", "--version"})


class Ports:
    """The names of ports, which differ from system to system, as placeholders."""

    def __init__(self, own: str, other: str) -> None:
        """`other` is the name of another device's port; "" where there is none."""
        pairs = [(own, "{port}"), *([(other, "{other_port}")] if other else [])]
        self._pairs = sorted(pairs, key=lambda pair: -len(pair[0]))
        self.order = own < other
        """Programs that look for a port themselves try them in the order of their names."""

    def hidden(self, text: str) -> str:
        """`text` with placeholders."""
        for name, placeholder in self._pairs:
            text = text.replace(name, placeholder)
        return text

    def shown(self, text: str) -> str:
        """`text` with the names of this system."""
        for name, placeholder in self._pairs:
            text = text.replace(placeholder, name)
        return text


def key_of(program: Program, ports: Ports) -> Key | None:
    """The key of its run; None for one that has none."""
    words, folder = [str(argument) for argument in program.arguments], program.folder
    if not _has_key(words):
        return None
    values = [value for word in words[1:] for value in (word, word.partition("=")[2]) if value]
    if any((folder / value).is_dir() for value in values):
        return None
    files = [_digest((folder / value).read_bytes()) for value in values[1:] if (folder / value).is_file()]
    tools = Path(words[0]).parent.parent
    installed = sorted(contents(tools, inside_packages=False)) if (tools / "pyvenv.cfg").is_file() else []
    variables = sorted(f"{name}={value}" for name, value in program.environment.items() if name != ENVIRONMENT_VARIABLE)
    around = _digest("\0".join([*installed, "", *variables, str(folder), str(ports.order)]).encode())
    return (*map(ports.hidden, words), *files, around)


def is_esptool(arguments: Sequence[str | Path]) -> bool:
    """Whether a program is esptool, however it is called."""
    return any(Path(argument).name in ("esptool", "esptool.py", "esptool.exe") for argument in arguments[:3])


def _has_key(words: Sequence[str]) -> bool:
    if is_esptool(words):
        return bool({word.replace("_", "-") for word in words[1:]} & ESPTOOL)
    match words:
        case [_, "-m", "pip", command, *_]:
            return command in PIP
        case [_, "--version" | "-V"]:
            return True
        case [_, "-m", "mpremote", command, *_] | [_, str(), command, *_] if _is_mpremote(words):
            return command in MPREMOTE and not MPREMOTE_MORE & {*words}
        case _:
            return False


def _is_mpremote(words: Sequence[str]) -> bool:
    return any(Path(word).name in ("mpremote", "mpremote.exe") for word in words[1:3])


def _digest(data: bytes) -> str:
    return hashlib.blake2b(data, digest_size=16).hexdigest()
