"""When firmware that was just started has done what it does in the flash at first."""

import time
from typing import TYPE_CHECKING, Final

from emulator.runner import State
from emulator.trace import Event

if TYPE_CHECKING:
    from emulator.board import Board

__all__ = ["Settling"]

QUIET_S: Final = 0.15
"""When nothing has changed in the flash for so long, firmware that starts has done what it does there at first."""
START_CYCLES: Final = 60_000_000
"""Cycles in which MicroPython starts, and makes its file system, with a good deal to spare."""
START_RESETS: Final = 3
"""A chip that has been reset so often meanwhile does so for ever: when it gets power, it is once."""
LONGEST_S: Final = 5.0
"""Then it is not waited for any longer."""
LOOK_EVERY_S: Final = 0.02


class Settling:
    """Watches one board from now on, and waits for its firmware."""

    def __init__(self, board: "Board") -> None:
        self._board = board
        self._restarts = 0
        self._last_write_s = time.monotonic()
        board.flash.on_change.append(self._wrote)
        board.events.subscribe(self._hear)

    def wait(self) -> None:
        """For so long by the board's own clock, as this computer may be busy with something else; what restarts over
        and over gets no further than it did."""
        board, begun_s, restarts = self._board, time.monotonic(), self._restarts
        begun = board.events.clock()
        while (now_s := time.monotonic()) < begun_s + LONGEST_S:
            now = board.events.clock()
            begun = min(begun, now)  # a reset may have begun to count anew
            starts = board.state in (State.OFF, State.HELD, State.PROGRAM)
            started = not starts or now - begun >= START_CYCLES or self._restarts - restarts >= START_RESETS
            if started and now_s - max(begun_s, self._last_write_s) >= QUIET_S:
                break
            time.sleep(LOOK_EVERY_S)

    def _wrote(self, offset: int, length: int) -> None:
        self._last_write_s = time.monotonic()

    def _hear(self, event: Event) -> None:
        self._restarts += event.name == "reset"
