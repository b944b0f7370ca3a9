"""The compiler's support routines against Python's own arithmetic."""

import math
import struct
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

WORD, LONG = 1 << 32, 1 << 64
words = st.one_of(
    st.sampled_from((0, 1, 2, 0x7FFFFFFF, 0x80000000, 0x80000001, 0xFFFFFFFE, 0xFFFFFFFF)), st.integers(0, WORD - 1)
)
longs = st.one_of(
    st.sampled_from((0, 1, 1 << 32, (1 << 63) - 1, 1 << 63, LONG - 1, (1 << 32) - 1)), st.integers(0, LONG - 1)
)
quick = settings(deadline=None, max_examples=60)


def signed(value: int, bits: int = 32) -> int:
    """The two's complement meaning of `bits` bits."""
    return value - (1 << bits) if value >> bits - 1 else value


def truncated(dividend: int, divisor: int) -> int:
    """C's quotient: towards zero."""
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


def long_result(rig: Any) -> int:
    """The 64 bits in a2 and a3."""
    return int(rig.core.a(2) | rig.core.a(3) << 32)


def halves(*values: int) -> list[int]:
    """64-bit arguments as register pairs."""
    return [half for value in values for half in (value & WORD - 1, value >> 32)]


WORD_DIVISIONS: dict[str, Callable[[int, int], int]] = {
    "__divsi3": lambda a, b: truncated(signed(a), signed(b)) % WORD,
    "__udivsi3": lambda a, b: a // b,
    "__umodsi3": lambda a, b: a % b,
}


@pytest.mark.parametrize("name", WORD_DIVISIONS)
@given(dividend=words, divisor=words)
@example(0x80000000, 0xFFFFFFFF)
@quick
def test_word_divisions(shared_rig: Any, name: str, dividend: int, divisor: int) -> None:
    assume(divisor)
    assert shared_rig.call(name, dividend, divisor) == WORD_DIVISIONS[name](dividend, divisor)


LONG_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "__muldi3": lambda a, b: a * b % LONG,
    "__divdi3": lambda a, b: truncated(signed(a, 64), signed(b, 64)) % LONG if b else 0,
    "__udivdi3": lambda a, b: a // b if b else 0,
    "__umoddi3": lambda a, b: a % b if b else 0,
}


@pytest.mark.parametrize("name", LONG_OPERATIONS)
@given(first=longs, second=longs)
@example(1 << 63, LONG - 1)
@example(5, 0)
@quick
def test_long_operations(shared_rig: Any, name: str, first: int, second: int) -> None:
    shared_rig.call(name, *halves(first, second))
    assert long_result(shared_rig) == LONG_OPERATIONS[name](first, second)


@given(first=words, second=words)
@quick
def test_product_of_words(shared_rig: Any, first: int, second: int) -> None:
    shared_rig.call("__umulsidi3", first, second)
    assert long_result(shared_rig) == first * second


@pytest.mark.parametrize("name", ["__divsi3", "__udivsi3", "__umodsi3"])
def test_a_division_by_zero_is_no_trap(rig: Any, name: str) -> None:
    assert rig.call(name, 7, 0) == 0


def float_bits(value: float) -> int:
    """A float's word."""
    return int(struct.unpack("<I", struct.pack("<f", value))[0])


def double_bits(value: float) -> int:
    """A double's two words as one number."""
    return int(struct.unpack("<Q", struct.pack("<d", value))[0])


def single(value: float) -> float:
    """A value rounded to single precision; too large ones become infinite, as the hardware has it."""
    try:
        return float(struct.unpack("<f", struct.pack("<f", value))[0])
    except OverflowError:
        return math.copysign(math.inf, value)


def divided(first: float, second: float) -> float:
    """IEEE division."""
    if second:
        return first / second
    if first == 0 or math.isnan(first):
        return math.nan
    return math.copysign(math.inf, first) * math.copysign(1, second)


def same(one: float, other: float) -> bool:
    """Equal bits, but for what a NaN carries."""
    return math.isnan(one) if math.isnan(other) else double_bits(one) == double_bits(other)


OPERATIONS: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b, "sub": lambda a, b: a - b, "mul": lambda a, b: a * b,
}  # fmt: skip


@pytest.mark.parametrize("name", OPERATIONS)
@given(first=st.floats(width=32), second=st.floats(width=32))
@quick
def test_float_arithmetic(shared_rig: Any, name: str, first: float, second: float) -> None:
    # Doubles hold sums and products of floats exactly enough that rounding twice changes nothing.
    shared_rig.call(f"__{name}sf3", float_bits(first), float_bits(second))
    result = struct.unpack("<f", struct.pack("<I", shared_rig.core.a(2)))[0]
    assert same(result, single(OPERATIONS[name](first, second)))


@pytest.mark.parametrize("name", [*OPERATIONS, "div"])
@given(first=st.floats(), second=st.floats())
@example(1.0, 0.0)
@example(-1.0, 0.0)
@example(0.0, 0.0)
@quick
def test_double_arithmetic(shared_rig: Any, name: str, first: float, second: float) -> None:
    shared_rig.call(f"__{name}df3", *halves(double_bits(first), double_bits(second)))
    result = struct.unpack("<d", struct.pack("<Q", long_result(shared_rig)))[0]
    assert same(result, {**OPERATIONS, "div": divided}[name](first, second))


def saturated(value: float, low: int, high: int) -> int:
    """C's truncation where it is defined, the nearest possible number elsewhere, 0 for a NaN."""
    return 0 if math.isnan(value) else int(max(low, min(high, value))) % WORD


@given(value=st.one_of(st.floats(), st.floats(-(2.0**33), 2.0**33)))
@quick
def test_double_to_integer(shared_rig: Any, value: float) -> None:
    arguments = halves(double_bits(value))
    assert shared_rig.call("__fixdfsi", *arguments) == saturated(value, -(1 << 31), (1 << 31) - 1)
    assert shared_rig.call("__fixunsdfsi", *arguments) == saturated(value, 0, WORD - 1)


@given(value=st.one_of(st.floats(width=32), st.floats(-(2.0**33), 2.0**33, width=32)))
@quick
def test_float_to_unsigned(shared_rig: Any, value: float) -> None:
    assert shared_rig.call("__fixunssfsi", float_bits(value)) == saturated(value, 0, WORD - 1)


@given(value=words)
@quick
def test_integers_to_floats(shared_rig: Any, value: int) -> None:
    assert shared_rig.call("__floatsisf", value) == float_bits(float(signed(value)))
    assert shared_rig.call("__floatunsisf", value) == float_bits(float(value))
    shared_rig.call("__floatsidf", value)
    assert long_result(shared_rig) == double_bits(float(signed(value)))
    shared_rig.call("__floatunsidf", value)
    assert long_result(shared_rig) == double_bits(float(value))


@given(value=st.floats())
@quick
def test_between_precisions(shared_rig: Any, value: float) -> None:
    assume(not math.isnan(value))
    narrow = shared_rig.call("__truncdfsf2", *halves(double_bits(value)))
    assert narrow == float_bits(single(value))
    shared_rig.call("__extendsfdf2", narrow)
    assert long_result(shared_rig) == double_bits(single(value))
