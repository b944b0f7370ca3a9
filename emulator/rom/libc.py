"""The ROM's part of the C library: mem*, str*, rand, and the microsecond delay.

Each has a quick way for plain RAM; addresses elsewhere (registers, the MAC's byte-written fields) take the
processor's own loads and stores, and so their exceptions: no length is too large, as the address space soon ends.
Arguments in a2 to a4, the result in a2, as the Call0 ABI has it.
"""

from emulator.cpu.accesses import load8, load32, shown, store8, store32
from emulator.cpu.inside import Cells, Inside, a, copy, fill, inside, load64, m8, slt, store64, wide
from emulator.cpu.memory import (
    DATA_RAM,
    DATA_RAM_SIZE,
    INSTRUCTION_RAM,
    INSTRUCTION_RAM_SIZE,
    WINDOW,
    WINDOW_BASE,
)
from emulator.cpu.runtime import STOP_REDIRECTED, Cpu, spend
from emulator.soc.clock import Clock

TO_LINEAR = WINDOW - WINDOW_BASE
NO_LIMIT = 0xFFFFFFFF


class Rand(Cells):
    """rand()'s state, 64 bits; 1 after a reset."""

    low: int
    high: int


RAND_STATE = Rand.addresses["low"]
RAND_FACTOR_LOW, RAND_FACTOR_HIGH = 0x4C957F2D, 0x5851F42D
"""newlib's rand.c: 6364136223846793005 (Knuth's MMIX), increment 1."""


@inside
def in_data_ram(address: int, length: int) -> int:
    """Whether a range lies in data RAM, where bytes may be stored at once."""
    return address - DATA_RAM < DATA_RAM_SIZE and length <= DATA_RAM_SIZE - (address - DATA_RAM)


@inside
def readable(address: int, length: int) -> int:
    """Whether a range lies in the window, where it shows something."""
    return address - WINDOW_BASE < shown() and length <= shown() - (address - WINDOW_BASE)


@inside
def faulted() -> int:
    """Whether this routine has its exception already; one more would be a double exception."""
    return Cpu.stop == STOP_REDIRECTED


@inside
def byte_at(address: int) -> int:
    """A byte from anywhere, 0 where there is none; ROM routines read words where bytes would fault."""
    if address - WINDOW_BASE < shown():
        return m8[TO_LINEAR + address]
    if faulted():
        return 0
    return load8(address)


@inside
def put_byte(address: int, value: int) -> None:
    """A byte to anywhere; into instruction RAM by way of its word."""
    if address - DATA_RAM < DATA_RAM_SIZE:
        m8[TO_LINEAR + address] = value
    elif faulted():
        return
    elif address - INSTRUCTION_RAM < INSTRUCTION_RAM_SIZE:
        shift = (address & 3) << 3
        store32(address & ~3, (load32(address & ~3) & ~(0xFF << shift)) | ((value & 0xFF) << shift))
    else:
        store8(address, value)


@inside
def move(target: int, source: int, length: int) -> None:
    """Copy bytes, from the end where the ranges overlap so."""
    index = 0
    if in_data_ram(target, length) and readable(source, length):
        copy(TO_LINEAR + target, TO_LINEAR + source, length)
        index = length
    elif target - source < length:
        while index < length and faulted() == 0:
            index = index + 1
            move_byte(target + length - index, source + length - index)
    else:
        while index < length and faulted() == 0:
            move_byte(target + index, source + index)
            index = index + 1
    spend(index >> 1)


@inside
def move_byte(target: int, source: int) -> None:
    """Copy one byte, if it can be read."""
    value = byte_at(source)
    if faulted() == 0:
        put_byte(target, value)


@inside
def memcpy() -> None:
    """memcpy(target, source, length), and memmove."""
    move(a[2], a[3], a[4])


@inside
def bcopy() -> None:
    """xthal_bcopy(source, target, length)."""
    move(a[3], a[2], a[4])


@inside
def memset() -> None:
    """memset(target, byte, length)."""
    set_bytes(a[2], a[3], a[4])


@inside
def bzero() -> None:
    """bzero(target, length)."""
    set_bytes(a[2], 0, a[3])


