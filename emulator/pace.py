"""Keeps a board's time level with the wall clock: how far it is ahead, and what of its time costs the wall nothing."""

import time
from typing import Literal

from emulator.soc.chip import Chip

ClockMode = Literal["real", "max"]
"""Level with the wall clock, or as fast as instructions execute."""

LARGEST_LAG_S = 0.2
"""A thread that was held up for longer does not catch up all of it: the rest is lost. With less, a busy computer would
slow the board's clock down; with more, what a program does would be seen to hurry after that."""


class Pace:
    """A chip's virtual time, which is its count of cycles, against the wall's. Belongs to the board's thread."""

    def __init__(self, chip: Chip) -> None:
        self._chip = chip
        self.restart()

    @property
    def hertz(self) -> float:
        """Cycles in a second of the chip's time now."""
        return self._chip.clock.mhz * 1e6

    def restart(self) -> None:
        """From now on both are level."""
        self._cycles = self._chip.core.cycles
        self._virtual_s, self._wall_s = 0.0, time.monotonic()

    def ahead_s(self) -> float:
        """By how many seconds the chip is ahead of the wall; negative when it is behind, but not by more than
        `LARGEST_LAG_S`. Asked before the processor's frequency changes, it counts what has passed at the old one."""
        cycles = self._chip.core.cycles
        self._virtual_s += (cycles - self._cycles) / self.hertz
        self._cycles = cycles
        ahead = self._virtual_s - (time.monotonic() - self._wall_s)
        if ahead < -LARGEST_LAG_S:
            self._wall_s -= ahead + LARGEST_LAG_S
            ahead = -LARGEST_LAG_S
        return ahead

    def forgive(self, cycles: int) -> None:
        """So many cycles cost the wall clock nothing."""
        self._wall_s -= cycles / self.hertz
