"""AES-128 as far as a Wi-Fi client needs it: key schedules, decryption of a block, and the tables that lie in the
ROM.

Everything follows from the definition in FIPS 197; keys and tables have the shape of `rijndael-alg-fst.c` (public
domain), on which wpa_supplicant and so the ROM are built: 44 big-endian words for a key, in the order of use; for
decryption (FIPS 197, 5.3.5, "equivalent inverse cipher") all but the first and last four went through
InvMixColumns.
"""

BLOCK_SIZE = KEY_SIZE = 16
ROUNDS = 10
KEY_WORDS = 4 * (ROUNDS + 1)
POLYNOMIAL = 0x11B

Words = tuple[int, ...]


def _multiply(first: int, second: int) -> int:
    """A product in GF(2**8)."""
    product = 0
    while second:
        product ^= first if second & 1 else 0
        first = first << 1 ^ (POLYNOMIAL if first & 0x80 else 0)
        second >>= 1
    return product


def _substitution() -> bytes:
    """The S-box: the inverse, then an affine map (FIPS 197, 5.1.1)."""
    powers = [1]
    while len(powers) < 255:
        powers.append(_multiply(powers[-1], 3))
    inverse = {0: 0} | {power: powers[-exponent % 255] for exponent, power in enumerate(powers)}

    def affine(value: int) -> int:
        doubled = value << 8 | value
        return (value ^ doubled >> 7 ^ doubled >> 6 ^ doubled >> 5 ^ doubled >> 4 ^ 0x63) & 0xFF

    return bytes(affine(inverse[value]) for value in range(256))


def _column_table(box: bytes, coefficients: tuple[int, int, int, int]) -> Words:
    """For each byte: what one substituted byte of a column contributes to the mixed column."""
    return tuple(
        int.from_bytes(bytes(_multiply(box[value], coefficient) for coefficient in coefficients), "big")
        for value in range(256)
    )


SUBSTITUTION = _substitution()
INVERSE_SUBSTITUTION = bytes(SUBSTITUTION.index(value) for value in range(256))
ENCRYPTION_TABLE = _column_table(SUBSTITUTION, (2, 1, 1, 3))
DECRYPTION_TABLE = _column_table(INVERSE_SUBSTITUTION, (14, 9, 13, 11))
ROUND_CONSTANTS = (1, 2, 4, 8, 16, 32, 64, 128, 0x1B, 0x36)


def _rotate_right(word: int, bits: int) -> int:
    return (word >> bits | word << 32 - bits) & 0xFFFFFFFF


def _contributions(table: Words, column: bytes) -> int:
    """A mixed column from its four bytes."""
    mixed = 0
    for row, value in enumerate(column):
        mixed ^= _rotate_right(table[value], 8 * row)
    return mixed


def expand_key(key: bytes) -> Words:
    """The key schedule for encryption (FIPS 197, 5.2) of 16 bytes of key."""
    words = [int.from_bytes(key[start : start + 4], "big") for start in range(0, KEY_SIZE, 4)]
    while len(words) < KEY_WORDS:
        word = words[-1]
        if len(words) % 4 == 0:
            rotated = _rotate_right(word, 24).to_bytes(4, "big")
            word = int.from_bytes(rotated.translate(SUBSTITUTION), "big")
            word ^= ROUND_CONSTANTS[len(words) // 4 - 1] << 24
        words.append(words[-4] ^ word)
    return tuple(words)


def expand_decryption_key(key: bytes) -> Words:
    """The key schedule for `decrypt_block`."""
    words = expand_key(key)
    rounds = [words[start : start + 4] for start in range(0, KEY_WORDS, 4)][::-1]
    mixed = [
        tuple(_contributions(DECRYPTION_TABLE, word.to_bytes(4, "big").translate(SUBSTITUTION)) for word in four)
        for four in rounds[1:-1]
    ]
    return tuple(word for four in (rounds[0], *mixed, rounds[-1]) for word in four)


def decrypt_block(schedule: Words, block: bytes) -> bytes:
    """One block of 16 bytes, with a schedule of `expand_decryption_key`."""
    state = _add_key(block, schedule[:4])
    for start in range(4, KEY_WORDS - 4, 4):
        columns = (_contributions(DECRYPTION_TABLE, column) for column in _shifted(state))
        state = _add_key(b"".join(column.to_bytes(4, "big") for column in columns), schedule[start : start + 4])
    return _add_key(b"".join(_shifted(state)).translate(INVERSE_SUBSTITUTION), schedule[-4:])


def _add_key(state: bytes, words: Words) -> bytes:
    key = b"".join(word.to_bytes(4, "big") for word in words)
    return (int.from_bytes(state, "big") ^ int.from_bytes(key, "big")).to_bytes(BLOCK_SIZE, "big")


def _shifted(state: bytes) -> list[bytes]:
    """InvShiftRows: the four columns whose row r comes from r columns before."""
    return [bytes(state[4 * (column - row) % 16 + row] for row in range(4)) for column in range(4)]


def unwrap(key: bytes, wrapped: bytes) -> bytes | None:
    """RFC 3394, 2.2.2: the key data within, or None where the integrity check fails."""
    schedule = expand_decryption_key(key)
    check, *registers = (wrapped[start : start + 8] for start in range(0, len(wrapped), 8))
    count = len(registers)
    for step in range(6 * count, 0, -1):
        index = (step - 1) % count
        mixed = (int.from_bytes(check, "big") ^ step).to_bytes(8, "big")
        block = decrypt_block(schedule, mixed + registers[index])
        check, registers[index] = block[:8], block[8:]
    return b"".join(registers) if check == b"\xa6" * 8 else None
