"""Which part of the flash a program sees at 40200000, and what becomes of code there when that changes
(ESP8266_RTOS_SDK, spi_flash_cache2phys and spi_register.h)."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.cpu.asm import assemble
from emulator.cpu.isa import Cause
from emulator.flash import Flash
from emulator.rom.mask_rom import MaskRom, intrinsic_functions
from emulator.soc.chip import Chip
from emulator.trace import Trace

MIB = 1 << 20
WINDOW, SECOND = 0x40200000, 0x40300000
CONTROL = 0x3FF0000C
CODE, VECTORS, USER_VECTOR = 0x40100400, 0x40100000, 0x50
BOTH, HIGH, SEGMENT_SHIFT = 1 << 24, 1 << 25, 16
BACK = 0x40101000


@pytest.fixture(scope="module")
def chip() -> Chip:
    """A chip with a flash of 4 MiB, each of which begins with a function that returns its number."""
    chip = Chip(Flash(4 * MIB), Trace(), intrinsic_functions())
    MaskRom(chip)
    for number in range(4):
        for _, content in assemble(f"movi a2, {number}\nret").chunks:
            chip.flash.program(number * MIB, content)
    chip.reset()
    return chip


def call(chip: Chip, address: int) -> int:
    """What a function returns."""
    core = chip.core
    core.set_breakpoint(BACK)
    core.set_a(0, BACK)
    core.pc = address
    core.run(100)
    assert core.pc == BACK
    return core.a(2)


@pytest.mark.parametrize(
    ("control", "seen"),
    [
        (0, [0, None]),
        (HIGH, [1, None]),
        (1 << SEGMENT_SHIFT, [2, None]),
        (1 << SEGMENT_SHIFT | HIGH, [3, None]),
        (BOTH, [0, 1]),
        (BOTH | 1 << SEGMENT_SHIFT, [2, 3]),
        (BOTH | HIGH | 1 << SEGMENT_SHIFT, [2, 3]),
    ],
)
def test_the_window_shows_one_mib_or_two(chip: Chip, control: int, seen: list[int | None]) -> None:
    chip.core.store(CONTROL, control)
    for address, number in zip((WINDOW, SECOND), seen, strict=True):
        if number is None:
            assert chip.core.load(address) == 0
        else:
            assert chip.core.load(address) == int.from_bytes(chip.flash.read(number * MIB, 4), "little")
            assert call(chip, address) == number
    chip.reset()
    assert call(chip, WINDOW) == 0


def test_compiled_code_of_what_is_no_longer_shown_is_let_go(chip: Chip) -> None:
    """The program that changes the mapping is compiled itself, and goes on."""
    chip.core.store(CONTROL, BOTH)
    for address, content in assemble("s32i a3, a4, 0\nmovi a2, 0\njx a5", origin=CODE).chunks:
        chip.core.write(address, content)
    chip.core.set_a(4, CONTROL)
    for place, control, number in ((SECOND, BOTH | 1 << SEGMENT_SHIFT, 3), (WINDOW, HIGH, 1), (WINDOW, BOTH, 0)):
        chip.core.compile([CODE, WINDOW, SECOND])
        assert {CODE, WINDOW} <= chip.core.compiled
        chip.core.set_a(3, control)
        chip.core.set_a(5, place)
        assert call(chip, CODE) == number
    chip.reset()


@given(offset=st.integers(0, 4 * MIB - 16), data=st.binary(min_size=1, max_size=16), first=st.sampled_from([0, 2]))
@settings(deadline=None, max_examples=15)
def test_two_mib_follow_the_flash(chip: Chip, offset: int, data: bytes, first: int) -> None:
    chip.core.store(CONTROL, BOTH | first // 2 << SEGMENT_SHIFT)
    chip.flash.program(offset, data)
    seen = chip.flash.read(first * MIB, 2 * MIB)
    assert chip.core.read(WINDOW, 2 * MIB) == seen


@pytest.mark.parametrize(
    ("control", "source", "cause"),
    [
        (0, "s32i a3, a4, 0", 0),
        (BOTH, "s32i a3, a4, 0", Cause.STORE_PROHIBITED),
        (0, "jx a4", Cause.INSTRUCTION_FETCH_PROHIBITED),
    ],
)
def test_stores_and_jumps_to_the_second_mib(chip: Chip, control: int, source: str, cause: int) -> None:
    core = chip.core
    core.store(CONTROL, control)
    for origin, text in ((CODE, f"{source}\nwait: j wait"), (VECTORS + USER_VECTOR, "wait: j wait")):
        for address, content in assemble(text, origin=origin).chunks:
            core.write(address, content)
    for name, value in (("VECBASE", VECTORS), ("PS", 0x20), ("EXCCAUSE", 0)):
        core.set_special(name, value)
    core.set_a(4, SECOND)
    core.pc = CODE
    core.run(10)
    assert core.special("EXCCAUSE") == cause
    assert core.load(SECOND) == (int.from_bytes(chip.flash.read(MIB, 4), "little") if control else 0)
