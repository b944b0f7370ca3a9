"""What esptool did to a board once, it does again to the same board in the same state: so it is run once only.

A lesson is played for three systems, and its steps are tried in several ways; most of the time would go into writing
the same firmware again and again. A result is used where everything is the same that a command could depend on: its
words (the port's name aside), the files that it names, the tools, the board, every byte of its flash. Nothing is known
of a board that has a fault, a button down, or a program in RAM, and nothing of commands that are not in `REPEATABLE`.
"""

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from trainer.child import Finished

__all__ = ["REPEATABLE", "Key", "Result", "Results", "key_of"]

REPEATABLE: Final = frozenset(
    {"chip-id", "erase-flash", "erase-region", "flash-id", "read-mac", "verify-flash", "write-flash"}
)
"""Commands of esptool that leave nothing behind but what is in the flash."""

UNKNOWN_ENDS: Final = ("--after", "--before", "-a", "-b")
"""Options with which a board may be in another state afterwards."""

PORT: Final = "{port}"

Key = tuple[str | bytes, ...]


@dataclass(frozen=True)
class Result:
    """What was printed, and what the flash held afterwards; None: what it held before."""

    finished: Finished
    flash: bytes | None


def key_of(
    arguments: Sequence[str | Path], folder: Path, port: str, board: str, tools: str, flash: bytes
) -> Key | None:
    """All that the result of a command depends on; None for one that is not repeatable.

    `folder` is where it runs, `board` the board's profile, `tools` tells the esptool, `flash` is what the chip holds.
    """
    words = [str(argument).replace(port, PORT) for argument in arguments]
    program = next((at for at, word in enumerate(words) if Path(word).name in ("esptool", "esptool.py")), None)
    if program is None or any(word.partition("=")[0] in UNKNOWN_ENDS for word in words[program + 1 :]):
        return None
    if not {word.replace("_", "-") for word in words[program + 1 :]} & REPEATABLE:
        return None
    files = [(folder / word).read_bytes() for word in words[program + 1 :] if (folder / word).is_file()]
    return (board, tools, *words, *map(_digest, files), _digest(flash))


class Results:
    """The results of one worker's plays."""

    def __init__(self) -> None:
        self._known: dict[Key, tuple[Finished, bytes | None]] = {}

    def get(self, key: Key, port: str) -> Result | None:
        """What is known, as it would be printed with the board at `port`."""
        if key not in self._known:
            return None
        finished, packed = self._known[key]
        transcript = finished.transcript.replace(PORT, port)
        return Result(Finished(finished.exit_status, transcript), zlib.decompress(packed) if packed else None)

    def put(self, key: Key, port: str, result: Result) -> None:
        """Remember what came of a command."""
        transcript = result.finished.transcript.replace(port, PORT)
        packed = zlib.compress(result.flash, 1) if result.flash is not None else None
        self._known[key] = (Finished(result.finished.exit_status, transcript), packed)


def _digest(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=16).digest()
