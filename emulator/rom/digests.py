"""MD5 and SHA-1 of the ROM, on contexts in the program's memory.

A context is the state (MD5: 4 words, SHA-1: 5), the count of bits in two words, low one first, and 64 bytes of
buffer, as in wpa_supplicant's `md5-internal.c` and `sha1-internal.c`. Sources: RFC 1321, FIPS 180-4. esptool's stub
hashes whole images with them, hence inside the module. A context outside data RAM, or data outside memory, is an
exception of the caller's.
"""

import math
import struct

from emulator.cpu.inside import Cells, Inside, a, copy, fill, inside, m8, m32, rotl, rotr
from emulator.cpu.isa import Cause
from emulator.cpu.memory import WINDOW, WINDOW_BASE
from emulator.cpu.runtime import raise_exception, spend
from emulator.rom.libc import in_data_ram, readable

TO_LINEAR = WINDOW - WINDOW_BASE
MD5_TABLE = 0x4000F000
"""A free place in the ROM: 64 sine words, then each round's four shifts."""
MD5_SINES = TO_LINEAR + MD5_TABLE
MD5_SHIFTS = MD5_SINES + 256
TABLES = {
    MD5_TABLE: struct.pack("<64I", *(int(abs(math.sin(step + 1)) * 2**32) for step in range(64)))
    + bytes((7, 12, 17, 22, 5, 9, 14, 20, 4, 11, 16, 23, 6, 10, 15, 21)),
}
"""What the functions below expect in the ROM: address -> bytes."""

MD5_STATE_SIZE, SHA1_STATE_SIZE = 16, 20
COUNT_SIZE, BLOCK_SIZE = 8, 64
CYCLES_PER_BYTE = 12
"""64 or 80 steps of about ten instructions for 64 bytes."""
LOAD_STORE_ERROR, LOAD_PROHIBITED = Cause.LOAD_STORE_ERROR, Cause.LOAD_PROHIBITED


class Schedule(Cells):
    """The last 16 words of SHA-1's message schedule."""

    __annotations__ = {f"w{index}": int for index in range(16)}


SCHEDULE = Schedule.addresses["w0"]


@inside
def big_endian(word: int) -> int:
    """A word with its bytes turned round."""
    return (rotl(word, 8) & 0x00FF00FF) | (rotr(word, 8) & 0xFF00FF00)


@inside
def md5_block(state: int, block: int) -> None:
    """RFC 1321, 3.4: one block of 64 bytes. Both addresses are in linear memory."""
    p = m32[state]
    q = m32[state + 4]
    r = m32[state + 8]
    s = m32[state + 12]
    step = 0
    while step < 64:
        if step < 16:
            mixed = s ^ (q & (r ^ s))
            word = step
        elif step < 32:
            mixed = r ^ (s & (q ^ r))
            word = step * 5 + 1
        elif step < 48:
            mixed = q ^ r ^ s
            word = step * 3 + 5
        else:
            mixed = r ^ (q | ~s)
            word = step * 7
        mixed = mixed + p + m32[block + ((word & 15) << 2)] + m32[MD5_SINES + (step << 2)]
        p = s
        s = r
        r = q
        q = q + rotl(mixed, m8[MD5_SHIFTS + ((step >> 4) << 2) + (step & 3)])
        step = step + 1
    m32[state] = m32[state] + p
    m32[state + 4] = m32[state + 4] + q
    m32[state + 8] = m32[state + 8] + r
    m32[state + 12] = m32[state + 12] + s


@inside
def sha1_block(state: int, block: int) -> None:
    """FIPS 180-4, 6.1.3: one block of 64 bytes. Both addresses are in linear memory."""
    p = m32[state]
    q = m32[state + 4]
    r = m32[state + 8]
    s = m32[state + 12]
    t = m32[state + 16]
    step = 0
    while step < 80:
        place = SCHEDULE + ((step & 15) << 2)
        if step < 16:
            m32[place] = big_endian(m32[block + (step << 2)])
        else:
            m32[place] = rotl(
                m32[place]
                ^ m32[SCHEDULE + ((step + 2 & 15) << 2)]
                ^ m32[SCHEDULE + ((step + 8 & 15) << 2)]
                ^ m32[SCHEDULE + ((step + 13 & 15) << 2)],
                1,
            )
        if step < 20:
            mixed = (s ^ (q & (r ^ s))) + 0x5A827999
        elif step < 40:
            mixed = (q ^ r ^ s) + 0x6ED9EBA1
        elif step < 60:
            mixed = ((q & r) | (s & (q | r))) + 0x8F1BBCDC
        else:
            mixed = (q ^ r ^ s) + 0xCA62C1D6
        mixed = mixed + rotl(p, 5) + t + m32[place]
        t = s
        s = r
        r = rotl(q, 30)
        q = p
        p = mixed
        step = step + 1
    m32[state] = m32[state] + p
    m32[state + 4] = m32[state + 4] + q
    m32[state + 8] = m32[state + 8] + r
    m32[state + 12] = m32[state + 12] + s
    m32[state + 16] = m32[state + 16] + t


@inside
def block_of(state: int, state_size: int, block: int) -> None:
    """One block, for the digest that has a state of this size."""
    if state_size == MD5_STATE_SIZE:
        md5_block(state, block)
    else:
        sha1_block(state, block)


