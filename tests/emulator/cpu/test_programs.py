"""Small programs, assembled and run, against the same computation in Python."""

import zlib
from math import gcd
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.cpu.core import Stop

DATA = 0x3FFE8000

SORT = """                          # insertion sort of a3 signed words at a2
        addi    a4, a2, 4
        slli    a3, a3, 2
        add.n   a3, a3, a2
outer:  bgeu    a4, a3, done
        l32i.n  a5, a4, 0
        mov.n   a6, a4
inner:  beq     a6, a2, place
        addi    a7, a6, -4
        l32i.n  a8, a7, 0
        bge     a5, a8, place
        s32i.n  a8, a6, 0
        mov.n   a6, a7
        j       inner
place:  s32i.n  a5, a6, 0
        addi.n  a4, a4, 4
        j       outer
done:   break   0, 0
"""

CRC32 = """                         # CRC-32 of a3 bytes at a2, in a4
        j       start
        .literal polynomial, 0xedb88320
start:  l32r    a5, polynomial
        movi.n  a4, -1
        movi.n  a9, -1
byte:   beqz    a3, done
        l8ui    a6, a2, 0
        xor     a4, a4, a6
        movi.n  a7, 8
bit:    extui   a8, a4, 0, 1
        srli    a4, a4, 1
        beqz.n  a8, even
        xor     a4, a4, a5
even:   addi.n  a7, a7, -1
        bnez    a7, bit
        addi.n  a2, a2, 1
        addi.n  a3, a3, -1
        j       byte
done:   xor     a4, a4, a9
        break   0, 0
"""

GCD = """                           # greatest common divisor of a2 and a3, by subtraction
loop:   beq     a2, a3, done
        bltu    a2, a3, less
        sub     a2, a2, a3
        j       loop
less:   sub     a3, a3, a2
        j       loop
done:   break   0, 0
"""

FIBONACCI = """                     # fibonacci(a2) in a2, recursively
        call0   fibonacci
        break   0, 0
        .align
fibonacci:
        blti    a2, 2, small
        addi    sp, sp, -16
        s32i    a0, sp, 0
        s32i    a2, sp, 4
        addi.n  a2, a2, -1
        call0   fibonacci
        l32i    a3, sp, 4
        s32i    a2, sp, 8
        addi    a2, a3, -2
        call0   fibonacci
        l32i    a3, sp, 8
        add.n   a2, a2, a3
        l32i    a0, sp, 0
        addi    sp, sp, 16
small:  ret.n
"""

REVERSE = """                       # reverses the string at a2 in place
        mov.n   a3, a2
end:    l8ui    a4, a3, 0
        beqz.n  a4, swap
        addi.n  a3, a3, 1
        j       end
swap:   addi.n  a3, a3, -1
        bgeu    a2, a3, done
        l8ui    a4, a2, 0
        l8ui    a5, a3, 0
        s8i     a5, a2, 0
        s8i     a4, a3, 0
        addi.n  a2, a2, 1
        j       swap
done:   break   0, 0
"""


def run(machine: Any, source: str, *arguments: int, data: bytes = b"") -> Any:
    """Run a program to its BREAK with a2, a3, ... set and `data` at DATA; gives the core."""
    machine.reset()
    machine.load(source)
    machine.core.write(DATA, data)
    for number, value in enumerate(arguments, 2):
        machine.core.set_a(number, value)
    assert machine.run(1_000_000) is Stop.BREAKPOINT
    return machine.core


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-(2**31), 2**31 - 1), min_size=1, max_size=30))
def test_sort(stepper: Any, numbers: list[int]) -> None:
    data = b"".join(number.to_bytes(4, "little", signed=True) for number in numbers)
    content = run(stepper, SORT, DATA, len(numbers), data=data).read(DATA, len(data))
    words = [int.from_bytes(content[at : at + 4], "little", signed=True) for at in range(0, len(content), 4)]
    assert words == sorted(numbers)


@settings(max_examples=30, deadline=None)
@given(st.binary(max_size=100))
def test_crc32(stepper: Any, content: bytes) -> None:
    assert run(stepper, CRC32, DATA, len(content), data=content).a(4) == zlib.crc32(content)


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3000), st.integers(1, 3000))
def test_gcd(stepper: Any, first: int, second: int) -> None:
    assert run(stepper, GCD, first, second).a(2) == gcd(first, second)


def test_fibonacci(machine: Any) -> None:
    assert [run(machine, FIBONACCI, n).a(2) for n in range(16)] == [
        0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610,
    ]  # fmt: skip


@settings(max_examples=30, deadline=None)
@given(st.binary(min_size=1, max_size=60).filter(lambda text: 0 not in text))
def test_reverse(stepper: Any, text: bytes) -> None:
    assert run(stepper, REVERSE, DATA, data=text + b"\0").read_string(DATA) == text[::-1]
