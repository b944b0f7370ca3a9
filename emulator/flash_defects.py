"""What a flash chip does that is not as good as its datasheet: see `Flash.defects` and `Flash.timing`."""

import time
from collections.abc import Callable
from random import Random

from emulator.flash import Flash
from emulator.flash_datasheet import SECTOR_SIZE

WAIT_STEP_S = 0.02
"""How often a wait for the flash looks whether the board still has power."""


class BadCells:
    """A defect: some cells of some sectors keep what they hold, whatever is done to them."""

    def __init__(self, sectors: frozenset[int], share: float) -> None:
        """`share` of the cells of each of `sectors`."""
        self._masks = {sector: _cells(sector, share) for sector in sectors}

    def __call__(self, offset: int, before: bytes, after: bytes) -> bytes:
        """What the cells become."""
        result = bytearray(after)
        for sector in range(offset // SECTOR_SIZE, (offset + len(after) - 1) // SECTOR_SIZE + 1):
            mask = self._masks.get(sector)
            if mask is not None:
                start, stop = max(offset, sector * SECTOR_SIZE), min(offset + len(after), (sector + 1) * SECTOR_SIZE)
                for position in range(start, stop):
                    bad, here = mask[position % SECTOR_SIZE], position - offset
                    result[here] = after[here] & ~bad | before[here] & bad
        return bytes(result)


def _cells(sector: int, share: float) -> bytes:
    """Which cells of a sector are bad, as a mask; always the same for the same sector."""
    if share >= 1:
        return b"\xff" * SECTOR_SIZE
    random, mask = Random(sector), bytearray(SECTOR_SIZE)
    for _ in range(round(share * SECTOR_SIZE * 8)):
        mask[random.randrange(SECTOR_SIZE)] |= 1 << random.randrange(8)
    return bytes(mask)


class Interruption:
    """A defect: something `happens` in the middle of the operation by which so many bytes were erased or programmed.

    That operation stays half done; the chip has no supply any more, so what follows has no effect."""

    def __init__(self, flash: Flash, after_bytes: int, happens: Callable[[], None]) -> None:
        self._flash = flash
        self._after_bytes = after_bytes
        self._happens = happens
        self.left: int | None = after_bytes
        """Bytes until it happens; None: not any more."""

    def rearm(self) -> None:
        """Count from the beginning."""
        self.left = self._after_bytes

    def __call__(self, offset: int, before: bytes, after: bytes) -> bytes:
        """What the cells become."""
        if self.left is None:
            return after
        done, self.left = self.left, self.left - len(after)
        if self.left >= 0:
            return after
        self.left = None
        self._flash.is_powered_down = True  # until the power comes back: see Flash.power_cycle
        self._happens()
        return after[:done] + before[done:]


class SlowTiming:
    """A timing: operations take a multiple of their typical durations, by the clock on the wall."""

    def __init__(self, factor: float, has_power: Callable[[], bool], let_pass: Callable[[float], None]) -> None:
        """`let_pass` is told, in seconds, of time that a ROM routine or the download mode waited; where the board does
        not have its power any more, nobody waits."""
        self._factor = factor
        self._has_power, self._let_pass = has_power, let_pass
        self._busy_until_s = 0.0

    def begin(self, duration_us: int) -> None:
        """An operation that typically takes so long begins."""
        self._busy_until_s = time.monotonic() + duration_us * 1e-6 * self._factor

    def is_busy(self) -> bool:
        """Whether it is still going on."""
        return time.monotonic() < self._busy_until_s

    def wait(self) -> None:
        """On the board's thread, until it is not."""
        while (left_s := self._busy_until_s - time.monotonic()) > 0 and self._has_power():
            step_s = min(left_s, WAIT_STEP_S)
            time.sleep(step_s)
            self._let_pass(step_s)
