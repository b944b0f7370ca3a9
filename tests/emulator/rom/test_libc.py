"""mem*, str*, rand and delays, against Python's bytes."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emulator.cpu.core import Stop
from emulator.cpu.isa import Cause

RAM, OTHER, IRAM, FLASH = 0x3FFE9000, 0x3FFEA000, 0x40101000, 0x40200000
OTHER_CODE = IRAM + 0x200
quick = settings(deadline=None, max_examples=60)
texts = st.binary(max_size=20).map(lambda text: text.replace(b"\0", b"\1"))
few = st.sampled_from(list(b"ab\xff"))
similar = st.lists(few, max_size=6).map(bytes)


def signed(word: int) -> int:
    """Two's complement."""
    return word - (1 << 32) if word >> 31 else word


def sign(value: int) -> int:
    """-1, 0 or 1."""
    return (value > 0) - (value < 0)


@pytest.mark.parametrize("base", [RAM, IRAM])
@pytest.mark.parametrize("name", ["memcpy", "memmove", "ets_memcpy", "ets_memmove", "xthal_memcpy"])
@given(
    content=st.binary(min_size=64, max_size=64),
    source=st.integers(0, 40),
    target=st.integers(0, 40),
    length=st.integers(0, 24),
)
@example(bytes(range(64)), 0, 1, 24)
@example(bytes(range(64)), 1, 0, 24)
@quick
def test_moving(shared_rig: Any, base: int, name: str, content: bytes, source: int, target: int, length: int) -> None:
    shared_rig.core.write(base, content)
    assert shared_rig.call(name, base + target, base + source, length) == base + target
    expected = bytearray(content)
    expected[target : target + length] = content[source : source + length]
    assert shared_rig.core.read(base, 64) == expected


def test_bcopy_takes_the_source_first(rig: Any) -> None:
    rig.core.write(RAM, b"abc")
    rig.call("xthal_bcopy", RAM, OTHER, 2)
    assert rig.core.read(OTHER, 3) == b"ab\0"


def test_copying_from_flash_and_rom_byte_by_byte(rig: Any) -> None:
    rig.flash.program(0, b"0123456789")
    rig.call("memcpy", RAM + 1, FLASH + 3, 5)
    assert rig.core.read(RAM, 7) == b"\x0034567\0"


def test_copied_code_is_executed(rig: Any) -> None:
    """Instruction RAM that already ran is decoded anew."""
    for number in (1, 2):
        rig.load(f"movi a2, {number}\n break 0, 0", OTHER_CODE)
        rig.call("memcpy", IRAM, OTHER_CODE, 6)
        rig.core.pc = IRAM
        rig.run()
        assert rig.core.a(2) == number


@pytest.mark.parametrize("base", [RAM, IRAM])
@given(value=st.integers(0, 0xFFFFFFFF), start=st.integers(0, 8), length=st.integers(0, 20))
@quick
def test_filling(shared_rig: Any, base: int, value: int, start: int, length: int) -> None:
    shared_rig.core.write(base, b"\x55" * 32)
    assert shared_rig.call("memset", base + start, value, length) == base + start
    expected = bytearray(b"\x55" * 32)
    expected[start : start + length] = bytes([value & 0xFF]) * length
    assert shared_rig.core.read(base, 32) == expected
    shared_rig.call("bzero", base + start, length)
    expected[start : start + length] = bytes(length)
    assert shared_rig.core.read(base, 32) == expected


def test_copying_into_registers(rig: Any) -> None:
    """The SDK copies the MAC address into the Wi-Fi MAC's registers, six bytes at a time (facts)."""
    rig.core.write(RAM, bytes.fromhex("18fe34123456"))
    rig.call("ets_memcpy", 0x3FF21408, RAM, 6)
    assert rig.core.load(0x3FF21408) == 0x1234FE18
    assert rig.core.load(0x3FF2140C) & 0xFFFF == 0x5634


@given(first=similar, second=similar, length=st.integers(0, 6))
@quick
def test_comparing(shared_rig: Any, first: bytes, second: bytes, length: int) -> None:
    rig = shared_rig
    one, other = first.ljust(7, b"\0"), second.ljust(7, b"\0")
    rig.core.write(RAM, one)
    rig.core.write(OTHER, other)

    def order(a: bytes, b: bytes) -> int:
        return (a > b) - (a < b)

    assert sign(signed(rig.call("memcmp", RAM, OTHER, length))) == order(one[:length], other[:length])
    assert sign(signed(rig.call("strcmp", RAM, OTHER))) == order(first, second)
    assert sign(signed(rig.call("strncmp", RAM, OTHER, length))) == order(first[:length], second[:length])
    assert sign(signed(rig.call("strncmp", RAM, OTHER, 0xFFFFFFFF))) == order(first, second)


@given(text=texts, limit=st.integers(0, 24))
@quick
def test_strings(shared_rig: Any, text: bytes, limit: int) -> None:
    rig = shared_rig
    rig.core.write(RAM, text + b"\0")
    assert rig.call("strlen", RAM) == len(text)
    rig.core.write(OTHER, b"\x55" * 32)
    assert rig.call("strcpy", OTHER, RAM) == OTHER
    assert rig.core.read(OTHER, 32) == (text + b"\0").ljust(32, b"\x55")
    rig.core.write(OTHER, b"\x55" * 32)
    assert rig.call("strncpy", OTHER, RAM, limit) == OTHER
    assert rig.core.read(OTHER, 32) == text[:limit].ljust(limit, b"\0").ljust(32, b"\x55")


