"""The ROM's cryptography against the standard library and the standards' own examples."""

import hashlib
import hmac
import struct
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emulator.rom import aes
from emulator.rom.machine import Next

INPUT, KEY, OUTPUT, LISTS = 0x3FFE8000, 0x3FFE9000, 0x3FFEA000, 0x3FFEB000
FAILED = 0xFFFFFFFF
FIPS197_KEY = bytes(range(16))
FIPS197_PLAIN = bytes.fromhex("00112233445566778899aabbccddeeff")
FIPS197_CIPHER = bytes.fromhex("69c4e0d86a7b0430d8cdb78070b4c55a")


def place(rig: Any, fragments: list[bytes]) -> tuple[int, int, int]:
    """Fragments in memory: count, array of addresses, array of lengths."""
    at = INPUT
    for index, fragment in enumerate(fragments):
        rig.core.write(at, fragment)
        rig.core.write32(LISTS + 4 * index, at)
        rig.core.write32(LISTS + 256 + 4 * index, len(fragment))
        at += len(fragment)
    return len(fragments), LISTS, LISTS + 256


fragments = st.lists(st.binary(max_size=100), max_size=5)


@pytest.mark.parametrize("name", ["md5", "sha1"])
@given(parts=fragments, key=st.binary(max_size=100))
@settings(deadline=None, max_examples=20)
def test_digests_of_fragments(shared_rig: Any, name: str, parts: list[bytes], key: bytes) -> None:
    count, addresses, lengths = place(shared_rig, parts)
    content = b"".join(parts)
    assert shared_rig.call(f"{name}_vector", count, addresses, lengths, OUTPUT) == 0
    expected = hashlib.new(name, content).digest()
    assert shared_rig.core.read(OUTPUT, len(expected)) == expected
    shared_rig.core.write(KEY, key)
    expected = hmac.digest(key, content, name)
    assert shared_rig.call(f"hmac_{name}_vector", KEY, len(key), count, addresses, lengths, OUTPUT) == 0
    assert shared_rig.core.read(OUTPUT, len(expected)) == expected
    shared_rig.core.write(OUTPUT, bytes(20))
    assert shared_rig.call(f"hmac_{name}", KEY, len(key), INPUT, len(content), OUTPUT) == 0
    assert shared_rig.core.read(OUTPUT, len(expected)) == expected


def test_six_fragments_are_too_many_for_hmac(rig: Any) -> None:
    assert rig.call("hmac_sha1_vector", KEY, 0, *place(rig, [b""] * 6), OUTPUT) == FAILED


def test_the_key_of_a_network(rig: Any) -> None:
    """IEEE 802.11, annex on test vectors of the passphrase mapping."""
    rig.core.write(KEY, b"password\0")
    rig.core.write(INPUT, b"IEEE")
    assert rig.call("pbkdf2_sha1", KEY, INPUT, 4, 4096, OUTPUT, 32) == 0
    assert rig.core.read(OUTPUT, 32).hex() == "f42c6fc52df0ebef9ebb4b90b38a5f902e83fe1b135a70e23aed762e9710a12e"


def test_the_pseudo_random_function(rig: Any) -> None:
    """IEEE 802.11, annex on PRF test vectors, the first."""
    rig.core.write(KEY, b"\x0b" * 20)
    rig.core.write(INPUT, b"Hi There")
    rig.core.write(LISTS, b"prefix\0")
    assert rig.call("sha1_prf", KEY, 20, LISTS, INPUT, 8, OUTPUT, stack=(24,)) == 0
    assert rig.core.read(OUTPUT, 25).hex() == "bcd4c650b30b9684951829e0d75f9d54b862175ed9f00606" + "00"


