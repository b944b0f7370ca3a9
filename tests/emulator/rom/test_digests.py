"""MD5 and SHA-1 on contexts in memory, against hashlib."""

import hashlib
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

CONTEXT, DIGEST, DATA = 0x3FFE8000, 0x3FFE8080, 0x3FFE8100
NAMES = {"MD5": "md5", "SHA1": "sha1"}


def digest(rig: Any, name: str, pieces: list[bytes], at: int = DATA) -> bytes:
    """The digest of `pieces`, one call of Update for each."""
    rig.call(f"{name}Init", CONTEXT)
    for piece in pieces:
        rig.core.write(at, piece)
        rig.call(f"{name}Update", CONTEXT, at, len(piece))
    rig.call(f"{name}Final", DIGEST, CONTEXT)
    return bytes(rig.core.read(DIGEST, hashlib.new(NAMES[name]).digest_size))


@pytest.mark.parametrize("name", NAMES)
@given(pieces=st.lists(st.binary(max_size=200), max_size=6))
@example([bytes(55)])
@example([bytes(56)])
@example([bytes(63), bytes(1)])
@example([bytes(64)])
@example([b"x" * 63, b"y" * 65])
@settings(deadline=None, max_examples=50)
def test_any_split_gives_the_digest_of_the_whole(shared_rig: Any, name: str, pieces: list[bytes]) -> None:
    assert digest(shared_rig, name, pieces) == hashlib.new(NAMES[name], b"".join(pieces)).digest()


@pytest.mark.parametrize("name", NAMES)
def test_data_may_lie_in_flash_and_at_odd_addresses(rig: Any, name: str) -> None:
    content = bytes(range(256)) * 16
    rig.flash.program(0, content)
    rig.call(f"{name}Init", CONTEXT)
    rig.call(f"{name}Update", CONTEXT, 0x40200001, len(content) - 1)
    rig.call(f"{name}Final", DIGEST, CONTEXT)
    expected = hashlib.new(NAMES[name], content[1:]).digest()
    assert rig.core.read(DIGEST, len(expected)) == expected


def test_contexts_are_as_programs_know_them(rig: Any) -> None:
    rig.core.write(CONTEXT, b"\xaa" * 88)
    rig.call("MD5Init", CONTEXT)
    rig.call("MD5Update", CONTEXT, DATA, 3)
    assert rig.core.read(CONTEXT, 8) == bytes.fromhex("0123456789abcdef")
    assert rig.core.read32(CONTEXT + 16) == 24
    rig.call("SHA1Init", CONTEXT)
    assert rig.core.read32(CONTEXT + 16) == 0xC3D2E1F0


def test_the_bit_count_carries(rig: Any) -> None:
    rig.call("MD5Init", CONTEXT)
    rig.core.write32(CONTEXT + 16, 0xFFFFFFF8)
    rig.call("MD5Update", CONTEXT, DATA, 2)
    assert (rig.core.read32(CONTEXT + 16), rig.core.read32(CONTEXT + 20)) == (8, 1)


def test_one_transformation(rig: Any) -> None:
    block = b"abc\x80" + bytes(59) + b"\x18"
    rig.call("SHA1Init", CONTEXT)
    rig.core.write(DATA, block)
    rig.call("SHA1Transform", CONTEXT, DATA)
    words = (rig.core.read32(CONTEXT + 4 * index) for index in range(5))
    assert b"".join(word.to_bytes(4, "big") for word in words) == hashlib.sha1(b"abc").digest()


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("MD5Init", (0,)),
        ("MD5Init", (0x3FFFFFC0,)),
        ("MD5Update", (CONTEXT, 0, 4)),
        ("MD5Update", (CONTEXT, DATA, 0xFFFFFFFF)),
        ("MD5Update", (0x40100000, DATA, 4)),
        ("MD5Final", (0x40100000, CONTEXT)),
        ("SHA1Final", (DIGEST, 0xFFFFFFFC)),
        ("SHA1Transform", (CONTEXT, 0x60000000)),
        ("SHA1Transform", (0, DATA)),
    ],
)
def test_pointers_into_nowhere_are_exceptions(rig: Any, name: str, arguments: tuple[int, ...]) -> None:
    rig.enter(name, *arguments, budget=1000)
    assert len(rig.trace.named("exception")) == 1
