"""The status registers of a flash chip: what they keep over a power cycle, and which cells they protect.

Source: Winbond's W25Q datasheets, "Status Registers"; their figures are in `flash_datasheet`.
"""

from emulator.flash_datasheet import (
    BLOCK_PROTECT_MASK,
    BLOCK_PROTECT_SHIFT,
    BLOCK_SIZE,
    HALF_BLOCK_SIZE,
    PROTECT_BOTTOM,
    PROTECT_COMPLEMENT,
    PROTECT_SECTORS,
    QUAD_ENABLE,
    SECTOR_SIZE,
    STATUS_FACTORY,
    STATUS_PROTECT_0,
    STATUS_PROTECT_1,
    STATUS_WRITABLE,
)


class StatusRegisters:
    """The three registers of a chip of so many bytes, but for the two bits that say what it is doing."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._saved = bytearray(STATUS_FACTORY)
        """The non-volatile bits."""
        self.power_cycle()

    def power_cycle(self) -> None:
        """Volatile bits are forgotten."""
        self._bytes = bytearray(self._saved)
        if not self._bytes[0] & STATUS_PROTECT_0:
            self._bytes[1] &= ~STATUS_PROTECT_1  # "power supply lock-down" ends with the power

    @property
    def value(self) -> int:
        """All three as one number, the first in the low byte."""
        return int.from_bytes(self._bytes, "little")

    @property
    def quad_enable(self) -> bool:
        """Whether instructions on four lines are understood."""
        return bool(self._bytes[1] & QUAD_ENABLE)

    def write(self, register: int, data: bytes, *, volatile: bool) -> bool:
        """Write `data` from `register` (0 to 2) on, until the next power cycle if `volatile`; False if they are locked.

        A second byte goes to the second register, where the first one went to the first.
        """
        if self._bytes[1] & STATUS_PROTECT_1:
            return False
        for number, value in enumerate(data[: 2 if register == 0 else 1], register):
            writable = STATUS_WRITABLE[number]
            self._bytes[number] = self._bytes[number] & ~writable | value & writable
            if not volatile:
                self._saved[number] = self._bytes[number]
        return True

    def open_ranges(self) -> tuple[tuple[int, int], ...]:
        """What the block-protect bits leave open, as (start, stop); table "Status Register Memory Protection"."""
        first, second = self._bytes[0], self._bytes[1]
        level = first >> BLOCK_PROTECT_SHIFT & BLOCK_PROTECT_MASK
        if level in (0, BLOCK_PROTECT_MASK):
            length = self._size if level else 0
        elif first & PROTECT_SECTORS:
            length = min(SECTOR_SIZE << level - 1, HALF_BLOCK_SIZE)
        else:
            length = min(max(BLOCK_SIZE, self._size // 64) << level - 1, self._size)
        start, stop = (0, length) if first & PROTECT_BOTTOM else (self._size - length, self._size)
        return ((start, stop),) if second & PROTECT_COMPLEMENT else ((0, start), (stop, self._size))
