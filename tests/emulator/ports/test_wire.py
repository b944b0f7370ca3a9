"""The driver's protocol: frames survive any cutting up of the stream, and nothing else passes for one."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emulator.startup.espdojo_port import wire

FRAMES = st.lists(st.tuples(st.integers(0, 255), st.binary(max_size=100)), max_size=8)


@given(FRAMES, st.lists(st.integers(1, 40), min_size=1, max_size=8))
def test_frames_survive_being_cut_anywhere(frames: list[tuple[int, bytes]], cuts: list[int]) -> None:
    stream = b"".join(wire.frame(kind, payload) for kind, payload in frames)
    decoder = wire.Decoder()
    decoded: list[wire.Frame] = []
    at = 0
    while at < len(stream):
        step = cuts[at % len(cuts)]
        decoded += decoder.feed(stream[at : at + step])
        at += step
    assert decoded == frames


@given(st.binary(max_size=200))
def test_noise_is_frames_or_an_error_and_never_anything_else(noise: bytes) -> None:
    decoder = wire.Decoder()
    too_long = len(noise) >= 5 and int.from_bytes(noise[1:5], "big") > wire.MAX_PAYLOAD
    if too_long:
        with pytest.raises(wire.WireError):
            decoder.feed(noise)
    else:
        try:
            frames = decoder.feed(noise)
        except wire.WireError:
            return
        assert sum(5 + len(payload) for _, payload in frames) <= len(noise)


@given(st.integers(1, 0xFFFFFFFF))
def test_a_rate_survives_the_way(rate: int) -> None:
    assert wire.parse_baud(wire.baud(rate)) == rate


@pytest.mark.parametrize("payload", [b"", b"\0\0\0\0", b"\0\0\x12", b"\0\0\0\0\x12"])
def test_what_is_no_rate_is_refused(payload: bytes) -> None:
    with pytest.raises(wire.WireError):
        wire.parse_baud(payload)


def test_a_url_has_host_port_and_token() -> None:
    assert wire.parse_url("esp8266://127.0.0.1:40001/AbC_-") == ("127.0.0.1", 40001, "AbC_-")
    assert wire.parse_url("esp8266://[::1]:40001/x") == ("::1", 40001, "x")


@given(st.text(max_size=30))
def test_any_other_text_is_no_url(text: str) -> None:
    with pytest.raises(wire.WireError):
        wire.parse_url(text)
