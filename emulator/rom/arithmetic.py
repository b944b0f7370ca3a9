"""The ROM's compiler support: divisions, 64-bit arithmetic, soft floats (libgcc's routines, by libgcc's names).

Arguments are in a2 and up (64-bit ones in pairs, low word first), the result in a2 (a2, a3). Source: GCC internals,
"Routines the compiler generates calls to". A division by zero has no defined result there; here the quotient is 0.
"""

from emulator.cpu.inside import (
    Inside,
    a,
    add_double,
    add_float,
    div_double,
    double_to_float,
    double_to_int,
    double_to_unsigned,
    float_to_double,
    float_to_unsigned,
    inside,
    int_to_double,
    int_to_float,
    load64,
    load_double,
    load_float,
    mul_double,
    mul_float,
    sdiv,
    sdiv64,
    store64,
    store_double,
    store_float,
    sub_double,
    sub_float,
    unsigned_to_double,
    unsigned_to_float,
    wide,
)  # fmt: skip
from emulator.cpu.memory import ADDRESS_REGISTERS

A2 = ADDRESS_REGISTERS + 8
A3 = A2 + 4
A4 = A2 + 8


@inside
def divsi3() -> None:
    """Signed 32-bit quotient."""
    if a[3] == 0:
        a[2] = 0
    elif a[3] == -1:
        a[2] = 0 - a[2]
    else:
        a[2] = sdiv(a[2], a[3])


@inside
def udivsi3() -> None:
    """Unsigned 32-bit quotient."""
    if a[3]:
        a[2] = a[2] // a[3]
    else:
        a[2] = 0


@inside
def umodsi3() -> None:
    """Unsigned 32-bit remainder."""
    if a[3]:
        a[2] = a[2] % a[3]
    else:
        a[2] = 0


@inside
def muldi3() -> None:
    """64-bit product."""
    store64(A2, load64(A2) * load64(A4))


@inside
def umulsidi3() -> None:
    """64-bit product of two unsigned words."""
    store64(A2, wide(a[2]) * wide(a[3]))


@inside
def divdi3() -> None:
    """Signed 64-bit quotient."""
    if a[4] | a[5]:
        if (a[4] & a[5]) == -1:
            store64(A2, wide(0) - load64(A2))
        else:
            store64(A2, sdiv64(load64(A2), load64(A4)))
    else:
        store64(A2, wide(0))


@inside
def udivdi3() -> None:
    """Unsigned 64-bit quotient."""
    if a[4] | a[5]:
        store64(A2, load64(A2) // load64(A4))
    else:
        store64(A2, wide(0))


@inside
def umoddi3() -> None:
    """Unsigned 64-bit remainder."""
    if a[4] | a[5]:
        store64(A2, load64(A2) % load64(A4))
    else:
        store64(A2, wide(0))


@inside
def addsf3() -> None:
    """float + float."""
    store_float(A2, add_float(load_float(A2), load_float(A3)))


@inside
def subsf3() -> None:
    """float - float."""
    store_float(A2, sub_float(load_float(A2), load_float(A3)))


@inside
def mulsf3() -> None:
    """float * float."""
    store_float(A2, mul_float(load_float(A2), load_float(A3)))


@inside
def adddf3() -> None:
    """double + double."""
    store_double(A2, add_double(load_double(A2), load_double(A4)))


@inside
def subdf3() -> None:
    """double - double."""
    store_double(A2, sub_double(load_double(A2), load_double(A4)))


@inside
def muldf3() -> None:
    """double * double."""
    store_double(A2, mul_double(load_double(A2), load_double(A4)))


@inside
def divdf3() -> None:
    """double / double."""
    store_double(A2, div_double(load_double(A2), load_double(A4)))


@inside
def extendsfdf2() -> None:
    """float to double."""
    store_double(A2, float_to_double(load_float(A2)))


@inside
def truncdfsf2() -> None:
    """double to float."""
    store_float(A2, double_to_float(load_double(A2)))


@inside
def fixdfsi() -> None:
    """double to int, saturating."""
    a[2] = double_to_int(load_double(A2))


@inside
def fixunsdfsi() -> None:
    """double to unsigned, saturating."""
    a[2] = double_to_unsigned(load_double(A2))


@inside
def fixunssfsi() -> None:
    """float to unsigned, saturating."""
    a[2] = float_to_unsigned(load_float(A2))


@inside
def floatsidf() -> None:
    """int to double."""
    store_double(A2, int_to_double(a[2]))


@inside
def floatunsidf() -> None:
    """unsigned to double."""
    store_double(A2, unsigned_to_double(a[2]))


@inside
def floatsisf() -> None:
    """int to float."""
    store_float(A2, int_to_float(a[2]))


@inside
def floatunsisf() -> None:
    """unsigned to float."""
    store_float(A2, unsigned_to_float(a[2]))


INTRINSICS: dict[str, Inside] = {
    f"__{function.__name__}": function
    for function in (
        divsi3, udivsi3, umodsi3, muldi3, umulsidi3, divdi3, udivdi3, umoddi3, addsf3, subsf3, mulsf3, adddf3,
        subdf3, muldf3, divdf3, extendsfdf2, truncdfsf2, fixdfsi, fixunsdfsi, fixunssfsi, floatsidf, floatunsidf,
        floatsisf, floatunsisf,
    )
}  # fmt: skip
"""ROM entry point -> the function that answers it."""
