"""Status registers: what they protect, and what is left of them without power."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.flash_status import StatusRegisters

MIB = 1 << 20

# W25Q32, "Status Register Memory Protection": status registers -> protected range
PROTECTION_4MB = [
    (0x00, 0x00, (0, 0)),
    (0x04, 0x00, (0x3F0000, 0x400000)),
    (0x18, 0x00, (0x200000, 0x400000)),
    (0x24, 0x00, (0x000000, 0x010000)),
    (0x38, 0x00, (0x000000, 0x200000)),
    (0x1C, 0x00, (0x000000, 0x400000)),
    (0x44, 0x00, (0x3FF000, 0x400000)),
    (0x50, 0x00, (0x3F8000, 0x400000)),
    (0x64, 0x00, (0x000000, 0x001000)),
    (0x04, 0x40, (0x000000, 0x3F0000)),
    (0x64, 0x40, (0x001000, 0x400000)),
    (0x00, 0x40, (0x000000, 0x400000)),
]


@pytest.mark.parametrize(("first", "second", "protected"), PROTECTION_4MB)
def test_block_protection(first: int, second: int, protected: tuple[int, int]) -> None:
    registers = StatusRegisters(4 * MIB)
    registers.write(0, bytes([first, second]), volatile=False)
    start, stop = protected
    for page in {0, start - 0x100, start, stop - 0x100, stop, 4 * MIB - 0x100} & set(range(0, 4 * MIB, 0x100)):
        is_open = any(first_open <= page < stop_open for first_open, stop_open in registers.open_ranges())
        assert is_open != (start <= page < stop), hex(page)


BITS = st.binary(min_size=2, max_size=2).map(lambda data: bytes([data[0], data[1] & 0xFE]))  # without the lock


@given(BITS, BITS)
def test_volatile_bits_count_until_the_power_goes(kept: bytes, volatile: bytes) -> None:
    registers = StatusRegisters(4 * MIB)
    assert registers.write(0, kept, volatile=False)
    before = registers.value
    assert registers.write(0, volatile, volatile=True)
    assert registers.value & 0xFC == volatile[0] & 0xFC
    assert registers.quad_enable == bool(volatile[1] & 2)
    registers.power_cycle()
    assert registers.value == before


def test_a_lock_holds_until_the_power_goes() -> None:
    registers = StatusRegisters(4 * MIB)
    assert registers.write(1, b"\x01", volatile=False)
    assert not registers.write(0, b"\x1c", volatile=False)
    registers.power_cycle()
    assert registers.write(0, b"\x1c", volatile=False)