@inside
def has_context(address: int, state_size: int) -> int:
    """Whether there is memory for a context; if not, the caller gets its exception."""
    if in_data_ram(address, state_size + (COUNT_SIZE + BLOCK_SIZE)):
        return 1
    raise_exception(LOAD_STORE_ERROR, address)
    return 0


@inside
def begin(context: int, state_size: int) -> None:
    """The initial state that both digests share, and an empty count."""
    m32[TO_LINEAR + context] = 0x67452301
    m32[TO_LINEAR + context + 4] = 0xEFCDAB89
    m32[TO_LINEAR + context + 8] = 0x98BADCFE
    m32[TO_LINEAR + context + 12] = 0x10325476
    m32[TO_LINEAR + context + state_size] = 0
    m32[TO_LINEAR + context + state_size + 4] = 0


@inside
def update(context: int, state_size: int, source: int, length: int) -> None:
    """Take in bytes: fill the buffer, then whole blocks where they lie, then buffer the rest."""
    if has_context(context, state_size) == 0:
        return
    if readable(source, length) == 0:
        raise_exception(LOAD_PROHIBITED, source)
        return
    spend(length * CYCLES_PER_BYTE)
    state = TO_LINEAR + context
    count = state + state_size
    buffer = count + COUNT_SIZE
    source = TO_LINEAR + source
    used = (m32[count] >> 3) & 63
    bits = m32[count] + (length << 3)
    m32[count + 4] = m32[count + 4] + (length >> 29) + (bits < m32[count])
    m32[count] = bits
    if used:
        room = BLOCK_SIZE - used
        if length < room:
            copy(buffer + used, source, length)
            return
        copy(buffer + used, source, room)
        block_of(state, state_size, buffer)
        source = source + room
        length = length - room
    while length >= BLOCK_SIZE:
        block_of(state, state_size, source)
        source = source + BLOCK_SIZE
        length = length - BLOCK_SIZE
    copy(buffer, source, length)


@inside
def pad(context: int, state_size: int) -> None:
    """A one bit, zeros, and the number of bits (MD5: little-endian, SHA-1: big-endian) complete the last block."""
    state = TO_LINEAR + context
    count = state + state_size
    buffer = count + COUNT_SIZE
    used = (m32[count] >> 3) & 63
    m8[buffer + used] = 0x80
    used = used + 1
    if used > BLOCK_SIZE - 8:
        fill(buffer + used, 0, BLOCK_SIZE - used)
        block_of(state, state_size, buffer)
        used = 0
    fill(buffer + used, 0, BLOCK_SIZE - 8 - used)
    if state_size == MD5_STATE_SIZE:
        m32[buffer + 56] = m32[count]
        m32[buffer + 60] = m32[count + 4]
    else:
        m32[buffer + 56] = big_endian(m32[count + 4])
        m32[buffer + 60] = big_endian(m32[count])
    block_of(state, state_size, buffer)


@inside
def md5_init() -> None:
    """MD5Init(context)."""
    if has_context(a[2], MD5_STATE_SIZE):
        begin(a[2], MD5_STATE_SIZE)


@inside
def md5_update() -> None:
    """MD5Update(context, data, length)."""
    update(a[2], MD5_STATE_SIZE, a[3], a[4])


@inside
def md5_final() -> None:
    """MD5Final(digest, context)."""
    if has_context(a[3], MD5_STATE_SIZE) == 0:
        return
    if in_data_ram(a[2], MD5_STATE_SIZE) == 0:
        raise_exception(LOAD_STORE_ERROR, a[2])
        return
    pad(a[3], MD5_STATE_SIZE)
    copy(TO_LINEAR + a[2], TO_LINEAR + a[3], MD5_STATE_SIZE)


@inside
def sha1_init() -> None:
    """SHA1Init(context)."""
    if has_context(a[2], SHA1_STATE_SIZE):
        begin(a[2], SHA1_STATE_SIZE)
        m32[TO_LINEAR + a[2] + 16] = 0xC3D2E1F0


@inside
def sha1_update() -> None:
    """SHA1Update(context, data, length)."""
    update(a[2], SHA1_STATE_SIZE, a[3], a[4])


@inside
def sha1_final() -> None:
    """SHA1Final(digest, context)."""
    if has_context(a[3], SHA1_STATE_SIZE) == 0:
        return
    if in_data_ram(a[2], SHA1_STATE_SIZE) == 0:
        raise_exception(LOAD_STORE_ERROR, a[2])
        return
    pad(a[3], SHA1_STATE_SIZE)
    word = 0
    while word < SHA1_STATE_SIZE:
        m32[TO_LINEAR + a[2] + word] = big_endian(m32[TO_LINEAR + a[3] + word])
        word = word + 4


@inside
def sha1_transform() -> None:
    """SHA1Transform(state, block of 64 bytes)."""
    if in_data_ram(a[2], SHA1_STATE_SIZE) == 0:
        raise_exception(LOAD_STORE_ERROR, a[2])
        return
    if readable(a[3], BLOCK_SIZE) == 0:
        raise_exception(LOAD_PROHIBITED, a[3])
        return
    sha1_block(TO_LINEAR + a[2], TO_LINEAR + a[3])


INTRINSICS: dict[str, Inside] = {
    "MD5Init": md5_init, "MD5Update": md5_update, "MD5Final": md5_final,
    "SHA1Init": sha1_init, "SHA1Update": sha1_update, "SHA1Final": sha1_final,
    "SHA1Transform": sha1_transform,
}  # fmt: skip
"""ROM entry point -> the function that answers it."""
