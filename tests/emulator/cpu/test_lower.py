"""Functions in the language of `inside`: every form runs as Python would with words that wrap; the rest is refused."""

from collections.abc import Callable
from types import FunctionType
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.cpu.core import Core, Host
from emulator.cpu.emit import Parts
from emulator.cpu.inside import (
    Cells,
    a,
    clz,
    copy,
    ctz,
    extend8,
    extend16,
    fill,
    high,
    inside,
    low,
    m8,
    m16,
    m32,
    popcnt,
    rotl,
    rotr,
    sdiv,
    select,
    sge,
    signed_wide,
    slt,
    sra,
    sra64,
    srem,
    wide,
)
from emulator.cpu.lower import LoweringError, Program

MASK = 0xFFFFFFFF
SCRATCH = 0x20000
"""Linear memory that nothing uses (see `memory`)."""
TWO, MINUS = 1 + 1, -5


class Notes:
    """Constants reached by a dot."""

    LIMIT = 1000


class Counter(Cells):
    """Words shared with Python."""

    total: int
    calls: int


@inside
def arithmetic(x: int, y: int) -> int:
    """Operators, folded constants and a docstring."""
    total = x * 3 + (y << TWO) - MINUS
    total ^= ~x
    total |= 1
    return (total & -y) + Notes.LIMIT