def test_rc4_after_skipping(rig: Any) -> None:
    """RFC 6229, 40-bit key, offsets 0 and 256."""
    rig.core.write(KEY, bytes.fromhex("0102030405"))
    assert rig.call("rc4_skip", KEY, 5, 0, OUTPUT, 16) == 0
    assert rig.core.read(OUTPUT, 16).hex() == "b2396305f03dc027ccc3524a0a1118a8"
    rig.core.write(OUTPUT, bytes(16))
    assert rig.call("rc4_skip", KEY, 5, 240, OUTPUT, 16) == 0
    assert rig.core.read(OUTPUT, 16).hex() == "28cb1132c96ce286421dcaadb8b69eae"


def test_aes_decrypts_the_standards_example(rig: Any) -> None:
    rig.core.write(KEY, FIPS197_KEY)
    rig.core.write(INPUT, FIPS197_CIPHER)
    context = rig.call("aes_decrypt_init", KEY, 16)
    rig.call("aes_decrypt", context, INPUT, OUTPUT)
    assert rig.core.read(OUTPUT, 16) == FIPS197_PLAIN


def test_aes_contexts_are_given_and_taken_back(rig: Any) -> None:
    rig.core.write(KEY, FIPS197_KEY)
    contexts = [rig.call("aes_decrypt_init", KEY, 16) for _ in range(5)]
    assert contexts[4] == 0
    assert len(set(contexts)) == 5
    rig.call("aes_decrypt_deinit", contexts[1])
    assert rig.call("aes_decrypt_init", KEY, 16) == contexts[1]
    assert rig.call("aes_decrypt_init", KEY, 32) == 0


def test_key_schedules(rig: Any) -> None:
    """FIPS 197, A.1, and the order of use for decryption."""
    key = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
    rig.core.write(KEY, key)
    rig.call("rijndaelKeySetupEnc", OUTPUT, KEY)
    words = struct.unpack("<44I", rig.core.read(OUTPUT, 176))
    assert (words[4], words[43]) == (0xA0FAFE17, 0xB6630CA6)
    rig.call("rijndaelKeySetupDec", OUTPUT, KEY)
    reverse = struct.unpack("<44I", rig.core.read(OUTPUT, 176))
    assert (reverse[:4], reverse[40:]) == (words[40:], words[:4])


def test_tables_are_those_of_rijndael(rig: Any) -> None:
    """The first words of Te0 and Td0, the ends of the boxes (rijndael-alg-fst.c)."""
    assert rig.core.read32(0x3FFFCCF0) == 0xC66363A5
    assert rig.core.read(0x3FFFD0F0, 10) == bytes.fromhex("01020408102040801b36")
    assert rig.core.read32(0x3FFFD100) == 0x51F4A750
    assert rig.core.read(0x3FFFD500, 4) == bytes.fromhex("52096ad5")
    assert sorted(aes.SUBSTITUTION) == list(range(256))


RFC3394_WRAPPED = bytes.fromhex("1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5")


def test_unwrapping_a_key(rig: Any) -> None:
    """RFC 3394, 4.1."""
    rig.core.write(KEY, FIPS197_KEY)
    rig.core.write(INPUT, RFC3394_WRAPPED)
    assert rig.call("aes_unwrap", KEY, 2, INPUT, OUTPUT) == 0
    assert rig.core.read(OUTPUT, 16) == FIPS197_PLAIN
    rig.core.write(INPUT, b"\0")
    assert rig.call("aes_unwrap", KEY, 2, INPUT, OUTPUT) == FAILED


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("pbkdf2_sha1", (KEY, INPUT, 4, 0xFFFFFFFF, OUTPUT, 32)),
        ("pbkdf2_sha1", (KEY, INPUT, 4, 4096, OUTPUT, 0xFFFFFFFF)),
        ("rc4_skip", (KEY, 5, 0xFFFFFFFF, OUTPUT, 1)),
        ("aes_unwrap", (KEY, 0xFFFFFFFF, INPUT, OUTPUT)),
        ("md5_vector", (0xFFFFFFFF, LISTS, LISTS, OUTPUT)),
    ],
)
def test_what_no_chip_would_finish_hangs_it(rig: Any, name: str, arguments: tuple[int, ...]) -> None:
    rig.enter(name, *arguments)
    assert rig.rom.next is Next.HANG