@inside
def set_bytes(target: int, value: int, length: int) -> None:
    """Fill a range with a byte."""
    index = 0
    if in_data_ram(target, length):
        fill(TO_LINEAR + target, value, length)
        index = length
    while index < length and faulted() == 0:
        put_byte(target + index, value)
        index = index + 1
    spend(index >> 2)


@inside
def memcmp() -> None:
    """memcmp(first, second, length): the difference of the first bytes that differ."""
    index = 0
    difference = 0
    while index < a[4] and difference == 0 and faulted() == 0:
        difference = byte_at(a[2] + index) - byte_at(a[3] + index)
        index = index + 1
    a[2] = difference


@inside
def length_of(address: int) -> int:
    """Bytes before the zero."""
    length = 0
    while byte_at(address + length):
        length = length + 1
    return length


@inside
def strlen() -> None:
    """strlen(string)."""
    a[2] = length_of(a[2])


@inside
def compare(first: int, second: int, limit: int) -> int:
    """The difference of the first characters that differ, within `limit`."""
    index = 0
    while index < limit:
        character = byte_at(first + index)
        difference = character - byte_at(second + index)
        if difference:
            return difference
        if character == 0:
            return 0
        index = index + 1
    return 0


@inside
def strcmp() -> None:
    """strcmp(first, second)."""
    a[2] = compare(a[2], a[3], NO_LIMIT)


@inside
def strncmp() -> None:
    """strncmp(first, second, limit)."""
    a[2] = compare(a[2], a[3], a[4])


@inside
def strcpy() -> None:
    """strcpy(target, source)."""
    length = length_of(a[3]) + 1
    if faulted() == 0:
        move(a[2], a[3], length)


@inside
def strncpy() -> None:
    """strncpy(target, source, limit): padded with zeros."""
    index = 0
    ended = 0
    while index < a[4] and faulted() == 0:
        character = 0
        if ended == 0:
            character = byte_at(a[3] + index)
            ended = character == 0
        put_byte(a[2] + index, character)
        index = index + 1


@inside
def strstr() -> None:
    """strstr(text, part): where it begins, or 0."""
    length = length_of(a[3])
    place = a[2]
    while 1:
        if compare(place, a[3], length) == 0:
            a[2] = place
            return
        if byte_at(place) == 0:
            a[2] = 0
            return
        place = place + 1


@inside
def delay_us() -> None:
    """ets_delay_us(microseconds): up to the next event; then the SIMCALL is executed again for the rest."""
    step = 1
    if slt(Clock.mhz, Cpu.left):
        step = Cpu.left // Clock.mhz
    if step < a[2]:
        spend(step * Clock.mhz)
        a[2] = a[2] - step
        Cpu.stop = STOP_REDIRECTED
    else:
        spend(a[2] * Clock.mhz)


@inside
def srand() -> None:
    """srand(seed)."""
    Rand.low = a[2]
    Rand.high = 0


@inside
def rand() -> None:
    """rand(): 31 bits, the same ones for the same seed."""
    store64(
        RAND_STATE,
        load64(RAND_STATE) * (wide(RAND_FACTOR_HIGH) << wide(32) | wide(RAND_FACTOR_LOW)) + wide(1),
    )
    a[2] = Rand.high & 0x7FFFFFFF


INTRINSICS: dict[str, Inside] = {
    "memcpy": memcpy, "ets_memcpy": memcpy, "memmove": memcpy, "ets_memmove": memcpy, "xthal_memcpy": memcpy,
    "xthal_bcopy": bcopy,
    "memset": memset, "ets_memset": memset, "bzero": bzero, "ets_bzero": bzero,
    "memcmp": memcmp, "ets_memcmp": memcmp,
    "strlen": strlen, "ets_strlen": strlen, "strcmp": strcmp, "ets_strcmp": strcmp,
    "strncmp": strncmp, "ets_strncmp": strncmp, "strcpy": strcpy, "ets_strcpy": strcpy,
    "strncpy": strncpy, "ets_strncpy": strncpy, "strstr": strstr, "ets_strstr": strstr,
    "ets_delay_us": delay_us, "srand": srand, "rand": rand,
}  # fmt: skip
"""ROM entry point -> the function that answers it."""