@inside
def quotient(x: int, y: int) -> int:
    return (x // y) * 100 + x % y


@inside
def classify(x: int) -> int:
    result = 20
    if x == 0:
        return 10
    if x < 100:
        pass
    elif x < 200:
        result = 30
    else:
        result = 40
    return result


@inside
def triangle(n: int) -> int:
    total = 0
    while n:
        total += n
        n = n - 1
    return total


@inside
def nested(n: int, m: int) -> int:
    found = 0
    row = 0
    while row < n:
        column = 0
        while column < m:
            if row != column and not (row > 3 or column > 3):
                found += 1
            column += 1
        row += 1
    return found


@inside
def count(amount: int) -> None:
    if amount > 50:
        return
    Counter.total += amount
    Counter.calls = Counter.calls + 1


@inside
def call_others(n: int) -> int:
    count(n)
    triangle(n)
    count(triangle(n))
    return Counter.total


@inside
def pack(word: int) -> int:
    m32[SCRATCH] = word
    m16[SCRATCH + 4] = m16[SCRATCH + 2]
    m8[SCRATCH + 6] = m8[SCRATCH]
    fill(SCRATCH + 7, 0xEE, 1)
    copy(SCRATCH + 8, SCRATCH + 4, 4)
    at = SCRATCH
    return m32[at + 8]


@inside
def swap() -> None:
    x = a[2]
    a[2] = a[3]
    a[3] = x


@inside
def product_high(x: int, y: int) -> int:
    return high(wide(x) * wide(y))


@inside
def shift_pair(x: int, y: int) -> int:
    return low(sra64(signed_wide(x) * signed_wide(y), wide(16)))


PRIMITIVES: dict[str, Callable[[int, int], int]] = {}


def primitive(function: Callable[[int, int], int]) -> Callable[[int, int], int]:
    PRIMITIVES[function.__name__] = function
    return inside(function)


@primitive
def do_sra(x: int, y: int) -> int:
    return sra(x, y & 31)


@primitive
def do_slt(x: int, y: int) -> int:
    return slt(x, y)


@primitive
def do_sge(x: int, y: int) -> int:
    return sge(x, y)


@primitive
def do_clz(x: int, y: int) -> int:
    return clz(x)


@primitive
def do_ctz(x: int, y: int) -> int:
    return ctz(x)


@primitive
def do_popcnt(x: int, y: int) -> int:
    return popcnt(x)


@primitive
def do_rotl(x: int, y: int) -> int:
    return rotl(x, y)


@primitive
def do_rotr(x: int, y: int) -> int:
    return rotr(x, y)


@primitive
def do_sdiv(x: int, y: int) -> int:
    return sdiv(x, (y & 255) + 1)


@primitive
def do_srem(x: int, y: int) -> int:
    return srem(x, (y & 255) + 1)


@primitive
def do_extend8(x: int, y: int) -> int:
    return extend8(x)


@primitive
def do_extend16(x: int, y: int) -> int:
    return extend16(x)


@primitive
def do_select(x: int, y: int) -> int:
    return select(x, y, x > y)


def signed(value: int, bits: int = 32) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if value >> bits - 1 else value


def rotated(x: int, left: int) -> int:
    return x << left % 32 | x >> (32 - left % 32)


def truncated(x: int, y: int) -> int:
    return abs(x) // y * (1 if x >= 0 else -1)


EXPECTED: dict[str, Callable[[int, int], int]] = {
    "do_sra": lambda x, y: signed(x) >> (y & 31),
    "do_slt": lambda x, y: signed(x) < signed(y),
    "do_sge": lambda x, y: signed(x) >= signed(y),
    "do_clz": lambda x, y: 32 - x.bit_length(),
    "do_ctz": lambda x, y: (x & -x).bit_length() - 1 if x else 32,
    "do_popcnt": lambda x, y: x.bit_count(),
    "do_rotl": rotated,
    "do_rotr": lambda x, y: rotated(x, -y),
    "do_sdiv": lambda x, y: truncated(signed(x), (y & 255) + 1),
    "do_srem": lambda x, y: signed(x) - truncated(signed(x), (y & 255) + 1) * ((y & 255) + 1),
    "do_extend8": lambda x, y: signed(x, 8),
    "do_extend16": lambda x, y: signed(x, 16),
    "do_select": max,
}

words = st.integers(0, MASK) | st.sampled_from([0, 1, 0x7FFFFFFF, 0x80000000, MASK])


@pytest.fixture(scope="module")
def core() -> Core:
    """A core with the functions above inside."""
    functions = [arithmetic, quotient, classify, triangle, nested, call_others, pack, swap, product_high, shift_pair]
    exports: dict[str, Any] = {f.__name__: f for f in functions} | PRIMITIVES
    host = Host(lambda address: 0, lambda address, value: None, lambda: None)
    return Core(Parts(exports=exports), host)


@given(words, words)
def test_operators(core: Core, x: int, y: int) -> None:
    total = (x * 3 + (y << 2) + 5) ^ ~x | 1
    assert core.call("arithmetic", x, y) == ((total & -y) + 1000) & MASK


@given(words, st.integers(1, MASK))
def test_division_is_unsigned(core: Core, x: int, y: int) -> None:
    assert core.call("quotient", x, y) == (x // y * 100 + x % y) & MASK


@pytest.mark.parametrize("name", EXPECTED)
def test_primitives(core: Core, name: str) -> None:
    @settings(max_examples=50)
    @given(words, words)
    def check(x: int, y: int) -> None:
        assert core.call(name, x, y) == EXPECTED[name](x, y) & MASK

    check()


@given(words, words)
def test_long_words(core: Core, x: int, y: int) -> None:
    assert core.call("product_high", x, y) == x * y >> 32
    assert core.call("shift_pair", x, y) == (signed(x) * signed(y) >> 16) & MASK


def test_branches(core: Core) -> None:
    assert [core.call("classify", x) for x in (0, 1, 99, 100, 200, MASK)] == [10, 20, 20, 30, 40, 40]


def test_loops(core: Core) -> None:
    assert core.call("triangle", 0) == 0
    assert core.call("triangle", 100) == 5050
    assert core.call("nested", 5, 6) == 12


def test_calls_and_cells(core: Core) -> None:
    counter = core.cells(Counter)
    counter.total, counter.calls = 100, 0
    assert core.call("call_others", 9) == 100 + 9 + 45
    assert (counter.total, counter.calls) == (154, 2)
    core.call("call_others", 10)
    assert (counter.total, counter.calls) == (164, 3), "the second call returned early"
    with pytest.raises(AttributeError, match="no_such_word"):
        _ = counter.no_such_word


def test_memory_by_width(core: Core) -> None:
    assert core.call("pack", 0x11223344) == 0xEE441122
    assert bytes(core.memory[SCRATCH : SCRATCH + 8]) == bytes.fromhex("44332211 221144ee")


def test_registers(core: Core) -> None:
    core.set_a(2, 22)
    core.set_a(3, 33)
    core.call("swap")
    assert (core.a(2), core.a(3)) == (33, 22)


def test_outside_the_module_the_language_is_refused() -> None:
    with pytest.raises(NotImplementedError, match="only inside the module"):
        sra(1, 1)
    with pytest.raises(NotImplementedError, match="only inside the module"):
        m32[0] = 1


def plain(x: int) -> int:
    return x


@inside
def calls_a_stranger(x: int) -> int:
    return plain(x)


@inside
def uses_a_for_loop(x: int) -> None:
    for _ in range(x):
        pass


@inside
def uses_a_chain(x: int) -> int:
    return 1 < x < 5


@inside
def uses_a_string() -> int:
    return "no"  # type: ignore[return-value]


@inside
def calls_a_method(x: int) -> int:
    return x.bit_length()


@inside
def uses_an_unknown_name() -> int:
    return undefined_name  # type: ignore[name-defined, no-any-return] # noqa: F821


@inside
def assigns_two(x: int) -> None:
    x, y = x, x  # noqa: F841


REFUSED: list[tuple[FunctionType, str]] = [
    (calls_a_stranger, "'plain' is neither a primitive nor an @inside function"),
    (uses_a_for_loop, "no way to lower the statement 'for _ in range(x):"),
    (uses_a_chain, "no way to lower the expression '1 < x < 5'"),
    (uses_a_string, "no way to lower the expression \"'no'\""),
    (calls_a_method, "cannot call 'x.bit_length'"),
    (uses_an_unknown_name, "no way to lower the expression 'undefined_name'"),
    (assigns_two, "no way to lower the expression '(x, x)'"),
]  # type: ignore[assignment]


@pytest.mark.parametrize(("function", "message"), REFUSED, ids=[f.__name__ for f, _ in REFUSED])
def test_what_cannot_be_lowered_says_where(function: FunctionType, message: str) -> None:
    with pytest.raises(LoweringError) as caught:
        Program().add(function)
    assert function.__name__ in str(caught.value)
    assert message in str(caught.value)
