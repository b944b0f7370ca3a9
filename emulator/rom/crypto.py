"""The ROM's cryptography beside `digests`: HMAC, key derivation, AES, RC4, for WPA.

Names and arguments are those of wpa_supplicant's public interfaces (`md5.h`, `sha1.h`, `aes_wrap.h`, `aes_i.h`,
`crypto.h`), of which the ROM holds a copy. What allocates memory there (base64) or has no public description (WEP
keys) is missing.
"""

import hashlib
import hmac
import struct
from collections.abc import Iterator
from functools import partial

from emulator.rom import aes
from emulator.rom.machine import Machine, Next, Routine

DONE, FAILED = 0, 0xFFFFFFFF
MOST_HMAC_FRAGMENTS = 5
"""hmac_*_vector refuses more, as they would need memory."""
PATIENCE_BLOCKS = 1 << 20
"""A chip that hashes more blocks than this (some ten seconds) has been reset by its watchdog."""
MOST_FRAGMENTS, LONGEST_OUTPUT, LONGEST_WRAPPED = 64, 1 << 17, 512
"""The same patience, in fragments as large as the flash window, bytes of key, and units of 8 bytes of AES."""

AES_CONTEXTS = range(0x3FFFD600, 0x3FFFD600 + 4 * 4 * aes.KEY_WORDS, 4 * aes.KEY_WORDS)
"""Where aes_decrypt_init keeps keys: four at a time, in the system's memory behind the tables."""

DATA_TABLES = {
    0x3FFFCCF0: struct.pack("<256I", *aes.ENCRYPTION_TABLE),
    0x3FFFD0F0: bytes(aes.ROUND_CONSTANTS),
    0x3FFFD100: struct.pack("<256I", *aes.DECRYPTION_TABLE),
    0x3FFFD500: aes.INVERSE_SUBSTITUTION,
}
"""Te0, rcons, Td0 and Td4s, which programs may use as well: address -> bytes."""


def _outlast(machine: Machine) -> int:
    """A request that no chip would finish in time."""
    machine.ask(Next.HANG)
    return FAILED


def _fragments(machine: Machine, count: int, addresses: int, lengths: int) -> Iterator[bytes]:
    for index in range(count):
        yield machine.read(machine.read32(addresses + 4 * index), machine.read32(lengths + 4 * index))


def vector(digest: str, machine: Machine, count: int, addresses: int, lengths: int, target: int) -> int:
    """md5_vector, sha1_vector(count, addresses[], lengths[], digest): the hash of several fragments."""
    if count > MOST_FRAGMENTS:
        return _outlast(machine)
    state = hashlib.new(digest, usedforsecurity=False)
    for fragment in _fragments(machine, count, addresses, lengths):
        state.update(fragment)
    machine.write(target, state.digest())
    return DONE


def keyed(digest: str, machine: Machine, key: int, key_length: int, data: int, length: int, target: int) -> int:
    """hmac_md5, hmac_sha1(key, its length, data, its length, mac)."""
    machine.write(target, hmac.digest(machine.read(key, key_length), machine.read(data, length), digest))
    return DONE


def keyed_vector(
    digest: str, machine: Machine, key: int, key_length: int, count: int, addresses: int, lengths: int, target: int
) -> int:
    """hmac_md5_vector, hmac_sha1_vector(key, its length, count, addresses[], lengths[], mac)."""
    if count > MOST_HMAC_FRAGMENTS:
        return FAILED
    content = b"".join(_fragments(machine, count, addresses, lengths))
    machine.write(target, hmac.digest(machine.read(key, key_length), content, digest))
    return DONE


