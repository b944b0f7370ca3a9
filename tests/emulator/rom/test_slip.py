"""SLIP framing: round trips, resynchronisation, bounded memory."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.rom.slip import END, Decoder, encode

LIMIT = 64

special = st.sampled_from([b"\xc0", b"\xdb", b"\xdc", b"\xdd"])
payloads = (
    st.lists(special | st.binary(max_size=4), max_size=12).map(b"".join).filter(lambda data: 0 < len(data) <= LIMIT)
)
noise = st.lists(special | st.binary(max_size=9), max_size=60).map(b"".join)


def frames(decoder: Decoder) -> list[bytes]:
    return list(iter(decoder.next, None))


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    pieces = []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data]


@pytest.mark.parametrize(
    ("payload", "frame"),
    [
        (b"", b"\xc0\xc0"),
        (b"abc", b"\xc0abc\xc0"),
        (b"\xc0\xdb", b"\xc0\xdb\xdc\xdb\xdd\xc0"),
        (b"\xdb\xdc", b"\xc0\xdb\xdd\xdc\xc0"),
    ],
)
def test_encoding(payload: bytes, frame: bytes) -> None:
    assert encode(payload) == frame


@given(st.lists(payloads, max_size=5), st.lists(st.integers(0, 9), max_size=40))
def test_every_frame_comes_through_however_the_stream_is_cut(sent: list[bytes], sizes: list[int]) -> None:
    decoder = Decoder(LIMIT)
    received = []
    for piece in cut(b"".join(map(encode, sent)), sizes):
        decoder.push(piece)
        received += frames(decoder)
    assert received == sent


@given(noise, payloads)
def test_after_any_noise_one_repetition_is_enough(junk: bytes, payload: bytes) -> None:
    decoder = Decoder(LIMIT)
    decoder.push(junk)
    frames(decoder)
    decoder.push(encode(payload) * 2)
    assert payload in frames(decoder)


@given(noise, st.lists(st.integers(0, 9), max_size=40))
def test_cutting_makes_no_difference(stream: bytes, sizes: list[int]) -> None:
    whole, pieces = Decoder(LIMIT), Decoder(LIMIT)
    whole.push(stream)
    received = []
    for piece in cut(stream, sizes):
        pieces.push(piece)
        received += frames(pieces)
    assert received == frames(whole)
    assert all(0 < len(frame) <= LIMIT for frame in received)


@pytest.mark.parametrize("bad", [b"\xdb", b"\xdb\x00", b"a\xdb\xdb\xdc", b"x" * (LIMIT + 1), b"\xdb\xdc" * (LIMIT + 1)])
def test_a_bad_frame_is_dropped_and_the_next_one_is_not(bad: bytes) -> None:
    decoder = Decoder(LIMIT)
    decoder.push(b"\xc0" + bad + b"\xc0" + encode(b"good"))
    assert frames(decoder) == [b"good"]


def test_the_largest_frame_comes_through_even_when_all_is_escaped() -> None:
    decoder = Decoder(LIMIT)
    decoder.push(encode(b"\xc0" * LIMIT))
    assert frames(decoder) == [b"\xc0" * LIMIT]


def test_an_endless_frame_is_forgotten_when_it_ends() -> None:
    decoder = Decoder(LIMIT)
    decoder.push(bytes([END]))
    for _ in range(1000):
        decoder.push(b"x" * 100)
        assert decoder.next() is None
    decoder.push(bytes([END]) + encode(b"good"))
    assert frames(decoder) == [b"good"]


def test_the_rest_is_what_follows_the_last_frame_taken() -> None:
    decoder = Decoder(LIMIT)
    decoder.push(encode(b"go") + b"\xc0program input")
    assert decoder.next() == b"go"
    assert decoder.rest() == b"\xc0program input"
    assert decoder.rest() == b""