@given(text=st.lists(few, max_size=10).map(bytes), part=st.lists(few, max_size=3).map(bytes))
@quick
def test_searching(shared_rig: Any, text: bytes, part: bytes) -> None:
    shared_rig.core.write(RAM, text + b"\0")
    shared_rig.core.write(OTHER, part + b"\0")
    place = text.find(part)
    assert shared_rig.call("strstr", RAM, OTHER) == (RAM + place if place >= 0 else 0)


NOWHERE, PAST_THE_END = 0x20000000, 0x402FFFFC


@pytest.mark.parametrize(
    ("name", "arguments", "cause", "address"),
    [
        ("memcpy", (NOWHERE, RAM, 100), Cause.STORE_PROHIBITED, NOWHERE),
        ("memcpy", (RAM, NOWHERE, 100), Cause.LOAD_PROHIBITED, NOWHERE),
        ("memcpy", (RAM, 0, 0xFFFFFFFF), Cause.LOAD_PROHIBITED, 0xFFFFFFFE),
        ("memmove", (RAM + 4, NOWHERE, 100), Cause.LOAD_PROHIBITED, NOWHERE),
        ("memcpy", (RAM, PAST_THE_END, 100), Cause.LOAD_STORE_ERROR, 0x40300000),
        ("memset", (0, 0, 100), Cause.STORE_PROHIBITED, 0),
        ("memset", (0x40108000, 0, 0xFFFFFFFF), Cause.LOAD_STORE_ERROR, 0x40110000),
        ("bzero", (0x4010FFFE, 4), Cause.LOAD_STORE_ERROR, 0x40110000),
        ("memcmp", (NOWHERE, NOWHERE, 0xFFFFFFFF), Cause.LOAD_PROHIBITED, NOWHERE),
        ("strlen", (NOWHERE,), Cause.LOAD_PROHIBITED, NOWHERE),
        ("strcpy", (RAM, NOWHERE), Cause.LOAD_PROHIBITED, NOWHERE),
        ("strcpy", (NOWHERE, RAM), Cause.STORE_PROHIBITED, NOWHERE),
        ("strncpy", (NOWHERE, RAM, 0xFFFFFFFF), Cause.STORE_PROHIBITED, NOWHERE),
        ("strcmp", (NOWHERE, RAM), Cause.LOAD_PROHIBITED, NOWHERE),
        ("strstr", (NOWHERE, RAM), Cause.LOAD_PROHIBITED, NOWHERE),
        ("strstr", (RAM, NOWHERE), Cause.LOAD_PROHIBITED, NOWHERE),
    ],
)
def test_ranges_outside_memory_are_one_exception(
    rig: Any, name: str, arguments: tuple[int, ...], cause: Cause, address: int
) -> None:
    rig.core.write(RAM, b"text\0")
    rig.enter(name, *arguments)
    [event] = rig.trace.named("exception")
    assert (Cause(event.data["cause"]), event.data["address"]) == (cause, address)


def test_rand_repeats_for_a_seed(rig: Any) -> None:
    rig.call("srand", 7)
    first = [rig.call("rand") for _ in range(5)]
    rig.call("srand", 7)
    assert [rig.call("rand") for _ in range(5)] == first
    rig.call("srand", 8)
    assert rig.call("rand") != first[0]
    assert all(0 <= value < 1 << 31 for value in first)


def test_rand_is_newlibs(rig: Any) -> None:
    state = 6364136223846793005 + 1
    assert rig.call("rand") == state >> 32 & 0x7FFFFFFF


@pytest.mark.parametrize("microseconds", [0, 1, 50, 100_000, 60_000_000])
def test_a_delay_takes_its_time(rig: Any, microseconds: int) -> None:
    start = rig.core.cycles
    reason = rig.enter("ets_delay_us", microseconds)
    while reason is Stop.BUDGET:
        reason = rig.run(1_000_000_000)
    assert 0 <= rig.core.cycles - start - 80 * microseconds < 200 + microseconds // 1000


def test_interrupts_are_taken_during_a_delay(rig: Any) -> None:
    """FRC1 comes after 100 us of 10000; its handler notes when."""
    rig.core.store(0x3FF00004, 1 << 1)  # EDGE_INT_ENABLE
    labels = rig.load(
        """
        .literal frc1, 0x60000600
        .literal frc1_load, 8000
        .literal microseconds, 10000
        .literal attach, ets_isr_attach
        .literal delay, ets_delay_us
        .literal handler_at, handler
        .literal note, 0x3ffe8000
        start:
            movi a2, 9
            l32r a3, handler_at
            l32r a0, attach
            callx0 a0
            l32r a4, frc1
            l32r a5, frc1_load
            s32i a5, a4, 0
            movi a5, 0x80
            s32i a5, a4, 8
            movi a5, 0x200
            wsr a5, INTENABLE
            rsr a13, CCOUNT
            l32r a2, microseconds
            l32r a0, delay
            callx0 a0
            rsr a14, CCOUNT
            break 0, 0
            .align
        handler:
            l32r a2, note
            rsr a3, CCOUNT
            s32i a3, a2, 0
            ret
        """
    )
    rig.core.pc = labels["start"]
    rig.run(2_000_000)
    start, end = rig.core.a(13), rig.core.a(14)
    assert 8000 - 20 <= rig.core.read32(0x3FFE8000) - start < 8000 + 200
    assert 800_000 <= end - start < 800_000 + 400