def sha1_prf(machine: Machine, key: int, key_length: int, label: int, data: int, data_length: int, target: int) -> int:
    """sha1_prf(key, its length, label, data, its length, output; on the stack, its length): IEEE 802.11, PRF."""
    length = machine.read32(machine.core.a(1))
    if length > LONGEST_OUTPUT:
        return _outlast(machine)
    secret = machine.read(key, key_length)
    content = machine.read_string(label) + b"\0" + machine.read(data, data_length)
    blocks = (hmac.digest(secret, content + bytes([counter & 0xFF]), "sha1") for counter in range(-(-length // 20)))
    machine.write(target, b"".join(blocks)[:length])
    return DONE


def pbkdf2_sha1(
    machine: Machine, passphrase: int, ssid: int, ssid_length: int, iterations: int, target: int, length: int
) -> int:
    """pbkdf2_sha1(passphrase, ssid, its length, iterations, output, its length): IEEE 802.11, the key of a WPA
    network."""
    if iterations * -(-length // 20) > PATIENCE_BLOCKS:
        return _outlast(machine)
    secret, salt = machine.read_string(passphrase), machine.read(ssid, ssid_length)
    if iterations and length:
        machine.write(target, hashlib.pbkdf2_hmac("sha1", secret, salt, iterations, length))
    return DONE


def rc4_skip(machine: Machine, key: int, key_length: int, skip: int, data: int, length: int) -> int:
    """rc4_skip(key, its length, bytes of the key stream to skip, data, its length): in place."""
    if skip > PATIENCE_BLOCKS:
        return _outlast(machine)
    secret, content = machine.read(key, key_length), machine.read(data, length)
    if not secret:
        return FAILED
    state = list(range(256))
    j = 0
    for i in range(256):
        j = j + state[i] + secret[i % len(secret)] & 0xFF
        state[i], state[j] = state[j], state[i]
    stream = bytearray()
    i = j = 0
    for _ in range(skip + length):
        i = i + 1 & 0xFF
        j = j + state[i] & 0xFF
        state[i], state[j] = state[j], state[i]
        stream.append(state[state[i] + state[j] & 0xFF])
    machine.write(data, bytes(value ^ other for value, other in zip(content, stream[skip:], strict=True)))
    return DONE


def rijndael_key_setup(decryption: bool, machine: Machine, schedule: int, key: int) -> None:
    """rijndaelKeySetupEnc, rijndaelKeySetupDec(schedule of 44 words, key of 16 bytes)."""
    expand = aes.expand_decryption_key if decryption else aes.expand_key
    words = expand(machine.read(key, aes.KEY_SIZE))
    machine.write(schedule, struct.pack(f"<{aes.KEY_WORDS}I", *words))


def aes_decrypt_init(machine: Machine, key: int, length: int) -> int:
    """aes_decrypt_init(key, its length): a context, or 0 where the length is not 16 or there are too many."""
    free = (context for context in AES_CONTEXTS if not any(machine.read(context, 4 * aes.KEY_WORDS)))
    context = next(free, 0) if length == aes.KEY_SIZE else 0
    if context:
        rijndael_key_setup(True, machine, context, key)
    return context


def aes_decrypt(machine: Machine, context: int, source: int, target: int) -> None:
    """aes_decrypt(context, block of 16 bytes, where to)."""
    schedule = struct.unpack(f"<{aes.KEY_WORDS}I", machine.read(context, 4 * aes.KEY_WORDS))
    machine.write(target, aes.decrypt_block(schedule, machine.read(source, aes.BLOCK_SIZE)))


def aes_decrypt_deinit(machine: Machine, context: int) -> None:
    """aes_decrypt_deinit(context)."""
    if context in AES_CONTEXTS:
        machine.write(context, bytes(4 * aes.KEY_WORDS))


def aes_unwrap(machine: Machine, key: int, count: int, source: int, target: int) -> int:
    """aes_unwrap(key of 16 bytes, units of 8 bytes, count + 1 wrapped units, where to): 0, or -1 where they are not
    whole."""
    if count > LONGEST_WRAPPED:
        return _outlast(machine)
    content = aes.unwrap(machine.read(key, aes.KEY_SIZE), machine.read(source, 8 * (count + 1)))
    if content is None:
        return FAILED
    machine.write(target, content)
    return DONE


ROUTINES: dict[str, Routine] = {
    "md5_vector": partial(vector, "md5"),
    "sha1_vector": partial(vector, "sha1"),
    "hmac_md5": partial(keyed, "md5"),
    "hmac_sha1": partial(keyed, "sha1"),
    "hmac_md5_vector": partial(keyed_vector, "md5"),
    "hmac_sha1_vector": partial(keyed_vector, "sha1"),
    "sha1_prf": sha1_prf,
    "pbkdf2_sha1": pbkdf2_sha1,
    "rc4_skip": rc4_skip,
    "rijndaelKeySetupEnc": partial(rijndael_key_setup, False),
    "rijndaelKeySetupDec": partial(rijndael_key_setup, True),
    "aes_decrypt_init": aes_decrypt_init,
    "aes_decrypt": aes_decrypt,
    "aes_decrypt_deinit": aes_decrypt_deinit,
    "aes_unwrap": aes_unwrap,
}
