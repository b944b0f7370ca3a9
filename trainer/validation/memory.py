"""What boards have done: deeds, the states in which they were done, and what came of them."""

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Final

from trainer.board.terminal import PROMPT
from trainer.computer.child import INTERRUPTED, Finished
from trainer.validation.programs import Key, Ports

__all__ = ["NOTHING", "UNKNOWN", "Deed", "Done", "Memory", "Outcome", "Perform", "Seen", "State", "after"]

State = bytes
Deed = tuple[str | float, ...]
Perform = Callable[[float], Finished]
"""Does something to the board, and waits for it for so many seconds at the most."""

NOTHING: Final = Finished(0, "")
UNKNOWN: Final = b""


@dataclass(frozen=True)
class Seen:
    """How things are after a deed."""

    plugged: bool = False
    has_cable: bool = False
    at_rest: bool = False
    """The board is off or runs a program from its flash, and nothing holds its pins: the flash is all that would
    survive."""
    transcript: str = ""
    """What has come since the terminal was opened."""
    lost: str | None = None
    """Why the terminal has lost its board."""


@dataclass(frozen=True)
class Outcome:
    """What came of a deed: the state that it led to, the answer, and what the terminal showed meanwhile."""

    state: State
    finished: Finished
    told: str
    seen: Seen


@dataclass(frozen=True)
class Done:
    """A deed that the board may have to do once more."""

    deed: Deed
    perform: Perform
    outcome: Outcome

    @property
    def prompted(self) -> bool:
        """Whether the board came to its prompt."""
        return bool(PROMPT.search(self.outcome.finished.transcript))

    def repeated(self, now: Finished) -> bool:
        """Whether the same came of it again. What a board says by itself may have been said before it is waited for,
        and one that talks without end has said more or less of it when it is stopped."""
        if self.deed[0] in ("send", "key") and self.prompted:
            return _ending(now.transcript) == _ending(self.outcome.finished.transcript)
        return now.exit_status == self.outcome.finished.exit_status


def _ending(transcript: str) -> list[str]:
    """The last thing that was said, and the prompt."""
    return [line for line in transcript.splitlines() if line.strip()][-2:]


class Memory:
    """What boards have done in the plays of one worker."""

    def __init__(self) -> None:
        self.outcomes: dict[tuple[State, Deed], Outcome] = {}
        self.once = count().__next__
        """A number that is given only once, for what is like nothing else."""
        self._programs: dict[Key, Finished] = {}
        self._flashes: dict[str, bytes] = {}

    def alone(self, key: Key, names: Ports, run: Callable[[], Finished]) -> Finished:
        """What comes of a program that no board is plugged into."""
        if key not in self._programs:
            finished = run()
            if finished.exit_status == INTERRUPTED:
                return finished
            self._programs[key] = Finished(finished.exit_status, names.hidden(finished.transcript))
        known = self._programs[key]
        return Finished(known.exit_status, names.shown(known.transcript))

    def keep(self, flash: bytes) -> str:
        """Keep a flash chip's contents; returns the name to ask for them with."""
        name = hashlib.blake2b(flash, digest_size=16).hexdigest()
        if name not in self._flashes:
            self._flashes[name] = zlib.compress(flash, 1)
        return name

    def flash(self, name: str) -> bytes:
        """Contents that were kept."""
        return zlib.decompress(self._flashes[name])


def after(state: State, deed: Deed) -> State:
    """The state that a deed leads to."""
    return hashlib.blake2b(state + repr(deed).encode(), digest_size=16).digest()
